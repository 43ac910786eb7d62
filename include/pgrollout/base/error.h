/* Errors of the whole program: one GError domain whose few codes each mean a reaction of the
 * caller, with SQLSTATE, detail and hint carried as fields.
 *
 * Messages: the failure first, lower case, names in double quotes, no full stop. What to do next
 * stands in the hint. Only cmd/ and console/ print them. */
#ifndef PGROLLOUT_BASE_ERROR_H
#define PGROLLOUT_BASE_ERROR_H

#include <glib.h>

enum rollout_error_code {
    ROLLOUT_ERROR_USAGE,      /* bad input on the command line or in a file: exit 2 */
    ROLLOUT_ERROR_PLAN,       /* a plan file is wrong: exit 2 */
    ROLLOUT_ERROR_NO,         /* the answer is no (failed check, timed-out wait): exit 1 */
    ROLLOUT_ERROR_REFUSED,    /* state, rights or another holder forbids it: exit 4 */
    ROLLOUT_ERROR_CONNECT,    /* no connection, or it was lost: exit 3 */
    ROLLOUT_ERROR_DATABASE,   /* the server refused the statement: read the SQLSTATE */
    ROLLOUT_ERROR_RETRY,      /* transient (deadlock, lock timeout, serialization): try again */
    ROLLOUT_ERROR_HELD,       /* a hold stands: wait */
    ROLLOUT_ERROR_LOST_LEASE, /* superseded: stop acting: exit 4 */
    ROLLOUT_ERROR_CANCELLED,  /* we, or an operator, cancelled it */
    ROLLOUT_ERROR_AMBIGUOUS,  /* the answer to a commit was lost: look it up */
    ROLLOUT_ERROR_BUG         /* cannot happen */
};

#define ROLLOUT_ERROR (rollout_error_quark())
GQuark rollout_error_quark(void);

/* A new error; `format` makes the message. Never NULL; the caller owns it. */
GError *rollout_error_new(enum rollout_error_code code, const char *format, ...)
    G_GNUC_PRINTF(2, 3) G_GNUC_WARN_UNUSED_RESULT;

/* Sets *error (when error is not NULL) and returns false, so that a caller can
 * `return rollout_fail(error, …)`. */
gboolean rollout_fail(GError **error, enum rollout_error_code code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Fields of an error of ROLLOUT_ERROR; each may be NULL (and is, for errors of other domains).
 * The error keeps ownership. */
const char *rollout_error_sqlstate(const GError *error);
const char *rollout_error_detail(const GError *error);
const char *rollout_error_hint(const GError *error);

/* Copies the text into the error; NULL clears. No effect on errors of other domains. */
void rollout_error_set_sqlstate(GError *error, const char *sqlstate);
void rollout_error_set_detail(GError *error, const char *detail);
void rollout_error_set_hint(GError *error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The exit status of design's table for this error: 1, 2, 3 or 4. */
int rollout_error_exit_status(const GError *error);

#endif
