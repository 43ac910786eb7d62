/* A view that stands for a table under another name. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/base/resource.h"
#include "pgrollout/pg/conn.h"

/* The text as it stands inside of a literal. */
static char *inside(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "'", -1);
    return g_strjoinv("''", parts);
}

char *step_view_create_sql(const struct plan_step *step, const char *name)
{
    g_autofree char *table = step_table(step);
    g_autofree char *view = db_qualified(step->schema, name);
    g_autofree char *table_text = inside(table), *view_text = inside(view);
    g_autofree char *body = db_fill(resource_text("engine/sql/view-create.sql"), "table",
                                    table_text, "view", view_text, NULL);
    g_autofree char *quoted = db_literal(body);
    return g_strdup_printf("DO %s", quoted);
}

char *step_view_drop_sql(const struct plan_step *step, const char *name)
{
    g_autofree char *view = db_qualified(step->schema, name);
    return g_strdup_printf("DROP VIEW %s", view);
}
