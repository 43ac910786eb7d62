/* Tables without a key that could be walked along: their rows are passed by place, blocks at a time. A row
 * that is written meanwhile moves, to where the walk has been or behind its end, but the sync's trigger fills
 * it then, which is why the preflight asks for one. What moves rows without a trigger, a rewrite of the table,
 * gives it another file; what writes past the trigger is found by another pass. So the walk ends with a pass
 * over one file that finds nothing to do. */
#include "config.h"
#include "batches-private.h"

#include <string.h>

#include "pgrollout/base/error.h"

#define WINDOW_MAX 4096 /* blocks of a batch: where most hold no row, one reads 32 MB */

gboolean batches_by_place(const struct batches *batches)
{
    return strcmp(g_ptr_array_index(batches->key_names, 0), "ctid") == 0;
}

/* "(2,65535)" of block 2: above every row of it. */
static char *block_end(const char *block)
{
    return g_strdup_printf("pg_catalog.format('(%%s,65535)', %s)::pg_catalog.tid", block);
}

/* The last place of as many blocks as hold `size` rows (SQL), a part of one more included. */
static char *window_sql(const struct batches *b, const char *table, const char *low,
                        const char *size)
{
    g_autofree char *quoted = db_literal(table), *until = db_literal(b->until);
    g_autofree char *block =
        g_strdup_printf("(%s + least(%d, 1 + ceil(%s / (SELECT CASE WHEN c.reltuples > 0 AND "
                        "c.relpages > 0 THEN c.reltuples / c.relpages ELSE 20 END FROM "
                        "pg_catalog.pg_class c WHERE c.oid = %s::pg_catalog.regclass))))::bigint",
                        low ? low : "-1", WINDOW_MAX, size, quoted);
    g_autofree char *end = block_end(block);
    return g_strdup_printf("least(%s, (%s::pg_catalog.text[])[1]::pg_catalog.tid)", end, until);
}

/* Rows of a range of places come in their order, but the planner does not know: what is sorted must be small.
 */
static char *window_of(const struct worker *worker, const char *table, gboolean first,
                       const char *text, const char *size)
{
    g_autofree char *low =
        g_strdup_printf("((%s)[1]::pg_catalog.point)[0]", text); /* "(2,7)": block 2 */
    return window_sql(&worker->batches, table, first ? NULL : low, size);
}

char *batches_end_place(const struct worker *worker, const char *table, const struct key_sql *key,
                        const char *above, gboolean first)
{
    g_autofree char *window = window_of(worker, table, first, "$1", "$2");
    g_autofree char *until = db_literal(worker->batches.until);
    g_autofree char *more =
        first ? g_strdup("true")
              : g_strdup_printf("%s < (%s::pg_catalog.text[])[1]::pg_catalog.tid", key->low, until);
    return g_strdup_printf(
        "(SELECT ctid, $2 FROM %1$s WHERE %2$s AND ctid <= %3$s ORDER BY ctid OFFSET $2 - 1 LIMIT "
        "1) UNION ALL\n  (SELECT %3$s, NULL WHERE %4$s) LIMIT 1",
        table, above, window, more);
}

char *batches_peek_place(const struct worker *worker, const char *table, const struct key_sql *key,
                         const char *above)
{
    const struct batches *b = &worker->batches;
    g_autofree char *literal = db_literal(b->key);
    g_autofree char *from = g_strdup_printf("%s::pg_catalog.text[]", literal);
    g_autofree char *window = window_of(worker, table, !b->key, from, "1");
    return g_strdup_printf("SELECT %s FROM %s WHERE %s AND ctid <= %s ORDER BY ctid LIMIT 1",
                           key->texts, table, above, window);
}

char *batches_last_place(const char *table)
{
    g_autofree char *quoted = db_literal(table);
    g_autofree char *end = block_end("s.blocks - 1");
    return g_strdup_printf(
        "SELECT ARRAY[%s::pg_catalog.text] FROM (SELECT pg_catalog.pg_relation_size(%s) / "
        "pg_catalog.current_setting('block_size')::bigint AS blocks) s WHERE s.blocks > 0",
        end, quoted);
}

/* --- passes */

static void fail_passes(struct worker *worker)
{
    struct batches *b = &worker->batches;
    g_autoptr(GError) error = rollout_error_new(
        ROLLOUT_ERROR_NO,
        "rows that are not filled keep coming: still %" G_GINT64_FORMAT " in the last pass",
        b->rows_changed);
    worker_fail(worker, b->step, error,
                "Something writes past the sync's trigger (session_replication_role, logical "
                "replication into this table), or rewrites the table again and again.\nStop it, "
                "then retry: it goes over the rows from the start.");
}

static void on_pass(struct worker *worker, struct db_reply *reply, const GError *error)
{
    struct batches *b = &worker->batches;
    if (error) {
        batches_finished(worker, reply, error);
        return;
    }
    const char *what = db_reply_text(reply, 0, 0);
    if (strcmp(what, "done") == 0) {
        b->passed = TRUE;
        return;
    }
    if (strcmp(what, "fail") == 0)
        fail_passes(worker);
    batches_clear(b);
    worker_moved(worker);
}

gboolean batches_pass(struct worker *worker)
{
    struct batches *b = &worker->batches;
    if (!batches_by_place(b) || b->passed)
        return FALSE;
    const gboolean fills = worker_plan_step(worker, b->step)->kind != KIND_VERIFY;
    g_autofree char *name = db_literal(b->step);
    worker_send(worker, "looking whether another pass is needed",
                worker_message(worker, 0, TRUE,
                               "SELECT pgrollout.place_pass(%" G_GINT64_FORMAT
                               ", %s, %" G_GINT64_FORMAT ")",
                               worker->id, name, fills ? b->rows_changed : 0),
                on_pass);
    return TRUE;
}
