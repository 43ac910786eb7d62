/* Recipes: taking the embedded file apart, and the whole way from settings to a plan's text. */
#include "config.h"
#include "plan/recipe-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/nearest.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/plan/reader.h"

#define DIRECTIVE "#: "

static const char *const type_names[RECIPE_TYPE_COUNT] = {
    [RECIPE_IDENTIFIER] = "identifier",
    [RECIPE_TABLE] = "table",
    [RECIPE_NAME] = "name",
    [RECIPE_TEXT] = "text",
    [RECIPE_TYPE] = "type",
    [RECIPE_RATE] = "rate",
    [RECIPE_FLAG] = "flag",
    [RECIPE_GLOB] = "glob",
    [RECIPE_APPLICATIONS] = "applications",
};

static void key_free(gpointer data)
{
    struct recipe_key *key = data;
    g_free(key->name);
    g_free(key->preset);
    g_free(key->help);
    g_free(key);
}

static void let_free(gpointer data)
{
    struct recipe_let *let = data;
    g_free(let->name);
    g_free(let->text);
    g_free(let);
}

void recipe_free(struct recipe *recipe)
{
    if (!recipe)
        return;
    g_free(recipe->summary);
    g_ptr_array_unref(recipe->keys);
    g_ptr_array_unref(recipe->laters);
    g_ptr_array_unref(recipe->lets);
    g_strfreev(recipe->lines);
    g_free(recipe);
}

char **recipe_names(void)
{
    char **names = resource_list("plan/recipes");
    for (char **name = names; *name; name++)
        if (g_str_has_suffix(*name, ".yaml"))
            (*name)[strlen(*name) - strlen(".yaml")] = '\0';
    return names;
}

/* "NAME TYPE required|optional|= DEFAULT | help" */
static void key_add(struct recipe *recipe, const char *text)
{
    g_auto(GStrv) halves = g_strsplit(text, " | ", 2);
    g_auto(GStrv) words = g_strsplit(halves[0], " ", 3);
    g_assert(g_strv_length(halves) == 2 && g_strv_length(words) == 3);
    struct recipe_key *key = g_new0(struct recipe_key, 1);
    while (key->type < RECIPE_TYPE_COUNT && strcmp(type_names[key->type], words[1]) != 0)
        key->type++;
    g_assert(key->type < RECIPE_TYPE_COUNT);
    key->name = g_strdup(words[0]);
    key->required = strcmp(words[2], "required") == 0;
    if (g_str_has_prefix(words[2], "= "))
        key->preset = g_strdup(words[2] + 2);
    key->help = g_strdup(halves[1]);
    g_ptr_array_add(recipe->keys, key);
}

static void let_add(struct recipe *recipe, const char *text)
{
    g_auto(GStrv) halves = g_strsplit(text, " = ", 2);
    struct recipe_let *let = g_new0(struct recipe_let, 1);
    let->name = g_strdup(halves[0]);
    let->text = g_strdup(halves[1]);
    g_ptr_array_add(recipe->lets, let);
}

/* FALSE for a line that belongs to the plan. */
static gboolean declaration_take(struct recipe *recipe, const char *line)
{
    if (g_str_has_prefix(line, DIRECTIVE "summary "))
        recipe->summary = g_strdup(line + strlen(DIRECTIVE "summary "));
    else if (g_str_has_prefix(line, DIRECTIVE "key "))
        key_add(recipe, line + strlen(DIRECTIVE "key "));
    else if (g_str_has_prefix(line, DIRECTIVE "let "))
        let_add(recipe, line + strlen(DIRECTIVE "let "));
    else if (g_str_has_prefix(line, DIRECTIVE "later "))
        g_ptr_array_add(recipe->laters, g_strndup(line + strlen(DIRECTIVE "later "),
                                                  strcspn(line + strlen(DIRECTIVE "later "), " ")));
    else
        return FALSE;
    return TRUE;
}

struct recipe *recipe_find(const char *name)
{
    if (strchr(name, '/'))
        return NULL;
    g_autofree char *path = g_strdup_printf("plan/recipes/%s.yaml", name);
    const char *text = resource_find(path);
    if (!text)
        return NULL;
    struct recipe *recipe = g_new0(struct recipe, 1);
    recipe->keys = g_ptr_array_new_with_free_func(key_free);
    recipe->laters = g_ptr_array_new_with_free_func(g_free);
    recipe->lets = g_ptr_array_new_with_free_func(let_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    for (char **line = lines; *line; line++)
        if (!declaration_take(recipe, *line))
            g_ptr_array_add(kept, g_strdup(*line));
    g_ptr_array_add(kept, NULL);
    recipe->lines = (char **)g_ptr_array_free(g_steal_pointer(&kept), FALSE);
    return recipe;
}

const char *recipe_summary(const struct recipe *recipe)
{
    return recipe->summary;
}

const struct recipe_key *recipe_key_find(const struct recipe *recipe, const char *name)
{
    for (guint i = 0; i < recipe->keys->len; i++) {
        const struct recipe_key *key = g_ptr_array_index(recipe->keys, i);
        if (strcmp(key->name, name) == 0)
            return key;
    }
    return NULL;
}

char *recipe_help(const struct recipe *recipe)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < recipe->keys->len; i++) {
        const struct recipe_key *key = g_ptr_array_index(recipe->keys, i);
        g_autofree char *name = g_strconcat(key->name, "=", NULL);
        g_string_append_printf(out, "  %-14s %s%s", name, key->required ? "required: " : "",
                               key->help);
        if (key->preset)
            g_string_append_printf(out, " (default %s)", key->preset);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

static gboolean unknown_fail(const struct recipe *recipe, const char *name, GError **error)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (guint i = 0; i < recipe->keys->len; i++)
        g_ptr_array_add(known, ((struct recipe_key *)recipe->keys->pdata[i])->name);
    const char *nearest = word_nearest(name, (const char *const *)known->pdata, known->len);
    GError *problem = rollout_error_new(ROLLOUT_ERROR_USAGE, "the recipe has no key \"%s\"", name);
    if (nearest)
        rollout_error_set_hint(problem, "nearest: %s", nearest);
    g_propagate_error(error, problem);
    return FALSE;
}

static gboolean setting_take(const struct recipe *recipe, GHashTable *values, const char *setting,
                             GError **error)
{
    const char *equals = strchr(setting, '=');
    if (!equals)
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is not key=value", setting);
    g_autofree char *name = g_strndup(setting, (gsize)(equals - setting));
    const struct recipe_key *key = recipe_key_find(recipe, name);
    if (!key && g_ptr_array_find_with_equal_func(recipe->laters, name, g_str_equal, NULL))
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is not supported by this version",
                            name);
    if (!key)
        return unknown_fail(recipe, name, error);
    if (g_hash_table_contains(values, name))
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is given twice", name);
    if (!recipe_value_check(key, equals + 1, error))
        return FALSE;
    g_hash_table_insert(values, g_steal_pointer(&name), g_strdup(equals + 1));
    return TRUE;
}

/* Keys that were not given, then what is made of others. */
static gboolean values_complete(const struct recipe *recipe, GHashTable *values, GError **error)
{
    for (guint i = 0; i < recipe->keys->len; i++) {
        const struct recipe_key *key = g_ptr_array_index(recipe->keys, i);
        if (g_hash_table_contains(values, key->name))
            continue;
        if (key->required)
            return rollout_fail(error, ROLLOUT_ERROR_USAGE, "the recipe needs %s=…: %s", key->name,
                                key->help);
        if (!key->preset)
            continue;
        g_autofree char *value = recipe_fill(key->preset, values, FALSE);
        if (key->type == RECIPE_NAME) {
            g_autofree char *slug = g_strdup_printf("{{%s|name}}", key->name);
            g_hash_table_insert(values, g_strdup(key->name), g_steal_pointer(&value));
            value = recipe_fill(slug, values, FALSE);
        }
        g_hash_table_insert(values, g_strdup(key->name), g_steal_pointer(&value));
    }
    for (guint i = 0; i < recipe->lets->len; i++) {
        const struct recipe_let *let = g_ptr_array_index(recipe->lets, i);
        g_hash_table_insert(values, g_strdup(let->name), recipe_fill(let->text, values, FALSE));
    }
    return TRUE;
}

static gboolean is_set(GHashTable *values, const char *name)
{
    const char *value = g_hash_table_lookup(values, name);
    return value && strcmp(value, "no") != 0;
}

static char *lines_fill(const struct recipe *recipe, GHashTable *values)
{
    GString *out = g_string_new(NULL);
    gboolean shown = TRUE; /* conditions do not nest */
    for (char **line = recipe->lines; *line; line++) {
        if (g_str_has_prefix(*line, DIRECTIVE "if ")) {
            shown = is_set(values, *line + strlen(DIRECTIVE "if "));
        } else if (strcmp(*line, DIRECTIVE "else") == 0) {
            shown = !shown;
        } else if (strcmp(*line, DIRECTIVE "end") == 0) {
            shown = TRUE;
        } else if (shown) {
            gboolean comment = (*line)[strspn(*line, " ")] == '#';
            g_autofree char *filled = recipe_fill(*line, values, !comment);
            g_string_append(out, filled);
            if (line[1]) /* the last piece stands behind the last line end */
                g_string_append_c(out, '\n');
        }
    }
    return g_string_free(out, FALSE);
}

/* What the values cannot show by themselves (a name too long when put together, old equal to new)
 * shows when the plan is read. */
static gboolean text_check(const char *text, GError **error)
{
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    struct plan *plan = plan_parse(text, strlen(text), "plan", findings);
    if (plan) {
        plan_free(plan);
        return TRUE;
    }
    const struct plan_finding *first = g_ptr_array_index(findings, 0);
    return rollout_fail(error, ROLLOUT_ERROR_USAGE, "these values make no plan: %s", first->text);
}

char *recipe_render(const struct recipe *recipe, char **settings, GError **error)
{
    g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (char **setting = settings; *setting; setting++)
        if (!setting_take(recipe, values, *setting, error))
            return NULL;
    if (!values_complete(recipe, values, error))
        return NULL;
    g_autofree char *text = lines_fill(recipe, values);
    return text_check(text, error) ? g_steal_pointer(&text) : NULL;
}
