/* Reading pgrollout.conf. */
#include "config.h"
#include "pgrollout/engine/conf.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/nearest.h"
#include "pgrollout/base/units.h"

#define PROBE_TIMEOUT_US G_USEC_PER_SEC
#define HOOKS_TIMEOUT_MAX_US (600 * G_USEC_PER_SEC)

struct reading {
    struct conf *conf;
    const char *path;
    GKeyFile *file;
};

/* What a kind of group is read by: "[replica NAME]" and the keys it may have. */
struct group_class {
    const char *word;
    gboolean alone; /* it has no NAME */
    const char *keys[3];
    gboolean (*read)(const struct reading *reading, const char *group, const char *name,
                     GError **error);
};

static void server_free(void *data)
{
    struct conf_server *server = data;
    g_free(server->name);
    g_free(server->conninfo);
    g_free(server);
}

static void probe_free(void *data)
{
    struct conf_probe *probe = data;
    g_free(probe->name);
    g_strfreev(probe->argv);
    g_free(probe);
}

static struct conf *conf_new(void)
{
    struct conf *conf = g_new0(struct conf, 1);
    conf->hooks_timeout_us = CONF_HOOKS_TIMEOUT_US;
    conf->replicas = g_ptr_array_new_with_free_func(server_free);
    conf->poolers = g_ptr_array_new_with_free_func(server_free);
    conf->probes = g_ptr_array_new_with_free_func(probe_free);
    return conf;
}

void conf_free(struct conf *conf)
{
    if (!conf)
        return;
    g_free(conf->hooks_folder);
    g_ptr_array_unref(conf->replicas);
    g_ptr_array_unref(conf->poolers);
    g_ptr_array_unref(conf->probes);
    g_free(conf);
}

static gboolean fail(const struct reading *reading, const char *group, GError **error,
                     const char *text)
{
    return rollout_fail(error, ROLLOUT_ERROR_USAGE, "%s: [%s]: %s", reading->path, group, text);
}

/* What the user's file says of a name takes the place of what the system's said. */
static void forget(GPtrArray *array, const char *name)
{
    for (guint i = 0; i < array->len; i++)
        if (strcmp(*(char **)g_ptr_array_index(array, i), name) == 0) {
            g_ptr_array_remove_index(array, i);
            return;
        }
}

static gboolean server_read(const struct reading *reading, GPtrArray *into, const char *group,
                            const char *name, GError **error)
{
    g_autofree char *conninfo = g_key_file_get_string(reading->file, group, "conninfo", NULL);
    if (!conninfo || !*g_strstrip(conninfo))
        return fail(reading, group, error, "\"conninfo\" is missing");
    struct conf_server *server = g_new0(struct conf_server, 1);
    server->name = g_strdup(name);
    server->conninfo = g_steal_pointer(&conninfo);
    forget(into, name);
    g_ptr_array_add(into, server);
    return TRUE;
}

static gboolean replica_read(const struct reading *reading, const char *group, const char *name,
                             GError **error)
{
    return server_read(reading, reading->conf->replicas, group, name, error);
}

static gboolean pooler_read(const struct reading *reading, const char *group, const char *name,
                            GError **error)
{
    return server_read(reading, reading->conf->poolers, group, name, error);
}

/* Whoever may write the file says which programs the engine runs. */
static gboolean is_trusted(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
           (st.st_uid == 0 || st.st_uid == geteuid());
}

static gboolean probe_read(const struct reading *reading, const char *group, const char *name,
                           GError **error)
{
    g_autofree char *command = g_key_file_get_string(reading->file, group, "command", NULL);
    g_autofree char *timeout = g_key_file_get_string(reading->file, group, "timeout", NULL);
    g_auto(GStrv) argv = NULL;
    g_autoptr(GError) cause = NULL;
    gint64 timeout_us = PROBE_TIMEOUT_US;
    if (!is_trusted(reading->path))
        return fail(reading, group, error,
                    "the file names programs, so nobody but its owner, who is you or root, may be "
                    "able to write it");
    if (!command || !g_shell_parse_argv(command, NULL, &argv, &cause))
        return fail(reading, group, error, cause ? cause->message : "\"command\" is missing");
    if (!g_path_is_absolute(argv[0]))
        return fail(reading, group, error, "\"command\" must begin with an absolute path");
    if (timeout && !duration_parse(timeout, &timeout_us, &cause))
        return fail(reading, group, error, cause->message);
    struct conf_probe *probe = g_new0(struct conf_probe, 1);
    probe->name = g_strdup(name);
    probe->argv = g_steal_pointer(&argv);
    probe->timeout_us = timeout_us;
    forget(reading->conf->probes, name);
    g_ptr_array_add(reading->conf->probes, probe);
    return TRUE;
}

static gboolean hooks_read(const struct reading *reading, const char *group, const char *name,
                           GError **error)
{
    (void)name;
    g_autofree char *folder = g_key_file_get_string(reading->file, group, "directory", NULL);
    g_autofree char *timeout = g_key_file_get_string(reading->file, group, "timeout", NULL);
    g_autoptr(GError) cause = NULL;
    gint64 timeout_us = CONF_HOOKS_TIMEOUT_US;
    if (!is_trusted(reading->path))
        return fail(reading, group, error,
                    "the file says which programs are run, so nobody but its owner, who is you or "
                    "root, may be able to write it");
    if (folder && !g_path_is_absolute(folder))
        return fail(reading, group, error, "\"directory\" must be an absolute path");
    if (folder && !g_file_test(folder, G_FILE_TEST_IS_DIR))
        return fail(reading, group, error,
                    "\"directory\" is not there: make it, or take the line away");
    if (timeout && !duration_parse(timeout, &timeout_us, &cause))
        return fail(reading, group, error, cause->message);
    if (timeout_us < G_USEC_PER_SEC / 10 || timeout_us > HOOKS_TIMEOUT_MAX_US)
        return fail(reading, group, error, "\"timeout\" must lie between 100ms and 10m");
    if (folder) {
        g_free(reading->conf->hooks_folder);
        reading->conf->hooks_folder = g_steal_pointer(&folder);
    }
    if (timeout)
        reading->conf->hooks_timeout_us = timeout_us;
    return TRUE;
}

static const struct group_class group_classes[] = {
    {"replica", FALSE, {"conninfo", NULL}, replica_read},
    {"pooler", FALSE, {"conninfo", NULL}, pooler_read},
    {"probe", FALSE, {"command", "timeout", NULL}, probe_read},
    {"hooks", TRUE, {"directory", "timeout", NULL}, hooks_read},
};

static gboolean keys_check(const struct reading *reading, const struct group_class *class,
                           const char *group, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(reading->file, group, NULL, NULL);
    for (char **key = keys; key && *key; key++) {
        if (g_strv_contains(class->keys, *key))
            continue;
        const char *nearest = word_nearest(*key, class->keys, g_strv_length((char **)class->keys));
        g_autofree char *text =
            g_strdup_printf("unknown key \"%s\"%s%s%s", *key, nearest ? ": did you mean \"" : "",
                            nearest ? nearest : "", nearest ? "\"?" : "");
        return fail(reading, group, error, text);
    }
    return TRUE;
}

static gboolean group_read(const struct reading *reading, const char *group, GError **error)
{
    g_auto(GStrv) words = g_strsplit(group, " ", 2);
    for (gsize i = 0; i < G_N_ELEMENTS(group_classes); i++) {
        const struct group_class *class = &group_classes[i];
        if (strcmp(class->word, words[0]) != 0)
            continue;
        if (class->alone && words[1])
            return fail(reading, group, error, "there is one group of this word, without a name");
        if (!class->alone && (!words[1] || !*g_strstrip(words[1])))
            return fail(reading, group, error, "a name is missing behind the word");
        return keys_check(reading, class, group, error) &&
               class->read(reading, group, words[1], error);
    }
    return fail(reading, group, error,
                "unknown group: known are [replica NAME], [pooler NAME], [probe NAME] and [hooks]");
}

static gboolean file_read(struct conf *conf, const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) cause = NULL;
    struct reading reading = {conf, path, file};
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &cause))
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "cannot read \"%s\": %s", path,
                            cause->message);
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
    for (char **group = groups; *group; group++)
        if (!group_read(&reading, *group, error))
            return FALSE;
    return TRUE;
}

struct conf *conf_read_file(const char *path, GError **error)
{
    struct conf *conf = conf_new();
    if (file_read(conf, path, error))
        return conf;
    conf_free(conf);
    return NULL;
}

struct conf *conf_read(GError **error)
{
    const char *named = g_getenv("PGROLLOUT_CONF");
    if (named && *named)
        return conf_read_file(named, error);
    g_autofree char *own =
        g_build_filename(g_get_user_config_dir(), "pgrollout", "pgrollout.conf", NULL);
    const char *const paths[] = {SYSCONFDIR "/pgrollout.conf", own};
    struct conf *conf = conf_new();
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
        if (g_file_test(paths[i], G_FILE_TEST_EXISTS) && !file_read(conf, paths[i], error)) {
            conf_free(conf);
            return NULL;
        }
    return conf;
}

const struct conf_server *conf_replica_find(const struct conf *conf, const char *name)
{
    for (guint i = 0; i < conf->replicas->len; i++) {
        const struct conf_server *server = g_ptr_array_index(conf->replicas, i);
        if (strcmp(server->name, name) == 0)
            return server;
    }
    return NULL;
}

const struct conf_probe *conf_probe_find(const struct conf *conf, const char *name)
{
    for (guint i = 0; i < conf->probes->len; i++) {
        const struct conf_probe *probe = g_ptr_array_index(conf->probes, i);
        if (strcmp(probe->name, name) == 0)
            return probe;
    }
    return NULL;
}
