/* A run in a file of its own: lines of JSON as `journal --export` writes them (pgrollout(1), RECORDINGS), and what a
 * console would have shown at each moment of it. Pure; whoever made the file is not trusted. */
#ifndef PGROLLOUT_REPORT_RECORDING_H
#define PGROLLOUT_REPORT_RECORDING_H

#include "pgrollout/report/report.h"

#define RECORDING_MOST (256 * 1024 * 1024) /* bytes; a run of half a year is below 20 MB */

/* Reads all of it. NULL with ROLLOUT_ERROR_USAGE, which names the line, where anything in it is not as it must be, or
 * its end is missing. */
struct report *recording_parse(const char *text, gsize length, GError **error);

struct recording;
/* Takes the report over. */
struct recording *recording_new(struct report *report);
void recording_free(struct recording *recording); /* NULL is fine */
const struct report *recording_report(const struct recording *recording);

/* Moments at which something was read or happened, oldest first, a second apart at least; there is at least one. */
guint recording_count(const struct recording *recording);
double recording_at(const struct recording *recording, guint i);
/* A hold came or went, a phase began or ended, a person did something. */
gboolean recording_is_mark(const struct recording *recording, guint i);
/* The last one that is not younger; the first where all are. */
guint recording_find(const struct recording *recording, double at);
/* The document of `status --json` as it was then, as far as the file tells: what it does not tell is unknown. Free
 * with g_free. */
char *recording_document(const struct recording *recording, guint i);

#endif
