/* What the console measures itself: growth, when a limit is reached, the last two minutes. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "console/samples.h"

static gboolean near(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

static void test_rate(void **state)
{
    (void)state;
    struct samples *samples = samples_new();
    assert_true(isnan(samples_rate(NULL, "x", 100)));
    assert_true(isnan(samples_rate(samples, "x", 100)));
    samples_add(samples, "x", 100, 1000);
    assert_true(isnan(samples_rate(samples, "x", 100))); /* of one there is none */
    samples_add(samples, "x", 101, 9000);
    assert_true(isnan(samples_rate(samples, "x", 101))); /* too short to say */
    samples_add(samples, "x", 104, 5000);
    assert_true(near(samples_rate(samples, "x", 104), 1000));
    samples_add(samples, "x", 105, NAN); /* a reading that failed changes nothing */
    assert_true(near(samples_rate(samples, "x", 105), 1000));
    assert_true(isnan(samples_rate(samples, "x", 110))); /* it is not there any more */
    samples_add(samples, "x", 109, 100);
    assert_true(samples_rate(samples, "x", 109) < 0);
    assert_true(isnan(samples_rate(samples, "y", 109)));
    samples_free(samples);
    samples_free(NULL);
}

/* Over the last half minute, not since the beginning. */
static void test_rate_window(void **state)
{
    (void)state;
    struct samples *samples = samples_new();
    for (int i = 0; i <= 60; i += 2)
        samples_add(samples, "x", 1000 + i, i < 30 ? i * 100 : 3000 + (i - 30) * 7);
    assert_true(near(samples_rate(samples, "x", 1060), 7));
    assert_true(near(samples_rate(samples, "x", 1028), 100)); /* as it was then */
    samples_add(samples, "x", 900, 5);                        /* another clock: it begins anew */
    assert_true(isnan(samples_rate(samples, "x", 900)));
    samples_free(samples);
}

static void test_until(void **state)
{
    (void)state;
    double mega = 1024 * 1024;
    assert_true(near(samples_until(100 * mega, mega, 160 * mega), 60));
    assert_true(samples_until(170 * mega, mega, 160 * mega) == 0);
    assert_true(samples_until(160 * mega, NAN, 160 * mega) == 0); /* there, whatever the rate */
    assert_true(isinf(samples_until(100 * mega, 0, 160 * mega)));
    assert_true(isinf(samples_until(100 * mega, -5 * mega, 160 * mega)));
    assert_true(isinf(samples_until(100 * mega, 1023, 160 * mega))); /* noise is no growth */
    assert_true(isnan(samples_until(NAN, mega, 160 * mega)));
    assert_true(isnan(samples_until(100 * mega, NAN, 160 * mega)));
    assert_true(isnan(samples_until(100 * mega, mega, NAN))); /* no limit */
}

static void test_series(void **state)
{
    (void)state;
    struct samples *samples = samples_new();
    samples_add(samples, "lag", 103, 1);
    samples_add(samples, "lag", 105, 2);
    samples_add(samples, "lag", 118, 3);
    struct snap_series series = samples_series(samples, "lag", 119, 20); /* 100 to 119 */
    assert_int_equal(series.n, 20);
    assert_true(isnan(series.values[2]));
    assert_true(series.values[3] == 1 && series.values[4] == 1);
    assert_true(series.values[5] == 2 && series.values[10] == 2);
    assert_true(isnan(series.values[11])); /* a gap stays one */
    assert_true(series.values[18] == 3 && series.values[19] == 3);
    g_free(series.values);
    series = samples_series(NULL, "lag", 119, 3);
    assert_true(isnan(series.values[0]) && isnan(series.values[2]));
    g_free(series.values);
    samples_free(samples);
}

/* What comes from a snapshot, and what goes: a slot that was dropped is forgotten in time. */
static void test_take(void **state)
{
    (void)state;
    struct samples *samples = samples_new();
    for (int i = 0; i < 100; i++) {
        g_autofree char *json = g_strdup_printf(
            "{\"at\": \"2026-11-22T14:%02d:%02d.000Z\", \"replicas\": [{\"name\": \"b\", "
            "\"lag_s\": "
            "%d}], \"replication\": {\"position\": %d, \"slots\": [{\"name\": \"%s\", "
            "\"retained\": %d}]}}",
            i * 2 / 60, i * 2 % 60, i, i * 4096, i < 10 ? "old" : "new", i * 2048);
        struct snapshot *s = snapshot_parse(json, NULL);
        samples_take(samples, s);
        if (i == 5)
            assert_true(near(samples_rate(samples, "slot old", s->at_s), 1024));
        if (i == 99) {
            assert_true(near(samples_rate(samples, "wal", s->at_s), 2048));
            assert_true(near(samples_rate(samples, "lag b", s->at_s), 0.5));
            struct snap_series old = samples_series(samples, "slot old", s->at_s - 180, 5);
            assert_true(isnan(old.values[4]));
            g_free(old.values);
        }
        snapshot_free(s);
    }
    samples_free(samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate),  cmocka_unit_test(test_rate_window),
        cmocka_unit_test(test_until), cmocka_unit_test(test_series),
        cmocka_unit_test(test_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
