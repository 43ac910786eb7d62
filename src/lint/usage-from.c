/* FROM, joins and WITH: what a query's names can lead to. */
#include "config.h"

#include <string.h>

#include "lint/usage-private.h"

static void entry_see(struct look *look, struct scope *scope, JsonNode *node);

/* The scope of a subquery that is not LATERAL: its neighbours in FROM are out of sight. */
static struct scope outside(const struct scope *scope)
{
    return (struct scope){
        .parent = scope->parent, .items = g_array_new(FALSE, FALSE, 1), .ctes = scope->ctes};
}

static void subselect_see(struct look *look, struct scope *scope, JsonObject *fields)
{
    JsonObject *select, *alias = tree_object(fields, "alias");
    if (!tree_type(json_object_get_member(fields, "subquery"), &select))
        return;
    if (tree_flag(fields, "lateral")) {
        select_see(look, scope, select, FALSE);
    } else {
        struct scope around = outside(scope);
        select_see(look, &around, select, FALSE);
        g_array_unref(around.items);
    }
    struct item item = {.alias = tree_text(alias, "aliasname"), .schema = ""};
    item.has = alias_has(look, alias, output_has(look, select));
    g_array_append_val(scope->items, item);
}

static void function_entry_see(struct look *look, struct scope *scope, JsonObject *fields)
{
    JsonObject *alias = tree_object(fields, "alias");
    member_see(look, scope, fields, "functions");
    struct item item = {.alias = tree_text(alias, "aliasname"), .schema = ""};
    /* a function of one value has a column of its alias' name */
    gboolean named = g_strcmp0(item.alias, look->catalog->column) == 0;
    item.has = named ? ANSWER_YES : alias_has(look, alias, ANSWER_UNSURE);
    g_array_append_val(scope->items, item);
}

/* The entry among items[first … end) that is the table and calls the column so. */
static const struct item *target_within(const struct scope *scope, guint first, guint end,
                                        const char *column)
{
    for (guint i = first; i < end; i++) {
        const struct item *item = &g_array_index(scope->items, struct item, i);
        if (item->target && (!column || g_strcmp0(item->column, column) == 0))
            return item;
    }
    return NULL;
}

static enum answer has_within(const struct scope *scope, guint first, guint end)
{
    enum answer all = ANSWER_NO;
    for (guint i = first; i < end; i++) {
        const struct item *item = &g_array_index(scope->items, struct item, i);
        enum answer has = item->target ? ANSWER_YES : item->has;
        if (has == ANSWER_YES)
            return ANSWER_YES;
        all = MAX(all, has);
    }
    return all;
}

static void natural_see(struct look *look, const struct scope *scope, guint first, guint middle)
{
    guint end = scope->items->len;
    const struct item *left = target_within(scope, first, middle, NULL);
    const struct item *right = target_within(scope, middle, end, NULL);
    if (!left && !right)
        return;
    enum answer both = left ? has_within(scope, middle, end) : has_within(scope, first, middle);
    if (both == ANSWER_YES)
        look_use(look, USAGE_READS, FALSE, (left ? left : right)->unsure);
    else if (both == ANSWER_UNSURE)
        look_doubt(look, "NATURAL JOIN with a relation whose columns are not known");
}

static void using_see(struct look *look, const struct scope *scope, guint first, JsonArray *names)
{
    for (guint i = 0; names && i < json_array_get_length(names); i++) {
        JsonObject *fields;
        if (!tree_type(json_array_get_element(names, i), &fields))
            continue;
        const struct item *item =
            target_within(scope, first, scope->items->len, tree_text(fields, "sval"));
        if (item && look->catalog->column)
            look_use(look, USAGE_READS, FALSE, item->unsure);
    }
}

/* A join with an alias hides its parts behind it. */
static void join_cover(struct look *look, struct scope *scope, guint first, JsonObject *alias)
{
    const struct item *target = target_within(scope, first, scope->items->len, NULL);
    struct item item = {0};
    if (target) {
        item = *target;
        if (tree_array(alias, "colnames"))
            look_doubt(look, "a join gives the table's columns other names");
    } else {
        item.has = alias_has(look, alias, has_within(scope, first, scope->items->len));
    }
    item.alias = tree_text(alias, "aliasname");
    item.schema = "";
    g_array_set_size(scope->items, first);
    g_array_append_val(scope->items, item);
}

static void join_see(struct look *look, struct scope *scope, JsonObject *fields)
{
    guint first = scope->items->len;
    entry_see(look, scope, json_object_get_member(fields, "larg"));
    guint middle = scope->items->len;
    entry_see(look, scope, json_object_get_member(fields, "rarg"));
    if (tree_flag(fields, "isNatural"))
        natural_see(look, scope, first, middle);
    using_see(look, scope, first, tree_array(fields, "usingClause"));
    if (json_object_has_member(fields, "quals")) {
        struct scope joined;
        scope_init(&joined, scope->parent);
        g_array_append_vals(joined.items, &g_array_index(scope->items, struct item, first),
                            scope->items->len - first);
        struct scope ctes = {.parent = scope->parent, .items = joined.items, .ctes = scope->ctes};
        member_see(look, &ctes, fields, "quals");
        scope_clear(&joined);
    }
    if (tree_object(fields, "alias"))
        join_cover(look, scope, first, tree_object(fields, "alias"));
}

static void entry_see(struct look *look, struct scope *scope, JsonNode *node)
{
    JsonObject *fields;
    const char *type = tree_type(node, &fields);
    struct item item;
    if (g_strcmp0(type, "RangeVar") == 0) {
        relation_see(look, scope, fields, USAGE_READS, &item);
        g_array_append_val(scope->items, item);
    } else if (g_strcmp0(type, "JoinExpr") == 0) {
        join_see(look, scope, fields);
    } else if (g_strcmp0(type, "RangeSubselect") == 0) {
        subselect_see(look, scope, fields);
    } else if (g_strcmp0(type, "RangeFunction") == 0) {
        function_entry_see(look, scope, fields);
    } else if (g_strcmp0(type, "RangeTableSample") == 0) {
        entry_see(look, scope, json_object_get_member(fields, "relation"));
        member_see(look, scope, fields, "args");
    } else if (type) { /* XMLTABLE and what comes */
        node_see(look, scope, node);
        item = (struct item){.alias = tree_text(tree_object(fields, "alias"), "aliasname"),
                             .schema = "",
                             .has = ANSWER_UNSURE};
        g_array_append_val(scope->items, item);
    }
}

void from_see(struct look *look, struct scope *scope, JsonArray *from)
{
    for (guint i = 0; from && i < json_array_get_length(from); i++)
        entry_see(look, scope, json_array_get_element(from, i));
}

static enum answer cte_has(const struct look *look, JsonObject *cte)
{
    JsonObject *query;
    const char *type = tree_type(json_object_get_member(cte, "ctequery"), &query);
    enum answer below =
        g_strcmp0(type, "SelectStmt") == 0 ? output_has(look, query) : ANSWER_UNSURE;
    JsonArray *names = tree_array(cte, "aliascolnames");
    for (guint i = 0; names && i < json_array_get_length(names); i++) {
        JsonObject *name;
        if (tree_type(json_array_get_element(names, i), &name) &&
            g_strcmp0(tree_text(name, "sval"), look->catalog->column) == 0)
            return ANSWER_YES;
    }
    return names && below == ANSWER_YES ? ANSWER_UNSURE : below;
}

void with_see(struct look *look, struct scope *scope, JsonObject *fields)
{
    JsonObject *with = tree_object(fields, "withClause");
    JsonArray *ctes = tree_array(with, "ctes");
    if (!ctes)
        return;
    gboolean recursive = tree_flag(with, "recursive");
    scope->ctes = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint pass = recursive ? 0 : 1; pass < 2; pass++)
        for (guint i = 0; i < json_array_get_length(ctes); i++) {
            JsonObject *cte;
            if (!tree_type(json_array_get_element(ctes, i), &cte))
                continue;
            if (pass == 1)
                member_see(look, scope, cte, "ctequery");
            g_hash_table_insert(scope->ctes, (gpointer)tree_text(cte, "ctename"),
                                GINT_TO_POINTER(cte_has(look, cte)));
        }
}
