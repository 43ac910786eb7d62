/* The engine's senses: one sample a second on the read-only sensor connection, and the guards that
 * judge it. A guard that cannot be read trips (blind): no sensor, no progress. */
#ifndef PGROLLOUT_ENGINE_SENSE_H
#define PGROLLOUT_ENGINE_SENSE_H

#include <json-glib/json-glib.h>

#include "pgrollout/engine/conf.h"
#include "pgrollout/pg/conn.h"
#include "pgrollout/plan/plan.h"

enum guard_state { GUARD_OK, GUARD_SLOW, GUARD_TRIPPED, GUARD_BLIND, GUARD_OFF, GUARD_UNWATCHED };

/* One guard of one migration, with its memory. */
struct guard {
    const struct plan_guard *plan; /* the plan owns it and outlives this */
    enum guard_state state;
    gboolean aborts;      /* value at or above the `abort` level */
    double value;         /* NAN: not read */
    double pause, resume; /* in force (settings may differ from the plan) */
    double cap;           /* the plan's pause is brought down to this; NAN: it is not */
    int above, below;     /* samples in a row at ≥ pause, at ≤ resume */
    char *detail;         /* worst replica, why blind, why unwatched; NULL */
    JsonArray *samples;   /* the last few readings as {at, text}: evidence when it trips */

    /* Memory of the hysteresis and of the guard's class; nobody else looks at it. */
    const struct guard_class *class;
    gint64 born_us, read_us; /* made at; last read at (0: never) */
    int failures;            /* in a row */
    int good;                /* readings in a row below pause */
    int over;                /* readings in a row at or above abort */
    gboolean tripped;        /* stands behind a BLIND, too */
    gint64 due_us;           /* with a query of its own: not before */
    gint64 takes_us;         /* one reading may take so long; 0: no time */
    void *memory;
};

/* What the engine knows of a migration that a guard needs besides the sample. */
struct sense_subject {
    gint64 migration_id;
    gboolean working;    /* a step that makes progress is running */
    gboolean held;       /* any hold stands: stall leaves this time out */
    double progressed_s; /* since the last progress (batch, step, phase), held time left out */
    double rows_per_s;   /* of our own batches in the last second */
    int retries;         /* of our transactions in the last minute */
};

struct guard_class;
struct sense;

/* A migration's guards after a sample. The guards live until the migration is removed. */
typedef void (*sense_fn)(gint64 migration_id, GPtrArray *guards, void *data);

/* `conn` is the sensor connection; sense uses it alone, when it is open, registered and read-only, and
 * sets its statement_timeout. It may be closed (sense_interrupt first) and opened again; what was
 * remembered of replicas and baselines stays. */
struct sense *sense_new(struct db_conn *conn);
/* Which standbys are asked for the heartbeat, and the probes; `conf` must outlive it, NULL is none. */
void sense_configure(struct sense *sense, const struct conf *conf);
/* The heartbeat was written on the primary: microseconds since 1970 by the server's clock. */
void sense_beat(struct sense *sense, gint64 beat_us);
/* The round under way is dropped, and nobody is told. */
void sense_interrupt(struct sense *sense);
/* Before the connection is freed. Closes the connection where a message of ours is under way. Not
 * from within a sense_fn. */
void sense_free(struct sense *sense);

/* Watches a migration's guards; the plan must outlive it. `tables` are regclass oids as decimal text. */
void sense_add(struct sense *sense, gint64 migration_id, const struct plan *plan,
               char **table_oids);
void sense_remove(struct sense *sense, gint64 migration_id);
/* Overrides of guard.NAME.pause / .resume ("guard.replication_lag.pause" → "7"). */
void sense_set(struct sense *sense, gint64 migration_id, GHashTable *settings);
/* A hold of this guard stands from before (an engine or a sensor connection that is no more): it begins
 * tripped and clears as if it had tripped now. */
void sense_adopt(struct sense *sense, gint64 migration_id, const char *guard);
/* Latched guards (stall) begin anew: called at resume, that is, when a hold of that guard went. */
void sense_reset(struct sense *sense, gint64 migration_id, const char *guard);

/* No sample is under way, and the connection is free for something else. */
gboolean sense_is_idle(const struct sense *sense);

/* Takes one sample now; `subjects` (struct sense_subject, n of them) describe the migrations. When the
 * answer or its failure is in, calls `fn` for each migration. A sample still under way after its
 * statement timeout (800 ms), or a lost connection, counts as blind for every guard. */
void sense_sample(struct sense *sense, const struct sense_subject *subjects, guint n, sense_fn fn,
                  void *data);

/* The replicas that were ever seen, as a text for sense_expect; "{}": none. Free it. */
char *sense_replicas(const struct sense *sense);
/* An engine before has seen these, and this migration remembers it: they are waited for. `held`: its
 * replication_lag holds, so who is not there or behind is taken to be as late as that at once. */
void sense_expect(struct sense *sense, gint64 migration_id, const char *replicas, gboolean held);
/* After a failover nobody knows who belongs to the new primary. */
void sense_forget_replicas(struct sense *sense);
/* What a person can do besides waiting, for the hold's reason; NULL: nothing. Free it. */
char *guard_advice(const struct guard *guard, const char *migration);

/* Of the last sample: NAN or 0 where unknown. */
double sense_lag_s(const struct sense *sense);
/* Of each replica its lag in seconds, as the JSON object that pgrollout.sample_add stores. Free it. */
char *sense_lags(const struct sense *sense);
int sense_waiters_on_us(const struct sense *sense);
/* What this session of ours has waited for over two seconds: "a lock, behind pid 17"; NULL: nothing. Free
 * it. It begins with SENSE_WAIT. */
#define SENSE_WAIT "a lock"
char *sense_wait(const struct sense *sense, gint64 pid);
double sense_wal_bytes_per_s(const struct sense *sense);
double sense_our_wal_share(const struct sense *sense);

/* Why the guard holds, for the hold's reason: "replication_lag 7.2s > 5s: replica-b", "errors cannot
 * be read: …". It changes with every reading: place the hold with the first one. Free it. */
char *guard_reason(const struct guard *guard);

/* The guards as the JSON array that pgrollout.sample_add stores: name, value, unit, pause, resume,
 * state, detail. Free it. */
char *guards_to_json(const GPtrArray *guards);

#endif
