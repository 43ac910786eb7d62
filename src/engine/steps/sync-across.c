/* sync across tables: triggers that keep columns of two tables in step, both ways.
 *
 * Nothing marks a write as made by a trigger: no setting, which any role could switch off, and no
 * depth, which an application's own triggers change too. Each side writes the other only where they
 * differ, so that the answer to a write finds nothing to do.
 *
 * What keeps sessions apart is the row of the old table. Its writers hold it before their triggers
 * touch the new table; an INSERT into the new table takes it first (BEFORE), and leaves it written,
 * even where no value changes: a transaction in REPEATABLE READ that deletes or moves it, and does not
 * see the new row, then gets 40001 and leaves no ghost. An UPDATE or DELETE of the new table holds its
 * own row before any trigger is asked: crossed with a write to the same old row it is a deadlock, which
 * PostgreSQL ends with 40P01 for one of the two.
 *
 * The functions are SECURITY DEFINER, of the tables' owner: the roles of a running release have rights
 * on the table that they know, and an INVOKER trigger would break their writes (42501). Hence the
 * pinned search path without the schema, every name qualified, and no EXECUTE for anybody. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

enum side { OLD_SIDE, NEW_SIDE };

static const char *name_of(const struct plan_set *set, enum side side)
{
    return side == OLD_SIDE ? set->expression : set->column;
}

/* prefix."a", prefix."b" */
static char *columns_sql(const GPtrArray *set, enum side side, const char *prefix)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < set->len; i++) {
        g_autofree char *name = db_ident(name_of(g_ptr_array_index(set, i), side));
        g_string_append_printf(sql, "%s%s%s%s", i ? ", " : "", prefix, *prefix ? "." : "", name);
    }
    return g_string_free(sql, FALSE);
}

/* The same of the key and then of the columns. */
static char *all_columns_sql(const struct plan_step *sync, enum side side, const char *prefix)
{
    g_autofree char *key = columns_sql(sync->key, side, prefix);
    g_autofree char *columns = columns_sql(sync->set, side, prefix);
    return g_strdup_printf("%s, %s", key, columns);
}

/* The row of a table whose key another row has: n."user_id" = NEW."id" AND … */
static char *match_sql(const struct plan_step *sync, enum side a_side, const char *a,
                       enum side b_side, const char *b)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < sync->key->len; i++) {
        const struct plan_set *set = g_ptr_array_index(sync->key, i);
        g_autofree char *left = db_ident(name_of(set, a_side));
        g_autofree char *right = db_ident(name_of(set, b_side));
        g_string_append_printf(sql, "%s%s.%s = %s.%s", i ? " AND " : "", a, left, b, right);
    }
    return g_string_free(sql, FALSE);
}

/* (a.x, a.y) IS [NOT] DISTINCT FROM (b.x, b.y), of the synced columns */
static char *differs_sql(const struct plan_step *sync, enum side a_side, const char *a,
                         enum side b_side, const char *b)
{
    g_autofree char *left = columns_sql(sync->set, a_side, a);
    g_autofree char *right = columns_sql(sync->set, b_side, b);
    return g_strdup_printf("(%s) IS DISTINCT FROM (%s)", left, right);
}

static char *key_moved_sql(const struct plan_step *sync, enum side side)
{
    g_autofree char *left = columns_sql(sync->key, side, "OLD");
    g_autofree char *right = columns_sql(sync->key, side, "NEW");
    return g_strdup_printf("(%s) IS DISTINCT FROM (%s)", left, right);
}

/* "x" = NEW."y", … */
static char *assign_sql(const GPtrArray *set, enum side to, enum side from, const char *prefix)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < set->len; i++) {
        g_autofree char *target = db_ident(name_of(g_ptr_array_index(set, i), to));
        g_autofree char *value = db_ident(name_of(g_ptr_array_index(set, i), from));
        g_string_append_printf(sql, "%s%s = %s.%s", i ? ", " : "", target, prefix, value);
    }
    return g_string_free(sql, FALSE);
}

static char *assign_empty_sql(const struct plan_step *sync)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < sync->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(sync->set, i);
        g_autofree char *target = db_ident(set->expression);
        g_string_append_printf(sql, "%s%s = (%s)", i ? ", " : "", target,
                               set->def ? set->def : "NULL");
    }
    return g_string_free(sql, FALSE);
}

char *step_sync_empty_sql(const struct plan_step *sync, const char *prefix)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < sync->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(sync->set, i);
        g_autofree char *name = db_ident(set->expression);
        g_autofree char *column = *prefix ? g_strdup_printf("%s.%s", prefix, name) : g_strdup(name);
        if (set->def)
            g_string_append_printf(sql, "%s(%s IS NULL OR %s IS NOT DISTINCT FROM (%s))",
                                   i ? " AND " : "", column, column, set->def);
        else
            g_string_append_printf(sql, "%s%s IS NULL", i ? " AND " : "", column);
    }
    return g_string_free(sql, FALSE);
}

/* Writes the row of the new table for NEW of the old one. */
static char *make_new_sql(const struct plan_step *sync)
{
    g_autofree char *table = db_qualified(sync->into_schema, sync->into);
    g_autofree char *names = all_columns_sql(sync, NEW_SIDE, "");
    g_autofree char *values = all_columns_sql(sync, OLD_SIDE, "NEW");
    g_autofree char *key = columns_sql(sync->key, NEW_SIDE, "");
    g_autofree char *assign = assign_sql(sync->set, NEW_SIDE, NEW_SIDE, "EXCLUDED");
    g_autofree char *differs = differs_sql(sync, NEW_SIDE, "n", NEW_SIDE, "EXCLUDED");
    return g_strdup_printf("INSERT INTO %s AS n (%s) VALUES (%s)\n"
                           "            ON CONFLICT (%s) DO UPDATE SET %s WHERE %s;\n",
                           table, names, values, key, assign, differs);
}

static char *old_function_body(const struct plan_step *sync)
{
    g_autofree char *table = db_qualified(sync->into_schema, sync->into);
    g_autofree char *gone = match_sql(sync, NEW_SIDE, "n", OLD_SIDE, "OLD");
    g_autofree char *here = match_sql(sync, NEW_SIDE, "n", OLD_SIDE, "NEW");
    g_autofree char *moved = key_moved_sql(sync, OLD_SIDE);
    g_autofree char *new_key = assign_sql(sync->key, NEW_SIDE, OLD_SIDE, "NEW");
    g_autofree char *new_values = assign_sql(sync->set, NEW_SIDE, OLD_SIDE, "NEW");
    g_autofree char *empty = sync->rows_both ? g_strdup("false") : step_sync_empty_sql(sync, "NEW");
    g_autofree char *differs = differs_sql(sync, NEW_SIDE, "n", OLD_SIDE, "NEW");
    g_autofree char *make = make_new_sql(sync);
    return g_strdup_printf(
        "BEGIN\n"
        "    IF TG_OP = 'DELETE' THEN\n"
        "        DELETE FROM %1$s AS n WHERE %2$s;\n"
        "        RETURN NULL;\n"
        "    END IF;\n"
        "    IF TG_OP = 'UPDATE' THEN\n"
        "        IF %4$s THEN\n"
        "            -- key and values at once: the trigger there then finds both sides alike\n"
        "            UPDATE %1$s AS n SET %5$s, %6$s WHERE %2$s;\n"
        "            IF FOUND THEN\n"
        "                RETURN NULL;\n"
        "            END IF;\n"
        "        END IF;\n"
        "    END IF;\n"
        "    IF %7$s THEN\n"
        "        -- one that a release emptied there stays\n"
        "        DELETE FROM %1$s AS n WHERE %3$s AND %8$s;\n"
        "    ELSE\n"
        "        %9$s"
        "    END IF;\n"
        "    RETURN NULL;\n"
        "END",
        table, gone, here, moved, new_key, new_values, empty, differs, make);
}

/* The row of the old table was not written by this transaction: others may still see it as it was. */
#define UNTOUCHED "o.xmin IS DISTINCT FROM pg_catalog.pg_current_xact_id()::pg_catalog.xid"

/* `rows: filled`: what NEW of the new table writes into its old row. */
static char *write_old_sql(const struct plan_step *sync)
{
    g_autofree char *table = step_table(sync);
    g_autofree char *here = match_sql(sync, OLD_SIDE, "o", NEW_SIDE, "NEW");
    g_autofree char *values = assign_sql(sync->set, OLD_SIDE, NEW_SIDE, "NEW");
    g_autofree char *differs = differs_sql(sync, OLD_SIDE, "o", NEW_SIDE, "NEW");
    g_autofree char *quoted_table = db_literal(table);
    return g_strdup_printf(
        "    UPDATE %1$s AS o SET %2$s WHERE %3$s AND (%4$s\n"
        "        -- even where no value changes: who still sees the old row as it was, and "
        "deletes\n"
        "        -- it, must be refused (40001)\n"
        "        OR comes AND " UNTOUCHED ");\n"
        "    IF NOT FOUND AND comes THEN\n"
        "        PERFORM FROM %1$s AS o WHERE %3$s FOR KEY SHARE;\n"
        "        IF NOT FOUND THEN\n"
        "            RAISE EXCEPTION 'there is no row of %% for this row of %%', %5$s, TG_RELID::"
        "pg_catalog.regclass\n"
        "                USING ERRCODE = 'foreign_key_violation';\n"
        "        END IF;\n"
        "    END IF;\n",
        table, values, here, differs, quoted_table);
}

/* `rows: both`: the same, and the old row is made where it is not there. */
static char *make_old_sql(const struct plan_step *sync)
{
    g_autofree char *table = step_table(sync);
    g_autofree char *here = match_sql(sync, OLD_SIDE, "o", NEW_SIDE, "NEW");
    g_autofree char *names = all_columns_sql(sync, OLD_SIDE, "");
    g_autofree char *new_values = all_columns_sql(sync, NEW_SIDE, "NEW");
    g_autofree char *key = columns_sql(sync->key, OLD_SIDE, "");
    g_autofree char *excluded = assign_sql(sync->set, OLD_SIDE, OLD_SIDE, "EXCLUDED");
    g_autofree char *values = assign_sql(sync->set, OLD_SIDE, NEW_SIDE, "NEW");
    g_autofree char *differs = differs_sql(sync, OLD_SIDE, "o", NEW_SIDE, "NEW");
    g_autofree char *conflict = differs_sql(sync, OLD_SIDE, "o", OLD_SIDE, "EXCLUDED");
    return g_strdup_printf("    IF comes THEN\n"
                           "        INSERT INTO %1$s AS o (%2$s) VALUES (%3$s)\n"
                           "            ON CONFLICT (%4$s) DO UPDATE SET %5$s WHERE %6$s\n"
                           "                OR " UNTOUCHED ";\n"
                           "    ELSE\n"
                           "        UPDATE %1$s AS o SET %7$s WHERE %8$s AND %9$s;\n"
                           "    END IF;\n",
                           table, names, new_values, key, excluded, conflict, values, here,
                           differs);
}

/* What a new row that goes, or takes another key, does to the old row of its old key. */
static char *leave_old_sql(const struct plan_step *sync)
{
    g_autofree char *table = step_table(sync);
    g_autofree char *gone = match_sql(sync, OLD_SIDE, "o", NEW_SIDE, "OLD");
    g_autofree char *here = match_sql(sync, OLD_SIDE, "o", NEW_SIDE, "NEW");
    g_autofree char *empty = step_sync_empty_sql(sync, "o");
    g_autofree char *make_empty = assign_empty_sql(sync);
    g_autofree char *values = differs_sql(sync, OLD_SIDE, "o", NEW_SIDE, "OLD");
    g_autofree char *changed = differs_sql(sync, NEW_SIDE, "OLD", NEW_SIDE, "NEW");
    g_autofree char *new_key = assign_sql(sync->key, OLD_SIDE, NEW_SIDE, "NEW");
    g_autofree char *new_values = assign_sql(sync->set, OLD_SIDE, NEW_SIDE, "NEW");
    if (sync->rows_both)
        return g_strdup_printf("    IF TG_OP = 'DELETE' THEN\n"
                               "        DELETE FROM %1$s AS o WHERE %2$s;\n"
                               "        RETURN NULL;\n"
                               "    END IF;\n"
                               "    IF moved THEN\n"
                               "        PERFORM FROM %1$s AS o WHERE %3$s;\n"
                               "        IF NOT FOUND THEN\n"
                               "            UPDATE %1$s AS o SET %4$s, %5$s WHERE %2$s;\n"
                               "            IF FOUND THEN\n"
                               "                RETURN NULL;\n"
                               "            END IF;\n"
                               "        END IF;\n"
                               "    END IF;\n",
                               table, gone, here, new_key, new_values);
    return g_strdup_printf(
        "    IF TG_OP = 'DELETE' THEN\n"
        "        UPDATE %1$s AS o SET %3$s WHERE %2$s AND NOT (%4$s);\n"
        "        RETURN NULL;\n"
        "    END IF;\n"
        "    IF moved THEN\n"
        "        PERFORM FROM %1$s AS o WHERE %2$s;\n"
        "        IF FOUND THEN\n"
        "            -- not one that has moved in there since\n"
        "            UPDATE %1$s AS o SET %3$s WHERE %2$s AND NOT (%5$s);\n"
        "        ELSIF NOT (%6$s) THEN\n"
        "            RETURN NULL; -- the old row has moved, and its trigger sees to the values\n"
        "        END IF;\n"
        "    END IF;\n",
        table, gone, make_empty, empty, values, changed);
}

static char *new_function_body(const struct plan_step *sync)
{
    g_autofree char *table = step_table(sync);
    g_autofree char *here = match_sql(sync, OLD_SIDE, "o", NEW_SIDE, "NEW");
    g_autofree char *key_moved = key_moved_sql(sync, NEW_SIDE);
    g_autofree char *leave = leave_old_sql(sync);
    g_autofree char *write = sync->rows_both ? make_old_sql(sync) : write_old_sql(sync);
    return g_strdup_printf("DECLARE\n"
                           "    moved boolean := false;\n"
                           "    comes boolean := TG_OP = 'INSERT';\n"
                           "BEGIN\n"
                           "    IF TG_WHEN = 'BEFORE' THEN\n"
                           "        -- the old row first, as its own writers do\n"
                           "        PERFORM FROM %1$s AS o WHERE %2$s FOR NO KEY UPDATE;\n"
                           "        RETURN NEW;\n"
                           "    END IF;\n"
                           "    IF TG_OP = 'UPDATE' THEN\n"
                           "        moved := %3$s;\n"
                           "        comes := moved;\n"
                           "    END IF;\n"
                           "%4$s%5$s"
                           "    RETURN NULL;\n"
                           "END",
                           table, here, key_moved, leave, write);
}

/* The function of one side, and its triggers. */
static char *side_sql(const struct plan *plan, const struct plan_step *sync, enum side side)
{
    gboolean old = side == OLD_SIDE;
    g_autofree char *name = step_sync_name(plan, sync);
    g_autofree char *rows = g_strconcat(name, "_r", NULL), *lock = g_strconcat(name, "_l", NULL);
    g_autofree char *function_name = g_strconcat(name, old ? "_old" : "_new", NULL);
    g_autofree char *function = db_qualified(old ? sync->schema : sync->into_schema, function_name);
    g_autofree char *table = old ? step_table(sync) : db_qualified(sync->into_schema, sync->into);
    g_autofree char *body = old ? old_function_body(sync) : new_function_body(sync);
    g_autofree char *quoted_body = db_literal(body);
    g_autofree char *before = all_columns_sql(sync, side, "OLD");
    g_autofree char *after = all_columns_sql(sync, side, "NEW");
    g_autofree char *note = g_strdup_printf("pgrollout, migration %s: keeps %s and %s in step",
                                            plan->name, sync->table, sync->into);
    g_autofree char *quoted_note = db_literal(note);
    GString *sql = g_string_new(NULL);
    g_string_append_printf(
        sql,
        "CREATE FUNCTION %1$s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n"
        "    SET search_path = pg_catalog, pg_temp AS %2$s;\n"
        "REVOKE ALL ON FUNCTION %1$s() FROM PUBLIC;\n"
        "CREATE TRIGGER %3$s AFTER UPDATE ON %4$s FOR EACH ROW\n"
        "    WHEN ((%5$s) IS DISTINCT FROM (%6$s)) EXECUTE FUNCTION %1$s();\n"
        "CREATE TRIGGER %7$s AFTER INSERT OR DELETE ON %4$s FOR EACH ROW EXECUTE FUNCTION "
        "%1$s();\n",
        function, quoted_body, name, table, before, after, rows);
    if (!old)
        g_string_append_printf(sql,
                               "CREATE TRIGGER %s BEFORE INSERT ON %s FOR EACH ROW EXECUTE "
                               "FUNCTION %s();\n",
                               lock, table, function);
    g_string_append_printf(sql, "COMMENT ON TRIGGER %s ON %s IS %s", name, table, quoted_note);
    return g_string_free(sql, FALSE);
}

static char *side_drop_sql(const struct plan *plan, const struct plan_step *sync, enum side side)
{
    gboolean old = side == OLD_SIDE;
    g_autofree char *name = step_sync_name(plan, sync);
    g_autofree char *function_name = g_strconcat(name, old ? "_old" : "_new", NULL);
    g_autofree char *function = db_qualified(old ? sync->schema : sync->into_schema, function_name);
    g_autofree char *table = old ? step_table(sync) : db_qualified(sync->into_schema, sync->into);
    g_autofree char *lock =
        old ? g_strdup("") : g_strdup_printf("DROP TRIGGER IF EXISTS %s_l ON %s;\n", name, table);
    return g_strdup_printf("%1$sDROP TRIGGER IF EXISTS %2$s_r ON %3$s;\n"
                           "DROP TRIGGER IF EXISTS %2$s ON %3$s;\nDROP FUNCTION IF EXISTS %4$s()",
                           lock, name, table, function);
}

/* One table in each transaction. The new table first: nothing reads or writes it yet. */
void step_sync_across_stages(const struct plan *plan, const struct plan_step *sync, GPtrArray *out)
{
    g_autofree char *new = side_sql(plan, sync, NEW_SIDE), *old = side_sql(plan, sync, OLD_SIDE);
    stage_add(out, STAGE_DDL, NULL, "%s", new);
    stage_add(out, STAGE_DDL, NULL, "%s", old);
}

void step_sync_across_drop_stages(const struct plan *plan, const struct plan_step *sync,
                                  GPtrArray *out)
{
    g_autofree char *old = side_drop_sql(plan, sync, OLD_SIDE);
    g_autofree char *new = side_drop_sql(plan, sync, NEW_SIDE);
    stage_add(out, STAGE_DDL, NULL, "%s", old);
    stage_add(out, STAGE_DDL, NULL, "%s", new);
}

char *step_sync_across_drop_sql(const struct plan *plan, const struct plan_step *sync)
{
    g_autofree char *old = side_drop_sql(plan, sync, OLD_SIDE);
    g_autofree char *new = side_drop_sql(plan, sync, NEW_SIDE);
    return g_strdup_printf("%s;\n%s", old, new);
}
