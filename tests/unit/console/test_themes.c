/* Every theme that is shipped can be read by everybody; the manual names what there is; no file brings
 * the parser down; how many colours and which background. */
#include "config.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "console/depth.h"
#include "console/theme-check.h"
#include "pgrollout/base/resource.h"

#define MUTANTS 3000

static void test_shipped(void **state)
{
    (void)state;
    char **names = theme_list();
    assert_true(g_strv_length(names) >= 9);
    for (char **name = names; *name; name++) {
        GError *error = NULL;
        struct theme *theme = theme_load(*name, &error);
        if (!theme)
            fail_msg("%s", error->message);
        assert_string_equal(theme_name(theme), *name);
        assert_true(theme_is_shipped(*name) && *theme_about(theme));
        assert_int_equal(theme_warnings(theme)->len, 0);
        struct theme_report *report = theme_check(theme);
        for (guint i = 0; i < report->problems->len; i++)
            print_error("%s: %s\n", *name, (const char *)report->problems->pdata[i]);
        assert_int_equal(report->problems->len, 0);
        theme_report_free(report);
        theme_free(theme);
    }
    g_strfreev(names);
}

/* The check finds what it is there for. */
static void test_check(void **state)
{
    (void)state;
    struct theme *theme = theme_parse("t",
                                      "pgrollout-theme 1\nbackground light\n[palette]\n"
                                      "orange #e69f00\nbrick #c05030\nsun #ffff87\n[tokens]\n"
                                      "warn orange | 16 red\ndanger brick | 16 red\nok sun\n",
                                      NULL);
    struct theme_report *report = theme_check(theme);
    GString *all = g_string_new(NULL);
    for (guint i = 0; i < report->problems->len; i++)
        g_string_append_printf(all, "%s\n", (const char *)report->problems->pdata[i]);
    assert_non_null(strstr(all->str, "ok (true): contrast 1.0 with its background is below 4.5: "
                                     "take a darker colour\n"));
    assert_non_null(strstr(all->str, "warn and danger (16) look the same: change one"));
    theme_report_free(report);
    theme_free(theme);
    g_string_free(all, TRUE);
    /* known pairs: WCAG's examples, CIE76 of black and white, and a red and green that deutans mix up */
    assert_true(fabs(colour_contrast(0xFFFFFF, 0x000000) - 21) < 0.01);
    assert_true(fabs(colour_contrast(0x777777, 0xFFFFFF) - 4.48) < 0.01);
    assert_true(fabs(colour_distance(0, 0xFFFFFF) - 100) < 0.1);
    int red = 0xA8601C, green = 0x6F7A1B;
    assert_true(colour_distance(red, green) > 30);
    assert_true(colour_distance(colour_seen(red, SIGHT_DEUTAN), colour_seen(green, SIGHT_DEUTAN)) <
                15);
    for (int i = 16; i < 256; i++)
        assert_int_equal(colour_of_256(colour_nearest_256(colour_of_256(i))), colour_of_256(i));
}

/* One cell in this locale, an ASCII twin, and nothing that may become a picture. */
static void check_glyphs(const struct theme *theme)
{
    for (int i = 0; i < glyph_count(); i++) {
        gunichar c = theme_glyph(theme, glyph_char(i, FALSE), FALSE);
        gunichar twin = theme_glyph(theme, glyph_char(i, FALSE), TRUE);
        if (char_may_be_emoji(c) || wcwidth((wchar_t)c) != 1 || twin < 0x21 || twin > 0x7E)
            fail_msg("%s: glyph %s is U+%04X, twin U+%04X", theme_name(theme), glyph_name(i), c,
                     twin);
    }
}

static void test_glyphs(void **state)
{
    (void)state;
    char **names = theme_list();
    for (char **name = names; *name; name++) {
        struct theme *theme = theme_load(*name, NULL);
        check_glyphs(theme);
        theme_free(theme);
    }
    g_strfreev(names);
    static const gunichar pictures[] = {0xA9, 0x2B05, 0x25B6, 0x25C0, 0x26A0, 0x2714, 0x1F534};
    for (guint i = 0; i < G_N_ELEMENTS(pictures); i++)
        assert_true(char_may_be_emoji(pictures[i]));
    assert_false(char_may_be_emoji(0x25BA) || char_may_be_emoji(0x25CF));
}

/* Where the locale knows only ASCII, wcwidth refuses each of them, and each has its twin. */
static void test_fallback(void **state)
{
    (void)state;
    struct theme *theme = theme_load("harbor-dark", NULL);
    assert_non_null(setlocale(LC_CTYPE, "C"));
    for (int i = 0; i < glyph_count(); i++)
        assert_int_equal(theme_glyph(theme, glyph_char(i, FALSE), FALSE), glyph_char(i, TRUE));
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    theme_free(theme);
}

static char *manual_read(void)
{
    const char *top = g_getenv("top_srcdir");
    g_autofree char *path = g_build_filename(top ? top : ".", "man", "pgrollout-theme.5", NULL);
    char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

/* The names of the list in a section, each with a blank behind it. */
static char *manual_items(const char *text, const char *section)
{
    g_autofree char *head = g_strdup_printf("\n.Sh %s\n", section);
    const char *start = strstr(text, head);
    assert_non_null(start);
    const char *end = strstr(start + 1, "\n.Sh ");
    g_autofree char *part = g_strndup(start, (gsize)(end - start));
    g_auto(GStrv) lines = g_strsplit(part, "\n", -1);
    GString *out = g_string_new(NULL);
    for (char **line = lines; *line; line++)
        if (g_str_has_prefix(*line, ".It Ic "))
            g_string_append_printf(out, "%s\n", *line + strlen(".It Ic "));
    return g_string_free(out, FALSE);
}

/* As roff shows it. */
static char *twin_of(const char *roff)
{
    static const char *const escapes[][2] = {{"\\(ti", "~"}, {"\\(ha", "^"}, {"\\(aq", "'"}};
    for (guint i = 0; i < G_N_ELEMENTS(escapes); i++)
        if (strcmp(roff, escapes[i][0]) == 0)
            return g_strdup(escapes[i][1]);
    return g_strdup(g_str_has_prefix(roff, "\\&") ? roff + 2 : *roff == '\\' ? roff + 1 : roff);
}

static void test_manual(void **state)
{
    (void)state;
    g_autofree char *text = manual_read();
    g_autofree char *tokens = manual_items(text, "TOKENS");
    GString *expected = g_string_new(NULL);
    for (int i = 0; i < TOKEN_COUNT; i++)
        g_string_append_printf(expected, "%s\n", token_name((enum token)i));
    assert_string_equal(tokens, expected->str);
    g_string_free(expected, TRUE);

    g_autofree char *glyphs = manual_items(text, "GLYPHS");
    g_auto(GStrv) lines = g_strsplit(g_strchomp(glyphs), "\n", -1);
    assert_int_equal(g_strv_length(lines), glyph_count());
    for (int i = 0; i < glyph_count(); i++) {
        g_auto(GStrv) cells = g_strsplit(lines[i], " Ta ", -1);
        assert_int_equal(g_strv_length(cells), 3);
        g_autofree char *code = g_strdup_printf("U+%04X", glyph_char(i, FALSE));
        g_autofree char *twin = twin_of(cells[2]);
        assert_string_equal(cells[0], glyph_name(i));
        assert_string_equal(cells[1], code);
        assert_true(strlen(twin) == 1 && (gunichar)twin[0] == glyph_char(i, TRUE));
    }
}

/* Bytes changed, taken out, doubled, lines of one file in another. */
static char *mutate(GRand *random, const GPtrArray *texts)
{
    const char *from = texts->pdata[g_rand_int_range(random, 0, (int)texts->len)];
    const char *other = texts->pdata[g_rand_int_range(random, 0, (int)texts->len)];
    GString *text = g_string_new(from);
    for (int n = g_rand_int_range(random, 1, 4); n > 0; n--) {
        int at = g_rand_int_range(random, 18, (int)text->len);
        int length = g_rand_int_range(random, 1, 30);
        int where = g_rand_int_range(random, 0, (int)strlen(other));
        switch (g_rand_int_range(random, 0, 4)) {
        case 0:
            text->str[at] = (char)g_rand_int_range(random, 1, 256);
            break;
        case 1:
            g_string_erase(text, at, MIN(length, (int)text->len - at));
            break;
        case 2:
            g_string_insert_len(text, at, other + where, MIN(length, (int)strlen(other + where)));
            break;
        default:
            g_string_insert(text, at, "\n");
        }
    }
    return g_string_free(text, FALSE);
}

static void check_looks(const struct theme *theme)
{
    static const int most[] = {
        [DEPTH_MONO] = -1, [DEPTH_16] = 15, [DEPTH_256] = 255, [DEPTH_TRUE] = 0xFFFFFF};
    for (int token = 0; token < TOKEN_COUNT; token++)
        for (int depth = 0; depth < DEPTH_COUNT; depth++) {
            struct theme_look look = theme_look(theme, (enum token)token, (enum theme_depth)depth);
            assert_in_range(look.foreground + 1, 0, most[depth] + 1);
            assert_in_range(look.background + 1, 0, most[depth] + 1);
            assert_in_range(look.attributes, 0, 31);
        }
    check_glyphs(theme);
    theme_report_free(theme_check(theme));
}

/* A mutant is a theme, or is refused with its line. */
static void test_mutants(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    g_auto(GStrv) files = resource_list("themes");
    for (char **file = files; *file; file++) {
        g_autofree char *path = g_strconcat("themes/", *file, NULL);
        g_ptr_array_add(texts, (void *)resource_text(path));
    }
    GRand *random = g_rand_new_with_seed(20260311);
    int refused = 0;
    for (int i = 0; i < MUTANTS; i++) {
        GError *error = NULL;
        g_autofree char *text = mutate(random, texts);
        struct theme *theme = theme_parse("m", text, &error);
        if (theme) {
            check_looks(theme);
        } else {
            gboolean placed = error && strchr(error->message, ':') &&
                              g_ascii_isdigit(strchr(error->message, ':')[1]);
            if (!placed || !g_str_is_ascii(error->message))
                fail_msg("mutant %d: %s\n%s", i, error ? error->message : "no error", text);
            refused++;
        }
        g_clear_error(&error);
        theme_free(theme);
    }
    g_rand_free(random);
    assert_in_range(refused, MUTANTS / 10, MUTANTS * 9 / 10);
}

static void check_depth(enum console_color wanted, const char *no_color, const char *colorterm,
                        int colors, enum theme_depth expected)
{
    struct depth_facts facts = {wanted, no_color, colorterm};
    assert_int_equal(depth_wanted(&facts, colors), expected);
}

static void check_entry(const char *term, enum theme_depth depth, int colors, const char *expected)
{
    g_autofree char *entry = depth_entry(term, depth, colors);
    assert_string_equal(entry ? entry : "", expected);
}

static void test_depth(void **state)
{
    (void)state;
    check_depth(CONSOLE_COLOR_AUTO, NULL, NULL, 256, DEPTH_256);
    check_depth(CONSOLE_COLOR_AUTO, NULL, NULL, 8, DEPTH_16);
    check_depth(CONSOLE_COLOR_AUTO, NULL, NULL, 0, DEPTH_MONO);
    check_depth(CONSOLE_COLOR_AUTO, NULL, NULL, 0x1000000, DEPTH_TRUE);
    check_depth(CONSOLE_COLOR_AUTO, NULL, "truecolor", 256, DEPTH_TRUE);
    check_depth(CONSOLE_COLOR_AUTO, NULL, "24bit", 256, DEPTH_TRUE);
    check_depth(CONSOLE_COLOR_AUTO, NULL, "yes", 256, DEPTH_256);
    check_depth(CONSOLE_COLOR_AUTO, NULL, "truecolor", 8, DEPTH_16);
    check_depth(CONSOLE_COLOR_AUTO, "1", "truecolor", 256, DEPTH_MONO);
    check_depth(CONSOLE_COLOR_AUTO, "", NULL, 256, DEPTH_256);
    check_depth(CONSOLE_COLOR_ALWAYS, "1", NULL, 256, DEPTH_256);
    check_depth(CONSOLE_COLOR_NEVER, NULL, "truecolor", 256, DEPTH_MONO);
    check_depth(CONSOLE_COLOR_16, "1", NULL, 256, DEPTH_16);
    check_depth(CONSOLE_COLOR_256, NULL, NULL, 8, DEPTH_256);
    check_depth(CONSOLE_COLOR_TRUE, NULL, NULL, 256, DEPTH_TRUE);
    check_entry("xterm-256color", DEPTH_TRUE, 256, "xterm-direct");
    check_entry("tmux-256color", DEPTH_TRUE, 256, "tmux-direct");
    check_entry("xterm-direct", DEPTH_TRUE, 0x1000000, "");
    check_entry("xterm", DEPTH_256, 8, "xterm-256color");
    check_entry("xterm-256color", DEPTH_256, 256, "");
    check_entry("vt100", DEPTH_16, 0, "");
    assert_int_equal(depth_possible(DEPTH_TRUE, 256), DEPTH_256);
    assert_int_equal(depth_possible(DEPTH_16, 256), DEPTH_16);
    assert_int_equal(depth_possible(DEPTH_256, 0), DEPTH_MONO);
}

static void test_ground(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum ground expected;
    } variables[] = {{"15;0", GROUND_DARK},          {"0;15", GROUND_LIGHT},
                     {"0;default;15", GROUND_LIGHT}, {"0;7", GROUND_LIGHT},
                     {"7;8", GROUND_DARK},           {"15;default", GROUND_UNKNOWN},
                     {"0;16", GROUND_UNKNOWN},       {"15", GROUND_UNKNOWN},
                     {"", GROUND_UNKNOWN},           {NULL, GROUND_UNKNOWN}},
      answers[] = {{"11;rgb:1010/1414/1818", GROUND_DARK},
                   {"11;rgb:fa/fa/fa", GROUND_LIGHT},
                   {"11;rgb:f/f/f", GROUND_LIGHT},
                   {"11;rgba:ffff/ffff/ffff/ffff", GROUND_LIGHT},
                   {"10;rgb:ffff/ffff/ffff", GROUND_UNKNOWN},
                   {"11;rgb:fffff/0/0", GROUND_UNKNOWN},
                   {"11;rgb:ff/ff", GROUND_UNKNOWN},
                   {"11;rgb:-1/0/0", GROUND_UNKNOWN},
                   {"11;white", GROUND_UNKNOWN}};
    for (guint i = 0; i < G_N_ELEMENTS(variables); i++)
        assert_int_equal(ground_of_variable(variables[i].text), variables[i].expected);
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++)
        assert_int_equal(ground_of_answer(answers[i].text), answers[i].expected);
}

int main(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return 99;
    g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped), cmocka_unit_test(test_check),
        cmocka_unit_test(test_glyphs),  cmocka_unit_test(test_fallback),
        cmocka_unit_test(test_manual),  cmocka_unit_test(test_mutants),
        cmocka_unit_test(test_depth),   cmocka_unit_test(test_ground),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
