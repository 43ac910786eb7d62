/* Names in a text, found without a parser: in any case, quoted or not, within literals and comments
 * too. It finds too much rather than too little. */
#include "config.h"

#include <string.h>

#include "lint/usage-private.h"

static gboolean word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || (guchar)c >= 0x80;
}

/* Both in lower case. */
static gboolean find_word(const char *text, const char *name)
{
    gsize length = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
        if ((at == text || !word_byte(at[-1]) || !word_byte(*name)) &&
            (!word_byte(at[length]) || !word_byte(name[length - 1])))
            return TRUE;
    return FALSE;
}

static char *as_written(const char *name)
{
    GString *out = g_string_new(NULL);
    for (const char *p = name; *p; p++) {
        if (*p == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, g_ascii_tolower(*p));
    }
    return g_string_free(out, FALSE);
}

static gboolean lower_has(const char *lower, const char *name)
{
    g_autofree char *written = as_written(name);
    return *written && find_word(lower, written);
}

/* A name can be spelt by code points: then any name may stand there. */
static gboolean spelt_by_points(const char *lower)
{
    return strstr(lower, "u&\"") != NULL;
}

gboolean words_have_name(const char *text, const char *name)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);
    return spelt_by_points(lower) || lower_has(lower, name);
}

gboolean words_have(const char *text, GHashTable *names)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);
    GHashTableIter iter;
    gpointer name;
    if (spelt_by_points(lower))
        return TRUE;
    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (lower_has(lower, name))
            return TRUE;
    return FALSE;
}

gboolean words_name_table(const struct usage_catalog *catalog, const char *text)
{
    return words_have(text, catalog->target_names) || words_have(text, catalog->view_names) ||
           words_have(text, catalog->function_names);
}
