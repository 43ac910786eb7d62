/* One statement as the rules see it. */
#include "config.h"
#include "lint/statement-private.h"

#include <string.h>

#include "lint/text-private.h"

gboolean statement_is(const struct statement *statement, const char *type)
{
    return statement->parsed && strcmp(statement->tree.type, type) == 0;
}

char *statement_relation(JsonObject *range)
{
    const char *name = tree_text(range, "relname"), *schema = tree_text(range, "schemaname");
    if (!*name)
        return NULL;
    return *schema ? g_strconcat(schema, ".", name, NULL) : g_strdup(name);
}

char *statement_name(JsonArray *names, guint less)
{
    guint length = names ? json_array_get_length(names) : 0;
    GString *out = g_string_new(NULL);
    for (guint i = 0; i + less < length; i++) {
        JsonObject *fields;
        const char *type = tree_type(json_array_get_element(names, i), &fields);
        if (g_strcmp0(type, "String") == 0)
            g_string_append_printf(out, "%s%s", i ? "." : "", tree_text(fields, "sval"));
    }
    return g_string_free(out, FALSE);
}

gboolean statement_same(const char *a, const char *b)
{
    if (!a || !b)
        return FALSE;
    const char *x = strrchr(a, '.'), *y = strrchr(b, '.');
    if (x && y)
        return strcmp(a, b) == 0;
    return strcmp(x ? x + 1 : a, y ? y + 1 : b) == 0;
}

/* What DROP names, when that is one thing of a table, or one table. */
static char *dropped_table(JsonObject *fields)
{
    static const char *const at_tables[] = {"OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE", NULL};
    JsonArray *objects = tree_array(fields, "objects");
    JsonObject *list;
    if (!objects || json_array_get_length(objects) != 1 ||
        !tree_type(json_array_get_element(objects, 0), &list))
        return NULL;
    const char *what = tree_text(fields, "removeType");
    if (g_strv_contains(at_tables, what))
        return statement_name(tree_array(list, "items"), 1);
    return strcmp(what, "OBJECT_TABLE") == 0 ? statement_name(tree_array(list, "items"), 0) : NULL;
}

static char *first_relation(JsonArray *list)
{
    JsonObject *fields;
    if (!list || json_array_get_length(list) != 1)
        return NULL;
    const char *type = tree_type(json_array_get_element(list, 0), &fields);
    if (g_strcmp0(type, "VacuumRelation") == 0)
        return statement_relation(tree_object(fields, "relation"));
    return g_strcmp0(type, "RangeVar") == 0 ? statement_relation(fields) : NULL;
}

static char *changed_table(const struct tree *tree)
{
    JsonObject *fields = tree->fields;
    JsonObject *range = tree_object(fields, "relation");
    if (!range)
        range = tree_object(fields, "table");
    if (range)
        return statement_relation(range);
    if (strcmp(tree->type, "DropStmt") == 0)
        return dropped_table(fields);
    if (tree_array(fields, "rels"))
        return first_relation(tree_array(fields, "rels"));
    return first_relation(tree_array(fields, "relations"));
}

struct statement *statement_new(const char *sql, gsize length, const struct plan_step *step)
{
    struct statement *statement = g_new0(struct statement, 1);
    statement->step = step;
    statement->sql = g_strndup(sql, length);
    statement->lock_timeout_us = statement->statement_timeout_us = STATEMENT_TIME_UNSET;
    statement->parsed = tree_init(&statement->tree, statement->sql, 0, &statement->error);
    if (!statement->parsed)
        return statement;
    statement->table = changed_table(&statement->tree);
    statement->lock = tree_lock(&statement->tree);
    return statement;
}

void statement_free(struct statement *statement)
{
    if (statement->parsed)
        tree_clear(&statement->tree);
    g_clear_error(&statement->error);
    g_free(statement->sql);
    g_free(statement->table);
    g_free(statement);
}

void statement_commands(const struct statement *statement, command_visit *visit, gpointer data)
{
    JsonArray *commands = statement_is(statement, "AlterTableStmt")
                              ? tree_array(statement->tree.fields, "cmds")
                              : NULL;
    for (guint i = 0; commands && i < json_array_get_length(commands); i++) {
        JsonObject *command, *definition = NULL;
        if (!tree_type(json_array_get_element(commands, i), &command))
            continue;
        JsonNode *node = json_object_get_member(command, "def");
        const char *type = node ? tree_type(node, &definition) : NULL;
        visit(tree_text(command, "subtype"), command, type, definition, data);
    }
}

struct parts {
    part_visit *visit;
    gpointer data;
};

static void part_see(const struct parts *parts, const char *type, JsonObject *fields)
{
    if (g_strcmp0(type, "Constraint") == 0)
        parts->visit(NULL, fields, parts->data);
    if (g_strcmp0(type, "ColumnDef") != 0)
        return;
    parts->visit(fields, NULL, parts->data);
    JsonArray *constraints = tree_array(fields, "constraints");
    for (guint i = 0; constraints && i < json_array_get_length(constraints); i++) {
        JsonObject *constraint;
        if (tree_type(json_array_get_element(constraints, i), &constraint))
            parts->visit(fields, constraint, parts->data);
    }
}

static void command_part_see(const char *subtype, JsonObject *command, const char *type,
                             JsonObject *definition, gpointer data)
{
    (void)command;
    if (strcmp(subtype, "AT_AddColumn") == 0 || strcmp(subtype, "AT_AddConstraint") == 0)
        part_see(data, type, definition);
}

void statement_parts(const struct statement *statement, part_visit *visit, gpointer data)
{
    struct parts parts = {visit, data};
    JsonArray *elements = statement_is(statement, "CreateStmt")
                              ? tree_array(statement->tree.fields, "tableElts")
                              : NULL;
    for (guint i = 0; elements && i < json_array_get_length(elements); i++) {
        JsonObject *fields = NULL;
        const char *type = tree_type(json_array_get_element(elements, i), &fields);
        part_see(&parts, type, fields);
    }
    statement_commands(statement, command_part_see, &parts);
}

int statement_location(JsonObject *fields)
{
    JsonNode *node = fields ? json_object_get_member(fields, "location") : NULL;
    gint64 location = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : 0;
    return location > 0 && location < TREE_SQL_MAX ? (int)location : 0;
}

gboolean statement_is_whole(const struct tree *tree)
{
    return (strcmp(tree->type, "UpdateStmt") == 0 || strcmp(tree->type, "DeleteStmt") == 0) &&
           !json_object_has_member(tree->fields, "whereClause") &&
           !tree_array(tree->fields, "fromClause") && !tree_array(tree->fields, "usingClause");
}

static void long_command_see(const char *subtype, JsonObject *command, const char *type,
                             JsonObject *definition, gpointer data)
{
    static const char *const slow[] = {
        "AT_ValidateConstraint", "AT_AlterColumnType", "AT_SetNotNull",      "AT_SetLogged",
        "AT_SetUnLogged",        "AT_SetTableSpace",   "AT_SetAccessMethod", NULL};
    (void)command;
    if (g_strv_contains(slow, subtype) ||
        (strcmp(subtype, "AT_AddConstraint") == 0 && g_strcmp0(type, "Constraint") == 0 &&
         !tree_flag(definition, "skip_validation") && !*tree_text(definition, "indexname")))
        *(gboolean *)data = TRUE;
}

gboolean statement_is_long(const struct statement *statement)
{
    static const char *const slow[] = {
        "UpdateStmt",  "DeleteStmt", "IndexStmt",         "ReindexStmt", "RefreshMatViewStmt",
        "ClusterStmt", "MergeStmt",  "CreateTableAsStmt", "CopyStmt",    NULL};
    gboolean takes_long = FALSE;
    if (!statement->parsed)
        return FALSE;
    if (strcmp(statement->tree.type, "InsertStmt") == 0) {
        JsonObject *select = NULL;
        JsonNode *node = json_object_get_member(statement->tree.fields, "selectStmt");
        return node && tree_type(node, &select) && tree_array(select, "fromClause");
    }
    if (g_strv_contains(slow, statement->tree.type))
        return TRUE;
    statement_commands(statement, long_command_see, &takes_long);
    return takes_long;
}

const struct statement *statement_before(const GPtrArray *statements,
                                         const struct statement *statement, statement_test *test,
                                         gconstpointer data)
{
    for (guint i = 0; i < statements->len; i++) {
        const struct statement *earlier = g_ptr_array_index(statements, i);
        if (earlier->ordinal >= statement->ordinal)
            break;
        if (earlier->parsed && test(earlier, data))
            return earlier;
    }
    return NULL;
}
