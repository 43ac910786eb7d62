/* Values that a sync does not bring back: the old release would read what the new column makes of them. */
#include "config.h"
#include "copy-private.h"

#include "pgrollout/base/resource.h"

static char *columns_but(struct db_conn *conn, const struct plan_step *sync, GError **error)
{
    const char *params[] = {sync->schema, sync->table, sync->new};
    struct db_reply *reply = copy_query(conn, "columns", 3, params, error);
    char *columns = reply && db_reply_rows(reply) ? g_strdup(db_reply_text(reply, 0, 0)) : NULL;
    db_reply_free(reply);
    return columns;
}

static char *query(struct db_conn *conn, const struct plan_step *sync, GError **error)
{
    g_autofree char *old = db_ident(sync->old), *new = db_ident(sync->new);
    g_autofree char *table = db_qualified(sync->schema, sync->table);
    g_autofree char *columns = columns_but(conn, sync, error);
    return columns ? db_fill(resource_text("rehearse/sql/round-trip.sql"), "columns", columns,
                             "old", old, "new", new, "table", table, "up",
                             sync->up ? sync->up : old, "down", sync->down ? sync->down : new, NULL)
                   : NULL;
}

static void loss_add(struct run *run, const struct plan_step *sync, const char *by,
                     const struct db_reply *reply)
{
    g_autofree char *lost = g_strdup_printf(
        "%s of %s values of %s.%s do not come back: %s becomes %s, and %s again%s%s (%s:%d:%d)",
        db_reply_text(reply, 0, 0), db_reply_text(reply, 0, 1), sync->table, sync->old,
        db_reply_text(reply, 0, 2), db_reply_text(reply, 0, 3), db_reply_text(reply, 0, 4),
        by ? "; after " : "", by ? by : "", run->options->file, sync->line, sync->column);
    if (!run->options->allow_loss)
        g_ptr_array_add(run->result->losses, g_steal_pointer(&lost));
    else
        run_note(run, "%s", lost);
}

/* How many are lost; -1 where that cannot be said. */
static gint64 ask(struct run *run, struct db_conn *conn, const struct plan_step *sync,
                  const char *sql, const char *by)
{
    g_autoptr(GError) problem = NULL;
    struct db_reply *reply = db_conn_query_wait(conn, sql, 0, NULL, &problem);
    if (!reply) {
        run_note(run, "not tried whether the values of %s.%s come back: %s", sync->table, sync->old,
                 problem->message);
        return -1;
    }
    gint64 lost = db_reply_int(reply, 0, 0);
    if (lost > 0)
        loss_add(run, sync, by, reply);
    db_reply_free(reply);
    return lost;
}

/* And those that the old release is going to write. */
static gboolean ask_behind(struct run *run, struct db_conn *conn, const struct plan_step *sync,
                           const char *sql, const struct plan_statement *statement, GError **error)
{
    int n = statement->params ? (int)g_strv_length(statement->params) : 0;
    if (!copy_do(conn, "begin", error))
        return FALSE;
    struct db_reply *reply =
        db_conn_query_wait(conn, statement->sql, n, (const char *const *)statement->params, NULL);
    if (reply)
        ask(run, conn, sync, sql, statement->sql);
    db_reply_free(reply);
    return copy_do(conn, "rollback", error);
}

gboolean round_trip(struct run *run, const struct plan_step *sync, GError **error)
{
    struct db_conn *conn = copy_connect(run, NULL, error);
    g_autofree char *sql = conn ? query(conn, sync, error) : NULL;
    gint64 lost = sql ? ask(run, conn, sync, sql, NULL) : -1;
    gboolean good = sql != NULL;
    for (guint i = 0; good && lost == 0 && i < run->trials->len; i++) {
        const struct trial *trial = &g_array_index(run->trials, struct trial, i);
        if (trial->how == HOW_ALONE && !trial->shape.reads &&
            trial_actor(run, trial->actor)->release == RELEASE_OLD)
            good = ask_behind(run, conn, sync, sql, trial->statement, error);
    }
    db_conn_free(conn);
    return good;
}
