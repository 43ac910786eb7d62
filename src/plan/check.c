/* Mistakes between steps that each are right by themselves. */
#include "config.h"
#include "plan/fields-private.h"

#include <string.h>

static struct plan_place step_place(const struct plan_step *step)
{
    return (struct plan_place){step->line, step->column};
}

static gboolean same_table(const struct plan_step *a, const struct plan_step *b)
{
    return a->table && b->table && strcmp(a->schema, b->schema) == 0 &&
           strcmp(a->table, b->table) == 0;
}

static void check_name(struct reader *reader, const struct plan_step *step, GHashTable *seen)
{
    if (!step->name) {
        if (step->kind == KIND_CHECK || step->kind == KIND_CONFIRM)
            report_error(&reader->report, step_place(step), "a %s step needs a name",
                         plan_kind_name(step->kind));
        return;
    }
    const struct plan_step *first = g_hash_table_lookup(seen, step->name);
    if (first)
        report_error(&reader->report, step_place(step),
                     "a second step named \"%s\": the first is on line %d", step->name,
                     first->line);
    else
        g_hash_table_insert(seen, step->name, (gpointer)step);
}

static void check_verify(struct reader *reader, const struct plan_step *step, guint index)
{
    const struct plan *plan = reader->plan;
    if (!step->of)
        return;
    const struct plan_step *of = plan_step_find(plan, step->of);
    guint at = 0;
    if (of && of->kind == KIND_BACKFILL) {
        if (!g_ptr_array_find(plan->steps, of, &at) || at > index)
            report_error(&reader->report, step->at_of,
                         "verify stands before its backfill \"%s\" (line %d)", step->of, of->line);
        return;
    }
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(plan->steps, i);
        if (other->kind == KIND_BACKFILL && other->name)
            g_ptr_array_add(known, other->name);
    }
    struct node word = {.type = NODE_SCALAR, .at = step->at_of, .text = step->of};
    if (known->len == 0)
        report_error(&reader->report, step->at_of, "verify names a backfill, and there is none");
    else
        unknown_report(&reader->report, &word, "backfill", known);
}

/* A sync that comes after the backfill of its column would lose what is written in between. */
static void check_backfill(struct reader *reader, const struct plan_step *step, guint index)
{
    const struct plan *plan = reader->plan;
    for (guint i = index + 1; i < plan->steps->len; i++) {
        const struct plan_step *sync = g_ptr_array_index(plan->steps, i);
        if (sync->kind != KIND_SYNC || !same_table(sync, step))
            continue;
        for (guint j = 0; j < step->set->len; j++) {
            const struct plan_set *set = g_ptr_array_index(step->set, j);
            if (g_strcmp0(set->column, sync->new) == 0 || g_strcmp0(set->column, sync->old) == 0)
                report_error(&reader->report, step_place(step),
                             "backfill of \"%s\" before its sync (line %d): rows written in "
                             "between would be missed",
                             set->column, sync->line);
        }
    }
}

static void check_not_null(struct reader *reader, const struct plan_step *step, guint index)
{
    const struct plan *plan = reader->plan;
    for (guint i = index + 1; i < plan->steps->len; i++) {
        const struct plan_step *backfill = g_ptr_array_index(plan->steps, i);
        if (backfill->kind != KIND_BACKFILL || !same_table(backfill, step))
            continue;
        for (guint j = 0; j < backfill->set->len; j++) {
            const struct plan_set *set = g_ptr_array_index(backfill->set, j);
            if (g_strcmp0(set->column, step->col) == 0)
                report_error(&reader->report, step_place(step),
                             "not_null of \"%s\" before its backfill \"%s\" (line %d)", step->col,
                             backfill->name, backfill->line);
        }
    }
}

static void check_drop_sync(struct reader *reader, const struct plan_step *step, guint index)
{
    const struct plan *plan = reader->plan;
    for (guint i = 0; i < index; i++) {
        const struct plan_step *sync = g_ptr_array_index(plan->steps, i);
        if (sync->kind == KIND_SYNC && same_table(sync, step) &&
            g_strcmp0(sync->old, step->old) == 0 && g_strcmp0(sync->new, step->new) == 0)
            return;
    }
    report_error(&reader->report, step_place(step),
                 "drop_sync of what no earlier step of the plan syncs");
}

static void check_sync(struct reader *reader, const struct plan_step *step, guint index)
{
    if (step->old && g_strcmp0(step->old, step->new) == 0)
        report_error(&reader->report, step_place(step), "a sync of column \"%s\" with itself",
                     step->old);
    for (guint i = 0; i < index; i++) {
        const struct plan_step *other = g_ptr_array_index(reader->plan->steps, i);
        if (other->kind == KIND_SYNC && same_table(other, step) &&
            (g_strcmp0(other->old, step->old) == 0 || g_strcmp0(other->new, step->new) == 0 ||
             g_strcmp0(other->old, step->new) == 0 || g_strcmp0(other->new, step->old) == 0))
            report_error(&reader->report, step_place(step),
                         "a second sync of the same column: the first is on line %d", other->line);
    }
}

static void check_sql(struct reader *reader, const struct plan_step *step)
{
    if (step->undo && step->irreversible)
        report_error(&reader->report, step->at_undo, "undo and irreversible: true in one step");
    else if (!step->undo && !step->irreversible)
        report_error(&reader->report, step_place(step),
                     "a sql step needs \"undo\", or \"irreversible: true\"");
}

static void check_added_twice(struct reader *reader, const struct plan_step *step, guint index)
{
    for (guint i = 0; i < index; i++) {
        const struct plan_step *other = g_ptr_array_index(reader->plan->steps, i);
        if (other->kind == step->kind && same_table(other, step) &&
            g_strcmp0(other->col, step->col) == 0)
            report_error(&reader->report, step_place(step),
                         "%s of \"%s\" twice: the first is on line %d", plan_kind_name(step->kind),
                         step->col, other->line);
    }
}

static void check_step(struct reader *reader, const struct plan_step *step, guint index)
{
    switch (step->kind) {
    case KIND_SQL:
        check_sql(reader, step);
        break;
    case KIND_SYNC:
        check_sync(reader, step, index);
        break;
    case KIND_DROP_SYNC:
        check_drop_sync(reader, step, index);
        break;
    case KIND_BACKFILL:
        check_backfill(reader, step, index);
        break;
    case KIND_VERIFY:
        check_verify(reader, step, index);
        break;
    case KIND_NOT_NULL:
        check_not_null(reader, step, index);
        check_added_twice(reader, step, index);
        break;
    case KIND_CHECK:
        if (!step->expect && step->sql)
            report_error(&reader->report, step_place(step), "a check step needs \"expect\"");
        break;
    case KIND_DROP_COLUMN:
        if (step->phase != PHASE_CONTRACT)
            report_error(&reader->report, step_place(step), "drop_column belongs to contract only");
        check_added_twice(reader, step, index);
        break;
    case KIND_ADD_COLUMN:
        check_added_twice(reader, step, index);
        break;
    case KIND_ANALYZE:
    case KIND_CONFIRM:
    case KIND_COUNT:
        break;
    }
}

void plan_check(struct reader *reader)
{
    const struct plan *plan = reader->plan;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        check_name(reader, step, seen);
        check_step(reader, step, i);
    }
}
