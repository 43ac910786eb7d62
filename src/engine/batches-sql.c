/* The SQL of batches. One CTE statement reads the upper key, makes the change (batches-change.c) and
 * appends the position, all in the transaction that has entered. "Few rows changed" is not the end,
 * an empty range is. */
#include "config.h"
#include "batches-private.h"

/* `from`: the texts of the low key, or of the only one. */
static void key_sql_init(struct key_sql *key, const struct batches *b, const char *from)
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
        g_string_append_printf(low, "%s(%s)[%u]::%s", comma, from, i + 1,
                               (const char *)g_ptr_array_index(b->key_types, i));
        g_string_append_printf(end, "%sk%u", comma, i + 1);
        g_string_append_printf(end_texts, "%sk%u::pg_catalog.text", comma, i + 1);
    }
    key->people = g_strdup_printf("pg_catalog.array_to_string(ARRAY[%s], '/')", texts->str);
    key->texts = g_strdup_printf("ARRAY[%s]", texts->str);
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
    g_free(key->texts);
    g_free(key->low);
    g_free(key->end);
    g_free(key->end_texts);
}

/* The condition for keys above the low one, up to where the batches go. */
static char *above_sql(const struct worker *worker, const struct key_sql *key, gboolean first)
{
    struct key_sql until;
    g_autofree char *literal = db_literal(worker->batches.until);
    g_autofree char *from = g_strdup_printf("%s::pg_catalog.text[]", literal);
    key_sql_init(&until, &worker->batches, from);
    char *sql = first ? g_strdup_printf("(%s) <= (%s)", key->ordered, until.low)
                      : g_strdup_printf("(%s) > (%s) AND (%s) <= (%s)", key->ordered, key->low,
                                        key->ordered, until.low);
    key_sql_clear(&until);
    return sql;
}

char *batches_bounds_sql(const struct worker *worker, const struct plan_step *step,
                         const char *percent, int rows_max)
{
    const struct plan_step *source = batches_source(worker, step);
    g_autofree char *table = db_qualified(source->schema, source->table);
    struct key_sql key;
    key_sql_init(&key, &worker->batches, "NULL");
    g_autofree char *above = above_sql(worker, &key, TRUE);
    char *sql = g_strdup_printf(
        "SELECT pg_catalog.array_agg(k::pg_catalog.text ORDER BY n) FROM (\n"
        "  SELECT k, n, count(*) OVER () AS total FROM (\n"
        "    SELECT %s AS k, row_number() OVER (ORDER BY %s) AS n\n"
        "    FROM (SELECT %s FROM %s TABLESAMPLE SYSTEM (%s) LIMIT %d) s WHERE %s) o) c\n"
        "WHERE n * %d / total > (n - 1) * %d / total AND n < total",
        key.texts, key.ordered, key.columns, table, percent, rows_max, above, step->workers,
        step->workers);
    key_sql_clear(&key);
    return sql;
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
    key_sql_init(&key, &worker->batches, "$1");
    g_autofree char *above = above_sql(worker, &key, first);
    g_autofree char *range =
        g_strdup_printf("%s AND (%s) <= (SELECT %s FROM batch_end)", above, key.ordered, key.end);
    g_autofree char *change = batches_change_sql(worker, step, &key, range);
    g_autofree char *ends =
        step->kind == KIND_VERIFY && source->into ? batches_end_into(worker, step, &key, above)
        : batches_by_place(&worker->batches)
            ? batches_end_place(worker, table, &key, above, first)
            : g_strdup_printf(
                  "(SELECT %s, $2 FROM %s WHERE %s ORDER BY %s OFFSET $2 - 1 LIMIT 1) UNION ALL\n"
                  "  (SELECT %s, NULL FROM %s WHERE %s ORDER BY %s LIMIT 1) LIMIT 1",
                  key.columns, table, above, key.ordered, key.columns, table, above, key.descends);
    g_autofree char *append =
        step->on_replica /* where nothing can be written */
            ? g_strdup("$3 + $4 + $5")
            : g_strdup_printf("pgrollout.position_append(%" G_GINT64_FORMAT
                              ", %s, %d, $3, %s, key, rows::int,\n"
                              "    changes::int, $4, $5, %" G_GINT64_FORMAT ")",
                              worker->id, name, worker->row, first ? "NULL" : "$1",
                              worker->engine->epoch);
    g_string_append_printf(
        sql,
        "PREPARE %s (pg_catalog.text[], int, bigint, bigint, bigint) AS\n"
        "WITH batch_end (%s, full_size) AS MATERIALIZED (\n"
        "  %s),\n"
        "%s,\n"
        "counted AS MATERIALIZED (SELECT %s AS key, (SELECT count(*) FROM changed) AS changes,\n"
        "  coalesce(full_size, (SELECT count(*) FROM %s WHERE %s)) AS rows FROM batch_end)\n"
        "SELECT key, rows, changes,\n"
        "  %s,\n"
        "  %s\n"
        "FROM counted; ",
        first ? "pgrollout_first" : "pgrollout_next", key.end, ends, change, key.end_texts, table,
        range, append,
        step->kind == KIND_VERIFY
            ? "(SELECT pg_catalog.json_agg(c.k) FROM (SELECT k FROM changed LIMIT 10) c)"
            : "NULL::json");
    key_sql_clear(&key);
}

char *batches_begin_sql(const struct worker *worker, const struct plan_step *step)
{
    const struct plan_step *source = batches_source(worker, step);
    g_autofree char *table = db_qualified(source->schema, source->table);
    g_autofree char *name = db_literal(step->name);
    struct key_sql key;
    key_sql_init(&key, &worker->batches, "NULL");
    g_autofree char *walked = step->kind == KIND_VERIFY && source->into
                                  ? batches_last_into(worker, step, &key)
                                  : g_strdup(table);
    g_autofree char *last = batches_by_place(&worker->batches)
                                ? batches_last_place(table)
                                : g_strdup_printf("SELECT %s FROM %s ORDER BY %s LIMIT 1",
                                                  key.texts, walked, key.descends);
    /* the lock: where rows have places, until both the last one and the table's file are read */
    g_autofree char *lock =
        batches_by_place(&worker->batches)
            ? g_strdup_printf("LOCK TABLE ONLY %s IN ACCESS SHARE MODE; ", table)
            : g_strdup("");
    g_autofree char *message =
        worker_message(worker, 1, FALSE,
                       "%sSELECT * FROM pgrollout.batches_begin(%" G_GINT64_FORMAT ", %s, 1, (%s))",
                       lock, worker->id, name, last);
    key_sql_clear(&key);
    return g_strconcat(BATCHES_WALK, message, NULL);
}

char *batches_prepare_sql(const struct worker *worker, const struct plan_step *step)
{
    /* elsewhere the session is another one than that of batches_begin */
    GString *sql = g_string_new(step->on_replica ? BATCHES_WALK : NULL);
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
                           b->key ? "pgrollout_next" : "pgrollout_first", key, b->sent_size,
                           b->seq + 1, b->rows_done, b->rows_changed);
}

char *batches_peek_sql(const struct worker *worker, const struct plan_step *step)
{
    const struct batches *b = &worker->batches;
    const struct plan_step *source = batches_source(worker, step);
    g_autofree char *table = db_qualified(source->schema, source->table);
    g_autofree char *literal = db_literal(b->key);
    g_autofree char *from = g_strdup_printf("%s::pg_catalog.text[]", literal);
    struct key_sql key;
    key_sql_init(&key, b, from);
    g_autofree char *above = above_sql(worker, &key, !b->key);
    char *sql = batches_by_place(b)
                    ? batches_peek_place(worker, table, &key, above)
                    : g_strdup_printf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT 1", key.texts,
                                      table, above, key.ordered);
    key_sql_clear(&key);
    return sql;
}

char *batches_one_sql(const struct worker *worker, const struct plan_step *step, const char *one,
                      const char *record)
{
    g_autofree char *literal = db_literal(one);
    g_autofree char *from = g_strdup_printf("%s::pg_catalog.text[]", literal);
    struct key_sql key;
    key_sql_init(&key, &worker->batches, from);
    g_autofree char *equal = g_strdup_printf("(%s) = (%s)", key.ordered, key.low);
    g_autofree char *change = batches_change_sql(worker, step, &key, equal);
    key_sql_clear(&key);
    return g_strdup_printf("WITH %s,\n"
                           "counted AS MATERIALIZED (SELECT count(*) AS changes FROM changed)\n"
                           "SELECT changes, %s FROM counted",
                           change, record);
}

char *batches_append_sql(const struct worker *worker, const char *key, const char *changes)
{
    const struct batches *b = &worker->batches;
    g_autofree char *name = db_literal(b->step), *from = db_literal(b->key), *to = db_literal(key);
    return g_strdup_printf("pgrollout.position_append(%" G_GINT64_FORMAT
                           ", %s, %d, %" G_GINT64_FORMAT ", %s, %s, 1, %s::int, %" G_GINT64_FORMAT
                           ", %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ")",
                           worker->id, name, worker->row, b->seq + 1, from, to, changes,
                           b->rows_done, b->rows_changed, worker->engine->epoch);
}
