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
    RECIPE_COLUMNS, /* street:text,city:varchar(40) */
    RECIPE_MAPPING, /* pending:1,paid:2 */
    RECIPE_CHOICE,  /* one of the words behind the type */
    RECIPE_CATALOG, /* read from a database, never given by people */
    RECIPE_TYPE_COUNT
};

struct recipe_key {
    char *name;
    enum recipe_type type;
    gboolean required;
    char **choices; /* of a choice; NULL */
    char *preset;   /* default with places, or NULL */
    char *help;
};

struct recipe_let {
    char *name, *text;
};

struct recipe {
    char *summary;
    GPtrArray *keys;  /* struct recipe_key */
    GPtrArray *needs; /* char **: of these keys at least one is given */
    GPtrArray *lets;  /* struct recipe_let, in order */
    char **lines;     /* of the plan, with the "#: if" and "#: each" lines */
};

const struct recipe_key *recipe_key_find(const struct recipe *recipe, const char *name);

/* Checks one value of the given type. */
gboolean recipe_value_check(const struct recipe_key *key, const char *value, GError **error);

/* The text with each {{NAME|filter}} replaced. `quoted`: places without a filter become whole YAML
 * values. Free with g_free. */
char *recipe_fill(const char *text, GHashTable *values, gboolean quoted);

/* The parts of a list that stand between commas outside of brackets; free with g_strfreev. */
char **recipe_entries(const char *list);
/* "a:b" in two; the second is "" without a colon. */
void recipe_entry_split(const char *entry, char **before, char **behind);

#endif
