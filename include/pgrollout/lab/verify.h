/* Is every user what the applications wrote? Is the replica the same? */
#ifndef PGROLLOUT_LAB_VERIFY_H
#define PGROLLOUT_LAB_VERIFY_H

#include "pgrollout/lab/lab.h"

/* users against lab.users_shadow in one snapshot. */
struct lab_verdict {
    gboolean has_name, has_full_name; /* columns that exist, and were compared */
    gint64 rows;
    gint64 missing;  /* rows that should be there */
    gint64 extra;    /* rows that should not */
    gint64 wrong;    /* rows with a value that nobody wrote */
    gint64 unfilled; /* rows whose full_name is still NULL beside a right name: not wrong */
    gint64 example;  /* id of one that is wrong, missing or extra; 0 */
};

/* Compares on one server; the applications may write meanwhile. */
gboolean lab_verify(const struct lab *lab, enum lab_server server, struct lab_verdict *verdict,
                    GError **error);
/* Nothing missing, extra or wrong, and a column to look at. */
gboolean lab_verdict_is_clean(const struct lab_verdict *verdict);

enum lab_sameness {
    LAB_SAME,
    LAB_DIFFERENT,
    LAB_BUSY, /* the primary kept changing, so nothing can be said */
};

/* What of a finished rename of name to full_name is not as it should be: a text for people, NULL
 * when all is. Free with g_free. FALSE when it could not be read. */
gboolean lab_rename_flaws(const struct lab *lab, char **flaws, GError **error);

/* Waits until the replica has caught up and compares the contents of both. The applications are
 * paused meanwhile. */
gboolean lab_compare(const struct lab *lab, enum lab_sameness *sameness, GError **error);

#endif
