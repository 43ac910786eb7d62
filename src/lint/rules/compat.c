/* Code that runs today must live with what a statement leaves. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

#include "lint/functions-private.h"

struct compat {
    struct lint_run *run;
    const struct statement *statement;
};

/* Before the readers have moved, old code still writes; 0 for a script that does not say. */
static gboolean is_early(const struct lint_run *run, const struct statement *statement)
{
    enum plan_phase phase = statement->step ? statement->step->phase : run->script->phase;
    if (statement->step && statement->step->phase_unsure)
        return FALSE;
    return phase == PHASE_EXPAND || phase == PHASE_DEPLOY;
}

static gboolean is_late(const struct lint_run *run, const struct statement *statement)
{
    enum plan_phase phase = statement->step ? statement->step->phase : run->script->phase;
    return phase == PHASE_CONTRACT;
}

struct added {
    const char *column;
    gboolean found;
};

static void added_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    struct added *added = data;
    if (column && !constraint && g_strcmp0(tree_text(column, "colname"), added->column) == 0)
        added->found = TRUE;
}

/* The same file made the column before, so that nobody relies on it yet. */
static gboolean is_added(const struct compat *compat, const char *column)
{
    const struct lint_run *run = compat->run;
    struct added added = {column, FALSE};
    for (guint i = 0; i < run->statements->len; i++) {
        const struct statement *earlier = g_ptr_array_index(run->statements, i);
        if (earlier->ordinal < compat->statement->ordinal &&
            statement_same(earlier->table, compat->statement->table))
            statement_parts(earlier, added_see, &added);
    }
    for (guint i = 0; run->plan && i < run->plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(run->plan->steps, i);
        if (step->kind == KIND_ADD_COLUMN && g_strcmp0(step->col, column) == 0 &&
            statement_same(step->table, compat->statement->table))
            return TRUE;
    }
    return added.found;
}

static gboolean all_added(const struct compat *compat, JsonArray *columns)
{
    guint length = columns ? json_array_get_length(columns) : 0;
    for (guint i = 0; i < length; i++) {
        JsonObject *fields;
        const char *type = tree_type(json_array_get_element(columns, i), &fields);
        const char *name = g_strcmp0(type, "String") == 0 ? tree_text(fields, "sval")
                           : type                         ? tree_text(fields, "name")
                                                          : "";
        if (!is_added(compat, name))
            return FALSE;
    }
    return length > 0;
}

static void constraint_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    const struct compat *compat = data;
    const char *kind = tree_text(constraint, "contype");
    if (!constraint || column || !is_early(compat->run, compat->statement))
        return;
    if (strcmp(kind, "CONSTR_FOREIGN") == 0 &&
        all_added(compat, tree_array(constraint, "fk_attrs")))
        return;
    lint_say(
        compat->run, LINT_WARNING, "C01", compat->statement, statement_location(constraint),
        "from here on a write of running code that breaks this constraint fails, NOT VALID or "
        "not: it belongs behind deploy, when all code obeys it (a constraint step in backfill)");
}

/* NOT NULL and nothing that gives old code's rows a value. */
struct not_null {
    JsonObject *column;
    gboolean not_null, valued;
};

static void not_null_flush(const struct compat *compat, struct not_null *state)
{
    if (state->column && state->not_null && !state->valued)
        lint_say(
            compat->run, LINT_ERROR, "C02", compat->statement, statement_location(state->column),
            "a NOT NULL column without a default: code that does not know it cannot insert any "
            "more; add it nullable, fill it, then a not_null step (recipe add-not-null-column)");
    *state = (struct not_null){0};
}

static void column_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    gpointer *pair = data;
    struct not_null *state = pair[1];
    const char *kind = tree_text(constraint, "contype");
    if (column != state->column) {
        not_null_flush(pair[0], state);
        state->column = column;
    }
    state->not_null = state->not_null || strcmp(kind, "CONSTR_NOTNULL") == 0 ||
                      (column && strcmp(kind, "CONSTR_PRIMARY") == 0);
    state->valued = state->valued || strcmp(kind, "CONSTR_DEFAULT") == 0 ||
                    strcmp(kind, "CONSTR_IDENTITY") == 0 || strcmp(kind, "CONSTR_GENERATED") == 0;
    if (column &&
        type_is_serial(tree_last_name(tree_array(tree_object(column, "typeName"), "names"))))
        state->valued = TRUE;
}

static void command_see(const char *subtype, JsonObject *command, const char *type,
                        JsonObject *definition, gpointer data)
{
    static const char *const changes[] = {"AT_ColumnDefault",
                                          "AT_DropNotNull",
                                          "AT_SetIdentity",
                                          "AT_DropIdentity",
                                          "AT_DropExpression",
                                          "AT_AddIdentity",
                                          NULL};
    const struct compat *compat = data;
    const char *column = tree_text(command, "name");
    (void)type;
    (void)definition;
    if (!g_strv_contains(changes, subtype) || is_late(compat->run, compat->statement) ||
        is_added(compat, column))
        return;
    if (strcmp(subtype, "AT_DropNotNull") == 0)
        lint_say(compat->run, LINT_WARNING, "C05", compat->statement, 0,
                 "code that reads \"%s\" may now meet NULL: first deploy readers that live with it "
                 "(a drop_not_null step, whose undo checks)",
                 column);
    else
        lint_say(
            compat->run, LINT_WARNING, "C05", compat->statement, 0,
            "running code that leaves \"%s\" out gets another value from now on: change the code "
            "that writes it first, and the default when all of it is out",
            column);
}

static void check_rename(struct lint_run *run, const struct statement *statement)
{
    static const char *const inner[] = {
        "OBJECT_INDEX", "OBJECT_TRIGGER",  "OBJECT_POLICY",     "OBJECT_RULE",
        "OBJECT_ROLE",  "OBJECT_DATABASE", "OBJECT_TABLESPACE", NULL};
    JsonObject *fields = statement->tree.fields;
    const char *what = tree_text(fields, "renameType");
    if (g_strv_contains(inner, what))
        return;
    if (strcmp(what, "OBJECT_TABCONSTRAINT") == 0)
        lint_say(run, LINT_WARNING, "C11", statement, 0,
                 "ON CONFLICT ON CONSTRAINT \"%s\" of running code fails at once: name the columns "
                 "there first",
                 tree_text(fields, "subname"));
    else if (strcmp(what, "OBJECT_COLUMN") == 0)
        lint_say(
            run, LINT_GRAVE, "C03", statement, 0,
            "running code that names \"%s\" fails at once: add \"%s\", keep both in step, move "
            "readers, drop the old one (recipe rename-column)",
            tree_text(fields, "subname"), tree_text(fields, "newname"));
    else
        lint_say(
            run, LINT_GRAVE, "C03", statement, 0,
            "running code that uses the old name fails at once: make the new name beside it, and "
            "drop the old one in contract%s",
            strcmp(what, "OBJECT_TABLE") == 0 ? " (recipe rename-table)" : "");
}

static void string_see(const char *name, JsonNode *value, gpointer data)
{
    gpointer *pair = data;
    if (strcmp(name, "sval") == 0 && JSON_NODE_HOLDS_VALUE(value) &&
        g_strcmp0(json_node_get_string(value), pair[0]) == 0)
        pair[1] = pair[0];
}

/* A value added in this transaction cannot be used before its end (55P04). */
static void check_enum(struct lint_run *run, const struct statement *statement)
{
    const char *value = tree_text(statement->tree.fields, "newVal");
    if (*tree_text(statement->tree.fields, "oldVal")) {
        lint_say(run, LINT_GRAVE, "C04", statement, 0,
                 "running code that writes or compares '%s' fails at once: a new column or a new "
                 "value beside it (recipe replace-enum)",
                 tree_text(statement->tree.fields, "oldVal"));
        return;
    }
    for (guint i = 0; statement->block && i < run->statements->len; i++) {
        const struct statement *later = g_ptr_array_index(run->statements, i);
        gpointer pair[2] = {(gpointer)value, NULL};
        if (later->ordinal <= statement->ordinal || later->block != statement->block ||
            !later->parsed)
            continue;
        tree_walk(json_parser_get_root(later->tree.parser), string_see, pair);
        if (pair[1])
            lint_say(run, LINT_ERROR, "C04", later, 0,
                     "'%s' was added in the same transaction and cannot be used before its end: "
                     "commit in between",
                     value);
    }
}

static void check_statement(struct lint_run *run, const struct statement *statement)
{
    struct compat compat = {run, statement};
    struct not_null state = {0};
    gpointer pair[2] = {&compat, &state};
    if (statement->on_new || statement_is(statement, "CreateStmt"))
        return;
    statement_parts(statement, constraint_see, &compat);
    statement_parts(statement, column_see, pair);
    not_null_flush(&compat, &state);
    statement_commands(statement, command_see, &compat);
    if (statement_is(statement, "IndexStmt") && tree_flag(statement->tree.fields, "unique") &&
        is_early(run, statement)) {
        gboolean ours = all_added(&compat, tree_array(statement->tree.fields, "indexParams"));
        lint_say(run, LINT_WARNING, ours ? "C10" : "C01", statement, 0,
                 ours ? "a unique index on a column that is still being filled: two old rows, or a "
                        "double write, may break the application's own insert; after verify (a "
                        "constraint or index step)"
                      : "from here on a write of running code that repeats a value fails: behind "
                        "deploy, when all code obeys it (recipe add-unique)");
    }
    if (statement_is(statement, "RenameStmt"))
        check_rename(run, statement);
    if (statement_is(statement, "AlterObjectSchemaStmt"))
        lint_say(
            run, LINT_GRAVE, "C03", statement, 0,
            "running code finds it no more under its old schema: make it beside the old one, and "
            "drop that in contract");
    if (statement_is(statement, "AlterEnumStmt"))
        check_enum(run, statement);
}

const struct lint_rule lint_rule_compat = {
    .ids = "C01, C02, C03, C04, C05, C10, C11",
    .summary = "running code lives with what a statement leaves",
    .check_statement = check_statement,
};
