/* What a statement takes away: data, objects, rights, rows of row security, replication. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

struct drop {
    struct lint_run *run;
    const struct statement *statement;
};

/* In a plan the class of the statement decides; a script may say that it is for contract. */
static gboolean is_judged(const struct lint_run *run)
{
    return run->script && run->script->phase != PHASE_CONTRACT;
}

static gboolean is_contract(const struct drop *drop)
{
    const struct plan_step *step = drop->statement->step;
    return (step ? step->phase : drop->run->script->phase) == PHASE_CONTRACT;
}

static void say(const struct drop *drop, const char *text)
{
    if (is_judged(drop->run))
        lint_say(drop->run, LINT_ERROR, "C06", drop->statement, 0, "%s", text);
}

static void cascades(const struct drop *drop, JsonObject *fields)
{
    if (strcmp(tree_text(fields, "behavior"), "DROP_CASCADE") == 0)
        lint_say(
            drop->run, LINT_GRAVE, "C08", drop->statement, 0,
            "CASCADE takes along views, keys and rows that nobody has named: drop each of them by "
            "name, when nothing uses it");
}

static void constraint_name_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    gpointer *pair = data;
    (void)column;
    if (constraint && g_strcmp0(tree_text(constraint, "conname"), pair[0]) == 0)
        pair[1] = pair[0];
}

/* A check that the script itself added as a proof for NOT NULL goes again. */
static gboolean is_own_constraint(const struct drop *drop, const char *name)
{
    gpointer pair[2] = {(gpointer)name, NULL};
    for (guint i = 0; i < drop->run->statements->len; i++) {
        const struct statement *earlier = g_ptr_array_index(drop->run->statements, i);
        if (earlier->ordinal < drop->statement->ordinal)
            statement_parts(earlier, constraint_name_see, pair);
    }
    return pair[1] != NULL;
}

static void security_see(const struct drop *drop, const char *subtype, JsonObject *definition)
{
    static const char *const security[] = {"AT_EnableRowSecurity", "AT_DisableRowSecurity",
                                           "AT_ForceRowSecurity", "AT_NoForceRowSecurity", NULL};
    if (g_strv_contains(security, subtype))
        lint_say(
            drop->run, LINT_WARNING, "C13", drop->statement, 0,
            "running code sees other rows from now on, through views those of the view's owner: "
            "first the policies and roles, tried with each application's own");
    if (strcmp(subtype, "AT_ReplicaIdentity") == 0 &&
        strcmp(tree_text(definition, "identity_type"), "n") == 0)
        lint_say(
            drop->run, LINT_WARNING, "C11", drop->statement, 0,
            "subscribers find rows by the replica identity: without a full key their UPDATE and "
            "DELETE fail; a unique index first, then REPLICA IDENTITY USING INDEX");
    if (strcmp(subtype, "AT_EnableAlwaysTrig") == 0 || strcmp(subtype, "AT_EnableReplicaTrig") == 0)
        lint_say(drop->run, LINT_WARNING, "C15", drop->statement, 0,
                 "the trigger now fires for replicated rows as well, which it may have fired for "
                 "already: only where the publisher does not run it");
    if (strcmp(subtype, "AT_ChangeOwner") == 0)
        lint_say(
            drop->run, LINT_WARNING, "C12", drop->statement, 0,
            "who owns it decides whose rights views and row security use: grant first what each "
            "application needs, then change the owner");
}

static void command_see(const char *subtype, JsonObject *command, const char *type,
                        JsonObject *definition, gpointer data)
{
    static const char *const switches[] = {"AT_DisableTrig", "AT_DisableTrigAll",
                                           "AT_DisableTrigUser", "AT_DisableRule", NULL};
    const struct drop *drop = data;
    (void)type;
    if (strcmp(subtype, "AT_DropColumn") == 0) {
        say(drop,
            "running code that names the column, and prepared SELECT *, fail at once: the last "
            "step of a plan, behind unused and gates (recipe drop-column)");
        cascades(drop, command);
    }
    if (strcmp(subtype, "AT_DropConstraint") == 0 &&
        !is_own_constraint(drop, tree_text(command, "name"))) {
        say(drop,
            "what the constraint promised to running code is gone, and ON CONFLICT may name it: "
            "in contract (a drop_constraint step)");
        cascades(drop, command);
    }
    if (g_strv_contains(switches, subtype))
        say(drop, "what it did for running code is no longer done, and nobody will notice: in "
                  "contract, and drop it there");
    security_see(drop, subtype, definition);
}

static const char *drop_text(const char *what)
{
    if (strcmp(what, "OBJECT_TABLE") == 0)
        return "running code that names the table fails at once, and its rows do not come back: "
               "the "
               "last step of a plan, behind unused and gates (a drop_table step)";
    if (strcmp(what, "OBJECT_INDEX") == 0)
        return "the queries that it serves turn into scans of the whole table: in contract, when "
               "nothing uses it (a drop_index step)";
    return "running code may still use it: in contract, when nothing does";
}

/* DROP TRIGGER … and CREATE TRIGGER … of the same name only replace it. */
static void remade_see(const char *name, JsonNode *value, gpointer data)
{
    static const char *const names[] = {"trigname", "policy_name", "relname", "sval", NULL};
    gpointer *pair = data;
    if (g_strv_contains(names, name) && JSON_NODE_HOLDS_VALUE(value) &&
        g_strcmp0(json_node_get_string(value), pair[0]) == 0)
        pair[1] = pair[0];
}

static gboolean is_remade(const struct drop *drop)
{
    static const char *const made[] = {"CreateTrigStmt",     "CreatePolicyStmt", "ViewStmt",
                                       "CreateFunctionStmt", "RuleStmt",         NULL};
    JsonArray *objects = tree_array(drop->statement->tree.fields, "objects");
    JsonObject *list;
    const char *type = objects ? tree_type(json_array_get_element(objects, 0), &list) : NULL;
    const char *name = !type ? ""
                       : strcmp(type, "ObjectWithArgs") == 0
                           ? tree_last_name(tree_array(list, "objname"))
                           : tree_last_name(tree_array(list, "items"));
    gpointer pair[2] = {(gpointer)name, NULL};
    for (guint i = 0; *name && i < drop->run->statements->len; i++) {
        const struct statement *later = g_ptr_array_index(drop->run->statements, i);
        if (later->ordinal > drop->statement->ordinal && later->parsed &&
            later->block == drop->statement->block && g_strv_contains(made, later->tree.type))
            tree_walk(json_parser_get_root(later->tree.parser), remade_see, pair);
    }
    return pair[1] != NULL;
}

static void check_rights(const struct drop *drop)
{
    static const char *const owners[] = {"AlterOwnerStmt", "ReassignOwnedStmt", "DropOwnedStmt",
                                         NULL};
    const struct statement *statement = drop->statement;
    if (statement_is(statement, "GrantStmt") && !is_contract(drop) &&
        !tree_flag(statement->tree.fields, "is_grant"))
        lint_say(
            drop->run, LINT_WARNING, "C12", statement, 0,
            "an application that still needs the right fails at once: in contract, when each has "
            "been seen to run without it");
    if (g_strv_contains(owners, statement->tree.type))
        lint_say(
            drop->run, LINT_WARNING, "C12", statement, 0,
            "who owns it decides whose rights views and row security use: grant first what each "
            "application needs, then change the owner");
    if (statement_is(statement, "AlterPolicyStmt"))
        lint_say(
            drop->run, LINT_WARNING, "C13", statement, 0,
            "running code sees other rows from now on: try it with each application's own role "
            "first");
}

static void check_replication(const struct drop *drop)
{
    const struct statement *statement = drop->statement;
    JsonObject *fields = statement->tree.fields;
    if (statement_is(statement, "AlterPublicationStmt") &&
        strcmp(tree_text(fields, "action"), "AP_AddObjects") != 0)
        lint_say(
            drop->run, LINT_WARNING, "C15", statement, 0,
            "subscribers silently get nothing more of what is left out: change them first, and "
            "name each as an application with `slot:`");
    if (statement_is(statement, "CreatePublicationStmt") && tree_flag(fields, "for_all_tables"))
        lint_say(
            drop->run, LINT_WARNING, "C15", statement, 0,
            "FOR ALL TABLES publishes each new table, and stops UPDATE and DELETE of those without "
            "a key: name the tables");
    if (statement_is(statement, "DropSubscriptionStmt") ||
        statement_is(statement, "AlterSubscriptionStmt"))
        lint_say(
            drop->run, LINT_WARNING, "C15", statement, 0,
            "the publisher keeps WAL for a slot that nobody reads until its disk is full: look at "
            "pg_replication_slots there");
}

static void check_statement(struct lint_run *run, const struct statement *statement)
{
    static const char *const whole[] = {"DropOwnedStmt",        "DropdbStmt",
                                        "DropTableSpaceStmt",   "DropUserMappingStmt",
                                        "DropSubscriptionStmt", NULL};
    struct drop drop = {run, statement};
    JsonObject *fields = statement->tree.fields;
    check_rights(&drop);
    check_replication(&drop);
    if (statement->on_new)
        return;
    statement_commands(statement, command_see, &drop);
    if (statement_is(statement, "DropStmt") && !is_remade(&drop)) {
        say(&drop, drop_text(tree_text(fields, "removeType")));
        cascades(&drop, fields);
    }
    if (statement_is(statement, "TruncateStmt")) {
        say(&drop,
            "every row goes, under an exclusive lock, and does not come back: in contract, or a "
            "paced DELETE");
        cascades(&drop, fields);
    }
    if (g_strv_contains(whole, statement->tree.type))
        say(&drop, "what it takes away does not come back, and running code may need it");
}

const struct lint_rule lint_rule_drops = {
    .ids = "C06, C08, C11, C12, C13, C15",
    .summary = "what is taken away is no longer needed",
    .check_statement = check_statement,
};
