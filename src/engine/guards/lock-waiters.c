/* lock_waiters: sessions that wait for a lock which one of our sessions holds. */
#include "config.h"

#include "engine/sense-private.h"

static void waiters_read(struct guard *guard, const struct watch *watch,
                         const struct sample *sample, struct reading *reading)
{
    (void)guard;
    (void)watch;
    reading->kind = READING_VALUE;
    reading->value = 0;
    for (guint i = 0; i < sample->waits->len; i++) {
        const struct lock_wait *wait = g_ptr_array_index(sample->waits, i);
        if (!wait->on_us)
            continue;
        if (reading->value == 0)
            reading->text = g_strdup_printf("%s (pid %" G_GINT64_FORMAT ") for %.3gs",
                                            wait->application, wait->pid, wait->waited_s);
        reading->value++;
    }
}

const struct guard_class guard_class_lock_waiters = {
    .name = "lock_waiters",
    .unit = "",
    .noun = "waiting on us:",
    .help =
        "Sessions that wait, directly or behind one another, for a lock that we hold; of the 20 "
        "longest waits.",
    .read = waiters_read,
};
