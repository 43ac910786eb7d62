/* replication_lag: how far the worst replica is behind, in seconds. */
#include "config.h"

#include <math.h>

#include "engine/sense-private.h"

static void lag_read(struct guard *guard, const struct watch *watch, const struct sample *sample,
                     struct reading *reading)
{
    (void)watch;
    double lag = standbys_lag(sample->standbys, sample->at_us, guard->plan->except, &reading->text);
    reading->kind = READING_VALUE;
    reading->value = isnan(lag) ? 0 : lag;
}

const struct guard_class guard_class_replication_lag = {
    .name = "replication_lag",
    .unit = "s",
    .noun = "lag",
    .help = "The age of what the worst physical replica has not replayed yet; a replica that was "
            "seen and is gone lags from that moment on. Subscriptions are not watched.",
    .read = lag_read,
};
