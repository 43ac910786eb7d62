/* Some rows of each table: the first and the last by its key, and whatever they name by foreign keys. */
#include "config.h"
#include "copy-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define ROUNDS_MAX 500
#define ROWS_AT_ONCE 500

struct sample {
    struct run *run;
    struct db_conn *source, *copy;
    gint64 rows; /* that have come */
};

static const char *field(const struct db_reply *reply, int row, const char *name)
{
    return db_reply_text(reply, row, db_reply_column(reply, name));
}

/* "('1', NULL), ('2', 'x')" */
static char *values_text(const struct db_reply *reply, int from, int to)
{
    GString *out = g_string_new(NULL);
    for (int row = from; row < to; row++) {
        g_string_append(out, row == from ? "(" : ", (");
        for (int column = 0; column < db_reply_columns(reply); column++) {
            g_autofree char *value = db_literal(db_reply_text(reply, row, column));
            g_string_append_printf(out, "%s%s", column ? ", " : "", value ? value : "NULL");
        }
        g_string_append_c(out, ')');
    }
    return g_string_free(out, FALSE);
}

static gboolean put(struct sample *sample, const char *table, const char *columns,
                    const struct db_reply *rows, GError **error)
{
    for (int row = 0; row < db_reply_rows(rows); row += ROWS_AT_ONCE) {
        int end = MIN(row + ROWS_AT_ONCE, db_reply_rows(rows));
        g_autofree char *values = values_text(rows, row, end);
        g_autofree char *sql = db_fill(resource_text("rehearse/sql/sample-put.sql"), "table", table,
                                       "columns", columns, "rows", values, NULL);
        struct db_reply *reply = db_conn_query_wait(sample->copy, sql, 0, NULL, error);
        sample->rows += reply ? db_reply_affected(reply) : 0;
        db_reply_free(reply);
        if (!reply)
            return FALSE;
    }
    return TRUE;
}

/* A table that cannot be read, or whose rows the copy does not take, is told, and is no reason to stop. */
static gboolean passed(struct sample *sample, const char *table, GError *problem)
{
    if (!problem)
        return TRUE;
    run_note(sample->run, "no rows of %s: %s", table, problem->message);
    g_error_free(problem);
    return copy_do(sample->source, "sample-back", NULL);
}

static gboolean take(struct sample *sample, const char *table, const char *columns, const char *sql)
{
    GError *problem = NULL;
    if (!copy_do(sample->source, "sample-save", NULL))
        return FALSE;
    struct db_reply *rows = db_conn_query_wait(sample->source, sql, 0, NULL, &problem);
    if (rows)
        put(sample, table, columns, rows, &problem);
    db_reply_free(rows);
    return passed(sample, table, problem);
}

static char *order_by(const char *key, gboolean last)
{
    if (!key)
        return g_strdup("");
    if (!last)
        return g_strdup_printf("ORDER BY %s", key);
    g_auto(GStrv) columns = g_strsplit(key, ", ", -1);
    g_autofree char *list = g_strjoinv(" DESC, ", columns);
    return g_strdup_printf("ORDER BY %s DESC", list);
}

static gboolean take_end(struct sample *sample, const struct db_reply *tables, int row,
                         gint64 limit, gboolean last)
{
    const char *table = field(tables, row, "name"), *columns = field(tables, row, "columns");
    g_autofree char *order = order_by(field(tables, row, "key"), last);
    g_autofree char *count = g_strdup_printf("%" G_GINT64_FORMAT, limit);
    if (!columns || limit == 0)
        return TRUE;
    g_autofree char *sql = db_fill(resource_text("rehearse/sql/sample-head.sql"), "table", table,
                                   "columns", columns, "order", order, "limit", count, NULL);
    return take(sample, table, columns, sql);
}

static gboolean take_tables(struct sample *sample, GError **error)
{
    gint64 rows = sample->run->options->rows;
    struct db_reply *tables = copy_query(sample->copy, "tables", 0, NULL, error);
    gboolean done = tables != NULL;
    for (int row = 0; done && row < db_reply_rows(tables); row++) {
        if (!db_reply_bool(tables, row, db_reply_column(tables, "whole")))
            continue;
        gboolean keyed = field(tables, row, "key") != NULL;
        gint64 last = keyed ? rows / 2 : 0;
        done = take_end(sample, tables, row, rows - last, FALSE) &&
               (!keyed || take_end(sample, tables, row, last, TRUE));
    }
    db_reply_free(tables);
    return done;
}

/* What a foreign key names and is not there yet; NULL with an error. */
static struct db_reply *missing(struct sample *sample, const struct db_reply *keys, int row,
                                GError **error)
{
    g_autofree char *sql =
        db_fill(resource_text("rehearse/sql/sample-missing.sql"), "ours", field(keys, row, "ours"),
                "child", field(keys, row, "child"), "given", field(keys, row, "given"), "parent",
                field(keys, row, "parent"), "match", field(keys, row, "match"), NULL);
    return db_conn_query_wait(sample->copy, sql, 0, NULL, error);
}

static gboolean take_parents(struct sample *sample, const struct db_reply *keys, int row,
                             const struct db_reply *wanted)
{
    g_autofree char *values = values_text(wanted, 0, db_reply_rows(wanted));
    const char *parent = field(keys, row, "parent"), *columns = field(keys, row, "parent_columns");
    g_autofree char *sql =
        db_fill(resource_text("rehearse/sql/sample-parents.sql"), "table", parent, "columns",
                columns, "key", field(keys, row, "bare"), "values", values, NULL);
    return take(sample, parent, columns, sql);
}

/* One round over all of them. */
static gboolean follow_keys(struct sample *sample, const struct db_reply *keys, GError **error)
{
    gboolean done = TRUE;
    for (int row = 0; done && row < db_reply_rows(keys); row++) {
        struct db_reply *wanted = missing(sample, keys, row, error);
        done = wanted && (db_reply_rows(wanted) == 0 || take_parents(sample, keys, row, wanted));
        db_reply_free(wanted);
    }
    return done;
}

/* What could not be made whole goes again; `gone` gets how many rows. */
static gboolean leave_out(struct sample *sample, const struct db_reply *keys, gint64 *gone,
                          GError **error)
{
    *gone = 0;
    for (int row = 0; row < db_reply_rows(keys); row++) {
        g_autofree char *sql =
            db_fill(resource_text("rehearse/sql/sample-drop.sql"), "child",
                    field(keys, row, "child"), "given", field(keys, row, "given"), "parent",
                    field(keys, row, "parent"), "match", field(keys, row, "match"), NULL);
        struct db_reply *reply = db_conn_query_wait(sample->copy, sql, 0, NULL, error);
        gint64 n = reply ? db_reply_affected(reply) : 0;
        db_reply_free(reply);
        if (!reply)
            return FALSE;
        if (n > 0)
            run_note(
                sample->run,
                "%" G_GINT64_FORMAT " rows of %s were left out of the copy: it lacks the rows of "
                "%s that they name (%s)",
                n, field(keys, row, "child"), field(keys, row, "parent"), field(keys, row, "name"));
        *gone += n;
    }
    return TRUE;
}

static gboolean follow_all(struct sample *sample, GError **error)
{
    struct db_reply *keys = copy_query(sample->copy, "keys", 0, NULL, error);
    gboolean done = keys != NULL;
    gint64 before = -1, gone = 1;
    for (int round = 0; done && sample->rows > before && round < ROUNDS_MAX; round++) {
        before = sample->rows;
        done = follow_keys(sample, keys, error);
    }
    while (done && gone > 0)
        done = leave_out(sample, keys, &gone, error);
    db_reply_free(keys);
    return done;
}

static gboolean set_sequences(struct sample *sample, GError **error)
{
    struct db_reply *all = copy_query(sample->source, "sequences", 0, NULL, error);
    gboolean done = all != NULL;
    for (int row = 0; done && row < db_reply_rows(all); row++) {
        const char *params[] = {db_reply_text(all, row, 0), db_reply_text(all, row, 1)};
        struct db_reply *set = copy_query(sample->copy, "sequence-set", 2, params, error);
        done = set != NULL;
        db_reply_free(set);
    }
    db_reply_free(all);
    return done;
}

gboolean sample_fill(struct run *run, struct db_conn *source, struct db_conn *copy, GError **error)
{
    struct sample sample = {run, source, NULL, 0};
    run_say(run, "copying up to %" G_GINT64_FORMAT " rows a table", run->options->rows);
    /* a connection of its own: it ends, and its settings with it */
    if (!(sample.copy = copy_connect(run, NULL, error)))
        return FALSE;
    gboolean done =
        copy_do(sample.copy, "sample-quiet", error) && copy_do(source, "sample-begin", error) &&
        (run->options->rows == 0 || (take_tables(&sample, error) && follow_all(&sample, error))) &&
        set_sequences(&sample, error) && copy_do(source, "sample-end", error);
    db_conn_free(sample.copy);
    if (!done && error && !*error)
        rollout_fail(error, ROLLOUT_ERROR_CONNECT,
                     "the connection was lost while rows were copied");
    return done && copy_do(copy, "views", error);
}
