/* Where a run stood: each line of its journal moves it on. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "report/replay-private.h"

struct walk {
    struct replay_state *state;
    const struct report *report;
    double at;
};

static guint count_steps(const struct report *report)
{
    guint n = 0;
    for (guint i = 0; i < report->phases->len; i++)
        n += ((struct report_phase *)report->phases->pdata[i])->steps->len;
    return n;
}

/* The text begins with the name and ": "; what stands behind that, or NULL. */
static const char *behind(const char *text, const char *name)
{
    gsize n = name ? strlen(name) : 0;
    return n && strncmp(text, name, n) == 0 && strncmp(text + n, ": ", 2) == 0 ? text + n + 2
                                                                               : NULL;
}

static void phase_move(struct walk *walk, const struct report_event *event)
{
    const char *words;
    if (strcmp(event->text, "migration done") == 0)
        walk->state->state = "done";
    if (g_str_has_prefix(event->text, "aborted: back at the start"))
        walk->state->state = "aborted";
    if (g_str_has_prefix(event->text, "aborted back to the end of "))
        walk->state->state = "active";
    for (guint i = 0; i < walk->report->phases->len; i++) {
        const struct report_phase *phase = walk->report->phases->pdata[i];
        struct replay_part *part = &walk->state->phases[i];
        if (!(words = behind(event->text, phase->name)))
            continue;
        if (strcmp(words, "begins") == 0) {
            *part = (struct replay_part){"running", event->at, NAN};
            walk->state->phase = phase->name;
            walk->state->state = "active";
        } else if (strcmp(words, "done") == 0) {
            part->state = "done";
            part->ended = event->at;
        }
    }
}

static void part_move(struct walk *walk, struct replay_part *part, const struct report_event *event,
                      const char *words)
{
    if (g_str_has_prefix(words, "started")) {
        *part = (struct replay_part){"running", event->at, NAN};
    } else if (g_str_has_prefix(words, "done")) {
        part->state = "done";
        part->began = isnan(part->began) ? event->at : part->began;
        part->ended = event->at;
    } else if (g_str_has_prefix(words, "FAILED")) {
        part->state = "failed";
        part->ended = event->at;
        if (strcmp(walk->state->state, "aborting") != 0)
            walk->state->state = "failed";
    } else if (g_str_has_prefix(words, "undone")) {
        *part = (struct replay_part){"undone", NAN, NAN};
    }
}

/* "skip NAME: …", "retry NAME": what a person did to a step. */
static void command_move(const struct report_step *step, struct replay_part *part, const char *text)
{
    gsize n = strlen(step->name);
    const char *skip = g_str_has_prefix(text, "skip ") ? text + 5 : NULL;
    const char *retry = g_str_has_prefix(text, "retry ") ? text + 6 : NULL;
    if (skip && strncmp(skip, step->name, n) == 0 && skip[n] == ':')
        part->state = "skipped";
    if (retry && strncmp(retry, step->name, n) == 0 && (retry[n] == '\0' || retry[n] == ':')) {
        part->state = "running";
        part->ended = NAN;
    }
}

static void steps_move(struct walk *walk, const struct report_event *event)
{
    guint n = 0;
    gboolean is_step = strcmp(event->kind, "step") == 0;
    for (guint i = 0; i < walk->report->phases->len; i++) {
        const struct report_phase *phase = walk->report->phases->pdata[i];
        for (guint j = 0; j < phase->steps->len; j++, n++) {
            const struct report_step *step = phase->steps->pdata[j];
            const char *words = is_step ? behind(event->text, step->name) : NULL;
            if (words)
                part_move(walk, &walk->state->steps[n], event, words);
            else if (!is_step && step->name)
                command_move(step, &walk->state->steps[n], event->text);
        }
    }
}

static void event_move(struct walk *walk, const struct report_event *event)
{
    if (strcmp(event->kind, "phase") == 0) {
        phase_move(walk, event);
    } else if (strcmp(event->kind, "step") == 0) {
        steps_move(walk, event);
    } else if (strcmp(event->kind, "command") == 0) {
        steps_move(walk, event);
        if (g_str_has_prefix(event->text, "abort to "))
            walk->state->state = "aborting";
        else if (strcmp(walk->state->state, "failed") == 0 &&
                 (g_str_has_prefix(event->text, "retry ") ||
                  g_str_has_prefix(event->text, "skip ")))
            walk->state->state = "active";
    }
}

/* A gate that is open: its step waits. */
static gboolean waits(const struct report *report, const char *step, double at)
{
    for (guint i = 0; i < report->spans->len; i++) {
        const struct report_span *span = report->spans->pdata[i];
        if (strcmp(span->kind, "gate") == 0 && g_strcmp0(span->key, step) == 0 &&
            at >= span->from && (at < span->to || span->open))
            return TRUE;
    }
    return FALSE;
}

/* The step under way, and whose rows count. */
static void steps_look(struct walk *walk)
{
    guint n = 0;
    for (guint i = 0; i < walk->report->phases->len; i++) {
        const struct report_phase *phase = walk->report->phases->pdata[i];
        for (guint j = 0; j < phase->steps->len; j++, n++) {
            const struct report_step *step = phase->steps->pdata[j];
            struct replay_part *part = &walk->state->steps[n];
            if (waits(walk->report, step->name, walk->at))
                part->state = "waiting";
            static const char *const under_way[] = {"running", "waiting", "failed", NULL};
            gboolean is_now = g_strv_contains(under_way, part->state);
            if (is_now)
                walk->state->step = step->name;
            static const char *const moving[] = {"backfill", "verify", NULL};
            if (step->kind && g_strv_contains(moving, step->kind) && !isnan(part->began) &&
                (is_now || strcmp(step->kind, "backfill") == 0)) {
                walk->state->moving = step;
                walk->state->moving_part = part;
            }
        }
    }
}

void replay_state_init(struct replay_state *state, const struct report *report, double at)
{
    guint n_steps = count_steps(report), n_phases = report->phases->len;
    *state = (struct replay_state){.state = "loaded"};
    state->phases = g_new(struct replay_part, n_phases + 1);
    state->steps = g_new(struct replay_part, n_steps + 1);
    for (guint i = 0; i < n_phases; i++)
        state->phases[i] = (struct replay_part){"pending", NAN, NAN};
    for (guint i = 0; i < n_steps; i++)
        state->steps[i] = (struct replay_part){"pending", NAN, NAN};
    struct walk walk = {state, report, at};
    for (guint i = 0; i < report->events->len; i++) {
        const struct report_event *event = report->events->pdata[i];
        if (event->at <= at)
            event_move(&walk, event);
    }
    steps_look(&walk);
}

void replay_state_clear(struct replay_state *state)
{
    g_free(state->phases);
    g_free(state->steps);
}
