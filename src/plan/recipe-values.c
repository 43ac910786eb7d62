/* Values of a recipe: checked by type, and written so that they stay one YAML value, one SQL
 * identifier, one literal. */
#include "config.h"
#include "plan/recipe-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/units.h"

/* Words that PostgreSQL takes for something else where a column stands (reserved, and those that
 * may only name functions or types). */
static const char *const reserved[] = {
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    NULL,
};

static gboolean is_made_of(const char *text, const char *extra)
{
    for (const char *p = text; *p; p++)
        if (!g_ascii_isalnum(*p) && !strchr(extra, *p))
            return FALSE;
    return TRUE;
}

static gboolean value_fail(const struct recipe_key *key, const char *expected, GError **error)
{
    return rollout_fail(error, ROLLOUT_ERROR_USAGE, "%s: %s", key->name, expected);
}

static gboolean application_check(const struct recipe_key *key, const char *entry, GError **error)
{
    const char *equals = strchr(entry, '=');
    g_autofree char *name = equals ? g_strndup(entry, (gsize)(equals - entry)) : g_strdup(entry);
    if (!*name || !is_made_of(name, "._-") || g_ascii_ispunct(*name))
        return value_fail(key, "a list such as web=shop-web*,workers is expected", error);
    if (equals && !equals[1])
        return value_fail(key, "a pattern is missing behind a \"=\"", error);
    return TRUE;
}

static gboolean applications_check(const struct recipe_key *key, const char *value, GError **error)
{
    g_auto(GStrv) entries = g_strsplit(value, ",", -1);
    for (char **entry = entries; *entry; entry++)
        if (!application_check(key, *entry, error))
            return FALSE;
    return TRUE;
}

static gboolean name_check(const struct recipe_key *key, const char *value, GError **error)
{
    if (strlen(value) > 63)
        return value_fail(key, "a name has at most 63 bytes", error);
    if (*value == '"')
        return value_fail(key, "the name alone is expected, without quotes", error);
    if (key->type == RECIPE_TABLE && strchr(value, '.'))
        return value_fail(key, "the table alone is expected; its schema has a key of its own",
                          error);
    return TRUE;
}

/* Each entry has something on both sides of a colon. */
static gboolean entries_check(const struct recipe_key *key, const char *value, const char *expected,
                              GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) entries = recipe_entries(value);
    for (char **entry = entries; *entry; entry++) {
        g_autofree char *before = NULL, *behind = NULL;
        recipe_entry_split(*entry, &before, &behind);
        if (!*before || !*behind)
            return value_fail(key, expected, error);
        if (!g_hash_table_add(seen, g_strdup(before)))
            return rollout_fail(error, ROLLOUT_ERROR_USAGE, "%s: \"%s\" is given twice", key->name,
                                before);
        if (key->type == RECIPE_COLUMNS && strlen(before) > 63)
            return value_fail(key, "a name has at most 63 bytes", error);
    }
    return TRUE;
}

static gboolean choice_check(const struct recipe_key *key, const char *value, GError **error)
{
    if (g_strv_contains((const char *const *)key->choices, value))
        return TRUE;
    g_autofree char *list = g_strjoinv(" or ", key->choices);
    g_autofree char *expected = g_strdup_printf("%s is expected", list);
    return value_fail(key, expected, error);
}

gboolean recipe_value_check(const struct recipe_key *key, const char *value, GError **error)
{
    double rate;
    if (!*value)
        return value_fail(key, "the value is empty", error);
    if (!g_utf8_validate(value, -1, NULL) || strlen(value) > 500)
        return value_fail(key, "the value is not valid UTF-8, or too long", error);
    for (const char *p = value; *p; p = g_utf8_next_char(p))
        if (g_unichar_iscntrl(g_utf8_get_char(p)))
            return value_fail(key, "the value holds a control character", error);
    switch (key->type) {
    case RECIPE_IDENTIFIER:
    case RECIPE_TABLE:
        return name_check(key, value, error);
    case RECIPE_RATE:
        return rate_parse(value, &rate, error);
    case RECIPE_FLAG:
        return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0 ||
               value_fail(key, "yes or no is expected", error);
    case RECIPE_GLOB:
        return !strpbrk(value, "[\\") || value_fail(key, "only * and ? are patterns here", error);
    case RECIPE_APPLICATIONS:
        return applications_check(key, value, error);
    case RECIPE_COLUMNS:
        return entries_check(key, value, "a list such as street:text,city:text is expected", error);
    case RECIPE_MAPPING:
        return entries_check(key, value, "a list such as pending:1,paid:2 is expected", error);
    case RECIPE_CHOICE:
        return choice_check(key, value, error);
    case RECIPE_NAME:
    case RECIPE_TEXT:
    case RECIPE_TYPE:
    case RECIPE_CATALOG:
    case RECIPE_TYPE_COUNT:
        break;
    }
    return TRUE;
}

static char *doubled(const char *text, const char *quote)
{
    g_auto(GStrv) parts = g_strsplit(text, quote, -1);
    g_autofree char *twice = g_strconcat(quote, quote, NULL);
    return g_strjoinv(twice, parts);
}

/* Plain where nothing in it means anything to YAML, in flow and block alike. */
static char *yaml_quote(const char *text)
{
    gsize length = strlen(text);
    if (length > 0 && (g_ascii_isalnum(*text) || *text == '_') && text[length - 1] != ' ' &&
        is_made_of(text, "_ .()=<>/-"))
        return g_strdup(text);
    g_autofree char *inside = doubled(text, "'");
    return g_strdup_printf("'%s'", inside);
}

static char *sql_identifier(const char *name)
{
    gboolean plain = g_ascii_islower(*name) || *name == '_';
    for (const char *p = name; *p && plain; p++)
        plain = g_ascii_islower(*p) || g_ascii_isdigit(*p) || *p == '_';
    if (plain && !g_strv_contains(reserved, name))
        return g_strdup(name);
    g_autofree char *inside = doubled(name, "\"");
    return g_strdup_printf("\"%s\"", inside);
}

/* A glob as the literal of a LIKE. */
static char *like_literal(const char *glob)
{
    GString *out = g_string_new("'");
    for (const char *p = glob; *p; p++) {
        if (*p == '*')
            g_string_append_c(out, '%');
        else if (*p == '?')
            g_string_append_c(out, '_');
        else if (*p == '%' || *p == '_')
            g_string_append_printf(out, "\\%c", *p);
        else if (*p == '\'')
            g_string_append(out, "''");
        else
            g_string_append_c(out, *p);
    }
    return g_string_free(g_string_append_c(out, '\''), FALSE);
}

/* Lower case letters, digits and dashes, as names of migrations and steps are. */
static char *slug(const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *p = text; *p && out->len < 50; p++) {
        if (g_ascii_isalnum(*p))
            g_string_append_c(out, g_ascii_tolower(*p));
        else if (out->len > 0 && out->str[out->len - 1] != '-')
            g_string_append_c(out, '-');
    }
    while (out->len > 0 && out->str[out->len - 1] == '-')
        g_string_truncate(out, out->len - 1);
    return g_string_free(out->len > 0 ? out : g_string_append(out, "x"), FALSE);
}

static char *applications_names(const char *value)
{
    g_auto(GStrv) entries = g_strsplit(value, ",", -1);
    for (char **entry = entries; *entry; entry++)
        (*entry)[strcspn(*entry, "=")] = '\0';
    g_autofree char *list = g_strjoinv(", ", entries);
    return g_strdup_printf("[%s]", list);
}

static char *applications_block(const char *value)
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) entries = g_strsplit(value, ",", -1);
    for (char **entry = entries; *entry; entry++) {
        char *equals = strchr(*entry, '=');
        if (equals)
            *equals = '\0';
        g_string_append_printf(out, "%s  %s: {", entry == entries ? "" : "\n", *entry);
        if (equals) {
            g_autofree char *sessions = yaml_quote(equals + 1);
            g_string_append_printf(out, "sessions: %s", sessions);
        }
        g_string_append_c(out, '}');
    }
    return g_string_free(out, FALSE);
}

static gboolean is_integer_type(const char *type)
{
    static const char *const names[] = {
        "smallint", "integer", "int",  "bigint",           "int2", "int4",
        "int8",     "numeric", "real", "double precision", NULL};
    return type && g_strv_contains(names, type);
}

/* The value as a literal of the type; text needs no cast. */
static void literal_append(GString *out, const char *value, const char *type)
{
    const char *digits = value + (*value == '-');
    if (is_integer_type(type) && *digits && strlen(digits) < 18 &&
        strspn(digits, "0123456789") == strlen(digits)) {
        g_string_append(out, value);
        return;
    }
    g_autofree char *inside = doubled(value, "'");
    g_string_append_printf(out, "'%s'", inside);
    if (type && strcmp(type, "text") != 0)
        g_string_append_printf(out, "::%s", type);
}

/* "WHEN 'pending' THEN 1 WHEN …"; back: "WHEN 1 THEN 'pending' …", where the first of equal values
 * stands. */
static char *arms(const char *mapping, const char *from_type, const char *to_type, gboolean back)
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) entries = recipe_entries(mapping);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (char **entry = entries; *entry; entry++) {
        g_autofree char *before = NULL, *behind = NULL;
        recipe_entry_split(*entry, &before, &behind);
        if (!g_hash_table_add(seen, g_strdup(back ? behind : before)))
            continue;
        g_string_append_printf(out, "%sWHEN ", out->len ? " " : "");
        literal_append(out, back ? behind : before, from_type);
        g_string_append(out, " THEN ");
        literal_append(out, back ? before : behind, to_type);
    }
    return g_string_free(out, FALSE);
}

/* "a, lower(b)" as the entries of a YAML list. */
static char *list_elements(const char *value)
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) entries = recipe_entries(value);
    for (char **entry = entries; *entry; entry++) {
        g_autofree char *quoted = yaml_quote(*entry);
        g_string_append_printf(out, "%s%s", out->len ? ", " : "", quoted);
    }
    return g_string_free(out, FALSE);
}

/* "a, b" as "a_b": a part of an SQL name. */
static char *list_joined(const char *value)
{
    g_autofree char *name = slug(value);
    return g_strdelimit(g_steal_pointer(&name), "-", '_');
}

/* A choice of several words is written with underscores. */
static char *words(const char *value)
{
    return g_strdelimit(g_strdup(value), "_", ' ');
}

/* One side of a mapping as literals with commas: its old values, its new ones without doubles, or the
 * old ones that come back as another. "NULL" for none. */
enum side { SIDE_OLD, SIDE_NEW, SIDE_LOST };

static char *literals(const char *mapping, enum side side)
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) entries = recipe_entries(mapping);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (char **entry = entries; *entry; entry++) {
        g_autofree char *before = NULL, *behind = NULL;
        recipe_entry_split(*entry, &before, &behind);
        gboolean first = g_hash_table_add(seen, g_strdup(behind));
        if ((side == SIDE_NEW && !first) || (side == SIDE_LOST && first))
            continue;
        g_string_append(out, out->len ? ", " : "");
        literal_append(out, side == SIDE_NEW ? behind : before, NULL);
    }
    return g_string_free(out->len ? out : g_string_append(out, "NULL"), FALSE);
}

static char *literals_old(const char *mapping)
{
    return literals(mapping, SIDE_OLD);
}

static char *literals_new(const char *mapping)
{
    return literals(mapping, SIDE_NEW);
}

static char *literals_lost(const char *mapping)
{
    return literals(mapping, SIDE_LOST);
}

static char *place_fill(const char *place, GHashTable *values, gboolean quoted)
{
    static const struct {
        const char *name;
        char *(*write)(const char *value);
    } filters[] = {
        {"sql", sql_identifier},       {"like", like_literal},        {"name", slug},
        {"names", applications_names}, {"block", applications_block}, {"yaml", yaml_quote},
        {"old", literals_old},         {"new", literals_new},         {"lost", literals_lost},
        {"elements", list_elements},   {"joined", list_joined},       {"words", words},
    };
    const char *bar = strchr(place, '|');
    g_autofree char *name = bar ? g_strndup(place, (gsize)(bar - place)) : g_strdup(place);
    const char *value = g_hash_table_lookup(values, name);
    if (!value) /* an optional one, behind a condition that is not met */
        return g_strdup("");
    if (!bar)
        return quoted ? yaml_quote(value) : g_strdup(value);
    const char *type = g_hash_table_lookup(values, "type");
    const char *old_type = g_hash_table_lookup(values, "old_type");
    if (strcmp(bar + 1, "when") == 0)
        return arms(value, old_type, type, FALSE);
    if (strcmp(bar + 1, "back") == 0)
        return arms(value, type, old_type, TRUE);
    if (strcmp(bar + 1, "lines") == 0)
        return g_strdup(value);
    for (gsize i = 0; i < G_N_ELEMENTS(filters); i++)
        if (strcmp(filters[i].name, bar + 1) == 0)
            return filters[i].write(value);
    g_error("recipe: no filter \"%s\"", bar + 1);
}

char **recipe_entries(const char *list)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new();
    const char *from = list;
    int depth = 0;
    for (const char *p = list;; p++) {
        depth += *p == '(';
        depth -= *p == ')';
        if (*p && (*p != ',' || depth > 0))
            continue;
        g_ptr_array_add(entries, g_strstrip(g_strndup(from, (gsize)(p - from))));
        from = p + 1;
        if (!*p)
            break;
    }
    g_ptr_array_add(entries, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&entries), FALSE);
}

void recipe_entry_split(const char *entry, char **before, char **behind)
{
    const char *colon = strchr(entry, ':');
    *before = colon ? g_strndup(entry, (gsize)(colon - entry)) : g_strdup(entry);
    *behind = g_strdup(colon ? colon + 1 : "");
}

char *recipe_fill(const char *text, GHashTable *values, gboolean quoted)
{
    GString *out = g_string_new(NULL);
    const char *open, *close;
    while ((open = strstr(text, "{{")) && (close = strstr(open, "}}"))) {
        g_autofree char *place = g_strndup(open + 2, (gsize)(close - open - 2));
        g_autofree char *value = place_fill(place, values, quoted);
        g_string_append_len(out, text, open - text);
        g_string_append(out, value);
        text = close + 2;
    }
    g_string_append(out, text);
    return g_string_free(out, FALSE);
}
