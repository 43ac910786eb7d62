/* Pieces of SQL that steps are made of: each must be what it stands for and nothing more, because
 * the engine writes it into a statement of its own. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

static const struct plan_place nowhere;

/* "head piece)" has one element of that type in its `list`, and nothing else. A comment would swallow
 * what the engine writes behind it. */
static gboolean is_one(const char *head, const char *piece, const char *list, const char *type)
{
    struct tree tree;
    JsonObject *fields;
    g_autofree char *sql = g_strconcat(head, piece, "\n)", NULL);
    if (strstr(piece, "--") || !tree_init(&tree, sql, 0, NULL))
        return FALSE;
    JsonArray *elements = tree_array(tree.fields, list);
    gboolean one = elements && json_array_get_length(elements) == 1 &&
                   g_strcmp0(tree_type(json_array_get_element(elements, 0), &fields), type) == 0 &&
                   !json_object_has_member(tree.fields, "whereClause") &&
                   !tree_array(tree.fields, "indexIncludingParams") &&
                   !tree_array(tree.fields, "options");
    tree_clear(&tree);
    return one;
}

static void check_columns(struct lint_run *run, const struct plan_step *step)
{
    for (guint i = 0; step->set && i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        g_autofree char *piece = g_strconcat("c ", set->expression, NULL);
        if (!is_one("CREATE TABLE t (", piece, "tableElts", "ColumnDef"))
            lint_error(run, "S01", step, set->at,
                       "\"%s\": this is not a type with what belongs to one column", set->column);
    }
    for (char **constraint = step->constraints; constraint && *constraint; constraint++)
        if (!is_one("CREATE TABLE t (", *constraint, "tableElts", "Constraint"))
            lint_error(run, "S01", step, nowhere,
                       "a constraint of the table is not one constraint");
}

static void check_condition(struct lint_run *run, const struct plan_step *step, const char *what,
                            const char *condition, struct plan_place at)
{
    GError *error = NULL;
    if (!condition || sql_check_expression(condition, NULL, &error))
        return;
    lint_error(run, "B03", step, at, "%s: %s", what, error->message);
    g_error_free(error);
}

static void check_index(struct lint_run *run, const struct plan_step *step)
{
    for (char **column = step->columns; column && *column; column++)
        if (!is_one("CREATE INDEX ON t (", *column, "indexParams", "IndexElem"))
            lint_error(run, "S01", step, nowhere,
                       "an element of \"columns\" is not one column or expression of an index");
    check_condition(run, step, "where", step->where, step->at_where);
}

static void check_step(struct lint_run *run, const struct plan_step *step)
{
    if (step->kind == KIND_ADD_TABLE)
        check_columns(run, step);
    if (step->kind == KIND_INDEX)
        check_index(run, step);
    if (step->kind == KIND_CONSTRAINT && step->constraint == CONSTRAINT_CHECK)
        check_condition(run, step, "check", step->check, step->at_check);
}

const struct lint_rule lint_rule_pieces = {
    .ids = "B03, S01",
    .summary = "pieces of SQL are what they stand for",
    .check_step = check_step,
};
