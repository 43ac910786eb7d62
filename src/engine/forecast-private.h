/* What the parts of a forecast share: plain readings, and the arithmetic over them. */
#ifndef PGROLLOUT_ENGINE_FORECAST_PRIVATE_H
#define PGROLLOUT_ENGINE_FORECAST_PRIVATE_H

#include "engine/preflight-private.h"
#include "pgrollout/engine/forecast.h"

/* --- arithmetic, pure (forecast-sum.c) */

struct forecast_range forecast_unknown(void);
gboolean forecast_is_known(struct forecast_range range);
/* Each end by the same factor; parts of one whole. */
struct forecast_range forecast_times(struct forecast_range range, double factor);
struct forecast_range forecast_plus(struct forecast_range a, struct forecast_range b);

/* Something counted on pages that were picked at random. */
struct forecast_tally {
    double n, sum, squares, most; /* pages, their counts, the largest of one page */
};
void forecast_tally_add(struct forecast_tally *tally, double count);
/* The whole of `pages`: three standard errors about the mean, exact when all were read, never below
 * what was seen. Where nothing was seen, three in n pages may still be full of it (95 %). */
struct forecast_range forecast_scale(const struct forecast_tally *tally, double pages,
                                     double full_page);

/* One batch that was made, or passed without a change. */
struct forecast_measure {
    double rows, changed; /* keys passed, rows changed */
    double ms;            /* of the whole message, planning taken off */
    double walk_ms;       /* the same range only read */
    double wal, images;   /* bytes; full-page images, counted */
    double hot;           /* of the changed ones */
};

/* What the plan asks of the pace. */
struct forecast_pace {
    int min, max;
    double target_ms, rest, rate;
    double trip_ms;      /* an empty transaction there and back */
    int workers;         /* 0, 1: one */
    gboolean grows_cold; /* measured as HOT, which it will no longer be: an index comes first */
};

/* Without rests nobody waits for anybody: low is the quickest measured batch all the way, high the
 * slowest with twice the rest and a quarter for VACUUM and the like. */
void forecast_time(struct forecast_step *step, const struct forecast_pace *pace,
                   const struct forecast_measure *measures, guint n);

/* A share of HOT updates without a sample: what fits into the free part of the pages. */
struct forecast_range forecast_hot_room(double rows_per_page, double touched_per_page,
                                        double row_bytes, double added, double page_bytes);
/* The measured one. */
struct forecast_range forecast_hot_measured(const struct forecast_measure *measures, guint n);

struct forecast_wal_terms {
    double added;                          /* bytes of new values in a row */
    double index_pages;                    /* of all indexes */
    gboolean images;                       /* full_page_writes */
    gboolean old_tuple;                    /* REPLICA IDENTITY FULL */
    double checkpoint_s, checkpoint_bytes; /* after so much a checkpoint comes at the latest */
};
/* Needs touched, hot, seconds and batches. Without measures from the rows' width. */
void forecast_wal(struct forecast_step *step, const struct forecast_wal_terms *terms,
                  const struct forecast_measure *measures, guint n);
/* Needs touched and hot. `entry`: bytes that one row takes in all indexes together. */
void forecast_growth(struct forecast_step *step, double added, double entry);
/* Rows put into another table, `width` bytes of values each. */
void forecast_insert(struct forecast_step *step, double width, int indexes);
/* A new index of so many rows with keys of `width` bytes. */
struct forecast_range forecast_index_size(struct forecast_range rows, double width);

/* --- readings */

struct forecast_server {
    gboolean in_recovery, full_page_writes, autovacuum;
    double page_bytes, wal_position, slot_limit, freeze_max_age;
    double checkpoint_s, checkpoint_bytes, segment_bytes;
    double session_xmin_age, slot_xmin_age, prepared_xmin_age, oldest_transaction_s;
    int synchronous, replicas, backend_pid;
    char *archive_mode, *data_directory;
};

struct forecast_index {
    char *name;
    double bytes;
    gboolean brin;
    char **columns;
};

struct forecast_trigger {
    char *name;
    char **columns; /* UPDATE OF; NULL: any */
};

struct forecast_column {
    char *name;
    int length; /* -1: varying */
};

struct forecast_leaf {
    char *oid, *table; /* the table quoted and qualified */
    double pages;
};

/* A table as it stands. */
struct forecast_table {
    const struct catalog_table *catalog;
    GPtrArray *leaves;   /* struct forecast_leaf: the table itself, or its partitions */
    GPtrArray *indexes;  /* struct forecast_index */
    GPtrArray *triggers; /* struct forecast_trigger: of people, on UPDATE */
    GPtrArray *columns;  /* struct forecast_column */
    double pages, relpages, reltuples, analyzed_s, modified, dead, live, vacuumed_s, frozen_age;
    int fillfactor;
    gboolean autovacuum_off, identity_full, may_update;
    char *substitute, *tablespace;
};

/* What was seen on the sampled pages. */
struct forecast_reading {
    struct forecast_tally rows, touched;
    double row_bytes, added_bytes; /* of one row, of the new values in a touched one; NAN */
    double ms;                     /* for all pages */
    GPtrArray *starts; /* char *: keys as array literals, from which batches may begin */
};

struct forecast_run {
    struct db_conn *conn;
    const struct plan *plan;
    struct catalog *catalog;
    struct forecast_server server;
    struct forecast *forecast;
    gboolean sample;
};

gboolean forecast_server_read(struct forecast_run *run, GError **error);
void forecast_server_clear(struct forecast_server *server);
/* NULL with an error. */
struct forecast_table *forecast_table_read(struct forecast_run *run,
                                           const struct catalog_table *catalog, GError **error);
void forecast_table_free(struct forecast_table *table);
gboolean forecast_outside_read(struct forecast_run *run, GError **error);
/* Once more, when some time has gone by: which of them move. */
gboolean forecast_outside_again(struct forecast_run *run, GError **error);
/* Free bytes where the table lies, if the server is surely on this machine; NAN. *path is set then. */
double forecast_free_room(const struct forecast_run *run, const struct forecast_table *table,
                          char **path);

void forecast_table_hints(struct forecast_run *run, const struct forecast_table *table,
                          const struct forecast_step *out);
/* At the end: what becomes of slots, archive and room. */
void forecast_outlook(struct forecast_run *run);

/* A read in a transaction of its own that is rolled back: the reply, or NULL with an error after
 * which the connection can be used. Takes `sql`. */
struct db_reply *forecast_ask(struct forecast_run *run, char *sql, gboolean writes,
                              int statement_ms, GError **error);

/* --- SQL (forecast-sql.c). Texts are freed by the caller. */

/* Whether the step would change the row, with columns that do not exist yet as they will be. */
char *forecast_matches_sql(const struct forecast_run *run, const struct forecast_table *table,
                           const struct plan_step *step);
/* The element of an index (`lower(name) DESC`) without what is no expression. Pure. */
char *forecast_element(const char *element);
/* The bare name where the element is a column alone; NULL. Pure. */
char *forecast_element_column(const char *element);

/* `blocks` of each leaf: arrays of block numbers as text, NULL where none. */
char *forecast_pages_sql(const struct forecast_run *run, const struct forecast_table *table,
                         const struct plan_step *step, char *const *blocks);
/* One row: keys passed, rows that match. */
char *forecast_walk_sql(const struct forecast_run *run, const struct forecast_table *table,
                        const struct plan_step *step, const char *start, int rows);
/* The change. One value, JSON: {plan, changed, hot}, the plan as EXPLAIN (ANALYZE, WAL) has it. */
char *forecast_batch_sql(const struct forecast_run *run, const struct forecast_table *table,
                         const struct plan_step *step, const char *start, int rows,
                         gboolean substitute);
/* A column that the step fills does not exist yet. */
gboolean forecast_needs_substitute(const struct forecast_table *table,
                                   const struct plan_step *step);

/* --- steps that make an index (forecast-index.c) */

gboolean forecast_index(struct forecast_run *run, const struct forecast_table *table,
                        const struct plan_step *step, struct forecast_step *out, GError **error);
/* The index that an earlier step of the plan makes over a column which `step` fills; NULL. */
const struct plan_step *forecast_index_before(const struct plan *plan,
                                              const struct plan_step *step);

/* --- the two kinds of samples */

gboolean forecast_read_pages(struct forecast_run *run, const struct forecast_table *table,
                             const struct plan_step *step, struct forecast_reading *reading,
                             GError **error);
void forecast_take_reading(struct forecast_step *out, const struct forecast_reading *reading);
void forecast_reading_clear(struct forecast_reading *reading);
/* A trigger of people that fires for each row that the step changes. */
gboolean forecast_fires(const struct plan *plan, const struct forecast_trigger *trigger,
                        const struct plan_step *step);
/* Batches that are rolled back: appends struct forecast_measure. FALSE: `step->not_sampled` says why
 * there are none. */
gboolean forecast_make_batches(struct forecast_run *run, const struct forecast_table *table,
                               const struct plan_step *step, const struct forecast_reading *reading,
                               struct forecast_step *out, GArray *measures);
/* How the last backfill of this table went, where the control schema knows. */
gboolean forecast_earlier_batches(struct forecast_run *run, const struct forecast_table *table,
                                  struct forecast_step *out, GArray *measures);

/* What `load` keeps in the step's detail. */
JsonNode *forecast_kept_json(const struct forecast_step *step);

void forecast_assume(struct forecast_step *step, const char *format, ...) G_GNUC_PRINTF(2, 3);
void forecast_hint(struct forecast *forecast, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
