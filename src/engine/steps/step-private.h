/* What the step files share: building stages and the texts that people read. */
#ifndef PGROLLOUT_ENGINE_STEPS_STEP_PRIVATE_H
#define PGROLLOUT_ENGINE_STEPS_STEP_PRIVATE_H

#include "pgrollout/engine/steps.h"

extern const struct step_class *const step_class_registry[];

/* Appends a stage; `what` is NULL for DDL. */
void stage_add(GPtrArray *stages, enum stage_how how, const char *what, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* "schema"."table" of the step; free with g_free. */
char *step_table(const struct plan_step *step);

/* Statements that make, and that take away, a sync step's trigger, function and sequence. */
char *step_sync_create_sql(const struct plan *plan, const struct plan_step *sync);
char *step_sync_drop_sql(const struct plan *plan, const struct plan_step *sync);

/* The sync step whose columns a drop_sync step names, or NULL. */
const struct plan_step *step_sync_of(const struct plan *plan, const struct plan_step *step);

/* Statements that make a view of that name, in the table's schema, through which the table is read and
 * written by everybody who may do so with the table; and that drop it. Free with g_free. */
char *step_view_create_sql(const struct plan_step *step, const char *name);
char *step_view_drop_sql(const struct plan_step *step, const char *name);
/* The same of a sync across tables, a table in each stage; the statements that drop both at once. */
void step_sync_across_stages(const struct plan *plan, const struct plan_step *sync, GPtrArray *out);
void step_sync_across_drop_stages(const struct plan *plan, const struct plan_step *sync,
                                  GPtrArray *out);
char *step_sync_across_drop_sql(const struct plan *plan, const struct plan_step *sync);

/* Statements, each followed by ";\n", that take away every sync that works with the column `col` of
 * the table of `step`, or with the table where `col` is NULL, and that no earlier step has dropped;
 * "" where there is none. Free it. */
char *step_syncs_drop_sql(const struct plan *plan, const struct plan_step *step, const char *col);

/* `"a", "b"`; NULL for NULL. Free with g_free. */
char *step_names(char **names);
/* Each quoted; free with g_strfreev. */
char **step_idents(char **names);

/* A stage that looks for values of `elements` (SQL) that more than one row has. `where`: "" or a
 * condition with its AND. */
void step_find_duplicates(const struct plan_step *step, char **elements, const char *where,
                          GPtrArray *stages);

/* What follows the table in the index' CREATE INDEX; what follows the name in ADD CONSTRAINT. */
char *step_index_body(const struct plan_step *step);
char *step_constraint_sql(const struct plan_step *step);

/* CHECK NOT VALID, VALIDATE, SET NOT NULL, drop the check. */
void step_not_null_stages(const struct plan_step *step, GPtrArray *stages);

/* CREATE TABLE of an add_table step, for a table of that (quoted) name. */
char *step_create_table_sql(const struct plan_step *step, const char *table);

/* The name that a brown_out hides another under: at most 63 bytes. */
char *step_hidden_name(const char *name);
/* The step's column by the name that it has when the step runs; not quoted. */
char *step_column_now(const struct plan *plan, const struct plan_step *step);
/* Whether the sync works with the step's table, and with its column `col` (NULL: any); whether it is
 * gone when the step runs: by a drop_sync, or by what else takes a sync along. */
gboolean step_sync_touches(const struct plan_step *sync, const struct plan_step *step,
                           const char *col);
gboolean step_sync_is_gone(const struct plan *plan, const struct plan_step *step,
                           const struct plan_step *sync);
/* The sync steps that work with the step's table when the step runs: those within it, or those across
 * tables. Free with g_ptr_array_unref. */
GPtrArray *step_live_syncs(const struct plan *plan, const struct plan_step *step, gboolean across);
/* As step_sync_create_sql, for a column that has been renamed. */
char *step_sync_renamed_sql(const struct plan *plan, const struct plan_step *sync,
                            const char *column, const char *renamed);

/* "ACCESS EXCLUSIVE on schema.table, tries of at most 100 ms"; free with g_free. */
char *step_lock_text(const char *mode, const struct plan_step *step);

#endif
