/* INSERT, UPDATE, DELETE and MERGE. */
#include "config.h"

#include <string.h>

#include "lint/usage-private.h"

/* A scope whose first entry is the relation that is changed. */
static void change_init(struct look *look, struct scope *scope, const struct scope *parent,
                        JsonObject *fields)
{
    struct item item;
    scope_init(scope, parent);
    with_see(look, scope, fields);
    /* a common table expression cannot be changed: its name hides nothing here */
    relation_see(look, NULL, tree_object(fields, "relation"), USAGE_WRITES, &item);
    g_array_append_val(scope->items, item);
}

static struct item changed(const struct scope *scope)
{
    return g_array_index(scope->items, struct item, 0);
}

static gboolean names_column(const struct look *look, const struct item *item, const char *name)
{
    return item->target && g_strcmp0(name, look->catalog->column) == 0;
}

/* Columns that are assigned to, and their values where they stand beside them. */
static void assigned_see(struct look *look, const struct scope *scope, const struct item *item,
                         JsonArray *targets)
{
    for (guint i = 0; targets && i < json_array_get_length(targets); i++) {
        JsonObject *target;
        if (!tree_type(json_array_get_element(targets, i), &target))
            continue;
        if (names_column(look, item, tree_text(target, "name")))
            look_use(look, USAGE_WRITES, FALSE, item->unsure);
        member_see(look, scope, target, "val");
        member_see(look, scope, target, "indirection");
    }
}

/* Without a list of columns the values go to the first ones. */
static void positions_see(struct look *look, const struct item *item, JsonArray *values)
{
    const struct usage_catalog *catalog = look->catalog;
    guint position;
    if (!item->target || !catalog->column)
        return;
    gboolean known =
        g_ptr_array_find_with_equal_func(catalog->columns, catalog->column, g_str_equal, &position);
    if (!known || !values || position < json_array_get_length(values))
        look_use(look, USAGE_WRITES, TRUE, item->unsure);
}

/* What goes into the first columns, as far as it can be counted: NULL where not. */
static JsonArray *first_row(JsonObject *insert)
{
    JsonObject *select, *list;
    if (!tree_type(json_object_get_member(insert, "selectStmt"), &select))
        return NULL;
    JsonArray *rows = tree_array(select, "valuesLists"),
              *targets = tree_array(select, "targetList");
    if (rows && tree_type(json_array_get_element(rows, 0), &list))
        return tree_array(list, "items");
    for (guint i = 0; targets && i < json_array_get_length(targets); i++)
        if (target_is_star(json_array_get_element(targets, i)))
            return NULL;
    return targets;
}

static void conflict_see(struct look *look, const struct scope *scope, JsonObject *conflict)
{
    struct item item = changed(scope), excluded = item;
    JsonObject *infer = tree_object(conflict, "infer");
    JsonArray *elements = tree_array(infer, "indexElems");
    for (guint i = 0; elements && i < json_array_get_length(elements); i++) {
        JsonObject *element;
        if (tree_type(json_array_get_element(elements, i), &element) &&
            names_column(look, &item, tree_text(element, "name")))
            look_use(look, USAGE_READS, FALSE, item.unsure);
    }
    if (item.target &&
        g_hash_table_contains(look->catalog->constraints, tree_text(infer, "conname")))
        look_use(look, USAGE_READS, FALSE, item.unsure);
    member_see(look, scope, infer, "indexElems");
    member_see(look, scope, infer, "whereClause");
    struct scope inner;
    scope_init(&inner, scope->parent);
    excluded.alias = "excluded";
    excluded.schema = "";
    g_array_append_val(inner.items, item);
    g_array_append_val(inner.items, excluded);
    struct scope both = {.parent = scope->parent, .items = inner.items, .ctes = scope->ctes};
    assigned_see(look, &both, &item, tree_array(conflict, "targetList"));
    member_see(look, &both, conflict, "whereClause");
    scope_clear(&inner);
}

static void insert_see(struct look *look, const struct scope *parent, JsonObject *fields)
{
    struct scope scope;
    change_init(look, &scope, parent, fields);
    struct item item = changed(&scope);
    JsonArray *columns = tree_array(fields, "cols");
    /* the rows come from a query that does not see the table it goes to */
    struct scope source = {
        .parent = parent, .items = g_array_new(FALSE, FALSE, sizeof item), .ctes = scope.ctes};
    member_see(look, &source, fields, "selectStmt");
    g_array_unref(source.items);
    if (columns)
        assigned_see(look, &scope, &item, columns);
    else if (json_object_has_member(fields, "selectStmt"))
        positions_see(look, &item, first_row(fields));
    if (tree_object(fields, "onConflictClause"))
        conflict_see(look, &scope, tree_object(fields, "onConflictClause"));
    member_see(look, &scope, fields, "returningList");
    scope_clear(&scope);
}

static void update_see(struct look *look, const struct scope *parent, JsonObject *fields)
{
    struct scope scope;
    change_init(look, &scope, parent, fields);
    struct item item = changed(&scope);
    from_see(look, &scope, tree_array(fields, "fromClause"));
    from_see(look, &scope, tree_array(fields, "usingClause"));
    assigned_see(look, &scope, &item, tree_array(fields, "targetList"));
    member_see(look, &scope, fields, "whereClause");
    member_see(look, &scope, fields, "returningList");
    scope_clear(&scope);
}

static void when_see(struct look *look, const struct scope *scope, JsonObject *when)
{
    struct item item = changed(scope);
    JsonArray *columns = tree_array(when, "targetList");
    member_see(look, scope, when, "condition");
    member_see(look, scope, when, "values");
    assigned_see(look, scope, &item, columns);
    if (!columns && tree_array(when, "values"))
        positions_see(look, &item, tree_array(when, "values"));
}

static void merge_see(struct look *look, const struct scope *parent, JsonObject *fields)
{
    struct scope scope;
    change_init(look, &scope, parent, fields);
    g_autoptr(JsonArray) source = json_array_new();
    JsonNode *relation = json_object_get_member(fields, "sourceRelation");
    if (relation)
        json_array_add_element(source, json_node_copy(relation));
    from_see(look, &scope, source);
    member_see(look, &scope, fields, "joinCondition");
    JsonArray *whens = tree_array(fields, "mergeWhenClauses");
    for (guint i = 0; whens && i < json_array_get_length(whens); i++) {
        JsonObject *when;
        if (tree_type(json_array_get_element(whens, i), &when))
            when_see(look, &scope, when);
    }
    member_see(look, &scope, fields, "returningList");
    scope_clear(&scope);
}

gboolean change_see(struct look *look, const struct scope *parent, const char *type,
                    JsonObject *fields)
{
    if (strcmp(type, "InsertStmt") == 0)
        insert_see(look, parent, fields);
    else if (strcmp(type, "UpdateStmt") == 0 || strcmp(type, "DeleteStmt") == 0)
        update_see(look, parent, fields);
    else if (strcmp(type, "MergeStmt") == 0)
        merge_see(look, parent, fields);
    else
        return FALSE;
    return TRUE;
}
