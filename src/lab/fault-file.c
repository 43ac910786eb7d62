/* The records of faults: DIRECTORY/fault-NAME, a key file. */
#include "config.h"
#include "fault-private.h"

#include <glib/gstdio.h>

#define GROUP "fault"

static char *record_path(const struct lab *lab, const char *name, const char *suffix)
{
    g_autofree char *file = g_strdup_printf("fault-%s%s", name, suffix);
    return lab_path(lab, file);
}

char *fault_ready_path(const struct lab *lab, const char *name)
{
    return record_path(lab, name, ".ready");
}

char *fault_log_path(const struct lab *lab, const char *name)
{
    return record_path(lab, name, ".log");
}

gboolean fault_write(const struct lab *lab, const struct lab_fault *fault, GError **error)
{
    g_autofree char *path = record_path(lab, fault->name, "");
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (fault->argument)
        g_key_file_set_string(file, GROUP, "argument", fault->argument);
    g_key_file_set_string(file, GROUP, "text", fault->text);
    g_key_file_set_integer(file, GROUP, "pid", fault->pid);
    g_key_file_set_int64(file, GROUP, "since", fault->since);
    return g_key_file_save_to_file(file, path, error);
}

struct lab_fault *fault_read(const struct lab *lab, const char *name)
{
    g_autofree char *path = record_path(lab, name, "");
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
        return NULL;
    struct lab_fault *fault = g_new0(struct lab_fault, 1);
    fault->name = g_strdup(name);
    fault->argument = g_key_file_get_string(file, GROUP, "argument", NULL);
    fault->text = g_key_file_get_string(file, GROUP, "text", NULL);
    fault->pid = g_key_file_get_integer(file, GROUP, "pid", NULL);
    fault->since = g_key_file_get_int64(file, GROUP, "since", NULL);
    return fault;
}

void fault_remove(const struct lab *lab, const char *name)
{
    static const char *const suffixes[] = {"", ".ready", ".log"};
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = record_path(lab, name, suffixes[i]);
        g_unlink(path);
    }
}

void lab_fault_free(struct lab_fault *fault)
{
    if (!fault)
        return;
    g_free(fault->name);
    g_free(fault->argument);
    g_free(fault->text);
    g_free(fault);
}
