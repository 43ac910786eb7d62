/* Cancelling a statement and ending a session: of the selected row, whatever stands there later. */
#include "config.h"
#include "console/app.h"

#include <math.h>
#include <string.h>

#include "console/asking.h"
#include "console/screens/screens.h"
#include "pgrollout/base/clock.h"
#include "pgrollout/engine/live.h"

static void ask(struct app *app, const struct snap_session *session, gboolean terminate,
                const char *reason)
{
    g_autoptr(GError) error = NULL;
    struct confirm *confirm = asking_session(session, terminate, reason, clock_now_us(), &error);
    if (confirm)
        app_confirm_open(app, confirm);
    else
        app_say(app, TOKEN_WARN, FALSE, "%s: %s", terminate ? "terminate" : "cancel",
                error->message);
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
        ask(app, session, terminate, NULL);
}

static const struct snap_session *session_find(const struct snapshot *s, const char *pid)
{
    guint64 wanted;
    if (!g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT32, &wanted, NULL))
        return NULL;
    for (guint i = 0; s->activity && i < s->activity->sessions->len; i++) {
        const struct snap_session *session = s->activity->sessions->pdata[i];
        if (session->pid == (gint64)wanted)
            return session;
    }
    for (guint i = 0; s->locks && i < s->locks->sessions->len; i++) {
        const struct snap_lock *lock = s->locks->sessions->pdata[i];
        if (lock->session->pid == (gint64)wanted)
            return lock->session;
    }
    return NULL;
}

void app_session_ask_pid(struct app *app, gboolean terminate, const char *pid, const char *reason)
{
    const char *verb = terminate ? "terminate" : "cancel";
    const struct snapshot *s = client_snapshot(app->client);
    const struct snap_session *session = s && pid ? session_find(s, pid) : NULL;
    if (!app_may(app, verb, 0) || !app_is_fresh(app, verb))
        return;
    if (session)
        ask(app, session, terminate, reason);
    else if (!pid)
        app_say(app, TOKEN_WARN, FALSE, "%s: write the session's pid", verb);
    else if (!s || (!s->activity && !s->locks))
        app_say(app, TOKEN_WARN, FALSE, "%s: look at the sessions first (6)", verb);
    else
        app_say(app, TOKEN_WARN, FALSE, "%s: there is no session %s%s", verb, pid,
                s->activity ? "" : " in this tree; 6 shows all");
}

void app_session_send(struct app *app, const struct confirm *c)
{
    const struct client_session session = {c->session, c->session_start, c->session_seen_us};
    client_session_end(app->client, strcmp(c->verb, "terminate") == 0, &session, app->migration,
                       c->reason->len ? c->reason->str : NULL);
    app_say(app, TOKEN_DIM, FALSE, "%s %s: sent …", c->verb, c->session);
}

gboolean app_session_note_names(struct app *app, const struct confirm *c)
{
    const char *const arguments[] = {"verb",
                                     c->verb,
                                     "pid",
                                     c->session,
                                     "backend_start",
                                     c->session_start,
                                     "reason",
                                     "cancelled, the pid typed was wrong three times",
                                     "migration",
                                     app->migration,
                                     "refused",
                                     "true",
                                     NULL};
    const struct snapshot *s = client_snapshot(app->client);
    if (!s || !s->installed)
        return FALSE;
    client_command(app->client, "session_note", -1, arguments);
    return TRUE;
}
