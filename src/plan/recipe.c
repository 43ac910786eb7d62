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
    [RECIPE_COLUMNS] = "columns",
    [RECIPE_MAPPING] = "mapping",
    [RECIPE_CHOICE] = "choice",
    [RECIPE_CATALOG] = "catalog",
};

static void key_free(gpointer data)
{
    struct recipe_key *key = data;
    g_free(key->name);
    g_strfreev(key->choices);
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
    g_ptr_array_unref(recipe->needs);
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

/* "NAME TYPE[:CHOICE,CHOICE] required|optional|= DEFAULT | help" */
static void key_add(struct recipe *recipe, const char *text)
{
    g_auto(GStrv) halves = g_strsplit(text, " | ", 2);
    g_auto(GStrv) words = g_strsplit(halves[0], " ", 3);
    g_assert(g_strv_length(halves) == 2 && g_strv_length(words) == 3);
    g_auto(GStrv) type = g_strsplit(words[1], ":", 2);
    struct recipe_key *key = g_new0(struct recipe_key, 1);
    while (key->type < RECIPE_TYPE_COUNT && strcmp(type_names[key->type], type[0]) != 0)
        key->type++;
    g_assert(key->type < RECIPE_TYPE_COUNT);
    key->choices = type[1] ? g_strsplit(type[1], ",", -1) : NULL;
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
    else if (g_str_has_prefix(line, DIRECTIVE "need "))
        g_ptr_array_add(recipe->needs, g_strsplit(line + strlen(DIRECTIVE "need "), " ", -1));
    else
        return FALSE;
    return TRUE;
}

/* Parts that several recipes have stand in files of their own. */
static void lines_take(struct recipe *recipe, const char *text, GPtrArray *kept)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, DIRECTIVE "include ")) {
            g_autofree char *path =
                g_strdup_printf("plan/recipe-parts/%s.part", *line + strlen(DIRECTIVE "include "));
            g_autofree char *part = g_strdup(resource_text(path));
            g_strchomp(part);
            lines_take(recipe, part, kept);
        } else if (!declaration_take(recipe, *line)) {
            g_ptr_array_add(kept, g_strdup(*line));
        }
    }
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
    recipe->needs = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    recipe->lets = g_ptr_array_new_with_free_func(let_free);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    lines_take(recipe, text, kept);
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

gboolean recipe_has_key(const struct recipe *recipe, const char *name)
{
    return recipe_key_find(recipe, name) != NULL;
}

/* A default for people: places as names in capitals, "{{table}}_key" as "TABLE_key". */
static char *preset_text(const char *preset)
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) parts = g_strsplit(preset, "{{", -1);
    g_string_append(out, parts[0]);
    for (char **part = parts + 1; parts[0] && *part; part++) {
        g_autofree char *name = g_strndup(*part, strcspn(*part, "|}"));
        g_autofree char *upper = g_ascii_strup(name, -1);
        const char *rest = strstr(*part, "}}");
        g_string_append_printf(out, "%s%s", upper, rest ? rest + 2 : "");
    }
    return g_string_free(out, FALSE);
}

char *recipe_help(const struct recipe *recipe)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < recipe->keys->len; i++) {
        const struct recipe_key *key = g_ptr_array_index(recipe->keys, i);
        if (key->type == RECIPE_CATALOG)
            continue;
        g_autofree char *name = g_strconcat(key->name, "=", NULL);
        g_string_append_printf(out, "  %-14s %s%s", name, key->required ? "required: " : "",
                               key->help);
        if (key->preset) {
            g_autofree char *preset = preset_text(key->preset);
            g_string_append_printf(out, " (default %s)", preset);
        }
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

static gboolean unknown_fail(const struct recipe *recipe, const char *name, GError **error)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (guint i = 0; i < recipe->keys->len; i++)
        if (((struct recipe_key *)recipe->keys->pdata[i])->type != RECIPE_CATALOG)
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
    if (!key || key->type == RECIPE_CATALOG)
        return unknown_fail(recipe, name, error);
    if (g_hash_table_contains(values, name))
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is given twice", name);
    if (!recipe_value_check(key, equals + 1, error))
        return FALSE;
    g_hash_table_insert(values, g_steal_pointer(&name), g_strdup(equals + 1));
    return TRUE;
}

static gboolean needs_check(const struct recipe *recipe, char **names, GHashTable *values,
                            GError **error)
{
    for (char **name = names; *name; name++)
        if (g_hash_table_contains(values, *name))
            return TRUE;
    g_autofree char *list = g_strjoinv("=… or ", names);
    return rollout_fail(error, ROLLOUT_ERROR_USAGE, "the recipe needs %s=…: %s", list,
                        recipe_key_find(recipe, names[0])->help);
}

/* Keys that were not given, then what is made of others. */
static gboolean values_complete(const struct recipe *recipe, GHashTable *values, GError **error)
{
    for (guint i = 0; i < recipe->needs->len; i++)
        if (!needs_check(recipe, g_ptr_array_index(recipe->needs, i), values, error))
            return FALSE;
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

/* "NAME", "NAME=VALUE" or "not NAME" of an `if`. */
static gboolean is_met(GHashTable *values, const char *condition)
{
    if (g_str_has_prefix(condition, "not "))
        return !is_met(values, condition + strlen("not "));
    g_auto(GStrv) halves = g_strsplit(condition, "=", 2);
    const char *value = g_hash_table_lookup(values, halves[0]);
    return halves[1] ? g_strcmp0(value, halves[1]) == 0 : value && strcmp(value, "no") != 0;
}

static gboolean opens(const char *line)
{
    return g_str_has_prefix(line, DIRECTIVE "if ") || g_str_has_prefix(line, DIRECTIVE "each ");
}

/* The line that ends the block that `line` opens, or (`or_else`) its "else". */
static char **block_end(char **line, gboolean or_else)
{
    int depth = 1;
    for (line++; depth > 0; line++) {
        g_assert(*line);
        if (opens(*line))
            depth++;
        else if (strcmp(*line, DIRECTIVE "end") == 0)
            depth--;
        else if (depth == 1 && or_else && strcmp(*line, DIRECTIVE "else") == 0)
            return line;
    }
    return line - 1;
}

static void lines_fill(char **line, char **end, GHashTable *values, GString *out);

/* The lines once for each entry of a list, {{item}} and {{item_type}} being its two parts. */
static void each_fill(char **line, char **end, GHashTable *values, GString *out)
{
    const char *list = g_hash_table_lookup(values, *line + strlen(DIRECTIVE "each "));
    g_auto(GStrv) entries = list ? recipe_entries(list) : NULL;
    for (char **entry = entries; entry && *entry; entry++) {
        char *name, *type;
        recipe_entry_split(*entry, &name, &type);
        g_hash_table_insert(values, g_strdup("item"), name);
        g_hash_table_insert(values, g_strdup("item_type"), type);
        lines_fill(line + 1, end, values, out);
    }
}

static void lines_fill(char **line, char **end, GHashTable *values, GString *out)
{
    for (; line < end; line++) {
        if (!opens(*line)) {
            gboolean comment = (*line)[strspn(*line, " ")] == '#';
            g_autofree char *filled = recipe_fill(*line, values, !comment);
            g_string_append(out, filled);
            if (line[1]) /* the last piece stands behind the last line end */
                g_string_append_c(out, '\n');
            continue;
        }
        char **last = block_end(line, FALSE), **other = block_end(line, TRUE);
        if (g_str_has_prefix(*line, DIRECTIVE "each "))
            each_fill(line, last, values, out);
        else if (is_met(values, *line + strlen(DIRECTIVE "if ")))
            lines_fill(line + 1, other, values, out);
        else if (other < last)
            lines_fill(other + 1, last, values, out);
        line = last;
    }
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

char *recipe_render(const struct recipe *recipe, char **settings, GHashTable *read, GError **error)
{
    g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GHashTableIter iter;
    gpointer name, value;
    for (char **setting = settings; *setting; setting++)
        if (!setting_take(recipe, values, *setting, error))
            return NULL;
    if (read)
        g_hash_table_iter_init(&iter, read);
    while (read && g_hash_table_iter_next(&iter, &name, &value))
        if (recipe_key_find(recipe, name) && !g_hash_table_contains(values, name))
            g_hash_table_insert(values, g_strdup(name), g_strdup(value));
    if (!values_complete(recipe, values, error))
        return NULL;
    GString *out = g_string_new(NULL);
    lines_fill(recipe->lines, recipe->lines + g_strv_length(recipe->lines), values, out);
    g_autofree char *text = g_string_free(out, FALSE);
    return text_check(text, error) ? g_steal_pointer(&text) : NULL;
}
