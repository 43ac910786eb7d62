/* What the console itself has measured over the last minutes: a few numbers by name at the times of the
 * snapshots. Plain data and pure functions. */
#ifndef PGROLLOUT_CONSOLE_SAMPLES_H
#define PGROLLOUT_CONSOLE_SAMPLES_H

#include "pgrollout/engine/snapshot.h"

/* So long is kept; and over so long a rate is taken. */
#define SAMPLES_KEEP_S 150.0
#define SAMPLES_RATE_S 30.0

struct samples;

struct samples *samples_new(void);
void samples_free(struct samples *samples); /* NULL is fine */

/* NAN forgets nothing and adds nothing. A time before the newest one begins anew: the server's clock,
 * or the server, is another one. */
void samples_add(struct samples *samples, const char *name, double at_s, double value);
/* Takes what a snapshot has: the lag of each replica ("lag NAME"), the WAL position ("wal"), what each
 * slot keeps ("slot NAME"). */
void samples_take(struct samples *samples, const struct snapshot *snapshot);

/* How fast it grew up to `at_s`, a second; NAN: not known yet (less than two seconds of it, or none of
 * it lately). `samples` may be NULL. */
double samples_rate(const struct samples *samples, const char *name, double at_s);
/* One value for each of the `n` seconds up to `at_s`, oldest first, each the last one known, no older than
 * 5 s; NAN where there is none. Free `values` with g_free. */
struct snap_series samples_series(const struct samples *samples, const char *name, double at_s,
                                  guint n);

/* Seconds until `value`, growing by `rate` a second, is at `limit`; 0: it is; INFINITY: never at this
 * rate; NAN: not known. */
double samples_until(double value, double rate, double limit);

#endif
