/* Applications that are programs: each state is copied for them, since they keep what they write. */
#include "config.h"
#include "copy-private.h"

#include <sys/wait.h>

#include "pgrollout/base/error.h"

static char **environment_of(const struct run *run, const struct rehearsal_actor *actor,
                             const struct state *state, const char *dbname)
{
    const char *role = actor->application->role ? actor->application->role : run->owner;
    const char *values[] = {"PGHOST",
                            run->admin->host,
                            "PGPORT",
                            run->admin->port,
                            "PGUSER",
                            role ? role : run->admin->user,
                            "PGDATABASE",
                            dbname,
                            "PGROLLOUT_STATE",
                            state->key,
                            "PGROLLOUT_PHASE",
                            plan_phase_name(state->low),
                            "PGROLLOUT_RELEASE",
                            plan_release_name(actor->release)};
    static const char *const others[] = {"PGSERVICE", "PGPASSWORD", "PGHOSTADDR", "PGOPTIONS"};
    char **environment = g_get_environ();
    for (guint i = 0; i < G_N_ELEMENTS(values); i += 2)
        environment = g_environ_setenv(environment, values[i], values[i + 1], TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        environment = g_environ_unsetenv(environment, others[i]);
    return environment;
}

/* The end of what it said. */
static char *last_words(char *output, char *messages)
{
    char *text = *g_strstrip(messages) ? messages : g_strstrip(output);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint n = g_strv_length(lines);
    g_autofree char *last = n ? g_strdup(lines[n - 1]) : g_strdup("");
    return g_utf8_make_valid(last, -1);
}

static void program_run(struct run *run, const struct rehearsal_actor *actor,
                        const struct state *state, const char *dbname, struct outcome *outcome)
{
    const char *argv[] = {"/bin/sh", "-c", actor->application->command[actor->release].text, NULL};
    g_auto(GStrv) environment = environment_of(run, actor, state, dbname);
    g_autofree char *output = NULL, *messages = NULL;
    g_autoptr(GError) problem = NULL;
    int status = 0;
    outcome->ran = TRUE;
    outcome->ok = g_spawn_sync(NULL, (char **)argv, environment, G_SPAWN_CHILD_INHERITS_STDIN, NULL,
                               NULL, &output, &messages, &status, &problem) &&
                  g_spawn_check_wait_status(status, &problem);
    run->result->trials++;
    if (outcome->ok)
        return;
    g_autofree char *words = output ? last_words(output, messages) : g_strdup("");
    g_autofree char *end = output && WIFEXITED(status)
                               ? g_strdup_printf("exit status %d", WEXITSTATUS(status))
                               : g_strdup(problem->message);
    outcome->message = g_strdup_printf("%s%s%s", end, *words ? ": " : "", words);
}

static gboolean program_in_twin(struct run *run, const struct rehearsal_actor *actor,
                                const struct state *state, struct outcome *outcome, GError **error)
{
    g_autofree char *twin = copy_twin(run, error);
    if (twin)
        program_run(run, actor, state, twin, outcome);
    copy_twin_drop(run, "rehearsal_twin");
    return twin != NULL;
}

gboolean exercise_programs(struct run *run, struct state *state, GError **error)
{
    for (guint i = 0; i < run->result->actors->len; i++) {
        const struct rehearsal_actor *actor = g_ptr_array_index(run->result->actors, i);
        if (!actor->application->command[actor->release].text || !state_needs(state, actor))
            continue;
        if (!run->cluster)
            return rollout_fail(
                error, ROLLOUT_ERROR_REFUSED,
                "a command keeps what it writes: it is rehearsed in a private cluster "
                "alone, without --scratch");
        if (!program_in_twin(run, actor, state, &state->programs[i], error))
            return FALSE;
    }
    return TRUE;
}
