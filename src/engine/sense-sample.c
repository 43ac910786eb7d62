/* One sample: the answer to sense.sql, and who in it waits on us. */
#include "config.h"
#include "sense-private.h"

#include <string.h>

#include "pgrollout/base/error.h"

void sample_free(struct sample *sample)
{
    if (!sample)
        return;
    g_ptr_array_free(sample->waits, TRUE);
    json_node_unref(sample->waits_json);
    g_free(sample);
}

gboolean reading_sessions(struct reading *reading, const struct db_reply *reply,
                          const GError *error)
{
    if (error)
        reading_fail(reading, error->message);
    else if (db_reply_rows(reply) != 1 || db_reply_columns(reply) != 5)
        reading_fail(reading, "the sessions have another shape");
    else if (db_reply_int(reply, 0, db_reply_column(reply, "hidden")) > 0)
        reading_fail(reading, "the sessions are hidden: grant pg_monitor to the engine's role");
    else
        return TRUE;
    return FALSE;
}

static gboolean has_pid(JsonArray *pids, gint64 pid)
{
    for (guint i = 0; i < json_array_get_length(pids); i++)
        if (json_array_get_int_element(pids, i) == pid)
            return TRUE;
    return FALSE;
}

static const struct lock_wait *wait_of(const GPtrArray *waits, gint64 pid)
{
    for (guint i = 0; i < waits->len; i++) {
        const struct lock_wait *wait = g_ptr_array_index(waits, i);
        if (wait->pid == pid)
            return wait;
    }
    return NULL;
}

/* A blocker of ours that itself only queues for the same relation holds nobody up by a lock it has.
 */
static gboolean only_queues(const struct lock_wait *wait, const struct lock_wait *blocker)
{
    return blocker && wait->relation && g_strcmp0(wait->relation, blocker->relation) == 0 &&
           strcmp(wait->lock, "relation") == 0 && strcmp(blocker->lock, "relation") == 0;
}

static gboolean waits_on_us(const GPtrArray *waits, const struct lock_wait *wait)
{
    for (guint i = 0; i < json_array_get_length(wait->blockers); i++) {
        gint64 pid = json_array_get_int_element(wait->blockers, i);
        const struct lock_wait *blocker = wait_of(waits, pid);
        if (has_pid(wait->our_blockers, pid) ? !only_queues(wait, blocker)
                                             : blocker && blocker->on_us)
            return TRUE;
    }
    return FALSE;
}

/* Of ten sessions that want one row of ours, nine wait for the first: whoever stands behind one
 * that waits on us does so, too. */
static void mark_on_us(const GPtrArray *waits)
{
    gboolean found = TRUE;
    while (found) {
        found = FALSE;
        for (guint i = 0; i < waits->len; i++) {
            struct lock_wait *wait = g_ptr_array_index(waits, i);
            if (wait->ours || wait->on_us || !waits_on_us(waits, wait))
                continue;
            wait->on_us = found = TRUE;
        }
    }
}

/* Members are there because sense.sql makes them; the strings belong to the json document. */
static void wait_add(GPtrArray *waits, JsonObject *row)
{
    struct lock_wait *wait = g_new0(struct lock_wait, 1);
    wait->pid = json_object_get_int_member(row, "pid");
    wait->waited_s = json_object_get_double_member_with_default(row, "waited_s", 0);
    wait->application = json_object_get_string_member_with_default(row, "application", "");
    wait->lock = json_object_get_string_member_with_default(row, "lock", "");
    wait->relation = json_object_get_string_member_with_default(row, "relation", NULL);
    wait->rows_of = json_object_get_array_member(row, "rows_of");
    wait->blockers = json_object_get_array_member(row, "blockers");
    wait->our_blockers = json_object_get_array_member(row, "our_blockers");
    wait->ours = g_str_has_prefix(wait->application, "pgrollout/");
    g_ptr_array_add(waits, wait);
}

struct sample *sample_read(const struct db_reply *reply, gint64 now_us, struct standbys *standbys,
                           GError **error)
{
    if (db_reply_rows(reply) != 1 || db_reply_columns(reply) != 3) {
        rollout_fail(error, ROLLOUT_ERROR_BUG, "the sample has another shape");
        return NULL;
    }
    g_autoptr(JsonNode) replicas = json_from_string(db_reply_text(reply, 0, 1), error);
    if (!replicas)
        return NULL;
    JsonNode *waits = json_from_string(db_reply_text(reply, 0, 2), error);
    if (!waits)
        return NULL;
    struct sample *sample = g_new0(struct sample, 1);
    sample->at_us = now_us;
    sample->lsn = db_reply_int(reply, 0, 0);
    sample->waits_json = waits;
    sample->waits = g_ptr_array_new_with_free_func(g_free);
    sample->standbys = standbys;
    JsonArray *rows = json_node_get_array(waits);
    for (guint i = 0; i < json_array_get_length(rows); i++)
        wait_add(sample->waits, json_array_get_object_element(rows, i));
    mark_on_us(sample->waits);
    if (!standbys_take(standbys, now_us, sample->lsn, json_node_get_array(replicas), error))
        g_clear_pointer(&sample, sample_free);
    return sample;
}
