/* Who still uses a column or a table: what the servers say, put together. Reading is the caller's: a
 * reader gives the statements to be asked and takes their answers, each one value of JSON, so that
 * commands can wait for them and the engine need not. */
#ifndef PGROLLOUT_ENGINE_USAGE_H
#define PGROLLOUT_ENGINE_USAGE_H

#include <json-glib/json-glib.h>

#include "pgrollout/engine/conf.h"
#include "pgrollout/lint/usage.h"
#include "pgrollout/pg/conn.h"

#define USAGE_PRIMARY "primary"
#define USAGE_COVERAGE 0.95 /* the least share that is enough, where nothing else is said */

/* A server that was asked. Calls are of statements that name the table, or may. */
struct usage_source {
    char *name;     /* USAGE_PRIMARY, or of the standby */
    char *wrong;    /* nothing can be said of it, and why; NULL */
    char *since;    /* since when it has counted, for people */
    char *reset;    /* the same, exactly: another one means that it began anew */
    double seen;    /* calls whose text was understood */
    double unknown; /* calls whose text was not */
    double hidden;  /* calls whose text was not shown: on any table */
    double unseen;  /* at least so many calls were forgotten for want of room */
    gint64 dealloc, max, entries;
    char *mark; /* changes when statements come or go */
};

struct usage_statement {
    const struct usage_source *source;
    char *id; /* queryid:userid:toplevel */
    char *role, *text;
    gint64 calls;
    double mean_ms;
    gboolean excepted; /* of a role that does not count */
    struct usage usage;
};

struct usage_session {
    const struct usage_source *source;
    gint64 pid, age_s;
    char *role, *application, *state, *text;
    gboolean locks; /* it holds a lock of the table until its transaction ends */
    gboolean excepted;
    struct usage usage; /* of the statement that it shows */
};

enum usage_standing {
    USAGE_STANDS, /* it breaks, or gives other results, without the column */
    USAGE_MAYBE,  /* it may */
    USAGE_GOES,   /* it leaves with the column */
    USAGE_OURS    /* a migration's own, which takes it away in time */
};

struct usage_dependent {
    enum usage_standing standing;
    char *kind, *text;
};

struct usage_report {
    char *schema, *table, *column;                           /* column NULL: the table */
    GPtrArray *sources, *statements, *sessions, *dependents; /* structs as above */
    GPtrArray *notes;                                        /* char *: what else must be known */
    double coverage; /* the share of the calls on the table that was seen, 0 to 1 */
    guint using_statements, unknown_statements, using_sessions, unknown_sessions, standing;
};

void usage_report_free(struct usage_report *report); /* NULL is fine */

struct usage_reader;
/* `except`: globs of roles, and of standbys, that do not count (NULL: none); copied. */
struct usage_reader *usage_reader_new(const char *schema, const char *table, const char *column,
                                      char **except);
void usage_reader_free(struct usage_reader *reader); /* NULL is fine */

/* What was made of each statement is kept in `cache` (borrowed, of the caller's making, for readers of
 * one object on one set of servers), so that a text is parsed once and not at every look. */
void usage_reader_remember(struct usage_reader *reader, JsonObject *cache);

/* What was meant by one to three words of a person (the last ones NULL): a row of schema, table,
 * column (NULL: the table) and whether that column is there; no row: no such table. */
char *usage_target_sql(const char *const *words);

/* 1. Asked of the primary. FALSE: there is no such table or column. */
char *usage_catalog_sql(const struct usage_reader *reader);
gboolean usage_reader_take_catalog(struct usage_reader *reader, JsonNode *catalog);
/* 2. Asked of every server. The first is NULL where pg_stat_statements is not installed. */
char *usage_statements_sql(const struct usage_reader *reader);
char *usage_sessions_sql(const struct usage_reader *reader);
/* The first without texts: what became of the statements `ids` (char *); `stats` is the schema of
 * pg_stat_statements. */
const char *usage_reader_stats(const struct usage_reader *reader); /* "": it is not installed */
char *usage_tick_sql(const char *stats, const GPtrArray *ids);
/* `wrong`: why there is no answer; NULL: there is one. */
void usage_reader_take_server(struct usage_reader *reader, const char *name, JsonNode *statements,
                              const char *statements_wrong, JsonNode *sessions,
                              const char *sessions_wrong);
/* 3. Asked of the primary when all servers have answered. */
char *usage_relations_sql(const struct usage_reader *reader);
/* The end. The caller owns the report. */
struct usage_report *usage_reader_finish(struct usage_reader *reader, JsonNode *relations);

/* All of it, waiting for the primary `conn` and for each standby of the settings. NULL with
 * ROLLOUT_ERROR_USAGE: there is no such table or column; else: the primary could not be asked. */
struct usage_report *usage_ask_wait(struct db_conn *conn, const struct conf *conf,
                                    const char *const *words, char **except, GError **error);

#endif
