/* pgrollout new: write a plan from a recipe. */
#include "config.h"
#include "pgrollout/plan/recipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/plan-file.h"
#include "cmd/print.h"
#include "cmd/session.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/nearest.h"
#include "pgrollout/engine/carry.h"
#include "pgrollout/lint/lint.h"

#define HELP_COLUMN 17

extern const struct cmd_verb cmd_verb_new;

static int list(gboolean as_json)
{
    g_auto(GStrv) names = recipe_names();
    int width = 0;
    for (char **name = names; *name; name++)
        width = MAX(width, (int)strlen(*name) + 2);
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_array(json);
    for (char **name = names; *name; name++) {
        struct recipe *recipe = recipe_find(*name);
        if (!as_json) {
            printf("%-*s", width, *name);
            print_wrapped(width, width, recipe_summary(recipe));
        }
        json_builder_begin_object(json);
        json_builder_set_member_name(json, "name");
        json_builder_add_string_value(json, *name);
        json_builder_set_member_name(json, "summary");
        json_builder_add_string_value(json, recipe_summary(recipe));
        json_builder_end_object(json);
        recipe_free(recipe);
    }
    json_builder_end_array(json);
    if (as_json)
        print_json(json);
    return 0;
}

/* "  name=   what it is": the second column stays one when it is long. */
static void help_key(const char *line)
{
    const char *text = strchr(line, '=') + 1;
    text += strspn(text, " ");
    int width = (int)(text - line);
    printf("%.*s", width, line);
    print_wrapped(width, HELP_COLUMN, text);
}

static int help(const char *name, const struct recipe *recipe)
{
    g_autofree char *keys = recipe_help(recipe);
    g_auto(GStrv) lines = g_strsplit(keys, "\n", -1);
    g_autofree char *summary = g_strdup_printf("%s: %s.", name, recipe_summary(recipe));
    printf("usage: pgrollout new %s key=value… [-o FILE]\n\n", name);
    print_wrapped(0, 0, summary);
    puts("\nKeys:");
    for (char **line = lines; **line; line++)
        help_key(*line);
    return 0;
}

static int unknown(const char *name)
{
    g_auto(GStrv) names = recipe_names();
    const char *nearest = word_nearest(name, (const char *const *)names, g_strv_length(names));
    g_autoptr(GError) error =
        rollout_error_new(ROLLOUT_ERROR_USAGE, "there is no recipe \"%s\"", name);
    if (nearest)
        rollout_error_set_hint(error, "nearest: %s; all of them: pgrollout new --list", nearest);
    else
        rollout_error_set_hint(error, "all of them: pgrollout new --list");
    return print_error(error);
}

static gboolean write_all(int fd, const char *text)
{
    gsize left = strlen(text);
    while (left > 0) {
        ssize_t written = write(fd, text, left);
        if (written < 0 && errno != EINTR)
            return FALSE;
        if (written > 0) {
            text += written;
            left -= (gsize)written;
        }
    }
    return fsync(fd) == 0;
}

/* A new file, whole or not at all; one that is there is never touched. */
static gboolean write_file(const char *path, const char *text, GError **error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        int reason = errno;
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "cannot write \"%s\": %s", path,
                     g_strerror(reason));
        if (reason == EEXIST && error)
            rollout_error_set_hint(*error,
                                   "a file that is there is never overwritten: give another "
                                   "name, or move it away");
        return FALSE;
    }
    gboolean written = write_all(fd, text);
    int reason = errno;
    if (close(fd) != 0 && written) {
        written = FALSE;
        reason = errno;
    }
    if (written)
        return TRUE;
    unlink(path);
    return rollout_fail(error, ROLLOUT_ERROR_USAGE, "cannot write \"%s\": %s", path,
                        g_strerror(reason));
}

/* The value of a setting that was given; NULL. */
static const char *setting_of(char **settings, const char *name)
{
    gsize length = strlen(name);
    for (; *settings; settings++)
        if (strncmp(*settings, name, length) == 0 && (*settings)[length] == '=')
            return *settings + length + 1;
    return NULL;
}

/* Somebody has said where to connect. */
static gboolean has_target(const struct cmd_context *context)
{
    const struct db_target *target = context->target;
    return target->dbname || target->host || target->port || target->user;
}

/* What the catalog knows of the column that the settings name; NULL without an error: it is not
 * asked. */
static GHashTable *catalog_read(struct cmd_context *context, const struct recipe *recipe,
                                char **settings, GError **error)
{
    const char *schema = setting_of(settings, "schema"), *old = setting_of(settings, "old");
    struct carry_request request = {
        .schema = schema ? schema : "public",
        .table = setting_of(settings, "table"),
        .old = old ? old : setting_of(settings, "column"),
        .new = setting_of(settings, "new"),
        .same_type = !recipe_has_key(recipe, "old_type"),
    };
    if (!has_target(context) || !request.table || !request.old ||
        !recipe_has_key(recipe, "not_null"))
        return NULL;
    struct db_conn *conn = session_try(context, error);
    GHashTable *values = conn ? carry_read(conn, &request, error) : NULL;
    db_conn_free(conn);
    if (values && !request.same_type) { /* the type that it has, not the one it gets */
        g_hash_table_insert(values, g_strdup("old_type"),
                            g_strdup(g_hash_table_lookup(values, "type")));
        g_hash_table_remove(values, "type");
    }
    return values;
}

static int write_plan(struct cmd_context *context, const struct recipe *recipe, const char *name,
                      char **settings, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) read = catalog_read(context, recipe, settings, &error);
    if (error)
        return print_error(error);
    g_autofree char *text = recipe_render(recipe, settings, read, &error);
    if (!text && !rollout_error_hint(error))
        rollout_error_set_hint(error, "its keys: pgrollout new %s --help", name);
    if (!text)
        return print_error(error);
    /* values may make a plan that reads well and still cannot be right */
    g_autoptr(GPtrArray) findings = plan_findings_new();
    plan_free(lint_text(text, strlen(text), path ? path : "plan", findings));
    gboolean wrong = plan_findings_have_error(findings);
    if (!wrong && path && !write_file(path, text, &error))
        return print_error(error);
    if (!wrong && !path)
        fputs(text, stdout);
    fflush(stdout);
    plan_findings_print(findings, stderr);
    return wrong ? 2 : 0;
}

static gboolean wants_help(int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return TRUE;
    return FALSE;
}

static int run_new(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *path = NULL;
    gboolean listing = FALSE;
    GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &path, "write a new file", "FILE"},
        {"list", 0, 0, G_OPTION_ARG_NONE, &listing, "list the recipes", NULL},
        {0},
    };
    int status;
    struct recipe *recipe = argc > 1 ? recipe_find(argv[1]) : NULL;
    if (recipe && wants_help(argc, argv)) {
        status = help(argv[1], recipe);
    } else if (cmd_parse(&cmd_verb_new, entries, &argc, &argv, 0, 1000, &status)) {
        recipe_free(recipe);
        recipe = argc > 1 ? recipe_find(argv[1]) : NULL;
        if (listing || argc < 2)
            status = list(context->json);
        else
            status =
                recipe ? write_plan(context, recipe, argv[1], argv + 2, path) : unknown(argv[1]);
    }
    recipe_free(recipe);
    return status;
}

const struct cmd_verb cmd_verb_new = {
    .name = "new",
    .arguments = "RECIPE key=value… [-o FILE] | --list | RECIPE --help",
    .summary = "write a plan from a recipe",
    .run = run_new,
};
