/* The engine, a process of its own as in production, and those who answer it. */
#include "config.h"
#include "copy-private.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define LOOK_EVERY_US 10000
#define PATIENCE_US (60 * G_USEC_PER_SEC)

void stand_clear(struct stand *stand)
{
    char *texts[] = {stand->state,      stand->phase, stand->step, stand->kind,
                     stand->step_state, stand->hold,  stand->key,  stand->error};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    *stand = (struct stand){0};
}

/* An engine without its server would look for it for ever. */
static void engine_goes_with_us(gpointer data)
{
    (void)data;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* The settings file of this machine speaks of other servers. */
static char **engine_environment(const struct run *run, const struct db_target *target)
{
    char **environment = g_environ_setenv(g_get_environ(), "PGROLLOUT_CONF", run->conf, TRUE);
    environment = g_environ_setenv(environment, "PGAPPNAME", "pgrollout/rehearsal", TRUE);
    if (target->password)
        environment = g_environ_setenv(environment, "PGPASSWORD", target->password, TRUE);
    return environment;
}

gboolean drive_engine_start(struct run *run, GError **error)
{
    struct db_target *target = copy_target(run, PERSON_ENGINE);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_auto(GStrv) environment = engine_environment(run, target);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    const char *options[] = {"-d", target->dbname, "-h", target->host,
                             "-p", target->port,   "-U", target->user};
    g_ptr_array_add(argv, self);
    for (guint i = 0; i < G_N_ELEMENTS(options); i += 2)
        if (options[i + 1]) {
            g_ptr_array_add(argv, (char *)options[i]);
            g_ptr_array_add(argv, (char *)options[i + 1]);
        }
    g_ptr_array_add(argv, (char *)"run");
    g_ptr_array_add(argv, NULL);
    g_autoptr(GError) problem = NULL;
    gboolean done = g_spawn_async_with_fds(
        NULL, (char **)argv->pdata, environment, G_SPAWN_DO_NOT_REAP_CHILD, engine_goes_with_us,
        NULL, &run->engine, -1, run->engine_log, run->engine_log, &problem);
    db_target_free(target);
    return done || rollout_fail(error, ROLLOUT_ERROR_REFUSED, "no engine: %s", problem->message);
}

static gboolean engine_is_gone(struct run *run)
{
    const char *params[] = {copy_person(PERSON_ENGINE)};
    struct db_reply *reply = copy_query(run->asks, "engine-gone", 1, params, NULL);
    gboolean gone = !reply || db_reply_bool(reply, 0, 0);
    db_reply_free(reply);
    return gone;
}

/* Its last message may still commit: what is looked at next is a state that stays. */
void drive_engine_kill(struct run *run)
{
    if (run->engine == 0)
        return;
    kill(run->engine, SIGKILL);
    waitpid(run->engine, NULL, 0);
    run->engine = 0;
    for (int i = 0; run->asks && i < 500 && !engine_is_gone(run); i++)
        g_usleep(LOOK_EVERY_US);
}

/* The last thing that the engine has said. */
static char *engine_said(const struct run *run)
{
    char buffer[4096];
    off_t size = lseek(run->engine_log, 0, SEEK_END);
    off_t from = MAX(0, size - (off_t)sizeof buffer + 1);
    gssize n = pread(run->engine_log, buffer, sizeof buffer - 1, from);
    buffer[MAX(n, 0)] = '\0';
    g_strchomp(buffer);
    const char *line = strrchr(buffer, '\n');
    return g_strdup(line ? line + 1 : buffer);
}

static gboolean engine_is_there(struct run *run, GError **error)
{
    if (run->engine == 0 || waitpid(run->engine, NULL, WNOHANG) == 0)
        return TRUE;
    run->engine = 0;
    g_autofree char *line = engine_said(run);
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "the engine has ended: %s", line);
}

/* A log without a name, and an empty settings file. */
static gboolean make_files(struct run *run, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autofree char *name = NULL;
    run->engine_log = g_file_open_tmp("pgrollout-rehearsal-XXXXXX.log", &name, &problem);
    if (run->engine_log < 0)
        return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "%s", problem->message);
    unlink(name);
    int conf = g_file_open_tmp("pgrollout-rehearsal-XXXXXX.conf", &run->conf, &problem);
    if (conf < 0)
        return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "%s", problem->message);
    close(conf);
    return TRUE;
}

gboolean drive_begin(struct run *run, GError **error)
{
    if (!make_files(run, error))
        return FALSE;
    for (int i = 0; i < 2; i++) {
        struct db_target *target = copy_target(run, i ? PERSON_APPROVER : PERSON_OPERATOR);
        run->people[i] = db_conn_new(target, "pgrollout/rehearsal");
        db_target_free(target);
        if (!db_conn_open_wait(run->people[i], error))
            return FALSE;
    }
    return (run->asks = copy_connect(run, NULL, error)) != NULL && drive_engine_start(run, error);
}

void drive_end(struct run *run)
{
    drive_engine_kill(run);
    db_conn_free(run->people[0]);
    db_conn_free(run->people[1]);
    db_conn_free(run->asks);
    if (run->engine_log > 0)
        close(run->engine_log);
    if (run->conf)
        unlink(run->conf);
    g_clear_pointer(&run->conf, g_free);
}

gboolean drive_say(struct run *run, gboolean approver, const char *name, int n,
                   const char *const *params, GError **error)
{
    g_autofree char *file = g_strconcat("say-", name, NULL);
    struct db_reply *reply = copy_query(run->people[approver ? 1 : 0], file, n, params, error);
    db_reply_free(reply);
    if (!reply)
        g_prefix_error(error, "%s: ", name);
    return reply != NULL;
}

static char *take(const struct db_reply *reply, const char *name)
{
    return g_strdup(db_reply_text(reply, 0, db_reply_column(reply, name)));
}

static gboolean stand_read(struct run *run, struct stand *stand, char **others, GError **error)
{
    const char *params[] = {run->plan->name};
    struct db_reply *reply = copy_query(run->asks, "stand", 1, params, error);
    stand_clear(stand);
    if (!reply)
        return FALSE;
    if (db_reply_rows(reply) > 0) {
        *stand =
            (struct stand){take(reply, "state"), take(reply, "phase"),      take(reply, "step"),
                           take(reply, "kind"),  take(reply, "step_state"), take(reply, "hold"),
                           take(reply, "key"),   take(reply, "error")};
        g_free(*others);
        *others = take(reply, "others");
    }
    db_reply_free(reply);
    return stand->state ||
           rollout_fail(error, ROLLOUT_ERROR_REFUSED, "the migration is gone from the copy");
}

/* What waits for the world outside, of which a copy has none. */
static gboolean waits_for_evidence(const struct run *run, const struct stand *stand)
{
    static const char *const kinds[] = {"unused", "no_sessions", "soak", "replicas_caught_up",
                                        NULL};
    const struct plan_step *step = stand->step ? plan_step_find(run->plan, stand->step) : NULL;
    gboolean going = g_strcmp0(stand->step_state, "running") == 0 ||
                     g_strcmp0(stand->step_state, "waiting") == 0;
    return going && g_strcmp0(stand->state, "active") == 0 &&
           (g_strv_contains(kinds, stand->kind) ||
            (step && step->kind == KIND_CHECK && step->for_us > G_USEC_PER_SEC));
}

gboolean drive_stand(struct run *run, struct stand *stand, GError **error)
{
    g_autofree char *others = NULL;
    for (gint64 end = g_get_monotonic_time() + PATIENCE_US; g_get_monotonic_time() < end;
         g_usleep(LOOK_EVERY_US)) {
        if (!engine_is_there(run, error) || !stand_read(run, stand, &others, error))
            return FALSE;
        if (stand->hold || g_strcmp0(stand->state, "failed") == 0 ||
            g_strcmp0(stand->state, "aborted") == 0 || g_strcmp0(stand->state, "done") == 0)
            return TRUE;
        if (waits_for_evidence(run, stand)) {
            stand->hold = g_strdup("evidence");
            stand->key = g_strdup(stand->step);
            return TRUE;
        }
    }
    return rollout_fail(error, ROLLOUT_ERROR_NO, "step \"%s\" does not go on: %s",
                        stand->step ? stand->step : "?", others ? others : "nobody says why");
}
