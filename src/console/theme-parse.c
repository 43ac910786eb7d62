/* Theme files, line by line:
 *
 *   pgrollout-theme 1
 *   name NAME
 *   [palette]   COLOUR #rrggbb [256=N] [16=NAME]
 *   [tokens]    TOKEN [COLOUR|default] [on COLOUR] [attribute…] [| mono attribute…]
 *   [glyphs]    GLYPH U+XXXX [ascii "c"]
 *
 * A "#" that begins a word which is not a colour begins a comment. */
#include "config.h"
#include "console/theme-private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/text.h"

#define THEME_BYTES_MAX 65536

enum section { SECTION_HEAD, SECTION_PALETTE, SECTION_TOKENS, SECTION_GLYPHS };

struct colour {
    int of_256, of_16;
};

struct reader {
    struct theme *theme;
    GHashTable *palette; /* name to struct colour */
    enum section section;
    const char *file;
    int line;
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

static const char *const names_16[] = {"black", "red",     "green", "yellow",
                                       "blue",  "magenta", "cyan",  "white"};

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

/* sRGB to CIELAB with the D65 white point (CIE 15). */
static void lab_from_rgb(const int rgb[3], double lab[3])
{
    double linear[3], xyz[3], f[3];
    for (int i = 0; i < 3; i++) {
        double c = rgb[i] / 255.0;
        linear[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
    xyz[0] = (0.4124 * linear[0] + 0.3576 * linear[1] + 0.1805 * linear[2]) / 0.95047;
    xyz[1] = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    xyz[2] = (0.0193 * linear[0] + 0.1192 * linear[1] + 0.9505 * linear[2]) / 1.08883;
    for (int i = 0; i < 3; i++)
        f[i] = xyz[i] > 0.008856 ? cbrt(xyz[i]) : 7.787 * xyz[i] + 16.0 / 116;
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

static double distance(const int a[3], const int b[3])
{
    double x[3], y[3];
    lab_from_rgb(a, x);
    lab_from_rgb(b, y);
    return sqrt(pow(x[0] - y[0], 2) + pow(x[1] - y[1], 2) + pow(x[2] - y[2], 2));
}

/* The nearest of xterm's colours 16..255. */
static int nearest_256(const int rgb[3])
{
    static const int levels[] = {0, 95, 135, 175, 215, 255};
    int best = 16;
    double least = INFINITY;
    for (int i = 16; i < 256; i++) {
        int n = i - 16, grey = 8 + 10 * (i - 232);
        int c[3] = {i < 232 ? levels[n / 36] : grey, i < 232 ? levels[n / 6 % 6] : grey,
                    i < 232 ? levels[n % 6] : grey};
        double d = distance(rgb, c);
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

/* The nearest of the eight ANSI colours, which each terminal shows a little differently. */
static int nearest_16(const int rgb[3])
{
    int best = 7;
    double least = INFINITY;
    for (int i = 0; i < 8; i++) {
        int c[3] = {i & 1 ? 205 : 0, i & 2 ? 205 : 0, i & 4 ? 205 : 0};
        double d = distance(rgb, c);
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

static gboolean number_parse(const char *text, int max, int *out)
{
    guint64 n;
    if (!g_ascii_string_to_unsigned(text, 10, 0, (guint64)max, &n, NULL))
        return FALSE;
    *out = (int)n;
    return TRUE;
}

static gboolean colour_option(struct reader *r, const char *word, struct colour *colour)
{
    if (g_str_has_prefix(word, "256="))
        return number_parse(word + 4, 255, &colour->of_256) ||
               fail(r, "\"%s\" is not a colour number of 0 to 255", word + 4);
    if (!g_str_has_prefix(word, "16="))
        return fail(r, "unknown word \"%s\"", word);
    for (guint i = 0; i < G_N_ELEMENTS(names_16); i++)
        if (strcmp(word + 3, names_16[i]) == 0) {
            colour->of_16 = (int)i;
            return TRUE;
        }
    return fail(r, "\"%s\" is not one of the eight colours", word + 3);
}

static gboolean palette_line(struct reader *r, char **words, guint n)
{
    unsigned value;
    char end;
    if (n < 2 || words[1][0] != '#' || strlen(words[1]) != 7 ||
        sscanf(words[1] + 1, "%6x%c", &value, &end) != 1)
        return fail(r, "a colour is written NAME #rrggbb");
    int rgb[3] = {(int)(value >> 16), (int)(value >> 8 & 255), (int)(value & 255)};
    struct colour *colour = g_new0(struct colour, 1);
    colour->of_256 = nearest_256(rgb);
    colour->of_16 = nearest_16(rgb);
    g_hash_table_insert(r->palette, g_strdup(words[0]), colour);
    for (guint i = 2; i < n; i++)
        if (!colour_option(r, words[i], colour))
            return FALSE;
    return TRUE;
}

static unsigned attribute_find(const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS(attributes); i++)
        if (strcmp(word, attributes[i].name) == 0)
            return attributes[i].attribute;
    return 0;
}

/* A colour's name into both depths' foreground or background. */
static gboolean colour_use(struct reader *r, const char *word, gboolean back,
                           struct theme_look looks[DEPTH_256 + 1])
{
    static const struct colour own = {-1, -1};
    const struct colour *c =
        strcmp(word, "default") == 0 ? &own : g_hash_table_lookup(r->palette, word);
    if (!c)
        return fail(r, "\"%s\" is neither a colour of the palette nor an attribute", word);
    *(back ? &looks[DEPTH_256].background : &looks[DEPTH_256].foreground) = c->of_256;
    *(back ? &looks[DEPTH_16].background : &looks[DEPTH_16].foreground) = c->of_16;
    return TRUE;
}

static gboolean mono_words(struct reader *r, char **words, guint n, struct theme_look *mono)
{
    mono->attributes = 0;
    for (guint i = 0; i < n; i++) {
        unsigned attribute = attribute_find(words[i]);
        if (!attribute)
            return fail(r, "unknown attribute \"%s\"", words[i]);
        mono->attributes |= attribute;
    }
    return TRUE;
}

static gboolean token_line(struct reader *r, char **words, guint n)
{
    int token = token_find(words[0]);
    struct theme_look ignored[DEPTH_256 + 1];
    struct theme_look *looks = token < 0 ? ignored : r->theme->looks[token];
    looks[DEPTH_256] = looks[DEPTH_16] = (struct theme_look){-1, -1, 0};
    for (guint i = 1; i < n; i++) {
        unsigned attribute = attribute_find(words[i]);
        if (strcmp(words[i], "|") == 0) {
            if (i + 1 >= n || strcmp(words[i + 1], "mono") != 0)
                return fail(r, "after \"|\" comes \"mono\"");
            return mono_words(r, words + i + 2, n - i - 2, &looks[DEPTH_MONO]);
        }
        gboolean back = strcmp(words[i], "on") == 0;
        if (back && ++i >= n)
            return fail(r, "after \"on\" comes a colour");
        if (attribute && !back) {
            looks[DEPTH_256].attributes |= attribute;
            looks[DEPTH_16].attributes |= attribute;
        } else if (!colour_use(r, words[i], back, looks)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean glyph_line(struct reader *r, char **words, guint n)
{
    unsigned c;
    char end;
    int glyph = glyph_find(words[0]);
    if (n < 2 || sscanf(words[1], "U+%6x%c", &c, &end) != 1 || !g_unichar_validate(c) ||
        !g_unichar_isprint(c))
        return fail(r, "a glyph is written NAME U+XXXX [ascii \"c\"]");
    if (glyph < 0)
        return TRUE;
    r->theme->glyphs[glyph] = c;
    if (n == 2)
        return TRUE;
    if (n != 4 || strcmp(words[2], "ascii") != 0 || strlen(words[3]) != 3 || words[3][0] != '"' ||
        words[3][2] != '"' || !g_ascii_isgraph(words[3][1]))
        return fail(r, "an ASCII twin is written ascii \"c\"");
    r->theme->ascii[glyph] = (gunichar)words[3][1];
    return TRUE;
}

static gboolean head_line(struct reader *r, char **words, guint n)
{
    if (n == 2 && strcmp(words[0], "name") == 0) {
        g_free(r->theme->name);
        r->theme->name = safe_text(words[1], TEXT_ASCII);
        return TRUE;
    }
    return fail(r, "unknown word \"%s\"", words[0]);
}

static gboolean section_line(struct reader *r, const char *word)
{
    static const char *const names[] = {"", "[palette]", "[tokens]", "[glyphs]"};
    for (guint i = 1; i < G_N_ELEMENTS(names); i++)
        if (strcmp(word, names[i]) == 0) {
            r->section = (enum section)i;
            return TRUE;
        }
    return fail(r, "unknown section \"%s\"", word);
}

/* The words of a line without its comment; free with g_ptr_array_unref. */
static GPtrArray *words_split(const char *line)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) all = g_strsplit_set(line, " \t\r", -1);
    for (char **word = all; *word; word++) {
        if ((*word)[0] == '#' && !g_ascii_isxdigit((*word)[1]))
            break;
        if (**word)
            g_ptr_array_add(words, g_strdup(*word));
    }
    return words;
}

static gboolean line_read(struct reader *r, const char *line)
{
    g_autoptr(GPtrArray) list = words_split(line);
    char **words = (char **)list->pdata;
    if (list->len == 0)
        return TRUE;
    if (words[0][0] == '[')
        return section_line(r, words[0]);
    switch (r->section) {
    case SECTION_PALETTE:
        return palette_line(r, words, list->len);
    case SECTION_TOKENS:
        return token_line(r, words, list->len);
    case SECTION_GLYPHS:
        return glyph_line(r, words, list->len);
    case SECTION_HEAD:
        break;
    }
    return head_line(r, words, list->len);
}

struct theme *theme_parse(const char *file, const char *text, GError **error)
{
    struct reader r = {.file = file, .line = 1, .error = error};
    if (strlen(text) > THEME_BYTES_MAX) {
        fail(&r, "the file is larger than 64 kB");
        return NULL;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    if (g_strcmp0(lines[0], "pgrollout-theme 1") != 0) {
        fail(&r, "the first line of a theme is \"pgrollout-theme 1\"");
        return NULL;
    }
    r.theme = theme_new_mono();
    r.palette = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    gboolean ok = TRUE;
    for (char **line = lines + 1; ok && *line; line++) {
        r.line++;
        ok = line_read(&r, *line);
    }
    g_hash_table_unref(r.palette);
    if (!ok)
        g_clear_pointer(&r.theme, theme_free);
    return r.theme;
}
