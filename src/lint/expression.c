/* Expressions and types that are spliced into statements of the engine: each must be one expression
 * whatever stands around it, and give the same value whenever it is computed. */
#include "config.h"
#include "pgrollout/lint/lint.h"

#include <string.h>

#include "lint/functions-private.h"
#include "lint/tree-private.h"
#include "pgrollout/base/error.h"

struct scrutiny {
    const char *target;  /* column that must not be mentioned, or NULL */
    gboolean is_default; /* no columns, but stable functions */
    char *problem;       /* the first one found */
};

static void scrutiny_fail(struct scrutiny *scrutiny, const char *format, const char *name)
{
    if (!scrutiny->problem)
        scrutiny->problem = g_strdup_printf(format, name);
}

static void column_see(struct scrutiny *scrutiny, JsonObject *fields)
{
    JsonArray *names = tree_array(fields, "fields");
    JsonObject *first = NULL;
    const char *type = names ? tree_type(json_array_get_element(names, 0), &first) : NULL;
    const char *name = g_strcmp0(type, "String") == 0 ? tree_text(first, "sval") : "*";
    if (scrutiny->is_default)
        scrutiny_fail(scrutiny, "a default cannot mention a column (\"%s\")", name);
    else if (strcmp(name, "*") == 0)
        scrutiny_fail(scrutiny, "%s stands for the whole row: name the columns", name);
    else if (json_array_get_length(names) > 1)
        scrutiny_fail(scrutiny, "\"%s.…\" is qualified: write the column's name alone", name);
    else if (g_strcmp0(name, scrutiny->target) == 0)
        scrutiny_fail(scrutiny,
                      "it mentions its own target \"%s\": a batch done twice would change it again",
                      name);
}

static void function_see(struct scrutiny *scrutiny, JsonObject *fields)
{
    const char *name = tree_last_name(tree_array(fields, "funcname"));
    if (tree_object(fields, "over") || tree_flag(fields, "agg_star") ||
        tree_flag(fields, "agg_distinct") || tree_array(fields, "agg_order")) {
        scrutiny_fail(scrutiny, "%s() looks at more than its own row", name);
        return;
    }
    switch (function_trait(name)) {
    case FUNCTION_PLAIN:
        break;
    case FUNCTION_STABLE:
        if (!scrutiny->is_default)
            scrutiny_fail(scrutiny, "%s() gives another value each time", name);
        break;
    case FUNCTION_VOLATILE:
    case FUNCTION_WRITES:
        scrutiny_fail(scrutiny,
                      scrutiny->is_default
                          ? "%s() gives every row another value, which rewrites the table: add the "
                            "column without it and fill it by a backfill"
                          : "%s() gives another value each time",
                      name);
        break;
    case FUNCTION_AGGREGATE:
        scrutiny_fail(scrutiny, "%s() looks at more than its own row", name);
        break;
    case FUNCTION_FORBIDDEN:
        scrutiny_fail(scrutiny, "%s() reaches beyond the statement", name);
        break;
    }
}

static void expression_see(const char *name, JsonNode *value, gpointer data)
{
    struct scrutiny *scrutiny = data;
    JsonObject *fields = JSON_NODE_HOLDS_OBJECT(value) ? json_node_get_object(value) : NULL;
    if (strcmp(name, "String") == 0 && fields &&
        strcmp(tree_text(fields, "sval"), "pgrollout") == 0)
        scrutiny_fail(scrutiny, "schema %s is the engine's own", "pgrollout");
    else if (strcmp(name, "SubLink") == 0)
        scrutiny_fail(scrutiny, "%s looks at other rows than its own", "a sub-select");
    else if (strcmp(name, "ParamRef") == 0)
        scrutiny_fail(scrutiny, "%s: nobody gives it a value", "a parameter ($1)");
    else if (strcmp(name, "SetToDefault") == 0)
        scrutiny_fail(scrutiny, "%s is not a value", "DEFAULT");
    else if (strcmp(name, "SQLValueFunction") == 0 && !scrutiny->is_default)
        scrutiny_fail(scrutiny, "%s gives another value each time",
                      tree_text(fields, "op") + strlen("SVFOP_"));
    else if (strcmp(name, "ColumnRef") == 0 && fields)
        column_see(scrutiny, fields);
    else if (strcmp(name, "FuncCall") == 0 && fields)
        function_see(scrutiny, fields);
}

/* The one value of "SELECT value" with nothing else to it; NULL when there is more. */
static JsonNode *select_value(const struct tree *tree)
{
    static const char *const members[] = {"targetList", "limitOption", "op", NULL};
    JsonObject *target;
    JsonArray *targets = tree_array(tree->fields, "targetList");
    if (strcmp(tree->type, "SelectStmt") != 0 || !targets || json_array_get_length(targets) != 1)
        return NULL;
    JsonObjectIter iter;
    const char *name;
    json_object_iter_init(&iter, tree->fields);
    while (json_object_iter_next(&iter, &name, NULL))
        if (!g_strv_contains(members, name))
            return NULL;
    tree_type(json_array_get_element(targets, 0), &target);
    return *tree_text(target, "name") ? NULL : json_object_get_member(target, "val");
}

/* Parses the text behind `head` ("SELECT ") and again in parentheses: the first shows text that
 * leaves a parenthesis early ("a) + (b"), the second a comment that would swallow what follows. */
static JsonNode *expression_parse(struct tree *tree, const char *head, const char *text,
                                  GError **error)
{
    struct tree inner;
    g_autofree char *plain = g_strconcat("SELECT ", head, text, NULL);
    g_autofree char *enclosed = g_strconcat("SELECT (", head, text, ")", NULL);
    if (!tree_init(tree, plain, (int)strlen("SELECT ") + (int)strlen(head), error))
        return NULL;
    JsonNode *value = select_value(tree);
    gboolean closed = tree_init(&inner, enclosed, 0, NULL) && select_value(&inner);
    tree_clear(&inner);
    if (value && closed)
        return value;
    rollout_fail(error, ROLLOUT_ERROR_PLAN, "it is not one expression");
    tree_clear(tree);
    return NULL;
}

static gboolean scrutinise(const char *expression, struct scrutiny scrutiny, GError **error)
{
    struct tree tree;
    if (!expression_parse(&tree, "", expression, error))
        return FALSE;
    tree_walk(json_parser_get_root(tree.parser), expression_see, &scrutiny);
    tree_clear(&tree);
    if (!scrutiny.problem)
        return TRUE;
    rollout_fail(error, ROLLOUT_ERROR_PLAN, "%s", scrutiny.problem);
    g_free(scrutiny.problem);
    return FALSE;
}

gboolean sql_check_expression(const char *expression, const char *target, GError **error)
{
    return scrutinise(expression, (struct scrutiny){.target = target}, error);
}

gboolean sql_check_default(const char *expression, GError **error)
{
    return scrutinise(expression, (struct scrutiny){.is_default = TRUE}, error);
}

/* Modifiers are constants, or words of an extension's type ("geometry(Point, 4326)"). */
static void type_see(const char *name, JsonNode *value, gpointer data)
{
    JsonObject *fields = JSON_NODE_HOLDS_OBJECT(value) ? json_node_get_object(value) : NULL;
    if (strcmp(name, "SubLink") == 0 || strcmp(name, "FuncCall") == 0 ||
        (strcmp(name, "String") == 0 && fields &&
         strcmp(tree_text(fields, "sval"), "pgrollout") == 0))
        *(gboolean *)data = FALSE;
}

gboolean sql_check_type(const char *type, GError **error)
{
    struct tree tree;
    JsonObject *fields;
    JsonNode *value = expression_parse(&tree, "NULL::", type, error);
    if (!value)
        return FALSE;
    const char *node = tree_type(value, &fields);
    if (g_strcmp0(node, "CollateClause") == 0)
        node = tree_type(json_object_get_member(fields, "arg"), &fields);
    JsonObject *inner;
    gboolean good =
        g_strcmp0(node, "TypeCast") == 0 &&
        g_strcmp0(tree_type(json_object_get_member(fields, "arg"), &inner), "A_Const") == 0;
    tree_walk(json_parser_get_root(tree.parser), type_see, &good);
    if (!good) {
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "it is not the name of a type");
    } else if (type_is_serial(
                   tree_last_name(tree_array(tree_object(fields, "typeName"), "names")))) {
        good = rollout_fail(error, ROLLOUT_ERROR_PLAN,
                            "a serial type rewrites the table under an exclusive lock");
    }
    tree_clear(&tree);
    return good;
}
