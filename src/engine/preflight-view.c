/* The preflight of add_view and rename_table: the new name must be free, or the plan's own view. */
#include "config.h"
#include "engine/preflight-private.h"

#include <string.h>

#include "pgrollout/base/resource.h"

/* The view of that name that the plan itself makes before this step. */
static gboolean is_our_view(const struct plan *plan, const struct plan_step *step)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(plan->steps, i);
        if (other == step)
            break;
        if (other->kind == KIND_ADD_VIEW && strcmp(other->schema, step->schema) == 0 &&
            strcmp(other->object, step->object) == 0)
            return strcmp(other->table, step->table) == 0;
    }
    return FALSE;
}

gboolean preflight_new_name(struct preflight *run, const struct plan_step *step, GError **error)
{
    struct plan_place nowhere = {0, 0};
    const char *params[] = {step->schema, step->object};
    if (step->kind == KIND_RENAME_TABLE && is_our_view(run->plan, step))
        return TRUE;
    struct db_reply *reply = db_conn_query_wait(
        run->conn, resource_text("engine/sql/preflight-relation.sql"), 2, params, error);
    if (!reply)
        return FALSE;
    if (db_reply_rows(reply) > 0)
        preflight_error(run, step, nowhere,
                        "there is a %s \"%s.%s\" already: take another name, or it away",
                        db_reply_text(reply, 0, 0), step->schema, step->object);
    db_reply_free(reply);
    return TRUE;
}
