/* pg_stat_statements for the whole server, every ten seconds, without its texts. */
#include "config.h"
#include "sense-stats.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define EVERY_US (10 * G_USEC_PER_SEC)
/* Somebody may create the extension while we run. */
#define MISSING_EVERY_US (60 * G_USEC_PER_SEC)

void stats_init(struct stats *stats)
{
    *stats = (struct stats){.share = NAN, .ours = -1};
}

void stats_clear(struct stats *stats)
{
    g_clear_pointer(&stats->schema, g_free);
    g_clear_pointer(&stats->missing, g_free);
}

char *sense_fill(const char *resource, const char *const *pairs)
{
    GString *out = g_string_new(NULL);
    const char *text = resource_text(resource);
    while (*text) {
        const char *const *pair = pairs;
        gsize name = 0;
        for (; *text == '@' && *pair; pair += 2) {
            name = strlen(*pair);
            if (strncmp(text + 1, *pair, name) == 0 && text[1 + name] == '@')
                break;
        }
        if (*text == '@' && *pair) {
            g_string_append(out, pair[1]);
            text += name + 2;
        } else {
            g_string_append_c(out, *text++);
        }
    }
    return g_string_free(out, FALSE);
}

char *stats_query(const struct stats *stats)
{
    if (!stats->schema)
        return g_strdup(resource_text("engine/sql/sense-stats-find.sql"));
    const char *const pairs[] = {"schema", stats->schema, NULL};
    return sense_fill("engine/sql/sense-stats-wal.sql", pairs);
}

static void lose(struct stats *stats, gint64 now_us, const char *why)
{
    stats_clear(stats);
    stats->missing = g_strdup_printf("not watched: %s", why);
    stats->share = NAN;
    stats->ours = -1;
    stats->due_us = now_us + MISSING_EVERY_US;
}

static void found(struct stats *stats, gint64 now_us, const struct db_reply *reply)
{
    const char *schema = db_reply_text(reply, 0, 0);
    if (!schema) {
        lose(stats, now_us, "no pg_stat_statements");
    } else if (!db_reply_bool(reply, 0, 2)) {
        lose(stats, now_us, "pg_stat_statements is not in shared_preload_libraries");
    } else if (!db_reply_bool(reply, 0, 1)) {
        lose(stats, now_us, "the engine's role may not read pg_stat_statements (grant pg_monitor)");
    } else {
        stats_clear(stats);
        stats->schema = db_ident(schema);
        stats->due_us = 0;
    }
}

static void share_take(struct stats *stats, gint64 now_us, gint64 ours, gint64 everybody)
{
    gint64 mine = ours - stats->ours, all = everybody - stats->everybody;
    /* the counters go back when they are reset, or when entries are dropped */
    gboolean known = stats->ours >= 0 && mine >= 0 && all > 0;
    stats->share = known ? MIN(1.0, (double)mine / (double)all) : NAN;
    stats->ours = ours;
    stats->everybody = everybody;
    stats->due_us = now_us + EVERY_US;
}

void stats_answer(struct stats *stats, gint64 now_us, const struct db_reply *reply,
                  const GError *error)
{
    if (!error && stats->schema) {
        share_take(stats, now_us, db_reply_int(reply, 0, 0), db_reply_int(reply, 0, 1));
    } else if (!error) {
        found(stats, now_us, reply);
    } else if (stats->ours >= 0) { /* it was there: dropped, moved, or only slow */
        stats_clear(stats);
        stats->share = NAN;
        stats->ours = -1;
    } else if (error->code == ROLLOUT_ERROR_DATABASE || error->code == ROLLOUT_ERROR_REFUSED) {
        lose(stats, now_us, error->message); /* too old a version, no right */
    }
}
