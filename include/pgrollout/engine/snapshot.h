/* What a console or a command knows of a database at one moment. Plain data, read from the JSON
 * that pgrollout.state() and the live views give; the JSON is that of `status --json` (man
 * pgrollout) with more fields. Unknown numbers are NAN, unknown texts NULL. All texts are foreign:
 * they pass safe_text before they reach a terminal. */
#ifndef PGROLLOUT_ENGINE_SNAPSHOT_H
#define PGROLLOUT_ENGINE_SNAPSHOT_H

#include <json-glib/json-glib.h>

#include "pgrollout/engine/live.h"

struct snap_step {
    char *name, *kind, *state; /* pending running waiting done failed undoing undone skipped */
    char *title;               /* "add column full_name text" */
    char *lock;                /* what it locks, for people */
    char *undo;                /* how it is undone, or NULL */
    char *does;                /* its SQL, or words */
    gboolean irreversible;
    int attempts;
    char *error; /* last error, NULL */
    char *sqlstate;
    char *evidence;   /* what it has found, and where it looked; NULL */
    double elapsed_s; /* running or done; NAN */
};

struct snap_phase {
    char *name, *state;
    double elapsed_s;
    GPtrArray *steps; /* struct snap_step */
};

struct snap_hold {
    char *kind; /* operator guard gate boundary stepping lock no_engine ambiguous */
    char *key;  /* guard name, gate's step, phase behind the boundary; NULL */
    char *reason;
    char *since; /* ISO 8601; NULL when derived */
    double age_s;
    char *by; /* NULL: the engine */
};

struct snap_progress {
    char *step; /* whose progress it is */
    double rows_done, rows_total, fraction, rows_per_s;
    double eta_low_s, eta_high_s;
    double batch_rows, batch_ms, batches, retries, quarantined;
    char *unfilled; /* the first of the quarantined rows, for people; NULL */
    double rest_ms;
};

struct snap_guard {
    char *name, *unit, *state; /* ok slow tripped blind off unwatched */
    char *detail;              /* "worst: replica-b", why blind, why off */
    double value, pause, resume;
    /* Tripped: so many readings in a row clear it (0: none does), so many there have been, and how
     * far they are apart. NAN otherwise. */
    double clears_after, clearing, every_s;
};

struct snap_answer {
    char *application;
    char *by; /* NULL: not answered yet */
};

struct snap_gate {
    char *step, *text;
    gboolean reverse; /* the opposite question, asked while aborting */
    gboolean by_approver;
    /* of the opposite question: what uses that which the abort takes away; NULL: it takes nothing */
    char *evidence;
    gboolean clear;     /* nothing stands against it: no reason must be given */
    GPtrArray *answers; /* struct snap_answer; empty when one answer for all */
};

struct snap_event {
    gint64 id;
    char *at;   /* "14:02:31", the server's time zone UTC */
    char *who;  /* "engine", "guard", or login */
    char *kind; /* "phase", "step", "hold", "command", "note", … */
    char *text;
    char *when;             /* "2026-11-22T14:02:31.123Z" */
    char *os_user, *client; /* whose session it was; NULL */
    char *migration;        /* in a journal of all of them; NULL */
};

struct snap_series { /* one value a second, oldest first; NAN: not known */
    double *values;
    guint n;
};

struct snap_migration {
    gint64 id, version;
    char *name, *title, *owner, *contact, *ticket, *state, *phase, *step, *plan_sha256;
    GPtrArray *phases; /* struct snap_phase */
    GPtrArray *holds;  /* struct snap_hold */
    gboolean has_progress;
    struct snap_progress progress;
    GPtrArray *guards;      /* struct snap_guard, as the plan has them */
    struct snap_gate *gate; /* NULL: none waits */
    char *waits_for;        /* why nothing happens although nothing holds it; NULL */
    char *pause_text;       /* what a pause does now */
    char *abort_text;       /* what an abort does now */
    gboolean abort_possible;
    char *contract_obstacle; /* why contract may not begin now; NULL: nothing stands in its way */
    GPtrArray *events;       /* struct snap_event: the last few, newest first */
    struct snap_series rows_per_s, lag_s, waits, wal_bytes_per_s;
    GPtrArray *evidence; /* struct snap_event: the samples that tripped the guards that hold */
};

struct snap_replica {
    char *name, *state;
    double lag_s, lag_bytes;
};

struct snap_lock_wait {
    gint64 pid;
    GArray *blocked_by; /* gint64 */
    double waited_s;
    gboolean ours;  /* the waiter is one of pgrollout's sessions */
    gboolean on_us; /* one of its blockers is */
    char *application, *state, *query;
};

/* What is read beyond the rest, while somebody looks at it. */
enum look {
    LOOK_NONE,
    LOOK_ACTIVITY,
    LOOK_LOCKS,
    LOOK_REPLICAS,
    LOOK_GUARDS,
    LOOK_CARD,
    LOOK_CHECKLIST
};

struct snap_session {
    gint64 pid;
    char *
        backend_start; /* as the server writes it; with the pid it names the session. NULL: hidden */
    char *login, *application, *address, *database, *kind;
    char *state; /* NULL: hidden from this login */
    char *wait_type, *wait_event;
    double xact_s, query_s, state_s; /* how long; NAN: none, or hidden */
    /* When its transaction and its statement, the last one if it is idle, began: microseconds since
     * 1970, as exact as the server has it. 0: none, or hidden. */
    gint64 xact_us, query_us;
    char *query;           /* perhaps only its start */
    int query_length;      /* characters of the whole of it */
    gboolean query_hidden; /* this login may not see it */
    gboolean ours;
};

struct snap_activity {
    GPtrArray *sessions; /* struct snap_session: not more than the server was asked for */
    int total, active, idle_in_transaction, waiting, hidden, max_connections;
    double oldest_xact_s;
};

struct snapshot {
    int refs;
    char *
        text; /* the document it was read from; NULL: not kept, as behind client_callbacks.on_snapshot */
    char *at;    /* server time, ISO 8601 UTC */
    double at_s; /* the same as seconds since 1970; NAN: not known */
    char *database;
    int server_version;
    char *server_role; /* "primary" or "standby" */
    int timeline;
    gboolean installed; /* schema pgrollout is there and this login may look */
    int schema_version;
    char *login, *role; /* highest of viewer responder operator approver, or "none" */
    gboolean engine_alive;
    gint64 engine_epoch, engine_pid;
    char *engine_host;
    double heartbeat_age_s;
    gboolean paused_all;
    double our_wal_share;          /* of the server's WAL in the last seconds, 0..1; NAN unknown */
    double our_active, all_active; /* sessions running a statement */
    char *engine_log;              /* the engine's log file on its host; NULL */
    GPtrArray *migrations;         /* struct snap_migration, what needs attention first */
    GPtrArray *replicas;           /* struct snap_replica */
    GPtrArray *lock_waits;         /* struct snap_lock_wait */
    /* What was looked for besides, and what came of it. */
    enum look look;
    char *look_argument;
    char *look_error;               /* why there is nothing; NULL */
    struct snap_activity *activity; /* NULL: not looked for */
    struct snap_locks *locks;
    struct snap_replication *replication;
    struct snap_guards *guards; /* snapshot-look.h; likewise */
    struct snap_card *card;
    struct snap_checklist *checklist;
};

/* Reads one; NULL with an error of ROLLOUT_ERROR_BUG when it is not such a document. */
struct snapshot *snapshot_parse(const char *json, GError **error);
/* The statement whose single value is that document: pgrollout.state() with the live reads of
 * replicas and lock waits under the caller's own rights; without the control schema (`installed`
 * FALSE) the live reads alone. `look` with its argument (NULL: none) is read in the same statement.
 * Free with g_free. */
char *snapshot_sql(gboolean installed, enum look look, const char *argument);
/* Whether that look needs the control schema. */
gboolean look_needs_schema(enum look look);
/* Texts of snapshots are shared by all that say the same, and never changed: this is how one is made, and how
 * another takes its place. NULL is fine. */
char *snap_text(const char *text);
void snap_text_set(char **place, const char *text);
/* A snapshot is kept until each of its holders has freed it. */
struct snapshot *snapshot_ref(const struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot); /* NULL is fine */
struct snap_migration *snapshot_migration_find(const struct snapshot *snapshot, const char *name);

/* The first hold of that kind, or NULL. */
struct snap_hold *snap_hold_find(const struct snap_migration *migration, const char *kind);
struct snap_guard *snap_guard_find(const struct snap_migration *migration, const char *name);
/* The step under way (the one named by `step`) and its place among all steps, counted from 1. NULL,
 * and 0, when there is none. Either out parameter may be NULL. */
struct snap_step *snap_step_current(const struct snap_migration *migration, guint *number,
                                    guint *total);
struct snap_phase *snap_phase_find(const struct snap_migration *migration, const char *name);

/* Attention first: failed, held by a guard, waiting for a person, running, the rest by age. The
 * order in `migrations` already is this one. */
int snap_migration_compare(const struct snap_migration *a, const struct snap_migration *b);

/* One of CALM WATCH TIGHT HURTING UNKNOWN from the guard with the least room (console.md 9.1). */
enum harm { HARM_CALM, HARM_WATCH, HARM_TIGHT, HARM_HURTING, HARM_UNKNOWN };
const char *harm_word(enum harm harm);
enum harm snap_harm(const struct snapshot *snapshot, const struct snap_migration *migration);
/* Room left of a guard, 0..1; NAN when unwatched, off or blind. */
double snap_guard_room(const struct snap_guard *guard);

#endif
