/* Plans as data: names of phases and kinds, looking things up, freeing. */
#include "config.h"
#include "plan/kinds-private.h"

#include <string.h>

static const char *const phase_names[PHASE_COUNT] = {
    [PHASE_EXPAND] = "expand",
    [PHASE_DEPLOY] = "deploy",
    [PHASE_BACKFILL] = "backfill",
    [PHASE_SWITCH_READS] = "switch_reads",
    [PHASE_STOP_OLD_WRITES] = "stop_old_writes",
    [PHASE_CONTRACT] = "contract",
};

static const char *const kind_names[KIND_COUNT] = {
    [KIND_SQL] = "sql",
    [KIND_ADD_COLUMN] = "add_column",
    [KIND_SYNC] = "sync",
    [KIND_DROP_SYNC] = "drop_sync",
    [KIND_BACKFILL] = "backfill",
    [KIND_VERIFY] = "verify",
    [KIND_NOT_NULL] = "not_null",
    [KIND_ANALYZE] = "analyze",
    [KIND_CHECK] = "check",
    [KIND_CONFIRM] = "confirm",
    [KIND_DROP_COLUMN] = "drop_column",
    [KIND_ADD_TABLE] = "add_table",
    [KIND_INDEX] = "index",
    [KIND_CONSTRAINT] = "constraint",
    [KIND_DROP_NOT_NULL] = "drop_not_null",
    [KIND_NO_SESSIONS] = "no_sessions",
    [KIND_UNUSED] = "unused",
    [KIND_SOAK] = "soak",
    [KIND_REPLICAS_CAUGHT_UP] = "replicas_caught_up",
    [KIND_BROWN_OUT] = "brown_out",
    [KIND_DROP_TABLE] = "drop_table",
    [KIND_DROP_INDEX] = "drop_index",
    [KIND_DROP_CONSTRAINT] = "drop_constraint",
    [KIND_ADD_VIEW] = "add_view",
    [KIND_RENAME_TABLE] = "rename_table",
};

const char *plan_phase_name(enum plan_phase phase)
{
    g_return_val_if_fail(phase < PHASE_COUNT, NULL);
    return phase_names[phase];
}

enum plan_phase plan_phase_parse(const char *name)
{
    enum plan_phase phase = PHASE_EXPAND;
    while (phase < PHASE_COUNT && strcmp(phase_names[phase], name) != 0)
        phase++;
    return phase;
}

const char *plan_kind_name(enum plan_kind kind)
{
    g_return_val_if_fail(kind < KIND_COUNT, NULL);
    return kind_names[kind];
}

struct plan_step *plan_step_find(const struct plan *plan, const char *name)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (g_strcmp0(step->name, name) == 0)
            return step;
    }
    return NULL;
}

struct plan_step *plan_sync_find(const struct plan *plan, const char *schema, const char *table,
                                 const char *column)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step->kind == KIND_SYNC && !step->into && g_strcmp0(step->schema, schema) == 0 &&
            g_strcmp0(step->table, table) == 0 &&
            (g_strcmp0(step->old, column) == 0 || g_strcmp0(step->new, column) == 0))
            return step;
    }
    return NULL;
}

struct plan_step *plan_sync_across_find(const struct plan *plan, const struct plan_step *step)
{
    for (guint i = 0; step->into && i < plan->steps->len; i++) {
        struct plan_step *other = g_ptr_array_index(plan->steps, i);
        if (other->kind == KIND_SYNC && other->into && g_strcmp0(other->into, step->into) == 0 &&
            g_strcmp0(other->into_schema, step->into_schema) == 0 &&
            g_strcmp0(other->schema, step->schema) == 0 &&
            g_strcmp0(other->table, step->table) == 0)
            return other;
    }
    return NULL;
}

static void set_free(gpointer data)
{
    struct plan_set *set = data;
    g_free(set->def);
    g_free(set->column);
    g_free(set->expression);
    g_free(set);
}

static void step_free(gpointer data)
{
    struct plan_step *step = data;
    char *texts[] = {step->name,        step->schema,      step->table,       step->col,
                     step->type,        step->def,         step->old,         step->new,
                     step->up,          step->down,        step->where,       step->of,
                     step->old_default, step->new_default, step->sql,         step->undo,
                     step->expect,      step->text,        step->into_schema, step->into,
                     step->object,      step->method,      step->check,       step->on_delete,
                     step->application, step->sessions};
    char **lists[] = {step->each,        step->columns,    step->include,
                      step->constraints, step->references, step->except};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
        g_strfreev(lists[i]);
    g_ptr_array_unref(step->set);
    g_ptr_array_unref(step->key);
    g_free(step);
}

static void application_free(gpointer data)
{
    struct plan_application *application = data;
    g_free(application->name);
    g_free(application->sessions);
    g_free(application->release);
    g_free(application->slot);
    g_free(application->role);
    for (int release = 0; release < RELEASE_COUNT; release++) {
        g_ptr_array_unref(application->statements[release]);
        g_free(application->command[release].text);
    }
    g_free(application);
}

static void statement_free(gpointer data)
{
    struct plan_statement *statement = data;
    g_free(statement->sql);
    g_strfreev(statement->params);
    g_free(statement);
}

/* From the first addition until nobody reads the old any more; from when it is there until the end. */
static const struct plan_works works_default[RELEASE_COUNT] = {
    [RELEASE_OLD] = {PHASE_EXPAND, PHASE_SWITCH_READS},
    [RELEASE_NEW] = {PHASE_DEPLOY, PHASE_CONTRACT},
    [RELEASE_BOTH] = {PHASE_EXPAND, PHASE_CONTRACT},
};

struct plan_application *plan_application_add(struct plan *plan, const char *name)
{
    struct plan_application *application = g_new0(struct plan_application, 1);
    application->name = g_strdup(name);
    for (int release = 0; release < RELEASE_COUNT; release++) {
        application->statements[release] = g_ptr_array_new_with_free_func(statement_free);
        application->works[release] = works_default[release];
    }
    g_ptr_array_add(plan->applications, application);
    return application;
}

struct plan_statement *plan_statement_add(GPtrArray *statements, struct plan_place at)
{
    struct plan_statement *statement = g_new0(struct plan_statement, 1);
    statement->at = at;
    g_ptr_array_add(statements, statement);
    return statement;
}

const char *plan_release_name(enum plan_release release)
{
    static const char *const names[RELEASE_COUNT] = {"old", "new", "both"};
    return names[release];
}

static void guard_free(gpointer data)
{
    struct plan_guard *guard = data;
    g_free(guard->name);
    g_free(guard->kind);
    g_free(guard->off);
    g_strfreev(guard->except);
    g_free(guard->query);
    g_free(guard->probe);
    g_free(guard->window.zone);
    g_free(guard);
}

struct plan *plan_new(void)
{
    struct plan *plan = g_new0(struct plan, 1);
    plan->applications = g_ptr_array_new_with_free_func(application_free);
    plan->steps = g_ptr_array_new_with_free_func(step_free);
    plan->guards = g_ptr_array_new_with_free_func(guard_free);
    return plan;
}

struct plan_step *plan_step_add(struct plan *plan)
{
    struct plan_step *step = g_new0(struct plan_step, 1);
    step->set = g_ptr_array_new_with_free_func(set_free);
    step->key = g_ptr_array_new_with_free_func(set_free);
    g_ptr_array_add(plan->steps, step);
    return step;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    char *texts[] = {plan->name,   plan->title, plan->owner, plan->contact, plan->ticket,
                     plan->schema, plan->role,  plan->text,  plan->sha256};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_ptr_array_unref(plan->applications);
    g_ptr_array_unref(plan->steps);
    g_ptr_array_unref(plan->guards);
    g_free(plan);
}

gboolean plan_is_unsure(const struct plan *plan, enum plan_kind kind)
{
    return (plan->unsure & 1U << kind) != 0;
}

void plan_set_add(GPtrArray *set_list, char *column, char *expression, struct plan_place at)
{
    struct plan_set *set = g_new0(struct plan_set, 1);
    set->column = column;
    set->expression = expression;
    set->at = at;
    g_ptr_array_add(set_list, set);
}
