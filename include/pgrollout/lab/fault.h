/* Faults on the practice cluster: real ones, each known by name, each undone by `lab_faults_clear`. What
 * lasts is a setting, a slot, rows, a stopped process, or sessions of a process of this program; it is
 * recorded in the cluster's directory until it is over, whoever ended it. Everything here may block. */
#ifndef PGROLLOUT_LAB_FAULT_H
#define PGROLLOUT_LAB_FAULT_H

#include "pgrollout/lab/lab.h"

struct lab_fault_kind {
    const char *name;
    const char *argument; /* as in a usage line; NULL: none */
    const char *fallback; /* for an argument that is not given */
    const char *summary;
};

/* All kinds; the last one has no name. */
const struct lab_fault_kind *lab_fault_kinds(void);

struct lab_fault {
    char *name;
    char *argument; /* NULL */
    char *text;     /* what is wrong, for people */
    int pid;        /* of the process that it is, 0: of none */
    gint64 since;   /* seconds since 1970 */
};
void lab_fault_free(struct lab_fault *fault);

/* Brings a fault about and waits until it is there; `argument` NULL: the kind's fallback. `self` is this
 * program. `text` (free with g_free) says what is wrong now. Fails with ROLLOUT_ERROR_USAGE for an
 * unknown name or a wrong argument, and where the same one is there already. */
gboolean lab_fault_start(const struct lab *lab, const char *self, const char *name,
                         const char *argument, char **text, GError **error);

/* What is wrong at the moment (struct lab_fault), the oldest first; what is over is forgotten. NULL
 * with an error when it could not be read. Where a server is down, what is recorded counts. */
GPtrArray *lab_faults(const struct lab *lab, GError **error);

/* Undoes the one of that name, all with NULL. Fine when there is none. */
gboolean lab_faults_clear(const struct lab *lab, const char *name, GError **error);

/* Is the sessions of that fault until SIGTERM; for the process that lab_fault_start makes. Returns the
 * exit status. */
int lab_fault_run(const struct lab *lab, const char *name, const char *argument);

#endif
