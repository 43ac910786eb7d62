/* The keys of the step kinds that wait for evidence or for time. */
#include "config.h"
#include "plan/kinds-private.h"

#include <string.h>

static void read_application(struct reader *reader, const struct node *value, gpointer slot)
{
    const struct plan *plan = reader->plan;
    read_line(reader, value, slot);
    if (value->type != NODE_SCALAR || reader->applications_unsure)
        return;
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (guint i = 0; i < plan->applications->len; i++) {
        const struct plan_application *application = plan->applications->pdata[i];
        if (strcmp(application->name, value->text) == 0 && !application->sessions)
            report_error(&reader->report, value->at,
                         "application \"%s\" has no \"sessions\" by which it could be known",
                         application->name);
        if (strcmp(application->name, value->text) == 0)
            return;
        g_ptr_array_add(known, application->name);
    }
    if (known->len == 0)
        report_error(&reader->report, value->at,
                     "\"application\" names one of the plan, and the plan has no \"applications\"");
    else
        unknown_report(&reader->report, value, "application", known);
}

const struct field no_sessions_fields[] = {
    {"application", read_application, STEP(application), 0, 0},
    {"sessions", read_line, STEP(sessions), 0, 0},
    {"for", read_duration, STEP(for_us), FIELD_REQUIRED, 0},
    END,
};
const struct field unused_fields[] = {
    {"column", read_column, 0, 0, 0},
    {"table", read_table, 0, 0, 0},
    {"for", read_duration, STEP(for_us), FIELD_REQUIRED, 0},
    {"coverage", read_share, STEP(coverage), 0, 0},
    {"except", read_texts, STEP(except), 0, 0},
    END,
};
const struct field soak_fields[] = {
    {"for", read_duration, STEP(for_us), FIELD_REQUIRED, 0},
    END,
};
const struct field replicas_fields[] = {
    {"except", read_texts, STEP(except), FIELD_REQUIRED, 0},
    END,
};
const struct field brown_out_fields[] = {
    TABLE,
    {"column", read_identifier, STEP(col), 0, 0},
    {"for", read_duration, STEP(for_us), FIELD_REQUIRED, 0},
    END,
};
