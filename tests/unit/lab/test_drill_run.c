/* Facts and conditions, and the judge of a drill: goals by what is so, faults, questions, the score. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "pgrollout/lab/drill-run.h"

static gboolean holds(const char *conditions, const struct drill_facts *facts)
{
    struct conditions *parsed = conditions_parse(conditions, NULL);
    assert_non_null(parsed);
    gboolean so = conditions_hold(parsed, facts);
    conditions_free(parsed);
    return so;
}

static void test_conditions(void **state)
{
    (void)state;
    struct drill_facts *facts = drill_facts_new();
    drill_facts_add(facts, "hold", "guard:replication_lag");
    drill_facts_know(facts, "fault");
    drill_facts_set_number(facts, "progress", 10);
    assert_true(holds("", facts));
    assert_true(holds("hold=guard", facts));
    assert_true(holds("hold=guard:replication_lag", facts));
    assert_false(holds("hold=guar", facts));
    assert_false(holds("hold=guard:stall", facts));
    assert_false(holds("hold!=guard", facts));
    assert_true(holds("hold!=operator fault!=lag", facts));
    assert_true(holds("progress=10-20 progress>9 progress<11", facts));
    assert_false(holds("progress=0-10", facts));
    assert_false(holds("progress>10", facts));
    /* what is not known is not so */
    assert_false(holds("errors<1", facts));
    assert_false(holds("errors>0", facts));
    assert_false(holds("state!=done", facts));
    drill_facts_set_number(facts, "progress", NAN);
    assert_false(holds("progress<50", facts));
    drill_facts_free(facts);
}

static const char *const text = "title: x\n"
                                "[ask why when state=active]\n"
                                "Why?\n- no\n+ yes\n= So.\n"
                                "[fault lag 20 when answered=why until since-fault>10]\n"
                                "[goal stopped when hold=operator faulted=lag]\nstopped\n"
                                "[goal on when met=stopped hold!=operator]\non\n"
                                "[never errors when errors>0]\nno errors\n"
                                "[par]\nstopped: 30\nwaiting: 20\n"
                                "[hint when hold=operator]\nresume\n";

struct stage {
    struct drill_file *drill;
    struct drill_run *run;
};

static struct stage begin(void)
{
    struct stage stage = {.drill = drill_file_parse("x", "x", text, NULL)};
    assert_non_null(stage.drill);
    stage.run = drill_run_new(stage.drill, 1000);
    return stage;
}

static void end(struct stage *stage)
{
    drill_run_free(stage->run);
    drill_file_free(stage->drill);
}

/* One look; free the facts. */
static struct drill_facts *look(struct stage *stage, double at, const char *hold, double waits)
{
    struct drill_facts *facts = drill_facts_new();
    drill_facts_add(facts, "state", "active");
    drill_facts_know(facts, "hold");
    drill_facts_add(facts, "hold", hold);
    drill_facts_set_number(facts, "waits", waits);
    drill_run_look(stage->run, facts, at);
    return facts;
}

static enum drill_goal_state goal(const struct stage *stage, guint i)
{
    return drill_run_goal(stage->run, stage->drill->goals->pdata[i]);
}

static void test_way(void **state)
{
    (void)state;
    struct stage stage = begin();
    const struct drill_fault *fault = stage.drill->faults->pdata[0];
    struct drill_facts *facts = look(&stage, 1001, "operator", 0);
    assert_int_equal(goal(&stage, 0), DRILL_OPEN); /* there has been nothing to stop */
    const struct drill_ask *ask = drill_run_ask(stage.run, facts);
    assert_ptr_equal(ask, stage.drill->asks->pdata[0]);
    assert_false(drill_run_fault_due(stage.run, fault, facts));
    assert_true(drill_run_answer(stage.run, ask, 1, 1002));
    assert_null(drill_run_ask(stage.run, facts));
    drill_facts_free(facts);

    facts = look(&stage, 1003, NULL, 0);
    assert_true(drill_run_fault_due(stage.run, fault, facts));
    drill_run_faulted(stage.run, fault, 1003);
    drill_facts_free(facts);
    facts = look(&stage, 1004, NULL, 3); /* three wait for a second */
    assert_false(drill_run_fault_due(stage.run, fault, facts));
    assert_false(drill_run_fault_ends(stage.run, fault, facts));
    drill_facts_free(facts);
    facts = look(&stage, 1015, "operator", 5); /* nobody has looked for eleven: not counted */
    assert_int_equal(goal(&stage, 0), DRILL_MET);
    assert_int_equal(goal(&stage, 1), DRILL_OPEN);
    assert_int_equal(goal(&stage, 2), DRILL_OPEN);
    assert_true(drill_run_fault_ends(stage.run, fault, facts));
    drill_run_fault_ended(stage.run, fault);
    assert_false(drill_run_fault_ends(stage.run, fault, facts));
    assert_string_equal(drill_run_hint(stage.run, facts)->lines->pdata[0], "resume");
    drill_facts_free(facts);
    assert_false(drill_run_is_over(stage.run));

    drill_facts_free(look(&stage, 1016, NULL, 0)); /* what is met stays met */
    assert_int_equal(goal(&stage, 0), DRILL_MET);
    assert_int_equal(goal(&stage, 1), DRILL_MET);
    assert_int_equal(goal(&stage, 2), DRILL_MET); /* it never happened */
    assert_true(drill_run_is_passed(stage.run));
    g_autofree char *score = drill_run_score(stage.run);
    assert_string_equal(
        score, "stopped 12 s (par 30) · waiting 3 s (par 20) · hints 1 · predicted 1 of 1");
    end(&stage);
}

static void test_lost(void **state)
{
    (void)state;
    struct stage stage = begin();
    drill_run_errors(stage.run, "web", 0, 1000);
    struct drill_facts *facts = look(&stage, 1001, NULL, 0);
    assert_false(drill_facts_have(facts, "erring", "web"));
    drill_facts_free(facts);
    drill_run_errors(stage.run, "web", 2, 1002);
    facts = look(&stage, 1002, NULL, 0);
    assert_true(drill_facts_have(facts, "erring", "web"));
    assert_int_equal(goal(&stage, 2), DRILL_LOST);
    drill_facts_free(facts);
    drill_run_errors(stage.run, "web", 2, 1010);
    facts = look(&stage, 1010, NULL, 0);
    assert_false(drill_facts_have(facts, "erring", "web")); /* no more of them */
    drill_facts_free(facts);
    drill_run_faulted(stage.run, stage.drill->faults->pdata[0], 1011);
    drill_facts_free(look(&stage, 1012, "operator", 0));
    drill_facts_free(look(&stage, 1013, NULL, 0));
    assert_true(drill_run_is_over(stage.run));
    assert_false(drill_run_is_passed(stage.run));
    assert_int_equal(goal(&stage, 2), DRILL_LOST);
    end(&stage);
}

/* A console that is closed and opened goes on where it was. */
static void test_kept(void **state)
{
    (void)state;
    struct stage stage = begin();
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("drillXXXXXX", &path, NULL);
    assert_true(fd >= 0);
    assert_true(g_close(fd, NULL));
    drill_facts_free(look(&stage, 1001, NULL, 0));
    drill_run_answer(stage.run, stage.drill->asks->pdata[0], 0, 1001);
    drill_run_faulted(stage.run, stage.drill->faults->pdata[0], 1002);
    drill_facts_free(look(&stage, 1003, "operator", 2));
    assert_true(drill_run_save(stage.run, path, NULL));
    drill_run_free(stage.run);
    stage.run = drill_run_load(path, stage.drill);
    assert_non_null(stage.run);
    assert_int_equal(goal(&stage, 0), DRILL_MET);
    int choice = -1;
    assert_non_null(drill_run_told(stage.run, 20, 1010, &choice));
    assert_int_equal(choice, 0);
    assert_null(drill_run_told(stage.run, 20, 1030, &choice));
    g_autofree char *score = drill_run_score(stage.run);
    assert_non_null(strstr(score, "predicted 0 of 1"));
    struct drill_file *other = drill_file_parse("y", "y", text, NULL);
    assert_null(drill_run_load(path, other)); /* of another drill */
    drill_file_free(other);
    g_unlink(path);
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_way),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
