/* Recipes: plan files with places for values. Each is one embedded file, plan/recipes/NAME.yaml:
 * lines that begin with "#:" declare its keys and conditions and do not come through, all others
 * are the plan that is written, its comments included.
 *
 *   #: summary TEXT
 *   #: key NAME TYPE required|optional|= DEFAULT | help text
 *   #: later NAME | what a later version will do with it
 *   #: let NAME = TEXT            a value made of others
 *   #: if NAME / #: else / #: end the value is set and is not "no"
 *
 * A place {{NAME}} stands for a whole YAML value and is quoted as one; in comments, defaults and
 * `let` it is the bare text, {{NAME|sql}} an SQL identifier, {{NAME|like}} a LIKE literal made of a
 * glob. Types: identifier, table, name, text, type, rate, flag, glob, applications. */
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

/* The plan's text for `settings`, "key=value" each, NULL-terminated. It has been read back: it is
 * a right plan. NULL with ROLLOUT_ERROR_USAGE for an unknown, missing, doubled or wrong key. Free
 * with g_free. */
char *recipe_render(const struct recipe *recipe, char **settings, GError **error);

#endif
