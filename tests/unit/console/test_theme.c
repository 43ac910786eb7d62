/* Theme files with their errors and what they inherit, the numbers for people, bars and sparklines. */
#include "config.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "console/draw.h"
#include "console/format.h"
#include "console/theme.h"

#define HEAD "pgrollout-theme 1\n"
#define SHIPPED                                                                                    \
    "amber-crt, deuteran, harbor-dark, harbor-light, mono, mono-high, paper, sixteen, tritan"

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
    check_error(HEAD "bakground dark\n",
                "t.theme:2: unknown word \"bakground\": did you mean \"background\"?");
    check_error(HEAD "background grey\n", "t.theme:2: a background is dark or light, not \"grey\"");
    check_error(HEAD "depth mono\n", "t.theme:2: a depth is 16 or 256, not \"mono\"");
    check_error(HEAD "\x1b[2J x\n", "t.theme:2: unknown word \".[2J\": did you mean \"about\"?");
    check_error(HEAD "[colors]\n", "t.theme:2: unknown section \"[colors]\": there are [palette], "
                                   "[tokens] and [glyphs]");
    check_error(HEAD "inherits nowhere-at-all\n",
                "t.theme:2: there is no theme \"nowhere-at-all\". There are: " SHIPPED);
    check_error(HEAD "inherits mono\ninherits paper\n",
                "t.theme:3: a theme inherits one other: this is the second");
    check_error(HEAD "inherits ../mono\n", "t.theme:2: \"../mono\" is not a theme's name");
}

static void test_palette_errors(void **state)
{
    (void)state;
    const char *usage = "t.theme:3: a colour is written NAME #rrggbb [256=N] [16=NAME]";
    check_error(HEAD "[palette]\nsky blue\n", usage);
    check_error(HEAD "[palette]\nsky #12345g\n", usage);
    check_error(HEAD "[palette]\nsky #-12345\n", usage);
    check_error(HEAD "[palette]\nsky #123456 256=256\n",
                "t.theme:3: \"256\" is no colour number: 0 to 255");
    check_error(HEAD "[palette]\nsky #123456 16=cian\n",
                "t.theme:3: \"cian\" is none of black, red, green, yellow, blue, magenta, cyan, "
                "white and bright-black to bright-white: did you mean \"cyan\"?");
    check_error(HEAD "[palette]\nsky #123456 so\n",
                "t.theme:3: unknown word \"so\": a colour is written NAME #rrggbb [256=N] "
                "[16=NAME]");
    check_error(HEAD "[palette]\nbold #123456\n", "t.theme:3: \"bold\" means something else in "
                                                  "[tokens]: give the colour another name");
}

static void test_token_errors(void **state)
{
    (void)state;
    const char *palette = HEAD "[palette]\nsky #123456\nember #ff0000\n[tokens]\n";
    static const struct {
        const char *line, *expected;
    } cases[] = {
        {"ok", "t.theme:6: what does \"ok\" look like? A colour, \"default\" or attributes"},
        {"ok skyy", "t.theme:6: \"skyy\" is neither a colour of the palette nor an attribute: did "
                    "you mean \"sky\"?"},
        {"ok 74", "t.theme:6: \"74\" is neither a colour of the palette nor an attribute: name it "
                  "in [palette] above, or take bold, dim, underline, reverse, italic"},
        {"ok default on", "t.theme:6: after \"on\" comes a colour"},
        {"ok sky ember", "t.theme:6: \"ember\" is one colour too many: COLOUR on COLOUR"},
        {"ok sky on sky on ember", "t.theme:6: \"ember\" is one colour too many: COLOUR on COLOUR"},
        {"ok bold | red", "t.theme:6: after \"|\" comes 256, 16 or mono"},
        {"ok bold |", "t.theme:6: after \"|\" comes 256, 16 or mono"},
        {"ok bold | 16 red | 16 blue", "t.theme:6: \"| 16\" stands here twice"},
        {"ok bold | 256 256", "t.theme:6: \"256\" is neither a colour of the palette nor an "
                              "attribute: name it in [palette] above, or take bold, dim, "
                              "underline, reverse, italic"},
        {"ok bold | 16 grean", "t.theme:6: \"grean\" is neither a colour of the palette nor an "
                               "attribute: did you mean \"green\"?"},
        {"ok bold | mono blink", "t.theme:6: mono has attributes only (bold, dim, underline, "
                                 "reverse, italic), not \"blink\""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(palette, cases[i].line, "\n", NULL);
        check_error(text, cases[i].expected);
    }
}

static void test_glyph_errors(void **state)
{
    (void)state;
    check_error(HEAD "[glyphs]\nnow 25BA\n",
                "t.theme:3: a glyph is written NAME U+XXXX [ascii \"c\"]");
    check_error(HEAD "[glyphs]\nnow U+1B\n",
                "t.theme:3: U+001B is not a character that can be seen");
    check_error(HEAD "[glyphs]\nnow U+25BA ascii >\n",
                "t.theme:3: an ASCII twin is written ascii \"c\"");
    check_error(HEAD "[glyphs]\nnow U+25B6\n",
                "t.theme:3: terminals may draw U+25B6 as a coloured picture: take another "
                "character");
    check_error(HEAD "[glyphs]\nnow U+4E00\n",
                "t.theme:3: U+4E00 does not take exactly one cell: take another character");
    check_error(HEAD "[glyphs]\nnow U+0301\n",
                "t.theme:3: U+0301 does not take exactly one cell: take another character");
    check_error(HEAD "[glyphs]\nfailed U+2717\n\ndone U+2717\n",
                "t.theme:3: \"failed\" would be drawn as \"done\" is: give it another character");
    check_error(HEAD "[glyphs]\nheld U+2016 ascii \"x\"\n",
                "t.theme:3: \"failed\" would be drawn as \"held\" is: give it another character");
}

static void test_reading(void **state)
{
    (void)state;
    struct theme *theme =
        theme_parse("t",
                    HEAD "name mine\n[palette]\nsky #5fafd7\nember #ff0000 16=red"
                         " # a comment\n#ff0000 comment\n[tokens]\nok sky bold | mono underline\n"
                         "danger default on ember\nfrom-the-future bold\n"
                         "[glyphs]\ndone U+2713 ascii \"v\"\nwran U+2717\n",
                    NULL);
    assert_non_null(theme);
    assert_string_equal(theme_name(theme), "mine");
    struct theme_look look = theme_look(theme, TOKEN_OK, DEPTH_256);
    assert_int_equal(look.foreground, 74); /* computed: it is xterm's own */
    assert_int_equal(look.attributes, ATTRIBUTE_BOLD);
    assert_int_equal(theme_look(theme, TOKEN_OK, DEPTH_TRUE).foreground, 0x5FAFD7);
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
    const GPtrArray *warnings = theme_warnings(theme);
    assert_int_equal(warnings->len, 2);
    assert_string_equal(warnings->pdata[0],
                        "t:10: unknown token \"from-the-future\" is passed over; "
                        "a newer program may know it");
    assert_string_equal(warnings->pdata[1],
                        "t:13: unknown glyph \"wran\" is passed over: did you mean \"warn\"?");
    theme_free(theme);
}

static void test_alternatives(void **state)
{
    (void)state;
    struct theme *theme =
        theme_parse("t",
                    HEAD "[palette]\nsky #5fafd7\n[tokens]\ntext sky on sky\nwarn default bold\n"
                         "ok sky | 16 bright-cyan on black bold | 256 7 | mono italic dim\n"
                         "danger | 16 red\n",
                    NULL);
    struct theme_look look = theme_look(theme, TOKEN_OK, DEPTH_16);
    assert_true(look.foreground == 14 && look.background == 0);
    assert_int_equal(look.attributes, ATTRIBUTE_BOLD);
    look = theme_look(theme, TOKEN_OK, DEPTH_256);
    assert_true(look.foreground == 7 && look.background == 74 && look.attributes == 0);
    look = theme_look(theme, TOKEN_OK, DEPTH_MONO);
    assert_true(look.foreground == -1 && look.background == -1);
    assert_int_equal(look.attributes, ATTRIBUTE_ITALIC | ATTRIBUTE_DIM);
    /* default is what the text is */
    look = theme_look(theme, TOKEN_WARN, DEPTH_TRUE);
    assert_true(look.foreground == 0x5FAFD7 && look.background == 0x5FAFD7);
    /* only what the line says has changed */
    assert_int_equal(theme_look(theme, TOKEN_DANGER, DEPTH_16).foreground, 1);
    assert_int_equal(theme_look(theme, TOKEN_DANGER, DEPTH_256).attributes, ATTRIBUTE_REVERSE);
    theme_free(theme);
}

static void own_theme(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_strdup_printf("%s/%s.theme", folder, name);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* $XDG_CONFIG_HOME is a folder of this test. */
static void test_inheritance(void **state)
{
    (void)state;
    g_autofree char *folder = theme_folder();
    assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
    own_theme(folder, "child",
              HEAD
              "name child\ninherits harbor-light\n[palette]\nsky #5fafd7\n[tokens]\nwarn bold");
    struct theme *theme = theme_load("child", NULL);
    assert_non_null(theme);
    assert_string_equal(theme_name(theme), "child");
    assert_true(theme_is_light(theme));
    /* the colour's new value is in tokens of the parent; what the parent says else stays */
    assert_int_equal(theme_look(theme, TOKEN_KEY, DEPTH_TRUE).foreground, 0x5FAFD7);
    assert_int_equal(theme_look(theme, TOKEN_HEAD_KEY, DEPTH_256).foreground, 74);
    assert_int_equal(theme_look(theme, TOKEN_WARN, DEPTH_TRUE).foreground, -1);
    assert_int_equal(theme_look(theme, TOKEN_LOST, DEPTH_TRUE).foreground, 0x8A2E5F);
    theme_free(theme);

    GError *error = NULL;
    own_theme(folder, "a", HEAD "inherits b\n");
    own_theme(folder, "b", HEAD "\n\ninherits a\n");
    assert_null(theme_load("a", &error));
    assert_string_equal(error->message,
                        "b.theme:4: \"a\" would inherit from itself: take this line out");
    g_clear_error(&error);
    for (int i = 0; i < 12; i++) {
        g_autofree char *name = g_strdup_printf("c%d", i);
        g_autofree char *text = g_strdup_printf(HEAD "inherits c%d\n", i + 1);
        own_theme(folder, name, text);
    }
    assert_null(theme_load("c0", &error));
    assert_non_null(strstr(error->message, "c8.theme:2: more than 8 themes inherit"));
    g_clear_error(&error);
}

static void test_files(void **state)
{
    (void)state;
    g_autofree char *folder = theme_folder();
    GError *error = NULL;
    assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
    own_theme(folder, "mono", HEAD "[tokens]\nok italic\n");
    struct theme *theme = theme_load("mono", NULL);
    assert_int_equal(theme_look(theme, TOKEN_OK, DEPTH_MONO).attributes, 0);
    theme_free(theme);
    own_theme(folder, "other", HEAD "name another\n");
    theme = theme_load("other", NULL);
    assert_string_equal(theme_name(theme), "other");
    assert_int_equal(theme_warnings(theme)->len, 1);
    theme_free(theme);
    char **names = theme_list();
    assert_true(g_strv_contains((const char *const *)names, "other"));
    g_strfreev(names);

    g_autofree char *large = g_strnfill(66000, '\n');
    memcpy(large, HEAD, strlen(HEAD));
    own_theme(folder, "large", large);
    assert_null(theme_load("large", &error));
    assert_non_null(strstr(error->message, "large.theme:1: the file is larger than 64 kB"));
    g_clear_error(&error);
    g_autofree char *zero = g_strdup_printf("%s/zero.theme", folder);
    assert_true(g_file_set_contents(zero, HEAD "\0bold", sizeof HEAD + 4, NULL));
    assert_null(theme_load("zero", &error));
    assert_non_null(strstr(error->message, "there is a zero byte in it"));
    g_clear_error(&error);
    assert_null(theme_load_file("/dev/zero", &error));
    assert_string_equal(error->message, "cannot read \"/dev/zero\": not a file");
    g_clear_error(&error);
    assert_null(theme_load("../../etc/passwd", &error));
    assert_string_equal(error->message, "\"../../etc/passwd\" is not a theme's name");
    g_clear_error(&error);
    assert_null(theme_load("harbor-drak", &error));
    assert_non_null(strstr(error->message, "did you mean \"harbor-dark\"?"));
    g_clear_error(&error);
}

/* root/pgrollout/themes and the files in it */
static void remove_folder(const char *root)
{
    g_autofree char *folder = theme_folder(), *middle = g_path_get_dirname(folder);
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    if (dir)
        g_dir_close(dir);
    g_rmdir(folder);
    g_rmdir(middle);
    g_rmdir(root);
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
    check_text(short_count_format(1499999), "1.5M");
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
    g_autofree char *root = g_dir_make_tmp("themes-XXXXXX", NULL);
    assert_non_null(root);
    g_setenv("XDG_CONFIG_HOME", root, TRUE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),       cmocka_unit_test(test_palette_errors),
        cmocka_unit_test(test_token_errors), cmocka_unit_test(test_glyph_errors),
        cmocka_unit_test(test_reading),      cmocka_unit_test(test_alternatives),
        cmocka_unit_test(test_inheritance),  cmocka_unit_test(test_files),
        cmocka_unit_test(test_numbers),      cmocka_unit_test(test_drawings),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(root);
    return failed;
}
