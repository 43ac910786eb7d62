/* active_sessions: sessions of the whole server that are at work, without ours. */
#include "config.h"

#include "engine/sense-private.h"

static gboolean active_answer(struct guard *guard, const struct watch *watch,
                              const struct db_reply *reply, const GError *error,
                              struct reading *reading)
{
    (void)guard;
    (void)watch;
    if (!reading_sessions(reading, reply, error))
        return FALSE;
    reading->kind = READING_VALUE;
    reading->value = db_reply_double(reply, 0, db_reply_column(reply, "active"));
    return FALSE;
}

const struct guard_class guard_class_active_sessions = {
    .name = "active_sessions",
    .unit = "",
    .noun = "active:",
    .help = "Client sessions of the whole server in state active, without ours.",
    .every_us = SESSIONS_EVERY_US,
    .look = SESSIONS_LOOK,
    .answer = active_answer,
};
