/* Runs every rule over a plan or a script. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

#include "lint/text-private.h"

static void finding_add(struct lint_run *run, const char *id, gboolean warning,
                        const struct plan_step *step, struct plan_place at, char *text)
{
    struct plan_finding *finding = g_new0(struct plan_finding, 1);
    finding->file = g_strdup(run->file);
    finding->line = at.line ? at.line : step ? step->line : 1;
    finding->column = at.line ? at.column : step ? step->column : 1;
    finding->warning = warning;
    finding->id = g_strdup(id);
    finding->text = text;
    g_ptr_array_add(run->findings, finding);
}

void lint_error(struct lint_run *run, const char *id, const struct plan_step *step,
                struct plan_place at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    finding_add(run, id, FALSE, step, at, g_strdup_vprintf(format, args));
    va_end(args);
}

void lint_warn(struct lint_run *run, const char *id, const struct plan_step *step,
               struct plan_place at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    finding_add(run, id, TRUE, step, at, g_strdup_vprintf(format, args));
    va_end(args);
}

/* Inside a script a node has a place of its own; in a plan the text may be folded. */
static struct plan_place node_place(const struct statement *statement, int location)
{
    struct plan_place place = statement->at;
    if (statement->step)
        return statement->step->at_sql;
    if (location <= 0 || (gsize)location >= strlen(statement->sql))
        return place;
    struct plan_place inside = text_place(statement->sql, (gsize)location);
    if (inside.line == 1)
        place.column += inside.column - 1;
    else
        place.column = inside.column;
    place.line += inside.line - 1;
    return place;
}

void lint_say(struct lint_run *run, enum lint_weight weight, const char *id,
              const struct statement *statement, int location, const char *format, ...)
{
    va_list args;
    gboolean warning = weight == LINT_WARNING || (weight == LINT_GRAVE && !run->script);
    va_start(args, format);
    finding_add(run, id, warning, statement->step, node_place(statement, location),
                g_strdup_vprintf(format, args));
    va_end(args);
}

const struct plan_step *lint_backfill_find(const struct plan *plan, const struct plan_step *table,
                                           const char *column)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        const char *schema = step->into ? step->into_schema : step->schema;
        const char *filled = step->into ? step->into : step->table;
        if (step->kind != KIND_BACKFILL || g_strcmp0(schema, table->schema) != 0 ||
            g_strcmp0(filled, table->table) != 0)
            continue;
        for (guint j = 0; j < step->set->len; j++) {
            const struct plan_set *set = g_ptr_array_index(step->set, j);
            if (g_strcmp0(set->column, column) == 0)
                return step;
        }
    }
    return NULL;
}

struct mention {
    const char *column;
    gboolean found;
};

static void mention_see(const char *name, JsonNode *value, gpointer data)
{
    struct mention *mention = data;
    if (strcmp(name, "ColumnRef") == 0 && JSON_NODE_HOLDS_OBJECT(value) &&
        g_strcmp0(tree_last_name(tree_array(json_node_get_object(value), "fields")),
                  mention->column) == 0)
        mention->found = TRUE;
}

enum lint_mention lint_mentions(const char *expression, const char *column)
{
    struct tree tree;
    struct mention mention = {column, FALSE};
    g_autofree char *sql = g_strconcat("SELECT ", expression, NULL);
    if (!tree_init(&tree, sql, 0, NULL))
        return LINT_NOT_PARSED;
    tree_walk(json_parser_get_root(tree.parser), mention_see, &mention);
    tree_clear(&tree);
    return mention.found ? LINT_MENTIONED : LINT_NO_MENTION;
}

static gint finding_compare(gconstpointer a, gconstpointer b)
{
    const struct plan_finding *x = *(struct plan_finding *const *)a;
    const struct plan_finding *y = *(struct plan_finding *const *)b;
    return x->line != y->line ? x->line - y->line : x->column - y->column;
}

static void rules_run(struct lint_run *run)
{
    for (const struct lint_rule *const *rule = lint_rule_registry; *rule; rule++) {
        for (guint i = 0; run->plan && (*rule)->check_step && i < run->plan->steps->len; i++)
            (*rule)->check_step(run, g_ptr_array_index(run->plan->steps, i));
        if (run->plan && (*rule)->check_plan)
            (*rule)->check_plan(run);
        for (guint i = 0; (*rule)->check_statement && i < run->statements->len; i++) {
            const struct statement *statement = g_ptr_array_index(run->statements, i);
            if (statement->parsed)
                (*rule)->check_statement(run, statement);
        }
        if (run->script && (*rule)->check_script)
            (*rule)->check_script(run);
    }
}

void lint_plan(const struct plan *plan, const char *file, GPtrArray *findings)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    g_autoptr(GPtrArray) statements = plan_statements(plan);
    struct lint_run run = {.plan = plan, .statements = statements, .file = file, .findings = found};
    rules_run(&run);
    if (plan->text)
        lint_ignore(&run, plan->text);
    g_ptr_array_sort(found, finding_compare);
    g_ptr_array_extend_and_steal(findings, g_steal_pointer(&found));
}

/* Why a text is not looked at, with its place in `at`; NULL: it is. */
static const char *text_refuse(const char *text, gsize length, const char **at)
{
    if (!g_utf8_validate(text, (gssize)length, at))
        return "this is not UTF-8 text";
    *at = text_operator_run(text, length);
    return *at ? "a run of more than 4096 operator characters" : NULL;
}

void lint_script(const char *text, gsize length, const char *file, GPtrArray *findings)
{
    static const char mark[] = "\xEF\xBB\xBF";
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    struct script script;
    struct lint_run run = {.script = &script, .file = file, .findings = found};
    const char *wrong;
    if (length >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0) {
        text += strlen(mark);
        length -= strlen(mark);
    }
    const char *why = text_refuse(text, length, &wrong);
    if (why) {
        lint_error(&run, "S01", NULL, text_place(text, (gsize)(wrong - text)), "%s", why);
        g_ptr_array_extend_and_steal(findings, g_steal_pointer(&found));
        return;
    }
    g_autoptr(GPtrArray) statements = script_read(text, length, &script);
    run.statements = statements;
    rules_run(&run);
    lint_ignore(&run, text);
    g_ptr_array_sort(found, finding_compare);
    g_ptr_array_extend_and_steal(findings, g_steal_pointer(&found));
}

struct plan *lint_text(const char *text, gsize length, const char *file, GPtrArray *findings)
{
    gboolean wrong;
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    struct plan *plan = plan_parse_draft(text, length, file, found, &wrong);
    if (plan)
        lint_plan(plan, file, found);
    g_ptr_array_sort(found, finding_compare);
    g_ptr_array_extend_and_steal(findings, g_steal_pointer(&found));
    if (wrong)
        g_clear_pointer(&plan, plan_free);
    return plan;
}

struct plan *lint_file(const char *path, GPtrArray *findings, GError **error)
{
    g_autoptr(GByteArray) bytes = plan_file_read(path, error);
    return bytes ? lint_text((const char *)bytes->data, bytes->len, path, findings) : NULL;
}

gboolean lint_script_file(const char *path, GPtrArray *findings, GError **error)
{
    g_autoptr(GByteArray) bytes = plan_file_read(path, error);
    if (bytes)
        lint_script((const char *)bytes->data, bytes->len, path, findings);
    return bytes != NULL;
}
