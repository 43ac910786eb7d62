/* The SQL of batches. One CTE statement reads the upper key, makes the change on the target rows
 * themselves (so that it is evaluated again after a wait for a row's lock, and twice changes
 * nothing) and appends the position, all in the transaction that has entered. "Few rows changed" is
 * not the end, an empty range is. */
#include "config.h"
#include "batches-private.h"

#include <string.h>

struct change {
    char *target; /* quoted column */
    char *expression;
    char *differs; /* condition under which the row is changed */
};

static void change_free(void *data)
{
    struct change *change = data;
    g_free(change->target);
    g_free(change->expression);
    g_free(change->differs);
    g_free(change);
}

static void change_add(GPtrArray *changes, const char *column, const char *expression,
                       char *differs)
{
    struct change *change = g_new0(struct change, 1);
    change->target = db_ident(column);
    change->expression = g_strdup(expression);
    change->differs = differs;
    g_ptr_array_add(changes, change);
}

/* A lossy mapping must not overwrite what the application wrote later: a row that agrees in the other
 * direction is left alone, unless there is nothing in it yet. */
static char *agree_neither_way(const char *target, const char *expression, const char *other,
                               const char *back)
{
    return g_strdup_printf(
        "%1$s IS DISTINCT FROM (%2$s) AND (%1$s IS NULL OR %3$s IS DISTINCT FROM "
        "(%4$s))",
        target, expression, other, back);
}

/* On a synced target; verify passes what agrees either way. */
static char *differs_sql(const struct plan *plan, const struct plan_step *step,
                         const struct plan_set *set, gboolean verify)
{
    const struct plan_step *sync = plan_sync_find(plan, step->schema, step->table, set->column);
    g_autofree char *target = db_ident(set->column);
    if (!sync || strcmp(sync->new, set->column) != 0)
        return g_strdup_printf("%s IS DISTINCT FROM (%s)", target, set->expression);
    g_autofree char *old = db_ident(sync->old);
    if (!verify)
        return agree_neither_way(target, set->expression, old, sync->down);
    return g_strdup_printf("%s IS DISTINCT FROM (%s) AND %s IS DISTINCT FROM (%s)", target,
                           set->expression, old, sync->down);
}

/* What the step in worker->batches sets; for the undo of drop_sync, the old column from the new. */
static GPtrArray *changes_of(const struct worker *worker, const struct plan_step *step)
{
    GPtrArray *changes = g_ptr_array_new_with_free_func(change_free);
    if (worker->batches.undo) {
        const struct plan_step *sync =
            plan_sync_find(worker->plan, step->schema, step->table, step->new);
        g_autofree char *old = db_ident(step->old), *new = db_ident(step->new);
        change_add(changes, step->old, sync->down,
                   agree_neither_way(old, sync->down, new, sync->up));
        return changes;
    }
    const struct plan_step *source = batches_source(worker, step);
    for (guint i = 0; i < source->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(source->set, i);
        change_add(changes, set->column, set->expression,
                   differs_sql(worker->plan, source, set, step->kind == KIND_VERIFY));
    }
    return changes;
}

static char *differs_any(const GPtrArray *changes)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < changes->len; i++)
        g_string_append_printf(sql, "%s(%s)", i ? " OR " : "",
                               ((struct change *)g_ptr_array_index(changes, i))->differs);
    return g_string_free(sql, FALSE);
}

static char *assignments(const GPtrArray *changes)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < changes->len; i++) {
        const struct change *c = g_ptr_array_index(changes, i);
        if (changes->len == 1)
            g_string_append_printf(sql, "%s = (%s)", c->target, c->expression);
        else /* each column only where it differs itself */
            g_string_append_printf(sql, "%s%s = CASE WHEN %s THEN (%s) ELSE %s END", i ? ", " : "",
                                   c->target, c->differs, c->expression, c->target);
    }
    return g_string_free(sql, FALSE);
}

/* The key as SQL: as columns, as texts, and both sides of a row comparison. Where the index that
 * the walk follows has another collation than its column, that one is what orders and compares. */
struct key_sql {
    char *columns;  /* "a", "b" */
    char *ordered;  /* "a", "b" COLLATE "C" */
    char *descends; /* "a" DESC, "b" COLLATE "C" DESC */
    char *people;   /* 1/x, of several columns */
    char *low;      /* ($1)[1]::bigint, ($1)[2]::text */
    char *end;      /* k1, k2: in batch_end, where a column of the table must not clash with ours */
    char *end_texts; /* ARRAY[k1::text, k2::text] */
};

static void key_sql_init(struct key_sql *key, const struct batches *b)
{
    GString *columns = g_string_new(NULL), *ordered = g_string_new(NULL);
    GString *descends = g_string_new(NULL), *low = g_string_new(NULL);
    GString *texts = g_string_new(NULL), *end = g_string_new(NULL);
    GString *end_texts = g_string_new(NULL);
    for (guint i = 0; i < b->key_names->len; i++) {
        g_autofree char *name = db_ident(g_ptr_array_index(b->key_names, i));
        const char *comma = i ? ", " : "";
        const char *collation = g_ptr_array_index(b->key_collations, i);
        g_autofree char *compared =
            *collation ? g_strdup_printf("%s COLLATE %s", name, collation) : g_strdup(name);
        g_string_append_printf(columns, "%s%s", comma, name);
        g_string_append_printf(ordered, "%s%s", comma, compared);
        g_string_append_printf(descends, "%s%s DESC", comma, compared);
        g_string_append_printf(texts, "%s%s::pg_catalog.text", comma, name);
        g_string_append_printf(low, "%s($1)[%u]::%s", comma, i + 1,
                               (const char *)g_ptr_array_index(b->key_types, i));
        g_string_append_printf(end, "%sk%u", comma, i + 1);
        g_string_append_printf(end_texts, "%sk%u::pg_catalog.text", comma, i + 1);
    }
    key->people = g_strdup_printf("pg_catalog.array_to_string(ARRAY[%s], '/')", texts->str);
    key->end_texts = g_strdup_printf("ARRAY[%s]", end_texts->str);
    g_string_free(texts, TRUE);
    g_string_free(end_texts, TRUE);
    key->columns = g_string_free(columns, FALSE);
    key->ordered = g_string_free(ordered, FALSE);
    key->descends = g_string_free(descends, FALSE);
    key->low = g_string_free(low, FALSE);
    key->end = g_string_free(end, FALSE);
}

static void key_sql_clear(struct key_sql *key)
{
    g_free(key->columns);
    g_free(key->ordered);
    g_free(key->descends);
    g_free(key->people);
    g_free(key->low);
    g_free(key->end);
    g_free(key->end_texts);
}

static char *change_cte(const struct worker *worker, const struct plan_step *step,
                        const struct key_sql *key, const char *range)
{
    const struct plan_step *source = batches_source(worker, step);
    g_autofree char *table = db_qualified(source->schema, source->table);
    g_autoptr(GPtrArray) changes = changes_of(worker, step);
    g_autofree char *differs = differs_any(changes);
    const char *where = worker->batches.undo || !step->where ? "true" : step->where;
    if (step->kind == KIND_VERIFY)
        return g_strdup_printf("SELECT %s AS k FROM %s WHERE %s AND (%s\n) AND (%s)", key->people,
                               table, range, where, differs);
    g_autofree char *set = assignments(changes);
    return g_strdup_printf("UPDATE %s SET %s WHERE %s AND (%s\n) AND (%s) RETURNING NULL", table,
                           set, range, where, differs);
}

/* `first`: from before any key, a statement of its own (keys may be negative). The upper key is the
 * n-th; where fewer are left, the last one, and only then they are counted. */
static void append_prepare(GString *sql, const struct worker *worker, const struct plan_step *step,
                           gboolean first)
{
    const struct plan_step *source = batches_source(worker, step);
    g_autofree char *table = db_qualified(source->schema, source->table);
    g_autofree char *name = db_literal(step->name);
    struct key_sql key;
    key_sql_init(&key, &worker->batches);
    g_autofree char *above =
        first ? g_strdup("true") : g_strdup_printf("(%s) > (%s)", key.ordered, key.low);
    g_autofree char *range =
        g_strdup_printf("%s AND (%s) <= (SELECT %s FROM batch_end)", above, key.ordered, key.end);
    g_autofree char *change = change_cte(worker, step, &key, range);
    g_string_append_printf(
        sql,
        "PREPARE %s (pg_catalog.text[], int, bigint, bigint, bigint) AS\n"
        "WITH batch_end (%s, full_size) AS MATERIALIZED (\n"
        "  (SELECT %s, $2 FROM %s WHERE %s ORDER BY %s OFFSET $2 - 1 LIMIT 1) UNION ALL\n"
        "  (SELECT %s, NULL FROM %s WHERE %s ORDER BY %s LIMIT 1) LIMIT 1),\n"
        "changed AS (%s),\n"
        "counted AS MATERIALIZED (SELECT %s AS key, (SELECT count(*) FROM changed) AS changes,\n"
        "  coalesce(full_size, (SELECT count(*) FROM %s WHERE %s)) AS rows FROM batch_end)\n"
        "SELECT key, rows, changes,\n"
        "  pgrollout.position_append(%" G_GINT64_FORMAT ", %s, 1, $3, %s, key, rows::int,\n"
        "    changes::int, $4, $5, %" G_GINT64_FORMAT "),\n"
        "  %s\n"
        "FROM counted; ",
        first ? "pgrollout_first" : "pgrollout_next", key.end, key.columns, table, above,
        key.ordered, key.columns, table, above, key.descends, change, key.end_texts, table, range,
        worker->id, name, first ? "NULL" : "$1", worker->engine->epoch,
        step->kind == KIND_VERIFY
            ? "(SELECT pg_catalog.json_agg(c.k) FROM (SELECT k FROM changed LIMIT 10) c)"
            : "NULL::json");
    key_sql_clear(&key);
}

char *batches_prepare_sql(const struct worker *worker, const struct plan_step *step)
{
    /* One plan for the whole walk, along the key: never a plan that sorts or scans the table
     * because the statistics are young. */
    GString *sql = g_string_new("DEALLOCATE ALL; SET plan_cache_mode = force_generic_plan; "
                                "SET enable_seqscan = off; SET enable_bitmapscan = off; "
                                "SET enable_sort = off; "
                                /* the costs of what is switched off would call for JIT */
                                "SET jit = off; ");
    append_prepare(sql, worker, step, TRUE);
    append_prepare(sql, worker, step, FALSE);
    return g_string_free(sql, FALSE);
}

char *batches_execute_sql(const struct worker *worker)
{
    const struct batches *b = &worker->batches;
    g_autofree char *key = db_literal(b->key);
    return g_strdup_printf("EXECUTE %s (%s, %d, %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
                           ", %" G_GINT64_FORMAT ")",
                           b->key ? "pgrollout_next" : "pgrollout_first", key, b->pace.size,
                           b->seq + 1, b->rows_done, b->rows_changed);
}
