/* libpg_query's JSON, read with limits. */
#include "config.h"
#include "lint/tree-private.h"

#include <pg_query.h>
#include <string.h>

#include "lint/text-private.h"
#include "pgrollout/base/error.h"

/* The deepest nesting of a JSON text that is known to be well formed. */
static int json_depth(const char *json)
{
    int depth = 0, deepest = 0;
    gboolean quoted = FALSE;
    for (const char *p = json; *p; p++) {
        if (quoted) {
            if (*p == '\\' && p[1])
                p++;
            else if (*p == '"')
                quoted = FALSE;
        } else if (*p == '"') {
            quoted = TRUE;
        } else if (*p == '{' || *p == '[') {
            deepest = MAX(deepest, ++depth);
        } else if (*p == '}' || *p == ']') {
            depth--;
        }
    }
    return deepest;
}

/* The parser's message may quote a token of any length. */
static void fail_parse(const PgQueryError *problem, int skip, GError **error)
{
    g_autofree char *valid = g_utf8_make_valid(problem->message, -1);
    glong length = g_utf8_strlen(valid, -1);
    g_autofree char *message = g_utf8_substring(valid, 0, MIN(length, 120));
    if (problem->cursorpos > skip)
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "%s (character %d)", message,
                     problem->cursorpos - skip);
    else
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "%s", message);
}

static JsonArray *script_load(struct tree *tree, const char *json, GError **error)
{
    if (json_depth(json) > TREE_DEPTH_MAX) {
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "the statement is nested too deeply");
        return NULL;
    }
    tree->parser = json_parser_new_immutable();
    GError *reason = NULL;
    if (!json_parser_load_from_data(tree->parser, json, -1, &reason)) {
        rollout_fail(error, ROLLOUT_ERROR_BUG, "the parse tree cannot be read: %s",
                     reason->message);
        g_error_free(reason);
        return NULL;
    }
    JsonObject *root = json_node_get_object(json_parser_get_root(tree->parser));
    return json_object_get_array_member(root, "stmts");
}

static gboolean tree_load(struct tree *tree, const char *json, GError **error)
{
    JsonArray *statements = script_load(tree, json, error);
    if (!statements)
        return FALSE;
    guint count = json_array_get_length(statements);
    if (count != 1)
        return rollout_fail(error, ROLLOUT_ERROR_PLAN,
                            count ? "%u statements, where one is expected"
                                  : "no statement, only blanks or comments",
                            count);
    JsonObject *raw = json_array_get_object_element(statements, 0);
    tree->type = tree_type(json_object_get_member(raw, "stmt"), &tree->fields);
    if (!tree->type)
        return rollout_fail(error, ROLLOUT_ERROR_PLAN, "no statement");
    return TRUE;
}

gboolean tree_init(struct tree *tree, const char *sql, int skip, GError **error)
{
    memset(tree, 0, sizeof *tree);
    if (strlen(sql) > TREE_SQL_MAX)
        return rollout_fail(error, ROLLOUT_ERROR_PLAN, "a statement of more than 64 kB");
    if (text_operator_run(sql, strlen(sql)))
        return rollout_fail(error, ROLLOUT_ERROR_PLAN,
                            "a run of more than 4096 operator characters");
    PgQueryParseResult result = pg_query_parse(sql);
    gboolean parsed = FALSE;
    if (result.error)
        fail_parse(result.error, skip, error);
    else
        parsed = tree_load(tree, result.parse_tree, error);
    pg_query_free_parse_result(result);
    if (!parsed)
        tree_clear(tree);
    return parsed;
}

JsonArray *tree_init_script(struct tree *tree, const char *sql, GError **error)
{
    memset(tree, 0, sizeof *tree);
    if (strlen(sql) > TREE_SQL_MAX) {
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "a text of more than 64 kB");
        return NULL;
    }
    PgQueryParseResult result = pg_query_parse(sql);
    JsonArray *statements = NULL;
    if (result.error)
        fail_parse(result.error, 0, error);
    else
        statements = script_load(tree, result.parse_tree, error);
    pg_query_free_parse_result(result);
    if (!statements)
        tree_clear(tree);
    return statements;
}

void tree_clear(struct tree *tree)
{
    g_clear_object(&tree->parser);
    tree->type = NULL;
    tree->fields = NULL;
}

static JsonNode *member(JsonObject *fields, const char *name, JsonNodeType type)
{
    JsonNode *node = fields ? json_object_get_member(fields, name) : NULL;
    return node && json_node_get_node_type(node) == type ? node : NULL;
}

JsonObject *tree_object(JsonObject *fields, const char *name)
{
    JsonNode *node = member(fields, name, JSON_NODE_OBJECT);
    return node ? json_node_get_object(node) : NULL;
}

JsonArray *tree_array(JsonObject *fields, const char *name)
{
    JsonNode *node = member(fields, name, JSON_NODE_ARRAY);
    return node ? json_node_get_array(node) : NULL;
}

const char *tree_text(JsonObject *fields, const char *name)
{
    JsonNode *node = member(fields, name, JSON_NODE_VALUE);
    const char *text = node ? json_node_get_string(node) : NULL;
    return text ? text : "";
}

gboolean tree_flag(JsonObject *fields, const char *name)
{
    JsonNode *node = member(fields, name, JSON_NODE_VALUE);
    return node && json_node_get_boolean(node);
}

const char *tree_type(JsonNode *node, JsonObject **fields)
{
    if (!node || !JSON_NODE_HOLDS_OBJECT(node))
        return NULL;
    JsonObject *object = json_node_get_object(node);
    if (json_object_get_size(object) != 1)
        return NULL;
    JsonObjectIter iter;
    const char *type;
    JsonNode *inner;
    json_object_iter_init(&iter, object);
    json_object_iter_next(&iter, &type, &inner);
    if (!JSON_NODE_HOLDS_OBJECT(inner))
        return NULL;
    *fields = json_node_get_object(inner);
    return type;
}

const char *tree_last_name(JsonArray *names)
{
    guint length = names ? json_array_get_length(names) : 0;
    JsonObject *fields;
    if (length == 0)
        return "";
    const char *type = tree_type(json_array_get_element(names, length - 1), &fields);
    return g_strcmp0(type, "String") == 0 ? tree_text(fields, "sval") : "";
}

gboolean tree_has_option(JsonArray *options, const char *name)
{
    for (guint i = 0; options && i < json_array_get_length(options); i++) {
        JsonObject *fields;
        const char *type = tree_type(json_array_get_element(options, i), &fields);
        if (g_strcmp0(type, "DefElem") == 0 && strcmp(tree_text(fields, "defname"), name) == 0)
            return TRUE;
    }
    return FALSE;
}

void tree_walk(JsonNode *node, tree_visit *visit, gpointer data)
{
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *array = json_node_get_array(node);
        for (guint i = 0; i < json_array_get_length(array); i++)
            tree_walk(json_array_get_element(array, i), visit, data);
    } else if (JSON_NODE_HOLDS_OBJECT(node)) {
        JsonObjectIter iter;
        const char *name;
        JsonNode *value;
        json_object_iter_init(&iter, json_node_get_object(node));
        while (json_object_iter_next(&iter, &name, &value)) {
            visit(name, value, data);
            tree_walk(value, visit, data);
        }
    }
}
