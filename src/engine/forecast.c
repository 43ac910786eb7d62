/* Forecasts: for each step that works its way through a table, what it will take. */
#include "config.h"
#include "engine/forecast-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"

static void step_free(void *data)
{
    struct forecast_step *step = data;
    g_free(step->name);
    g_free(step->table);
    g_free(step->unknown);
    g_free(step->not_sampled);
    g_ptr_array_unref(step->hot_blockers);
    g_ptr_array_unref(step->assumes);
    g_free(step);
}

void forecast_free(struct forecast *forecast)
{
    if (!forecast)
        return;
    g_free(forecast->database);
    g_ptr_array_unref(forecast->steps);
    g_clear_pointer(&forecast->slots, g_ptr_array_unref);
    g_ptr_array_unref(forecast->hints);
    g_free(forecast->archive.mode);
    g_free(forecast->room.path);
    g_free(forecast);
}

const struct forecast_step *forecast_step_find(const struct forecast *forecast, const char *name)
{
    for (guint i = 0; i < forecast->steps->len; i++) {
        const struct forecast_step *step = g_ptr_array_index(forecast->steps, i);
        if (strcmp(step->name, name) == 0)
            return step;
    }
    return NULL;
}

void forecast_assume(struct forecast_step *step, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(step->assumes, g_strdup_vprintf(format, args));
    va_end(args);
}

/* Each once. */
void forecast_hint(struct forecast *forecast, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    for (guint i = 0; i < forecast->hints->len; i++)
        if (strcmp(g_ptr_array_index(forecast->hints, i), text) == 0)
            return;
    g_ptr_array_add(forecast->hints, g_steal_pointer(&text));
}

static struct forecast_step *step_new(const struct plan *plan, const struct plan_step *step)
{
    struct forecast_step *out = g_new0(struct forecast_step, 1);
    const struct plan_step *source = step_table_source(plan, step);
    struct forecast_range unknown = forecast_unknown();
    out->phase = step->phase;
    out->kind = step->kind;
    out->name = g_strdup(step->name);
    out->table = g_strdup_printf("%s.%s", source->schema, source->table);
    out->rows = out->touched = out->hot = out->seconds = out->batches = unknown;
    out->wal_bytes = out->wal_bytes_per_s = out->heap_bytes = out->index_bytes = unknown;
    out->sample.ms = out->sample.rate = unknown;
    out->analyzed_s = out->statistics_rows = out->pages = out->row_bytes = NAN;
    out->index_bytes_now = NAN;
    out->hot_blockers = g_ptr_array_new_with_free_func(g_free);
    out->assumes = g_ptr_array_new_with_free_func(g_free);
    return out;
}

/* --- what the table says */

static void take_table(struct forecast_run *run, const struct forecast_table *table,
                       struct forecast_step *out)
{
    out->pages = table->pages;
    out->page_bytes = run->server.page_bytes;
    out->statistics_rows = table->reltuples;
    out->analyzed_s = table->analyzed_s;
    out->fillfactor = table->fillfactor;
    out->indexes = (int)table->indexes->len;
    out->index_bytes_now = 0;
    for (guint i = 0; i < table->indexes->len; i++)
        out->index_bytes_now +=
            ((struct forecast_index *)g_ptr_array_index(table->indexes, i))->bytes;
    if (isnan(table->reltuples))
        return;
    /* three numbers that age in different ways, and are estimates themselves */
    double scaled =
        table->relpages > 0 ? table->reltuples * table->pages / table->relpages : table->reltuples;
    double low = fmin(fmin(table->reltuples, scaled), table->live);
    double high = fmax(fmax(table->reltuples, scaled), table->live);
    out->rows = (struct forecast_range){floor(0.95 * low), ceil(1.05 * high)};
    out->rows_from = "statistics";
}

void forecast_take_reading(struct forecast_step *out, const struct forecast_reading *reading)
{
    double rows_per_page = reading->rows.n > 0 ? reading->rows.most : 0;
    out->rows = forecast_scale(&reading->rows, out->pages, out->page_bytes / 64);
    out->touched = forecast_scale(&reading->touched, out->pages, rows_per_page);
    out->touched.high = fmin(out->touched.high, out->rows.high);
    out->touched.low = fmin(out->touched.low, out->rows.low);
    out->rows_from = "sample";
    out->pages_read = reading->rows.n;
    out->row_bytes = reading->row_bytes;
}

static gboolean writes(const struct plan_step *step, const char *column)
{
    for (guint i = 0; step->set && i < step->set->len; i++)
        if (strcmp(((struct plan_set *)g_ptr_array_index(step->set, i))->column, column) == 0)
            return TRUE;
    return FALSE;
}

/* Since 16 an index that only summarises does not stand in the way. */
static void find_blockers(const struct forecast_run *run, const struct forecast_table *table,
                          const struct plan_step *step, struct forecast_step *out)
{
    for (guint i = 0; i < table->indexes->len; i++) {
        const struct forecast_index *index = g_ptr_array_index(table->indexes, i);
        gboolean blocks = FALSE;
        for (char **column = index->columns; column && *column; column++)
            blocks = blocks || writes(step, *column);
        if (blocks && !(index->brin && db_conn_server_version(run->conn) >= 160000))
            g_ptr_array_add(out->hot_blockers, g_strdup(index->name));
    }
    const struct plan_step *before = forecast_index_before(run->plan, step);
    if (before && out->hot_blockers->len == 0) {
        g_ptr_array_add(out->hot_blockers, g_strdup_printf("the index of step %s", before->name));
        forecast_hint(run->forecast,
                      "step \"%s\" comes before \"%s\": build the index after the column is "
                      "filled, so that not every row gets an entry in each index",
                      before->name, step->name);
    }
    out->hot_possible = out->hot_blockers->len == 0;
}

static void judge_hot(const struct forecast_reading *reading, const GArray *measures,
                      struct forecast_step *out)
{
    if (!out->hot_possible) {
        out->hot = (struct forecast_range){0, 0};
        return;
    }
    out->hot =
        forecast_hot_measured((struct forecast_measure *)(void *)measures->data, measures->len);
    out->hot_measured = forecast_is_known(out->hot);
    if (out->hot_measured)
        return;
    if (reading->rows.n <= 0) {
        out->hot = (struct forecast_range){0, 1};
        return;
    }
    out->hot =
        forecast_hot_room(reading->rows.sum / reading->rows.n,
                          reading->touched.sum / reading->rows.n, reading->row_bytes,
                          isnan(reading->added_bytes) ? 0 : reading->added_bytes, out->page_bytes);
}

/* --- a backfill */

static double trip_ms(struct forecast_run *run)
{
    double best = NAN;
    for (int i = 0; i < 3; i++) {
        gint64 from = g_get_monotonic_time();
        struct db_reply *reply = forecast_ask(run, g_strdup("SELECT 1"), FALSE, 1000, NULL);
        if (reply)
            best = fmin(best, (double)(g_get_monotonic_time() - from) / 1000);
        db_reply_free(reply);
    }
    return isnan(best) ? 0 : best;
}

static struct forecast_pace pace_of(struct forecast_run *run, const struct plan_step *step)
{
    struct forecast_pace pace = {.min = step->batch.min,
                                 .max = step->batch.max,
                                 .target_ms = (double)step->batch.target_us / 1000,
                                 .rest = step->rest,
                                 .rate = step->rate,
                                 .workers = step->workers,
                                 .trip_ms = trip_ms(run)};
    return pace;
}

static void tell_assumptions(const struct forecast_table *table, const struct plan_step *step,
                             const struct forecast_reading *reading, struct forecast_step *out)
{
    if (out->sample.batches > 0 && out->sample.substitute && !out->sample.earlier)
        forecast_assume(out,
                        "measured by setting \"%s\" to itself, since the column is not there yet; "
                        "%.0f bytes for each new value are added to the WAL",
                        table->substitute, isnan(reading->added_bytes) ? 0 : reading->added_bytes);
    if (out->sample.earlier)
        forecast_assume(out,
                        "as the last backfill of this table went, of which %d batches are "
                        "remembered",
                        out->sample.batches);
    if (step->rate > 0)
        forecast_assume(out, "at most %.0f rows a second, as the plan says", step->rate);
    if (out->pages_read <= 0 && out->pages > 0)
        forecast_assume(out, "by the statistics alone: which rows change was not looked at");
    else if (out->pages_read < out->pages)
        forecast_assume(out, "rows from %.0f of %.0f pages, picked at random", out->pages_read,
                        out->pages);
}

/* Nothing to do is known exactly. */
static void take_nothing(struct forecast_step *out)
{
    struct forecast_range zero = {0, 0};
    out->hot = forecast_unknown();
    out->seconds = out->batches = out->wal_bytes = out->wal_bytes_per_s = zero;
    out->heap_bytes = out->index_bytes = zero;
}

static void reckon_backfill(struct forecast_run *run, const struct forecast_table *table,
                            const struct plan_step *step, const struct forecast_reading *reading,
                            const GArray *measures, struct forecast_step *out)
{
    const struct forecast_measure *all = (struct forecast_measure *)(void *)measures->data;
    double added = isnan(reading->added_bytes) ? 0 : reading->added_bytes;
    double rows = (out->rows.low + out->rows.high) / 2;
    struct forecast_pace pace = pace_of(run, step);
    struct forecast_wal_terms terms = {.added = added,
                                       .index_pages = out->index_bytes_now / out->page_bytes,
                                       .images = run->server.full_page_writes,
                                       .old_tuple = table->identity_full,
                                       .checkpoint_s = run->server.checkpoint_s,
                                       .checkpoint_bytes = run->server.checkpoint_bytes};
    judge_hot(reading, measures, out);
    pace.grows_cold = out->sample.substitute && !out->hot_possible &&
                      forecast_hot_measured(all, measures->len).high > 0.1;
    if (out->rows.high <= 0) {
        take_nothing(out);
        return;
    }
    forecast_time(out, &pace, all, measures->len);
    forecast_wal(out, &terms, all, measures->len);
    forecast_growth(out, added, rows > 0 ? out->index_bytes_now / rows : 0);
    tell_assumptions(table, step, reading, out);
}

/* Rows for another table: it may not be there yet, so nothing is tried. */
static void reckon_insert(struct forecast_run *run, const struct plan_step *step,
                          const struct forecast_reading *reading, GArray *measures,
                          const struct forecast_table *table, struct forecast_step *out)
{
    struct forecast_pace pace = pace_of(run, step);
    out->not_sampled =
        g_strdup(step->sql ? "the plan has a statement of its own" : "it fills another table");
    out->hot_possible = FALSE;
    if (step->sql) {
        out->touched = forecast_unknown();
        return;
    }
    if (out->rows.high <= 0) {
        take_nothing(out);
        return;
    }
    if (forecast_earlier_batches(run, table, out, measures))
        forecast_time(out, &pace, (struct forecast_measure *)(void *)measures->data, measures->len);
    forecast_insert(out, isnan(reading->added_bytes) ? 0 : reading->added_bytes, 1);
    tell_assumptions(table, step, reading, out);
    forecast_assume(out, "one index on %s.%s; each further one takes as much as it again",
                    step->into_schema, step->into);
}

/* Who may not read the table, or came at a bad time, still knows its size and its indexes. */
static void reckon_by_statistics(struct forecast_run *run, const struct forecast_table *table,
                                 const struct plan_step *step,
                                 const struct forecast_reading *reading, GArray *measures,
                                 struct forecast_step *out)
{
    double rows = (out->rows.low + out->rows.high) / 2;
    if (step->into || step->sql || !db_conn_is_open(run->conn) || isnan(rows) || rows <= 0)
        return;
    out->touched = (struct forecast_range){0, out->rows.high};
    out->row_bytes = out->pages * out->page_bytes / rows;
    out->not_sampled = g_strdup("the table was not read");
    find_blockers(run, table, step, out);
    forecast_earlier_batches(run, table, out, measures);
    reckon_backfill(run, table, step, reading, measures, out);
}

static gboolean forecast_backfill(struct forecast_run *run, const struct forecast_table *table,
                                  const struct plan_step *step, struct forecast_step *out,
                                  GArray *measures, GError **error)
{
    struct forecast_reading reading;
    gboolean ok = forecast_read_pages(run, table, step, &reading, error);
    if (ok)
        forecast_take_reading(out, &reading);
    else
        reckon_by_statistics(run, table, step, &reading, measures, out);
    if (ok && (step->into || step->sql)) {
        reckon_insert(run, step, &reading, measures, table, out);
    } else if (ok) {
        find_blockers(run, table, step, out);
        if (forecast_make_batches(run, table, step, &reading, out, measures))
            run->forecast->sampled = TRUE;
        else
            forecast_earlier_batches(run, table, out, measures);
        reckon_backfill(run, table, step, &reading, measures, out);
    }
    forecast_reading_clear(&reading);
    return ok;
}

/* --- steps that only read */

/* As its backfill's batches were passed without a change. */
static void forecast_verify(struct forecast_run *run, const struct forecast_step *of,
                            const GArray *measures, struct forecast_step *out)
{
    static const struct plan_batch batch = {500, 10, 50000, 10 * 1000};
    struct plan_step paced = {.batch = batch, .rest = 1.0};
    g_autoptr(GArray) walks = g_array_new(FALSE, FALSE, sizeof(struct forecast_measure));
    struct forecast_pace pace = pace_of(run, &paced);
    for (guint i = 0; i < measures->len && !of->sample.earlier; i++) {
        struct forecast_measure walk = g_array_index(measures, struct forecast_measure, i);
        walk.ms = walk.walk_ms;
        walk.changed = 0;
        g_array_append_val(walks, walk);
    }
    out->rows = of->rows;
    out->rows_from = of->rows_from;
    out->statistics_rows = of->statistics_rows;
    out->analyzed_s = of->analyzed_s;
    out->touched = (struct forecast_range){0, 0};
    forecast_time(out, &pace, (struct forecast_measure *)(void *)walks->data, walks->len);
    out->touched = of->rows;
}

/* VALIDATE reads the whole table once: at the quickest from memory, at the slowest page by page as the
 * sample was read. */
static gboolean forecast_scan(struct forecast_run *run, const struct forecast_table *table,
                              const struct plan_step *step, struct forecast_step *out,
                              GError **error)
{
    struct forecast_reading reading;
    double memory = 2e9;
    gboolean ok = forecast_read_pages(run, table, step, &reading, error);
    if (ok) {
        forecast_take_reading(out, &reading);
        out->touched = out->rows;
        double low = out->pages * out->page_bytes / memory;
        double sampled = reading.rows.n > 0 ? reading.ms / 1000 / reading.rows.n * out->pages : 0;
        out->seconds = (struct forecast_range){low, fmax(low, sampled)};
        forecast_assume(out,
                        "one scan: low at 2 GB a second, high page by page as the sample was read");
    }
    forecast_reading_clear(&reading);
    return ok;
}

/* --- the plan */

static void tell_unknown(struct forecast_step *out, const GError *error)
{
    out->refused = g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_REFUSED);
    if (g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_RETRY))
        out->unknown =
            g_strdup_printf("%s: something holds the table, try again later", error->message);
    else
        out->unknown = g_strdup(error->message);
}

static gboolean makes_index(const struct plan_step *step)
{
    return step->kind == KIND_INDEX ||
           (step->kind == KIND_CONSTRAINT && step->constraint == CONSTRAINT_UNIQUE);
}

static gboolean work_on(struct forecast_run *run, const struct plan_step *step,
                        struct forecast_step *out, GArray *measures, GError **error)
{
    const struct catalog_table *catalog = catalog_table_find(run->catalog, run->plan, step);
    if (!catalog || !catalog->relid) {
        out->unknown = g_strdup("there is no such table");
        return TRUE;
    }
    struct forecast_table *table = forecast_table_read(run, catalog, error);
    if (!table)
        return FALSE;
    take_table(run, table, out);
    gboolean ok = step->kind == KIND_BACKFILL
                      ? forecast_backfill(run, table, step, out, measures, error)
                  : makes_index(step) ? forecast_index(run, table, step, out, error)
                                      : forecast_scan(run, table, step, out, error);
    forecast_table_hints(run, table, out);
    forecast_table_free(table);
    return ok;
}

/* FALSE with an error only when the connection is gone. */
static gboolean forecast_one(struct forecast_run *run, const struct plan_step *step,
                             GHashTable *measured, GError **error)
{
    g_autoptr(GError) problem = NULL;
    struct forecast_step *out = step_new(run->plan, step);
    g_ptr_array_add(run->forecast->steps, out);
    const struct forecast_step *of = step->of ? forecast_step_find(run->forecast, step->of) : NULL;
    if (step->kind == KIND_VERIFY) {
        if (of && !of->unknown)
            forecast_verify(run, of, g_hash_table_lookup(measured, step->of), out);
        else
            out->unknown = g_strdup(of ? of->unknown : "its backfill is not there");
        return TRUE;
    }
    GArray *measures = g_array_new(FALSE, FALSE, sizeof(struct forecast_measure));
    g_hash_table_insert(measured, step->name, measures);
    if (work_on(run, step, out, measures, &problem))
        return TRUE;
    if (!db_conn_is_open(run->conn)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    tell_unknown(out, problem);
    return TRUE;
}

static gboolean is_forecast(enum plan_kind kind)
{
    return kind == KIND_BACKFILL || kind == KIND_VERIFY || kind == KIND_NOT_NULL ||
           kind == KIND_INDEX || kind == KIND_CONSTRAINT;
}

static gboolean forecast_all(struct forecast_run *run, GError **error)
{
    g_autoptr(GHashTable) measured =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
    if (!forecast_server_read(run, error) || !forecast_outside_read(run, error))
        return FALSE;
    run->forecast->in_recovery = run->server.in_recovery;
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(run->plan->steps, i);
        if (is_forecast(step->kind) && !forecast_one(run, step, measured, error))
            return FALSE;
    }
    if (!forecast_outside_again(run, error))
        return FALSE;
    forecast_outlook(run);
    return TRUE;
}

struct forecast *forecast_make(struct db_conn *conn, const struct plan *plan, gboolean sample,
                               GError **error)
{
    struct forecast *forecast = g_new0(struct forecast, 1);
    struct forecast_run run = {.conn = conn, .plan = plan, .forecast = forecast, .sample = sample};
    forecast->database = g_strdup(db_conn_dbname(conn));
    forecast->version = db_conn_server_version(conn);
    forecast->steps = g_ptr_array_new_with_free_func(step_free);
    forecast->hints = g_ptr_array_new_with_free_func(g_free);
    forecast->room.needs = forecast_unknown();
    forecast->room.free = NAN;
    run.catalog = catalog_read(conn, plan, error);
    gboolean ok = run.catalog && forecast_all(&run, error);
    catalog_free(run.catalog);
    forecast_server_clear(&run.server);
    if (ok)
        return forecast;
    forecast_free(forecast);
    return NULL;
}
