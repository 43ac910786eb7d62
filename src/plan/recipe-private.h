/* A recipe taken apart. */
#ifndef PGROLLOUT_PLAN_RECIPE_PRIVATE_H
#define PGROLLOUT_PLAN_RECIPE_PRIVATE_H

#include "pgrollout/plan/recipe.h"

enum recipe_type {
    RECIPE_IDENTIFIER,
    RECIPE_TABLE,
    RECIPE_NAME,
    RECIPE_TEXT,
    RECIPE_TYPE,
    RECIPE_RATE,
    RECIPE_FLAG,
    RECIPE_GLOB,
    RECIPE_APPLICATIONS,
    RECIPE_TYPE_COUNT
};

struct recipe_key {
    char *name;
    enum recipe_type type;
    gboolean required;
    char *preset; /* default with places, or NULL */
    char *help;
};

struct recipe_let {
    char *name, *text;
};

struct recipe {
    char *summary;
    GPtrArray *keys;   /* struct recipe_key */
    GPtrArray *laters; /* names */
    GPtrArray *lets;   /* struct recipe_let, in order */
    char **lines;      /* of the plan, with the "#: if" lines */
};

const struct recipe_key *recipe_key_find(const struct recipe *recipe, const char *name);

/* Checks one value of the given type. */
gboolean recipe_value_check(const struct recipe_key *key, const char *value, GError **error);

/* The text with each {{NAME|filter}} replaced. `quoted`: places without a filter become whole YAML
 * values. Free with g_free. */
char *recipe_fill(const char *text, GHashTable *values, gboolean quoted);

#endif
