/* Facts, and conditions over them. */
#include "config.h"
#include "pgrollout/lab/facts.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"

struct drill_facts {
    GHashTable *known; /* key -> GPtrArray of char *, without its NULL */
};

enum test { TEST_IS, TEST_IS_NOT, TEST_BELOW, TEST_ABOVE, TEST_RANGE };

struct condition {
    char *key;
    char *value;
    enum test test;
    double from, below;
};

struct conditions {
    GPtrArray *list; /* struct condition */
};

/* What can be asked for, and whether it is a number. */
static const struct {
    const char *key;
    gboolean number;
} keys[] = {
    {"state", FALSE},      {"phase", FALSE},   {"reached", FALSE},   {"step", FALSE},
    {"done", FALSE},       {"skipped", FALSE}, {"failed", FALSE},    {"hold", FALSE},
    {"was", FALSE},        {"guard", FALSE},   {"engine", FALSE},    {"fault", FALSE},
    {"faulted", FALSE},    {"release", FALSE}, {"erring", FALSE},    {"answered", FALSE},
    {"right", FALSE},      {"met", FALSE},     {"lost", FALSE},      {"progress", TRUE},
    {"batch-rows", TRUE},  {"batch-ms", TRUE}, {"waits", TRUE},      {"longest", TRUE},
    {"waiting", TRUE},     {"lag", TRUE},      {"seconds", TRUE},    {"since-fault", TRUE},
    {"quarantined", TRUE}, {"errors", TRUE},   {"mismatches", TRUE}, {"wrong-rows", TRUE},
    {"unfilled", TRUE},
};

struct drill_facts *drill_facts_new(void)
{
    struct drill_facts *facts = g_new0(struct drill_facts, 1);
    facts->known =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    return facts;
}

void drill_facts_free(struct drill_facts *facts)
{
    if (!facts)
        return;
    g_hash_table_unref(facts->known);
    g_free(facts);
}

static GPtrArray *values_of(struct drill_facts *facts, const char *key)
{
    GPtrArray *values = g_hash_table_lookup(facts->known, key);
    if (!values) {
        values = g_ptr_array_new_null_terminated(4, g_free, TRUE);
        g_hash_table_insert(facts->known, g_strdup(key), values);
    }
    return values;
}

void drill_facts_know(struct drill_facts *facts, const char *key)
{
    values_of(facts, key);
}

void drill_facts_add(struct drill_facts *facts, const char *key, const char *value)
{
    if (value && !drill_facts_have(facts, key, value))
        g_ptr_array_add(values_of(facts, key), g_strdup(value));
}

void drill_facts_add_pair(struct drill_facts *facts, const char *key, const char *value,
                          const char *detail)
{
    g_autofree char *pair = detail ? g_strconcat(value, ":", detail, NULL) : g_strdup(value);
    drill_facts_add(facts, key, pair);
}

void drill_facts_set_number(struct drill_facts *facts, const char *key, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_hash_table_remove(facts->known, key);
    if (!isnan(value))
        drill_facts_add(facts, key, g_ascii_dtostr(text, sizeof text, value));
}

const char *const *drill_facts_values(const struct drill_facts *facts, const char *key)
{
    const GPtrArray *values = g_hash_table_lookup(facts->known, key);
    static const char *const none[] = {NULL};
    if (!values)
        return NULL;
    return values->pdata ? (const char *const *)values->pdata : none;
}

double drill_facts_number(const struct drill_facts *facts, const char *key)
{
    const char *const *values = drill_facts_values(facts, key);
    return values && values[0] ? g_ascii_strtod(values[0], NULL) : NAN;
}

/* "guard:replication_lag" answers to "guard" as well. */
gboolean drill_facts_have(const struct drill_facts *facts, const char *key, const char *value)
{
    gsize length = strlen(value);
    for (const char *const *v = drill_facts_values(facts, key); v && *v; v++)
        if (strncmp(*v, value, length) == 0 && ((*v)[length] == '\0' || (*v)[length] == ':'))
            return TRUE;
    return FALSE;
}

static void condition_free(void *data)
{
    struct condition *condition = data;
    g_free(condition->key);
    g_free(condition->value);
    g_free(condition);
}

static gboolean number_parse(const char *text, double *value, const char **rest)
{
    char *end;
    *value = g_ascii_strtod(text, &end);
    *rest = end;
    return end != text && isfinite(*value);
}

/* The value of a number: what it must be below or above, or a range. */
static gboolean number_fits(struct condition *c)
{
    const char *rest;
    if (!number_parse(c->value, &c->from, &rest))
        return FALSE;
    if (c->test == TEST_BELOW || c->test == TEST_ABOVE)
        return *rest == '\0';
    c->test = TEST_RANGE;
    return *rest == '-' && number_parse(rest + 1, &c->below, &rest) && *rest == '\0' &&
           c->from < c->below;
}

static gboolean split(const char *word, struct condition *c)
{
    gsize length = strcspn(word, "=<>!");
    static const struct {
        const char *sign;
        enum test test;
    } signs[] = {{"!=", TEST_IS_NOT}, {"=", TEST_IS}, {"<", TEST_BELOW}, {">", TEST_ABOVE}};
    for (guint i = 0; i < G_N_ELEMENTS(signs); i++)
        if (g_str_has_prefix(word + length, signs[i].sign)) {
            c->key = g_strndup(word, length);
            c->value = g_strdup(word + length + strlen(signs[i].sign));
            c->test = signs[i].test;
            return *c->value != '\0';
        }
    return FALSE;
}

static gboolean condition_parse(const char *word, struct condition *c, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    gboolean parsed = split(word, c);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_string_append_printf(names, "%s%s", i ? ", " : "", keys[i].key);
        if (!parsed || strcmp(keys[i].key, c->key) != 0)
            continue;
        if (keys[i].number ? c->test != TEST_IS_NOT && number_fits(c)
                           : c->test == TEST_IS || c->test == TEST_IS_NOT)
            return TRUE;
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "\"%s\" is not a condition", word);
        if (error)
            rollout_error_set_hint(*error,
                                   keys[i].number ? "write %s<5, %s>5 or %s=10-40"
                                                  : "write %s=VALUE or %s!=VALUE",
                                   c->key, c->key, c->key);
        return FALSE;
    }
    rollout_fail(error, ROLLOUT_ERROR_PLAN, "\"%s\" is not a condition", word);
    if (error)
        rollout_error_set_hint(*error, "write NAME=VALUE, where NAME is one of %s", names->str);
    return FALSE;
}

struct conditions *conditions_parse(const char *text, GError **error)
{
    struct conditions *conditions = g_new0(struct conditions, 1);
    conditions->list = g_ptr_array_new_with_free_func(condition_free);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (char **word = words; *word; word++) {
        if (!**word)
            continue;
        struct condition *condition = g_new0(struct condition, 1);
        g_ptr_array_add(conditions->list, condition);
        if (!condition_parse(*word, condition, error)) {
            conditions_free(conditions);
            return NULL;
        }
    }
    return conditions;
}

void conditions_free(struct conditions *conditions)
{
    if (!conditions)
        return;
    g_ptr_array_unref(conditions->list);
    g_free(conditions);
}

static gboolean holds(const struct condition *c, const struct drill_facts *facts)
{
    double number = drill_facts_number(facts, c->key);
    switch (c->test) {
    case TEST_IS:
        return drill_facts_have(facts, c->key, c->value);
    case TEST_IS_NOT:
        return drill_facts_values(facts, c->key) && !drill_facts_have(facts, c->key, c->value);
    case TEST_BELOW:
        return number < c->from;
    case TEST_ABOVE:
        return number > c->from;
    case TEST_RANGE:
        return number >= c->from && number < c->below;
    }
    return FALSE;
}

gboolean conditions_hold(const struct conditions *conditions, const struct drill_facts *facts)
{
    for (guint i = 0; i < conditions->list->len; i++)
        if (!holds(conditions->list->pdata[i], facts))
            return FALSE;
    return TRUE;
}
