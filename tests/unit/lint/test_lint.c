/* Every rule over plans that parse, and over what can be read of others: the finding, its id and its
 * place. */
#include "config.h"

#include <string.h>

#include "../plan/plan-test.h"
#include "pgrollout/lint/lint.h"

struct sample {
    const char *body; /* behind HEAD */
    const char *findings;
};

static const struct sample samples[] = {
    {"phases:\n"
     "  expand:\n"
     "    - add_column: {table: t, column: n, type: text}\n"
     "    - sync: {table: t, old: o, new: n}\n"
     "  backfill:\n"
     "    - backfill: {table: t, set: {n: o}}\n"
     "    - verify: backfill\n"
     "  stop_old_writes:\n"
     "    - confirm: Nobody uses it.\n"
     "      each: [web]\n"
     "      name: c\n"
     "  contract:\n"
     "    - drop_column: {table: t, column: o}\n"
     "applications: {web: {sessions: web}}\n",
     ""},
    {"phases:\n"
     "  expand:\n"
     "    - sql: DROP TABLE x\n"
     "      irreversible: true\n"
     "    - sql: SELECT 1; SELECT 2\n"
     "      undo: SELEC\n"
     "    - sql: COMMIT\n"
     "      undo: ROLLBACK\n"
     "    - sql: CREATE INDEX CONCURRENTLY i ON t (a)\n"
     "      undo: DROP INDEX CONCURRENTLY i\n"
     "    - sql: CREATE INDEX CONCURRENTLY i ON t (a)\n"
     "      undo: DROP INDEX CONCURRENTLY i\n"
     "      transaction: none\n"
     "    - sql: UPDATE t SET a = 1\n"
     "      undo: UPDATE t SET a = 0\n"
     "    - sql: ALTER TABLE t ADD b int\n"
     "      undo: ALTER TABLE t DROP b\n"
     "      transaction: none\n"
     "    - sql: ALTER TABLE t VALIDATE CONSTRAINT c\n"
     "      undo: SELECT 1\n"
     "      transaction: none\n"
     "    - sql: CREATE INDEX CONCURRENTLY k ON t (a)\n"
     "      undo: DROP INDEX k\n"
     "      transaction: none\n",
     "f:5:7: warning[P01]: irreversible before contract: from here on abort cannot restore "
     "the schema\n"
     "f:5:12: error[C06]: running code may still need what this takes away or refuses: it "
     "belongs to contract, not to expand\n"
     "f:7:12: error[S01]: 2 statements, where one is expected\n"
     "f:8:13: error[S01]: undo: syntax error at or near \"SELEC\" (character 1)\n"
     "f:9:12: error[S02]: a plan cannot run this: transactions are the engine's own affair\n"
     "f:10:13: error[S02]: undo: a plan cannot run this: transactions are the engine's own "
     "affair\n"
     "f:11:12: error[L08]: this cannot run inside a transaction: say \"transaction: none\"\n"
     "f:12:13: error[L08]: undo: this cannot run inside a transaction: say \"transaction: "
     "none\"\n"
     "f:16:12: error[B08]: every row in one transaction: each is locked to its end, replicas "
     "lag behind it, and a failure begins anew; a backfill step does it in paced batches and "
     "goes on where it stopped\n"
     "f:18:12: warning[S04]: this can run inside a transaction, where it is recorded together "
     "with what it did: \"transaction: none\" only leaves its outcome unknown when it is cut "
     "off\n"},
    {"phases:\n"
     "  expand:\n"
     "    - add_column: {table: t, column: n, type: text NOT NULL, default: random()}\n"
     "    - sync: {table: t, old: o, new: n, up: n || 'x', down: (SELECT 1)}\n"
     "  backfill:\n"
     "    - backfill:\n"
     "        table: t\n"
     "        set: {z: now()}\n"
     "        where: a; b\n"
     "  stop_old_writes:\n"
     "    - drop_sync: {table: t, old: o, new: n}\n"
     "  contract:\n"
     "    - drop_column: {table: t, column: o}\n",
     "f:5:47: error[L05]: type: syntax error at or near \"NULL\" (character 10)\n"
     "f:5:71: error[L05]: default: random() gives every row another value, which rewrites the "
     "table: add the column without it and fill it by a backfill\n"
     "f:6:7: warning[C18]: the plan names no applications: list under \"applications\" "
     "whatever reads or writes the table, jobs and scripts too, and let the gates ask for each\n"
     "f:6:7: warning[B18]: no backfill of \"n\": rows that nobody writes keep it empty\n"
     "f:6:44: error[B03]: up: it mentions its own target \"n\": a batch done twice would "
     "change it again\n"
     "f:6:60: error[B03]: down: a sub-select looks at other rows than its own\n"
     "f:8:7: warning[B17]: nothing verifies backfill \"backfill\"\n"
     "f:10:18: error[B03]: set \"z\": now() gives another value each time\n"
     "f:10:18: warning[B15]: no sync keeps \"z\" right while the application writes: rows "
     "changed after their batch stay stale\n"
     "f:11:16: error[B03]: where: syntax error at or near \"b\" (character 4)\n"
     "f:13:7: warning[C17]: without the sync the way back is closed: drop_column takes it "
     "along\n"
     "f:15:7: warning[P02]: nothing before this asks whether \"o\" is still used: an unused "
     "step, or at least a confirm or a check\n"},
    {"phases:\n"
     "  expand:\n"
     "    - analyze: t\n"
     "      lock_timeout: 1s\n"
     "    - sync: {table: t, old: a, new: b}\n"
     "    - backfill: {table: t, set: {b: a}, batch: {target: 2s}}\n"
     "    - verify: backfill\n",
     "f:5:7: warning[L02]: lock_timeout of a second and more: each try may stop the "
     "application for so long, and in a deadlock it may be the application that fails\n"
     "f:7:7: warning[C18]: the plan names no applications: list under \"applications\" "
     "whatever reads or writes the table, jobs and scripts too, and let the gates ask for each\n"
     "f:8:7: warning[B09]: batch target above 500ms: the application waits so long for the "
     "rows of a batch\n"},
    {"phases:\n"
     "  deploy:\n"
     "    - {check: DELETE FROM t, expect: 1, name: a}\n"
     "    - {check: SELEC, expect: 1, name: b}\n"
     "applications:\n"
     "  a: {statements: {old: [SELECT 1, SELEC], new: [INSERT INTO t VALUES ($1)]}}\n"
     "guards:\n"
     "  mine: {sql: COMMIT, pause: 1, resume: 0}\n"
     "  good: {sql: SELECT 1, pause: 1, resume: 0}\n",
     "f:5:15: error[S03]: a query that only reads is expected here, this is a write\n"
     "f:6:15: error[S01]: syntax error at or near \"SELEC\" (character 1)\n"
     "f:8:36: error[S01]: a statement of application \"a\": syntax error at or near \"SELEC\" "
     "(character 1)\n"
     "f:8:50: warning[C09]: application \"a\" uses INSERT without a list of columns: each "
     "column that comes or goes changes what it gets, and breaks it where it is prepared; "
     "name the columns\n"
     "f:8:50: warning[S09]: it cannot be rehearsed: it has $1 and no values: write {sql: \"…\", "
     "params: […]}, or the values themselves\n"
     "f:10:15: error[S03]: a query that only reads is expected here, this is forbidden: "
     "transactions are the engine's own affair\n"},
    {"phases:\n"
     "  expand:\n"
     "    - {sql: \"CREATE INDEX i ON t (a)\", undo: DROP INDEX i}\n"
     "    - {sql: \"ALTER TABLE t ADD b uuid DEFAULT gen_random_uuid(), ADD c serial\", "
     "irreversible: true}\n"
     "    - {sql: \"ALTER TABLE t ADD b int NOT NULL\", irreversible: true}\n"
     "    - {sql: \"ALTER TABLE t ADD b int NOT NULL DEFAULT 1\", irreversible: true}\n"
     "    - {sql: \"ALTER TABLE t ADD CHECK (a > 0)\", irreversible: true}\n"
     "    - {sql: \"ALTER TABLE t ADD CHECK (a > 0) NOT VALID\", irreversible: true}\n"
     "    - {sql: \"ALTER TABLE t ADD UNIQUE (a)\", irreversible: true}\n"
     "    - {sql: \"ALTER TABLE t ADD UNIQUE USING INDEX i\", irreversible: true}\n"
     "    - {sql: \"REFRESH MATERIALIZED VIEW v\", irreversible: true}\n"
     "  contract:\n"
     "    - {sql: \"ALTER TABLE t ALTER a TYPE bigint\", irreversible: true}\n"
     "    - {sql: \"VACUUM FULL t\", irreversible: true, transaction: none}\n",
     "f:5:13: warning[L07]: without CONCURRENTLY the application's writes wait for it: CREATE "
     "INDEX CONCURRENTLY, which an index step watches and repairs (recipe create-index)\n"
     "f:6:7: warning[P01]: irreversible before contract: from here on abort cannot restore "
     "the schema\n"
     "f:6:13: warning[L05]: a new column whose value differs by row rewrites the table under "
     "an exclusive lock: add it plain (add_column) and fill it by a backfill\n"
     "f:6:13: warning[L05]: a new column whose value differs by row rewrites the table under "
     "an exclusive lock: add it plain (add_column) and fill it by a backfill\n"
     "f:6:13: warning[T06]: a serial's sequence has an owner and rights of its own: GENERATED "
     "… AS IDENTITY, of bigint\n"
     "f:7:7: warning[P01]: irreversible before contract: from here on abort cannot restore "
     "the schema\n"
     "f:7:13: error[C02]: a NOT NULL column without a default: code that does not know it "
     "cannot insert any more; add it nullable, fill it, then a not_null step (recipe "
     "add-not-null-column)\n"
     "f:8:7: warning[P01]: irreversible before contract: from here on abort cannot restore "
     "the schema\n"
     "f:9:7: warning[P01]: irreversible before contract: from here on abort cannot restore "
     "the schema\n"
     "f:9:13: warning[C01]: from here on a write of running code that breaks this constraint "
     "fails, NOT VALID or not: it belongs behind deploy, when all code obeys it (a constraint "
     "step in backfill)\n"
     "f:9:13: warning[L06]: the whole table is read under a lock that stops writes: add it "
     "NOT VALID, and VALIDATE it in a step of its own (a constraint step does both)\n"
     "f:10:7: warning[P01]: irreversible before contract: from here on abort cannot restore "
     "the schema\n"
     "f:10:13: warning[C01]: from here on a write of running code that breaks this constraint "
     "fails, NOT VALID or not: it belongs behind deploy, when all code obeys it (a constraint "
     "step in backfill)\n"
     "f:11:7: warning[P01]: irreversible before contract: from here on abort cannot restore "
     "the schema\n"
     "f:11:13: warning[C01]: from here on a write of running code that breaks this constraint "
     "fails, NOT VALID or not: it belongs behind deploy, when all code obeys it (a constraint "
     "step in backfill)\n"
     "f:11:13: warning[L06]: an index is built under an exclusive lock: build it "
     "CONCURRENTLY, then ADD … USING INDEX (a constraint step does both)\n"
     "f:12:7: warning[P01]: irreversible before contract: from here on abort cannot restore "
     "the schema\n"
     "f:12:13: warning[C01]: from here on a write of running code that breaks this constraint "
     "fails, NOT VALID or not: it belongs behind deploy, when all code obeys it (a constraint "
     "step in backfill)\n"
     "f:13:7: warning[P01]: irreversible before contract: from here on abort cannot restore "
     "the schema\n"
     "f:13:13: warning[L07]: without CONCURRENTLY its readers wait for it: REFRESH … "
     "CONCURRENTLY, with a unique index\n"
     "f:15:13: warning[L05]: a new type may rewrite the table and its indexes under an "
     "exclusive lock, and running code meets it at once: a new column, kept in step (recipe "
     "change-type)\n"
     "f:16:13: warning[L12]: the table is rewritten under an exclusive lock: pg_repack or "
     "pg_squeeze, or a new table filled by a backfill\n"},
};

static void test_samples(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *text = g_strconcat(HEAD, samples[i].body, NULL);
        g_autoptr(GPtrArray) findings =
            g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
        GString *out = g_string_new(NULL);
        struct plan *plan = plan_test_good(text);
        lint_plan(plan, "f", findings);
        for (guint j = 0; j < findings->len; j++) {
            g_autofree char *line = plan_finding_format(findings->pdata[j]);
            g_string_append_printf(out, "%s\n", line);
        }
        assert_string_equal(out->str, samples[i].findings);
        g_string_free(out, TRUE);
        plan_free(plan);
    }
}

/* Files with mistakes of their own: lint goes over what is left of them, in the same pass. */
static const struct sample drafts[] = {
    {"titel: x\n"
     "phases:\n"
     "  expand:\n"
     "    - {sql: DROP TABLE a, undo: BEGIN}\n"
     "    - {sql: SELECT 1; SELECT 2, udno: SELEC}\n"
     "    - add_column: {tabel: t, column: c, type: int, default: random()}\n",
     "f:3:1: error: unknown key \"titel\": did you mean \"title\"?\n"
     "f:6:13: error[C06]: running code may still need what this takes away or refuses: it "
     "belongs to contract, not to expand\n"
     "f:6:33: error[S02]: undo: a plan cannot run this: transactions are the engine's own "
     "affair\n"
     "f:7:13: error[S01]: 2 statements, where one is expected\n"
     "f:7:33: error: unknown key \"udno\": did you mean \"undo\"?\n"
     "f:7:39: error[S01]: undo: syntax error at or near \"SELEC\" (character 1)\n"
     "f:8:20: error: unknown key \"tabel\": did you mean \"table\"?\n"
     "f:8:61: error[L05]: default: random() gives every row another value, which rewrites the "
     "table: add the column without it and fill it by a backfill\n"},
    /* a phase that can only be one is that one; of another nothing is known */
    {"phases:\n"
     "  expnad:\n"
     "    - {sql: DROP TABLE a, undo: SELECT 1}\n"
     "  cleanup:\n"
     "    - {sql: DROP TABLE b, irreversible: true}\n"
     "    - {sql: SELEC, irreversible: true}\n"
     "    - drop_column: {table: t, column: o}\n",
     "f:4:3: error: unknown phase \"expnad\": did you mean \"expand\"?\n"
     "f:5:13: error[C06]: running code may still need what this takes away or refuses: it "
     "belongs to contract, not to expand\n"
     "f:6:3: error: unknown phase \"cleanup\": known are expand, deploy, backfill, "
     "switch_reads, stop_old_writes, contract\n"
     "f:8:13: error[S01]: syntax error at or near \"SELEC\" (character 1)\n"
     "f:9:7: warning[C18]: the plan names no applications: list under \"applications\" "
     "whatever reads or writes the table, jobs and scripts too, and let the gates ask for each\n"
     "f:9:7: warning[P02]: nothing before this asks whether \"o\" is still used: an unused "
     "step, or at least a confirm or a check\n"},
    /* steps of every kind with nothing in them */
    {"phases:\n"
     "  expand: [sql: [], add_column: {}, sync: {}, drop_sync: {}, backfill: {}, verify: [],\n"
     "    not_null: {}, analyze: [], check: [], confirm: [], drop_column: {}]\n"
     "  contract: [drop_column: {table: t, column: c}]\n",
     "f:4:12: error: a sql step needs \"undo\", or \"irreversible: true\"\n"
     "f:4:17: error: text is expected here, not a list\n"
     "f:4:33: error: add_column needs the key \"table\"\n"
     "f:4:33: error: add_column needs the key \"column\"\n"
     "f:4:33: error: add_column needs the key \"type\"\n"
     "f:4:43: error: sync needs the key \"table\"\n"
     "f:4:43: error: sync needs the keys \"old\" and \"new\", or \"into\", \"key\" and "
     "\"columns\" for another table\n"
     "f:4:47: warning[C17]: without the sync the way back is closed: drop_column takes it "
     "along\n"
     "f:4:58: error: drop_sync needs the key \"table\"\n"
     "f:4:58: error: drop_sync needs the keys of its sync: \"old\" and \"new\", or \"into\"\n"
     "f:4:72: error: backfill needs the key \"table\"\n"
     "f:4:72: error: backfill needs the key \"set\", or \"into\" and \"columns\", or "
     "\"statement\"\n"
     "f:4:84: error: text is expected here, not a list\n"
     "f:5:15: error: not_null needs the key \"table\"\n"
     "f:5:15: error: not_null needs the key \"column\"\n"
     "f:5:28: error: text is expected here, not a list\n"
     "f:5:32: error: a check step needs a name: add \"name:\" beside \"check\"\n"
     "f:5:32: error: a check step needs \"expect\"\n"
     "f:5:39: error: text is expected here, not a list\n"
     "f:5:43: error: a confirm step needs a name: add \"name:\" beside \"confirm\"\n"
     "f:5:52: error: text is expected here, not a list\n"
     "f:5:56: error: drop_column belongs to contract only\n"
     "f:5:69: error: drop_column needs the key \"table\"\n"
     "f:5:69: error: drop_column needs the key \"column\"\n"},
    /* a backfill's target is the column that the plan adds, but for a letter */
    {"phases:\n"
     "  expand:\n"
     "    - sync: {table: t, old: name, new: full_name}\n"
     "    - backfill: {table: t, set: {full_name: name}}\n"
     "      name: copy\n"
     "    - backfill: {table: t, set: {fulname: name}}\n"
     "    - verify: copy\n"
     "    - verify: backfil\n",
     "f:8:43: warning[B15]: nothing adds or syncs \"fulname\": did you mean \"full_name\"?\n"
     "f:10:15: error: unknown backfill \"backfil\": did you mean \"backfill\"?\n"},
    /* the notation breaks off: what stands before is looked at, nothing is missed behind */
    {"phases:\n"
     "  expand:\n"
     "    - sync: {table: t, old: o, new: n}\n"
     "    - {sql: DROP TABLE a, undo: SELECT 1}\n"
     "    - sql: ROLLBACK\n"
     "\t  undo: x\n",
     "f:6:13: error[C06]: running code may still need what this takes away or refuses: it "
     "belongs to contract, not to expand\n"
     "f:8:1: error: a tab: indent with blanks (nothing behind this was read)\n"},
};

static void test_drafts(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(drafts); i++) {
        g_autofree char *text = g_strconcat(HEAD, drafts[i].body, NULL);
        g_autoptr(GPtrArray) findings =
            g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
        GString *out = g_string_new(NULL);
        assert_null(lint_text(text, strlen(text), "f", findings));
        for (guint j = 0; j < findings->len; j++) {
            g_autofree char *line = plan_finding_format(findings->pdata[j]);
            g_string_append_printf(out, "%s\n", line);
        }
        assert_string_equal(out->str, drafts[i].findings);
        g_string_free(out, TRUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples),
                                       cmocka_unit_test(test_drafts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
