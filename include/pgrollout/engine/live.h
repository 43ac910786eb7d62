/* What is read while somebody looks at locks, or at replicas and slots. Plain data; unknown numbers
 * are NAN, unknown texts NULL, all texts are foreign. */
#ifndef PGROLLOUT_ENGINE_LIVE_H
#define PGROLLOUT_ENGINE_LIVE_H

#include <glib.h>

/* One session that waits for a lock, is waited for, or holds what the next step needs. */
struct snap_lock {
    struct snap_session *session; /* pid 0: prepared transactions */
    gboolean waits;
    double waited_s;
    char *wants, *holds; /* "AccessExclusive public.orders" */
    char *row_of;        /* whose row the wanted xid has changed; NULL: not known */
    char *meets;         /* the lock by which it is in the next step's way; NULL: it is not */
    /* gint64: whom it waits for, because they hold the lock, or only stand before it in the queue; not
     * more than a few of each, of `blockers` in all. */
    GArray *hard, *queue;
    int blockers;

    /* By lock_tree_build. */
    const struct snap_lock *parent; /* NULL: a root */
    gboolean queued;                /* only the queue stands between it and its parent */
    gboolean loop;                  /* it waits for one that it holds up itself: cut here */
    int depth;                      /* 0: a root */
    char *bars;      /* one for each level: '|' or ' ' by whether another one follows there */
    gboolean last;   /* of its parent's */
    int roots;       /* how many wait for it, directly or not */
    double causes_s; /* how long they have waited in all */
};

/* What the next step that locks a table will need. */
struct snap_next_lock {
    char *step, *title, *state, *mode, *tables;
    int number, total;
    double limit_ms;  /* a try gives up then; NAN: not known */
    gboolean assumed; /* what it needs is not known: the strongest lock is taken for it */
};

struct snap_locks {
    GPtrArray *sessions; /* struct snap_lock, as a tree from the top to the bottom */
    int waiting;         /* on the whole server; not all need be in `sessions` */
    int asked;           /* of them, those that are */
    double longest_s;
    int by_us, by_us_held;       /* wait for us; those of them for a lock that we hold */
    int we_wait_on;              /* sessions that ours wait for */
    int meeting;                 /* in the next step's way */
    struct snap_next_lock *next; /* NULL: none, or not known */
};

/* Puts the sessions into the order of a tree: each waiter below one that it waits for, rather one that
 * holds the lock than one that stands before it; what causes the most waiting first. Fills in the
 * fields above and the sums. Pure. */
void lock_tree_build(struct snap_locks *locks);

struct snap_standby {
    gint64 pid;
    char *name, *address, *login;
    char *state; /* NULL: hidden from this login */
    char *sync, *slot;
    double write_s, flush_s, replay_s, behind, unsent, heard_s;
};

struct snap_slot {
    char *name, *type, *plugin, *database, *status;
    gboolean active, temporary;
    gint64 active_pid;
    double retained, safe; /* bytes of WAL; `safe`: until it may be lost, NAN: no limit */
    double xmin_age;       /* transactions that VACUUM cannot clean up after; NAN: none */
};

struct snap_archive {
    char *mode, *last, *last_failed;
    double archived, failed, last_s, failed_s;
    gboolean fails; /* the last try did */
};

struct snap_upstream {
    char *status, *host, *slot;
    double port, heard_s;
};

struct snap_replication {
    gboolean recovery; /* this server is a standby itself */
    char *lsn;
    double position; /* that as bytes: grows with the WAL */
    double keep;     /* max_slot_wal_keep_size; NAN: no limit */
    double replay_age_s, replay_left;
    struct snap_upstream *upstream; /* NULL: no WAL receiver runs */
    struct snap_archive *archive;
    GPtrArray *standbys; /* struct snap_standby, the furthest behind first */
    GPtrArray *slots;    /* struct snap_slot, what keeps the most WAL first */
};

#endif
