/* What is known of the database, and where names lead. */
#include "config.h"

#include <string.h>

#include "lint/usage-private.h"

static GHashTable *set_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static char *qualified(const char *schema, const char *name)
{
    return g_strconcat(schema, "\n", name, NULL);
}

struct usage_catalog *usage_catalog_new(const char *schema, const char *table, const char *column)
{
    struct usage_catalog *catalog = g_new0(struct usage_catalog, 1);
    catalog->schema = g_strdup(schema);
    catalog->table = g_strdup(table);
    catalog->column = g_strdup(column);
    catalog->columns = g_ptr_array_new_with_free_func(g_free);
    GHashTable **const sets[] = {
        &catalog->targets,        &catalog->views,        &catalog->functions,
        &catalog->constraints,    &catalog->target_names, &catalog->view_names,
        &catalog->function_names, &catalog->relations,    &catalog->relation_names};
    for (guint i = 0; i < G_N_ELEMENTS(sets); i++)
        *sets[i] = set_new();
    usage_catalog_add_target(catalog, schema, table);
    return catalog;
}

void usage_catalog_free(struct usage_catalog *catalog)
{
    if (!catalog)
        return;
    GHashTable *const sets[] = {
        catalog->targets,        catalog->views,        catalog->functions,
        catalog->constraints,    catalog->target_names, catalog->view_names,
        catalog->function_names, catalog->relations,    catalog->relation_names};
    for (guint i = 0; i < G_N_ELEMENTS(sets); i++)
        g_hash_table_destroy(sets[i]);
    g_ptr_array_free(catalog->columns, TRUE);
    g_free(catalog->schema);
    g_free(catalog->table);
    g_free(catalog->column);
    g_free(catalog);
}

static void pair_add(GHashTable *pairs, GHashTable *names, const char *schema, const char *name)
{
    g_hash_table_add(pairs, qualified(schema, name));
    g_hash_table_add(names, g_strdup(name));
}

void usage_catalog_add_target(struct usage_catalog *catalog, const char *schema, const char *name)
{
    pair_add(catalog->targets, catalog->target_names, schema, name);
}

void usage_catalog_add_column(struct usage_catalog *catalog, const char *name)
{
    g_ptr_array_add(catalog->columns, g_strdup(name));
}

void usage_catalog_add_view(struct usage_catalog *catalog, const char *schema, const char *name)
{
    pair_add(catalog->views, catalog->view_names, schema, name);
}

void usage_catalog_add_function(struct usage_catalog *catalog, const char *schema, const char *name)
{
    pair_add(catalog->functions, catalog->function_names, schema, name);
}

void usage_catalog_add_constraint(struct usage_catalog *catalog, const char *name)
{
    g_hash_table_add(catalog->constraints, g_strdup(name));
}

void usage_catalog_add_relation(struct usage_catalog *catalog, const char *schema, const char *name,
                                gboolean has_column)
{
    g_autofree char *pair = qualified(schema, name);
    if (g_hash_table_contains(catalog->targets, pair))
        return;
    gpointer before, now = GINT_TO_POINTER(has_column ? ANSWER_YES : ANSWER_NO);
    g_hash_table_insert(catalog->relations, g_strdup(pair), now);
    if (g_hash_table_lookup_extended(catalog->relation_names, name, NULL, &before) && before != now)
        now = GINT_TO_POINTER(ANSWER_UNSURE);
    g_hash_table_insert(catalog->relation_names, g_strdup(name), now);
}

gboolean look_in(GHashTable *pairs, GHashTable *names, const char *schema, const char *name)
{
    g_autofree char *pair = qualified(schema, name);
    return *schema ? g_hash_table_contains(pairs, pair) : g_hash_table_contains(names, name);
}

gboolean look_target(struct look *look, const char *schema, const char *name, gboolean *unsure)
{
    const struct usage_catalog *catalog = look->catalog;
    *unsure = FALSE;
    if (!look_in(catalog->targets, catalog->target_names, schema, name))
        return FALSE;
    *unsure = !*schema && g_hash_table_contains(catalog->relation_names, name);
    look->usage->mentions = TRUE;
    return TRUE;
}

static enum answer relation_has(const struct usage_catalog *catalog, const char *schema,
                                const char *name)
{
    g_autofree char *pair = qualified(schema, name);
    gpointer answer;
    gboolean known =
        *schema ? g_hash_table_lookup_extended(catalog->relations, pair, NULL, &answer)
                : g_hash_table_lookup_extended(catalog->relation_names, name, NULL, &answer);
    return known ? (enum answer)GPOINTER_TO_INT(answer) : ANSWER_UNSURE;
}

static gboolean cte_find(const struct scope *scope, const char *name, enum answer *has)
{
    gpointer answer;
    for (; scope; scope = scope->parent)
        if (scope->ctes && g_hash_table_lookup_extended(scope->ctes, name, NULL, &answer)) {
            *has = (enum answer)GPOINTER_TO_INT(answer);
            return TRUE;
        }
    return FALSE;
}

/* users AS u (a, b, c) gives the columns other names, in their order. */
static const char *column_renamed(struct look *look, JsonArray *names)
{
    const struct usage_catalog *catalog = look->catalog;
    guint position;
    if (!names || !catalog->column)
        return catalog->column;
    if (!g_ptr_array_find_with_equal_func(catalog->columns, catalog->column, g_str_equal,
                                          &position)) {
        look_doubt(look, "it gives the table's columns other names");
        return catalog->column;
    }
    JsonObject *fields;
    if (position >= json_array_get_length(names) ||
        !tree_type(json_array_get_element(names, position), &fields))
        return catalog->column;
    return tree_text(fields, "sval");
}

void relation_see(struct look *look, const struct scope *scope, JsonObject *range, unsigned kind,
                  struct item *item)
{
    const struct usage_catalog *catalog = look->catalog;
    const char *name = tree_text(range, "relname"), *schema = tree_text(range, "schemaname");
    JsonObject *alias = tree_object(range, "alias");
    *item = (struct item){.alias = alias ? tree_text(alias, "aliasname") : name,
                          .schema = alias ? "" : schema};
    if (!*schema && scope && cte_find(scope, name, &item->has)) {
        item->has = alias_has(look, alias, item->has);
        return;
    }
    if (look_target(look, schema, name, &item->unsure)) {
        item->target = TRUE;
        item->column = column_renamed(look, tree_array(alias, "colnames"));
        if (!catalog->column)
            look_use(look, kind, FALSE, item->unsure);
        return;
    }
    if (look_in(catalog->views, catalog->view_names, schema, name))
        look_use_via(look, kind, "view", name);
    item->has = alias_has(look, alias, relation_has(catalog, schema, name));
}
