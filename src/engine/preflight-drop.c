/* The preflight of a drop: what would keep the column, and what would silently go with it. Read at
 * load, weeks before contract, when there is still time to do something about it. */
#include "config.h"
#include "engine/preflight-private.h"

#include <string.h>

/* The column that takes the place of the one dropped; NULL. */
static const char *successor_find(const struct plan *plan, const struct plan_step *step)
{
    const struct plan_step *sync = plan_sync_find(plan, step->schema, step->table, step->col);
    if (!sync)
        return NULL;
    return strcmp(sync->old, step->col) == 0 ? sync->new : sync->old;
}

/* An index or constraint of the same name but for the column's may stand on the successor already;
 * a sql step of the plan that speaks of the successor may make it. */
static gboolean is_replaced(const struct plan *plan, const struct catalog_table *table,
                            const struct plan_step *step, const char *successor)
{
    g_autofree char *there = successor ? catalog_facts_format(table, "vanishes", successor) : NULL;
    if (there)
        return TRUE;
    for (guint i = 0; successor && i < plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(plan->steps, i);
        if (other == step)
            break;
        if (other->kind == KIND_SQL && strstr(other->sql, successor))
            return TRUE;
    }
    return FALSE;
}

void preflight_drop(struct preflight *run, const struct catalog_table *table,
                    const struct plan_step *step)
{
    struct plan_place nowhere = {0, 0};
    const char *successor = successor_find(run->plan, step);
    g_autofree char *blocks = catalog_facts_format(table, "blocks", step->col);
    g_autofree char *vanishes = catalog_facts_format(table, "vanishes", step->col);
    if (blocks)
        preflight_error(run, step, nowhere,
                        "column \"%s\" of table \"%s.%s\" could not be dropped: it is used by %s; "
                        "change that first",
                        step->col, table->schema, table->name, blocks);
    if (vanishes && !is_replaced(run->plan, table, step, successor))
        preflight_warn(run, step, nowhere, "with column \"%s\" goes: %s%s%s%s", step->col, vanishes,
                       successor ? "; nothing in the plan makes the like on \"" : "",
                       successor ? successor : "", successor ? "\"" : "");
}
