/* Somebody watches: guards are on where the plan works on a table for long. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

static gboolean is_replication(const struct plan_guard *guard)
{
    return g_str_has_prefix(guard->kind, "replication_") || strcmp(guard->kind, "slot_wal") == 0;
}

static gboolean is_lock(const struct plan_guard *guard)
{
    return g_str_has_prefix(guard->kind, "lock_");
}

/* TRUE: there are such guards, and each of them is off. `last` gets one of them. */
static gboolean all_off(const struct plan *plan, gboolean (*test)(const struct plan_guard *),
                        const struct plan_guard **last)
{
    guint off = 0, on = 0;
    for (guint i = 0; i < plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(plan->guards, i);
        if (test && !test(guard))
            continue;
        off += guard->off != NULL;
        on += guard->off == NULL;
        if (guard->off)
            *last = guard;
    }
    return off > 0 && on == 0;
}

static void check_plan(struct lint_run *run)
{
    const struct plan_guard *last = NULL;
    gboolean works = FALSE;
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(run->plan->steps, i);
        works = works || step->kind == KIND_BACKFILL;
    }
    if (all_off(run->plan, NULL, &last)) {
        lint_error(
            run, "P15", NULL, last->at,
            "every guard is off: nothing would stop this but you; leave on at least those of "
            "replication and locks");
        return;
    }
    if (works && all_off(run->plan, is_replication, &last))
        lint_warn(
            run, "P15", NULL, last->at,
            "no guard watches replication while a backfill writes: its replicas fall behind until "
            "somebody reads old data, or the disk is full");
    if (all_off(run->plan, is_lock, &last))
        lint_warn(run, "P15", NULL, last->at,
                  "no guard watches locks: sessions that wait for us are found by their users");
}

const struct lint_rule lint_rule_guards = {
    .ids = "P15",
    .summary = "guards are on",
    .check_plan = check_plan,
};
