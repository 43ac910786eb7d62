/* The questions about one session. Cancelling and ending are two different acts: the first stops a
 * statement, the second takes the transaction and the connection as well. */
#include "config.h"
#include "console/asking.h"

#include <math.h>
#include <string.h>

#include "console/format.h"
#include "pgrollout/base/error.h"
#include "pgrollout/engine/live.h"

static gboolean known(const char *text)
{
    return text && *text;
}

/* Who it is, for people and for the journal. */
static char *about_session(const struct snap_session *s)
{
    return g_strdup_printf("pid %" G_GINT64_FORMAT " (%s%s%s%s%s)", s->pid,
                           known(s->application) ? s->application : "no application name",
                           s->login ? ", " : "", s->login ? s->login : "", s->address ? ", " : "",
                           s->address ? s->address : "");
}

/* An open transaction that old is what a session is ended for; a younger one comes and goes. */
#define XACT_SAME_S 1.0

static gboolean is_idle(const struct snap_session *s)
{
    return s->state && g_str_has_prefix(s->state, "idle");
}

/* What happens comes first: statements are long. */
static void consequence_add(struct confirm *c, const struct snap_session *s, gboolean terminate)
{
    g_autofree char *xact = age_format(s->xact_s), *query = age_format(s->query_s);
    confirm_add_line(
        c, TOKEN_TEXT, "%s%s%s%s%s", s->state ? s->state : "state unknown",
        isnan(s->query_s) ? "" : ", statement runs for ", isnan(s->query_s) ? "" : query,
        isnan(s->xact_s) ? "" : ", transaction open for ", isnan(s->xact_s) ? "" : xact);
    if (terminate)
        confirm_add_line(c, TOKEN_TEXT,
                         "The session ends: its transaction is rolled back, its client loses the "
                         "connection%s.",
                         c->session_seen_us ? "; not if this transaction has ended by then" : "");
    else
        confirm_add_line(
            c, TOKEN_TEXT,
            "The statement is told to stop: its client gets an error; the session stays.");
    if (s->ours)
        confirm_add_line(c, TOKEN_WARN, "▲ This is a session of pgrollout: p pauses without harm.");
    if (g_strcmp0(s->kind, "walsender") == 0)
        confirm_add_line(
            c, TOKEN_WARN,
            "▲ A replica or a subscriber reads here: it falls behind until it is back.");
    if (known(s->query) && !s->query_hidden)
        confirm_add_line(c, TOKEN_DIM, "%s%s", s->query,
                         s->query_length > (int)g_utf8_strlen(s->query, -1) ? " …" : "");
}

static gboolean refuse(const struct snap_session *session, gboolean terminate, GError **error)
{
    if (!session->backend_start)
        rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                     "when session %" G_GINT64_FORMAT " began is hidden from this login, so it "
                     "cannot be told from another one: that takes pg_read_all_stats",
                     session->pid);
    else if (!terminate && is_idle(session))
        rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                     "session %" G_GINT64_FORMAT " runs no statement; X ends the session",
                     session->pid);
    else
        return FALSE;
    return TRUE;
}

struct confirm *asking_session(const struct snap_session *session, gboolean terminate,
                               const char *reason, gint64 now_us, GError **error)
{
    if (refuse(session, terminate, error))
        return NULL;
    const char *verb = terminate ? "terminate" : "cancel";
    g_autofree char *about = about_session(session);
    g_autofree char *title = g_strdup_printf("%s %s", verb, about);
    struct confirm *c = confirm_new(terminate ? 2 : 1, verb, title, now_us);
    c->session = g_strdup_printf("%" G_GINT64_FORMAT, session->pid);
    c->session_start = g_strdup(session->backend_start);
    c->session_seen_us = !terminate                       ? session->query_us
                         : session->xact_s >= XACT_SAME_S ? session->xact_us
                                                          : 0;
    c->need = terminate ? g_strdup(c->session) : NULL;
    c->wants_reason = terminate;
    g_string_assign(c->reason, reason ? reason : "");
    consequence_add(c, session, terminate);
    if (reason && !terminate)
        confirm_add_line(c, TOKEN_TEXT, "The journal keeps why: %s", reason);
    return c;
}

static gboolean is_it(const struct snap_session *s, const struct confirm *confirm)
{
    g_autofree char *pid = g_strdup_printf("%" G_GINT64_FORMAT, s->pid);
    return strcmp(pid, confirm->session) == 0 &&
           g_strcmp0(s->backend_start, confirm->session_start) == 0;
}

static const struct snap_session *session_seen(const struct confirm *confirm,
                                               const struct snapshot *snapshot)
{
    const GPtrArray *sessions = snapshot->activity ? snapshot->activity->sessions : NULL;
    const GPtrArray *locks = snapshot->locks ? snapshot->locks->sessions : NULL;
    for (guint i = 0; sessions && i < sessions->len; i++)
        if (is_it(sessions->pdata[i], confirm))
            return sessions->pdata[i];
    for (guint i = 0; locks && i < locks->len; i++) {
        const struct snap_lock *lock = locks->pdata[i];
        if (is_it(lock->session, confirm))
            return lock->session;
    }
    return NULL;
}

static gboolean all_were_read(const struct snap_activity *activity)
{
    return activity && (int)activity->sessions->len >= activity->total;
}

char *asking_session_moved(const struct confirm *confirm, const struct snapshot *snapshot)
{
    const struct snap_session *now = session_seen(confirm, snapshot);
    gboolean terminate = confirm->need != NULL;
    if (!now)
        return all_were_read(snapshot->activity) ? g_strdup("the session has ended by itself")
                                                 : NULL;
    if (!terminate && is_idle(now))
        return g_strdup("that statement has ended by itself");
    if (!terminate && now->query_us != confirm->session_seen_us)
        return g_strdup("that statement has ended by itself, and another one runs");
    if (terminate && confirm->session_seen_us && now->xact_us != confirm->session_seen_us)
        return g_strdup_printf("that transaction has ended by itself, the session is %s now",
                               now->state ? now->state : "in an unknown state");
    return NULL;
}
