/* What a batch does across two tables, or by a statement of the plan's own.
 *
 * A row of the source is held in its newest version before it makes a row of the other table: with a
 * plain INSERT … SELECT, a DELETE or a change of the key at that moment leaves a ghost. It is written,
 * too, with the values that it has: a lock alone would let a transaction in REPEATABLE READ that does not
 * see the new row delete the source, and leave a ghost without an error. So it gets 40001. (A foreign
 * key ON DELETE CASCADE would do the same; but the sync trigger, which must not rely on one, would write
 * the row all the same.) */
#include "config.h"
#include "batches-private.h"

#include <string.h>

#include "pgrollout/lint/lint.h"

/* The texts of both tables, all quoted. In `other` the columns have names that clash with none of the
 * source: its key's those of the source, so that conditions on the key fit both. */
struct across {
    const struct plan_step *source, *sync;
    char *table, *into;
    char *key;       /* "user_id": columns of `into` */
    char *names;     /* "user_id", "street" */
    char *values;    /* expressions over the source */
    char *qualified; /* the same with the source's name before each column */
    char *targets;   /* n."user_id", n."street" */
    char *other;     /* (SELECT "user_id" AS "id", "street" AS "?1" FROM …) */
    char *joined;    /* n."user_id" = "public"."users"."id" */
    char *needed;    /* the row of the source makes one of the other table */
};

static gboolean is_column(const char *expression, const char *name)
{
    g_autofree char *quoted = db_ident(name);
    return strcmp(expression, name) == 0 || strcmp(expression, quoted) == 0;
}

/* The column of `into` that takes the key column of the source; the preflight saw that there is one. */
static const char *key_target(const struct across *across, const char *name)
{
    const GPtrArray *pairs = across->sync ? across->sync->key : across->source->set;
    for (guint i = 0; i < pairs->len; i++) {
        const struct plan_set *set = g_ptr_array_index(pairs, i);
        if (is_column(set->expression, name))
            return set->column;
    }
    return name;
}

static void append(GString *out, const char *separator, const char *text)
{
    g_string_append_printf(out, "%s%s", out->len ? separator : "", text);
}

static void key_init(struct across *across, const struct batches *b, GString *other)
{
    g_autoptr(GString) joined = g_string_new(NULL);
    GString *key = g_string_new(NULL);
    for (guint i = 0; i < b->key_names->len; i++) {
        const char *old = g_ptr_array_index(b->key_names, i), *new = key_target(across, old);
        g_autofree char *quoted_old = db_ident(old), *quoted_new = db_ident(new);
        g_autofree char *as = g_strdup_printf("%s AS %s", quoted_new, quoted_old);
        g_autofree char *equal =
            g_strdup_printf("n.%s = %s.%s", quoted_new, across->table, quoted_old);
        append(key, ", ", quoted_new);
        append(other, ", ", as);
        append(joined, " AND ", equal);
    }
    across->key = g_string_free(key, FALSE);
    across->joined = g_strdup(joined->str);
}

static void values_init(struct across *across, GString *other)
{
    GString *names = g_string_new(NULL), *values = g_string_new(NULL);
    GString *qualified = g_string_new(NULL), *targets = g_string_new(NULL);
    for (guint i = 0; i < across->source->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(across->source->set, i);
        g_autofree char *name = db_ident(set->column);
        g_autofree char *value = g_strdup_printf("(%s) AS \"?%u\"", set->expression, i + 1);
        g_autofree char *whole = sql_qualify_columns(set->expression, across->table, NULL);
        g_autofree char *enclosed = g_strdup_printf("(%s)", whole ? whole : set->expression);
        g_autofree char *target = g_strdup_printf("n.%s", name);
        g_autofree char *as = g_strdup_printf("%s AS \"?%u\"", name, i + 1);
        append(names, ", ", name);
        append(values, ", ", value);
        append(qualified, ", ", enclosed);
        append(targets, ", ", target);
        append(other, ", ", as);
    }
    across->names = g_string_free(names, FALSE);
    across->values = g_string_free(values, FALSE);
    across->qualified = g_string_free(qualified, FALSE);
    across->targets = g_string_free(targets, FALSE);
}

static void across_init(struct across *across, const struct worker *worker,
                        const struct plan_step *source)
{
    g_autoptr(GString) other = g_string_new(NULL);
    memset(across, 0, sizeof *across);
    across->source = source;
    across->sync = plan_sync_across_find(worker->plan, source);
    across->table = db_qualified(source->schema, source->table);
    across->into = db_qualified(source->into_schema, source->into);
    key_init(across, &worker->batches, other);
    values_init(across, other);
    across->other = g_strdup_printf("(SELECT %s FROM %s)", other->str, across->into);
    g_autofree char *empty = across->sync && !across->sync->rows_both
                                 ? step_sync_empty_sql(across->sync, "")
                                 : g_strdup("false");
    across->needed =
        g_strdup_printf("(%s\n) AND NOT (%s)", source->where ? source->where : "true", empty);
}

static void across_clear(struct across *across)
{
    char *texts[] = {across->table,  across->into,      across->key,     across->names,
                     across->values, across->qualified, across->targets, across->other,
                     across->joined, across->needed};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
}

/* The column that is written as it is; the ground is watched for triggers that this would fire. */
static char *touched_column(const struct worker *worker, const struct plan_step *source)
{
    const struct step_facts *facts = facts_step(worker->facts, source->name);
    JsonArray *columns = facts && json_object_has_member(facts->detail, "columns")
                             ? json_object_get_array_member(facts->detail, "columns")
                             : NULL;
    return db_ident(columns && json_array_get_length(columns)
                        ? json_array_get_string_element(columns, 0)
                        : g_ptr_array_index(worker->batches.key_names, 0));
}

/* The rows of the source under `condition`, held and written in their newest version. */
static char *hold_sql(const struct worker *worker, const struct across *across, const char *keys,
                      const char *condition)
{
    g_autofree char *touched = touched_column(worker, across->source);
    return g_strdup_printf(
        "held AS (UPDATE %1$s SET %2$s = %2$s WHERE %3$s AND %4$s RETURNING %5$s),\n",
        across->table, touched, keys, condition, across->values);
}

char *batches_fill_into(const struct worker *worker, const struct plan_step *step, const char *keys)
{
    struct across across;
    across_init(&across, worker, step);
    g_autofree char *condition = g_strdup_printf("%s AND NOT EXISTS (SELECT FROM %s AS n WHERE %s)",
                                                 across.needed, across.into, across.joined);
    g_autofree char *hold = hold_sql(worker, &across, keys, condition);
    /* a row that is there was made by the sync or by a release, and is as new as can be */
    char *sql = g_strdup_printf("%schanged AS (INSERT INTO %s (%s) SELECT * FROM held\n"
                                "  ON CONFLICT (%s) DO NOTHING RETURNING NULL)",
                                hold, across.into, across.names, across.key);
    across_clear(&across);
    return sql;
}

static char *excluded_sql(const struct across *across, gboolean assign)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < across->source->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(across->source->set, i);
        g_autofree char *name = db_ident(set->column);
        g_string_append_printf(sql, "%s%s%sEXCLUDED.%s", i ? ", " : "", assign ? name : "",
                               assign ? " = " : "", name);
    }
    return g_string_free(sql, FALSE);
}

char *batches_repair_into(const struct worker *worker, const struct plan_step *step,
                          const struct key_sql *key, const char *keys)
{
    struct across across;
    across_init(&across, worker, batches_source(worker, step));
    g_autofree char *condition = g_strdup_printf(
        "CASE WHEN EXISTS (SELECT FROM %1$s AS n WHERE %2$s)\n"
        "  THEN (%3$s\n) AND NOT EXISTS (SELECT FROM %1$s AS n WHERE %2$s\n"
        "    AND (%4$s) IS NOT DISTINCT FROM (%5$s)) ELSE %6$s END",
        across.into, across.joined, across.source->where ? across.source->where : "true",
        across.targets, across.qualified, across.needed);
    g_autofree char *hold = hold_sql(worker, &across, keys, condition);
    g_autofree char *assign = excluded_sql(&across, TRUE), *values = excluded_sql(&across, FALSE);
    char *sql = g_strdup_printf(
        "%schanged AS (INSERT INTO %s AS n (%s)\n"
        "  SELECT * FROM held\n"
        "  ON CONFLICT (%s) DO UPDATE SET %s WHERE (%s) IS DISTINCT FROM (%s)\n"
        "  RETURNING NULL::pg_catalog.text AS k)",
        hold, across.into, across.names, across.key, assign, across.targets, values);
    (void)key;
    across_clear(&across);
    return sql;
}

/* s."?1", s."?2" */
static char *numbered(const struct across *across, const char *prefix)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < across->source->set->len; i++)
        g_string_append_printf(sql, "%s%s.\"?%u\"", i ? ", " : "", prefix, i + 1);
    return g_string_free(sql, FALSE);
}

char *batches_compare_into(const struct worker *worker, const struct plan_step *step,
                           const struct key_sql *key, const char *keys)
{
    struct across across;
    across_init(&across, worker, batches_source(worker, step));
    const struct batches *b = &worker->batches;
    g_autoptr(GString) equal = g_string_new(NULL);
    for (guint i = 0; i < b->key_names->len; i++) {
        g_autofree char *name = db_ident(g_ptr_array_index(b->key_names, i));
        g_string_append_printf(equal, "%ss.%s = n.%s", i ? " AND " : "", name, name);
    }
    g_autofree char *left = numbered(&across, "s"), *right = numbered(&across, "n");
    char *sql = g_strdup_printf(
        "changed AS (SELECT coalesce(s.k || CASE WHEN n.k IS NULL THEN ' (missing)' ELSE '' END,\n"
        "    n.k || ' (no source)') AS k\n"
        "  FROM (SELECT %1$s, %2$s AS k, %3$s, %4$s AS needed, (%5$s\n) AS wanted\n"
        "    FROM %6$s WHERE %7$s) s\n"
        "  FULL JOIN (SELECT *, %2$s AS k FROM %8$s x WHERE %7$s) n ON %9$s\n"
        "  WHERE CASE WHEN n.k IS NULL THEN s.needed WHEN s.k IS NULL THEN true\n"
        "    ELSE s.wanted AND (%10$s) IS DISTINCT FROM (%11$s) END)",
        key->columns, key->people, across.values, across.needed,
        across.source->where ? across.source->where : "true", across.table, keys, across.other,
        equal->str, left, right);
    across_clear(&across);
    return sql;
}

/* Both tables give the end of a range: neither has more than a batch of rows in it, and rows of the
 * other one behind the last of the source are looked at too. */
char *batches_end_into(const struct worker *worker, const struct plan_step *step,
                       const struct key_sql *key, const char *above)
{
    struct across across;
    across_init(&across, worker, batches_source(worker, step));
    char *sql = g_strdup_printf(
        "(SELECT %1$s, NULL::int FROM ((SELECT %1$s FROM %2$s WHERE %3$s ORDER BY %4$s\n"
        "    OFFSET $2 - 1 LIMIT 1) UNION ALL (SELECT %1$s FROM %5$s x WHERE %3$s ORDER BY %4$s\n"
        "    OFFSET $2 - 1 LIMIT 1)) e ORDER BY %4$s LIMIT 1) UNION ALL\n"
        "  (SELECT %1$s, NULL FROM ((SELECT %1$s FROM %2$s WHERE %3$s ORDER BY %6$s LIMIT 1)\n"
        "    UNION ALL (SELECT %1$s FROM %5$s x WHERE %3$s ORDER BY %6$s LIMIT 1)) e\n"
        "    ORDER BY %6$s LIMIT 1) LIMIT 1",
        key->columns, across.table, above, key->ordered, across.other, key->descends);
    across_clear(&across);
    return sql;
}

char *batches_last_into(const struct worker *worker, const struct plan_step *step,
                        const struct key_sql *key)
{
    struct across across;
    across_init(&across, worker, batches_source(worker, step));
    char *sql = g_strdup_printf("((SELECT %1$s FROM %2$s ORDER BY %3$s LIMIT 1) UNION ALL\n"
                                "  (SELECT %1$s FROM %4$s x ORDER BY %3$s LIMIT 1)) e",
                                key->columns, across.table, key->descends, across.other);
    across_clear(&across);
    return sql;
}

/* The undo of a drop_sync across tables: the old columns from the new table, whose rows are held, so
 * that nothing newer is overwritten. */
char *batches_refill_old(const struct worker *worker, const struct plan_step *step,
                         const struct key_sql *key, const char *keys)
{
    const struct plan_step *sync = plan_sync_across_find(worker->plan, step);
    g_autofree char *table = db_qualified(step->schema, step->table);
    g_autofree char *into = db_qualified(step->into_schema, step->into);
    g_autoptr(GString) other = g_string_new(NULL), equal = g_string_new(NULL);
    g_autoptr(GString) assign = g_string_new(NULL), differs = g_string_new(NULL);
    for (guint i = 0; i < sync->key->len; i++) {
        const struct plan_set *set = g_ptr_array_index(sync->key, i);
        g_autofree char *old = db_ident(set->expression), *new = db_ident(set->column);
        g_string_append_printf(other, "%s%s AS %s", other->len ? ", " : "", new, old);
        g_string_append_printf(equal, "%so.%s = w.%s", i ? " AND " : "", old, old);
    }
    for (guint i = 0; i < sync->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(sync->set, i);
        g_autofree char *old = db_ident(set->expression), *new = db_ident(set->column);
        g_string_append_printf(other, ", %s AS \"?%u\"", new, i + 1);
        g_string_append_printf(assign, "%s%s = w.\"?%u\"", i ? ", " : "", old, i + 1);
        g_string_append_printf(differs, "%so.%s IS DISTINCT FROM w.\"?%u\"", i ? " OR " : "", old,
                               i + 1);
    }
    (void)key;
    return g_strdup_printf(
        "there AS MATERIALIZED (SELECT * FROM (SELECT %s FROM %s) x WHERE %s FOR SHARE),\n"
        "changed AS (UPDATE %s AS o SET %s FROM there w WHERE %s AND (%s) RETURNING NULL)",
        other->str, into, keys, table, assign->str, equal->str, differs->str);
}

/* The plan's own statement; lint saw where the condition goes. */
char *batches_statement(const struct plan_step *step, const struct key_sql *key, const char *keys)
{
    g_autofree char *enclosed = g_strdup_printf("(%s)", key->ordered);
    g_auto(GStrv) names = g_strsplit(key->ordered, ", ", -1);
    g_autofree char *joined = g_strjoinv(", %s", names);
    g_autofree char *prefixed = g_strdup_printf("(%%s%s)", joined);
    g_auto(GStrv) parts = g_strsplit(keys, enclosed, -1);
    g_autofree char *condition = g_strjoinv(prefixed, parts);
    g_autofree char *whole = g_strdup_printf("(%s)", condition);
    g_autofree char *statement = sql_batch_fill(step->sql, whole, NULL);
    return g_strdup_printf("changed AS (%s\nRETURNING NULL)",
                           statement ? statement : "SELECT 1/0 FROM pg_catalog.pg_class");
}
