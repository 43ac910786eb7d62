/* The simulated applications: `web`, `workers`, and a cron job that everybody forgot. Each is a
 * process of this program that follows its row of lab.deployment and reports once a second into
 * lab.app_status. */
#ifndef PGROLLOUT_LAB_APP_H
#define PGROLLOUT_LAB_APP_H

#include <json-glib/json-glib.h>

#include "pgrollout/lab/lab.h"

/* "web", "workers", "cron", NULL. */
extern const char *const lab_app_names[];

/* Is that application until SIGTERM; reconnects by itself. Returns the exit status. */
int lab_app_run(const struct lab *lab, const char *name);

/* The pid of a running application, 0 when there is none. */
int lab_app_pid(const struct lab *lab, const char *name);
/* Starts those that do not run, as background processes of the program `self`. */
gboolean lab_apps_start(const struct lab *lab, const char *self, GError **error);
/* Stops those that run. */
gboolean lab_apps_stop(const struct lab *lab, GError **error);

/* Puts a release (41 or 42) on an application, on `web` and `workers` when `name` is NULL, and
 * waits until the running ones say that they are it (the cron job follows at its next run). */
gboolean lab_deploy(const struct lab *lab, int release, const char *name, GError **error);
/* Stops or goes on with all operations, without ending the processes; waits until they are idle. */
gboolean lab_apps_pause(const struct lab *lab, gboolean paused, GError **error);
/* Sets the operations a second of web and workers. */
gboolean lab_apps_rate(const struct lab *lab, double rate, GError **error);
/* How often the cron job comes by: from its next run on. */
gboolean lab_cron_every(const struct lab *lab, double seconds, GError **error);
/* Counts from nothing again: errors, mismatches, the longest wait. Waits until they do. */
gboolean lab_apps_zero(const struct lab *lab, GError **error);

/* An array, one object an application: app, pid, release (wanted), running_release, rate, paused,
 * age_s, operations, errors, mismatches, blank_reads, reconnects, max_ms, p99_ms, sqlstates,
 * last_error. NULL on failure. */
JsonNode *lab_apps_status(const struct lab *lab, GError **error);

#endif
