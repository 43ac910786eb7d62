/* Statements that read the whole table, or build an index, under a lock that stops the application. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

struct scan {
    struct lint_run *run;
    const struct statement *statement;
};

static void say(const struct scan *scan, int location, const char *text)
{
    lint_say(scan->run, LINT_GRAVE, "L06", scan->statement, location, "%s", text);
}

static void proof_see(const char *subtype, JsonObject *command, const char *type,
                      JsonObject *definition, gpointer data)
{
    (void)command;
    (void)type;
    (void)definition;
    if (strcmp(subtype, "AT_ValidateConstraint") == 0 || strcmp(subtype, "AT_SetNotNull") == 0)
        *(gboolean *)data = TRUE;
}

/* A check of the same table was validated, or its NOT NULL set, before: it is taken for the proof. */
static gboolean proves(const struct statement *earlier, gconstpointer data)
{
    const struct statement *statement = data;
    gboolean proof = FALSE;
    if (statement_same(earlier->table, statement->table))
        statement_commands(earlier, proof_see, &proof);
    return proof;
}

static gboolean is_proved(const struct scan *scan)
{
    const struct plan *plan = scan->run->plan;
    for (guint i = 0; plan && i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step == scan->statement->step)
            break;
        if (step->kind == KIND_NOT_NULL && statement_same(step->table, scan->statement->table))
            return TRUE;
    }
    return statement_before(scan->run->statements, scan->statement, proves, scan->statement) !=
           NULL;
}

/* Checks inside CREATE TABLE read nothing; the ones of a new column read the old rows. */
static void constraint_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    const struct scan *scan = data;
    const char *kind = tree_text(constraint, "contype");
    int location = statement_location(constraint);
    gboolean foreign = strcmp(kind, "CONSTR_FOREIGN") == 0;
    if (!constraint)
        return;
    if ((strcmp(kind, "CONSTR_CHECK") == 0 || (foreign && !column)) &&
        !tree_flag(constraint, "skip_validation"))
        say(scan, location,
            "the whole table is read under a lock that stops writes: add it NOT VALID, and "
            "VALIDATE "
            "it in a step of its own (a constraint step does both)");
    if ((strcmp(kind, "CONSTR_UNIQUE") == 0 || strcmp(kind, "CONSTR_PRIMARY") == 0) &&
        !*tree_text(constraint, "indexname"))
        say(scan, location,
            "an index is built under an exclusive lock: build it CONCURRENTLY, then ADD … USING "
            "INDEX (a constraint step does both)");
    if (strcmp(kind, "CONSTR_PRIMARY") == 0 && *tree_text(constraint, "indexname") &&
        !is_proved(scan))
        say(scan, location,
            "a primary key sets its columns NOT NULL, which reads the whole table under an "
            "exclusive "
            "lock unless they are so already: a not_null step first");
    if (strcmp(kind, "CONSTR_EXCLUSION") == 0)
        say(scan, location,
            "an index is built under an exclusive lock, and an exclusion constraint cannot be "
            "added "
            "otherwise: a new table, or a quiet hour");
}

static void command_see(const char *subtype, JsonObject *command, const char *type,
                        JsonObject *definition, gpointer data)
{
    const struct scan *scan = data;
    (void)command;
    (void)type;
    (void)definition;
    if (strcmp(subtype, "AT_SetNotNull") == 0 && !is_proved(scan))
        say(scan, 0,
            "the whole table is read under an exclusive lock unless a valid check proves it: use a "
            "not_null step");
    if (strcmp(subtype, "AT_AttachPartition") == 0 && !is_proved(scan))
        say(scan, 0,
            "the partition is read under an exclusive lock unless a valid check proves that its "
            "rows "
            "belong there: ADD CHECK … NOT VALID and VALIDATE it first");
}

static void check_statement(struct lint_run *run, const struct statement *statement)
{
    struct scan scan = {run, statement};
    if (statement->on_new)
        return;
    if (!statement_is(statement, "CreateStmt"))
        statement_parts(statement, constraint_see, &scan);
    statement_commands(statement, command_see, &scan);
    if (statement_is(statement, "AlterDomainStmt") &&
        strcmp(tree_text(statement->tree.fields, "subtype"), "C") == 0) {
        JsonObject *constraint = NULL;
        JsonNode *node = json_object_get_member(statement->tree.fields, "def");
        if (!node || !tree_type(node, &constraint) || !tree_flag(constraint, "skip_validation"))
            say(&scan, 0,
                "every table that uses the domain is read under a lock that stops writes: add it "
                "NOT "
                "VALID, and VALIDATE it later");
    }
    if (statement_is(statement, "AlterDomainStmt") &&
        strcmp(tree_text(statement->tree.fields, "subtype"), "O") == 0)
        say(&scan, 0,
            "every table that uses the domain is read under a lock that stops writes: not_null "
            "steps "
            "on the columns instead");
}

const struct lint_rule lint_rule_scans = {
    .ids = "L06",
    .summary = "no table is read as a whole while the application waits",
    .check_statement = check_statement,
};
