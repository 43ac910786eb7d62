/* Drill files: the grammar, each mistake with its line, and every file that is compiled in. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/lab/drill-file.h"

static const char *const text = "# a comment\n"
                                "title: Practice\n"
                                "\n"
                                "[setup]\n"
                                "rows: 500\n"
                                "from: backfill\n"
                                "set: batch.max=10 rest=2\n"
                                "release: cron=41\n"
                                "fault: bad-rows 3\n"
                                "[ask why when hold=boundary:backfill]\n"
                                "Why?\n"
                                "- no\n"
                                "+ yes\n"
                                "= So it is.\n"
                                "[fault lag 20 when answered=why until since-fault>9]\n"
                                "[goal held when was=guard]\n"
                                "It holds\n"
                                "[never errors when errors>0]\n"
                                "No errors\n"
                                "[par]\n"
                                "held: 30\n"
                                "waiting: 5\n"
                                "[hint when hold=guard]\n"
                                "wait\n"
                                "[solution]\n"
                                "when hold=boundary:backfill => operator: advance NAME\n"
                                "then state=done => viewer: status NAME\n"
                                "[wrong]\n"
                                "when state=active => responder: pause NAME\n"
                                "[when hold=gate:readers]\n"
                                "readers\n"
                                "[when phase=backfill progress=10-20 state=active]\n"
                                "early\n"
                                "# not a line\n"
                                "and more\n"
                                "[when]\n"
                                "any\n";

static void test_whole(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    struct drill_file *drill = drill_file_parse("x", "x.drill", text, &error);
    if (!drill)
        fail_msg("%s", error->message);
    assert_string_equal(drill->title, "Practice");
    assert_int_equal(drill->setup.rows, 500);
    assert_string_equal(drill->setup.from, "backfill");
    assert_string_equal(drill->setup.settings->pdata[1], "rest=2");
    assert_string_equal(drill->setup.releases->pdata[0], "cron=41");
    assert_string_equal(drill->setup.faults->pdata[0], "bad-rows 3");
    const struct drill_ask *ask = drill->asks->pdata[0];
    assert_string_equal(ask->name, "why");
    assert_string_equal(ask->choices[1], "yes");
    assert_null(ask->choices[2]);
    assert_int_equal(ask->right, 1);
    const struct drill_fault *fault = drill->faults->pdata[0];
    assert_string_equal(fault->name, "lag");
    assert_string_equal(fault->argument, "20");
    assert_non_null(fault->until);
    const struct drill_goal *held = drill->goals->pdata[0], *errors = drill->goals->pdata[1];
    assert_float_equal(held->par_s, 30, 0.001);
    assert_false(held->never);
    assert_true(errors->never);
    assert_true(isnan(errors->par_s));
    assert_float_equal(drill->par_waiting, 5, 0.001);
    const struct drill_act *first = drill->solution->pdata[0], *second = drill->solution->pdata[1];
    assert_string_equal(first->role, "operator");
    assert_string_equal(first->command, "advance NAME");
    assert_false(first->then);
    assert_true(second->then);
    assert_int_equal(drill->wrong->len, 1);
    drill_file_free(drill);
}

static void test_choice(void **state)
{
    (void)state;
    struct drill_file *drill = drill_file_parse("x", "x.drill", text, NULL);
    struct drill_facts *facts = drill_facts_new();
    assert_string_equal(drill_text_find(drill->lessons, facts)->lines->pdata[0], "any");
    drill_facts_add(facts, "state", "active");
    drill_facts_add(facts, "phase", "backfill");
    drill_facts_set_number(facts, "progress", 10);
    const struct drill_text *early = drill_text_find(drill->lessons, facts);
    assert_string_equal(early->lines->pdata[0], "early");
    assert_string_equal(early->lines->pdata[1], "and more");
    assert_null(early->lines->pdata[2]);
    drill_facts_add(facts, "hold", "gate:readers"); /* the first that holds, not the best */
    assert_string_equal(drill_text_find(drill->lessons, facts)->lines->pdata[0], "readers");
    assert_null(drill_text_find(drill->hints, facts));
    drill_facts_free(facts);
    drill_file_free(drill);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line;
        const char *says;
    } wrong[] = {
        {"before\n", 1, "before the first heading"},
        {"title: a\ntitle: b\n", 2, "before the first heading"},
        {"[when]\nx\n", 3, "no title"},
        {"title: a\n[if x=y]\n", 2, "not a heading"},
        {"title: a\n[when x=y]\n", 2, "not a condition"},
        {"title: a\n[when phase]\n", 2, "not a condition"},
        {"title: a\n[when phase=]\n", 2, "not a condition"},
        {"title: a\n[when phase<3]\n", 2, "not a condition"},
        {"title: a\n[when progress=5]\n", 2, "not a condition"},
        {"title: a\n[when progress=9-5]\n", 2, "not a condition"},
        {"title: a\n[when errors!=5]\n", 2, "not a condition"},
        {"title: a\n[when errors<x]\n", 2, "not a condition"},
        {"title: a\n[when\n", 2, "not a heading"},
        {"title: a\n[when]\n1\n2\n3\n4\n5\n6\n", 8, "more than 5 lines"},
        {"title: a\n[when]\n"
         "12345678901234567890123456789012345678901234567890123456789012345678901234567890\n",
         3, "more than 78 characters"},
        {"title: a\n[setup]\nrow: 5\n", 3, "\"row\" is not a key"},
        {"title: a\n[setup]\nrows: many\n", 3, "does not fit"},
        {"title: a\n[setup]\nrows: -5\n", 3, "does not fit"},
        {"title: a\n[setup]\nfrom: nowhere\n", 3, "none of those"},
        {"title: a\n[setup]\nfault: nope\n", 3, "no fault is named"},
        {"title: a\n[setup]\nset: batch.max\n", 3, "batch.max"},
        {"title: a\n[setup]\nrows\n", 3, "rows"},
        {"title: a\n[setup x]\n", 2, "x"},
        {"title: a\n[fault nope when state=done]\n", 2, "no fault is named"},
        {"title: a\n[fault lag]\n", 2, "\"when\" with conditions"},
        {"title: a\n[fault lag when state=done until x]\n", 2, "not a condition"},
        {"title: a\n[goal x when state=done]\n", 3, "has no text"},
        {"title: a\n[goal x when state=done]\none\ntwo\n", 4, "second line"},
        {"title: a\n[ask x when state=done]\nWhy?\n- a\n- b\n= c\n", 7, "not complete"},
        {"title: a\n[ask x when state=done]\nWhy?\n+ a\n+ b\n", 5, "two right"},
        {"title: a\n[ask x when state=done]\nWhy?\nHow?\n", 4, "second question"},
        {"title: a\n[ask x when state=done]\nWhy?\n+ a\n- b\n- c\n- d\n", 7, "more than 3"},
        {"title: a\n[par]\nx: 5\n", 3, "no goal is named"},
        {"title: a\n[par]\nwaiting: long\n", 3, "waiting"},
        {"title: a\n[solution]\nadvance NAME\n", 3, "advance"},
        {"title: a\n[solution]\nwhen state=done => chief: advance\n", 3, "chief"},
        {"title: a\n[solution]\nwhen state=done => operator:\n", 3, "operator"},
        {"title: a\n[hint if]\n", 2, "if"},
        {"title: a\n[when]\n\xff\n", 3, "UTF-8"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *prefix = g_strdup_printf("x.drill:%d: ", wrong[i].line);
        if (drill_file_parse("x", "x.drill", wrong[i].text, &error))
            fail_msg("passes: %s", wrong[i].text);
        assert_true(g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_PLAN));
        if (!g_str_has_prefix(error->message, prefix) || !strstr(error->message, wrong[i].says))
            fail_msg("%s\nsays: %s", wrong[i].text, error->message);
        assert_non_null(rollout_error_hint(error)); /* what to do */
    }
}

/* Any state of affairs; `more` is "key=value …". */
static struct drill_facts *facts_of(const char *more)
{
    struct drill_facts *facts = drill_facts_new();
    g_auto(GStrv) words = g_strsplit(more, " ", -1);
    for (char **word = words; *word; word++) {
        g_auto(GStrv) pair = g_strsplit(*word, "=", 2);
        if (pair[0] && pair[1])
            drill_facts_add(facts, pair[0], pair[1]);
    }
    return facts;
}

static void test_embedded(void **state)
{
    (void)state;
    g_auto(GStrv) names = resource_list("lab/drills");
    static const char *const states[] = {
        "state=none",     "state=active",
        "state=failed",   "state=active hold=no_engine",
        "state=aborting", "state=active phase=backfill progress=50",
        "state=done"};
    assert_int_equal(g_strv_length(names), 9);
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_strconcat("lab/drills/", *name, NULL);
        g_autoptr(GError) error = NULL;
        struct drill_file *drill = drill_file_parse(*name, path, resource_text(path), &error);
        if (!drill)
            fail_msg("%s", error->message);
        assert_true(drill->goals->len >= 3);
        assert_true(drill->solution->len > 0);
        assert_true(drill->wrong->len > 0);
        assert_true(drill->asks->len > 0 || drill->lessons->len > 20);
        /* whatever happens, there is something to say */
        for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
            struct drill_facts *facts = facts_of(states[i]);
            assert_non_null(drill_text_find(drill->lessons, facts));
            drill_facts_free(facts);
        }
        drill_file_free(drill);
    }
}

/* The job that nobody thinks of: while the engine still sees it, and when it is too late. */
static void test_cron(void **state)
{
    (void)state;
    struct drill_file *drill =
        drill_file_parse("x", "x", resource_text("lab/drills/01-rename-column.drill"), NULL);
    static const struct {
        const char *facts, *says;
    } cases[] = {
        {"state=active phase=stop_old_writes step=old-release-gone", "pgrollout lab status"},
        {"state=active phase=stop_old_writes step=old-release-gone", "--only cron"},
        {"state=done", "Errors at cron"},
        {"state=active hold=no_engine:", ":engine start"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct drill_facts *facts = facts_of(cases[i].facts);
        g_autofree char *lesson =
            g_strjoinv(" ", (char **)drill_text_find(drill->lessons, facts)->lines->pdata);
        if (!strstr(lesson, cases[i].says))
            fail_msg("%s: %s", cases[i].facts, lesson);
        drill_facts_free(facts);
    }
    drill_file_free(drill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),    cmocka_unit_test(test_choice),
        cmocka_unit_test(test_mistakes), cmocka_unit_test(test_embedded),
        cmocka_unit_test(test_cron),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
