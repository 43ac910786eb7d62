/* Which question comes before which act, and what it says: the consequence in words, from the
 * snapshot. */
#ifndef PGROLLOUT_CONSOLE_ASKING_H
#define PGROLLOUT_CONSOLE_ASKING_H

#include "console/confirm.h"
#include "pgrollout/engine/snapshot.h"

struct asking {
    const struct snapshot *snapshot;
    const struct snap_migration *migration; /* NULL for resume_all */
    const char *verb;     /* resume resume_all step advance confirm retry skip set abort contract */
    const char *step;     /* named by the person, NULL */
    const char *choice;   /* application, or what to abort to; NULL */
    const char *reason;   /* given already, NULL */
    const char *settings; /* for set */
    gint64 now_us;
};

/* NULL with an error that says why there is nothing to ask. `advance` before contract becomes the
 * contract question. */
struct confirm *asking_open(const struct asking *asking, GError **error);
/* It is refused only because it has no reason, and a reason can be typed. */
gboolean asking_lacks_reason(const struct asking *asking);
/* The live checks of an open contract question again, from a newer snapshot; what has been typed
 * stays. FALSE: the target is gone or has moved on, and the question has to be closed. */
gboolean asking_refresh(struct confirm *confirm, const struct snapshot *snapshot);
/* What has moved since the question was opened, for people. Free with g_free. */
char *asking_moved(const struct confirm *confirm, const struct snapshot *snapshot);
/* The same question, asked now, would read the same: it is about the newer version from here on.
 * FALSE: it would not. */
gboolean asking_follow(struct confirm *confirm, const struct asking *now);
/* Lines of the rollback card into an open abort question, in place of "asking". */
void asking_set_card(struct confirm *confirm, char **lines, const char *error);

/* asking-session.c: the question before one session's statement is cancelled, or the session ended
 * (`terminate`: its pid is typed, and a reason). It is about that statement, or about the transaction
 * that is open, and not about what comes after. NULL with an error: there is nothing to cancel, or the
 * session cannot be told apart from another one that gets its pid. `reason` may be NULL. */
struct confirm *asking_session(const struct snap_session *session, gboolean terminate,
                               const char *reason, gint64 now_us, GError **error);
/* What has become of it since the question was opened, for people, free with g_free; NULL: it stands,
 * or was not read. */
char *asking_session_moved(const struct confirm *confirm, const struct snapshot *snapshot);

#endif
