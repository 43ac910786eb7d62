/* Theme files with their errors, the numbers for people, bars and sparklines. */
#include "config.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/draw.h"
#include "console/format.h"
#include "console/theme.h"

#define HEAD "pgrollout-theme 1\n"

static void check_error(const char *text, const char *expected)
{
    GError *error = NULL;
    struct theme *theme = theme_parse("t.theme", text, &error);
    assert_null(theme);
    assert_string_equal(error->message, expected);
    g_error_free(error);
}

static void test_errors(void **state)
{
    (void)state;
    check_error("name x\n", "t.theme:1: the first line of a theme is \"pgrollout-theme 1\"");
    check_error(HEAD "colour x\n", "t.theme:2: unknown word \"colour\"");
    check_error(HEAD "[colors]\n", "t.theme:2: unknown section \"[colors]\"");
    check_error(HEAD "[palette]\nsky blue\n", "t.theme:3: a colour is written NAME #rrggbb");
    check_error(HEAD "[palette]\nsky #12345g\n", "t.theme:3: a colour is written NAME #rrggbb");
    check_error(HEAD "[palette]\nsky #123456 256=256\n",
                "t.theme:3: \"256\" is not a colour number of 0 to 255");
    check_error(HEAD "[palette]\nsky #123456 16=pink\n",
                "t.theme:3: \"pink\" is not one of the eight colours");
    check_error(HEAD "[palette]\nsky #123456 so\n", "t.theme:3: unknown word \"so\"");
    check_error(HEAD "[tokens]\nok sky\n",
                "t.theme:3: \"sky\" is neither a colour of the palette nor an attribute");
    check_error(HEAD "[tokens]\nok default on\n", "t.theme:3: after \"on\" comes a colour");
    check_error(HEAD "[tokens]\nok bold | 16 red\n", "t.theme:3: after \"|\" comes \"mono\"");
    check_error(HEAD "[tokens]\n\nok bold | mono blink\n",
                "t.theme:4: unknown attribute \"blink\"");
    check_error(HEAD "[glyphs]\nnow U+1B\n",
                "t.theme:3: a glyph is written NAME U+XXXX [ascii \"c\"]");
    check_error(HEAD "[glyphs]\nnow U+25BA ascii >\n",
                "t.theme:3: an ASCII twin is written ascii \"c\"");
    check_error(HEAD "\x1b[2J\n", "t.theme:2: unknown word \".[2J\"");
}

static void test_reading(void **state)
{
    (void)state;
    struct theme *theme = theme_parse("t",
                                      HEAD "name mine\n[palette]\nsky #5fafd7\nember #ff0000 16=red"
                                           " # a comment\n[tokens]\nok sky bold | mono underline\n"
                                           "danger default on ember\nfrom-the-future bold\n"
                                           "[glyphs]\ndone U+2713 ascii \"v\"\n",
                                      NULL);
    assert_non_null(theme);
    assert_string_equal(theme_name(theme), "mine");
    struct theme_look look = theme_look(theme, TOKEN_OK, DEPTH_256);
    assert_int_equal(look.foreground, 74); /* computed: it is xterm's own */
    assert_int_equal(look.attributes, ATTRIBUTE_BOLD);
    look = theme_look(theme, TOKEN_OK, DEPTH_MONO);
    assert_int_equal(look.foreground, -1);
    assert_int_equal(look.attributes, ATTRIBUTE_UNDERLINE);
    look = theme_look(theme, TOKEN_DANGER, DEPTH_16);
    assert_int_equal(look.background, 1);
    assert_int_equal(theme_glyph(theme, 0x25CF, FALSE), 0x2713);
    assert_int_equal(theme_glyph(theme, 0x25CF, TRUE), 'v');
    assert_int_equal(theme_glyph(theme, 'x', FALSE), 0);
    /* a token that the theme does not name keeps its built-in look */
    assert_int_equal(theme_look(theme, TOKEN_GATE, DEPTH_256).attributes, ATTRIBUTE_BOLD);
    theme_free(theme);
}

static void test_shipped(void **state)
{
    (void)state;
    char **names = theme_list();
    assert_true(g_strv_length(names) >= 2);
    for (char **name = names; *name; name++) {
        GError *error = NULL;
        struct theme *theme = theme_load(*name, &error);
        if (!theme)
            fail_msg("%s", error->message);
        assert_string_equal(theme_name(theme), *name);
        theme_free(theme);
    }
    g_strfreev(names);
    GError *error = NULL;
    assert_null(theme_load("../../etc/passwd", &error));
    assert_string_equal(error->message, "\"../../etc/passwd\" is not a theme's name");
    g_clear_error(&error);
    assert_null(theme_load("nope", &error));
    assert_non_null(strstr(error->message, "harbor-dark"));
    g_clear_error(&error);
}

static void check_text(char *got, const char *expected)
{
    assert_string_equal(got, expected);
    g_free(got);
}

static void test_numbers(void **state)
{
    (void)state;
    check_text(age_format(0.42), "0.4s");
    check_text(age_format(12.3), "12s");
    check_text(age_format(59.6), "01:00");
    check_text(age_format(70), "01:10");
    check_text(age_format(3599.6), "01:00:00");
    check_text(age_format(NAN), "-");
    check_text(stopwatch_format(2467), "00:41:07");
    check_text(stopwatch_format(400000), "4d 15h");
    check_text(short_count_format(9999), "9999");
    check_text(short_count_format(12684000), "12.7M");
    check_text(grouped_format(6342), "6 342");
    check_text(grouped_format(1234567), "1 234 567");
    check_text(grouped_format(NAN), "-");
    check_text(bytes_format(0), "0 B");
    check_text(bytes_format(6.1 * 1024 * 1024), "6.1 MB");
    check_text(percent_format(0.9999), "99.9%"); /* not done before it is done */
    check_text(percent_format(1), "100.0%");
    check_text(eta_format(1140, 1620), "ETA 19-27m");
    check_text(eta_format(38, 47), "ETA 40-50s");
    check_text(eta_format(NAN, 3), "");
    check_text(reading_format(6.4, 5, "s"), "6.4s");
    check_text(reading_format(0.34, 300, "s"), "0s");
    check_text(reading_format(NAN, 5, "s"), "-");
    assert_true(rounded(1187) == 1200 && rounded(7.3) == 7.3 && isnan(rounded(NAN)));
}

static void check_drawn(struct grid *grid, const char *expected)
{
    char *text = grid_row_text(grid, 0);
    assert_string_equal(text, expected);
    g_free(text);
    grid_free(grid);
}

static void test_drawings(void **state)
{
    (void)state;
    struct theme *theme = theme_load("mono", NULL);
    struct pen pen = {.grid = grid_new(12, 1), .theme = theme, .end = 12};
    draw_bar(&pen, TOKEN_BAR_FILL, 10, 0.56);
    check_drawn(pen.grid, "█████▌░░░░");
    pen = (struct pen){.grid = grid_new(12, 1), .theme = theme, .end = 12};
    draw_bar(&pen, TOKEN_BAR_FILL, 10, NAN);
    check_drawn(pen.grid, "░░░░░░░░░░");
    /* each cell is a bucket of the clock: between two ends the older ones stand still */
    double values[] = {0, 0, 4, 4, 8, 8, 8, 8};
    struct snap_series series = {values, G_N_ELEMENTS(values)};
    pen = (struct pen){.grid = grid_new(12, 1), .theme = theme, .end = 12};
    draw_spark(&pen, &series, SPARK_PEAK, 4, 2, 99, 8);
    check_drawn(pen.grid, "▁▄██");
    pen = (struct pen){.grid = grid_new(12, 1), .theme = theme, .end = 12};
    draw_spark(&pen, &series, SPARK_PEAK, 4, 2, 100, 8);
    check_drawn(pen.grid, "▄███");
    pen = (struct pen){.grid = grid_new(12, 1), .theme = theme, .end = 12, .ascii = TRUE};
    draw_spark(&pen, &series, SPARK_MEAN, 6, 2, 99, 0);
    check_drawn(pen.grid, "  _.##");
    theme_free(theme);
}

int main(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return 99;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),   cmocka_unit_test(test_reading),
        cmocka_unit_test(test_shipped),  cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_drawings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
