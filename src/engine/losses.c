/* Counting what taking a step back would lose, and what would stay: on the sensor connection, which may
 * read the tables where the people who look at the card may not; a step at a time, of a large table a
 * sample of its pages, and never for more than a small share of the time. */
#include "config.h"
#include "losses.h"

#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/engine/steps.h"

#define EVERY_MIN_US (2 * G_USEC_PER_SEC)
#define EVERY_MAX_US (60 * G_USEC_PER_SEC)
#define REST_FACTOR 200 /* of the time that a count took */

/* Of what is larger this many rows are looked at. */
#define SAMPLE_ROWS "100000.0"

static gboolean is_taken(const struct step_facts *row)
{
    return strcmp(row->state, "pending") != 0 && strcmp(row->state, "undone") != 0;
}

/* "counts FROM the table", and of which share of its pages. `counts`: after "rows". */
static char *counting(const char *table, const char *name, const char *counts)
{
    g_autofree char *literal = db_literal(table);
    g_autofree char *share = g_strdup_printf(
        "(SELECT least(100, 100 * " SAMPLE_ROWS " / greatest(1, c.reltuples + coalesce((SELECT "
        "sum(greatest(k.reltuples, 0)) FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class k ON "
        "k.oid = h.inhrelid WHERE h.inhparent = c.oid), 0))) FROM pg_catalog.pg_class c WHERE "
        "c.oid = %s::pg_catalog.regclass)",
        literal);
    return g_strdup_printf("SELECT pg_catalog.jsonb_build_object('rows', count(*)%s, 'share', "
                           "round((%s)::numeric, 6))\nFROM %s%s TABLESAMPLE SYSTEM (%s)",
                           counts, share, table, name, share);
}

/* How the column can be had again: from the old one, or as the backfill fills it; NULL: it cannot. */
static const char *source_of(const struct plan *plan, const struct plan_step *step)
{
    const struct plan_step *sync = plan_sync_find(plan, step->schema, step->table, step->col);
    if (sync && g_strcmp0(sync->new, step->col) == 0)
        return sync->up;
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *other = plan->steps->pdata[i];
        if (other->kind != KIND_BACKFILL || other->into || other->sql ||
            g_strcmp0(other->table, step->table) != 0 ||
            g_strcmp0(other->schema, step->schema) != 0)
            continue;
        for (guint k = 0; k < other->set->len; k++) {
            const struct plan_set *set = other->set->pdata[k];
            if (strcmp(set->column, step->col) == 0)
                return set->expression;
        }
    }
    return NULL;
}

static char *of_column(const struct plan *plan, const struct plan_step *step)
{
    const char *source = source_of(plan, step), *again = source ? source : step->def;
    g_autofree char *column = db_ident(step->col), *table = db_qualified(step->schema, step->table);
    g_autofree char *other =
        again ? g_strdup_printf(" AND %s IS DISTINCT FROM (%s)", column, again) : g_strdup("");
    g_autofree char *counts = g_strdup_printf(
        ", 'filled', count(%1$s), 'only_new', count(*) FILTER (WHERE %1$s IS NOT NULL%2$s)", column,
        other);
    return counting(table, "", counts);
}

static const struct plan_step *sync_into(const struct plan *plan, const struct plan_step *step)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *sync = plan->steps->pdata[i];
        if (sync->kind == KIND_SYNC && sync->into && strcmp(sync->into, step->table) == 0 &&
            g_strcmp0(sync->into_schema, step->schema) == 0)
            return sync;
    }
    return NULL;
}

/* Rows that the old table has not, or has otherwise. */
static char *of_table(const struct plan *plan, const struct plan_step *step)
{
    const struct plan_step *sync = sync_into(plan, step);
    g_autofree char *table = db_qualified(step->schema, step->table);
    if (!sync)
        return counting(table, "", ", 'only_new', count(*)");
    g_autofree char *old = db_qualified(sync->schema, sync->table);
    g_autoptr(GString) same = g_string_new("true");
    const GPtrArray *const lists[] = {sync->key, sync->set};
    for (guint l = 0; l < G_N_ELEMENTS(lists); l++)
        for (guint i = 0; i < lists[l]->len; i++) {
            const struct plan_set *set = lists[l]->pdata[i];
            g_autofree char *here = db_ident(set->column), *there = db_ident(set->expression);
            g_string_append_printf(same, " AND o.%s %s n.%s", there,
                                   l ? "IS NOT DISTINCT FROM" : "=", here);
        }
    g_autofree char *counts =
        g_strdup_printf(", 'only_new', count(*) FILTER (WHERE NOT EXISTS (SELECT FROM %s o WHERE "
                        "%s))",
                        old, same->str);
    return counting(table, " n", counts);
}

/* Rows that must be filled before the column is NOT NULL again. */
static char *of_nulls(const struct plan_step *step)
{
    g_autofree char *column = db_ident(step->col), *table = db_qualified(step->schema, step->table);
    g_autofree char *counts = g_strdup_printf(", 'nulls', count(*) - count(%s)", column);
    return counting(table, "", counts);
}

/* Writes of both columns at once that did not agree: there the new one stands. */
static char *of_sync(const struct plan *plan, const struct plan_step *step)
{
    g_autofree char *name = step_sync_name(plan, step);
    g_autofree char *sequence = db_qualified(step->schema, name);
    return g_strdup_printf(
        "SELECT pg_catalog.jsonb_build_object('conflicts', CASE WHEN s.is_called "
        "THEN s.last_value ELSE 0 END, 'share', 100)\nFROM %s s",
        sequence);
}

/* Rows in which the two have parted since: the refill makes the old one from the new one. */
static char *of_parted(const struct plan *plan, const struct plan_step *step)
{
    const struct plan_step *sync =
        step->into ? NULL : plan_sync_find(plan, step->schema, step->table, step->new);
    if (!sync)
        return NULL;
    g_autofree char *old = db_ident(sync->old), *new = db_ident(sync->new);
    g_autofree char *table = db_qualified(step->schema, step->table);
    g_autofree char *counts = g_strdup_printf(
        ", 'parted', count(*) FILTER (WHERE %1$s IS DISTINCT FROM (%2$s) AND %3$s IS DISTINCT FROM "
        "(%4$s))",
        old, sync->down, new, sync->up);
    return counting(table, "", counts);
}

char *losses_sql(const struct plan *plan, const struct plan_step *step)
{
    switch (step->kind) {
    case KIND_ADD_COLUMN:
        return of_column(plan, step);
    case KIND_ADD_TABLE:
        return of_table(plan, step);
    case KIND_DROP_NOT_NULL:
        return of_nulls(step);
    case KIND_SYNC:
        return step->into ? NULL : of_sync(plan, step);
    case KIND_DROP_SYNC:
        return of_parted(plan, step);
    default:
        return NULL;
    }
}

/* --- when */

/* Nothing that wants the table's locks may meet this one. */
static gboolean may_count(const struct worker *worker)
{
    const struct facts *facts = worker->facts;
    if (!facts || !worker->plan ||
        (strcmp(facts->state, "active") != 0 && strcmp(facts->state, "failed") != 0))
        return FALSE;
    for (guint i = 0; !facts->held && i < facts->steps->len; i++) {
        const struct step_facts *row = facts->steps->pdata[i];
        if (strcmp(row->state, "running") == 0 && strcmp(row->kind, "backfill") != 0 &&
            strcmp(row->kind, "verify") != 0 && !row->by_evidence)
            return FALSE;
    }
    return TRUE;
}

/* The next step of this migration of which something can be counted; NULL: none is left in this round. */
static const struct plan_step *next_step(struct worker *worker, char **sql)
{
    struct losses *l = &worker->losses;
    for (; l->at < worker->facts->steps->len; l->at++) {
        const struct step_facts *row = worker->facts->steps->pdata[l->at];
        const struct plan_step *step = plan_step_find(worker->plan, row->name);
        if (step && is_taken(row) && (*sql = losses_sql(worker->plan, step)))
            return step;
    }
    return NULL;
}

static void round_over(struct worker *worker, gint64 now)
{
    struct losses *l = &worker->losses;
    l->at = 0;
    l->due_us = now + CLAMP(l->took_us * REST_FACTOR, EVERY_MIN_US, EVERY_MAX_US);
    l->took_us = 0;
}

static void keep(struct worker *worker, const char *step, const char *json, const GError *error)
{
    g_autofree char *name = db_literal(step), *found = db_literal(json),
                    *why = db_literal(error ? error->message : NULL);
    g_autofree char *sql =
        g_strdup_printf("SELECT pgrollout.losses_keep(%" G_GINT64_FORMAT ", %s, %s, %s)",
                        worker->id, name, found, why);
    engine_control(worker->engine, sql, NULL, NULL);
}

static void on_counted(struct db_conn *conn, struct db_reply *reply, const GError *error,
                       void *data)
{
    (void)conn;
    struct engine *engine = data;
    gint64 id = engine->counting;
    struct worker *worker = g_hash_table_lookup(engine->workers, &id);
    engine->counting = 0;
    engine->counted = TRUE;
    if (worker && worker->facts && worker->losses.at < worker->facts->steps->len) {
        struct losses *l = &worker->losses;
        const struct step_facts *row = worker->facts->steps->pdata[l->at++];
        l->took_us += clock_now_us() - l->sent_us;
        /* a lost connection is told by the guards */
        if (db_conn_is_open(engine->sensor) && g_strcmp0(row->name, l->step) == 0)
            keep(worker, row->name, error ? NULL : db_reply_text(reply, 0, 0), error);
    }
    senses_tick(engine); /* whose turn it was */
}

gboolean losses_count(struct engine *engine)
{
    GHashTableIter iter;
    void *value;
    gint64 now = clock_now_us();
    g_hash_table_iter_init(&iter, engine->workers);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct worker *worker = value;
        struct losses *l = &worker->losses;
        if (now < l->due_us || !may_count(worker))
            continue;
        g_autofree char *sql = NULL;
        const struct plan_step *step = next_step(worker, &sql);
        if (!step) {
            round_over(worker, now);
            continue;
        }
        g_free(l->step);
        l->step = g_strdup(step->name);
        l->sent_us = now;
        engine->counting = worker->id;
        g_autofree char *schema = db_ident(worker->plan->schema);
        g_autofree char *message =
            db_fill(resource_text("engine/sql/losses.sql"), "schema", schema, "query", sql, NULL);
        db_conn_send(engine->sensor, message, on_counted, engine);
        return TRUE;
    }
    return FALSE;
}

void losses_clear(struct losses *losses)
{
    g_free(losses->step);
}
