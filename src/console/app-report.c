/* :report: what happened, into a file. The document comes from the server; what is made of it is the same as
 * `pgrollout report` makes. */
#include "config.h"
#include "console/app.h"

#include <string.h>

#include "pgrollout/report/write.h"

static void write_down(struct app *app, const char *document, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    struct report *report = report_parse(document, &error);
    if (!report) {
        app_say(app, TOKEN_DANGER, TRUE, "no report was written: %s", error->message);
        return;
    }
    gboolean page = g_str_has_suffix(path, ".html") || g_str_has_suffix(path, ".htm");
    g_autofree char *text = page ? report_html(report, utc) : report_markdown(report, utc);
    report_free(report);
    int problem = app_write_new(path, text, strlen(text));
    if (problem)
        app_say(app, TOKEN_DANGER, TRUE, "\"%s\" was not written: %s", path, g_strerror(problem));
    else
        app_say(app, TOKEN_OK, FALSE, "the report is in \"%s\"", path);
}

static void on_report(char **lines, const char *error, void *data)
{
    struct app *app = data;
    g_autofree char *path = g_steal_pointer(&app->report_path);
    if (path && error)
        app_say(app, TOKEN_DANGER, TRUE, "no report was written: %s", error);
    else if (path && lines[0])
        write_down(app, lines[0], path);
}

void app_report(struct app *app, const char *path)
{
    if (!*path || !app->migration)
        app_say(app, TOKEN_WARN, FALSE,
                *path ? "there is no migration to report on"
                      : "write :report FILE.md or :report FILE.html");
    else if (app->report_path)
        app_say(app, TOKEN_WARN, FALSE, "one report after another: \"%s\" is being read",
                app->report_path);
    else {
        app->report_path = g_strdup(path);
        app_say(app, TOKEN_DIM, FALSE, "reading what happened …");
        client_report(app->client, app->migration, on_report, app);
    }
}
