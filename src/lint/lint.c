/* Runs every rule over a plan. */
#include "config.h"
#include "lint/rules-private.h"

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

const struct plan_step *lint_backfill_find(const struct plan *plan, const struct plan_step *table,
                                           const char *column)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step->kind != KIND_BACKFILL || g_strcmp0(step->schema, table->schema) != 0 ||
            g_strcmp0(step->table, table->table) != 0)
            continue;
        for (guint j = 0; j < step->set->len; j++) {
            const struct plan_set *set = g_ptr_array_index(step->set, j);
            if (g_strcmp0(set->column, column) == 0)
                return step;
        }
    }
    return NULL;
}

static gint finding_compare(gconstpointer a, gconstpointer b)
{
    const struct plan_finding *x = *(struct plan_finding *const *)a;
    const struct plan_finding *y = *(struct plan_finding *const *)b;
    return x->line != y->line ? x->line - y->line : x->column - y->column;
}

void lint_plan(const struct plan *plan, const char *file, GPtrArray *findings)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    struct lint_run run = {.plan = plan, .file = file, .findings = found};
    for (const struct lint_rule *const *rule = lint_rule_registry; *rule; rule++) {
        for (guint i = 0; (*rule)->check_step && i < plan->steps->len; i++)
            (*rule)->check_step(&run, g_ptr_array_index(plan->steps, i));
        if ((*rule)->check_plan)
            (*rule)->check_plan(&run);
    }
    g_ptr_array_sort(found, finding_compare);
    for (guint i = 0; i < found->len; i++)
        g_ptr_array_add(findings, found->pdata[i]);
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
