#include "config.h"
#include "report/markup.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/text.h"

static void escape(GString *out, const char *safe)
{
    for (const char *p = safe; *p; p++) {
        switch (*p) {
        case '&':
            g_string_append(out, "&amp;");
            break;
        case '<':
            g_string_append(out, "&lt;");
            break;
        case '>':
            g_string_append(out, "&gt;");
            break;
        case '"':
            g_string_append(out, "&quot;");
            break;
        case '\'':
            g_string_append(out, "&#39;");
            break;
        default:
            g_string_append_c(out, *p);
        }
    }
}

void markup_text(GString *out, const char *text)
{
    g_autofree char *safe = safe_text(text, TEXT_FILE);
    escape(out, safe);
}

void markup_text_cut(GString *out, const char *text, int width)
{
    g_autofree char *safe = safe_text_cut(text, width, TEXT_FILE);
    escape(out, safe);
}

void markup_block(GString *out, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    for (char **line = lines; *line; line++) {
        /* an indented line begins with spaces, not with one for all of them */
        g_autofree char *plain = g_strdelimit(g_strdup(*line), "\t", ' ');
        g_strchomp(plain);
        markup_text(out, plain);
        if (line[1])
            g_string_append_c(out, '\n');
    }
}

void markup_add(GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
}

void markup_element(GString *out, const char *tag, const char *text)
{
    g_string_append_printf(out, "<%s>", tag);
    markup_text(out, text);
    g_string_append_printf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

void markup_number(GString *out, double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    double rounded = round(number * 100) / 100;
    g_string_append(out, g_ascii_formatd(text, sizeof text, "%.6g", rounded == 0 ? 0 : rounded));
}
