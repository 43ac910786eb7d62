/* Who uses a column or a table: the way in, and the verdict. */
#include "config.h"
#include "pgrollout/lint/usage.h"

#include <string.h>

#include "lint/usage-private.h"

void usage_clear(struct usage *usage)
{
    g_free(usage->via);
    memset(usage, 0, sizeof *usage);
}

const char *usage_name(unsigned kind)
{
    switch (kind) {
    case USAGE_NONE:
        return "does not use it";
    case USAGE_READS:
        return "reads";
    case USAGE_WRITES:
        return "writes";
    case USAGE_READS | USAGE_WRITES:
        return "reads and writes";
    default:
        return "cannot tell";
    }
}

void look_doubt(struct look *look, const char *why)
{
    if (!look->why)
        look->why = why;
}

void look_use(struct look *look, unsigned kind, gboolean star, gboolean unsure)
{
    look->usage->mentions = TRUE;
    if (unsure) {
        look_doubt(look, "other schemas have a table of the same name");
        return;
    }
    look->usage->kind |= kind;
    look->direct = TRUE;
    look->named = look->named || !star;
}

void look_use_via(struct look *look, unsigned kind, const char *what, const char *name)
{
    look->usage->mentions = TRUE;
    look->usage->kind |= kind;
    look->named = TRUE;
    if (!look->usage->via)
        look->usage->via = *name ? g_strdup_printf("%s %s", what, name) : g_strdup(what);
}

void look_finish(struct look *look)
{
    struct usage *usage = look->usage;
    usage->star = usage->kind && !look->named;
    usage->ddl = look->ddl && !look->query;
    if (look->direct)
        g_clear_pointer(&usage->via, g_free);
    if (!usage->kind && look->why) {
        usage->kind = USAGE_UNKNOWN;
        usage->why = look->why;
    }
}

gboolean look_at_text(struct look *look, const char *text)
{
    struct tree tree;
    JsonArray *statements = tree_init_script(&tree, text, NULL);
    if (!statements)
        return FALSE;
    for (guint i = 0; i < json_array_get_length(statements); i++) {
        JsonObject *fields;
        JsonObject *raw = json_array_get_object_element(statements, i);
        const char *type = tree_type(json_object_get_member(raw, "stmt"), &fields);
        if (type)
            statement_see(look, type, fields);
    }
    tree_clear(&tree);
    return TRUE;
}

gboolean usage_mentions(const struct usage_catalog *catalog, const char *text)
{
    return words_name_table(catalog, text);
}

void usage_of_text(const struct usage_catalog *catalog, const char *text, unsigned flags,
                   struct usage *usage)
{
    memset(usage, 0, sizeof *usage);
    struct look look = {.catalog = catalog, .usage = usage, .live = (flags & USAGE_TEXT_LIVE) != 0};
    gboolean cut = (flags & USAGE_TEXT_CUT) != 0;
    if (!look_at_text(&look, text)) {
        usage->mentions = words_name_table(catalog, text);
        if (!cut && usage->mentions)
            look_doubt(&look, "its text cannot be parsed");
    }
    if (cut)
        look_doubt(&look, "the end of its text is missing");
    look_finish(&look);
}

void usage_of_function(const struct usage_catalog *catalog, const char *language,
                       const char *definition, const char *body, gboolean trigger,
                       struct usage *usage)
{
    memset(usage, 0, sizeof *usage);
    struct look look = {.catalog = catalog, .usage = usage, .trigger = trigger};
    body_see(&look, language, definition, body);
    look_finish(&look);
}

static void name_visit(const char *member, JsonNode *value, gpointer data)
{
    if (strcmp(member, "relname") == 0 && JSON_NODE_HOLDS_VALUE(value))
        g_hash_table_add(data, g_strdup(json_node_get_string(value)));
}

void usage_relation_names(const char *text, GHashTable *names)
{
    struct tree tree;
    if (!tree_init_script(&tree, text, NULL))
        return;
    tree_walk(json_parser_get_root(tree.parser), name_visit, names);
    tree_clear(&tree);
}
