/* Workers of one backfill: the lead, which is the migration's own worker with fence row 1, cuts the keys
 * into ranges and adds lanes, each a worker with a connection, a fence row and a position of its own. A
 * lane does batches and nothing else: every transition is the lead's, made when no lane is under way,
 * since a lane that found its fence row gone would take it for another engine's doing. */
#include "config.h"
#include "batches-private.h"

#include <math.h>

/* Keys that are looked at for the bounds: about so many, fewer where that took too long, and never more
 * than ten times that. */
#define SAMPLE_ROWS 20000.0

struct worker *lanes_lead(struct worker *worker)
{
    return worker->lead ? worker->lead : worker;
}

static void lane_free(void *data)
{
    struct worker *lane = data;
    lane->facts = NULL; /* the lead's */
    lane->plan = NULL;
    worker_free(lane);
}

void lanes_free(struct worker *lead)
{
    g_clear_pointer(&lead->lanes, g_ptr_array_unref);
}

void lanes_share(struct worker *lead)
{
    for (guint i = 0; lead->lanes && i < lead->lanes->len; i++) {
        struct worker *lane = g_ptr_array_index(lead->lanes, i);
        lane->facts = lead->facts;
        lane->facts_seq = lead->facts_seq;
        lane->plan = lead->plan;
    }
}

void lanes_kick(struct worker *lead)
{
    lanes_share(lead);
    for (guint i = 0; lead->lanes && i < lead->lanes->len; i++)
        worker_kick(g_ptr_array_index(lead->lanes, i));
}

void lanes_close(struct worker *lead)
{
    for (guint i = 0; lead->lanes && i < lead->lanes->len; i++) {
        struct worker *lane = g_ptr_array_index(lead->lanes, i);
        if (lane->conn && !lane->opening && !db_conn_is_busy(lane->conn))
            worker_reconnect(lane);
    }
}

static gboolean is_busy(const struct worker *lane)
{
    return lane->opening || (lane->conn && db_conn_is_busy(lane->conn));
}

gboolean lanes_quiet(struct worker *lead, const char *step)
{
    if (!lead->lanes || (step && g_strcmp0(lead->batches.step, step) == 0))
        return TRUE;
    for (guint i = 0; i < lead->lanes->len; i++)
        if (is_busy(g_ptr_array_index(lead->lanes, i))) {
            lead->awaits_lanes = TRUE;
            return FALSE;
        }
    lanes_free(lead);
    return TRUE;
}

gboolean lanes_ended(const struct worker *lead)
{
    for (guint i = 0; lead->lanes && i < lead->lanes->len; i++) {
        const struct worker *lane = g_ptr_array_index(lead->lanes, i);
        if (!lane->batches.ended || lane->batches.single.stage != SINGLE_NONE || is_busy(lane))
            return FALSE;
    }
    return TRUE;
}

int lanes_active(const struct worker *worker)
{
    const struct worker *lead = worker->lead ? worker->lead : worker;
    int active = !lead->batches.ended;
    for (guint i = 0; lead->lanes && i < lead->lanes->len; i++)
        active += !((const struct worker *)g_ptr_array_index(lead->lanes, i))->batches.ended;
    return MAX(1, active);
}

struct lanes_sum lanes_sum(const struct worker *lead)
{
    const struct batches *b = &lead->batches;
    struct lanes_sum sum = {b->seq, b->rows_done, b->rows_changed, b->retries};
    for (guint i = 0; lead->lanes && i < lead->lanes->len; i++) {
        b = &((const struct worker *)g_ptr_array_index(lead->lanes, i))->batches;
        sum.batches += b->seq;
        sum.rows_done += b->rows_done;
        sum.rows_changed += b->rows_changed;
        sum.retries += b->retries;
    }
    return sum;
}

/* --- the ranges */

char *lanes_ranges_sql(const struct worker *lead, const struct plan_step *step)
{
    double total = lead->batches.rows_total;
    double rows = ldexp(SAMPLE_ROWS, -2 * MIN(lead->batches.fails, 4));
    double percent = total > rows ? 100 * rows / total : 100; /* also where it is not known */
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(number, sizeof number, "%.6f", MAX(percent, 0.000001));
    g_autofree char *bounds = batches_bounds_sql(lead, step, number, (int)(10 * rows));
    g_autofree char *name = db_literal(step->name);
    return worker_message(lead, 0, TRUE,
                          "SELECT pgrollout.fence_add(%" G_GINT64_FORMAT ", w, %" G_GINT64_FORMAT
                          ", '%s') FROM pg_catalog.generate_series(2, %d) w; "
                          "SELECT * FROM pgrollout.ranges_keep(%" G_GINT64_FORMAT ", %s, (%s))",
                          lead->id, lead->engine->epoch, lead->engine->token, step->workers,
                          lead->id, name, bounds);
}

static void take_key(struct batches *lane, const struct batches *lead)
{
    GPtrArray *const from[] = {lead->key_names, lead->key_types, lead->key_collations};
    GPtrArray **const to[] = {&lane->key_names, &lane->key_types, &lane->key_collations};
    for (guint i = 0; i < G_N_ELEMENTS(from); i++) {
        *to[i] = i == 0 ? g_ptr_array_new_null_terminated(2, g_free, TRUE)
                        : g_ptr_array_new_with_free_func(g_free);
        for (guint j = 0; j < from[i]->len; j++)
            g_ptr_array_add(*to[i], g_strdup(g_ptr_array_index(from[i], j)));
    }
}

static struct worker *lane_new(struct worker *lead, int row, const char *above, const char *until)
{
    struct worker *lane = worker_new(lead->engine, lead->id);
    struct batches *b = &lane->batches;
    lane->lead = lead;
    lane->row = row;
    b->step = g_strdup(lead->batches.step);
    b->above = g_strdup(above);
    b->until = g_strdup(until);
    b->rows_total = NAN; /* the lead looks after VACUUM */
    b->differs = g_ptr_array_new_null_terminated(1, g_free, TRUE);
    take_key(b, &lead->batches);
    return lane;
}

void lanes_make(struct worker *lead, const struct db_reply *reply)
{
    struct batches *b = &lead->batches;
    int bounds = db_reply_rows(reply);
    if (lead->lanes || bounds == 0) { /* a connection was lost meanwhile; or too few keys */
        if (bounds > 0) {
            g_free(b->until);
            b->until = g_strdup(db_reply_text(reply, 0, 0));
        }
        return;
    }
    lead->lanes = g_ptr_array_new_with_free_func(lane_free);
    for (int i = 0; i < bounds; i++)
        g_ptr_array_add(lead->lanes,
                        lane_new(lead, i + 2, db_reply_text(reply, i, 0),
                                 i + 1 < bounds ? db_reply_text(reply, i + 1, 0) : b->until));
    g_free(b->until);
    b->until = g_strdup(db_reply_text(reply, 0, 0));
    lanes_share(lead);
    for (guint i = 0; i < lead->lanes->len; i++)
        batches_pace(g_ptr_array_index(lead->lanes, i), TRUE);
}

/* --- a lane */

static void on_lane_prepared(struct worker *lane, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (error)
        worker_retry_later(lane, lane->batches.fails++);
    else
        lane->batches.prepared = TRUE;
}

static void on_lane_begun(struct worker *lane, struct db_reply *reply, const GError *error)
{
    struct batches *b = &lane->batches;
    if (error) {
        worker_retry_later(lane, b->fails++);
        return;
    }
    gboolean begun = db_reply_rows(reply) > 0;
    g_free(b->key);
    b->seq = begun ? db_reply_int(reply, 0, 0) : 0;
    b->key = g_strdup(begun ? db_reply_text(reply, 0, 1) : b->above);
    b->rows_done = begun ? db_reply_int(reply, 0, 2) : 0;
    b->rows_changed = begun ? db_reply_int(reply, 0, 3) : 0;
    batches_single_clear(b);
    worker_send(lane, "preparing the batches",
                batches_prepare_sql(lane, worker_plan_step(lane, b->step)), on_lane_prepared);
}

/* Behind the fence: whatever a lost connection had in flight is over. */
static void begin(struct worker *lane)
{
    g_autofree char *name = db_literal(lane->batches.step);
    g_autofree char *message =
        worker_message(lane, lane->row, FALSE,
                       "SELECT * FROM pgrollout.position_last(%" G_GINT64_FORMAT ", %s, %d)",
                       lane->id, name, lane->row);
    worker_send(lane, "reading where the batches stand", g_strconcat(BATCHES_WALK, message, NULL),
                on_lane_begun);
}

gboolean lanes_may_go(const struct worker *lane, const struct decision *d)
{
    const struct worker *lead = lane->lead;
    return d->action == ACTION_ACT && lead->facts_seq >= lead->need_seq &&
           lead->facts_seq >= lane->need_seq && lead->plan && !lead->batches.undo &&
           g_strcmp0(lead->batches.step, d->step->name) == 0 && !lead->batches.again_due;
}

void lanes_act(struct worker *lane)
{
    struct batches *b = &lane->batches;
    if (!b->prepared)
        begin(lane);
    else if (!batches_single(lane))
        batches_send(lane);
}

void lanes_answered(struct worker *lane)
{
    struct worker *lead = lane->lead;
    if (is_busy(lane) || lead->timer ||
        !(lead->awaits_lanes || lane->batches.ended || !g_queue_is_empty(lead->jobs)))
        return;
    lead->awaits_lanes = FALSE;
    worker_sleep(lead, 0);
}
