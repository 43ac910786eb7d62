/* Who reads and writes: no worker, script or second service is forgotten. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

static const struct plan_place nowhere;

/* It takes away, or moves, what some application uses. */
static gboolean concerns_applications(const struct plan_step *step)
{
    return step->kind == KIND_SYNC || step->kind == KIND_DROP_COLUMN;
}

static gboolean names(char **each, const char *name)
{
    return each && g_strv_contains((const char *const *)each, name);
}

/* Gates that name applications should name all of them: the one left out is the one that breaks. */
static void check_gate(struct lint_run *run, const struct plan_step *step)
{
    if (step->kind != KIND_CONFIRM || !step->each)
        return;
    for (guint i = 0; i < run->plan->applications->len; i++) {
        const struct plan_application *application = run->plan->applications->pdata[i];
        if (names(step->each, application->name))
            continue;
        if (application->slot)
            lint_warn(
                run, "C15", step, nowhere,
                "\"%s\" reads by replication slot \"%s\", and this gate does not ask for it: its "
                "tables must know the new column before the old one goes; add it to \"each\"",
                application->name, application->slot);
        else
            lint_warn(
                run, "C18", step, nowhere,
                "this gate does not ask for application \"%s\": add it to \"each\", or somebody "
                "finds out in production",
                application->name);
    }
}

/* SELECT * and INSERT without columns see each column that comes or goes. */
static void star_see(const char *name, JsonNode *value, gpointer data)
{
    JsonObject *fields = JSON_NODE_HOLDS_OBJECT(value) ? json_node_get_object(value) : NULL;
    JsonArray *parts =
        fields && strcmp(name, "ColumnRef") == 0 ? tree_array(fields, "fields") : NULL;
    JsonObject *last;
    if (parts && json_array_get_length(parts) &&
        g_strcmp0(tree_type(json_array_get_element(parts, json_array_get_length(parts) - 1), &last),
                  "A_Star") == 0)
        *(const char **)data = "SELECT *";
    if (strcmp(name, "InsertStmt") == 0 && fields && !tree_array(fields, "cols") &&
        json_object_has_member(fields, "selectStmt"))
        *(const char **)data = "INSERT without a list of columns";
}

static void check_statements(struct lint_run *run, const struct plan_application *application,
                             char **statements)
{
    for (char **statement = statements; statement && *statement; statement++) {
        struct tree tree;
        const char *what = NULL;
        if (!tree_init(&tree, *statement, 0, NULL)) /* the query rule says why */
            continue;
        tree_walk(json_parser_get_root(tree.parser), star_see, &what);
        tree_clear(&tree);
        if (what)
            lint_warn(
                run, "C09", NULL, application->at,
                "application \"%s\" uses %s: each column that comes or goes changes what it gets, "
                "and breaks it where it is prepared; name the columns",
                application->name, what);
    }
}

static void check_plan(struct lint_run *run)
{
    const struct plan *plan = run->plan;
    const struct plan_step *concerned = NULL;
    for (guint i = 0; i < plan->applications->len; i++) {
        const struct plan_application *application = plan->applications->pdata[i];
        check_statements(run, application, application->statements_old);
        check_statements(run, application, application->statements_new);
    }
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (!concerned && concerns_applications(step))
            concerned = step;
    }
    /* of a draft nobody knows whether the section is missing or could not be read */
    if (concerned && plan->applications->len == 0 && plan->unsure == 0 &&
        !(plan->text && strstr(plan->text, "\napplications:")))
        lint_warn(
            run, "C18", concerned, nowhere,
            "the plan names no applications: list under \"applications\" whatever reads or writes "
            "the table, jobs and scripts too, and let the gates ask for each");
}

const struct lint_rule lint_rule_applications = {
    .ids = "C09, C15, C18",
    .summary = "no reader or writer is forgotten",
    .check_step = check_gate,
    .check_plan = check_plan,
};
