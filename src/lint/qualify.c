/* Qualifying the columns of an expression, on the parse tree: the places of the unqualified column
 * references are taken from PostgreSQL's own parser, so that quoting, functions and strings are
 * never guessed at. */
#include "config.h"
#include "pgrollout/lint/lint.h"

#include <string.h>

#include "tree-private.h"

static const char prefix[] = "SELECT ";

/* Notes where an unqualified column name stands, as a byte offset into the expression. */
static void note_column(const char *name, JsonNode *value, gpointer data)
{
    if (strcmp(name, "ColumnRef") != 0)
        return;
    JsonObject *ref = json_node_get_object(value);
    JsonArray *fields = tree_array(ref, "fields");
    if (!fields || json_array_get_length(fields) != 1)
        return;
    gint64 place =
        json_object_get_int_member_with_default(ref, "location", 0) - (gint64)strlen(prefix);
    g_array_append_val((GArray *)data, place);
}

static int compare_places(const void *a, const void *b)
{
    const gint64 *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

char *sql_qualify_columns(const char *expression, const char *qualifier, GError **error)
{
    g_autofree char *statement = g_strconcat(prefix, expression, NULL);
    struct tree tree;
    if (!tree_init(&tree, statement, (int)strlen(prefix), error))
        return NULL;
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(gint64));
    tree_walk(json_parser_get_root(tree.parser), note_column, places);
    tree_clear(&tree);
    g_array_sort(places, compare_places);
    GString *text = g_string_new(expression);
    for (guint i = places->len; i-- > 0;) { /* from the end, so that the places stay true */
        gssize place = (gssize)g_array_index(places, gint64, i);
        g_string_insert_c(text, place, '.');
        g_string_insert(text, place, qualifier);
    }
    return g_string_free(text, FALSE);
}
