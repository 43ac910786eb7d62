/* The running engine, for its own files: engine.c (lease, control connection, end), senses.c
 * (sensor connection, guards), worker.c (one migration), stages.c, batches.c, query.c and evidence.c
 * (how steps are done). */
#ifndef PGROLLOUT_ENGINE_ENGINE_PRIVATE_H
#define PGROLLOUT_ENGINE_ENGINE_PRIVATE_H

#include "decide.h"
#include "evidence-private.h"
#include "facts.h"
#include "hooks.h"
#include "outputs.h"
#include "pace.h"
#include "peers.h"
#include "pgrollout/engine/engine.h"
#include "pgrollout/engine/sense.h"
#include "pgrollout/engine/steps.h"
#include "pgrollout/pg/conn.h"

#define LEASE_TTL_US (15 * G_USEC_PER_SEC)

struct engine {
    struct db_target *target;
    struct engine_options options; /* texts owned */
    struct engine_callbacks callbacks;
    GMainLoop *loop;
    struct db_conn *control, *sensor;
    gint64 epoch;
    char *token; /* NULL: no lease */
    int timeline;
    gint64 renewed_us; /* monotonic, when the last renewal that succeeded was made */
    gint64 renew_sent_us;
    gint64 answered_made_us; /* when the message was made whose answer is being read */
    gint64 thinned_us;
    guint tick_source, reopen_source;
    int reopen_tries;
    int claim_tries;
    gint64 first_refused_us;    /* claiming: another engine may be just ending */
    guint64 want_seq, sent_seq; /* of reading the facts */
    GQueue *control_queue;      /* struct control_job */
    GHashTable *workers;        /* gint64 id → struct worker */
    struct worker *filling;     /* the one backfill at a time; NULL */
    struct hooks *hooks;
    struct outputs *outputs;
    struct peers *peers;  /* NULL until somebody else than the primary is asked */
    struct sense *sense;  /* lives as long as the engine, over many connections */
    gboolean sensing;     /* the sensor connection is ready */
    gint64 counting;      /* the migration that is counted over it now; 0: none is */
    gboolean counted;     /* then the guards come first */
    gboolean failed_over; /* the claim found another server or timeline than the lease knew */
    gboolean ready_told;
    gboolean stopping;
    int exit_status;
    GError *exit_error;
};

/* The one row that is dealt with by itself; in memory only. */
struct single {
    enum { SINGLE_NONE, SINGLE_PEEK, SINGLE_TRY, SINGLE_PASS } stage;
    gboolean again; /* it is in quarantine, behind the position */
    char *key;      /* array literal, from SINGLE_TRY on */
    GError *error;  /* of the try, from SINGLE_PASS on */
};

/* How far the batches of a step are; lost and read again with the connection. */
struct batches {
    char *step; /* NULL: none prepared */
    gboolean undo;
    gboolean prepared;
    struct replica *replica; /* a verify that reads on a standby: where it is read; NULL */
    gboolean repairing; /* a verify: this pass over the table fills what the one before found */
    gint64 repaired;    /* what such a pass has filled */
    GPtrArray *key_names, *key_types; /* texts */
    GPtrArray *key_collations;        /* as SQL; "" where it is the column's own */
    GPtrArray *differs;               /* texts: the first keys that a verify found different */
    char *key;   /* array literal of the last key, NULL before the first batch */
    char *until; /* array literal of the key up to which they go */
    char *above; /* of a lane: the key behind which its range begins; else NULL */
    gint64 seq, rows_done, rows_changed;
    double rows_total; /* NAN unknown */
    struct pace pace;
    int fails; /* transient ones in a row */
    gint64 retries;
    double vacuumed_at;            /* rows done when a VACUUM was last thought of */
    gint64 vacuum_seq;             /* the last batch before the last VACUUM of this engine */
    gint64 sent_us;                /* monotonic, the batch under way */
    int sent_size;                 /* and how many keys it may take */
    gint64 done_us;                /* monotonic, the batch before; 0: none */
    gboolean ended;                /* an empty range was read */
    gint64 window_rows, window_us; /* for rows per second */
    struct single single;
    gboolean again_due;    /* rows in quarantine may wait for a new try */
    gboolean passed;       /* by place: no further pass is needed */
    gint64 changed_before; /* by place: in the passes before this one */
};

/* Where the tries for a DDL lock stand; in memory only. */
struct tries {
    char *step;
    char *holders;     /* of the table at the last look, for people; NULL */
    char *sql;         /* the statement under way; NULL */
    char *record;      /* DDL: what commits with it; NULL */
    JsonNode *claimed; /* what the step had claimed before the statement; NULL */
    gboolean undo;
    int count, looks;
    gboolean autovacuum; /* take SHARE UPDATE EXCLUSIVE first */
    gint64 sent_us;
};

/* Since when a check has been right at every look; in memory only: another engine looks from the
 * beginning. */
struct looks {
    char *step;
    char *wrong;     /* what it found when it was wrong last; NULL: never */
    gint64 since_us; /* monotonic; 0: the last answer was wrong, or there was none */
    gint64 last_us;
};

/* Looking for evidence; in memory only what the step's row does not need. */
struct evidence {
    char *step;                    /* whose; NULL: none yet */
    struct evidence_round *round;  /* the look under way; NULL: none */
    struct evidence_window window; /* goes on from the row where another engine looked before */
    JsonObject *lately;            /* the class's own, between two looks */
    gint64 told_us;                /* monotonic: last written to the row; 0: not yet */
    gint64 next_us;                /* monotonic: the next look */
};

struct worker;
typedef void (*worker_fn)(struct worker *worker, struct db_reply *reply, const GError *error);

/* Where counting what an abort would lose stands (losses.c). */
struct losses {
    guint at;   /* steps before this one have been counted in this round */
    char *step; /* the one that was sent last */
    gint64 due_us, sent_us, took_us;
};

struct worker {
    struct engine *engine;
    gint64 id;
    struct facts *facts;
    guint64 facts_seq, need_seq; /* nothing is decided on facts older than the last transition */
    struct plan *plan;           /* NULL until its text has been read */
    gboolean plan_asked;
    struct db_conn *conn; /* NULL: none open */
    gboolean opening, settled;
    gint64 wait_told_us;  /* what a loose statement waits for was last written down */
    gint64 build_told_us; /* how far an index build is was last told */
    gboolean loose;       /* a statement outside a transaction is under way */
    int open_fails;
    gint64 not_before_us;
    gint64 connect_us, job_us; /* no new connection, no job before */
    GArray *retried;           /* gint64: when, monotonic */
    guint timer;
    GQueue *jobs; /* fenced messages to send before anything else: texts */
    struct batches batches;
    int row;               /* of the fence, for batches: 1, of a lane more */
    struct worker *lead;   /* of a lane: the worker whose batches it shares; else NULL */
    gboolean awaits_lanes; /* has something to do when they are idle */
    GPtrArray *lanes;      /* struct worker; NULL: none */
    struct tries tries;
    struct losses losses;
    struct looks looks;
    struct evidence evidence;
    struct veto *veto;  /* the before-contract hook, while it is asked; NULL */
    char *sending_what; /* what the message under way is for, in error texts */
    worker_fn sending_fn;
    GError *sending_failed; /* while its transaction is rolled back */
    GPtrArray *guards;      /* of the last sample: struct guard, sense owns them */
    GHashTable *guard_held; /* names of guards whose hold was placed by this engine */
    gint64 progressed_us;   /* monotonic; moved forward while held */
    gint64 last_look_us;
    double rows_per_s;
    gboolean watched; /* sense_add was done */
};

/* --- engine.c */
void engine_line(struct engine *engine, const char *migration, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* Reads the facts again; workers act when they have come. */
void engine_refresh(struct engine *engine);
/* Sends a message on the control connection when it is free; errors are reported as lines. */
void engine_control(struct engine *engine, const char *sql, db_reply_fn fn, void *data);
/* The lease is ours by the clock: new work may begin. */
gboolean engine_may_act(const struct engine *engine);
void engine_end(struct engine *engine, int status, GError *error);
/* --until, as far as it is about this migration; NULL: none. */
const char *engine_until(const struct engine *engine, const char *migration);
/* The lease is gone: nothing of ours acts any more. Ends the program, status 4. */
void engine_superseded(struct engine *engine, const GError *error);

/* --- senses.c */
void senses_open(struct engine *engine);
void senses_close(struct engine *engine);
void senses_free(struct engine *engine);
void senses_tick(struct engine *engine);
void senses_watch(struct worker *worker); /* its plan has been read */
/* Sessions that wait on us, and guards at their `slow`: reasons to give way. */
int senses_strain(const struct worker *worker);

/* --- settings.c: what is set and read back on each connection of the engine */
enum settings_purpose { SETTINGS_CONTROL, SETTINGS_SENSOR, SETTINGS_WORK };
/* The message that sets; free it. */
char *settings_sql(enum settings_purpose purpose, const struct db_conn *conn, const char *schema);
/* The query that reads back, and its judgement; `error` names the setting that does not hold. */
const char *settings_check_sql(void);
gboolean settings_check(const struct db_reply *reply, enum settings_purpose purpose,
                        const struct db_conn *conn, const char *schema, GError **error);

/* --- worker.c */
struct worker *worker_new(struct engine *engine, gint64 id);
void worker_free(struct worker *worker);
void worker_take_facts(struct worker *worker, struct facts *facts, guint64 seq); /* takes facts */
void worker_kick(struct worker *worker); /* does the next thing, if it is time */
/* Sends a message; afterwards `fn` runs. Failure handling that is the same for all (superseded,
 * held, lost connection) has then been done and `fn` is not called. */
void worker_send(struct worker *worker, const char *what, char *sql, worker_fn fn); /* takes sql */
/* A fenced transaction around `body`: enter (or only the fence) for this worker row. Free it. */
char *worker_message(const struct worker *worker, int row, gboolean enter, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* "SELECT …; " that refuses what would go on from a ground that has changed: drift, a key that is
 * gone. Empty for an undo. Free it. */
char *worker_ground_sql(const struct worker *worker, const struct plan_step *step, gboolean undo);
/* Queues a message to be sent before anything else; takes sql. */
void worker_job(struct worker *worker, char *sql);
void worker_sleep(struct worker *worker, double ms);
/* Nothing is decided before fresh facts have come. */
void worker_look_again(struct worker *worker);
/* The same, and it is progress: a transition was committed. */
void worker_moved(struct worker *worker);
/* The step waits for `text`; shown to people, and no stall. */
void worker_waits_for(struct worker *worker, const struct step_facts *step, const char *text);
/* Batches of the step or its undo, when it is this migration's turn. */
void worker_fill(struct worker *worker, const struct step_facts *step, gboolean undo);
/* Adds to what the step's row remembers. */
void worker_remember(struct worker *worker, const char *step, JsonObject *detail);
/* What the server added, for everybody who may look: NULL where that would be a whole row. */
const char *worker_error_detail(const GError *error);
/* Records that the step failed and waits for people. */
void worker_fail(struct worker *worker, const char *step, const GError *error, const char *detail);
/* Ends the connection; the next thing to do opens a new one. */
void worker_reconnect(struct worker *worker);
/* A transient failure: again after a back-off with jitter. */
void worker_retry_later(struct worker *worker, int fails);
/* How many of those there were in the last minute. */
int worker_retries(struct worker *worker);
const struct plan_step *worker_plan_step(const struct worker *worker, const char *name);
double worker_setting(const struct worker *worker, const char *key, double otherwise);
void worker_progressed(struct worker *worker);
gboolean worker_error_is(const GError *error, int code);

/* --- stages.c, batches.c, query.c: do the next part of a step or of its undo */
void stages_act(struct worker *worker, const struct step_facts *step, gboolean undo);
/* The connection is gone: records it where that cut a statement of the plan outside a transaction.
 */
void stages_cut(struct worker *worker);
void batches_act(struct worker *worker, const struct step_facts *step, gboolean undo);
void query_act(struct worker *worker, const struct step_facts *step);
void batches_clear(struct batches *batches);
void tries_clear(struct tries *tries);

/* --- lanes.c: more workers than one of a backfill */
/* The worker itself where it is no lane. */
struct worker *lanes_lead(struct worker *worker);
void lanes_free(struct worker *lead);
/* Facts, plan and guards are the lead's: after each change of them. */
void lanes_share(struct worker *lead);
void lanes_kick(struct worker *lead);
/* Ends the connections that are idle. */
void lanes_close(struct worker *lead);
/* TRUE: the lead may do something else than batches of `step` (NULL: than any), and has no lanes any
 * more; or it is about `step`. FALSE: a lane is under way, and wakes the lead. */
gboolean lanes_quiet(struct worker *lead, const char *step);
gboolean lanes_may_go(const struct worker *lane, const struct decision *d);
void lanes_act(struct worker *lane);
/* Its message was answered, and what follows from that done: the lead may be waiting for it. */
void lanes_answered(struct worker *lane);

/* --- evidence.c: one more look for a step that waits for evidence; `afresh`: for one that is done,
 * before contract begins. */
void evidence_act(struct worker *worker, const struct step_facts *step, gboolean afresh);
void evidence_forget(struct evidence *evidence);

#endif
