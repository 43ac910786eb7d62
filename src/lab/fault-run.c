/* The sessions of a fault: a process of this program, of which each session is a child, in a process group
 * of their own. A session that somebody has ended does not come back: so the fault can be mended. */
#include "config.h"
#include "fault-private.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define HOT_REST_US (30 * 1000)
#define HOT_ROWS 200

static const struct session {
    const char *fault;
    const char *application;
    const char *begin; /* SQL file, once */
    const char *again; /* SQL file, over and over; NULL: it sits still */
    gboolean many;     /* the argument is how many of them */
} sessions[] = {
    {"idle-in-transaction", "nightly-report", "fault-idle", NULL, FALSE},
    {"lock", "index-by-hand", "fault-lock", NULL, FALSE},
    {"hot-rows", "flash-sale", "fault-hot-begin", "fault-hot", TRUE},
};

static const struct session *session_find(const char *fault)
{
    for (guint i = 0; i < G_N_ELEMENTS(sessions); i++)
        if (strcmp(sessions[i].fault, fault) == 0)
            return &sessions[i];
    return NULL;
}

/* Its own group, and no terminal; what it says goes into its log. */
static void detach(const struct lab *lab, const char *name)
{
    g_autofree char *path = fault_log_path(lab, name);
    int log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
    int nothing = open("/dev/null", O_RDONLY);
    setsid();
    if (nothing >= 0)
        dup2(nothing, STDIN_FILENO);
    if (log >= 0 && dup2(log, STDOUT_FILENO) >= 0)
        dup2(log, STDERR_FILENO);
    signal(SIGPIPE, SIG_IGN);
}

static int lost(const GError *error)
{
    fprintf(stderr, "%s\n", error->message);
    return 1;
}

static gboolean send_file(struct db_conn *conn, const char *file, const char *argument,
                          GError **error)
{
    g_autofree char *path = g_strdup_printf("lab/sql/%s.sql", file);
    char hot[16];
    g_snprintf(hot, sizeof hot, "%d", g_random_int_range(0, HOT_ROWS));
    g_autofree char *text = db_fill(resource_text(path), "argument", argument, "hot", hot, NULL);
    g_auto(GStrv) statements = g_strsplit(g_strchomp(text), ";\n\n", -1);
    gboolean done = TRUE;
    for (char **statement = statements; done && *statement; statement++) {
        struct db_reply *reply = db_conn_query_wait(conn, *statement, 0, NULL, error);
        done = reply != NULL;
        db_reply_free(reply);
    }
    return done;
}

/* One session until it is lost. A statement that was refused, as by a deadlock, is tried again. */
static int serve(const struct lab *lab, const struct session *session, const char *argument)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *ready = fault_ready_path(lab, session->fault);
    struct db_target *target = lab_target(lab, LAB_PRIMARY, "shop_workers");
    struct db_conn *conn = db_conn_new(target, session->application);
    db_target_free(target);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (!db_conn_open_wait(conn, &error) || !send_file(conn, session->begin, argument, &error) ||
        !g_file_set_contents(ready, "", 0, &error))
        return lost(error);
    while (db_conn_is_open(conn)) {
        if (!session->again) {
            db_conn_notify_wait(conn, 1000, NULL);
            continue;
        }
        send_file(conn, session->again, argument, NULL);
        if (db_conn_in_failed_block(conn))
            send_file(conn, "app/rollback", argument, NULL);
        g_usleep(HOT_REST_US);
    }
    db_conn_free(conn);
    return 0;
}

int lab_fault_run(const struct lab *lab, const char *name, const char *argument)
{
    const struct session *session = session_find(name);
    if (!session)
        return 2;
    detach(lab, name);
    int n = session->many ? (int)g_ascii_strtoll(argument, NULL, 10) : 1;
    for (int i = 0; i < n; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(serve(lab, session, argument));
    }
    int status, worst = 0;
    while (wait(&status) > 0)
        worst |= status;
    return worst ? 1 : 0;
}
