/* Code within functions. It is looked at statement by statement where a parser knows its language, else
 * for the words it is written in. */
#include "config.h"

#include <pg_query.h>
#include <string.h>

#include "lint/usage-private.h"

static void words_see(struct look *look, const char *body)
{
    const struct usage_catalog *catalog = look->catalog;
    if (!look->trigger && !words_name_table(catalog, body))
        return;
    look->usage->mentions = TRUE;
    if (!catalog->column || words_have_name(body, catalog->column))
        look_doubt(look, "its code names it, in a way that cannot be looked at closely");
}

/* "new.name := …", where `at` stands behind the place that is assigned to. */
static const char *assignment(const char *text)
{
    const char *p = text;
    int depth = 0;
    for (; *p && *p != ';'; p++) {
        if (*p == '[' || *p == '(')
            depth++;
        else if (*p == ']' || *p == ')')
            depth--;
        else if (depth == 0 && *p == ':' && p[1] == '=')
            return p + 2;
        else if (depth == 0 && *p == '=')
            return p + 1;
        else if (depth == 0 && !g_ascii_isalnum(*p) && !g_ascii_isspace(*p) &&
                 !strchr("_.\"$", *p) && !((guchar)*p & 0x80))
            return NULL;
    }
    return NULL;
}

static gboolean assignment_see(struct look *look, const char *text)
{
    const char *value = assignment(text);
    if (!value)
        return FALSE;
    g_autofree char *sql = g_strconcat("SELECT ", value, NULL);
    g_autofree char *left = g_strndup(text, (gsize)(value - text));
    if (look->trigger && look->catalog->column && words_have_name(left, "new") &&
        words_have_name(left, look->catalog->column))
        look_use(look, USAGE_WRITES, FALSE, FALSE);
    return look_at_text(look, sql);
}

static void code_expression_see(struct look *look, const char *query)
{
    g_autofree char *sql = g_strconcat("SELECT ", query, NULL);
    g_autofree char *bare = g_strstrip(g_ascii_strdown(query, -1));
    /* RETURN NEW gives the row on, and reads nothing of it */
    if (strcmp(bare, "new") == 0 || strcmp(bare, "old") == 0)
        return;
    if (!look_at_text(look, query) && !assignment_see(look, query) && !look_at_text(look, sql))
        words_see(look, query);
}

static void code_visit(const char *name, JsonNode *value, gpointer data)
{
    struct look *look = data;
    if (strcmp(name, "PLpgSQL_expr") == 0 && JSON_NODE_HOLDS_OBJECT(value))
        code_expression_see(look, tree_text(json_node_get_object(value), "query"));
}

static void dynamic_visit(const char *name, JsonNode *value, gpointer data)
{
    gboolean *dynamic = data;
    (void)value;
    if (g_str_has_prefix(name, "PLpgSQL_stmt_dyn") || strcmp(name, "dynquery") == 0)
        *dynamic = TRUE;
}

/* NULL: it does not parse. */
static JsonParser *code_parse(const char *definition)
{
    if (!definition || strlen(definition) > TREE_SQL_MAX)
        return NULL;
    PgQueryPlpgsqlParseResult result = pg_query_parse_plpgsql(definition);
    JsonParser *parser = json_parser_new_immutable();
    gboolean parsed = !result.error && result.plpgsql_funcs &&
                      json_parser_load_from_data(parser, result.plpgsql_funcs, -1, NULL);
    pg_query_free_plpgsql_parse_result(result);
    JsonNode *root = parsed ? json_parser_get_root(parser) : NULL;
    if (root && JSON_NODE_HOLDS_ARRAY(root) && json_array_get_length(json_node_get_array(root)))
        return parser;
    g_object_unref(parser);
    return NULL;
}

static gboolean plpgsql_see(struct look *look, const char *definition, const char *body)
{
    g_autoptr(JsonParser) parser = code_parse(definition);
    if (!parser)
        return FALSE;
    gboolean dynamic = FALSE;
    tree_walk(json_parser_get_root(parser), dynamic_visit, &dynamic);
    tree_walk(json_parser_get_root(parser), code_visit, look);
    if (dynamic)
        words_see(look, body);
    return TRUE;
}

static void names_visit(const char *name, JsonNode *value, gpointer data)
{
    if (strcmp(name, "PLpgSQL_expr") != 0 || !JSON_NODE_HOLDS_OBJECT(value))
        return;
    const char *query = tree_text(json_node_get_object(value), "query");
    const char *right = assignment(query);
    g_autofree char *expression = g_strconcat("SELECT ", right ? right : query, NULL);
    usage_relation_names(query, data);
    usage_relation_names(expression, data);
}

void usage_relation_names_of_function(const char *language, const char *definition,
                                      const char *body, GHashTable *names)
{
    g_autoptr(JsonParser) parser = strcmp(language, "plpgsql") == 0 ? code_parse(definition) : NULL;
    if (parser)
        tree_walk(json_parser_get_root(parser), names_visit, names);
    else if (strcmp(language, "sql") == 0)
        usage_relation_names(body, names);
}

void body_see(struct look *look, const char *language, const char *definition, const char *body)
{
    /* what takes whole rows uses a column of them where it is named too */
    struct usage inner = {0};
    struct look deeper = {.catalog = look->catalog, .usage = &inner, .trigger = look->trigger};
    gboolean seen = FALSE;
    if (!look->trigger && !words_name_table(look->catalog, body))
        return;
    if (strcmp(language, "plpgsql") == 0)
        seen = plpgsql_see(&deeper, definition, body);
    else if (strcmp(language, "sql") == 0)
        seen = look_at_text(&deeper, body);
    if (!seen)
        words_see(&deeper, body);
    const char *column = look->catalog->column;
    if (inner.kind && (deeper.named || !column || words_have_name(body, column)))
        look_use(look, inner.kind, FALSE, FALSE);
    if (inner.via)
        look_use_via(look, USAGE_READS, "function", inner.via);
    if (deeper.why)
        look_doubt(look, deeper.why);
    look->usage->mentions = look->usage->mentions || inner.mentions;
    usage_clear(&inner);
}
