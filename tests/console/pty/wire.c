/* The allow-list: what curses sends for the terminals of these tests, the questions and modes of the
 * console, and visible text. */
#include "config.h"
#include "wire.h"

#include <string.h>

enum state { TEXT, ESCAPE, CHARSET, CSI, OSC, OSC_ESCAPE, UTF8 };

struct wire {
    enum state state;
    GString *sequence; /* the one under way */
    guint missing;     /* bytes of the character under way */
    char *offence;
};

struct wire *wire_new(void)
{
    struct wire *wire = g_new0(struct wire, 1);
    wire->sequence = g_string_new(NULL);
    return wire;
}

void wire_free(struct wire *wire)
{
    if (!wire)
        return;
    g_string_free(wire->sequence, TRUE);
    g_free(wire->offence);
    g_free(wire);
}

const char *wire_offence(const struct wire *wire)
{
    return wire->offence;
}

static void offend(struct wire *wire, const char *what)
{
    g_autofree char *bytes = g_strescape(wire->sequence->str, NULL);
    if (!wire->offence)
        wire->offence = g_strdup_printf("%s \"%s\"", what, bytes);
}

static void finish(struct wire *wire, gboolean allowed, const char *what)
{
    if (!allowed)
        offend(wire, what);
    wire->state = TEXT;
    g_string_truncate(wire->sequence, 0);
}

static gboolean is_one_of(const char *text, const char *const *list)
{
    return g_strv_contains(list, text);
}

/* Moving, erasing, colours; modes and reports only those that the console or curses uses. */
static gboolean csi_is_allowed(const char *s)
{
    static const char *const exact[] = {"[!p",  "[22;0;0t", "[23;0;0t", "[?0c",
                                        "[?1c", "[?8c",     NULL};
    static const char *const modes[] = {"?1",    "?3",  "?4",     "?3;4",  "?5",    "?7",
                                        "?12",   "?25", "?12;25", "?1047", "?1048", "?1049",
                                        "?2004", "4",   "34",     "20",    NULL};
    gsize n = strlen(s);
    if (is_one_of(s, exact))
        return TRUE;
    g_autofree char *parameters = g_strndup(s + 1, n - 2);
    if (strchr("hl", s[n - 1]))
        return is_one_of(parameters, modes);
    return strchr("@ABCDEFGHJKLMPSTXZ`bdfmrg", s[n - 1]) &&
           strspn(parameters, "0123456789;:") == strlen(parameters);
}

static gboolean character_is_allowed(const char *s)
{
    gunichar c = g_utf8_get_char_validated(s, -1);
    if (c == (gunichar)-1 || c == (gunichar)-2)
        return FALSE;
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return FALSE;
    default:
        return TRUE;
    }
}

static void feed_text(struct wire *wire, guchar c)
{
    if (c == 0x1B)
        wire->state = ESCAPE;
    else if (c >= 0xC0) {
        wire->missing = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
        wire->state = UTF8;
    } else /* NUL pads, SO and SI change to line drawing and back */
        finish(wire, (c >= 0x20 && c < 0x7F) || (c < 0x20 && memchr("\0\b\t\n\r\016\017", c, 7)),
               "the byte");
}

static void feed_escape(struct wire *wire, guchar c)
{
    if (c == '[')
        wire->state = CSI;
    else if (c == ']')
        wire->state = OSC;
    else if (c == '(' || c == ')')
        wire->state = CHARSET;
    else
        finish(wire, c && strchr("78=>MH", c), "the sequence");
}

static void feed(struct wire *wire, guchar c)
{
    g_string_append_c(wire->sequence, (char)c);
    switch (wire->state) {
    case TEXT:
        feed_text(wire, c);
        break;
    case ESCAPE:
        feed_escape(wire, c);
        break;
    case CHARSET:
        finish(wire, c && strchr("0ABU", c), "the character set");
        break;
    case CSI:
        if (c >= 0x40 && c < 0x7F)
            finish(wire, csi_is_allowed(wire->sequence->str + 1), "the sequence");
        else if (c < 0x20 || c >= 0x7F)
            finish(wire, FALSE, "the sequence");
        break;
    case OSC:
        if (c == 0x1B)
            wire->state = OSC_ESCAPE;
        else if (c < 0x20 || c >= 0x7F || wire->sequence->len > 16)
            finish(wire, FALSE, "the command");
        break;
    case OSC_ESCAPE: /* it asks for the background and sets nothing */
        finish(wire, strcmp(wire->sequence->str, "\033]11;?\033\\") == 0, "the command");
        break;
    case UTF8:
        if (c < 0x80 || c >= 0xC0)
            finish(wire, FALSE, "the bytes");
        else if (--wire->missing == 0)
            finish(wire, character_is_allowed(wire->sequence->str), "the character");
        break;
    }
}

void wire_feed(struct wire *wire, const guchar *bytes, gsize n)
{
    for (gsize i = 0; i < n; i++)
        feed(wire, bytes[i]);
}
