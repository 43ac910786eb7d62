/* Steps that wait for evidence: an ask for what is to be looked at, a judgement that is pure, and what
 * is common to all of them: the time for which it must have been clear, what the step's row
 * remembers, and looking afresh before contract. */
#ifndef PGROLLOUT_ENGINE_EVIDENCE_PRIVATE_H
#define PGROLLOUT_ENGINE_EVIDENCE_PRIVATE_H

#include <json-glib/json-glib.h>

#include "pgrollout/engine/conf.h"
#include "pgrollout/pg/reply.h"
#include "pgrollout/plan/plan.h"

/* Not looked for so long: nobody knows what went on meanwhile, and the time begins anew. */
#define EVIDENCE_GAP_US (30 * G_USEC_PER_SEC)

enum evidence_place { EVIDENCE_PRIMARY, EVIDENCE_REPLICA, EVIDENCE_POOLER };

/* What is to be asked where. The primary and the standbys answer with one value of JSON, read in a
 * read-only transaction; a pooler with rows, which become an array of objects of texts. */
struct evidence_ask {
    enum evidence_place place;
    char *name;  /* of the standby or pooler; NULL */
    char *topic; /* by which the judgement finds the answer */
    char *sql;
};

struct evidence_answer {
    enum evidence_place place;
    char *name, *topic;
    JsonNode *value; /* NULL: none, or SQL's NULL */
    char *wrong;     /* why there is no answer; NULL: there is one */
};

/* What is being judged. */
struct evidence_question {
    const struct plan *plan;
    const struct plan_step *step;
    const struct conf *conf;
    const char *database;
    gint64 migration_id;
    gint64 now_us;   /* the server's clock, since 1970 */
    gint64 since_us; /* since when it has been clear at every look; 0: it was not, or no look yet */
    gint64 begun_us; /* the first look ever of this run of the step; now at that one */
    gboolean held;   /* a hold stands: nothing of the step may be recorded as done */
    gboolean afresh; /* before contract: is what was found once still so? */
    JsonNode
        *takes; /* at an opposite gate: what the abort takes away (facts.h); NULL: it is none */
    JsonObject *memo;     /* what the class had remembered in the step's row; NULL: nothing */
    JsonObject *replicas; /* name → true: standbys that were seen on this timeline; never NULL */
    JsonObject
        *lately; /* the class's own between two looks of one engine; never NULL, and lost with it */
};

enum evidence_verdict {
    EVIDENCE_CLEAR,  /* nothing stands against it at this look */
    EVIDENCE_FROZEN, /* neither: this time does not count, but what went before it does */
    EVIDENCE_NOT,    /* something stands against it */
    EVIDENCE_BLIND   /* it cannot be seen; counts as EVIDENCE_NOT */
};

/* All owned; `verdict` and `text` must be set. */
struct evidence_finding {
    enum evidence_verdict verdict;
    char *text;     /* what was found, for people: "no session of web", "2 sessions of web: …" */
    char *coverage; /* where was looked, and where nobody could; NULL */
    JsonObject *memo; /* to be remembered from now on; NULL: no change */
    double fraction;  /* how near it is; NAN: unknown, or the time says it */
};

struct evidence_class {
    /* The judgement counts the time itself: EVIDENCE_CLEAR means that it is enough. Otherwise it must
     * have been clear at every look for the step's `for`. */
    gboolean cumulative;
    /* Appends struct evidence_ask (evidence_ask). Called again with the answers so far until it
     * appends none, so that one question may follow from another. */
    void (*ask)(const struct evidence_question *question, const GPtrArray *answers,
                GPtrArray *asks);
    /* Pure: answers is of struct evidence_answer, every one that was asked for. */
    void (*judge)(const struct evidence_question *question, const GPtrArray *answers,
                  struct evidence_finding *finding);
};

/* The texts are copied; `sql` is taken. */
void evidence_ask(GPtrArray *asks, enum evidence_place place, const char *name, const char *topic,
                  char *sql);
/* The first answer to a topic from there; name NULL: from anywhere of that kind. NULL: not asked. */
const struct evidence_answer *evidence_answer_find(const GPtrArray *answers,
                                                   enum evidence_place place, const char *name,
                                                   const char *topic);
void evidence_ask_free(void *ask);
void evidence_answer_free(void *answer);
/* A pooler's rows as an array of objects; the one value of a server, NULL where it is not JSON. */
JsonNode *evidence_rows(const struct db_reply *reply);
JsonNode *evidence_value(const struct db_reply *reply);
void evidence_finding_clear(struct evidence_finding *finding);

/* --- the time (pure) */

/* What the step's row remembers of it. */
struct evidence_window {
    gint64 begun_us; /* 0: it has not been looked at */
    gint64 since_us; /* 0: not clear at the last look */
    gint64 seen_us;  /* the last look */
};

/* Takes one look in. TRUE: it has been clear for `window_us`. */
gboolean evidence_window_look(struct evidence_window *window, gint64 now_us, gint64 window_us,
                              enum evidence_verdict verdict);
/* How long until the next look. */
double evidence_interval_ms(gint64 window_us);
/* "for 4m of 10m", moving so seldom that the row is not written for every look. Free it. */
char *evidence_elapsed(gint64 elapsed_us, gint64 window_us);

/* --- the kinds */
extern const struct evidence_class evidence_no_sessions, evidence_soak, evidence_replicas,
    evidence_unused;
/* Not of a kind: of the opposite gate of whichever step asks, and the step that stands for it. */
extern const struct evidence_class evidence_undo;
const struct plan_step *evidence_undo_step(void);

#endif
