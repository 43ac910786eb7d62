/* Statement classes: what a statement may do to code that runs beside it. Whatever is not known is
 * refused. */
#include "config.h"
#include "pgrollout/lint/lint.h"

#include <string.h>

#include "lint/functions-private.h"
#include "lint/tree-private.h"
#include "pgrollout/base/error.h"

struct class_row {
    const char *name;
    enum sql_class class;
    const char *why; /* forbidden: the reason */
};

#define SESSION "it changes the session that the engine works in"
#define CONTROL "transactions are the engine's own affair"
#define CLUSTER "it reaches beyond this database"
#define HIDDEN "what it runs cannot be seen in the statement"
#define CLIENT "it needs a client that the engine is not"

static const struct class_row statements[] = {
    {"InsertStmt", SQL_WRITE, NULL},
    {"UpdateStmt", SQL_WRITE, NULL},
    {"DeleteStmt", SQL_WRITE, NULL},
    {"MergeStmt", SQL_WRITE, NULL},
    {"VariableShowStmt", SQL_READ, NULL},
    {"AlterDatabaseSetStmt", SQL_FORBIDDEN, CLUSTER},
    {"AlterDatabaseStmt", SQL_FORBIDDEN, CLUSTER},
    {"AlterEventTrigStmt", SQL_DESTRUCTIVE, NULL},
    {"AlterExtensionContentsStmt", SQL_DESTRUCTIVE, NULL},
    {"AlterExtensionStmt", SQL_DESTRUCTIVE, NULL},
    {"AlterObjectSchemaStmt", SQL_DESTRUCTIVE, NULL},
    {"AlterOwnerStmt", SQL_DESTRUCTIVE, NULL},
    {"AlterPolicyStmt", SQL_DESTRUCTIVE, NULL},
    {"AlterPublicationStmt", SQL_DESTRUCTIVE, NULL},
    {"AlterRoleSetStmt", SQL_FORBIDDEN, CLUSTER},
    {"AlterRoleStmt", SQL_FORBIDDEN, CLUSTER},
    {"AlterSeqStmt", SQL_DESTRUCTIVE, NULL},
    {"AlterStatsStmt", SQL_ADDITIVE, NULL},
    {"AlterSystemStmt", SQL_FORBIDDEN, CLUSTER},
    {"AlterTypeStmt", SQL_DESTRUCTIVE, NULL},
    {"CallStmt", SQL_FORBIDDEN, HIDDEN},
    {"CheckPointStmt", SQL_FORBIDDEN, CLUSTER},
    {"ClosePortalStmt", SQL_FORBIDDEN, SESSION},
    {"ClusterStmt", SQL_DESTRUCTIVE, NULL},
    {"CommentStmt", SQL_ADDITIVE, NULL},
    {"CompositeTypeStmt", SQL_ADDITIVE, NULL},
    {"ConstraintsSetStmt", SQL_FORBIDDEN, CONTROL},
    {"CreateAmStmt", SQL_ADDITIVE, NULL},
    {"CreateCastStmt", SQL_ADDITIVE, NULL},
    {"CreateConversionStmt", SQL_ADDITIVE, NULL},
    {"CreateDomainStmt", SQL_ADDITIVE, NULL},
    {"CreateEnumStmt", SQL_ADDITIVE, NULL},
    {"CreateEventTrigStmt", SQL_ADDITIVE, NULL},
    {"CreateExtensionStmt", SQL_ADDITIVE, NULL},
    {"CreateFdwStmt", SQL_ADDITIVE, NULL},
    {"CreateForeignServerStmt", SQL_ADDITIVE, NULL},
    {"CreateForeignTableStmt", SQL_ADDITIVE, NULL},
    {"CreateFunctionStmt", SQL_ADDITIVE, NULL},
    {"CreateOpClassStmt", SQL_ADDITIVE, NULL},
    {"CreateOpFamilyStmt", SQL_ADDITIVE, NULL},
    {"CreatePLangStmt", SQL_ADDITIVE, NULL},
    {"CreatePublicationStmt", SQL_ADDITIVE, NULL},
    {"CreateRangeStmt", SQL_ADDITIVE, NULL},
    {"CreateRoleStmt", SQL_FORBIDDEN, CLUSTER},
    {"CreateSchemaStmt", SQL_ADDITIVE, NULL},
    {"CreateSeqStmt", SQL_ADDITIVE, NULL},
    {"CreateStatsStmt", SQL_ADDITIVE, NULL},
    {"CreateStmt", SQL_ADDITIVE, NULL},
    {"CreateSubscriptionStmt", SQL_FORBIDDEN, CLUSTER},
    {"CreateTableAsStmt", SQL_ADDITIVE, NULL},
    {"CreateTableSpaceStmt", SQL_FORBIDDEN, CLUSTER},
    {"CreateTransformStmt", SQL_ADDITIVE, NULL},
    {"CreateTrigStmt", SQL_ADDITIVE, NULL},
    {"CreateUserMappingStmt", SQL_ADDITIVE, NULL},
    {"CreatedbStmt", SQL_FORBIDDEN, CLUSTER},
    {"DeallocateStmt", SQL_FORBIDDEN, SESSION},
    {"DeclareCursorStmt", SQL_FORBIDDEN, SESSION},
    {"DefineStmt", SQL_ADDITIVE, NULL},
    {"DiscardStmt", SQL_FORBIDDEN, SESSION},
    {"DoStmt", SQL_FORBIDDEN, HIDDEN},
    {"DropOwnedStmt", SQL_DESTRUCTIVE, NULL},
    {"DropRoleStmt", SQL_FORBIDDEN, CLUSTER},
    {"DropStmt", SQL_DESTRUCTIVE, NULL},
    {"DropSubscriptionStmt", SQL_FORBIDDEN, CLUSTER},
    {"DropTableSpaceStmt", SQL_FORBIDDEN, CLUSTER},
    {"DropUserMappingStmt", SQL_DESTRUCTIVE, NULL},
    {"DropdbStmt", SQL_FORBIDDEN, CLUSTER},
    {"ExecuteStmt", SQL_FORBIDDEN, HIDDEN},
    {"FetchStmt", SQL_FORBIDDEN, SESSION},
    {"ImportForeignSchemaStmt", SQL_ADDITIVE, NULL},
    {"IndexStmt", SQL_ADDITIVE, NULL},
    {"ListenStmt", SQL_FORBIDDEN, SESSION},
    {"LoadStmt", SQL_FORBIDDEN, SESSION},
    {"LockStmt", SQL_FORBIDDEN, "its lock would hold up the application for nothing"},
    {"NotifyStmt", SQL_FORBIDDEN, SESSION},
    {"PrepareStmt", SQL_FORBIDDEN, SESSION},
    {"ReassignOwnedStmt", SQL_DESTRUCTIVE, NULL},
    {"ReindexStmt", SQL_ADDITIVE, NULL},
    {"RenameStmt", SQL_DESTRUCTIVE, NULL},
    {"SecLabelStmt", SQL_ADDITIVE, NULL},
    {"TransactionStmt", SQL_FORBIDDEN, CONTROL},
    {"TruncateStmt", SQL_DESTRUCTIVE, NULL},
    {"UnlistenStmt", SQL_FORBIDDEN, SESSION},
    {"VacuumStmt", SQL_ADDITIVE, NULL},
    {"VariableSetStmt", SQL_FORBIDDEN, SESSION},
    {"ViewStmt", SQL_ADDITIVE, NULL},
};

/* ALTER TABLE commands that neither take something away nor refuse what was allowed before. */
static const char *const additive_commands[] = {
    "AT_AddColumn",
    "AT_DropNotNull",
    "AT_SetStatistics",
    "AT_SetOptions",
    "AT_ResetOptions",
    "AT_SetStorage",
    "AT_SetCompression",
    "AT_AddIndex",
    "AT_AddConstraint",
    "AT_AlterConstraint",
    "AT_ValidateConstraint",
    "AT_AddIndexConstraint",
    "AT_ClusterOn",
    "AT_DropCluster",
    "AT_SetRelOptions",
    "AT_ResetRelOptions",
    "AT_ReplaceRelOptions",
    "AT_EnableTrig",
    "AT_EnableAlwaysTrig",
    "AT_EnableReplicaTrig",
    "AT_EnableTrigUser",
    "AT_AddInherit",
    "AT_AddOf",
    "AT_AttachPartition",
    NULL,
};

/* A default that goes, a generated value that nobody may give any more, no identity at all: code that
 * runs may have relied on what was. */
static gboolean command_is_additive(const char *subtype, JsonObject *command)
{
    JsonObject *definition = NULL;
    JsonNode *node = json_object_get_member(command, "def");
    const char *type = node ? tree_type(node, &definition) : NULL;
    if (strcmp(subtype, "AT_ColumnDefault") == 0)
        return node != NULL;
    if (strcmp(subtype, "AT_AddIdentity") == 0)
        return type && strcmp(tree_text(definition, "generated_when"), "d") == 0;
    if (strcmp(subtype, "AT_ReplicaIdentity") == 0)
        return type && strcmp(tree_text(definition, "identity_type"), "n") != 0;
    return g_strv_contains(additive_commands, subtype);
}

static enum sql_class alter_table_class(JsonObject *fields)
{
    JsonArray *commands = tree_array(fields, "cmds");
    for (guint i = 0; commands && i < json_array_get_length(commands); i++) {
        JsonObject *command;
        tree_type(json_array_get_element(commands, i), &command);
        if (!command_is_additive(tree_text(command, "subtype"), command))
            return SQL_DESTRUCTIVE;
    }
    return SQL_ADDITIVE;
}

/* Adding a check or NOT NULL to a domain refuses values of running code; dropping them does not. */
static enum sql_class alter_domain_class(JsonObject *fields)
{
    const char *subtype = tree_text(fields, "subtype");
    if (*subtype == 'T')
        return json_object_has_member(fields, "def") ? SQL_ADDITIVE : SQL_DESTRUCTIVE;
    return *subtype == 'N' || *subtype == 'V' ? SQL_ADDITIVE : SQL_DESTRUCTIVE;
}

/* What a function costs is the planner's affair; the rest is what callers rely on. */
static enum sql_class alter_function_class(JsonObject *fields)
{
    static const char *const planning[] = {"cost", "rows", "parallel", "support", NULL};
    JsonArray *actions = tree_array(fields, "actions");
    for (guint i = 0; actions && i < json_array_get_length(actions); i++) {
        JsonObject *action;
        if (!tree_type(json_array_get_element(actions, i), &action) ||
            !g_strv_contains(planning, tree_text(action, "defname")))
            return SQL_DESTRUCTIVE;
    }
    return actions ? SQL_ADDITIVE : SQL_DESTRUCTIVE;
}

static enum sql_class default_privileges_class(JsonObject *fields)
{
    return tree_flag(tree_object(fields, "action"), "is_grant") ? SQL_ADDITIVE : SQL_DESTRUCTIVE;
}

static enum sql_class unless(gboolean destructive)
{
    return destructive ? SQL_DESTRUCTIVE : SQL_ADDITIVE;
}

static enum sql_class vacuum_class(JsonObject *fields)
{
    return tree_has_option(tree_array(fields, "options"), "full") ? SQL_DESTRUCTIVE : SQL_ADDITIVE;
}

static enum sql_class copy_class(JsonObject *fields, const char **why)
{
    if (tree_flag(fields, "is_program"))
        *why = "COPY … PROGRAM runs a program on the server";
    else if (!*tree_text(fields, "filename"))
        *why = CLIENT;
    else if (!tree_flag(fields, "is_from"))
        *why = "it writes a file on the server";
    else
        return SQL_WRITE;
    return SQL_FORBIDDEN;
}

static enum sql_class fields_class(const char *type, JsonObject *fields, const char **why);

static enum sql_class explain_class(JsonObject *fields, const char **why)
{
    JsonObject *query;
    const char *type = tree_type(json_object_get_member(fields, "query"), &query);
    if (!tree_has_option(tree_array(fields, "options"), "analyze"))
        return SQL_READ;
    return fields_class(type, query, why);
}

/* Kinds that are additive or not by what they say. FALSE: it is none of them. */
static gboolean mixed_class(const char *type, JsonObject *fields, enum sql_class *class)
{
    if (strcmp(type, "AlterTableStmt") == 0)
        *class = alter_table_class(fields);
    else if (strcmp(type, "AlterDomainStmt") == 0)
        *class = alter_domain_class(fields);
    else if (strcmp(type, "AlterFunctionStmt") == 0)
        *class = alter_function_class(fields);
    else if (strcmp(type, "AlterDefaultPrivilegesStmt") == 0)
        *class = default_privileges_class(fields);
    else if (strcmp(type, "AlterEnumStmt") == 0)
        *class = unless(*tree_text(fields, "oldVal") != '\0');
    else if (strcmp(type, "GrantStmt") == 0 || strcmp(type, "GrantRoleStmt") == 0)
        *class = unless(!tree_flag(fields, "is_grant"));
    else if (strcmp(type, "AlterOpFamilyStmt") == 0)
        *class = unless(tree_flag(fields, "isDrop"));
    else if (strcmp(type, "CreatePolicyStmt") == 0) /* a restrictive one hides rows */
        *class = unless(!tree_flag(fields, "permissive"));
    else if (strcmp(type, "RefreshMatViewStmt") == 0) /* WITH NO DATA: nobody can read it */
        *class = unless(tree_flag(fields, "skipData"));
    else if (strcmp(type, "RuleStmt") == 0) /* INSTEAD: what was written is not */
        *class = unless(tree_flag(fields, "instead") || tree_flag(fields, "replace"));
    else
        return FALSE;
    return TRUE;
}

static enum sql_class fields_class(const char *type, JsonObject *fields, const char **why)
{
    enum sql_class class;
    *why = NULL;
    if (strcmp(type, "SelectStmt") == 0)
        return SQL_READ;
    if (mixed_class(type, fields, &class))
        return class;
    if (strcmp(type, "CopyStmt") == 0)
        return copy_class(fields, why);
    if (strcmp(type, "ExplainStmt") == 0)
        return explain_class(fields, why);
    for (gsize i = 0; i < G_N_ELEMENTS(statements); i++)
        if (strcmp(statements[i].name, type) == 0) {
            *why = statements[i].why;
            return strcmp(type, "VacuumStmt") == 0 ? vacuum_class(fields) : statements[i].class;
        }
    *why = "this kind of statement is not known here";
    return SQL_FORBIDDEN;
}

struct effects {
    gboolean writes, creates;
    const char *why; /* forbidden */
};

/* String nodes are parts of names, constants are not. */
static gboolean is_own_schema(const char *name, JsonNode *value, JsonObject *fields)
{
    if (strcmp(name, "String") == 0)
        return strcmp(tree_text(fields, "sval"), "pgrollout") == 0;
    return strcmp(name, "schemaname") == 0 && JSON_NODE_HOLDS_VALUE(value) &&
           g_strcmp0(json_node_get_string(value), "pgrollout") == 0;
}

/* What a node inside adds to the class of the statement around it. */
static void effects_see(const char *name, JsonNode *value, gpointer data)
{
    struct effects *effects = data;
    JsonObject *fields = JSON_NODE_HOLDS_OBJECT(value) ? json_node_get_object(value) : NULL;
    if (strcmp(name, "InsertStmt") == 0 || strcmp(name, "UpdateStmt") == 0 ||
        strcmp(name, "DeleteStmt") == 0 || strcmp(name, "MergeStmt") == 0 ||
        strcmp(name, "LockingClause") == 0)
        effects->writes = TRUE;
    else if (strcmp(name, "intoClause") == 0)
        effects->creates = TRUE;
    else if (is_own_schema(name, value, fields))
        effects->why = "schema pgrollout is the engine's own";
    else if (strcmp(name, "FuncCall") == 0 && fields) {
        switch (function_trait(tree_last_name(tree_array(fields, "funcname")))) {
        case FUNCTION_FORBIDDEN:
            effects->why = "it calls a function that reaches beyond the statement";
            break;
        case FUNCTION_WRITES:
            effects->writes = TRUE;
            break;
        default:
            break;
        }
    }
}

static enum sql_class tree_class(const struct tree *tree, const char **why)
{
    struct effects effects = {0};
    enum sql_class class = fields_class(tree->type, tree->fields, why);
    tree_walk(json_parser_get_root(tree->parser), effects_see, &effects);
    if (class == SQL_FORBIDDEN)
        return class;
    if (effects.why) {
        *why = effects.why;
        return SQL_FORBIDDEN;
    }
    if (class == SQL_READ && effects.creates)
        return SQL_ADDITIVE;
    /* a plain EXPLAIN of a write writes nothing */
    if (class == SQL_READ && effects.writes && strcmp(tree->type, "SelectStmt") == 0)
        return SQL_WRITE;
    return class;
}

gboolean sql_classify(const char *sql, enum sql_class *out, const char **why, GError **error)
{
    struct tree tree;
    const char *reason = NULL;
    if (!tree_init(&tree, sql, 0, error))
        return FALSE;
    *out = tree_class(&tree, &reason);
    tree_clear(&tree);
    if (why)
        *why = reason;
    return TRUE;
}

const char *sql_class_name(enum sql_class class)
{
    static const char *const names[] = {"reads", "writes", "additive", "destructive", "forbidden"};
    return names[class];
}

static void concurrent_see(const char *name, JsonNode *value, gpointer data)
{
    if (strcmp(name, "concurrent") == 0 && JSON_NODE_HOLDS_VALUE(value) &&
        json_node_get_boolean(value))
        *(gboolean *)data = TRUE;
}

static gboolean reindex_is_outside(JsonObject *fields)
{
    const char *kind = tree_text(fields, "kind");
    return tree_has_option(tree_array(fields, "params"), "concurrently") ||
           strcmp(kind, "REINDEX_OBJECT_DATABASE") == 0 ||
           strcmp(kind, "REINDEX_OBJECT_SYSTEM") == 0 || strcmp(kind, "REINDEX_OBJECT_SCHEMA") == 0;
}

gboolean sql_needs_no_transaction(const char *sql)
{
    static const char *const outside[] = {
        "AlterSystemStmt",      "CreatedbStmt",
        "DropdbStmt",           "CreateTableSpaceStmt",
        "DropTableSpaceStmt",   "CreateSubscriptionStmt",
        "DropSubscriptionStmt", NULL,
    };
    struct tree tree;
    gboolean needs = FALSE;
    if (!tree_init(&tree, sql, 0, NULL))
        return FALSE;
    if (strcmp(tree.type, "VacuumStmt") == 0)
        needs = tree_flag(tree.fields, "is_vacuumcmd");
    else if (strcmp(tree.type, "ReindexStmt") == 0)
        needs = reindex_is_outside(tree.fields);
    else if (strcmp(tree.type, "ClusterStmt") == 0)
        needs = tree_object(tree.fields, "relation") == NULL;
    else if (strcmp(tree.type, "RefreshMatViewStmt") != 0) /* its CONCURRENTLY may be inside */
        tree_walk(json_parser_get_root(tree.parser), concurrent_see, &needs);
    needs = needs || g_strv_contains(outside, tree.type);
    tree_clear(&tree);
    return needs;
}
