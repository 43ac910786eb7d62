/* The drills that there are: in the program, in the person's own folder, in a file. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/drill-private.h"
#include "cmd/print.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define FOLDER "lab/drills"
#define SUFFIX ".drill"
#define SIZE_MAX_BYTES (1 << 20)

/* "03-hot-rows.drill" is called "hot-rows". */
static char *name_of(const char *file)
{
    const char *from = g_ascii_isdigit(file[0]) && strchr(file, '-') ? strchr(file, '-') + 1 : file;
    gsize length = strlen(from);
    return g_strndup(from, g_str_has_suffix(from, SUFFIX) ? length - strlen(SUFFIX) : length);
}

static char *own_folder(void)
{
    return g_build_filename(g_get_user_config_dir(), "pgrollout", "drills", NULL);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in the person's folder, sorted; free with g_strfreev. */
static char **own_files(void)
{
    g_autofree char *folder = own_folder();
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *file;
    while (dir && (file = g_dir_read_name(dir)))
        if (g_str_has_suffix(file, SUFFIX))
            g_strv_builder_add(names, file);
    if (dir)
        g_dir_close(dir);
    char **list = g_strv_builder_end(names);
    qsort(list, g_strv_length(list), sizeof *list, by_name);
    return list;
}

static struct drill_file *parse(const char *file, const char *label, const char *text,
                                const char *shell, GError **error)
{
    GString *whole = g_string_new(text);
    g_autofree char *name = name_of(file);
    if (shell)
        g_string_replace(whole, "@shell@", shell, 0);
    struct drill_file *drill = drill_file_parse(name, label, whole->str, error);
    g_string_free(whole, TRUE);
    return drill;
}

static gboolean read_path(struct drill *drill, const char *path, const char *shell, GError **error)
{
    g_autofree char *text = NULL, *base = g_path_get_basename(path);
    g_autoptr(GError) problem = NULL;
    gsize length;
    if (!g_file_get_contents(path, &text, &length, &problem))
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "could not read \"%s\": %s", path,
                            problem->message);
    if (length > SIZE_MAX_BYTES || memchr(text, '\0', length))
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is not a drill", path);
    drill->folder = g_path_get_dirname(path);
    drill->file = parse(base, path, text, shell, error);
    return drill->file != NULL;
}

static gboolean read_own(struct drill *drill, const char *name, const char *shell, gboolean *found,
                         GError **error)
{
    g_auto(GStrv) files = own_files();
    g_autofree char *folder = own_folder();
    *found = FALSE;
    for (char **file = files; *file; file++) {
        g_autofree char *called = name_of(*file), *path = g_build_filename(folder, *file, NULL);
        if (strcmp(called, name) != 0)
            continue;
        *found = TRUE;
        return read_path(drill, path, shell, error);
    }
    return TRUE;
}

gboolean drill_find(struct drill *drill, const char *name, const char *shell, GError **error)
{
    g_auto(GStrv) files = resource_list(FOLDER);
    gboolean found;
    if (strchr(name, '/') || g_str_has_suffix(name, SUFFIX))
        return read_path(drill, name, shell, error);
    drill->of = g_strv_length(files);
    for (guint i = 0; files[i]; i++) {
        g_autofree char *called = name_of(files[i]),
                        *path = g_strconcat(FOLDER "/", files[i], NULL);
        if (strcmp(called, name) != 0)
            continue;
        drill->number = i + 1;
        drill->file = parse(files[i], path, resource_text(path), shell, error);
        return drill->file != NULL;
    }
    if (!read_own(drill, name, shell, &found, error) || found)
        return drill->file != NULL;
    rollout_fail(error, ROLLOUT_ERROR_USAGE, "no drill is named \"%s\"", name);
    if (error)
        rollout_error_set_hint(*error,
                               "pgrollout drill --list names them; a file of your own is named "
                               "with its path");
    return FALSE;
}

gboolean drill_bring_tour(struct lab *lab, const char *phase, GError **error)
{
    struct drill drill = {.lab = lab};
    struct lab_options options;
    if (!drill_find(&drill, DRILL_TOUR, NULL, error))
        return FALSE;
    lab_options_read(lab, &options);
    drill.rows = options.rows;
    drill.self = g_file_read_link("/proc/self/exe", NULL);
    drill.plan = g_build_filename(lab->directory, DRILL_TOUR ".yaml", NULL);
    g_free(drill.file->setup.from);
    drill.file->setup.from = g_strdup(phase);
    gboolean there = drill_bring(&drill, error);
    drill_file_free(drill.file);
    g_free(drill.self);
    g_free(drill.plan);
    return there;
}

static void line_print(const struct drill_file *drill, const char *file, const GError *error)
{
    g_autofree char *name = name_of(file);
    g_autofree char *text = print_safe(drill ? drill->title : error->message);
    printf("%-22s %s\n", name, text);
}

int drill_list(void)
{
    g_auto(GStrv) files = resource_list(FOLDER), own = own_files();
    g_autofree char *folder = own_folder();
    for (char **file = files; *file; file++) {
        g_autofree char *path = g_strconcat(FOLDER "/", *file, NULL);
        g_autoptr(GError) error = NULL;
        struct drill_file *drill = parse(*file, path, resource_text(path), NULL, &error);
        line_print(drill, *file, error);
        drill_file_free(drill);
    }
    for (char **file = own; *file; file++) {
        g_autofree char *path = g_build_filename(folder, *file, NULL);
        g_autoptr(GError) error = NULL;
        struct drill one = {0};
        read_path(&one, path, NULL, &error);
        line_print(one.file, *file, error);
        drill_file_free(one.file);
        g_free(one.folder);
    }
    return 0;
}
