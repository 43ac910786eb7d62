/* PostgreSQL's own parse tree of one statement, as json-glib nodes. libpg_query writes it as nested
 * objects with one member named after the node's type: {"SelectStmt": {"targetList": […]}}; fields
 * whose type is fixed come without that wrapper. */
#ifndef PGROLLOUT_LINT_TREE_PRIVATE_H
#define PGROLLOUT_LINT_TREE_PRIVATE_H

#include <json-glib/json-glib.h>

struct tree {
    JsonParser *parser;
    const char *type;   /* "SelectStmt" … */
    JsonObject *fields; /* of that node */
};

/* Longer statements and deeper trees are refused: the parser's own output routine recurses without
 * looking at the stack (it overflowed at 300,000 terms of a sum; 64,000 passed). */
#define TREE_SQL_MAX (64 * 1024)
#define TREE_DEPTH_MAX 1000

/* Parses exactly one statement. FALSE with ROLLOUT_ERROR_PLAN, `tree` then being cleared. The first
 * `skip` characters are the caller's own: places in messages are counted behind them. */
gboolean tree_init(struct tree *tree, const char *sql, int skip, GError **error);
/* Parses a text of any number of statements: their list, which lives as long as the tree, each an
 * object with a member "stmt". NULL with ROLLOUT_ERROR_PLAN, `tree` then being cleared. */
JsonArray *tree_init_script(struct tree *tree, const char *sql, GError **error);
void tree_clear(struct tree *tree);

/* Members that may be absent: NULL, "" and FALSE stand for those. */
JsonObject *tree_object(JsonObject *fields, const char *name);
JsonArray *tree_array(JsonObject *fields, const char *name);
const char *tree_text(JsonObject *fields, const char *name);
gboolean tree_flag(JsonObject *fields, const char *name);
/* The type of a wrapped node and its fields; NULL when the node is no such object. */
const char *tree_type(JsonNode *node, JsonObject **fields);
/* The last name of a list of String nodes ("now" of pg_catalog.now); "" when there is none. */
const char *tree_last_name(JsonArray *names);
/* Whether a DefElem of that name stands in the list. */
gboolean tree_has_option(JsonArray *options, const char *name);

/* Visits every object member below `node`, the outer ones first. */
typedef void tree_visit(const char *name, JsonNode *value, gpointer data);
void tree_walk(JsonNode *node, tree_visit *visit, gpointer data);

#endif
