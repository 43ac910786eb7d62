/* Access to the embedded files. Texts are looked up once and kept, because the bundle lives as long
 * as the program. */
#include "config.h"
#include "pgrollout/base/resource.h"

#include <gio/gio.h>
#include <stdlib.h>

#include "src/resources.h"

static int compare_names(const void *a, const void *b)
{
    return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

/* The bundle is registered by hand (see the makefile); before that there is none. */
static GResource *bundle_get(void)
{
    static gsize registered;
    if (g_once_init_enter(&registered)) {
        pgrollout_register_resource();
        g_once_init_leave(&registered, 1);
    }
    return pgrollout_get_resource();
}

const char *resource_find(const char *name)
{
    GResource *bundle = bundle_get();
    g_autofree char *path = g_strconcat("/pgrollout/", name, NULL);
    g_autoptr(GBytes) bytes =
        g_resource_lookup_data(bundle, path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    /* uncompressed data points into the program and ends in a NUL that the compiler adds */
    return bytes ? g_bytes_get_data(bytes, NULL) : NULL;
}

const char *resource_text(const char *name)
{
    const char *text = resource_find(name);
    if (!text)
        g_error("embedded file \"%s\" is missing", name);
    return text;
}

char **resource_list(const char *folder)
{
    g_autofree char *path = g_strconcat("/pgrollout/", folder, NULL);
    char **names =
        g_resource_enumerate_children(bundle_get(), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    if (!names)
        return g_new0(char *, 1);
    qsort(names, g_strv_length(names), sizeof *names, compare_names);
    return names;
}
