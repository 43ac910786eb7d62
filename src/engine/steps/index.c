/* index: CREATE INDEX CONCURRENTLY; the catalog says what is left to do (pgrollout.index_make), so
 * that what a build that was cut off has left is dropped and built again. */
#include "config.h"
#include "step-private.h"

#include "pgrollout/pg/conn.h"

static char *index_where(const struct plan_step *step)
{
    return step->where ? g_strdup_printf(" WHERE %s", step->where) : g_strdup("");
}

char *step_index_body(const struct plan_step *step)
{
    g_autofree char *columns = g_strjoinv(", ", step->columns);
    g_autofree char *method = step->method ? db_ident(step->method) : g_strdup("btree");
    g_autofree char *carried = step_names(step->include);
    g_autofree char *where = index_where(step);
    return g_strdup_printf("USING %s (%s)%s%s%s%s", method, columns, carried ? " INCLUDE (" : "",
                           carried ? carried : "", carried ? ")" : "", where);
}

/* A column or an expression in parentheses; with an operator class or a direction behind it, it
 * cannot be grouped by. */
static gboolean is_plain(const char *element)
{
    return g_regex_match_simple("^([a-z_][a-z0-9_$]*|\"([^\"]|\"\")+\"|\\(.*\\))$", element,
                                G_REGEX_DOLLAR_ENDONLY | G_REGEX_DOTALL, 0);
}

/* Values that stand more than once, each with how often. */
static void find_duplicates(const struct plan_step *step, GPtrArray *out)
{
    for (char **element = step->columns; *element; element++)
        if (!is_plain(*element))
            return;
    g_autofree char *where = step->where ? g_strdup_printf("(%s) AND ", step->where) : g_strdup("");
    step_find_duplicates(step, step->columns, where, out);
}

static void stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *body = step_index_body(step);
    g_autofree char *name = db_literal(step->object), *quoted = db_literal(body);
    if (step->unique)
        find_duplicates(step, out);
    stage_add(out, STAGE_CATALOG, "index_make", "%s, %s, %s, %s", name,
              step->unique ? "true" : "false", quoted, step->adopt ? "true" : "false");
}

static void undo_stages(const struct plan *plan, const struct plan_step *step, GPtrArray *out)
{
    (void)plan;
    g_autofree char *name = db_literal(step->object);
    stage_add(out, STAGE_CATALOG, "index_drop", "%s, true", name);
}

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    g_autofree char *body = step_index_body(step);
    g_autofree char *table = step_table(step), *name = db_ident(step->object);
    text->does = g_strdup_printf("CREATE %sINDEX CONCURRENTLY %s ON %s %s",
                                 step->unique ? "UNIQUE " : "", name, table, body);
    text->locks =
        g_strdup_printf("SHARE UPDATE EXCLUSIVE on %s.%s while it builds; reads and writes "
                        "go on, and it waits for older transactions",
                        step->schema, step->table);
    text->undo = g_strdup_printf("drops index %s, concurrently", step->object);
    text->undo_locks =
        g_strdup_printf("SHARE UPDATE EXCLUSIVE on %s.%s; reads and writes go on, and it waits for "
                        "those that use the index",
                        step->schema, step->table);
}

const struct step_class step_class_index = {
    .kind = KIND_INDEX,
    .worker = STEP_BY_STAGES,
    .describe = describe,
    .stages = stages,
    .undo_stages = undo_stages,
};
