/* The sampler from the inside: what one sample holds, and a migration that is watched. */
#ifndef ENGINE_SENSE_PRIVATE_H
#define ENGINE_SENSE_PRIVATE_H

#include "guard-private.h"
#include "sense-stats.h"

/* A session that waits for a lock. */
struct lock_wait {
    gint64 pid;
    double waited_s;
    const char *application; /* foreign text */
    const char *lock;        /* pg_locks.locktype of what it waits for */
    const char *relation;    /* its relation's oid, or NULL */
    JsonArray *rows_of;      /* oids of the relations of whose rows it is next in line */
    JsonArray *blockers;     /* pids */
    JsonArray *our_blockers; /* those of them that are ours */
    gboolean ours;
    gboolean on_us; /* a lock that we hold is at the end of its queue */
};

struct standbys;
struct beats;

/* One reading of the server. */
struct sample {
    gint64 at_us;     /* monotonic */
    gint64 lsn;       /* bytes since 0/0 */
    GPtrArray *waits; /* struct lock_wait, longest first, at most 20 */
    JsonNode *waits_json;
    struct standbys *standbys; /* borrowed */
    struct beats *beats;       /* borrowed */
};

/* Reads the answer to sense.sql; NULL with `error` when it is not what it should be. */
struct sample *sample_read(const struct db_reply *reply, gint64 now_us, struct standbys *standbys,
                           GError **error);
void sample_free(struct sample *sample);

/* The replicas' lag by samples: (time, LSN) pairs are kept, and a replica lags by the age of the
 * oldest of them that lies beyond what it has replayed. replay_lag alone reads near 0 while replay
 * is stuck; it only sharpens what is below a second. */
struct standbys *standbys_new(void);
/* No lag is as long as this: who lets a guard clear above it means a replica that is gone for good. */
#define STANDBY_GONE_S 86400.0
void standbys_free(struct standbys *standbys);
/* `replicas` is sense.sql's array. FALSE with `error`: the server hides them from us. */
gboolean standbys_take(struct standbys *standbys, gint64 now_us, gint64 lsn, JsonArray *replicas,
                       GError **error);
/* Seconds of the worst replica whose name matches none of the globs `except` (may be NULL), NAN
 * where none was ever seen. `*detail` says which; free it. */
double standbys_lag(const struct standbys *standbys, gint64 now_us, char *const *except,
                    char **detail);
/* The same for bytes of WAL that it has not replayed: `lsn` is the primary's. */
double standbys_bytes(const struct standbys *standbys, gint64 lsn, char *const *except,
                      char **detail);
/* Of each its lag in seconds, as a text {"name":lag}; free it. */
char *standbys_lags(const struct standbys *standbys, gint64 now_us);
/* Those that were ever seen, as a text {"name":connections} to be kept; free it. */
char *standbys_format(const struct standbys *standbys);
/* Such a text of an engine before: who is not there now is gone, and has been for `late_s`; what is
 * not replayed at the first sample is so old, too. Those known already stay as they are. */
void standbys_expect(struct standbys *standbys, gint64 now_us, const char *text, double late_s);
/* Another server: nothing that was seen before is waited for. */
void standbys_forget(struct standbys *standbys);
/* `missed` (owned names) is a guard's memory of those that are gone for longer than its `pause`. Such
 * a one lags ever more, so that only a person can bring it to or below `resume` again. Where that is a
 * day or more, it means that the replica is gone for good: it is forgotten. */
void standbys_miss(struct standbys *standbys, gint64 now_us, char *const *except, double pause,
                   double resume, GHashTable *missed);

/* The heartbeat as the configured standbys show it, each over a connection of its own. Its values are
 * only ever compared with each other, and its times are of our monotonic clock: a standby lags by the
 * age of the first beat that it does not show. */
struct beats *beats_new(void);
void beats_free(struct beats *beats);
/* NULL: no standby is asked. */
void beats_configure(struct beats *beats, const struct conf *conf);
void beats_written(struct beats *beats, gint64 now_us, gint64 beat_us);
/* Another server: its beats begin anew. */
void beats_forget(struct beats *beats);
/* Asks every standby that is not being asked; never blocks. */
void beats_ask(struct beats *beats, gint64 now_us);
enum beats_state { BEATS_NONE, BEATS_SOON, BEATS_KNOWN, BEATS_BLIND };
/* The worst of them but `except`. BEATS_NONE: none is configured; BEATS_SOON: one has not answered yet;
 * BEATS_BLIND: `*detail` says which cannot be read and why. Free it. */
enum beats_state beats_lag(const struct beats *beats, gint64 now_us, char *const *except,
                           double *lag_s, char **detail);
/* What `written` (struct beat_moment, growing) says of a standby that shows `seen_us`: seconds. */
struct beat_moment {
    gint64 beat_us, at_us;
};
double beats_behind(const GArray *written, gint64 seen_us, gint64 now_us);

/* One look at the sessions serves several guards. */
#define SESSIONS_LOOK "engine/sql/sense-sessions-again.sql"
#define SESSIONS_EVERY_US (5 * G_USEC_PER_SEC)
/* FALSE, and the reading says so: it failed, or the sessions are hidden. */
gboolean reading_sessions(struct reading *reading, const struct db_reply *reply,
                          const GError *error);

/* A migration that is watched. */
struct watch {
    gint64 migration_id;
    const struct plan *plan;
    char **tables; /* oids of the plan's tables */
    GPtrArray *guards;
    const struct stats *stats; /* borrowed */
    const struct conf *conf;   /* borrowed; NULL: none */
    char *dbname;
    struct sense_subject subject; /* as of this sample */
};

#endif
