/* Whether everybody can read the page: the colours of its style sheet, measured. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/colour.h"
#include "pgrollout/base/resource.h"

/* The value of a variable, from there on. */
static int colour_of(const char *css, const char *name)
{
    g_autofree char *key = g_strdup_printf("--%s: #", name);
    const char *at = strstr(css, key);
    if (!at)
        fail_msg("no colour %s", name);
    return (int)strtol(at + strlen(key), NULL, 16);
}

static void contrast(void **state)
{
    (void)state;
    static const char *const texts[] = {"ink", "dim", "sky", "amber", "ember", "orchid", "grey"};
    const char *light = strstr(resource_text("report/report.css"), ":root");
    const char *dark = strstr(light, "prefers-color-scheme: dark");
    assert_non_null(dark);
    const char *const sheets[] = {light, dark};
    for (guint i = 0; i < G_N_ELEMENTS(sheets); i++) {
        int paper = colour_of(sheets[i], "paper"), wash = colour_of(sheets[i], "wash");
        for (guint k = 0; k < G_N_ELEMENTS(texts); k++) {
            int rgb = colour_of(sheets[i], texts[k]);
            if (colour_contrast(rgb, paper) < 4.5)
                fail_msg("%s on paper: %.2f", texts[k], colour_contrast(rgb, paper));
        }
        assert_true(colour_contrast(colour_of(sheets[i], "ink"), wash) >= 4.5);
        /* words on a badge */
        assert_true(colour_contrast(colour_of(sheets[i], "snow"), colour_of(sheets[i], "sky")) >=
                    4.5);
        assert_true(colour_contrast(colour_of(sheets[i], "snow"), colour_of(sheets[i], "amber")) >=
                    4.5);
        assert_true(colour_contrast(colour_of(sheets[i], "snow"), colour_of(sheets[i], "ember")) >=
                    4.5);
        assert_true(colour_contrast(colour_of(sheets[i], "swell"), paper) >= 3); /* no words */
    }
}

/* Bars that stand for different things look different to everybody. */
static void told_apart(void **state)
{
    (void)state;
    static const char *const bars[] = {"sky", "amber", "orchid", "asked"};
    const char *light = strstr(resource_text("report/report.css"), ":root");
    const char *const sheets[] = {light, strstr(light, "prefers-color-scheme: dark")};
    for (guint i = 0; i < G_N_ELEMENTS(sheets); i++)
        for (int sight = SIGHT_NORMAL; sight < SIGHT_COUNT; sight++)
            for (guint a = 0; a < G_N_ELEMENTS(bars); a++)
                for (guint b = a + 1; b < G_N_ELEMENTS(bars); b++) {
                    int x = colour_seen(colour_of(sheets[i], bars[a]), (enum sight)sight);
                    int y = colour_seen(colour_of(sheets[i], bars[b]), (enum sight)sight);
                    if (colour_distance(x, y) < 15)
                        fail_msg("%s and %s are one to %s: %.1f", bars[a], bars[b],
                                 sight_name((enum sight)sight), colour_distance(x, y));
                }
}

/* Nothing comes from elsewhere. */
static void by_itself(void **state)
{
    (void)state;
    const char *css = resource_text("report/report.css");
    assert_null(strstr(css, "url("));
    assert_null(strstr(css, "@import"));
    assert_null(strchr(css, '<'));
    assert_null(strchr(css, '&'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(contrast), cmocka_unit_test(told_apart),
                                       cmocka_unit_test(by_itself)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
