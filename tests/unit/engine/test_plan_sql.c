/* A plan taken apart for people says what the steps' own files say; the documents of the looks are read
 * whatever is in them. */
#include "config.h"

#include <glib/gstdio.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/base/error.h"
#include "pgrollout/engine/plan-sql.h"
#include "pgrollout/engine/snapshot-look.h"

static const char text[] = "pgrollout: 1\n"
                           "migration: m\n"
                           "phases:\n"
                           "  expand:\n"
                           "    - add_column: {table: t, column: b, type: text}\n"
                           "      name: add\n"
                           "    - sync: {table: t, old: a, new: b}\n"
                           "      name: sync\n"
                           "  backfill:\n"
                           "    - backfill: {table: t, set: {b: a}, where: b IS NULL}\n"
                           "      name: fill\n"
                           "  switch_reads:\n"
                           "    - confirm: Reads b.\n"
                           "      name: ask\n"
                           "  contract:\n"
                           "    - drop_column: {table: t, column: a}\n"
                           "      name: drop\n"
                           "guards:\n"
                           "  replication_lag: {pause: 7s, resume: 3s, samples: 4}\n"
                           "  queue: {sql: SELECT 1, pause: 5, resume: 2}\n"
                           "  stall: {off: it is a slow one}\n";

static const char *part(const GPtrArray *parts, guint i)
{
    assert_true(i < parts->len);
    return ((struct plan_sql_part *)parts->pdata[i])->sql;
}

static void test_steps(void **state)
{
    (void)state;
    struct plan_sql *plan = plan_sql_new(text, NULL);
    assert_non_null(plan);
    const struct plan_sql_step *add = plan_sql_step_find(plan, "add");
    const struct plan_sql_step *sync = plan_sql_step_find(plan, "sync");
    const struct plan_sql_step *fill = plan_sql_step_find(plan, "fill");
    const struct plan_sql_step *ask = plan_sql_step_find(plan, "ask");
    const struct plan_sql_step *drop = plan_sql_step_find(plan, "drop");
    assert_string_equal(part(add->parts, 0), "ALTER TABLE \"public\".\"t\" ADD COLUMN \"b\" text");
    assert_non_null(strstr(part(add->undo_parts, 0), "DROP COLUMN IF EXISTS \"b\""));
    assert_non_null(strstr(part(sync->undo_parts, 0), "DROP TRIGGER"));
    assert_string_equal(add->phase, "expand");
    assert_false(add->irreversible);
    assert_int_equal(fill->parts->len, 0);
    assert_non_null(strstr(fill->does, "UPDATE \"public\".\"t\" SET b = a"));
    assert_non_null(fill->batch);
    assert_string_equal(ask->gate_text, "Reads b.");
    assert_non_null(ask->reverse);
    assert_true(drop->irreversible);
    assert_null(plan_sql_step_find(plan, "none"));
    assert_null(plan_sql_step_find(NULL, "add"));
    plan_sql_free(plan);
}

static void test_guards(void **state)
{
    (void)state;
    struct plan_sql *plan = plan_sql_new(text, NULL);
    assert_non_null(plan);
    const struct plan_sql_guard *lag = plan_sql_guard_find(plan, "replication_lag");
    const struct plan_sql_guard *queue = plan_sql_guard_find(plan, "queue");
    const struct plan_sql_guard *stall = plan_sql_guard_find(plan, "stall");
    assert_int_equal(lag->samples, 4);
    assert_false(lag->latched);
    assert_true(lag->clears_after > 0);
    assert_non_null(strstr(lag->help, "replica"));
    assert_non_null(strstr(lag->settings, "pause 7s"));
    assert_string_equal(queue->query, "SELECT 1");
    assert_string_equal(queue->kind, "sql");
    assert_true(stall->latched);
    assert_non_null(strstr(stall->settings, "it is a slow one"));
    plan_sql_free(plan);
}

static void test_no_plan(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "a: [", "pgrollout: 1\nmigration: m\n", "\xff\xfe"};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(plan_sql_new(wrong[i], &error));
        assert_true(g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_PLAN));
    }
}

static void test_files(void **state)
{
    (void)state;
    g_autofree char *folder = g_dir_make_tmp("pgrollout-plan-XXXXXX", NULL);
    g_autofree char *good = g_build_filename(folder, "good", NULL);
    g_autofree char *bytes = g_build_filename(folder, "bytes", NULL);
    g_autofree char *large = g_build_filename(folder, "large", NULL);
    g_autofree char *none = g_build_filename(folder, "none", NULL);
    g_autofree char *much = g_strnfill(2 * 1024 * 1024, 'x');
    assert_true(g_file_set_contents(good, text, -1, NULL));
    assert_true(g_file_set_contents(bytes, "a\xff\n", -1, NULL));
    assert_true(g_file_set_contents(large, much, -1, NULL));
    g_autofree char *read = plan_sql_file(good, NULL);
    assert_string_equal(read, text);
    const char *const refused[] = {bytes, large, none, folder, "/dev/zero"};
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(plan_sql_file(refused[i], &error));
        assert_non_null(error);
    }
    g_remove(good);
    g_remove(bytes);
    g_remove(large);
    g_rmdir(folder);
}

static void test_looks(void **state)
{
    (void)state;
    struct snapshot *s = snapshot_parse(
        "{\"migrations\": [], \"look\": {\"key\": \"guards\"}, \"guards\": {\"migration\": \"m\", "
        "\"bucket_s\": 10, \"limits\": [{\"guard\": \"lag\", \"limit\": \"pause\", \"value\": 7, "
        "\"plan\": 5.5, \"by\": \"ana\", \"until\": null, \"left_s\": null}], \"trips\": [{\"id\": "
        "4, "
        "\"when\": \"2026-11-22T14:02:19Z\", \"who\": \"lag\", \"text\": \"held\"}], \"history\": "
        "[{\"guard\": \"lag\", \"values\": [1, null, 2.5]}]}}",
        NULL);
    assert_non_null(s);
    assert_int_equal(s->look, LOOK_GUARDS);
    const struct snap_limit *limit = snap_limit_find(s->guards, "lag", "pause");
    assert_float_equal(limit->plan, 5.5, 0);
    assert_null(limit->until);
    assert_true(isnan(limit->left_s));
    assert_null(snap_limit_find(s->guards, "lag", "resume"));
    const struct snap_event *trip = s->guards->trips->pdata[0];
    assert_string_equal(trip->at, "14:02:19");
    const struct snap_history *history = snap_history_find(s->guards, "lag");
    assert_int_equal(history->series.n, 3);
    assert_true(isnan(history->series.values[1]));
    snapshot_free(s);
}

static void test_anything_may_be_missing(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "{\"guards\": {}, \"card\": {}}",
        "{\"guards\": 7, \"card\": []}",
        "{\"guards\": {\"limits\": 4, \"trips\": [null, 3, {}], \"history\": [{\"values\": {}}, "
        "{}], "
        "\"bucket_s\": -1}, \"card\": {\"lines\": [{}, 1, {\"kind\": 3, \"text\": []}], \"closed\": {}}}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(documents); i++) {
        struct snapshot *s = snapshot_parse(documents[i], NULL);
        assert_non_null(s);
        if (s->card && s->card->lines->len)
            assert_null(((struct snap_card_line *)s->card->lines->pdata[0])->text);
        if (s->guards)
            assert_true(s->guards->bucket_s >= 1);
        snapshot_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),   cmocka_unit_test(test_guards),
        cmocka_unit_test(test_no_plan), cmocka_unit_test(test_files),
        cmocka_unit_test(test_looks),   cmocka_unit_test(test_anything_may_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
