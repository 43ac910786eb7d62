/* Cancelling a statement and ending a session: of the selected row, whatever stands there later. */
#include "config.h"
#include "console/app.h"

#include <math.h>

#include "console/asking.h"
#include "console/screens/screens.h"
#include "pgrollout/base/clock.h"

static void ask(struct app *app, const struct snap_session *session, gboolean terminate)
{
    g_autoptr(GError) error = NULL;
    struct confirm *confirm = asking_session(session, terminate, clock_now_us(), &error);
    if (confirm)
        app_confirm_open(app, confirm);
    else
        app_say(app, TOKEN_WARN, FALSE, "%s", error->message);
}

void app_session_ask(struct app *app, gboolean terminate)
{
    const char *verb = terminate ? "terminate" : "cancel";
    const struct screen *screen = screen_by_id(app->screen);
    const struct screen_list *list = screen ? screen->list : NULL;
    if (!list || !list->session) {
        app_say(app, TOKEN_WARN, FALSE, "%s: select a session first (6)", verb);
        return;
    }
    /* whether this login may is the server's to say */
    if (!app_may(app, verb, 0) || !app_is_fresh(app, verb))
        return;
    app_unfreeze(app);
    struct view view;
    app_fill_view(app, &view);
    g_autoptr(GPtrArray) rows = view_has_rows(&view) ? list->rows(&view) : NULL;
    const struct list_row *row = rows ? list_selected(view_list(&view), rows) : NULL;
    const struct snap_session *session = row ? list->session(row) : NULL;
    if (!session)
        app_say(app, TOKEN_WARN, FALSE, "%s: there is no such session any more", verb);
    else if (!isnan(row->ended_s))
        app_say(app, TOKEN_WARN, FALSE, "%s: that session has ended", verb);
    else
        ask(app, session, terminate);
}

static const struct snap_session *session_find(const struct snap_activity *activity,
                                               const char *pid)
{
    guint64 wanted;
    if (!activity || !g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT32, &wanted, NULL))
        return NULL;
    for (guint i = 0; i < activity->sessions->len; i++) {
        const struct snap_session *session = activity->sessions->pdata[i];
        if (session->pid == (gint64)wanted)
            return session;
    }
    return NULL;
}

void app_session_ask_pid(struct app *app, gboolean terminate, const char *pid)
{
    const char *verb = terminate ? "terminate" : "cancel";
    const struct snapshot *s = client_snapshot(app->client);
    const struct snap_session *session = s && pid ? session_find(s->activity, pid) : NULL;
    if (!app_may(app, verb, 0) || !app_is_fresh(app, verb))
        return;
    if (session)
        ask(app, session, terminate);
    else if (!pid)
        app_say(app, TOKEN_WARN, FALSE, "%s: write the session's pid", verb);
    else if (!s || !s->activity)
        app_say(app, TOKEN_WARN, FALSE, "%s: look at the sessions first (6)", verb);
    else
        app_say(app, TOKEN_WARN, FALSE, "%s: there is no session %s", verb, pid);
}
