/* Values that a sync does not bring back: the old release reads what the new one's column says. */
#include "config.h"
#include "copy-private.h"

#include "pgrollout/base/resource.h"

/* The type that the new column will have; NULL: the plan does not add it. */
static const char *new_type(const struct plan *plan, const struct plan_step *sync)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = plan->steps->pdata[i];
        if (step->kind == KIND_ADD_COLUMN && g_strcmp0(step->table, sync->table) == 0 &&
            g_strcmp0(step->schema, sync->schema) == 0 && g_strcmp0(step->col, sync->new) == 0)
            return step->type;
    }
    return NULL;
}

static void loss_add(struct run *run, const struct plan_step *sync, const struct db_reply *reply)
{
    gint64 lost = db_reply_int(reply, 0, 0), rows = db_reply_int(reply, 0, 1);
    if (lost == 0)
        return;
    g_ptr_array_add(run->result->losses,
                    g_strdup_printf("%s:%d:%d: sync of %s.%s: %" G_GINT64_FORMAT
                                    " of %" G_GINT64_FORMAT
                                    " values do not come back: %s becomes %s, and %s again",
                                    run->options->file, sync->line, sync->column, sync->table,
                                    sync->old, lost, rows, db_reply_text(reply, 0, 2),
                                    db_reply_text(reply, 0, 3), db_reply_text(reply, 0, 4)));
}

static gboolean try_sync(struct run *run, struct db_conn *conn, const struct plan_step *sync,
                         const char *type, GError **error)
{
    g_autofree char *old = db_ident(sync->old), *new = db_ident(sync->new);
    g_autofree char *table = db_qualified(sync->schema, sync->table);
    g_autofree char *sql = db_fill(
        resource_text("rehearse/sql/round-trip.sql"), "old", old, "new", new, "table", table,
        "type", type, "up", sync->up ? sync->up : old, "down", sync->down ? sync->down : new, NULL);
    GError *problem = NULL;
    struct db_reply *reply = db_conn_query_wait(conn, sql, 0, NULL, &problem);
    if (reply)
        loss_add(run, sync, reply);
    else /* the preflight of `load` says more of an expression that does not run */
        run_note(run, "the way there and back of %s.%s could not be tried: %s", sync->table,
                 sync->old, problem->message);
    g_clear_error(&problem);
    db_reply_free(reply);
    (void)error;
    return TRUE;
}

gboolean round_trip(struct run *run, GError **error)
{
    struct db_conn *conn = copy_connect(run, NULL, error);
    for (guint i = 0; conn && i < run->plan->steps->len; i++) {
        const struct plan_step *step = run->plan->steps->pdata[i];
        const char *type =
            step->kind == KIND_SYNC && !step->into ? new_type(run->plan, step) : NULL;
        if (type)
            try_sync(run, conn, step, type, error);
    }
    db_conn_free(conn);
    return conn != NULL;
}
