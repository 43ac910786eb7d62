/* replication_lag: how far the worst replica is behind, in seconds. */
#include "config.h"

#include <math.h>

#include "engine/sense-private.h"

/* What the configured standbys show themselves: the worse of both counts. */
static void beats_take(struct guard *guard, const struct sample *sample, struct reading *reading)
{
    g_autofree char *detail = NULL;
    double lag;
    switch (beats_lag(sample->beats, sample->at_us, guard->plan->except, &lag, &detail)) {
    case BEATS_NONE:
        break;
    case BEATS_SOON: /* for how long is judged by the age of the reading */
        g_clear_pointer(&reading->text, g_free);
        reading->kind = READING_NONE;
        break;
    case BEATS_BLIND:
        reading_fail(reading, detail);
        break;
    case BEATS_KNOWN:
        if (lag <= reading->value)
            break;
        g_free(reading->text);
        reading->text = g_steal_pointer(&detail);
        reading->value = lag;
        break;
    }
}

/* guard->memory: names of replicas that this guard misses */
static void lag_read(struct guard *guard, const struct watch *watch, const struct sample *sample,
                     struct reading *reading)
{
    (void)watch;
    if (!guard->memory)
        guard->memory = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    standbys_miss(sample->standbys, sample->at_us, guard->plan->except, guard->pause, guard->resume,
                  guard->memory);
    double lag = standbys_lag(sample->standbys, sample->at_us, guard->plan->except, &reading->text);
    reading->kind = READING_VALUE;
    reading->value = isnan(lag) ? 0 : lag;
    beats_take(guard, sample, reading);
}

static char *lag_advice(const struct guard *guard, const char *migration)
{
    const char *name = guard->plan->name;
    if (!guard->memory || g_hash_table_size(guard->memory) == 0)
        return NULL;
    return g_strdup_printf("if it is gone for good: pgrollout set %s guard.%s.pause=1000d "
                           "guard.%s.resume=999d --for 1m",
                           migration, name, name);
}

static void lag_forget(struct guard *guard)
{
    g_hash_table_unref(guard->memory);
}

const struct guard_class guard_class_replication_lag = {
    .name = "replication_lag",
    .unit = "s",
    .noun = "lag",
    .help =
        "The age of what the worst physical replica has not replayed yet, by its position and, "
        "where it is configured, by the heartbeat that it shows; a replica that was seen and is "
        "gone lags from that moment on. Subscriptions are not watched.",
    .read = lag_read,
    .advice = lag_advice,
    .forget = lag_forget,
};
