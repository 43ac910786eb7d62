/* What a plan's SQL means, judged on PostgreSQL's own parse tree. */
#ifndef PGROLLOUT_LINT_LINT_H
#define PGROLLOUT_LINT_LINT_H

#include "pgrollout/plan/reader.h"

enum sql_class {
    SQL_READ,        /* SELECT without side effects that the tree shows, SHOW, EXPLAIN */
    SQL_WRITE,       /* INSERT, UPDATE, DELETE, MERGE, COPY FROM */
    SQL_ADDITIVE,    /* CREATE …, ALTER … ADD, GRANT, COMMENT, ANALYZE */
    SQL_DESTRUCTIVE, /* DROP …, ALTER … DROP / RENAME / TYPE / SET NOT NULL, TRUNCATE, REVOKE */
    SQL_FORBIDDEN    /* transaction control, SET ROLE and friends, DO, COPY PROGRAM, LISTEN … */
};

/* Classifies exactly one statement. FALSE with an error of ROLLOUT_ERROR_PLAN when it does not
 * parse, is empty, or is more than one statement; the message has the parser's text. `why` (may be
 * NULL) gets a static text for forbidden ones. */
gboolean sql_classify(const char *sql, enum sql_class *out, const char **why, GError **error);

/* "reads", "writes", "additive", "destructive", "forbidden". */
const char *sql_class_name(enum sql_class class);

/* The statement cannot run in a transaction block (VACUUM, CONCURRENTLY, …). */
gboolean sql_needs_no_transaction(const char *sql);

/* While the statement waits for its locks, reads and writes of the table go on: VACUUM, ANALYZE,
 * VALIDATE and whatever is CONCURRENTLY. All others stop the application as long as they wait. */
gboolean sql_waits_aside(const char *sql);

/* Checks an expression over the row's own columns: parses, one expression, no sub-select, no
 * volatile function that the tree can show, no mention of `target` (may be NULL). */
gboolean sql_check_expression(const char *expression, const char *target, GError **error);

/* The same for a column's DEFAULT: no column at all, and now() is allowed because it gives every
 * row one value; a volatile function would rewrite the table. */
gboolean sql_check_default(const char *expression, GError **error);

/* Checks the name of a column type, with modifiers and COLLATE: nothing may follow it, and serial
 * types are refused because they rewrite the table. */
gboolean sql_check_type(const char *type, GError **error);
/* The expression with `qualifier` (an SQL name as it is to stand there, "NEW") put before each
 * column that it names without one. NULL with an error of ROLLOUT_ERROR_PLAN when it does not
 * parse. Free it. */
char *sql_qualify_columns(const char *expression, const char *qualifier, GError **error);

/* Checks the statement of a backfill: one INSERT, UPDATE, DELETE or MERGE without RETURNING and without
 * functions that give another value each time, with {batch} or {batch alias} where the condition on
 * the keys goes. `unlocked` (may be NULL): it reads other tables and locks nothing there. */
gboolean sql_check_batch(const char *statement, gboolean *unlocked, GError **error);
/* The same statement with `condition` in the place of each placeholder, where each %s in it stands for
 * "alias." or "". NULL with an error when the statement is not right. Free it. */
char *sql_batch_fill(const char *statement, const char *condition, GError **error);

/* Why a rehearsal cannot run a statement of an application, in words that follow "it cannot be
 * rehearsed: "; NULL where it can. Free it. */
char *lint_why_not_rehearsed(const struct plan_statement *statement);

/* How the result of a statement is compared with another one of it. All FALSE where it does not parse. */
struct sql_shape {
    gboolean reads; /* writes nothing that the tree shows */
    gboolean
        selects; /* SELECT, VALUES, TABLE: only those can be prepared besides the changes of rows */
    gboolean ordered; /* its rows come in an order that it asks for */
    gboolean cut;     /* LIMIT or OFFSET: without an order chance decides which rows it gets */
};
void sql_shape_of(const char *sql, struct sql_shape *shape);

/* All findings over a plan or a draft of one: statement classes by phase, order of steps,
 * expressions. Appends to `findings`. Nothing is said about what a draft could not be read for. */
void lint_plan(const struct plan *plan, const char *file, GPtrArray *findings);

/* Reads a plan's text and lints what can be understood of it, so that every mistake comes in one
 * pass; appends to `findings` in the order of the file. NULL when the text is no plan; one that has
 * findings of lint is returned, whether they are errors or not. The caller owns the plan. */
struct plan *lint_text(const char *text, gsize length, const char *file, GPtrArray *findings);
/* The same of a file. NULL with `error` when it cannot be read. */
struct plan *lint_file(const char *path, GPtrArray *findings, GError **error);

/* All findings over a plain SQL script: `text` has `length` bytes and a NUL behind them. Appends to
 * `findings` in the order of the script. A comment `-- pgrollout: ignore L07 reason` takes away what
 * is found in its statement, or in the next one; `-- pgrollout: phase contract` says which phase the
 * script is for. */
void lint_script(const char *text, gsize length, const char *file, GPtrArray *findings);
/* The same of a file. FALSE with `error` when it cannot be read. */
gboolean lint_script_file(const char *path, GPtrArray *findings, GError **error);

/* What a rule is about: a text of several lines that ends in a line end. NULL for an unknown id.
 * Free with g_free. */
char *lint_explain(const char *id);
/* Every id with its title, one a line, "L07  …"; free with g_free. */
char *lint_list(void);

#endif
