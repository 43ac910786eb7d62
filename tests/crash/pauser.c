/* Pauses a migration again and again at random moments and proves each time that the pause is true.
 *
 *   pauser OPERATOR SUPERUSER MIGRATION TRIALS SEED MODES FINGERPRINT
 *
 * OPERATOR and SUPERUSER are conninfo strings, MODES is a list of mode names with commas, FINGERPRINT a
 * query whose one value changes with every row changed. Half of the trials first freeze the engine (its
 * pid stands in the lease) by SIGSTOP. After a pause that says it is proven, the fingerprint may not
 * change, whether the engine wakes up or not; after one that says what could not be stopped, the hold
 * must stand, and nothing may change once what was in flight has ended. Prints a line for each
 * violation, then the distribution; exit 1 when there was a violation. */
#include "config.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TRIALS_MAX = 1000, SETTLE_US = 120000, IN_FLIGHT_US = 1200000 };

struct mode {
    const char *name;
    const char *before;       /* by the operator */
    const char *after;        /* by the operator */
    const char *admin_before; /* by the superuser */
    const char *admin_after;
    int all;
    int in_block;
    int may_fail;
    int may_remain;
};

static const struct mode MODES[] = {
    {.name = "plain"},
    {.name = "timeout",
     .before = "SET statement_timeout = 30",
     .after = "RESET statement_timeout",
     .may_fail = 1,
     .may_remain = 1},
    {.name = "async",
     .before = "SET synchronous_commit = off",
     .after = "RESET synchronous_commit"},
    {.name = "repeatable-read",
     .before = "SET default_transaction_isolation = 'repeatable read'",
     .after = "RESET default_transaction_isolation",
     .may_remain = 1},
    {.name = "no-signal",
     .admin_before = "REVOKE pg_signal_backend FROM pgrollout_owner",
     .admin_after = "GRANT pg_signal_backend TO pgrollout_owner",
     .may_remain = 1},
    {.name = "block", .before = "BEGIN", .after = "COMMIT", .in_block = 1},
    {.name = "all", .all = 1},
};

struct pauser {
    PGconn *operator;
    PGconn *admin;
    const char *migration;
    const char *fingerprint;
    const struct mode *mode;
    char *seen; /* the fingerprint when the pause returned inside its block; NULL: not in one */
    double times_ms[TRIALS_MAX];
    int times;
    int proven;
    int unproven;
    int failed;
    int violations;
    int trial;
};

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

/* The first value, or "" (and a message where it is an error). The caller frees it. */
static char *value_of(PGconn *conn, const char *text)
{
    PGresult *result = PQexec(conn, text);
    char *value;

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        printf("pauser: %s: %s", text, PQresultErrorMessage(result));
    value = strdup(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return value;
}

static void run(PGconn *conn, const char *text)
{
    if (text)
        free(value_of(conn, text));
}

static __attribute__((format(printf, 2, 3))) void violation(struct pauser *self, const char *format,
                                                            ...)
{
    va_list args;

    printf("violation in trial %d (%s): ", self->trial, self->mode->name);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    self->violations++;
}

static int hold_stands(struct pauser *self)
{
    char text[300];
    char *value;
    int stands;

    snprintf(text, sizeof text,
             "SELECT count(*) FROM pgrollout.hold h JOIN pgrollout.migration m"
             " ON m.id = h.migration_id WHERE m.name = '%s' AND h.kind = 'operator'",
             self->migration);
    value = value_of(self->admin, text);
    stands = strcmp(value, "1") == 0;
    free(value);
    return stands;
}

static int engine_pid(struct pauser *self)
{
    char *value = value_of(self->admin, "SELECT holder ->> 'pid' FROM pgrollout.lease");
    int pid = atoi(value);

    free(value);
    return pid;
}

/* Waits until rows change; false when none does for 20 s. */
static int wait_for_progress(struct pauser *self)
{
    char *before = value_of(self->admin, self->fingerprint);
    char *after = strdup(before);
    double deadline = now_ms() + 20000;
    int moved;

    while (strcmp(before, after) == 0 && now_ms() < deadline) {
        usleep(5000);
        free(after);
        after = value_of(self->admin, self->fingerprint);
    }
    moved = strcmp(before, after) != 0;
    free(before);
    free(after);
    return moved;
}

/* From now on nothing may change, and the hold must stand. */
static void check_still(struct pauser *self, int frozen_pid)
{
    char *before = self->seen ? self->seen : value_of(self->admin, self->fingerprint);
    char *vacuums = value_of(self->admin, "SELECT count(*) FROM pg_stat_progress_vacuum v"
                                          " JOIN pgrollout.session s ON s.backend_pid = v.pid");
    char *after;

    if (strcmp(vacuums, "0") != 0)
        violation(self, "a VACUUM goes on");
    if (frozen_pid > 0)
        kill(frozen_pid, SIGCONT);
    usleep(SETTLE_US);
    after = value_of(self->admin, self->fingerprint);
    if (strcmp(before, after) != 0)
        violation(self, "rows changed after the pause: %s, then %s", before, after);
    if (!hold_stands(self))
        violation(self, "the hold does not stand");
    self->seen = NULL;
    free(before);
    free(vacuums);
    free(after);
}

static void judge(struct pauser *self, PGresult *result, double ms, int pid)
{
    const char *receipt;

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        self->failed++;
        if (!self->mode->may_fail)
            violation(self, "%s", PQresultErrorMessage(result));
        if (pid > 0)
            kill(pid, SIGCONT);
        return;
    }
    receipt = PQgetvalue(result, 0, 1);
    if (strcmp(PQgetvalue(result, 0, 0), "t") == 0) {
        self->proven++;
        if (!self->mode->admin_before) /* else it could only wait */
            self->times_ms[self->times++] = ms;
        if (strcmp(self->mode->name, "repeatable-read") == 0)
            violation(self, "proven in REPEATABLE READ");
        check_still(self, pid);
        return;
    }
    self->unproven++;
    printf("%s%s: %s\n", self->mode->name, pid > 0 ? ", frozen" : "", receipt);
    if (PQgetisnull(result, 0, 2) || strstr(receipt, "the hold stands") == NULL)
        violation(self, "the receipt does not say what remains: %s", receipt);
    if (!self->mode->may_remain)
        violation(self, "not proven after %.0f ms: %s", ms, receipt);
    if (pid > 0)
        kill(pid, SIGCONT);
    usleep(IN_FLIGHT_US);
    check_still(self, 0);
}

static void pause_once(struct pauser *self, int freeze)
{
    char text[200];
    PGresult *result;
    double start, ms;
    int pid = 0;

    if (!wait_for_progress(self)) {
        violation(self, "the engine makes no progress");
        return;
    }
    run(self->admin, self->mode->admin_before);
    run(self->operator, self->mode->before);
    snprintf(text, sizeof text, "SELECT ok, receipt, remains FROM pgrollout.%s(%s%s%s)",
             self->mode->all ? "pause_all" : "pause", self->mode->all ? "" : "'",
             self->mode->all ? "" : self->migration, self->mode->all ? "" : "'");
    usleep((useconds_t)(rand() % 60000));
    if (freeze)
        pid = engine_pid(self);
    usleep((useconds_t)(rand() % 3000));
    if (pid > 0)
        kill(pid, SIGSTOP);
    start = now_ms();
    result = PQexec(self->operator, text);
    ms = now_ms() - start;
    if (self->mode->in_block) {
        /* it holds the fence already: who waits for that now has looked before the COMMIT */
        self->seen = value_of(self->admin, self->fingerprint);
        usleep(40000);
    }
    run(self->operator, self->mode->after);
    run(self->admin, self->mode->admin_after);
    judge(self, result, ms, pid);
    PQclear(result);
    run(self->operator, "SELECT pgrollout.resume_all()");
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static const struct mode *mode_find(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < sizeof MODES / sizeof MODES[0]; i++)
        if (strlen(MODES[i].name) == length && strncmp(MODES[i].name, name, length) == 0)
            return &MODES[i];
    fprintf(stderr, "pauser: no mode is named %s\n", name);
    exit(2);
}

static void report(struct pauser *self, int trials)
{
    qsort(self->times_ms, (size_t)self->times, sizeof(double), compare);
    printf("figure: %d pauses: %d proven, %d said what remained, %d failed and held nothing\n",
           trials, self->proven, self->unproven, self->failed);
    if (self->times > 0)
        printf("figure: %d pauses that could stop everything: p50 %.1f ms, p99 %.1f ms, worst %.1f "
               "ms\n",
               self->times, self->times_ms[self->times / 2],
               self->times_ms[(self->times * 99 - 1) / 100], self->times_ms[self->times - 1]);
}

int main(int argc, char **argv)
{
    struct pauser self = {0};
    const char *next;
    int trials;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc != 8) {
        fprintf(stderr,
                "usage: pauser OPERATOR SUPERUSER MIGRATION TRIALS SEED MODES FINGERPRINT\n");
        return 2;
    }
    self.operator= PQconnectdb(argv[1]);
    self.admin = PQconnectdb(argv[2]);
    self.migration = argv[3];
    self.fingerprint = argv[7];
    trials = atoi(argv[4]) < TRIALS_MAX ? atoi(argv[4]) : TRIALS_MAX;
    srand((unsigned)atoi(argv[5]));
    if (PQstatus(self.operator) != CONNECTION_OK || PQstatus(self.admin) != CONNECTION_OK) {
        fprintf(stderr, "pauser: %s%s", PQerrorMessage(self.operator), PQerrorMessage(self.admin));
        return 2;
    }
    next = argv[6];
    for (self.trial = 1; self.trial <= trials; self.trial++) {
        size_t length = strcspn(next, ",");

        self.mode = mode_find(next, length);
        pause_once(&self, rand() % 2);
        next = next[length] ? next + length + 1 : argv[6];
    }
    report(&self, trials);
    PQfinish(self.operator);
    PQfinish(self.admin);
    return self.violations > 0;
}
