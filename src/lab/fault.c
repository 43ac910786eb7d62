/* The kinds of faults, and how each comes and goes. */
#include "config.h"
#include "fault-private.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define READY_S 15

/* In the order of --list; undone from the end: a process that stands still and a lock stand in the way of the
 * others. */
static const struct fault_way ways[] = {
    {.kind = {"lag", "[SECONDS]", "30", "the replica applies everything so much later"},
     .want = WANT_NUMBER,
     .server = LAB_REPLICA,
     .start = "fault-lag",
     .clear = "fault-lag-clear",
     .look = "fault-lag-look",
     .text = "the replica applies everything {argument} s late"},
    {.kind = {"stall", NULL, NULL, "the replica receives, but applies nothing"},
     .server = LAB_REPLICA,
     .start = "fault-stall",
     .clear = "fault-stall-clear",
     .look = "fault-stall-look",
     .text = "the replica receives, but applies nothing"},
    {.kind = {"slot", NULL, NULL, "a replication slot that nobody reads keeps the WAL"},
     .server = LAB_PRIMARY,
     .start = "fault-slot",
     .clear = "fault-slot-clear",
     .look = "fault-slot-look",
     .text = "the slot \"abandoned\" keeps all WAL from now on, and nobody reads it"},
    {.kind = {"bad-rows", "[ROWS]", "5", "users whose names are 200 characters long"},
     .want = WANT_NUMBER,
     .server = LAB_PRIMARY,
     .start = "fault-bad-rows",
     .clear = "fault-bad-rows-clear",
     .look = "fault-bad-rows-look",
     .text = "{argument} users have names of 200 characters"},
    {.kind = {"buggy-release", NULL, NULL, "release 42 asks for a column that there is not"},
     .server = LAB_PRIMARY,
     .start = "fault-buggy",
     .clear = "fault-buggy-clear",
     .look = "fault-buggy-look",
     .text = "release 42 has a mistake: every fifth operation fails"},
    {.kind = {"idle-in-transaction", "[TABLE]", "users",
              "a session reads the table and never ends its transaction"},
     .want = WANT_TABLE,
     .sessions = TRUE,
     .text = "a session \"nightly-report\" has read {argument} and does not end its transaction"},
    {.kind = {"hot-rows", "[SESSIONS]", "8", "sessions that change the same few rows all the time"},
     .want = WANT_NUMBER,
     .sessions = TRUE,
     .text = "{argument} sessions \"flash-sale\" change the same 200 users all the time"},
    {.kind = {"lock", "[TABLE]", "users", "a session keeps a lock that no writer gets past"},
     .want = WANT_TABLE,
     .sessions = TRUE,
     .text = "a session \"index-by-hand\" keeps a SHARE lock on {argument}: nobody can write it"},
    {.kind = {"freeze", "[engine|primary|replica]", "engine",
              "stop its process, without ending it"},
     .want = WANT_PROCESS,
     .act = fault_freeze,
     .text = "the {argument} is frozen"},
    {.kind = {"kill-engine", NULL, NULL, "kill the engine's process"},
     .act = fault_kill_engine,
     .text = "the engine is killed"},
    {.kind = {"kill-backend", NULL, NULL, "end the engine's sessions on the server"},
     .act = fault_kill_backend,
     .text = "the engine's sessions are ended"},
    {.kind = {"restart", NULL, NULL, "the primary crashes and starts again"},
     .act = fault_restart,
     .text = "the primary has crashed and is back"},
};

const struct lab_fault_kind *lab_fault_kinds(void)
{
    static struct lab_fault_kind kinds[G_N_ELEMENTS(ways) + 1];
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++)
        kinds[i] = ways[i].kind;
    return kinds;
}

const struct fault_way *fault_way_find(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++)
        if (strcmp(ways[i].kind.name, name) == 0)
            return &ways[i];
    return NULL;
}

static gboolean is_number(const char *text)
{
    return *text && strlen(text) <= 5 && strspn(text, "0123456789") == strlen(text) &&
           g_ascii_strtoll(text, NULL, 10) > 0;
}

static gboolean argument_fits(enum fault_want want, const char *argument)
{
    switch (want) {
    case WANT_NUMBER:
        return is_number(argument);
    case WANT_TABLE:
        return *argument &&
               strspn(argument, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(argument);
    case WANT_PROCESS:
        return strcmp(argument, "engine") == 0 || strcmp(argument, "primary") == 0 ||
               strcmp(argument, "replica") == 0;
    case WANT_NOTHING:
        break;
    }
    return FALSE;
}

/* Sets *argument to the fallback where none is given. */
static const struct fault_way *check(const char *name, const char **argument, GError **error)
{
    const struct fault_way *way = fault_way_find(name);
    const char *wrong = NULL;
    if (!way) {
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "no fault is named \"%s\"", name);
        if (error)
            rollout_error_set_hint(*error, "pgrollout lab fault --list names them");
        return NULL;
    }
    if (way->want == WANT_NOTHING)
        wrong = *argument;
    else if (!*argument)
        *argument = way->kind.fallback;
    else if (!argument_fits(way->want, *argument))
        wrong = *argument;
    if (!wrong)
        return way;
    rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" does not fit the fault \"%s\"", wrong, name);
    if (error)
        rollout_error_set_hint(*error, "usage: pgrollout lab fault %s %s", name,
                               way->kind.argument ? way->kind.argument : "");
    return NULL;
}

/* Each statement (a blank line parts them) alone: some of them cannot stand in a transaction. `value` (may be NULL) gets the last
 * one's first value. */
static gboolean run(const struct lab *lab, enum lab_server server, const char *file,
                    const char *argument, gboolean *value, GError **error)
{
    g_autofree char *path = g_strdup_printf("lab/sql/%s.sql", file);
    g_autofree char *text =
        db_fill(resource_text(path), "argument", argument ? argument : "", NULL);
    g_auto(GStrv) statements = g_strsplit(g_strchomp(text), ";\n\n", -1);
    struct db_conn *conn = lab_connect(lab, server, error);
    gboolean done = conn != NULL;
    for (char **statement = statements; done && *statement; statement++) {
        struct db_reply *reply = db_conn_query_wait(conn, *statement, 0, NULL, error);
        done = reply != NULL;
        if (done && value && db_reply_rows(reply) > 0)
            *value = db_reply_bool(reply, 0, 0);
        db_reply_free(reply);
    }
    db_conn_free(conn);
    return done;
}

/* Until the process says so, or has ended, or the time is over. */
static gboolean wait_ready(const struct lab *lab, const char *name, int pid, GError **error)
{
    g_autofree char *ready = fault_ready_path(lab, name), *log = fault_log_path(lab, name),
                    *said = NULL;
    gint64 deadline = g_get_monotonic_time() + READY_S * G_USEC_PER_SEC;
    while (g_get_monotonic_time() < deadline && !lab_process_is_gone(pid)) {
        if (g_file_test(ready, G_FILE_TEST_EXISTS))
            return TRUE;
        g_usleep(20 * 1000);
    }
    lab_process_end(-pid, SIGKILL, 5);
    g_file_get_contents(log, &said, NULL, NULL);
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "the fault \"%s\" does not begin%s%s", name,
                        said && *said ? ": " : "", said ? g_strchomp(said) : "");
}

static gboolean start_sessions(const struct lab *lab, const char *self, struct lab_fault *fault,
                               GError **error)
{
    /* the directory is among the arguments so that the process can be told by it */
    const char *argv[] = {
        self, "lab", "fault-sessions", fault->name, lab->directory, fault->argument, NULL};
    g_auto(GStrv) environment =
        g_environ_setenv(g_get_environ(), "PGROLLOUT_LAB_DIR", lab->directory, TRUE);
    g_autofree char *ready = fault_ready_path(lab, fault->name);
    g_autoptr(GError) problem = NULL;
    GPid pid;
    g_unlink(ready);
    if (!g_spawn_async("/", (char **)argv, environment,
                       G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, lab_signals_unblock,
                       NULL, &pid, &problem))
        return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "could not start the fault: %s",
                            problem->message);
    fault->pid = (int)pid;
    return fault_write(lab, fault, error) && wait_ready(lab, fault->name, fault->pid, error);
}

static gboolean begin(const struct lab *lab, const char *self, const struct fault_way *way,
                      struct lab_fault *fault, GError **error)
{
    if (way->sessions)
        return start_sessions(lab, self, fault, error);
    if (way->act)
        return way->act(lab, fault->argument, &fault->pid, error) &&
               (fault->pid == 0 || fault_write(lab, fault, error));
    return run(lab, way->server, way->start, fault->argument, NULL, error) &&
           fault_write(lab, fault, error);
}

gboolean lab_fault_start(const struct lab *lab, const char *self, const char *name,
                         const char *argument, char **text, GError **error)
{
    const struct fault_way *way = check(name, &argument, error);
    if (!way || !lab_is_up(lab, LAB_PRIMARY, error))
        return FALSE;
    g_autoptr(GPtrArray) there = lab_faults(lab, error);
    if (!there)
        return FALSE;
    for (guint i = 0; i < there->len; i++)
        if (strcmp(((struct lab_fault *)there->pdata[i])->name, name) == 0) {
            rollout_fail(error, ROLLOUT_ERROR_REFUSED, "the fault \"%s\" is there already", name);
            if (error)
                rollout_error_set_hint(*error, "pgrollout lab fault clear %s ends it", name);
            return FALSE;
        }
    struct lab_fault fault = {.name = (char *)name,
                              .argument = (char *)argument,
                              .since = g_get_real_time() / G_USEC_PER_SEC};
    fault.text = db_fill(way->text, "argument", argument ? argument : "", NULL);
    gboolean begun = begin(lab, self, way, &fault, error);
    if (!begun)
        fault_remove(lab, name);
    else if (text)
        *text = g_steal_pointer(&fault.text);
    g_free(fault.text);
    return begun;
}

static gboolean answers(const struct lab *lab, enum lab_server server)
{
    int pid = lab_server_pid(lab, server);
    return pid > 0 && !lab_process_is_stopped(pid);
}

/* A process that is gone is over; a slot, a setting or rows may have been mended by somebody. */
static gboolean is_there(const struct lab *lab, const struct lab_fault *fault, gboolean *there,
                         GError **error)
{
    const struct fault_way *way = fault_way_find(fault->name);
    *there = way != NULL;
    if (way && fault->pid > 0)
        *there = way->sessions ? lab_process_has_argument(fault->pid, lab->directory)
                               : lab_process_is_stopped(fault->pid);
    else if (way && way->look && answers(lab, way->server))
        return run(lab, way->server, way->look, NULL, there, error);
    return TRUE;
}

static int by_age(gconstpointer a, gconstpointer b)
{
    const struct lab_fault *x = *(const struct lab_fault *const *)a,
                           *y = *(const struct lab_fault *const *)b;
    return x->since != y->since ? (x->since < y->since ? -1 : 1) : strcmp(x->name, y->name);
}

GPtrArray *lab_faults(const struct lab *lab, GError **error)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)lab_fault_free);
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
        struct lab_fault *fault = fault_read(lab, ways[i].kind.name);
        gboolean there = FALSE;
        if (!fault)
            continue;
        if (!is_there(lab, fault, &there, error)) {
            lab_fault_free(fault);
            g_ptr_array_unref(list);
            return NULL;
        }
        if (there) {
            g_ptr_array_add(list, fault);
            continue;
        }
        fault_remove(lab, fault->name);
        lab_fault_free(fault);
    }
    g_ptr_array_sort(list, by_age);
    return list;
}

static gboolean clear(const struct lab *lab, const struct lab_fault *fault, GError **error)
{
    const struct fault_way *way = fault_way_find(fault->name);
    gboolean done = TRUE;
    if (way->sessions && lab_process_has_argument(fault->pid, lab->directory))
        done = lab_process_end(-fault->pid, SIGTERM, 5) || lab_process_end(-fault->pid, SIGKILL, 5);
    else if (fault->pid > 0 && lab_process_is_stopped(fault->pid))
        done = kill(fault->pid, SIGCONT) == 0;
    else if (way->clear)
        return run(lab, way->server, way->clear, NULL, NULL, error);
    return done || rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                                "the fault \"%s\" (pid %d) does not end", fault->name, fault->pid);
}

gboolean lab_faults_clear(const struct lab *lab, const char *name, GError **error)
{
    const char *none = NULL;
    gboolean done = !name || check(name, &none, error) != NULL;
    for (guint i = 0; done && i < G_N_ELEMENTS(ways); i++) {
        const struct fault_way *way = &ways[G_N_ELEMENTS(ways) - 1 - i];
        struct lab_fault *fault = NULL;
        if (!name || strcmp(name, way->kind.name) == 0)
            fault = fault_read(lab, way->kind.name);
        if (fault && (done = clear(lab, fault, error)))
            fault_remove(lab, fault->name);
        lab_fault_free(fault);
    }
    return done;
}
