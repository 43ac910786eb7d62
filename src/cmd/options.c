/* Options of the command line. */
#include "config.h"
#include "cmd/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/print.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/units.h"

struct globals {
    char *dbname, *host, *port, *user, *color;
    gboolean json, never_ask, force_ask, version;
};

static void entries_fill(GOptionEntry *entries, struct globals *g)
{
    const GOptionEntry all[] = {
        {"dbname", 'd', 0, G_OPTION_ARG_FILENAME, &g->dbname,
         "database: a name, a conninfo string or a URI", "DBNAME"},
        {"host", 'h', 0, G_OPTION_ARG_FILENAME, &g->host, "server's host or socket directory",
         "HOST"},
        {"port", 'p', 0, G_OPTION_ARG_FILENAME, &g->port, "server's port", "PORT"},
        {"username", 'U', 0, G_OPTION_ARG_FILENAME, &g->user, "login", "NAME"},
        {"no-password", 'w', 0, G_OPTION_ARG_NONE, &g->never_ask, "never ask for a password", NULL},
        {"password", 'W', 0, G_OPTION_ARG_NONE, &g->force_ask, "ask for a password first", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &g->json, "print facts as JSON", NULL},
        {"color", 0, 0, G_OPTION_ARG_FILENAME, &g->color, "auto, always, never, 16, 256 or true",
         "WHEN"},
        {"version", 'V', 0, G_OPTION_ARG_NONE, &g->version, "print the version", NULL},
        {0},
    };
    memcpy(entries, all, sizeof all);
}

#define N_GLOBALS 10

void options_print_global(void)
{
    struct globals g;
    GOptionEntry entries[N_GLOBALS];
    entries_fill(entries, &g);
    puts("Options, before or after the verb:");
    for (GOptionEntry *e = entries; e->long_name; e++) {
        g_autofree char *left = g_strdup_printf("%s--%s%s%s", e->short_name ? "" : "    ",
                                                e->long_name, e->arg_description ? "=" : "",
                                                e->arg_description ? e->arg_description : "");
        if (e->short_name)
            printf("  -%c, %-22s %s\n", e->short_name, left, e->description);
        else
            printf("  %-26s %s\n", left, e->description);
    }
    printf("  %-26s %s\n", "    --help", "help, on each verb too");
}

/* A line for each: "--name", what its value is called (or nothing), what it does. */
static void list(const GOptionEntry *entries)
{
    for (const GOptionEntry *e = entries; e && e->long_name; e++) {
        if (e->flags & G_OPTION_FLAG_HIDDEN)
            continue;
        printf("--%s\t%s\t%s\n", e->long_name, e->arg_description ? e->arg_description : "",
               e->description);
        if (e->short_name)
            printf("-%c\t%s\t%s\n", e->short_name, e->arg_description ? e->arg_description : "",
                   e->description);
    }
}

void options_list_global(void)
{
    struct globals g;
    GOptionEntry entries[N_GLOBALS];
    entries_fill(entries, &g);
    list(entries);
}

/* The words from `raw_after` on belong to another program. */
static int own_words(int argc, char **argv)
{
    const char *raw = NULL;
    for (int i = 1; i < argc; i++) {
        const struct cmd_verb *verb = raw ? NULL : cmd_verb_find(argv[i]);
        if (raw && strcmp(argv[i], raw) == 0)
            return i;
        if (verb)
            raw = verb->raw_after;
        if (verb && !raw)
            break;
    }
    return argc;
}

/* Parses the first `n` words and closes the gap between what is left of them and the rest. */
static gboolean parse_some(GOptionContext *parser, int n, int *argc, char **argv, GError **error)
{
    int left = n;
    if (!g_option_context_parse(parser, &left, &argv, error))
        return FALSE;
    memmove(argv + left, argv + n, (gsize)(*argc - n) * sizeof *argv);
    *argc = left + *argc - n;
    argv[*argc] = NULL;
    return TRUE;
}

static gboolean color_parse(const char *text, enum console_color *color)
{
    static const char *const words[] = {"auto", "always", "never", "16", "256", "true", NULL};
    *color = CONSOLE_COLOR_AUTO;
    for (int i = 0; text && words[i]; i++) {
        if (strcmp(text, words[i]) != 0)
            continue;
        *color = (enum console_color)i;
        return TRUE;
    }
    return !text;
}

static void context_fill(struct cmd_context *context, struct globals *g)
{
    struct db_target *target = context->target;
    target->dbname = g->dbname;
    target->host = g->host;
    target->port = g->port;
    target->user = g->user;
    context->json = g->json;
    context->never_ask = g->never_ask;
    context->force_ask = g->force_ask;
}

void options_explain(GError **error, const char *verb, const char *arguments)
{
    GError *problem = *error;
    g_autofree char *before = verb ? g_strconcat(verb, ": ", NULL) : g_strdup("");
    *error = rollout_error_new(ROLLOUT_ERROR_USAGE, "%s%s", before, problem->message);
    rollout_error_set_hint(*error, "usage: pgrollout %s%s%s", verb ? verb : "", verb ? " " : "",
                           arguments);
    g_error_free(problem);
}

gboolean options_take_global(struct cmd_context *context, int *argc, char **argv, int *status)
{
    struct globals g = {0};
    GOptionEntry entries[N_GLOBALS];
    g_autoptr(GError) error = NULL;
    entries_fill(entries, &g);
    GOptionContext *parser = g_option_context_new(NULL);
    g_option_context_set_help_enabled(parser, FALSE);
    g_option_context_set_ignore_unknown_options(parser, TRUE);
    g_option_context_add_main_entries(parser, entries, NULL);
    gboolean parsed = parse_some(parser, own_words(*argc, argv), argc, argv, &error);
    g_option_context_free(parser);
    context_fill(context, &g);
    if (!parsed)
        options_explain(&error, NULL, "[OPTIONS] [VERB [ARGUMENTS]]; see pgrollout help");
    if (parsed && !color_parse(g.color, &context->color))
        parsed =
            rollout_fail(&error, ROLLOUT_ERROR_USAGE,
                         "--color is auto, always, never, 16, 256 or true, not \"%s\"", g.color);
    g_free(g.color);
    if (!parsed) {
        *status = print_error(error);
        return FALSE;
    }
    if (g.version) {
        puts(PACKAGE_STRING);
        *status = 0;
        return FALSE;
    }
    return TRUE;
}

/* `--` has done its work; and what still looks like an option is none of ours. */
static gboolean check_arguments(const struct cmd_verb *verb, int *argc, char **argv, int min,
                                int max)
{
    if (*argc > 1 && strcmp(argv[1], "--") == 0) {
        memmove(argv + 1, argv + 2, (gsize)(*argc - 1) * sizeof *argv);
        --*argc;
    }
    g_autoptr(GError) error = NULL;
    if (*argc - 1 < min)
        rollout_fail(&error, ROLLOUT_ERROR_USAGE, "%s: something is missing", verb->name);
    else if (max >= 0 && *argc - 1 > max)
        rollout_fail(&error, ROLLOUT_ERROR_USAGE, "%s: unexpected argument \"%s\"", verb->name,
                     argv[max + 1]);
    else
        return TRUE;
    rollout_error_set_hint(error, "usage: pgrollout %s %s", verb->name, verb->arguments);
    print_error(error);
    return FALSE;
}

static gboolean wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-?") == 0)
            return TRUE;
    return FALSE;
}

gboolean cmd_parse(const struct cmd_verb *verb, const GOptionEntry *entries, int *argc,
                   char ***argv, int min, int max, int *status)
{
    g_autofree char *name = g_strconcat("pgrollout ", verb->name, NULL);
    g_autofree char *role =
        verb->role ? g_strdup_printf("Needs the role pgrollout_%s.\n", verb->role) : g_strdup("");
    g_autofree char *tail =
        g_strconcat(role,
                    "The options of the connection (-d -h -p -U -w -W), --json and --color: see "
                    "pgrollout --help.",
                    NULL);
    g_autofree char *summary = g_strdup_printf("%s: %s.", verb->name, verb->summary);
    g_autoptr(GError) error = NULL;
    GOptionContext *parser = g_option_context_new(verb->arguments);
    g_set_prgname(name);
    g_option_context_set_summary(parser, summary);
    g_option_context_set_description(parser, tail);
    g_option_context_set_help_enabled(parser, FALSE); /* its -h is our host */
    if (entries)
        g_option_context_add_main_entries(parser, entries, NULL);
    gboolean listed = *argc == 2 && strcmp((*argv)[1], OPTIONS_LIST) == 0;
    gboolean asked = listed || wants_help(*argc, *argv);
    if (listed) {
        list(entries);
    } else if (asked) {
        g_autofree char *text = g_option_context_get_help(parser, TRUE, NULL);
        fputs(text, stdout);
    }
    gboolean parsed = !asked && g_option_context_parse(parser, argc, argv, &error);
    g_option_context_free(parser);
    *status = asked ? 0 : 2;
    if (asked)
        return FALSE;
    if (parsed)
        return check_arguments(verb, argc, *argv, min, max);
    options_explain(&error, verb->name, verb->arguments);
    *status = print_error(error);
    return FALSE;
}

char *cmd_text(const char *text)
{
    return text ? g_utf8_make_valid(text, -1) : NULL;
}

gboolean cmd_interval(const char *text, char **interval)
{
    gint64 us;
    g_autoptr(GError) error = NULL;
    *interval = NULL;
    if (!text)
        return TRUE;
    if (!duration_parse(text, &us, &error)) {
        print_error(error);
        return FALSE;
    }
    *interval = g_strdup_printf("%" G_GINT64_FORMAT " microseconds", us);
    return TRUE;
}
