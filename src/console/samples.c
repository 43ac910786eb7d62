/* A short history of a few numbers. */
#include "config.h"
#include "console/samples.h"

#include <math.h>

#define NAMES_MAX 256    /* slots and replicas beyond these have no history */
#define GAP_S 5.0        /* a value stands for no longer than this */
#define LEAST_SPAN_S 2.0 /* a rate over less is noise */
#define STILL 1024.0     /* bytes a second: slower than this is no growth */

struct sample {
    double at_s, value;
};

struct samples {
    GHashTable *all; /* name → GArray of struct sample, oldest first */
};

struct samples *samples_new(void)
{
    struct samples *samples = g_new0(struct samples, 1);
    samples->all =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    return samples;
}

void samples_free(struct samples *samples)
{
    if (!samples)
        return;
    g_hash_table_unref(samples->all);
    g_free(samples);
}

static void forget_before(GArray *list, double at_s)
{
    guint n = 0;
    while (n < list->len && g_array_index(list, struct sample, n).at_s < at_s)
        n++;
    if (n)
        g_array_remove_range(list, 0, n);
}

void samples_add(struct samples *samples, const char *name, double at_s, double value)
{
    if (isnan(value) || isnan(at_s))
        return;
    GArray *list = g_hash_table_lookup(samples->all, name);
    if (!list) {
        if (g_hash_table_size(samples->all) >= NAMES_MAX)
            return;
        list = g_array_new(FALSE, FALSE, sizeof(struct sample));
        g_hash_table_insert(samples->all, g_strdup(name), list);
    }
    if (list->len && g_array_index(list, struct sample, list->len - 1).at_s >= at_s)
        g_array_set_size(list, 0);
    forget_before(list, at_s - SAMPLES_KEEP_S);
    struct sample sample = {at_s, value};
    g_array_append_val(list, sample);
}

/* Of what has gone for good nothing stays. */
static gboolean is_old(gpointer name, gpointer data, gpointer at_s)
{
    (void)name;
    GArray *list = data;
    forget_before(list, *(double *)at_s - SAMPLES_KEEP_S);
    return list->len == 0;
}

void samples_take(struct samples *samples, const struct snapshot *s)
{
    double at_s = s->at_s;
    for (guint i = 0; i < s->replicas->len; i++) {
        const struct snap_replica *r = s->replicas->pdata[i];
        g_autofree char *name = g_strconcat("lag ", r->name, NULL);
        samples_add(samples, name, at_s, r->lag_s);
    }
    if (s->replication)
        samples_add(samples, "wal", at_s, s->replication->position);
    for (guint i = 0; s->replication && i < s->replication->slots->len; i++) {
        const struct snap_slot *slot = s->replication->slots->pdata[i];
        g_autofree char *name = g_strconcat("slot ", slot->name, NULL);
        samples_add(samples, name, at_s, slot->retained);
    }
    if (!isnan(at_s))
        g_hash_table_foreach_remove(samples->all, is_old, &at_s);
}

/* The samples up to `at_s`; how many in `n`. */
static const struct sample *find(const struct samples *samples, const char *name, double at_s,
                                 guint *n)
{
    const GArray *list = samples ? g_hash_table_lookup(samples->all, name) : NULL;
    *n = list ? list->len : 0;
    while (*n && g_array_index(list, struct sample, *n - 1).at_s > at_s)
        (*n)--;
    return *n ? &g_array_index(list, struct sample, 0) : NULL;
}

double samples_rate(const struct samples *samples, const char *name, double at_s)
{
    guint n, first = 0;
    const struct sample *list = find(samples, name, at_s, &n);
    if (!list || at_s - list[n - 1].at_s > GAP_S)
        return NAN;
    while (list[n - 1].at_s - list[first].at_s > SAMPLES_RATE_S)
        first++;
    double span = list[n - 1].at_s - list[first].at_s;
    return span < LEAST_SPAN_S ? NAN : (list[n - 1].value - list[first].value) / span;
}

struct snap_series samples_series(const struct samples *samples, const char *name, double at_s,
                                  guint n)
{
    guint have, next = 0;
    const struct sample *list = find(samples, name, at_s, &have);
    struct snap_series series = {g_new(double, MAX(n, 1)), n};
    for (guint i = 0; i < n; i++) {
        double second = at_s - (double)(n - 1 - i);
        while (next < have && list[next].at_s <= second)
            next++;
        gboolean known = next > 0 && second - list[next - 1].at_s <= GAP_S;
        series.values[i] = known ? list[next - 1].value : NAN;
    }
    return series;
}

double samples_until(double value, double rate, double limit)
{
    if (isnan(value) || isnan(limit))
        return NAN;
    if (value >= limit)
        return 0;
    if (isnan(rate))
        return NAN;
    return rate < STILL ? INFINITY : (limit - value) / rate;
}
