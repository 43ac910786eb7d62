/* not_null: CHECK NOT VALID, VALIDATE, SET NOT NULL (which uses the check and so scans nothing), drop
 * the check. Only the first and the last take ACCESS EXCLUSIVE, each for an instant. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static char *check_name(const struct plan_step *step)
{
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, step->name, -1);
    return g_strdup_printf("pgrollout_not_null_%.12s", hash);
}

void step_not_null_stages(const struct plan_step *step, GPtrArray *out)
{
    g_autofree char *table = step_table(step);
    g_autofree char *column = db_ident(step->col);
    g_autofree char *check = check_name(step);
    stage_add(out, STAGE_DDL, NULL,
              "ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID", table, check,
              column);
    stage_add(out, STAGE_LOOSE, "validate", "ALTER TABLE %s VALIDATE CONSTRAINT %s", table, check);
    stage_add(out, STAGE_DDL, NULL,
              "ALTER TABLE %1$s ALTER COLUMN %2$s SET NOT NULL;\n"
              "ALTER TABLE %1$s DROP CONSTRAINT %3$s",
              table, column, check);
}

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    step_not_null_stages(step, out);
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *table = step_table(step);
    g_autofree char *regclass = db_literal(table);
    g_autofree char *column = db_ident(step->col);
    g_autofree char *check = check_name(step);
    /* While the check stands, the step has not set NOT NULL yet: if it is, somebody else has. */
    g_autofree char *body =
        g_strdup_printf("BEGIN\n"
                        "    IF EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conrelid = "
                        "%4$s::pg_catalog.regclass\n"
                        "               AND c.conname = '%3$s') THEN\n"
                        "        ALTER TABLE %1$s DROP CONSTRAINT %3$s;\n"
                        "    ELSE\n"
                        "        ALTER TABLE %1$s ALTER COLUMN %2$s DROP NOT NULL;\n"
                        "    END IF;\n"
                        "END",
                        table, column, check, regclass);
    g_autofree char *quoted = db_literal(body);
    stage_add(out, STAGE_DDL, NULL, "DO %s", quoted);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->locks = g_strdup_printf("ACCESS EXCLUSIVE on %s.%s twice, for an instant; SHARE UPDATE "
                                  "EXCLUSIVE while it validates",
                                  step->schema, step->table);
    text->undo = g_strdup_printf("relaxes NOT NULL of %s.%s", step->table, step->col);
    text->undo_locks = step_lock_text("ACCESS EXCLUSIVE", step);
}

const struct step_class step_class_not_null = {
    .kind = KIND_NOT_NULL,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
