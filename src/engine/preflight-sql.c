/* The preflight of SQL in a plan. Expressions are put into a generated column of an empty temporary
 * table with the same columns, which PostgreSQL itself holds to the types, to the row's own columns
 * and to immutable functions; the transaction is rolled back, and the real table is neither read
 * nor locked. Queries of checks and guards are prepared in a read-only transaction. */
#include "config.h"
#include "engine/preflight-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/lint/lint.h"

/* `"id" bigint, "name" text COLLATE …`, as they are at this step, without one of them (or NULL). */
static char *columns_sql(const struct catalog_table *table, const char *without)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < table->columns->len; i++) {
        const struct catalog_column *column = g_ptr_array_index(table->columns, i);
        g_autofree char *name = db_ident(column->name);
        if (column->dropped_by || g_strcmp0(column->name, without) == 0)
            continue;
        g_string_append_printf(out, "%s%s %s%s%s", out->len ? ", " : "", name, column->type,
                               column->collation ? " COLLATE " : "",
                               column->collation ? column->collation : "");
    }
    return g_string_free(out, FALSE);
}

/* "BEGIN …; SET LOCAL search_path …": what the engine's sessions have. */
static char *begin_sql(const struct plan *plan, gboolean writes)
{
    g_autofree char *schema = db_ident(plan->schema);
    return g_strdup_printf("BEGIN ISOLATION LEVEL READ COMMITTED READ %s; "
                           "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '1s'; "
                           "SET LOCAL search_path = %s, pg_catalog, pg_temp; ",
                           writes ? "WRITE" : "ONLY", schema);
}

/* Sends one message that begins a transaction, and rolls it back. NULL with `failure` when the
 * statement was refused; a lost connection is reported through `error`. */
static struct db_reply *try_statement(struct preflight *run, const char *message, GError **failure,
                                      gboolean *lost, GError **error)
{
    struct db_reply *reply = db_conn_query_wait(run->conn, message, 0, NULL, failure);
    *lost = FALSE;
    if (reply || !db_conn_is_open(run->conn)) {
        *lost = !reply;
        if (*lost)
            g_propagate_error(error, g_steal_pointer(failure));
        return reply;
    }
    struct db_reply *end = db_conn_query_wait(run->conn, "ROLLBACK", 0, NULL, error);
    *lost = !end;
    db_reply_free(end);
    return NULL;
}

/* One statement, whatever is spliced into it: a plan that was not linted must not smuggle in
 * another one. */
static gboolean is_one_statement(struct preflight *run, const struct plan_step *step,
                                 struct plan_place at, const char *what, const char *sql)
{
    g_autoptr(GError) failure = NULL;
    enum sql_class class;
    if (sql_classify(sql, &class, NULL, &failure))
        return TRUE;
    preflight_error(run, step, at, "%s: %s", what, failure->message);
    return FALSE;
}

static gboolean is_no_right(const GError *failure)
{
    const char *sqlstate = rollout_error_sqlstate(failure);
    return g_strcmp0(sqlstate, "42501") == 0 || g_strcmp0(sqlstate, "25006") == 0;
}

static void report_refusal(struct preflight *run, const struct plan_step *step,
                           struct plan_place at, const char *what, const GError *failure)
{
    const char *hint = rollout_error_hint(failure);
    if (g_strcmp0(rollout_error_sqlstate(failure), "42P17") == 0)
        preflight_error(run, step, at,
                        "%s is not immutable: its value could differ from session to session "
                        "(concat and format are such functions, and casts from or to timestamptz)",
                        what);
    else
        preflight_error(run, step, at, "%s: %s%s%s", what, failure->message, hint ? ". " : "",
                        hint ? hint : "");
}

/* Where no temporary table may be made: at least the types, on a row of NULLs. */
static gboolean explain_expression(struct preflight *run, const struct catalog_table *table,
                                   const struct plan_step *step, struct plan_place at,
                                   const char *what, const char *expression, const char *type,
                                   GError **error)
{
    g_autofree char *begin = begin_sql(run->plan, FALSE);
    g_autoptr(GString) row = g_string_new(NULL);
    for (guint i = 0; i < table->columns->len; i++) {
        const struct catalog_column *column = g_ptr_array_index(table->columns, i);
        g_autofree char *name = db_ident(column->name);
        if (!column->dropped_by)
            g_string_append_printf(row, "%sNULL::%s AS %s", row->len ? ", " : "", column->type,
                                   name);
    }
    if (!run->no_temporary)
        preflight_warn(run, step, at,
                       "it was not checked that expressions are immutable: the login may make no "
                       "temporary table (GRANT TEMPORARY ON DATABASE)");
    run->no_temporary = TRUE;
    g_autofree char *explain = g_strdup_printf("EXPLAIN SELECT CAST((%s) AS %s) FROM (SELECT %s) r",
                                               expression, type, row->str);
    if (!is_one_statement(run, step, at, what, explain))
        return TRUE;
    g_autofree char *message = g_strconcat(begin, explain, "; ROLLBACK", NULL);
    g_autoptr(GError) failure = NULL;
    gboolean lost;
    struct db_reply *reply = try_statement(run, message, &failure, &lost, error);
    if (!reply && !lost)
        report_refusal(run, step, at, what, failure);
    db_reply_free(reply);
    return !lost;
}

gboolean preflight_expression(struct preflight *run, const struct catalog_table *table,
                              const struct plan_step *step, struct plan_place at, const char *what,
                              const char *expression, const char *target, const char *type,
                              GError **error)
{
    g_autofree char *begin = begin_sql(run->plan, TRUE);
    g_autofree char *columns = columns_sql(table, target), *name = db_ident(table->name);
    g_autofree char *computed = db_ident(target ? target : "pgrollout_checked");
    g_autofree char *create =
        g_strdup_printf("CREATE TEMPORARY TABLE %s (%s%s%s %s GENERATED ALWAYS AS (%s) STORED)",
                        name, columns, *columns ? ", " : "", computed, type, expression);
    if (!is_one_statement(run, step, at, what, create))
        return TRUE;
    g_autofree char *message = g_strconcat(begin, create, "; ROLLBACK", NULL);
    g_autoptr(GError) failure = NULL;
    gboolean lost;
    struct db_reply *reply = try_statement(run, message, &failure, &lost, error);
    gboolean fine = reply != NULL;
    db_reply_free(reply);
    if (fine || lost)
        return !lost;
    if (is_no_right(failure))
        return explain_expression(run, table, step, at, what, expression, type, error);
    report_refusal(run, step, at, what, failure);
    return TRUE;
}

gboolean preflight_new_column(struct preflight *run, const struct catalog_table *table,
                              const struct plan_step *step, GError **error)
{
    g_autofree char *begin = begin_sql(run->plan, TRUE);
    g_autofree char *columns = columns_sql(table, NULL), *name = db_ident(table->name);
    g_autofree char *column = db_ident(step->col);
    g_autofree char *clone = g_strconcat("pg_temp.", name, NULL), *literal = db_literal(clone);
    g_autofree char *alter =
        g_strdup_printf("ALTER TABLE %s ADD COLUMN %s %s%s%s", clone, column, step->type,
                        step->def ? " DEFAULT " : "", step->def ? step->def : "");
    g_autofree char *what = g_strdup_printf("column \"%s\"", step->col);
    if (!is_one_statement(run, step, step->at_type, what, alter))
        return TRUE;
    g_autofree char *message = g_strdup_printf(
        "%sCREATE TEMPORARY TABLE %s (%s); "
        "SELECT set_config('pgrollout.node', pg_relation_filenode(%s)::text, true); %s; "
        "SELECT pg_relation_filenode(%s)::text <> current_setting('pgrollout.node'); ROLLBACK",
        begin, name, columns, literal, alter, literal);
    g_autoptr(GError) failure = NULL;
    gboolean lost;
    struct db_reply *reply = try_statement(run, message, &failure, &lost, error);
    if (reply && db_reply_bool(reply, 0, 0))
        preflight_error(run, step, step->at_def.line ? step->at_def : step->at_type,
                        "column \"%s\" would rewrite the table under an exclusive lock: add it "
                        "without this default or type, and fill it by a backfill",
                        step->col);
    else if (!reply && !lost && !is_no_right(failure))
        report_refusal(run, step, step->at_type, what, failure);
    db_reply_free(reply);
    return !lost;
}

/* Something that an earlier step makes may be what the query names. */
static gboolean made_by_plan(const struct plan *plan, const struct plan_step *before,
                             const GError *failure)
{
    const char *sqlstate = rollout_error_sqlstate(failure);
    if (!sqlstate || !g_str_has_prefix(sqlstate, "42"))
        return FALSE;
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step == before)
            break;
        if (step->kind == KIND_SQL ||
            (step->kind == KIND_ADD_COLUMN && strstr(failure->message, step->col)))
            return TRUE;
    }
    return FALSE;
}

static void report_query(struct preflight *run, const struct plan_step *step, struct plan_place at,
                         const char *what, const GError *failure)
{
    const char *sqlstate = rollout_error_sqlstate(failure);
    if (g_strcmp0(sqlstate, "42601") == 0) /* lint has parsed it: only PREPARE does not take it */
        return;
    if (made_by_plan(run->plan, step, failure))
        return;
    if (is_no_right(failure) || g_strcmp0(sqlstate, "55P03") == 0)
        preflight_warn(run, step, at, "the query of \"%s\" was not checked: %s", what,
                       failure->message);
    else
        preflight_error(run, step, at, "the query of \"%s\" does not run: %s", what,
                        failure->message);
}

gboolean preflight_query(struct preflight *run, const struct plan_step *step, struct plan_place at,
                         const char *what, const char *sql, GError **error)
{
    if (!is_one_statement(run, step, at, what, sql))
        return TRUE;
    g_autofree char *begin = begin_sql(run->plan, FALSE);
    g_autofree char *message = g_strconcat(begin, "PREPARE pgrollout_checked AS ", sql,
                                           "\n; DEALLOCATE pgrollout_checked; ROLLBACK", NULL);
    g_autoptr(GError) failure = NULL;
    gboolean lost;
    struct db_reply *reply = try_statement(run, message, &failure, &lost, error);
    if (!reply && !lost)
        report_query(run, step, at, step ? step->name : what, failure);
    db_reply_free(reply);
    return !lost;
}
