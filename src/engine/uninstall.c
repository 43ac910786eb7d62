/* Taking the control schema away. */
#include "config.h"
#include "install-private.h"

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

static gboolean refuse(GError **error, const char *what, const char *hint)
{
    rollout_fail(error, ROLLOUT_ERROR_REFUSED, "%s", what);
    if (error)
        rollout_error_set_hint(*error, "%s", hint);
    return FALSE;
}

/* A rollout, an engine, or somebody's object needs it. */
static gboolean check_busy(const struct db_reply *busy, GError **error)
{
    const char *migrations = db_reply_text(busy, 0, db_reply_column(busy, "migrations"));
    const char *engine = db_reply_text(busy, 0, db_reply_column(busy, "engine"));
    if (migrations) {
        g_autofree char *text =
            g_strdup_printf("migrations still need the control schema: %s", migrations);
        return refuse(error, text, "finish each, or take it back: pgrollout abort NAME --to start");
    }
    if (engine) {
        g_autofree char *text = g_strdup_printf("an engine runs: %s", engine);
        return refuse(error, text, "stop it first (SIGTERM), then repeat");
    }
    return TRUE;
}

static gboolean check_users(struct db_conn *conn, GError **error)
{
    struct db_reply *reply = NULL;
    if (!install_file(conn, "users", &reply, error))
        return FALSE;
    const char *users = db_reply_text(reply, 0, 0);
    g_autofree char *text =
        users ? g_strdup_printf("objects use the control schema: %s", users) : NULL;
    db_reply_free(reply);
    return text ? refuse(error, text, "drop them first; uninstall takes away only its own") : TRUE;
}

/* Roles belong to the whole cluster: what another database uses stays. */
static gboolean drop_roles(struct db_conn *conn, struct install_report *report, GError **error)
{
    struct db_reply *roles = NULL;
    if (!install_file(conn, "roles-there", &roles, error))
        return FALSE;
    for (int i = 0; i < db_reply_rows(roles); i++) {
        const char *role = db_reply_text(roles, i, 0);
        g_autofree char *sql = g_strdup_printf("DROP ROLE %s", role);
        g_autoptr(GError) problem = NULL;
        if (install_savepoint(conn, sql, &problem))
            install_note(report->done, "dropped role %s", role);
        else
            install_note(report->done, "kept role %s: %s", role, problem->message);
    }
    db_reply_free(roles);
    return TRUE;
}

static gboolean take_away(struct db_conn *conn, const struct db_reply *look,
                          struct install_report *report, GError **error)
{
    struct db_reply *busy = NULL;
    if (!install_allowed(look, error))
        return FALSE;
    if (!db_reply_bool(look, 0, db_reply_column(look, "installed"))) {
        install_note(report->done, "there is no schema pgrollout in this database");
        return drop_roles(conn, report, error);
    }
    if (!install_as_member(conn, "SET LOCAL ROLE pgrollout_owner", "uninstall", report, error) ||
        !install_file(conn, "version", &busy, error))
        return FALSE;
    report->before = (int)db_reply_int(busy, 0, 0);
    db_reply_free(busy);
    busy = NULL;
    gboolean free_to_go = install_file(conn, "busy", &busy, error) && check_busy(busy, error);
    db_reply_free(busy);
    /* nothing outside depends on it, so CASCADE reaches only its own */
    if (!free_to_go || !check_users(conn, error) ||
        !install_query(conn, "DROP SCHEMA pgrollout CASCADE; RESET ROLE", NULL, error))
        return FALSE;
    install_note(report->done, "dropped schema pgrollout");
    return drop_roles(conn, report, error);
}

gboolean uninstall_run(struct db_conn *conn, gboolean dry_run, struct install_report *report,
                       GError **error)
{
    struct db_reply *look = NULL;
    gboolean done = install_file(conn, "begin", NULL, error) &&
                    install_file(conn, "look", &look, error) &&
                    take_away(conn, look, report, error);
    db_reply_free(look);
    return install_end(conn, done && !dry_run, error) && done;
}
