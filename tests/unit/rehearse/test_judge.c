/* What the outcomes of a rehearsal mean: outcomes in, cells and failures out. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants those first */
#include <cmocka.h>

#include "pgrollout/plan/reader.h"
#include "rehearse/rehearse-private.h"

#define HEAD "pgrollout: 1\nmigration: m\n"
#define PHASES                                                                                     \
    "phases: {expand: [{analyze: t}], backfill: [{analyze: t, name: b}], contract: "               \
    "[{drop_column: "                                                                              \
    "{table: t, column: a}}]}\n"
#define PAIRED                                                                                     \
    HEAD "applications: {web: {statements: {old: [SELECT a FROM t, UPDATE t SET a = 1], new: "     \
         "[SELECT b FROM t, UPDATE t SET b = 1]}, works: {old: expand..backfill}}}\n" PHASES

enum { BEFORE, EXPAND, BACKFILL, CONTRACT, ABORTED };
enum { OLD, NEW };

static struct run *run_new(const char *text)
{
    struct run *run = g_new0(struct run, 1);
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    run->plan = plan_parse(text, strlen(text), "f", findings);
    assert_non_null(run->plan);
    run->result = rehearsal_new();
    run->states = g_ptr_array_new();
    run->trials = g_array_new(FALSE, TRUE, sizeof(struct trial));
    trials_make(run);
    run->held = g_new0(struct held, run->result->actors->len + 1);
    static const struct {
        const char *key;
        enum plan_phase low, high;
    } states[] = {{"before", PHASE_EXPAND, PHASE_EXPAND},
                  {"expand", PHASE_EXPAND, PHASE_BACKFILL},
                  {"backfill", PHASE_BACKFILL, PHASE_CONTRACT},
                  {"contract", PHASE_CONTRACT, PHASE_CONTRACT},
                  {"aborted", PHASE_EXPAND, PHASE_EXPAND}};
    for (guint i = 0; i < G_N_ELEMENTS(states); i++)
        run_row(run, states[i].low, states[i].key, states[i].key);
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        struct state *state =
            run_state(run, states[i].key, states[i].low, states[i].high, TRUE, states[i].key);
        state->aborted = i == ABORTED;
        for (guint j = 0; j < run->trials->len; j++) {
            state->outcomes[j].ran = state->outcomes[j].ok = TRUE;
            state->outcomes[j].result = g_strdup("x\nSELECT 1\nsame");
        }
    }
    return run;
}

static void run_free(struct run *run)
{
    for (guint i = 0; i < run->states->len; i++)
        state_free(run, run->states->pdata[i]);
    g_ptr_array_unref(run->states);
    g_array_unref(run->trials);
    g_free(run->held);
    rehearsal_free(run->result);
    plan_free((struct plan *)run->plan);
    g_free(run);
}

static struct outcome *outcome(struct run *run, int state, enum how how, guint actor, guint index,
                               guint by_actor)
{
    for (guint i = 0; i < run->trials->len; i++) {
        const struct trial *trial = &g_array_index(run->trials, struct trial, i);
        if (trial->how == how && trial->actor == actor && trial->index == index &&
            (how != HOW_AFTER || trial->by_actor == by_actor))
            return &((struct state *)run->states->pdata[state])->outcomes[i];
    }
    fail_msg("no such trial");
    return NULL;
}

static void says(struct outcome *outcome, const char *value)
{
    g_free(outcome->result);
    outcome->result = g_strdup_printf("x\nSELECT 1\n%s", value);
}

static void fails(struct outcome *outcome, const char *sqlstate)
{
    g_clear_pointer(&outcome->result, g_free);
    outcome->ok = FALSE;
    outcome->message = g_strdup("no");
    g_strlcpy(outcome->sqlstate, sqlstate, sizeof outcome->sqlstate);
}

static enum rehearsal_verdict cell(const struct run *run, int row, guint actor)
{
    return ((const struct rehearsal_row *)run->result->rows->pdata[row])->cells[actor].verdict;
}

static const struct rehearsal_failure *failure(const struct run *run, guint index)
{
    assert_true(index < run->result->failures->len);
    return run->result->failures->pdata[index];
}

static void test_well(void **state)
{
    (void)state;
    struct run *run = run_new(PAIRED);
    judge(run);
    assert_int_equal(run->result->failures->len, 0);
    assert_true(rehearsal_passed(run->result));
    assert_int_equal(cell(run, BEFORE, OLD), REHEARSAL_OK);
    assert_int_equal(cell(run, BEFORE, NEW), REHEARSAL_NOT_NEEDED);
    assert_int_equal(cell(run, EXPAND, NEW), REHEARSAL_OK);
    assert_int_equal(cell(run, BACKFILL, OLD), REHEARSAL_OK);
    assert_int_equal(cell(run, CONTRACT, OLD), REHEARSAL_NOT_NEEDED);
    assert_int_equal(cell(run, CONTRACT, NEW), REHEARSAL_OK);
    assert_int_equal(cell(run, ABORTED, OLD), REHEARSAL_OK);
    assert_int_equal(cell(run, ABORTED, NEW), REHEARSAL_NOT_NEEDED);
    run_free(run);
}

static void test_errors(void **state)
{
    (void)state;
    struct run *run = run_new(PAIRED);
    fails(outcome(run, EXPAND, HOW_ALONE, OLD, 0, 0), "42703");
    fails(outcome(run, EXPAND, HOW_HELD, OLD, 0, 0), "42703");
    fails(outcome(run, BACKFILL, HOW_ALONE, OLD, 0, 0), "42703");
    fails(outcome(run, BACKFILL, HOW_HELD, OLD, 0, 0), "0A000");
    fails(outcome(run, CONTRACT, HOW_ALONE, OLD, 0, 0), "42P01");
    judge(run);
    assert_int_equal(cell(run, EXPAND, OLD), REHEARSAL_ERROR);
    assert_int_equal(cell(run, CONTRACT, OLD), REHEARSAL_NOT_NEEDED);
    /* the same in two states is one, that of the prepared one is another where it is another error */
    assert_int_equal(run->result->failures->len, 2);
    assert_string_equal(failure(run, 0)->where, "expand; backfill");
    assert_string_equal(failure(run, 0)->sqlstate, "42703");
    assert_string_equal(failure(run, 1)->sqlstate, "0A000");
    assert_non_null(strstr(failure(run, 1)->how, "prepared"));
    run_free(run);
}

/* The old release is at home before, the new one in the end. */
static void test_home(void **state)
{
    (void)state;
    struct run *run = run_new(PAIRED);
    says(outcome(run, BACKFILL, HOW_ALONE, OLD, 0, 0), "another");
    says(outcome(run, EXPAND, HOW_ALONE, NEW, 0, 0), "NULL");
    says(outcome(run, ABORTED, HOW_ALONE, OLD, 0, 0), "another");
    judge(run);
    assert_int_equal(cell(run, BACKFILL, OLD), REHEARSAL_DIFFERS);
    assert_int_equal(cell(run, BACKFILL, NEW), REHEARSAL_OK);
    assert_int_equal(cell(run, EXPAND, NEW), REHEARSAL_DIFFERS);
    assert_int_equal(cell(run, ABORTED, OLD), REHEARSAL_DIFFERS);
    assert_string_equal(failure(run, 0)->expected, "same");
    assert_string_equal(failure(run, 0)->got, "NULL");
    run_free(run);
}

static void test_unstable(void **state)
{
    (void)state;
    struct run *run = run_new(PAIRED);
    for (guint i = 0; i < run->trials->len; i++)
        g_array_index(run->trials, struct trial, i).unstable = TRUE;
    says(outcome(run, BACKFILL, HOW_ALONE, OLD, 0, 0), "another");
    judge(run);
    assert_int_equal(run->result->failures->len, 0);
    run_free(run);
}

/* What the old release writes it sees itself; whether the new one does is the question. */
static void write_at_home(struct run *run)
{
    for (int i = BEFORE; i <= ABORTED; i++) {
        says(outcome(run, i, HOW_AFTER, OLD, 0, OLD), "written");
        says(outcome(run, i, HOW_AFTER, NEW, 0, OLD), "written");
        says(outcome(run, i, HOW_AFTER, NEW, 0, NEW), "written");
        says(outcome(run, i, HOW_AFTER, OLD, 0, NEW), "written");
    }
}

static void test_unseen(void **state)
{
    (void)state;
    struct run *run = run_new(PAIRED);
    write_at_home(run);
    judge(run);
    assert_int_equal(run->result->failures->len, 0);
    says(outcome(run, BACKFILL, HOW_AFTER, NEW, 0, OLD), "same");
    judge(run);
    assert_int_equal(cell(run, BACKFILL, NEW), REHEARSAL_UNSEEN);
    assert_int_equal(cell(run, BACKFILL, OLD), REHEARSAL_OK);
    assert_string_equal(failure(run, 0)->how, "after web old: UPDATE t SET a = 1");
    run_free(run);
}

static void test_garbled(void **state)
{
    (void)state;
    struct run *run = run_new(PAIRED);
    write_at_home(run);
    says(outcome(run, BACKFILL, HOW_AFTER, OLD, 0, NEW), "garbled");
    judge(run);
    assert_int_equal(cell(run, BACKFILL, OLD), REHEARSAL_DIFFERS);
    assert_string_equal(failure(run, 0)->expected, "written");
    assert_string_equal(failure(run, 0)->got, "garbled");
    run_free(run);
    /* a sync that makes other values: what is the same once need not be so twice */
    run = run_new(
        HEAD "applications: {web: {statements: {old: [SELECT a FROM t, UPDATE t SET a = 1], "
             "new: [SELECT b FROM t, UPDATE t SET b = 1]}}}\n"
             "phases: {expand: [{sync: {table: t, old: a, new: b, up: lower(a), down: b}}]}\n");
    write_at_home(run);
    says(outcome(run, EXPAND, HOW_AFTER, OLD, 0, NEW), "garbled");
    judge(run);
    assert_int_equal(run->result->failures->len, 0);
    run_free(run);
}

/* Lists that are no pairs: it is enough that something of the new release sees it. */
static void test_unpaired(void **state)
{
    (void)state;
    struct run *run = run_new(HEAD "applications: {web: {statements: {old: [SELECT a FROM t, "
                                   "UPDATE t SET a = 1], new: [SELECT "
                                   "b FROM t, SELECT c FROM t]}}}\n" PHASES);
    says(outcome(run, BEFORE, HOW_AFTER, OLD, 0, OLD), "written");
    says(outcome(run, ABORTED, HOW_AFTER, OLD, 0, OLD), "written");
    for (int i = EXPAND; i <= BACKFILL; i++) {
        says(outcome(run, i, HOW_AFTER, OLD, 0, OLD), "written");
        says(outcome(run, i, HOW_AFTER, NEW, 1, OLD), "written");
    }
    judge(run);
    assert_int_equal(run->result->failures->len, 0);
    says(outcome(run, EXPAND, HOW_AFTER, NEW, 1, OLD), "same");
    judge(run);
    assert_int_equal(cell(run, EXPAND, NEW), REHEARSAL_UNSEEN);
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well),     cmocka_unit_test(test_errors),
        cmocka_unit_test(test_home),     cmocka_unit_test(test_unstable),
        cmocka_unit_test(test_unseen),   cmocka_unit_test(test_garbled),
        cmocka_unit_test(test_unpaired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
