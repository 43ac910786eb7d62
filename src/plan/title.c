/* What a step does, in a few words. */
#include "config.h"
#include "pgrollout/plan/plan.h"

#include <string.h>

#include "pgrollout/base/units.h"

static char *table_name(const struct plan_step *step)
{
    if (strcmp(step->schema, "public") == 0)
        return g_strdup(step->table);
    return g_strdup_printf("%s.%s", step->schema, step->table);
}

/* NAME or SCHEMA.NAME of the other table. */
static char *into_name(const struct plan_step *step)
{
    if (strcmp(step->into_schema, "public") == 0)
        return g_strdup(step->into);
    return g_strdup_printf("%s.%s", step->into_schema, step->into);
}

static char *backfill_title(const struct plan_step *step, const char *table)
{
    if (step->sql)
        return g_strdup_printf("fill along %s by a statement", table);
    if (step->into) {
        g_autofree char *into = into_name(step);
        return g_strdup_printf("fill %s from %s", into, table);
    }
    GString *out = g_string_new("fill ");
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        g_string_append_printf(out, "%s%s", i ? ", " : "", set->column);
    }
    g_string_append_printf(out, " of %s", table);
    return g_string_free(out, FALSE);
}

/* "keep name and full_name of users in step" */
static char *sync_title(const struct plan_step *step, const char *table, const char *verb)
{
    if (!step->into)
        return g_strdup_printf("%s %s and %s of %s in step", verb, step->old, step->new, table);
    g_autofree char *into = into_name(step);
    return g_strdup_printf("%s %s and %s in step", verb, table, into);
}

static char *constraint_title(const struct plan_step *step, const char *table)
{
    static const char *const words[] = {"check", "foreign key", "unique constraint"};
    return g_strdup_printf("add %s %s to %s", words[step->constraint], step->object, table);
}

static char *index_title(const struct plan_step *step, const char *table)
{
    g_autofree char *columns = g_strjoinv(", ", step->columns);
    return g_strdup_printf("build %sindex %s on %s (%s)", step->unique ? "unique " : "",
                           step->object, table, columns);
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

/* Steps that wait for evidence or for time. */
static char *gate_title(const struct plan_step *step, const char *table)
{
    g_autofree char *duration = duration_format(step->for_us);
    switch (step->kind) {
    case KIND_NO_SESSIONS:
        return g_strdup_printf("no session of %s for %s",
                               step->application ? step->application : step->sessions, duration);
    case KIND_UNUSED:
        return g_strdup_printf("nothing uses %s%s%s for %s", table, step->col ? "." : "",
                               step->col ? step->col : "", duration);
    case KIND_SOAK:
        return g_strdup_printf("%s pass with no guard tripped", duration);
    case KIND_REPLICAS_CAUGHT_UP:
        return g_strdup("every replica has replayed what was done");
    default:
        return g_strdup_printf("hide %s%s%s for %s", step->col ? step->col : "",
                               step->col ? " of " : "", table, duration);
    }
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
        return sync_title(step, table, "keep");
    case KIND_DROP_SYNC:
        return sync_title(step, table, "stop keeping");
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
    case KIND_ADD_TABLE:
        return g_strdup_printf("add table %s", table);
    case KIND_INDEX:
        return index_title(step, table);
    case KIND_CONSTRAINT:
        return constraint_title(step, table);
    case KIND_DROP_NOT_NULL:
        return g_strdup_printf("let %s of %s be null", step->col, table);
    case KIND_NO_SESSIONS:
    case KIND_UNUSED:
    case KIND_SOAK:
    case KIND_REPLICAS_CAUGHT_UP:
    case KIND_BROWN_OUT:
        return gate_title(step, table);
    case KIND_DROP_TABLE:
        return g_strdup_printf("drop table %s", table);
    case KIND_DROP_INDEX:
        return g_strdup_printf("drop index %s of %s", step->object, table);
    case KIND_DROP_CONSTRAINT:
        return g_strdup_printf("drop constraint %s of %s", step->object, table);
    case KIND_ADD_VIEW:
        return g_strdup_printf("let %s be used as %s too", table, step->object);
    case KIND_RENAME_TABLE:
        return g_strdup_printf("rename table %s to %s", table, step->object);
    case KIND_COUNT:
        break;
    }
    g_return_val_if_reached(NULL);
}
