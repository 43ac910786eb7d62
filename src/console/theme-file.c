/* Where themes come from: the ones that are compiled in, a person's own folder, any file. */
#include "config.h"
#include "console/theme-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/nearest.h"
#include "pgrollout/base/resource.h"

#define SUFFIX ".theme"

char *theme_folder(void)
{
    return g_build_filename(g_get_user_config_dir(), "pgrollout", "themes", NULL);
}

static gboolean is_name(const char *name)
{
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

/* "themes/mono.theme" as "mono"; NULL: not a theme's file name. Free with g_free. */
static char *name_of_file(const char *file)
{
    g_autofree char *base = g_path_get_basename(file);
    if (!g_str_has_suffix(base, SUFFIX))
        return NULL;
    base[strlen(base) - strlen(SUFFIX)] = '\0';
    return is_name(base) ? g_steal_pointer(&base) : NULL;
}

static const char *shipped_text(const char *name, char **file)
{
    *file = g_strconcat("themes/", name, SUFFIX, NULL);
    return resource_find(*file);
}

gboolean theme_is_shipped(const char *name)
{
    g_autofree char *file = NULL;
    return shipped_text(name, &file) != NULL;
}

/* A little more than may be in it, so that too much is noticed. A pipe or device is not read: it may
 * never end. */
static char *file_read(const char *path, GError **error)
{
    struct stat facts;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    gboolean ok = fd >= 0 && fstat(fd, &facts) == 0;
    const char *problem = !ok ? g_strerror(errno) : S_ISREG(facts.st_mode) ? NULL : "not a file";
    char *text = g_malloc0(THEME_BYTES_MAX + 2);
    gsize n = 0;
    while (!problem && n <= THEME_BYTES_MAX) {
        ssize_t got = read(fd, text + n, THEME_BYTES_MAX + 1 - n);
        if (got < 0)
            problem = g_strerror(errno);
        if (got <= 0)
            break;
        n += (gsize)got;
    }
    if (fd >= 0)
        close(fd);
    if (!problem && strlen(text) != n)
        problem = "it is not a text: there is a zero byte in it";
    if (!problem)
        return text;
    g_free(text);
    rollout_fail(error, ROLLOUT_ERROR_USAGE, "cannot read \"%s\": %s", path, problem);
    return NULL;
}

static void fail_unknown(const char *name, GError **error)
{
    g_auto(GStrv) names = theme_list();
    g_autofree char *known = g_strjoinv(", ", names);
    const char *nearest = word_nearest(name, (const char *const *)names, g_strv_length(names));
    g_autofree char *meant =
        nearest ? g_strdup_printf("; did you mean \"%s\"?", nearest) : g_strdup("");
    rollout_fail(error, ROLLOUT_ERROR_USAGE, "there is no theme \"%s\"%s There are: %s", name,
                 *meant ? meant : ".", known);
}

char *theme_text(const char *name, char **file, GError **error)
{
    *file = NULL;
    if (!is_name(name)) {
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is not a theme's name", name);
        return NULL;
    }
    const char *text = shipped_text(name, file);
    if (text)
        return g_strdup(text);
    g_free(*file);
    *file = g_strconcat(name, SUFFIX, NULL); /* without its folder: messages stand in one row */
    g_autofree char *folder = theme_folder();
    g_autofree char *path = g_build_filename(folder, *file, NULL);
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return file_read(path, error);
    fail_unknown(name, error);
    return NULL;
}

static void warn_of_name(struct theme *theme, const char *name, const char *file)
{
    if (strcmp(theme->name, name) == 0)
        return;
    g_ptr_array_add(theme->warnings,
                    g_strdup_printf("%s: calls itself \"%s\"; it is known as \"%s\", by its file",
                                    file, theme->name, name));
    g_free(theme->name);
    theme->name = g_strdup(name);
}

struct theme *theme_load(const char *name, GError **error)
{
    g_autofree char *file = NULL;
    g_autofree char *text = theme_text(name, &file, error);
    struct theme *theme = text ? theme_read(name, file, text, error) : NULL;
    if (theme)
        warn_of_name(theme, name, file);
    return theme;
}

struct theme *theme_load_file(const char *path, GError **error)
{
    g_autofree char *text = file_read(path, error);
    g_autofree char *name = name_of_file(path);
    struct theme *theme = text ? theme_read(name ? name : path, path, text, error) : NULL;
    if (theme && name)
        warn_of_name(theme, name, path);
    return theme;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **theme_list(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *names = g_ptr_array_new();
    g_auto(GStrv) shipped = resource_list("themes");
    g_autofree char *folder = theme_folder();
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *own = NULL;
    char **next = shipped;
    while (*next || (dir && (own = g_dir_read_name(dir)))) {
        char *name = name_of_file(*next ? *next++ : own);
        if (name && g_hash_table_add(seen, name))
            g_ptr_array_add(names, name);
        else
            g_free(name);
    }
    if (dir)
        g_dir_close(dir);
    g_ptr_array_sort(names, by_name);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}
