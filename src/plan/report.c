/* Findings: made, cut to a readable length, written. */
#include "config.h"
#include "plan/node-private.h"

void plan_finding_free(struct plan_finding *finding)
{
    if (!finding)
        return;
    g_free(finding->file);
    g_free(finding->id);
    g_free(finding->text);
    g_free(finding);
}

char *plan_finding_format(const struct plan_finding *finding)
{
    const char *severity = finding->warning ? "warning" : "error";
    if (finding->id)
        return g_strdup_printf("%s:%d:%d: %s[%s]: %s", finding->file, finding->line,
                               finding->column, severity, finding->id, finding->text);
    return g_strdup_printf("%s:%d:%d: %s: %s", finding->file, finding->line, finding->column,
                           severity, finding->text);
}

static void report_add(struct report *report, struct plan_place at, char *text)
{
    struct plan_finding *finding = g_new0(struct plan_finding, 1);
    finding->file = g_strdup(report->file);
    finding->line = at.line;
    finding->column = at.column;
    finding->text = text;
    g_ptr_array_add(report->findings, finding);
}

void report_error(struct report *report, struct plan_place at, const char *format, ...)
{
    report->errors++;
    if (report->errors > REPORT_ERRORS_MAX)
        return;
    if (report->errors == REPORT_ERRORS_MAX) {
        report_add(report, at, g_strdup("too many mistakes: the rest is not listed"));
        return;
    }
    va_list args;
    va_start(args, format);
    report_add(report, at, g_strdup_vprintf(format, args));
    va_end(args);
}

char *report_clip(const char *text)
{
    const glong max = 60;
    if (g_utf8_strlen(text, -1) <= max)
        return g_strdup(text);
    g_autofree char *head = g_utf8_substring(text, 0, max - 1);
    return g_strconcat(head, "…", NULL);
}
