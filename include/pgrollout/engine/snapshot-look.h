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

/* A line of the card. */
struct snap_card_line {
    char *kind; /* "title", "text", "sql", "dim", "ok", "warn", "danger", "gate" */
    char *text; /* with the spaces that it begins with */
};

struct snap_card {
    char *migration, *checked; /* when, in ISO 8601 */
    char *closed;              /* why there is no way back; NULL: there is one */
    GPtrArray *lines;          /* struct snap_card_line, what pgrollout card prints */
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
