/* Counts and latencies of a simulated application. */
#include "config.h"
#include "lab/tally-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"

#define FIRST_MS 0.01
#define GROWTH 1.1

void tally_init(struct tally *tally)
{
    memset(tally, 0, sizeof *tally);
    tally->sqlstates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void tally_clear(struct tally *tally)
{
    g_hash_table_unref(tally->sqlstates);
    g_free(tally->last_error);
}

void tally_reset(struct tally *tally)
{
    gint64 reconnects = tally->reconnects;
    tally_clear(tally);
    tally_init(tally);
    tally->reconnects = reconnects;
}

static int bucket_of(double ms)
{
    int bucket = ms <= FIRST_MS ? 0 : (int)ceil(log(ms / FIRST_MS) / log(GROWTH));
    return MIN(bucket, TALLY_BUCKETS - 1);
}

void tally_latency(struct tally *tally, gint64 now_us, double ms)
{
    gint64 second = now_us / G_USEC_PER_SEC;
    gint64 passed = CLAMP(second - tally->second, 0, TALLY_SECONDS);
    for (gint64 i = 1; i <= passed; i++)
        memset(tally->buckets[(tally->second + i) % TALLY_SECONDS], 0, sizeof tally->buckets[0]);
    if (passed == TALLY_SECONDS) /* a long silence: every column is empty now */
        memset(tally->buckets, 0, sizeof tally->buckets);
    tally->second = MAX(tally->second, second);
    tally->buckets[second % TALLY_SECONDS][bucket_of(ms)]++;
    tally->max_ms = MAX(tally->max_ms, ms);
}

double tally_p99_ms(const struct tally *tally, gint64 now_us)
{
    guint64 counts[TALLY_BUCKETS] = {0}, total = 0;
    gint64 now = now_us / G_USEC_PER_SEC;
    for (gint64 second = MAX(0, now - TALLY_SECONDS + 1); second <= tally->second; second++)
        for (int i = 0; i < TALLY_BUCKETS; i++) {
            counts[i] += tally->buckets[second % TALLY_SECONDS][i];
            total += tally->buckets[second % TALLY_SECONDS][i];
        }
    guint64 seen = 0;
    for (int i = 0; i < TALLY_BUCKETS && total > 0; i++) {
        seen += counts[i];
        if (seen * 100 >= total * 99)
            return FIRST_MS * pow(GROWTH, i);
    }
    return 0;
}

void tally_error(struct tally *tally, const GError *error)
{
    const char *sqlstate = rollout_error_sqlstate(error);
    if (!g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_CONNECT)) {
        tally->errors++;
        g_free(tally->last_error);
        tally->last_error = g_strdup(error->message);
    } else if (!sqlstate) {
        sqlstate = "08006"; /* the socket just closed */
    }
    gint64 *count = g_hash_table_lookup(tally->sqlstates, sqlstate ? sqlstate : "?????");
    if (!count) {
        count = g_new0(gint64, 1);
        g_hash_table_insert(tally->sqlstates, g_strdup(sqlstate ? sqlstate : "?????"), count);
    }
    ++*count;
}

char *tally_sqlstates_json(const struct tally *tally)
{
    GString *out = g_string_new("{");
    GHashTableIter iter;
    gpointer sqlstate, count;
    g_hash_table_iter_init(&iter, tally->sqlstates);
    while (g_hash_table_iter_next(&iter, &sqlstate, &count))
        g_string_append_printf(out, "%s\"%s\": %" G_GINT64_FORMAT, out->len > 1 ? ", " : "",
                               (char *)sqlstate, *(gint64 *)count);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}
