/* What a snapshot says, as facts, and what the coach makes of them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "cmd/drill-private.h"

static struct snapshot *fixture(const char *name)
{
    const char *top = g_getenv("top_srcdir");
    g_autofree char *file = g_strconcat(name, ".json", NULL), *json = NULL;
    g_autofree char *path =
        g_build_filename(top ? top : ".", "tests", "console", "fixtures", file, NULL);
    if (!g_file_get_contents(path, &json, NULL, NULL))
        fail_msg("cannot read %s", path);
    struct snapshot *snapshot = snapshot_parse(json, NULL);
    assert_non_null(snapshot);
    return snapshot;
}

static struct drill_facts *facts_of(const struct snapshot *snapshot)
{
    struct drill_facts *facts = drill_facts_new();
    drill_facts_read(facts, snapshot,
                     snapshot->migrations->len ? snapshot->migrations->pdata[0] : NULL);
    return facts;
}

static void check(const char *name, const char *holds, const char * not )
{
    struct snapshot *snapshot = fixture(name);
    struct drill_facts *facts = facts_of(snapshot);
    struct conditions *yes = conditions_parse(holds, NULL), *no = conditions_parse(not, NULL);
    assert_non_null(yes);
    assert_non_null(no);
    if (!conditions_hold(yes, facts))
        fail_msg("%s: %s", name, holds);
    if (conditions_hold(no, facts))
        fail_msg("%s: %s", name, not );
    conditions_free(yes);
    conditions_free(no);
    drill_facts_free(facts);
    snapshot_free(snapshot);
}

static void test_snapshots(void **state)
{
    (void)state;
    check("running",
          "state=active phase=backfill reached=expand reached=backfill progress=60-70 "
          "hold!=operator engine=alive waits<1 done=add-column",
          "reached=contract");
    check("held", "state=active hold=guard:replication_lag guard=replication_lag:tripped lag>5",
          "hold=operator");
    check("gate", "hold=gate", "hold!=gate");
    check("boundary", "hold=boundary", "state=done");
    check("failed", "state=failed", "state=active");
    check("no-engine", "engine=dead", "engine=alive");
    check("empty", "state=none", "state=active");
}

static const char *const text = "title: x\n"
                                "[ask why when state=active]\nWhy?\n- no\n+ yes\n= So.\n"
                                "[goal paused when hold=operator]\nIt is paused\n"
                                "[never undone when state=aborting]\nNothing is undone\n"
                                "[hint when state=active]\npress p\n"
                                "[when state=active]\nIt runs.\nPause it.\n";

/* The first line of what the coach says. */
static void says(const struct drill *drill, const struct drill_run *run,
                 const struct drill_facts *facts, const struct drill_text *hint, double now,
                 const char *first, gboolean asks)
{
    struct coach_shown *shown = coach_shown_new(drill, run, facts, hint, now);
    const struct coach_view *view = coach_shown_view(shown);
    assert_non_null(view->lines[0]);
    assert_string_equal(view->lines[0], first);
    assert_int_equal(view->asks, asks);
    assert_int_equal(view->n_goals, 2);
    for (guint i = 0; view->lines[i]; i++)
        assert_true(i < COACH_LINES);
    coach_shown_free(shown);
}

/* The question comes first, then what is said of the answer, for a while; a hint over both; the end. */
static void test_coach(void **state)
{
    (void)state;
    struct drill drill = {.file = drill_file_parse("x", "x", text, NULL), .number = 3, .of = 9};
    struct drill_run *run = drill_run_new(drill.file, 1000);
    struct snapshot *snapshot = fixture("running");
    struct drill_facts *facts = facts_of(snapshot);
    drill_run_look(run, facts, 1001);
    says(&drill, run, facts, NULL, 1001, "Why?", TRUE);
    says(&drill, run, facts, drill.file->hints->pdata[0], 1001, "press p", FALSE);
    assert_false(drill_run_answer(run, drill.file->asks->pdata[0], 0, 1002));
    says(&drill, run, facts, NULL, 1003, "Not so. Rather: yes.", FALSE);
    says(&drill, run, facts, NULL, 1030, "It runs.", FALSE);
    drill_facts_free(facts);
    snapshot_free(snapshot);
    snapshot = fixture("paused");
    facts = facts_of(snapshot);
    drill_run_look(run, facts, 1040);
    says(&drill, run, facts, drill.file->hints->pdata[0], 1040, "Passed: every goal is met.",
         FALSE);
    drill_facts_free(facts);
    snapshot_free(snapshot);
    drill_run_free(run);
    drill_file_free(drill.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snapshots),
        cmocka_unit_test(test_coach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
