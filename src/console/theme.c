/* The looks and glyphs of the screen: defaults, and access. The file format is read in theme-parse.c,
 * files are found in theme-file.c. */
#include "config.h"
#include "console/theme-private.h"

#include <string.h>
#include <wchar.h>

/* Without any theme, and for every token a theme does not name: attributes only. */
static const struct {
    const char *name;
    unsigned mono;
} tokens[TOKEN_COUNT] = {
    [TOKEN_TEXT] = {"text", 0},
    [TOKEN_DIM] = {"dim", ATTRIBUTE_DIM},
    [TOKEN_OK] = {"ok", 0},
    [TOKEN_NOW] = {"now", ATTRIBUTE_BOLD},
    [TOKEN_WARN] = {"warn", ATTRIBUTE_BOLD},
    [TOKEN_DANGER] = {"danger", ATTRIBUTE_REVERSE},
    [TOKEN_LOST] = {"lost", ATTRIBUTE_UNDERLINE},
    [TOKEN_GATE] = {"gate", ATTRIBUTE_BOLD},
    [TOKEN_HELD] = {"held", ATTRIBUTE_BOLD},
    [TOKEN_TODO] = {"todo", 0},
    [TOKEN_BAR_FILL] = {"bar.fill", 0},
    [TOKEN_BAR_REST] = {"bar.rest", ATTRIBUTE_DIM},
    [TOKEN_SPARK] = {"spark", 0},
    [TOKEN_KEY] = {"key", ATTRIBUTE_BOLD},
    [TOKEN_TITLE] = {"title", ATTRIBUTE_BOLD},
    [TOKEN_RULE] = {"rule", ATTRIBUTE_DIM},
    [TOKEN_SEL] = {"sel", ATTRIBUTE_REVERSE},
    [TOKEN_PROMPT] = {"prompt", ATTRIBUTE_BOLD},
    [TOKEN_HEAD] = {"head", ATTRIBUTE_REVERSE},
    [TOKEN_BADGE] = {"badge", ATTRIBUTE_REVERSE | ATTRIBUTE_BOLD},
    [TOKEN_OURS] = {"ours", ATTRIBUTE_BOLD},
    [TOKEN_HEAD_KEY] = {"head.key", ATTRIBUTE_REVERSE | ATTRIBUTE_BOLD},
    [TOKEN_HEAD_WARN] = {"head.warn", ATTRIBUTE_REVERSE | ATTRIBUTE_BOLD},
};

static const struct glyph_default glyph_defaults[] = {
    {"done", 0x25CF, '+'},    {"now", 0x25BA, '>'},     {"todo", 0x25CB, 'o'},
    {"held", 0x2016, '='},    {"failed", 0xD7, 'x'},    {"gate", 0x256B, '#'},
    {"calm", 0xB7, '.'},      {"warn", 0x25B2, '^'},    {"danger", 0x25C6, '!'},
    {"ours", 0x25B8, '*'},    {"back", 0x25C4, '<'},    {"fill", 0x2588, '#'},
    {"fill7", 0x2589, '#'},   {"fill6", 0x258A, '#'},   {"fill5", 0x258B, '#'},
    {"fill4", 0x258C, '.'},   {"fill3", 0x258D, '.'},   {"fill2", 0x258E, '.'},
    {"fill1", 0x258F, '.'},   {"rest", 0x2591, '.'},    {"spark1", 0x2581, '_'},
    {"spark2", 0x2582, '_'},  {"spark3", 0x2583, '.'},  {"spark4", 0x2584, '.'},
    {"spark5", 0x2585, '-'},  {"spark6", 0x2586, '='},  {"spark7", 0x2587, '#'},
    {"rule", 0x2500, '-'},    {"wall", 0x2502, '|'},    {"tee.down", 0x252C, '+'},
    {"tee.up", 0x2534, '+'},  {"corner1", 0x250C, '+'}, {"corner2", 0x2510, '+'},
    {"corner3", 0x2514, '+'}, {"corner4", 0x2518, '+'}, {"cross", 0x253C, '+'},
    {"more", 0x2026, '~'},    {"branch", 0x251C, '+'},
};

G_STATIC_ASSERT(G_N_ELEMENTS(glyph_defaults) <= GLYPHS_MAX);

const char *token_name(enum token token)
{
    return tokens[token].name;
}

int token_find(const char *name)
{
    for (int i = 0; i < TOKEN_COUNT; i++)
        if (strcmp(tokens[i].name, name) == 0)
            return i;
    return -1;
}

int glyph_find(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(glyph_defaults); i++)
        if (strcmp(glyph_defaults[i].name, name) == 0)
            return (int)i;
    return -1;
}

const char *glyph_name(int glyph)
{
    return glyph_defaults[glyph].name;
}

int glyph_count(void)
{
    return (int)G_N_ELEMENTS(glyph_defaults);
}

gunichar glyph_char(int glyph, gboolean ascii)
{
    return ascii ? (gunichar)glyph_defaults[glyph].ascii : glyph_defaults[glyph].c;
}

struct theme *theme_new_base(void)
{
    struct theme *theme = g_new0(struct theme, 1);
    theme->name = g_strdup(THEME_BASE);
    theme->deepest = DEPTH_TRUE;
    theme->warnings = g_ptr_array_new_with_free_func(g_free);
    for (int t = 0; t < TOKEN_COUNT; t++)
        for (int depth = 0; depth < DEPTH_COUNT; depth++)
            theme->looks[t][depth] = (struct theme_look){-1, -1, tokens[t].mono};
    for (guint i = 0; i < G_N_ELEMENTS(glyph_defaults); i++) {
        theme->glyphs[i] = glyph_defaults[i].c;
        theme->ascii[i] = (gunichar)glyph_defaults[i].ascii;
    }
    return theme;
}

void theme_free(struct theme *theme)
{
    if (!theme)
        return;
    g_free(theme->name);
    g_free(theme->about);
    g_ptr_array_unref(theme->warnings);
    g_free(theme);
}

const char *theme_name(const struct theme *theme)
{
    return theme->name;
}

const char *theme_about(const struct theme *theme)
{
    return theme->about ? theme->about : "";
}

gboolean theme_is_light(const struct theme *theme)
{
    return theme->light;
}

enum theme_depth theme_depth(const struct theme *theme, enum theme_depth depth)
{
    return MIN(depth, theme->deepest);
}

const GPtrArray *theme_warnings(const struct theme *theme)
{
    return theme->warnings;
}

const char *depth_name(enum theme_depth depth)
{
    static const char *const names[] = {"mono", "16", "256", "true"};
    return names[depth];
}

struct theme_look theme_look(const struct theme *theme, enum token token, enum theme_depth depth)
{
    return theme->looks[token][depth];
}

gunichar theme_glyph(const struct theme *theme, gunichar c, gboolean ascii)
{
    for (guint i = 0; i < G_N_ELEMENTS(glyph_defaults); i++) {
        if (glyph_defaults[i].c != c)
            continue;
        if (ascii || wcwidth((wchar_t)theme->glyphs[i]) != 1)
            return theme->ascii[i];
        return theme->glyphs[i];
    }
    return 0;
}
