/* The statements of the applications, each in a transaction that is rolled back. */
#include "config.h"
#include "rehearse-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

/* One result is kept up to here, and what is behind it as a number. */
#define RESULT_MAX (64 * 1024)

static void outcome_clear(struct outcome *outcome)
{
    g_free(outcome->message);
    g_free(outcome->result);
    *outcome = (struct outcome){0};
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *row_text(const struct db_reply *reply, int row)
{
    GString *out = g_string_new(NULL);
    for (int column = 0; column < db_reply_columns(reply); column++) {
        const char *text = db_reply_text(reply, row, column);
        g_string_append_printf(out, "%s%s", column ? " | " : "", text ? text : "NULL");
    }
    return g_string_free(out, FALSE);
}

/* Rows without an order of their own are put in one: an update moves them about. */
static char *result_text(const struct db_reply *reply, gboolean ordered)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    for (int row = 0; row < db_reply_rows(reply); row++)
        g_ptr_array_add(lines, row_text(reply, row));
    if (!ordered)
        g_ptr_array_sort(lines, by_text);
    GString *out = g_string_new(NULL);
    for (int column = 0; column < db_reply_columns(reply); column++)
        g_string_append_printf(out, "%s%s", column ? " | " : "",
                               db_reply_column_name(reply, column));
    g_string_append_printf(out, "\n%s", db_reply_tag(reply));
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(out, "\n%s", (char *)lines->pdata[i]);
    if (out->len > RESULT_MAX) {
        g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, out->str, -1);
        g_string_truncate(out, RESULT_MAX);
        g_string_append_printf(out, "\n… %s", sum);
    }
    g_autofree char *text = g_string_free(out, FALSE);
    return g_utf8_make_valid(text, -1);
}

/* FALSE: the connection is gone, or it has never been answered so. */
static gboolean outcome_take(struct outcome *outcome, struct db_reply *reply, GError *problem,
                             gboolean ordered, GError **error)
{
    outcome_clear(outcome);
    outcome->ran = TRUE;
    outcome->ok = reply != NULL;
    if (reply)
        outcome->result = result_text(reply, ordered);
    db_reply_free(reply);
    if (!problem)
        return TRUE;
    const char *sqlstate = rollout_error_sqlstate(problem);
    g_strlcpy(outcome->sqlstate, sqlstate ? sqlstate : "", sizeof outcome->sqlstate);
    outcome->message = g_utf8_make_valid(problem->message, -1);
    if (g_error_matches(problem, ROLLOUT_ERROR, ROLLOUT_ERROR_CONNECT)) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    g_error_free(problem);
    return TRUE;
}

static gboolean command(struct db_conn *conn, const char *sql, GError **error)
{
    struct db_reply *reply = db_conn_query_wait(conn, sql, 0, NULL, error);
    db_reply_free(reply);
    return reply != NULL;
}

static struct db_reply *send(struct db_conn *conn, const struct plan_statement *statement,
                             GError **error)
{
    int n = statement->params ? (int)g_strv_length(statement->params) : 0;
    return db_conn_query_wait(conn, statement->sql, n, (const char *const *)statement->params,
                              error);
}

/* What is put off to the commit is asked for now: there is none. */
static gboolean settle(struct db_conn *conn, const struct trial *trial, struct outcome *outcome,
                       GError **error)
{
    GError *problem = NULL;
    if (trial->shape.reads || !outcome->ok ||
        command(conn, resource_text("rehearse/sql/settle.sql"), &problem))
        return TRUE;
    return outcome_take(outcome, NULL, problem, FALSE, error);
}

/* "PREPARE s7 AS …" and "EXECUTE s7('42')". */
static char *prepare_sql(const struct trial *trial, guint index)
{
    return g_strdup_printf("PREPARE s%u AS %s", index, trial->statement->sql);
}

static char *execute_sql(const struct trial *trial, guint index)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "EXECUTE s%u", index);
    for (char **param = trial->statement->params; param && *param; param++) {
        g_autofree char *value = db_literal(*param);
        g_string_append_printf(out, "%s%s%s", param == trial->statement->params ? "(" : ", ", value,
                               param[1] ? "" : ")");
    }
    return g_string_free(out, FALSE);
}

/* Changes of the schema are sent as they are: nothing else can be prepared. */
static gboolean can_prepare(const struct trial *trial)
{
    enum sql_class class;
    return trial->shape.selects ||
           (sql_classify(trial->statement->sql, &class, NULL, NULL) && class == SQL_WRITE);
}

static struct db_reply *send_held(struct held *held, const struct trial *trial, guint index,
                                  GError **error)
{
    g_autofree char *execute = execute_sql(trial, index);
    return db_conn_query_wait(held->conn, execute, 0, NULL, error);
}

/* Two applications in one transaction: each with its own rights. */
static gboolean as_role(const struct run *run, struct db_conn *conn, guint actor, GError **error)
{
    const char *role = trial_actor(run, actor)->application->role;
    if (!role && !(role = run->owner))
        return TRUE;
    g_autofree char *ident = db_ident(role);
    g_autofree char *sql =
        db_fill(resource_text("rehearse/sql/as-local.sql"), "ident", ident, NULL);
    return command(conn, sql, error);
}

static gboolean writer_goes(const struct run *run, struct db_conn *conn, const struct trial *trial,
                            struct outcome *outcome, GError **error)
{
    GError *problem = NULL;
    if (!as_role(run, conn, trial->by_actor, error))
        return FALSE;
    struct db_reply *reply = send(conn, trial->by, &problem);
    if (!outcome_take(outcome, reply, problem, FALSE, error))
        return FALSE;
    outcome->no_writer = !outcome->ok;
    return outcome->no_writer || as_role(run, conn, trial->actor, error);
}

static gboolean run_once(struct run *run, struct db_conn *conn, struct trial *trial, guint index,
                         struct outcome *outcome, GError **error)
{
    GError *problem = NULL;
    if (!command(conn, "BEGIN", error))
        return FALSE;
    if (trial->how == HOW_AFTER && !writer_goes(run, conn, trial, outcome, error))
        return FALSE;
    if (trial->how != HOW_AFTER || outcome->ok) {
        struct db_reply *reply = trial->how == HOW_HELD
                                     ? send_held(&run->held[trial->actor], trial, index, &problem)
                                     : send(conn, trial->statement, &problem);
        if (!outcome_take(outcome, reply, problem, trial->shape.ordered, error) ||
            !settle(conn, trial, outcome, error))
            return FALSE;
        run->result->trials++;
    }
    return command(conn, "ROLLBACK", error);
}

/* The first time that it works it runs twice: what is another each time is never compared. */
static gboolean run_trial(struct run *run, struct db_conn *conn, struct trial *trial, guint index,
                          struct state *state, GError **error)
{
    struct outcome *outcome = &state->outcomes[index];
    gboolean seen = FALSE;
    for (guint i = 0; i < run->states->len && !seen; i++)
        seen = ((struct state *)run->states->pdata[i])->outcomes[index].ok;
    if (!run_once(run, conn, trial, index, outcome, error))
        return FALSE;
    if (seen || !outcome->ok || trial->unstable)
        return TRUE;
    struct outcome again = {0};
    gboolean done = run_once(run, conn, trial, index, &again, error);
    trial->unstable = !again.ok || g_strcmp0(again.result, outcome->result) != 0;
    outcome_clear(&again);
    return done;
}

static struct db_conn *actor_connect(const struct run *run, guint actor, GError **error)
{
    const char *role = trial_actor(run, actor)->application->role;
    return copy_connect(run, role ? role : run->owner, error);
}

/* Opened when the release comes into play, and never closed before the end. */
static gboolean held_open(struct run *run, guint actor, const struct state *state, GError **error)
{
    struct held *held = &run->held[actor];
    if (!held->conn && !(held->conn = actor_connect(run, actor, error)))
        return FALSE;
    if (!held->since)
        held->since = g_strdup(state->label);
    for (guint i = 0; i < run->trials->len; i++) {
        const struct trial *trial = &g_array_index(run->trials, struct trial, i);
        if (trial->how != HOW_HELD || trial->actor != actor || held->prepared[i] ||
            !can_prepare(trial))
            continue;
        g_autofree char *prepare = prepare_sql(trial, i);
        g_autoptr(GError) problem = NULL;
        /* what cannot be prepared here fails alone, too, which tells it */
        held->prepared[i] = command(held->conn, prepare, &problem);
        if (g_error_matches(problem, ROLLOUT_ERROR, ROLLOUT_ERROR_CONNECT)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean is_due(const struct run *run, const struct trial *trial, guint index,
                       const struct state *state)
{
    return !state->outcomes[index].ran && state_needs(state, trial_actor(run, trial->actor)) &&
           (trial->how != HOW_AFTER || state_needs(state, trial_actor(run, trial->by_actor))) &&
           (trial->how != HOW_HELD || run->held[trial->actor].prepared[index]);
}

static gboolean run_actor(struct run *run, guint actor, struct state *state, GError **error)
{
    if (!state_needs(state, trial_actor(run, actor)))
        return TRUE;
    /* new ones for each state: what they know of the tables is what is so now */
    struct db_conn *fresh = actor_connect(run, actor, error);
    struct db_conn *both = fresh ? copy_connect(run, NULL, error) : NULL;
    struct db_conn *conns[HOW_AFTER + 1] = {[HOW_ALONE] = fresh, [HOW_AFTER] = both};
    gboolean done = both && held_open(run, actor, state, error);
    conns[HOW_HELD] = run->held[actor].conn;
    for (guint i = 0; done && i < run->trials->len; i++) {
        struct trial *trial = &g_array_index(run->trials, struct trial, i);
        if (trial->actor == actor && is_due(run, trial, i, state))
            done = run_trial(run, conns[trial->how], trial, i, state, error);
    }
    db_conn_free(fresh);
    db_conn_free(both);
    return done;
}

gboolean exercise(struct run *run, struct state *state, GError **error)
{
    for (guint actor = 0; actor < run->result->actors->len; actor++)
        if (!run_actor(run, actor, state, error))
            return FALSE;
    return exercise_programs(run, state, error);
}

void exercise_end(struct run *run)
{
    for (guint actor = 0; actor < run->result->actors->len; actor++) {
        db_conn_free(run->held[actor].conn);
        g_free(run->held[actor].prepared);
        g_free(run->held[actor].since);
    }
    g_clear_pointer(&run->held, g_free);
}
