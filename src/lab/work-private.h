/* What a simulated application does in the database: its statements and its transactions. Each
 * write of a name also writes lab.users_shadow in the same transaction. */
#ifndef PGROLLOUT_LAB_WORK_PRIVATE_H
#define PGROLLOUT_LAB_WORK_PRIVATE_H

#include "lab/tally-private.h"
#include "pgrollout/pg/conn.h"

enum work_statement {
    WORK_BEGIN,
    WORK_COMMIT,
    WORK_ROLLBACK,
    WORK_READ,
    WORK_LIST,
    WORK_CHECK,
    WORK_RENAME,
    WORK_INSERT,
    WORK_TOUCH,
    WORK_DELETE,
    WORK_RANGE,
    WORK_BUGGY,
    WORK_SHADOW_INSERT,
    WORK_SHADOW_RENAME,
    WORK_SHADOW_DELETE,
    WORK_STATEMENTS
};

struct work {
    struct db_conn *conn; /* borrowed; NULL while there is none */
    struct tally *tally;  /* borrowed */
    char *texts[WORK_STATEMENTS];
    char tag;        /* marks the names this application writes */
    guint64 counter; /* so that no two names are the same */
    gint64 highest;  /* id, roughly */
    gboolean buggy;  /* every fifth operation is a mistake */
};

void work_init(struct work *work, const char *application, struct tally *tally);
void work_clear(struct work *work);
/* The statements of release 41 (name) or 42 (full_name). */
void work_use_release(struct work *work, int release);

/* The first look at a new connection. FALSE when that was lost at once. */
gboolean work_begin(struct work *work, struct db_conn *conn);
/* One operation of the mix. Errors go into the tally. FALSE when the connection is lost. */
gboolean work_mixed(struct work *work);
/* One operation of the nightly kind: reads a name and writes one. */
gboolean work_nightly(struct work *work);

/* The text of an embedded statement without its leading comment, as an application would send it.
 */
char *work_statement_text(const char *name);

#endif
