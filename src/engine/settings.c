/* Session settings: set, then read back, because defaults of roles and databases have broken others. */
#include "config.h"
#include "engine-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

/* The same on every connection; the values read back as pg_settings writes them. */
static const struct {
    const char *name, *value, *reads;
} common[] = {
    {"idle_in_transaction_session_timeout", "500ms", "500"},
    {"client_connection_check_interval", "1s", "1000"},
    {"idle_session_timeout", "0", "0"},
    {"row_security", "off", "off"},
    {"jit", "off", "off"},
    {"TimeZone", "UTC", "UTC"},
    {"DateStyle", "ISO, YMD", "ISO, YMD"},
    {"IntervalStyle", "postgres", "postgres"},
    {"bytea_output", "hex", "hex"},
    {"extra_float_digits", "1", "1"},
    {"standard_conforming_strings", "on", "on"},
    {"default_transaction_isolation", "read committed", "read committed"},
    {"synchronous_commit", "on", "on"},
    {"session_replication_role", NULL, "origin"}, /* only a superuser may set it */
};

/* By purpose. A batch gets five times its target, 200 ms at the least; set per message where it differs.
 * The sensor is read-only from the moment it has registered. */
static const struct {
    const char *lock_ms, *statement_ms, *read_only;
} own[] = {
    [SETTINGS_CONTROL] = {"5000", "12000", "off"},
    [SETTINGS_SENSOR] = {"100", "800", "on"},
    [SETTINGS_WORK] = {"100", "5000", "off"},
};

/* On TCP only: on a Unix socket they read back 0. So they do where the server's system has no such
 * thing, and where something in between turns TCP into a Unix socket. */
static const struct {
    const char *name, *value, *reads;
} tcp[] = {
    {"tcp_keepalives_idle", "5", "5"},
    {"tcp_keepalives_interval", "2", "2"},
    {"tcp_keepalives_count", "3", "3"},
    {"tcp_user_timeout", "10s", "10000"},
};

char *settings_sql(enum settings_purpose purpose, const struct db_conn *conn, const char *schema)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(common); i++)
        if (common[i].value)
            g_string_append_printf(sql, "SET %s = '%s'; ", common[i].name, common[i].value);
    for (guint i = 0; db_conn_is_tcp(conn) && i < G_N_ELEMENTS(tcp); i++)
        g_string_append_printf(sql, "SET %s = '%s'; ", tcp[i].name, tcp[i].value);
    g_autofree char *quoted = schema ? db_ident(schema) : NULL;
    g_string_append_printf(sql, "SET search_path = %s%spg_catalog, pg_temp; ", quoted ? quoted : "",
                           quoted ? ", " : "");
    g_string_append_printf(sql,
                           "SET lock_timeout = %s; SET statement_timeout = %s; "
                           "SET default_transaction_read_only = %s",
                           own[purpose].lock_ms, own[purpose].statement_ms, own[purpose].read_only);
    return g_string_free(sql, FALSE);
}

const char *settings_check_sql(void)
{
    return resource_text("engine/sql/settings-read.sql");
}

/* NULL: not there. */
static const char *setting_of(const struct db_reply *reply, const char *name)
{
    for (int row = 0; row < db_reply_rows(reply); row++)
        if (g_ascii_strcasecmp(db_reply_text(reply, row, 0), name) == 0)
            return db_reply_text(reply, row, 1);
    return NULL;
}

static gboolean reads(const struct db_reply *reply, const char *name, const char *wanted,
                      GError **error)
{
    const char *setting = setting_of(reply, name);
    if (!setting || strcmp(setting, wanted) == 0)
        return TRUE;
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                        "setting \"%s\" reads back as \"%s\" instead of \"%s\"", name, setting,
                        wanted);
}

/* The server leaves out quotes that a name does not need. */
static gboolean path_reads(const struct db_reply *reply, const char *schema, GError **error)
{
    g_autofree char *plain =
        g_strdup_printf("%s%spg_catalog, pg_temp", schema ? schema : "", schema ? ", " : "");
    g_autofree char *ident = schema ? db_ident(schema) : NULL;
    g_autofree char *quoted = ident ? g_strdup_printf("%s, pg_catalog, pg_temp", ident) : NULL;
    if (g_strcmp0(setting_of(reply, "search_path"), quoted) == 0)
        return TRUE;
    return reads(reply, "search_path", plain, error);
}

gboolean settings_check(const struct db_reply *reply, enum settings_purpose purpose,
                        const struct db_conn *conn, const char *schema, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(common); i++)
        if (!reads(reply, common[i].name, common[i].reads, error))
            return FALSE;
    for (guint i = 0; db_conn_is_tcp(conn) && i < G_N_ELEMENTS(tcp); i++)
        if (g_strcmp0(setting_of(reply, tcp[i].name), "0") != 0 &&
            !reads(reply, tcp[i].name, tcp[i].reads, error))
            return FALSE;
    return reads(reply, "lock_timeout", own[purpose].lock_ms, error) &&
           reads(reply, "statement_timeout", own[purpose].statement_ms, error) &&
           reads(reply, "default_transaction_read_only", own[purpose].read_only, error) &&
           path_reads(reply, schema, error);
}
