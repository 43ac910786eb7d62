/* The kinds of steps: what each does as SQL, how it is taken back, and what people are told of it. One
 * file a kind in src/engine/steps/; the registry is generated. */
#ifndef PGROLLOUT_ENGINE_STEPS_H
#define PGROLLOUT_ENGINE_STEPS_H

#include "pgrollout/plan/plan.h"

/* How a stage runs. */
enum stage_how {
    STAGE_DDL, /* one fenced transaction with lock retries; commits together with its record */
    STAGE_LOOSE, /* outside a transaction, no fence: an intent is committed first; must be repeatable */
    STAGE_CATALOG, /* asks a function of the control schema for the next statement until none is left */
    STAGE_FIND, /* looks a few seconds for rows that the next stage would fail on */
    STAGE_PASS  /* lets the step's `for:` pass */
};

struct step_stage {
    enum stage_how how;
    char *sql;  /* one or more statements for STAGE_DDL, exactly one for STAGE_LOOSE; STAGE_FIND: a
                   query of one text column; STAGE_CATALOG: the function's further arguments */
    char *what; /* STAGE_LOOSE: "validate", "analyze", "statement": the intent's word; STAGE_FIND:
                   what the rows do; STAGE_CATALOG: the function's name */
};

/* What people are told; every text is owned. NULL where there is nothing to say. */
struct step_text {
    char *title;        /* "add column full_name text to users" */
    char *does;         /* the SQL as it will run, or words */
    char *locks;        /* "ACCESS EXCLUSIVE on public.users, at most 100ms a try" */
    char *undo;         /* "drop column full_name" */
    char *undo_locks;   /* what taking it back locks; NULL where nothing is taken back */
    char *loses;        /* what the undo loses: "values written to full_name only" */
    char *gate_text;    /* confirm: the question */
    char *reverse_text; /* confirm, sync: the opposite question asked by an abort */
    gboolean irreversible;
    gboolean skippable;
};

enum step_worker {
    STEP_BY_STAGES,
    STEP_BY_BATCHES,
    STEP_BY_QUERY,
    STEP_BY_PEOPLE,
    STEP_BY_EVIDENCE
};

struct evidence_class;

struct step_class {
    enum plan_kind kind;
    enum step_worker worker; /* which part of the engine runs it */
    void (*describe)(const struct plan *plan, const struct plan_step *step, struct step_text *text);
    /* Appends struct step_stage; NULL for other workers. Pure text: names come from the plan. */
    void (*stages)(const struct plan *plan, const struct plan_step *step, GPtrArray *stages);
    /* The same for taking it back; NULL: nothing to do in the database. */
    void (*undo_stages)(const struct plan *plan, const struct plan_step *step, GPtrArray *stages);
    /* STEP_BY_EVIDENCE: what it looks at, and what it makes of that. */
    const struct evidence_class *evidence;
};

const struct step_class *step_class_find(enum plan_kind kind);
/* By the word that plans and the database have for it; NULL: none. */
const struct step_class *step_class_named(const char *kind);

/* Fills `text`; clear it afterwards. */
void step_describe(const struct plan *plan, const struct plan_step *step, struct step_text *text);
void step_text_clear(struct step_text *text);

/* The stages of a step, or of its undo: struct step_stage, owned by the array; empty where there is
 * nothing to do. */
GPtrArray *step_stages(const struct plan *plan, const struct plan_step *step, gboolean undo);

/* The step's table, quoted and qualified, by the name that it has when the step runs: an earlier step
 * may have hidden it. Free with g_free. */
char *step_table_now(const struct plan *plan, const struct plan_step *step);

/* The name that the trigger, its function and its sequence of a sync step have in the table's schema:
 * sorts last, at most 63 bytes, changes with the plan. Free with g_free. */
char *step_sync_name(const struct plan *plan, const struct plan_step *step);

/* Condition under which a row of the old table of a sync across tables needs no new row: each of its
 * columns is NULL or at its default. `prefix`: the row's name, or "". Free it. */
char *step_sync_empty_sql(const struct plan_step *sync, const char *prefix);

#endif
