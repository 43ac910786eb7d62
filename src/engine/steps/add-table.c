/* add_table: a new table, usable at once by whoever may use the table that `grants:` names. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

char *step_create_table_sql(const struct plan_step *step, const char *table)
{
    GString *sql = g_string_new(NULL);
    g_autofree char *key = step_names(step->columns);
    g_string_append_printf(sql, "CREATE TABLE %s (", table);
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *column = g_ptr_array_index(step->set, i);
        g_autofree char *name = db_ident(column->column);
        g_string_append_printf(sql, "%s\n    %s %s", i ? "," : "", name, column->expression);
    }
    if (key)
        g_string_append_printf(sql, ",\n    PRIMARY KEY (%s)", key);
    for (char **constraint = step->constraints; constraint && *constraint; constraint++)
        g_string_append_printf(sql, ",\n    %s", *constraint);
    g_string_append(sql, "\n)");
    return g_string_free(sql, FALSE);
}

/* The privileges of the other table, and those on columns that both have; who may insert may use the
 * sequences. By what is granted on the day. */
static char *grants_sql(const struct plan_step *step)
{
    g_autofree char *table = step_table(step), *literal = db_literal(table);
    g_autofree char *other = db_qualified(step->into_schema, step->into);
    g_autofree char *other_literal = db_literal(other);
    g_autofree char *body = g_strdup_printf(
        "DECLARE\n"
        "    made pg_catalog.regclass := %1$s;\n"
        "    like_it pg_catalog.regclass := %2$s;\n"
        "    g record;\n"
        "BEGIN\n"
        "    FOR g IN\n"
        "        SELECT x.privilege_type AS privilege, NULL::name AS col, x.grantee, "
        "x.is_grantable\n"
        "        FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) x\n"
        "        WHERE c.oid = like_it AND x.grantee <> c.relowner\n"
        "        UNION ALL\n"
        "        SELECT x.privilege_type, a.attname, x.grantee, x.is_grantable\n"
        "        FROM pg_catalog.pg_class c\n"
        "        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped\n"
        "        JOIN pg_catalog.pg_attribute b ON b.attrelid = made AND b.attname = a.attname,\n"
        "            pg_catalog.aclexplode(a.attacl) x\n"
        "        WHERE c.oid = like_it AND x.grantee <> c.relowner\n"
        "    LOOP\n"
        "        EXECUTE pg_catalog.format('GRANT %%s%%s ON %%s TO %%s%%s', g.privilege,\n"
        "            CASE WHEN g.col IS NULL THEN '' ELSE pg_catalog.format(' (%%I)', g.col) END, "
        "made,\n"
        "            CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text "
        "END,\n"
        "            CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);\n"
        "    END LOOP;\n"
        "    FOR g IN\n"
        "        SELECT d.objid::pg_catalog.regclass AS sequence, x.grantee\n"
        "        FROM pg_catalog.pg_depend d\n"
        "        JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S',\n"
        "            pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) x\n"
        "        WHERE d.refobjid = made AND d.deptype = 'a' AND c.oid = like_it\n"
        "          AND x.privilege_type = 'INSERT' AND x.grantee <> c.relowner\n"
        "    LOOP\n"
        "        EXECUTE pg_catalog.format('GRANT USAGE, SELECT ON SEQUENCE %%s TO %%s', "
        "g.sequence,\n"
        "            CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::pg_catalog.regrole::text "
        "END);\n"
        "    END LOOP;\n"
        "END",
        literal, other_literal);
    g_autofree char *quoted = db_literal(body);
    return g_strdup_printf(";\nDO %s", quoted);
}

static char *make_sql(const struct plan_step *step)
{
    g_autofree char *table = step_table(step);
    g_autofree char *create = step_create_table_sql(step, table);
    g_autofree char *grants = step->into ? grants_sql(step) : g_strdup("");
    return g_strconcat(create, grants, NULL);
}

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *sql = make_sql(step), *literal = db_literal(sql);
    g_autofree char *schema = db_literal(step->schema), *table = db_literal(step->table);
    stage_add(out, STAGE_CATALOG, "table_make", "%s, %s, %s, %s", schema, table, literal,
              step->adopt ? "true" : "false");
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *table = step_table(step);
    g_autofree char *sql = g_strdup_printf("DROP TABLE %s", table), *literal = db_literal(sql);
    stage_add(out, STAGE_CATALOG, "table_drop", "%s, true", literal);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    g_autofree char *table = step_table(step);
    g_autofree char *create = step_create_table_sql(step, table);
    text->does = step->into
                     ? g_strdup_printf("%s;\n-- and the privileges that are granted on %s.%s",
                                       create, step->into_schema, step->into)
                     : g_steal_pointer(&create);
    text->locks =
        g_strdup("none but of its foreign keys: SHARE ROW EXCLUSIVE on what they reference, "
                 "for an instant");
    text->undo = g_strdup_printf("drops table %s", step->table);
    g_autofree char *undo_lock = step_lock_text("ACCESS EXCLUSIVE", step);
    text->undo_locks = g_strdup_printf("%s, and on the tables that it references", undo_lock);
    text->loses = g_strdup_printf("rows written to %s only", step->table);
    text->reverse_text =
        g_strdup_printf("No release that needs table %s runs any more (the releases "
                        "deployed since are rolled back).",
                        step->table);
}

const struct step_class step_class_add_table = {
    .kind = KIND_ADD_TABLE,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
