/* Whether reads and writes go on while a statement waits for its lock. */
#include "config.h"
#include "pgrollout/lint/lint.h"

#include <string.h>

#include "lint/tree-private.h"

static void concurrent_see(const char *name, JsonNode *value, gpointer data)
{
    if (strcmp(name, "concurrent") == 0 && JSON_NODE_HOLDS_VALUE(value) &&
        json_node_get_boolean(value))
        *(gboolean *)data = TRUE;
}

static gboolean only_validates(JsonObject *fields)
{
    JsonArray *commands = tree_array(fields, "cmds");
    for (guint i = 0; commands && i < json_array_get_length(commands); i++) {
        JsonObject *command;
        tree_type(json_array_get_element(commands, i), &command);
        if (strcmp(tree_text(command, "subtype"), "AT_ValidateConstraint") != 0)
            return FALSE;
    }
    return commands != NULL;
}

gboolean sql_waits_aside(const char *sql)
{
    struct tree tree;
    gboolean aside = FALSE;
    if (!tree_init(&tree, sql, 0, NULL))
        return FALSE;
    if (strcmp(tree.type, "VacuumStmt") == 0)
        aside = !tree_has_option(tree_array(tree.fields, "options"), "full");
    else if (strcmp(tree.type, "ReindexStmt") == 0)
        aside = tree_has_option(tree_array(tree.fields, "params"), "concurrently");
    else if (strcmp(tree.type, "AlterTableStmt") == 0 && only_validates(tree.fields))
        aside = TRUE;
    else
        tree_walk(json_parser_get_root(tree.parser), concurrent_see, &aside);
    tree_clear(&tree);
    return aside;
}
