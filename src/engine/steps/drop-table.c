/* drop_table: contract. The sync triggers that read or write it leave in the same transaction; whatever
 * else needs it is named right before, and nothing is dropped by CASCADE. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static char *drop_sql(const struct plan *plan, const struct plan_step *step)
{
    g_autofree char *table = step_table_now(plan, step);
    /* its own triggers go with it; their functions can go when these are gone */
    g_autofree char *syncs = step_syncs_drop_sql(plan, step, NULL);
    return g_strdup_printf("DROP TABLE %s%s%s", table, *syncs ? ";\n" : "", syncs);
}

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    g_autofree char *sql = drop_sql(plan, step), *literal = db_literal(sql);
    stage_add(out, STAGE_CATALOG, "table_drop", "%s, false", literal);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    g_autofree char *lock = step_lock_text("ACCESS EXCLUSIVE", step);
    text->does = drop_sql(plan, step);
    text->locks = g_strdup_printf("%s, and on the tables that it references", lock);
    text->irreversible = TRUE;
    text->loses = g_strdup_printf("table %s for good", step->table);
}

const struct step_class step_class_drop_table = {
    .kind = KIND_DROP_TABLE,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
};
