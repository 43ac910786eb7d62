/* The keys of every mapping of a plan file, as tables: reading, checking, the nearest known word
 * and the test of the manual page all go by them. */
#ifndef PGROLLOUT_PLAN_FIELDS_PRIVATE_H
#define PGROLLOUT_PLAN_FIELDS_PRIVATE_H

#include "plan/node-private.h"

/* What the readers of one file share. */
struct reader {
    struct report report;
    struct plan *plan;
    const struct node *phases, *guards; /* read last: they speak of the applications */
    gboolean applications_unsure;       /* some could not be read */
};

/* Reads a value into `slot`; reports what is wrong with it. */
typedef void field_read(struct reader *reader, const struct node *value, gpointer slot);

enum field_flag {
    FIELD_REQUIRED = 1,
    FIELD_PLACED = 2, /* `place` is the offset of a struct plan_place to fill */
    FIELD_LATER = 4   /* this version cannot do it */
};

/* One key. `read` NULL: a word of the file format that this version cannot do. */
struct field {
    const char *name;
    field_read *read;
    gsize offset;
    int flags;
    gsize place;
};

/* A table with the name under which the manual page lists it. */
struct field_table {
    const char *context;
    const struct field *fields; /* ends with a NULL name */
};

/* All of them; ends with a NULL context. */
extern const struct field_table field_tables[];

extern const struct field plan_fields[], application_fields[], statements_fields[],
    statement_fields[], command_fields[], works_fields[], step_fields[],
    guard_fields[], batch_fields[], sql_fields[], check_fields[], check_mapping_fields[],
    confirm_fields[], verify_fields[], add_column_fields[], sync_fields[], drop_sync_fields[],
    backfill_fields[], column_fields[], no_fields[], add_table_fields[], index_fields[],
    constraint_fields[], drop_table_fields[], object_fields[], no_sessions_fields[],
    unused_fields[], soak_fields[], replicas_fields[], brown_out_fields[], rename_table_fields[];

/* Step kinds of the file format that this version cannot do; NULL at the end. */
extern const char *const later_kinds[];

/* Reads a mapping by its table; `what` names it in messages ("backfill"). Missing required keys,
 * unknown ones and a value that is no mapping are reported. The readers change the words of the tree
 * to what was certainly meant, so that what stands behind a wrong word is looked at too. */
void fields_read(struct reader *reader, const struct node *node, const struct field *fields,
                 const char *what, gpointer out);
/* One key of it. FALSE when the table does not have it. */
gboolean field_read_one(struct reader *reader, const struct field *fields, const struct node *key,
                        const struct node *value, gpointer out);
void fields_check_required(struct reader *reader, const struct node *node,
                           const struct field *fields, const char *what);

/* The known word that an unknown one certainly stands for: a third of its letters are wrong at the
 * most, and no other is as near. NULL: nobody can tell. */
const char *word_meant(const char *word, const GPtrArray *known);
/* Reports the keys that are not known. One that certainly stands for another becomes that one, any
 * other becomes broken. */
void keys_mend(struct reader *reader, const struct node *mapping, const GPtrArray *known);
/* Reports values that a comma has cut in two: "{type: numeric(10,2)}" is two keys. They and their
 * rests become broken. */
void commas_mend(struct reader *reader, const struct node *mapping);
/* The pairs of a mapping that is not empty; clear them. A list of mappings was meant for one: it is
 * reported, and its pairs come back all the same. FALSE (reported): there is none. `message` says
 * what is expected. */
gboolean pairs_read(struct reader *reader, const struct node *node, const char *message,
                    struct node *pairs);
/* Whether the key is still to be read: neither broken nor there a second time. */
gboolean key_counts(const struct node *key);

/* Reports an unknown word and the nearest of the known ones; `what` is "key", "step kind" … */
void unknown_report(struct report *report, const struct node *word, const char *what,
                    const GPtrArray *known);
/* The words with commas; free it. */
char *words_join(const GPtrArray *known);
/* Appends the names of a table. */
void fields_names(const struct field *fields, GPtrArray *names);
gboolean fields_have(const struct field *fields, const char *name);

/* Readers of single values. The slot's type stands behind each. */
field_read read_text;       /* char *: not empty, trailing blanks cut off */
field_read read_line;       /* char *: the same on one line, 200 characters at most */
field_read read_value;      /* char *: text that may be empty when quoted */
field_read read_identifier; /* char *: a name, 63 bytes at most; "…" as in SQL is unquoted */
field_read read_table;      /* struct plan_step: schema and table from NAME or SCHEMA.NAME */
/* A table's name; takes the place of what stood there. FALSE (reported): it is none. */
gboolean table_read(struct reader *reader, const struct node *value, char **schema, char **table);
field_read read_duration; /* gint64 microseconds, above 0 */
field_read read_rate;     /* double a second */
field_read read_number;   /* double */
field_read read_rows;     /* int from 1; 0 where it is wrong */
field_read read_column;   /* struct plan_step: schema, table and col from [SCHEMA.]TABLE.COLUMN */
field_read read_share;    /* double, 0 to 1, from a percentage such as 95% */
field_read read_boolean;  /* gboolean: true or false */
field_read read_texts;    /* char **: a list that is not empty, without doubles */
field_read read_period;   /* gint64 microseconds: a duration, or daily, weekly, monthly … */

/* The text of a scalar, or NULL (reported). Owned by the node. */
const char *scalar_text(struct reader *reader, const struct node *value);
/* Reports and frees the error of a unit's parser, which quotes the text. */
void report_taken(struct reader *reader, const struct node *value, GError *error);
/* Whether a name of the plan's own is well formed: [a-z0-9][a-z0-9-]{0,62}, and `extra` characters
 * after the first. */
gboolean name_is_valid(const char *name, const char *extra);

void steps_read(struct reader *reader, const struct node *phases);
void guards_read(struct reader *reader, const struct node *guards);
field_read applications_read; /* struct plan */
/* statements.c, of struct plan_application */
field_read read_statements, read_command, read_works;

/* Mistakes between steps that each are right by themselves. */
void plan_check(struct reader *reader);

/* reader.c: a name as it stands in SQL; free with g_free. */
char *identifier_quote(const char *name);

/* check-across.c: the same of steps across two tables */
void check_sync_across(struct reader *reader, const struct plan_step *step, guint index);
void check_backfill_into(struct reader *reader, const struct plan_step *step, guint index);
void check_verify_ways(struct reader *reader, const struct plan_step *step,
                       const struct plan_step *of);
void check_drop_sync_across(struct reader *reader, const struct plan_step *step,
                            const struct plan_step *sync);

/* plan.c */
struct plan *plan_new(void);
struct plan_step *plan_step_add(struct plan *plan);
/* With the phases in which its releases work filled in; the plan owns it. */
struct plan_application *plan_application_add(struct plan *plan, const char *name);
struct plan_statement *plan_statement_add(GPtrArray *statements, struct plan_place at);

#endif
