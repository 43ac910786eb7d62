/* The set-up of a drill: what the practice cluster is made like. */
#include "config.h"

#include <string.h>

#include "drill-file-private.h"
#include "pgrollout/lab/fault.h"
#include "pgrollout/lab/lab.h"

#define ROWS 20000
#define CRON_S 20
#define RECIPE "rename-column table=users old=name new=full_name"
#define MIGRATION "users-full-name"

char *drill_key(const char *line, char **value)
{
    const char *colon = strstr(line, ": ");
    if (!colon || colon == line)
        return NULL;
    *value = g_strstrip(g_strdup(colon + 2));
    return g_strndup(line, (gsize)(colon - line));
}

void drill_setup_init(struct drill_setup *setup)
{
    setup->rows = ROWS;
    setup->rate = LAB_DEFAULT_RATE;
    setup->recipe = g_strdup(RECIPE);
    setup->migration = g_strdup(MIGRATION);
    setup->from = g_strdup("expand");
    setup->cron_s = CRON_S;
    setup->releases = g_ptr_array_new_with_free_func(g_free);
    setup->settings = g_ptr_array_new_with_free_func(g_free);
    setup->faults = g_ptr_array_new_with_free_func(g_free);
}

static gboolean set_number(struct drill_reader *reader, const char *value, double least,
                           double *number)
{
    char *end;
    double parsed = g_ascii_strtod(value, &end);
    if (end == value || *end || !(parsed >= least && parsed <= 1e7))
        return drill_wrong(reader, "write a plain number", "\"%s\" does not fit", value);
    *number = parsed;
    return TRUE;
}

static gboolean set_word(struct drill_reader *reader, const char *value, const char *const *words,
                         char **word)
{
    if (words && !g_strv_contains(words, value)) {
        g_autofree char *list = g_strjoinv(", ", (char **)words);
        return drill_wrong(reader, list, "\"%s\" is none of those that there are", value);
    }
    g_free(*word);
    *word = g_strdup(value);
    return TRUE;
}

static gboolean add_all(struct drill_reader *reader, GPtrArray *list, const char *value)
{
    g_auto(GStrv) words = g_strsplit(value, " ", -1);
    for (char **word = words; *word; word++) {
        if (!strchr(*word, '='))
            return drill_wrong(reader, "write KEY=VALUE KEY=VALUE", "\"%s\"", *word);
        g_ptr_array_add(list, g_strdup(*word));
    }
    return TRUE;
}

gboolean drill_fault_check(struct drill_reader *reader, const char *value)
{
    g_autofree char *name = g_strndup(value, strcspn(value, " "));
    for (const struct lab_fault_kind *kind = lab_fault_kinds(); kind->name; kind++)
        if (strcmp(kind->name, name) == 0)
            return TRUE;
    return drill_wrong(reader, "pgrollout lab fault --list names them", "no fault is named \"%s\"",
                       name);
}

static gboolean set(struct drill_reader *reader, const char *key, const char *value)
{
    static const char *const phases[] = {"expand",          "deploy",   "backfill", "switch_reads",
                                         "stop_old_writes", "contract", NULL};
    struct drill_setup *setup = &reader->drill->setup;
    double rows = 0;
    if (strcmp(key, "rows") == 0) {
        gboolean fits = set_number(reader, value, 100, &rows);
        setup->rows = (gint64)rows;
        return fits;
    }
    if (strcmp(key, "rate") == 0)
        return set_number(reader, value, 0.1, &setup->rate);
    if (strcmp(key, "seconds") == 0)
        return set_number(reader, value, 0, &setup->seconds);
    if (strcmp(key, "fast-seconds") == 0)
        return set_number(reader, value, 0, &setup->fast_seconds);
    if (strcmp(key, "cron") == 0)
        return set_number(reader, value, 1, &setup->cron_s);
    if (strcmp(key, "recipe") == 0)
        return set_word(reader, value, NULL, &setup->recipe);
    if (strcmp(key, "plan") == 0)
        return set_word(reader, value, NULL, &setup->plan);
    if (strcmp(key, "migration") == 0)
        return set_word(reader, value, NULL, &setup->migration);
    if (strcmp(key, "from") == 0)
        return set_word(reader, value, phases, &setup->from);
    if (strcmp(key, "release") == 0)
        return add_all(reader, setup->releases, value);
    if (strcmp(key, "set") == 0)
        return add_all(reader, setup->settings, value);
    if (strcmp(key, "fault") == 0) {
        g_ptr_array_add(setup->faults, g_strdup(value));
        return drill_fault_check(reader, value);
    }
    return drill_wrong(
        reader,
        "there are rows, rate, seconds, fast-seconds, cron, recipe, plan, migration, "
        "from, release, set and fault",
        "\"%s\" is not a key of the set-up", key);
}

gboolean drill_setup_line(struct drill_reader *reader, const char *line)
{
    g_autofree char *value = NULL;
    g_autofree char *key = drill_key(line, &value);
    if (!key)
        return drill_wrong(reader, "write KEY: VALUE", "\"%s\"", line);
    return set(reader, key, value);
}
