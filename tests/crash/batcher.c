/* A small engine for tests of the control schema: it changes rows of the table users for migration "m",
 * step "copy", without end and as fast as the server lets it, each batch as one message with the
 * protocol of the design. What it may meet (a hold, an ended session, a cancelled batch) it lives
 * through, so that it can be paused and frozen at any moment.
 *
 *   batcher CONNINFO [message|statements|batches]
 *
 * "statements" sends a batch statement by statement, and so is idle in its transaction between them.
 * Every few batches it adds or drops a worker's fence row, and runs a VACUUM under an intent;
 * "batches" does neither. */
#include "config.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_KEYS = 50, KEYS = 2000, WORKERS_EVERY = 20, VACUUM_EVERY = 67 };

struct batcher {
    const char *conninfo;
    int by_statements;
    int only_batches;
    PGconn *conn;
    char migration[24];
    char fence[80]; /* EPOCH, 'TOKEN' */
    long long seq;
    long long key;
    int worker;
};

/* Runs a text, prints what is unexpected; the last rows' first value into value. */
static int batcher_exec(struct batcher *self, const char *text, char *value, size_t size)
{
    PGresult *result = PQexec(self->conn, text);
    ExecStatusType status = PQresultStatus(result);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    int ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

    if (!ok && sqlstate && strncmp(sqlstate, "PR", 2) != 0 && strcmp(sqlstate, "57014") != 0 &&
        strcmp(sqlstate, "57P01") != 0 && strcmp(sqlstate, "25P03") != 0)
        fprintf(stderr, "batcher: %s", PQresultErrorMessage(result));
    if (value)
        value[0] = '\0';
    if (value && status == PGRES_TUPLES_OK && PQntuples(result) > 0)
        snprintf(value, size, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return ok;
}

static int batcher_connect(struct batcher *self)
{
    char value[80];
    char text[200];

    PQfinish(self->conn);
    self->conn = PQconnectdb(self->conninfo);
    if (PQstatus(self->conn) != CONNECTION_OK)
        return 0;
    snprintf(text, sizeof text,
             "SELECT epoch || ', ''' || token || '''' FROM pgrollout.lease_claim("
             "jsonb_build_object('pid', %ld, 'host', 'batcher'))",
             (long)getpid());
    if (!batcher_exec(self, "SET idle_in_transaction_session_timeout = '2s'", NULL, 0) ||
        !batcher_exec(self, text, self->fence, sizeof self->fence) ||
        !batcher_exec(self, "SELECT pgrollout.engine_state() -> 0 ->> 'id'", self->migration,
                      sizeof self->migration))
        return 0;
    snprintf(text, sizeof text,
             "SELECT max(p.seq) FROM generate_series(0, 1) w,"
             " pgrollout.position_last(%s, 'copy', w) p",
             self->migration);
    if (!batcher_exec(self, text, value, sizeof value))
        return 0;
    self->seq = atoll(value);
    self->worker = 0;
    return 1;
}

/* Sends a transaction in one message, or statement by statement. */
static int batcher_send(struct batcher *self, const char *const *statements, size_t count)
{
    char text[2000] = "";
    int ok = 1;
    size_t i;

    for (i = 0; i < count && ok && self->by_statements; i++) {
        ok = batcher_exec(self, statements[i], NULL, 0);
        usleep(500);
    }
    if (!self->by_statements) {
        for (i = 0; i < count; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s;", statements[i]);
        ok = batcher_exec(self, text, NULL, 0);
    }
    if (!ok && PQstatus(self->conn) == CONNECTION_OK)
        batcher_exec(self, "ROLLBACK", NULL, 0);
    return ok;
}

static int batcher_batch(struct batcher *self)
{
    char enter[200], change[300], position[400];
    const char *const statements[] = {"BEGIN", enter, change, position, "COMMIT"};
    long long next = self->key + BATCH_KEYS;

    snprintf(enter, sizeof enter, "SELECT pgrollout.enter(%s, %d, %s)", self->migration,
             self->worker, self->fence);
    snprintf(change, sizeof change,
             "UPDATE public.users SET full_name = name WHERE id > %lld AND id <= %lld", self->key,
             next);
    snprintf(position, sizeof position,
             "SELECT pgrollout.position_append(%s, 'copy', %d, %lld, ARRAY['%lld'], ARRAY['%lld'],"
             " %d, %d, 0, 0, 1)",
             self->migration, self->worker, self->seq + 1, self->key, next, BATCH_KEYS, BATCH_KEYS);
    if (!batcher_send(self, statements, 5))
        return 0;
    self->seq++;
    self->key = next >= KEYS ? 0 : next;
    return 1;
}

/* Another worker's row comes or goes; the batches go on under it. */
static int batcher_change_workers(struct batcher *self)
{
    char enter[200], change[200];
    const char *const statements[] = {"BEGIN", enter, change, "COMMIT"};

    snprintf(enter, sizeof enter, "SELECT pgrollout.enter(%s, 0, %s)", self->migration,
             self->fence);
    if (self->worker == 0)
        snprintf(change, sizeof change, "SELECT pgrollout.fence_add(%s, 1, %s)", self->migration,
                 self->fence);
    else
        snprintf(change, sizeof change, "SELECT pgrollout.fence_drop_workers(%s)", self->migration);
    if (!batcher_send(self, statements, 4))
        return 0;
    self->worker = !self->worker;
    return 1;
}

static int batcher_vacuum(struct batcher *self)
{
    char enter[200], intent[200];
    const char *const statements[] = {"BEGIN", enter, intent, "COMMIT"};
    int ok;

    snprintf(enter, sizeof enter, "SELECT pgrollout.enter(%s, 0, %s)", self->migration,
             self->fence);
    snprintf(intent, sizeof intent, "SELECT pgrollout.intent_begin(%s, 'copy', 'vacuum')",
             self->migration);
    if (!batcher_send(self, statements, 4))
        return 0;
    ok = batcher_exec(self, "SET vacuum_cost_delay = 10", NULL, 0) &&
         batcher_exec(self, "VACUUM (TRUNCATE false) public.users", NULL, 0);
    return batcher_exec(self, "SELECT pgrollout.intent_end()", NULL, 0) && ok;
}

int main(int argc, char **argv)
{
    struct batcher batcher = {.conninfo = argc > 1 ? argv[1] : ""};
    int turn = 0;
    int ok;

    batcher.by_statements = argc > 2 && strcmp(argv[2], "statements") == 0;
    batcher.only_batches = argc > 2 && strcmp(argv[2], "batches") == 0;
    for (;;) {
        if (PQstatus(batcher.conn) != CONNECTION_OK && !batcher_connect(&batcher)) {
            usleep(20000);
            continue;
        }
        turn++;
        if (!batcher.only_batches && turn % VACUUM_EVERY == 0)
            ok = batcher_vacuum(&batcher);
        else if (!batcher.only_batches && turn % WORKERS_EVERY == 0)
            ok = batcher_change_workers(&batcher);
        else
            ok = batcher_batch(&batcher);
        if (!ok)
            usleep(2000);
    }
}
