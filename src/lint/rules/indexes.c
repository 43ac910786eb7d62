/* Indexes: built, dropped and rebuilt aside, and the new one first. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

static gboolean drops_index(const struct statement *statement)
{
    return statement_is(statement, "DropStmt") &&
           strcmp(tree_text(statement->tree.fields, "removeType"), "OBJECT_INDEX") == 0;
}

static gboolean is_plain(const struct statement *statement)
{
    JsonObject *fields = statement->tree.fields;
    if (statement_is(statement, "ReindexStmt"))
        return !tree_has_option(tree_array(fields, "params"), "concurrently");
    return (statement_is(statement, "IndexStmt") || drops_index(statement) ||
            statement_is(statement, "RefreshMatViewStmt")) &&
           !tree_flag(fields, "concurrent");
}

static const char *plain_text(const struct statement *statement)
{
    if (statement_is(statement, "IndexStmt"))
        return "without CONCURRENTLY the application's writes wait for it: CREATE INDEX "
               "CONCURRENTLY, "
               "which an index step watches and repairs (recipe create-index)";
    if (drops_index(statement))
        return "without CONCURRENTLY the application waits for it: DROP INDEX CONCURRENTLY (a "
               "drop_index step)";
    if (statement_is(statement, "ReindexStmt"))
        return "without CONCURRENTLY the application waits for it: REINDEX (CONCURRENTLY)";
    return "without CONCURRENTLY its readers wait for it: REFRESH … CONCURRENTLY, with a unique "
           "index";
}

static void check_index(struct lint_run *run, const struct statement *statement)
{
    JsonObject *fields = statement->tree.fields;
    JsonArray *columns = tree_array(fields, "indexParams");
    if (!tree_flag(fields, "unique") && columns && json_array_get_length(columns) > 3)
        lint_say(
            run, LINT_WARNING, "T10", statement, 0,
            "an index of %u columns that is not unique: every write pays for it, and the columns "
            "behind the third rarely help; leave them out or INCLUDE them",
            json_array_get_length(columns));
    if (tree_flag(fields, "concurrent") && tree_flag(fields, "if_not_exists"))
        lint_say(
            run, LINT_WARNING, "P06", statement, 0,
            "IF NOT EXISTS is content with the invalid index that a failed attempt leaves: look "
            "at pg_index.indisvalid, or use an index step");
}

/* The script drops an index and makes another of the same table only afterwards. */
static void check_replaced(struct lint_run *run, const struct statement *made)
{
    if (made->on_new || !made->table)
        return;
    for (guint i = 0; i < run->statements->len; i++) {
        const struct statement *earlier = g_ptr_array_index(run->statements, i);
        if (earlier->ordinal >= made->ordinal)
            break;
        if (drops_index(earlier) && !tree_flag(earlier->tree.fields, "missing_ok"))
            lint_say(
                run, LINT_WARNING, "C19", earlier, 0,
                "an index is dropped before the one of line %d stands: queries have neither in "
                "between; build the new one first",
                made->at.line);
    }
}

static void check_statement(struct lint_run *run, const struct statement *statement)
{
    if (is_plain(statement) && !statement->on_new)
        lint_say(run, LINT_GRAVE, "L07", statement, 0, "%s", plain_text(statement));
    if (!statement_is(statement, "IndexStmt"))
        return;
    check_index(run, statement);
    if (run->script)
        check_replaced(run, statement);
}

const struct lint_rule lint_rule_indexes = {
    .ids = "C19, L07, P06, T10",
    .summary = "indexes come and go aside, the new one first",
    .check_statement = check_statement,
};
