/* Durations, rates, counts, sizes and numbers: what is taken, what is refused, what is written. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/units.h"

#define SECOND G_USEC_PER_SEC
#define DAY (86400 * (gint64)SECOND)

static void assert_refusal(gboolean taken, const char *text, GError **error)
{
    if (taken)
        fail_msg("taken: %s", text);
    assert_true(g_error_matches(*error, ROLLOUT_ERROR, ROLLOUT_ERROR_USAGE));
    assert_non_null(strstr((*error)->message, text));
    g_clear_error(error);
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        gint64 us;
        const char *written;
    } good[] = {
        {"10ms", 10000, "10ms"},
        {"5s", 5 * SECOND, "5s"},
        {"2m", 120 * SECOND, "2m"},
        {"2min", 120 * SECOND, "2m"},
        {"90s", 90 * SECOND, "90s"},
        {"1h", 3600 * (gint64)SECOND, "1h"},
        {"35d", 35 * DAY, "35d"},
        {"2w", 14 * DAY, "14d"},
        {"1.5s", 1500000, "1500ms"},
        {"250us", 250, "250us"},
        {"0", 0, "0s"},
        {"0s", 0, "0s"},
        {"0.001ms", 1, "1us"},
        {"36500d", 36500 * DAY, "36500d"},
    };
    static const char *const bad[] = {
        "",
        "5",
        "-5s",
        "+5s",
        "5 s",
        " 5s",
        "5S",
        "1e9h",
        "0x5s",
        "s",
        "5ss",
        ".5s",
        "5.s",
        "1,5s",
        "inf",
        "nan",
        "5s2",
        "٣s",
        "1000000000000d",
        "40000d",
        "0.1us",
        "99999999999999999999999999s",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        gint64 us = -1;
        if (!duration_parse(good[i].text, &us, NULL))
            fail_msg("refused: %s", good[i].text);
        g_autofree char *written = duration_format(us);
        assert_true(us == good[i].us);
        assert_string_equal(written, good[i].written);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;
        gint64 us = 77;
        assert_refusal(duration_parse(bad[i], &us, &error), bad[i], &error);
        assert_true(us == 77);
    }
    g_autofree char *negative = duration_format(-1);
    assert_string_equal(negative, "0s");
}

static void test_rates(void **state)
{
    (void)state;
    static const char *const bad[] = {"",   "5",  "0/s",   "-1/s",        "5/d",
                                      "5/", "/s", "1e3/s", "9999999999/s"};
    static const struct {
        const char *text;
        double rate;
        const char *written;
    } good[] = {{"20000/s", 20000, "20000/s"},
                {"600/m", 10, "10/s"},
                {"0.5/s", 0.5, "0.5/s"},
                {"3600/h", 1, "1/s"}};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        double rate = 0;
        assert_true(rate_parse(good[i].text, &rate, NULL));
        g_autofree char *written = rate_format(rate);
        assert_true(rate == good[i].rate);
        assert_string_equal(written, good[i].written);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;
        double rate;
        assert_refusal(rate_parse(bad[i], &rate, &error), bad[i], &error);
    }
}

static void test_counts(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      "1.0",
                                      " 1",
                                      "1 ",
                                      "0x1",
                                      "1e3",
                                      "11",
                                      "9223372036854775808",
                                      "99999999999999999999999"};
    static const struct {
        gint64 count;
        const char *written;
    } texts[] = {{0, "0"},          {999, "999"},  {1000, "1,000"}, {1234567, "1,234,567"},
                 {-1234, "-1,234"}, {-123, "-123"}};
    gint64 count;
    assert_true(count_parse("10", 0, 10, &count, NULL) && count == 10);
    assert_true(count_parse("9223372036854775807", 0, G_MAXINT64, &count, NULL));
    assert_true(count == G_MAXINT64);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;
        assert_refusal(count_parse(bad[i], 0, 10, &count, &error), bad[i], &error);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *written = count_format(texts[i].count);
        assert_string_equal(written, texts[i].written);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "5", "5kb", "5KB", "5 MB", "-5MB", "5000000TB", "1e3B"};
    static const struct {
        const char *text;
        gint64 bytes;
        const char *written;
    } good[] = {{"100B", 100, "100 B"},           {"512kB", 524288, "512 kB"},
                {"1.5MB", 1572864, "1.5 MB"},     {"16GB", 17179869184, "16 GB"},
                {"1TB", 1099511627776, "1.0 TB"}, {"0", 0, "0 B"}};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        gint64 bytes = -1;
        assert_true(size_parse(good[i].text, &bytes, NULL));
        g_autofree char *written = size_format(bytes);
        assert_true(bytes == good[i].bytes);
        assert_string_equal(written, good[i].written);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;
        gint64 bytes;
        assert_refusal(size_parse(bad[i], &bytes, &error), bad[i], &error);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const bad[] = {"",   "-1",  "1e400", "0x10", "1.",
                                      ".1", "inf", "nan",   "1,5",  "99999999999999999999"};
    static const char *const same[] = {"0", "2", "0.1", "1.3", "123456789", "1000000000000000"};
    double number;
    for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
        assert_true(number_parse(same[i], &number, NULL));
        g_autofree char *written = number_format(number);
        assert_string_equal(written, same[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;
        assert_refusal(number_parse(bad[i], &number, &error), bad[i], &error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations), cmocka_unit_test(test_rates),
        cmocka_unit_test(test_counts),    cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
