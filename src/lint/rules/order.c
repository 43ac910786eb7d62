/* What a plan should hold so that each phase can rely on the one before. */
#include "config.h"
#include "lint/rules-private.h"

#include "pgrollout/base/nearest.h"

static const struct plan_place nowhere;

/* A column that the plan adds or keeps in step and whose name is much like this one; or NULL. */
static const char *column_nearest(const struct lint_run *run, const struct plan_step *step,
                                  const char *column)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(run->plan->steps, i);
        if (g_strcmp0(other->schema, step->schema) != 0 ||
            g_strcmp0(other->table, step->table) != 0)
            continue;
        if (other->kind == KIND_ADD_COLUMN && other->col)
            g_ptr_array_add(known, other->col);
        if (other->kind == KIND_SYNC && other->new)
            g_ptr_array_add(known, other->new);
    }
    const char *nearest = word_nearest(column, (const char *const *)known->pdata, known->len);
    return g_strcmp0(nearest, column) == 0 ? NULL : nearest;
}

static void check_stale(struct lint_run *run, const struct plan_step *step,
                        const struct plan_set *set)
{
    const char *nearest = column_nearest(run, step, set->column);
    if (nearest)
        lint_warn(run, "B15", step, set->at, "nothing adds or syncs \"%s\": did you mean \"%s\"?",
                  set->column, nearest);
    else
        lint_warn(run, "B15", step, set->at,
                  "no sync keeps \"%s\" right while the application writes: rows changed after "
                  "their batch stay stale",
                  set->column);
}

/* Somebody has said before that every release writes the column itself. */
static gboolean is_deployed(const struct plan *plan, const struct plan_step *backfill)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step == backfill)
            break;
        if (step->phase == PHASE_DEPLOY &&
            (step->kind == KIND_CONFIRM || step->kind == KIND_NO_SESSIONS))
            return TRUE;
    }
    return FALSE;
}

/* The sync of a table with another one. */
static gboolean is_synced_into(const struct lint_run *run, const struct plan_step *step)
{
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *sync = g_ptr_array_index(run->plan->steps, i);
        if (sync->kind == KIND_SYNC && g_strcmp0(sync->into, step->into) == 0 &&
            g_strcmp0(sync->into_schema, step->into_schema) == 0)
            return TRUE;
    }
    return FALSE;
}

static void check_into(struct lint_run *run, const struct plan_step *step)
{
    if (!is_synced_into(run, step))
        lint_warn(
            run, "B15", step, nowhere,
            "no sync keeps \"%s\" right while the application writes: rows changed after their "
            "batch stay stale",
            step->into);
}

static void check_backfill(struct lint_run *run, const struct plan_step *step)
{
    gboolean synced =
        !step->table || plan_is_unsure(run->plan, KIND_SYNC) || is_deployed(run->plan, step);
    gboolean verified = plan_is_unsure(run->plan, KIND_VERIFY);
    if (step->into && !synced)
        check_into(run, step);
    /* a statement of the plan's own cannot be compared with anything */
    verified = verified || step->sql;
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        if (!synced && !step->into &&
            !plan_sync_find(run->plan, step->schema, step->table, set->column))
            check_stale(run, step, set);
    }
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(run->plan->steps, i);
        verified =
            verified || (other->kind == KIND_VERIFY && g_strcmp0(other->of, step->name) == 0);
    }
    if (!verified)
        lint_warn(run, "B17", step, nowhere, "nothing verifies backfill \"%s\"", step->name);
}

static void check_sync(struct lint_run *run, const struct plan_step *step)
{
    if (step->table && step->new && !plan_is_unsure(run->plan, KIND_BACKFILL) &&
        !lint_backfill_find(run->plan, step, step->new))
        lint_warn(run, "B18", step, nowhere,
                  "no backfill of \"%s\": rows that nobody writes keep it empty", step->new);
    for (guint i = 0; step->into && i < run->plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(run->plan->steps, i);
        if (other->kind == KIND_BACKFILL && g_strcmp0(other->into, step->into) == 0)
            return;
    }
    if (step->into && !plan_is_unsure(run->plan, KIND_BACKFILL))
        lint_warn(run, "B18", step, nowhere,
                  "no backfill into \"%s\": rows that nobody writes are missing there", step->into);
}

static gboolean only_looks(const struct plan_step *step)
{
    static const enum plan_kind looks[] = {
        KIND_CHECK,       KIND_VERIFY, KIND_CONFIRM,           KIND_SOAK,
        KIND_NO_SESSIONS, KIND_UNUSED, KIND_REPLICAS_CAUGHT_UP};
    for (gsize i = 0; i < G_N_ELEMENTS(looks); i++)
        if (step->kind == looks[i])
            return TRUE;
    return FALSE;
}

/* Contract has begun with the first step that does something; until then the word of a person that it
 * may is valid for an hour (engine design, "Phases"). */
static void check_wait(struct lint_run *run, const struct plan_step *step)
{
    if (step->phase != PHASE_CONTRACT || step->phase_unsure || !only_looks(step) ||
        step->for_us <= 3600 * (gint64)G_USEC_PER_SEC)
        return;
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *before = g_ptr_array_index(run->plan->steps, i);
        if (before == step)
            break;
        if (before->phase == PHASE_CONTRACT && !only_looks(before))
            return;
    }
    lint_error(run, "C20", step, nowhere,
               "it waits for more than an hour, and after an hour contract has to be confirmed "
               "anew: it would never end; put it into stop_old_writes");
}

static void check_step(struct lint_run *run, const struct plan_step *step)
{
    check_wait(run, step);
    if (step->kind == KIND_BACKFILL)
        check_backfill(run, step);
    if (step->kind == KIND_SYNC)
        check_sync(run, step);
    if (step->kind == KIND_DROP_SYNC)
        lint_warn(run, "C17", step, nowhere,
                  "without the sync the way back is closed: drop_column takes it along");
    if (step->kind == KIND_SQL && step->irreversible && !step->phase_unsure &&
        step->phase != PHASE_CONTRACT)
        lint_warn(run, "P01", step, nowhere,
                  "irreversible before contract: from here on abort cannot restore the schema");
}

/* Gates at which somebody, or something that looks, can say no. */
static gboolean asks(const struct plan_step *step)
{
    static const enum plan_kind gates[] = {KIND_CONFIRM, KIND_CHECK, KIND_NO_SESSIONS, KIND_UNUSED,
                                           KIND_BROWN_OUT};
    for (gsize i = 0; i < G_N_ELEMENTS(gates); i++)
        if (step->kind == gates[i])
            return TRUE;
    return FALSE;
}

/* The new one of a pair: an index of the same table that the plan builds. */
static gboolean is_replaced(const struct lint_run *run, const struct plan_step *dropped)
{
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(run->plan->steps, i);
        if (step == dropped)
            break;
        if (step->kind == KIND_INDEX && g_strcmp0(step->table, dropped->table) == 0)
            return TRUE;
    }
    return FALSE;
}

/* What the step takes away and nobody asked about; NULL: nothing. */
static const char *unasked(const struct lint_run *run, const struct plan_step *step)
{
    if (step->kind == KIND_DROP_COLUMN)
        return step->col;
    if (step->kind == KIND_DROP_TABLE)
        return step->table;
    if (step->kind == KIND_DROP_INDEX && !is_replaced(run, step))
        return step->object;
    return NULL;
}

/* Somebody, or some query, must have said that it is no longer needed. */
static void check_contract(struct lint_run *run)
{
    gboolean asked = plan_is_unsure(run->plan, KIND_CONFIRM) ||
                     plan_is_unsure(run->plan, KIND_CHECK) ||
                     plan_is_unsure(run->plan, KIND_UNUSED);
    for (guint i = 0; i < run->plan->steps->len && !asked; i++) {
        const struct plan_step *step = g_ptr_array_index(run->plan->steps, i);
        const char *what = unasked(run, step);
        asked = asks(step);
        if (what) {
            lint_warn(
                run, "P02", step, nowhere,
                "nothing before this asks whether \"%s\" is still used: an unused step, or at "
                "least a confirm or a check",
                what);
            return;
        }
    }
}

const struct lint_rule lint_rule_order = {
    .ids = "B15, B17, B18, C17, C20, P01, P02",
    .summary = "each phase can rely on the one before",
    .check_step = check_step,
    .check_plan = check_contract,
};
