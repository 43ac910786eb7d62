/* A statement among others: of a script, or the one of a plan's step. */
#ifndef PGROLLOUT_LINT_STATEMENT_PRIVATE_H
#define PGROLLOUT_LINT_STATEMENT_PRIVATE_H

#include "lint/tree-private.h"
#include "pgrollout/plan/plan.h"

/* What a statement keeps others from while it runs, at the least. */
enum statement_lock {
    STATEMENT_LOCK_NONE,   /* of a table that was there before */
    STATEMENT_LOCK_ASIDE,  /* reads and writes go on (ShareUpdateExclusive and less) */
    STATEMENT_LOCK_WRITES, /* Share, ShareRowExclusive: writes wait */
    STATEMENT_LOCK_ALL     /* Exclusive, AccessExclusive: reads wait too, or nearly */
};

/* Times that are in force, in microseconds. */
#define STATEMENT_TIME_UNSET (-1)

struct statement {
    const struct plan_step *step; /* NULL: of a script */
    char *sql;                    /* from its first word; owned */
    struct plan_place at, last;   /* of that word, and of the last character */
    gsize offset;                 /* in the script's text */
    gboolean parsed;
    struct tree tree; /* when parsed */
    GError *error;    /* when not */
    char *table;      /* the one that it changes, "schema.name" or "name"; NULL: none, or several */
    gboolean on_new;  /* that table was made by the same file, and nobody else has seen it */
    enum statement_lock lock;
    int block;   /* number of its transaction block from 1; 0: it runs by itself */
    int ordinal; /* in the file, from 0 */
    gint64 lock_timeout_us, statement_timeout_us; /* scripts; 0: off */
};

struct script {
    const char *text; /* as given */
    gsize length;
    enum plan_phase phase; /* `-- pgrollout: phase contract`; PHASE_COUNT: not said */
    gboolean pins_schema;  /* it sets search_path */
    gboolean too_long;     /* statements behind the last one were not looked at */
};

struct statement *statement_new(const char *sql, gsize length, const struct plan_step *step);
void statement_free(struct statement *statement);

/* The statements of a script, in its order. `script` is filled in. */
GPtrArray *script_read(const char *text, gsize length, struct script *script);
/* The statements of a plan's sql steps that parse, and CREATE TABLE for its add_table steps. */
GPtrArray *plan_statements(const struct plan *plan);

gboolean statement_is(const struct statement *statement, const char *type);
/* One text for a RangeVar: "schema.name", "name"; NULL for NULL. Free with g_free. */
char *statement_relation(JsonObject *range);
/* The same for a list of String nodes, without the last `less` of them. */
char *statement_name(JsonArray *names, guint less);
/* Whether two such names may be the same relation: a missing schema matches any. */
gboolean statement_same(const char *a, const char *b);

/* Visits every command of an ALTER TABLE: its subtype, its fields, and the fields and the type of
 * its definition (NULL where it has none). Does nothing for other statements. */
typedef void command_visit(const char *subtype, JsonObject *command, const char *type,
                           JsonObject *definition, gpointer data);
void statement_commands(const struct statement *statement, command_visit *visit, gpointer data);
/* Visits every column that a statement makes (CREATE TABLE, ADD COLUMN) with its fields, and every
 * constraint with `column` being the one that it stands at (NULL: the table's). */
typedef void part_visit(JsonObject *column, JsonObject *constraint, gpointer data);
void statement_parts(const struct statement *statement, part_visit *visit, gpointer data);
/* The place of a node in its statement, or 0. */
int statement_location(JsonObject *fields);
/* An UPDATE or DELETE of every row of a table. */
gboolean statement_is_whole(const struct tree *tree);
/* It takes long where the table is large: it reads or writes all of it. */
gboolean statement_is_long(const struct statement *statement);
/* The statement before this one with the same file for which `test` holds, or NULL. */
typedef gboolean statement_test(const struct statement *earlier, gconstpointer data);
const struct statement *statement_before(const GPtrArray *statements,
                                         const struct statement *statement, statement_test *test,
                                         gconstpointer data);

/* The lock of a statement on what was there before, by its tree alone. */
enum statement_lock tree_lock(const struct tree *tree);

#endif
