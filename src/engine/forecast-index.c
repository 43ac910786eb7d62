/* Indexes that the plan makes: how large, and what they mean for what is filled after them. */
#include "config.h"
#include "engine/forecast-private.h"

#include <math.h>
#include <string.h>

/* The end of a quoted name, a literal or a pair of parentheses that begins here; of anything else the next
 * character. */
static const char *skip(const char *at)
{
    if (*at == '"' || *at == '\'') {
        const char *end = strchr(at + 1, *at);
        return end ? end + 1 : at + strlen(at);
    }
    if (*at != '(')
        return at + 1;
    for (at++; *at && *at != ')';)
        at = skip(at);
    return *at ? at + 1 : at;
}

char *forecast_element(const char *element)
{
    const char *at = element;
    while (*at == ' ')
        at++;
    const char *from = at;
    while (*at && *at != ' ')
        at = skip(at);
    return g_strndup(from, (gsize)(at - from));
}

char *forecast_element_column(const char *element)
{
    g_autofree char *expression = forecast_element(element);
    gsize length = strlen(expression);
    if (length > 2 && expression[0] == '"' &&
        strchr(expression + 1, '"') == expression + length - 1)
        return g_strndup(expression + 1, length - 2);
    for (const char *at = expression; *at; at++)
        if (!g_ascii_isalnum(*at) && *at != '_' && *at != '$' && !(*at & 0x80))
            return NULL;
    return g_ascii_strdown(expression, -1);
}

static gboolean fills(const struct plan_step *step, const char *column)
{
    for (guint i = 0; step->set && i < step->set->len; i++)
        if (strcmp(((struct plan_set *)g_ptr_array_index(step->set, i))->column, column) == 0)
            return TRUE;
    return FALSE;
}

static gboolean holds_filled(const struct plan_step *index, const struct plan_step *step)
{
    char **lists[] = {index->columns, index->include};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        for (char **element = lists[i]; element && *element; element++) {
            g_autofree char *column = forecast_element_column(*element);
            if (column && fills(step, column))
                return TRUE;
        }
    return FALSE;
}

const struct plan_step *forecast_index_before(const struct plan *plan, const struct plan_step *step)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(plan->steps, i);
        if (other == step)
            return NULL;
        gboolean indexes = other->kind == KIND_INDEX || (other->kind == KIND_CONSTRAINT &&
                                                         other->constraint == CONSTRAINT_UNIQUE);
        if (indexes && strcmp(other->schema, step->schema) == 0 &&
            strcmp(other->table, step->table) == 0 && holds_filled(other, step))
            return other;
    }
    return NULL;
}

gboolean forecast_index(struct forecast_run *run, const struct forecast_table *table,
                        const struct plan_step *step, struct forecast_step *out, GError **error)
{
    struct forecast_reading reading;
    gboolean ok = forecast_read_pages(run, table, step, &reading, error);
    if (ok) {
        forecast_take_reading(out, &reading);
        double width = isnan(reading.added_bytes) ? 0 : reading.added_bytes;
        out->index_bytes = forecast_index_size(out->touched, width);
        /* each of its pages goes into the WAL once */
        out->wal_bytes = out->index_bytes;
        out->heap_bytes = (struct forecast_range){0, 0};
        forecast_assume(
            out, "entries of %.0f bytes of keys; how long the build takes is not known before",
            width);
        if (step->method && strcmp(step->method, "btree") != 0)
            forecast_assume(out, "as large as a btree would be, which %s is not", step->method);
    }
    forecast_reading_clear(&reading);
    return ok;
}
