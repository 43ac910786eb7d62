/* connections: how many of the connections that everybody may have are taken. */
#include "config.h"

#include "engine/sense-private.h"

static gboolean connections_answer(struct guard *guard, const struct watch *watch,
                                   const struct db_reply *reply, const GError *error,
                                   struct reading *reading)
{
    (void)guard;
    (void)watch;
    if (!reading_sessions(reading, reply, error))
        return FALSE;
    gint64 usable = db_reply_int(reply, 0, db_reply_column(reply, "usable"));
    gint64 taken = db_reply_int(reply, 0, db_reply_column(reply, "taken"));
    reading->kind = READING_VALUE;
    reading->value = usable > 0 ? 100.0 * (double)taken / (double)usable : 100;
    reading->text =
        g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " taken", taken, usable);
    return FALSE;
}

const struct guard_class guard_class_connections = {
    .name = "connections",
    .unit = "%",
    .help = "The share of max_connections, without what is reserved, that client sessions take.",
    .every_us = SESSIONS_EVERY_US,
    .look = SESSIONS_LOOK,
    .answer = connections_answer,
};
