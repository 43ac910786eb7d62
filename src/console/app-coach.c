/* The drill's coach: hints and predictions. */
#include "config.h"
#include "console/app.h"

static void look_again(struct app *app)
{
    const struct snapshot *s = client_snapshot(app->client);
    if (s)
        app->coach = app->options->coach.look(s, app_migration(app), app->options->coach.data);
    app_redraw(app);
}

gboolean app_coach_asks(struct app *app)
{
    if (app->coach && app->coach->asks)
        return TRUE;
    app_say(app, TOKEN_DIM, FALSE, "no question is open");
    return FALSE;
}

void app_coach_hint(struct app *app)
{
    const struct console_coach *coach = &app->options->coach;
    if (!coach->hint)
        app_say(app, TOKEN_DIM, FALSE, "hints are for drills: pgrollout drill --list");
    else if (!coach->hint(coach->data))
        app_say(app, TOKEN_DIM, FALSE, "there is no hint now");
    else
        look_again(app);
}

void app_coach_predict(struct app *app, const char *word)
{
    const struct console_coach *coach = &app->options->coach;
    gboolean digit = word && word[0] >= '1' && word[0] <= '9' && word[1] == '\0';
    if (!app_coach_asks(app))
        return;
    if (!digit || !coach->predict || !coach->predict(word[0] - '0', coach->data))
        app_say(app, TOKEN_WARN, FALSE, "predict: type the number of one of the answers");
    else
        look_again(app);
}
