/* Faults that are done to processes: the engine's, the servers'. */
#include "config.h"
#include "fault-private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

static gboolean find_engine(const struct lab *lab, int *engine, GError **error)
{
    *engine = lab_engine_pid(lab);
    if (*engine > 0)
        return TRUE;
    rollout_fail(error, ROLLOUT_ERROR_NO, "no engine drives the practice cluster");
    if (error)
        rollout_error_set_hint(*error, "start one: PGUSER=lab_engine pgrollout run --detach");
    return FALSE;
}

gboolean fault_kill_engine(const struct lab *lab, const char *argument, int *pid, GError **error)
{
    (void)argument, (void)pid;
    int engine;
    if (!find_engine(lab, &engine, error))
        return FALSE;
    return lab_process_end(engine, SIGKILL, 10) ||
           rollout_fail(error, ROLLOUT_ERROR_REFUSED, "the engine (pid %d) does not end", engine);
}

gboolean fault_kill_backend(const struct lab *lab, const char *argument, int *pid, GError **error)
{
    (void)argument, (void)pid;
    struct db_conn *conn = lab_connect(lab, LAB_PRIMARY, error);
    struct db_reply *reply =
        conn ? db_conn_query_wait(conn, resource_text("lab/sql/fault-kill-backend.sql"), 0, NULL,
                                  error)
             : NULL;
    gboolean done = reply && db_reply_int(reply, 0, 0) > 0;
    if (reply && !done)
        rollout_fail(error, ROLLOUT_ERROR_NO, "the engine has no session");
    db_reply_free(reply);
    db_conn_free(conn);
    return done;
}

gboolean fault_restart(const struct lab *lab, const char *argument, int *pid, GError **error)
{
    (void)argument, (void)pid;
    int server = lab_server_pid(lab, LAB_PRIMARY);
    if (!lab_process_end(server, SIGQUIT, 20))
        return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "the primary (pid %d) does not end",
                            server);
    return lab_server_start(lab, LAB_PRIMARY, error);
}

gboolean fault_freeze(const struct lab *lab, const char *argument, int *pid, GError **error)
{
    enum lab_server server = strcmp(argument, "replica") == 0 ? LAB_REPLICA : LAB_PRIMARY;
    if (strcmp(argument, "engine") == 0) {
        if (!find_engine(lab, pid, error))
            return FALSE;
    } else if (!lab_is_up(lab, server, error)) {
        return FALSE;
    } else {
        *pid = lab_server_pid(lab, server);
    }
    return kill(*pid, SIGSTOP) == 0 || rollout_fail(error, ROLLOUT_ERROR_REFUSED, "%s (pid %d): %s",
                                                    argument, *pid, g_strerror(errno));
}
