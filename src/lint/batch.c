/* The statement that a backfill sends for each batch: one that writes, with a placeholder for the
 * keys. The placeholders are put in the tree as calls of a function that there is not, so that one in
 * a comment or in a literal is none. */
#include "config.h"
#include "pgrollout/lint/lint.h"

#include <string.h>

#include "lint/functions-private.h"
#include "lint/tree-private.h"
#include "pgrollout/base/error.h"

#define MARK "pgrollout_batch_keys"

/* `{batch}` and `{batch u}`; what stands behind it begins at `end`. The alias is "" or a plain name. */
static gboolean placeholder_read(const char *text, char **alias, const char **end)
{
    static const char head[] = "{batch";
    if (strncmp(text, head, strlen(head)) != 0)
        return FALSE;
    const char *close = strchr(text, '}');
    if (!close)
        return FALSE;
    const char *begin = text + strlen(head);
    g_autofree char *inside = g_strndup(begin, (gsize)(close - begin));
    if (*inside && *inside != ' ')
        return FALSE;
    g_strstrip(inside);
    gsize plain = strspn(inside, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (inside[plain])
        return FALSE;
    *alias = g_steal_pointer(&inside);
    *end = close + 1;
    return TRUE;
}

/* With `make` in the place of each, %s being "alias." or "". */
static char *placeholders_fill(const char *statement, const char *make, int *count)
{
    GString *out = g_string_new(NULL);
    *count = 0;
    for (const char *c = statement; *c;) {
        g_autofree char *alias = NULL;
        const char *end;
        if (!placeholder_read(c, &alias, &end)) {
            g_string_append_c(out, *c++);
            continue;
        }
        g_auto(GStrv) parts = g_strsplit(make, "%s", -1);
        g_autofree char *prefix = *alias ? g_strconcat(alias, ".", NULL) : g_strdup("");
        g_autofree char *filled = g_strjoinv(prefix, parts);
        g_string_append(out, filled);
        (*count)++;
        c = end;
    }
    return g_string_free(out, FALSE);
}

char *sql_batch_fill(const char *statement, const char *condition, GError **error)
{
    int count;
    if (!sql_check_batch(statement, NULL, error))
        return NULL;
    return placeholders_fill(statement, condition, &count);
}

struct look {
    int marks, relations;
    gboolean locks;
    const char *problem, *name;
};

static void look_at(const char *name, JsonNode *value, gpointer data)
{
    struct look *look = data;
    JsonObject *fields = JSON_NODE_HOLDS_OBJECT(value) ? json_node_get_object(value) : NULL;
    if (strcmp(name, "RangeVar") == 0)
        look->relations++;
    else if (strcmp(name, "LockingClause") == 0)
        look->locks = TRUE;
    else if (strcmp(name, "SQLValueFunction") == 0 && !look->problem) {
        look->problem = "gives another value each time";
        look->name = tree_text(fields, "op") + strlen("SVFOP_");
    } else if (strcmp(name, "FuncCall") == 0 && fields) {
        const char *function = tree_last_name(tree_array(fields, "funcname"));
        enum function_trait trait = function_trait(function);
        look->marks += strcmp(function, MARK) == 0;
        if (trait == FUNCTION_PLAIN || trait == FUNCTION_AGGREGATE || look->problem)
            return;
        look->problem = trait == FUNCTION_FORBIDDEN ? "reaches beyond the statement"
                                                    : "gives another value each time";
        look->name = function;
    }
}

static gboolean tree_check(const struct tree *tree, int count, struct look *look, GError **error)
{
    static const char *const writes[] = {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt",
                                         NULL};
    tree_walk(json_parser_get_root(tree->parser), look_at, look);
    if (!g_strv_contains(writes, tree->type))
        rollout_fail(error, ROLLOUT_ERROR_PLAN,
                     "it must be one INSERT, UPDATE, DELETE or MERGE: its rows are counted");
    else if (tree_array(tree->fields, "returningList"))
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "leave RETURNING out: the engine has its own");
    else if (look->marks == 0)
        rollout_fail(error, ROLLOUT_ERROR_PLAN,
                     "{batch} (or {batch alias}) is missing: without it each batch is about all "
                     "rows");
    else if (look->marks != count)
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "a {batch} stands in a comment or in a text");
    else if (look->problem)
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "%s() %s", look->name, look->problem);
    else
        return TRUE;
    return FALSE;
}

gboolean sql_check_batch(const char *statement, gboolean *unlocked, GError **error)
{
    struct tree tree;
    struct look look = {0};
    int count;
    g_autofree char *marked = placeholders_fill(statement, MARK "('%s')", &count);
    g_autofree char *closed =
        g_strconcat("WITH changed AS (", marked, "\nRETURNING NULL) SELECT", NULL);
    enum sql_class class;
    if (!tree_init(&tree, marked, 0, error))
        return FALSE;
    gboolean good = tree_check(&tree, count, &look, error);
    if (unlocked) /* the table that is written is no RangeVar of its own in the tree */
        *unlocked = look.relations > 0 && !look.locks;
    tree_clear(&tree);
    if (good && !sql_classify(closed, &class, NULL, NULL)) {
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "it cannot be put into the batch");
        return FALSE;
    }
    return good;
}
