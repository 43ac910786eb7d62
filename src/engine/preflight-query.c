/* The preflight of the queries of checks and guards: prepared in a read-only transaction, which
 * needs no right on the tables. Columns that the plan adds are put in their place by a common
 * table. */
#include "config.h"
#include "engine/preflight-private.h"

#include <string.h>

#include "pgrollout/base/error.h"

static gboolean has_state(const GError *failure, const char *sqlstate)
{
    return g_strcmp0(rollout_error_sqlstate(failure), sqlstate) == 0;
}

/* `"users" AS (SELECT t.*, NULL::text AS "full_name" FROM "public"."users" t)`, for each table of
 * the schema that has a new column by now; "" where none has. */
static char *new_columns_sql(const struct catalog *catalog, const char *schema)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < catalog->tables->len; i++) {
        const struct catalog_table *table = g_ptr_array_index(catalog->tables, i);
        g_autoptr(GString) added = g_string_new(NULL);
        for (guint j = 0; j < table->columns->len; j++) {
            const struct catalog_column *column = g_ptr_array_index(table->columns, j);
            g_autofree char *name = db_ident(column->name);
            if (column->added_by)
                g_string_append_printf(added, ", NULL::%s AS %s", column->type, name);
        }
        g_autofree char *name = db_ident(table->name);
        g_autofree char *qualified = db_qualified(table->schema, table->name);
        if (added->len && strcmp(table->schema, schema) == 0)
            g_string_append_printf(out, "%s%s AS (SELECT t.*%s FROM %s t)", out->len ? ", " : "",
                                   name, added->str, qualified);
    }
    return g_string_free(out, FALSE);
}

/* The failure names a column that the plan adds: the query spoke of the table by its schema. */
static gboolean names_new_column(const struct catalog *catalog, const GError *failure)
{
    for (guint i = 0; i < catalog->tables->len; i++) {
        const struct catalog_table *table = g_ptr_array_index(catalog->tables, i);
        for (guint j = 0; j < table->columns->len; j++) {
            const struct catalog_column *column = g_ptr_array_index(table->columns, j);
            if (column->added_by && strstr(failure->message, column->name))
                return has_state(failure, "42703");
        }
    }
    return FALSE;
}

/* Something is missing that a sql step of the plan may make. */
static gboolean may_be_made(const struct plan *plan, const struct plan_step *before,
                            const GError *failure)
{
    if (!has_state(failure, "42703") && !has_state(failure, "42P01") &&
        !has_state(failure, "42883") && !has_state(failure, "42704"))
        return FALSE;
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step == before)
            break;
        if (step->kind == KIND_SQL)
            return TRUE;
    }
    return FALSE;
}

static void report(struct preflight *run, const struct plan_step *step, struct plan_place at,
                   const char *what, const GError *failure)
{
    if (preflight_undecided(failure) || names_new_column(run->catalog, failure) ||
        may_be_made(run->plan, step, failure))
        preflight_warn(run, step, at, "the query of \"%s\" was not checked: %s", what,
                       failure->message);
    else if (!has_state(failure, "42601")) /* lint has parsed it: PREPARE does not take SHOW */
        preflight_error(run, step, at, "the query of \"%s\" does not run: %s", what,
                        failure->message);
}

/* FALSE: the connection is lost. Without `failure`: it could be prepared. */
static gboolean prepare(struct preflight *run, const char *sql, GError **failure, GError **error)
{
    g_autofree char *begin = preflight_begin_sql(run->plan, FALSE);
    g_autofree char *message = g_strconcat(begin, "PREPARE pgrollout_checked AS ", sql,
                                           "\n; DEALLOCATE pgrollout_checked; ROLLBACK", NULL);
    gboolean lost;
    struct db_reply *reply = preflight_try(run, message, failure, &lost, error);
    db_reply_free(reply);
    return !lost;
}

gboolean preflight_query(struct preflight *run, const struct plan_step *step, struct plan_place at,
                         const char *what, const char *sql, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (!preflight_one_statement(run, step, at, what, sql))
        return TRUE;
    if (!prepare(run, sql, &failure, error))
        return FALSE;
    g_autofree char *new_columns = new_columns_sql(run->catalog, run->plan->schema);
    if (failure && *new_columns && has_state(failure, "42703")) {
        g_autofree char *query = g_strchomp(g_strdup(sql));
        while (g_str_has_suffix(query, ";")) {
            query[strlen(query) - 1] = 0;
            g_strchomp(query);
        }
        g_autofree char *whole =
            g_strdup_printf("WITH %s SELECT * FROM (%s\n) q", new_columns, query);
        g_clear_error(&failure);
        if (!preflight_one_statement(run, step, at, what, whole))
            return TRUE;
        if (!prepare(run, whole, &failure, error))
            return FALSE;
    }
    if (failure)
        report(run, step, at, what, failure);
    return TRUE;
}
