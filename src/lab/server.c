/* The two servers: made with initdb and pg_basebackup, started by pg_ctl, stopped by recorded pid.
 */
#include "config.h"
#include "fault-private.h"
#include "lab-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/lab/listen.h"

#define PRIMARY_PORT 5432 /* where nobody listens, names of sockets */
#define REPLICA_PORT 5433
#define HBA_FILE "hba.conf"

const char *lab_server_name(enum lab_server server)
{
    return server == LAB_PRIMARY ? "primary" : "replica";
}

/* One port serves a server's socket and its network address. */
int lab_server_port(const struct lab *lab, enum lab_server server)
{
    struct lab_listen listen = {.port = PRIMARY_PORT};
    if (lab->listen)
        lab_listen_parse(lab->listen, &listen, NULL);
    lab_listen_clear(&listen);
    if (server == LAB_PRIMARY)
        return listen.port;
    return listen.port == REPLICA_PORT ? PRIMARY_PORT : REPLICA_PORT;
}

/* The first line of postmaster.pid, 0 when there is none. */
static int recorded_pid(const char *data)
{
    g_autofree char *path = g_build_filename(data, "postmaster.pid", NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    return (int)g_ascii_strtoll(text, NULL, 10);
}

int lab_server_pid(const struct lab *lab, enum lab_server server)
{
    g_autofree char *data = lab_path(lab, lab_server_name(server));
    int pid = recorded_pid(data);
    return lab_process_has_argument(pid, data) ? pid : 0;
}

/* A folder that the servers' login owns. */
static gboolean make_folder(const struct lab *lab, const char *path, GError **error)
{
    if (g_mkdir(path, 0700) != 0 && errno != EEXIST)
        return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "could not make \"%s\": %s", path,
                            g_strerror(errno));
    const struct passwd *entry = lab->user ? getpwnam(lab->user) : NULL;
    if (entry && lchown(path, entry->pw_uid, entry->pw_gid) != 0)
        return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "could not give \"%s\" to \"%s\": %s",
                            path, lab->user, g_strerror(errno));
    return TRUE;
}

/* Settings go through the command line of the server, so that the replica, whose files are a copy
 * of the primary's, gets its own. */
static char *server_settings(const struct lab *lab, enum lab_server server)
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(resource_text("lab/lab-server.conf"), "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line && **line != '#')
            g_string_append_printf(out, "-c %s ", *line);
    g_autofree char *hba = lab_path(lab, HBA_FILE);
    g_string_append_printf(out,
                           "-c unix_socket_directories='%s' -c port=%d -c cluster_name=%s "
                           "-c hba_file='%s'",
                           lab->sockets, lab_server_port(lab, server), lab_server_name(server),
                           hba);
    struct lab_listen listen = {0};
    if (server == LAB_PRIMARY && lab->listen && lab_listen_parse(lab->listen, &listen, NULL))
        g_string_append_printf(out, " -c listen_addresses='%s'", listen.address);
    lab_listen_clear(&listen);
    if (server == LAB_REPLICA) /* the port may be another one than when the replica was made */
        g_string_append_printf(out, " -c primary_conninfo=\"user=postgres host='%s' port=%d\"",
                               lab->sockets, lab_server_port(lab, LAB_PRIMARY));
    return g_string_free(out, FALSE);
}

/* A pid file whose process is somebody else's keeps a server from starting; where the process is
 * gone the server sees that by itself. */
static void remove_stale_pid_file(const char *data)
{
    int pid = recorded_pid(data);
    if (pid > 0 && kill(pid, 0) == 0 && !lab_process_has_argument(pid, data)) {
        g_autofree char *path = g_build_filename(data, "postmaster.pid", NULL);
        g_unlink(path);
    }
}

/* Who may come; the servers' login must be able to read it, whatever the umask. */
static gboolean write_hba(const struct lab *lab, GError **error)
{
    g_autofree char *path = lab_path(lab, HBA_FILE), *text = lab_listen_hba(lab->listen);
    return g_file_set_contents(path, text, -1, error) &&
           (g_chmod(path, 0644) == 0 || rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                                                     "could not open \"%s\" to the servers", path));
}

gboolean lab_server_start(const struct lab *lab, enum lab_server server, GError **error)
{
    if (lab_server_pid(lab, server) > 0)
        return TRUE;
    g_autofree char *data = lab_path(lab, lab_server_name(server));
    g_autofree char *log = g_strdup_printf("%s/%s.log", lab->sockets, lab_server_name(server));
    g_autofree char *settings = server_settings(lab, server);
    const char *argv[] = {"pg_ctl", "-s", "-w", "-t",     "60",    "-D", data,
                          "-l",     log,  "-o", settings, "start", NULL};
    if (!write_hba(lab, error))
        return FALSE;
    remove_stale_pid_file(data);
    if (lab_run(lab, argv, error))
        return TRUE;
    if (error)
        rollout_error_set_hint(*error, "its log is \"%s\"", log);
    return FALSE;
}

gboolean lab_servers_start(struct lab *lab, GError **error)
{
    return make_folder(lab, lab->sockets, error) && lab_server_start(lab, LAB_PRIMARY, error) &&
           lab_server_start(lab, LAB_REPLICA, error);
}

static gboolean stop_server(const struct lab *lab, enum lab_server server, GError **error)
{
    int pid = lab_server_pid(lab, server);
    /* fast, then immediate: sessions of people may hold the first one up */
    if (pid == 0 || lab_process_end(pid, SIGINT, 20) || lab_process_end(pid, SIGQUIT, 10))
        return TRUE;
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "the %s (pid %d) does not stop",
                        lab_server_name(server), pid);
}

gboolean lab_servers_stop(struct lab *lab, GError **error)
{
    /* the primary first: it hands the replica what is left to send */
    return stop_server(lab, LAB_PRIMARY, error) && stop_server(lab, LAB_REPLICA, error);
}

/* As ourselves: the folders lie in a directory that the servers' login cannot write. */
static gboolean remove_trees(const char *const *paths, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    const char *program[] = {"rm", "-rf", "--"};
    for (guint i = 0; i < G_N_ELEMENTS(program); i++)
        g_ptr_array_add(argv, (char *)program[i]);
    for (; *paths; paths++)
        g_ptr_array_add(argv, (char *)*paths);
    g_ptr_array_add(argv, NULL);
    g_autoptr(GError) problem = NULL;
    int status;
    if (g_spawn_sync("/", (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                     &status, &problem) &&
        g_spawn_check_wait_status(status, &problem))
        return TRUE;
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "could not delete \"%s\": %s",
                        (char *)argv->pdata[3], problem->message);
}

gboolean lab_delete(struct lab *lab, GError **error)
{
    const char *paths[] = {lab->directory, NULL};
    return remove_trees(paths, error);
}

/* Deletes what is below the directory but the lock that we hold. */
static gboolean clear_folders(struct lab *lab, GError **error)
{
    g_autofree char *primary = lab_path(lab, "primary"), *replica = lab_path(lab, "replica");
    g_autofree char *settings = lab_path(lab, "lab.conf");
    /* the settings first: from then on nothing complete lies here */
    const char *paths[] = {settings, primary, replica, lab->sockets, NULL};
    return remove_trees(paths, error);
}

gboolean lab_primary_create(struct lab *lab, const char *superuser, GError **error)
{
    g_autofree char *data = lab_path(lab, "primary");
    const char *initdb[] = {"initdb",  "-D",
                            data,      "-U",
                            superuser, "-A",
                            "trust",   "-E",
                            "UTF8",    "--locale=C.UTF-8",
                            "-N",      "--no-instructions",
                            NULL};
    return make_folder(lab, data, error) && make_folder(lab, lab->sockets, error) &&
           lab_run(lab, initdb, error) && lab_server_start(lab, LAB_PRIMARY, error);
}

static gboolean create_replica(struct lab *lab, GError **error)
{
    g_autofree char *data = lab_path(lab, "replica");
    g_autofree char *port = g_strdup_printf("%d", lab_server_port(lab, LAB_PRIMARY));
    const char *basebackup[] = {"pg_basebackup", "-R", "-c", "fast", "-N",       "-D", data, "-h",
                                lab->sockets,    "-p", port, "-U",   "postgres", "-w", NULL};
    return make_folder(lab, data, error) && lab_run(lab, basebackup, error) &&
           lab_server_start(lab, LAB_REPLICA, error);
}

gboolean lab_create(struct lab *lab, const struct lab_options *options, GError **error)
{
    for (const struct lab_fault_kind *kind = lab_fault_kinds(); kind->name; kind++)
        fault_remove(lab, kind->name);
    return lab_servers_stop(lab, error) && clear_folders(lab, error) &&
           lab_primary_create(lab, "postgres", error) && lab_shop_create(lab, options, error) &&
           create_replica(lab, error) && lab_options_write(lab, options, error);
}
