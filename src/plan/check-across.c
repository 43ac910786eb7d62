/* Mistakes between steps that work across two tables. */
#include "config.h"
#include "plan/fields-private.h"

#include <string.h>

static struct plan_place step_place(const struct plan_step *step)
{
    return (struct plan_place){step->line, step->column};
}

static gboolean same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static gboolean same_pair(const struct plan_step *a, const struct plan_step *b)
{
    return same(a->schema, b->schema) && same(a->table, b->table) &&
           same(a->into_schema, b->into_schema) && same(a->into, b->into);
}

static const struct plan_set *set_find(const GPtrArray *set, const char *column)
{
    for (guint i = 0; i < set->len; i++) {
        const struct plan_set *one = g_ptr_array_index(set, i);
        if (strcmp(one->column, column) == 0)
            return one;
    }
    return NULL;
}

/* A column of the old table in two pairs would be written twice at once. */
static void check_pairs(struct reader *reader, const struct plan_step *step)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const GPtrArray *const lists[] = {step->key, step->set};
    for (guint l = 0; l < G_N_ELEMENTS(lists); l++)
        for (guint i = 0; i < lists[l]->len; i++) {
            const struct plan_set *set = g_ptr_array_index(lists[l], i);
            if (!g_hash_table_add(seen, set->expression))
                report_error(&reader->report, set->at, "column \"%s\" of \"%s\" is paired twice",
                             set->expression, step->table);
            if (l == 1 && set_find(step->key, set->column))
                report_error(&reader->report, set->at,
                             "column \"%s\" of \"%s\" is in \"key\" already", set->column,
                             step->into);
        }
}

/* One column that two syncs write. */
static const char *shared_column(const struct plan_step *a, const struct plan_step *b)
{
    for (guint i = 0; i < b->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(b->set, i);
        if (same(set->expression, a->old) || same(set->expression, a->new))
            return set->expression;
    }
    return NULL;
}

static void check_other_sync(struct reader *reader, const struct plan_step *step,
                             const struct plan_step *other)
{
    if (step->into && other->into && same_pair(step, other)) {
        report_error(&reader->report, step_place(step),
                     "a second sync of the same tables: the first is on line %d", other->line);
        return;
    }
    if (!same(step->schema, other->schema) || !same(step->table, other->table))
        return;
    const char *column = step->into && !other->into   ? shared_column(other, step)
                         : !step->into && other->into ? shared_column(step, other)
                                                      : NULL;
    if (column)
        report_error(&reader->report, step_place(step),
                     "a second sync of column \"%s\": the first is on line %d", column,
                     other->line);
}

void check_sync_across(struct reader *reader, const struct plan_step *step, guint index)
{
    if (step->into && same(step->into, step->table) && same(step->into_schema, step->schema))
        report_error(
            &reader->report, step_place(step),
            "a sync of table \"%s\" with itself: within a table it has \"old\" and \"new\"",
            step->table);
    if (step->into)
        check_pairs(reader, step);
    for (guint i = 0; i < index; i++) {
        const struct plan_step *other = g_ptr_array_index(reader->plan->steps, i);
        if (other->kind == KIND_SYNC)
            check_other_sync(reader, step, other);
    }
}

/* What the sync keeps equal, the backfill must not fill with something else. */
static void check_same_columns(struct reader *reader, const struct plan_step *step,
                               const struct plan_step *sync)
{
    const GPtrArray *const lists[] = {sync->key, sync->set};
    for (guint l = 0; l < G_N_ELEMENTS(lists); l++)
        for (guint i = 0; i < lists[l]->len; i++) {
            const struct plan_set *pair = g_ptr_array_index(lists[l], i);
            const struct plan_set *filled = set_find(step->set, pair->column);
            g_autofree char *quoted = identifier_quote(pair->expression);
            if (!filled)
                report_error(&reader->report, step_place(step),
                             "the backfill leaves out \"%s\", which the sync (line %d) keeps in "
                             "step with \"%s\"",
                             pair->column, sync->line, pair->expression);
            else if (strcmp(filled->expression, pair->expression) != 0 &&
                     strcmp(filled->expression, quoted) != 0)
                report_error(&reader->report, filled->at,
                             "\"%s\" is kept in step with \"%s\" by the sync (line %d): fill it "
                             "with that column",
                             pair->column, pair->expression, sync->line);
        }
}

void check_backfill_into(struct reader *reader, const struct plan_step *step, guint index)
{
    const struct plan *plan = reader->plan;
    for (guint i = 0; step->into && i < plan->steps->len; i++) {
        const struct plan_step *sync = g_ptr_array_index(plan->steps, i);
        if (sync->kind != KIND_SYNC || !sync->into || !same_pair(sync, step))
            continue;
        check_same_columns(reader, step, sync);
        if (i > index)
            report_error(&reader->report, step_place(step),
                         "backfill of table \"%s\" before its sync (line %d): rows written in "
                         "between would be missed",
                         step->into, sync->line);
    }
}

void check_verify_ways(struct reader *reader, const struct plan_step *step,
                       const struct plan_step *of)
{
    if (of->sql)
        report_error(&reader->report, step->at_of,
                     "nothing is known of what the statement of backfill \"%s\" (line %d) leaves "
                     "behind: let a check step ask",
                     step->of, of->line);
    if (step->repair && step->on_replica)
        report_error(&reader->report, step->at_of,
                     "\"repair\" writes, so it goes with \"on: primary\"");
}

/* The rows that the new table has by itself could not be told from those of the old one any more. */
void check_drop_sync_across(struct reader *reader, const struct plan_step *step,
                            const struct plan_step *sync)
{
    if (sync->rows_both)
        report_error(&reader->report, step_place(step),
                     "a sync with \"rows: both\" (line %d) cannot be taken back once it is "
                     "dropped: drop_table takes it along",
                     sync->line);
}
