/* A snapshot's text cut into its migrations, so that never the whole of it stands in memory as a tree: that
 * would take ten times as much as the text, and what was taken once is not given back. Only looks for where
 * values end; whether they are JSON the parser says. */
#include "config.h"
#include "snapshot-private.h"

#include <string.h>

static const char *space_skip(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

/* Behind the string that begins at `p`; NULL: it does not end. */
static const char *string_end(const char *p)
{
    for (p++; *p && *p != '"'; p++)
        if (*p == '\\' && p[1])
            p++;
    return *p ? p + 1 : NULL;
}

static const char *nested_end(const char *p)
{
    int depth = 0;
    do {
        p += strcspn(p, "\"{}[]");
        if (!*p)
            return NULL;
        if (*p == '"') {
            p = string_end(p);
            continue;
        }
        depth += *p == '{' || *p == '[' ? 1 : -1;
        p++;
    } while (p && depth > 0);
    return p;
}

/* Behind the value that begins at `p`; NULL: there is none. */
static const char *value_end(const char *p)
{
    if (*p == '"')
        return string_end(p);
    if (*p == '{' || *p == '[')
        return nested_end(p);
    gsize n = strcspn(p, ",]} \t\r\n");
    return n ? p + n : NULL;
}

/* Behind the blanks, and the comma if one is there. */
static const char *comma_skip(const char *p)
{
    p = space_skip(p);
    return *p == ',' ? space_skip(p + 1) : p;
}

/* The value of a member of the object; NULL: there is none, or it is no object. */
static const char *member_find(const char *json, const char *key)
{
    g_autofree char *wanted = g_strdup_printf("\"%s\"", key);
    const char *p = space_skip(json);
    if (*p++ != '{')
        return NULL;
    for (p = space_skip(p); *p == '"'; p = comma_skip(p)) {
        const char *name = p;
        p = string_end(p);
        p = p ? space_skip(p) : NULL;
        if (!p || *p != ':')
            return NULL;
        p = space_skip(p + 1);
        if (g_str_has_prefix(name, wanted))
            return p;
        p = value_end(p);
        if (!p)
            return NULL;
    }
    return NULL;
}

char *snap_split(const char *json, const char *key, GArray *elements)
{
    const char *array = member_find(json, key);
    const char *p = array && *array == '[' ? space_skip(array + 1) : NULL;
    while (p && *p != ']') {
        struct snap_piece piece = {p, 0};
        p = value_end(p);
        piece.size = p ? (gsize)(p - piece.text) : 0;
        g_array_append_val(elements, piece);
        p = p ? comma_skip(p) : NULL;
    }
    if (p)
        return g_strdup_printf("%.*s%s", (int)(array + 1 - json), json, p);
    g_array_set_size(elements, 0);
    return g_strdup(json);
}
