/* drop_index: contract. Concurrently; its definition is written down with the drop, so that an abort
 * can build it again. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *name = db_literal(step->object);
    stage_add(out, STAGE_CATALOG, "index_drop", "%s, false", name);
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *name = db_literal(step->object);
    stage_add(out, STAGE_CATALOG, "index_remake", "%s", name);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    g_autofree char *index = db_qualified(step->schema, step->object);
    text->does = g_strdup_printf("DROP INDEX CONCURRENTLY %s", index);
    text->locks = g_strdup_printf("SHARE UPDATE EXCLUSIVE on %s.%s; reads and writes go on, and it "
                                  "waits for those that use the index",
                                  step->schema, step->table);
    text->undo = g_strdup_printf("builds index %s again, concurrently", step->object);
    text->undo_locks =
        g_strdup_printf("SHARE UPDATE EXCLUSIVE on %s.%s while it builds; reads and writes "
                        "go on, and it waits for older transactions",
                        step->schema, step->table);
}

const struct step_class step_class_drop_index = {
    .kind = KIND_DROP_INDEX,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
