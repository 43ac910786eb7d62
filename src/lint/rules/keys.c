/* Keys of new tables and columns. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

struct keys {
    struct lint_run *run;
    const struct statement *statement;
    gboolean keyed; /* the table has a primary key, or will */
};

static gboolean is_primary(JsonObject *constraint)
{
    return strcmp(tree_text(constraint, "contype"), "CONSTR_PRIMARY") == 0;
}

static const char *type_name(JsonObject *column)
{
    return tree_last_name(tree_array(tree_object(column, "typeName"), "names"));
}

struct sought {
    const char *table, *column; /* column NULL: the table's single-column primary key */
    const char *type;           /* found */
    gboolean indexed;           /* found: an index begins with the column */
};

static const char *first_name(JsonArray *names)
{
    JsonObject *fields;
    const char *type = names && json_array_get_length(names)
                           ? tree_type(json_array_get_element(names, 0), &fields)
                           : NULL;
    return !type                         ? ""
           : strcmp(type, "String") == 0 ? tree_text(fields, "sval")
                                         : tree_text(fields, "name");
}

static void sought_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    struct sought *sought = data;
    const char *kind = tree_text(constraint, "contype");
    gboolean builds = strcmp(kind, "CONSTR_PRIMARY") == 0 || strcmp(kind, "CONSTR_UNIQUE") == 0;
    const char *name =
        column ? tree_text(column, "colname") : first_name(tree_array(constraint, "keys"));
    if (sought->column ? strcmp(name, sought->column) == 0 && column && !constraint
                       : column && is_primary(constraint))
        sought->type = type_name(column);
    if (sought->column && builds && strcmp(name, sought->column) == 0)
        sought->indexed = TRUE;
}

static struct sought seek(const struct keys *keys, const char *table, const char *column)
{
    struct sought sought = {.table = table, .column = column};
    for (guint i = 0; i < keys->run->statements->len; i++) {
        const struct statement *other = g_ptr_array_index(keys->run->statements, i);
        if (!other->parsed || !statement_same(other->table, table))
            continue;
        statement_parts(other, sought_see, &sought);
        if (column && statement_is(other, "IndexStmt") &&
            strcmp(first_name(tree_array(other->tree.fields, "indexParams")), column) == 0)
            sought.indexed = TRUE;
    }
    return sought;
}

/* The integer that a serial is. */
static const char *plain_type(const char *type)
{
    static const char *const pairs[][2] = {{"serial", "int4"},      {"serial4", "int4"},
                                           {"bigserial", "int8"},   {"serial8", "int8"},
                                           {"smallserial", "int2"}, {"serial2", "int2"}};
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        if (strcmp(pairs[i][0], type) == 0)
            return pairs[i][1];
    return type;
}

static void foreign_see(const struct keys *keys, JsonObject *column, JsonObject *constraint)
{
    JsonArray *own = tree_array(constraint, "fk_attrs"),
              *other = tree_array(constraint, "pk_attrs");
    const char *name = column ? tree_text(column, "colname") : first_name(own);
    struct sought here = seek(keys, keys->statement->table, name);
    g_autofree char *parent = statement_relation(tree_object(constraint, "pktable"));
    struct sought there = seek(keys, parent, other ? first_name(other) : NULL);
    if (here.type && !here.indexed) /* a column of this file: no index but those of this file */
        lint_say(
            keys->run, LINT_WARNING, "T08", keys->statement, statement_location(constraint),
            "no index begins with \"%s\": every DELETE or change of a key in \"%s\" reads this "
            "whole table; CREATE INDEX CONCURRENTLY (an index step) before the key",
            name, parent);
    if (here.type && there.type && (!own || json_array_get_length(own) == 1) &&
        strcmp(plain_type(here.type), plain_type(there.type)) != 0)
        lint_say(keys->run, LINT_WARNING, "T09", keys->statement, statement_location(constraint),
                 "\"%s\" is %s and the key that it refers to is %s: the smaller one overflows, and "
                 "joins convert each row; the same type for both",
                 name, here.type, there.type);
}

static void key_type_see(const struct keys *keys, const char *type, int location)
{
    static const char *const small[] = {"int4",        "int2",    "serial", "serial4",
                                        "smallserial", "serial2", NULL};
    if (g_strv_contains(small, type))
        lint_say(keys->run, LINT_WARNING, "T05", keys->statement, location,
                 "a key of %s ends at %s, and to widen it later is a migration of every table that "
                 "refers to it: bigint",
                 type, strstr(plain_type(type), "2") ? "32,767" : "2.1 billion");
}

static void part_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    struct keys *keys = data;
    if (!constraint)
        return;
    if (is_primary(constraint)) {
        keys->keyed = TRUE;
        if (column)
            key_type_see(keys, type_name(column), statement_location(column));
        JsonArray *columns = tree_array(constraint, "keys");
        if (!column && columns && json_array_get_length(columns) == 1) {
            struct sought key = seek(keys, keys->statement->table, first_name(columns));
            if (key.type)
                key_type_see(keys, key.type, statement_location(constraint));
        }
    }
    if (strcmp(tree_text(constraint, "contype"), "CONSTR_FOREIGN") == 0)
        foreign_see(keys, column, constraint);
}

static void primary_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    (void)column;
    if (constraint && is_primary(constraint))
        *(gboolean *)data = TRUE;
}

static void check_keyless(struct keys *keys)
{
    JsonObject *fields = keys->statement->tree.fields;
    for (guint i = 0; i < keys->run->statements->len; i++) {
        const struct statement *other = g_ptr_array_index(keys->run->statements, i);
        if (statement_same(other->table, keys->statement->table))
            statement_parts(other, primary_see, &keys->keyed);
    }
    JsonArray *elements = tree_array(fields, "tableElts");
    for (guint i = 0; elements && i < json_array_get_length(elements); i++) {
        JsonObject *element;
        if (g_strcmp0(tree_type(json_array_get_element(elements, i), &element),
                      "TableLikeClause") == 0)
            return;
    }
    gboolean lasting =
        strcmp(tree_text(tree_object(fields, "relation"), "relpersistence"), "t") != 0;
    if (!keys->keyed && lasting && !tree_array(fields, "inhRelations"))
        lint_say(
            keys->run, LINT_WARNING, "B01", keys->statement, 0,
            "a table without a primary key: no backfill can go through it in order and go on where "
            "it stopped, and logical replication refuses its UPDATE and DELETE");
}

static void check_statement(struct lint_run *run, const struct statement *statement)
{
    struct keys keys = {run, statement, FALSE};
    statement_parts(statement, part_see, &keys);
    if (statement_is(statement, "CreateStmt"))
        check_keyless(&keys);
}

/* A key whose first column the plan has added, and no index step of the plan before it. */
static void check_step(struct lint_run *run, const struct plan_step *step)
{
    static const struct plan_place nowhere;
    gboolean added = FALSE;
    if (step->kind != KIND_CONSTRAINT || step->constraint != CONSTRAINT_FOREIGN_KEY ||
        !step->columns || !step->columns[0] || plan_is_unsure(run->plan, KIND_INDEX))
        return;
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(run->plan->steps, i);
        if (g_strcmp0(other->table, step->table) != 0)
            continue;
        added = added ||
                (other->kind == KIND_ADD_COLUMN && g_strcmp0(other->col, step->columns[0]) == 0);
        if (other->kind == KIND_INDEX && other->columns &&
            g_strcmp0(other->columns[0], step->columns[0]) == 0)
            return;
    }
    if (added)
        lint_warn(
            run, "T08", step, nowhere,
            "no index begins with \"%s\": every DELETE or change of a key in \"%s\" reads this "
            "whole table; an index step before the key",
            step->columns[0], step->into ? step->into : "the other table");
}

const struct lint_rule lint_rule_keys = {
    .ids = "B01, T05, T08, T09",
    .summary = "keys are wide enough, indexed, and of one type",
    .check_step = check_step,
    .check_statement = check_statement,
};
