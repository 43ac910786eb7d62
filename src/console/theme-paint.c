/* Looks for lines of text: as SGR sequences, and in words. */
#include "config.h"
#include "console/colour.h"
#include "console/theme.h"

static const struct {
    unsigned attribute;
    int sgr;
    const char *name;
} attributes[] = {
    {ATTRIBUTE_BOLD, 1, "bold"},       {ATTRIBUTE_DIM, 2, "dim"},
    {ATTRIBUTE_ITALIC, 3, "italic"},   {ATTRIBUTE_UNDERLINE, 4, "underline"},
    {ATTRIBUTE_REVERSE, 7, "reverse"},
};

static void sgr_colour(GString *out, int colour, gboolean back, enum theme_depth depth)
{
    int tens = back ? 40 : 30;
    if (colour < 0)
        return;
    if (depth == DEPTH_TRUE)
        g_string_append_printf(out, ";%d;2;%d;%d;%d", tens + 8, colour >> 16, colour >> 8 & 255,
                               colour & 255);
    else if (depth == DEPTH_256)
        g_string_append_printf(out, ";%d;5;%d", tens + 8, colour);
    else
        g_string_append_printf(out, ";%d", colour < 8 ? tens + colour : tens + 60 + colour - 8);
}

char *theme_paint(const struct theme *theme, enum token token, enum theme_depth depth,
                  const char *text)
{
    struct theme_look look = theme_look(theme, token, depth);
    GString *out = g_string_new("\033[0");
    for (guint i = 0; i < G_N_ELEMENTS(attributes); i++)
        if (look.attributes & attributes[i].attribute)
            g_string_append_printf(out, ";%d", attributes[i].sgr);
    sgr_colour(out, look.foreground, FALSE, depth);
    sgr_colour(out, look.background, TRUE, depth);
    g_string_append_printf(out, "m%s\033[0m", text);
    return g_string_free(out, FALSE);
}

static void colour_text(GString *out, const char *before, int colour, enum theme_depth depth)
{
    if (depth == DEPTH_TRUE)
        g_string_append_printf(out, "%s#%06x", before, (guint)colour);
    else if (depth == DEPTH_256)
        g_string_append_printf(out, "%s%d", before, colour);
    else
        g_string_append_printf(out, "%s%s", before, colour_16_name(colour));
}

char *theme_look_text(const struct theme_look *look, enum theme_depth depth)
{
    GString *out = g_string_new(NULL);
    if (look->foreground >= 0)
        colour_text(out, "", look->foreground, depth);
    else if (depth != DEPTH_MONO)
        g_string_append(out, "default");
    if (look->background >= 0)
        colour_text(out, " on ", look->background, depth);
    for (guint i = 0; i < G_N_ELEMENTS(attributes); i++)
        if (look->attributes & attributes[i].attribute)
            g_string_append_printf(out, "%s%s", out->len ? " " : "", attributes[i].name);
    return g_string_free(out, FALSE);
}
