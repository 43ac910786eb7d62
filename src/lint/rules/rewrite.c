/* Statements that write the whole table anew, or may. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

#include "lint/functions-private.h"

struct rewrite {
    struct lint_run *run;
    const struct statement *statement;
};

static void volatile_see(const char *name, JsonNode *value, gpointer data)
{
    if (strcmp(name, "FuncCall") != 0 || !JSON_NODE_HOLDS_OBJECT(value))
        return;
    JsonArray *names = tree_array(json_node_get_object(value), "funcname");
    enum function_trait trait = function_trait(tree_last_name(names));
    if (trait == FUNCTION_VOLATILE || trait == FUNCTION_WRITES)
        *(gboolean *)data = TRUE;
}

/* A constraint of a new column that gives each row another value. */
static gboolean differs_by_row(JsonObject *constraint)
{
    const char *kind = tree_text(constraint, "contype");
    gboolean differs =
        strcmp(kind, "CONSTR_IDENTITY") == 0 || strcmp(kind, "CONSTR_GENERATED") == 0;
    JsonNode *value = json_object_get_member(constraint, "raw_expr");
    if (strcmp(kind, "CONSTR_DEFAULT") == 0 && value)
        tree_walk(value, volatile_see, &differs);
    return differs;
}

static void column_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    const struct rewrite *rewrite = data;
    JsonArray *type = tree_array(tree_object(column, "typeName"), "names");
    if (!column ||
        (constraint ? !differs_by_row(constraint) : !type_is_serial(tree_last_name(type))))
        return;
    lint_say(rewrite->run, LINT_GRAVE, "L05", rewrite->statement, statement_location(column),
             "a new column whose value differs by row rewrites the table under an exclusive lock: "
             "add it plain (add_column) and fill it by a backfill");
}

static void command_see(const char *subtype, JsonObject *command, const char *type,
                        JsonObject *definition, gpointer data)
{
    static const char *const moves[] = {"AT_SetLogged", "AT_SetUnLogged", "AT_SetAccessMethod",
                                        "AT_SetTableSpace", NULL};
    const struct rewrite *rewrite = data;
    (void)command;
    (void)type;
    if (strcmp(subtype, "AT_AlterColumnType") == 0)
        lint_say(rewrite->run, LINT_GRAVE, "L05", rewrite->statement,
                 statement_location(definition),
                 "a new type may rewrite the table and its indexes under an exclusive lock, and "
                 "running code meets it at once: a new column, kept in step (recipe change-type)");
    if (g_strv_contains(moves, subtype))
        lint_say(
            rewrite->run, LINT_GRAVE, "L05", rewrite->statement, 0,
            "the whole relation is written anew under an exclusive lock: a new table, filled by "
            "a backfill with `into:`, or pg_repack");
}

static void check_statement(struct lint_run *run, const struct statement *statement)
{
    struct rewrite rewrite = {run, statement};
    if (statement->on_new)
        return;
    if (!statement_is(statement, "CreateStmt"))
        statement_parts(statement, column_see, &rewrite);
    statement_commands(statement, command_see, &rewrite);
    if (statement_is(statement, "AlterTableMoveAllStmt"))
        lint_say(run, LINT_GRAVE, "L05", statement, 0,
                 "every table of the tablespace is written anew under an exclusive lock: move them "
                 "one by one, by pg_repack");
}

const struct lint_rule lint_rule_rewrite = {
    .ids = "L05",
    .summary = "no table is written anew while the application waits",
    .check_statement = check_statement,
};
