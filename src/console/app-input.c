/* Bytes from the terminal. One key at a time, and after each one the mode is looked at anew: what
 * was typed ahead after ":" belongs to the prompt, not to the keys. */
#include "config.h"
#include "console/app.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "console/screens/screens.h"
#include "pgrollout/base/clock.h"

#define READ_BYTES 4096
#define ESC 0x1B
#define ESC_DELAY_MS 25
#define SEQUENCE_DELAY_MS 400
#define SWALLOW_US (3 * G_USEC_PER_SEC)
#define PASTE_US G_USEC_PER_SEC /* a paste whose end has been lost ends by itself */
#define PASTE_MAX 256
#define PIECE_TEXTS 4 /* nobody types so much and Enter between two reads */

static guint esc_delay_ms(void)
{
    const char *text = g_getenv("ESCDELAY");
    guint64 value;
    if (text && g_ascii_string_to_unsigned(text, 10, 1, 5000, &value, NULL))
        return (guint)value;
    return ESC_DELAY_MS;
}

/* What has begun as a sequence or as a character of several bytes is not one that a person typed key by
 * key: a slow line has cut it in two. Its rest must never be taken for keys, "ESC O P" not for "P". */
static guint patience_ms(const GByteArray *input)
{
    return input->len == 1 && input->data[0] == ESC ? esc_delay_ms() : SEQUENCE_DELAY_MS;
}

static gboolean on_esc_timer(void *data)
{
    struct app *app = data;
    gboolean alone = app->input->len == 1 && app->input->data[0] == ESC;
    app->esc_timer = 0;
    app_drain(app, TRUE);
    if (alone)
        app->esc_us = clock_now_us();
    return G_SOURCE_REMOVE;
}

static gsize feed_prompt(struct app *app, gboolean complete)
{
    enum prompt_event event;
    const struct complete_from from = app_complete_from(app);
    gsize used = prompt_feed(app->input->data, app->input->len, complete, &from, &event);
    app_redraw(app);
    /* the bytes are gone before the line runs: it may flush the input */
    g_byte_array_remove_range(app->input, 0, (guint)used);
    g_autofree char *line = event == PROMPT_ACCEPTED ? prompt_take_line() : NULL;
    if (line)
        app_command(app, line);
    else if (event == PROMPT_REPAINT)
        app_act(app, ACT_REPAINT);
    else if (event == PROMPT_SUSPEND)
        app_suspend(app);
    return used;
}

static void normal_key(struct app *app, const struct key *key)
{
    const struct screen *screen = key->code == KEY_CODE_CHAR ? screen_by_key(key->c) : NULL;
    const struct binding *binding = binding_find(key);
    if (app_replay_key(app, key))
        return;
    if (screen || !binding)
        app->quit_asked = FALSE; /* acts do it themselves */
    if (screen)
        app_show(app, screen->id);
    else if (binding)
        app_act(app, binding->act);
    else if (key->code == KEY_CODE_CHAR && key->c > ' ')
        app_say(app, TOKEN_DIM, FALSE, "no such key; ? shows them");
}

gboolean app_swallows(const struct app *app)
{
    return app->swallow_us && !app->confirm && clock_now_us() - app->swallow_us <= SWALLOW_US;
}

static gboolean is_swallowed(struct app *app, const struct key *key)
{
    gboolean swallows = app_swallows(app);
    gboolean ends = key->code == KEY_CODE_ESC || key->code == KEY_CODE_ENTER;
    app->swallow_us = swallows && !ends ? clock_now_us() : 0;
    if (swallows && ends)
        app_redraw(app); /* its hint has gone */
    return swallows;
}

/* The rest of a sequence whose ESC came alone, and was taken for the key: it is no key. FALSE: more of
 * it has to come. */
static gboolean rest_take(struct app *app, gboolean complete)
{
    static const guchar escape[] = {ESC};
    guchar first = app->input->data[0];
    gboolean rest = app->esc_us && clock_now_us() - app->esc_us < SEQUENCE_DELAY_MS * 1000 &&
                    (first == '[' || first == 'O');
    struct key key;
    if (!rest) {
        app->esc_us = 0;
        return TRUE;
    }
    g_byte_array_prepend(app->input, escape, 1);
    gsize used = key_decode(app->input->data, app->input->len, FALSE, &key);
    g_byte_array_remove_range(app->input, 0, used ? (guint)used : 1);
    if (used || complete)
        app->esc_us = 0;
    return app->esc_us == 0;
}

static void enter_text(struct app *app, const char *text)
{
    for (; *text; text = g_utf8_next_char(text)) {
        struct key key = {KEY_CODE_CHAR, g_utf8_get_char(text)};
        app_entry_key(app, &key);
    }
}

static void paste_end(struct app *app)
{
    g_autofree char *text = g_string_free(app->pasted, FALSE);
    app->pasted = NULL;
    if (app->entering && !app->confirm)
        enter_text(app, text);
    else if (!app->confirm)
        app_say(app, TOKEN_WARN, FALSE, "pasted text does nothing here; : takes a command");
    else if (!confirm_paste(app->confirm, text, clock_now_us()))
        app_say(app, TOKEN_WARN, FALSE, "pasted text answers nothing: type it");
    app_redraw(app);
}

/* TRUE: the key belongs to a paste. */
static gboolean paste_take(struct app *app, const struct key *key)
{
    gint64 now = clock_now_us();
    if (app->pasted && now - app->pasted_us > PASTE_US)
        paste_end(app);
    if (key->code == KEY_CODE_PASTE_BEGIN && !app->pasted)
        app->pasted = g_string_new(NULL);
    else if (!app->pasted)
        return key->code == KEY_CODE_PASTE_END;
    else if (key->code == KEY_CODE_PASTE_END)
        paste_end(app);
    else if (key->code == KEY_CODE_CHAR && key->c >= ' ' && app->pasted->len < PASTE_MAX)
        g_string_append_unichar(app->pasted, key->c);
    app->pasted_us = now;
    return TRUE;
}

/* The same key again and again, as it comes over a slow line from one that is held down, is no piece. */
static gboolean others_follow(const struct app *app, const struct key *key)
{
    for (guint i = 0; i < app->input->len; i++)
        if (app->input->data[i] != key->c)
            return TRUE;
    return FALSE;
}

/* Not every terminal marks a paste: an answer that comes in one piece with other keys is none. */
static gboolean is_piece(struct app *app, const struct key *key)
{
    gboolean pauses = confirm_is_pause(app->confirm, key);
    if (!pauses && !confirm_is_answer(app->confirm, key))
        return FALSE;
    gboolean piece = app->confirm->level > 1 ? app->read_texts >= PIECE_TEXTS
                     : pauses                ? app->read_keys > 0 || others_follow(app, key)
                                             : app->read_keys > 0 || app->input->len > 0;
    if (!piece)
        return FALSE;
    g_byte_array_set_size(app->input, 0);
    app_say(app, TOKEN_WARN, FALSE, "that came in one piece, as pasted text does: %s",
            app->confirm->level > 1 ? "press Enter by itself" : "press the key by itself");
    return TRUE;
}

/* How long after itself it came: a key that is held down comes 30 times a second. */
static void time_key(struct app *app, const struct key *key)
{
    gint64 now = clock_now_us();
    gboolean same = app->last_key.code == key->code && app->last_key.c == key->c;
    app->same_key_us = same ? now - app->last_key_us : G_MAXINT64;
    app->last_key = *key;
    app->last_key_us = now;
}

static void take_key(struct app *app, const struct key *key)
{
    time_key(app, key);
    if (paste_take(app, key) || is_swallowed(app, key))
        return;
    app->touched = TRUE;
    if (app->secret && !app->confirm)
        app_password_key(app, key);
    else if (app->entering && !app->confirm)
        app_entry_key(app, key);
    else if (!app->confirm)
        normal_key(app, key);
    else if (!is_piece(app, key))
        app_confirm_key(app, key);
    app->read_keys++;
    app->read_texts += key->code == KEY_CODE_CHAR && key->c >= ' ';
}

static gboolean drain_once(struct app *app, gboolean complete)
{
    if (clock_now_us() < app->deaf_until_us) {
        g_byte_array_set_size(app->input, 0);
        return FALSE;
    }
    if (!rest_take(app, complete))
        return FALSE;
    if (!app->input->len)
        return TRUE;
    gsize answer = key_answer(app->input->data, app->input->len);
    if (answer) {
        app_theme_answer(app, app->input->data, answer);
        g_byte_array_remove_range(app->input, 0, (guint)answer);
        return TRUE;
    }
    if (prompt_is_open())
        return feed_prompt(app, complete) > 0;
    struct key key;
    gsize used = key_decode(app->input->data, app->input->len, complete, &key);
    if (used == 0)
        return FALSE;
    g_byte_array_remove_range(app->input, 0, (guint)used);
    take_key(app, &key);
    return TRUE;
}

void app_drain(struct app *app, gboolean complete)
{
    while (app->input->len && drain_once(app, complete)) {
    }
    if (app->input->len && !complete && !app->esc_timer)
        app->esc_timer = g_timeout_add(patience_ms(app->input), on_esc_timer, app);
}

gboolean app_on_input(int fd, GIOCondition condition, void *data)
{
    (void)condition;
    struct app *app = data;
    guchar bytes[READ_BYTES];
    struct pollfd ready = {fd, POLLIN, 0};
    if (poll(&ready, 1, 0) == 0) /* another source has just flushed it: a read would block */
        return G_SOURCE_CONTINUE;
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
        app_quit(app, CONSOLE_QUIT); /* the terminal is gone */
        return G_SOURCE_REMOVE;
    }
    if (n < 0)
        return G_SOURCE_CONTINUE;
    if (app->esc_timer)
        g_source_remove(app->esc_timer);
    app->esc_timer = 0;
    app->read_keys = app->read_texts = 0;
    g_byte_array_append(app->input, bytes, (guint)n);
    app_drain(app, FALSE);
    return G_SOURCE_CONTINUE;
}
