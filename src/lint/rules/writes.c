/* Scripts that change rows, or do what nobody can see. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

/* A condition that names no key: NULL tests, and AND, OR, NOT of them. */
static gboolean is_only_null_test(JsonNode *node)
{
    JsonObject *fields;
    const char *type = node ? tree_type(node, &fields) : NULL;
    if (!type)
        return FALSE;
    if (strcmp(type, "NullTest") == 0 || strcmp(type, "BooleanTest") == 0)
        return TRUE;
    JsonArray *arguments = strcmp(type, "BoolExpr") == 0 ? tree_array(fields, "args") : NULL;
    for (guint i = 0; arguments && i < json_array_get_length(arguments); i++)
        if (!is_only_null_test(json_array_get_element(arguments, i)))
            return FALSE;
    return arguments != NULL;
}

static gboolean is_copy(const struct statement *statement)
{
    JsonObject *select = NULL;
    JsonNode *node = json_object_get_member(statement->tree.fields, "selectStmt");
    return statement_is(statement, "InsertStmt") && node && tree_type(node, &select) &&
           tree_array(select, "fromClause") && !json_object_has_member(select, "whereClause") &&
           !json_object_has_member(select, "limitCount");
}

static void check_bulk(struct lint_run *run, const struct statement *statement)
{
    JsonNode *where = json_object_get_member(statement->tree.fields, "whereClause");
    if (statement_is_whole(&statement->tree))
        lint_say(
            run, LINT_ERROR, "B08", statement, 0,
            "every row in one transaction: each is locked to its end, replicas lag behind it, and "
            "a failure begins anew; a backfill step does it in paced batches and goes on where it "
            "stopped");
    else if ((!statement_is(statement, "InsertStmt") && is_only_null_test(where)) ||
             is_copy(statement) || statement_is(statement, "MergeStmt"))
        lint_say(run, LINT_WARNING, "B08", statement, 0,
                 "most of a large table in one transaction, with every row locked to its end: a "
                 "backfill "
                 "step does it in paced batches and goes on where it stopped");
}

/* Two assignments to one column: the server refuses it, when it is too late. */
static void check_twice(struct lint_run *run, const struct statement *statement)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    JsonArray *targets = statement_is(statement, "UpdateStmt")
                             ? tree_array(statement->tree.fields, "targetList")
                             : NULL;
    for (guint i = 0; targets && i < json_array_get_length(targets); i++) {
        JsonObject *target;
        if (!tree_type(json_array_get_element(targets, i), &target) ||
            tree_array(target, "indirection"))
            continue;
        const char *name = tree_text(target, "name");
        if (!g_hash_table_add(seen, (gpointer)name))
            lint_say(run, LINT_ERROR, "S08", statement, statement_location(target),
                     "\"%s\" is assigned twice, which the server refuses: once", name);
    }
}

static void check_statement(struct lint_run *run, const struct statement *statement)
{
    check_twice(run, statement);
    if (!statement->on_new && (!statement->step || statement_is_whole(&statement->tree)))
        check_bulk(run, statement);
    if (statement->step)
        return;
    if (statement_is(statement, "DoStmt") || statement_is(statement, "CallStmt") ||
        statement_is(statement, "ExecuteStmt"))
        lint_say(
            run, LINT_WARNING, "S07", statement, 0,
            "what this runs cannot be seen here, nor which locks it takes: plain statements, each "
            "by itself");
}

const struct lint_rule lint_rule_writes = {
    .ids = "B08, S07, S08",
    .summary = "rows change in batches, and where they can be seen",
    .check_statement = check_statement,
};
