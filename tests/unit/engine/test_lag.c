/* Replication lag out of samples. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/sense-private.h"

struct fixture {
    struct standbys *standbys;
    gint64 now_us;
    char *detail;
};

static int setup(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    f->standbys = standbys_new();
    f->now_us = 50 * G_USEC_PER_SEC;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    standbys_free(f->standbys);
    g_free(f->detail);
    g_free(f);
    return 0;
}

/* A second later the server says this. */
static gboolean take(struct fixture *f, gint64 lsn, const char *replicas)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = json_from_string(replicas, &error);
    assert_non_null(node);
    f->now_us += G_USEC_PER_SEC;
    return standbys_take(f->standbys, f->now_us, lsn, json_node_get_array(node), NULL);
}

static double lag_but(struct fixture *f, char *const *except)
{
    g_clear_pointer(&f->detail, g_free);
    return standbys_lag(f->standbys, f->now_us, except, &f->detail);
}

static double lag(struct fixture *f)
{
    return lag_but(f, NULL);
}

#define AT(name, lsn)                                                                              \
    "{\"name\":\"" name "\",\"state\":\"streaming\",\"replayed\":" #lsn ",\"replay_lag_s\":null}"
#define QUICK(name, lsn)                                                                           \
    "{\"name\":\"" name "\",\"state\":\"streaming\",\"replayed\":" #lsn ",\"replay_lag_s\":0.02}"

static void test_stuck_and_idle(void **state)
{
    struct fixture *f = *state;
    assert_true(take(f, 100, "[" AT("b", 100) "]"));
    assert_true(lag(f) == 0);
    for (int i = 0; i < 5; i++)
        take(f, 100, "[" AT("b", 100) "]"); /* idle: nothing to lag behind */
    assert_true(lag(f) == 0);
    take(f, 200, "[" AT("b", 100) "]"); /* just written */
    assert_true(lag(f) == 0);
    take(f, 300, "[" AT("b", 150) "]");
    assert_true(lag(f) == 1);
    assert_string_equal(f->detail, "b");
    take(f, 300, "[" AT("b", 150) "]"); /* the primary rests, the replica stands still */
    assert_true(lag(f) == 2);
    take(f, 300, "[" AT("b", 200) "]"); /* 200 is done, 300 was reached two seconds ago */
    assert_true(lag(f) == 2);
    take(f, 300, "[" AT("b", 300) "]");
    assert_true(lag(f) == 0);
}

static void test_replay_lag_sharpens(void **state)
{
    struct fixture *f = *state;
    take(f, 100, "[" QUICK("b", 90) "]");
    assert_true(lag(f) == 0.02);
    take(f, 100, "[" QUICK("b", 100) "]"); /* what it said last is over */
    assert_true(lag(f) == 0);
}

static void test_worst_and_except(void **state)
{
    struct fixture *f = *state;
    char *const except[] = {(char *)"reporting-*", NULL};
    assert_true(isnan(lag(f)));
    assert_string_equal(f->detail, "no replica");
    take(f, 100, "[" AT("a", 100) "," AT("reporting-1", 10) "]");
    take(f, 200, "[" AT("a", 100) "," AT("reporting-1", 10) "]");
    take(f, 300, "[" AT("a", 200) "," AT("reporting-1", 10) "]");
    assert_true(lag(f) == 2);
    assert_string_equal(f->detail, "reporting-1");
    assert_true(lag_but(f, except) == 0);
    take(f, 300, "[" AT("a", 200) "," AT("reporting-1", 10) "]");
    assert_true(lag_but(f, except) == 1);
    assert_string_equal(f->detail, "a");
}

static void test_gone(void **state)
{
    struct fixture *f = *state;
    take(f, 100, "[" AT("a", 100) "," AT("b", 100) "]");
    take(f, 100, "[" AT("a", 100) "]");
    assert_true(lag(f) == 0);
    take(f, 100, "[" AT("a", 100) "]");
    take(f, 100, "[" AT("a", 100) "]");
    assert_true(lag(f) == 2); /* though the primary is idle */
    assert_string_equal(f->detail, "b is gone");
    take(f, 100, "[" AT("a", 100) "," AT("b", 100) "]");
    assert_true(lag(f) == 0);
}

/* Two that call themselves alike: the slower one counts, and that one is gone. */
static void test_namesakes(void **state)
{
    struct fixture *f = *state;
    take(f, 100, "[" AT("walreceiver", 100) "," AT("walreceiver", 40) "]");
    take(f, 200, "[" AT("walreceiver", 200) "," AT("walreceiver", 40) "]");
    assert_true(lag(f) == 1);
    /* it may have been one that came back before the server knew that it had gone */
    take(f, 200, "[" AT("walreceiver", 200) "]");
    take(f, 200, "[" AT("walreceiver", 200) "]");
    assert_true(lag(f) == 0);
    for (int i = 0; i < 310; i++)
        take(f, 200, "[" AT("walreceiver", 200) "," AT("walreceiver", 200) "]");
    take(f, 200, "[" AT("walreceiver", 200) "]");
    take(f, 200, "[" AT("walreceiver", 200) "]");
    assert_true(lag(f) == 1);
    assert_string_equal(f->detail, "walreceiver is gone");
}

/* What an engine has seen is waited for by the next one. */
static void test_next_engine(void **state)
{
    struct fixture *f = *state;
    take(f, 100, "[" AT("a 1", 100) "," AT("b", 100) "]");
    g_autofree char *kept = standbys_format(f->standbys);
    assert_string_equal(kept, "{\"a 1\":1,\"b\":1}");
    standbys_free(f->standbys);
    f->standbys = standbys_new();
    standbys_expect(f->standbys, f->now_us, kept, 0);
    take(f, 100, "[" AT("a 1", 100) "]");
    assert_true(lag(f) == 1);
    assert_string_equal(f->detail, "b is gone");
    standbys_expect(f->standbys, f->now_us, kept, 7); /* known: it stays as it is */
    assert_true(lag(f) == 1);
    take(f, 100, "[" AT("a 1", 100) "," AT("b", 100) "]");
    assert_true(lag(f) == 0);
    standbys_forget(f->standbys);
    take(f, 100, "[" AT("c", 100) "]");
    assert_true(lag(f) == 0);
    standbys_expect(f->standbys, f->now_us, "no JSON", 0);
    standbys_expect(f->standbys, f->now_us, "{\"d\":{}}", 0);
    assert_true(lag(f) == 0);
}

/* A hold stands: who is not there, and who is behind, lags at once as long as the limit says. */
static void test_next_engine_held(void **state)
{
    struct fixture *f = *state;
    standbys_expect(f->standbys, f->now_us, "{\"b\":1}", 5);
    take(f, 100, "[" AT("b", 40) "]");
    assert_true(lag(f) == 5);
    take(f, 100, "[" AT("b", 100) "]");
    assert_true(lag(f) == 0);
    take(f, 200, "[" AT("b", 100) "]");
    assert_true(lag(f) == 0);
    standbys_forget(f->standbys);
    standbys_expect(f->standbys, f->now_us, "{\"b\":1}", 5);
    take(f, 300, "[]");
    assert_true(lag(f) == 6);
}

static void test_gone_for_good(void **state)
{
    struct fixture *f = *state;
    const double day = STANDBY_GONE_S;
    g_autoptr(GHashTable) missed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    take(f, 100, "[" AT("a", 100) "," AT("b", 100) "]");
    take(f, 100, "[]");
    standbys_miss(f->standbys, f->now_us, NULL, 2, day, missed);
    assert_int_equal(g_hash_table_size(missed), 0); /* not missed yet: no word about it */
    take(f, 100, "[" AT("a", 100) "]");
    take(f, 100, "[" AT("a", 100) "]");
    standbys_miss(f->standbys, f->now_us, NULL, 2, 1, missed);
    assert_true(g_hash_table_contains(missed, "b") && g_hash_table_size(missed) == 1);
    standbys_miss(f->standbys, f->now_us, NULL, 60, 30, missed); /* more patience, and no more */
    assert_true(lag(f) == 2);
    take(f, 100, "[]");
    standbys_miss(f->standbys, f->now_us, NULL, day + 1, day, missed);
    take(f, 100, "[]");
    assert_true(lag(f) == 1);
    assert_string_equal(f->detail, "a is gone"); /* b alone is forgotten */
    take(f, 100, "[" AT("a", 100) "," AT("b", 100) "]");
    take(f, 100, "[" AT("a", 100) "]");
    take(f, 100, "[" AT("a", 100) "]");
    assert_true(lag(f) == 1); /* until it is seen again */
}

/* Days of lag are still told, with few samples. */
static void test_long_memory(void **state)
{
    struct fixture *f = *state;
    const int seconds = 20000;
    for (int i = 0; i < seconds; i++)
        take(f, 100 + i, "[" AT("b", 50) "]");
    assert_true(lag(f) > 0.99 * seconds && lag(f) <= seconds);
    take(f, 100 + seconds, "[" AT("b", 20090) "]");
    assert_true(lag(f) >= 9 && lag(f) <= 10);
}

static void test_another_server(void **state)
{
    struct fixture *f = *state;
    take(f, 1000, "[" AT("b", 900) "]");
    take(f, 500, "[" AT("b", 500) "]"); /* after a failover the log is shorter */
    assert_true(lag(f) == 0);
    take(f, 600, "[" AT("b", 500) "]");
    take(f, 700, "[" AT("b", 500) "]");
    assert_true(lag(f) == 1);
}

static void test_no_replicas(void **state)
{
    struct fixture *f = *state;
    /* pg_receivewal streams and replays nothing */
    assert_true(take(f, 100,
                     "[{\"name\":\"pg_receivewal\",\"state\":\"streaming\",\"replayed\":null,"
                     "\"replay_lag_s\":null}]"));
    assert_true(isnan(lag(f)));
    /* without pg_monitor there are rows without content: that must not read as calm */
    assert_false(take(f, 100,
                      "[{\"name\":\"pid 5\",\"state\":null,\"replayed\":null,"
                      "\"replay_lag_s\":null}]"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static double bytes_but(struct fixture *f, gint64 lsn, char *const *except)
{
    g_clear_pointer(&f->detail, g_free);
    return standbys_bytes(f->standbys, lsn, except, &f->detail);
}

static void test_bytes(void **state)
{
    struct fixture *f = *state;
    char *const but_c[] = {(char *)"c*", NULL};
    assert_true(isnan(bytes_but(f, 100, NULL)));
    assert_string_equal(f->detail, "no replica");
    standbys_expect(f->standbys, f->now_us, "{\"old\":1}", 0); /* has told us nothing */
    take(f, 5000, "[" AT("b", 4900) "," AT("cdc", 1000) "]");
    assert_true(bytes_but(f, 5000, NULL) == 4000);
    assert_string_equal(f->detail, "cdc");
    assert_true(bytes_but(f, 5000, but_c) == 100);
    take(f, 9000, "[" AT("cdc", 9000) "]"); /* one that is gone goes on falling behind */
    assert_true(bytes_but(f, 9000, NULL) == 4100);
    assert_string_equal(f->detail, "b is gone");
    take(f, 9000, "[" AT("cdc", 9000) "," AT("b", 9200) "]"); /* ahead of what was sampled */
    assert_true(bytes_but(f, 9000, NULL) == 0);
}

/* The standby shows beat `seen`; beats 10, 20 and 30 were written at seconds 1, 2 and 3. */
static void assert_behind(gint64 seen, gint64 now_s, double expected)
{
    g_autoptr(GArray) written = g_array_new(FALSE, FALSE, sizeof(struct beat_moment));
    for (gint64 i = 1; i <= 3; i++) {
        struct beat_moment moment = {10 * i, i * G_USEC_PER_SEC};
        g_array_append_val(written, moment);
    }
    double behind = beats_behind(written, seen, now_s * G_USEC_PER_SEC);
    if (fabs(behind - expected) > 1e-9)
        fail_msg("beat %d at %ds: %g", (int)seen, (int)now_s, behind);
}

static void test_heartbeat(void **state)
{
    (void)state;
    assert_behind(30, 3, 0);
    assert_behind(30, 99, 0); /* nothing was written since: an idle engine does not lag */
    assert_behind(20, 3, 0);  /* the next one was written just now */
    assert_behind(20, 8, 5);
    assert_behind(15, 8, 6); /* between two */
    assert_behind(0, 8, 7);  /* from before, or none at all: as far as is known */
    assert_behind(40, 8, 0); /* the standby was quicker than the primary's answer */
    g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(struct beat_moment));
    assert_true(beats_behind(none, 0, 1000) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_stuck_and_idle),
        CASE(test_replay_lag_sharpens),
        CASE(test_worst_and_except),
        CASE(test_gone),
        CASE(test_namesakes),
        CASE(test_long_memory),
        CASE(test_another_server),
        CASE(test_no_replicas),
        CASE(test_next_engine),
        CASE(test_next_engine_held),
        CASE(test_gone_for_good),
        cmocka_unit_test_setup_teardown(test_bytes, setup, teardown),
        cmocka_unit_test(test_heartbeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
