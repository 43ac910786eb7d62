/* What the files that read drills share. */
#ifndef PGROLLOUT_LAB_DRILL_FILE_PRIVATE_H
#define PGROLLOUT_LAB_DRILL_FILE_PRIVATE_H

#include "pgrollout/lab/drill-file.h"

struct section;
struct drill_reader {
    const char *file;
    int line;
    struct drill_file *drill;
    const struct section *section; /* NULL: before the first heading */
    void *current;                 /* what the section's lines belong to */
    GError *error;
};

/* Notes what is wrong with the line, and what to do. FALSE. */
gboolean drill_wrong(struct drill_reader *reader, const char *hint, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* NULL when they are wrong, which is noted. */
struct conditions *drill_conditions(struct drill_reader *reader, const char *text);
/* "KEY: VALUE" taken apart; NULL: it is not such a line. Free both with g_free. */
char *drill_key(const char *line, char **value);

/* drill-setup.c */
void drill_setup_init(struct drill_setup *setup);
/* There is a fault of that name; behind it may be an argument. */
gboolean drill_fault_check(struct drill_reader *reader, const char *value);
gboolean drill_setup_line(struct drill_reader *reader, const char *line);

#endif
