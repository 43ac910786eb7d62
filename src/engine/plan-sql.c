/* A loaded plan taken apart for people, by the same functions that the engine acts by. */
#include "config.h"
#include "pgrollout/engine/plan-sql.h"

#include <string.h>

#include "guard-private.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/units.h"
#include "pgrollout/engine/steps.h"
#include "pgrollout/plan/reader.h"

static void part_free(void *data)
{
    struct plan_sql_part *part = data;
    g_free(part->sql);
    g_free(part);
}

static void step_free(void *data)
{
    struct plan_sql_step *step = data;
    char *texts[] = {step->name,      step->phase,   step->kind, step->title,
                     step->does,      step->locks,   step->undo, step->loses,
                     step->gate_text, step->reverse, step->batch};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_ptr_array_unref(step->parts);
    g_ptr_array_unref(step->undo_parts);
    g_free(step);
}

static void guard_sql_free(void *data)
{
    struct plan_sql_guard *guard = data;
    g_free(guard->name);
    g_free(guard->kind);
    g_free(guard->settings);
    g_free(guard->query);
    g_free(guard);
}

void plan_sql_free(struct plan_sql *plan)
{
    if (!plan)
        return;
    g_free(plan->text);
    g_ptr_array_unref(plan->steps);
    g_ptr_array_unref(plan->guards);
    g_free(plan);
}

static char *part_text(const struct step_stage *stage)
{
    if (stage->how == STAGE_CATALOG)
        return g_strdup_printf("pgrollout.%s(%s)", stage->what, stage->sql);
    return g_strdup(stage->sql ? stage->sql : "");
}

static GPtrArray *parts_of(const struct plan *plan, const struct plan_step *step, gboolean undo)
{
    static const char *const hows[] = {
        [STAGE_DDL] = "in one transaction with its record, lock waits cut short and tried again",
        [STAGE_LOOSE] = "by itself, outside a transaction",
        [STAGE_CATALOG] = "the statements that this asks the catalog for, until none is left",
        [STAGE_FIND] = "looks for rows that would fail, a few seconds long",
        [STAGE_PASS] = "lets the time pass",
    };
    g_autoptr(GPtrArray) stages = step_stages(plan, step, undo);
    GPtrArray *parts = g_ptr_array_new_with_free_func(part_free);
    for (guint i = 0; i < stages->len; i++) {
        const struct step_stage *stage = stages->pdata[i];
        struct plan_sql_part *part = g_new0(struct plan_sql_part, 1);
        *part = (struct plan_sql_part){hows[stage->how], part_text(stage)};
        g_ptr_array_add(parts, part);
    }
    return parts;
}

static char *batch_text(const struct plan_step *step)
{
    if (step->kind != KIND_BACKFILL)
        return NULL;
    g_autofree char *target = duration_format(step->batch.target_us);
    g_autofree char *rest = number_format(step->rest);
    return g_strdup_printf("%d rows at first (%d to %d), aiming at %s each, rest %s x its time",
                           step->batch.start, step->batch.min, step->batch.max, target, rest);
}

static struct plan_sql_step *step_of(const struct plan *plan, const struct plan_step *step)
{
    struct step_text text;
    step_describe(plan, step, &text);
    struct plan_sql_step *out = g_new0(struct plan_sql_step, 1);
    *out = (struct plan_sql_step){
        .name = g_strdup(step->name),
        .phase = g_strdup(plan_phase_name(step->phase)),
        .kind = g_strdup(plan_kind_name(step->kind)),
        .title = g_steal_pointer(&text.title),
        .does = g_steal_pointer(&text.does),
        .locks = g_steal_pointer(&text.locks),
        .undo = g_steal_pointer(&text.undo),
        .loses = g_steal_pointer(&text.loses),
        .gate_text = g_steal_pointer(&text.gate_text),
        .reverse = g_steal_pointer(&text.reverse_text),
        .batch = batch_text(step),
        .irreversible = text.irreversible,
        .parts = parts_of(plan, step, FALSE),
        .undo_parts = parts_of(plan, step, TRUE),
    };
    step_text_clear(&text);
    return out;
}

static struct plan_sql_guard *guard_of(const struct plan_guard *guard)
{
    const struct guard_class *class = guard_class_find(guard->kind);
    struct plan_sql_guard *out = g_new0(struct plan_sql_guard, 1);
    *out = (struct plan_sql_guard){
        .name = g_strdup(guard->name),
        .kind = g_strdup(guard->kind),
        .help = class ? class->help : "",
        .settings = plan_guard_format(guard),
        .query = g_strdup(guard->query),
        .samples = guard->samples,
        .clears_after = GUARD_CLEAR_SAMPLES,
        .latched = plan_guard_latched(guard),
    };
    return out;
}

static void first_finding(const GPtrArray *findings, GError **error)
{
    for (guint i = 0; i < findings->len; i++) {
        const struct plan_finding *finding = findings->pdata[i];
        if (finding->warning)
            continue;
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "line %d: %s", finding->line, finding->text);
        return;
    }
    rollout_fail(error, ROLLOUT_ERROR_PLAN, "it is no plan");
}

struct plan_sql *plan_sql_new(const char *text, GError **error)
{
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    struct plan *plan = plan_parse(text, strlen(text), "plan", findings);
    if (!plan) {
        first_finding(findings, error);
        return NULL;
    }
    struct plan_sql *out = g_new0(struct plan_sql, 1);
    out->text = g_strdup(text);
    out->steps = g_ptr_array_new_with_free_func(step_free);
    out->guards = g_ptr_array_new_with_free_func(guard_sql_free);
    for (guint i = 0; i < plan->steps->len; i++)
        g_ptr_array_add(out->steps, step_of(plan, plan->steps->pdata[i]));
    for (guint i = 0; i < plan->guards->len; i++)
        g_ptr_array_add(out->guards, guard_of(plan->guards->pdata[i]));
    plan_free(plan);
    return out;
}

const struct plan_sql_step *plan_sql_step_find(const struct plan_sql *plan, const char *name)
{
    for (guint i = 0; plan && i < plan->steps->len; i++) {
        const struct plan_sql_step *step = plan->steps->pdata[i];
        if (g_strcmp0(step->name, name) == 0)
            return step;
    }
    return NULL;
}

const struct plan_sql_guard *plan_sql_guard_find(const struct plan_sql *plan, const char *name)
{
    for (guint i = 0; plan && i < plan->guards->len; i++) {
        const struct plan_sql_guard *guard = plan->guards->pdata[i];
        if (g_strcmp0(guard->name, name) == 0)
            return guard;
    }
    return NULL;
}

char *plan_sql_file(const char *path, GError **error)
{
    GByteArray *bytes = plan_file_read(path, error);
    if (!bytes)
        return NULL;
    char *text = (char *)g_byte_array_free(bytes, FALSE);
    if (g_utf8_validate(text, -1, NULL))
        return text;
    g_free(text);
    rollout_fail(error, ROLLOUT_ERROR_PLAN, "it is not text in UTF-8");
    return NULL;
}
