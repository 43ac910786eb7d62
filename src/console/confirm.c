/* The confirmation's state machine. */
#include "config.h"
#include "console/confirm.h"

#include <string.h>

#define NAMES_MAX 3
#define FIELD_BYTES_MAX 200

static void line_free(void *data)
{
    struct confirm_line *line = data;
    g_free(line->text);
    g_free(line);
}

static void choice_free(void *data)
{
    struct confirm_choice *choice = data;
    g_ptr_array_unref(choice->lines);
    g_free(choice->value);
    g_free(choice->text);
    g_free(choice);
}

static void check_free(void *data)
{
    struct confirm_check *check = data;
    g_free(check->text);
    g_free(check);
}

struct confirm *confirm_new(int level, const char *verb, const char *title, gint64 now_us)
{
    struct confirm *confirm = g_new0(struct confirm, 1);
    confirm->level = level;
    confirm->verb = g_strdup(verb);
    confirm->title = g_strdup(title);
    confirm->lines = g_ptr_array_new_with_free_func(line_free);
    confirm->choices = g_ptr_array_new_with_free_func(choice_free);
    confirm->checks = g_ptr_array_new_with_free_func(check_free);
    confirm->name = g_string_new(NULL);
    confirm->reason = g_string_new(NULL);
    confirm->field = FIELD_NAME;
    confirm->expect = -1;
    confirm->opened_us = confirm->repeated_us = now_us;
    return confirm;
}

void confirm_free(struct confirm *confirm)
{
    if (!confirm)
        return;
    g_free(confirm->verb);
    g_free(confirm->title);
    g_free(confirm->note);
    g_free(confirm->migration);
    g_free(confirm->step);
    g_free(confirm->settings);
    g_free(confirm->session);
    g_free(confirm->session_start);
    g_free(confirm->need);
    g_ptr_array_unref(confirm->lines);
    g_ptr_array_unref(confirm->choices);
    g_ptr_array_unref(confirm->checks);
    g_string_free(confirm->name, TRUE);
    g_string_free(confirm->reason, TRUE);
    g_free(confirm);
}

void confirm_add_line(struct confirm *confirm, enum token token, const char *format, ...)
{
    struct confirm_line *line = g_new0(struct confirm_line, 1);
    va_list args;
    va_start(args, format);
    line->token = token;
    line->text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(confirm->lines, line);
}

void confirm_add_choice(struct confirm *confirm, const char *value, const char *text)
{
    struct confirm_choice *choice = g_new0(struct confirm_choice, 1);
    choice->value = g_strdup(value);
    choice->text = g_strdup(text);
    choice->lines = g_ptr_array_new_with_free_func(line_free);
    g_ptr_array_add(confirm->choices, choice);
}

gboolean confirm_add_choice_line(struct confirm *confirm, const char *value, enum token token,
                                 const char *text)
{
    for (guint i = 0; i < confirm->choices->len; i++) {
        struct confirm_choice *choice = confirm->choices->pdata[i];
        if (strcmp(choice->value, value) != 0)
            continue;
        struct confirm_line *line = g_new0(struct confirm_line, 1);
        *line = (struct confirm_line){token, g_strdup(text)};
        g_ptr_array_add(choice->lines, line);
        return TRUE;
    }
    return FALSE;
}

void confirm_add_check(struct confirm *confirm, gboolean ok, const char *format, ...)
{
    struct confirm_check *check = g_new0(struct confirm_check, 1);
    va_list args;
    va_start(args, format);
    check->ok = ok;
    check->text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(confirm->checks, check);
}

gboolean confirm_is_unlocked(const struct confirm *confirm)
{
    if (confirm->wants_live)
        return FALSE;
    for (guint i = 0; i < confirm->checks->len; i++)
        if (!((struct confirm_check *)confirm->checks->pdata[i])->ok)
            return FALSE;
    return TRUE;
}

void confirm_set_page(struct confirm *confirm, int rows, int page)
{
    confirm->rows = rows;
    confirm->page = page;
    confirm->scroll = CLAMP(confirm->scroll, 0, MAX(0, rows - page));
    confirm->read = MAX(confirm->read, confirm->scroll + page);
}

void confirm_read_again(struct confirm *confirm)
{
    confirm->scroll = confirm->read = 0;
}

gboolean confirm_is_read(const struct confirm *confirm)
{
    return confirm->read >= confirm->rows;
}

/* Dots and dashes are none. */
static gboolean is_reason(const char *text)
{
    for (; *text; text = g_utf8_next_char(text))
        if (g_unichar_isalnum(g_utf8_get_char(text)))
            return TRUE;
    return FALSE;
}

gboolean confirm_is_complete(const struct confirm *confirm)
{
    if (!confirm_is_unlocked(confirm) || !confirm_is_read(confirm) || confirm->awaits_card)
        return FALSE;
    if (confirm->need && strcmp(confirm->name->str, confirm->need) != 0)
        return FALSE;
    return !confirm->wants_reason || is_reason(confirm->reason->str);
}

const char *confirm_cause_text(const struct confirm *confirm)
{
    static const char *const texts[] = {"",
                                        "Esc: nothing was sent",
                                        "Ctrl-C: nothing was sent",
                                        "another key: nothing was sent",
                                        "p pauses: nothing else was sent",
                                        "P pauses all: nothing else was sent",
                                        "nobody answered in time: nothing was sent",
                                        "the name was wrong three times: nothing was sent"};
    return texts[confirm->cause];
}

static enum confirm_result cancel(struct confirm *confirm, enum confirm_cause cause)
{
    confirm->cause = cause;
    return CONFIRM_CANCELLED;
}

static void choice_set(struct confirm *confirm, int to)
{
    guint choice = (guint)CLAMP(to, 0, (int)confirm->choices->len - 1);
    if (choice != confirm->choice)
        confirm_read_again(confirm);
    confirm->choice = choice;
}

/* Up and Down; in a strip, where nothing is typed, j, k and digits as well. */
static gboolean choice_key(struct confirm *confirm, const struct key *key)
{
    gboolean letters = confirm->level == 1 && key->code == KEY_CODE_CHAR;
    if (confirm->choices->len < 2)
        return FALSE;
    if (key->code == KEY_CODE_DOWN || (letters && key->c == 'j'))
        choice_set(confirm, (int)confirm->choice + 1);
    else if (key->code == KEY_CODE_UP || (letters && key->c == 'k'))
        choice_set(confirm, (int)confirm->choice - 1);
    else if (letters && key->c >= '1' && key->c < '1' + confirm->choices->len)
        choice_set(confirm, (int)(key->c - '1'));
    else
        return FALSE;
    return TRUE;
}

/* Reading on; Up and Down do it where there is nothing to choose. */
static gboolean page_key(struct confirm *confirm, const struct key *key)
{
    int by = 0;
    if (key->code == KEY_CODE_PAGE_DOWN || (key->code == KEY_CODE_CHAR && key->c == ('F' & 0x1F)))
        by = MAX(1, confirm->page);
    else if (key->code == KEY_CODE_PAGE_UP ||
             (key->code == KEY_CODE_CHAR && key->c == ('B' & 0x1F)))
        by = -MAX(1, confirm->page);
    else if (key->code == KEY_CODE_DOWN || key->code == KEY_CODE_UP)
        by = key->code == KEY_CODE_DOWN ? 1 : -1;
    if (!by || confirm->rows <= confirm->page)
        return FALSE;
    confirm->scroll += by;
    confirm_set_page(confirm, confirm->rows, confirm->page);
    return TRUE;
}

static gboolean is_alternative(const struct confirm *confirm, const struct key *key)
{
    return confirm->alternative_key && key->c == (gunichar)confirm->alternative_key;
}

gboolean confirm_is_answer(const struct confirm *confirm, const struct key *key)
{
    if (confirm->level > 1)
        return key->code == KEY_CODE_ENTER;
    return key->code == KEY_CODE_CHAR && (key->c == 'y' || is_alternative(confirm, key));
}

gboolean confirm_is_pause(const struct confirm *confirm, const struct key *key)
{
    return confirm->level == 1 && key->code == KEY_CODE_CHAR && (key->c == 'p' || key->c == 'P');
}

static enum confirm_result strip_key(struct confirm *confirm, const struct key *key)
{
    if (choice_key(confirm, key) || page_key(confirm, key) || key->code == KEY_CODE_OTHER)
        return CONFIRM_OPEN; /* what means nothing, as a mouse's report, is nobody's answer */
    if (confirm_is_pause(confirm, key))
        return cancel(confirm, key->c == 'p' ? CAUSE_PAUSE : CAUSE_PAUSE_ALL);
    if (!confirm_is_answer(confirm, key))
        return cancel(confirm, CAUSE_OTHER_KEY);
    if (!confirm_is_read(confirm))
        return CONFIRM_OPEN;
    confirm->alternative = is_alternative(confirm, key);
    return CONFIRM_ACCEPTED;
}

static void field_key(GString *field, const struct key *key)
{
    if (key->code == KEY_CODE_BACKSPACE && field->len) {
        char *last = g_utf8_find_prev_char(field->str, field->str + field->len);
        g_string_truncate(field, last ? (gsize)(last - field->str) : 0);
    } else if (key->code == KEY_CODE_CHAR && key->c == ('U' & 0x1F)) {
        g_string_truncate(field, 0);
    } else if (key->code == KEY_CODE_CHAR && key->c >= 0x20 && field->len < FIELD_BYTES_MAX) {
        g_string_append_unichar(field, key->c);
    }
}

/* Enter on a whole name that is not the one counts; on a part of it nothing happens. */
static enum confirm_result dialog_enter(struct confirm *confirm)
{
    if (confirm_is_complete(confirm))
        return CONFIRM_ACCEPTED;
    if (confirm->need && !g_str_has_prefix(confirm->need, confirm->name->str)) {
        g_string_truncate(confirm->name, 0);
        confirm->field = FIELD_NAME;
        return ++confirm->wrong >= NAMES_MAX ? cancel(confirm, CAUSE_NAMES) : CONFIRM_OPEN;
    }
    if (confirm->need && strcmp(confirm->need, confirm->name->str) == 0)
        confirm->field = FIELD_REASON;
    return CONFIRM_OPEN;
}

/* Still the key that has opened it, held down. */
static gboolean is_repeated(struct confirm *confirm, const struct key *key, gint64 now_us)
{
    if (confirm->opened_with.code == KEY_CODE_NONE || confirm->opened_with.code != key->code ||
        confirm->opened_with.c != key->c || now_us - confirm->repeated_us >= CONFIRM_REPEAT_US)
        return FALSE;
    confirm->repeated_us = now_us;
    return TRUE;
}

static GString *field_of(struct confirm *confirm)
{
    if (confirm->field == FIELD_REASON)
        return confirm->reason;
    return confirm_is_unlocked(confirm) ? confirm->name : NULL;
}

static enum confirm_result dialog_key(struct confirm *confirm, const struct key *key)
{
    if (key->code == KEY_CODE_ENTER)
        return dialog_enter(confirm);
    if (key->code == KEY_CODE_TAB)
        confirm->field = confirm->field == FIELD_NAME ? FIELD_REASON : FIELD_NAME;
    else if (!choice_key(confirm, key) && !page_key(confirm, key) && field_of(confirm))
        field_key(field_of(confirm), key);
    return CONFIRM_OPEN;
}

enum confirm_result confirm_key(struct confirm *confirm, const struct key *key, gint64 now_us)
{
    gboolean repeated = is_repeated(confirm, key, now_us);
    if (confirm_tick(confirm, now_us) == CONFIRM_CANCELLED)
        return CONFIRM_CANCELLED;
    if (now_us - confirm->opened_us < CONFIRM_DEAF_US || repeated)
        return CONFIRM_OPEN;
    if (key->code == KEY_CODE_ESC)
        return cancel(confirm, CAUSE_ESC);
    if (key->code == KEY_CODE_CHAR && key->c == ('C' & 0x1F))
        return cancel(confirm, CAUSE_CTRL_C);
    return confirm->level == 1 ? strip_key(confirm, key) : dialog_key(confirm, key);
}

gboolean confirm_paste(struct confirm *confirm, const char *text, gint64 now_us)
{
    GString *field = confirm->level > 1 ? field_of(confirm) : NULL;
    gsize n = strlen(text);
    gboolean fits = field == confirm->reason ? field->len + n <= FIELD_BYTES_MAX
                                             : field && !field->len && n <= CONFIRM_PASTE_MAX;
    if (!field || !fits || now_us - confirm->opened_us < CONFIRM_DEAF_US)
        return FALSE;
    g_string_append(field, text);
    return TRUE;
}

enum confirm_result confirm_tick(struct confirm *confirm, gint64 now_us)
{
    gint64 limit = confirm->level == 1 ? CONFIRM_TIMEOUT_S : CONFIRM_DIALOG_S;
    return now_us - confirm->opened_us > limit * G_USEC_PER_SEC ? cancel(confirm, CAUSE_TIME)
                                                                : CONFIRM_OPEN;
}
