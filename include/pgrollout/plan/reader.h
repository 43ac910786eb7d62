/* Reading plan files: every mistake of a file in one pass, each with its place. */
#ifndef PGROLLOUT_PLAN_READER_H
#define PGROLLOUT_PLAN_READER_H

#include "pgrollout/plan/plan.h"

/* A finding about a file. */
struct plan_finding {
    char *file;
    int line, column; /* from 1 */
    gboolean warning; /* FALSE: an error */
    char *id;         /* lint rule, or NULL for the reader's own errors */
    char *text;       /* failure first; names the nearest known word where a word is unknown */
};

void plan_finding_free(struct plan_finding *finding);
/* "file:line:col: error: text"; free with g_free. */
char *plan_finding_format(const struct plan_finding *finding);

/* Parses `text` (`length` bytes) as a plan; `file` is used in findings only. Appends findings to
 * `findings` (struct plan_finding). NULL when there was any error. The caller owns the plan. */
struct plan *plan_parse(const char *text, gsize length, const char *file, GPtrArray *findings);

/* The same, but what can be understood of a wrong file comes back too: a draft, to be looked at for
 * more mistakes and for nothing else. Fields of its steps may be NULL that never are in a plan. `wrong`
 * is set where there was an error. NULL when there is nothing to look at. */
struct plan *plan_parse_draft(const char *text, gsize length, const char *file, GPtrArray *findings,
                              gboolean *wrong);

/* The bytes of a file, with a NUL behind them, opened once, regular, at most 1 MiB. NULL with
 * `error`. */
GByteArray *plan_file_read(const char *path, GError **error);

/* plan_parse of a file. NULL with `error` when it cannot be read, NULL with findings when it is
 * wrong. */
struct plan *plan_read(const char *path, GPtrArray *findings, GError **error);

#endif
