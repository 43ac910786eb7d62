/* Small drawings as text. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/draw.h"
#include "console/format.h"

static void check(const double *values, guint n, int cells, const char *expected)
{
    struct grid *grid = grid_new(40, 1);
    struct snap_series series = {(double *)values, n};
    struct pen pen = {.grid = grid, .end = 40};
    draw_spark_words(&pen, &series, cells, grouped_format);
    g_autofree char *text = grid_row_text(grid, 0);
    assert_string_equal(text, expected);
    assert_int_equal(pen.col, cells);
    grid_free(grid);
}

static void test_series_in_words(void **state)
{
    (void)state;
    const double rising[] = {200, 300, NAN, 200, 400, 1000, 1900, 1800};
    const double falling[] = {5210, 5000, 4000, 900};
    const double past_its_peak[] = {100,  200,  100,  200,  100,  9000, 8000,
                                    7000, 6000, 5000, 4000, 3000, 2000, 1900};
    const double level[] = {3, 3, 3, 3};
    const double nothing[] = {NAN, NAN};
    check(rising, G_N_ELEMENTS(rising), 24, "200..1 900 rising");
    check(falling, G_N_ELEMENTS(falling), 24, "900..5 200 falling");
    check(past_its_peak, G_N_ELEMENTS(past_its_peak), 24, "100..9 000 falling");
    check(level, G_N_ELEMENTS(level), 24, "level");
    check(nothing, G_N_ELEMENTS(nothing), 24, "-");
    check(NULL, 0, 24, "-");
    check(rising, G_N_ELEMENTS(rising), 12, "200..1 900");
}

/* Lines end at blanks, but not in the middle of a number. */
static void test_wrap(void **state)
{
    static const struct {
        const char *text;
        int width;
        const char *line;
    } lines[] = {{"batch 1 000 -> 2 000 rows", 18, "batch 1 000 ->"},
                 {"batch 1 000 -> 2 000 rows", 20, "batch 1 000 -> 2 000"},
                 {"step 4 of 10 steps", 13, "step 4 of 10"},
                 {"1 000 000 000", 7, "1 000 0"},
                 {"10 0000", 4, "10"}};
    (void)state;
    struct pen pen = {.end = 40};
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        gsize n = draw_wrap(&pen, lines[i].text, lines[i].width);
        g_autofree char *line = g_strndup(lines[i].text, n);
        assert_string_equal(line, lines[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_series_in_words),
                                       cmocka_unit_test(test_wrap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
