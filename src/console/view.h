/* All that a picture is made of: the snapshot, the state of the link and of the console itself. The
 * drawing functions are pure: the same view gives the same grid. */
#ifndef PGROLLOUT_CONSOLE_VIEW_H
#define PGROLLOUT_CONSOLE_VIEW_H

#include "console/confirm.h"
#include "console/grid.h"
#include "console/list.h"
#include "console/samples.h"
#include "pgrollout/console/coach.h"
#include "pgrollout/engine/client.h"

enum screen_id {
    SCREEN_COCKPIT,
    SCREEN_FLEET,
    SCREEN_LOCKS,
    SCREEN_REPLICAS,
    SCREEN_GUARDS,
    SCREEN_ACTIVITY,
    SCREEN_JOURNAL,
    SCREEN_CARD,
    SCREEN_CHECKLIST,
    SCREEN_PLAN,
    SCREEN_DRILL,
    SCREEN_HELP,
    SCREEN_COUNT
};

/* The open prompt. */
struct view_prompt {
    const char *label; /* what readline says before the line, "" */
    const char *text;  /* readline's line */
    int point;         /* cursor, bytes into text */
    char **candidates; /* completions to show; NULL: none */
    int selected;      /* of them; -1: none */
};

/* What others felt. */
struct view_before {
    gboolean known;
    int waits;      /* sessions of others that waited for locks */
    double latency; /* as the guard of it has it; NAN */
};

/* One of several databases. */
struct view_database {
    const char *name;  /* short, and none other's */
    const char *label; /* as in the view, and so on */
    const struct snapshot *snapshot;
    const GPtrArray *past;
    enum client_link link;
    double age_s;
    int attempt;
    const char *why;
    gboolean needs_password;
    gboolean never_asks; /* it may not be asked for */
    gboolean pause_queued;
    gboolean is_past; /* an earlier moment of it is shown */
};

struct view {
    int width, height;
    gboolean ascii;
    const struct theme *theme;

    /* Of a console of several; the rest of the view is about the selected one. */
    const struct view_database *databases;
    guint n_databases, database; /* 0 or 1: there is but one; which is selected */

    const struct snapshot *snapshot; /* NULL: none yet */
    const char *migration;           /* the selected one's name, NULL: none */
    enum client_link link;
    double age_s; /* of the snapshot */
    int attempt;
    const char *why;   /* why there is no connection, NULL */
    const char *label; /* "user@host:port/db" */
    const char *clock; /* server time now, "14:02:31" */
    gint64 now_s;      /* the same as seconds, for sparklines */
    const char *badge; /* "DRILL", NULL */
    gboolean read_only;
    gboolean low_bandwidth; /* numbers in place of drawings */
    const char *replay;     /* of a recording, which is the past: "REPLAY 8x"; NULL */
    double past_s; /* for how long the moment that is shown has been over; 0: it is the present */
    /* While the picture stands still: what is wrong at present, "LOST", "HURTING"; NULL: nothing is. */
    const char *present;
    gboolean pause_queued;
    struct view_before before; /* the operator's hold that stands */

    enum screen_id screen;
    int scroll;
    const struct list_state *lists; /* one for each screen; NULL: all as they start */
    const char *entry;              /* what is being typed after "/", NULL */
    const char *secret_of;          /* whose password is being typed, NULL */
    guint secret_letters;
    const GPtrArray *past; /* struct snapshot, oldest first, the shown one last; NULL: unknown */
    const struct samples *samples; /* NULL: none */
    double frozen_s;               /* for how long the picture has stood still; 0: it does not */
    const GPtrArray *journal;      /* struct snap_event, newest first; NULL: not read yet */
    const char *journal_error;
    gboolean journal_all;        /* it is of all migrations */
    gboolean journal_begins;     /* its oldest line is the first there is */
    const struct plan_sql *plan; /* the selected migration's, plan-sql.h; NULL: not read */
    const char *plan_error;
    const struct diff *diff;        /* diff.h, of the plan and that file; NULL: not shown */
    const char *diff_file;          /* NULL: none was named */
    const GPtrArray *link_log;      /* char *, oldest first */
    const struct coach_view *coach; /* NULL: no coach */
    const char *message;            /* the message line, NULL */
    enum token message_token;
    const struct confirm *confirm;    /* the open dialog, NULL */
    const struct view_prompt *prompt; /* NULL: closed */
};

/* The picture. Free with grid_free. */
struct grid *view_draw(const struct view *view);

/* The furthest that the screen can be scrolled. */
int view_scroll_max(const struct view *view);

/* The state of the list on the open screen; never NULL. */
const struct list_state *view_list(const struct view *view);

gboolean view_has_several(const struct view *view);
/* The same console with that database as the selected one; no migration is. */
struct view view_of_database(const struct view *view, const struct view_database *database);
/* "a" of several, NULL: there is but one. */
const char *view_database_name(const struct view *view);
/* What a migration, or with NULL its database, is called in the fleet: "name", of several databases
 * "a/name" and "a/". Free with g_free. */
char *fleet_id(const char *database, const char *migration);
/* The database answers; an engine that once drove it does not. */
gboolean snapshot_is_abandoned(const struct snapshot *s);

/* There is something to list on the open screen. */
gboolean view_has_rows(const struct view *view);
/* The selected migration, NULL: none. */
const struct snap_migration *view_migration(const struct view *view);
/* Values are old: their drawings fade and they carry a "~". */
gboolean view_is_old(const struct view *view);
/* A pen for one row. */
struct pen view_pen(const struct view *view, struct grid *grid, int row, int col, int end);
/* Rights, by the server's role and --read-only: 0 none, 1 viewer, 2 responder, 3 operator, 4
 * approver. */
int view_rights(const struct view *view);

#endif
