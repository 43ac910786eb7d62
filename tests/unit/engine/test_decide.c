/* decide(): every state of a migration against the situations of its steps and holds. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/decide.h"

/* A migration of three steps, as engine_state() would write it. %s: state, phase, abort_to, held,
 * the states of add (add_column), copied (backfill) and there (confirm), holds, contract's age. Of
 * drop also "running+sent": its statement has been sent. */
#define DOCUMENT                                                                                   \
    "[{\"id\": 1, \"name\": \"m\", \"state\": \"%s\", \"phase\": \"%s\", \"abort_to\": %s, "       \
    "\"plan_sha256\": \"x\", \"contract_age_s\": %s, \"held\": %s, \"reverse_answered\": %s, "     \
    "\"phases\": [], \"settings\": {}, \"holds\": [%s], \"steps\": ["                              \
    "{\"name\": \"add\", \"phase\": \"expand\", \"kind\": \"add_column\", \"state\": \"%s\", "     \
    "\"attempts\": 1, \"detail\": {}}, "                                                           \
    "{\"name\": \"keep\", \"phase\": \"expand\", \"kind\": \"sync\", \"state\": \"%s\", "          \
    "\"attempts\": 1, \"detail\": {}, \"answered\": %s}, "                                         \
    "{\"name\": \"there\", \"phase\": \"deploy\", \"kind\": \"confirm\", \"state\": \"%s\", "      \
    "\"attempts\": 0, \"detail\": {}, \"answered\": %s}, "                                         \
    "{\"name\": \"drop\", \"phase\": \"contract\", \"kind\": \"drop_column\", \"state\": \"%s\", " \
    "\"attempts\": 0, \"detail\": {%s}}]}]"

struct row {
    const char *why;
    const char *state, *phase, *abort_to, *held, *holds;
    const char *add, *keep, *there, *drop;
    const char *answered; /* of keep and there, "true" or "false" */
    const char *age, *reverse_answered;
    enum advance_mode mode;
    const char *until;
    enum action action;
    const char *step; /* NULL: none */
};

#define BOUNDARY(next) "{\"kind\": \"boundary\", \"key\": \"" next "\", \"reason\": \"r\"}"
#define OPERATOR "{\"kind\": \"operator\", \"key\": \"\", \"reason\": \"r\"}"
#define HELD "\"operator\""
#define FREE "null"

#define STEPPING "{\"kind\": \"stepping\", \"key\": \"\", \"reason\": \"\", \"permit\": false}"
#define GUARD "{\"kind\": \"guard\", \"key\": \"stall\", \"reason\": \"\", \"permit\": false}"

static const struct row rows[] = {
    {"loaded waits for advance", "loaded", "", "null", HELD, BOUNDARY("expand"), "pending",
     "pending", "pending", "pending", "false", "null", "false", ADVANCE_AUTO, NULL, ACTION_NONE,
     NULL},
    {"the first step starts", "active", "expand", "null", FREE, "", "pending", "pending", "pending",
     "pending", "false", "null", "false", ADVANCE_PHASE, NULL, ACTION_START, "add"},
    {"a hold stops it", "active", "expand", "null", HELD, OPERATOR, "pending", "pending", "pending",
     "pending", "false", "null", "false", ADVANCE_PHASE, NULL, ACTION_NONE, NULL},
    {"a running step goes on", "active", "expand", "null", FREE, "", "running", "pending",
     "pending", "pending", "false", "null", "false", ADVANCE_PHASE, NULL, ACTION_ACT, "add"},
    {"a skipped step is passed", "active", "expand", "null", FREE, "", "skipped", "pending",
     "pending", "pending", "false", "null", "false", ADVANCE_PHASE, NULL, ACTION_START, "keep"},
    {"the phase is over", "active", "expand", "null", FREE, "", "done", "done", "pending",
     "pending", "false", "null", "false", ADVANCE_PHASE, NULL, ACTION_FINISH_PHASE, NULL},
    {"a boundary waits", "active", "expand", "null", "\"boundary\"", BOUNDARY("deploy"), "done",
     "done", "pending", "pending", "false", "null", "false", ADVANCE_PHASE, NULL, ACTION_NONE,
     NULL},
    {"auto passes a boundary", "active", "expand", "null", "\"boundary\"", BOUNDARY("deploy"),
     "done", "done", "pending", "pending", "false", "null", "false", ADVANCE_AUTO, NULL,
     ACTION_PASS_BOUNDARY, NULL},
    {"auto stops behind --until", "active", "expand", "null", "\"boundary\"", BOUNDARY("deploy"),
     "done", "done", "pending", "pending", "false", "null", "false", ADVANCE_AUTO, "expand",
     ACTION_NONE, NULL},
    {"auto never into contract", "active", "deploy", "null", "\"boundary\"", BOUNDARY("contract"),
     "done", "done", "done", "pending", "false", "null", "false", ADVANCE_AUTO, NULL, ACTION_NONE,
     NULL},
    {"auto passes no boundary under another hold", "active", "expand", "null", HELD,
     BOUNDARY("deploy") ", " OPERATOR, "done", "done", "pending", "pending", "false", "null",
     "false", ADVANCE_AUTO, NULL, ACTION_NONE, NULL},
    {"one step at a time holds the next step", "active", "expand", "null", "\"stepping\"", STEPPING,
     "done", "pending", "pending", "pending", "false", "null", "false", ADVANCE_PHASE, NULL,
     ACTION_NONE, NULL},
    {"but not the end of the phase", "active", "expand", "null", "\"stepping\"", STEPPING, "done",
     "done", "pending", "pending", "false", "null", "false", ADVANCE_PHASE, NULL,
     ACTION_FINISH_PHASE, NULL},
    {"a gate opens", "active", "deploy", "null", FREE, "", "done", "done", "pending", "pending",
     "false", "null", "false", ADVANCE_PHASE, NULL, ACTION_OPEN_GATE, "there"},
    {"a gate waits", "active", "deploy", "null", FREE, "", "done", "done", "waiting", "pending",
     "false", "null", "false", ADVANCE_PHASE, NULL, ACTION_NONE, "there"},
    {"an answered gate is passed", "active", "deploy", "null", FREE, "", "done", "done", "waiting",
     "pending", "true", "null", "false", ADVANCE_PHASE, NULL, ACTION_PASS_GATE, "there"},
    {"contract begins within the hour", "active", "contract", "null", FREE, "", "done", "done",
     "done", "pending", "false", "3599", "false", ADVANCE_PHASE, NULL, ACTION_START, "drop"},
    {"contract expires after an hour", "active", "contract", "null", FREE, "", "done", "done",
     "done", "pending", "false", "3601", "false", ADVANCE_PHASE, NULL, ACTION_EXPIRE_CONTRACT,
     NULL},
    {"so does one whose first step has only been started", "active", "contract", "null", FREE, "",
     "done", "done", "done", "running", "false", "3601", "false", ADVANCE_PHASE, NULL,
     ACTION_EXPIRE_CONTRACT, NULL},
    {"a contract that has begun goes on", "active", "contract", "null", FREE, "", "done", "done",
     "done", "running+sent", "false", "3601", "false", ADVANCE_PHASE, NULL, ACTION_ACT, "drop"},
    {"failed waits for people", "failed", "expand", "null", FREE, "", "failed", "pending",
     "pending", "pending", "false", "null", "false", ADVANCE_AUTO, NULL, ACTION_NONE, NULL},
    {"a passed gate is asked the other way", "aborting", "deploy", "\"start\"", FREE, "", "done",
     "done", "done", "pending", "false", "null", "false", ADVANCE_PHASE, NULL,
     ACTION_OPEN_REVERSE_GATE, "there"},
    {"its answer lets the undo go on", "aborting", "deploy", "\"start\"", FREE, "", "done", "done",
     "undoing", "pending", "true", "null", "true", ADVANCE_PHASE, NULL, ACTION_UNDO, "there"},
    {"a gate nobody answered is not asked", "aborting", "deploy", "\"start\"", FREE, "", "done",
     "done", "waiting", "pending", "false", "null", "false", ADVANCE_PHASE, NULL, ACTION_START_UNDO,
     "there"},
    {"the sync step asks where no gate was passed", "aborting", "expand", "\"start\"", FREE, "",
     "done", "done", "undone", "pending", "false", "null", "false", ADVANCE_PHASE, NULL,
     ACTION_OPEN_REVERSE_GATE, "keep"},
    {"but only once an abort", "aborting", "expand", "\"start\"", FREE, "", "done", "done",
     "undone", "pending", "false", "null", "true", ADVANCE_PHASE, NULL, ACTION_START_UNDO, "keep"},
    {"undo of plain DDL starts", "aborting", "expand", "\"start\"", FREE, "", "done", "undone",
     "undone", "pending", "false", "null", "true", ADVANCE_PHASE, NULL, ACTION_START_UNDO, "add"},
    {"undo of plain DDL goes on", "aborting", "expand", "\"start\"", FREE, "", "undoing", "undone",
     "undone", "pending", "false", "null", "true", ADVANCE_PHASE, NULL, ACTION_UNDO, "add"},
    {"an undo is held as well", "aborting", "expand", "\"start\"", HELD, OPERATOR, "undoing",
     "undone", "undone", "pending", "false", "null", "true", ADVANCE_PHASE, NULL, ACTION_NONE,
     "add"},
    {"abort to a phase keeps it", "aborting", "deploy", "\"expand\"", FREE, "", "done", "done",
     "undone", "pending", "false", "null", "true", ADVANCE_PHASE, NULL, ACTION_FINISH_ABORT, NULL},
    {"everything is undone", "aborting", "expand", "\"start\"", FREE, "", "undone", "undone",
     "undone", "pending", "false", "null", "true", ADVANCE_PHASE, NULL, ACTION_FINISH_ABORT, NULL},
};

static void test_rows(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct row *r = &rows[i];
        g_auto(GStrv) drop = g_strsplit(r->drop, "+", 2);
        g_autofree char *json =
            g_strdup_printf(DOCUMENT, r->state, r->phase, r->abort_to, r->age, r->held,
                            r->reverse_answered, r->holds, r->add, r->keep, r->answered, r->there,
                            r->answered, drop[0], drop[1] ? "\"sent\": 1" : "\"sent\": 0");
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) all = facts_parse(json, &error);
        assert_non_null(all);
        struct decision d = decide(g_ptr_array_index(all, 0), r->mode, r->until);
        if (d.action != r->action)
            fail_msg("%s: action %d instead of %d", r->why, (int)d.action, (int)r->action);
        assert_non_null(d.why);
        if (d.action != ACTION_NONE)
            assert_string_equal(d.step ? d.step->name : "", r->step ? r->step : "");
    }
}

/* While an opposite gate asks, and only then, it is looked for who uses what the abort takes away. */
static void test_takes(void **state)
{
    (void)state;
    static const struct {
        const char *takes, *holds, *answered;
        enum action action;
    } cases[] = {
        {"[{\"table\": \"t\"}]", "{\"kind\": \"gate\", \"key\": \"keep\"}", "false", ACTION_LOOK},
        {"[]", "{\"kind\": \"gate\", \"key\": \"keep\"}", "false", ACTION_NONE},
        {"null", "{\"kind\": \"gate\", \"key\": \"keep\"}", "false", ACTION_NONE},
        {"[{\"table\": \"t\"}]", "{\"kind\": \"gate\", \"key\": \"other\"}", "false", ACTION_NONE},
        {"[{\"table\": \"t\"}]", "{\"kind\": \"operator\", \"key\": \"\"}", "false", ACTION_NONE},
        {"[{\"table\": \"t\"}]", "{\"kind\": \"operator\", \"key\": \"\"}", "true", ACTION_NONE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *json = g_strdup_printf(
            "[{\"id\": 1, \"name\": \"m\", \"state\": \"aborting\", \"phase\": \"expand\", "
            "\"abort_to\": \"start\", \"plan_sha256\": \"x\", \"held\": \"gate\", "
            "\"reverse_answered\": false, \"takes\": %s, \"phases\": [], \"settings\": {}, "
            "\"holds\": [%s], \"steps\": [{\"name\": \"keep\", \"phase\": \"expand\", "
            "\"kind\": \"sync\", \"state\": \"undoing\", \"attempts\": 1, \"detail\": {}, "
            "\"answered\": %s}]}]",
            cases[i].takes, cases[i].holds, cases[i].answered);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) all = facts_parse(json, &error);
        assert_non_null(all);
        struct decision d = decide(g_ptr_array_index(all, 0), ADVANCE_PHASE, NULL);
        assert_int_equal(d.action, cases[i].action);
    }
}

/* Whether --exit-when-idle ends: only people are waited for. */
static const struct {
    const char *why, *state, *held, *holds;
    enum advance_mode mode;
    const char *until;
    gboolean people;
} idle[] = {
    {"a boundary", "active", "\"boundary\"", BOUNDARY("deploy"), ADVANCE_PHASE, NULL, TRUE},
    {"one that auto passes", "active", "\"boundary\"", BOUNDARY("deploy"), ADVANCE_AUTO, NULL,
     FALSE},
    {"one that it would pass but for a guard", "active", HELD, BOUNDARY("deploy") ", " GUARD,
     ADVANCE_AUTO, NULL, FALSE},
    {"one behind --until", "active", "\"boundary\"", BOUNDARY("deploy"), ADVANCE_AUTO, "expand",
     TRUE},
    {"contract", "active", "\"boundary\"", BOUNDARY("contract"), ADVANCE_AUTO, NULL, TRUE},
    {"an operator", "active", HELD, OPERATOR, ADVANCE_AUTO, NULL, TRUE},
    {"a guard alone", "active", HELD, GUARD, ADVANCE_PHASE, NULL, FALSE},
    {"loaded", "loaded", HELD, BOUNDARY("expand"), ADVANCE_AUTO, NULL, TRUE},
    {"failed", "failed", FREE, "", ADVANCE_AUTO, NULL, TRUE},
    {"a step that is due", "active", FREE, "", ADVANCE_PHASE, NULL, FALSE},
    {"a phase that ends", "active", "\"stepping\"", STEPPING, ADVANCE_PHASE, NULL, FALSE},
};

static void test_idle(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(idle); i++) {
        g_autofree char *json = g_strdup_printf(DOCUMENT, idle[i].state, "expand", "null", "null",
                                                idle[i].held, "false", idle[i].holds, "done",
                                                i + 2 == G_N_ELEMENTS(idle) ? "pending" : "done",
                                                "false", "pending", "false", "pending", "");
        g_autoptr(GPtrArray) all = facts_parse(json, NULL);
        assert_non_null(all);
        if (facts_wait_for_people(g_ptr_array_index(all, 0), idle[i].mode, idle[i].until) !=
            idle[i].people)
            fail_msg("idle at: %s", idle[i].why);
    }
}

/* Evidence: looked for under a hold, and read again before contract has done anything. */
static const struct {
    const char *why, *phase, *held, *holds, *soak, *reread, *drop, *sent, *age;
    enum action action;
    const char *step;
} evidence[] = {
    {"it is looked for", "deploy", FREE, "", "running", "false", "pending", "", "null", ACTION_ACT,
     "soak"},
    {"under a hold, too", "deploy", HELD, OPERATOR, "running", "false", "pending", "", "null",
     ACTION_LOOK, "soak"},
    {"under one step at a time", "deploy", "\"stepping\"", STEPPING, "running", "false", "pending",
     "", "null", ACTION_LOOK, "soak"},
    {"not before its turn", "deploy", HELD, OPERATOR, "pending", "false", "pending", "", "null",
     ACTION_NONE, NULL},
    {"contract reads it first", "contract", FREE, "", "done", "false", "pending", "", "1",
     ACTION_REREAD, "soak"},
    {"also when the first step was started", "contract", FREE, "", "done", "false", "running", "",
     "1", ACTION_REREAD, "soak"},
    {"then begins", "contract", FREE, "", "done", "true", "pending", "", "1", ACTION_START, "drop"},
    {"not under a hold", "contract", HELD, OPERATOR, "done", "false", "pending", "", "1",
     ACTION_NONE, NULL},
    {"not when it has begun", "contract", FREE, "", "done", "false", "running", "\"sent\": 1", "1",
     ACTION_ACT, "drop"},
    {"not what was skipped", "contract", FREE, "", "skipped", "false", "pending", "", "1",
     ACTION_START, "drop"},
    {"nor after the hour", "contract", FREE, "", "done", "false", "pending", "", "3601",
     ACTION_EXPIRE_CONTRACT, NULL},
};

static void test_evidence(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(evidence); i++) {
        g_autofree char *json = g_strdup_printf(
            "[{\"id\": 1, \"name\": \"m\", \"state\": \"active\", \"phase\": \"%s\", "
            "\"abort_to\": null, \"plan_sha256\": \"x\", \"contract_age_s\": %s, \"held\": %s, "
            "\"phases\": [], \"settings\": {}, \"holds\": [%s], \"steps\": ["
            "{\"name\": \"soak\", \"phase\": \"deploy\", \"kind\": \"soak\", \"state\": \"%s\", "
            "\"reread\": %s, \"detail\": {}}, "
            /* answered: with that, contract has done nothing yet */
            "{\"name\": \"gone\", \"phase\": \"contract\", \"kind\": \"confirm\", "
            "\"state\": \"done\", \"detail\": {}}, "
            "{\"name\": \"drop\", \"phase\": \"contract\", \"kind\": \"drop_column\", "
            "\"state\": \"%s\", \"detail\": {%s}}]}]",
            evidence[i].phase, evidence[i].age, evidence[i].held, evidence[i].holds,
            evidence[i].soak, evidence[i].reread, evidence[i].drop, evidence[i].sent);
        g_autoptr(GPtrArray) all = facts_parse(json, NULL);
        assert_non_null(all);
        struct decision d = decide(g_ptr_array_index(all, 0), ADVANCE_PHASE, NULL);
        if (d.action != evidence[i].action)
            fail_msg("%s: action %d instead of %d", evidence[i].why, (int)d.action,
                     (int)evidence[i].action);
        assert_string_equal(d.step ? d.step->name : "", evidence[i].step ? evidence[i].step : "");
    }
}

/* The hook is asked behind the evidence and in front of the first step, and not under a hold. */
static void test_veto(void **state)
{
    (void)state;
    static const struct {
        const char *held, *soak, *reread, *drop, *sent;
        gboolean due;
        enum action action;
    } veto[] = {
        {FREE, "done", "true", "pending", "", TRUE, ACTION_ASK_HOOK},
        {FREE, "done", "true", "running", "", TRUE, ACTION_ASK_HOOK},
        {FREE, "done", "true", "pending", "", FALSE, ACTION_START},
        {FREE, "done", "false", "pending", "", TRUE, ACTION_REREAD},
        {HELD, "done", "true", "pending", "", TRUE, ACTION_NONE},
        {FREE, "done", "true", "running", "\"sent\": 1", TRUE, ACTION_ACT},
    };
    for (guint i = 0; i < G_N_ELEMENTS(veto); i++) {
        g_autofree char *json = g_strdup_printf(
            "[{\"id\": 1, \"name\": \"m\", \"state\": \"active\", \"phase\": \"contract\", "
            "\"abort_to\": null, \"plan_sha256\": \"x\", \"contract_age_s\": 1, \"held\": %s, "
            "\"phases\": [], \"settings\": {}, \"holds\": [%s], \"steps\": ["
            "{\"name\": \"soak\", \"phase\": \"deploy\", \"kind\": \"soak\", \"state\": \"%s\", "
            "\"reread\": %s, \"detail\": {}}, "
            "{\"name\": \"drop\", \"phase\": \"contract\", \"kind\": \"drop_column\", "
            "\"state\": \"%s\", \"detail\": {%s}}]}]",
            veto[i].held, g_str_equal(veto[i].held, FREE) ? "" : OPERATOR, veto[i].soak,
            veto[i].reread, veto[i].drop, veto[i].sent);
        g_autoptr(GPtrArray) all = facts_parse(json, NULL);
        struct facts *facts = g_ptr_array_index(all, 0);
        facts->veto_due = veto[i].due;
        struct decision d = decide(facts, ADVANCE_PHASE, NULL);
        if (d.action != veto[i].action)
            fail_msg("row %u: action %d instead of %d", i, (int)d.action, (int)veto[i].action);
    }
}

static void test_not_json(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    assert_null(facts_parse("{", &error));
    assert_non_null(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows), cmocka_unit_test(test_takes),
        cmocka_unit_test(test_idle), cmocka_unit_test(test_evidence),
        cmocka_unit_test(test_veto), cmocka_unit_test(test_not_json)};
    return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
