/* The two kinds of samples: pages picked at random, which are only read, and a few batches of the
 * plan's change, which are rolled back. */
#include "config.h"
#include "engine/forecast-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/engine/steps.h"

#define PAGES 200
#define PAGES_MS 5000
#define BATCHES 5
#define ROWS_MAX                                                                                   \
    1000 /* of one batch: with BATCHES, the most dead row versions that are left behind */

/* --- pages */

static int compare_blocks(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* `wanted` different pages of all leaves, numbered through, sorted; all of them where there are no more. */
static GArray *pick_pages(double pages, guint wanted)
{
    GArray *picked = g_array_new(FALSE, FALSE, sizeof(double));
    if (pages <= wanted) {
        for (double i = 0; i < pages; i++)
            g_array_append_val(picked, i);
        return picked;
    }
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_double_hash, g_double_equal, g_free, NULL);
    while (picked->len < wanted) {
        double block = floor(g_random_double_range(0, pages));
        if (g_hash_table_add(seen, g_memdup2(&block, sizeof block)))
            g_array_append_val(picked, block);
    }
    g_array_sort(picked, compare_blocks);
    return picked;
}

/* For each leaf its block numbers, "1,5,9"; NULL: none of it. */
static char **blocks_of(const struct forecast_table *table, const GArray *picked)
{
    char **blocks = g_new0(char *, table->leaves->len + 1);
    double before = 0;
    guint next = 0;
    for (guint i = 0; i < table->leaves->len; i++) {
        const struct forecast_leaf *leaf = g_ptr_array_index(table->leaves, i);
        GString *list = g_string_new(NULL);
        for (; next < picked->len; next++) {
            double block = g_array_index(picked, double, next) - before;
            if (block >= leaf->pages)
                break;
            g_string_append_printf(list, "%s%.0f", list->len ? "," : "", block);
        }
        blocks[i] = g_string_free(list, list->len == 0);
        before += leaf->pages;
    }
    return blocks;
}

static void blocks_free(char **blocks, guint n)
{
    for (guint i = 0; i < n; i++)
        g_free(blocks[i]);
    g_free(blocks);
}

static void take_pages(struct forecast_reading *reading, const struct db_reply *reply)
{
    double width = 0, added = 0;
    for (int row = 0; row < db_reply_rows(reply); row++) {
        forecast_tally_add(&reading->rows, db_reply_double(reply, row, 0));
        forecast_tally_add(&reading->touched, db_reply_double(reply, row, 1));
        width += db_reply_double(reply, row, 2);
        added += db_reply_double(reply, row, 3);
        if (db_reply_text(reply, row, 4))
            g_ptr_array_add(reading->starts, g_strdup(db_reply_text(reply, row, 4)));
    }
    double header = 24, slack = 4; /* half of what alignment takes at the most */
    if (reading->rows.sum > 0)
        reading->row_bytes = width / reading->rows.sum + header + slack;
    if (reading->touched.sum > 0)
        reading->added_bytes = added / reading->touched.sum;
}

static struct db_reply *ask_pages(struct forecast_run *run, const struct forecast_table *table,
                                  const struct plan_step *step, guint wanted, GError **error)
{
    g_autoptr(GArray) picked = pick_pages(table->pages, wanted);
    char **blocks = blocks_of(table, picked);
    char *sql = forecast_pages_sql(run, table, step, blocks);
    blocks_free(blocks, table->leaves->len);
    return forecast_ask(run, sql, FALSE, PAGES_MS, error);
}

gboolean forecast_read_pages(struct forecast_run *run, const struct forecast_table *table,
                             const struct plan_step *step, struct forecast_reading *reading,
                             GError **error)
{
    memset(reading, 0, sizeof *reading);
    reading->row_bytes = reading->added_bytes = NAN;
    reading->starts = g_ptr_array_new_with_free_func(g_free);
    if (table->pages <= 0)
        return TRUE;
    g_autoptr(GError) problem = NULL;
    gint64 from = clock_now_us();
    struct db_reply *reply = ask_pages(run, table, step, PAGES, &problem);
    if (g_error_matches(problem, ROLLOUT_ERROR, ROLLOUT_ERROR_CANCELLED)) {
        from = clock_now_us(); /* slow disks, or an expensive expression: less will have to do */
        g_clear_error(&problem);
        reply = ask_pages(run, table, step, PAGES / 10, &problem);
    }
    if (!reply) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    reading->ms = (double)(clock_now_us() - from) / 1000;
    take_pages(reading, reply);
    db_reply_free(reply);
    return TRUE;
}

void forecast_reading_clear(struct forecast_reading *reading)
{
    g_clear_pointer(&reading->starts, g_ptr_array_unref);
}

/* --- batches */

static gboolean is_ours(const struct plan *plan, const char *trigger)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step->kind != KIND_SYNC)
            continue;
        g_autofree char *name = step_sync_name(plan, step);
        if (strcmp(name, trigger) == 0)
            return TRUE;
    }
    return FALSE;
}

gboolean forecast_fires(const struct plan *plan, const struct forecast_trigger *trigger,
                        const struct plan_step *step)
{
    if (is_ours(plan, trigger->name))
        return FALSE;
    if (!trigger->columns)
        return TRUE;
    for (guint i = 0; step->set && i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        if (g_strv_contains((const char *const *)trigger->columns, set->column))
            return TRUE;
    }
    return FALSE;
}

/* Why no batch may be tried; NULL: none. Free it. */
static char *why_not(const struct forecast_run *run, const struct forecast_table *table,
                     const struct plan_step *step, const struct forecast_reading *reading)
{
    if (!run->sample)
        return g_strdup("not asked for");
    if (run->server.in_recovery)
        return g_strdup("this is a standby");
    if (!table->may_update)
        return g_strdup_printf("\"%s\" may not update the table", db_conn_user(run->conn));
    if (!table->catalog->key)
        return g_strdup("the table has no key to walk along");
    if (reading->touched.sum <= 0)
        return g_strdup("no row was seen that it would change");
    if (forecast_needs_substitute(table, step) && !table->substitute)
        return g_strdup("the column is not there yet, and no other may stand in for it");
    for (guint i = 0; i < table->triggers->len && !run->plan->user_triggers_fire; i++) {
        const struct forecast_trigger *trigger = g_ptr_array_index(table->triggers, i);
        if (forecast_fires(run->plan, trigger, step))
            return g_strdup_printf("trigger \"%s\" would fire", trigger->name);
    }
    return NULL;
}

static double member_number(JsonObject *object, const char *name)
{
    return json_object_has_member(object, name) ? json_object_get_double_member(object, name) : 0;
}

static void take_seen(const char *text, struct forecast_measure *measure)
{
    g_autoptr(JsonNode) node = text ? json_from_string(text, NULL) : NULL;
    if (!node)
        return;
    JsonObject *seen = json_node_get_object(node);
    JsonObject *top = json_object_get_object_member(seen, "plan");
    JsonObject *plan = json_object_get_object_member(top, "Plan");
    measure->changed = member_number(seen, "changed");
    measure->hot = member_number(seen, "hot");
    measure->wal = member_number(plan, "WAL Bytes");
    measure->images = member_number(plan, "WAL FPI");
    measure->ms = fmax(0, measure->ms - member_number(top, "Planning Time"));
}

#define WALK_SETTINGS                                                                              \
    "SET LOCAL synchronous_commit = off; SET LOCAL enable_seqscan = off; "                         \
    "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off; "

/* One message, from BEGIN to ROLLBACK: the server never waits for us with rows locked. */
static gboolean try_batch(struct forecast_run *run, const struct forecast_table *table,
                          const struct plan_step *step, const char *start, int rows,
                          struct forecast_measure *measure, GError **error)
{
    gboolean substitute = forecast_needs_substitute(table, step);
    int cap_ms = (int)fmax(200, 5 * (double)step->batch.target_us / 1000);
    g_autofree char *batch = forecast_batch_sql(run, table, step, start, rows, substitute);
    g_autofree char *walk = forecast_walk_sql(run, table, step, start, rows);
    gint64 from = clock_now_us();
    struct db_reply *reply =
        forecast_ask(run, g_strconcat(WALK_SETTINGS, batch, NULL), TRUE, cap_ms, error);
    if (!reply)
        return FALSE;
    measure->ms = (double)(clock_now_us() - from) / 1000;
    take_seen(db_reply_text(reply, 0, 0), measure);
    db_reply_free(reply);
    from = clock_now_us();
    reply = forecast_ask(run, g_strconcat(WALK_SETTINGS, walk, NULL), FALSE, cap_ms, error);
    if (!reply)
        return FALSE;
    measure->walk_ms = (double)(clock_now_us() - from) / 1000;
    measure->rows = db_reply_double(reply, 0, 0);
    db_reply_free(reply);
    return TRUE;
}

static void take_measure(struct forecast_sample *sample, const struct forecast_measure *measure)
{
    sample->batches++;
    sample->rows += (gint64)measure->rows;
    sample->changed += (gint64)measure->changed;
    double rate = measure->ms > 0 ? measure->rows / measure->ms * 1000 : NAN;
    sample->ms.low = fmin(sample->ms.low, measure->ms);
    sample->ms.high = fmax(sample->ms.high, measure->ms);
    sample->rate.low = fmin(sample->rate.low, rate);
    sample->rate.high = fmax(sample->rate.high, rate);
}

/* Those that waited for a lock or took too long are tried smaller, somewhere else. */
static int smaller(const struct plan_step *step, int rows)
{
    return MAX(MAX(1, step->batch.min), rows / 4);
}

gboolean forecast_make_batches(struct forecast_run *run, const struct forecast_table *table,
                               const struct plan_step *step, const struct forecast_reading *reading,
                               struct forecast_step *out, GArray *measures)
{
    g_autoptr(GError) error = NULL;
    int rows = CLAMP(step->batch.start, 1, ROWS_MAX);
    out->not_sampled = why_not(run, table, step, reading);
    if (out->not_sampled)
        return FALSE;
    out->sample.substitute = forecast_needs_substitute(table, step);
    guint first = (guint)g_random_int_range(0, (gint32)reading->starts->len);
    for (guint i = 0; i < BATCHES && !error; i++) {
        guint at = (first + i * (reading->starts->len / BATCHES + 1)) % reading->starts->len;
        struct forecast_measure measure = {0};
        if (try_batch(run, table, step, g_ptr_array_index(reading->starts, at), rows, &measure,
                      &error)) {
            take_measure(&out->sample, &measure);
            g_array_append_val(measures, measure);
            double rest_ms = fmin(1000, measure.ms * fmax(1, step->rest));
            g_usleep((gulong)(rest_ms * 1000));
        } else if (g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_RETRY) ||
                   g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_CANCELLED)) {
            rows = smaller(step, rows);
            if (i + 1 < BATCHES)
                g_clear_error(&error);
        }
    }
    if (out->sample.batches > 0)
        return TRUE;
    out->not_sampled = g_strdup_printf("a batch failed: %s", error->message);
    return FALSE;
}

gboolean forecast_earlier_batches(struct forecast_run *run, const struct forecast_table *table,
                                  struct forecast_step *out, GArray *measures)
{
    if (!run->catalog->installed)
        return FALSE;
    g_autofree char *oid = db_literal(table->catalog->relid);
    g_auto(GStrv) parts = g_strsplit(resource_text("engine/sql/forecast-earlier.sql"), "$1", -1);
    /* who is not even a viewer does without */
    struct db_reply *reply = forecast_ask(run, g_strjoinv(oid, parts), FALSE, 1000, NULL);
    gboolean found = reply && db_reply_rows(reply) == 1 && db_reply_double(reply, 0, 2) > 0;
    for (int end = 3; found && end <= 4; end++) {
        struct forecast_measure measure = {.rows = db_reply_double(reply, 0, 1),
                                           .changed = db_reply_double(reply, 0, 2),
                                           .ms = db_reply_double(reply, 0, end),
                                           .wal = NAN,
                                           .hot = NAN};
        take_measure(&out->sample, &measure);
        /* which part of it was the walk is not known: none of it, or all of it */
        if (end == 4) {
            measure.changed = 0;
            measure.walk_ms = measure.ms;
        }
        g_array_append_val(measures, measure);
    }
    if (found) {
        out->sample.batches = (int)db_reply_int(reply, 0, 0);
        out->sample.rows = db_reply_int(reply, 0, 1);
        out->sample.changed = db_reply_int(reply, 0, 2);
        out->sample.ms = forecast_times(out->sample.ms, 1.0 / out->sample.batches);
        out->sample.earlier = TRUE;
    }
    db_reply_free(reply);
    return found;
}
