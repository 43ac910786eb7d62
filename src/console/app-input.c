/* Bytes from the terminal. One key at a time, and after each one the mode is looked at anew: what
 * was typed ahead after ":" belongs to the prompt, not to the keys. */
#include "config.h"
#include "console/app.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <unistd.h>

#include "console/screens/screens.h"
#include "pgrollout/base/clock.h"

#define READ_BYTES 4096
#define ESC_DELAY_MS 25
#define SEQUENCE_DELAY_MS 400
#define SWALLOW_US (3 * G_USEC_PER_SEC)

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
    return input->len == 1 && input->data[0] == 0x1B ? esc_delay_ms() : SEQUENCE_DELAY_MS;
}

static gboolean on_esc_timer(void *data)
{
    struct app *app = data;
    app->esc_timer = 0;
    app_drain(app, TRUE);
    return G_SOURCE_REMOVE;
}

static gsize feed_prompt(struct app *app, gboolean complete)
{
    enum prompt_event event;
    const struct complete_from from = {client_snapshot(app->client), app->migration};
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
    if (screen)
        app_show(app, screen->id);
    else if (binding)
        app_act(app, binding->act);
    else if (key->code == KEY_CODE_CHAR && key->c > ' ')
        app_say(app, TOKEN_DIM, FALSE, "no such key; ? shows them");
}

/* Somebody may still be typing the name into a question that is no longer there. */
static gboolean is_swallowed(struct app *app, const struct key *key)
{
    gint64 now = clock_now_us();
    if (!app->swallow_us || app->confirm || now - app->swallow_us > SWALLOW_US) {
        app->swallow_us = 0;
        return FALSE;
    }
    gboolean ends = key->code == KEY_CODE_ESC || key->code == KEY_CODE_ENTER;
    app->swallow_us = ends ? 0 : now;
    return TRUE;
}

static void take_key(struct app *app, const struct key *key)
{
    gboolean was_pasting = app->pasting;
    if (is_swallowed(app, key))
        return;
    if (key->code == KEY_CODE_PASTE_BEGIN || key->code == KEY_CODE_PASTE_END) {
        app->pasting = key->code == KEY_CODE_PASTE_BEGIN;
        if (was_pasting && !app->confirm && !app->entering)
            app_say(app, TOKEN_WARN, FALSE, "pasted text does nothing here; : takes a command");
        return;
    }
    /* pasted text may fill a field, and can neither answer a strip nor press Enter */
    gboolean is_text = key->code == KEY_CODE_CHAR && key->c >= ' ';
    if (app->entering && !app->confirm) {
        if (!app->pasting || is_text)
            app_entry_key(app, key);
        return;
    }
    if (app->confirm && (!app->pasting || (is_text && app->confirm->level > 1)))
        app_confirm_key(app, key);
    else if (!app->confirm && !app->pasting)
        normal_key(app, key);
}

void app_drain(struct app *app, gboolean complete)
{
    while (app->input->len) {
        if (clock_now_us() < app->deaf_until_us) {
            g_byte_array_set_size(app->input, 0);
            return;
        }
        gsize answer = key_answer(app->input->data, app->input->len);
        if (answer) {
            app_theme_answer(app, app->input->data, answer);
            g_byte_array_remove_range(app->input, 0, (guint)answer);
            continue;
        }
        if (prompt_is_open()) {
            if (feed_prompt(app, complete) == 0)
                break;
            continue;
        }
        struct key key;
        gsize used = key_decode(app->input->data, app->input->len, complete, &key);
        if (used == 0)
            break;
        g_byte_array_remove_range(app->input, 0, (guint)used);
        take_key(app, &key);
    }
    if (app->input->len && !complete && !app->esc_timer)
        app->esc_timer = g_timeout_add(patience_ms(app->input), on_esc_timer, app);
}

gboolean app_on_input(int fd, GIOCondition condition, void *data)
{
    (void)condition;
    struct app *app = data;
    guchar bytes[READ_BYTES];
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
    g_byte_array_append(app->input, bytes, (guint)n);
    app_drain(app, FALSE);
    return G_SOURCE_CONTINUE;
}
