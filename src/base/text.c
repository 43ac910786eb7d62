/* The one way foreign text reaches a screen. */
#include "config.h"
#include "pgrollout/base/text.h"

#include <string.h>
#include <wchar.h>

#define MARKS_PER_CELL 2
#define REPLACEMENT 0xFFFD
#define SUBSTITUTE 0x00B7

/* Visible as nothing, or drawn differently by every terminal, although their category is harmless.
 */
static gboolean is_treacherous(gunichar c)
{
    static const struct {
        gunichar first, last;
    } ranges[] = {
        {0x034F, 0x034F},   /* combining grapheme joiner */
        {0x115F, 0x11FF},   /* Hangul fillers and jamo that join the letter before */
        {0x17B4, 0x17B5},   /* Khmer inherent vowels: invisible */
        {0x180B, 0x180F},   /* Mongolian selectors */
        {0x3164, 0x3164},   /* Hangul filler */
        {0xD7B0, 0xD7FF},   /* more joining jamo */
        {0xFE00, 0xFE0F},   /* variation selectors */
        {0xFFA0, 0xFFA0},   /* half-width Hangul filler */
        {0xFFF0, 0xFFFC},   /* specials */
        {0x1F1E6, 0x1F1FF}, /* regional indicators: one cell or two, as the terminal likes */
        {0xE0000, 0xE0FFF}, /* tags, more variation selectors */
    };
    for (guint i = 0; i < G_N_ELEMENTS(ranges); i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return TRUE;
    return FALSE;
}

static gboolean is_space(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);
    return c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f' || c == 0x85 ||
           type == G_UNICODE_SPACE_SEPARATOR || type == G_UNICODE_LINE_SEPARATOR ||
           type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

static gboolean is_forbidden(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
        return TRUE;
    default:
        return is_treacherous(c);
    }
}

int safe_char_width(gunichar c)
{
    if (c < 0x7F)
        return 1;
    return MAX(0, wcwidth((wchar_t)c));
}

/* What stands for `c` after `marks` combining marks on the cell before (-1: there is none). */
static gunichar filter(gunichar c, int marks, enum text_mode mode)
{
    if (c >= 0x20 && c < 0x7F)
        return c;
    if (is_space(c))
        return ' ';
    if (c == REPLACEMENT)
        return mode == TEXT_ASCII ? '?' : c;
    if (is_forbidden(c))
        return mode == TEXT_ASCII ? '.' : SUBSTITUTE;
    if (mode == TEXT_ASCII)
        return '?';
    int width = mode == TEXT_FILE ? !g_unichar_iszerowidth(c) : wcwidth((wchar_t)c);
    if (width < 0 || (width == 0 && (marks < 0 || marks >= MARKS_PER_CELL)))
        return SUBSTITUTE;
    return c;
}

/* The next character, U+FFFD for one ill-formed byte; moves *text. */
static gunichar decode(const char **text)
{
    gunichar c = g_utf8_get_char_validated(*text, -1);
    if (c == (gunichar)-1 || c == (gunichar)-2) {
        (*text)++;
        return REPLACEMENT;
    }
    *text = g_utf8_next_char(*text);
    return c;
}

char *safe_text_cut(const char *text, int width, enum text_mode mode)
{
    GString *out = g_string_new(NULL);
    int cells = 0, marks = -1;
    gsize room_for_mark = 0; /* length of `out` at width - 1 cells */
    gboolean space = FALSE;  /* the last cell stands for a run of line ends or tabs */
    for (const char *p = text ? text : ""; *p;) {
        gunichar raw = decode(&p);
        gunichar c = filter(raw, marks, mode);
        if (c == ' ' && raw != ' ' && space)
            continue;
        space = c == ' ';
        int w = mode == TEXT_FILE ? !g_unichar_iszerowidth(c) : safe_char_width(c);
        marks = w > 0 ? 0 : marks + 1;
        if (cells + w > width) {
            g_string_truncate(out, room_for_mark);
            if (width > 0)
                g_string_append(out, mode == TEXT_ASCII ? "~" : "…");
            break;
        }
        g_string_append_unichar(out, c);
        cells += w;
        if (cells <= width - 1)
            room_for_mark = out->len;
    }
    return g_string_free(out, FALSE);
}

char *safe_text(const char *text, enum text_mode mode)
{
    return safe_text_cut(text, G_MAXINT - 2, mode);
}

int safe_text_width(const char *safe)
{
    int cells = 0;
    for (const char *p = safe; *p; p = g_utf8_next_char(p))
        cells += safe_char_width(g_utf8_get_char(p));
    return cells;
}
