/* rename_table: the view of an earlier add_view goes and the table takes its name, in one transaction, so
 * that nobody ever finds neither. */
#include "config.h"
#include "step-private.h"

#include <string.h>

#include "pgrollout/pg/conn.h"

static gboolean has_view(const struct plan *plan, const struct plan_step *step)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(plan->steps, i);
        if (other == step)
            break;
        if (other->kind == KIND_ADD_VIEW && strcmp(other->schema, step->schema) == 0 &&
            strcmp(other->table, step->table) == 0 && strcmp(other->object, step->object) == 0)
            return TRUE;
    }
    return FALSE;
}

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    g_autofree char *table = step_table(step);
    g_autofree char *new = db_ident(step->object);
    g_autofree char *drop = has_view(plan, step) ? step_view_drop_sql(step, step->object) : NULL;
    stage_add(out, STAGE_DDL, NULL, "%s%sALTER TABLE %s RENAME TO %s", drop ? drop : "",
              drop ? ";\n" : "", table, new);
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    g_autofree char *renamed = db_qualified(step->schema, step->object);
    g_autofree char *old = db_ident(step->table);
    g_autofree char *create =
        has_view(plan, step) ? step_view_create_sql(step, step->object) : NULL;
    stage_add(out, STAGE_DDL, NULL, "ALTER TABLE %s RENAME TO %s%s%s", renamed, old,
              create ? ";\n" : "", create ? create : "");
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->locks = step_lock_text("ACCESS EXCLUSIVE", step);
    text->undo = g_strdup_printf("renames it back to %s%s", step->table,
                                 has_view(plan, step) ? ", and makes the view again" : "");
}

const struct step_class step_class_rename_table = {
    .kind = KIND_RENAME_TABLE,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
