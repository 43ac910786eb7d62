/* The practice cluster on the network. */
#include "config.h"
#include "pgrollout/lab/listen.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "lab-private.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define PASSWORD_LENGTH 20
#define PEOPLE "lab_viewer,lab_responder,lab_operator,lab_approver"

static gboolean is_loopback(const char *address)
{
    return strcmp(address, "localhost") == 0 || strcmp(address, "::1") == 0 ||
           g_str_has_prefix(address, "127.");
}

static gboolean is_address(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789.:-*") == strlen(text);
}

gboolean lab_listen_parse(const char *text, struct lab_listen *listen, GError **error)
{
    const char *colon = strrchr(text, ':');
    gboolean bracketed = colon && *text == '[' && colon > text + 1 && colon[-1] == ']';
    g_autofree char *address =
        !colon ? g_strdup("")
               : g_strndup(text + bracketed, (gsize)(colon - text) - 2 * (gsize)bracketed);
    gint64 port = 0;
    struct in6_addr v6;
    gboolean fits = is_address(address) &&
                    (bracketed ? inet_pton(AF_INET6, address, &v6) == 1 : !strchr(address, ':')) &&
                    g_ascii_string_to_signed(colon + 1, 10, 1024, 65535, &port, NULL);
    if (fits) {
        listen->loopback = is_loopback(address);
        listen->address = g_steal_pointer(&address);
        listen->port = (int)port;
        return TRUE;
    }
    rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is not an address and a port", text);
    if (error)
        rollout_error_set_hint(*error, "write it as 192.0.2.10:6432, localhost:6432 or [::1]:6432, "
                                       "with a port from 1024 to 65535");
    return FALSE;
}

void lab_listen_clear(struct lab_listen *listen)
{
    g_clear_pointer(&listen->address, g_free);
}

char *lab_listen_hba(const char *text)
{
    struct lab_listen listen = {0};
    GString *out = g_string_new("# written by pgrollout lab at each start\n"
                                "local all all trust\n"
                                "local replication all trust\n");
    if (text && lab_listen_parse(text, &listen, NULL))
        g_string_append_printf(out, "host " LAB_DATABASE " " PEOPLE " %s scram-sha-256\n",
                               listen.loopback ? "samehost" : "samenet");
    lab_listen_clear(&listen);
    return g_string_free(out, FALSE);
}

static char *password_path(const struct lab *lab)
{
    return lab_path(lab, "password");
}

gboolean lab_listen_set(struct lab *lab, const char *text, GError **error)
{
    g_autofree char *path = lab_path(lab, "listen"), *password = password_path(lab);
    if (!text) {
        g_unlink(path);
        g_unlink(password);
    } else if (!g_file_set_contents(path, text, -1, error)) {
        return FALSE;
    }
    g_free(lab->listen);
    lab->listen = g_strdup(text);
    return TRUE;
}

/* Letters and digits that nobody mistakes for each other; 32 of them, so that each byte counts alike. */
static char *make_password(void)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789A";
    G_STATIC_ASSERT(sizeof letters == 32 + 1);
    guchar bytes[PASSWORD_LENGTH];
    char *password = g_malloc0(PASSWORD_LENGTH + 1);
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        g_error("the system has no random bytes");
    for (int i = 0; i < PASSWORD_LENGTH; i++)
        password[i] = letters[bytes[i] % 32];
    return password;
}

static gboolean keep_password(const struct lab *lab, const char *password, GError **error)
{
    g_autofree char *path = password_path(lab);
    return g_file_set_contents_full(path, password, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                    error) &&
           (g_chmod(path, 0600) == 0 ||
            rollout_fail(error, ROLLOUT_ERROR_REFUSED, "could not close \"%s\" to others", path));
}

/* The statements leave no trace of it in pg_stat_statements or the log. */
static gboolean give(const struct lab *lab, const char *password, GError **error)
{
    const char *const parameters[] = {password};
    struct db_conn *conn = lab_connect(lab, LAB_PRIMARY, error);
    gboolean done = conn != NULL;
    static const char *const files[] = {"lab/sql/listen-quiet.sql", "lab/sql/listen-hand.sql",
                                        "lab/sql/listen-password.sql"};
    for (guint i = 0; done && i < G_N_ELEMENTS(files); i++) {
        struct db_reply *reply =
            db_conn_query_wait(conn, resource_text(files[i]), i == 1 ? 1 : 0, parameters, error);
        done = reply != NULL;
        db_reply_free(reply);
    }
    db_conn_free(conn);
    return done;
}

gboolean lab_listen_admit(const struct lab *lab, char **password, gboolean *fresh, GError **error)
{
    g_autofree char *path = password_path(lab);
    *password = NULL;
    *fresh = !g_file_get_contents(path, password, NULL, NULL);
    if (*fresh)
        *password = make_password();
    if ((!*fresh || keep_password(lab, *password, error)) && give(lab, *password, error))
        return TRUE;
    g_clear_pointer(password, g_free);
    return FALSE;
}

char *lab_listen_uri(const struct lab *lab)
{
    struct lab_listen listen = {0};
    if (!lab->listen || !lab_listen_parse(lab->listen, &listen, NULL))
        return NULL;
    gboolean v6 = strchr(listen.address, ':') != NULL;
    gboolean any = strcmp(listen.address, "*") == 0 || strcmp(listen.address, "0.0.0.0") == 0 ||
                   strcmp(listen.address, "::") == 0;
    char *uri = g_strdup_printf("postgresql://lab_viewer@%s%s%s:%d/" LAB_DATABASE,
                                v6 && !any ? "[" : "", any ? g_get_host_name() : listen.address,
                                v6 && !any ? "]" : "", listen.port);
    lab_listen_clear(&listen);
    return uri;
}
