/* Other statements whose lock is stronger than people think. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

struct heavy {
    struct lint_run *run;
    const struct statement *statement;
};

static void command_see(const char *subtype, JsonObject *command, const char *type,
                        JsonObject *definition, gpointer data)
{
    const struct heavy *heavy = data;
    (void)command;
    (void)type;
    if (strcmp(subtype, "AT_DetachPartition") == 0 && !tree_flag(definition, "concurrent"))
        lint_say(heavy->run, LINT_GRAVE, "L09", heavy->statement, 0,
                 "the partitioned table and the partition are locked against everybody: DETACH "
                 "PARTITION … CONCURRENTLY, outside a transaction");
    if ((strcmp(subtype, "AT_SetRelOptions") == 0 || strcmp(subtype, "AT_ResetRelOptions") == 0) &&
        heavy->statement->lock == STATEMENT_LOCK_ALL)
        lint_say(
            heavy->run, LINT_WARNING, "L14", heavy->statement, 0,
            "this option takes an exclusive lock, and of an index too: every query of the table "
            "must lock each of its indexes to be planned; with a lock_timeout, in a quiet hour");
}

static void check_statement(struct lint_run *run, const struct statement *statement)
{
    struct heavy heavy = {run, statement};
    if (statement->on_new)
        return;
    statement_commands(statement, command_see, &heavy);
    if (statement_is(statement, "CreateTrigStmt"))
        lint_say(run, LINT_WARNING, "L11", statement, 0,
                 "CREATE TRIGGER stops the table's writes while it waits and then runs in each of "
                 "them: with a lock_timeout (a sync step does), and as cheap as can be");
    if (statement_is(statement, "RuleStmt") || statement_is(statement, "CreatePolicyStmt"))
        lint_say(
            run, LINT_WARNING, "L11", statement, 0,
            "a rule or policy takes an exclusive lock and changes what running code's statements "
            "mean: with a lock_timeout, when all code expects it");
    if (statement_is(statement, "ClusterStmt") ||
        (statement_is(statement, "VacuumStmt") && statement->lock == STATEMENT_LOCK_ALL))
        lint_say(
            run, LINT_GRAVE, "L12", statement, 0,
            "the table is rewritten under an exclusive lock: pg_repack or pg_squeeze, or a new "
            "table filled by a backfill");
}

const struct lint_rule lint_rule_heavy = {
    .ids = "L09, L11, L12, L14",
    .summary = "strong locks that do not look like it",
    .check_statement = check_statement,
};
