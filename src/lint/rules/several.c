/* What does not parse, and what could be one statement. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

static void check_broken(struct lint_run *run, const struct statement *statement)
{
    if (statement->sql[0] == '\\')
        lint_say(
            run, LINT_ERROR, "S01", statement, 0,
            "a command of psql, and what it runs cannot be seen here: lint that file by itself");
    else
        lint_say(run, LINT_ERROR, "S01", statement, 0, "%s", statement->error->message);
}

static gboolean is_quick_alter(const struct statement *statement)
{
    return statement_is(statement, "AlterTableStmt") && statement->table && !statement->on_new &&
           statement->lock == STATEMENT_LOCK_ALL && !statement_is_long(statement) &&
           strcmp(tree_text(statement->tree.fields, "objtype"), "OBJECT_TABLE") == 0;
}

static void check_script(struct lint_run *run)
{
    const struct statement *last = NULL;
    for (guint i = 0; i < run->statements->len; i++) {
        const struct statement *statement = g_ptr_array_index(run->statements, i);
        if (!statement->parsed)
            check_broken(run, statement);
        if (last && is_quick_alter(last) && is_quick_alter(statement) &&
            statement_same(last->table, statement->table))
            lint_say(
                run, LINT_WARNING, "T11", statement, 0,
                "the table of line %d is locked once more: several changes in one ALTER TABLE wait "
                "for the lock once",
                last->at.line);
        last = statement;
    }
    if (last && run->script->too_long)
        lint_say(run, LINT_ERROR, "S01", last, 0,
                 "too many statements: nothing behind this one was looked at; several files");
}

const struct lint_rule lint_rule_several = {
    .ids = "S01, T11",
    .summary = "statements parse, and what belongs together waits once",
    .check_script = check_script,
};
