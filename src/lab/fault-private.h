/* What the files of the faults share. */
#ifndef PGROLLOUT_LAB_FAULT_PRIVATE_H
#define PGROLLOUT_LAB_FAULT_PRIVATE_H

#include "lab-private.h"
#include "pgrollout/lab/fault.h"

enum fault_want { WANT_NOTHING, WANT_NUMBER, WANT_TABLE, WANT_PROCESS };

/* How a fault is brought about. Of the SQL files each statement stands alone in its message. */
struct fault_way {
    struct lab_fault_kind kind;
    enum fault_want want;
    enum lab_server server;
    const char *start; /* SQL file with {argument}; NULL */
    const char *clear; /* SQL file; NULL: it does not last, or is a process */
    const char *look;  /* SQL file: is it there still? one boolean */
    /* in place of `start`; sets *pid to a process that is left stopped */
    gboolean (*act)(const struct lab *lab, const char *argument, int *pid, GError **error);
    gboolean sessions; /* lab_fault_run is the fault */
    const char *text;  /* what is wrong, with {argument} */
};

/* NULL: there is no such kind. */
const struct fault_way *fault_way_find(const char *name);

/* fault-act.c */
gboolean fault_kill_engine(const struct lab *lab, const char *argument, int *pid, GError **error);
gboolean fault_kill_backend(const struct lab *lab, const char *argument, int *pid, GError **error);
gboolean fault_restart(const struct lab *lab, const char *argument, int *pid, GError **error);
gboolean fault_freeze(const struct lab *lab, const char *argument, int *pid, GError **error);

/* fault-file.c. The record of a fault in the cluster's directory. */
gboolean fault_write(const struct lab *lab, const struct lab_fault *fault, GError **error);
struct lab_fault *fault_read(const struct lab *lab, const char *name); /* NULL: none */
void fault_remove(const struct lab *lab, const char *name);
/* A process that is the sessions of a fault says here that they are in place. */
char *fault_ready_path(const struct lab *lab, const char *name);
char *fault_log_path(const struct lab *lab, const char *name);

#endif
