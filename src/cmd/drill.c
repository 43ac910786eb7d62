/* pgrollout drill: a guided exercise on the practice cluster, in the console. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/drill-private.h"
#include "cmd/lab-private.h"
#include "cmd/options.h"
#include "cmd/print.h"
#include "pgrollout/base/error.h"
#include "pgrollout/lab/lessons.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/console/console.h"

extern const struct cmd_verb cmd_verb_drill;

#define SCENARIO "rename-column"
#define MIGRATION "users-full-name"
#define OLD_RELEASE_FOR "30s" /* longer than the cron job stays away */
#define BACKFILL_S 300        /* how long the rate cap makes the backfill take */

static char **drill_environment(const struct drill *drill, const char *role)
{
    static const char *const unwanted[] = {"PGHOSTADDR", "PGSERVICE", "PGPASSWORD", "PGOPTIONS",
                                           "PGTARGETSESSIONATTRS"};
    char **environment = g_get_environ();
    for (guint i = 0; i < G_N_ELEMENTS(unwanted); i++)
        environment = g_environ_unsetenv(environment, unwanted[i]);
    g_autofree char *port = g_strdup_printf("%d", lab_server_port(drill->lab, LAB_PRIMARY));
    environment = g_environ_setenv(environment, "PGROLLOUT_LAB_DIR", drill->lab->directory, TRUE);
    environment = g_environ_setenv(environment, "PGHOST", drill->lab->sockets, TRUE);
    environment = g_environ_setenv(environment, "PGPORT", port, TRUE);
    environment = g_environ_setenv(environment, "PGDATABASE", LAB_DATABASE, TRUE);
    return g_environ_setenv(environment, "PGUSER", role, TRUE);
}

static char **drill_words(const struct drill *drill, const char *command)
{
    g_auto(GStrv) parts = g_strsplit(command, " ", -1);
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_strv_builder_add(words, drill->self); /* its path may hold spaces */
    for (char **part = parts; *part; part++)
        g_strv_builder_add(words, strcmp(*part, "NAME") == 0   ? drill->migration
                                  : strcmp(*part, "PLAN") == 0 ? drill->plan
                                                               : *part);
    return g_strv_builder_end(words);
}

gboolean drill_call(const struct drill *drill, const char *role, const char *command, char **output,
                    GError **error)
{
    g_auto(GStrv) words = drill_words(drill, command);
    g_auto(GStrv) environment = drill_environment(drill, role);
    g_autofree char *messages = NULL, *line = g_strjoinv(" ", words + 1);
    g_autoptr(GError) problem = NULL;
    int status;
    if (!output) {
        printf("$ pgrollout %s\n", line);
        fflush(stdout);
    }
    if (g_spawn_sync(NULL, words, environment, G_SPAWN_DEFAULT, NULL, NULL, output, &messages,
                     &status, &problem) &&
        g_spawn_check_wait_status(status, &problem)) {
        if (!output)
            fputs(messages, stdout);
        return TRUE;
    }
    return rollout_fail(error, ROLLOUT_ERROR_NO, "\"pgrollout %s\" failed: %s", line,
                        messages && *messages ? g_strchomp(messages) : problem->message);
}

struct snapshot *drill_look(const struct drill *drill, GError **error)
{
    g_autofree char *json = NULL;
    if (!drill_call(drill, "lab_viewer", "status NAME --json", &json, error))
        return NULL;
    return snapshot_parse(json, error);
}

/* The rate cap: as many rows a second as make the backfill last BACKFILL_S. */
static char *drill_recipe(const struct drill *drill)
{
    GString *command =
        g_string_new("new " SCENARIO " table=users old=name new=full_name"
                     " owner=shop-db contact=#shop-oncall"
                     " applications=web=shop-web*,workers=shop-workers*,cron=shop-cron*"
                     " old_release=shop-*/41 old_release_for=" OLD_RELEASE_FOR);
    if (!drill->fast)
        g_string_append_printf(command, " rate=%" G_GINT64_FORMAT "/s",
                               MAX(drill->rows / BACKFILL_S, 10));
    g_string_append(command, " -o PLAN");
    char *text = g_string_free(command, FALSE);
    return text;
}

gboolean drill_load(const struct drill *drill, GError **error)
{
    g_autofree char *recipe = drill_recipe(drill);
    remove(drill->plan);
    return drill_call(drill, "lab_operator", recipe, NULL, error) &&
           drill_call(drill, "lab_operator", "load PLAN", NULL, error);
}

gboolean drill_drive(const struct drill *drill, GError **error)
{
    return drill_call(drill, "lab_engine", "run --detach", NULL, error);
}

/* The migration's state, "none" when there is none, and whether an engine runs. Free with g_free.
 */
static char *drill_state(const struct drill *drill, gboolean *driven)
{
    struct snapshot *snapshot = drill_look(drill, NULL);
    const struct snap_migration *migration =
        snapshot ? snapshot_migration_find(snapshot, drill->migration) : NULL;
    char *state = g_strdup(migration ? migration->state : "none");
    *driven = snapshot && snapshot->engine_alive;
    snapshot_free(snapshot);
    return state;
}

/* What is under way is gone on with; a rename that is done leaves nothing to practise on. */
static gboolean drill_ready(struct drill *drill, GError **error)
{
    g_autofree char *start = g_strdup_printf("lab start --rows %" G_GINT64_FORMAT, drill->rows);
    g_autofree char *reset = g_strdup_printf("lab reset --rows %" G_GINT64_FORMAT, drill->rows);
    gboolean driven;
    if (!drill_call(drill, "lab_operator", start, NULL, error))
        return FALSE;
    g_autofree char *state = drill_state(drill, &driven);
    gboolean over = strcmp(state, "done") == 0;
    if (over && !drill_call(drill, "lab_operator", reset, NULL, error))
        return FALSE;
    /* a cluster that was there already may have other rows than were asked for */
    struct lab_options options;
    lab_options_read(drill->lab, &options);
    drill->rows = options.rows;
    gboolean load = over || strcmp(state, "none") == 0 || strcmp(state, "aborted") == 0;
    return (!load || drill_load(drill, error)) && ((driven && !over) || drill_drive(drill, error));
}

/* The console blocks signals; an engine must hear them. */
static void unblock_signals(void *data)
{
    (void)data;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* For the console: an engine under the engine's login, which is not the person's. */
static char *start_engine(const struct db_target *target, gboolean *ok, void *data)
{
    (void)target;
    const struct drill *drill = data;
    g_auto(GStrv) words = drill_words(drill, "run --detach");
    g_auto(GStrv) environment = drill_environment(drill, "lab_engine");
    g_autoptr(GError) error = NULL;
    *ok = g_spawn_async("/", words, environment,
                        G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, unblock_signals,
                        NULL, NULL, &error);
    return g_strdup(*ok ? "started; it shows here once it has the lease" : error->message);
}

static int drill_console(const struct cmd_context *context, struct drill *drill)
{
    g_autofree char *shell = lab_shell_line(drill->lab);
    struct db_target *target = lab_target(drill->lab, LAB_PRIMARY, "lab_approver");
    struct coach *coach = coach_new(SCENARIO, shell);
    struct console_options options = {
        .target = target,
        .migration = drill->migration,
        .badge = "DRILL",
        .color = context->color,
        .coach = {.lines = coach_lines, .data = coach},
        .engine_start = start_engine,
        .engine_data = drill,
    };
    enum console_end end;
    g_autoptr(GError) error = NULL;
    printf("The drill also wants a second terminal. Type there:\n\n    %s\n\n", shell);
    fflush(stdout);
    gboolean ran = console_run(&options, &end, &error);
    coach_free(coach);
    db_target_free(target);
    if (!ran)
        return print_error(error);
    printf("The rollout goes on without the console. In a shell, after %s\n"
           "  pgrollout drill        opens it again\n"
           "  pgrollout lab stop     ends all of it\n",
           shell);
    return end == CONSOLE_SIGNAL ? 128 + console_signal() : 0;
}

static int drill_by_hand(const struct cmd_context *context, struct drill *drill)
{
    g_autoptr(GError) error = NULL;
    return drill_ready(drill, &error) ? drill_console(context, drill) : print_error(error);
}

static int drill_list(void)
{
    g_auto(GStrv) files = resource_list("lab/drills");
    for (char **file = files; *file; file++) {
        g_autofree char *path = g_strconcat("lab/drills/", *file, NULL);
        g_autofree char *name = g_strndup(*file, strcspn(*file, "."));
        struct lessons *lessons = lessons_parse(resource_text(path), NULL);
        printf("%-16s %s\n", name, lessons ? lessons_title(lessons) : "");
        lessons_free(lessons);
    }
    return 0;
}

static int drill_start(const struct cmd_context *context, struct drill *drill, gboolean autopilot,
                       gboolean keep)
{
    g_autoptr(GError) error = NULL;
    drill->lab = lab_open(&error);
    if (!drill->lab)
        return print_error(error);
    drill->self = g_file_read_link("/proc/self/exe", NULL);
    drill->plan = g_build_filename(drill->lab->directory, SCENARIO ".yaml", NULL);
    if (drill->rows == 0) {
        struct lab_options options = {.rows = LAB_DEFAULT_ROWS};
        if (!autopilot) /* what is there already is used */
            lab_options_read(drill->lab, &options);
        drill->rows = options.rows;
    }
    int status = autopilot ? drill_autopilot(drill, keep) : drill_by_hand(context, drill);
    lab_close(drill->lab);
    g_free(drill->self);
    g_free(drill->plan);
    return status;
}

static int run_drill(struct cmd_context *context, int argc, char **argv)
{
    gboolean list = FALSE, autopilot = FALSE, keep = FALSE;
    struct drill drill = {.migration = MIGRATION};
    const GOptionEntry entries[] = {
        {"list", 0, 0, G_OPTION_ARG_NONE, &list, "what can be practised", NULL},
        {"autopilot", 0, 0, G_OPTION_ARG_NONE, &autopilot,
         "do it all without a person, and judge it", NULL},
        {"headless", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &autopilot, NULL, NULL},
        {"fast", 0, 0, G_OPTION_ARG_NONE, &drill.fast,
         "no rate cap, which makes the backfill last five minutes", NULL},
        {"keep", 0, 0, G_OPTION_ARG_NONE, &keep, "leave the cluster running after the autopilot",
         NULL},
        {"rows", 0, 0, G_OPTION_ARG_INT64, &drill.rows, "users to begin with", "N"},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_drill, entries, &argc, &argv, 0, 1, &status))
        return status;
    if (list)
        return drill_list();
    if (argc > 1 && strcmp(argv[1], SCENARIO) != 0) {
        print_message("no drill is named \"%s\"; see pgrollout drill --list", argv[1]);
        return 2;
    }
    if (drill.rows < 0) {
        print_message("--rows wants a positive number");
        return 2;
    }
    return drill_start(context, &drill, autopilot, keep);
}

const struct cmd_verb cmd_verb_drill = {
    .name = "drill",
    .arguments = "[rename-column] [--autopilot] [--fast] [--list]",
    .summary = "a guided exercise in the console on the practice cluster",
    .run = run_drill,
};
