/* Names and session state: what a script relies on without saying so. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

#include "lint/text-private.h"

static void check_long(struct lint_run *run, const struct statement *statement)
{
    gsize length = strlen(statement->sql), at = text_long_name(statement->sql, length, 0);
    if (at < length)
        lint_say(
            run, LINT_GRAVE, "P05", statement, (int)at,
            "a name of more than 63 bytes is cut off silently, and may then be one that is there "
            "already: a shorter one");
}

static void advisory_see(const char *name, JsonNode *value, gpointer data)
{
    if (strcmp(name, "FuncCall") != 0 || !JSON_NODE_HOLDS_OBJECT(value))
        return;
    const char *function = tree_last_name(tree_array(json_node_get_object(value), "funcname"));
    if (g_str_has_prefix(function, "pg_advisory_lock") ||
        g_str_has_prefix(function, "pg_try_advisory_lock"))
        *(gboolean *)data = TRUE;
}

/* Through a pooler in transaction mode the next transaction has another session. */
static void check_session(struct lint_run *run, const struct statement *statement)
{
    static const char *const kept[] = {"ListenStmt", "PrepareStmt", "DeclareCursorStmt", NULL};
    static const char *const risky[] = {"role", "session_authorization", "session_replication_role",
                                        NULL};
    JsonObject *fields = statement->tree.fields;
    gboolean advisory = FALSE;
    tree_walk(json_parser_get_root(statement->tree.parser), advisory_see, &advisory);
    gboolean set = statement_is(statement, "VariableSetStmt") && !tree_flag(fields, "is_local") &&
                   strcmp(tree_text(fields, "kind"), "VAR_SET_VALUE") == 0;
    if (set && statement->block)
        lint_say(
            run, LINT_WARNING, "P07", statement, 0,
            "SET outlasts the transaction, and behind a pooler somebody else's next one runs under "
            "it: SET LOCAL");
    else if (set && g_strv_contains(risky, tree_text(fields, "name")))
        lint_say(
            run, LINT_WARNING, "P07", statement, 0,
            "this outlasts the statement, and behind a pooler somebody else's next one runs under "
            "it: SET LOCAL in a transaction");
    if (advisory || (g_strv_contains(kept, statement->tree.type) &&
                     !(statement_is(statement, "DeclareCursorStmt") && statement->block)))
        lint_say(
            run, LINT_WARNING, "P07", statement, 0,
            "this belongs to a session, and behind a pooler in transaction mode the next statement "
            "has another one: pg_advisory_xact_lock, or a direct connection");
}

static gboolean is_guarded(const struct statement *statement)
{
    JsonObject *fields = statement->tree.fields;
    return tree_flag(fields, "if_not_exists") || tree_flag(fields, "missing_ok") ||
           tree_flag(fields, "replace");
}

static void guarded_see(const char *subtype, JsonObject *command, const char *type,
                        JsonObject *definition, gpointer data)
{
    static const char *const once[] = {"AT_AddColumn", "AT_DropColumn", "AT_DropConstraint", NULL};
    (void)type;
    (void)definition;
    if (g_strv_contains(once, subtype) && !tree_flag(command, "missing_ok"))
        *(gboolean *)data = TRUE;
}

/* What fails when it is run a second time, and can be told not to. */
static gboolean is_fragile(const struct statement *statement)
{
    static const char *const makes[] = {"CreateStmt",          "CreateSeqStmt", "CreateSchemaStmt",
                                        "CreateExtensionStmt", "DropStmt",      NULL};
    gboolean fragile = FALSE;
    if (!statement->parsed || statement->block)
        return FALSE;
    if (g_strv_contains(makes, statement->tree.type))
        return !is_guarded(statement);
    statement_commands(statement, guarded_see, &fragile);
    return fragile;
}

static gboolean makes_relation(const struct statement *statement)
{
    static const char *const kinds[] = {"CreateStmt", "AlterTableStmt", "IndexStmt",
                                        "UpdateStmt", "DeleteStmt",     "TruncateStmt",
                                        "DropStmt",   "RenameStmt",     NULL};
    return statement->parsed && g_strv_contains(kinds, statement->tree.type);
}

/* Once a file: one answer cures all. */
static void check_script(struct lint_run *run)
{
    const struct statement *bare = NULL, *fragile = NULL;
    int changes = 0;
    for (guint i = 0; i < run->statements->len; i++) {
        const struct statement *statement = g_ptr_array_index(run->statements, i);
        if (!bare && makes_relation(statement) && statement->table &&
            !strchr(statement->table, '.'))
            bare = statement;
        if (!fragile && is_fragile(statement))
            fragile = statement;
        changes += makes_relation(statement) && !statement->block;
    }
    if (bare && !run->script->pins_schema)
        lint_say(
            run, LINT_WARNING, "P04", bare, 0,
            "\"%s\" is whichever the search_path of the session finds first: write schema.%s, or "
            "SET search_path in front (a plan's `schema:` is pinned)",
            bare->table, bare->table);
    if (fragile && changes > 1)
        lint_say(run, LINT_WARNING, "P06", fragile, 0,
                 "when the file fails half-way it cannot be run again, for this would fail then: "
                 "IF [NOT] "
                 "EXISTS, or one transaction (a plan goes on where it stopped)");
}

static void check_statement(struct lint_run *run, const struct statement *statement)
{
    check_long(run, statement);
    if (!statement->step)
        check_session(run, statement);
}

const struct lint_rule lint_rule_names = {
    .ids = "P04, P05, P06, P07",
    .summary = "scripts mean the same in each session, and the second time",
    .check_statement = check_statement,
    .check_script = check_script,
};
