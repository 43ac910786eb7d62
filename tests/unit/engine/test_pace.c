/* The size and the rest of batches. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/pace.h"

static struct pace start(double rest, double rate)
{
    struct pace pace;
    pace_init(&pace, 500, 10, 50000, 10, rest, rate);
    return pace;
}

static void test_grows_by_half_at_most(void **state)
{
    (void)state;
    struct pace pace = start(1, 0);
    for (int i = 0; i < 3; i++)
        pace_batch(&pace, pace.size, 1, 0);
    assert_int_equal(pace.size, 750);
}

static void test_settles_at_the_target(void **state)
{
    (void)state;
    struct pace pace = start(1, 0);
    for (int i = 0; i < 400; i++) /* 10 microseconds a row: 1,000 rows in 10 ms */
        pace_batch(&pace, pace.size, pace.size * 0.01, 0);
    assert_in_range(pace.size, 850, 1150);
}

static void test_panics_to_a_tenth(void **state)
{
    (void)state;
    struct pace pace = start(1, 0);
    pace_batch(&pace, 500, 51, 0);
    assert_int_equal(pace.size, 50);
    for (int i = 0; i < 5; i++)
        pace_batch(&pace, pace.size, 1000, 0);
    assert_int_equal(pace.size, 10);
}

static void test_rests(void **state)
{
    (void)state;
    struct pace pace = start(2, 0);
    assert_true(pace_batch(&pace, 500, 10, 0) == 20.0);
    struct pace none = start(0, 0);
    assert_true(pace_batch(&none, 500, 10, 0) == 0.0);
    assert_true(pace_batch(&none, 500, 10, 3) == 2.5); /* others wait */
}

static void test_rate_is_a_cap(void **state)
{
    (void)state;
    struct pace pace = start(1, 100);
    assert_int_equal(pace.size, 25); /* often rather than much */
    assert_true(pace_batch(&pace, 25, 10, 0) == 240.0);
}

static void test_gives_way_when_somebody_waits(void **state)
{
    (void)state;
    struct pace pace = start(1, 0);
    double calm = pace_batch(&pace, 500, 10, 0);
    double rest = 0;
    for (int i = 0; i < 20; i++)
        rest = pace_batch(&pace, pace.size, 10, 2);
    assert_true(rest >= 7.9 * calm && rest <= 8.1 * calm);
    for (int i = 0; i < 100; i++)
        rest = pace_batch(&pace, pace.size, 10, 0);
    assert_true(rest < 1.1 * calm);
}

static void test_gives_way_when_rows_become_dear(void **state)
{
    (void)state;
    struct pace pace = start(1, 0);
    pace_batch(&pace, 500, 5, 0);
    double dear = pace_batch(&pace, 500, 20, 0);
    assert_true(dear > 20.0);
}

static void test_limits_bind_at_once(void **state)
{
    (void)state;
    struct pace pace = start(1, 0);
    pace_limit(&pace, 10, 100, 10, 2, 0);
    assert_int_equal(pace.size, 100);
    pace_failed(&pace);
    assert_int_equal(pace.size, 50);
}

static void rests_as_asked_on_average(void **state)
{
    (void)state;
    struct pace pace = start(1, 0);
    double idle = 0, all = 0;
    for (int i = 0; i < 1000; i++) {
        double ms = pace_sleep(&pace, 7.6, idle);
        assert_true(ms == floor(ms));
        idle = ms > 0 ? ms + 0.9 : 0.1; /* a timer is late */
        all += idle;
    }
    assert_in_range((int)(all / 1000 * 100), 755, 765);
}

static void a_long_wait_is_no_credit(void **state)
{
    (void)state;
    struct pace pace = start(1, 0);
    assert_true(pace_sleep(&pace, 10, 0) == 10.0);
    assert_true(pace_sleep(&pace, 10, 60000) == 7.0);
    assert_true(pace_sleep(&pace, 0, 7) == 0.0);
}

/* Batches over `keys` keys of which those in `bad` (ascending, -1 at the end) fail, until all are behind
 * us; returns how many were sent. The keys that were found stand in `found`. */
static int walk(struct pace *pace, int keys, const int *bad, int *found)
{
    int at = 0, sent = 0;
    while (at < keys && sent < 10000) {
        int size = pace_size(pace), rows = keys - at < size ? keys - at : size;
        const int *b = bad;
        sent++;
        while (*b >= 0 && *b < at)
            b++;
        if (*b < 0 || *b >= at + rows) {
            at += rows;
            pace_batch(pace, rows, 5, 0);
        } else if (pace_data_failed(pace, size)) {
            *found++ = at++;
            pace_row_found(pace);
            pace_batch(pace, 1, 5, 0);
        }
    }
    *found = -1;
    return sent;
}

static void finds_the_row_and_grows_back(void **state)
{
    (void)state;
    int found[8];
    const int one[] = {700, -1}, ends[] = {0, 1, 4999, -1};
    struct pace pace = start(1, 0);
    pace_limit(&pace, 10, 500, 10, 1, 0);
    assert_in_range(walk(&pace, 5000, one, found), 11, 40); /* 10 of them ordinary ones */
    assert_int_equal(found[0], 700);
    assert_int_equal(found[1], -1);
    assert_int_equal(pace_size(&pace), pace.size);
    assert_int_equal(pace.size, 500);
    assert_true(pace.strain == 1.0); /* small batches are no sign of a machine that is busy */
    assert_in_range(walk(&pace, 5000, ends, found), 11, 60);
    for (int i = 0; i < 4; i++)
        assert_int_equal(found[i], ends[i]);
}

static void a_row_that_heals_is_not_looked_for(void **state)
{
    (void)state;
    struct pace pace = start(1, 0);
    assert_false(pace_data_failed(&pace, 400));
    for (int i = 0; i < 20; i++)
        pace_batch(&pace, pace_size(&pace), 5, 0);
    assert_int_equal(pace.split, 0);
}

static void wide_rows_go_below_the_minimum(void **state)
{
    (void)state;
    struct pace pace = start(1, 0);
    for (int i = 0; i < 10; i++) /* 30 ms a row */
        pace_batch(&pace, pace_size(&pace), pace_size(&pace) * 30, 0);
    assert_int_equal(pace_size(&pace), 1);
    for (int i = 0; i < 20; i++) /* and past them */
        pace_batch(&pace, pace_size(&pace), pace_size(&pace) * 0.01, 0);
    assert_true(pace_size(&pace) >= 10);
    pace_too_slow(&pace, 10); /* a batch that was ended for its time */
    assert_int_equal(pace_size(&pace), 5);
    pace_too_slow(&pace, 1);
    assert_int_equal(pace_size(&pace), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rests_as_asked_on_average),
        cmocka_unit_test(a_long_wait_is_no_credit),
        cmocka_unit_test(test_grows_by_half_at_most),
        cmocka_unit_test(test_settles_at_the_target),
        cmocka_unit_test(test_panics_to_a_tenth),
        cmocka_unit_test(test_rests),
        cmocka_unit_test(test_rate_is_a_cap),
        cmocka_unit_test(test_gives_way_when_somebody_waits),
        cmocka_unit_test(test_gives_way_when_rows_become_dear),
        cmocka_unit_test(test_limits_bind_at_once),
        cmocka_unit_test(finds_the_row_and_grows_back),
        cmocka_unit_test(a_row_that_heals_is_not_looked_for),
        cmocka_unit_test(wide_rows_go_below_the_minimum),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
