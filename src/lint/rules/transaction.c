/* What a script does inside one transaction: locks add up and are kept to its end. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

static gboolean holds(const struct statement *earlier, gconstpointer data)
{
    const struct statement *statement = data;
    return earlier->block == statement->block && !earlier->on_new &&
           earlier->lock >= STATEMENT_LOCK_WRITES;
}

static gboolean holds_other(const struct statement *earlier, gconstpointer data)
{
    const struct statement *statement = data;
    return holds(earlier, data) && earlier->lock == STATEMENT_LOCK_ALL && earlier->table &&
           !statement_same(earlier->table, statement->table);
}

static gboolean holds_same(const struct statement *earlier, gconstpointer data)
{
    const struct statement *statement = data;
    return holds(earlier, data) && earlier->lock == STATEMENT_LOCK_ALL &&
           statement_same(earlier->table, statement->table);
}

static gboolean is_validation(const struct statement *statement)
{
    return strstr(statement->sql, "VALIDATE") || strstr(statement->sql, "validate");
}

static void check_block(struct lint_run *run, const struct statement *statement)
{
    const struct statement *holder;
    if (sql_needs_no_transaction(statement->sql)) {
        lint_say(
            run, LINT_ERROR, "L08", statement, 0,
            "this cannot run inside a transaction: put it behind COMMIT (an index step runs it "
            "outside, and repairs what a failure leaves)");
        return;
    }
    if (statement->on_new)
        return;
    if (statement->lock == STATEMENT_LOCK_ALL && statement->table &&
        statement_before(run->statements, statement, holds_other, statement) &&
        !statement_before(run->statements, statement, holds_same, statement))
        lint_say(
            run, LINT_WARNING, "L03", statement, 0,
            "a second table is locked while the first still is, and whoever takes them the other "
            "way round deadlocks: one table a transaction, as each step of a plan is");
    holder = statement_before(run->statements, statement, holds, statement);
    if (holder && statement_is_long(statement))
        lint_say(
            run, LINT_GRAVE, "L04", statement, 0,
            is_validation(statement)
                ? "VALIDATE in the transaction that added the constraint: the lock of line %d is "
                  "kept while the whole table is read; commit in between (a constraint step does)"
                : "this may take long, and the lock of line %d is kept until it is done: commit "
                  "in between",
            holder->at.line);
}

struct parents {
    GPtrArray *names;
};

static void parent_see(JsonObject *column, JsonObject *constraint, gpointer data)
{
    struct parents *parents = data;
    (void)column;
    g_autofree char *parent =
        constraint && strcmp(tree_text(constraint, "contype"), "CONSTR_FOREIGN") == 0
            ? statement_relation(tree_object(constraint, "pktable"))
            : NULL;
    if (parent &&
        !g_ptr_array_find_with_equal_func(parents->names, parent, (GEqualFunc)statement_same, NULL))
        g_ptr_array_add(parents->names, g_steal_pointer(&parent));
}

/* Parents made by the same file are nobody else's yet. */
static gboolean makes(const struct statement *earlier, gconstpointer data)
{
    return statement_is(earlier, "CreateStmt") && statement_same(earlier->table, data);
}

static void check_parents(struct lint_run *run, const struct statement *statement)
{
    struct parents parents = {g_ptr_array_new_with_free_func(g_free)};
    guint old = 0;
    for (guint i = 0; statement->block && i < run->statements->len; i++) {
        const struct statement *earlier = g_ptr_array_index(run->statements, i);
        if (earlier->ordinal < statement->ordinal && earlier->block == statement->block)
            statement_parts(earlier, parent_see, &parents);
    }
    guint before = parents.names->len;
    statement_parts(statement, parent_see, &parents);
    for (guint i = 0; i < parents.names->len; i++)
        old += !statement_before(run->statements, statement, makes, parents.names->pdata[i]) &&
               !statement_same(statement->table, parents.names->pdata[i]);
    if (old > 1 && parents.names->len > before)
        lint_say(
            run, LINT_WARNING, "L10", statement, 0,
            "foreign keys to %u tables at once stop the writes of all of them together: one at "
            "a time (constraint steps)",
            old);
    g_ptr_array_unref(parents.names);
}

static void check_statement(struct lint_run *run, const struct statement *statement)
{
    if (statement->block && !statement->step)
        check_block(run, statement);
    check_parents(run, statement);
}

/* BEGIN in BEGIN, COMMIT of nothing, and no COMMIT at all. */
static void check_script(struct lint_run *run)
{
    const struct statement *open = NULL;
    for (guint i = 0; i < run->statements->len; i++) {
        const struct statement *statement = g_ptr_array_index(run->statements, i);
        if (!statement_is(statement, "TransactionStmt"))
            continue;
        const char *kind = tree_text(statement->tree.fields, "kind");
        gboolean begins =
            strcmp(kind, "TRANS_STMT_BEGIN") == 0 || strcmp(kind, "TRANS_STMT_START") == 0;
        gboolean ends = strcmp(kind, "TRANS_STMT_COMMIT") == 0 ||
                        strcmp(kind, "TRANS_STMT_ROLLBACK") == 0 ||
                        strcmp(kind, "TRANS_STMT_PREPARE") == 0;
        if (begins && open)
            lint_say(run, LINT_WARNING, "S06", statement, 0,
                     "a transaction is open since line %d: the next COMMIT ends that one",
                     open->at.line);
        if (ends && !open)
            lint_say(
                run, LINT_WARNING, "S06", statement, 0,
                "no transaction of this file is open here: it would end the one of whoever runs "
                "the file");
        if (strcmp(kind, "TRANS_STMT_PREPARE") == 0)
            lint_say(run, LINT_WARNING, "S06", statement, 0,
                     "a prepared transaction keeps its locks until somebody remembers it");
        open = begins ? (open ? open : statement) : ends ? NULL : open;
    }
    if (open)
        lint_say(
            run, LINT_WARNING, "S06", open, 0,
            "this transaction is not ended: everything behind it is lost when the session ends");
}

const struct lint_rule lint_rule_transaction = {
    .ids = "L03, L04, L08, L10, S06",
    .summary = "one table and one short statement a transaction",
    .check_statement = check_statement,
    .check_script = check_script,
};
