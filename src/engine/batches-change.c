/* What a batch does to the rows of its keys: one function for each flavour. The change is made on the
 * target rows themselves, so that it is evaluated again after a wait for a row's lock, and done twice
 * changes nothing. */
#include "config.h"
#include "batches-private.h"

#include <string.h>

struct change {
    char *target; /* quoted column */
    char *expression;
    char *differs; /* condition under which the row is changed */
};

static void change_free(void *data)
{
    struct change *change = data;
    g_free(change->target);
    g_free(change->expression);
    g_free(change->differs);
    g_free(change);
}

static void change_add(GPtrArray *changes, const char *column, const char *expression,
                       char *differs)
{
    struct change *change = g_new0(struct change, 1);
    change->target = db_ident(column);
    change->expression = g_strdup(expression);
    change->differs = differs;
    g_ptr_array_add(changes, change);
}

/* A lossy mapping must not overwrite what the application wrote later: a row that agrees in the other
 * direction is left alone, unless there is nothing in it yet. */
static char *agree_neither_way(const char *target, const char *expression, const char *other,
                               const char *back)
{
    return g_strdup_printf(
        "%1$s IS DISTINCT FROM (%2$s) AND (%1$s IS NULL OR %3$s IS DISTINCT FROM "
        "(%4$s))",
        target, expression, other, back);
}

/* On a synced target; verify passes what agrees either way. */
static char *differs_sql(const struct plan *plan, const struct plan_step *step,
                         const struct plan_set *set, gboolean verify)
{
    const struct plan_step *sync = plan_sync_find(plan, step->schema, step->table, set->column);
    g_autofree char *target = db_ident(set->column);
    if (!sync || strcmp(sync->new, set->column) != 0)
        return g_strdup_printf("%s IS DISTINCT FROM (%s)", target, set->expression);
    g_autofree char *old = db_ident(sync->old);
    if (!verify)
        return agree_neither_way(target, set->expression, old, sync->down);
    return g_strdup_printf("%s IS DISTINCT FROM (%s) AND %s IS DISTINCT FROM (%s)", target,
                           set->expression, old, sync->down);
}

/* What the step in worker->batches sets; for the undo of drop_sync, the old column from the new. */
static GPtrArray *changes_of(const struct worker *worker, const struct plan_step *step)
{
    GPtrArray *changes = g_ptr_array_new_with_free_func(change_free);
    if (worker->batches.undo) {
        const struct plan_step *sync =
            plan_sync_find(worker->plan, step->schema, step->table, step->new);
        g_autofree char *old = db_ident(step->old), *new = db_ident(step->new);
        change_add(changes, step->old, sync->down,
                   agree_neither_way(old, sync->down, new, sync->up));
        return changes;
    }
    const struct plan_step *source = batches_source(worker, step);
    for (guint i = 0; i < source->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(source->set, i);
        change_add(changes, set->column, set->expression,
                   differs_sql(worker->plan, source, set, step->kind == KIND_VERIFY));
    }
    return changes;
}

static char *differs_any(const GPtrArray *changes)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < changes->len; i++)
        g_string_append_printf(sql, "%s(%s)", i ? " OR " : "",
                               ((struct change *)g_ptr_array_index(changes, i))->differs);
    return g_string_free(sql, FALSE);
}

static char *assignments(const GPtrArray *changes)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < changes->len; i++) {
        const struct change *c = g_ptr_array_index(changes, i);
        if (changes->len == 1)
            g_string_append_printf(sql, "%s = (%s)", c->target, c->expression);
        else /* each column only where it differs itself */
            g_string_append_printf(sql, "%s%s = CASE WHEN %s THEN (%s) ELSE %s END", i ? ", " : "",
                                   c->target, c->differs, c->expression, c->target);
    }
    return g_string_free(sql, FALSE);
}

/* `set:`, and the undo of drop_sync. */
static char *change_set(const struct worker *worker, const struct plan_step *step,
                        const struct key_sql *key, const char *keys)
{
    (void)key;
    const struct plan_step *source = batches_source(worker, step);
    g_autofree char *table = db_qualified(source->schema, source->table);
    g_autoptr(GPtrArray) changes = changes_of(worker, step);
    g_autofree char *differs = differs_any(changes), *set = assignments(changes);
    const char *where = worker->batches.undo || !step->where ? "true" : step->where;
    return g_strdup_printf("changed AS (UPDATE %s SET %s WHERE %s AND (%s\n) AND (%s) RETURNING "
                           "NULL)",
                           table, set, keys, where, differs);
}

/* Of a comparison: the condition that nobody has left the row unfilled; NULL: no row was. Such rows are
 * named at the end, and never computed. */
static char *not_left_sql(const struct worker *worker, const struct plan_step *verify,
                          const struct key_sql *key)
{
    const struct step_facts *facts = facts_step(worker->facts, verify->of);
    g_autofree char *quoted = db_literal(verify->of);
    if (!facts || strcmp(facts->state, "skipped") != 0)
        return NULL;
    return g_strdup_printf("%s NOT IN (SELECT pgrollout.quarantine_left(%" G_GINT64_FORMAT ", %s))",
                           key->texts, worker->id, quoted);
}

/* Does the row differ? CASE: what is computed for that may fail on rows that were left. */
static char *compared_sql(const struct worker *worker, const struct plan_step *step,
                          const struct key_sql *key, const GPtrArray *changes)
{
    g_autofree char *not_left = not_left_sql(worker, step, key);
    char *differs = differs_any(changes);
    if (!not_left)
        return differs;
    char *sql = g_strdup_printf("CASE WHEN %s THEN %s ELSE false END", not_left, differs);
    g_free(differs);
    return sql;
}

/* A repair leaves alone what the backfill was told to leave alone: rows that the plan excludes, and,
 * where no sync says which side is newer, what the application has written itself. On synced targets
 * the `where` that a plan need not write is not asked: a stale value there is to be repaired. */
static const char *repaired_where(const struct worker *worker, const struct plan_step *source)
{
    for (guint i = 0; i < source->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(source->set, i);
        const struct plan_step *sync =
            plan_sync_find(worker->plan, source->schema, source->table, set->column);
        if (!sync || strcmp(sync->new, set->column) != 0)
            return source->where;
    }
    const struct plan_set *first = g_ptr_array_index(source->set, 0);
    g_autofree char *target = db_ident(first->column);
    g_autofree char *quoted = g_strdup_printf("%s IS NULL", target);
    g_autofree char *bare = g_strdup_printf("%s IS NULL", first->column);
    gboolean usual = strcmp(source->where, quoted) == 0 || strcmp(source->where, bare) == 0;
    return usual ? "true" : source->where;
}

/* What a comparison finds different, from the same side as the backfill. */
static char *repair_set(const struct worker *worker, const struct plan_step *step,
                        const struct key_sql *key, const char *keys)
{
    const struct plan_step *source = batches_source(worker, step);
    g_autofree char *table = db_qualified(source->schema, source->table);
    g_autoptr(GPtrArray) changes = changes_of(worker, step);
    g_autofree char *differs = compared_sql(worker, step, key, changes);
    g_autofree char *set = assignments(changes);
    return g_strdup_printf("changed AS (UPDATE %s SET %s WHERE %s AND (%s\n) AND (%s) RETURNING "
                           "NULL::pg_catalog.text AS k)",
                           table, set, keys, repaired_where(worker, source), differs);
}

/* verify: changes nothing; its rows are the keys that differ, for people. */
static char *change_compare(const struct worker *worker, const struct plan_step *step,
                            const struct key_sql *key, const char *keys)
{
    const struct plan_step *source = batches_source(worker, step);
    g_autofree char *table = db_qualified(source->schema, source->table);
    g_autoptr(GPtrArray) changes = changes_of(worker, step);
    g_autofree char *differs = compared_sql(worker, step, key, changes);
    return g_strdup_printf("changed AS (SELECT %s AS k FROM %s WHERE %s AND (%s\n) AND (%s))",
                           key->people, table, keys, step->where ? step->where : "true", differs);
}

char *batches_change_sql(const struct worker *worker, const struct plan_step *step,
                         const struct key_sql *key, const char *keys)
{
    const struct plan_step *source = batches_source(worker, step);
    if (step->kind == KIND_VERIFY && source->into) {
        g_autofree char *not_left = not_left_sql(worker, step, key);
        g_autofree char *compared =
            not_left ? g_strdup_printf("%s AND %s", keys, not_left) : g_strdup(keys);
        return worker->batches.repairing ? batches_repair_into(worker, step, key, compared)
                                         : batches_compare_into(worker, step, key, compared);
    }
    if (step->kind == KIND_VERIFY)
        return worker->batches.repairing ? repair_set(worker, step, key, keys)
                                         : change_compare(worker, step, key, keys);
    if (step->into)
        return worker->batches.undo ? batches_refill_old(worker, step, key, keys)
                                    : batches_fill_into(worker, step, keys);
    return step->sql ? batches_statement(step, key, keys) : change_set(worker, step, key, keys);
}
