/* Reading a mapping by its table of keys. */
#include "config.h"
#include "plan/fields-private.h"

#include <string.h>

#include "pgrollout/base/nearest.h"

void fields_names(const struct field *fields, GPtrArray *names)
{
    for (; fields->name; fields++)
        g_ptr_array_add(names, (gpointer)fields->name);
}

static char *words_join(const GPtrArray *known)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < known->len; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "", (char *)known->pdata[i]);
    return g_string_free(out, FALSE);
}

void unknown_report(struct report *report, const struct node *word, const char *what,
                    const GPtrArray *known)
{
    g_autofree char *shown = report_clip(word->text);
    const char *nearest = word_nearest(word->text, (const char *const *)known->pdata, known->len);
    if (nearest) {
        report_error(report, word->at, "unknown %s \"%s\": did you mean \"%s\"?", what, shown,
                     nearest);
        return;
    }
    g_autofree char *list = words_join(known);
    report_error(report, word->at, "unknown %s \"%s\": known are %s", what, shown, list);
}

gboolean field_read_one(struct reader *reader, const struct field *fields, const struct node *key,
                        const struct node *value, gpointer out)
{
    while (fields->name && strcmp(fields->name, key->text) != 0)
        fields++;
    if (!fields->name)
        return FALSE;
    if (!fields->read) {
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
    for (; fields->name; fields++)
        if ((fields->flags & FIELD_REQUIRED) && !node_find(node, fields->name))
            report_error(&reader->report, node->at, "%s needs the key \"%s\"", what, fields->name);
}

void fields_read(struct reader *reader, const struct node *node, const struct field *fields,
                 const char *what, gpointer out)
{
    if (node->type == NODE_BROKEN)
        return;
    if (node->type != NODE_MAPPING) {
        report_error(&reader->report, node->at, "%s must be a mapping, not %s", what,
                     node_type_name(node->type));
        return;
    }
    for (guint i = 0; i < node->keys->len; i++) {
        const struct node *key = g_ptr_array_index(node->keys, i);
        if (field_read_one(reader, fields, key, g_ptr_array_index(node->items, i), out))
            continue;
        g_autoptr(GPtrArray) known = g_ptr_array_new();
        fields_names(fields, known);
        unknown_report(&reader->report, key, "key", known);
    }
    fields_check_required(reader, node, fields, what);
}
