/* What the rules are about, from the texts in explain/: "= L07 title", then a body. */
#include "config.h"
#include "pgrollout/lint/lint.h"

#include <string.h>

#include "pgrollout/base/resource.h"

#define FOLDER "lint/explain"

static gboolean id_is_plausible(const char *id)
{
    return strlen(id) == 3 && g_ascii_isupper(id[0]) && g_ascii_isdigit(id[1]) &&
           g_ascii_isdigit(id[2]);
}

/* The next heading at or behind `text`, or NULL. */
static const char *heading_next(const char *text)
{
    if (g_str_has_prefix(text, "= "))
        return text;
    const char *found = strstr(text, "\n= ");
    return found ? found + 1 : NULL;
}

char *lint_explain(const char *id)
{
    if (!id_is_plausible(id))
        return NULL;
    g_autofree char *name = g_strdup_printf(FOLDER "/%c.txt", g_ascii_tolower(id[0]));
    const char *text = resource_find(name);
    for (const char *at = text ? heading_next(text) : NULL; at;) {
        const char *next = heading_next(at + 2);
        if (strncmp(at + 2, id, strlen(id)) == 0) {
            g_autofree char *body =
                g_strndup(at + 2, next ? (gsize)(next - at - 2) : strlen(at + 2));
            return g_strconcat(g_strchomp(body), "\n", NULL);
        }
        at = next;
    }
    return NULL;
}

char *lint_list(void)
{
    static const char *const families[] = {"s", "l", "c", "b", "p", "t"};
    GString *out = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
        g_autofree char *name = g_strconcat(FOLDER "/", families[i], ".txt", NULL);
        for (const char *at = heading_next(resource_text(name)); at; at = heading_next(at + 2)) {
            g_string_append_len(out, at + 2, (gssize)strcspn(at + 2, "\n"));
            g_string_append_c(out, '\n');
        }
    }
    return g_string_free(out, FALSE);
}
