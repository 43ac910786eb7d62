/* Queries and expressions. */
#include "config.h"

#include <string.h>

#include "lint/usage-private.h"

typedef void see(struct look *look, const struct scope *scope, JsonObject *fields);

void member_see(struct look *look, const struct scope *scope, JsonObject *fields, const char *name)
{
    JsonNode *node = fields ? json_object_get_member(fields, name) : NULL;
    if (node)
        node_see(look, scope, node);
}

static void members_see(struct look *look, const struct scope *scope, JsonObject *fields)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *value;
    json_object_iter_init(&iter, fields);
    while (json_object_iter_next(&iter, &name, &value))
        node_see(look, scope, value);
}

/* (u).name: one column of a whole row. */
static void indirection_see(struct look *look, const struct scope *scope, JsonObject *fields)
{
    JsonObject *arg, *field;
    JsonArray *path = tree_array(fields, "indirection");
    const char *type = tree_type(json_object_get_member(fields, "arg"), &arg);
    JsonArray *names = g_strcmp0(type, "ColumnRef") == 0 ? tree_array(arg, "fields") : NULL;
    const struct item *row = NULL;
    if (names && json_array_get_length(names) == 1 && path && json_array_get_length(path) > 0)
        row = row_item(look, scope, tree_last_name(names));
    const char *first = row ? tree_type(json_array_get_element(path, 0), &field) : NULL;
    if (g_strcmp0(first, "String") != 0) {
        members_see(look, scope, fields);
        return;
    }
    if (g_strcmp0(tree_text(field, "sval"), row->column) == 0)
        look_use(look, USAGE_READS, FALSE, row->unsure);
    if (json_array_get_length(path) > 1)
        node_see(look, scope, json_object_get_member(fields, "indirection"));
}

static const char *schema_of(JsonArray *names)
{
    JsonObject *fields;
    guint count = names ? json_array_get_length(names) : 0;
    if (count < 2 || !tree_type(json_array_get_element(names, count - 2), &fields))
        return "";
    return tree_text(fields, "sval");
}

static void function_see(struct look *look, const struct scope *scope, JsonObject *fields)
{
    JsonArray *names = tree_array(fields, "funcname");
    const char *name = tree_last_name(names);
    if (look_in(look->catalog->functions, look->catalog->function_names, schema_of(names), name))
        look_use_via(look, USAGE_READS, "function", name);
    members_see(look, scope, fields);
}

/* NULL::users is a row of the table's shape. */
static void type_see(struct look *look, const struct scope *scope, JsonObject *fields)
{
    JsonArray *names = tree_array(fields, "names");
    gboolean unsure;
    if (names && look_target(look, schema_of(names), tree_last_name(names), &unsure))
        look_use(look, USAGE_READS, TRUE, unsure);
    member_see(look, scope, fields, "typmods");
}

static void sublink_see(struct look *look, const struct scope *scope, JsonObject *fields)
{
    JsonObject *select;
    member_see(look, scope, fields, "testexpr");
    if (tree_type(json_object_get_member(fields, "subselect"), &select))
        select_see(look, scope, select,
                   strcmp(tree_text(fields, "subLinkType"), "EXISTS_SUBLINK") == 0);
}

static void query_see(struct look *look, const struct scope *scope, JsonObject *fields)
{
    select_see(look, scope, fields, FALSE);
}

/* A relation in a statement that is not looked at in particular. */
static void range_see(struct look *look, const struct scope *scope, JsonObject *fields)
{
    struct item item;
    relation_see(look, scope, fields, USAGE_READS, &item);
}

static see *const *find_see(const char *type)
{
    static const struct {
        const char *type;
        see *see;
    } table[] = {
        {"ColumnRef", column_see},  {"A_Indirection", indirection_see},
        {"FuncCall", function_see}, {"TypeName", type_see},
        {"typeName", type_see},     {"SubLink", sublink_see},
        {"SelectStmt", query_see},  {"RangeVar", range_see},
    };
    for (guint i = 0; i < G_N_ELEMENTS(table); i++)
        if (strcmp(type, table[i].type) == 0)
            return &table[i].see;
    return NULL;
}

static void object_see(struct look *look, const struct scope *scope, JsonObject *object)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *value;
    json_object_iter_init(&iter, object);
    while (json_object_iter_next(&iter, &name, &value)) {
        see *const *special = JSON_NODE_HOLDS_OBJECT(value) ? find_see(name) : NULL;
        if (special)
            (*special)(look, scope, json_node_get_object(value));
        else if (!JSON_NODE_HOLDS_OBJECT(value) ||
                 !change_see(look, scope, name, json_node_get_object(value)))
            node_see(look, scope, value);
    }
}

void node_see(struct look *look, const struct scope *scope, JsonNode *node)
{
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *array = json_node_get_array(node);
        for (guint i = 0; i < json_array_get_length(array); i++)
            node_see(look, scope, json_array_get_element(array, i));
    } else if (JSON_NODE_HOLDS_OBJECT(node)) {
        object_see(look, scope, json_node_get_object(node));
    }
}

static gboolean names_output(JsonArray *targets, const char *name)
{
    for (guint i = 0; targets && i < json_array_get_length(targets); i++) {
        JsonObject *target;
        if (tree_type(json_array_get_element(targets, i), &target) &&
            strcmp(tree_text(target, "name"), name) == 0)
            return TRUE;
    }
    return FALSE;
}

/* A name alone in ORDER BY and DISTINCT ON is an output of the query before it is a column. */
static void sort_see(struct look *look, const struct scope *scope, JsonObject *select,
                     const char *member)
{
    JsonArray *list = tree_array(select, member);
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonObject *fields, *column;
        JsonNode *element = json_array_get_element(list, i), *value = element;
        if (g_strcmp0(tree_type(element, &fields), "SortBy") == 0)
            value = json_object_get_member(fields, "node");
        JsonArray *names = g_strcmp0(tree_type(value, &column), "ColumnRef") == 0
                               ? tree_array(column, "fields")
                               : NULL;
        if (!names || json_array_get_length(names) != 1 ||
            !names_output(tree_array(select, "targetList"), tree_last_name(names)))
            node_see(look, scope, element);
    }
}

gboolean target_is_star(JsonNode *target)
{
    JsonObject *fields, *column, *last;
    if (!tree_type(target, &fields) ||
        g_strcmp0(tree_type(json_object_get_member(fields, "val"), &column), "ColumnRef") != 0)
        return FALSE;
    JsonArray *names = tree_array(column, "fields");
    guint count = names ? json_array_get_length(names) : 0;
    return count &&
           g_strcmp0(tree_type(json_array_get_element(names, count - 1), &last), "A_Star") == 0;
}

/* EXISTS (SELECT * …) reads no column. */
static void targets_see(struct look *look, const struct scope *scope, JsonArray *targets,
                        gboolean only_exists)
{
    for (guint i = 0; targets && i < json_array_get_length(targets); i++) {
        JsonNode *target = json_array_get_element(targets, i);
        if (!only_exists || !target_is_star(target))
            node_see(look, scope, target);
    }
}

void select_see(struct look *look, const struct scope *parent, JsonObject *fields,
                gboolean only_exists)
{
    static const char *const clauses[] = {"valuesLists",  "whereClause",  "groupClause",
                                          "havingClause", "windowClause", "limitOffset",
                                          "limitCount"};
    struct scope scope;
    scope_init(&scope, parent);
    with_see(look, &scope, fields);
    JsonObject *left = tree_object(fields, "larg"), *right = tree_object(fields, "rarg");
    if (left && right) { /* UNION …: its ORDER BY knows outputs only */
        select_see(look, &scope, left, only_exists);
        select_see(look, &scope, right, only_exists);
    } else {
        from_see(look, &scope, tree_array(fields, "fromClause"));
        targets_see(look, &scope, tree_array(fields, "targetList"), only_exists);
        for (guint i = 0; i < G_N_ELEMENTS(clauses); i++)
            member_see(look, &scope, fields, clauses[i]);
        sort_see(look, &scope, fields, "sortClause");
        sort_see(look, &scope, fields, "distinctClause");
    }
    scope_clear(&scope);
}
