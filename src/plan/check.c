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

/* Names that are there: what could not be read is not the same as anything. */
static gboolean same_name(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static void check_name(struct reader *reader, const struct plan_step *step, GHashTable *seen)
{
    if (!step->name)
        return;
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
        check_verify_ways(reader, step, of);
        return;
    }
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(plan->steps, i);
        if (other->kind == KIND_BACKFILL && other->name)
            g_ptr_array_add(known, other->name);
    }
    struct node word = {.type = NODE_SCALAR, .at = step->at_of, .text = step->of};
    gboolean unsure = plan_is_unsure(plan, KIND_BACKFILL);
    reader->plan->unsure |= 1U << KIND_VERIFY; /* nobody knows which one it verifies */
    if (of)
        report_error(&reader->report, step->at_of,
                     "verify names a backfill, and \"%s\" (line %d) is a step of kind %s", step->of,
                     of->line, plan_kind_name(of->kind));
    else if (known->len > 0 && (!unsure || word_meant(step->of, known)))
        unknown_report(&reader->report, &word, "backfill", known);
    else if (!unsure)
        report_error(&reader->report, step->at_of, "verify names a backfill, and there is none");
}

/* A sync that comes after the backfill of its column would lose what is written in between. */
static void check_backfill(struct reader *reader, const struct plan_step *step, guint index)
{
    const struct plan *plan = reader->plan;
    for (guint i = index + 1; i < plan->steps->len; i++) {
        const struct plan_step *sync = g_ptr_array_index(plan->steps, i);
        if (sync->kind != KIND_SYNC || !same_table(sync, step) || step->into)
            continue;
        for (guint j = 0; j < step->set->len; j++) {
            const struct plan_set *set = g_ptr_array_index(step->set, j);
            if (same_name(set->column, sync->new) || same_name(set->column, sync->old))
                report_error(&reader->report, step_place(step),
                             "backfill of \"%s\" before its sync (line %d): rows written in "
                             "between would be missed",
                             set->column, sync->line);
        }
    }
}

static gboolean is_into(const struct plan_step *backfill, const struct plan_step *step)
{
    return same_name(backfill->into_schema, step->schema) && same_name(backfill->into, step->table);
}

static void check_not_null(struct reader *reader, const struct plan_step *step, guint index)
{
    const struct plan *plan = reader->plan;
    for (guint i = index + 1; i < plan->steps->len; i++) {
        const struct plan_step *backfill = g_ptr_array_index(plan->steps, i);
        if (backfill->kind != KIND_BACKFILL ||
            !(backfill->into ? is_into(backfill, step) : same_table(backfill, step)))
            continue;
        for (guint j = 0; j < backfill->set->len; j++) {
            const struct plan_set *set = g_ptr_array_index(backfill->set, j);
            if (same_name(set->column, step->col))
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
            (step->into ? same_name(sync->into, step->into) &&
                              same_name(sync->into_schema, step->into_schema)
                        : same_name(sync->old, step->old) && same_name(sync->new, step->new))) {
            check_drop_sync_across(reader, step, sync);
            return;
        }
    }
    if (step->table && ((step->old && step->new) || step->into) && !plan_is_unsure(plan, KIND_SYNC))
        report_error(&reader->report, step_place(step),
                     "drop_sync of what no earlier step of the plan syncs");
}

static void check_sync(struct reader *reader, const struct plan_step *step, guint index)
{
    check_sync_across(reader, step, index);
    if (same_name(step->old, step->new))
        report_error(&reader->report, step_place(step), "a sync of column \"%s\" with itself",
                     step->old);
    for (guint i = 0; i < index; i++) {
        const struct plan_step *other = g_ptr_array_index(reader->plan->steps, i);
        if (other->kind == KIND_SYNC && same_table(other, step) &&
            (same_name(other->old, step->old) || same_name(other->new, step->new) ||
             same_name(other->old, step->new) || same_name(other->new, step->old)))
            report_error(&reader->report, step_place(step),
                         "a second sync of the same column: the first is on line %d", other->line);
    }
}

static void check_sql(struct reader *reader, const struct plan_step *step)
{
    if (step->undo && step->irreversible)
        report_error(&reader->report, step->at_undo, "undo and irreversible: true in one step");
}

static void check_added_twice(struct reader *reader, const struct plan_step *step, guint index)
{
    for (guint i = 0; i < index; i++) {
        const struct plan_step *other = g_ptr_array_index(reader->plan->steps, i);
        if (other->kind == step->kind && same_table(other, step) &&
            same_name(other->col, step->col))
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
    case KIND_RENAME_TABLE:
        if (same_name(step->table, step->object))
            report_error(&reader->report, step_place(step), "table \"%s\" has that name already",
                         step->table);
        break;
    case KIND_SYNC:
        check_sync(reader, step, index);
        break;
    case KIND_DROP_SYNC:
        check_drop_sync(reader, step, index);
        break;
    case KIND_BACKFILL:
        check_backfill(reader, step, index);
        check_backfill_into(reader, step, index);
        break;
    case KIND_VERIFY:
        check_verify(reader, step, index);
        break;
    case KIND_NOT_NULL:
        check_not_null(reader, step, index);
        check_added_twice(reader, step, index);
        break;
    case KIND_DROP_COLUMN:
    case KIND_ADD_COLUMN:
        check_added_twice(reader, step, index);
        break;
    default:
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
