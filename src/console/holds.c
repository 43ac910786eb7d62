/* Which hold says most, and what each is called. */
#include "config.h"
#include "console/holds.h"

#include "console/format.h"

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

const struct snap_hold *hold_main(const struct snap_migration *m)
{
    static const char *const order[] = {"ambiguous", "guard",    "operator", "lock",
                                        "gate",      "boundary", "stepping", "no_engine"};
    for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
        const struct snap_hold *hold = snap_hold_find(m, order[i]);
        if (hold)
            return hold;
    }
    return NULL;
}

char *hold_name(const struct snap_hold *hold)
{
    const char *key = hold->key ? hold->key : "?";
    if (is(hold->kind, "guard") || is(hold->kind, "gate"))
        return g_strdup_printf("%s %s", hold->kind, key);
    if (is(hold->kind, "boundary"))
        return g_strdup_printf("boundary before %s", phase_title(key));
    if (is(hold->kind, "operator"))
        return g_strdup_printf("pause of %s", hold->by ? hold->by : "the engine");
    if (is(hold->kind, "lock"))
        return g_strdup("a lock it waits for");
    return g_strdup(hold->kind ? hold->kind : "?");
}

gboolean hold_is_resumed(const struct snap_hold *hold)
{
    return is(hold->kind, "operator") || is(hold->kind, "stepping") ||
           (is(hold->kind, "guard") && is(hold->key, "stall")); /* that one stays till a resume */
}

char *holds_list(const struct snap_migration *m, const struct snap_hold *but, gboolean after_resume)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < m->holds->len; i++) {
        const struct snap_hold *hold = m->holds->pdata[i];
        if (hold == but || is(hold->kind, "no_engine") || (after_resume && hold_is_resumed(hold)))
            continue;
        g_autofree char *name = hold_name(hold);
        g_string_append_printf(out, "%s%s", out->len ? ", " : "", name);
    }
    return g_string_free(out, out->len == 0);
}
