/* archive_queue: WAL files that wait for the archiver. Who may not list them counts the segments since the
 * last one that was archived. */
#include "config.h"

#include "engine/sense-private.h"

/* guard->memory: whether the list is asked for next */
static gboolean *listing(struct guard *guard)
{
    if (!guard->memory)
        guard->memory = g_new0(gboolean, 1);
    return guard->memory;
}

static char *archive_query(struct guard *guard, const struct watch *watch, struct reading *reading)
{
    (void)watch;
    (void)reading;
    return sense_fill(*listing(guard) ? "engine/sql/sense-archive-list.sql"
                                      : "engine/sql/sense-archive.sql",
                      (const char *const[]){NULL});
}

static void queue_take(struct reading *reading, double files, gboolean failing)
{
    reading->kind = READING_VALUE;
    reading->value = files;
    if (failing)
        reading->text = g_strdup("the archiver fails");
}

/* TRUE: the list is to be asked for. */
static gboolean state_take(const struct db_reply *reply, struct reading *reading)
{
    gboolean failing = db_reply_bool(reply, 0, 3);
    if (!db_reply_bool(reply, 0, 0)) {
        queue_take(reading, 0, FALSE);
        reading->text = g_strdup("nothing to watch: archive_mode is off");
    } else if (db_reply_bool(reply, 0, 1)) {
        return TRUE;
    } else if (db_reply_text(reply, 0, 2)) {
        queue_take(reading, db_reply_double(reply, 0, 2), failing);
    } else if (failing) {
        reading_fail(reading,
                     "nothing was ever archived, and the archiver fails; how much waits is "
                     "hidden: grant pg_monitor to the engine's role");
    } else {
        queue_take(reading, 0, FALSE);
        reading->text = g_strdup("nothing was archived yet");
    }
    return FALSE;
}

static gboolean archive_answer(struct guard *guard, const struct watch *watch,
                               const struct db_reply *reply, const GError *error,
                               struct reading *reading)
{
    (void)watch;
    gboolean list = *listing(guard);
    *listing(guard) = FALSE;
    if (error)
        reading_fail(reading, error->message);
    else if (list)
        queue_take(reading, db_reply_double(reply, 0, 0), db_reply_bool(reply, 0, 1));
    else
        *listing(guard) = state_take(reply, reading);
    return *listing(guard);
}

const struct guard_class guard_class_archive_queue = {
    .name = "archive_queue",
    .unit = "",
    .noun = "files to archive:",
    .help = "WAL files that wait for the archiver.",
    .every_us = 10 * G_USEC_PER_SEC,
    .query = archive_query,
    .answer = archive_answer,
};
