/* What the files of the stages share: stages.c (DDL, statements outside a transaction),
 * stages-catalog.c (stages whose next statement the catalog decides, time that must pass). */
#ifndef PGROLLOUT_ENGINE_STAGES_PRIVATE_H
#define PGROLLOUT_ENGINE_STAGES_PRIVATE_H

#include "engine-private.h"

/* The step being tried, if it still stands where it did: an abort may have come in between. */
const struct step_facts *stages_step(const struct worker *worker);
/* Its stages, struct step_stage owned by the array, and at which of them it is. */
GPtrArray *stages_current(const struct worker *worker, const struct step_facts *step, guint *at);
/* "stage" or "undo_stage": the member of the step's detail that says how far it is. */
const char *stages_member(gboolean undo);

gboolean stages_transient(const GError *error);
/* Again later where the failure is transient, else the step fails. */
void stages_failed(struct worker *worker, const GError *error);
void stages_try_again(struct worker *worker);
/* What records that the current stage is done: for the transaction that did it. Free with g_free. */
char *stages_record_sql(const struct worker *worker, const struct step_facts *step,
                        const char *note);
/* Records that the current stage is done. `note`: for the journal, or NULL. */
void stages_record(struct worker *worker, const struct step_facts *step, const char *note);

/* DDL with the lock budget, after a look at who holds the tables ("{oid,…}" as text); takes `sql` and
 * `record`, which commits with it. */
void stages_ddl(struct worker *worker, const struct step_facts *step, const char *tables, char *sql,
                char *record);
/* A statement outside a transaction, without any time limit, behind an intent; takes `sql`. `remember`
 * (JSON or NULL) goes into the step's detail with the intent. */
void stages_run(struct worker *worker, const struct step_facts *step, const char *what, char *sql,
                const char *remember);

/* --- stages-catalog.c */
void catalog_act(struct worker *worker, const struct step_facts *step,
                 const struct step_stage *stage);
void find_act(struct worker *worker, const struct step_facts *step, const struct step_stage *stage);
void pass_act(struct worker *worker, const struct step_facts *step, const struct step_stage *stage);
/* The statement of a catalog stage has failed for good: written down, so that what it has left
 * behind goes before the step fails. */
void catalog_broken(struct worker *worker, const struct step_facts *step, const GError *error);

#endif
