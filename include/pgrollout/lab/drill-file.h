/* A drill: a plain file, pgrollout-drill(5). Parsing is pure. */
#ifndef PGROLLOUT_LAB_DRILL_FILE_H
#define PGROLLOUT_LAB_DRILL_FILE_H

#include "pgrollout/lab/facts.h"

#define DRILL_LINES 5    /* of a text that the coach shows */
#define DRILL_COLUMNS 78 /* of each of its lines */
#define DRILL_CHOICES 3

struct drill_text { /* a lesson, a hint */
    struct conditions *when;
    GPtrArray *lines; /* char *, NULL-terminated */
};

struct drill_ask {
    char *name;
    struct conditions *when;
    char *question;
    char *choices[DRILL_CHOICES + 1];
    int right;        /* index into choices */
    GPtrArray *lines; /* what is said afterwards, NULL-terminated */
};

struct drill_fault {
    char *name, *argument; /* argument: NULL */
    struct conditions *when;
    struct conditions *until; /* NULL: until somebody mends it */
};

struct drill_goal {
    char *name;
    char *text;
    gboolean never; /* its conditions may not come to hold before all others are met */
    struct conditions *when;
    double par_s; /* from the first fault on; NAN */
};

struct drill_act {
    struct conditions *when;
    gboolean then; /* not before the one above is done */
    char *role;    /* operator, … */
    char *command;
    int line;
};

struct drill_setup {
    gint64 rows;
    double rate;  /* operations a second of each application */
    char *recipe; /* "rename-column table=users …" */
    char *plan;   /* a plan file beside the drill's, in place of a recipe; NULL */
    char *migration;
    char *from;          /* the phase that it waits before */
    double seconds;      /* that the backfill shall last; 0: as long as it takes */
    double fast_seconds; /* on autopilot */
    double cron_s;       /* between the runs of the cron job */
    GPtrArray *releases; /* "web=42" */
    GPtrArray *settings; /* "KEY=VALUE", once it is loaded */
    GPtrArray *faults;   /* "bad-rows 5", before anything is loaded */
};

struct drill_file {
    char *name;
    char *title;
    struct drill_setup setup;
    GPtrArray *lessons;  /* struct drill_text */
    GPtrArray *hints;    /* struct drill_text */
    GPtrArray *asks;     /* struct drill_ask */
    GPtrArray *faults;   /* struct drill_fault */
    GPtrArray *goals;    /* struct drill_goal */
    GPtrArray *solution; /* struct drill_act */
    GPtrArray *wrong;    /* struct drill_act */
    double par_waiting;  /* session-seconds; NAN */
    gboolean wants_rows; /* a condition asks for every row to be compared */
};

/* `file` is what errors call it: "FILE:LINE: …" of ROLLOUT_ERROR_PLAN, with a hint. NULL then. */
struct drill_file *drill_file_parse(const char *name, const char *file, const char *text,
                                    GError **error);
void drill_file_free(struct drill_file *drill); /* NULL is fine */

/* The first of such texts whose conditions hold; NULL: none. */
const struct drill_text *drill_text_find(const GPtrArray *texts, const struct drill_facts *facts);

#endif
