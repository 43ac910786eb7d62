/* replication_bytes: how much WAL the worst replica has not replayed. */
#include "config.h"

#include <math.h>

#include "engine/sense-private.h"

static void bytes_read(struct guard *guard, const struct watch *watch, const struct sample *sample,
                       struct reading *reading)
{
    (void)watch;
    double bytes =
        standbys_bytes(sample->standbys, sample->lsn, guard->plan->except, &reading->text);
    reading->kind = READING_VALUE;
    reading->value = isnan(bytes) ? 0 : bytes;
}

const struct guard_class guard_class_replication_bytes = {
    .name = "replication_bytes",
    .unit = "B",
    .noun = "behind",
    .help =
        "The WAL that the worst physical replica has not replayed yet; one that is gone goes on "
        "falling behind.",
    .read = bytes_read,
};
