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
    confirm->opened_us = now_us;
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

static gboolean checks_hold(const struct confirm *confirm)
{
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

gboolean confirm_is_complete(const struct confirm *confirm)
{
    if (!checks_hold(confirm) || !confirm_is_read(confirm))
        return FALSE;
    if (confirm->need && strcmp(confirm->name->str, confirm->need) != 0)
        return FALSE;
    if (confirm->wants_reason && !strpbrk(confirm->reason->str, "abcdefghijklmnopqrstuvwxyz"
                                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                                "0123456789"))
        return FALSE;
    return TRUE;
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

static enum confirm_result strip_key(struct confirm *confirm, const struct key *key)
{
    if (choice_key(confirm, key) || page_key(confirm, key))
        return CONFIRM_OPEN;
    if (key->code != KEY_CODE_CHAR)
        return CONFIRM_CANCELLED;
    gboolean alternative = confirm->alternative_key && key->c == (gunichar)confirm->alternative_key;
    if (!alternative && key->c != 'y')
        return CONFIRM_CANCELLED;
    if (!confirm_is_read(confirm))
        return CONFIRM_OPEN;
    confirm->alternative = alternative;
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
        return ++confirm->wrong >= NAMES_MAX ? CONFIRM_CANCELLED : CONFIRM_OPEN;
    }
    if (confirm->need && strcmp(confirm->need, confirm->name->str) == 0)
        confirm->field = FIELD_REASON;
    return CONFIRM_OPEN;
}

enum confirm_result confirm_key(struct confirm *confirm, const struct key *key, gint64 now_us)
{
    if (now_us - confirm->opened_us < CONFIRM_DEAF_US)
        return CONFIRM_OPEN;
    if (key->code == KEY_CODE_ESC || (key->code == KEY_CODE_CHAR && key->c == ('C' & 0x1F)))
        return CONFIRM_CANCELLED;
    if (confirm->level == 1)
        return strip_key(confirm, key);
    if (key->code == KEY_CODE_ENTER)
        return dialog_enter(confirm);
    if (key->code == KEY_CODE_TAB)
        confirm->field = confirm->field == FIELD_NAME ? FIELD_REASON : FIELD_NAME;
    else if (!choice_key(confirm, key) && !page_key(confirm, key))
        field_key(confirm->field == FIELD_NAME ? confirm->name : confirm->reason, key);
    return CONFIRM_OPEN;
}

enum confirm_result confirm_tick(struct confirm *confirm, gint64 now_us)
{
    gint64 limit = confirm->level == 1 ? CONFIRM_TIMEOUT_S : CONFIRM_DIALOG_S;
    return now_us - confirm->opened_us > limit * G_USEC_PER_SEC ? CONFIRM_CANCELLED : CONFIRM_OPEN;
}
