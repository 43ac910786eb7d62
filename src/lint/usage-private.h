/* The parts of the judgement about who uses a column. */
#ifndef PGROLLOUT_LINT_USAGE_PRIVATE_H
#define PGROLLOUT_LINT_USAGE_PRIVATE_H

#include "lint/tree-private.h"
#include "pgrollout/lint/usage.h"

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNSURE };

struct usage_catalog {
    char *schema, *table, *column;                          /* column NULL: the table */
    GPtrArray *columns;                                     /* char *, in order */
    GHashTable *targets, *views, *functions, *constraints;  /* "schema\nname" (constraints: name) */
    GHashTable *target_names, *view_names, *function_names; /* name */
    GHashTable *relations;                                  /* "schema\nname" → answer */
    GHashTable *relation_names;                             /* name → answer over all schemas */
};

/* One text being looked at. */
struct look {
    const struct usage_catalog *catalog;
    struct usage *usage;
    gboolean named;   /* used other than by a star */
    gboolean ddl;     /* a CREATE, ALTER … was looked at */
    gboolean query;   /* something else was */
    gboolean direct;  /* used other than through a view or function */
    gboolean live;    /* USAGE_TEXT_LIVE */
    gboolean trigger; /* NEW and OLD are rows of the table */
    const char *why;  /* something could not be told */
};

/* An entry of FROM, or the target of a change. */
struct item {
    const char *alias;  /* what its columns are qualified with; "" when nothing */
    const char *schema; /* of a relation without an alias of its own; else "" */
    gboolean target;    /* the table asked about */
    gboolean unsure;    /* perhaps: relations of other schemas have the same name */
    const char *column; /* of a target: what the column is called here */
    enum answer has;    /* of others: whether they have a column of the name asked about */
};

struct scope {
    const struct scope *parent;
    GArray *items;    /* struct item */
    GHashTable *ctes; /* name → answer: whether its rows have such a column; NULL: none */
};

void scope_init(struct scope *scope, const struct scope *parent);
void scope_clear(struct scope *scope);

void look_use(struct look *look, unsigned kind, gboolean star, gboolean unsure);
void look_use_via(struct look *look, unsigned kind, const char *what, const char *name);
void look_doubt(struct look *look, const char *why);
/* Whether the name is the table's, and in which schema it may be ("" : any). */
gboolean look_target(struct look *look, const char *schema, const char *name, gboolean *unsure);
gboolean look_in(GHashTable *qualified, GHashTable *names, const char *schema, const char *name);

/* A relation that is named; the item is filled, and a use of the table as such or of a view marked. */
void relation_see(struct look *look, const struct scope *scope, JsonObject *range, unsigned kind,
                  struct item *item);
void column_see(struct look *look, const struct scope *scope, JsonObject *fields);
/* The item of the table whose whole row `name` stands for, or NULL. */
const struct item *row_item(const struct look *look, const struct scope *scope, const char *name);
/* Whether the rows of a query have a column of the name asked about. */
enum answer output_has(const struct look *look, JsonObject *select);
enum answer alias_has(const struct look *look, JsonObject *alias, enum answer below);

/* FROM: appends its entries to the scope. */
void from_see(struct look *look, struct scope *scope, JsonArray *from);
void with_see(struct look *look, struct scope *scope, JsonObject *fields);
/* Any node of a query: expressions, and statements within them. */
void node_see(struct look *look, const struct scope *scope, JsonNode *node);
void member_see(struct look *look, const struct scope *scope, JsonObject *fields, const char *name);
/* SELECT *, t.* */
gboolean target_is_star(JsonNode *target);
void select_see(struct look *look, const struct scope *parent, JsonObject *fields,
                gboolean only_exists);
/* INSERT, UPDATE, DELETE, MERGE. FALSE: another statement. */
gboolean change_see(struct look *look, const struct scope *parent, const char *type,
                    JsonObject *fields);
/* Any statement at the top. */
void statement_see(struct look *look, const char *type, JsonObject *fields);
/* The source of a function in a language. */
void body_see(struct look *look, const char *language, const char *definition, const char *body);
/* Parses and looks; FALSE when it does not parse. */
gboolean look_at_text(struct look *look, const char *text);

/* Words of a text, found without a parser. */
gboolean words_have(const char *text, GHashTable *names);
gboolean words_have_name(const char *text, const char *name);
gboolean words_name_table(const struct usage_catalog *catalog, const char *text);

void look_finish(struct look *look);

#endif
