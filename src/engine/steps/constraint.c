/* constraint: a check or a foreign key NOT VALID, then VALIDATE; a unique one as an index that is
 * built concurrently, then USING INDEX. The catalog says what is left to do
 * (pgrollout.constraint_make). */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static char *foreign_key(const struct plan_step *step)
{
    g_autofree char *columns = step_names(step->columns);
    g_autofree char *other = db_qualified(step->into_schema, step->into);
    g_autofree char *referenced = step_names(step->references);
    return g_strdup_printf("FOREIGN KEY (%s) REFERENCES %s%s%s%s%s%s", columns, other,
                           referenced ? " (" : "", referenced ? referenced : "",
                           referenced ? ")" : "", step->on_delete ? " ON DELETE " : "",
                           step->on_delete ? step->on_delete : "");
}

/* As in ADD CONSTRAINT, without its name. */
char *step_constraint_sql(const struct plan_step *step)
{
    g_autofree char *columns = step_names(step->columns);
    switch (step->constraint) {
    case CONSTRAINT_CHECK:
        return g_strdup_printf("CHECK (%s)", step->check);
    case CONSTRAINT_FOREIGN_KEY:
        return foreign_key(step);
    case CONSTRAINT_UNIQUE:
        break;
    }
    return g_strdup_printf("UNIQUE (%s)", columns);
}

/* The row's primary key, "id 4", else where it stands. */
static char *row_name(const struct plan_step *step)
{
    g_autofree char *table = step_table(step), *literal = db_literal(table);
    return g_strdup_printf(
        "coalesce((SELECT string_agg(j.key || ' ' || j.value, ', ' ORDER BY j.key)\n"
        "    FROM pg_catalog.jsonb_each_text(pg_catalog.to_jsonb(t)) j\n"
        "    WHERE j.key IN (SELECT a.attname FROM pg_catalog.pg_index i\n"
        "        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid\n"
        "            AND a.attnum = ANY (i.indkey)\n"
        "        WHERE i.indrelid = %s::pg_catalog.regclass AND i.indisprimary)), 'row ' || "
        "t.ctid::text)",
        literal);
}

static void find_breakers(const struct plan_step *step, GPtrArray *out)
{
    g_autofree char *row = row_name(step), *table = step_table(step);
    g_autofree char *what = g_strdup_printf("break constraint %s", step->object);
    stage_add(out, STAGE_FIND, what, "SELECT %s FROM %s t WHERE NOT (%s)", row, table, step->check);
}

/* Rows without the row that they reference. */
static void find_orphans(const struct plan_step *step, GPtrArray *out)
{
    if (!step->references) /* not known without a database */
        return;
    g_autofree char *row = row_name(step), *table = step_table(step);
    g_autofree char *other = db_qualified(step->into_schema, step->into);
    g_autoptr(GString) set = g_string_new(NULL), match = g_string_new(NULL);
    for (guint i = 0; step->columns[i] && step->references[i]; i++) {
        g_autofree char *here = db_ident(step->columns[i]);
        g_autofree char *there = db_ident(step->references[i]);
        g_string_append_printf(set, "t.%s IS NOT NULL AND ", here);
        g_string_append_printf(match, "%sr.%s = t.%s", i ? " AND " : "", there, here);
    }
    stage_add(out, STAGE_FIND, "reference nothing",
              "SELECT %s FROM %s t\nWHERE %sNOT EXISTS (SELECT FROM %s r WHERE %s)", row, table,
              set->str, other, match->str);
}

static void find_stage(const struct plan_step *step, GPtrArray *out)
{
    if (step->constraint == CONSTRAINT_CHECK) {
        find_breakers(step, out);
    } else if (step->constraint == CONSTRAINT_FOREIGN_KEY) {
        find_orphans(step, out);
    } else {
        g_auto(GStrv) columns = step_idents(step->columns);
        step_find_duplicates(step, columns, "", out);
    }
}

static char *other_oid(const struct plan_step *step)
{
    if (step->constraint != CONSTRAINT_FOREIGN_KEY)
        return g_strdup("NULL");
    g_autofree char *schema = db_literal(step->into_schema), *table = db_literal(step->into);
    return g_strdup_printf("pgrollout.table_named(%s, %s)", schema, table);
}

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *name = db_literal(step->object), *object = db_ident(step->object);
    g_autofree char *columns = step_names(step->columns);
    gboolean unique = step->constraint == CONSTRAINT_UNIQUE;
    g_autofree char *def =
        unique ? g_strdup_printf("UNIQUE USING INDEX %s", object) : step_constraint_sql(step);
    g_autofree char *body = unique ? g_strdup_printf("USING btree (%s)", columns) : NULL;
    g_autofree char *quoted_def = db_literal(def), *quoted_body = db_literal(body);
    g_autofree char *other = other_oid(step);
    find_stage(step, out);
    stage_add(out, STAGE_CATALOG, "constraint_make", "%s, %s, %s, %s, %s", name, quoted_def,
              quoted_body, step->adopt ? "true" : "false", other);
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *name = db_literal(step->object);
    stage_add(out, STAGE_CATALOG, "constraint_drop", "%s, true", name);
}

static char *does_text(const struct plan_step *step)
{
    g_autofree char *table = step_table(step), *name = db_ident(step->object);
    g_autofree char *def = step_constraint_sql(step), *columns = step_names(step->columns);
    if (step->constraint == CONSTRAINT_UNIQUE)
        return g_strdup_printf("CREATE UNIQUE INDEX CONCURRENTLY %2$s ON %1$s USING btree (%3$s);\n"
                               "ALTER TABLE %1$s ADD CONSTRAINT %2$s UNIQUE USING INDEX %2$s",
                               table, name, columns);
    return g_strdup_printf("ALTER TABLE %1$s ADD CONSTRAINT %2$s %3$s NOT VALID;\n"
                           "ALTER TABLE %1$s VALIDATE CONSTRAINT %2$s",
                           table, name, def);
}

static char *locks_text(const struct plan_step *step)
{
    if (step->constraint == CONSTRAINT_CHECK)
        return g_strdup_printf("ACCESS EXCLUSIVE on %s.%s for an instant, then SHARE UPDATE "
                               "EXCLUSIVE while it validates",
                               step->schema, step->table);
    if (step->constraint == CONSTRAINT_UNIQUE)
        return g_strdup_printf(
            "SHARE UPDATE EXCLUSIVE on %s.%s while the index builds, then ACCESS "
            "EXCLUSIVE for an instant",
            step->schema, step->table);
    return g_strdup_printf(
        "SHARE ROW EXCLUSIVE on %1$s.%2$s and %3$s.%4$s for an instant, then "
        "SHARE UPDATE EXCLUSIVE on %1$s.%2$s and ROW SHARE on %3$s.%4$s while it "
        "validates",
        step->schema, step->table, step->into_schema, step->into);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    text->does = does_text(step);
    text->locks = locks_text(step);
    text->undo = g_strdup_printf("drops constraint %s of %s", step->object, step->table);
    g_autofree char *undo_lock = step_lock_text("ACCESS EXCLUSIVE", step);
    text->undo_locks = g_strdup_printf(
        "%s%s", undo_lock,
        step->constraint == CONSTRAINT_FOREIGN_KEY ? "; the same on the table it references" : "");
}

const struct step_class step_class_constraint = {
    .kind = KIND_CONSTRAINT,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
