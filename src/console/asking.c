/* The questions. Every one names what will happen, and is bound to what the person saw. */
#include "config.h"
#include "console/asking.h"

#include <math.h>
#include <string.h>

#include "console/command.h"
#include "console/format.h"
#include "console/holds.h"
#include "pgrollout/base/error.h"

#define NEXT_STEPS_MAX 5
#define LACKS_REASON "a guard holds or cannot be read: say why it is resumed over, -- reason"

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

static void add_no_engine(struct confirm *c, const struct snapshot *snapshot)
{
    if (!snapshot->engine_alive)
        confirm_add_line(c, TOKEN_WARN, "▲ No engine runs: nothing will move until one does.");
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

/* Something that a resume takes away. */
static gboolean is_resumable(const struct snap_migration *m)
{
    for (guint i = 0; i < m->holds->len; i++)
        if (hold_is_resumed(m->holds->pdata[i]))
            return TRUE;
    return FALSE;
}

static gboolean is_over_guard(const struct snap_migration *m)
{
    return is_resumable(m) && (snap_hold_find(m, "guard") || guard_tripped(m));
}

gboolean asking_lacks_reason(const struct asking *a)
{
    if (a->reason)
        return FALSE;
    if (is(a->verb, "resume"))
        return a->migration && is_over_guard(a->migration);
    gboolean over = FALSE;
    for (guint i = 0; is(a->verb, "resume_all") && i < a->snapshot->migrations->len; i++)
        over = over || is_over_guard(a->snapshot->migrations->pdata[i]);
    return over;
}

static void add_reason(struct confirm *c, const char *reason)
{
    if (reason)
        confirm_add_line(c, TOKEN_TEXT, "The journal keeps why: %s", reason);
}

/* What a resume leaves standing, each with what ends it. */
static void resume_rest(struct confirm *c, const struct snap_migration *m)
{
    gboolean goes_on = TRUE;
    if (is(m->state, "failed")) {
        confirm_add_line(c, TOKEN_WARN, "▲ It has failed: it goes on only after :retry.");
        goes_on = FALSE;
    }
    for (guint i = 0; i < m->holds->len; i++) {
        const struct snap_hold *hold = m->holds->pdata[i];
        if (hold_is_resumed(hold) || is(hold->kind, "no_engine"))
            continue;
        goes_on = FALSE;
        if (is(hold->kind, "guard"))
            confirm_add_line(c, TOKEN_WARN, "▲ %s: that hold stays until it clears by itself",
                             hold->reason ? hold->reason : hold->key);
        else if (is(hold->kind, "gate"))
            confirm_add_line(c, TOKEN_WARN, "▲ Then the gate %s still waits for an answer (c).",
                             hold->key);
        else if (is(hold->kind, "boundary"))
            confirm_add_line(c, TOKEN_WARN, "▲ Then it still waits to enter %s (g).",
                             phase_title(hold->key));
        else
            confirm_add_line(c, TOKEN_WARN, "▲ Still held: %s",
                             hold->reason ? hold->reason : hold->kind);
    }
    if (goes_on)
        confirm_add_line(c, TOKEN_TEXT, "It goes on where it stopped.");
}

static struct confirm *ask_resume(const struct asking *a, GError **error)
{
    const struct snap_migration *m = a->migration;
    const struct snap_hold *guard = snap_hold_find(m, "guard");
    if (!is_resumable(m)) {
        if (guard)
            refuse(error, "nothing to resume: the guard %s holds, and clears its hold by itself",
                   guard->key ? guard->key : "?");
        else
            refuse(error, "nothing to resume: no operator holds \"%s\"", m->name);
        return NULL;
    }
    if (asking_lacks_reason(a)) {
        refuse(error, LACKS_REASON);
        return NULL;
    }
    struct confirm *c = open_for(a, 1, "resume");
    const struct snap_hold *own = snap_hold_find(m, "operator");
    g_autofree char *age = age_format(own ? own->age_s : NAN);
    if (own)
        confirm_add_line(c, TOKEN_TEXT, "%s paused it %s ago%s%s", own->by ? own->by : "the engine",
                         age, own->reason && *own->reason ? ": " : "",
                         own->reason ? own->reason : "");
    resume_rest(c, m);
    add_reason(c, a->reason);
    add_no_engine(c, a->snapshot);
    c->alternative_key = 't';
    c->alternative_text = "resume slower";
    return c;
}

/* What becomes of each migration that a person holds. Returns how many there are. */
static guint resume_all_lines(struct confirm *c, const struct snapshot *s)
{
    g_autoptr(GPtrArray) going = g_ptr_array_new(), bound = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < s->migrations->len; i++) {
        struct snap_migration *m = s->migrations->pdata[i];
        g_autofree char *rest = holds_list(m, NULL, TRUE);
        if (!is_resumable(m))
            continue;
        if (is(m->state, "failed"))
            g_ptr_array_add(bound, g_strdup_printf("%s: has failed, waits for :retry", m->name));
        else if (rest)
            g_ptr_array_add(bound, g_strdup_printf("%s: %s", m->name, rest));
        else
            g_ptr_array_add(going, m->name);
    }
    g_autofree char *count = g_strdup_printf("%u", going->len);
    confirm_add_line(c, TOKEN_NOW, "%s migration%s go%s on%s", going->len ? count : "No",
                     going->len == 1 ? "" : "s", going->len == 1 ? "es" : "",
                     going->len ? ":" : " by this.");
    for (guint i = 0; i < going->len; i++)
        confirm_add_line(c, TOKEN_TEXT, "► %s", (char *)going->pdata[i]);
    if (bound->len)
        confirm_add_line(c, TOKEN_WARN, "▲ Resumed, but still held:");
    for (guint i = 0; i < bound->len; i++)
        confirm_add_line(c, TOKEN_TEXT, "‖ %s", (char *)bound->pdata[i]);
    if (s->paused_all)
        confirm_add_line(c, TOKEN_TEXT, "What is loaded from now on is no longer held.");
    add_no_engine(c, s);
    return going->len + bound->len;
}

static struct confirm *ask_resume_all(const struct asking *a, GError **error)
{
    if (asking_lacks_reason(a)) {
        refuse(error, LACKS_REASON);
        return NULL;
    }
    struct confirm *c = confirm_new(1, "resume_all", "resume all", a->now_us);
    if (a->reason)
        g_string_assign(c->reason, a->reason);
    if (resume_all_lines(c, a->snapshot) || a->snapshot->paused_all)
        return c;
    refuse(error, "no operator holds anything");
    confirm_free(c);
    return NULL;
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
    guint n = next ? next->steps->len : 0;
    guint shown = n > NEXT_STEPS_MAX ? NEXT_STEPS_MAX - 1 : n;
    for (guint i = 0; i < shown; i++) {
        const struct snap_step *step = g_ptr_array_index(next->steps, i);
        confirm_add_line(c, TOKEN_TEXT, "○ %s", step->title ? step->title : step->name);
    }
    if (shown < n)
        confirm_add_line(c, TOKEN_TEXT, "… and %u more steps", n - shown);
    g_autofree char *rest = holds_list(m, boundary, FALSE);
    if (rest)
        confirm_add_line(c, TOKEN_WARN, "▲ Still held after that: %s", rest);
    add_no_engine(c, a->snapshot);
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
    if (gate->evidence && !gate->clear && !a->reason) {
        refuse(error, "confirm needs a reason here (:confirm -- why): %s", gate->evidence);
        return NULL;
    }
    struct confirm *c = open_for(a, 1, "confirm");
    c->step = g_strdup(gate->step);
    confirm_add_line(c, gate->reverse ? TOKEN_WARN : TOKEN_TEXT, "%s%s",
                     gate->reverse ? "On the way back: " : "",
                     gate->text ? gate->text : gate->step);
    if (gate->evidence)
        confirm_add_line(c, gate->clear ? TOKEN_OK : TOKEN_DANGER, "%s", gate->evidence);
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
    g_autofree char *rest = holds_list(a->migration, snap_hold_find(a->migration, "gate"), FALSE);
    if (c && rest)
        confirm_add_line(c, TOKEN_WARN, "▲ Still held after that: %s", rest);
    return c;
}

static const struct snap_step *step_find(const struct snap_migration *m, const char *name)
{
    for (guint i = 0; i < m->phases->len; i++) {
        const struct snap_phase *phase = m->phases->pdata[i];
        for (guint j = 0; j < phase->steps->len; j++)
            if (is(((struct snap_step *)phase->steps->pdata[j])->name, name))
                return phase->steps->pdata[j];
    }
    return NULL;
}

static struct confirm *ask_skip(const struct asking *a, GError **error)
{
    const struct snap_migration *m = a->migration;
    const struct snap_step *step =
        a->step ? step_find(m, a->step) : snap_step_current(m, NULL, NULL);
    if (!step) {
        refuse(error, "no step of \"%s\" is named \"%s\"", m->name, a->step ? a->step : "");
        return NULL;
    }
    if (!a->reason) {
        refuse(error, "skip needs a reason: :skip STEP -- reason");
        return NULL;
    }
    struct confirm *c = open_for(a, 1, "skip");
    c->step = g_strdup(step->name);
    confirm_add_line(c, TOKEN_NOW, "Goes on without %s%s%s", step->name, step->title ? ": " : "",
                     step->title ? step->title : "");
    if (step->error)
        confirm_add_line(c, TOKEN_DANGER, "%s", step->error);
    add_reason(c, a->reason);
    return c;
}

static struct confirm *ask_retry(const struct asking *a, GError **error)
{
    const struct snap_migration *m = a->migration;
    const struct snap_step *step = snap_step_current(m, NULL, NULL);
    if (!is(m->state, "failed")) {
        refuse(error, "\"%s\" has not failed", m->name);
        return NULL;
    }
    struct confirm *c = open_for(a, 1, a->verb);
    if (step && step->error)
        confirm_add_line(c, TOKEN_DANGER, "%s", step->error);
    confirm_add_line(c, TOKEN_TEXT, "Tries %s again from where it stands.",
                     step ? step->name : "the step");
    g_autofree char *rest = holds_list(m, NULL, FALSE);
    if (rest)
        confirm_add_line(c, TOKEN_WARN, "▲ Still held after that: %s", rest);
    add_no_engine(c, a->snapshot);
    return c;
}

/* "KEY=VALUE … [for DURATION]", or FALSE with what is wrong. `duration` lies in `words`; NULL: none. */
static gboolean settings_check(char **words, const char **duration, GError **error)
{
    guint n = g_strv_length(words);
    *duration = n > 1 && is(words[n - 2], "for") ? words[n - 1] : NULL;
    for (guint i = 0; i < n - (*duration ? 2 : 0); i++) {
        const char *equals = strchr(words[i], '=');
        if (!equals || equals == words[i] || !equals[1])
            return refuse(error, "\"%s\" is not KEY=VALUE, for example batch.max=500 for 10m",
                          words[i]);
    }
    if (!*duration)
        return TRUE;
    g_autofree char *interval = command_interval(*duration, error);
    return interval != NULL;
}

static struct confirm *ask_set(const struct asking *a, GError **error)
{
    g_auto(GStrv) words = g_strsplit(a->settings, " ", -1);
    const char *duration;
    if (!settings_check(words, &duration, error))
        return NULL;
    for (char **word = words; *word && !a->reason; word++)
        if (g_str_has_prefix(*word, "guard.")) {
            refuse(error, "a guard's limit is changed with a reason: set %s -- reason",
                   a->settings);
            return NULL;
        }
    struct confirm *c = open_for(a, 1, "set");
    c->settings = g_strdup(a->settings);
    confirm_add_line(c, TOKEN_TEXT, "%s", a->settings);
    if (duration)
        confirm_add_line(c, TOKEN_TEXT, "From the next batch on, for %s; then as it was before.",
                         duration);
    else
        confirm_add_line(c, TOKEN_TEXT, "From the next batch on, until changed again.");
    add_reason(c, a->reason);
    return c;
}

/* Done, or only asked about so far: nothing of it has been taken back (pgrollout.only_asked). */
static gboolean stands(const struct snap_migration *m, const struct snap_step *step)
{
    const struct snap_hold *gate = snap_hold_find(m, "gate");
    return is(step->state, "done") || is(step->state, "skipped") ||
           (is(step->state, "undoing") && gate && is(gate->key, step->name));
}

static gboolean all_steps_stand(const struct snap_migration *m, const struct snap_phase *phase)
{
    for (guint i = 0; i < phase->steps->len; i++)
        if (!stands(m, phase->steps->pdata[i]))
            return FALSE;
    return !is(phase->state, "pending");
}

/* "start" and the end of every phase that stands whole; not that of the phase under way, from where
 * there is nothing to go back. */
static void abort_targets(struct confirm *c, const struct snap_migration *m)
{
    confirm_add_choice(c, "start", "start: as if it had never been");
    for (guint i = 0; i < m->phases->len; i++) {
        const struct snap_phase *phase = g_ptr_array_index(m->phases, i);
        if (is(phase->name, m->phase) && !is(m->state, "aborting"))
            break;
        if (!all_steps_stand(m, phase))
            continue;
        g_autofree char *text =
            g_strdup_printf("%s: undo what came after it", phase_title(phase->name));
        confirm_add_choice(c, phase->name, text);
    }
}

/* FALSE, with the targets there are: a word that is none must not become another one. */
static gboolean abort_choose(struct confirm *c, const char *wanted, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (guint i = 0; i < c->choices->len; i++) {
        char *value = ((struct confirm_choice *)c->choices->pdata[i])->value;
        g_ptr_array_add(all, value);
        if (!wanted || is(value, wanted)) {
            c->choice = wanted ? i : 0;
            return TRUE;
        }
    }
    g_ptr_array_add(all, NULL);
    g_autofree char *list = g_strjoinv(", ", (char **)all->pdata);
    return refuse(error, "\"%s\" is neither a migration nor a way back now; there is: %s", wanted,
                  list);
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
    c->wants_reason = c->awaits_card = TRUE;
    if (m->abort_text)
        confirm_add_line(c, TOKEN_TEXT, "%s", m->abort_text);
    confirm_add_line(c, TOKEN_DIM, "asking the server for the card …");
    abort_targets(c, m);
    if (!abort_choose(c, a->choice, error))
        g_clear_pointer(&c, confirm_free);
    return c;
}

/* A line of the card; what it loses stands below it. */
static void card_line_add(struct confirm *c, const char *target, const char *line)
{
    const char *loses = g_strrstr(line, "  loses: ");
    g_autofree char *action = loses ? g_strndup(line, (gsize)(loses - line)) : g_strdup(line);
    confirm_add_choice_line(c, target, TOKEN_TEXT,
                            action + (g_str_has_prefix(action, "  ") ? 2 : 0));
    if (loses)
        confirm_add_choice_line(c, target, TOKEN_WARN, loses);
}

void asking_set_card(struct confirm *confirm, char **lines, const char *error)
{
    static const char head[] = "abort --to ";
    g_autofree char *target = NULL;
    confirm->awaits_card = FALSE;
    g_ptr_array_set_size(confirm->lines, 0);
    for (guint i = 0; i < confirm->choices->len; i++)
        g_ptr_array_set_size(((struct confirm_choice *)confirm->choices->pdata[i])->lines, 0);
    if (error)
        confirm_add_line(confirm, TOKEN_WARN, "no card: %s", error);
    for (; lines && *lines; lines++) {
        if (g_str_has_prefix(*lines, head)) {
            const char *name = *lines + sizeof head - 1;
            g_free(target);
            target = g_strndup(name, strcspn(name, ":"));
        } else if (target) {
            card_line_add(confirm, target, *lines);
        } else {
            confirm_add_line(confirm, TOKEN_WARN, "%s", *lines);
        }
    }
    confirm_read_again(confirm);
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
    for (guint i = 0; phase && i < phase->steps->len; i++) {
        const struct snap_step *step = g_ptr_array_index(phase->steps, i);
        confirm_add_line(c, step->irreversible ? TOKEN_GATE : TOKEN_TEXT, "╫ %s",
                         step->title ? step->title : step->name);
    }
    confirm_add_line(c, TOKEN_GATE, "Nothing brings the values back but a restore.");
    contract_checks(c, a->snapshot, m);
    return c;
}

static struct confirm *ask_forget(const struct asking *a, GError **error)
{
    const struct snap_migration *m = a->migration;
    if (!is(m->state, "done") && !is(m->state, "aborted")) {
        refuse(error, "\"%s\" has not ended: only what is done or aborted can be forgotten",
               m->name);
        return NULL;
    }
    struct confirm *c = open_for(a, 2, "forget");
    c->need = g_strdup(m->name);
    c->wants_reason = TRUE;
    confirm_add_line(c, TOKEN_TEXT, "It is %s. Its plan, its settings and its journal are deleted.",
                     m->state);
    confirm_add_line(c, TOKEN_WARN, "▲ Keep what happened first: pgrollout journal %s", m->name);
    return c;
}

struct confirm *asking_open(const struct asking *a, GError **error)
{
    if (is(a->verb, "resume_all"))
        return ask_resume_all(a, error);
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
        return ask_set(a, error);
    if (is(a->verb, "forget"))
        return ask_forget(a, error);
    return is(a->verb, "skip") ? ask_skip(a, error) : ask_retry(a, error);
}

static gboolean lines_same(const GPtrArray *a, const GPtrArray *b)
{
    gboolean same = a->len == b->len;
    for (guint i = 0; same && i < a->len; i++)
        same = is(((const struct confirm_line *)a->pdata[i])->text,
                  ((const struct confirm_line *)b->pdata[i])->text);
    return same;
}

/* The same migrations with the same holds as were shown. */
static gboolean resume_all_stands(const struct confirm *confirm, const struct snapshot *snapshot)
{
    struct confirm *now = confirm_new(1, "resume_all", "", 0);
    resume_all_lines(now, snapshot);
    gboolean same = lines_same(now->lines, confirm->lines);
    confirm_free(now);
    return same;
}

gboolean asking_refresh(struct confirm *confirm, const struct snapshot *snapshot)
{
    if (is(confirm->verb, "resume_all"))
        return resume_all_stands(confirm, snapshot);
    const struct snap_migration *m = snapshot_migration_find(snapshot, confirm->migration);
    if (!m || m->version != confirm->expect)
        return FALSE;
    if (confirm->level == 3)
        contract_checks(confirm, snapshot, m);
    confirm->wants_live = FALSE;
    return TRUE;
}

/* What the server counts as moving (pgrollout.version_of). */
static gboolean moves(const struct snap_event *event)
{
    static const char *const kinds[] = {"command", "phase", "step", "hold", NULL};
    return event->kind && g_strv_contains(kinds, event->kind);
}

char *asking_moved(const struct confirm *confirm, const struct snapshot *snapshot)
{
    if (is(confirm->verb, "resume_all"))
        return g_strdup("what is held has changed: look again");
    const struct snap_migration *m = snapshot_migration_find(snapshot, confirm->migration);
    if (!m)
        return g_strdup("the migration is no longer there");
    for (guint i = 0; i < m->events->len; i++) {
        const struct snap_event *event = m->events->pdata[i];
        if (event->id > confirm->expect && moves(event) && event->text)
            return g_strdup_printf("the migration has moved on: %s", event->text);
    }
    return g_strdup("the migration has moved on: look again");
}

static gboolean choices_same(const GPtrArray *a, const GPtrArray *b)
{
    gboolean same = a->len == b->len;
    for (guint i = 0; same && i < a->len; i++)
        same = is(((const struct confirm_choice *)a->pdata[i])->value,
                  ((const struct confirm_choice *)b->pdata[i])->value);
    return same;
}

gboolean asking_follow(struct confirm *confirm, const struct asking *now)
{
    struct confirm *again = asking_open(now, NULL);
    gboolean same = again && again->level == confirm->level && is(again->verb, confirm->verb) &&
                    is(again->step, confirm->step) && lines_same(again->lines, confirm->lines) &&
                    choices_same(again->choices, confirm->choices);
    if (same)
        confirm->expect = again->expect;
    confirm_free(again);
    return same;
}
