/* A loaded plan, taken apart for people: of each step the very statements that the engine sends, of each
 * guard what it watches. Out of the text alone; nothing here talks to a database. */
#ifndef PGROLLOUT_ENGINE_PLAN_SQL_H
#define PGROLLOUT_ENGINE_PLAN_SQL_H

#include <glib.h>

/* Statements that are sent together. */
struct plan_sql_part {
    const char *how; /* "in one transaction, with bounded lock tries" */
    char *sql;
};

struct plan_sql_step {
    char *name, *phase, *kind, *title;
    char *does;      /* as `show --sql` prints it: SQL, or words */
    char *locks;     /* "none", or what it locks */
    char *undo;      /* words; NULL: nothing to do */
    char *loses;     /* what the undo loses; NULL */
    char *gate_text; /* a question to people; NULL */
    char *reverse;   /* what an abort asks before; NULL */
    char *batch;     /* of a backfill: size and rest; NULL */
    gboolean irreversible;
    GPtrArray *parts, *undo_parts; /* struct plan_sql_part; empty where batches or people do it */
};

struct plan_sql_guard {
    char *name, *kind;
    const char *help; /* what it watches */
    char *settings;   /* "pause 5s, resume 2s, …", "off: why" */
    char *query;      /* its own; NULL */
    int samples;      /* readings in a row that trip it */
    int clears_after; /* readings in a row that clear it */
    gboolean latched; /* stays tripped until an operator's resume */
};

struct plan_sql {
    char *text;
    GPtrArray *steps;  /* struct plan_sql_step */
    GPtrArray *guards; /* struct plan_sql_guard */
};

/* NULL with ROLLOUT_ERROR_PLAN where this version cannot read the text. */
struct plan_sql *plan_sql_new(const char *text, GError **error);
void plan_sql_free(struct plan_sql *plan); /* NULL is fine */
/* NULL: none of that name. */
const struct plan_sql_step *plan_sql_step_find(const struct plan_sql *plan, const char *name);
const struct plan_sql_guard *plan_sql_guard_find(const struct plan_sql *plan, const char *name);

/* A plan file as text, opened once, regular, UTF-8, at most 1 MiB. NULL with `error`. Free with g_free.
 * Blocks for as long as the file system takes. */
char *plan_sql_file(const char *path, GError **error);

#endif
