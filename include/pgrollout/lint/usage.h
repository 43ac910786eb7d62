/* Who uses a column or a table: what one statement's text says about it, judged on PostgreSQL's own
 * parse tree. Where a text cannot be understood the answer is USAGE_UNKNOWN, never "not used". */
#ifndef PGROLLOUT_LINT_USAGE_H
#define PGROLLOUT_LINT_USAGE_H

#include <glib.h>

enum usage_kind {
    USAGE_NONE = 0,
    USAGE_READS = 1,
    USAGE_WRITES = 2,
    USAGE_UNKNOWN = 4 /* alone; `why` says why */
};

struct usage {
    unsigned kind;     /* USAGE_READS and USAGE_WRITES together, or one of the four */
    gboolean star;     /* only as part of the whole row: SELECT *, row_to_json(t), INSERT without a
                        * list of columns */
    gboolean ddl;      /* CREATE, ALTER, GRANT, VACUUM …: names it, but is no application's use */
    gboolean mentions; /* the statement names the table, or what stands on it */
    char *via;         /* the view or function through which alone it is used, or NULL; owned */
    const char *why;   /* of USAGE_UNKNOWN; static */
};

void usage_clear(struct usage *usage);
/* "reads", "writes", "reads and writes", "cannot tell", "does not use it". */
const char *usage_name(unsigned kind);

/* What must be known of the database to read a statement: made by the caller from the catalog, then
 * only read. All names as in the catalog, without quotes. */
struct usage_catalog;

/* The object asked about; `column` NULL: any use of the table. */
struct usage_catalog *usage_catalog_new(const char *schema, const char *table, const char *column);
void usage_catalog_free(struct usage_catalog *catalog); /* NULL is fine */

/* A partition or inheritance child of the table: using it is using the table. */
void usage_catalog_add_target(struct usage_catalog *catalog, const char *schema, const char *name);
/* The table's columns, in their order. Without them an INSERT without a list of columns counts as
 * one that writes the column. */
void usage_catalog_add_column(struct usage_catalog *catalog, const char *name);
/* A view that stands on the column, directly or over other views. */
void usage_catalog_add_view(struct usage_catalog *catalog, const char *schema, const char *name);
/* A function that uses the column, or that takes or returns the table's row. */
void usage_catalog_add_function(struct usage_catalog *catalog, const char *schema,
                                const char *name);
/* A constraint of the table that stands on the column: ON CONFLICT ON CONSTRAINT names it. */
void usage_catalog_add_constraint(struct usage_catalog *catalog, const char *name);
/* Another relation, and whether it has a column of the same name. What is not told is not known. */
void usage_catalog_add_relation(struct usage_catalog *catalog, const char *schema, const char *name,
                                gboolean has_column);

/* The names of the relations that a text speaks of, as keys of `names` (which owns its keys): what
 * usage_catalog_add_relation should be told about. A text that does not parse has none. */
void usage_relation_names(const char *text, GHashTable *names);
/* The same of a function's code, as usage_of_function takes it. */
void usage_relation_names_of_function(const char *language, const char *definition,
                                      const char *body, GHashTable *names);

/* Whether the text names the table, or one of the views and functions, as a word, or could do so in
 * a way that a search does not see (U&"…"). */
gboolean usage_mentions(const struct usage_catalog *catalog, const char *text);

enum usage_flags {
    USAGE_TEXT_WHOLE = 0,
    USAGE_TEXT_CUT = 1, /* the end of the text is missing */
    USAGE_TEXT_LIVE = 2 /* a session's own text: EXECUTE and FETCH hide another one */
};

/* Judges a text of one or more statements, with or without $1. `usage` is overwritten; clear it. */
void usage_of_text(const struct usage_catalog *catalog, const char *text, unsigned flags,
                   struct usage *usage);

/* Judges the body of a function. `definition` is the whole CREATE FUNCTION, which plpgsql needs;
 * `body` its source. `trigger`: it fires on the table, so that NEW and OLD are rows of it. Dynamic
 * SQL that names both table and column in its text is USAGE_UNKNOWN. */
void usage_of_function(const struct usage_catalog *catalog, const char *language,
                       const char *definition, const char *body, gboolean trigger,
                       struct usage *usage);

#endif
