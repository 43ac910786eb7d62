/* pgrollout drill: a guided exercise on the practice cluster, in the console. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/drill-private.h"
#include "cmd/lab-private.h"
#include "cmd/options.h"
#include "cmd/print.h"
#include "pgrollout/base/error.h"
#include "pgrollout/console/console.h"

extern const struct cmd_verb cmd_verb_drill;

#define SHELL_AROUND "type there: ``." /* its line besides */

/* For the console: an engine under the engine's login, which is not the person's. */
static char *start_engine(const struct db_target *target, gboolean *ok, void *data)
{
    (void)target;
    g_autoptr(GError) error = NULL;
    *ok = drill_call_engine(data, &error);
    return g_strdup(*ok ? "started; it shows here once it has the lease" : error->message);
}

static void say_goodbye(const struct drill *drill, const char *shell)
{
    printf("The rollout goes on without the console. In a shell, after %s\n"
           "  pgrollout drill %-6s opens it again\n"
           "  pgrollout lab stop     ends all of it\n",
           shell, drill->number == 1 ? "" : drill->file->name);
}

static int drill_console(const struct cmd_context *context, struct drill *drill,
                         struct director *director)
{
    g_autofree char *shell = lab_shell_line(drill->lab);
    struct db_target *target = lab_target(drill->lab, LAB_PRIMARY, "lab_approver");
    struct console_options options = {
        .target = target,
        .migration = drill->file->setup.migration,
        .badge = "DRILL",
        .color = context->color,
        .coach = {director_view, director_hint, director_predict, director},
        .engine_start = start_engine,
        .engine_data = drill,
    };
    enum console_end end;
    g_autoptr(GError) error = NULL;
    printf("The drill also wants a second terminal. Type there:\n\n    %s\n\n", shell);
    fflush(stdout);
    director_look(director, NULL);
    director_start(director);
    gboolean ran = console_run(&options, &end, &error);
    db_target_free(target);
    if (!ran)
        return print_error(error);
    say_goodbye(drill, shell);
    return end == CONSOLE_SIGNAL ? 128 + console_signal() : 0;
}

static int drill_by_hand(const struct cmd_context *context, struct drill *drill, gboolean afresh)
{
    g_autoptr(GError) error = NULL;
    gboolean going = FALSE;
    struct director *director = NULL;
    int status;
    g_autofree char *path = g_build_filename(drill->lab->directory, "drill", NULL);
    struct drill_run *before = drill_run_load(path, drill->file);
    gboolean over = before && drill_run_is_over(before);
    gboolean ready = afresh || !before || over || drill_go_on(drill, &going, &error);
    drill_run_free(before);
    ready = ready && (going || drill_ready(drill, &error));
    if (ready)
        director = director_new(drill, !going, &error);
    status = director ? drill_console(context, drill, director) : print_error(error);
    director_free(director);
    return status;
}

/* What stands for the shell's line in the texts: it must fit into theirs. */
static char *shell_text(const struct lab *lab)
{
    g_autofree char *shell = lab_shell_line(lab);
    gsize room = DRILL_COLUMNS - strlen(SHELL_AROUND);
    gboolean fits = g_utf8_validate(shell, -1, NULL) && g_utf8_strlen(shell, -1) <= (glong)room;
    return g_strdup(fits ? shell : "the line that was printed before this");
}

struct drill_options {
    gboolean list, autopilot, wrong, keep, afresh;
};

static int drill_start(const struct cmd_context *context, struct drill *drill, const char *name,
                       const struct drill_options *options)
{
    g_autoptr(GError) error = NULL;
    int status = 0;
    drill->lab = lab_open(&error);
    g_autofree char *shell = drill->lab ? shell_text(drill->lab) : NULL;
    if (!drill->lab || !drill_find(drill, name, shell, &error)) {
        lab_close(drill->lab);
        return print_error(error);
    }
    g_autofree char *plan = g_strconcat(drill->file->name, ".yaml", NULL);
    drill->self = g_file_read_link("/proc/self/exe", NULL);
    drill->plan = g_build_filename(drill->lab->directory, plan, NULL);
    if (drill->rows == 0)
        drill->rows = drill->file->setup.rows;
    status = options->autopilot ? drill_autopilot(drill, options->wrong, options->keep)
                                : drill_by_hand(context, drill, options->afresh);
    lab_close(drill->lab);
    drill_file_free(drill->file);
    g_free(drill->self);
    g_free(drill->plan);
    g_free(drill->folder);
    return status;
}

static int run_drill(struct cmd_context *context, int argc, char **argv)
{
    struct drill_options options = {0};
    struct drill drill = {0};
    const GOptionEntry entries[] = {
        {"list", 0, 0, G_OPTION_ARG_NONE, &options.list, "what can be practised", NULL},
        {"afresh", 0, 0, G_OPTION_ARG_NONE, &options.afresh,
         "begin anew, also where it is under way", NULL},
        {"autopilot", 0, 0, G_OPTION_ARG_NONE, &options.autopilot,
         "do it all without a person, and judge it", NULL},
        {"headless", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options.autopilot, NULL, NULL},
        {"wrong", 0, 0, G_OPTION_ARG_NONE, &options.wrong,
         "on autopilot: do what is wrong, which must not pass", NULL},
        {"fast", 0, 0, G_OPTION_ARG_NONE, &drill.fast,
         "on autopilot: do not make it last as long as for people", NULL},
        {"keep", 0, 0, G_OPTION_ARG_NONE, &options.keep,
         "leave the cluster running after the autopilot", NULL},
        {"rows", 0, 0, G_OPTION_ARG_INT64, &drill.rows, "users to begin with", "N"},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_drill, entries, &argc, &argv, 0, 1, &status))
        return status;
    if (options.list)
        return drill_list();
    if (drill.rows < 0 || (options.wrong && !options.autopilot)) {
        print_message(drill.rows < 0 ? "--rows wants a positive number"
                                     : "--wrong goes with --autopilot");
        return 2;
    }
    return drill_start(context, &drill, argc > 1 ? argv[1] : DRILL_TOUR, &options);
}

const struct cmd_verb cmd_verb_drill = {
    .name = "drill",
    .arguments = "[NAME|FILE] [--autopilot [--wrong]] [--fast] [--list]",
    .summary = "a guided exercise in the console on the practice cluster",
    .run = run_drill,
};
