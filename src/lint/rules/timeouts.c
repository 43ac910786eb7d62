/* Scripts bound their own waiting; in a plan the engine does. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

#define LOCK_TIMEOUT_MAX_US (10 * G_USEC_PER_SEC)

static gboolean waits(const struct statement *statement)
{
    return statement->parsed && !statement->on_new && statement->lock >= STATEMENT_LOCK_WRITES;
}

static gboolean is_concurrent(const struct statement *statement)
{
    return statement->lock == STATEMENT_LOCK_ASIDE &&
           (statement_is(statement, "IndexStmt") || statement_is(statement, "ReindexStmt") ||
            statement_is(statement, "DropStmt"));
}

static void check_lock_timeout(struct lint_run *run, const struct statement *statement)
{
    if (is_concurrent(statement) && statement->lock_timeout_us > 0)
        lint_say(run, LINT_WARNING, "L02", statement, 0,
                 "a lock_timeout also ends the wait for old transactions, and leaves an invalid "
                 "index behind: SET lock_timeout = 0 for what is CONCURRENTLY (or an index step)");
    if (waits(statement) && statement->lock_timeout_us > LOCK_TIMEOUT_MAX_US)
        lint_say(
            run, LINT_WARNING, "L02", statement, 0,
            "everybody queues behind this for up to %d s: SET lock_timeout to a second or two, "
            "and try again",
            (int)(statement->lock_timeout_us / G_USEC_PER_SEC));
}

/* Said once: one SET in front of all cures it. */
static void check_script(struct lint_run *run)
{
    gboolean unlimited = FALSE, endless = FALSE;
    for (guint i = 0; i < run->statements->len; i++) {
        const struct statement *statement = g_ptr_array_index(run->statements, i);
        if (statement->parsed)
            check_lock_timeout(run, statement);
        if (!waits(statement))
            continue;
        if (!unlimited && statement->lock_timeout_us <= 0)
            lint_say(
                run, LINT_WARNING, "L01", statement, 0,
                "no lock_timeout: while this waits for its lock everybody else waits behind it; "
                "SET lock_timeout = '1s' in front, and try again (the steps of a plan do so)");
        if (!endless && statement->statement_timeout_us <= 0)
            lint_say(run, LINT_WARNING, "P10", statement, 0,
                     "no statement_timeout%s: a statement that takes longer than thought keeps its "
                     "locks; SET them in front",
                     statement->block ? " or idle_in_transaction_session_timeout" : "");
        unlimited = unlimited || statement->lock_timeout_us <= 0;
        endless = endless || statement->statement_timeout_us <= 0;
    }
}

const struct lint_rule lint_rule_timeouts = {
    .ids = "L01, L02, P10",
    .summary = "what waits for a lock does not wait for long",
    .check_script = check_script,
};
