/* Who reads and writes: no worker, script or second service is forgotten. */
#include "config.h"
#include "lint/rules-private.h"

#include <string.h>

static const struct plan_place nowhere;

static gboolean takes_away(const struct plan_step *step)
{
    return step->kind == KIND_DROP_COLUMN || step->kind == KIND_DROP_TABLE;
}

/* It takes away, or moves, what some application uses. */
static gboolean concerns_applications(const struct plan_step *step)
{
    return step->kind == KIND_SYNC || step->kind == KIND_RENAME_TABLE || takes_away(step);
}

static gboolean names(char **each, const char *name)
{
    return each && g_strv_contains((const char *const *)each, name);
}

/* Gates that name applications should name all of them: the one left out is the one that breaks. What
 * reads by a slot is no release that anybody deploys. */
static void check_gate(struct lint_run *run, const struct plan_step *step)
{
    if (step->kind != KIND_CONFIRM || !step->each)
        return;
    for (guint i = 0; i < run->plan->applications->len; i++) {
        const struct plan_application *application = run->plan->applications->pdata[i];
        if (!application->slot && !names(step->each, application->name))
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
                             const GPtrArray *statements)
{
    for (guint i = 0; i < statements->len; i++) {
        const struct plan_statement *statement = statements->pdata[i];
        struct tree tree;
        const char *what = NULL;
        if (!tree_init(&tree, statement->sql, 0, NULL)) /* the query rule says why */
            continue;
        tree_walk(json_parser_get_root(tree.parser), star_see, &what);
        tree_clear(&tree);
        if (what)
            lint_warn(
                run, "C09", NULL, statement->at,
                "application \"%s\" uses %s: each column that comes or goes changes what it gets, "
                "and breaks it where it is prepared; name the columns",
                application->name, what);
    }
}

/* Its use, or its sessions, were looked at, or somebody answered for it. */
static gboolean is_asked_for(const struct plan *plan, const struct plan_application *application,
                             const struct plan_step *before)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step == before)
            break;
        if (step->kind == KIND_UNUSED || step->kind == KIND_BROWN_OUT ||
            names(step->each, application->name) ||
            (step->kind == KIND_NO_SESSIONS &&
             (!step->application || strcmp(step->application, application->name) == 0)))
            return TRUE;
    }
    return FALSE;
}

static void check_forgotten(struct lint_run *run, const struct plan_step *step)
{
    for (guint i = 0; i < run->plan->applications->len; i++) {
        const struct plan_application *application = run->plan->applications->pdata[i];
        if (is_asked_for(run->plan, application, step))
            continue;
        if (application->slot)
            lint_warn(
                run, "C15", step, nowhere,
                "\"%s\" reads by replication slot \"%s\", and no gate before this asks for it: its "
                "tables must know the new column before the old one goes; a confirm with \"each\"",
                application->name, application->slot);
        else
            lint_warn(run, "C18", step, nowhere,
                      "no gate before this asks for application \"%s\": a confirm with \"each\", a "
                      "no_sessions or an unused step",
                      application->name);
    }
}

/* What the rarest reader needs to be seen at all. */
static void check_window(struct lint_run *run, const struct plan_step *step)
{
    const struct plan_application *rarest = NULL;
    if (step->for_us <= 0 || (step->kind != KIND_UNUSED && step->kind != KIND_BROWN_OUT &&
                              step->kind != KIND_NO_SESSIONS))
        return;
    for (guint i = 0; i < run->plan->applications->len; i++) {
        const struct plan_application *application = run->plan->applications->pdata[i];
        if (step->application && strcmp(step->application, application->name) != 0)
            continue;
        if (application->runs_us > step->for_us &&
            (!rarest || application->runs_us > rarest->runs_us))
            rarest = application;
    }
    if (!rarest)
        return;
    if (step->kind == KIND_UNUSED)
        lint_error(
            run, "C07", step, nowhere,
            "\"%s\" runs more rarely than this looks: it would not be seen; \"for\" at least "
            "as long as its \"runs\"",
            rarest->name);
    else
        lint_warn(
            run, "C07", step, nowhere,
            "\"%s\" runs more rarely than this looks: it would not be seen; a longer \"for\", "
            "or an unused step besides",
            rarest->name);
}

static void check_step(struct lint_run *run, const struct plan_step *step)
{
    check_gate(run, step);
    check_window(run, step);
    if (takes_away(step) && run->plan->unsure == 0)
        check_forgotten(run, step);
}

static void check_plan(struct lint_run *run)
{
    const struct plan *plan = run->plan;
    const struct plan_step *concerned = NULL;
    for (guint i = 0; i < plan->applications->len; i++) {
        const struct plan_application *application = plan->applications->pdata[i];
        for (int release = 0; release < RELEASE_COUNT; release++)
            check_statements(run, application, application->statements[release]);
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
    .ids = "C07, C09, C15, C18",
    .summary = "no reader or writer is forgotten",
    .check_step = check_step,
    .check_plan = check_plan,
};
