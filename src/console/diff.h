/* What differs between two texts, line by line. Pure. */
#ifndef PGROLLOUT_CONSOLE_DIFF_H
#define PGROLLOUT_CONSOLE_DIFF_H

#include <glib.h>

enum diff_kind {
    DIFF_HUNK, /* "@@ -1,4 +1,5 @@" */
    DIFF_SAME,
    DIFF_OLD, /* only in the old one */
    DIFF_NEW
};

struct diff_line {
    enum diff_kind kind;
    char *text; /* without the mark */
};

struct diff {
    GPtrArray *lines; /* struct diff_line; none: they are the same */
    int removed, added;
    gboolean coarse; /* too much differs: all that lies between is called changed */
};

/* `context` lines stay around what differs. A last line without its line end differs from one with it. */
struct diff *diff_new(const char *old, const char *new, int context);
void diff_free(struct diff *diff); /* NULL is fine */

#endif
