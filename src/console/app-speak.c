/* "=": what the screen shows, said. A screen reader or a magnifier follows one line. */
#include "config.h"
#include "console/app.h"

#include <string.h>

#include "console/sentences.h"

#define SPEAK_LEAST_MS 2500
#define SPEAK_LETTER_MS 40

static gboolean on_next(void *data)
{
    struct app *app = data;
    app->speak_source = 0;
    if (app->message_us == app->speak_us)
        app_speak(app);
    else
        app->speak_next = 0;
    return G_SOURCE_REMOVE;
}

void app_speak(struct app *app)
{
    struct view view;
    gboolean goes_on = app->speak_us && app->message_us == app->speak_us;
    if (app->speak_source)
        g_source_remove(app->speak_source);
    app->speak_source = 0;
    app_fill_view(app, &view);
    g_auto(GStrv) sentences = sentences_of(&view);
    guint n = g_strv_length(sentences), next = goes_on ? app->speak_next : 0;
    const char *text = sentences[next < n ? next : 0];
    app_say(app, TOKEN_TEXT, FALSE, "%s", text);
    app->speak_us = app->message_us;
    app->speak_next = (next < n ? next : 0) + 1;
    if (app->speak_next < n)
        app->speak_source = g_timeout_add(
            SPEAK_LEAST_MS + SPEAK_LETTER_MS * (guint)g_utf8_strlen(text, -1), on_next, app);
}
