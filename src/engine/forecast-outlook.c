/* What becomes of the WAL and of the room, and what else would hurt. */
#include "config.h"
#include "engine/forecast-private.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/statvfs.h>

#include "pgrollout/base/units.h"

#define LONG_TRANSACTION_S 300

/* The server's process is one of this machine, seen by the name that it gives itself: a socket alone may lead
 * into a container with other disks. */
static gboolean is_here(const struct forecast_run *run)
{
    g_autofree char *file = g_strdup_printf("/proc/%d/cmdline", run->server.backend_pid);
    g_autofree char *line = NULL;
    return !db_conn_is_tcp(run->conn) && g_file_get_contents(file, &line, NULL, NULL) &&
           g_str_has_prefix(line, "postgres: ") && strstr(line, db_conn_dbname(run->conn));
}

double forecast_free_room(const struct forecast_run *run, const struct forecast_table *table,
                          char **path)
{
    const char *at =
        table->tablespace && *table->tablespace ? table->tablespace : run->server.data_directory;
    struct statvfs disk;
    if (!at || !is_here(run) || statvfs(at, &disk) != 0)
        return NAN;
    g_free(*path);
    *path = g_strdup(at);
    return (double)disk.f_bavail * (double)disk.f_frsize;
}

static void hint_vacuum(struct forecast_run *run, const struct forecast_table *table,
                        const struct forecast_step *out)
{
    if (!run->server.autovacuum)
        forecast_hint(run->forecast,
                      "autovacuum is off on this server: nothing takes away the dead "
                      "row versions of %s",
                      out->table);
    else if (table->autovacuum_off)
        forecast_hint(run->forecast, "autovacuum is off for %s: set autovacuum_enabled = on",
                      out->table);
    if (table->dead > 1000 && table->dead > 0.25 * table->live)
        forecast_hint(run->forecast,
                      "VACUUM is behind on %s: %.0f dead row versions beside %.0f rows", out->table,
                      table->dead, table->live);
}

static void hint_wraparound(struct forecast_run *run, const struct forecast_table *table,
                            const struct forecast_step *out)
{
    double after = table->frozen_age + (isnan(out->batches.high) ? 0 : out->batches.high);
    if (after > 0.9 * run->server.freeze_max_age)
        forecast_hint(run->forecast,
                      "%s is %.0f transactions old and each batch takes one: the VACUUM against "
                      "wraparound comes at %.0f",
                      out->table, table->frozen_age, run->server.freeze_max_age);
}

static void hint_statistics(struct forecast_run *run, const struct forecast_table *table,
                            const struct forecast_step *out)
{
    if (isnan(table->reltuples) || isnan(table->analyzed_s))
        forecast_hint(run->forecast, "%s was never analyzed: ANALYZE it first", out->table);
    else if (table->modified > 0.2 * fmax(table->reltuples, 1000))
        forecast_hint(run->forecast, "the statistics of %s are old: %.0f rows written since",
                      out->table, table->modified);
}

void forecast_table_hints(struct forecast_run *run, const struct forecast_table *table,
                          const struct forecast_step *out)
{
    struct forecast_room *room = &run->forecast->room;
    hint_statistics(run, table, out);
    if (out->kind != KIND_BACKFILL)
        return;
    hint_vacuum(run, table, out);
    hint_wraparound(run, table, out);
    if (table->identity_full)
        forecast_hint(run->forecast,
                      "REPLICA IDENTITY FULL on %s: the old row goes into the WAL, too",
                      out->table);
    const struct plan_step *step = plan_step_find(run->plan, out->name);
    for (guint i = 0; !step->into && i < table->triggers->len; i++) {
        const struct forecast_trigger *trigger = g_ptr_array_index(table->triggers, i);
        if (forecast_fires(run->plan, trigger, step))
            forecast_hint(run->forecast, "trigger \"%s\" on %s fires for the rows that are changed",
                          trigger->name, out->table);
    }
    double free_bytes = forecast_free_room(run, table, &room->path);
    /* of several places the tightest */
    room->free = fmin(room->free, free_bytes);
}

static void hint_horizon(struct forecast_run *run)
{
    const struct forecast_server *server = &run->server;
    if (server->oldest_transaction_s >= LONG_TRANSACTION_S) {
        g_autofree char *age =
            duration_format((gint64)server->oldest_transaction_s * G_USEC_PER_SEC);
        forecast_hint(run->forecast,
                      "a transaction has been open for %s: until it ends no VACUUM "
                      "removes what is left behind now",
                      age);
    }
    if (!isnan(server->prepared_xmin_age))
        forecast_hint(run->forecast,
                      "a prepared transaction is open: until it ends no VACUUM removes "
                      "what is left behind now");
    if (server->slot_xmin_age > 1e6)
        forecast_hint(run->forecast,
                      "a replication slot keeps row versions of %.0f transactions ago",
                      server->slot_xmin_age);
    if (server->synchronous > 0)
        forecast_hint(run->forecast,
                      "%d synchronous replicas: batches do not wait for them, other "
                      "steps do",
                      server->synchronous);
}

static double highest_rate(const struct forecast *forecast)
{
    double rate = NAN;
    for (guint i = 0; i < forecast->steps->len; i++)
        rate = fmax(
            rate,
            ((struct forecast_step *)g_ptr_array_index(forecast->steps, i))->wal_bytes_per_s.high);
    return rate;
}

static void outlook_slots(struct forecast_run *run)
{
    double rate = highest_rate(run->forecast);
    for (guint i = 0; i < run->forecast->slots->len; i++) {
        struct forecast_slot *slot = g_ptr_array_index(run->forecast->slots, i);
        double room = isnan(slot->limit) ? run->forecast->room.free : slot->room;
        if (rate > 0)
            slot->full_s = room / rate;
        if (slot->lost)
            forecast_hint(run->forecast, "slot \"%s\" has lost its WAL: it must be made anew",
                          slot->name);
        else if (!slot->active)
            forecast_hint(run->forecast, "slot \"%s\" is not in use and keeps all WAL: %s",
                          slot->name,
                          isnan(slot->limit) ? "without limit, until the disk is full"
                                             : "until max_slot_wal_keep_size, then it is lost");
    }
}

static void outlook_room(struct forecast *forecast)
{
    struct forecast_range needs = {0, 0};
    for (guint i = 0; i < forecast->steps->len; i++) {
        const struct forecast_step *step = g_ptr_array_index(forecast->steps, i);
        if (step->kind == KIND_VERIFY || step->kind == KIND_NOT_NULL ||
            (step->kind == KIND_CONSTRAINT && !forecast_is_known(step->index_bytes)))
            continue;
        needs = forecast_plus(needs, forecast_plus(step->heap_bytes, step->index_bytes));
    }
    forecast->room.needs = needs;
    if (needs.high > forecast->room.free)
        forecast_hint(forecast, "%s",
                      needs.low > forecast->room.free ? "there is not enough free room"
                                                      : "the free room may not be enough");
}

/* Whoever loads plans need not be let into the tables; the engine is. */
static void hint_refused(struct forecast_run *run)
{
    for (guint i = 0; i < run->forecast->steps->len; i++) {
        const struct forecast_step *step = g_ptr_array_index(run->forecast->steps, i);
        if (step->refused)
            forecast_hint(run->forecast,
                          "\"%s\" may not read %s: run forecast as the engine's login",
                          db_conn_user(run->conn), step->table);
    }
}

void forecast_outlook(struct forecast_run *run)
{
    hint_refused(run);
    outlook_room(run->forecast);
    run->forecast->archive.ours_per_min =
        highest_rate(run->forecast) * 60 / run->server.segment_bytes;
    outlook_slots(run);
    hint_horizon(run);
    if (run->forecast->archive.failing)
        forecast_hint(run->forecast,
                      "archiving fails: the WAL stays on the server's disk until it works");
}
