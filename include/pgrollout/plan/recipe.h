/* Recipes: plan files with places for values. Each is one embedded file, plan/recipes/NAME.yaml:
 * lines that begin with "#:" declare its keys and conditions and do not come through, all others
 * are the plan that is written, its comments included.
 *
 *   #: summary TEXT
 *   #: key NAME TYPE required|optional|= DEFAULT | help text
 *   #: include PART               the lines of plan/recipe-parts/PART.part
 *   #: need NAME NAME             one of these keys must be given
 *   #: let NAME = TEXT            a value made of others
 *   #: if NAME / #: else / #: end the value is set and is not "no"; also NAME=VALUE, not NAME
 *   #: each NAME / #: end         once for each entry of a list, as {{item}} and {{item_type}}
 *
 * A place {{NAME}} stands for a whole YAML value and is quoted as one; in comments, defaults and
 * `let` it is the bare text. Filters: {{NAME|sql}} an SQL identifier, |like a LIKE literal made of a
 * glob, |name a name for steps, |lines text of several lines as it is, |when and |back the arms of a
 * CASE of a mapping, there and back, |old, |new and |lost the values of one
 * side, |elements a YAML list, |joined and |words texts with other signs between. Types: identifier, table, name, text, type, rate, flag, glob, applications,
 * columns, mapping, choice:A,B, and catalog, which only a database gives. */
#ifndef PGROLLOUT_PLAN_RECIPE_H
#define PGROLLOUT_PLAN_RECIPE_H

#include <glib.h>

struct recipe;

/* The names of all recipes, sorted; free with g_strfreev. */
char **recipe_names(void);

/* NULL when there is none of that name. Free with recipe_free. */
struct recipe *recipe_find(const char *name);
void recipe_free(struct recipe *recipe); /* NULL is fine */

/* One line. The recipe owns it. */
const char *recipe_summary(const struct recipe *recipe);

/* A line for each key: "table=  required  the table …". Free with g_free. */
char *recipe_help(const struct recipe *recipe);

/* Whether the recipe knows a key of that name, given by people or by a database. */
gboolean recipe_has_key(const struct recipe *recipe, const char *name);

/* The plan's text for `settings`, "key=value" each, NULL-terminated; `read` (or NULL) has values that
 * a database gave, used where the settings do not say otherwise. It has been read back: it is a right
 * plan. NULL with ROLLOUT_ERROR_USAGE for an unknown, missing, doubled or wrong key. Free with
 * g_free. */
char *recipe_render(const struct recipe *recipe, char **settings, GHashTable *read, GError **error);

#endif
