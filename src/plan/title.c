/* What a step does, in a few words. */
#include "config.h"
#include "pgrollout/plan/plan.h"

#include <string.h>

static char *table_name(const struct plan_step *step)
{
    if (strcmp(step->schema, "public") == 0)
        return g_strdup(step->table);
    return g_strdup_printf("%s.%s", step->schema, step->table);
}

static char *backfill_title(const struct plan_step *step, const char *table)
{
    GString *out = g_string_new("fill ");
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        g_string_append_printf(out, "%s%s", i ? ", " : "", set->column);
    }
    g_string_append_printf(out, " of %s", table);
    return g_string_free(out, FALSE);
}

/* A statement on one line, cut to what a list can show. */
static char *statement_title(const char *verb, const char *sql)
{
    g_auto(GStrv) words = g_strsplit_set(sql, " \t\r\n", -1);
    GString *out = g_string_new(verb);
    for (char **word = words; *word; word++)
        if (**word)
            g_string_append_printf(out, " %s", *word);
    const glong max = 60;
    if (g_utf8_strlen(out->str, -1) > max) {
        g_string_truncate(out, (gsize)(g_utf8_offset_to_pointer(out->str, max - 1) - out->str));
        g_string_append(out, "…");
    }
    return g_string_free(out, FALSE);
}

static char *confirm_title(const struct plan_step *step)
{
    if (!step->each)
        return g_strdup_printf("confirm: %s", step->text);
    g_autofree char *each = g_strjoinv(", ", step->each);
    return g_strdup_printf("confirm for each of %s: %s", each, step->text);
}

char *plan_step_title(const struct plan_step *step)
{
    g_autofree char *table = step->table ? table_name(step) : NULL;
    switch (step->kind) {
    case KIND_SQL:
        return statement_title("run", step->sql);
    case KIND_ADD_COLUMN:
        return g_strdup_printf("add column %s %s to %s", step->col, step->type, table);
    case KIND_SYNC:
        return g_strdup_printf("keep %s and %s of %s in step", step->old, step->new, table);
    case KIND_DROP_SYNC:
        return g_strdup_printf("stop keeping %s and %s of %s in step", step->old, step->new, table);
    case KIND_BACKFILL:
        return backfill_title(step, table);
    case KIND_VERIFY:
        return g_strdup_printf("verify %s", step->of);
    case KIND_NOT_NULL:
        return g_strdup_printf("set %s of %s not null", step->col, table);
    case KIND_ANALYZE:
        return g_strdup_printf("analyze %s", table);
    case KIND_CHECK:
        return statement_title("check", step->sql);
    case KIND_CONFIRM:
        return confirm_title(step);
    case KIND_DROP_COLUMN:
        return g_strdup_printf("drop column %s of %s", step->col, table);
    case KIND_COUNT:
        break;
    }
    g_return_val_if_reached(NULL);
}
