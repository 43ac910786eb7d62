/* Deciding on depth and background.
 *
 * Direct colour is used only as terminfo describes it. COLORTERM says that a terminal has it, but not how
 * it is asked for, and it comes through programs like screen that take such a sequence for something else
 * (a 5 in it blinks). So COLORTERM only makes the console look for the terminal's own "-direct" entry;
 * where there is none (screen has none) it stays at 256. */
#include "config.h"
#include "console/depth.h"

#include <stdlib.h>
#include <string.h>

#include "console/colour.h"

static gboolean says_direct(const char *colorterm)
{
    return g_strcmp0(colorterm, "truecolor") == 0 || g_strcmp0(colorterm, "24bit") == 0;
}

enum theme_depth depth_wanted(const struct depth_facts *facts, int colors)
{
    switch (facts->wanted) {
    case CONSOLE_COLOR_NEVER:
        return DEPTH_MONO;
    case CONSOLE_COLOR_16:
        return DEPTH_16;
    case CONSOLE_COLOR_256:
        return DEPTH_256;
    case CONSOLE_COLOR_TRUE:
        return DEPTH_TRUE;
    case CONSOLE_COLOR_AUTO:
    case CONSOLE_COLOR_ALWAYS:
        break;
    }
    if (facts->wanted == CONSOLE_COLOR_AUTO && facts->no_color && *facts->no_color)
        return DEPTH_MONO;
    /* a terminal that is described with few colours is believed, whatever came along with ssh or su */
    return colors >= 256 && says_direct(facts->colorterm) ? DEPTH_TRUE
                                                          : depth_possible(DEPTH_TRUE, colors);
}

char *depth_entry(const char *term, enum theme_depth depth, int colors)
{
    if (depth < DEPTH_256 || colors > 256 || (depth == DEPTH_256 && colors >= 256))
        return NULL;
    gsize n =
        g_str_has_suffix(term, "-256color") ? strlen(term) - strlen("-256color") : strlen(term);
    return g_strdup_printf("%.*s%s", (int)n, term, depth == DEPTH_TRUE ? "-direct" : "-256color");
}

enum theme_depth depth_possible(enum theme_depth wanted, int colors)
{
    enum theme_depth most = colors > 256    ? DEPTH_TRUE
                            : colors >= 256 ? DEPTH_256
                            : colors >= 8   ? DEPTH_16
                                            : DEPTH_MONO;
    return MIN(wanted, most);
}

/* The last field is the number of the background's colour: 7 and the bright ones but black are light. */
enum ground ground_of_variable(const char *colorfgbg)
{
    const char *last = colorfgbg ? strrchr(colorfgbg, ';') : NULL;
    guint64 n;
    if (!last || !g_ascii_string_to_unsigned(last + 1, 10, 0, 15, &n, NULL))
        return GROUND_UNKNOWN;
    return n == 7 || n > 8 ? GROUND_LIGHT : GROUND_DARK;
}

/* One to four digits, of which the first two tell enough. */
static int channel(const char *text)
{
    gsize n = strlen(text);
    if (n < 1 || n > 4 || strspn(text, "0123456789abcdefABCDEF") != n)
        return -1;
    char digits[3] = {text[0], n > 1 ? text[1] : text[0], 0};
    return (int)strtol(digits, NULL, 16);
}

enum ground ground_of_answer(const char *answer)
{
    const char *text = g_str_has_prefix(answer, "11;rgb:")    ? answer + strlen("11;rgb:")
                       : g_str_has_prefix(answer, "11;rgba:") ? answer + strlen("11;rgba:")
                                                              : "";
    g_auto(GStrv) parts = g_strsplit(text, "/", 5);
    int rgb = 0;
    if (g_strv_length(parts) < 3)
        return GROUND_UNKNOWN;
    for (int i = 0; i < 3; i++) {
        int c = channel(parts[i]);
        if (c < 0)
            return GROUND_UNKNOWN;
        rgb = rgb << 8 | c;
    }
    return colour_contrast(rgb, 0x000000) > colour_contrast(rgb, 0xFFFFFF) ? GROUND_LIGHT
                                                                           : GROUND_DARK;
}
