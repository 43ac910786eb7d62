/* Which lock a statement takes on a table that others use. What is not known counts as the
 * strongest. */
#include "config.h"
#include "lint/statement-private.h"

#include <string.h>

struct lock_row {
    const char *name;
    enum statement_lock lock;
};

/* AlterTableGetLockLevel of the server; what is missing here is AccessExclusive there. */
static const struct lock_row commands[] = {
    {"AT_ValidateConstraint", STATEMENT_LOCK_ASIDE},
    {"AT_SetStatistics", STATEMENT_LOCK_ASIDE},
    {"AT_SetOptions", STATEMENT_LOCK_ASIDE},
    {"AT_ResetOptions", STATEMENT_LOCK_ASIDE},
    {"AT_ClusterOn", STATEMENT_LOCK_ASIDE},
    {"AT_DropCluster", STATEMENT_LOCK_ASIDE},
    {"AT_AttachPartition",
     STATEMENT_LOCK_WRITES}, /* the parent lets all pass, the new part nobody */
    {"AT_DetachPartitionFinalize", STATEMENT_LOCK_ASIDE},
    {"AT_EnableTrig", STATEMENT_LOCK_WRITES},
    {"AT_EnableAlwaysTrig", STATEMENT_LOCK_WRITES},
    {"AT_EnableReplicaTrig", STATEMENT_LOCK_WRITES},
    {"AT_EnableTrigAll", STATEMENT_LOCK_WRITES},
    {"AT_EnableTrigUser", STATEMENT_LOCK_WRITES},
    {"AT_DisableTrig", STATEMENT_LOCK_WRITES},
    {"AT_DisableTrigAll", STATEMENT_LOCK_WRITES},
    {"AT_DisableTrigUser", STATEMENT_LOCK_WRITES},
};

static const struct lock_row statements[] = {
    {"VacuumStmt", STATEMENT_LOCK_ASIDE},
    {"CommentStmt", STATEMENT_LOCK_ASIDE},
    {"CreateStatsStmt", STATEMENT_LOCK_ASIDE},
    {"CreateTrigStmt", STATEMENT_LOCK_WRITES},
    {"CreatePolicyStmt", STATEMENT_LOCK_ALL},
    {"AlterPolicyStmt", STATEMENT_LOCK_ALL},
    {"RuleStmt", STATEMENT_LOCK_ALL},
    {"TruncateStmt", STATEMENT_LOCK_ALL},
    {"ClusterStmt", STATEMENT_LOCK_ALL},
    {"RenameStmt", STATEMENT_LOCK_ALL},
    {"AlterObjectSchemaStmt", STATEMENT_LOCK_ALL},
    {"AlterTableMoveAllStmt", STATEMENT_LOCK_ALL},
    {"LockStmt", STATEMENT_LOCK_ALL},
};

static const char *const aside_options[] = {"fillfactor",         "parallel_workers",
                                            "toast_tuple_target", "vacuum_index_cleanup",
                                            "vacuum_truncate",    "log_autovacuum_min_duration",
                                            "deduplicate_items",  NULL};

static gboolean options_are_aside(JsonObject *command)
{
    JsonObject *definition;
    JsonNode *node = json_object_get_member(command, "def");
    JsonArray *items =
        node && tree_type(node, &definition) ? tree_array(definition, "items") : NULL;
    for (guint i = 0; items && i < json_array_get_length(items); i++) {
        JsonObject *option;
        if (!tree_type(json_array_get_element(items, i), &option))
            return FALSE;
        const char *name = tree_text(option, "defname");
        if (!g_strv_contains(aside_options, name) && !g_str_has_prefix(name, "autovacuum_"))
            return FALSE;
    }
    return items != NULL;
}

struct strongest {
    gboolean index;
    enum statement_lock lock;
};

static enum statement_lock command_lock(const char *subtype, JsonObject *command,
                                        JsonObject *definition)
{
    if (strcmp(subtype, "AT_AddConstraint") == 0 &&
        strcmp(tree_text(definition, "contype"), "CONSTR_FOREIGN") == 0)
        return STATEMENT_LOCK_WRITES;
    if (strcmp(subtype, "AT_DetachPartition") == 0 && tree_flag(definition, "concurrent"))
        return STATEMENT_LOCK_ASIDE;
    if (strcmp(subtype, "AT_SetRelOptions") == 0 || strcmp(subtype, "AT_ResetRelOptions") == 0)
        return options_are_aside(command) ? STATEMENT_LOCK_ASIDE : STATEMENT_LOCK_ALL;
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strcmp(commands[i].name, subtype) == 0)
            return commands[i].lock;
    return STATEMENT_LOCK_ALL;
}

static enum statement_lock alter_lock(JsonObject *fields)
{
    static const char *const relations[] = {"OBJECT_TABLE", "OBJECT_INDEX", "OBJECT_MATVIEW", NULL};
    enum statement_lock strongest = STATEMENT_LOCK_NONE;
    JsonArray *list = tree_array(fields, "cmds");
    if (!g_strv_contains(relations, tree_text(fields, "objtype")))
        return STATEMENT_LOCK_NONE;
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonObject *command, *definition = NULL;
        if (!tree_type(json_array_get_element(list, i), &command))
            return STATEMENT_LOCK_ALL;
        JsonNode *node = json_object_get_member(command, "def");
        if (node)
            tree_type(node, &definition);
        enum statement_lock lock = command_lock(tree_text(command, "subtype"), command, definition);
        strongest = MAX(strongest, lock);
    }
    return strongest;
}

static enum statement_lock drop_lock(JsonObject *fields)
{
    static const char *const of_tables[] = {"OBJECT_TABLE",   "OBJECT_INDEX",  "OBJECT_TRIGGER",
                                            "OBJECT_POLICY",  "OBJECT_RULE",   "OBJECT_VIEW",
                                            "OBJECT_MATVIEW", "OBJECT_SCHEMA", NULL};
    if (tree_flag(fields, "concurrent"))
        return STATEMENT_LOCK_ASIDE;
    return g_strv_contains(of_tables, tree_text(fields, "removeType")) ? STATEMENT_LOCK_ALL
                                                                       : STATEMENT_LOCK_NONE;
}

static enum statement_lock reindex_lock(JsonObject *fields)
{
    return tree_has_option(tree_array(fields, "params"), "concurrently") ? STATEMENT_LOCK_ASIDE
                                                                         : STATEMENT_LOCK_ALL;
}

/* A table that is made together with a reference, or as a partition, locks the other one. */
static void reference_see(const char *name, JsonNode *value, gpointer data)
{
    (void)value;
    if (strcmp(name, "pktable") == 0)
        *(enum statement_lock *)data = MAX(*(enum statement_lock *)data, STATEMENT_LOCK_WRITES);
    else if (strcmp(name, "partbound") == 0)
        *(enum statement_lock *)data = STATEMENT_LOCK_ALL;
}

enum statement_lock tree_lock(const struct tree *tree)
{
    enum statement_lock lock = STATEMENT_LOCK_NONE;
    if (strcmp(tree->type, "AlterTableStmt") == 0)
        return alter_lock(tree->fields);
    if (strcmp(tree->type, "DropStmt") == 0)
        return drop_lock(tree->fields);
    if (strcmp(tree->type, "ReindexStmt") == 0)
        return reindex_lock(tree->fields);
    if (strcmp(tree->type, "IndexStmt") == 0)
        return tree_flag(tree->fields, "concurrent") ? STATEMENT_LOCK_ASIDE : STATEMENT_LOCK_WRITES;
    if (strcmp(tree->type, "RefreshMatViewStmt") == 0)
        return tree_flag(tree->fields, "concurrent") ? STATEMENT_LOCK_WRITES : STATEMENT_LOCK_ALL;
    if (strcmp(tree->type, "VacuumStmt") == 0 &&
        tree_has_option(tree_array(tree->fields, "options"), "full"))
        return STATEMENT_LOCK_ALL;
    if (strcmp(tree->type, "RenameStmt") == 0 && !tree_object(tree->fields, "relation"))
        return STATEMENT_LOCK_NONE;
    if (strcmp(tree->type, "RenameStmt") == 0 &&
        strcmp(tree_text(tree->fields, "renameType"), "OBJECT_INDEX") == 0)
        return STATEMENT_LOCK_ASIDE;
    if (strcmp(tree->type, "CreateStmt") == 0) {
        tree_walk(json_parser_get_root(tree->parser), reference_see, &lock);
        return lock;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(statements); i++)
        if (strcmp(statements[i].name, tree->type) == 0)
            return statements[i].lock;
    return STATEMENT_LOCK_NONE;
}
