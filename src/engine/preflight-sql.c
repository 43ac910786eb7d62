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

char *preflight_begin_sql(const struct plan *plan, gboolean writes)
{
    g_autofree char *schema = db_ident(plan->schema);
    return g_strdup_printf("BEGIN ISOLATION LEVEL READ COMMITTED READ %s; "
                           "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '1s'; "
                           "SET LOCAL search_path = %s, pg_catalog, pg_temp; "
                           "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; "
                           "SET LOCAL IntervalStyle = 'postgres'; SET LOCAL bytea_output = 'hex'; "
                           "SET LOCAL extra_float_digits = 1; ",
                           writes ? "WRITE" : "ONLY", schema);
}

struct db_reply *preflight_try(struct preflight *run, const char *message, GError **failure,
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

gboolean preflight_one_statement(struct preflight *run, const struct plan_step *step,
                                 struct plan_place at, const char *what, const char *sql)
{
    g_autoptr(GError) failure = NULL;
    enum sql_class class;
    if (sql_classify(sql, &class, NULL, &failure))
        return TRUE;
    preflight_error(run, step, at, "%s: %s", what, failure->message);
    return FALSE;
}

gboolean preflight_undecided(const GError *failure)
{
    static const char *const mistakes[] = {"42", "22", "0A",
                                           "54"}; /* names, values, features, limits */
    const char *sqlstate = rollout_error_sqlstate(failure);
    for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++)
        if (sqlstate && g_str_has_prefix(sqlstate, mistakes[i]))
            return strcmp(sqlstate, "42501") == 0;
    return TRUE;
}

/* Words that such a statement of the plan begins with: what it makes is not there yet. */
static gboolean makes_names(const char *sql)
{
    static const char *const words[] = {"CREATE TYPE", "CREATE DOMAIN", "CREATE FUNCTION",
                                        "CREATE OR REPLACE FUNCTION", "CREATE EXTENSION"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strncasecmp(sql, words[i], strlen(words[i])) == 0)
            return TRUE;
    return FALSE;
}

/* A type or a function is not there, and an earlier step is to make one of that name. */
static gboolean is_made_before(const struct plan *plan, const struct plan_step *before,
                               const GError *failure)
{
    static const char *const missing[] = {"42704", "42883", NULL};
    const char *sqlstate = rollout_error_sqlstate(failure);
    if (!sqlstate || !g_strv_contains(missing, sqlstate))
        return FALSE;
    /* the name stands between quotes, or (a function) in front of a bracket */
    g_auto(GStrv) words = g_strsplit_set(failure->message, " \"(.", -1);
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step == before)
            break;
        if (step->kind != KIND_SQL || !makes_names(step->sql))
            continue;
        g_auto(GStrv) made = g_strsplit_set(step->sql, " \".(\n", -1);
        for (char **word = words; *word; word++)
            if (strlen(*word) > 2 && strcmp(*word, "type") != 0 && strcmp(*word, "function") != 0 &&
                g_strv_contains((const char *const *)made, *word))
                return TRUE;
    }
    return FALSE;
}

static void report_refusal(struct preflight *run, const struct plan_step *step,
                           struct plan_place at, const char *what, const GError *failure)
{
    const char *hint = rollout_error_hint(failure);
    if (is_made_before(run->plan, step, failure))
        preflight_warn(run, step, at, "%s was not checked: %s yet, a sql step is to make it", what,
                       failure->message);
    else if (g_strcmp0(rollout_error_sqlstate(failure), "42P17") == 0)
        preflight_error(run, step, at,
                        "%s is not immutable: its value could differ from session to session "
                        "(concat and format are such functions, and casts from or to timestamptz)",
                        what);
    else
        preflight_error(run, step, at, "%s: %s%s%s", what, failure->message, hint ? ". " : "",
                        hint ? hint : "");
}

/* Once a plan. */
static void say_unchecked(struct preflight *run, const struct plan_step *step, struct plan_place at,
                          const char *why)
{
    if (!run->no_temporary)
        preflight_warn(run, step, at,
                       "it was not checked that expressions are immutable and that no new column "
                       "rewrites its table: %s",
                       why);
    run->no_temporary = TRUE;
}

void preflight_refused(struct preflight *run, const struct plan_step *step, struct plan_place at,
                       const char *what, const GError *failure)
{
    if (preflight_undecided(failure))
        say_unchecked(run, step, at, failure->message);
    else
        report_refusal(run, step, at, what, failure);
}

char *preflight_clone_sql(const struct preflight *run, const struct catalog_table *table)
{
    g_autofree char *begin = preflight_begin_sql(run->plan, TRUE);
    g_autofree char *columns = columns_sql(table, NULL), *name = db_ident(table->name);
    return g_strdup_printf("%sCREATE TEMPORARY TABLE %s (%s); ", begin, name, columns);
}

/* Where no temporary table may be made: at least the types, on a row of NULLs. */
static gboolean explain_expression(struct preflight *run, const struct catalog_table *table,
                                   const struct plan_step *step, struct plan_place at,
                                   const char *what, const char *expression, const char *type,
                                   const char *why, GError **error)
{
    g_autofree char *begin = preflight_begin_sql(run->plan, FALSE);
    g_autoptr(GString) row = g_string_new(NULL);
    for (guint i = 0; i < table->columns->len; i++) {
        const struct catalog_column *column = g_ptr_array_index(table->columns, i);
        g_autofree char *name = db_ident(column->name);
        if (!column->dropped_by)
            g_string_append_printf(row, "%sNULL::%s AS %s", row->len ? ", " : "", column->type,
                                   name);
    }
    say_unchecked(run, step, at, why);
    g_autofree char *explain = g_strdup_printf("EXPLAIN SELECT CAST((%s) AS %s) FROM (SELECT %s) r",
                                               expression, type, row->str);
    if (!preflight_one_statement(run, step, at, what, explain))
        return TRUE;
    g_autofree char *message = g_strconcat(begin, explain, "; ROLLBACK", NULL);
    g_autoptr(GError) failure = NULL;
    gboolean lost;
    struct db_reply *reply = preflight_try(run, message, &failure, &lost, error);
    if (!reply && !lost && !preflight_undecided(failure))
        report_refusal(run, step, at, what, failure);
    db_reply_free(reply);
    return !lost;
}

gboolean preflight_expression(struct preflight *run, const struct catalog_table *table,
                              const struct plan_step *step, struct plan_place at, const char *what,
                              const char *expression, const char *target, const char *type,
                              GError **error)
{
    g_autofree char *begin = preflight_begin_sql(run->plan, TRUE);
    g_autofree char *columns = columns_sql(table, target), *name = db_ident(table->name);
    g_autofree char *computed = db_ident(target ? target : "pgrollout_checked");
    g_autofree char *create =
        g_strdup_printf("CREATE TEMPORARY TABLE %s (%s%s%s %s GENERATED ALWAYS AS (%s) STORED)",
                        name, columns, *columns ? ", " : "", computed, type, expression);
    if (!preflight_one_statement(run, step, at, what, create))
        return TRUE;
    g_autofree char *message = g_strconcat(begin, create, "; ROLLBACK", NULL);
    g_autoptr(GError) failure = NULL;
    gboolean lost;
    struct db_reply *reply = preflight_try(run, message, &failure, &lost, error);
    gboolean fine = reply != NULL;
    db_reply_free(reply);
    if (fine || lost)
        return !lost;
    if (preflight_undecided(failure))
        return explain_expression(run, table, step, at, what, expression, type, failure->message,
                                  error);
    report_refusal(run, step, at, what, failure);
    return TRUE;
}

/* Adds the column to an empty temporary table like the real one, in a transaction that stays open:
 * was it rewritten, and which table is it. NULL where it is not one statement. */
static char *new_column_message(struct preflight *run, const struct catalog_table *table,
                                const struct plan_step *step, const char *what)
{
    g_autofree char *begin = preflight_begin_sql(run->plan, TRUE);
    g_autofree char *columns = columns_sql(table, NULL), *name = db_ident(table->name);
    g_autofree char *column = db_ident(step->col);
    g_autofree char *clone = g_strconcat("pg_temp.", name, NULL), *literal = db_literal(clone);
    g_autofree char *alter =
        g_strdup_printf("ALTER TABLE %s ADD COLUMN %s %s%s%s", clone, column, step->type,
                        step->def ? " DEFAULT " : "", step->def ? step->def : "");
    if (!preflight_one_statement(run, step, step->at_type, what, alter))
        return NULL;
    return g_strdup_printf(
        "%sCREATE TEMPORARY TABLE %s (%s); "
        "SELECT set_config('pgrollout.node', pg_relation_filenode(%s)::text, true); %s; "
        /* a default is read as the catalog's are */
        "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL IntervalStyle = 'iso_8601'; "
        "SELECT pg_relation_filenode(%s)::text <> current_setting('pgrollout.node'), "
        "%s::regclass::oid",
        begin, name, columns, literal, alter, literal, literal);
}

gboolean preflight_new_column(struct preflight *run, const struct catalog_table *table,
                              const struct plan_step *step, struct catalog_column *column,
                              GError **error)
{
    g_autofree char *what = g_strdup_printf("column \"%s\"", step->col);
    g_autofree char *message = new_column_message(run, table, step, what);
    if (!message)
        return TRUE;
    g_autoptr(GError) failure = NULL;
    gboolean lost;
    struct db_reply *reply = preflight_try(run, message, &failure, &lost, error);
    if (!reply) {
        if (!lost && preflight_undecided(failure))
            say_unchecked(run, step, step->at_type, failure->message);
        else if (!lost)
            report_refusal(run, step, step->at_type, what, failure);
        return !lost;
    }
    if (db_reply_bool(reply, 0, 0))
        preflight_error(run, step, step->at_def.line ? step->at_def : step->at_type,
                        "column \"%s\" would rewrite the table under an exclusive lock: add it "
                        "without this default or type, and fill it by a backfill",
                        step->col);
    gboolean ok = catalog_default_read(run->conn, db_reply_text(reply, 0, 1), column, error);
    db_reply_free(reply);
    db_reply_free(db_conn_query_wait(run->conn, "ROLLBACK", 0, NULL, ok ? error : NULL));
    return ok && db_conn_is_open(run->conn);
}
