/* The SQL of batches, apart from when they are sent. */
#ifndef PGROLLOUT_ENGINE_BATCHES_PRIVATE_H
#define PGROLLOUT_ENGINE_BATCHES_PRIVATE_H

#include "engine-private.h"

/* The backfill that a verify step compares; the step itself for others. */
const struct plan_step *batches_source(const struct worker *worker, const struct plan_step *step);

/* The key as SQL: as columns, as texts, and both sides of a row comparison. Where the index that
 * the walk follows has another collation than its column, that one is what orders and compares. */
struct key_sql {
    char *columns;  /* "a", "b" */
    char *ordered;  /* "a", "b" COLLATE "C" */
    char *descends; /* "a" DESC, "b" COLLATE "C" DESC */
    char *people;   /* 1/x, of several columns */
    char *texts;    /* ARRAY["a"::text, "b"::text] */
    char *low;      /* ($1)[1]::bigint, ($1)[2]::text; of one key, what it is equal to */
    char *end;      /* k1, k2: in batch_end, where a column of the table must not clash with ours */
    char *end_texts; /* ARRAY[k1::text, k2::text] */
};

/* What a batch does to the rows that the condition `keys` names (over the key's columns, unqualified,
 * of the source's table): common table expressions, the last of them `changed` with a row for each row
 * that was changed, or that differs, then with its key as `k`. Free it. */
char *batches_change_sql(const struct worker *worker, const struct plan_step *step,
                         const struct key_sql *key, const char *keys);

/* --- batches-into.c: the same across two tables, and by a statement. Free them. */
char *batches_fill_into(const struct worker *worker, const struct plan_step *step,
                        const char *keys);
char *batches_repair_into(const struct worker *worker, const struct plan_step *step,
                          const struct key_sql *key, const char *keys);
char *batches_compare_into(const struct worker *worker, const struct plan_step *step,
                           const struct key_sql *key, const char *keys);
char *batches_refill_old(const struct worker *worker, const struct plan_step *step,
                         const struct key_sql *key, const char *keys);
char *batches_statement(const struct plan_step *step, const struct key_sql *key, const char *keys);
/* The rows of batch_end for a comparison of two tables, from the condition `above` the position. */
char *batches_end_into(const struct worker *worker, const struct plan_step *step,
                       const struct key_sql *key, const char *above);
/* The last key of each of the two tables, as what a FROM takes. */
char *batches_last_into(const struct worker *worker, const struct plan_step *step,
                        const struct key_sql *key);

/* The message that reads, behind the fence, where the step in worker->batches stands and up to which
 * key it goes. Its row: that of pgrollout.batches_begin. Free it. */
char *batches_begin_sql(const struct worker *worker, const struct plan_step *step);

/* The message that prepares the first and the next batch of the step, when that is known. Free it. */
char *batches_prepare_sql(const struct worker *worker, const struct plan_step *step);

/* EXECUTE of the next batch, from the position in worker->batches. Its row: last key as an array
 * literal, keys passed, rows changed (or differing), position, and of a comparison the first keys
 * that differ as a JSON array; no row at the end. Free it. */
char *batches_execute_sql(const struct worker *worker);

/* The first key after the position in worker->batches, as an array literal; no row at the end. Free
 * it. */
char *batches_peek_sql(const struct worker *worker, const struct plan_step *step);

/* The change of the row with key `one` (an array literal) alone; `record` is SQL over its number of
 * `changes`, in the same statement. Its row: changes, record. Free it. */
char *batches_one_sql(const struct worker *worker, const struct plan_step *step, const char *one,
                      const char *record);

/* SQL that appends the position behind the one row with this key. Free it. */
char *batches_append_sql(const struct worker *worker, const char *key, const char *changes);

/* The first keys of the ranges but the first one's, from a sample of `percent` of the table, as a query
 * for a text array of array literals. Free it. */
char *batches_bounds_sql(const struct worker *worker, const struct plan_step *step,
                         const char *percent, int rows_max);

/* One plan for the whole walk, along the key: never a plan that sorts or scans the table because the
 * statistics are young. */
#define BATCHES_WALK                                                                               \
    "DEALLOCATE ALL; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; "         \
    "SET enable_bitmapscan = off; SET enable_sort = off; "                                         \
    "SET jit = off; " /* the costs of what is switched off would call for it */

/* --- batches-place.c: rows passed by place, where there is no key */
gboolean batches_by_place(const struct batches *batches);
/* The rows of batch_end from the condition `above` the position; `table` is quoted. Free it. */
char *batches_end_place(const struct worker *worker, const char *table, const struct key_sql *key,
                        const char *above, gboolean first);
/* As batches_peek_sql. Free it. */
char *batches_peek_place(const struct worker *worker, const char *table, const struct key_sql *key,
                         const char *above);
/* The last place that a row may have now, as a query for a text array; no row: none. Free it. */
char *batches_last_place(const char *table);
/* TRUE: whether another pass has to follow has been asked; FALSE: no more. */
gboolean batches_pass(struct worker *worker);

/* --- lanes.c */
struct lanes_sum {
    gint64 batches, rows_done, rows_changed, retries;
};
/* Of the lead and all its lanes. */
struct lanes_sum lanes_sum(const struct worker *lead);
/* How many of them have batches left; at least 1. */
int lanes_active(const struct worker *worker);
gboolean lanes_ended(const struct worker *lead);
/* The message that adds the lanes' fence rows and returns the bounds of the ranges. Free it. */
char *lanes_ranges_sql(const struct worker *lead, const struct plan_step *step);
/* Adds the lanes that the answer calls for. */
void lanes_make(struct worker *lead, const struct db_reply *reply);

/* --- batches.c */
/* The settings in force: an override of the operator, else the plan. */
void batches_pace(struct worker *worker, gboolean first);
void batches_send(struct worker *worker);
/* Again later, if that is what the failure calls for. */
gboolean batches_transient(struct worker *worker, const GError *error);
/* The position has moved behind the key, an array literal that is taken over. */
void batches_moved(struct worker *worker, char *key, int rows, gint64 changed);
/* Rests as the last batch wants it. */
void batches_rest(struct worker *worker, int rows);
/* The first keys that differ, for people; `json`: an array of texts, or NULL. */
void batches_note_differs(struct worker *worker, const char *json);
void batches_finished(struct worker *worker, struct db_reply *reply, const GError *error);

/* --- batches-quarantine.c: rows that a batch cannot fill */
/* The failure is about the data of a row: other rows may well be filled. */
gboolean batches_data_error(const char *sqlstate);
/* A batch has failed on data. */
void batches_split(struct worker *worker, const GError *error);
/* TRUE: the next thing to do was about a single row, and has been sent. */
gboolean batches_single(struct worker *worker);
/* What is under way about a single row is void: it is looked at anew. */
void batches_single_clear(struct batches *batches);
/* Ends the step as `end`, a call that records it, says; but fails it where rows are left that could not
 * be filled. */
void batches_end(struct worker *worker, const char *end);

/* --- batches-replica.c: a comparison that is read on a standby */
/* The next thing to do for it, instead of a batch on the primary. */
void batches_replica_act(struct worker *worker);
/* The position was read anew: what came out of the last batch is void. */
void batches_replica_begin(struct batches *batches);
/* Where it is read; NULL: nowhere yet. */
const char *batches_replica_name(const struct replica *replica);
void batches_replica_free(struct replica *replica); /* NULL is fine */
/* batches.c: the answer to a batch. */
void batches_done(struct worker *worker, struct db_reply *reply, const GError *error);

#endif
