/* sync: the trigger that keeps an old and a new column in step, both ways. The rules are the table
 * "Triggers that keep old and new in step" of the engine's design. The WHEN clause is evaluated
 * without entering plpgsql, so that the backfill (which writes just what the trigger would) does
 * not pay for it. */
#include "config.h"
#include "step-private.h"

#include <string.h>

#include "pgrollout/lint/lint.h"
#include "pgrollout/pg/conn.h"

char *step_sync_name(const struct plan *plan, const struct plan_step *step)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    const char *parts[] = {plan->sha256, plan->name, step->name};
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        g_checksum_update(sum, (const guchar *)parts[i], (gssize)strlen(parts[i]) + 1);
    /* triggers fire in the order of their names: this one last */
    return g_strdup_printf("zzz_pgrollout_sync_%.12s", g_checksum_get_string(sum));
}

const struct plan_step *step_sync_of(const struct plan *plan, const struct plan_step *step)
{
    if (step->into)
        return plan_sync_across_find(plan, step);
    const struct plan_step *sync = plan_sync_find(plan, step->schema, step->table, step->new);
    return sync && g_strcmp0(sync->old, step->old) == 0 ? sync : NULL;
}

/* The expression with every column as NEW's. It was checked when the plan was read. */
static char *on_new(const char *expression)
{
    char *text = sql_qualify_columns(expression, "NEW", NULL);
    return text ? text : g_strdup(expression);
}

static char *function_body(const struct plan_step *sync, const char *sequence_name)
{
    g_autofree char *up = on_new(sync->up), *down = on_new(sync->down);
    g_autofree char *old = db_ident(sync->old), *new = db_ident(sync->new);
    g_autofree char *counter = db_literal(sequence_name);
    return g_strdup_printf(
        "DECLARE\n"
        "    old_changed boolean;\n"
        "    new_changed boolean;\n"
        "BEGIN\n"
        "    IF TG_OP = 'INSERT' THEN\n"
        "        old_changed := NEW.%1$s IS DISTINCT FROM (%6$s);\n"
        "        new_changed := NEW.%2$s IS DISTINCT FROM (%7$s);\n"
        "    ELSE\n"
        "        old_changed := NEW.%1$s IS DISTINCT FROM OLD.%1$s;\n"
        "        new_changed := NEW.%2$s IS DISTINCT FROM OLD.%2$s;\n"
        "    END IF;\n"
        "    IF old_changed AND NOT new_changed THEN\n"
        "        -- the undo of drop_sync fills old from new: that agrees, and new stands\n"
        "        IF TG_OP = 'INSERT' OR NEW.%2$s IS NULL OR NEW.%1$s IS DISTINCT FROM (%4$s) THEN\n"
        "            NEW.%2$s := (%3$s);\n"
        "        END IF;\n"
        "    ELSIF new_changed AND NOT old_changed THEN\n"
        "        NEW.%1$s := (%4$s);\n"
        "    ELSIF new_changed THEN\n"
        "        -- both: where they agree neither way, the new one stands, and it is counted\n"
        "        IF NEW.%2$s IS DISTINCT FROM (%3$s) AND NEW.%1$s IS DISTINCT FROM (%4$s) THEN\n"
        "            NEW.%1$s := (%4$s);\n"
        "            -- not by its qualified name: who writes through a view may lack the schema's "
        "USAGE\n"
        "            PERFORM pg_catalog.nextval(c.oid::pg_catalog.regclass) FROM "
        "pg_catalog.pg_class c\n"
        "            WHERE c.relname = %5$s AND c.relkind = 'S' AND c.relnamespace =\n"
        "                (SELECT t.relnamespace FROM pg_catalog.pg_class t\n"
        "                 -- a partition may be in another schema\n"
        "                 WHERE t.oid = coalesce(pg_catalog.pg_partition_root(TG_RELID), "
        "TG_RELID));\n"
        "        END IF;\n"
        "    ELSIF NEW.%2$s IS NULL THEN\n"
        "        NEW.%2$s := (%3$s);\n"
        "    END IF;\n"
        "    RETURN NEW;\n"
        "END",
        old, new, up, down, counter, sync->old_default ? sync->old_default : "NULL",
        sync->new_default ? sync->new_default : "NULL");
}

char *step_sync_create_sql(const struct plan *plan, const struct plan_step *sync)
{
    g_autofree char *name = step_sync_name(plan, sync);
    g_autofree char *object = db_qualified(sync->schema, name);
    g_autofree char *trigger = db_ident(name);
    g_autofree char *schema = db_ident(sync->schema);
    g_autofree char *table = step_table(sync);
    g_autofree char *new = db_ident(sync->new);
    g_autofree char *up = on_new(sync->up);
    g_autofree char *body = function_body(sync, name);
    g_autofree char *quoted_body = db_literal(body);
    g_autofree char *note = g_strdup_printf("pgrollout, migration %s: keeps %s and %s in step",
                                            plan->name, sync->old, sync->new);
    g_autofree char *quoted_note = db_literal(note);
    return g_strdup_printf("CREATE SEQUENCE %1$s;\n"
                           "GRANT USAGE ON SEQUENCE %1$s TO PUBLIC;\n"
                           "CREATE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql\n"
                           "    SET search_path = %2$s, pg_catalog, pg_temp AS %3$s;\n"
                           "CREATE TRIGGER %4$s BEFORE INSERT OR UPDATE ON %5$s FOR EACH ROW\n"
                           "    WHEN (NEW.%6$s IS DISTINCT FROM (%7$s)) EXECUTE FUNCTION %1$s();\n"
                           "COMMENT ON TRIGGER %4$s ON %5$s IS %8$s",
                           object, schema, quoted_body, trigger, table, new, up, quoted_note);
}

char *step_sync_drop_sql(const struct plan *plan, const struct plan_step *sync)
{
    if (sync->into)
        return step_sync_across_drop_sql(plan, sync);
    g_autofree char *name = step_sync_name(plan, sync);
    g_autofree char *object = db_qualified(sync->schema, name);
    g_autofree char *trigger = db_ident(name);
    g_autofree char *table = step_table(sync);
    return g_strdup_printf("DROP TRIGGER IF EXISTS %s ON %s;\nDROP FUNCTION IF EXISTS %s();\n"
                           "DROP SEQUENCE IF EXISTS %s",
                           trigger, table, object, object);
}

static gboolean names_column(const struct plan_step *sync, const char *column, gboolean new)
{
    const GPtrArray *const lists[] = {sync->key, sync->set};
    for (guint l = 0; l < G_N_ELEMENTS(lists); l++)
        for (guint i = 0; i < lists[l]->len; i++) {
            const struct plan_set *set = g_ptr_array_index(lists[l], i);
            if (strcmp(new ? set->column : set->expression, column) == 0)
                return TRUE;
        }
    return g_strcmp0(sync->old, column) == 0 || g_strcmp0(sync->new, column) == 0;
}

/* `col` NULL: any column. */
gboolean step_sync_touches(const struct plan_step *sync, const struct plan_step *step,
                           const char *col)
{
    if (strcmp(sync->schema, step->schema) == 0 && strcmp(sync->table, step->table) == 0)
        return !col || names_column(sync, col, FALSE);
    return sync->into && strcmp(sync->into_schema, step->schema) == 0 &&
           strcmp(sync->into, step->table) == 0 && (!col || names_column(sync, col, TRUE));
}

/* By a drop_sync before `step`, or by what else takes a sync along. */
gboolean step_sync_is_gone(const struct plan *plan, const struct plan_step *step,
                           const struct plan_step *sync)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(plan->steps, i);
        if (other == step)
            return FALSE;
        if (other->kind == KIND_DROP_SYNC && step_sync_of(plan, other) == sync)
            return TRUE;
        if ((other->kind == KIND_DROP_COLUMN || other->kind == KIND_DROP_TABLE) &&
            step_sync_touches(sync, other, other->col))
            return TRUE;
    }
    return FALSE;
}

char *step_syncs_drop_sql(const struct plan *plan, const struct plan_step *step, const char *col)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *sync = g_ptr_array_index(plan->steps, i);
        if (sync->kind != KIND_SYNC || !step_sync_touches(sync, step, col) ||
            step_sync_is_gone(plan, step, sync))
            continue;
        g_autofree char *drop = step_sync_drop_sql(plan, sync);
        g_string_append_printf(sql, "%s;\n", drop);
    }
    return g_string_free(sql, FALSE);
}

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    if (step->into) {
        step_sync_across_stages(plan, step, out);
        return;
    }
    g_autofree char *sql = step_sync_create_sql(plan, step);
    stage_add(out, STAGE_DDL, NULL, "%s", sql);
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    if (step->into) {
        step_sync_across_drop_stages(plan, step, out);
        return;
    }
    g_autofree char *sql = step_sync_drop_sql(plan, step);
    stage_add(out, STAGE_DDL, NULL, "%s", sql);
}

static void describe_across(const struct plan_step *step, struct step_text *text)
{
    g_autofree char *lock = step_lock_text("SHARE ROW EXCLUSIVE", step);
    text->locks =
        g_strdup_printf("%s, then the same on %s.%s", lock, step->into_schema, step->into);
    text->undo = g_strdup_printf("drops the sync triggers of %s and %s", step->table, step->into);
    g_autofree char *undo_lock = step_lock_text("ACCESS EXCLUSIVE", step);
    text->undo_locks =
        g_strdup_printf("%s, then the same on %s.%s", undo_lock, step->into_schema, step->into);
    text->loses = g_strdup_printf("a release that knows only %s stops working", step->into);
    text->reverse_text = g_strdup_printf(
        "No release that needs %s runs any more (the releases deployed since are rolled back).",
        step->into);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    if (step->into) {
        describe_across(step, text);
        return;
    }
    text->locks = step_lock_text("SHARE ROW EXCLUSIVE", step);
    text->undo = g_strdup_printf("drops the sync trigger of %s", step->table);
    text->undo_locks = step_lock_text("ACCESS EXCLUSIVE", step);
    text->loses = g_strdup_printf("a release that knows only %s stops working", step->new);
    text->reverse_text = g_strdup_printf(
        "No release that needs %1$s.%2$s runs any more (the releases deployed since are "
        "rolled back). To see who uses it: pgrollout uses %3$s.%1$s.%2$s",
        step->table, step->new, step->schema);
}

const struct step_class step_class_sync = {
    .kind = KIND_SYNC,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
