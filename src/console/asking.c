/* The questions. Every one names what will happen, and is bound to what the person saw. */
#include "config.h"
#include "console/asking.h"

#include <math.h>
#include <string.h>

#include "console/format.h"
#include "pgrollout/base/error.h"

#define CARD_LINES_MAX 12

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static struct confirm *open_for(const struct asking *a, int level, const char *verb)
{
    g_autofree char *title = g_strdup_printf("%s %s", verb, a->migration->name);
    struct confirm *c = confirm_new(level, verb, title, a->now_us);
    c->migration = g_strdup(a->migration->name);
    c->expect = a->migration->version;
    if (a->reason)
        g_string_assign(c->reason, a->reason);
    return c;
}

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "%s", text);
}

static struct confirm *ask_resume(const struct asking *a, GError **error)
{
    const struct snap_migration *m = a->migration;
    const struct snap_hold *guard = snap_hold_find(m, "guard");
    if (!snap_hold_find(m, "operator") && !snap_hold_find(m, "stepping")) {
        if (guard)
            refuse(error, "nothing to resume: the guard %s holds, and clears its hold by itself",
                   guard->key ? guard->key : "?");
        else
            refuse(error, "nothing to resume: no operator holds \"%s\"", m->name);
        return NULL;
    }
    struct confirm *c = open_for(a, 1, "resume");
    const struct snap_hold *own = snap_hold_find(m, "operator");
    g_autofree char *age = age_format(own ? own->age_s : NAN);
    if (own)
        confirm_add_line(c, TOKEN_TEXT, "%s paused it %s ago%s%s", own->by ? own->by : "the engine",
                         age, own->reason && *own->reason ? ": " : "",
                         own->reason ? own->reason : "");
    if (guard)
        confirm_add_line(c, TOKEN_WARN, "▲ %s: that hold stays until it clears by itself",
                         guard->reason ? guard->reason : "a guard holds as well");
    else
        confirm_add_line(c, TOKEN_TEXT, "It goes on where it stopped.");
    if (!a->snapshot->engine_alive)
        confirm_add_line(c, TOKEN_WARN, "▲ No engine runs: nothing will move until one does.");
    c->alternative_key = 't';
    c->alternative_text = "resume slower";
    return c;
}

static struct confirm *ask_step(const struct asking *a, GError **error)
{
    const struct snap_migration *m = a->migration;
    const struct snap_step *step = snap_step_current(m, NULL, NULL);
    if (snap_hold_find(m, "boundary") || snap_hold_find(m, "gate")) {
        refuse(error, "a step never passes a %s: use %s",
               snap_hold_find(m, "gate") ? "gate" : "phase boundary",
               snap_hold_find(m, "gate") ? "c (confirm)" : "g (advance)");
        return NULL;
    }
    struct confirm *c = open_for(a, 1, "step");
    confirm_add_line(c, TOKEN_TEXT,
                     "Does exactly one step, in a backfill one batch, then holds again.");
    if (step)
        confirm_add_line(c, TOKEN_TEXT, "Next: %s", step->title ? step->title : step->name);
    return c;
}

static struct confirm *ask_advance(const struct asking *a, GError **error)
{
    const struct snap_migration *m = a->migration;
    const struct snap_hold *boundary = snap_hold_find(m, "boundary");
    if (!boundary) {
        refuse(error, "\"%s\" does not wait at a phase boundary", m->name);
        return NULL;
    }
    struct confirm *c = open_for(a, 1, "advance");
    const struct snap_phase *next = snap_phase_find(m, boundary->key);
    confirm_add_line(c, TOKEN_NOW, "Into phase %s:", phase_title(boundary->key));
    for (guint i = 0; next && i < next->steps->len && i < 4; i++) {
        const struct snap_step *step = g_ptr_array_index(next->steps, i);
        confirm_add_line(c, TOKEN_TEXT, "○ %s", step->title ? step->title : step->name);
    }
    if (!a->snapshot->engine_alive)
        confirm_add_line(c, TOKEN_WARN, "▲ No engine runs: nothing will move until one does.");
    return c;
}

static struct confirm *ask_confirm(const struct asking *a, GError **error)
{
    const struct snap_gate *gate = a->migration->gate;
    if (!gate) {
        refuse(error, "no gate of \"%s\" waits for an answer", a->migration->name);
        return NULL;
    }
    if (a->step && !is(a->step, gate->step)) {
        refuse(error, "the gate that waits is \"%s\", not \"%s\"", gate->step, a->step);
        return NULL;
    }
    struct confirm *c = open_for(a, 1, "confirm");
    c->step = g_strdup(gate->step);
    confirm_add_line(c, gate->reverse ? TOKEN_WARN : TOKEN_TEXT, "%s%s",
                     gate->reverse ? "On the way back: " : "",
                     gate->text ? gate->text : gate->step);
    confirm_add_line(c, TOKEN_TEXT, "You say, by your name, that this is so%s",
                     gate->answers->len ? " for:" : ".");
    for (guint i = 0; i < gate->answers->len; i++) {
        const struct snap_answer *answer = g_ptr_array_index(gate->answers, i);
        if (!answer->by && (!a->choice || is(a->choice, answer->application)))
            confirm_add_choice(c, answer->application, NULL);
    }
    if (gate->answers->len && !c->choices->len) {
        refuse(error, "gate \"%s\" has no open answer%s%s", gate->step, a->choice ? " for " : "",
               a->choice ? a->choice : "");
        g_clear_pointer(&c, confirm_free);
    } else if (c->choices->len == 1) {
        const struct confirm_choice *only = c->choices->pdata[0];
        confirm_add_line(c, TOKEN_NOW, "  %s", only->value);
    }
    return c;
}

static struct confirm *ask_after_failure(const struct asking *a, GError **error)
{
    const struct snap_migration *m = a->migration;
    const struct snap_step *step = snap_step_current(m, NULL, NULL);
    gboolean skip = is(a->verb, "skip");
    if (!is(m->state, "failed") && !skip) {
        refuse(error, "\"%s\" has not failed", m->name);
        return NULL;
    }
    if (skip && !a->reason) {
        refuse(error, "skip needs a reason: :skip STEP -- reason");
        return NULL;
    }
    struct confirm *c = open_for(a, 1, a->verb);
    c->step = g_strdup(a->step ? a->step : skip && step ? step->name : NULL);
    if (step && step->error)
        confirm_add_line(c, TOKEN_DANGER, "%s", step->error);
    confirm_add_line(c, TOKEN_TEXT,
                     skip ? "Goes on without this step. The journal keeps why."
                          : "Tries the step again from where it stands.");
    return c;
}

static struct confirm *ask_set(const struct asking *a)
{
    struct confirm *c = open_for(a, 1, "set");
    c->settings = g_strdup(a->settings);
    confirm_add_line(c, TOKEN_TEXT, "%s", a->settings);
    confirm_add_line(c, TOKEN_TEXT, "From the next batch on, until changed again.");
    return c;
}

/* "start" and every phase that has been entered before the one under way. */
static void abort_targets(struct confirm *c, const struct snap_migration *m, const char *wanted)
{
    confirm_add_choice(c, "start", "start: as if it had never been");
    for (guint i = 0; i < m->phases->len; i++) {
        const struct snap_phase *phase = g_ptr_array_index(m->phases, i);
        if (is(phase->name, m->phase) || is(phase->state, "pending"))
            break;
        g_autofree char *text =
            g_strdup_printf("%s: undo what came after it", phase_title(phase->name));
        confirm_add_choice(c, phase->name, text);
    }
    for (guint i = 0; wanted && i < c->choices->len; i++)
        if (is(((struct confirm_choice *)c->choices->pdata[i])->value, wanted)) {
            c->choice = i;
            c->field = FIELD_NAME;
        }
}

static struct confirm *ask_abort(const struct asking *a, GError **error)
{
    const struct snap_migration *m = a->migration;
    if (!m->abort_possible || is(m->state, "done") || is(m->state, "aborted")) {
        refuse(error, "there is no way back: %s",
               m->abort_text ? m->abort_text : "the migration has ended");
        return NULL;
    }
    struct confirm *c = open_for(a, 2, "abort");
    c->need = g_strdup(m->name);
    c->note = g_strdup("the rollback card");
    if (m->abort_text)
        confirm_add_line(c, TOKEN_TEXT, "%s", m->abort_text);
    confirm_add_line(c, TOKEN_DIM, "asking the server for the card …");
    abort_targets(c, m, a->choice);
    return c;
}

void asking_set_card(struct confirm *confirm, char **lines, const char *error)
{
    g_ptr_array_set_size(confirm->lines, 0);
    if (error)
        confirm_add_line(confirm, TOKEN_WARN, "no card: %s", error);
    for (int i = 0; lines && lines[i] && i < CARD_LINES_MAX; i++)
        confirm_add_line(confirm, TOKEN_TEXT, "%s", lines[i]);
}

static const struct snap_guard *guard_tripped(const struct snap_migration *m)
{
    for (guint i = 0; i < m->guards->len; i++) {
        const struct snap_guard *guard = g_ptr_array_index(m->guards, i);
        if (is(guard->state, "tripped") || is(guard->state, "blind"))
            return guard;
    }
    return NULL;
}

/* Read from the snapshot each time it comes; the server reads its evidence itself when it is asked.
 */
static void contract_checks(struct confirm *c, const struct snapshot *s,
                            const struct snap_migration *m)
{
    guint open = 0, past = 0;
    for (guint i = 0; i < m->phases->len; i++) {
        const struct snap_phase *phase = g_ptr_array_index(m->phases, i);
        for (guint j = 0; j < phase->steps->len && !is(phase->name, "contract"); j++) {
            const struct snap_step *step = g_ptr_array_index(phase->steps, j);
            gboolean done = is(step->state, "done") || is(step->state, "skipped");
            open += !done;
            past += done;
        }
    }
    const struct snap_guard *guard = guard_tripped(m);
    const struct snap_hold *boundary = snap_hold_find(m, "boundary");
    g_ptr_array_set_size(c->checks, 0);
    confirm_add_check(c, open == 0,
                      open ? "%u of the steps before are still open"
                           : "all %u steps before are done",
                      open ? open : past);
    confirm_add_check(c, boundary && is(boundary->key, "contract") && m->holds->len == 1,
                      "nothing but the boundary before contract holds it");
    confirm_add_check(c, !guard, guard ? "guard %s: %s" : "no guard is tripped or blind",
                      guard ? guard->name : "", guard ? guard->state : "");
    if (m->contract_obstacle)
        confirm_add_check(c, FALSE, "%s", m->contract_obstacle);
    confirm_add_check(c, s->engine_alive,
                      s->engine_alive ? "an engine is there to do it" : "no engine runs");
    confirm_add_check(c, is(s->role, "approver"), "your role is %s (approver is needed)",
                      s->role ? s->role : "unknown");
}

static struct confirm *ask_contract(const struct asking *a, GError **error)
{
    const struct snap_migration *m = a->migration;
    const struct snap_hold *boundary = snap_hold_find(m, "boundary");
    if (!boundary || !is(boundary->key, "contract")) {
        refuse(error, "\"%s\" does not wait before contract", m->name);
        return NULL;
    }
    struct confirm *c = open_for(a, 3, "contract");
    c->need = g_strdup(m->name);
    c->note = g_strdup("╫ point of no return");
    c->wants_reason = TRUE;
    const struct snap_phase *phase = snap_phase_find(m, "contract");
    for (guint i = 0; phase && i < phase->steps->len && i < 4; i++) {
        const struct snap_step *step = g_ptr_array_index(phase->steps, i);
        confirm_add_line(c, step->irreversible ? TOKEN_GATE : TOKEN_TEXT, "╫ %s",
                         step->title ? step->title : step->name);
    }
    confirm_add_line(c, TOKEN_TEXT, "Nothing brings the values back but a restore.");
    contract_checks(c, a->snapshot, m);
    return c;
}

struct confirm *asking_open(const struct asking *a, GError **error)
{
    const struct snap_hold *boundary = snap_hold_find(a->migration, "boundary");
    if (is(a->verb, "contract") ||
        (is(a->verb, "advance") && boundary && is(boundary->key, "contract")))
        return ask_contract(a, error);
    if (is(a->verb, "advance"))
        return ask_advance(a, error);
    if (is(a->verb, "resume"))
        return ask_resume(a, error);
    if (is(a->verb, "step"))
        return ask_step(a, error);
    if (is(a->verb, "confirm"))
        return ask_confirm(a, error);
    if (is(a->verb, "abort"))
        return ask_abort(a, error);
    if (is(a->verb, "set"))
        return ask_set(a);
    return ask_after_failure(a, error);
}

gboolean asking_refresh(struct confirm *confirm, const struct snapshot *snapshot)
{
    const struct snap_migration *m = snapshot_migration_find(snapshot, confirm->migration);
    if (!m || m->version != confirm->expect)
        return FALSE;
    if (confirm->level == 3)
        contract_checks(confirm, snapshot, m);
    return TRUE;
}
