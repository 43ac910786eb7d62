/* The engine that somebody started on the practice cluster: it goes when the cluster goes. */
#include "config.h"
#include "lab-private.h"

#include <signal.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

/* What the control schema says, if that process really is an engine; 0: there is none. */
int lab_engine_pid(const struct lab *lab)
{
    if (lab_server_pid(lab, LAB_PRIMARY) == 0)
        return 0;
    struct db_conn *conn = lab_connect(lab, LAB_PRIMARY, NULL);
    struct db_reply *reply =
        conn ? db_conn_query_wait(conn, resource_text("lab/sql/engine.sql"), 0, NULL, NULL) : NULL;
    int pid = reply && db_reply_rows(reply) > 0 ? (int)db_reply_int(reply, 0, 0) : 0;
    db_reply_free(reply);
    db_conn_free(conn);
    return lab_process_has_argument(pid, "run") ? pid : 0;
}

gboolean lab_engine_stop(const struct lab *lab, GError **error)
{
    int pid = lab_engine_pid(lab);
    if (pid == 0 || lab_process_end(pid, SIGTERM, 10) || lab_process_end(pid, SIGKILL, 5))
        return TRUE;
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "the engine (pid %d) does not stop", pid);
}
