/* A rehearsal from its beginning to its end, whatever happens between. */
#include "config.h"
#include "rehearse-private.h"

#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"

static void outcome_copy(struct outcome *to, const struct outcome *from)
{
    *to = *from;
    to->message = g_strdup(from->message);
    to->result = g_strdup(from->result);
}

static void outcomes_free(struct outcome *outcomes, guint n)
{
    for (guint i = 0; i < n; i++) {
        g_free(outcomes[i].message);
        g_free(outcomes[i].result);
    }
    g_free(outcomes);
}

void run_note(struct run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    if (!g_ptr_array_find_with_equal_func(run->result->notes, text, g_str_equal, NULL))
        g_ptr_array_add(run->result->notes, g_steal_pointer(&text));
}

void run_say(const struct run *run, const char *format, ...)
{
    if (!run->options->say)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    run->options->say(text, run->options->data);
}

void run_row(struct run *run, enum plan_phase phase, const char *key, const char *label)
{
    struct rehearsal_row *row = g_new0(struct rehearsal_row, 1);
    row->key = g_strdup(key);
    row->label = g_strdup(label);
    row->phase = phase;
    row->cells = g_new0(struct rehearsal_cell, run->result->actors->len + 1);
    g_ptr_array_add(run->result->rows, row);
}

static guint row_find(const struct run *run, const char *key)
{
    guint i = 0;
    while (strcmp(((const struct rehearsal_row *)run->result->rows->pdata[i])->key, key) != 0)
        i++;
    return i;
}

struct state *run_state(struct run *run, const char *row, enum plan_phase low, enum plan_phase high,
                        gboolean changed, const char *label)
{
    struct state *state = g_new0(struct state, 1);
    struct state *last =
        run->states->len ? g_ptr_array_index(run->states, run->states->len - 1) : NULL;
    state->row = row_find(run, row);
    state->low = low;
    state->high = MAX(low, high);
    state->label = g_strdup(label);
    state->key = g_strdup(row);
    state->outcomes = g_new0(struct outcome, run->trials->len + 1);
    state->programs = g_new0(struct outcome, run->result->actors->len + 1);
    for (guint i = 0; last && !last->aborted && !changed && i < run->trials->len; i++)
        outcome_copy(&state->outcomes[i], &last->outcomes[i]);
    g_ptr_array_add(run->states, state);
    return state;
}

void state_free(struct run *run, struct state *state)
{
    outcomes_free(state->outcomes, run->trials->len);
    outcomes_free(state->programs, run->result->actors->len);
    g_free(state->label);
    g_free(state->key);
    g_free(state);
}

static void row_free(gpointer data)
{
    struct rehearsal_row *row = data;
    g_free(row->key);
    g_free(row->label);
    g_free(row->cells);
    g_free(row);
}

static void failure_free(gpointer data)
{
    struct rehearsal_failure *failure = data;
    g_free(failure->where);
    g_free(failure->how);
    g_free(failure->text);
    g_free(failure->reason);
    g_free(failure->expected);
    g_free(failure->got);
    g_free(failure);
}

struct rehearsal *rehearsal_new(void)
{
    struct rehearsal *rehearsal = g_new0(struct rehearsal, 1);
    rehearsal->actors = g_ptr_array_new_with_free_func(g_free);
    rehearsal->rows = g_ptr_array_new_with_free_func(row_free);
    rehearsal->failures = g_ptr_array_new_with_free_func(failure_free);
    rehearsal->losses = g_ptr_array_new_with_free_func(g_free);
    rehearsal->notes = g_ptr_array_new_with_free_func(g_free);
    return rehearsal;
}

void rehearsal_free(struct rehearsal *rehearsal)
{
    if (!rehearsal)
        return;
    g_ptr_array_unref(rehearsal->actors);
    g_ptr_array_unref(rehearsal->rows);
    g_ptr_array_unref(rehearsal->failures);
    g_ptr_array_unref(rehearsal->losses);
    g_ptr_array_unref(rehearsal->notes);
    g_free(rehearsal->copy);
    g_free(rehearsal->stopped);
    g_free(rehearsal);
}

gboolean rehearsal_passed(const struct rehearsal *rehearsal)
{
    return !rehearsal->stopped && rehearsal->failures->len == 0 && rehearsal->losses->len == 0;
}

const char *rehearsal_verdict_name(enum rehearsal_verdict verdict)
{
    static const char *const names[] = {"not needed", "ok",     "not run",
                                        "differs",    "unseen", "error"};
    return names[verdict];
}

/* What was said of rows that the plan never came to. */
static void mark_rows(struct run *run)
{
    for (guint i = 0; i < run->result->rows->len; i++) {
        struct rehearsal_row *row = run->result->rows->pdata[i];
        gboolean seen = FALSE;
        for (guint j = 0; j < run->states->len && !seen; j++)
            seen = ((const struct state *)run->states->pdata[j])->row == i;
        for (guint j = 0; !seen && j < run->result->actors->len; j++)
            row->cells[j].verdict = REHEARSAL_NOT_RUN;
    }
}

/* Refused before anything is made: what cannot be run, at its place. */
static gboolean check_statements(struct run *run, GError **error)
{
    gboolean good = TRUE;
    for (guint i = 0; i < run->trials->len; i++) {
        const struct trial *trial = &g_array_index(run->trials, struct trial, i);
        g_autofree char *why =
            trial->how == HOW_ALONE ? lint_why_not_rehearsed(trial->statement) : NULL;
        if (!why)
            continue;
        struct plan_finding *finding = g_new0(struct plan_finding, 1);
        finding->file = g_strdup(run->options->file);
        finding->line = trial->statement->at.line;
        finding->column = trial->statement->at.column;
        finding->text = g_strdup_printf("it cannot be rehearsed: %s", why);
        g_ptr_array_add(run->findings, finding);
        good = FALSE;
    }
    return good || rollout_fail(error, ROLLOUT_ERROR_PLAN, "some statements cannot be rehearsed");
}

static gboolean has_something(const struct run *run, GError **error)
{
    if (run->result->actors->len > 0)
        return TRUE;
    rollout_fail(error, ROLLOUT_ERROR_USAGE,
                 "no application of the plan has statements or a command");
    if (error)
        rollout_error_set_hint(*error, "list under \"applications\" what each release sends: "
                                       "statements: {old: […], new: […]}");
    return FALSE;
}

static gboolean perform(struct run *run, GError **error)
{
    return has_something(run, error) && check_statements(run, error) &&
           (run->shown = plan_shorten(run->plan, error)) != NULL && copy_make(run, error) &&
           walk_run(run, error);
}

static void held_make(struct run *run)
{
    run->held = g_new0(struct held, run->result->actors->len + 1);
    for (guint i = 0; i < run->result->actors->len; i++)
        run->held[i].prepared = g_new0(gboolean, run->trials->len + 1);
}

static void run_clear(struct run *run)
{
    drive_end(run);
    exercise_end(run);
    copy_end(run);
    for (guint i = 0; i < run->states->len; i++)
        state_free(run, run->states->pdata[i]);
    g_ptr_array_unref(run->states);
    g_ptr_array_unref(run->skipped);
    g_array_unref(run->trials);
    g_free(run->shown);
}

static void tell_skipped(struct run *run)
{
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *step = run->plan->steps->pdata[i];
        if (step->kind == KIND_BROWN_OUT)
            run_note(run, "%s was cut to a second", step->name);
    }
    if (run->skipped->len == 0)
        return;
    g_ptr_array_add(run->skipped, NULL);
    g_autofree char *list = g_strjoinv(", ", (char **)run->skipped->pdata);
    run_note(run, "not rehearsed, since a copy has no traffic and no time passes: %s", list);
    g_ptr_array_set_size(run->skipped, 0);
}

/* What has been seen is worth telling even where the end was not come to. */
static void conclude(struct run *run, GError **problem)
{
    if (*problem && run->states->len > 0 && !run->result->stopped &&
        !g_error_matches(*problem, ROLLOUT_ERROR, ROLLOUT_ERROR_PLAN)) {
        run->result->stopped = g_strdup((*problem)->message);
        g_clear_error(problem);
    }
    tell_skipped(run);
    judge(run);
    mark_rows(run);
}

struct rehearsal *rehearse_plan(const struct plan *plan, const struct rehearsal_options *options,
                                GPtrArray *findings, GError **error)
{
    struct run run = {.plan = plan, .options = options, .findings = findings};
    GError *problem = NULL;
    gint64 began = clock_now_us();
    run.result = rehearsal_new();
    run.states = g_ptr_array_new();
    run.skipped = g_ptr_array_new_with_free_func(g_free);
    run.trials = g_array_new(FALSE, TRUE, sizeof(struct trial));
    trials_make(&run);
    held_make(&run);
    perform(&run, &problem);
    conclude(&run, &problem);
    run_clear(&run);
    run.result->seconds = (double)(clock_now_us() - began) / G_USEC_PER_SEC;
    if (!problem)
        return run.result;
    g_propagate_error(error, problem);
    rehearsal_free(run.result);
    return NULL;
}
