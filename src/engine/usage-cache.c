/* What is kept of each statement between two looks of an engine: to parse thousands of texts takes seconds, in
 * which nothing else of it goes on. The relations that a text names never change; how it was judged holds
 * as long as all that is known of the catalog does. */
#include "config.h"

#include <string.h>

#include "engine/usage-private.h"

#define NAMES "names"
#define VERDICTS "verdicts"
#define FACTS "facts"
#define MOST 20000 /* statements that are kept */

void usage_reader_remember(struct usage_reader *reader, JsonObject *cache)
{
    reader->cache = cache;
}

static JsonObject *part(struct usage_reader *reader, const char *name)
{
    if (!json_object_has_member(reader->cache, name))
        json_object_set_object_member(reader->cache, name, json_object_new());
    JsonObject *found = json_object_get_object_member(reader->cache, name);
    if (json_object_get_size(found) > MOST) {
        found = json_object_new();
        json_object_set_object_member(reader->cache, name, found);
    }
    return found;
}

static JsonArray *names_read(const char *text)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    JsonArray *list = json_array_new();
    GHashTableIter iter;
    gpointer name;
    usage_relation_names(text, names);
    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        json_array_add_string_element(list, name);
    return list;
}

void usage_cache_names(struct usage_reader *reader, const struct usage_statement *statement)
{
    if (!reader->cache) {
        usage_relation_names(statement->text, reader->names);
        return;
    }
    JsonObject *known = part(reader, NAMES);
    if (!json_object_has_member(known, statement->id))
        json_object_set_array_member(known, statement->id, names_read(statement->text));
    JsonArray *list = json_object_get_array_member(known, statement->id);
    for (guint i = 0; i < json_array_get_length(list); i++)
        g_hash_table_add(reader->names, g_strdup(json_array_get_string_element(list, i)));
}

void usage_cache_begin(struct usage_reader *reader, JsonNode *relations)
{
    if (!reader->cache)
        return;
    g_autofree char *facts = json_to_string(reader->facts, FALSE);
    g_autofree char *others = relations ? json_to_string(relations, FALSE) : g_strdup("");
    g_autofree char *all = g_strconcat(facts, others, NULL);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
    if (strcmp(json_object_get_string_member_with_default(reader->cache, FACTS, ""), sum) != 0)
        json_object_remove_member(reader->cache, VERDICTS);
    json_object_set_string_member(reader->cache, FACTS, sum);
}

static void verdict_keep(JsonObject *known, const struct usage_statement *statement)
{
    const struct usage *usage = &statement->usage;
    JsonObject *row = json_object_new();
    json_object_set_int_member(row, "kind", usage->kind);
    json_object_set_boolean_member(row, "star", usage->star);
    json_object_set_boolean_member(row, "ddl", usage->ddl);
    json_object_set_boolean_member(row, "mentions", usage->mentions);
    if (usage->via)
        json_object_set_string_member(row, "via", usage->via);
    json_object_set_object_member(known, statement->id, row);
}

void usage_cache_judge(struct usage_reader *reader, struct usage_statement *statement)
{
    struct usage *usage = &statement->usage;
    JsonObject *known = reader->cache ? part(reader, VERDICTS) : NULL;
    JsonObject *row = known && json_object_has_member(known, statement->id)
                          ? json_object_get_object_member(known, statement->id)
                          : NULL;
    if (!row) {
        usage_of_text(reader->catalog, statement->text, USAGE_TEXT_WHOLE, usage);
        if (known && usage->kind != USAGE_UNKNOWN)
            verdict_keep(known, statement);
        return;
    }
    *usage = (struct usage){.kind = (unsigned)json_object_get_int_member(row, "kind"),
                            .star = json_object_get_boolean_member(row, "star"),
                            .ddl = json_object_get_boolean_member(row, "ddl"),
                            .mentions = json_object_get_boolean_member(row, "mentions")};
    usage->via = g_strdup(json_object_get_string_member_with_default(row, "via", NULL));
}
