/* A person's way through a drill. It is kept as a key file, so that it outlives the console. */
#include "config.h"
#include "pgrollout/lab/drill-run.h"

#include <math.h>
#include <string.h>

#define RUN "run"         /* drill, started, looked, over, waiting, hints */
#define MET "met"         /* goal = seconds after the first fault, else after the start */
#define LOST "lost"       /* goal = likewise */
#define ANSWER "answer"   /* question = choice */
#define TOLD "told"       /* question = when */
#define FAULT "fault"     /* fault = when */
#define ENDED "ended"     /* fault = 1 */
#define WAS "was"         /* hold = 1 */
#define ERRORS "errors"   /* application = how many */
#define ERRING "erring"   /* application = when last */
#define ERRING_S 5        /* applications report once a second */
#define LOOK_LONGEST_S 10 /* between two looks; beyond that nobody knows who waited */

struct drill_run {
    const struct drill_file *drill;
    double speed; /* of the clock that conditions go by */
    GKeyFile *file;
};

struct drill_run *drill_run_new(const struct drill_file *drill, double now)
{
    struct drill_run *run = g_new0(struct drill_run, 1);
    run->drill = drill;
    run->speed = 1;
    run->file = g_key_file_new();
    g_key_file_set_string(run->file, RUN, "drill", drill->name);
    g_key_file_set_double(run->file, RUN, "started", now);
    g_key_file_set_double(run->file, RUN, "looked", now);
    return run;
}

void drill_run_set_speed(struct drill_run *run, double speed)
{
    run->speed = speed;
}

void drill_run_free(struct drill_run *run)
{
    if (!run)
        return;
    g_key_file_unref(run->file);
    g_free(run);
}

struct drill_run *drill_run_load(const char *path, const struct drill_file *drill)
{
    struct drill_run *run = drill_run_new(drill, 0);
    gboolean read = g_key_file_load_from_file(run->file, path, G_KEY_FILE_NONE, NULL);
    g_autofree char *name = g_key_file_get_string(run->file, RUN, "drill", NULL);
    if (read && g_strcmp0(name, drill->name) == 0)
        return run;
    drill_run_free(run);
    return NULL;
}

gboolean drill_run_save(const struct drill_run *run, const char *path, GError **error)
{
    return g_key_file_save_to_file(run->file, path, error);
}

static double number(const struct drill_run *run, const char *group, const char *key)
{
    return g_key_file_get_double(run->file, group, key, NULL);
}

static gboolean has(const struct drill_run *run, const char *group, const char *key)
{
    return g_key_file_has_key(run->file, group, key, NULL);
}

static double first_fault(const struct drill_run *run)
{
    g_auto(GStrv) names = g_key_file_get_keys(run->file, FAULT, NULL, NULL);
    double first = NAN;
    for (char **name = names; name && *name; name++)
        first = fmin(first, number(run, FAULT, *name)); /* fmin leaves NAN out */
    return first;
}

/* Since the first fault, or since it began where there is none yet. */
static double elapsed(const struct drill_run *run, double now)
{
    double from = first_fault(run);
    return now - (isnan(from) ? number(run, RUN, "started") : from);
}

void drill_run_errors(struct drill_run *run, const char *application, double errors, double now)
{
    if (errors > number(run, ERRORS, application))
        g_key_file_set_double(run->file, ERRING, application, now);
    g_key_file_set_double(run->file, ERRORS, application, errors);
}

static void keys_add(const struct drill_run *run, const char *group, struct drill_facts *facts,
                     const char *fact)
{
    g_auto(GStrv) names = g_key_file_get_keys(run->file, group, NULL, NULL);
    drill_facts_know(facts, fact);
    for (char **name = names; name && *name; name++)
        drill_facts_add(facts, fact, *name);
}

static void errors_add(const struct drill_run *run, struct drill_facts *facts, double now)
{
    g_auto(GStrv) names = g_key_file_get_keys(run->file, ERRORS, NULL, NULL);
    double sum = NAN;
    for (char **name = names; name && *name; name++) {
        sum = (isnan(sum) ? 0 : sum) + number(run, ERRORS, *name);
        drill_facts_know(facts, "erring");
        if (has(run, ERRING, *name) && now - number(run, ERRING, *name) < ERRING_S)
            drill_facts_add(facts, "erring", *name);
    }
    drill_facts_set_number(facts, "errors", sum);
}

static void answers_add(const struct drill_run *run, struct drill_facts *facts)
{
    drill_facts_know(facts, "answered");
    drill_facts_know(facts, "right");
    for (guint i = 0; i < run->drill->asks->len; i++) {
        const struct drill_ask *ask = run->drill->asks->pdata[i];
        if (!has(run, ANSWER, ask->name))
            continue;
        drill_facts_add(facts, "answered", ask->name);
        if (g_key_file_get_integer(run->file, ANSWER, ask->name, NULL) == ask->right)
            drill_facts_add(facts, "right", ask->name);
    }
}

/* What has been seen since the last look. */
static void note(struct drill_run *run, const struct drill_facts *facts, double now)
{
    double waits = drill_facts_number(facts, "waits"), passed = now - number(run, RUN, "looked");
    if (waits > 0 && passed > 0 && passed <= LOOK_LONGEST_S && !drill_run_is_over(run))
        g_key_file_set_double(run->file, RUN, "waiting",
                              number(run, RUN, "waiting") + waits * passed);
    g_key_file_set_double(run->file, RUN, "looked", now);
    for (const char *const *hold = drill_facts_values(facts, "hold"); hold && *hold; hold++)
        g_key_file_set_integer(run->file, WAS, *hold, 1);
}

static gboolean is_met(const struct drill_run *run, const struct drill_goal *goal)
{
    return has(run, MET, goal->name);
}

/* In their order, so that one may ask for those above it. */
static void goals_look(struct drill_run *run, struct drill_facts *facts, double now)
{
    for (guint i = 0; i < run->drill->goals->len; i++) {
        const struct drill_goal *goal = run->drill->goals->pdata[i];
        if (is_met(run, goal) || has(run, LOST, goal->name) || drill_run_is_over(run))
            continue;
        if (!conditions_hold(goal->when, facts))
            continue;
        if (goal->never) {
            g_key_file_set_double(run->file, LOST, goal->name, elapsed(run, now));
            drill_facts_add(facts, "lost", goal->name);
        } else {
            g_key_file_set_double(run->file, MET, goal->name, elapsed(run, now));
            drill_facts_add(facts, "met", goal->name);
        }
    }
}

void drill_run_look(struct drill_run *run, struct drill_facts *facts, double now)
{
    note(run, facts, now);
    double fault = first_fault(run);
    keys_add(run, WAS, facts, "was");
    keys_add(run, FAULT, facts, "faulted");
    keys_add(run, MET, facts, "met");
    keys_add(run, LOST, facts, "lost");
    errors_add(run, facts, now);
    answers_add(run, facts);
    drill_facts_set_number(facts, "waiting", number(run, RUN, "waiting"));
    drill_facts_set_number(facts, "seconds", (now - number(run, RUN, "started")) * run->speed);
    drill_facts_set_number(facts, "since-fault", isnan(fault) ? NAN : (now - fault) * run->speed);
    goals_look(run, facts, now);
}

enum drill_goal_state drill_run_goal(const struct drill_run *run, const struct drill_goal *goal)
{
    if (has(run, LOST, goal->name))
        return DRILL_LOST;
    return is_met(run, goal) || (goal->never && drill_run_is_over(run)) ? DRILL_MET : DRILL_OPEN;
}

gboolean drill_run_is_over(const struct drill_run *run)
{
    guint wanted = 0;
    for (guint i = 0; i < run->drill->goals->len; i++) {
        const struct drill_goal *goal = run->drill->goals->pdata[i];
        if (!goal->never && !is_met(run, goal))
            return FALSE;
        wanted += !goal->never;
    }
    return wanted > 0;
}

gboolean drill_run_is_passed(const struct drill_run *run)
{
    g_auto(GStrv) lost = g_key_file_get_keys(run->file, LOST, NULL, NULL);
    return drill_run_is_over(run) && (!lost || !*lost);
}

gboolean drill_run_fault_due(const struct drill_run *run, const struct drill_fault *fault,
                             const struct drill_facts *facts)
{
    return !has(run, FAULT, fault->name) && conditions_hold(fault->when, facts);
}

gboolean drill_run_fault_ends(const struct drill_run *run, const struct drill_fault *fault,
                              const struct drill_facts *facts)
{
    return fault->until && has(run, FAULT, fault->name) && !has(run, ENDED, fault->name) &&
           conditions_hold(fault->until, facts);
}

void drill_run_faulted(struct drill_run *run, const struct drill_fault *fault, double now)
{
    g_key_file_set_double(run->file, FAULT, fault->name, now);
}

void drill_run_fault_ended(struct drill_run *run, const struct drill_fault *fault)
{
    g_key_file_set_integer(run->file, ENDED, fault->name, 1);
}

const struct drill_ask *drill_run_ask(const struct drill_run *run, const struct drill_facts *facts)
{
    for (guint i = 0; i < run->drill->asks->len; i++) {
        const struct drill_ask *ask = run->drill->asks->pdata[i];
        if (!has(run, ANSWER, ask->name) && conditions_hold(ask->when, facts))
            return ask;
    }
    return NULL;
}

gboolean drill_run_answer(struct drill_run *run, const struct drill_ask *ask, int choice,
                          double now)
{
    g_key_file_set_integer(run->file, ANSWER, ask->name, choice);
    g_key_file_set_double(run->file, TOLD, ask->name, now);
    return choice == ask->right;
}

const struct drill_ask *drill_run_told(const struct drill_run *run, double seconds, double now,
                                       int *choice)
{
    for (guint i = 0; i < run->drill->asks->len; i++) {
        const struct drill_ask *ask = run->drill->asks->pdata[i];
        if (!has(run, TOLD, ask->name) || now - number(run, TOLD, ask->name) >= seconds)
            continue;
        *choice = g_key_file_get_integer(run->file, ANSWER, ask->name, NULL);
        return ask;
    }
    return NULL;
}

const struct drill_text *drill_run_hint(struct drill_run *run, const struct drill_facts *facts)
{
    const struct drill_text *hint = drill_text_find(run->drill->hints, facts);
    if (hint)
        g_key_file_set_integer(run->file, RUN, "hints",
                               g_key_file_get_integer(run->file, RUN, "hints", NULL) + 1);
    return hint;
}

static void par_add(GString *out, double value, double par)
{
    g_string_append_printf(out, " %.0f s", value);
    if (!isnan(par))
        g_string_append_printf(out, " (par %.0f)", par);
}

char *drill_run_score(const struct drill_run *run)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < run->drill->goals->len; i++) {
        const struct drill_goal *goal = run->drill->goals->pdata[i];
        if (isnan(goal->par_s) || !is_met(run, goal))
            continue;
        g_string_append_printf(out, "%s", goal->name);
        par_add(out, number(run, MET, goal->name), goal->par_s);
        g_string_append(out, " · ");
    }
    g_string_append(out, "waiting");
    par_add(out, number(run, RUN, "waiting"), run->drill->par_waiting);
    g_string_append_printf(out, " · hints %d",
                           g_key_file_get_integer(run->file, RUN, "hints", NULL));
    guint right = 0;
    for (guint i = 0; i < run->drill->asks->len; i++) {
        const struct drill_ask *ask = run->drill->asks->pdata[i];
        right += has(run, ANSWER, ask->name) &&
                 g_key_file_get_integer(run->file, ANSWER, ask->name, NULL) == ask->right;
    }
    if (run->drill->asks->len)
        g_string_append_printf(out, " · predicted %u of %u", right, run->drill->asks->len);
    return g_string_free(out, FALSE);
}
