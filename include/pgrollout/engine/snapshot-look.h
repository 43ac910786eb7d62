/* What a snapshot has beyond the rest while a screen looks at it. Plain data, as in snapshot.h: unknown
 * numbers are NAN, unknown texts NULL, all texts are foreign. */
#ifndef PGROLLOUT_ENGINE_SNAPSHOT_LOOK_H
#define PGROLLOUT_ENGINE_SNAPSHOT_LOOK_H

#include "pgrollout/engine/snapshot.h"

/* A limit of a guard that somebody has set. */
struct snap_limit {
    char *guard, *limit; /* "pause" or "resume" */
    double value, plan;  /* what the plan says */
    char *by, *at, *why; /* who set it, when ("14:02:31"), for which reason */
    char *until;         /* NULL: it stays */
    double left_s;
};

struct snap_history {
    char *guard;
    struct snap_series series; /* one value each `bucket_s` seconds */
};

struct snap_guards {
    char *migration;
    int bucket_s;
    GPtrArray *limits;  /* struct snap_limit */
    GPtrArray *trips;   /* struct snap_event, newest first: `who` is the guard */
    GPtrArray *history; /* struct snap_history */
};

/* NULL: none of that guard. */
const struct snap_history *snap_history_find(const struct snap_guards *guards, const char *guard);
const struct snap_limit *snap_limit_find(const struct snap_guards *guards, const char *guard,
                                         const char *limit);

/* One thing that an abort does. */
struct snap_undo {
    char *target; /* "start", a phase, or "none": there is no way back */
    int n;
    char *action, *locks, *loses;
};

/* Something that an abort takes away. */
struct snap_take {
    char *schema, *relation, *column; /* NULL: all of it */
    gboolean there;                   /* the catalog has it */
};

struct snap_card {
    char *migration, *checked; /* when, "14:02:31" */
    GPtrArray *undo;           /* struct snap_undo, in order, all the way to the start first */
    GPtrArray *takes;          /* struct snap_take */
};

/* An item of the checklists. */
struct snap_check {
    char *list;         /* "before shipping", "during rollout" */
    char *item, *words; /* its name; what it says */
    char *state;        /* "met", "confirmed", "open", "contradicted", "not needed" */
    char *evidence;
    char *by, *at, *note; /* the answer; NULL: nobody has answered */
};

struct snap_checklist {
    char *migration;
    GPtrArray *items; /* struct snap_check, in order */
};

/* NULL where `object` is NULL. */
struct snap_guards *snap_guards_read(JsonObject *object);
void snap_guards_free(struct snap_guards *guards); /* NULL is fine */
struct snap_card *snap_card_read(JsonObject *object);
void snap_card_free(struct snap_card *card); /* NULL is fine */
struct snap_checklist *snap_checklist_read(JsonObject *object);
void snap_checklist_free(struct snap_checklist *checklist); /* NULL is fine */

#endif
