/* Which theme: at the start, by command, and by what the terminal says of its background. */
#include "config.h"
#include "console/app.h"

#include <stdlib.h>

#include "console/depth.h"
#include "pgrollout/base/clock.h"

#define THEME_DARK "harbor-dark"
#define THEME_LIGHT "harbor-light"
#define THEME_OWN "default"
/* The first picture does not wait for the answer, and one that comes later than this changes nothing:
 * colours must not turn over under somebody's eyes. */
#define GROUND_US (100 * G_TIME_SPAN_MILLISECOND)

static gboolean take(struct app *app, const char *name)
{
    g_autoptr(GError) error = NULL;
    struct theme *theme = theme_load(name, &error);
    if (!theme) {
        app_say(app, TOKEN_WARN, TRUE, "%s", error->message);
        return FALSE;
    }
    theme_free(app->theme);
    app->theme = theme;
    if (app->term)
        terminal_set_theme(app->term, theme);
    const GPtrArray *warnings = theme_warnings(theme);
    if (warnings->len)
        app_say(app, TOKEN_WARN, FALSE, "%s", (const char *)warnings->pdata[0]);
    app_redraw(app);
    return TRUE;
}

static gboolean has_own(void)
{
    g_autofree char *folder = theme_folder();
    g_autofree char *path = g_build_filename(folder, THEME_OWN ".theme", NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

void app_theme_start(struct app *app)
{
    const char *named = app->options->theme ? app->options->theme : has_own() ? THEME_OWN : NULL;
    if (named && take(app, named))
        return;
    enum ground ground = ground_of_variable(getenv("COLORFGBG"));
    take(app, ground == GROUND_LIGHT ? THEME_LIGHT : THEME_DARK);
    if (ground == GROUND_UNKNOWN && terminal_ask_ground(app->term))
        app->ground_asked_us = clock_now_us();
}

void app_theme_answer(struct app *app, const guchar *bytes, gsize n)
{
    gboolean awaited = app->ground_asked_us && clock_now_us() - app->ground_asked_us <= GROUND_US;
    gsize tail = bytes[n - 1] == 0x07 ? 1 : 2;
    g_autofree char *answer = g_strndup((const char *)bytes + 2, n - 2 - tail);
    app->ground_asked_us = 0;
    if (awaited && ground_of_answer(answer) == GROUND_LIGHT)
        take(app, THEME_LIGHT);
}

static void say_which(struct app *app)
{
    g_auto(GStrv) names = theme_list();
    g_autofree char *all = g_strjoinv(", ", names);
    app_say(app, TOKEN_TEXT, FALSE, "theme is %s; there are %s", theme_name(app->theme), all);
}

void app_theme_command(struct app *app, const char *name)
{
    app->ground_asked_us = 0;
    if (name)
        take(app, name);
    else
        say_which(app);
}
