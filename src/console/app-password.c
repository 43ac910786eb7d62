/* A password typed into a console of several databases: in the message line, without its letters, and
 * never in the history. The others go on meanwhile. */
#include "config.h"
#include "console/app.h"

#include <string.h>

#define PASSWORD_BYTES_MAX 1000

void app_password_open(struct app *app, struct app_link *link)
{
    if (app->options->never_ask || !app->term) {
        app_say(app, TOKEN_WARN, FALSE, "%s asks for a password, and there is none", link->name);
        return;
    }
    app_flush_input(app);
    app->secret_of = link;
    app->secret =
        g_string_sized_new(PASSWORD_BYTES_MAX); /* never moved: it is wiped in one place */
    app_redraw(app);
}

void app_password_close(struct app *app)
{
    if (!app->secret)
        return;
    explicit_bzero(app->secret->str, app->secret->allocated_len);
    g_string_free(app->secret, TRUE);
    app->secret = NULL;
    app->secret_of = NULL;
}

void app_password_key(struct app *app, const struct key *key)
{
    GString *text = app->secret;
    gboolean control = key->code == KEY_CODE_CHAR && key->c < 0x20;
    if (key->code == KEY_CODE_ENTER) {
        client_set_password(app->secret_of->client, text->str);
        app_say(app, TOKEN_DIM, FALSE, "connecting to %s …", app->secret_of->name);
        app_password_close(app);
    } else if (key->code == KEY_CODE_ESC || (control && key->c == ('C' & 0x1F))) {
        app_password_close(app);
    } else if (control && key->c == ('U' & 0x1F)) {
        g_string_truncate(text, 0);
    } else if (key->code == KEY_CODE_BACKSPACE && text->len) {
        char *last = g_utf8_find_prev_char(text->str, text->str + text->len);
        g_string_truncate(text, last ? (gsize)(last - text->str) : 0);
    } else if (key->code == KEY_CODE_CHAR && !control && text->len < PASSWORD_BYTES_MAX - 8) {
        g_string_append_unichar(text, key->c);
    }
    app_redraw(app);
}
