/* What the database remembers of the live migrations: pgrollout.engine_state() as plain data. */
#ifndef PGROLLOUT_ENGINE_FACTS_H
#define PGROLLOUT_ENGINE_FACTS_H

#include <json-glib/json-glib.h>

struct step_facts {
    char *name, *phase, *kind, *state;
    gboolean irreversible;
    char *gate_by; /* "operator" or "approver" */
    int attempts;
    double age_s;         /* since it started; NAN before */
    gboolean answered;    /* a waiting gate, or while undoing its opposite: every answer is there */
    gboolean by_evidence; /* it waits for evidence, which contract reads again */
    gboolean reread;      /* it was, since contract was asked for */
    JsonObject *detail;   /* owned */
};

struct phase_facts {
    char *name, *state;
};

struct hold_facts {
    char *kind, *key, *reason;
    gboolean by_hand; /* a boundary that only a person passes */
};

struct facts {
    gint64 id;
    char *name, *state, *phase, *abort_to, *plan_sha256;
    char *held;               /* what enter would say; NULL: nothing holds it */
    double contract_age_s;    /* since contract was passed; NAN */
    gboolean contract_agreed; /* its hook had nothing against it, this time */
    gboolean
        veto_due; /* not from the database: this machine has such a hook, and it has not agreed */
    gboolean reverse_answered; /* an opposite gate has been answered in this abort */
    /* while aborting: what the abort takes away from a new release, objects of schema, table and
     * (absent: all of the table) column; NULL: nothing */
    JsonNode *takes;
    GPtrArray *phases;    /* struct phase_facts */
    GPtrArray *steps;     /* struct step_facts, in order */
    GPtrArray *holds;     /* struct hold_facts */
    GHashTable *settings; /* key → value, texts */
};

/* struct facts, owned by the array; NULL with ROLLOUT_ERROR_BUG. */
GPtrArray *facts_parse(const char *json, GError **error);
void facts_free(struct facts *facts);

struct step_facts *facts_step(const struct facts *facts, const char *name);
const struct hold_facts *facts_hold(const struct facts *facts, const char *kind, const char *key);
/* A member of the step's detail as text; NULL when absent. */
const char *step_facts_text(const struct step_facts *step, const char *member);
gint64 step_facts_int(const struct step_facts *step, const char *member);

#endif
