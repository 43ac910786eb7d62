/* Replies: libpq results with typed access, and SQLSTATEs as reactions. */
#include "config.h"
#include "reply-private.h"

#include <stdlib.h>
#include <string.h>

#include "pgrollout/base/error.h"

struct db_reply {
    PGresult *rows; /* the last result set */
    char *tag;
    gint64 affected;
};

struct db_reply *db_reply_new(void)
{
    return g_new0(struct db_reply, 1);
}

void db_reply_free(struct db_reply *reply)
{
    if (!reply)
        return;
    PQclear(reply->rows);
    g_free(reply->tag);
    g_free(reply);
}

void db_reply_add(struct db_reply *reply, PGresult *result)
{
    g_free(reply->tag);
    reply->tag = g_strdup(PQcmdStatus(result));
    reply->affected = g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        PQclear(reply->rows);
        reply->rows = result;
    } else {
        PQclear(result);
    }
}

/* Reactions by SQLSTATE. PR001 and PR002 are raised by pgrollout.enter and pgrollout.fence, PR004
 * by every command that the state of the migration refuses. */
static enum rollout_error_code reaction(const char *sqlstate)
{
    static const struct {
        const char *prefix;
        enum rollout_error_code code;
    } table[] = {
        {"PR001", ROLLOUT_ERROR_LOST_LEASE}, /* superseded */
        {"PR002", ROLLOUT_ERROR_HELD},       /* a hold stands */
        {"PR003", ROLLOUT_ERROR_USAGE},      /* unknown name, bad value */
        {"PR004", ROLLOUT_ERROR_REFUSED},    /* refused in this state */
        {"42501", ROLLOUT_ERROR_REFUSED},    /* no right */
        {"25006", ROLLOUT_ERROR_REFUSED},    /* read-only session */
        {"40001", ROLLOUT_ERROR_RETRY},      /* serialization failure */
        {"40P01", ROLLOUT_ERROR_RETRY},      /* deadlock */
        {"55P03", ROLLOUT_ERROR_RETRY},      /* lock timeout */
        {"57014", ROLLOUT_ERROR_CANCELLED},  /* cancelled, or statement_timeout */
        {"57P0", ROLLOUT_ERROR_CONNECT},     /* terminated, server stops */
        {"25P03", ROLLOUT_ERROR_CONNECT},    /* idle_in_transaction_session_timeout */
        {"08", ROLLOUT_ERROR_CONNECT},
    };
    for (guint i = 0; sqlstate && i < G_N_ELEMENTS(table); i++)
        if (g_str_has_prefix(sqlstate, table[i].prefix))
            return table[i].code;
    return sqlstate ? ROLLOUT_ERROR_DATABASE : ROLLOUT_ERROR_CONNECT;
}

GError *db_error_from_result(const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    g_autofree char *whole = g_strdup(message ? message : PQresultErrorMessage(result));
    GError *error = rollout_error_new(reaction(sqlstate), "%s", g_strchomp(whole));
    rollout_error_set_sqlstate(error, sqlstate);
    rollout_error_set_detail(error, PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    if (hint)
        rollout_error_set_hint(error, "%s", hint);
    return error;
}

int db_reply_rows(const struct db_reply *reply)
{
    return reply->rows ? PQntuples(reply->rows) : 0;
}

int db_reply_columns(const struct db_reply *reply)
{
    return reply->rows ? PQnfields(reply->rows) : 0;
}

const char *db_reply_column_name(const struct db_reply *reply, int column)
{
    return reply->rows ? PQfname(reply->rows, column) : NULL;
}

int db_reply_column(const struct db_reply *reply, const char *name)
{
    for (int i = 0; i < db_reply_columns(reply); i++)
        if (strcmp(PQfname(reply->rows, i), name) == 0)
            return i;
    return -1;
}

const char *db_reply_text(const struct db_reply *reply, int row, int column)
{
    g_return_val_if_fail(row >= 0 && row < db_reply_rows(reply), NULL);
    g_return_val_if_fail(column >= 0 && column < db_reply_columns(reply), NULL);
    return PQgetisnull(reply->rows, row, column) ? NULL : PQgetvalue(reply->rows, row, column);
}

gint64 db_reply_int(const struct db_reply *reply, int row, int column)
{
    const char *text = db_reply_text(reply, row, column);
    return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

double db_reply_double(const struct db_reply *reply, int row, int column)
{
    const char *text = db_reply_text(reply, row, column);
    return text ? g_ascii_strtod(text, NULL) : 0.0;
}

gboolean db_reply_bool(const struct db_reply *reply, int row, int column)
{
    const char *text = db_reply_text(reply, row, column);
    return text && text[0] == 't';
}

const char *db_reply_tag(const struct db_reply *reply)
{
    return reply->tag ? reply->tag : "";
}

gint64 db_reply_affected(const struct db_reply *reply)
{
    return reply->affected;
}
