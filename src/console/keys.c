/* Key sequences into keys, and the table of bindings that help and the key bar are made from. */
#include "config.h"
#include "console/keys.h"

#include <string.h>

#define SEQUENCE_MAX 256  /* what is longer is none */
#define PARAMETERS_MAX 16 /* of the sequences that mean something */

#define CHAR(ch)                                                                                   \
    {                                                                                              \
        KEY_CODE_CHAR, ch                                                                          \
    }
#define CODE(code)                                                                                 \
    {                                                                                              \
        KEY_CODE_##code, 0                                                                         \
    }
#define CTRL(ch)                                                                                   \
    {                                                                                              \
        KEY_CODE_CHAR, (ch)&0x1F                                                                   \
    }

const struct binding bindings[] = {
    {CHAR('p'), ACT_PAUSE, "p", "pause", "pause (never asks)", "pause", NULL, 2},
    {CHAR('P'), ACT_PAUSE_ALL, "P", "pause all", "pause every migration", "pause_all", NULL, 2},
    {CHAR('t'), ACT_THROTTLE, "t", "throttle", "throttle: slower now", "throttle", NULL, 2},
    {CHAR('r'), ACT_RESUME, "r", "resume", "resume", "resume", "y", 3},
    {CHAR('s'), ACT_STEP, "s", "step", "one step or batch, then hold", "step", "y", 3},
    {CHAR('g'), ACT_ADVANCE, "g", "advance", "advance into the next phase", "advance", "y", 3},
    {CHAR('c'), ACT_CONFIRM, "c", "confirm", "answer the gate that waits", "confirm", "y", 3},
    {CHAR('A'), ACT_ABORT, "A", "abort", "abort: the card, then its name", "abort", "name", 3},
    {CHAR('a'), ACT_ACKNOWLEDGE, "a", NULL, "acknowledge the message", NULL, NULL, 0},
    {CHAR('x'), ACT_CANCEL, "x", "cancel", "cancel a session's statement", "cancel", "y", 0},
    {CHAR('X'), ACT_TERMINATE, "X", "end", "end a session", "terminate", "pid", 0},
    {CHAR('7'), ACT_JOURNAL, "7", "journal", NULL, NULL, NULL, 0},
    {CHAR('?'), ACT_HELP, "?", "help", NULL, NULL, NULL, 0},
    {CODE(ENTER), ACT_OPEN, "Enter", "open", "open the selected row", NULL, NULL, 0},
    {CHAR('/'), ACT_FILTER, "/", "filter", "filter rows by words", NULL, NULL, 0},
    {CHAR('o'), ACT_SORT, "o", "order", "next order (O: backwards)", NULL, NULL, 0},
    {CHAR('O'), ACT_SORT_BACK, "O", NULL, NULL, NULL, NULL, 0},
    {CHAR('f'), ACT_FOLLOW, "f", "follow", "follow the selected row", NULL, NULL, 0},
    {CHAR('z'), ACT_FREEZE, "z", "freeze", "freeze the picture", NULL, NULL, 0},
    {CHAR('i'), ACT_SCOPE, "i", "all", "journal: of this one or all", NULL, NULL, 0},
    {CHAR('e'), ACT_EDIT, "e", "set", "set the selected guard's limit", NULL, NULL, 2},
    {CHAR('d'), ACT_DIFF, "d", "diff", "plan: compare it with a file", NULL, NULL, 0},
    {CODE(ESC), ACT_BACK, "Esc", "present", "back, close, cancel", NULL, NULL, 0},
    {CHAR('['), ACT_PAST_BACK, "[", "back", "a moment back (] on)", NULL, NULL, 0},
    {CHAR(']'), ACT_PAST_ON, "]", "on", NULL, NULL, NULL, 0},
    {CHAR('{'), ACT_MARK_BACK, "{", "event", "to the event before (} after)", NULL, NULL, 0},
    {CHAR('}'), ACT_MARK_ON, "}", "next", NULL, NULL, NULL, 0},
    {CHAR('m'), ACT_MOMENT, "m", "moment", "journal: the moment of a line", NULL, NULL, 0},
    {CHAR(':'), ACT_PROMPT, ":", "command", "command, with history and Tab", NULL, NULL, 0},
    {CHAR('j'), ACT_DOWN, "j", NULL, "down (arrows, PgUp, PgDn too)", NULL, NULL, 0},
    {CHAR('k'), ACT_UP, "k", NULL, "up", NULL, NULL, 0},
    {CODE(HOME), ACT_FIRST, "Home", NULL, "first line", NULL, NULL, 0},
    {CODE(END), ACT_LAST, "End", NULL, "last line", NULL, NULL, 0},
    {CHAR('R'), ACT_PROBE, "R", NULL, "read or reconnect now", NULL, NULL, 0},
    {CHAR('h'), ACT_HINT, "h", "hint", "drill: a hint", NULL, NULL, 0},
    {CHAR('v'), ACT_PREDICT, "v", "predict", "drill: answer the question", NULL, NULL, 0},
    {CHAR('='), ACT_SPEAK, "=", NULL, "say the five answers here", NULL, NULL, 0},
    {CTRL('L'), ACT_REPAINT, "Ctrl-L", NULL, "paint the screen anew", NULL, NULL, 0},
    {CTRL('Z'), ACT_SUSPEND, "Ctrl-Z", NULL, "suspend the console", NULL, NULL, 0},
    {CHAR('q'), ACT_QUIT, "q", "quit", "quit; the rollout goes on", NULL, NULL, 0},
    {CODE(DOWN), ACT_DOWN, "Down", NULL, NULL, NULL, NULL, 0},
    {CODE(UP), ACT_UP, "Up", NULL, NULL, NULL, NULL, 0},
    {CODE(PAGE_DOWN), ACT_PAGE_DOWN, "PgDn", NULL, NULL, NULL, NULL, 0},
    {CODE(PAGE_UP), ACT_PAGE_UP, "PgUp", NULL, NULL, NULL, NULL, 0},
    {CTRL('F'), ACT_PAGE_DOWN, "Ctrl-F", NULL, NULL, NULL, NULL, 0},
    {CTRL('B'), ACT_PAGE_UP, "Ctrl-B", NULL, NULL, NULL, NULL, 0},
    {CTRL('C'), ACT_BACK, "Ctrl-C", NULL, NULL, NULL, NULL, 0},
    {{KEY_CODE_NONE, 0}, ACT_NONE, NULL, NULL, NULL, NULL, NULL, 0},
};

const struct binding *binding_find(const struct key *key)
{
    for (const struct binding *b = bindings; b->act != ACT_NONE; b++)
        if (b->key.code == key->code && b->key.c == key->c)
            return b;
    return NULL;
}

const struct binding *binding_of_act(enum act act)
{
    for (const struct binding *b = bindings; b->act != ACT_NONE; b++)
        if (b->act == act)
            return b;
    return NULL;
}

/* The end of a CSI or SS3 sequence by its parameters and final byte. */
static enum key_code sequence_code(const char *parameters, guchar final)
{
    static const struct {
        const char *parameters;
        guchar final;
        enum key_code code;
    } table[] = {
        {"", 'A', KEY_CODE_UP},           {"", 'B', KEY_CODE_DOWN},
        {"", 'C', KEY_CODE_RIGHT},        {"", 'D', KEY_CODE_LEFT},
        {"", 'H', KEY_CODE_HOME},         {"", 'F', KEY_CODE_END},
        {"", 'M', KEY_CODE_ENTER},        {"1", '~', KEY_CODE_HOME},
        {"7", '~', KEY_CODE_HOME},        {"4", '~', KEY_CODE_END},
        {"8", '~', KEY_CODE_END},         {"5", '~', KEY_CODE_PAGE_UP},
        {"6", '~', KEY_CODE_PAGE_DOWN},   {"200", '~', KEY_CODE_PASTE_BEGIN},
        {"201", '~', KEY_CODE_PASTE_END},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++)
        if (table[i].final == final && strcmp(table[i].parameters, parameters) == 0)
            return table[i].code;
    return KEY_CODE_OTHER;
}

/* Bytes of the sequence that begins "ESC [" or "ESC O"; 0: its end has not come. */
static gsize sequence_length(const guchar *bytes, gsize n)
{
    gboolean csi = bytes[1] == '[';
    if (csi && n > 2 && bytes[2] == 'M')
        return n < 6 ? 0 : 6; /* a mouse of the old kind: three bytes more, which may be letters */
    if (csi && n > 2 && bytes[2] == '[')
        return n < 4 ? 0 : 4; /* F1 to F5 of the Linux console */
    for (gsize i = 2; i < n; i++) {
        if (bytes[i] < 0x20)
            return i; /* broken off */
        if (bytes[i] >= 0x40 && bytes[i] <= 0x7E)
            return i + 1;
    }
    return n < SEQUENCE_MAX ? 0 : n;
}

/* The same of what a terminal tells of itself ("ESC ]", "ESC P" …), up to BEL or ESC \. */
static gsize string_length(const guchar *bytes, gsize n)
{
    for (gsize i = 2; i < n; i++) {
        if (bytes[i] == '\a')
            return i + 1;
        if (bytes[i] == 0x1B)
            return i + 1 == n ? 0 : bytes[i + 1] == '\\' ? i + 2 : i;
    }
    return n < SEQUENCE_MAX ? 0 : n;
}

gsize key_answer(const guchar *bytes, gsize n)
{
    if (n < 3 || bytes[0] != 0x1B || bytes[1] != ']')
        return 0;
    gsize length = string_length(bytes, n);
    gboolean whole = length > 3 && bytes[length - 2] == 0x1B && bytes[length - 1] == '\\';
    return whole || (length > 2 && bytes[length - 1] == '\a') ? length : 0;
}

static gsize escape_decode(const guchar *bytes, gsize n, gboolean complete, struct key *key)
{
    gsize length = 2; /* Alt and a key */
    key->code = KEY_CODE_ESC;
    if (n == 1)
        return complete ? 1 : 0;
    /* typed ahead, ":" opens the prompt: were it eaten, the command behind it would be taken for keys */
    if (bytes[1] == 0x1B || bytes[1] == ':' || bytes[1] == '/')
        return 1;
    key->code = KEY_CODE_OTHER;
    if (bytes[1] == '[' || bytes[1] == 'O')
        length = sequence_length(bytes, n);
    else if (strchr("]PX^_", bytes[1]) && bytes[1])
        length = string_length(bytes, n);
    if (length == 0)
        return complete ? n : 0;
    gboolean keypad = (bytes[1] == '[' || bytes[1] == 'O') && bytes[length - 1] >= 0x40;
    if (keypad && length - 3 < PARAMETERS_MAX && !(bytes[1] == '[' && bytes[2] == 'M')) {
        g_autofree char *parameters = g_strndup((const char *)bytes + 2, length - 3);
        key->code = sequence_code(parameters, bytes[length - 1]);
    }
    return length;
}

gsize key_decode(const guchar *bytes, gsize n, gboolean complete, struct key *key)
{
    *key = (struct key){KEY_CODE_CHAR, 0};
    if (n == 0)
        return 0;
    guchar b = bytes[0];
    if (b == 0x1B)
        return escape_decode(bytes, n, complete, key);
    if (b == '\r' || b == '\n')
        key->code = KEY_CODE_ENTER;
    else if (b == '\t')
        key->code = KEY_CODE_TAB;
    else if (b == 0x7F || b == 0x08)
        key->code = KEY_CODE_BACKSPACE;
    else if (b < 0x80)
        key->c = b;
    if (b < 0x80)
        return 1;
    gunichar c = g_utf8_get_char_validated((const char *)bytes, (gssize)n);
    if (c == (gunichar)-2 && !complete && n < 4)
        return 0;
    if (c == (gunichar)-1 || c == (gunichar)-2) {
        key->code = KEY_CODE_OTHER;
        return 1;
    }
    key->c = c;
    return (gsize)g_unichar_to_utf8(c, NULL);
}
