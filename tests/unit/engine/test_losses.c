/* The queries that count what an abort would lose. That servers understand them: tests/recipes/abort.sh. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/losses.h"
#include "pgrollout/plan/reader.h"

static const char plan_text[] =
    "pgrollout: 1\n"
    "migration: m\n"
    "phases:\n"
    "  expand:\n"
    "    - add_column: {table: \"odd\\\"s\", column: b, type: text}\n"
    "    - add_column: {table: \"odd\\\"s\", column: c, type: int}\n"
    "    - add_column: {table: \"odd\\\"s\", column: d, type: int, default: 7}\n"
    "    - sync: {table: \"odd\\\"s\", old: a, new: b, up: \"upper(a)\", down: \"lower(b)\"}\n"
    "    - add_table: {table: parts, columns: {id: bigint, x: text}, primary_key: [id]}\n"
    "    - sync: {table: whole, into: parts, key: {id: nr}, columns: {x: y}}\n"
    "    - drop_not_null: {table: \"odd\\\"s\", column: a}\n"
    "  backfill:\n"
    "    - backfill: {table: \"odd\\\"s\", set: {c: length(a)}}\n"
    "  switch_reads:\n"
    "    - drop_sync: {table: \"odd\\\"s\", old: a, new: b}\n";

static void holds(const struct plan *plan, const char *step, const char *const *parts)
{
    const struct plan_step *found = plan_step_find(plan, step);
    assert_non_null(found);
    g_autofree char *sql = losses_sql(plan, found);
    assert_non_null(sql);
    for (; *parts; parts++)
        if (!strstr(sql, *parts))
            fail_msg("%s: no %s in\n%s", step, *parts, sql);
}

static void test_queries(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    struct plan *plan = plan_parse(plan_text, strlen(plan_text), "p", findings);
    if (!plan)
        fail_msg("%s", ((struct plan_finding *)findings->pdata[0])->text);
    static const struct {
        const char *step, *parts[4];
    } cases[] = {
        /* what the trigger would make of the old column is no loss */
        {"add-column",
         {"FROM \"public\".\"odd\"\"s\" TABLESAMPLE",
          "WHERE \"b\" IS NOT NULL AND \"b\" IS DISTINCT FROM (upper(a))"}},
        {"add-column-2", {"\"c\" IS DISTINCT FROM (length(a))"}}, /* nor what the backfill would */
        {"add-column-3", {"\"d\" IS DISTINCT FROM (7)"}},         /* nor the default */
        {"add-table",
         {"FROM \"public\".\"parts\" n TABLESAMPLE",
          "NOT EXISTS (SELECT FROM \"public\".\"whole\" o",
          "o.\"nr\" = n.\"id\" AND o.\"y\" IS NOT DISTINCT FROM n.\"x\""}},
        {"sync", {"FROM \"public\".\"zzz_pgrollout_sync_", "is_called"}},
        {"drop-not-null", {"'nulls', count(*) - count(\"a\")"}},
        {"drop-sync", {"\"a\" IS DISTINCT FROM (lower(b))", "\"b\" IS DISTINCT FROM (upper(a))"}},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        holds(plan, cases[i].step, cases[i].parts);
    assert_null(losses_sql(plan, plan_step_find(plan, "backfill")));
    assert_null(losses_sql(plan, plan_step_find(plan, "sync-2")));
    plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_queries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
