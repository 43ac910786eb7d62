/* Completion of command lines: from the table of commands and the newest snapshot, so that a Tab asks
 * the server nothing. */
#include "config.h"
#include "console/complete.h"

#include <string.h>

#include "console/command.h"
#include "console/theme.h"

struct completing {
    const struct snapshot *snapshot;
    const struct snap_migration *migration; /* the one the line is about, NULL */
    const struct command *command;
    const char *const *elsewhere;
    char **words; /* between the command and the word, none empty */
    guint n_words;
    const char *word;
    GPtrArray *out;
};

static void offer(struct completing *c, const char *candidate)
{
    if (candidate && g_str_has_prefix(candidate, c->word) &&
        !g_ptr_array_find_with_equal_func(c->out, candidate, g_str_equal, NULL))
        g_ptr_array_add(c->out, g_strdup(candidate));
}

static void offer_all(struct completing *c, const char *const *candidates)
{
    for (const char *const *s = candidates; *s; s++)
        offer(c, *s);
}

static gboolean takes(const struct completing *c, unsigned what)
{
    return (c->command->takes & what) != 0;
}

static gboolean stands_before(const struct completing *c, const char *word)
{
    return g_strv_contains((const char *const *)c->words, word);
}

static void offer_names(struct completing *c)
{
    const GPtrArray *all = c->snapshot ? c->snapshot->migrations : NULL;
    gboolean first = c->n_words == 0;
    for (guint i = 0; all && first && i < all->len; i++)
        offer(c, ((const struct snap_migration *)all->pdata[i])->name);
    if (first && takes(c, TAKES_ALL))
        offer(c, "all");
}

/* Of a gate those that have not answered yet come first. */
static void offer_applications(struct completing *c)
{
    const struct snap_gate *gate = c->migration ? c->migration->gate : NULL;
    for (guint pass = 0; gate && pass < 2; pass++)
        for (guint i = 0; i < gate->answers->len; i++) {
            const struct snap_answer *answer = gate->answers->pdata[i];
            if ((answer->by != NULL) == (pass == 1))
                offer(c, answer->application);
        }
}

/* Gates and checks that are still open: nothing else can be answered or passed over. */
static void offer_steps(struct completing *c)
{
    const struct snap_migration *m = c->migration;
    if (m && m->gate)
        offer(c, m->gate->step);
    for (guint i = 0; m && i < m->phases->len; i++) {
        const struct snap_phase *phase = m->phases->pdata[i];
        for (guint j = 0; j < phase->steps->len; j++) {
            const struct snap_step *step = phase->steps->pdata[j];
            gboolean gate = g_strcmp0(step->kind, "confirm") == 0;
            gboolean check = g_strcmp0(step->kind, "check") == 0 && takes(c, TAKES_CHECK);
            gboolean open =
                g_strcmp0(step->state, "done") != 0 && g_strcmp0(step->state, "skipped") != 0;
            if (open && (gate || check))
                offer(c, step->name);
        }
    }
}

static void offer_phases(struct completing *c)
{
    offer(c, "start");
    const GPtrArray *phases = c->migration ? c->migration->phases : NULL;
    for (guint i = 0; phases && i < phases->len; i++) {
        const char *name = ((const struct snap_phase *)phases->pdata[i])->name;
        if (g_strcmp0(name, "contract") != 0) /* there is no way back to its end */
            offer(c, name);
    }
}

static void offer_settings(struct completing *c)
{
    static const char *const keys[] = {
        "batch.target=", "batch.max=", "batch.min=", "rest=", "rate=", "quarantine=", NULL};
    offer_all(c, keys);
    const GPtrArray *guards = c->migration ? c->migration->guards : NULL;
    for (guint i = 0; guards && i < guards->len; i++) {
        const struct snap_guard *guard = guards->pdata[i];
        g_autofree char *pause = g_strdup_printf("guard.%s.pause=", guard->name);
        g_autofree char *resume = g_strdup_printf("guard.%s.resume=", guard->name);
        offer(c, pause);
        offer(c, resume);
    }
}

static void offer_options(struct completing *c)
{
    static const struct {
        unsigned takes;
        const char *option;
    } options[] = {{TAKES_ALL, "--all"},         {TAKES_AFTER_STEP, "--after-step"},
                   {TAKES_PHASE, "--to"},        {TAKES_DURATION, "--for"},
                   {TAKES_APPLICATION, "--for"}, {TAKES_NOTE, "--note"},
                   {TAKES_REASON, "--reason"}};
    for (guint i = 0; i < G_N_ELEMENTS(options); i++)
        if (takes(c, options[i].takes))
            offer(c, options[i].option);
}

static void offer_pid(struct completing *c, gint64 pid)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, pid);
    offer(c, text);
}

/* Those that were read: whoever stands in the way first. */
static void offer_pids(struct completing *c)
{
    const struct snapshot *s = c->snapshot;
    for (guint i = 0; s && i < s->lock_waits->len; i++) {
        const GArray *blockers =
            ((const struct snap_lock_wait *)s->lock_waits->pdata[i])->blocked_by;
        for (guint j = 0; j < blockers->len; j++)
            offer_pid(c, g_array_index(blockers, gint64, j));
    }
    for (guint i = 0; s && i < s->lock_waits->len; i++)
        offer_pid(c, ((const struct snap_lock_wait *)s->lock_waits->pdata[i])->pid);
    for (guint i = 0; s && s->activity && i < s->activity->sessions->len; i++)
        offer_pid(c, ((const struct snap_session *)s->activity->sessions->pdata[i])->pid);
}

static void offer_themes(struct completing *c)
{
    g_auto(GStrv) themes = theme_list();
    for (char **t = themes; *t; t++)
        offer(c, *t);
}

/* What is said for how long, or for whom. */
static void offer_after_for(struct completing *c)
{
    static const char *const durations[] = {"5m", "10m", "30m", "1h", "4h", "1d", NULL};
    if (takes(c, TAKES_APPLICATION))
        offer_applications(c);
    else
        offer_all(c, durations);
}

static void offer_for(struct completing *c)
{
    gboolean has_value = !takes(c, TAKES_SETTING);
    for (guint i = 0; i < c->n_words; i++)
        has_value = has_value || strchr(c->words[i], '=');
    if (has_value && takes(c, TAKES_DURATION | TAKES_APPLICATION) && !stands_before(c, "for"))
        offer(c, "for");
}

/* As one completes a path: first the databases, then what is in one. */
static void offer_elsewhere(struct completing *c)
{
    gboolean in_one = strchr(c->word, '/') != NULL;
    for (const char *const *s = c->elsewhere; s && *s && c->n_words == 0; s++)
        if (in_one || g_str_has_suffix(*s, "/"))
            offer(c, *s);
}

static void offer_arguments(struct completing *c)
{
    static const char *const refreshes[] = {"0.5", "1", "2", "5", "10", "30", NULL};
    const char *last = c->n_words ? c->words[c->n_words - 1] : "";
    if (stands_before(c, "--") || stands_before(c, "--reason") || stands_before(c, "--note"))
        return; /* a person's own words */
    if (takes(c, TAKES_DURATION | TAKES_APPLICATION) &&
        (strcmp(last, "for") == 0 || strcmp(last, "--for") == 0)) {
        offer_after_for(c);
        return;
    }
    if (g_str_has_prefix(c->word, "--")) {
        offer_options(c);
        return;
    }
    if (takes(c, TAKES_NAME))
        offer_names(c);
    if (takes(c, TAKES_STEP | TAKES_CHECK))
        offer_steps(c);
    if (takes(c, TAKES_PHASE))
        offer_phases(c);
    if (takes(c, TAKES_SETTING))
        offer_settings(c);
    if (takes(c, TAKES_PID) && c->n_words == 0)
        offer_pids(c);
    if (takes(c, TAKES_THEME))
        offer_themes(c);
    if (takes(c, TAKES_SECONDS))
        offer_all(c, refreshes);
    g_auto(GStrv) words =
        takes(c, TAKES_ONE_OF) ? g_strsplit(c->command->arguments, "|", -1) : NULL;
    if (words)
        offer_all(c, (const char *const *)words);
    offer_for(c);
    if (takes(c, TAKES_NAME))
        offer_elsewhere(c);
}

static char **words_of(const char *text, guint *n)
{
    GPtrArray *words = g_ptr_array_new();
    g_auto(GStrv) all = g_strsplit_set(text, " \t", -1);
    for (char **w = all; *w; w++)
        if (**w)
            g_ptr_array_add(words, g_strdup(*w));
    *n = words->len;
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

static const struct snap_migration *about(const struct completing *c,
                                          const struct complete_from *from)
{
    if (!c->snapshot)
        return NULL;
    for (guint i = 0; i < c->n_words; i++) {
        const struct snap_migration *m = snapshot_migration_find(c->snapshot, c->words[i]);
        if (m)
            return m;
    }
    return from->migration ? snapshot_migration_find(c->snapshot, from->migration) : NULL;
}

char **complete_words(const char *before, const char *word, const struct complete_from *from)
{
    guint n;
    g_auto(GStrv) words = words_of(before, &n);
    struct completing c = {.snapshot = from->snapshot,
                           .elsewhere = from->elsewhere,
                           .word = word,
                           .out = g_ptr_array_new()};
    if (n == 0) {
        for (const struct command *command = commands_table; command->name; command++)
            offer(&c, command->name);
    } else if ((c.command = command_find(words[0], NULL))) {
        c.words = words + 1;
        c.n_words = n - 1;
        c.migration = about(&c, from);
        offer_arguments(&c);
    }
    g_ptr_array_add(c.out, NULL);
    return (char **)g_ptr_array_free(c.out, FALSE);
}
