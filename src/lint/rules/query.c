/* Queries of checks and guards: they only read. */
#include "config.h"
#include "lint/rules-private.h"

static void check_query(struct lint_run *run, const struct plan_step *step, const char *query,
                        struct plan_place at)
{
    enum sql_class class;
    const char *why = NULL;
    GError *error = NULL;
    if (!sql_classify(query, &class, &why, &error)) {
        lint_error(run, "S01", step, at, "%s", error->message);
        g_error_free(error);
    } else if (class != SQL_READ) {
        lint_error(run, "S03", step, at, "a query that only reads is expected here, this is %s%s%s",
                   class == SQL_WRITE ? "a write" : sql_class_name(class), why ? ": " : "",
                   why ? why : "");
    }
}

static void check_step(struct lint_run *run, const struct plan_step *step)
{
    if (step->kind == KIND_CHECK && step->sql)
        check_query(run, step, step->sql, step->at_sql);
}

/* Statements of the applications: any will do, as long as it is one. */
static void check_statements(struct lint_run *run, const struct plan_application *application,
                             const GPtrArray *statements)
{
    for (guint i = 0; i < statements->len; i++) {
        const struct plan_statement *statement = statements->pdata[i];
        enum sql_class class;
        g_autoptr(GError) error = NULL;
        g_autofree char *why = NULL;
        if (!sql_classify(statement->sql, &class, NULL, &error))
            lint_error(run, "S01", NULL, statement->at, "a statement of application \"%s\": %s",
                       application->name, error->message);
        else if ((why = lint_why_not_rehearsed(statement)))
            lint_warn(run, "S09", NULL, statement->at, "it cannot be rehearsed: %s", why);
    }
}

static void check_plan(struct lint_run *run)
{
    for (guint i = 0; i < run->plan->applications->len; i++) {
        const struct plan_application *application = run->plan->applications->pdata[i];
        for (int release = 0; release < RELEASE_COUNT; release++)
            check_statements(run, application, application->statements[release]);
    }
    for (guint i = 0; i < run->plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(run->plan->guards, i);
        if (guard->query)
            check_query(run, NULL, guard->query, guard->at_query);
    }
}

const struct lint_rule lint_rule_query = {
    .ids = "S01, S03, S09",
    .summary = "queries of checks and guards only read; statements of applications parse",
    .check_step = check_step,
    .check_plan = check_plan,
};
