/* pgrollout rehearse: what the applications meet in every state on the way. */
#include "config.h"
#include "pgrollout/rehearse/rehearse.h"

#include <stdio.h>
#include <unistd.h>

#include "cmd/options.h"
#include "cmd/plan-file.h"
#include "cmd/print.h"
#include "cmd/rehearse-print.h"
#include "cmd/session.h"

extern const struct cmd_verb cmd_verb_rehearse;

#define ROWS_DEFAULT 1000
#define ROWS_MAX 100000

static gboolean shows_color(const struct cmd_context *context)
{
    if (context->color == CONSOLE_COLOR_AUTO)
        return isatty(STDOUT_FILENO) && !g_getenv("NO_COLOR");
    return context->color != CONSOLE_COLOR_NEVER;
}

/* On a terminal one line that is written over, so that nobody wonders. */
static void say(const char *text, void *data)
{
    (void)data;
    g_autofree char *safe = print_safe(text);
    fprintf(stderr, "\r\033[K%s …", safe);
    fflush(stderr);
}

static void say_no_more(const struct rehearsal_options *options)
{
    if (options->say)
        fputs("\r\033[K", stderr);
}

static int tell(struct cmd_context *context, const struct plan *plan, const char *file,
                struct rehearsal *rehearsal)
{
    int status = rehearsal_passed(rehearsal) ? 0 : 1;
    if (context->json)
        print_json_node(rehearse_json(plan, rehearsal));
    else
        rehearse_print(plan, file, rehearsal, shows_color(context));
    rehearsal_free(rehearsal);
    return status;
}

/* Whether options or environment speak of a database at all. */
static gboolean names_source(const struct db_target *target)
{
    static const char *const variables[] = {"PGDATABASE", "PGHOST", "PGHOSTADDR", "PGPORT",
                                            "PGSERVICE"};
    for (guint i = 0; i < G_N_ELEMENTS(variables); i++)
        if (g_getenv(variables[i]))
            return TRUE;
    return target->dbname || target->host || target->port;
}

/* A password that is needed is asked for once, before anything is made. */
static gboolean reach_source(struct cmd_context *context, const struct rehearsal_options *options,
                             int *status)
{
    if (options->schema_file || !options->source)
        return TRUE;
    struct db_conn *conn = session_open(context, status);
    db_conn_free(conn);
    return conn != NULL;
}

static int perform(struct cmd_context *context, const struct plan *plan,
                   struct rehearsal_options *options)
{
    g_autoptr(GError) error = NULL;
    int status;
    if (!reach_source(context, options, &status))
        return status;
    g_autoptr(GPtrArray) findings = plan_findings_new();
    options->say = isatty(STDERR_FILENO) ? say : NULL;
    struct rehearsal *rehearsal = rehearse_plan(plan, options, findings, &error);
    say_no_more(options);
    plan_findings_print(findings, stderr);
    return rehearsal ? tell(context, plan, options->file, rehearsal) : print_error(error);
}

static int read_plan(struct cmd_context *context, struct rehearsal_options *options)
{
    struct plan *plan;
    g_autoptr(GPtrArray) findings = plan_findings_new();
    if (!plan_file_load(options->file, &plan, findings))
        return 2;
    plan_findings_print(findings, stderr);
    int status = plan && !plan_findings_have_error(findings) ? perform(context, plan, options) : 2;
    plan_free(plan);
    return status;
}

/* What does not go together. */
static gboolean check(const struct rehearsal_options *options, const char *scratch)
{
    if (options->schema_file && scratch)
        print_message("--schema and --scratch are two different copies: name one of them");
    else if (options->disposable && !scratch)
        print_message("--disposable says that the database of --scratch may be used up: name that "
                      "one, too");
    else if (options->rows < 0 || options->rows > ROWS_MAX)
        print_message("--rows is a number from 0 to %d", ROWS_MAX);
    else
        return TRUE;
    return FALSE;
}

static int run_rehearse(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *schema = NULL, *scratch = NULL, *disposable = NULL;
    struct rehearsal_options options = {.rows = ROWS_DEFAULT, .source = context->target};
    GOptionEntry entries[] = {
        {"rows", 0, 0, G_OPTION_ARG_INT64, &options.rows,
         "so many rows of each table are copied (default 1000)", "N"},
        {"schema", 0, 0, G_OPTION_ARG_FILENAME, &schema,
         "make the copy from this SQL file, without a database", "FILE"},
        {"scratch", 0, 0, G_OPTION_ARG_FILENAME, &scratch,
         "use up this database in place of a private cluster", "CONNINFO"},
        {"disposable", 0, 0, G_OPTION_ARG_FILENAME, &disposable,
         "the name of that database: it may be used up", "NAME"},
        {"allow-loss", 0, 0, G_OPTION_ARG_NONE, &options.allow_loss,
         "values that a sync does not bring back are meant", NULL},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_rehearse, entries, &argc, &argv, 1, 1, &status))
        return status;
    options.file = argv[1];
    options.schema_file = schema;
    options.disposable = disposable;
    if (!check(&options, scratch))
        return 2;
    struct db_target *target = db_target_new();
    target->dbname = g_strdup(scratch);
    options.scratch = scratch ? target : NULL;
    if (scratch && !names_source(context->target))
        options.source = NULL; /* there is none that it could be by mistake */
    status = read_plan(context, &options);
    db_target_free(target);
    return status;
}

const struct cmd_verb cmd_verb_rehearse = {
    .name = "rehearse",
    .arguments =
        "PLAN [--rows N] [--schema FILE] [--scratch CONNINFO --disposable NAME] [--allow-loss]",
    .summary = "the plan on a scratch copy, with the applications in every state",
    .run = run_rehearse,
};
