/* One person's way through a drill: what was reached when, what was answered, what it has cost. Judged by
 * what is so, never by keys. Pure but for loading and saving. */
#ifndef PGROLLOUT_LAB_DRILL_RUN_H
#define PGROLLOUT_LAB_DRILL_RUN_H

#include "pgrollout/lab/drill-file.h"

struct drill_run;

/* A new one, begun at `now` (seconds, any clock that goes on). */
struct drill_run *drill_run_new(const struct drill_file *drill, double now);
/* The seconds in conditions pass so many times as fast. */
void drill_run_set_speed(struct drill_run *run, double speed);
void drill_run_free(struct drill_run *run); /* NULL is fine */

/* From and to a file; NULL when there is none of that drill. */
struct drill_run *drill_run_load(const char *path, const struct drill_file *drill);
gboolean drill_run_save(const struct drill_run *run, const char *path, GError **error);

/* How many statements an application has been refused so far: it is erring while that grows. */
void drill_run_errors(struct drill_run *run, const char *application, double errors, double now);
/* Takes a look: adds to `facts`, which hold what the database and the cluster say, what only the run
 * knows, and notes which goals are met or lost now. */
void drill_run_look(struct drill_run *run, struct drill_facts *facts, double now);

enum drill_goal_state { DRILL_OPEN, DRILL_MET, DRILL_LOST };
enum drill_goal_state drill_run_goal(const struct drill_run *run, const struct drill_goal *goal);
/* All goals that can be met are. */
gboolean drill_run_is_over(const struct drill_run *run);
/* Over, and nothing was lost. */
gboolean drill_run_is_passed(const struct drill_run *run);

/* The fault is due, or is to be undone, and has not been yet. */
gboolean drill_run_fault_due(const struct drill_run *run, const struct drill_fault *fault,
                             const struct drill_facts *facts);
gboolean drill_run_fault_ends(const struct drill_run *run, const struct drill_fault *fault,
                              const struct drill_facts *facts);
void drill_run_faulted(struct drill_run *run, const struct drill_fault *fault, double now);
void drill_run_fault_ended(struct drill_run *run, const struct drill_fault *fault);

/* The question that waits for an answer; NULL: none. */
const struct drill_ask *drill_run_ask(const struct drill_run *run, const struct drill_facts *facts);
/* Answers it; `choice` counts from 0. Returns whether that was right. */
gboolean drill_run_answer(struct drill_run *run, const struct drill_ask *ask, int choice,
                          double now);
/* The one answered within the last `seconds`, and what was answered; NULL: none. */
const struct drill_ask *drill_run_told(const struct drill_run *run, double seconds, double now,
                                       int *choice);

/* The next hint; NULL: there is none. It counts. */
const struct drill_text *drill_run_hint(struct drill_run *run, const struct drill_facts *facts);

/* "stopped 12 s (par 30) · waiting 4 s (par 20) · hints 1 · predicted 1 of 2". Free it. */
char *drill_run_score(const struct drill_run *run);

#endif
