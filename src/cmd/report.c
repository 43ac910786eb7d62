/* pgrollout report: what happened in a run, to hand in. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/print.h"
#include "cmd/session.h"
#include "pgrollout/base/error.h"
#include "pgrollout/report/write.h"

extern const struct cmd_verb cmd_verb_report;

enum format { FORMAT_UNKNOWN, FORMAT_HTML, FORMAT_MARKDOWN };

struct options {
    char *path, *format, *zone;
    gboolean force;
};

/* By --format, or by how the name of the file ends. */
static enum format format_of(const struct options *options)
{
    const char *word = options->format;
    const char *dot = options->path ? strrchr(options->path, '.') : NULL;
    if (!word && dot && !strchr(dot, '/'))
        word = dot + 1;
    if (!word)
        return FORMAT_UNKNOWN;
    if (g_ascii_strcasecmp(word, "html") == 0 || g_ascii_strcasecmp(word, "htm") == 0)
        return FORMAT_HTML;
    return g_ascii_strcasecmp(word, "md") == 0 || g_ascii_strcasecmp(word, "markdown") == 0
               ? FORMAT_MARKDOWN
               : FORMAT_UNKNOWN;
}

static GTimeZone *zone_of(const struct options *options, GError **error)
{
    GTimeZone *zone =
        options->zone ? g_time_zone_new_identifier(options->zone) : g_time_zone_new_utc();
    if (!zone) {
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "there is no time zone \"%s\" here",
                     options->zone);
        if (error)
            rollout_error_set_hint(*error, "a name as Europe/Berlin, or an offset as +02:00");
    }
    return zone;
}

static gboolean write_report(const char *json, const struct options *options, enum format format,
                             GTimeZone *zone, GError **error)
{
    struct report *report = report_parse(json, error);
    if (!report)
        return FALSE;
    g_autofree char *text =
        format == FORMAT_HTML ? report_html(report, zone) : report_markdown(report, zone);
    report_free(report);
    gboolean to_output = !options->path || strcmp(options->path, "-") == 0;
    if (to_output) {
        fputs(text, stdout);
        return TRUE;
    }
    if (!output_write(options->path, text, strlen(text), options->force, error))
        return FALSE;
    g_autofree char *name = print_safe(options->path);
    print_line("the report is in %s", name);
    return TRUE;
}

static int make(struct cmd_context *context, const char *name, const struct options *options,
                enum format format)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GTimeZone) zone = zone_of(options, &error);
    int status;
    struct db_conn *conn = zone ? session_open(context, &status) : NULL;
    if (!zone)
        return print_error(error);
    if (!conn)
        return status;
    const char *params[] = {name};
    struct db_reply *reply = session_query(conn, &cmd_verb_report, "report", 1, params, &error);
    const char *json = reply ? db_reply_text(reply, 0, 0) : NULL;
    if (json && context->json)
        puts(json);
    else if (json)
        write_report(json, options, format, zone, &error);
    db_reply_free(reply);
    db_conn_free(conn);
    return error ? print_error(error) : 0;
}

static int run_report(struct cmd_context *context, int argc, char **argv)
{
    struct options options = {0};
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.path,
         "a new file, .html or .md; - is standard output", "FILE"},
        {"format", 0, 0, G_OPTION_ARG_FILENAME, &options.format,
         "html or md, whatever the file is called", "FORMAT"},
        {"timezone", 0, 0, G_OPTION_ARG_FILENAME, &options.zone, "the zone of its times (UTC)",
         "ZONE"},
        {"force", 0, 0, G_OPTION_ARG_NONE, &options.force, "take the place of a file that is there",
         NULL},
        {0},
    };
    int status;
    if (cmd_parse(&cmd_verb_report, entries, &argc, &argv, 1, 1, &status)) {
        enum format format = format_of(&options);
        if (format == FORMAT_UNKNOWN && !context->json) {
            print_message("report: say where to with -o FILE.html or -o FILE.md, or what with "
                          "--format html|md");
            status = 2;
        } else {
            status = make(context, argv[1], &options, format);
        }
    }
    g_free(options.path);
    g_free(options.format);
    g_free(options.zone);
    return status;
}

const struct cmd_verb cmd_verb_report = {
    .name = "report",
    .arguments = "NAME -o FILE [--format html|md] [--timezone ZONE] [--force]",
    .summary = "what happened in a run, to hand in",
    .run = run_report,
    .role = "viewer",
};
