/* slot_wal: the WAL that the worst replication slot keeps on the primary. */
#include "config.h"

#include <math.h>

#include "engine/sense-private.h"

/* Of what max_slot_wal_keep_size grants: beyond that a slot is lost at the next checkpoint. */
#define KEEP_SHARE 0.8

static gboolean is_excepted(const struct guard *guard, const char *slot)
{
    for (char *const *glob = guard->plan->except; glob && *glob; glob++)
        if (g_pattern_match_simple(*glob, slot))
            return TRUE;
    return FALSE;
}

static void slots_take(struct guard *guard, const struct db_reply *reply, struct reading *reading)
{
    int worst = -1;
    double keep = db_reply_double(reply, 0, 3);
    reading->kind = READING_VALUE;
    reading->value = 0;
    for (int i = 0; i < db_reply_rows(reply); i++) {
        const char *slot = db_reply_text(reply, i, 0);
        double retained = db_reply_double(reply, i, 2);
        if (!slot || is_excepted(guard, slot) || (worst >= 0 && retained <= reading->value))
            continue;
        worst = i;
        reading->value = fmax(0, retained);
    }
    guard->cap = worst >= 0 && keep > 0 ? KEEP_SHARE * keep : NAN;
    if (worst < 0)
        reading->text = g_strdup("nothing to watch: no slot");
    else
        reading->text = g_strdup_printf("slot %s%s", db_reply_text(reply, worst, 0),
                                        db_reply_bool(reply, worst, 1) ? "" : ", inactive");
}

static gboolean slots_answer(struct guard *guard, const struct watch *watch,
                             const struct db_reply *reply, const GError *error,
                             struct reading *reading)
{
    (void)watch;
    if (error)
        reading_fail(reading, error->message);
    else if (db_reply_rows(reply) == 0 || db_reply_columns(reply) != 4)
        reading_fail(reading, "the slots have another shape");
    else
        slots_take(guard, reply, reading);
    return FALSE;
}

const struct guard_class guard_class_slot_wal = {
    .name = "slot_wal",
    .unit = "B",
    .noun = "kept by a slot:",
    .help =
        "The WAL that the worst replication slot keeps; where max_slot_wal_keep_size is set, the "
        "limit is 80 % of it at the most.",
    .every_us = 5 * G_USEC_PER_SEC,
    .look = "engine/sql/sense-slots.sql",
    .answer = slots_answer,
};
