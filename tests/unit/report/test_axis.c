/* Ticks at even places, and columns that lose no peak. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/axis.h"

static void assert_near(double a, double b)
{
    if (fabs(a - b) > 1e-9 * MAX(1, fabs(b)))
        fail_msg("%.12g is not %.12g", a, b);
}

static void ticks_of_values(void **state)
{
    (void)state;
    static const struct {
        double most;
        enum amount amount;
        double end, step;
    } cases[] = {
        {0, AMOUNT_PLAIN, 1, 0.5},
        {NAN, AMOUNT_PLAIN, 1, 0.5},
        {3, AMOUNT_PLAIN, 3, 1},
        {7.2, AMOUNT_SECONDS, 10, 5},
        {0.0093, AMOUNT_SECONDS, 0.01, 0.005},
        {24617, AMOUNT_PLAIN, 30000, 10000},
        {300, AMOUNT_SECONDS, 360, 120},
        {3 * 1048576.0, AMOUNT_BYTES, 3145728, 1048576},
        {700, AMOUNT_BYTES, 1000, 500},
        {1e12, AMOUNT_PLAIN, 1e12, 5e11},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        double end, step;
        axis_values(cases[i].most, cases[i].amount, 3, &end, &step);
        assert_near(end, cases[i].end);
        assert_near(step, cases[i].step);
    }
}

/* Whatever the most is, the axis holds it, and has few ticks. */
static void ticks_hold_everything(void **state)
{
    (void)state;
    for (double most = 1e-6; most < 1e15; most *= 1.37)
        for (int amount = AMOUNT_PLAIN; amount <= AMOUNT_MS; amount++) {
            double end, step;
            axis_values(most, (enum amount)amount, 3, &end, &step);
            assert_true(end >= most * 0.999999 && end < 2.6 * most);
            assert_true(step > 0 && end / step < 4.001);
        }
}

static void ticks_of_times(void **state)
{
    (void)state;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GTimeZone) half = g_time_zone_new_identifier("+05:30");
    const char *format;
    GArray *times = axis_times(1000000003, 1000000123, 8, utc, &format);
    assert_string_equal(format, "%H:%M:%S");
    assert_int_equal(times->len, 8);
    assert_near(g_array_index(times, double, 0), 1000000005);
    assert_near(g_array_index(times, double, 1), 1000000020);
    g_array_unref(times);
    /* days begin where the people are */
    times = axis_times(1000000000, 1000000000 + 6 * 86400, 8, half, &format);
    assert_string_equal(format, "%d %b");
    for (guint i = 0; i < times->len; i++)
        assert_near(fmod(g_array_index(times, double, i) + 19800, 86400), 0);
    g_array_unref(times);
    for (double length = 1; length < 4e9; length *= 1.9) {
        times = axis_times(1e9, 1e9 + length, 8, utc, &format);
        assert_true(times->len <= 9);
        g_array_unref(times);
    }
}

static struct report_series *series_new(void)
{
    struct report_series *series = g_new0(struct report_series, 1);
    series->points = g_array_new(FALSE, FALSE, sizeof(struct report_point));
    return series;
}

static void add(struct report_series *series, double at, double span, double low, double mean,
                double high)
{
    struct report_point point = {at, span, low, mean, high};
    g_array_append_val(series->points, point);
}

static void series_drop(struct report_series *series)
{
    g_array_unref(series->points);
    g_free(series);
}

static void columns_keep_peaks(void **state)
{
    (void)state;
    struct report_series *series = series_new();
    for (int i = 0; i < 10000; i++)
        add(series, i, 1, 1, 2, i == 7777 ? 99 : 3);
    struct axis_column *columns = axis_columns(series, 0, 10000, 100);
    for (int i = 0; i < 100; i++) {
        assert_near(columns[i].high, i == 77 ? 99 : 3);
        assert_near(columns[i].low, 1);
        assert_near(columns[i].mean, 2);
    }
    g_free(columns);
    series_drop(series);
}

static void columns_weigh_by_time(void **state)
{
    (void)state;
    struct report_series *series = series_new();
    add(series, 0, 9, 10, 10, 10);
    add(series, 9, 1, 0, 0, 0);
    add(series, 40, 10, 5, 5, 5); /* a wide one fills what it stands for */
    struct axis_column *columns = axis_columns(series, 0, 50, 10);
    assert_near(columns[0].mean, 10);
    assert_near(columns[1].mean, 8);
    assert_near(columns[1].low, 0);
    assert_true(isnan(columns[2].high) && isnan(columns[7].mean));
    assert_near(columns[8].high, 5);
    assert_near(columns[9].high, 5);
    g_free(columns);
    columns = axis_columns(series, 100, 200, 10); /* none of it is there */
    for (int i = 0; i < 10; i++)
        assert_true(isnan(columns[i].low));
    g_free(columns);
    series_drop(series);
}

static void amounts(void **state)
{
    (void)state;
    static const struct {
        double value;
        enum amount amount;
        const char *text;
    } cases[] = {
        {0, AMOUNT_SECONDS, "0 s"},       {0.0123, AMOUNT_SECONDS, "12.3 ms"},
        {7.24, AMOUNT_SECONDS, "7.24 s"}, {3725, AMOUNT_SECONDS, "1 h 2 min"},
        {1536, AMOUNT_BYTES, "1.5 kB"},   {1.04, AMOUNT_TIMES, "1.04×"},
        {12345, AMOUNT_PLAIN, "12.3k"},   {9999, AMOUNT_PLAIN, "9999"},
        {2.5e6, AMOUNT_PLAIN, "2.5M"},    {0.42, AMOUNT_MS, "0.42 ms"},
        {NAN, AMOUNT_PLAIN, "unknown"},   {INFINITY, AMOUNT_BYTES, "unknown"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = amount_format(cases[i].value, cases[i].amount);
        assert_string_equal(text, cases[i].text);
    }
}

static void times(void **state)
{
    (void)state;
    g_autoptr(GTimeZone) berlin = g_time_zone_new_identifier("+02:00");
    g_autofree char *moment = moment_format(1000000000, berlin), *none = moment_format(NAN, berlin);
    g_autofree char *far = moment_format(1e300, berlin);
    g_autofree char *day = span_format(90061), *min = span_format(59.97),
                    *none_yet = span_format(-3);
    assert_string_equal(moment, "2001-09-09 03:46:40");
    assert_string_equal(none, "");
    assert_string_equal(far, "");
    assert_string_equal(day, "25 h 1 min");
    assert_string_equal(min, "1 min");
    assert_string_equal(none_yet, "0 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_of_values),
        cmocka_unit_test(ticks_hold_everything),
        cmocka_unit_test(ticks_of_times),
        cmocka_unit_test(columns_keep_peaks),
        cmocka_unit_test(columns_weigh_by_time),
        cmocka_unit_test(amounts),
        cmocka_unit_test(times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
