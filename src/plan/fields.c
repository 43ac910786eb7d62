/* Reading a mapping by its table of keys. */
#include "config.h"
#include "plan/fields-private.h"

#include <string.h>

void fields_names(const struct field *fields, GPtrArray *names)
{
    for (; fields->name; fields++)
        g_ptr_array_add(names, (gpointer)fields->name);
}

gboolean fields_have(const struct field *fields, const char *name)
{
    while (fields->name && strcmp(fields->name, name) != 0)
        fields++;
    return fields->name != NULL;
}

gboolean field_read_one(struct reader *reader, const struct field *fields, const struct node *key,
                        const struct node *value, gpointer out)
{
    while (fields->name && strcmp(fields->name, key->text) != 0)
        fields++;
    if (!fields->name)
        return FALSE;
    if (!fields->read || (fields->flags & FIELD_LATER)) {
        report_error(&reader->report, key->at, "\"%s\" is not supported by this version",
                     key->text);
        return TRUE;
    }
    fields->read(reader, value, (char *)out + fields->offset);
    if (fields->flags & FIELD_PLACED)
        *(struct plan_place *)((char *)out + fields->place) = value->at;
    return TRUE;
}

void fields_check_required(struct reader *reader, const struct node *node,
                           const struct field *fields, const char *what)
{
    for (; fields->name && !node->open; fields++)
        if ((fields->flags & FIELD_REQUIRED) && !node_find(node, fields->name))
            report_error(&reader->report, node->at, "%s needs the key \"%s\"", what, fields->name);
}

/* The pairs of one mapping of a list; the same key in two of them counts once. */
static void item_add(struct reader *reader, struct node *pairs, const struct node *item,
                     GHashTable *seen)
{
    for (guint i = 0; item->type == NODE_MAPPING && i < item->keys->len; i++) {
        struct node *key = g_ptr_array_index(item->keys, i);
        const struct node *first = g_hash_table_lookup(seen, key->text);
        if (!first) {
            g_hash_table_insert(seen, key->text, key);
        } else if (!key->again) {
            g_autofree char *shown = report_clip(key->text);
            key->again = TRUE;
            report_error(&reader->report, key->at, "duplicate key \"%s\": the first is on line %d",
                         shown, first->at.line);
        }
        pairs_add(pairs, item, i);
    }
}

/* The pairs of a list of mappings. */
static void list_collect(struct reader *reader, const struct node *list, struct node *pairs)
{
    const struct node *bare = NULL;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < list->items->len; i++) {
        const struct node *item = g_ptr_array_index(list->items, i);
        item_add(reader, pairs, item, seen);
        if (item->type == NODE_SCALAR && !bare)
            bare = item;
    }
    if (bare && pairs->keys->len > 0)
        report_error(&reader->report, bare->at, "a \":\" and a value are missing here");
}

gboolean pairs_read(struct reader *reader, const struct node *node, const char *message,
                    struct node *pairs)
{
    gboolean list = node->type == NODE_SEQUENCE;
    *pairs = pairs_new(node->at, node->open);
    if (list)
        list_collect(reader, node, pairs);
    for (guint i = 0; node->type == NODE_MAPPING && i < node->keys->len; i++)
        pairs_add(pairs, node, i);
    gboolean any = pairs->keys->len > 0;
    if (any ? list : node->type != NODE_BROKEN && !node->open)
        report_error(&reader->report, node->at, "%s%s", message,
                     !list ? ""
                     : any ? ", not a list: leave the \"- \" out"
                           : ", not a list");
    if (!any)
        pairs_clear(pairs);
    return any;
}

static void pairs_take(struct reader *reader, const struct node *pairs, const struct field *fields,
                       const char *what, gpointer out)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    fields_names(fields, known);
    commas_mend(reader, pairs);
    keys_mend(reader, pairs, known);
    for (guint i = 0; i < pairs->keys->len; i++) {
        const struct node *key = g_ptr_array_index(pairs->keys, i);
        if (key_counts(key))
            field_read_one(reader, fields, key, g_ptr_array_index(pairs->items, i), out);
    }
    fields_check_required(reader, pairs, fields, what);
}

void fields_read(struct reader *reader, const struct node *node, const struct field *fields,
                 const char *what, gpointer out)
{
    struct node pairs;
    if (node->type == NODE_MAPPING) {
        pairs_take(reader, node, fields, what, out);
    } else if (node->type == NODE_SEQUENCE) {
        g_autofree char *message = g_strdup_printf("%s must be a mapping", what);
        if (!pairs_read(reader, node, message, &pairs))
            return;
        pairs_take(reader, &pairs, fields, what, out);
        pairs_clear(&pairs);
    } else if (node->type == NODE_SCALAR) {
        g_autoptr(GPtrArray) known = g_ptr_array_new();
        fields_names(fields, known);
        g_autofree char *list = words_join(known);
        report_error(&reader->report, node->at, "%s must be a mapping, not %s: its keys are %s",
                     what, node_is_empty(node) ? "empty" : "text", list);
    }
}
