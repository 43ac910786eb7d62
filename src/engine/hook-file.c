/* The files of the hooks folder. */
#include "config.h"
#include "hook-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const hook_events[] = {"load",    "phase",      "hold", "resume",
                                   "failure", "quarantine", "done", NULL};

char *hook_folder(const struct conf *conf)
{
    if (conf && conf->hooks_folder)
        return g_strdup(conf->hooks_folder);
    g_autofree char *own = g_build_filename(g_get_user_config_dir(), "pgrollout", "hooks", NULL);
    const char *const folders[] = {own, SYSCONFDIR "/pgrollout/hooks"};
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++)
        if (g_file_test(folders[i], G_FILE_TEST_IS_DIR))
            return g_strdup(folders[i]);
    return NULL;
}

/* Others must not be able to put a program there. In a folder with the sticky bit they cannot replace what is
 * not theirs. */
static char *distrust(const char *path, gboolean above)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return g_strdup_printf("%s: %s", path, g_strerror(errno));
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return g_strdup_printf(
            "%s belongs to somebody else: the engine runs what it or root owns (chown)", path);
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(above && (st.st_mode & S_ISVTX)))
        return g_strdup_printf("%s can be written by %s: chmod go-w %s", path,
                               st.st_mode & S_IWOTH ? "everybody" : "its group", path);
    return NULL;
}

/* The folders above it, from the top. */
static char *distrust_above(const char *path, const char *folder)
{
    for (const char *end = path; end; end = strchr(end + 1, '/')) {
        g_autofree char *above = end == path ? g_strdup("/") : g_strndup(path, (gsize)(end - path));
        char *why = distrust(above, strcmp(above, folder) != 0);
        if (why)
            return why;
    }
    return NULL;
}

static char *distrust_file(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return g_strdup_printf("%s: %s", path, g_strerror(errno));
    if (!S_ISREG(st.st_mode))
        return g_strdup_printf("%s is no file", path);
    if (access(path, X_OK) != 0)
        return g_strdup_printf("%s cannot be run: chmod u+x %s", path, path);
    return distrust(path, FALSE);
}

enum hook_state hook_file_find(const char *folder, const char *event, char **path, char **why)
{
    *path = *why = NULL;
    if (!folder)
        return HOOK_NONE;
    struct stat st;
    g_autofree char *named = g_build_filename(folder, event, NULL);
    if (lstat(named, &st) != 0 && errno == ENOENT && stat(folder, &st) == 0)
        return HOOK_NONE;
    char *real_folder = realpath(folder, NULL);
    char *real = real_folder ? realpath(named, NULL) : NULL;
    if (!real)
        *why = g_strdup_printf("%s: %s", real_folder ? named : folder, g_strerror(errno));
    if (!*why)
        *why = distrust_above(real_folder, real_folder);
    if (!*why)
        *why = distrust(real_folder, FALSE);
    if (!*why)
        *why = distrust_above(real, real_folder);
    if (!*why)
        *why = distrust_file(real);
    if (!*why)
        *path = g_strdup(real);
    free(real);
    free(real_folder);
    return *why ? HOOK_REFUSED : HOOK_READY;
}

/* Of any letters whatever the locale is, but nothing that moves a cursor or hides. Free with g_free. */
static char *plain(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);
    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        switch (g_unichar_type(c)) {
        case G_UNICODE_CONTROL:
        case G_UNICODE_FORMAT:
        case G_UNICODE_LINE_SEPARATOR:
        case G_UNICODE_PARAGRAPH_SEPARATOR:
        case G_UNICODE_PRIVATE_USE:
        case G_UNICODE_UNASSIGNED:
            g_string_append_c(out, ' ');
            break;
        default:
            g_string_append_unichar(out, c);
        }
    }
    return g_string_free(out, FALSE);
}

static void put_fact(JsonObject *object, const char *name, JsonNode *value, void *data)
{
    (void)object;
    char ***environment = data;
    if (!JSON_NODE_HOLDS_VALUE(value))
        return;
    g_autofree char *text = json_node_get_value_type(value) == G_TYPE_STRING
                                ? plain(json_node_get_string(value))
                                : json_to_string(value, FALSE);
    g_autofree char *upper = g_ascii_strup(name, -1);
    g_autofree char *variable =
        g_strconcat("PGROLLOUT_", strcmp(name, "id") == 0 ? "EVENT_ID" : upper, NULL);
    *environment = g_environ_setenv(*environment, variable, text, TRUE);
}

char **hook_environment(JsonObject *facts)
{
    char **environment = g_environ_setenv(NULL, "LC_ALL", "C.UTF-8", TRUE);
    environment = g_environ_setenv(environment, "HOME", g_get_home_dir(), TRUE);
    json_object_foreach_member(facts, put_fact, &environment);
    return environment;
}

char *hook_input(JsonObject *facts)
{
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), facts);
    g_autofree char *line = json_to_string(node, FALSE);
    return g_strconcat(line, "\n", NULL);
}

char *hook_cut(const char *output, gsize most)
{
    g_autofree char *line = plain(output);
    if (strlen(line) <= most)
        return g_steal_pointer(&line);
    const char *end = line + most;
    while ((*end & 0xc0) == 0x80) /* within a character */
        end--;
    g_autofree char *cut = g_strndup(line, (gsize)(end - line));
    return g_strconcat(cut, "…", NULL);
}
