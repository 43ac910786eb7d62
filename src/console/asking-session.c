/* The questions about one session. Cancelling and ending are two different acts: the first stops a
 * statement, the second takes the transaction and the connection as well. */
#include "config.h"
#include "console/asking.h"

#include <math.h>
#include <string.h>

#include "console/format.h"
#include "pgrollout/base/error.h"

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

static void consequence_add(struct confirm *c, const struct snap_session *s, gboolean terminate)
{
    g_autofree char *xact = age_format(s->xact_s), *query = age_format(s->query_s);
    confirm_add_line(
        c, TOKEN_TEXT, "%s%s%s%s%s", s->state ? s->state : "state unknown",
        isnan(s->query_s) ? "" : ", statement runs for ", isnan(s->query_s) ? "" : query,
        isnan(s->xact_s) ? "" : ", transaction open for ", isnan(s->xact_s) ? "" : xact);
    if (known(s->query) && !s->query_hidden)
        confirm_add_line(c, TOKEN_DIM, "%s%s", s->query,
                         s->query_length > (int)g_utf8_strlen(s->query, -1) ? " …" : "");
    if (terminate)
        confirm_add_line(c, TOKEN_TEXT,
                         "The session ends: its transaction is rolled back, its client loses the "
                         "connection.");
    else
        confirm_add_line(
            c, TOKEN_TEXT,
            "The statement is told to stop: its client gets an error; the session stays.");
    if (s->ours)
        confirm_add_line(c, TOKEN_WARN, "▲ This is a session of pgrollout: p pauses without harm.");
}

struct confirm *asking_session(const struct snap_session *session, gboolean terminate,
                               gint64 now_us, GError **error)
{
    if (!session->backend_start) {
        rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                     "when session %" G_GINT64_FORMAT " began is hidden from this login, so it "
                     "cannot be told from another one: that takes pg_read_all_stats",
                     session->pid);
        return NULL;
    }
    const char *verb = terminate ? "terminate" : "cancel";
    g_autofree char *about = about_session(session);
    g_autofree char *title = g_strdup_printf("%s %s", verb, about);
    struct confirm *c = confirm_new(terminate ? 2 : 1, verb, title, now_us);
    c->session = g_strdup_printf("%" G_GINT64_FORMAT, session->pid);
    c->session_start = g_strdup(session->backend_start);
    c->settings = g_steal_pointer(&about);
    c->need = terminate ? g_strdup(c->session) : NULL;
    consequence_add(c, session, terminate);
    return c;
}

/* Where the sessions were not read, the server has the last word. */
gboolean asking_session_stands(const struct confirm *confirm, const struct snapshot *snapshot)
{
    const struct snap_activity *activity = snapshot->activity;
    if (!activity || (int)activity->sessions->len < activity->total)
        return TRUE;
    for (guint i = 0; i < activity->sessions->len; i++) {
        const struct snap_session *s = activity->sessions->pdata[i];
        g_autofree char *pid = g_strdup_printf("%" G_GINT64_FORMAT, s->pid);
        if (strcmp(pid, confirm->session) == 0 &&
            g_strcmp0(s->backend_start, confirm->session_start) == 0)
            return TRUE;
    }
    return FALSE;
}
