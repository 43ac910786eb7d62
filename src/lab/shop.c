/* The shop: logins, tables and the first rows. */
#include "config.h"
#include "lab-private.h"

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

static gboolean run_text(struct db_conn *conn, const char *sql, const char *parameter,
                         GError **error)
{
    const char *const parameters[] = {parameter};
    struct db_reply *reply = db_conn_query_wait(conn, sql, parameter ? 1 : 0, parameters, error);
    db_reply_free(reply);
    return reply != NULL;
}

static gboolean run_file(struct db_conn *conn, const char *name, const char *parameter,
                         GError **error)
{
    g_autofree char *path = g_strdup_printf("lab/sql/%s.sql", name);
    if (run_text(conn, resource_text(path), parameter, error))
        return TRUE;
    g_prefix_error(error, "%s: ", path);
    return FALSE;
}

/* The logins and the database, from the database that initdb made. */
static gboolean create_database(const struct lab *lab, GError **error)
{
    struct db_target *target = lab_target(lab, LAB_PRIMARY, "postgres");
    g_free(target->dbname);
    target->dbname = g_strdup("postgres");
    struct db_conn *conn = db_conn_new(target, "pgrollout lab");
    db_target_free(target);
    gboolean done = db_conn_open_wait(conn, error) && run_file(conn, "roles", NULL, error) &&
                    run_file(conn, "database", NULL, error);
    db_conn_free(conn);
    return done;
}

/* VACUUM stands alone in its message. */
static gboolean settle(struct db_conn *conn, GError **error)
{
    g_auto(GStrv) statements = g_strsplit(resource_text("lab/sql/settle.sql"), ";\n", -1);
    for (char **statement = statements; *statement; statement++)
        if (!run_text(conn, *statement, NULL, error))
            return FALSE;
    return TRUE;
}

gboolean lab_shop_create(const struct lab *lab, const struct lab_options *options, GError **error)
{
    g_autofree char *rows = g_strdup_printf("%" G_GINT64_FORMAT, options->rows);
    char rate[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_dtostr(rate, sizeof rate, options->rate);
    if (!create_database(lab, error))
        return FALSE;
    struct db_conn *conn = lab_connect(lab, LAB_PRIMARY, error);
    gboolean done = conn && run_file(conn, "tables", NULL, error) &&
                    run_file(conn, "rows", rows, error) &&
                    run_file(conn, "deployments", rate, error) && settle(conn, error);
    db_conn_free(conn);
    return done;
}

gboolean lab_grant(const struct lab *lab, GError **error)
{
    struct db_conn *conn = lab_connect(lab, LAB_PRIMARY, error);
    gboolean done = conn && run_file(conn, "grants", NULL, error);
    db_conn_free(conn);
    return done;
}
