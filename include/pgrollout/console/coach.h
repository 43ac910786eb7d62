/* What a drill says beside the picture, and what a person may tell it. Texts are UTF-8. */
#ifndef PGROLLOUT_CONSOLE_COACH_H
#define PGROLLOUT_CONSOLE_COACH_H

#include "pgrollout/engine/snapshot.h"

#define COACH_LINES 5

enum coach_mark { COACH_OPEN, COACH_MET, COACH_LOST };
struct coach_goal {
    const char *text;
    enum coach_mark mark;
};

struct coach_view {
    const char *title;        /* "drill 3 of 9: hot rows under a backfill"; NULL: "coach" */
    const char *note;         /* what kind of text the lines are: "predict: v", "hint"; NULL */
    const char *const *lines; /* up to COACH_LINES, NULL-terminated, the first one the headline */
    gboolean asks;            /* a prediction is wanted */
    const struct coach_goal *goals;
    guint n_goals;
    const char *score; /* NULL */
};

struct console_coach {
    /* The view to show, NULL: no pane. Called for every new snapshot (never NULL) with the selected migration
     * (may be NULL), and after a hint or a prediction; it lives until the next call. Must not block. */
    const struct coach_view *(*look)(const struct snapshot *snapshot,
                                     const struct snap_migration *migration, void *data);
    /* Shows the next hint; FALSE: there is none. NULL: no hints. */
    gboolean (*hint)(void *data);
    /* Answers the question that is open; `choice` counts from 1. FALSE: none is open, or it has no such
     * choice. NULL: nothing is asked. */
    gboolean (*predict)(int choice, void *data);
    void *data;
};

#endif
