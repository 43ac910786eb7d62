/* Whether a database of the user's may be used up: named twice, no copy in use, never the source itself. */
#include "config.h"
#include "copy-private.h"

#include <string.h>

#include "pgrollout/base/error.h"

static gboolean is_named(const struct run *run, const char *name, GError **error)
{
    if (g_strcmp0(run->options->disposable, name) == 0)
        return TRUE;
    rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                 "the rehearsal changes database \"%s\" for good, and nobody has said that it may",
                 name);
    if (error)
        rollout_error_set_hint(*error, "where it is disposable, say its name: --disposable %s",
                               name);
    return FALSE;
}

static gboolean is_unmanaged(struct db_conn *conn, const char *name, GError **error)
{
    struct db_reply *reply = copy_query(conn, "managed", 0, NULL, error);
    if (!reply)
        return FALSE;
    gboolean there = db_reply_bool(reply, 0, 0);
    db_reply_free(reply);
    if (!there)
        return TRUE;
    if (!(reply = copy_query(conn, "managed-live", 0, NULL, error)))
        return FALSE;
    gboolean live = db_reply_bool(reply, 0, 0);
    db_reply_free(reply);
    return !live ||
           rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                        "database \"%s\" has a migration or an engine that lives: that is no "
                        "disposable copy",
                        name);
}

static gboolean is_the_same(const struct db_reply *a, const struct db_reply *b)
{
    for (int column = 0; column < 2; column++)
        if (g_strcmp0(db_reply_text(a, 0, column), db_reply_text(b, 0, column)) != 0)
            return FALSE;
    return TRUE;
}

/* By the cluster's own number and the database's, whatever the way to it: a standby is the same, too. */
static gboolean is_not_the_source(struct run *run, const struct db_reply *here, GError **error)
{
    if (!run->options->source)
        return TRUE;
    struct db_conn *source = db_conn_new(run->options->source, "pgrollout/rehearse");
    struct db_reply *there =
        db_conn_open_wait(source, error) ? copy_query(source, "here", 0, NULL, error) : NULL;
    gboolean same = there && is_the_same(here, there);
    gboolean known = there != NULL;
    db_reply_free(there);
    db_conn_free(source);
    if (!known) {
        g_prefix_error(error, "cannot tell whether it is the database given: ");
        return FALSE;
    }
    return !same || rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                                 "the scratch database is the database itself");
}

gboolean copy_is_ours(struct run *run, struct db_conn *conn, GError **error)
{
    struct db_reply *here = copy_query(conn, "here", 0, NULL, error);
    if (!here)
        return FALSE;
    const char *name = db_reply_text(here, 0, db_reply_column(here, "name"));
    gboolean ours = is_named(run, name, error) && is_not_the_source(run, here, error) &&
                    is_unmanaged(conn, name, error);
    if (ours)
        run->result->copy = g_strdup_printf("database %s, which is used up", name);
    db_reply_free(here);
    return ours;
}
