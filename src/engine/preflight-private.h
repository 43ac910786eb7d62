/* What the parts of the preflight share: the catalog as it was read once, and how findings are
 * made. */
#ifndef PGROLLOUT_ENGINE_PREFLIGHT_PRIVATE_H
#define PGROLLOUT_ENGINE_PREFLIGHT_PRIVATE_H

#include <json-glib/json-glib.h>

#include "pgrollout/engine/load.h"

struct catalog_column {
    char *name, *type; /* the type fit for SQL */
    char *collation;   /* quoted and qualified, or NULL */
    char *default_sql; /* cast to the type, alike in every session; NULL: none, or not known */
    gboolean default_constant; /* the same value for everybody at any time */
    gboolean not_null, has_default, generated, identity_always;
    gboolean has_grants;      /* of its own */
    gboolean collation_moved; /* its library is of another version than the one it was made with */
    const struct plan_step *added_by;   /* NULL: it exists */
    const struct plan_step *dropped_by; /* an earlier step than the one that is looked at */
};

struct catalog_trigger {
    char *name, *function;
    gboolean is_row, is_before, on_insert, on_update;
    char **columns; /* UPDATE OF; NULL: any */
};

/* Something that hangs on a table, or on a column of it. */
struct catalog_fact {
    char *kind;   /* "rule", "publication", "blocks" … as the query names them */
    char *column; /* NULL: of the table */
    char *name;   /* for people */
};

struct catalog_table {
    const struct plan_step *first; /* the first step that names it */
    char *schema, *name;
    char *relid; /* NULL: there is no such table */
    char kind;   /* pg_class.relkind */
    char persistence;
    gboolean schema_exists, is_partition, is_system, has_children, has_parent, row_security;
    char *owner;    /* of the table */
    char *ddl_role; /* whom DDL runs as: the plan's role, else the owner; NULL: no such role */
    gboolean owner_super, role_owns, schema_usage, schema_create, engine_member;
    gboolean has_replica_identity;
    int attributes;      /* dropped ones too: 1,600 is the end */
    gint64 rows_total;   /* -1: not known */
    JsonArray *key;      /* of {"name", "type", "collation"}; NULL: no usable one */
    char *odd_parts;     /* partitions that DDL on it would fail at, for people; NULL */
    char *key_refused;   /* the types that made the best index unusable; NULL */
    GPtrArray *columns;  /* struct catalog_column */
    GPtrArray *triggers; /* struct catalog_trigger */
    GPtrArray *facts;    /* struct catalog_fact */
};

struct catalog {
    gboolean in_recovery, installed, may_load;
    gboolean role_exists, role_super;           /* the plan's role */
    char *logical_slots, *control_publications; /* names; NULL: none */
    GPtrArray *tables;                          /* struct catalog_table */
    GHashTable *definitions; /* step → how what it makes reads in the catalog; NULL: none yet */
    GHashTable *references;  /* step → columns that its foreign key references; NULL: none yet */
    const struct forecast *forecast; /* what load keeps of it; NULL; owned by somebody else */
    const GPtrArray *findings;       /* likewise: what lint and the preflight have found; NULL */
};

struct preflight {
    struct db_conn *conn;
    const struct plan *plan;
    const char *file;
    GPtrArray *findings;
    struct catalog *catalog;
    gboolean no_temporary; /* said already that expressions are checked less exactly */
};

/* Reads all that the plan touches, in one snapshot. NULL with an error. Blocks. */
struct catalog *catalog_read(struct db_conn *conn, const struct plan *plan, GError **error);
void catalog_free(struct catalog *catalog);    /* NULL is fine */
void catalog_columns_free(GPtrArray *columns); /* struct catalog_column, with what they hold */
/* Reads the default of one column again, as it is in this transaction. */
gboolean catalog_default_read(struct db_conn *conn, const char *relid,
                              struct catalog_column *column, GError **error);
/* The table of a step, through its backfill for verify; NULL where the step has none. */
struct catalog_table *catalog_table_find(const struct catalog *catalog, const struct plan *plan,
                                         const struct plan_step *step);
struct catalog_column *catalog_column_find(const struct catalog_table *table, const char *name);
/* The step whose table a step works on: itself, or the backfill of a verify. */
const struct plan_step *step_table_source(const struct plan *plan, const struct plan_step *step);
/* The names of all facts of one kind, of a column or (NULL) of the table, "a, b"; NULL: none. */
char *catalog_facts_format(const struct catalog_table *table, const char *kind, const char *column);

/* How what the step makes reads in the catalog, NULL where that is not known; the columns that its
 * foreign key references. The `_take` functions take what they are given, NULL is fine. */
const char *catalog_definition(const struct catalog *catalog, const struct plan_step *step);
void catalog_definition_take(struct catalog *catalog, const struct plan_step *step, char *text);
char **catalog_references(const struct catalog *catalog, const struct plan_step *step);
void catalog_references_take(struct catalog *catalog, const struct plan_step *step, char **names);
/* The table that a step names with `into`; NULL where it names none. */
struct catalog_table *catalog_into_find(const struct catalog *catalog,
                                        const struct plan_step *step);
/* Pairs of columns of `into` and of the table, by which a row of the one belongs to a row of the other:
 * of the sync, else (NULL) those of a backfill that take the key of its table; fewer than that has where
 * the backfill leaves some out. struct plan_set, of the plan's steps; free the array. */
GPtrArray *catalog_into_key(const struct catalog_table *table, const struct plan_step *step,
                            const struct plan_step *sync);
/* The column by which a backfill into another table marks the rows that it has read; NULL: all are of
 * the key, or cannot be written. */
const char *catalog_touched_column(const struct catalog_table *table,
                                   const struct plan_step *backfill);

/* A finding at the place, else (place 0) at the step; the plan's first line without a step. */
void preflight_error(struct preflight *run, const struct plan_step *step, struct plan_place at,
                     const char *format, ...) G_GNUC_PRINTF(4, 5);
void preflight_warn(struct preflight *run, const struct plan_step *step, struct plan_place at,
                    const char *format, ...) G_GNUC_PRINTF(4, 5);

/* The checks. Those that ask the server return FALSE with an error when it could not answer. */
gboolean preflight_table(struct preflight *run, struct catalog_table *table, GError **error);
gboolean preflight_step(struct preflight *run, struct catalog_table *table,
                        const struct plan_step *step, GError **error);
/* Indexes, constraints, NULL: the part of preflight_step for these. */
gboolean preflight_ddl(struct preflight *run, struct catalog_table *table,
                       const struct plan_step *step, GError **error);
/* Tables that come and go, columns that may be there: the part of preflight_step for these. */
gboolean preflight_made(struct preflight *run, struct catalog_table *table,
                        const struct plan_step *step, GError **error);
gboolean preflight_adopt_column(struct preflight *run, struct catalog_table *table,
                                const struct plan_step *step, GError **error);
/* The add_table step that makes the table; NULL. And what the table will be, into `table`. */
const struct plan_step *preflight_adds(const struct plan *plan, const struct catalog_table *table);
gboolean preflight_added_table(struct preflight *run, struct catalog_table *table,
                               const struct plan_step *step, GError **error);
/* The column as it is when the step runs; NULL (reported) where there is none. */
struct catalog_column *preflight_column(struct preflight *run, const struct catalog_table *table,
                                        const struct plan_step *step, const char *name);
/* An earlier `sql` step speaks of the name: what it makes is not known here. */
gboolean preflight_sql_mentions(const struct preflight *run, const struct plan_step *before,
                                const char *name);
/* Column dropped by the step: what stands in the way, what goes with it. */
void preflight_drop(struct preflight *run, const struct catalog_table *table,
                    const struct plan_step *step);
/* add_view, rename_table: the new name is free. */
gboolean preflight_new_name(struct preflight *run, const struct plan_step *step, GError **error);
/* The same of steps that work across tables (preflight-across.c). */
gboolean preflight_sync_across(struct preflight *run, const struct catalog_table *table,
                               const struct plan_step *step, GError **error);
gboolean preflight_backfill_into(struct preflight *run, const struct catalog_table *table,
                                 const struct plan_step *step, GError **error);
gboolean preflight_statement(struct preflight *run, const struct catalog_table *table,
                             const struct plan_step *step, GError **error);
/* A step of the plan is to make the table, which does not exist yet. */
gboolean preflight_is_made(const struct plan *plan, const struct catalog_table *table);
/* The column must be there when the step runs; NULL (reported) where it is not. */
struct catalog_column *preflight_column(struct preflight *run, const struct catalog_table *table,
                                        const struct plan_step *step, const char *name);
/* Row triggers of people that an UPDATE of `columns` (NULL-terminated) or an INSERT would fire. */
void preflight_fired(struct preflight *run, const struct catalog_table *table,
                     const struct plan_step *step, const char *const *columns, gboolean insert);
/* An expression over the table's columns as they are at this step: types, immutability. It must
 * become `type`, for the column `target` (NULL: for none). */
gboolean preflight_expression(struct preflight *run, const struct catalog_table *table,
                              const struct plan_step *step, struct plan_place at, const char *what,
                              const char *expression, const char *target, const char *type,
                              GError **error);
/* The column that add_column makes: its type, its default, whether the table would be rewritten.
 * What the server makes of the default goes into `column`. */
gboolean preflight_new_column(struct preflight *run, const struct catalog_table *table,
                              const struct plan_step *step, struct catalog_column *column,
                              GError **error);
/* "BEGIN …; SET LOCAL …; ": what the sessions of the engine have. Free with g_free. */
char *preflight_begin_sql(const struct plan *plan, gboolean writes);
/* The same, then an empty temporary table like the real one, ending in ";". Free with g_free. */
char *preflight_clone_sql(const struct preflight *run, const struct catalog_table *table);
/* Reports what the server said against it: a mistake of the plan, or that it was not decided. */
void preflight_refused(struct preflight *run, const struct plan_step *step, struct plan_place at,
                       const char *what, const GError *failure);
/* Whether it is one statement whatever is spliced into it; reported where not: a plan that was not
 * linted must not smuggle in another one. */
gboolean preflight_one_statement(struct preflight *run, const struct plan_step *step,
                                 struct plan_place at, const char *what, const char *sql);
/* Sends one message that begins a transaction, and rolls it back. NULL with `failure` when the
 * statement was refused; with *lost, and `error`, when the connection is gone. */
struct db_reply *preflight_try(struct preflight *run, const char *message, GError **failure,
                               gboolean *lost, GError **error);
/* The failure is no mistake of the plan: a right that the login lacks, a lock, a read-only session,
 * an event trigger that forbids. */
gboolean preflight_undecided(const GError *failure);
/* A query of a check or a guard: would it run? `step` is NULL for a guard. */
gboolean preflight_query(struct preflight *run, const struct plan_step *step, struct plan_place at,
                         const char *what, const char *sql, GError **error);

/* engine_preflight, which also hands out what it read. */
gboolean preflight_run(struct db_conn *conn, const struct plan *plan, const char *file,
                       GPtrArray *findings, struct catalog **catalog, GError **error);

/* The plan as pgrollout.load wants it; without a catalog only what tells it from another plan. Free
 * with g_free. */
char *load_json(const struct plan *plan, const struct catalog *catalog);
/* What is known of the two tables of a step, as members of the object that is being built. */
void load_add_across(JsonBuilder *builder, const struct plan *plan,
                     const struct catalog_table *table, const struct plan_step *step);
/* What is known of the plan besides its steps (`facts`): lint's warnings of `findings`, which may be
 * NULL, the applications, the guards that are off. */
void load_add_facts(JsonBuilder *builder, const struct plan *plan, const GPtrArray *findings);
/* What taking a step back sends and locks, as members of the object that is being built. */
void load_add_undo(JsonBuilder *builder, const struct plan *plan, const struct plan_step *step,
                   const char *locks);

#endif
