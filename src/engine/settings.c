/* Session settings: set, then read back, because defaults of roles and databases have broken others. */
#include "config.h"
#include "engine-private.h"

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

/* A batch gets five times its target, 200 ms at the least; set per message where it differs. */
static const char *timeouts(enum settings_purpose purpose)
{
    switch (purpose) {
    case SETTINGS_CONTROL:
        return "SET lock_timeout = '5s'; SET statement_timeout = '12s'; "
               "SET default_transaction_read_only = off";
    case SETTINGS_SENSOR:
        /* read-only from the moment it has registered */
        return "SET lock_timeout = '100ms'; SET statement_timeout = '800ms'; "
               "SET default_transaction_read_only = on";
    case SETTINGS_WORK:
        break;
    }
    return "SET lock_timeout = '100ms'; SET statement_timeout = '5s'; "
           "SET default_transaction_read_only = off";
}

char *settings_sql(enum settings_purpose purpose, const struct db_conn *conn, const char *schema)
{
    GString *sql = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(common); i++)
        if (common[i].value)
            g_string_append_printf(sql, "SET %s = '%s'; ", common[i].name, common[i].value);
    if (db_conn_is_tcp(conn)) /* they read back 0 on a Unix socket */
        g_string_append(sql, "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; "
                             "SET tcp_keepalives_count = 3; SET tcp_user_timeout = '10s'; ");
    g_autofree char *quoted = schema ? db_ident(schema) : NULL;
    g_string_append_printf(sql, "SET search_path = %s%spg_catalog, pg_temp; ", quoted ? quoted : "",
                           quoted ? ", " : "");
    g_string_append(sql, timeouts(purpose));
    return g_string_free(sql, FALSE);
}

const char *settings_check_sql(void)
{
    return resource_text("engine/sql/settings-read.sql");
}

gboolean settings_check(const struct db_reply *reply, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(common); i++)
        for (int row = 0; row < db_reply_rows(reply); row++) {
            if (g_ascii_strcasecmp(db_reply_text(reply, row, 0), common[i].name) != 0)
                continue;
            const char *setting = db_reply_text(reply, row, 1);
            if (g_strcmp0(setting, common[i].reads) != 0)
                return rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                                    "setting \"%s\" reads back as \"%s\" instead of \"%s\"",
                                    common[i].name, setting, common[i].reads);
        }
    return TRUE;
}
