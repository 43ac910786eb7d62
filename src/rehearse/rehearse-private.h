/* What the files of a rehearsal share. */
#ifndef PGROLLOUT_REHEARSE_REHEARSE_PRIVATE_H
#define PGROLLOUT_REHEARSE_REHEARSE_PRIVATE_H

#include "pgrollout/lab/scratch.h"
#include "pgrollout/lint/lint.h"
#include "pgrollout/pg/conn.h"
#include "pgrollout/rehearse/rehearse.h"

/* How a statement is run. */
enum how {
    HOW_ALONE, /* by a connection of its own */
    HOW_HELD,  /* prepared once, on a connection that stays */
    HOW_AFTER  /* behind what another release has written, in the same transaction */
};

/* One thing that is tried in each state. */
struct trial {
    enum how how;
    guint actor, index; /* whose statement, and its place in the list */
    const struct plan_statement *statement;
    struct sql_shape shape;
    guint by_actor, by_index; /* HOW_AFTER: who has written before */
    const struct plan_statement *by;
    gboolean unstable; /* another result each time: it is not compared */
};

struct outcome {
    gboolean ran, ok;
    gboolean
        no_writer; /* HOW_AFTER: what was to write before it was refused, which is its own trial */
    char sqlstate[6];
    char *message; /* of the error */
    char *result;  /* columns, rows and the count of changed ones, as text that can be compared */
};

/* A state of the database, with what came of each trial there. */
struct state {
    guint row;   /* of the matrix */
    char *label; /* "expand, after add-column" */
    char *key;   /* for programs */
    enum plan_phase low,
        high; /* the phases that it belongs to: the end of one is the beginning of the next */
    gboolean aborted; /* there is nothing new here: only what was there before has to work */
    struct outcome *outcomes; /* of each trial; not run where nobody needs it */
    struct outcome *programs; /* of each actor */
};

/* A connection that stays, with what it has prepared. */
struct held {
    struct db_conn *conn;
    gboolean *prepared; /* of each trial */
    char *since;        /* the state in which it was prepared, NULL: not yet */
};

struct run {
    const struct plan *plan;
    const struct rehearsal_options *options;
    struct rehearsal *result;
    GPtrArray *findings;
    struct lab_scratch *cluster; /* NULL: a database of the user's */
    struct db_target *admin;     /* how to reach the copy with every right */
    char *password;              /* of the roles that are made */
    char *owner;          /* of the plan's first table: as whom applications work unless told */
    GArray *trials;       /* struct trial */
    GPtrArray *states;    /* struct state */
    GPtrArray *skipped;   /* char *: steps that a copy has nothing to say to */
    struct held *held;    /* one for each actor */
    struct db_conn *asks; /* looks at the migration and answers, with every right */
    struct db_conn *people[2]; /* operator and approver */
    GPid engine;               /* 0: none */
    int engine_log;            /* what it says; 0: not yet */
    char *conf;                /* its settings file, an empty one */
    char *shown;               /* the text that is loaded, with guards off and waits short */
};

/* Whether the release has to work in a state of these phases. */
gboolean state_needs(const struct state *state, const struct rehearsal_actor *actor);

/* trials.c: the actors of the plan, and what is tried of them. */
void trials_make(struct run *run);
const struct rehearsal_actor *trial_actor(const struct run *run, guint index);
/* "web old" */
char *actor_name(const struct rehearsal_actor *actor);

/* judge.c: fills the cells and failures from what the states hold; pure. */
void judge(struct run *run);

/* exercise.c: runs what has to work in the state and was not run there yet. */
gboolean exercise(struct run *run, struct state *state, GError **error);
void exercise_end(struct run *run);
/* program.c */
gboolean exercise_programs(struct run *run, struct state *state, GError **error);

/* copy.c: makes and fills the copy. */
gboolean copy_make(struct run *run, GError **error);
void copy_end(struct run *run);
struct db_conn *copy_connect(const struct run *run, const char *role, GError **error);
/* sample.c: rows of the source's tables. */
gboolean sample_fill(struct run *run, struct db_conn *source, struct db_conn *copy, GError **error);

/* shorten.c: the plan's text as it is loaded: guards off, waits short. NULL with an error where that cannot be
 * done without changing anything else. */
char *plan_shorten(const struct plan *plan, GError **error);

/* round-trip.c: values that a sync does not bring back. */
gboolean round_trip(struct run *run, const struct plan_step *sync, GError **error);

/* drive.c: the engine, and the people it asks. */
struct stand {
    char *state, *phase; /* of the migration */
    char *step, *kind;   /* the one whose turn it is; NULL */
    char *step_state;
    char *hold,
        *key; /* the hold that a person ends: boundary, gate, or stepping; NULL: none, or it still works */
    char *error; /* of a failed step */
};
void stand_clear(struct stand *stand);
gboolean drive_begin(struct run *run, GError **error);
void drive_end(struct run *run);
gboolean drive_engine_start(struct run *run, GError **error);
void drive_engine_kill(struct run *run);
/* Waits until it waits for somebody, has failed, or is over. */
gboolean drive_stand(struct run *run, struct stand *stand, GError **error);
/* One command, as an operator; as an approver. */
gboolean drive_say(struct run *run, gboolean approver, const char *name, int n,
                   const char *const *params, GError **error);

/* walk.c: takes the plan through, and looks at each state. */
gboolean walk_run(struct run *run, GError **error);

void run_note(struct run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
void run_say(const struct run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* A new state in the row of that key. Where nothing has `changed` since the one before, what came of each
 * trial there holds here, too. */
struct state *run_state(struct run *run, const char *row, enum plan_phase low, enum plan_phase high,
                        gboolean changed, const char *label);
void state_free(struct run *run, struct state *state);
struct rehearsal *rehearsal_new(void);
/* A line of the matrix; all of them are made before the first state. */
void run_row(struct run *run, enum plan_phase phase, const char *key, const char *label);

#endif
