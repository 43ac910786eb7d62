/* The SQL of samples. The columns that the plan has yet to add stand in a sub-select around the plan's
 * expressions: names that it does not know are the row's own. */
#include "config.h"
#include "engine/forecast-private.h"

#include <string.h>

static gboolean has_column(const struct forecast_table *table, const char *name)
{
    for (guint i = 0; i < table->columns->len; i++)
        if (strcmp(((struct forecast_column *)g_ptr_array_index(table->columns, i))->name, name) ==
            0)
            return TRUE;
    return FALSE;
}

gboolean forecast_needs_substitute(const struct forecast_table *table, const struct plan_step *step)
{
    for (guint i = 0; step->set && i < step->set->len; i++)
        if (!has_column(table, ((struct plan_set *)g_ptr_array_index(step->set, i))->column))
            return TRUE;
    return FALSE;
}

/* What the plan fills the column with, or its default. */
static const char *filled_with(const struct plan *plan, const struct plan_step *column)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step->kind != KIND_BACKFILL || !step->set || step->into ||
            strcmp(step->schema, column->schema) != 0 || strcmp(step->table, column->table) != 0)
            continue;
        for (guint j = 0; j < step->set->len; j++) {
            const struct plan_set *set = g_ptr_array_index(step->set, j);
            if (strcmp(set->column, column->col) == 0)
                return set->expression;
        }
    }
    return column->def;
}

/* `CAST((NULL) AS text) AS "full_name"`, for each column that is still to come; NULL: none. An index is
 * made over what they are filled with. */
static char *coming_columns(const struct forecast_run *run, const struct forecast_table *table,
                            gboolean filled)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(run->plan->steps, i);
        if (step->kind != KIND_ADD_COLUMN || strcmp(step->schema, table->catalog->schema) != 0 ||
            strcmp(step->table, table->catalog->name) != 0 || has_column(table, step->col))
            continue;
        g_autofree char *name = db_ident(step->col);
        const char *value = filled ? filled_with(run->plan, step) : step->def;
        g_string_append_printf(sql, "%sCAST((%s\n) AS %s) AS %s", sql->len ? ", " : "",
                               value ? value : "NULL", step->type, name);
    }
    return sql->len ? g_string_free(g_steal_pointer(&sql), FALSE) : NULL;
}

/* The expression over the row as it will be once the columns are there. */
static char *in_future(const struct forecast_run *run, const struct forecast_table *table,
                       const struct plan_step *step, const char *expression)
{
    g_autofree char *coming = coming_columns(run, table, step->kind != KIND_BACKFILL);
    if (!coming)
        return g_strdup_printf("(%s\n)", expression);
    return g_strdup_printf("(SELECT (%s\n) FROM (SELECT %s) pgrollout_coming)", expression, coming);
}

/* A row that agrees in the other direction is left alone (batches-sql.c). */
static char *differs_sql(const struct plan *plan, const struct plan_step *step,
                         const struct plan_set *set)
{
    const struct plan_step *sync = plan_sync_find(plan, step->schema, step->table, set->column);
    g_autofree char *target = db_ident(set->column);
    if (!sync || strcmp(sync->new, set->column) != 0)
        return g_strdup_printf("%s IS DISTINCT FROM (%s\n)", target, set->expression);
    g_autofree char *old = db_ident(sync->old);
    return g_strdup_printf("%1$s IS DISTINCT FROM (%2$s\n) AND (%1$s IS NULL OR %3$s IS DISTINCT "
                           "FROM (%4$s\n))",
                           target, set->expression, old, sync->down);
}

/* Over the row's own columns and those to come, not wrapped yet. */
static char *condition_sql(const struct plan *plan, const struct plan_step *step)
{
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "(%s\n) AND (", step->where ? step->where : "true");
    for (guint i = 0; i < step->set->len; i++) {
        g_autofree char *differs = differs_sql(plan, step, g_ptr_array_index(step->set, i));
        g_string_append_printf(sql, "%s(%s)", i ? " OR " : "", differs);
    }
    return g_string_free(g_string_append(sql, ")"), FALSE);
}

char *forecast_matches_sql(const struct forecast_run *run, const struct forecast_table *table,
                           const struct plan_step *step)
{
    g_autofree char *condition = NULL;
    if (step->kind == KIND_BACKFILL && !step->into && !step->sql)
        condition = condition_sql(run->plan, step);
    else if (step->kind != KIND_VERIFY && step->where)
        condition = g_strdup(step->where);
    return condition ? in_future(run, table, step, condition) : g_strdup("true");
}

/* What the row takes up without what has been moved to the TOAST table. */
static char *width_sql(const struct forecast_table *table)
{
    GString *sql = g_string_new("0");
    for (guint i = 0; i < table->columns->len; i++) {
        const struct forecast_column *column = g_ptr_array_index(table->columns, i);
        g_autofree char *name = db_ident(column->name);
        if (column->length > 0)
            g_string_append_printf(sql, " + CASE WHEN %s IS NULL THEN 0 ELSE %d END", name,
                                   column->length);
        else
            g_string_append_printf(sql,
                                   " + coalesce(CASE WHEN pg_column_size(%1$s) > 2032 THEN 18 "
                                   "ELSE pg_column_size(%1$s) END, 0)",
                                   name);
    }
    return g_string_free(sql, FALSE);
}

/* The new values' bytes; those that replace others add nothing worth telling. */
static char *added_set(const struct forecast_run *run, const struct forecast_table *table,
                       const struct plan_step *step)
{
    GString *sql = g_string_new("0");
    for (guint i = 0; step->set && i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        g_autofree char *size =
            g_strdup_printf("coalesce(pg_column_size(%s\n), 0)", set->expression);
        g_autofree char *value = in_future(run, table, step, size);
        g_autofree char *name = db_ident(set->column);
        g_autofree char *empty =
            step->into ? g_strdup("true") : g_strdup_printf("%s IS NULL", name);
        g_autofree char *is_empty = in_future(run, table, step, empty);
        g_string_append_printf(sql, " + CASE WHEN %s THEN %s ELSE 0 END", is_empty, value);
    }
    return g_string_free(sql, FALSE);
}

/* What an index would hold of the row. */
static char *added_index(const struct forecast_run *run, const struct forecast_table *table,
                         const struct plan_step *step)
{
    GString *sql = g_string_new("0");
    char **lists[] = {step->columns, step->include};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        for (char **element = lists[i]; element && *element; element++) {
            g_autofree char *expression = forecast_element(*element);
            g_autofree char *size =
                g_strdup_printf("coalesce(pg_column_size(%s\n), 0)", expression);
            g_autofree char *value = in_future(run, table, step, size);
            g_string_append_printf(sql, " + %s", value);
        }
    return g_string_free(sql, FALSE);
}

static char *added_sql(const struct forecast_run *run, const struct forecast_table *table,
                       const struct plan_step *step)
{
    if (step->kind == KIND_BACKFILL)
        return added_set(run, table, step);
    if (step->kind == KIND_INDEX || step->kind == KIND_CONSTRAINT)
        return added_index(run, table, step);
    return g_strdup("0");
}

static const char *key_member(const struct forecast_table *table, guint i, const char *name)
{
    JsonObject *column = json_array_get_object_element(table->catalog->key, i);
    return json_object_has_member(column, name)
               ? json_object_get_string_member_with_default(column, name, NULL)
               : NULL;
}

static guint key_length(const struct forecast_table *table)
{
    return table->catalog->key ? json_array_get_length(table->catalog->key) : 0;
}

/* The key as an array literal, for a message that comes later. */
static char *start_sql(const struct forecast_table *table)
{
    guint n = key_length(table);
    if (n == 0)
        return g_strdup("NULL::text");
    GString *sql = g_string_new("(ARRAY[");
    for (guint i = 0; i < n; i++) {
        g_autofree char *name = db_ident(key_member(table, i, "name"));
        g_string_append_printf(sql, "%s%s::text", i ? ", " : "", name);
    }
    return g_string_free(g_string_append(sql, "])::text"), FALSE);
}

char *forecast_pages_sql(const struct forecast_run *run, const struct forecast_table *table,
                         const struct plan_step *step, char *const *blocks)
{
    g_autofree char *matches = forecast_matches_sql(run, table, step);
    g_autofree char *width = width_sql(table), *added = added_sql(run, table, step);
    g_autofree char *start = start_sql(table), *name = db_ident(table->catalog->name);
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < table->leaves->len; i++) {
        const struct forecast_leaf *leaf = g_ptr_array_index(table->leaves, i);
        if (!blocks[i])
            continue;
        g_string_append_printf(
            sql,
            "%sSELECT r.* FROM unnest('{%s}'::bigint[]) pgrollout_page (n) CROSS JOIN LATERAL (\n"
            "  SELECT count(*) AS n, count(*) FILTER (WHERE s.hit) AS hits,\n"
            "    sum(s.width) AS width, sum(s.added) FILTER (WHERE s.hit) AS added,\n"
            "    (array_agg(s.start ORDER BY s.hit DESC, random()))[1] AS start\n"
            "  FROM (SELECT coalesce(%s, false) AS hit, %s AS width, %s AS added, %s AS start\n"
            "    FROM ONLY %s AS %s\n"
            "    WHERE %s.ctid >= format('(%%s,0)', pgrollout_page.n)::tid\n"
            "      AND %s.ctid < format('(%%s,0)', pgrollout_page.n + 1)::tid) s) r",
            sql->len ? "\nUNION ALL\n" : "", blocks[i], matches, width, added, start, leaf->table,
            name, name, name);
    }
    return g_string_free(sql, FALSE);
}

/* --- batches over the key */

struct range_sql {
    char *keys;    /* "a", "b" COLLATE "C" */
    char *descend; /* each DESC */
    char *plain;   /* "a", "b" */
    char *low;     /* the start, as typed values */
    char *names;   /* k1, k2 */
};

static void range_init(struct range_sql *range, const struct forecast_table *table,
                       const char *start)
{
    GString *keys = g_string_new(NULL), *descend = g_string_new(NULL);
    GString *plain = g_string_new(NULL), *low = g_string_new(NULL), *names = g_string_new(NULL);
    g_autofree char *literal = db_literal(start);
    for (guint i = 0; i < key_length(table); i++) {
        g_autofree char *name = db_ident(key_member(table, i, "name"));
        const char *collation = key_member(table, i, "collation"), *comma = i ? ", " : "";
        g_autofree char *compared =
            collation ? g_strdup_printf("%s COLLATE %s", name, collation) : g_strdup(name);
        g_string_append_printf(keys, "%s%s", comma, compared);
        g_string_append_printf(descend, "%s%s DESC", comma, compared);
        g_string_append_printf(plain, "%s%s", comma, name);
        g_string_append_printf(low, "%s(%s::text[])[%u]::%s", comma, literal, i + 1,
                               key_member(table, i, "type"));
        g_string_append_printf(names, "%sk%u", comma, i + 1);
    }
    range->keys = g_string_free(keys, FALSE);
    range->descend = g_string_free(descend, FALSE);
    range->plain = g_string_free(plain, FALSE);
    range->low = g_string_free(low, FALSE);
    range->names = g_string_free(names, FALSE);
}

static void range_clear(struct range_sql *range)
{
    g_free(range->keys);
    g_free(range->descend);
    g_free(range->plain);
    g_free(range->low);
    g_free(range->names);
}

/* "WITH batch_end …", and the condition of the range. */
static char *end_sql(const struct forecast_table *table, const struct range_sql *range, int rows)
{
    g_autofree char *named = db_qualified(table->catalog->schema, table->catalog->name);
    return g_strdup_printf(
        "WITH batch_end (%1$s) AS MATERIALIZED (\n"
        "  (SELECT %2$s FROM %3$s WHERE (%4$s) >= (%5$s) ORDER BY %4$s OFFSET %6$d LIMIT 1)\n"
        "  UNION ALL\n"
        "  (SELECT %2$s FROM %3$s WHERE (%4$s) >= (%5$s) ORDER BY %7$s LIMIT 1) LIMIT 1)\n",
        range->names, range->plain, named, range->keys, range->low, rows - 1, range->descend);
}

static char *between_sql(const struct range_sql *range)
{
    return g_strdup_printf("(%1$s) >= (%2$s) AND (%1$s) <= (SELECT %3$s FROM batch_end)",
                           range->keys, range->low, range->names);
}

char *forecast_walk_sql(const struct forecast_run *run, const struct forecast_table *table,
                        const struct plan_step *step, const char *start, int rows)
{
    struct range_sql range;
    range_init(&range, table, start);
    g_autofree char *named = db_qualified(table->catalog->schema, table->catalog->name);
    g_autofree char *end = end_sql(table, &range, rows), *between = between_sql(&range);
    g_autofree char *matches = forecast_matches_sql(run, table, step);
    range_clear(&range);
    return g_strdup_printf("%sSELECT count(*), count(*) FILTER (WHERE s.hit)\n"
                           "FROM (SELECT %s AS hit FROM %s WHERE %s) s",
                           end, matches, named, between);
}

static char *assignments(const struct forecast_run *run, const struct plan_step *step)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        g_autofree char *name = db_ident(set->column);
        g_autofree char *differs = differs_sql(run->plan, step, set);
        if (step->set->len == 1)
            g_string_append_printf(sql, "%s = (%s\n)", name, set->expression);
        else
            g_string_append_printf(sql, "%s%s = CASE WHEN %s THEN (%s\n) ELSE %s END",
                                   i ? ", " : "", name, differs, set->expression, name);
    }
    return g_string_free(sql, FALSE);
}

static char *oids_of(const struct forecast_table *table)
{
    GString *oids = g_string_new("{");
    for (guint i = 0; i < table->leaves->len; i++)
        g_string_append_printf(oids, "%s%s", i ? "," : "",
                               ((struct forecast_leaf *)g_ptr_array_index(table->leaves, i))->oid);
    return g_string_free(g_string_append_c(oids, '}'), FALSE);
}

char *forecast_batch_sql(const struct forecast_run *run, const struct forecast_table *table,
                         const struct plan_step *step, const char *start, int rows,
                         gboolean substitute)
{
    struct range_sql range;
    range_init(&range, table, start);
    g_autofree char *named = db_qualified(table->catalog->schema, table->catalog->name);
    g_autofree char *end = end_sql(table, &range, rows), *between = between_sql(&range);
    g_autofree char *matches = forecast_matches_sql(run, table, step);
    g_autofree char *same = substitute ? db_ident(table->substitute) : NULL;
    g_autofree char *set =
        substitute ? g_strdup_printf("%s = %s", same, same) : assignments(run, step);
    g_autofree char *update = g_strdup_printf(
        "EXPLAIN (ANALYZE, WAL, TIMING OFF, FORMAT JSON) %sUPDATE %s SET %s WHERE %s AND %s", end,
        named, set, between, matches);
    range_clear(&range);
    g_autofree char *statement = db_literal(update), *oids = oids_of(table);
    /* the counters are the session's since it last told them: what counts is the difference */
    g_autofree char *body = g_strdup_printf(
        "DECLARE plan json; changes bigint; hots bigint; BEGIN "
        "SELECT sum(pg_stat_get_xact_tuples_updated(o)), "
        "sum(pg_stat_get_xact_tuples_hot_updated(o)) "
        "INTO changes, hots FROM unnest('%s'::oid[]) o; EXECUTE %s INTO plan; "
        "PERFORM set_config('pgrollout.sample', json_build_object('plan', plan -> 0, 'changed', "
        "sum(pg_stat_get_xact_tuples_updated(o)) - changes, 'hot', "
        "sum(pg_stat_get_xact_tuples_hot_updated(o)) - hots)::text, true) FROM unnest('%s'::oid[]) "
        "o; END",
        oids, statement, oids);
    g_autofree char *block = db_literal(body);
    return g_strdup_printf("DO %s; SELECT current_setting('pgrollout.sample')", block);
}
