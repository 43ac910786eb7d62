/* Which relation a column's name leads to. */
#include "config.h"

#include <string.h>

#include "lint/usage-private.h"

void scope_init(struct scope *scope, const struct scope *parent)
{
    *scope =
        (struct scope){.parent = parent, .items = g_array_new(FALSE, FALSE, sizeof(struct item))};
}

void scope_clear(struct scope *scope)
{
    g_clear_pointer(&scope->items, g_array_unref);
    g_clear_pointer(&scope->ctes, g_hash_table_destroy);
}

static const char *string_at(JsonArray *names, guint index)
{
    JsonObject *fields;
    const char *type = tree_type(json_array_get_element(names, index), &fields);
    return g_strcmp0(type, "String") == 0 ? tree_text(fields, "sval") : NULL;
}

static gboolean is_column(const struct usage_catalog *catalog, const char *name)
{
    return g_ptr_array_find_with_equal_func(catalog->columns, name, g_str_equal, NULL) ||
           g_strcmp0(name, catalog->column) == 0;
}

static const struct item *items_get(const struct scope *scope, guint index)
{
    return &g_array_index(scope->items, struct item, index);
}

const struct item *row_item(const struct look *look, const struct scope *scope, const char *name)
{
    for (; scope; scope = scope->parent)
        for (guint i = 0; i < scope->items->len; i++) {
            const struct item *item = items_get(scope, i);
            if (strcmp(item->alias, name) == 0)
                return item->target && !is_column(look->catalog, name) ? item : NULL;
        }
    return NULL;
}

static const struct item *items_find(const struct scope *scope, const char *schema,
                                     const char *alias)
{
    for (; scope; scope = scope->parent)
        for (guint i = 0; i < scope->items->len; i++) {
            const struct item *item = items_get(scope, i);
            if (strcmp(item->alias, alias) == 0 && (!schema || strcmp(item->schema, schema) == 0))
                return item;
        }
    return NULL;
}

/* An unqualified `*` takes every entry of the innermost FROM. */
static void star_see(struct look *look, const struct scope *scope)
{
    for (guint i = 0; scope && i < scope->items->len; i++)
        if (items_get(scope, i)->target)
            look_use(look, USAGE_READS, TRUE, items_get(scope, i)->unsure);
}

/* The entry of this FROM that is the table and has the column under that name. */
static const struct item *items_target(const struct scope *scope, const char *name)
{
    for (guint i = 0; i < scope->items->len; i++) {
        const struct item *item = items_get(scope, i);
        if (item->target && g_strcmp0(item->column, name) == 0)
            return item;
    }
    return NULL;
}

/* Whether anybody else in this FROM has it. */
static enum answer items_have(const struct look *look, const struct scope *scope, const char *name)
{
    enum answer all = ANSWER_NO;
    gboolean asked = g_strcmp0(name, look->catalog->column) == 0;
    for (guint i = 0; i < scope->items->len; i++) {
        const struct item *item = items_get(scope, i);
        if (item->target)
            continue;
        enum answer has = asked ? item->has : ANSWER_UNSURE; /* of other names nothing is known */
        if (has == ANSWER_YES)
            return ANSWER_YES;
        all = MAX(all, has);
    }
    return all;
}

/* From the inside out: the first FROM in which somebody has the column. */
static void bare_see(struct look *look, const struct scope *scope, const char *name)
{
    gboolean doubt = FALSE;
    const struct item *row = row_item(look, scope, name);
    if (row)
        look_use(look, USAGE_READS, TRUE, row->unsure);
    for (; scope; scope = scope->parent) {
        const struct item *item = items_target(scope, name);
        enum answer others = item ? ANSWER_NO : items_have(look, scope, name);
        if (item && doubt)
            look_doubt(look, "it is not known which of its relations has the column");
        else if (item)
            look_use(look, USAGE_READS, FALSE, item->unsure);
        if (item || others == ANSWER_YES)
            return;
        doubt = doubt || others == ANSWER_UNSURE;
    }
}

static void row_field_see(struct look *look, const char *row, const char *field)
{
    if (!look->trigger || (strcmp(row, "new") != 0 && strcmp(row, "old") != 0))
        return;
    if (!field)
        look_use(look, USAGE_READS, TRUE, FALSE);
    else if (g_strcmp0(field, look->catalog->column) == 0)
        look_use(look, USAGE_READS, FALSE, FALSE);
}

static void qualified_see(struct look *look, const struct scope *scope, const char *schema,
                          const char *alias, const char *field)
{
    const struct item *item = items_find(scope, schema, alias);
    if (!item) {
        row_field_see(look, alias, field);
        return;
    }
    if (!item->target)
        return;
    if (!field)
        look_use(look, USAGE_READS, TRUE, item->unsure);
    else if (g_strcmp0(field, item->column) == 0)
        look_use(look, USAGE_READS, FALSE, item->unsure);
    else if (!is_column(look->catalog, field) &&
             g_hash_table_contains(look->catalog->function_names, field))
        look_use_via(look, USAGE_READS, "function", field); /* u.f is f(u) */
}

void column_see(struct look *look, const struct scope *scope, JsonObject *fields)
{
    JsonArray *names = tree_array(fields, "fields");
    guint count = names ? json_array_get_length(names) : 0;
    if (count == 0)
        return;
    const char *last = string_at(names, count - 1);
    if (count == 1 && !last)
        star_see(look, scope);
    else if (count == 1 && look->trigger && !items_find(scope, NULL, last) &&
             (strcmp(last, "new") == 0 || strcmp(last, "old") == 0))
        row_field_see(look, last, NULL);
    else if (count == 1)
        bare_see(look, scope, last);
    else if (string_at(names, count - 2))
        qualified_see(look, scope, count > 2 ? string_at(names, count - 3) : NULL,
                      string_at(names, count - 2), last);
}

enum answer alias_has(const struct look *look, JsonObject *alias, enum answer below)
{
    JsonArray *names = tree_array(alias, "colnames");
    for (guint i = 0; names && i < json_array_get_length(names); i++)
        if (g_strcmp0(string_at(names, i), look->catalog->column) == 0)
            return ANSWER_YES;
    /* the list may be shorter than the row, and may have renamed the one that had the name */
    return names && below == ANSWER_YES ? ANSWER_UNSURE : below;
}

/* What an expression without AS is called. */
static enum answer output_named(const struct look *look, JsonNode *value)
{
    JsonObject *fields;
    const char *type = tree_type(value, &fields), *name = NULL;
    if (!type)
        return ANSWER_UNSURE;
    if (strcmp(type, "ColumnRef") == 0) {
        JsonArray *names = tree_array(fields, "fields");
        name = names ? string_at(names, json_array_get_length(names) - 1) : NULL;
    } else if (strcmp(type, "FuncCall") == 0) {
        name = tree_last_name(tree_array(fields, "funcname"));
    } else if (strcmp(type, "A_Const") == 0 || strcmp(type, "ParamRef") == 0 ||
               strcmp(type, "A_Expr") == 0 || strcmp(type, "BoolExpr") == 0) {
        name = "?column?";
    }
    if (!name)
        return ANSWER_UNSURE;
    return g_strcmp0(name, look->catalog->column) == 0 ? ANSWER_YES : ANSWER_NO;
}

enum answer output_has(const struct look *look, JsonObject *select)
{
    JsonObject *left = tree_object(select, "larg");
    JsonArray *targets = tree_array(select, "targetList");
    if (left)
        return output_has(look, left);
    if (!targets)
        return ANSWER_UNSURE;
    enum answer all = ANSWER_NO;
    for (guint i = 0; i < json_array_get_length(targets); i++) {
        JsonObject *target;
        if (!tree_type(json_array_get_element(targets, i), &target))
            return ANSWER_UNSURE;
        const char *name = tree_text(target, "name");
        enum answer one =
            *name ? (g_strcmp0(name, look->catalog->column) == 0 ? ANSWER_YES : ANSWER_NO)
                  : output_named(look, json_object_get_member(target, "val"));
        if (one == ANSWER_YES)
            return ANSWER_YES;
        all = MAX(all, one);
    }
    return all;
}
