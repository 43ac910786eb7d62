/* The preflight: what cannot be done right in this database is refused by name before anything is
 * registered. */
#include "config.h"
#include "engine/preflight-private.h"

#include <string.h>

#include "pgrollout/base/error.h"

static void finding_add(struct preflight *run, gboolean warning, const struct plan_step *step,
                        struct plan_place at, char *text)
{
    struct plan_finding *finding = g_new0(struct plan_finding, 1);
    finding->file = g_strdup(run->file);
    finding->line = at.line ? at.line : step ? step->line : 1;
    finding->column = at.line ? at.column : step ? step->column : 1;
    finding->warning = warning;
    finding->text = text;
    g_ptr_array_add(run->findings, finding);
}

void preflight_error(struct preflight *run, const struct plan_step *step, struct plan_place at,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    finding_add(run, FALSE, step, at, g_strdup_vprintf(format, args));
    va_end(args);
}

void preflight_warn(struct preflight *run, const struct plan_step *step, struct plan_place at,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    finding_add(run, TRUE, step, at, g_strdup_vprintf(format, args));
    va_end(args);
}

/* What forbids any plan here, whatever it says. */
static gboolean check_server(struct preflight *run, GError **error)
{
    const struct catalog *catalog = run->catalog;
    if (catalog->in_recovery) {
        rollout_fail(error, ROLLOUT_ERROR_REFUSED, "\"%s\" is a standby", db_conn_label(run->conn));
        rollout_error_set_hint(*error, "Connect to the primary.");
    } else if (!catalog->installed) {
        rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                     "database \"%s\" has no control schema pgrollout", db_conn_dbname(run->conn));
        rollout_error_set_hint(*error, "Create it once: pgrollout install.");
    } else if (!catalog->may_load) {
        rollout_fail(error, ROLLOUT_ERROR_REFUSED, "role \"%s\" may not load a plan",
                     db_conn_user(run->conn));
        rollout_error_set_hint(*error,
                               "An administrator types: GRANT pgrollout_operator TO \"%s\";",
                               db_conn_user(run->conn));
    } else {
        return TRUE;
    }
    return FALSE;
}

static void check_role(struct preflight *run)
{
    const char *role = run->plan->role;
    struct plan_place nowhere = {0, 0};
    if (!role)
        return;
    if (!run->catalog->role_exists)
        preflight_error(run, NULL, nowhere, "role \"%s\" does not exist: see \"role:\"", role);
    else if (run->catalog->role_super)
        preflight_error(run, NULL, nowhere,
                        "role \"%s\" is a superuser: name the tables' owner, an ordinary role",
                        role);
}

static void check_publishing(struct preflight *run)
{
    const struct catalog *catalog = run->catalog;
    struct plan_place nowhere = {0, 0};
    if (catalog->control_publications)
        preflight_warn(
            run, NULL, nowhere,
            "publication %s publishes schema pgrollout: subscribers need that schema, or "
            "their replication stops",
            catalog->control_publications);
    for (guint i = 0; catalog->logical_slots && i < run->plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(run->plan->steps, i);
        if (step->kind != KIND_BACKFILL)
            continue;
        preflight_warn(run, step, nowhere,
                       "logical slot %s: each row filled is decoded for its consumer, so watch how "
                       "much WAL the slot retains",
                       catalog->logical_slots);
        break;
    }
}

static gboolean check_steps(struct preflight *run, GError **error)
{
    const struct plan *plan = run->plan;
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        struct catalog_table *table = catalog_table_find(run->catalog, plan, step);
        if (table && table->kind != 0 && !preflight_step(run, table, step, error))
            return FALSE;
        if (step->kind == KIND_CHECK &&
            !preflight_query(run, step, step->at_sql, step->name, step->sql, error))
            return FALSE;
    }
    for (guint i = 0; i < plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(plan->guards, i);
        if (!guard->off && guard->query &&
            !preflight_query(run, NULL, guard->at_query, guard->name, guard->query, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean check_all(struct preflight *run, GError **error)
{
    if (!check_server(run, error))
        return FALSE;
    check_role(run);
    check_publishing(run);
    for (guint i = 0; i < run->catalog->tables->len; i++)
        if (!preflight_table(run, g_ptr_array_index(run->catalog->tables, i), error))
            return FALSE;
    return check_steps(run, error);
}

static gint finding_compare(gconstpointer a, gconstpointer b)
{
    const struct plan_finding *x = *(struct plan_finding *const *)a;
    const struct plan_finding *y = *(struct plan_finding *const *)b;
    return x->line != y->line ? x->line - y->line : x->column - y->column;
}

gboolean preflight_run(struct db_conn *conn, const struct plan *plan, const char *file,
                       GPtrArray *findings, struct catalog **catalog, GError **error)
{
    GError *failure = NULL; /* checks set hints on it, so it must be there */
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    struct preflight run = {.conn = conn, .plan = plan, .file = file, .findings = found};
    run.catalog = catalog_read(conn, plan, &failure);
    gboolean ok = run.catalog && check_all(&run, &failure);
    g_ptr_array_sort(found, finding_compare);
    g_ptr_array_extend_and_steal(findings, g_steal_pointer(&found));
    if (ok) {
        *catalog = run.catalog;
        return TRUE;
    }
    catalog_free(run.catalog);
    g_propagate_error(error, failure);
    return FALSE;
}

gboolean engine_preflight(struct db_conn *conn, const struct plan *plan, const char *file,
                          GPtrArray *findings, GError **error)
{
    struct catalog *catalog = NULL;
    gboolean ok = preflight_run(conn, plan, file, findings, &catalog, error);
    catalog_free(catalog);
    return ok;
}
