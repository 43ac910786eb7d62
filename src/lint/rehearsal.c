/* What a rehearsal must know of an application's statement before it sends it. */
#include "config.h"
#include "tree-private.h"

#include <string.h>

#include "pgrollout/lint/lint.h"

static void param_see(const char *name, JsonNode *value, gpointer data)
{
    gint64 *highest = data;
    if (strcmp(name, "ParamRef") != 0 || !JSON_NODE_HOLDS_OBJECT(value))
        return;
    gint64 number =
        json_object_get_int_member_with_default(json_node_get_object(value), "number", 0);
    *highest = MAX(*highest, number);
}

static char *params_wrong(const struct tree *tree, const struct plan_statement *statement)
{
    gint64 highest = 0, given = statement->params ? g_strv_length(statement->params) : 0;
    tree_walk(json_parser_get_root(tree->parser), param_see, &highest);
    if (highest == given)
        return NULL;
    if (given == 0)
        return g_strdup_printf(
            "it has $%" G_GINT64_FORMAT
            " and no values: write {sql: \"…\", params: […]}, or the values themselves",
            highest);
    return g_strdup_printf("it has values for %" G_GINT64_FORMAT
                           " parameters, and its highest is $%" G_GINT64_FORMAT,
                           given, highest);
}

static gboolean is_copy(const struct tree *tree)
{
    return strcmp(tree->type, "CopyStmt") == 0 && !tree_text(tree->fields, "filename")[0];
}

char *lint_why_not_rehearsed(const struct plan_statement *statement)
{
    enum sql_class class;
    const char *why = NULL;
    struct tree tree;
    char *wrong = NULL;
    if (!sql_classify(statement->sql, &class, &why, NULL) ||
        !tree_init(&tree, statement->sql, 0, NULL))
        return g_strdup("it is not one SQL statement");
    if (class == SQL_FORBIDDEN)
        wrong = g_strdup(why ? why : "a rehearsal does not run such statements");
    else if (sql_needs_no_transaction(statement->sql))
        wrong = g_strdup("it cannot run in a transaction, and what is rehearsed is rolled back");
    else if (is_copy(&tree))
        wrong = g_strdup("COPY needs a client at the other end: write an INSERT or a SELECT");
    else
        wrong = params_wrong(&tree, statement);
    tree_clear(&tree);
    return wrong;
}

void sql_shape_of(const char *sql, struct sql_shape *shape)
{
    enum sql_class class;
    struct tree tree;
    *shape = (struct sql_shape){0};
    shape->reads = sql_classify(sql, &class, NULL, NULL) && class == SQL_READ;
    if (!tree_init(&tree, sql, 0, NULL))
        return;
    shape->selects = strcmp(tree.type, "SelectStmt") == 0;
    shape->ordered = tree_array(tree.fields, "sortClause") != NULL;
    shape->cut = json_object_has_member(tree.fields, "limitCount") ||
                 json_object_has_member(tree.fields, "limitOffset");
    tree_clear(&tree);
}
