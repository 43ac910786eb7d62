/* pgrollout completion: the scripts for the shells, and the answers that they ask for. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmd/completion-words.h"
#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"
#include "console/theme.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/plan/plan.h"
#include "pgrollout/plan/recipe.h"

/* A person waits at the prompt: a database that is slower than this completes nothing. */
#define DATABASE_MS 700

extern const struct cmd_verb cmd_verb_completion;

struct option {
    char *name, *placeholder, *about; /* "--until", "PHASE" or "" */
};

static void option_free(void *data)
{
    struct option *option = data;
    g_free(option->name);
    g_free(option->placeholder);
    g_free(option->about);
    g_free(option);
}

/* The lines of OPTIONS_LIST. */
static void options_read(GPtrArray *options, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) parts = g_strsplit(*line, "\t", 3);
        if (g_strv_length(parts) != 3)
            continue;
        struct option *option = g_new0(struct option, 1);
        option->name = g_strdup(parts[0]);
        option->placeholder = g_strdup(parts[1]);
        option->about = g_strdup(parts[2]);
        g_ptr_array_add(options, option);
    }
}

/* A verb's options are its own matter: it is asked, as another process because it prints them. NULL: the
 * global ones. */
static void options_ask(GPtrArray *options, const char *verb)
{
    g_autofree char *text = NULL;
    const char *argv[] = {"/proc/self/exe", verb ? verb : "completion",
                          verb ? OPTIONS_LIST : "globals", NULL};
    if (g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &text, NULL,
                     NULL, NULL))
        options_read(options, text);
}

/* "--until=contract" is it too. */
static const struct option *option_of(const GPtrArray *options, const char *word)
{
    const char *end = strchr(word, '=');
    gsize n = end ? (gsize)(end - word) : strlen(word);
    for (guint i = 0; i < options->len; i++) {
        const struct option *option = options->pdata[i];
        if (strlen(option->name) == n && strncmp(option->name, word, n) == 0)
            return option;
    }
    return NULL;
}

static gboolean takes_next(const GPtrArray *options, const char *word)
{
    const struct option *option = option_of(options, word);
    return option && *option->placeholder && !strchr(word, '=');
}

/* What was typed, taken apart. */
struct typed {
    struct cmd_context context; /* of what it would connect to */
    const struct cmd_verb *verb;
    GPtrArray *arguments; /* char *, borrowed */
    GPtrArray *options;   /* struct option */
    const char *current, *before;
};

static void say(const char *prefix, const char *word, const char *about)
{
    g_autofree char *safe = print_safe(word);
    printf("%s%s\t%s\n", prefix, safe, about);
}

static void say_all(const char *prefix, char **words)
{
    for (char **word = words; *word; word++)
        say(prefix, *word, "");
    g_strfreev(words);
}

static void say_keys(const char *recipe_name)
{
    struct recipe *recipe = recipe_name ? recipe_find(recipe_name) : NULL;
    g_autofree char *help = recipe ? recipe_help(recipe) : g_strdup("");
    g_auto(GStrv) lines = g_strsplit(help, "\n", -1);
    recipe_free(recipe);
    for (char **line = lines; *line; line++) {
        char *end = strchr(g_strchug(*line), '=');
        if (!end)
            continue;
        g_autofree char *key = g_strndup(*line, (gsize)(end - *line) + 1);
        say("", key, g_strstrip(end + 1));
    }
}

static void on_alarm(int number)
{
    (void)number;
    _exit(0); /* what is known has been printed */
}

/* Nobody is asked for a password, and nothing is said of what goes wrong. */
static void say_migrations(struct cmd_context *context, const char *prefix)
{
    const struct itimerval limit = {{0, 0}, {DATABASE_MS / 1000, DATABASE_MS % 1000 * 1000L}};
    fflush(stdout);
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &limit, NULL);
    context->never_ask = TRUE;
    context->force_ask = FALSE;
    struct db_conn *conn = session_try(context, NULL);
    struct db_reply *reply =
        conn ? session_query(conn, &cmd_verb_completion, "completion", 0, NULL, NULL) : NULL;
    for (int row = 0; row < (reply ? db_reply_rows(reply) : 0); row++)
        say(prefix, db_reply_text(reply, row, 0), "migration");
    db_reply_free(reply);
    db_conn_free(conn);
}

static void say_phases(const char *prefix)
{
    for (int i = 0; i < PHASE_COUNT; i++)
        say(prefix, plan_phase_name((enum plan_phase)i), "phase");
}

static void say_kinds(struct typed *typed, const char *prefix, const GArray *kinds,
                      const GPtrArray *words)
{
    for (guint i = 0; i < words->len; i++)
        say(prefix, words->pdata[i], "");
    guint told = 0; /* bits */
    for (guint i = 0; i < kinds->len; i++) {
        enum completion_kind kind = g_array_index(kinds, guint, i);
        if (told & 1u << kind)
            continue;
        told |= 1u << kind;
        if (kind == COMPLETION_FILES)
            puts(":files");
        else if (kind == COMPLETION_PHASES)
            say_phases(prefix);
        else if (kind == COMPLETION_RECIPES)
            say_all(prefix, recipe_names());
        else if (kind == COMPLETION_RECIPE_KEYS)
            say_keys(typed->arguments->len ? typed->arguments->pdata[0] : NULL);
        else if (kind == COMPLETION_THEMES)
            say_all(prefix, theme_list());
    }
    if (told & 1u << COMPLETION_MIGRATIONS) /* last: it may take its time */
        say_migrations(&typed->context, prefix);
}

static void say_value(struct typed *typed, const struct option *option, const char *prefix)
{
    g_autoptr(GArray) kinds = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    const char *name = option->name + strspn(option->name, "-");
    completion_value(typed->verb ? typed->verb->name : "", name, option->placeholder, kinds, words);
    if (typed->verb && strcmp(typed->verb->name, "wait") == 0 && strcmp(name, "for") == 0) {
        g_autofree char *phase = g_strconcat(prefix, "phase:", NULL);
        say_phases(phase);
    }
    say_kinds(typed, prefix, kinds, words);
}

static void say_argument(struct typed *typed)
{
    g_autoptr(GArray) kinds = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    completion_argument(typed->verb->name, typed->verb->arguments, typed->arguments, kinds, words);
    say_kinds(typed, "", kinds, words);
}

static void say_verbs(void)
{
    for (const struct cmd_verb *const *verb = cmd_verb_registry; *verb; verb++)
        say("", (*verb)->name, (*verb)->summary);
    say("", "help", "what there is");
}

static void answer(struct typed *typed)
{
    const struct option *of = NULL;
    if (typed->before && takes_next(typed->options, typed->before)) {
        say_value(typed, option_of(typed->options, typed->before), "");
    } else if (*typed->current == '-' && strchr(typed->current, '=')) {
        if ((of = option_of(typed->options, typed->current))) {
            g_autofree char *prefix = g_strconcat(of->name, "=", NULL);
            say_value(typed, of, prefix);
        }
    } else if (*typed->current == '-') {
        for (guint i = 0; i < typed->options->len; i++) {
            of = typed->options->pdata[i];
            say("", of->name, of->about);
        }
        say("", "--help", "help");
    } else if (typed->verb) {
        say_argument(typed);
    } else {
        say_verbs();
    }
}

/* The verb and its arguments, without options and their values. */
static void take_apart(struct typed *typed, int n, char **words)
{
    for (int i = 0; i < n; i++) {
        if (*words[i] == '-') {
            i += takes_next(typed->options, words[i]);
        } else if (!typed->verb) {
            typed->verb = cmd_verb_find(words[i]);
            if (!typed->verb)
                return;
            options_ask(typed->options, typed->verb->name);
        } else {
            g_ptr_array_add(typed->arguments, words[i]);
        }
    }
}

/* What -d, -h, -p and -U would connect to; the last word is not typed to its end. */
static void take_target(struct typed *typed, int n, char **words)
{
    g_autoptr(GPtrArray) line = g_ptr_array_new();
    int argc = n + 1, status;
    g_ptr_array_add(line, "pgrollout");
    for (int i = 0; i < n; i++)
        g_ptr_array_add(line, words[i]);
    g_ptr_array_add(line, NULL);
    options_take_global(&typed->context, &argc, (char **)line->pdata, &status);
}

static int run_words(int n, char **words)
{
    struct typed typed = {.context.target = db_target_new(),
                          .arguments = g_ptr_array_new(),
                          .options = g_ptr_array_new_with_free_func(option_free),
                          .current = n > 0 ? words[n - 1] : "",
                          .before = n > 1 ? words[n - 2] : NULL};
    options_ask(typed.options, NULL);
    take_apart(&typed, n - 1, words);
    take_target(&typed, n - 1, words);
    answer(&typed);
    g_ptr_array_unref(typed.arguments);
    g_ptr_array_unref(typed.options);
    db_target_free(typed.context.target);
    return 0;
}

static int run_completion(struct cmd_context *context, int argc, char **argv)
{
    (void)context;
    int status;
    if (argc > 2 && strcmp(argv[1], "words") == 0 && strcmp(argv[2], "--") == 0)
        return run_words(argc - 3, argv + 3);
    if (argc == 2 && strcmp(argv[1], "globals") == 0) {
        options_list_global();
        return 0;
    }
    if (!cmd_parse(&cmd_verb_completion, NULL, &argc, &argv, 1, 1, &status))
        return status;
    g_autofree char *file = g_strconcat("cmd/completion/pgrollout.", argv[1], NULL);
    const char *script = resource_find(file);
    if (script) {
        fputs(script, stdout);
        return 0;
    }
    g_autoptr(GError) error =
        rollout_error_new(ROLLOUT_ERROR_USAGE, "completion: bash or zsh, not \"%s\"", argv[1]);
    rollout_error_set_hint(error, "usage: pgrollout completion %s", cmd_verb_completion.arguments);
    return print_error(error);
}

const struct cmd_verb cmd_verb_completion = {
    .name = "completion",
    .arguments = "bash|zsh",
    .summary = "print the completion script of a shell",
    .run = run_completion,
    .raw_after = "words",
};
