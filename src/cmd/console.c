/* pgrollout console: the terminal console, and what it may start. */
#include "config.h"
#include "pgrollout/console/console.h"

#include <gio/gio.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/options.h"
#include "cmd/print.h"
#include "pgrollout/base/error.h"

extern const struct cmd_verb cmd_verb_console;

/* The console blocks signals for its signalfd; an engine must hear them. */
static void unblock_signals(void *data)
{
    (void)data;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void add_option(GPtrArray *words, const char *option, const char *value)
{
    if (!value)
        return;
    g_ptr_array_add(words, (void *)option);
    g_ptr_array_add(words, (void *)value);
}

/* What `run --detach` said: its parent ends when the engine has the lease, or cannot have it. */
static void on_engine_started(GObject *source, GAsyncResult *result, void *data)
{
    (void)data;
    GSubprocess *process = G_SUBPROCESS(source);
    g_autofree char *said = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_subprocess_communicate_utf8_finish(process, result, &said, NULL, &error)) {
        console_say(FALSE, error->message);
        return;
    }
    gboolean ok = g_subprocess_get_successful(process);
    g_autofree char *line = g_strstrip(g_strdelimit(g_strdup(said), "\n", ' '));
    g_autofree char *text = g_strdup_printf("%s%s", ok ? "" : "no engine was started: ", line);
    console_say(ok, text);
}

/* With the console's own connection. The password, if one was typed, goes by the environment, never
 * by the arguments. */
static char *engine_start(const struct db_target *t, gboolean *ok, void *data)
{
    const struct cmd_context *context = data;
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_ptr_array_add(words, self ? self : (char *)context->program);
    add_option(words, "-d", t->dbname);
    add_option(words, "-h", t->host);
    add_option(words, "-p", t->port);
    add_option(words, "-U", t->user);
    g_ptr_array_add(words, (void *)"-w");
    g_ptr_array_add(words, (void *)"run");
    g_ptr_array_add(words, (void *)"--detach");
    g_ptr_array_add(words, NULL);
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
    g_subprocess_launcher_set_child_setup(launcher, unblock_signals, NULL, NULL);
    if (t->password)
        g_subprocess_launcher_setenv(launcher, "PGPASSWORD", t->password, TRUE);
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) process =
        g_subprocess_launcher_spawnv(launcher, (const char *const *)words->pdata, &error);
    *ok = process != NULL;
    if (!process)
        return g_strdup(error->message);
    g_subprocess_communicate_utf8_async(process, NULL, NULL, on_engine_started, NULL);
    return g_strdup("starting …");
}

static char *ask_password(const char *of)
{
    g_autofree char *question =
        g_strconcat("Password", of ? " for " : ": ", of, of ? ": " : NULL, NULL);
    char *typed = getpass(question); /* from the terminal, without echo */
    return g_strdup(typed);
}

static int run_until_end(const struct cmd_context *context, struct db_target *target,
                         struct console_options *options)
{
    for (;;) {
        g_autoptr(GError) error = NULL;
        enum console_end end = CONSOLE_QUIT;
        if (!console_run(options, &end, &error))
            return print_error(error);
        if (end == CONSOLE_SIGNAL)
            return 128 + console_signal();
        if (end != CONSOLE_NEEDS_PASSWORD)
            return 0;
        if (context->never_ask || !isatty(STDIN_FILENO)) {
            print_message("the server asks for a password, and there is none");
            return 3;
        }
        g_free(target->password);
        target->password = ask_password(NULL);
    }
}

static void target_free(void *data)
{
    db_target_free(data);
}

/* Connection strings, each of them a database, and the name of a migration to open on. */
static gboolean words_take(const struct cmd_context *context, int argc, char **argv,
                           GPtrArray *targets, char **name, GError **error)
{
    for (int i = 1; i < argc; i++) {
        g_autofree char *word = cmd_text(argv[i]);
        if (!strchr(word, '=') && !strstr(word, "://")) {
            if (*name)
                return rollout_fail(error, ROLLOUT_ERROR_USAGE,
                                    "two names of migrations: \"%s\" and \"%s\"", *name, word);
            *name = g_steal_pointer(&word);
            continue;
        }
        struct db_target *target = db_target_copy(context->target);
        g_free(target->dbname);
        target->dbname = g_steal_pointer(&word);
        g_ptr_array_add(targets, target);
    }
    if (!targets->len)
        g_ptr_array_add(targets, db_target_copy(context->target));
    return TRUE;
}

/* The file that --replay names. NULL with `error`. */
static struct recording *recording_open(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autofree char *safe = print_safe(path);
    g_autoptr(GError) reason = NULL;
    gsize length;
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > RECORDING_MOST) {
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "cannot read \"%s\": %s", safe,
                     access(path, R_OK) != 0  ? g_strerror(errno)
                     : S_ISREG(about.st_mode) ? "it is larger than any recording"
                                              : "it is no ordinary file");
        return NULL;
    }
    struct report *report = g_file_get_contents(path, &text, &length, &reason)
                                ? recording_parse(text, length, &reason)
                                : NULL;
    if (report)
        return recording_new(report);
    rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" cannot be replayed: %s", safe,
                 reason->message);
    if (error)
        rollout_error_set_hint(*error,
                               "such a file is written by: pgrollout journal NAME --export FILE");
    return NULL;
}

static int replay(const char *path, struct console_options *options)
{
    g_autoptr(GError) error = NULL;
    enum console_end end = CONSOLE_QUIT;
    struct recording *recording = recording_open(path, &error);
    if (!recording)
        return print_error(error);
    options->recording = recording;
    options->read_only = TRUE;
    gboolean ran = console_run(options, &end, &error);
    recording_free(recording);
    if (!ran)
        return print_error(error);
    return end == CONSOLE_SIGNAL ? 128 + console_signal() : 0;
}

static void passwords_ask(GPtrArray *targets)
{
    g_auto(GStrv) names =
        db_target_names((const struct db_target *const *)targets->pdata, targets->len);
    for (guint i = 0; i < targets->len; i++) {
        struct db_target *target = targets->pdata[i];
        g_free(target->password);
        target->password = ask_password(targets->len > 1 ? names[i] : NULL);
    }
}

static int run_console(struct cmd_context *context, int argc, char **argv)
{
    struct console_options options = {.target = context->target,
                                      .engine_start = engine_start,
                                      .engine_data = context,
                                      .color = context->color};
    g_autofree char *theme = NULL;
    g_autofree char *recording = NULL;
    double refresh = 2;
    GOptionEntry entries[] = {
        {"read-only", 0, 0, G_OPTION_ARG_NONE, &options.read_only, "offer nothing that acts", NULL},
        {"theme", 0, 0, G_OPTION_ARG_FILENAME, &theme, "look; pgrollout theme list has them",
         "NAME"},
        {"ascii", 0, 0, G_OPTION_ARG_NONE, &options.ascii, "draw with ASCII only", NULL},
        {"plain", 0, 0, G_OPTION_ARG_NONE, &options.plain, "print lines instead of a screen", NULL},
        {"replay", 0, 0, G_OPTION_ARG_FILENAME, &recording,
         "show what journal --export wrote; needs no server", "FILE"},
        {"speed", 0, 0, G_OPTION_ARG_DOUBLE, &options.speed, "so many times as fast as it was (1)",
         "N"},
        {"refresh", 0, 0, G_OPTION_ARG_DOUBLE, &refresh, "read every so many seconds (2)", "S"},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_console, entries, &argc, &argv, 0, G_MAXINT, &status))
        return status;
    if (!(refresh >= 0.5 && refresh <= 60)) {
        g_autoptr(GError) error =
            rollout_error_new(ROLLOUT_ERROR_USAGE, "--refresh takes 0.5 to 60 seconds");
        return print_error(error);
    }
    options.refresh_ms = (int)(refresh * 1000);
    options.theme = theme;
    options.never_ask = context->never_ask;
    if (recording && argc > 1) {
        print_message("console: --replay shows the one run that is in its file: name no other");
        return 2;
    }
    if (options.speed < 0 || !isfinite(options.speed) || (options.speed > 0 && !recording)) {
        print_message("console: --speed takes a number above 0, with --replay");
        return 2;
    }
    if (recording)
        return replay(recording, &options);
    g_autofree char *name = NULL;
    g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func(target_free);
    g_autoptr(GError) error = NULL;
    if (!words_take(context, argc, argv, targets, &name, &error))
        return print_error(error);
    options.migration = name;
    options.target = targets->pdata[0];
    if (targets->len > 1) {
        options.targets = (const struct db_target *const *)targets->pdata;
        options.n_targets = targets->len;
    }
    if (context->force_ask && isatty(STDIN_FILENO))
        passwords_ask(targets);
    return run_until_end(context, targets->pdata[0], &options);
}

const struct cmd_verb cmd_verb_console = {
    .name = "console",
    .arguments = "[NAME|CONNINFO…] [--read-only] [--theme NAME] [--ascii] [--plain] [--refresh S] "
                 "[--replay FILE [--speed N]]",
    .summary = "watch and steer rollouts in the terminal",
    .run = run_console,
};
