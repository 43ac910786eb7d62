/* Backfills: paced, able to tell what is done, and nothing lost on the way. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

static const struct plan_place nowhere;

static gboolean expression_walk(const char *expression, tree_visit *visit, gpointer data)
{
    struct tree tree;
    g_autofree char *sql = g_strconcat("SELECT ", expression, NULL);
    if (!tree_init(&tree, sql, 0, NULL)) /* the expression rule says why */
        return FALSE;
    tree_walk(json_parser_get_root(tree.parser), visit, data);
    tree_clear(&tree);
    return TRUE;
}

/* A condition that names no target stays true of what is done: rows are written again after each
 * interruption of a run that begins anew, with everything that their triggers do. */
static void check_progress(struct lint_run *run, const struct plan_step *step)
{
    if (!step->where || step->set->len == 0 || step->into)
        return;
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        if (lint_mentions(step->where, set->column) != LINT_NO_MENTION)
            return;
    }
    if (run->plan->user_triggers_fire)
        lint_warn(
            run, "B05", step, step->at_where,
            "\"where\" names no column that is filled, and user_triggers fire: a row done twice "
            "is audited and sent twice; add \"… IS NULL\" or \"… IS DISTINCT FROM …\"");
    else
        lint_warn(
            run, "B02", step, step->at_where,
            "\"where\" names no column that is filled: it cannot tell rows that are done; add "
            "\"… IS NULL\" or \"… IS DISTINCT FROM …\"");
}

static void lossy_see(const char *name, JsonNode *value, gpointer data)
{
    static const char *const functions[] = {
        "substr",  "substring",  "left",  "right", "round", "trunc", "floor", "ceil",
        "ceiling", "date_trunc", "lower", "upper", "btrim", "ltrim", "rtrim", NULL};
    static const char *const types[] = {"int2",   "int4", "int8",   "date", "bool",
                                        "float4", "time", "bpchar", NULL};
    const char **what = data;
    JsonObject *fields = JSON_NODE_HOLDS_OBJECT(value) ? json_node_get_object(value) : NULL;
    if (!fields || *what)
        return;
    if (strcmp(name, "CaseExpr") == 0 && !json_object_has_member(fields, "defresult"))
        *what = "CASE without ELSE";
    if (strcmp(name, "FuncCall") == 0) {
        const char *function = tree_last_name(tree_array(fields, "funcname"));
        for (gsize i = 0; functions[i]; i++)
            if (strcmp(functions[i], function) == 0)
                *what = functions[i];
    }
    if (strcmp(name, "TypeCast") == 0) {
        JsonObject *type = tree_object(fields, "typeName");
        const char *last = tree_last_name(tree_array(type, "names"));
        for (gsize i = 0; types[i]; i++)
            if (strcmp(types[i], last) == 0)
                *what = types[i];
        if (tree_array(type, "typmods"))
            *what = "a cast to a limited type";
    }
}

static gboolean is_asked_before(const struct lint_run *run, const struct plan_step *step)
{
    if (plan_is_unsure(run->plan, KIND_CHECK))
        return TRUE;
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(run->plan->steps, i);
        if (other == step)
            return FALSE;
        if (other->kind == KIND_CHECK)
            return TRUE;
    }
    return FALSE;
}

static void check_lossy(struct lint_run *run, const struct plan_step *step)
{
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        const char *what = NULL;
        expression_walk(set->expression, lossy_see, &what);
        if (what && !is_asked_before(run, step))
            lint_warn(run, "B14", step, set->at,
                      "%s may lose or refuse values, and verify computes the same loss: count them "
                      "first by a check step with expect: 0 (recipe change-type)",
                      what);
    }
}

static void check_pace(struct lint_run *run, const struct plan_step *step)
{
    if (step->rest <= 0 && step->rate <= 0)
        lint_warn(
            run, "B19", step, nowhere,
            "rest 0 without a rate: nothing leaves the application, replicas and vacuum any room; "
            "rest: 1.0, or a rate");
}

/* An index that stands before the rows are filled makes each batch write all of them anew. */
static void say_not_hot(struct lint_run *run, const struct plan_step *index, struct plan_place at,
                        const char *column)
{
    lint_warn(run, "B06", index, at,
              "an index on \"%s\" before it is filled: no update of the backfill is HOT, and every "
              "index of the table grows with it; build it behind the backfill",
              column);
}

static gboolean index_names(const struct statement *made, const char *column)
{
    JsonArray *elements = tree_array(made->tree.fields, "indexParams");
    for (guint i = 0; elements && i < json_array_get_length(elements); i++) {
        JsonObject *element;
        if (tree_type(json_array_get_element(elements, i), &element) &&
            strcmp(tree_text(element, "name"), column) == 0)
            return TRUE;
    }
    return FALSE;
}

static void check_hot(struct lint_run *run, const struct plan_step *step)
{
    for (guint i = 0; i < run->statements->len; i++) {
        const struct statement *made = g_ptr_array_index(run->statements, i);
        if (!statement_is(made, "IndexStmt") || !statement_same(made->table, step->table) ||
            made->step->line > step->line)
            continue;
        for (guint j = 0; j < step->set->len; j++) {
            const struct plan_set *set = g_ptr_array_index(step->set, j);
            if (index_names(made, set->column))
                say_not_hot(run, made->step, made->step->at_sql, set->column);
        }
    }
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *made = g_ptr_array_index(run->plan->steps, i);
        if (made == step)
            break;
        if (made->kind != KIND_INDEX || !made->columns || !statement_same(made->table, step->table))
            continue;
        for (guint j = 0; j < step->set->len; j++) {
            const struct plan_set *set = g_ptr_array_index(step->set, j);
            if (g_strv_contains((const char *const *)made->columns, set->column))
                say_not_hot(run, made, nowhere, set->column);
        }
    }
}

/* Readers that switch to a column without statistics get plans made for an empty one. */
static void check_analyzed(struct lint_run *run, const struct plan_step *step)
{
    gboolean behind = FALSE, switches = FALSE;
    const char *filled = step->into ? step->into : step->table;
    if (!filled || plan_is_unsure(run->plan, KIND_ANALYZE))
        return;
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(run->plan->steps, i);
        behind = behind || other == step;
        if (behind && other->kind == KIND_ANALYZE && statement_same(other->table, filled))
            return;
        switches = switches || other->phase == PHASE_SWITCH_READS;
    }
    if (switches)
        lint_warn(
            run, "B20", step, nowhere,
            "\"%s\" is not analyzed behind this: readers that switch meet plans made for empty "
            "columns; an analyze step behind it",
            filled);
}

struct generated {
    const struct plan_step *step;
    const char *found;
};

static void generated_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    struct generated *generated = data;
    const struct plan_step *step = generated->step;
    const char *name = tree_text(column, "colname");
    if (!column || !constraint || strcmp(tree_text(constraint, "generated_when"), "a") != 0)
        return;
    if (g_strcmp0(step->old, name) == 0 || g_strcmp0(step->new, name) == 0)
        generated->found = name;
    for (guint i = 0; !step->into && step->set && i < step->set->len; i++)
        if (g_strcmp0(((struct plan_set *)g_ptr_array_index(step->set, i))->column, name) == 0)
            generated->found = name;
}

static void check_generated(struct lint_run *run, const struct plan_step *step)
{
    for (guint i = 0; i < run->statements->len; i++) {
        const struct statement *made = g_ptr_array_index(run->statements, i);
        struct generated generated = {step, NULL};
        if (!statement_same(made->table, step->table))
            continue;
        statement_parts(made, generated_see, &generated);
        if (generated.found)
            lint_error(
                run, "C14", step, nowhere,
                "\"%s\" is GENERATED ALWAYS, and nothing may be assigned to it: a plain column, "
                "filled by sync and backfill",
                generated.found);
    }
}

static void check_step(struct lint_run *run, const struct plan_step *step)
{
    if (step->kind == KIND_SYNC || step->kind == KIND_BACKFILL)
        check_generated(run, step);
    if (step->kind != KIND_BACKFILL)
        return;
    check_analyzed(run, step);
    check_progress(run, step);
    check_lossy(run, step);
    check_pace(run, step);
    if (!step->into)
        check_hot(run, step);
}

const struct lint_rule lint_rule_backfill = {
    .ids = "B02, B05, B06, B14, B19, B20, C14",
    .summary = "backfills are paced, know what is done, and lose nothing",
    .check_step = check_step,
};
