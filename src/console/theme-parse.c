/* Theme files, line by line:
 *
 *   pgrollout-theme 1
 *   name NAME | about TEXT | background dark|light | depth 16|256 | inherits NAME
 *   [palette]   COLOUR #rrggbb [256=N] [16=NAME]
 *   [tokens]    TOKEN [LOOK] [| 256 LOOK] [| 16 LOOK] [| mono ATTRIBUTE…]
 *   [glyphs]    GLYPH U+XXXX [ascii "c"]
 *
 * where LOOK is [COLOUR|default] [on COLOUR] [ATTRIBUTE…]. A "#" that begins a word which is not a
 * colour begins a comment. Looks keep their colours by name until all is read: a theme that inherits
 * may change one colour and with it every token that wears it. */
#include "config.h"
#include "console/theme-private.h"

#include <string.h>

#include "console/colour.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/nearest.h"
#include "pgrollout/base/text.h"

/* Nobody needs more, and a chain of files without end must end. */
#define INHERITS_MAX 8

enum section { SECTION_HEAD, SECTION_PALETTE, SECTION_TOKENS, SECTION_GLYPHS };

struct colour {
    int rgb, of_256, of_16;
};

/* One colour of a look: by name, or a number at this depth; neither: the terminal's own. */
struct ink {
    const struct colour *colour;
    int number; /* -1: none */
};

struct spec {
    struct ink front, back;
    unsigned attributes;
};

/* What a theme and those that it inherits have said so far. */
struct sheet {
    struct theme *theme;
    GHashTable *palette; /* name to struct colour */
    struct spec specs[TOKEN_COUNT][DEPTH_COUNT];
    char *glyph_places[GLYPHS_MAX]; /* "file:line" */
};

struct reader {
    const struct reader *heir; /* whose file inherits this one; NULL: nobody's */
    struct sheet *sheet;
    enum section section;
    const char *name, *file;
    int line, light, depth; /* -1: not said */
    gboolean inherits;
    GError **error;
};

static const struct {
    const char *name;
    unsigned attribute;
} attributes[] = {
    {"bold", ATTRIBUTE_BOLD},           {"dim", ATTRIBUTE_DIM},
    {"underline", ATTRIBUTE_UNDERLINE}, {"reverse", ATTRIBUTE_REVERSE},
    {"italic", ATTRIBUTE_ITALIC},
};

static gboolean fail(struct reader *r, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean fail(struct reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *safe = safe_text(what, TEXT_ASCII);
    return rollout_fail(r->error, ROLLOUT_ERROR_USAGE, "%s:%d: %s", r->file, r->line, safe);
}

/* ": did you mean "x"?", or `otherwise`. Free with g_free. */
static char *meant(const char *word, const GPtrArray *words, const char *otherwise)
{
    const char *nearest = word_nearest(word, (const char *const *)words->pdata, words->len);
    return nearest ? g_strdup_printf(": did you mean \"%s\"?", nearest) : g_strdup(otherwise);
}

static void words_add(GPtrArray *words, const char *const *more)
{
    for (; *more; more++)
        g_ptr_array_add(words, (void *)*more);
}

static void warn_unknown(struct reader *r, const char *kind, const char *word, int count,
                         const char *(*name)(int i))
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (int i = 0; i < count; i++)
        g_ptr_array_add(known, (void *)name(i));
    g_autofree char *end = meant(word, known, "; a newer program may know it");
    g_autofree char *text = g_strdup_printf("%s:%d: unknown %s \"%s\" is passed over%s", r->file,
                                            r->line, kind, word, end);
    g_ptr_array_add(r->sheet->theme->warnings, safe_text(text, TEXT_ASCII));
}

static gboolean number_parse(const char *text, int max, int *out)
{
    guint64 n;
    if (!g_ascii_string_to_unsigned(text, 10, 0, (guint64)max, &n, NULL))
        return FALSE;
    *out = (int)n;
    return TRUE;
}

/* Digits of base 16 and nothing else, `least` to six of them. */
static gboolean hex_parse(const char *text, gsize least, int *out)
{
    gsize n = strlen(text);
    if (n < least || n > 6 || strspn(text, "0123456789abcdefABCDEF") != n)
        return FALSE;
    *out = (int)g_ascii_strtoull(text, NULL, 16);
    return TRUE;
}

static gboolean colour_option(struct reader *r, const char *word, struct colour *colour)
{
    if (g_str_has_prefix(word, "256="))
        return number_parse(word + 4, 255, &colour->of_256) ||
               fail(r, "\"%s\" is no colour number: 0 to 255", word + 4);
    if (!g_str_has_prefix(word, "16="))
        return fail(r, "unknown word \"%s\": a colour is written NAME #rrggbb [256=N] [16=NAME]",
                    word);
    colour->of_16 = colour_16_find(word + 3);
    if (colour->of_16 >= 0)
        return TRUE;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    words_add(names, colour_16_names());
    g_autofree char *end = meant(word + 3, names, "");
    return fail(r,
                "\"%s\" is none of black, red, green, yellow, blue, magenta, cyan, white and "
                "bright-black to bright-white%s",
                word + 3, end);
}

static unsigned attribute_find(const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS(attributes); i++)
        if (strcmp(word, attributes[i].name) == 0)
            return attributes[i].attribute;
    return 0;
}

static gboolean is_reserved(const char *word)
{
    return attribute_find(word) || strcmp(word, "default") == 0 || strcmp(word, "on") == 0 ||
           strcmp(word, "|") == 0;
}

static gboolean palette_line(struct reader *r, char **words, guint n)
{
    struct colour colour;
    if (n < 2 || words[1][0] != '#' || !hex_parse(words[1] + 1, 6, &colour.rgb))
        return fail(r, "a colour is written NAME #rrggbb [256=N] [16=NAME]");
    if (is_reserved(words[0]))
        return fail(r, "\"%s\" means something else in [tokens]: give the colour another name",
                    words[0]);
    colour.of_256 = colour_nearest_256(colour.rgb);
    colour.of_16 = colour_nearest_8(colour.rgb);
    for (guint i = 2; i < n; i++)
        if (!colour_option(r, words[i], &colour))
            return FALSE;
    struct colour *known = g_hash_table_lookup(r->sheet->palette, words[0]);
    if (known) /* in place: looks point to it */
        *known = colour;
    else
        g_hash_table_insert(r->sheet->palette, g_strdup(words[0]),
                            g_memdup2(&colour, sizeof colour));
    return TRUE;
}

static gboolean unknown_in_look(struct reader *r, const char *word, enum theme_depth depth)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    g_autofree gpointer *colours = g_hash_table_get_keys_as_array(r->sheet->palette, NULL);
    words_add(known, (const char *const *)colours);
    for (guint i = 0; i < G_N_ELEMENTS(attributes); i++)
        g_ptr_array_add(known, (void *)attributes[i].name);
    if (depth == DEPTH_16)
        words_add(known, colour_16_names());
    g_autofree char *end = meant(
        word, known, ": name it in [palette] above, or take bold, dim, underline, reverse, italic");
    return fail(r, "\"%s\" is neither a colour of the palette nor an attribute%s", word, end);
}

static gboolean ink_parse(struct reader *r, const char *word, enum theme_depth depth,
                          struct ink *ink)
{
    *ink = (struct ink){g_hash_table_lookup(r->sheet->palette, word), -1};
    if (ink->colour || strcmp(word, "default") == 0)
        return TRUE;
    if (depth == DEPTH_256 && number_parse(word, 255, &ink->number))
        return TRUE;
    if (depth == DEPTH_16 && (ink->number = colour_16_find(word)) >= 0)
        return TRUE;
    return unknown_in_look(r, word, depth);
}

/* The words between two "|". `depth` is DEPTH_TRUE for the first ones, which hold for all depths. */
static gboolean look_parse(struct reader *r, char **words, guint n, enum theme_depth depth,
                           struct spec *spec)
{
    int fronts = 0, backs = 0;
    *spec = (struct spec){{NULL, -1}, {NULL, -1}, 0};
    for (guint i = 0; i < n; i++) {
        unsigned attribute = attribute_find(words[i]);
        gboolean back = strcmp(words[i], "on") == 0;
        spec->attributes |= attribute;
        if (attribute)
            continue;
        if (depth == DEPTH_MONO)
            return fail(r,
                        "mono has attributes only (bold, dim, underline, reverse, italic), not "
                        "\"%s\"",
                        words[i]);
        if (back && ++i >= n)
            return fail(r, "after \"on\" comes a colour");
        if (back ? backs++ : fronts++)
            return fail(r, "\"%s\" is one colour too many: COLOUR on COLOUR", words[i]);
        if (!ink_parse(r, words[i], depth, back ? &spec->back : &spec->front))
            return FALSE;
    }
    return TRUE;
}

static guint until_bar(char **words, guint from, guint n)
{
    while (from < n && strcmp(words[from], "|") != 0)
        from++;
    return from;
}

/* "| 256 …", "| 16 …", "| mono …" in any order, each at most once. */
static gboolean alternatives_parse(struct reader *r, char **words, guint n, guint i,
                                   struct spec specs[DEPTH_COUNT])
{
    gboolean seen[DEPTH_COUNT] = {FALSE};
    while (i < n) {
        guint end = until_bar(words, i + 1, n);
        int depth = DEPTH_MONO;
        while (i + 1 < end && depth < DEPTH_TRUE &&
               strcmp(words[i + 1], depth_name((enum theme_depth)depth)) != 0)
            depth++;
        if (i + 1 >= end || depth == DEPTH_TRUE)
            return fail(r, "after \"|\" comes 256, 16 or mono");
        if (seen[depth])
            return fail(r, "\"| %s\" stands here twice", words[i + 1]);
        seen[depth] = TRUE;
        if (!look_parse(r, words + i + 2, end - i - 2, (enum theme_depth)depth, &specs[depth]))
            return FALSE;
        i = end;
    }
    return TRUE;
}

static const char *name_of_token(int i)
{
    return token_name((enum token)i);
}

/* A line tells all of a look; only what mono looks like stays as it was where it is not told. */
static gboolean token_line(struct reader *r, char **words, guint n)
{
    int token = token_find(words[0]);
    if (token < 0) {
        warn_unknown(r, "token", words[0], TOKEN_COUNT, name_of_token);
        return TRUE;
    }
    if (n == 1)
        return fail(r, "what does \"%s\" look like? A colour, \"default\" or attributes", words[0]);
    struct spec *specs = r->sheet->specs[token];
    guint bar = until_bar(words, 1, n);
    if (bar > 1) {
        if (!look_parse(r, words + 1, bar - 1, DEPTH_TRUE, &specs[DEPTH_TRUE]))
            return FALSE;
        specs[DEPTH_256] = specs[DEPTH_16] = specs[DEPTH_TRUE];
    }
    return alternatives_parse(r, words, n, bar, specs);
}

static gboolean glyph_char_check(struct reader *r, int c)
{
    gunichar u = (gunichar)c;
    if (!g_unichar_validate(u) || !g_unichar_isgraph(u))
        return fail(r, "U+%04X is not a character that can be seen", (guint)c);
    if (char_may_be_emoji(u))
        return fail(r, "terminals may draw U+%04X as a coloured picture: take another character",
                    (guint)c);
    if (g_unichar_iswide(u) || g_unichar_iszerowidth(u))
        return fail(r, "U+%04X does not take exactly one cell: take another character", (guint)c);
    return TRUE;
}

static gboolean glyph_line(struct reader *r, char **words, guint n)
{
    int c, glyph = glyph_find(words[0]);
    if (n < 2 || !g_str_has_prefix(words[1], "U+") || !hex_parse(words[1] + 2, 2, &c))
        return fail(r, "a glyph is written NAME U+XXXX [ascii \"c\"]");
    if (!glyph_char_check(r, c))
        return FALSE;
    if (n > 2 && (n != 4 || strcmp(words[2], "ascii") != 0 || strlen(words[3]) != 3 ||
                  words[3][0] != '"' || words[3][2] != '"' || !g_ascii_isgraph(words[3][1])))
        return fail(r, "an ASCII twin is written ascii \"c\"");
    if (glyph < 0) {
        warn_unknown(r, "glyph", words[0], glyph_count(), glyph_name);
        return TRUE;
    }
    r->sheet->theme->glyphs[glyph] = (gunichar)c;
    if (n > 2)
        r->sheet->theme->ascii[glyph] = (gunichar)words[3][1];
    g_free(r->sheet->glyph_places[glyph]);
    r->sheet->glyph_places[glyph] = g_strdup_printf("%s:%d", r->file, r->line);
    return TRUE;
}

static gboolean sheet_read(struct reader *r, const char *text);

static gboolean inherits_line(struct reader *r, const char *name)
{
    int depth = 0;
    if (r->inherits)
        return fail(r, "a theme inherits one other: this is the second");
    r->inherits = TRUE;
    if (strcmp(name, THEME_BASE) == 0)
        return TRUE;
    for (const struct reader *heir = r; heir; heir = heir->heir, depth++)
        if (strcmp(heir->name, name) == 0)
            return fail(r, "\"%s\" would inherit from itself: take this line out", name);
    if (depth > INHERITS_MAX)
        return fail(r, "more than %d themes inherit from each other", INHERITS_MAX);
    g_autoptr(GError) problem = NULL;
    g_autofree char *file = NULL;
    g_autofree char *text = theme_text(name, &file, &problem);
    if (!text)
        return fail(r, "%s", problem->message);
    struct reader parent = {.heir = r,
                            .sheet = r->sheet,
                            .name = name,
                            .file = file,
                            .light = -1,
                            .depth = -1,
                            .error = r->error};
    return sheet_read(&parent, text);
}

static gboolean head_line(struct reader *r, char **words, guint n)
{
    struct theme *theme = r->sheet->theme;
    if (strcmp(words[0], "about") == 0 && n > 1) {
        g_autofree char *about = g_strjoinv(" ", words + 1);
        g_free(r->heir ? NULL : theme->about);
        theme->about = r->heir ? theme->about : safe_text(about, TEXT_ASCII);
        return TRUE;
    }
    if (n != 2)
        return fail(r, "here stand name NAME, about TEXT, background dark or light, depth 16 or "
                       "256, inherits NAME "
                       "and then a section: [palette], [tokens] or [glyphs]");
    if (strcmp(words[0], "name") == 0) {
        g_free(r->heir ? NULL : theme->name);
        theme->name = r->heir ? theme->name : safe_text(words[1], TEXT_ASCII);
        return TRUE;
    }
    if (strcmp(words[0], "inherits") == 0)
        return inherits_line(r, words[1]);
    if (strcmp(words[0], "background") == 0) {
        r->light = strcmp(words[1], "light") == 0;
        return r->light || strcmp(words[1], "dark") == 0 ||
               fail(r, "a background is dark or light, not \"%s\"", words[1]);
    }
    if (strcmp(words[0], "depth") == 0) {
        r->depth = strcmp(words[1], "16") == 0    ? DEPTH_16
                   : strcmp(words[1], "256") == 0 ? DEPTH_256
                                                  : DEPTH_MONO;
        return r->depth || fail(r, "a depth is 16 or 256, not \"%s\"", words[1]);
    }
    static const char *const known[] = {"name", "about", "inherits", "background", "depth"};
    const char *nearest = word_nearest(words[0], known, G_N_ELEMENTS(known));
    return fail(r, "unknown word \"%s\": did you mean \"%s\"?", words[0],
                nearest ? nearest : "about");
}

static gboolean section_line(struct reader *r, const char *word)
{
    static const char *const names[] = {"", "[palette]", "[tokens]", "[glyphs]"};
    for (guint i = 1; i < G_N_ELEMENTS(names); i++)
        if (strcmp(word, names[i]) == 0) {
            r->section = (enum section)i;
            return TRUE;
        }
    return fail(r, "unknown section \"%s\": there are [palette], [tokens] and [glyphs]", word);
}

static gboolean is_comment(const char *word, gboolean first)
{
    int ignored;
    return word[0] == '#' && (first || !hex_parse(word + 1, 5, &ignored));
}

/* The words of a line without its comment, a NULL behind them; free with g_ptr_array_unref. */
static GPtrArray *words_split(const char *line)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) all = g_strsplit_set(line, " \t\r", -1);
    for (char **word = all; *word && !is_comment(*word, words->len == 0); word++)
        if (**word)
            g_ptr_array_add(words, g_strdup(*word));
    g_ptr_array_add(words, NULL);
    return words;
}

static gboolean line_read(struct reader *r, const char *line)
{
    g_autoptr(GPtrArray) list = words_split(line);
    char **words = (char **)list->pdata;
    guint n = list->len - 1;
    if (n == 0)
        return TRUE;
    if (words[0][0] == '[')
        return section_line(r, words[0]);
    switch (r->section) {
    case SECTION_PALETTE:
        return palette_line(r, words, n);
    case SECTION_TOKENS:
        return token_line(r, words, n);
    case SECTION_GLYPHS:
        return glyph_line(r, words, n);
    case SECTION_HEAD:
        break;
    }
    return head_line(r, words, n);
}

static gboolean sheet_read(struct reader *r, const char *text)
{
    r->line = 1;
    if (strlen(text) > THEME_BYTES_MAX)
        return fail(r, "the file is larger than 64 kB");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    if (!lines[0] || strcmp(g_strchomp(lines[0]), "pgrollout-theme 1") != 0)
        return fail(r, "the first line of a theme is \"pgrollout-theme 1\"");
    for (char **line = lines + 1; *line; line++) {
        r->line++;
        if (!line_read(r, *line))
            return FALSE;
    }
    if (r->light >= 0)
        r->sheet->theme->light = r->light;
    if (r->depth >= 0)
        r->sheet->theme->deepest = (enum theme_depth)r->depth;
    return TRUE;
}

/* Two states that are drawn alike would hide one of them. */
static gboolean glyphs_differ(struct reader *r)
{
    static const char *const states[] = {"done", "now",  "todo",   "held", "failed", "gate",
                                         "calm", "warn", "danger", "ours", "back"};
    const struct theme *theme = r->sheet->theme;
    for (guint i = 0; i < G_N_ELEMENTS(states); i++)
        for (guint j = 0; j < i; j++) {
            int a = glyph_find(states[i]), b = glyph_find(states[j]);
            if (theme->glyphs[a] != theme->glyphs[b] && theme->ascii[a] != theme->ascii[b])
                continue;
            const char *place =
                r->sheet->glyph_places[a] ? r->sheet->glyph_places[a] : r->sheet->glyph_places[b];
            return rollout_fail(r->error, ROLLOUT_ERROR_USAGE,
                                "%s: \"%s\" would be drawn as \"%s\" is: give it another character",
                                place ? place : r->file, states[i], states[j]);
        }
    return TRUE;
}

static int number_of(const struct ink *ink, enum theme_depth depth)
{
    if (!ink->colour || depth == DEPTH_MONO)
        return ink->number;
    return depth == DEPTH_TRUE  ? ink->colour->rgb
           : depth == DEPTH_256 ? ink->colour->of_256
                                : ink->colour->of_16;
}

/* What is "default" elsewhere is what the token text says; its own "default" is the terminal's. */
static void resolve(struct sheet *sheet)
{
    for (int depth = 0; depth < DEPTH_COUNT; depth++) {
        struct theme_look text = {-1, -1, 0};
        for (int token = TOKEN_TEXT; token < TOKEN_COUNT; token++) {
            const struct spec *spec = &sheet->specs[token][depth];
            struct theme_look look = {number_of(&spec->front, (enum theme_depth)depth),
                                      number_of(&spec->back, (enum theme_depth)depth),
                                      spec->attributes};
            if (token == TOKEN_TEXT)
                text = look;
            look.foreground = look.foreground < 0 ? text.foreground : look.foreground;
            look.background = look.background < 0 ? text.background : look.background;
            sheet->theme->looks[token][depth] = look;
        }
    }
}

static void sheet_init(struct sheet *sheet, const char *name)
{
    *sheet = (struct sheet){.theme = theme_new_base()};
    sheet->palette = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_free(sheet->theme->name);
    sheet->theme->name = safe_text(name, TEXT_ASCII);
    for (int token = 0; token < TOKEN_COUNT; token++)
        for (int depth = 0; depth < DEPTH_COUNT; depth++)
            sheet->specs[token][depth] =
                (struct spec){{NULL, -1}, {NULL, -1}, sheet->theme->looks[token][depth].attributes};
}

struct theme *theme_read(const char *name, const char *file, const char *text, GError **error)
{
    struct sheet sheet;
    sheet_init(&sheet, name);
    struct reader r = {.sheet = &sheet,
                       .name = name,
                       .file = file,
                       .line = 1,
                       .light = -1,
                       .depth = -1,
                       .error = error};
    gboolean ok = sheet_read(&r, text) && glyphs_differ(&r);
    if (ok)
        resolve(&sheet);
    else
        g_clear_pointer(&sheet.theme, theme_free);
    g_hash_table_unref(sheet.palette);
    for (int i = 0; i < GLYPHS_MAX; i++)
        g_free(sheet.glyph_places[i]);
    return sheet.theme;
}

struct theme *theme_parse(const char *file, const char *text, GError **error)
{
    return theme_read(file, file, text, error);
}
