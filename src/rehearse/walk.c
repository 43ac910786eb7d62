/* The plan's way: twice it is given up and taken back, then it goes to its end, step by step; each state on
 * the way is looked at. */
#include "config.h"
#include "copy-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/engine/load.h"

/* How far, and what is done there. */
enum walk { WALK_TO_PART, WALK_TO_CONTRACT, WALK_TO_END };

struct way {
    enum walk walk;
    char *turn;    /* the step whose turn it was */
    char *kind;    /* its kind */
    guint permits; /* that it has had */
    gboolean begun;
    gboolean killed; /* the engine, in the midst of this backfill */
    gboolean over;
};

static gboolean walking_whole(const struct way *way)
{
    return way->walk == WALK_TO_END;
}

/* Kinds that leave the tables as they were. */
static gboolean changes_nothing(const char *kind)
{
    static const char *const kinds[] = {"confirm", "check",       "verify", "analyze",
                                        "soak",    "no_sessions", "unused", "replicas_caught_up",
                                        NULL};
    return !kind || g_strv_contains(kinds, kind);
}

static enum plan_phase first_phase(const struct run *run)
{
    return ((const struct plan_step *)g_ptr_array_index(run->plan->steps, 0))->phase;
}

/* Each time it is loaded the same is found: what is no reason to refuse it is told once, by lint. */
static gboolean load(struct run *run, GError **error)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    struct plan *shown = plan_parse(run->shown, strlen(run->shown), run->options->file, none);
    struct forecast *forecast = NULL;
    struct db_reply *reply = engine_load(run->people[0], shown, run->options->file, run->findings,
                                         FALSE, &forecast, error);
    gboolean done = reply != NULL;
    db_reply_free(reply);
    forecast_free(forecast);
    plan_free(shown);
    if (done)
        g_ptr_array_set_size(run->findings, 0);
    else if (error && !*error)
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "the copy does not take the plan");
    return done;
}

static gboolean say(struct run *run, const char *name, GError **error)
{
    const char *params[] = {run->plan->name};
    return drive_say(run, strcmp(name, "contract") == 0, name, 1, params, error);
}

static gboolean set(struct run *run, const char *key, const char *value, GError **error)
{
    const char *params[] = {run->plan->name, key, value};
    return drive_say(run, FALSE, "set", 3, params, error);
}

static gboolean answer(struct run *run, GError **error)
{
    const char *params[] = {run->plan->name, NULL};
    struct db_reply *each = copy_query(run->asks, "each", 1, params, error);
    gboolean done = each != NULL;
    if (done && db_reply_rows(each) == 0)
        done = drive_say(run, TRUE, "confirm", 2, params, error);
    for (int row = 0; done && row < db_reply_rows(each); row++) {
        params[1] = db_reply_text(each, row, 0);
        done = drive_say(run, TRUE, "confirm", 2, params, error);
    }
    db_reply_free(each);
    return done;
}

static gboolean skip(struct run *run, const struct stand *stand, GError **error)
{
    const char *params[] = {run->plan->name, stand->key};
    if (!g_ptr_array_find_with_equal_func(run->skipped, stand->key, g_str_equal, NULL))
        g_ptr_array_add(run->skipped, g_strdup(stand->key));
    return drive_say(run, TRUE, "skip", 2, params, error);
}

/* A small part of the table at a time, so that there is something between nothing and all. */
static gboolean size_batches(struct run *run, const struct plan_step *step, GError **error)
{
    g_autofree char *table = db_qualified(step->schema, step->table);
    g_autofree char *sql = db_fill(resource_text("rehearse/sql/count.sql"), "table", table, NULL);
    struct db_reply *reply = db_conn_query_wait(run->asks, sql, 0, NULL, error);
    if (!reply)
        return FALSE;
    gint64 rows = db_reply_int(reply, 0, 0);
    db_reply_free(reply);
    g_autofree char *size = g_strdup_printf("%" G_GINT64_FORMAT, CLAMP(rows / 4, 1, 100000));
    return set(run, "batch.min", "1", error) && set(run, "batch.max", size, error);
}

static gboolean whole_batches(struct run *run, GError **error)
{
    return set(run, "batch.max", "1000000", error) && set(run, "rest", "0", error);
}

static gboolean look(struct run *run, const char *row, enum plan_phase low, enum plan_phase high,
                     gboolean changed, const char *label, GError **error)
{
    struct state *state = run_state(run, row, low, high, changed, label);
    run_say(run, "%s", label);
    return exercise(run, state, error);
}

/* The types and the column of a sync are there now. */
static gboolean try_sync(struct run *run, const struct way *way, GError **error)
{
    const struct plan_step *step = way->turn ? plan_step_find(run->plan, way->turn) : NULL;
    return !step || step->kind != KIND_SYNC || step->into || round_trip(run, step, error);
}

static gboolean look_after_step(struct run *run, const struct way *way, const struct stand *stand,
                                GError **error)
{
    enum plan_phase phase = plan_phase_parse(stand->phase);
    gboolean filled = g_strcmp0(way->kind, "backfill") == 0;
    g_autofree char *label = g_strdup_printf("%s, after %s", stand->phase, way->turn);
    if (changes_nothing(way->kind))
        return TRUE;
    return look(run, filled ? "backfill-100" : plan_phase_name(phase), phase, phase, TRUE, label,
                error) &&
           try_sync(run, way, error);
}

static gboolean look_half_way(struct run *run, struct way *way, const struct stand *stand,
                              GError **error)
{
    enum plan_phase phase = plan_phase_parse(stand->phase);
    g_autofree char *part = g_strdup_printf("part filled by %s", stand->step);
    g_autofree char *killed = g_strdup_printf("engine killed in %s", stand->step);
    if (way->permits == 1)
        return look(run, "backfill-part", phase, phase, TRUE, part, error);
    if (way->killed)
        return TRUE;
    way->killed = TRUE;
    /* with the next batch just begun */
    if (!say(run, "step", error))
        return FALSE;
    g_usleep(3000);
    drive_engine_kill(run);
    return look(run, "backfill-killed", phase, phase, TRUE, killed, error) &&
           drive_engine_start(run, error) && whole_batches(run, error);
}

/* Another step's turn. */
static gboolean on_turn(struct run *run, struct way *way, const struct stand *stand, GError **error)
{
    const struct plan_step *step = stand->step ? plan_step_find(run->plan, stand->step) : NULL;
    enum plan_phase phase = plan_phase_parse(stand->phase);
    g_autofree char *label = g_strdup_printf("nothing filled by %s", stand->step);
    if (way->turn && walking_whole(way) && !look_after_step(run, way, stand, error))
        return FALSE;
    way->permits = 0;
    way->killed = FALSE;
    return !step || step->kind != KIND_BACKFILL ||
           ((!walking_whole(way) || look(run, "backfill-0", phase, phase, FALSE, label, error)) &&
            size_batches(run, step, error));
}

/* A batch is done, and the backfill is not. */
static gboolean on_batch(struct run *run, struct way *way, const struct stand *stand,
                         GError **error)
{
    if (way->walk == WALK_TO_PART)
        way->over = TRUE;
    return !walking_whole(way) || look_half_way(run, way, stand, error);
}

/* A step or a batch is done, and it waits. */
static gboolean on_step(struct run *run, struct way *way, const struct stand *stand, GError **error)
{
    gboolean same = way->turn && g_strcmp0(way->turn, stand->step) == 0;
    if (!same && !on_turn(run, way, stand, error))
        return FALSE;
    if (same && g_strcmp0(stand->kind, "backfill") == 0 && !on_batch(run, way, stand, error))
        return FALSE;
    if (way->over)
        return TRUE;
    g_free(way->turn);
    g_free(way->kind);
    way->turn = g_strdup(stand->step);
    way->kind = g_strdup(stand->kind);
    way->permits++;
    return say(run, "step", error);
}

static gboolean look_at_end(struct run *run, const struct way *way, const struct stand *stand,
                            enum plan_phase next, GError **error)
{
    enum plan_phase phase = stand->phase ? plan_phase_parse(stand->phase) : PHASE_EXPAND;
    g_autofree char *label = g_strdup_printf("end of %s", plan_phase_name(phase));
    if (!way->begun)
        return TRUE;
    gboolean filled = g_strcmp0(way->kind, "backfill") == 0;
    return look(run, filled ? "backfill-100" : plan_phase_name(phase), phase, next,
                !changes_nothing(way->kind), label, error) &&
           try_sync(run, way, error);
}

static gboolean on_boundary(struct run *run, struct way *way, const struct stand *stand,
                            GError **error)
{
    enum plan_phase next = plan_phase_parse(stand->key);
    if (walking_whole(way) && !look_at_end(run, way, stand, next, error))
        return FALSE;
    if (next == PHASE_CONTRACT && way->walk == WALK_TO_CONTRACT) {
        way->over = TRUE;
        return TRUE;
    }
    g_clear_pointer(&way->turn, g_free);
    g_clear_pointer(&way->kind, g_free);
    way->begun = TRUE;
    return say(run, next == PHASE_CONTRACT ? "contract" : "advance", error);
}

static gboolean on_hold(struct run *run, struct way *way, const struct stand *stand, GError **error)
{
    if (strcmp(stand->hold, "boundary") == 0)
        return on_boundary(run, way, stand, error);
    if (strcmp(stand->hold, "gate") == 0)
        return answer(run, error);
    if (strcmp(stand->hold, "evidence") == 0)
        return skip(run, stand, error);
    return on_step(run, way, stand, error);
}

/* TRUE and not over: it has failed, or ended before it came there. */
static gboolean walk(struct run *run, struct way *way, GError **error)
{
    struct stand stand = {0};
    gboolean going = TRUE, good = TRUE;
    while (good && going && !way->over) {
        good = drive_stand(run, &stand, error);
        if (good && stand.hold)
            good = on_hold(run, way, &stand, error);
        else if (good)
            going = FALSE;
    }
    if (good && !going && strcmp(stand.state, "failed") == 0 && !run->result->stopped)
        run->result->stopped = g_strdup_printf("step %s", stand.error);
    if (good && !going && strcmp(stand.state, "done") == 0 && walking_whole(way))
        good = look_at_end(run, way, &stand, PHASE_CONTRACT, error);
    stand_clear(&stand);
    return good;
}

static void way_clear(struct way *way)
{
    g_free(way->turn);
    g_free(way->kind);
}

/* Loaded, and held, so that it goes step by step; or only so far as it is to go by itself. */
static gboolean set_out(struct run *run, GError **error)
{
    return load(run, error) && set(run, "rest", "0", error) && set(run, "rate", "0", error) &&
           say(run, "pause", error);
}

static gboolean is_state(struct run *run, const char *state, GError **error)
{
    struct stand stand = {0};
    gboolean is = drive_stand(run, &stand, error) && strcmp(stand.state, state) == 0;
    stand_clear(&stand);
    return is;
}

/* Everything is taken back; the opposite gates are answered. */
static gboolean take_back(struct run *run, GError **error)
{
    struct stand stand = {0};
    gboolean good = say(run, "abort", error), gone = FALSE;
    while (good && !gone) {
        good = drive_stand(run, &stand, error);
        gone = good && strcmp(stand.state, "aborted") == 0;
        if (good && !gone && strcmp(stand.state, "failed") == 0)
            good = rollout_fail(error, ROLLOUT_ERROR_NO, "step %s", stand.error);
        else if (good && !gone && strcmp(stand.hold, "gate") == 0)
            good = answer(run, error);
        else if (good && !gone)
            good = say(run, "resume", error);
    }
    stand_clear(&stand);
    return good;
}

static gboolean no_undo(const struct plan_step *step)
{
    return step->kind == KIND_SQL && !step->undo;
}

/* Whether there is something to be half way in, and a way back from there. */
static gboolean can_be_aborted(const struct run *run, enum walk walk)
{
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *step = run->plan->steps->pdata[i];
        if (walk == WALK_TO_PART && step->kind == KIND_BACKFILL)
            return TRUE;
        if (step->phase == PHASE_CONTRACT)
            return walk == WALK_TO_CONTRACT && i > 0;
        if (step->irreversible || no_undo(step))
            return FALSE;
    }
    return FALSE;
}

/* Goes so far, gives it up, looks at what is left of it, and takes the traces away. */
static gboolean walk_and_abort(struct run *run, enum walk walk_to, const char *row,
                               const char *label, GError **error)
{
    struct way way = {.walk = walk_to};
    if (!can_be_aborted(run, walk_to))
        return TRUE;
    run_say(run, "going to be %s", label);
    gboolean good = set_out(run, error) && walk(run, &way, error);
    /* a failure is told by the walk that goes to the end */
    g_clear_pointer(&run->result->stopped, g_free);
    good = good && (is_state(run, "done", NULL) || take_back(run, error));
    if (good && way.over) {
        struct state *state = run_state(run, row, PHASE_EXPAND, PHASE_EXPAND, TRUE, label);
        state->aborted = TRUE;
        good = exercise(run, state, error);
    } else if (good) {
        run_note(run, "not rehearsed: %s: the plan did not come so far", label);
    }
    way_clear(&way);
    return good && say(run, "forget", error);
}

static gboolean walk_whole(struct run *run, GError **error)
{
    struct way way = {.walk = WALK_TO_END};
    gboolean good = set_out(run, error) && walk(run, &way, error);
    way_clear(&way);
    return good;
}

/* What a matrix does not show is said. */
static void tell_limits(struct run *run)
{
    for (guint i = 0; i < run->plan->applications->len; i++) {
        const struct plan_application *application = run->plan->applications->pdata[i];
        gboolean known = FALSE;
        for (guint j = 0; j < run->result->actors->len && !known; j++)
            known = trial_actor(run, j)->application == application;
        if (!known)
            run_note(run, "not rehearsed, since the plan does not say what it sends: %s",
                     application->name);
    }
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *step = run->plan->steps->pdata[i];
        if (step->phase == PHASE_CONTRACT || !(step->irreversible || no_undo(step)))
            continue;
        run_note(run, "no abort is rehearsed from behind %s, which cannot be taken back",
                 step->name);
        return;
    }
}

static gboolean has_kind(const struct run *run, enum plan_kind kind)
{
    for (guint i = 0; i < run->plan->steps->len; i++)
        if (((const struct plan_step *)run->plan->steps->pdata[i])->kind == kind)
            return TRUE;
    return FALSE;
}

/* The lines of the matrix, in the order of time. */
static void make_rows(struct run *run)
{
    run_row(run, PHASE_EXPAND, "before", "before");
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        gboolean there = FALSE;
        for (guint i = 0; i < run->plan->steps->len && !there; i++)
            there = (int)((const struct plan_step *)run->plan->steps->pdata[i])->phase == phase;
        if (!there)
            continue;
        if (phase == PHASE_BACKFILL && has_kind(run, KIND_BACKFILL)) {
            run_row(run, PHASE_BACKFILL, "backfill-0", "backfill, nothing filled");
            run_row(run, PHASE_BACKFILL, "backfill-part", "backfill, part filled");
            run_row(run, PHASE_BACKFILL, "backfill-killed", "backfill, engine killed");
            run_row(run, PHASE_BACKFILL, "backfill-100", "backfill, all filled");
        }
        const char *name = plan_phase_name((enum plan_phase)phase);
        gboolean fills = phase == PHASE_BACKFILL && has_kind(run, KIND_BACKFILL);
        run_row(run, (enum plan_phase)phase, name, fills ? "backfill, at its end" : name);
    }
    if (can_be_aborted(run, WALK_TO_PART))
        run_row(run, PHASE_EXPAND, "aborted-part", "aborted in the backfill");
    if (can_be_aborted(run, WALK_TO_CONTRACT))
        run_row(run, PHASE_EXPAND, "aborted", "aborted before contract");
}

gboolean walk_run(struct run *run, GError **error)
{
    make_rows(run);
    tell_limits(run);
    return look(run, "before", PHASE_EXPAND, first_phase(run), TRUE, "before", error) &&
           drive_begin(run, error) &&
           walk_and_abort(run, WALK_TO_PART, "aborted-part", "aborted in the backfill", error) &&
           walk_and_abort(run, WALK_TO_CONTRACT, "aborted", "aborted before contract", error) &&
           walk_whole(run, error);
}
