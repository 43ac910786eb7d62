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
    char *low;      /* ($1)[1]::bigint, ($1)[2]::text */
    char *end;      /* k1, k2: in batch_end, where a column of the table must not clash with ours */
    char *end_texts; /* ARRAY[k1::text, k2::text] */
};

/* What a batch does to the rows that the condition `keys` names (over the key's columns, unqualified,
 * of the source's table): common table expressions, the last of them `changed` with a row for each row
 * that was changed, or that differs, then with its key as `k`. Free it. */
char *batches_change_sql(const struct worker *worker, const struct plan_step *step,
                         const struct key_sql *key, const char *keys);

/* The message that prepares the first and the next batch of the step in worker->batches: ends in ";
 * ". Free it. */
char *batches_prepare_sql(const struct worker *worker, const struct plan_step *step);

/* EXECUTE of the next batch, from the position in worker->batches. Its row: last key as an array
 * literal, keys passed, rows changed (or differing), position, and of a comparison the first keys
 * that differ as a JSON array; no row at the end. Free it. */
char *batches_execute_sql(const struct worker *worker);

#endif
