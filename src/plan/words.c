/* Words that are not known: said with the nearest known one, and taken for it where there can be no
 * doubt, so that one wrong word does not hide the mistakes behind it. */
#include "config.h"
#include "plan/fields-private.h"

#include <string.h>

#include "pgrollout/base/nearest.h"

char *words_join(const GPtrArray *known)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < known->len; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "", (char *)known->pdata[i]);
    return g_string_free(out, FALSE);
}

/* Letter case, dashes and blanks are not what a word is told from another by. */
static char *word_normal(const char *word)
{
    return g_strdelimit(g_ascii_strdown(word, -1), "- ", '_');
}

void unknown_report(struct report *report, const struct node *word, const char *what,
                    const GPtrArray *known)
{
    g_autofree char *shown = report_clip(word->text);
    g_autofree char *normal = word_normal(word->text);
    const char *nearest = word_nearest(normal, (const char *const *)known->pdata, known->len);
    if (!nearest) /* names that people gave may have capitals of their own */
        nearest = word_nearest(word->text, (const char *const *)known->pdata, known->len);
    if (nearest) {
        report_error(report, word->at, "unknown %s \"%s\": did you mean \"%s\"?", what, shown,
                     nearest);
        return;
    }
    g_autofree char *list = words_join(known);
    report_error(report, word->at, "unknown %s \"%s\": known are %s", what, shown, list);
}

const char *word_meant(const char *word, const GPtrArray *known)
{
    g_autofree char *normal = word_normal(word);
    const char *meant = NULL;
    guint best = G_MAXUINT;
    for (guint i = 0; i < known->len; i++) {
        const char *other = g_ptr_array_index(known, i);
        guint distance = word_distance(normal, other);
        gsize length = MAX(strlen(normal), strlen(other));
        if (distance > best)
            continue;
        meant = distance < best && distance * 3 <= length ? other : NULL;
        best = distance;
    }
    return meant;
}

gboolean key_counts(const struct node *key)
{
    return key->type == NODE_SCALAR && !key->again;
}

/* "{column c, …}": a known word with its value, and no colon between. */
static gboolean colon_mend(struct reader *reader, struct node *key, struct node *value,
                           const GPtrArray *known)
{
    g_autofree char *word = g_strndup(key->text, strcspn(key->text, " :"));
    if (!node_is_empty(value) || strcmp(word, key->text) == 0 ||
        !g_ptr_array_find_with_equal_func((GPtrArray *)known, word, g_str_equal, NULL))
        return FALSE;
    report_error(&reader->report, key->at, "a \":\" and a blank are missing behind \"%s\"", word);
    value->type = NODE_BROKEN;
    g_free(key->text);
    key->text = g_steal_pointer(&word);
    return TRUE;
}

void keys_mend(struct reader *reader, const struct node *mapping, const GPtrArray *known)
{
    for (guint i = 0; i < mapping->keys->len; i++) {
        struct node *key = g_ptr_array_index(mapping->keys, i);
        if (!key_counts(key) ||
            g_ptr_array_find_with_equal_func((GPtrArray *)known, key->text, g_str_equal, NULL))
            continue;
        if (colon_mend(reader, key, g_ptr_array_index(mapping->items, i), known))
            continue;
        unknown_report(&reader->report, key, "key", known);
        /* beyond what is listed, a guess has no reader */
        const char *meant =
            reader->report.errors < REPORT_ERRORS_MAX ? word_meant(key->text, known) : NULL;
        if (meant && !node_find(mapping, meant)) {
            g_free(key->text);
            key->text = g_strdup(meant);
        } else {
            key->type = NODE_BROKEN;
        }
    }
}

static gboolean is_cut(const struct node *value)
{
    int depth = 0;
    if (value->type != NODE_SCALAR || value->quoted)
        return FALSE;
    for (const char *p = value->text; *p; p++)
        depth += (*p == '(') - (*p == ')');
    return depth > 0;
}

void commas_mend(struct reader *reader, const struct node *mapping)
{
    struct node *cut = NULL;
    for (guint i = 0; i < mapping->keys->len; i++) {
        struct node *key = g_ptr_array_index(mapping->keys, i);
        struct node *value = g_ptr_array_index(mapping->items, i);
        /* where the notation breaks off, the last value is not known */
        gboolean rest = node_is_empty(value) || (mapping->open && i + 1 == mapping->keys->len);
        if (cut && rest) {
            if (cut->type != NODE_BROKEN) {
                g_autofree char *shown = report_clip(cut->text);
                report_error(&reader->report, cut->at,
                             "\"%s\" ends at the comma: inside { } text that holds one must be "
                             "quoted",
                             shown);
            }
            cut->type = key->type = NODE_BROKEN;
        } else {
            cut = is_cut(value) ? value : NULL;
        }
    }
}
