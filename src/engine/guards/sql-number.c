/* sql: a query of the plan's own that returns one number. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "engine/sense-private.h"

static char *sql_query(struct guard *guard, const struct watch *watch, struct reading *reading)
{
    (void)reading;
    /* as a part of a statement it ends without a semicolon */
    g_autofree char *query = g_strchomp(g_strdup(guard->plan->query));
    for (gsize n = strlen(query); n > 0 && (query[n - 1] == ';' || g_ascii_isspace(query[n - 1]));)
        query[--n] = '\0';
    g_autofree char *schema = db_ident(watch->plan->schema);
    const char *const pairs[] = {"schema", schema, "query", query, NULL};
    return sense_fill("engine/sql/sense-query.sql", pairs);
}

static void value_take(struct reading *reading, const char *text, const char *type)
{
    static const char *const numbers[] = {"smallint", "integer",          "bigint", "numeric",
                                          "real",     "double precision", NULL};
    g_autofree char *why = NULL;
    if (!text)
        why = g_strdup("the query returned NULL");
    else if (!g_strv_contains(numbers, type))
        why = g_strdup_printf("the query returned %s, not a number", type);
    else if (!isfinite(g_ascii_strtod(text, NULL)))
        why = g_strdup_printf("the query returned %s", text);
    if (why) {
        reading_fail(reading, why);
        return;
    }
    reading->kind = READING_VALUE;
    reading->value = g_ascii_strtod(text, NULL);
}

static gboolean sql_answer(struct guard *guard, const struct watch *watch,
                           const struct db_reply *reply, const GError *error,
                           struct reading *reading)
{
    (void)guard;
    (void)watch;
    if (error)
        reading_fail(reading, error->message);
    else if (db_reply_columns(reply) != 2)
        reading_fail(reading, "the query returned more than one column");
    else if (db_reply_rows(reply) == 0)
        reading_fail(reading, "the query returned no row");
    else if (db_reply_rows(reply) > 1)
        reading_fail(reading, "the query returned more than one row");
    else
        value_take(reading, db_reply_text(reply, 0, 0), db_reply_text(reply, 0, 1));
    return FALSE;
}

const struct guard_class guard_class_sql_number = {
    .name = "sql",
    .unit = "",
    .help =
        "A query of the plan's own, which returns one row with one number; it runs read-only and "
        "has less than a second.",
    .query = sql_query,
    .answer = sql_answer,
};
