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

static void check(const double *values, guint n, int cells, const char *expected)
{
    struct grid *grid = grid_new(40, 1);
    struct snap_series series = {(double *)values, n};
    struct pen pen = {.grid = grid, .end = 40};
    draw_spark_words(&pen, &series, cells);
    g_autofree char *text = grid_row_text(grid, 0);
    assert_string_equal(text, expected);
    assert_int_equal(pen.col, cells);
    grid_free(grid);
}

static void test_series_in_words(void **state)
{
    (void)state;
    const double rising[] = {0.2, 0.3, NAN, 0.2, 0.4, 1.0, 1.9, 1.8};
    const double falling[] = {5210, 5000, 4000, 900};
    const double level[] = {3, 3, 3, 3};
    const double nothing[] = {NAN, NAN};
    check(rising, G_N_ELEMENTS(rising), 24, "0.2..1.9 rising");
    check(falling, G_N_ELEMENTS(falling), 24, "900..5200 falling");
    check(level, G_N_ELEMENTS(level), 24, "3..3 level");
    check(nothing, G_N_ELEMENTS(nothing), 24, "-");
    check(NULL, 0, 24, "-");
    check(rising, G_N_ELEMENTS(rising), 6, "0.2..…");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_series_in_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
