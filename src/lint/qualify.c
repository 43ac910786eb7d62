/* Qualifying the columns of an expression, on the parse tree: the places of the unqualified column
 * references are taken from PostgreSQL's own parser, so that quoting, functions and strings are never
 * guessed at. */
#include "config.h"
#include "pgrollout/lint/lint.h"

#include <json-glib/json-glib.h>
#include <pg_query.h>
#include <string.h>

#include "pgrollout/base/error.h"

/* Collects where an unqualified column name stands, as byte offsets. */
static void collect(JsonNode *node, GArray *places)
{
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *array = json_node_get_array(node);
        for (guint i = 0; i < json_array_get_length(array); i++)
            collect(json_array_get_element(array, i), places);
        return;
    }
    if (!JSON_NODE_HOLDS_OBJECT(node))
        return;
    JsonObject *object = json_node_get_object(node);
    g_autoptr(GList) names = json_object_get_members(object);
    for (GList *l = names; l; l = l->next) {
        JsonNode *member = json_object_get_member(object, l->data);
        if (strcmp(l->data, "ColumnRef") != 0) {
            collect(member, places);
            continue;
        }
        JsonObject *ref = json_node_get_object(member);
        JsonArray *fields = json_object_get_array_member(ref, "fields");
        if (fields && json_array_get_length(fields) == 1) {
            gint64 place = json_object_get_int_member_with_default(ref, "location", 0);
            g_array_append_val(places, place);
        }
    }
}

static int compare_places(const void *a, const void *b)
{
    const gint64 *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

char *sql_qualify_columns(const char *expression, const char *qualifier, GError **error)
{
    static const char prefix[] = "SELECT ";
    g_autofree char *statement = g_strconcat(prefix, expression, NULL);
    PgQueryParseResult parsed = pg_query_parse(statement);
    g_autoptr(JsonParser) parser = json_parser_new();
    if (parsed.error || !json_parser_load_from_data(parser, parsed.parse_tree, -1, NULL)) {
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "expression does not parse: %s",
                     parsed.error ? parsed.error->message : "unreadable tree");
        pg_query_free_parse_result(parsed);
        return NULL;
    }
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(gint64));
    collect(json_parser_get_root(parser), places);
    pg_query_free_parse_result(parsed);
    g_array_sort(places, compare_places);
    GString *text = g_string_new(expression);
    for (guint i = places->len; i-- > 0;) { /* from the end, so that the places stay true */
        gint64 place = g_array_index(places, gint64, i) - (gint64)strlen(prefix);
        g_string_insert_c(text, (gssize)place, '.');
        g_string_insert(text, (gssize)place, qualifier);
    }
    return g_string_free(text, FALSE);
}
