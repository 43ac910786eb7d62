/* The tally of a simulated application: percentiles over a minute, counts by SQLSTATE. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lab/tally-private.h"
#include "pgrollout/base/error.h"

#define S(seconds) ((seconds)*G_USEC_PER_SEC)

static int set_up(void **state)
{
    struct tally *tally = g_new(struct tally, 1);
    tally_init(tally);
    *state = tally;
    return 0;
}

static int tear_down(void **state)
{
    tally_clear(*state);
    g_free(*state);
    return 0;
}

/* A bucket is a tenth wide, so a figure may be that much too high, never too low. */
static void assert_about(double got, double want)
{
    assert_true(got >= want);
    assert_true(got <= want * 1.1001);
}

static void test_percentile(void **state)
{
    struct tally *tally = *state;
    assert_true(tally_p99_ms(tally, S(100)) == 0);
    for (int i = 0; i < 990; i++)
        tally_latency(tally, S(100), 1.0);
    for (int i = 0; i < 10; i++)
        tally_latency(tally, S(101), 250.0);
    assert_about(tally_p99_ms(tally, S(101)), 1.0);
    tally_latency(tally, S(101), 250.0);
    assert_about(tally_p99_ms(tally, S(101)), 250.0);
    assert_true(tally->max_ms == 250.0);
}

static void test_old_seconds_leave(void **state)
{
    struct tally *tally = *state;
    tally_latency(tally, S(100), 500.0);
    tally_latency(tally, S(159), 2.0);
    assert_about(tally_p99_ms(tally, S(159)), 500.0);
    assert_about(tally_p99_ms(tally, S(160)), 2.0); /* only looked at later */
    tally_latency(tally, S(160), 3.0);
    assert_about(tally_p99_ms(tally, S(160)), 3.0);
    assert_true(tally_p99_ms(tally, S(1000)) == 0);
    tally_latency(tally, S(1000), 4.0); /* after a long silence */
    assert_about(tally_p99_ms(tally, S(1000)), 4.0);
    assert_true(tally->max_ms == 500.0);
}

static void test_extremes(void **state)
{
    struct tally *tally = *state;
    tally_latency(tally, S(5), 0.0);
    assert_true(tally_p99_ms(tally, S(5)) > 0);
    tally_latency(tally, S(5), 1e9);
    assert_true(tally_p99_ms(tally, S(5)) > 50000);
    assert_true(tally->max_ms == 1e9);
}

static void test_errors(void **state)
{
    struct tally *tally = *state;
    g_autoptr(GError) refused = rollout_error_new(ROLLOUT_ERROR_DATABASE, "no such column");
    g_autoptr(GError) lost = rollout_error_new(ROLLOUT_ERROR_CONNECT, "the end");
    rollout_error_set_sqlstate(refused, "42703");
    tally_error(tally, refused);
    tally_error(tally, refused);
    g_autofree char *json = tally_sqlstates_json(tally);
    assert_string_equal(json, "{\"42703\": 2}");
    tally_error(tally, lost);
    g_autofree char *both = tally_sqlstates_json(tally);
    assert_non_null(strstr(both, "\"08006\": 1"));
    assert_int_equal(tally->errors, 2); /* a lost connection is the server's doing */
    assert_string_equal(tally->last_error, "no such column");

    tally->reconnects = 7;
    tally_latency(tally, S(5), 3.0);
    tally_reset(tally);
    assert_int_equal(tally->errors, 0);
    assert_null(tally->last_error);
    assert_true(tally->max_ms == 0 && tally_p99_ms(tally, S(5)) == 0);
    assert_int_equal(tally->reconnects, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_percentile, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_old_seconds_leave, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_extremes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
