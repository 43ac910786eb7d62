/* The tree of those who wait: who stands below whom, what comes first, circles, sums. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/engine/snapshot.h"

/* `sessions`: the elements of a JSON array. */
static struct snapshot *read_locks(const char *sessions)
{
    g_autofree char *json = g_strdup_printf("{\"locks\": {\"sessions\": [%s]}}", sessions);
    struct snapshot *s = snapshot_parse(json, NULL);
    assert_non_null(s);
    assert_non_null(s->locks);
    return s;
}

#define WAITS(pid, waited, hard, queue)                                                            \
    "{\"pid\": " #pid ", \"waits\": true, \"waited_s\": " #waited ", \"hard\": " hard              \
    ", \"queue\": " queue "}"
#define ROOT(pid) "{\"pid\": " #pid ", \"waits\": false}"

/* "1 .2 ..3~": from the top to the bottom, a dot for each level, "~" behind who only queues, "@" where a
 * circle was cut. */
static char *drawn(const struct snap_locks *locks)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < locks->sessions->len; i++) {
        const struct snap_lock *lock = locks->sessions->pdata[i];
        g_string_append_printf(out, "%s%.*s%" G_GINT64_FORMAT "%s%s", i ? " " : "", lock->depth,
                               "..........", lock->session->pid, lock->queued ? "~" : "",
                               lock->loop ? "@" : "");
    }
    return g_string_free(out, FALSE);
}

static void assert_drawn(const char *sessions, const char *expected)
{
    struct snapshot *s = read_locks(sessions);
    g_autofree char *all = drawn(s->locks);
    assert_string_equal(all, expected);
    snapshot_free(s);
}

static void test_chain(void **state)
{
    (void)state;
    assert_drawn(WAITS(3, 1, "[2]", "[]") "," WAITS(2, 5, "[1]", "[]") "," ROOT(1), "1 .2 ..3");
    assert_drawn("", "");
    assert_drawn(ROOT(7), "7");
}

static void test_queue_and_hold(void **state)
{
    (void)state;
    /* the ALTER waits for the holder; readers only for the ALTER; who holds comes before who queues */
    assert_drawn(ROOT(1) "," WAITS(2, 9, "[1]", "[]") "," WAITS(3, 4, "[]", "[2]") "," WAITS(
                     4, 8, "[]", "[2]") "," WAITS(5, 3, "[1]", "[2]"),
                 "1 .2 ..4~ ..3~ .5");
}

static void test_most_waiting_first(void **state)
{
    (void)state;
    /* 1 makes one wait for 10 s, 4 makes two wait, 11 s in all; 8 and 9 make nobody wait */
    assert_drawn(ROOT(9) "," ROOT(1) "," WAITS(2, 10, "[1]", "[]") "," ROOT(4) "," WAITS(
                     5, 6, "[4]", "[]") "," WAITS(6, 5, "[4]", "[]") "," ROOT(8),
                 "4 .5 .6 1 .2 8 9");
}

static void test_two_blockers(void **state)
{
    (void)state;
    struct snapshot *s = read_locks(
        ROOT(1) "," ROOT(2) "," WAITS(3, 5, "[1, 2]", "[]") "," WAITS(4, 2, "[3]", "[]"));
    g_autofree char *all = drawn(s->locks);
    assert_string_equal(all, "1 .3 ..4 2"); /* once below the first, but both are to blame */
    for (guint i = 0; i < 4; i += 3) {
        const struct snap_lock *root = s->locks->sessions->pdata[i];
        assert_int_equal(root->roots, 2);
        assert_true(fabs(root->causes_s - 7) < 1e-9);
    }
    snapshot_free(s);
}

static void test_circles(void **state)
{
    (void)state;
    assert_drawn(WAITS(1, 2, "[2]", "[]") "," WAITS(2, 3, "[1]", "[]"), "2@ .1");
    /* who hangs on a circle is no part of it, and no place to cut it */
    assert_drawn(
        WAITS(9, 99, "[1]", "[]") "," WAITS(1, 2, "[2]", "[]") "," WAITS(2, 1, "[1]", "[]"),
        "1@ .9 .2");
    /* two of them; waiting for oneself is none */
    assert_drawn(WAITS(1, 2, "[2]", "[]") "," WAITS(2, 3, "[1]", "[]") "," WAITS(
                     5, 1, "[6]", "[]") "," WAITS(6, 1, "[5]", "[]"),
                 "2@ .1 5@ .6");
    assert_drawn(WAITS(1, 2, "[1]", "[]"), "1");
}

static void test_unknown_and_twice(void **state)
{
    (void)state;
    assert_drawn(WAITS(3, 1, "[77]", "[]"), "3"); /* its blocker was not read */
    assert_drawn(WAITS(3, 1, "[77]", "[4]") "," ROOT(4), "4 .3~");
    assert_drawn(ROOT(1) "," ROOT(1) "," WAITS(2, 1, "[1]", "[]"), "1 .2");
    assert_drawn(WAITS(2, null, "[0]", "[]") "," ROOT(0), "0 .2");
}

static void test_bars(void **state)
{
    (void)state;
    struct snapshot *s = read_locks(ROOT(1) "," WAITS(2, 9, "[1]", "[]") "," WAITS(
        3, 8, "[2]", "[]") "," WAITS(4, 7, "[3]", "[]") "," WAITS(5, 6, "[1]", "[]"));
    static const char *const bars[] = {"", "", "|", "| ", ""};
    static const gboolean last[] = {FALSE, FALSE, TRUE, TRUE, TRUE};
    for (guint i = 0; i < G_N_ELEMENTS(bars); i++) {
        const struct snap_lock *lock = s->locks->sessions->pdata[i];
        assert_string_equal(lock->bars, bars[i]);
        assert_int_equal(lock->last, last[i]);
    }
    snapshot_free(s);
}

static void test_ours(void **state)
{
    (void)state;
    struct snapshot *s =
        read_locks("{\"pid\": 1, \"waits\": false},"
                   "{\"pid\": 2, \"waits\": true, \"waited_s\": 1, \"hard\": [1], \"ours\": true},"
                   "{\"pid\": 3, \"waits\": true, \"waited_s\": 1, \"queue\": [2]},"
                   "{\"pid\": 4, \"waits\": true, \"waited_s\": 1, \"hard\": [2], \"queue\": [3]},"
                   "{\"pid\": 5, \"waits\": true, \"waited_s\": 1, \"hard\": [2], \"ours\": true},"
                   "{\"pid\": 6, \"waits\": false, \"meets\": \"AccessShare t\"}");
    assert_int_equal(s->locks->by_us, 2); /* ours that wait for ours harm nobody */
    assert_int_equal(s->locks->by_us_held, 1);
    assert_int_equal(s->locks->we_wait_on, 2);
    assert_int_equal(s->locks->asked, 4);
    assert_int_equal(s->locks->meeting, 1);
    snapshot_free(s);
}

static void test_deep(void **state)
{
    (void)state;
    g_autoptr(GString) all = g_string_new("{\"pid\": 1}");
    for (int i = 2; i <= 300; i++)
        g_string_append_printf(
            all, ",{\"pid\": %d, \"waits\": true, \"waited_s\": 1, \"hard\": [%d]}", i, i - 1);
    struct snapshot *s = read_locks(all->str);
    const struct snap_lock *root = s->locks->sessions->pdata[0],
                           *end = s->locks->sessions->pdata[299];
    assert_int_equal(root->roots, 299);
    assert_int_equal(end->depth, 299);
    assert_int_equal(end->session->pid, 300);
    snapshot_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),        cmocka_unit_test(test_queue_and_hold),
        cmocka_unit_test(test_two_blockers), cmocka_unit_test(test_most_waiting_first),
        cmocka_unit_test(test_circles),      cmocka_unit_test(test_unknown_and_twice),
        cmocka_unit_test(test_bars),         cmocka_unit_test(test_ours),
        cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
