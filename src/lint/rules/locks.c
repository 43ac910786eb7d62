/* sql steps that hold a table longer than a moment: whole-table work under a lock that the
 * application waits for. Warnings, because only the table's size tells whether it matters. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

#include "lint/functions-private.h"
#include "lint/tree-private.h"

struct locks {
    struct lint_run *run;
    const struct plan_step *step;
};

static void warn(const struct locks *locks, const char *id, const char *text)
{
    lint_warn(locks->run, id, locks->step, locks->step->at_sql, "%s", text);
}

static void volatile_see(const char *name, JsonNode *value, gpointer data)
{
    if (strcmp(name, "FuncCall") != 0 || !JSON_NODE_HOLDS_OBJECT(value))
        return;
    JsonArray *names = tree_array(json_node_get_object(value), "funcname");
    enum function_trait trait = function_trait(tree_last_name(names));
    if (trait == FUNCTION_VOLATILE || trait == FUNCTION_WRITES)
        *(gboolean *)data = TRUE;
}

static const char rewrite[] = "a new column whose value differs by row rewrites the table under an "
                              "exclusive lock: add it plain and fill it by a backfill";

/* What one constraint of a new column costs; NULL: nothing. */
static const char *column_cost(const char *kind, JsonObject *constraint)
{
    gboolean rewrites =
        strcmp(kind, "CONSTR_IDENTITY") == 0 || strcmp(kind, "CONSTR_GENERATED") == 0;
    if (strcmp(kind, "CONSTR_DEFAULT") == 0) {
        JsonNode *expression = json_object_get_member(constraint, "raw_expr");
        if (expression)
            tree_walk(expression, volatile_see, &rewrites);
    }
    return rewrites ? rewrite : NULL;
}

static void column_see(const struct locks *locks, JsonObject *column)
{
    JsonArray *constraints = tree_array(column, "constraints");
    JsonArray *type = tree_array(tree_object(column, "typeName"), "names");
    gboolean not_null = FALSE, valued = FALSE;
    if (type_is_serial(tree_last_name(type)))
        warn(locks, "L05", rewrite);
    for (guint i = 0; constraints && i < json_array_get_length(constraints); i++) {
        JsonObject *constraint;
        tree_type(json_array_get_element(constraints, i), &constraint);
        const char *kind = tree_text(constraint, "contype");
        const char *cost = column_cost(kind, constraint);
        if (cost)
            warn(locks, "L05", cost);
        not_null = not_null || strcmp(kind, "CONSTR_NOTNULL") == 0;
        valued = valued || (strcmp(kind, "CONSTR_NOTNULL") != 0);
    }
    if (not_null && !valued)
        warn(locks, "C02",
             "a NOT NULL column without a default: code that does not know it cannot "
             "insert any more");
}

static void constraint_see(const struct locks *locks, JsonObject *constraint)
{
    const char *kind = tree_text(constraint, "contype");
    gboolean scans = strcmp(kind, "CONSTR_CHECK") == 0 || strcmp(kind, "CONSTR_FOREIGN") == 0;
    gboolean builds = strcmp(kind, "CONSTR_UNIQUE") == 0 || strcmp(kind, "CONSTR_PRIMARY") == 0;
    if (scans && !tree_flag(constraint, "skip_validation"))
        warn(locks, "L06",
             "the whole table is read under a lock that stops writes: add it NOT "
             "VALID, and VALIDATE it in a step of its own");
    if (builds && !*tree_text(constraint, "indexname"))
        warn(locks, "L06",
             "an index is built under an exclusive lock: build it CONCURRENTLY, then "
             "ADD … USING INDEX");
    if (strcmp(kind, "CONSTR_EXCLUSION") == 0)
        warn(locks, "L06", "an index is built under an exclusive lock");
}

static void command_see(const struct locks *locks, JsonObject *command)
{
    const char *subtype = tree_text(command, "subtype");
    JsonObject *definition = NULL;
    JsonNode *node = json_object_get_member(command, "def");
    const char *type = node ? tree_type(node, &definition) : NULL;
    if (strcmp(subtype, "AT_AddColumn") == 0 && g_strcmp0(type, "ColumnDef") == 0)
        column_see(locks, definition);
    else if (strcmp(subtype, "AT_AddConstraint") == 0 && g_strcmp0(type, "Constraint") == 0)
        constraint_see(locks, definition);
    else if (strcmp(subtype, "AT_AlterColumnType") == 0)
        warn(locks, "L05", "a new type may rewrite the table under an exclusive lock");
    else if (strcmp(subtype, "AT_SetNotNull") == 0)
        warn(locks, "L06",
             "the whole table is read under an exclusive lock unless a valid check "
             "proves it: use a not_null step");
}

static void statement_see(const struct locks *locks, const struct tree *tree)
{
    gboolean concurrent = tree_flag(tree->fields, "concurrent") ||
                          tree_has_option(tree_array(tree->fields, "params"), "concurrently");
    gboolean drops_index = strcmp(tree->type, "DropStmt") == 0 &&
                           strcmp(tree_text(tree->fields, "removeType"), "OBJECT_INDEX") == 0;
    gboolean indexes = strcmp(tree->type, "IndexStmt") == 0 || drops_index ||
                       strcmp(tree->type, "ReindexStmt") == 0 ||
                       strcmp(tree->type, "RefreshMatViewStmt") == 0;
    if (indexes && !concurrent)
        warn(locks, "L07", "without CONCURRENTLY the application waits for it");
    if (strcmp(tree->type, "ClusterStmt") == 0 ||
        tree_has_option(tree_array(tree->fields, "options"), "full"))
        warn(locks, "L12", "the table is rewritten under an exclusive lock");
    JsonArray *commands =
        strcmp(tree->type, "AlterTableStmt") == 0 ? tree_array(tree->fields, "cmds") : NULL;
    for (guint i = 0; commands && i < json_array_get_length(commands); i++) {
        JsonObject *command;
        tree_type(json_array_get_element(commands, i), &command);
        command_see(locks, command);
    }
}

/* What the plan lets the application wait for us. */
static void check_waits(struct lint_run *run, const struct plan_step *step)
{
    static const struct plan_place nowhere;
    if (step->lock_timeout_us >= G_USEC_PER_SEC)
        lint_warn(run, "L02", step, nowhere,
                  "lock_timeout of a second and more: each try may stop the application for so "
                  "long, and in a deadlock it may be the application that fails");
    if (step->batch.target_us > G_USEC_PER_SEC / 2)
        lint_warn(
            run, "B09", step, nowhere,
            "batch target above 500ms: the application waits so long for the rows of a batch");
}

static void check_step(struct lint_run *run, const struct plan_step *step)
{
    struct tree tree;
    struct locks locks = {run, step};
    check_waits(run, step);
    if (step->kind != KIND_SQL || !step->sql || !tree_init(&tree, step->sql, 0, NULL))
        return;
    statement_see(&locks, &tree);
    tree_clear(&tree);
}

const struct lint_rule lint_rule_locks = {
    .ids = "B09, C02, L02, L05, L06, L07, L12",
    .summary = "whole-table work under a lock that the application waits for",
    .check_step = check_step,
};
