/* Types that are regretted later. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

#include "lint/functions-private.h"

struct types {
    struct lint_run *run;
    const struct statement *statement;
};

static const struct {
    const char *type, *id, *text;
    gboolean limited; /* only with a length */
} regrets[] = {
    {"json", "T01", "json has no equality, so that DISTINCT, GROUP BY and keys fail on it: jsonb",
     FALSE},
    {"bpchar", "T02", "char(n) pads with blanks and ignores them when comparing: text", FALSE},
    {"varchar", "T03",
     "a length that is to change later locks the table and breaks prepared statements: text, and a "
     "check where it matters (a constraint step)",
     TRUE},
    {"timestamp", "T04", "a time without a zone means another moment in each session: timestamptz",
     FALSE},
    {"timetz", "T12",
     "timetz knows no daylight saving, and money no currency: timestamptz, numeric", FALSE},
    {"money", "T12", "timetz knows no daylight saving, and money no currency: timestamptz, numeric",
     FALSE},
};

static void type_see(const struct types *types, JsonObject *column)
{
    JsonObject *type = tree_object(column, "typeName");
    const char *name = tree_last_name(tree_array(type, "names"));
    int location = statement_location(type);
    for (gsize i = 0; i < G_N_ELEMENTS(regrets); i++)
        if (strcmp(regrets[i].type, name) == 0 &&
            (!regrets[i].limited || tree_array(type, "typmods")))
            lint_say(types->run, LINT_WARNING, regrets[i].id, types->statement, location, "%s",
                     regrets[i].text);
    if (type_is_serial(name))
        lint_say(
            types->run, LINT_WARNING, "T06", types->statement, location,
            "a serial's sequence has an owner and rights of its own: GENERATED … AS IDENTITY, of "
            "bigint");
}

static void column_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    if (column && !constraint)
        type_see(data, column);
}

static void domain_part_see(const char *name, JsonNode *value, gpointer data)
{
    (void)value;
    if (strcmp(name, "Constraint") == 0)
        *(gboolean *)data = TRUE;
}

static void check_statement(struct lint_run *run, const struct statement *statement)
{
    struct types types = {run, statement};
    JsonObject *fields = statement->tree.fields;
    statement_parts(statement, column_see, &types);
    if (statement_is(statement, "CreateEnumStmt"))
        lint_say(
            run, LINT_WARNING, "T07", statement, 0,
            "a value of an enum can be added, but never taken away again: text with a check, or a "
            "table of its own");
    if (statement_is(statement, "CreateDomainStmt")) {
        gboolean constrained = FALSE;
        tree_walk(json_parser_get_root(statement->tree.parser), domain_part_see, &constrained);
        if (constrained)
            lint_say(
                run, LINT_WARNING, "T13", statement, 0,
                "to change a domain's constraint later, every table that uses it is read under a "
                "lock: checks on the columns");
    }
    if (statement_is(statement, "AlterEnumStmt") && !*tree_text(fields, "oldVal") &&
        !*tree_text(fields, "newValNeighbor"))
        lint_say(
            run, LINT_WARNING, "T14", statement, 0,
            "without BEFORE or AFTER the value sorts last, and that cannot be changed: say where");
}

/* The type of a plan's column is judged as in ALTER TABLE, unless it is another column's. */
static void check_step(struct lint_run *run, const struct plan_step *step)
{
    if (step->kind != KIND_ADD_COLUMN || !step->type || !sql_check_type(step->type, NULL) ||
        (step->table && plan_sync_find(run->plan, step->schema, step->table, step->col)))
        return;
    g_autofree char *sql = g_strdup_printf("ALTER TABLE x ADD c %s", step->type);
    struct statement *statement = statement_new(sql, strlen(sql), step);
    struct plan_step there = *step; /* the place of the type, not of an SQL text */
    there.at_sql = step->at_type;
    statement->step = &there;
    struct types types = {run, statement};
    statement_parts(statement, column_see, &types);
    statement_free(statement);
}

const struct lint_rule lint_rule_types = {
    .ids = "T01, T02, T03, T04, T06, T07, T12, T13, T14",
    .summary = "types that are regretted later",
    .check_step = check_step,
    .check_statement = check_statement,
};
