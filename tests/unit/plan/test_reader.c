/* Right plan files: every key lands in its field, every default is filled in. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "plan-test.h"

static const char full[] =
    "pgrollout: 1\n"
    "migration: users-full-name\n"
    "title: Rename\n"
    "owner: payments-db\n"
    "contact: \"#payments\"\n"
    "ticket: CHG-1\n"
    "schema: shop\n"
    "role: app_owner\n"
    "user_triggers: fire\n"
    "two_person: true\n"
    "phases:\n"
    "  expand:\n"
    "    - add_column: {table: users, column: full_name, type: \"varchar(80)\", default: \"''\"}\n"
    "      lock_timeout: 50ms\n"
    "    - sync: {table: users, old: name, new: full_name}\n"
    "    - sync: {table: other.t, old: 'a\"b', new: B, up: upper(a), down: lower(B)}\n"
    "    - sql: CREATE VIEW v AS SELECT 1\n"
    "      undo: DROP VIEW v\n"
    "      transaction: none\n"
    "      statement_timeout: 2m\n"
    "  deploy:\n"
    "    - confirm: Everywhere?\n"
    "      each: [web, job]\n"
    "      by: approver\n"
    "      name: deployed\n"
    "  backfill:\n"
    "    - backfill:\n"
    "        table: users\n"
    "        set: {full_name: name}\n"
    "    - backfill:\n"
    "        table: '\"dotted.schema\".\"dotted.table\"'\n"
    "        set: {x: y + 1, z: '2'}\n"
    "        where: x IS NULL\n"
    "        batch: {start: 20, min: 20, max: 30, target: 1s}\n"
    "        rest: 0\n"
    "        rate: 600/m\n"
    "      name: other\n"
    "    - verify: backfill\n"
    "    - not_null: {table: users, column: full_name}\n"
    "    - analyze: users\n"
    "    - check: SELECT count(*) FROM users\n"
    "      expect: \"\"\n"
    "      name: plain\n"
    "    - check: {query: SELECT 1, expect: no, wait: 60s}\n"
    "      name: mapped\n"
    "  contract:\n"
    "    - drop_sync: {table: users, old: name, new: full_name}\n"
    "    - drop_column: {table: users, column: name}\n"
    "applications:\n"
    "  web: {sessions: shop-web*, release: 42, statements: {old: [SELECT 1], new: [SELECT 2]}}\n"
    "  job: {runs: monthly}\n"
    "  cdc: {slot: cdc_users}\n";

static const struct plan_step *step_at(const struct plan *plan, guint index)
{
    return g_ptr_array_index(plan->steps, index);
}

static void test_head(void **state)
{
    (void)state;
    struct plan *plan = plan_test_good(full);
    assert_string_equal(plan->name, "users-full-name");
    assert_string_equal(plan->title, "Rename");
    assert_string_equal(plan->owner, "payments-db");
    assert_string_equal(plan->contact, "#payments");
    assert_string_equal(plan->ticket, "CHG-1");
    assert_string_equal(plan->schema, "shop");
    assert_string_equal(plan->role, "app_owner");
    assert_true(plan->user_triggers_fire);
    assert_true(plan->two_person);
    assert_string_equal(plan->text, full);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, full, -1);
    assert_string_equal(plan->sha256, sum);
    plan_free(plan);
}

static void test_names_and_phases(void **state)
{
    (void)state;
    static const struct {
        enum plan_phase phase;
        enum plan_kind kind;
        const char *name, *title;
    } expected[] = {
        {PHASE_EXPAND, KIND_ADD_COLUMN, "add-column",
         "add column full_name varchar(80) to shop.users"},
        {PHASE_EXPAND, KIND_SYNC, "sync", "keep name and full_name of shop.users in step"},
        {PHASE_EXPAND, KIND_SYNC, "sync-2", "keep a\"b and B of other.t in step"},
        {PHASE_EXPAND, KIND_SQL, "sql", "run CREATE VIEW v AS SELECT 1"},
        {PHASE_DEPLOY, KIND_CONFIRM, "deployed", "confirm for each of web, job: Everywhere?"},
        {PHASE_BACKFILL, KIND_BACKFILL, "backfill", "fill full_name of shop.users"},
        {PHASE_BACKFILL, KIND_BACKFILL, "other", "fill x, z of dotted.schema.dotted.table"},
        {PHASE_BACKFILL, KIND_VERIFY, "verify", "verify backfill"},
        {PHASE_BACKFILL, KIND_NOT_NULL, "not-null", "set full_name of shop.users not null"},
        {PHASE_BACKFILL, KIND_ANALYZE, "analyze", "analyze shop.users"},
        {PHASE_BACKFILL, KIND_CHECK, "plain", "check SELECT count(*) FROM users"},
        {PHASE_BACKFILL, KIND_CHECK, "mapped", "check SELECT 1"},
        {PHASE_CONTRACT, KIND_DROP_SYNC, "drop-sync",
         "stop keeping name and full_name of shop.users in step"},
        {PHASE_CONTRACT, KIND_DROP_COLUMN, "drop-column", "drop column name of shop.users"},
    };
    struct plan *plan = plan_test_good(full);
    assert_int_equal(plan->steps->len, G_N_ELEMENTS(expected));
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = step_at(plan, i);
        g_autofree char *title = plan_step_title(step);
        assert_int_equal(step->phase, expected[i].phase);
        assert_int_equal(step->kind, expected[i].kind);
        assert_string_equal(step->name, expected[i].name);
        assert_string_equal(title, expected[i].title);
        assert_ptr_equal(plan_step_find(plan, expected[i].name), step);
    }
    assert_null(plan_step_find(plan, "none"));
    plan_free(plan);
}

static void test_fields_of_ddl(void **state)
{
    (void)state;
    struct plan *plan = plan_test_good(full);
    const struct plan_step *add = step_at(plan, 0), *sync = step_at(plan, 1),
                           *other = step_at(plan, 2), *sql = step_at(plan, 3);
    assert_int_equal(add->lock_timeout_us, 50000);
    assert_string_equal(add->def, "''");
    assert_int_equal(add->at_def.line, 13);
    assert_string_equal(sync->up, "\"name\"");
    assert_string_equal(sync->down, "\"full_name\"");
    assert_int_equal(sync->at_up.line, 0);
    assert_string_equal(other->schema, "other");
    assert_string_equal(other->old, "a\"b");
    assert_string_equal(other->new, "B");
    assert_string_equal(other->up, "upper(a)");
    assert_string_equal(sql->undo, "DROP VIEW v");
    assert_true(sql->no_transaction);
    assert_false(sql->irreversible);
    assert_int_equal(sql->statement_timeout_us, 120 * G_USEC_PER_SEC);
    assert_ptr_equal(plan_sync_find(plan, "shop", "users", "full_name"), sync);
    assert_ptr_equal(plan_sync_find(plan, "shop", "users", "name"), sync);
    assert_null(plan_sync_find(plan, "other", "users", "name"));
    assert_true(step_at(plan, 13)->irreversible);
    plan_free(plan);
}

static void test_fields_of_data(void **state)
{
    (void)state;
    struct plan *plan = plan_test_good(full);
    const struct plan_step *confirm = step_at(plan, 4), *plain = step_at(plan, 5),
                           *other = step_at(plan, 6), *verify = step_at(plan, 7);
    assert_true(confirm->by_approver);
    assert_string_equal(confirm->each[1], "job");
    assert_null(confirm->each[2]);
    assert_string_equal(plain->where, "\"full_name\" IS NULL");
    assert_int_equal(plain->batch.start, 500);
    assert_int_equal(plain->batch.min, 10);
    assert_int_equal(plain->batch.max, 50000);
    assert_int_equal(plain->batch.target_us, 10000);
    assert_true(plain->rest == 1.0 && plain->rate == 0);
    assert_string_equal(other->schema, "dotted.schema");
    assert_string_equal(other->table, "dotted.table");
    assert_string_equal(((struct plan_set *)other->set->pdata[0])->expression, "y + 1");
    assert_int_equal(other->batch.start, 20);
    assert_int_equal(other->batch.target_us, G_USEC_PER_SEC);
    assert_true(other->rest == 0 && other->rate == 10.0);
    assert_string_equal(verify->of, "backfill");
    assert_string_equal(verify->table, "users");
    assert_string_equal(step_at(plan, 10)->expect, "");
    assert_string_equal(step_at(plan, 11)->expect, "no");
    assert_int_equal(step_at(plan, 11)->wait_us, 60 * G_USEC_PER_SEC);
    plan_free(plan);
}

static const struct plan_statement *statement_at(const struct plan_application *application,
                                                 enum plan_release release, guint index)
{
    assert_true(index < application->statements[release]->len);
    return application->statements[release]->pdata[index];
}

static void test_rehearsed(void **state)
{
    (void)state;
    struct plan *plan = plan_test_good(
        "pgrollout: 1\nmigration: m\nphases: {backfill: [{analyze: t}]}\n"
        "applications:\n"
        "  web:\n"
        "    role: Shop web\n"
        "    statements:\n"
        "      old: [\"SELECT a FROM t\", {sql: \"SELECT $1, $2\", params: [\"\", 7]}]\n"
        "    command: {new: make check}\n"
        "    works: {old: expand..stop_old_writes, new: contract}\n"
        "  all: {command: ./suite}\n");
    const struct plan_application *web = plan->applications->pdata[0];
    const struct plan_application *all = plan->applications->pdata[1];
    const struct plan_statement *with = statement_at(web, RELEASE_OLD, 1);
    assert_string_equal(web->role, "Shop web");
    assert_string_equal(with->sql, "SELECT $1, $2");
    assert_string_equal(with->params[0], "");
    assert_string_equal(with->params[1], "7");
    assert_null(with->params[2]);
    assert_int_equal(with->at.line, 8);
    assert_int_equal(with->at.column, 32);
    assert_int_equal(web->statements[RELEASE_NEW]->len, 0);
    assert_null(web->command[RELEASE_OLD].text);
    assert_string_equal(web->command[RELEASE_NEW].text, "make check");
    assert_int_equal(web->works[RELEASE_OLD].to, PHASE_STOP_OLD_WRITES);
    assert_int_equal(web->works[RELEASE_NEW].from, PHASE_CONTRACT);
    assert_int_equal(web->works[RELEASE_NEW].to, PHASE_CONTRACT);
    assert_string_equal(all->command[RELEASE_BOTH].text, "./suite");
    plan_free(plan);
}

static void test_applications(void **state)
{
    (void)state;
    struct plan *plan = plan_test_good(full);
    assert_int_equal(plan->applications->len, 3);
    const struct plan_application *web = plan->applications->pdata[0];
    const struct plan_application *job = plan->applications->pdata[1];
    const struct plan_application *cdc = plan->applications->pdata[2];
    assert_string_equal(web->sessions, "shop-web*");
    assert_string_equal(web->release, "42");
    assert_string_equal(statement_at(web, RELEASE_OLD, 0)->sql, "SELECT 1");
    assert_null(statement_at(web, RELEASE_OLD, 0)->params);
    assert_string_equal(statement_at(web, RELEASE_NEW, 0)->sql, "SELECT 2");
    assert_int_equal(web->works[RELEASE_OLD].from, PHASE_EXPAND);
    assert_int_equal(web->works[RELEASE_OLD].to, PHASE_SWITCH_READS);
    assert_int_equal(web->works[RELEASE_NEW].from, PHASE_DEPLOY);
    assert_int_equal(web->works[RELEASE_NEW].to, PHASE_CONTRACT);
    assert_int_equal(job->runs_us / G_USEC_PER_SEC, 31 * 86400);
    assert_null(job->sessions);
    assert_string_equal(cdc->slot, "cdc_users");
    plan_free(plan);
}

static void assert_guards(const char *settings, const char *expected)
{
    g_autofree char *text =
        g_strconcat(HEAD "phases: {expand: [{analyze: t}]}\nguards:\n", settings, NULL);
    struct plan *plan = plan_test_good(text);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < plan->guards->len; i++) {
        const struct plan_guard *guard = plan->guards->pdata[i];
        g_autofree char *line = plan_guard_format(guard);
        g_string_append_printf(out, "%s/%s %s\n", guard->name, guard->kind, line);
    }
    assert_string_equal(out->str, expected);
    g_string_free(out, TRUE);
    plan_free(plan);
}

#define EVERY ", 2 samples every 1s\n"
#define EVERY_5S ", 2 samples every 5s\n"
#define EVERY_10S ", 2 samples every 10s\n"
#define LAST_FOUR                                                                                  \
    "connections/connections pause 85%, resume 75%" EVERY_5S                                       \
    "long_transaction/long_transaction pause 30m, resume 15m" EVERY_5S                             \
    "archive_queue/archive_queue pause 100, resume 20" EVERY_10S "stall/stall pause 5m" EVERY      \
    "retries/retries pause 10, resume 2" EVERY
#define BYTES                                                                                      \
    "replication_bytes/replication_bytes pause 1.0 GB, resume 256 MB" EVERY                        \
    "slot_wal/slot_wal pause 10 GB, resume 5.0 GB" EVERY_5S

static void test_guards(void **state)
{
    (void)state;
    assert_guards("  stall: {samples: 2}\n",
                  "replication_lag/replication_lag pause 5s, resume 2s" EVERY BYTES
                  "lock_waiters/lock_waiters pause 3, resume 0" EVERY
                  "lock_wait/lock_wait pause 500ms, resume 100ms" EVERY
                  "query_latency/query_latency pause 2 x baseline, resume 1.3 x baseline" EVERY_10S
                      LAST_FOUR);
    assert_guards(
        "  replication_lag: {slow: 2500ms, pause: 3s, abort: 10m, except: [a*, b]}\n"
        "  lock_waiters: {off: no sessions here}\n"
        "  lock_wait: {pause: 1s, samples: 3, every: 2s}\n"
        "  query_latency: {pause: 3, resume: 1.5}\n"
        "  fallback: {sql: SELECT 1, pause: 0.5, resume: 0}\n"
        "  sql: {query: SELECT 2, pause: 10, resume: 2}\n",
        "replication_lag/replication_lag slow 2500ms, pause 3s, resume 2s, abort 10m, "
        "2 samples every 1s, except a*, b\n" BYTES
        "lock_waiters/lock_waiters off: no sessions here\n"
        "lock_wait/lock_wait pause 1s, resume 100ms, 3 samples every 2s\n"
        "query_latency/query_latency pause 3 x baseline, resume 1.5 x baseline" EVERY_10S LAST_FOUR
        "fallback/sql pause 0.5, resume 0" EVERY "sql/sql pause 10, resume 2" EVERY);
}

static void test_guards_on_request(void **state)
{
    (void)state;
    assert_guards(
        "  active_sessions: {}\n"
        "  dead_tuples: {pause: 3000000, resume: 1000}\n"
        "  window: {hours: \"22:00-05:00\", days: [mon-wed, sun], tz: Europe/Berlin}\n"
        "  cpu: {probe: load, slow: 1, pause: 2.5, resume: 0.5, every: 10s}\n"
        "  probe: {off: later}\n"
        "  connections: {pause: 90%, resume: 80}\n"
        "  slot_wal: {pause: 1TB, resume: 512MB, except: [cdc_*]}\n",
        "replication_lag/replication_lag pause 5s, resume 2s" EVERY
        "replication_bytes/replication_bytes pause 1.0 GB, resume 256 MB" EVERY
        "slot_wal/slot_wal pause 1.0 TB, resume 512 MB, 2 samples every 5s, except cdc_*\n"
        "lock_waiters/lock_waiters pause 3, resume 0" EVERY
        "lock_wait/lock_wait pause 500ms, resume 100ms" EVERY
        "query_latency/query_latency pause 2 x baseline, resume 1.3 x baseline" EVERY_10S
        "connections/connections pause 90%, resume 80%" EVERY_5S
        "long_transaction/long_transaction pause 30m, resume 15m" EVERY_5S
        "archive_queue/archive_queue pause 100, resume 20" EVERY_10S "stall/stall pause 5m" EVERY
        "retries/retries pause 10, resume 2" EVERY
        "active_sessions/active_sessions pause 50, resume 30" EVERY_5S
        "dead_tuples/dead_tuples pause 3,000,000, resume 1,000" EVERY_10S
        "window/window mon,tue,wed,sun 22:00-05:00 Europe/Berlin\n"
        "cpu/probe probe load, slow 1, pause 2.5, resume 0.5, 2 samples every 10s\n"
        "probe/probe off: later\n");
}

/* UTC; the state expected of each moment: o open, c closed. */
static void assert_window(const char *settings, const char *const *moments)
{
    g_autofree char *text = g_strconcat(HEAD "phases: {expand: [{analyze: t}]}\nguards: {window: {",
                                        settings, "}}\n", NULL);
    struct plan *plan = plan_test_good(text);
    const struct plan_guard *guard = plan->guards->pdata[plan->guards->len - 1];
    for (; *moments; moments++) {
        g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(*moments + 2, NULL);
        enum window_state state = plan_window_state(&guard->window, g_date_time_to_unix(at));
        if (state != (**moments == 'o' ? WINDOW_OPEN : WINDOW_CLOSED))
            fail_msg("%s: %s", settings, *moments);
    }
    plan_free(plan);
}
#define WINDOW(settings, ...) assert_window(settings, (const char *const[]){__VA_ARGS__, NULL})

static void test_windows(void **state)
{
    (void)state;
    WINDOW("hours: \"08:00-17:30\", tz: UTC", "c 2026-11-23T07:59:59Z", "o 2026-11-23T08:00:00Z",
           "o 2026-11-23T17:29:59Z", "c 2026-11-23T17:30:00Z");
    WINDOW("hours: \"22:00-05:00\", tz: UTC", "o 2026-11-23T22:00:00Z", "o 2026-11-24T00:00:00Z",
           "c 2026-11-24T05:00:00Z", "c 2026-11-24T12:00:00Z");
    /* Friday's night goes on into Saturday; Sunday's is not wanted though it ends on a Monday */
    WINDOW("hours: \"22:00-05:00\", days: mon-fri, tz: UTC", "o 2026-11-27T23:00:00Z",
           "o 2026-11-28T04:59:00Z", "c 2026-11-28T22:30:00Z", "c 2026-11-23T04:00:00Z",
           "o 2026-11-23T22:00:00Z");
    WINDOW("days: [sat, sun], tz: UTC", "c 2026-11-27T23:59:59Z", "o 2026-11-28T00:00:00Z",
           "o 2026-11-29T23:59:59Z", "c 2026-11-30T00:00:00Z");
    WINDOW("days: sun-mon, hours: \"00:00-24:00\", tz: UTC", "c 2026-11-28T12:00:00Z",
           "o 2026-11-29T12:00:00Z", "o 2026-11-30T23:59:59Z", "c 2026-12-01T00:00:00Z");
    /* in summer Berlin is two hours ahead, in winter one */
    WINDOW("hours: \"02:00-04:00\", tz: Europe/Berlin", "o 2026-07-01T00:30:00Z",
           "c 2026-07-01T02:30:00Z", "c 2026-12-01T00:30:00Z", "o 2026-12-01T02:30:00Z");
    const struct plan_window nowhere = {.zone = (char *)"Nowhere/At_All"};
    assert_int_equal(plan_window_state(&nowhere, 0), WINDOW_UNKNOWN);
}

static void test_scalars_mean_nothing_special(void **state)
{
    (void)state;
    struct plan *plan = plan_test_good(HEAD "title: off\nowner: ~\ncontact: 1e3\nticket: 0x10\n"
                                            "phases: {expand: [{analyze: no}]}\n");
    assert_string_equal(plan->title, "off");
    assert_string_equal(plan->owner, "~");
    assert_string_equal(plan->contact, "1e3");
    assert_string_equal(plan->ticket, "0x10");
    assert_string_equal(step_at(plan, 0)->table, "no");
    plan_free(plan);
}

static void test_default_names_avoid_given_ones(void **state)
{
    (void)state;
    struct plan *plan = plan_test_good(
        HEAD "phases:\n  expand:\n    - analyze: a\n    - analyze: b\n    - analyze: c\n"
             "    - {analyze: d, name: analyze-2}\n");
    assert_string_equal(step_at(plan, 0)->name, "analyze");
    assert_string_equal(step_at(plan, 1)->name, "analyze-3");
    assert_string_equal(step_at(plan, 2)->name, "analyze-4");
    assert_string_equal(plan->title, "m");
    plan_free(plan);
}

static void test_mark_and_line_ends(void **state)
{
    (void)state;
    struct plan *plan = plan_test_good(
        "\xEF\xBB\xBFpgrollout: 1\r\nmigration: m\r\nphases:\r\n  expand:\r\n    - analyze: t\r\n");
    assert_string_equal(plan->name, "m");
    assert_string_equal(step_at(plan, 0)->table, "t");
    assert_int_equal(step_at(plan, 0)->line, 5);
    assert_int_equal(step_at(plan, 0)->column, 7);
    plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_names_and_phases),
        cmocka_unit_test(test_fields_of_ddl),
        cmocka_unit_test(test_fields_of_data),
        cmocka_unit_test(test_applications),
        cmocka_unit_test(test_rehearsed),
        cmocka_unit_test(test_guards),
        cmocka_unit_test(test_guards_on_request),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_scalars_mean_nothing_special),
        cmocka_unit_test(test_default_names_avoid_given_ones),
        cmocka_unit_test(test_mark_and_line_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
