/* Statements that are no queries, and those that have one within. */
#include "config.h"

#include <string.h>

#include "lint/usage-private.h"

struct leaves {
    GHashTable *names;
    const char *name;
    gboolean found;
};

static void leaf_see(const char *member, JsonNode *value, gpointer data)
{
    (void)member;
    struct leaves *leaves = data;
    if (!JSON_NODE_HOLDS_VALUE(value) || json_node_get_value_type(value) != G_TYPE_STRING)
        return;
    const char *text = json_node_get_string(value);
    if (leaves->names ? g_hash_table_contains(leaves->names, text)
                      : g_strcmp0(leaves->name, text) == 0)
        leaves->found = TRUE;
}

/* tree_walk does not visit the elements of arrays, which are objects in a parse tree anyway. */
static gboolean leaf_found(JsonObject *fields, GHashTable *names, const char *name)
{
    struct leaves leaves = {names, name, FALSE};
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, fields);
    tree_walk(node, leaf_see, &leaves);
    return leaves.found;
}

/* DDL and the like: whatever names both uses it. */
static void any_see(struct look *look, JsonObject *fields)
{
    const struct usage_catalog *catalog = look->catalog;
    struct scope scope;
    if (leaf_found(fields, catalog->view_names, NULL))
        look_use_via(look, USAGE_READS, "view", "");
    if (leaf_found(fields, catalog->function_names, NULL))
        look_use_via(look, USAGE_READS, "function", "");
    if (leaf_found(fields, catalog->target_names, NULL)) {
        look->usage->mentions = TRUE;
        if (!catalog->column || leaf_found(fields, NULL, catalog->column))
            look_use(look, USAGE_READS, FALSE, FALSE);
    }
    scope_init(&scope, NULL);
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, fields);
    node_see(look, &scope, node);
    scope_clear(&scope);
}

static void within_see(struct look *look, JsonObject *fields, const char *member)
{
    JsonObject *inner;
    const char *type = tree_type(json_object_get_member(fields, member), &inner);
    if (type)
        statement_see(look, type, inner);
}

static void copy_see(struct look *look, JsonObject *fields)
{
    JsonObject *relation = tree_object(fields, "relation");
    JsonArray *columns = tree_array(fields, "attlist");
    unsigned kind = tree_flag(fields, "is_from") ? USAGE_WRITES : USAGE_READS;
    struct scope scope;
    struct item item;
    if (!relation) {
        within_see(look, fields, "query");
        return;
    }
    relation_see(look, NULL, relation, kind, &item);
    if (item.target && look->catalog->column && !columns)
        look_use(look, kind, TRUE, item.unsure);
    for (guint i = 0; item.target && columns && i < json_array_get_length(columns); i++) {
        JsonObject *name;
        if (tree_type(json_array_get_element(columns, i), &name) &&
            g_strcmp0(tree_text(name, "sval"), look->catalog->column) == 0)
            look_use(look, kind, FALSE, item.unsure);
    }
    scope_init(&scope, NULL);
    g_array_append_val(scope.items, item);
    member_see(look, &scope, fields, "whereClause");
    scope_clear(&scope);
}

static JsonNode *option(JsonArray *options, const char *name)
{
    for (guint i = 0; options && i < json_array_get_length(options); i++) {
        JsonObject *fields;
        if (tree_type(json_array_get_element(options, i), &fields) &&
            strcmp(tree_text(fields, "defname"), name) == 0)
            return json_object_get_member(fields, "arg");
    }
    return NULL;
}

static const char *option_text(JsonArray *options, const char *name)
{
    JsonObject *fields, *inner;
    JsonNode *node = option(options, name);
    const char *type = tree_type(node, &fields);
    if (g_strcmp0(type, "List") == 0) {
        JsonArray *items = tree_array(fields, "items");
        if (items && tree_type(json_array_get_element(items, 0), &inner))
            return tree_text(inner, "sval");
    }
    return g_strcmp0(type, "String") == 0 ? tree_text(fields, "sval") : "";
}

/* DO and CREATE FUNCTION carry their code as text. */
static void code_see(struct look *look, JsonObject *fields, const char *member)
{
    JsonArray *options = tree_array(fields, member);
    const char *language = option_text(options, "language"), *code = option_text(options, "as");
    g_autofree char *whole = NULL;
    if (!*language)
        language = "plpgsql";
    if (strcmp(language, "plpgsql") == 0) {
        g_autofree char *tag = g_strdup("$pgrollout_code$");
        whole = strstr(code, tag) ? NULL : g_strconcat("DO ", tag, code, tag, NULL);
    }
    body_see(look, language, whole, code);
}

static void function_see(struct look *look, JsonObject *fields)
{
    struct scope scope;
    scope_init(&scope, NULL);
    member_see(look, &scope, fields, "parameters");
    member_see(look, &scope, fields, "returnType");
    member_see(look, &scope, fields, "sql_body");
    scope_clear(&scope);
    code_see(look, fields, "options");
}

static gboolean harmless(const char *type)
{
    static const char *const types[] = {"TransactionStmt", "VariableSetStmt", "VariableShowStmt",
                                        "DiscardStmt",     "ListenStmt",      "UnlistenStmt",
                                        "NotifyStmt",      "DeallocateStmt",  "ClosePortalStmt",
                                        "CheckPointStmt",  "LoadStmt",        "ConstraintsSetStmt",
                                        "CreateRoleStmt",  "AlterRoleStmt",   "AlterRoleSetStmt",
                                        "DropRoleStmt",    "AlterSystemStmt", NULL};
    return g_strv_contains(types, type);
}

static const char *holder_of_query(const char *type)
{
    static const char *const types[] = {"ExplainStmt",       "DeclareCursorStmt", "PrepareStmt",
                                        "CreateTableAsStmt", "ViewStmt",          NULL};
    return g_strv_contains(types, type) ? "query" : NULL;
}

/* Statements that change what there is, not what is in it. */
static gboolean is_ddl(const char *type)
{
    static const char *const prefixes[] = {"Create",  "Alter",   "Drop",   "Rename", "Grant",
                                           "Comment", "View",    "Index",  "Rule",   "Vacuum",
                                           "Define",  "Reindex", "Cluster"};
    if (strcmp(type, "CreateTableAsStmt") == 0)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(type, prefixes[i]))
            return TRUE;
    return FALSE;
}

static void one_see(struct look *look, const char *type, JsonObject *fields)
{
    if (strcmp(type, "SelectStmt") == 0)
        select_see(look, NULL, fields, FALSE);
    else if (change_see(look, NULL, type, fields) || harmless(type))
        return;
    else if (holder_of_query(type))
        within_see(look, fields, holder_of_query(type));
    else if (strcmp(type, "CopyStmt") == 0)
        copy_see(look, fields);
    else if (strcmp(type, "DoStmt") == 0)
        code_see(look, fields, "args");
    else if (strcmp(type, "CreateFunctionStmt") == 0)
        function_see(look, fields);
    else if (strcmp(type, "ExecuteStmt") == 0 || strcmp(type, "FetchStmt") == 0) {
        if (look->live)
            look_doubt(look, "EXECUTE and FETCH do not show what they run");
        if (strcmp(type, "ExecuteStmt") == 0)
            any_see(look, fields);
    } else
        any_see(look, fields);
}

void statement_see(struct look *look, const char *type, JsonObject *fields)
{
    gboolean query = look->query, ddl = is_ddl(type);
    one_see(look, type, fields);
    look->ddl = look->ddl || ddl;
    look->query = ddl ? query : look->query || !harmless(type);
}
