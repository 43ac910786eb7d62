/* A plan: what a plan file says, checked and with every default filled in. Plain data; nothing here
 * talks to a database. Times are microseconds unless a name says otherwise. */
#ifndef PGROLLOUT_PLAN_PLAN_H
#define PGROLLOUT_PLAN_PLAN_H

#include <glib.h>

enum plan_phase {
    PHASE_EXPAND,
    PHASE_DEPLOY,
    PHASE_BACKFILL,
    PHASE_SWITCH_READS,
    PHASE_STOP_OLD_WRITES,
    PHASE_CONTRACT,
    PHASE_COUNT
};

/* "expand" … "contract", as written in plans and stored in the database. */
const char *plan_phase_name(enum plan_phase phase);
/* The phase of that name, or PHASE_COUNT. */
enum plan_phase plan_phase_parse(const char *name);

enum plan_kind {
    KIND_SQL,
    KIND_ADD_COLUMN,
    KIND_SYNC,
    KIND_DROP_SYNC,
    KIND_BACKFILL,
    KIND_VERIFY,
    KIND_NOT_NULL,
    KIND_ANALYZE,
    KIND_CHECK,
    KIND_CONFIRM,
    KIND_DROP_COLUMN,
    KIND_ADD_TABLE,
    KIND_INDEX,
    KIND_CONSTRAINT,
    KIND_DROP_NOT_NULL,
    KIND_NO_SESSIONS,
    KIND_UNUSED,
    KIND_SOAK,
    KIND_REPLICAS_CAUGHT_UP,
    KIND_BROWN_OUT,
    KIND_DROP_TABLE,
    KIND_DROP_INDEX,
    KIND_DROP_CONSTRAINT,
    KIND_ADD_VIEW,
    KIND_RENAME_TABLE,
    KIND_COUNT
};

/* "sql", "add_column" …, as written in plans and stored in the database. */
const char *plan_kind_name(enum plan_kind kind);

/* Where something stands in the plan file, from 1; 0: it is not written there (a default). */
struct plan_place {
    int line, column;
};

struct plan_set {
    char *column;
    char *expression; /* over the row's own columns; immutable functions only */
    char *
        def; /* sync across tables: the default of the old column as SQL, known only with a database
                  (as old_default of a step); NULL: none */
    struct plan_place at;
};

struct plan_batch {
    int start, min, max; /* rows */
    gint64 target_us;    /* time budget of one batch */
};

enum plan_constraint { CONSTRAINT_CHECK, CONSTRAINT_FOREIGN_KEY, CONSTRAINT_UNIQUE };

/* One step. Which fields are set depends on the kind; the others are NULL or 0. */
struct plan_step {
    enum plan_phase phase;
    gboolean phase_unsure; /* drafts: the word for the phase is unknown, and so is the phase */
    enum plan_kind kind;
    char *name; /* unique in the plan */
    int line, column;
    gint64 lock_timeout_us;      /* 0: the engine's default */
    gint64 statement_timeout_us; /* 0: the engine's default */

    char *schema; /* of `table`; never NULL where table is set */
    char *table;
    /* the other table: of sync and backfill `into:`, constraint `references:`, add_table `grants:` */
    char *into_schema, *into; /* into_schema is never NULL where into is set */
    char *col;  /* add_column, not_null, drop_not_null, drop_column; unused, brown_out: or NULL */
    char *type; /* add_column */
    char *def;  /* add_column: default expression or NULL */
    char *old, *new; /* sync, drop_sync: columns */
    char *up, *down; /* sync: expressions; default: the other column's quoted name */
    /* sync: the columns' defaults as SQL, known only with a database (set when it is loaded and by
     * the engine); NULL: none */
    char *old_default, *new_default;
    /* struct plan_set. backfill `set:`; backfill `columns:`, a column of `into` and its expression
     * over the source row; sync `columns:`, a column of `into` and that of the table; add_table
     * `columns:`, a column and its type with what belongs to it */
    GPtrArray *set;
    GPtrArray *key;          /* struct plan_set. sync: a column of `into` and that of the table */
    gboolean rows_both;      /* sync across tables: a row of `into` makes one of the table, too */
    char *where;             /* backfill; default with `set:` the first target IS NULL; index */
    struct plan_batch batch; /* backfill */
    int workers;             /* backfill: connections that fill at once */
    int quarantine;          /* backfill: rows set aside before it fails */
    double rest;             /* backfill: pause per unit of work */
    double rate;             /* rows a second; 0: no cap */
    char *of;                /* verify: name of the backfill step; its table is copied here */
    gboolean on_replica;     /* verify: reads on a standby */
    gboolean repair;         /* verify: fills what differs */
    char *sql;               /* sql, check, backfill `statement:` */
    char *undo;              /* sql */
    gboolean no_transaction; /* sql: `transaction: none` */
    gboolean irreversible;   /* sql: said so in the plan; drop_column: always */
    char *expect;            /* check: the value, as text; never NULL there */
    gint64 wait_us;          /* check: keeps asking for so long; 0: once */
    gint64
        for_us; /* how long: check, no_sessions: it must stay so; 0: once is enough; soak, unused, brown_out */
    char *text;           /* confirm: the question */
    char **each;          /* confirm: application names, NULL-terminated; NULL: one answer */
    gboolean by_approver; /* confirm */
    char *object;         /* index, constraint, drop_index, drop_constraint, add_view: its name;
                      * rename_table: the new one */
    char **columns; /* index: elements as SQL; constraint: columns; add_table: the primary key */
    char **include; /* index: columns that it only carries; NULL */
    char **constraints;              /* add_table: table constraints as SQL; NULL */
    char **references;               /* constraint: the columns of `into`; NULL: its primary key */
    char *method;                    /* index: access method; NULL: btree */
    gboolean unique;                 /* index */
    enum plan_constraint constraint; /* constraint: of which kind */
    char *check;                     /* constraint: the condition */
    char *on_delete;                 /* constraint: "CASCADE", "RESTRICT" …; NULL: no action */
    gboolean adopt;    /* add_column, add_table, index, constraint: `existing: adopt` */
    char *application; /* no_sessions: an application of the plan; NULL */
    char *sessions;    /* no_sessions: a glob over application_name; NULL */
    double coverage;   /* unused: the least share of calls that must be seen, 0 to 1 */
    char **except;     /* unused: globs of roles; replicas_caught_up: of standbys; NULL */

    /* Where the texts above stand, for findings about them. */
    struct plan_place at_kind, /* what stands behind the kind's key */
        at_table, at_type, at_def, at_up, at_down, at_where, at_of, at_sql, at_undo, at_check;
};

/* What an application sends, or the program that stands for it, belongs to a release. */
enum plan_release {
    RELEASE_OLD,
    RELEASE_NEW,
    RELEASE_BOTH, /* `command:` as text: one program that knows both */
    RELEASE_COUNT
};

/* "old", "new", "both". */
const char *plan_release_name(enum plan_release release);

struct plan_statement {
    char *sql;
    char **params; /* the values of $1, $2 …, NULL-terminated; NULL: none */
    struct plan_place at;
};

struct plan_program {
    char *text; /* for the shell; NULL */
    struct plan_place at;
};

/* Where a release has to work: from the beginning of one phase, which is the end of the one before
 * it, to the end of another. */
struct plan_works {
    enum plan_phase from, to;
};

struct plan_application {
    char *name;
    struct plan_place at;
    char *sessions; /* glob over application_name; NULL */
    char *release;  /* NULL */
    char *slot;     /* NULL */
    char *role;     /* as whom it works in a rehearsal; NULL: the owner of the plan's tables */
    gint64 runs_us; /* how often it runs at the least; 0: all the time */
    GPtrArray *statements[RELEASE_COUNT]; /* struct plan_statement, may be empty; none of BOTH */
    struct plan_program command[RELEASE_COUNT];
    struct plan_works works[RELEASE_COUNT];
};

/* When a migration may work: on these days, in these hours of that place. */
struct plan_window {
    int from_min, to_min; /* minutes of the day; the same: all day; to < from: over midnight */
    guint days; /* bit 0 is Monday; 0: every day. The day on which the hours begin counts */
    char *zone; /* "Europe/Berlin" */
};

struct plan_guard {
    char *
        name; /* unique; equals kind but for `sql` and `probe`, which may have names of their own */
    char *kind;  /* "replication_lag", "lock_waiters" … */
    char *off;   /* the reason it is off; NULL: on */
    double slow; /* NAN: not set */
    double pause, resume;
    double abort; /* NAN: not set */
    int samples;  /* in a row at or above pause before it trips */
    gint64 every_us;
    char **except;             /* globs of standbys, slots or applications left out; NULL */
    char *query;               /* sql: returns one number */
    char *probe;               /* probe: its name in the engine's settings file */
    struct plan_window window; /* window */
    struct plan_place at;      /* of its settings */
    struct plan_place at_query;
};

struct plan {
    char *name, *title;
    char *owner, *contact, *ticket; /* NULL when absent */
    char *schema;                   /* default "public" */
    char *role;                     /* NULL: each table's owner */
    gboolean user_triggers_fire;
    gboolean two_person;
    GPtrArray *applications; /* struct plan_application */
    GPtrArray *steps;        /* struct plan_step, in the order they run */
    GPtrArray *guards;       /* struct plan_guard: every guard, defaults merged */
    char *text;              /* the file as read */
    char *sha256;            /* of text, hex */
    guint unsure; /* drafts: bit 1 << kind where a step of that kind may be incomplete or missing */
};

void plan_free(struct plan *plan); /* NULL is fine */

/* Whether a step of that kind may be incomplete or missing because of a mistake that was reported:
 * then nothing may be said about what the plan lacks. Never so in a plan without mistakes. */
gboolean plan_is_unsure(const struct plan *plan, enum plan_kind kind);

/* The step of that name, or NULL. */
struct plan_step *plan_step_find(const struct plan *plan, const char *name);
/* The sync step within one table that keeps schema.table.column (old or new side) in step, or NULL. */
struct plan_step *plan_sync_find(const struct plan *plan, const char *schema, const char *table,
                                 const char *column);
/* The sync step across the tables of `step` (its table and its `into`), or NULL. */
struct plan_step *plan_sync_across_find(const struct plan *plan, const struct plan_step *step);

/* What the step does in a few words: "add column full_name text to users", "confirm deployed". The
 * schema is named where it is not "public". Free with g_free. */
char *plan_step_title(const struct plan_step *step);

/* The settings of the guard in one line, with units: "pause 5s, resume 2s", "off: reason". Free
 * with g_free. */
char *plan_guard_format(const struct plan_guard *guard);
/* Whether it stays tripped until an operator's resume, so that it has no value to resume at. */
gboolean plan_guard_latched(const struct plan_guard *guard);

enum window_state { WINDOW_CLOSED, WINDOW_OPEN, WINDOW_UNKNOWN };
/* At that time of day, in seconds since 1970. Unknown: this machine does not know the time zone. */
enum window_state plan_window_state(const struct plan_window *window, gint64 unix_s);
/* "mon,tue 22:00-05:00 Europe/Berlin". Free with g_free. */
char *plan_window_format(const struct plan_window *window);

#endif
