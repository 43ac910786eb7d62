/* Where the practice cluster lives, and the programs it is made with. */
#include "config.h"
#include "lab-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/lab/listen.h"
#include "pgrollout/lab/scratch.h"

/* sun_path less its NUL (unix(7)); the server also makes NAME.lock beside the socket */
#define SOCKET_PATH_MAX (107 - (int)sizeof "/run/.s.PGSQL.65535.lock")

char *lab_path(const struct lab *lab, const char *name)
{
    return g_build_filename(lab->directory, name, NULL);
}

static gboolean has_server(const char *bindir)
{
    g_autofree char *postgres = g_build_filename(bindir, "postgres", NULL);
    return *bindir && g_file_test(postgres, G_FILE_TEST_IS_EXECUTABLE);
}

/* The directory the program was built for, else what pg_config says now; never PATH. */
char *lab_find_bindir(void)
{
    const char *named = g_getenv("PG_BINDIR");
    if (named && has_server(named))
        return g_strdup(named);
    if (has_server(PG_BINDIR))
        return g_strdup(PG_BINDIR);
    g_autofree char *output = NULL;
    if (g_spawn_command_line_sync("pg_config --bindir", &output, NULL, NULL, NULL) &&
        has_server(g_strchomp(output)))
        return g_steal_pointer(&output);
    return NULL;
}

/* Servers refuse to run as root: then they run as another login. */
static gboolean find_user(struct lab *lab, GError **error)
{
    if (geteuid() != 0)
        return TRUE;
    const char *name = g_getenv("PGROLLOUT_LAB_USER");
    if (!name)
        name = "postgres";
    const struct passwd *entry = getpwnam(name);
    if (!entry || entry->pw_uid == 0) {
        rollout_fail(error, ROLLOUT_ERROR_REFUSED, "no login \"%s\" to run the servers as", name);
        if (error)
            rollout_error_set_hint(*error,
                                   "a server does not run as root: name an ordinary login in "
                                   "PGROLLOUT_LAB_USER, or start this as one");
        return FALSE;
    }
    lab->user = g_strdup(name);
    return TRUE;
}

static char *find_directory(void)
{
    const char *named = g_getenv("PGROLLOUT_LAB_DIR");
    if (named && *named)
        return g_canonicalize_filename(named, NULL);
    return g_strdup_printf("/var/tmp/pgrollout-lab-%u", (unsigned)geteuid());
}

/* Whoever may write there is us, and yet what cannot be understood is nothing. */
static char *read_listen(const struct lab *lab)
{
    g_autofree char *path = lab_path(lab, "listen"), *text = NULL;
    struct lab_listen listen = {0};
    gboolean there =
        g_file_get_contents(path, &text, NULL, NULL) && lab_listen_parse(text, &listen, NULL);
    lab_listen_clear(&listen);
    return there ? g_steal_pointer(&text) : NULL;
}

struct lab *lab_open(GError **error)
{
    struct lab *lab = g_new0(struct lab, 1);
    lab->lock = -1;
    lab->directory = find_directory();
    lab->sockets = lab_path(lab, "run");
    lab->bindir = lab_find_bindir();
    lab->listen = read_listen(lab);
    if (strlen(lab->directory) > (size_t)SOCKET_PATH_MAX) {
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is too long for a socket", lab->directory);
        if (error)
            rollout_error_set_hint(*error,
                                   "name a directory of at most %d bytes in "
                                   "PGROLLOUT_LAB_DIR",
                                   SOCKET_PATH_MAX);
    } else if (!lab->bindir) {
        rollout_fail(error, ROLLOUT_ERROR_REFUSED, "no PostgreSQL server programs found");
        if (error)
            rollout_error_set_hint(*error, "install the package \"postgresql\", or name their "
                                           "directory in PG_BINDIR");
    } else if (find_user(lab, error)) {
        return lab;
    }
    lab_close(lab);
    return NULL;
}

void lab_close(struct lab *lab)
{
    if (!lab)
        return;
    if (lab->lock >= 0)
        close(lab->lock);
    g_free(lab->directory);
    g_free(lab->sockets);
    g_free(lab->bindir);
    g_free(lab->user);
    g_free(lab->listen);
    g_free(lab);
}

/* Its name can be guessed and /var/tmp is everybody's: what lies there must be ours. */
static gboolean make_directory(struct lab *lab, GError **error)
{
    struct stat info;
    if (g_mkdir(lab->directory, 0755) == 0) {
        /* whatever the umask: the servers' login must get through */
        if (chmod(lab->directory, 0755) == 0)
            return TRUE;
    } else if (errno == EEXIST && lstat(lab->directory, &info) == 0) {
        if (S_ISDIR(info.st_mode) && info.st_uid == geteuid() && !(info.st_mode & 022))
            return TRUE;
        rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                     "\"%s\" is not a directory that only this login can write", lab->directory);
        if (error)
            rollout_error_set_hint(*error, "name another one in PGROLLOUT_LAB_DIR");
        return FALSE;
    }
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "could not make \"%s\": %s", lab->directory,
                        g_strerror(errno));
}

gboolean lab_lock(struct lab *lab, GError **error)
{
    if (lab->lock >= 0)
        return TRUE;
    if (!make_directory(lab, error))
        return FALSE;
    g_autofree char *path = lab_path(lab, "lock");
    lab->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lab->lock >= 0 && flock(lab->lock, LOCK_EX) == 0)
        return TRUE;
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "could not lock \"%s\": %s", path,
                        g_strerror(errno));
}

gboolean lab_exists(const struct lab *lab)
{
    g_autofree char *path = lab_path(lab, "lab.conf"); /* written last */
    return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

void lab_options_read(const struct lab *lab, struct lab_options *options)
{
    g_autofree char *path = lab_path(lab, "lab.conf");
    g_autoptr(GKeyFile) file = g_key_file_new();
    options->rows = LAB_DEFAULT_ROWS;
    options->rate = LAB_DEFAULT_RATE;
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
        return;
    options->rows = g_key_file_get_int64(file, "lab", "rows", NULL);
    options->rate = g_key_file_get_double(file, "lab", "rate", NULL);
}

gboolean lab_options_write(const struct lab *lab, const struct lab_options *options, GError **error)
{
    g_autofree char *path = lab_path(lab, "lab.conf");
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_key_file_set_int64(file, "lab", "rows", options->rows);
    g_key_file_set_double(file, "lab", "rate", options->rate);
    return g_key_file_save_to_file(file, path, error);
}

struct db_target *lab_target(const struct lab *lab, enum lab_server server, const char *user)
{
    struct db_target *target = db_target_new();
    target->host = g_strdup(lab->sockets);
    target->port = g_strdup_printf("%d", lab_server_port(lab, server));
    target->dbname = g_strdup(LAB_DATABASE);
    target->user = g_strdup(user);
    return target;
}

char **lab_roles(void)
{
    static const char create[] = "CREATE ROLE ", login[] = " LOGIN;";
    g_auto(GStrv) lines = g_strsplit(resource_text("lab/sql/roles.sql"), "\n", -1);
    g_autoptr(GStrvBuilder) roles = g_strv_builder_new();
    for (char **line = lines; *line; line++) {
        const char *name = *line + strlen(create);
        if (!g_str_has_prefix(*line, create) || !g_str_has_suffix(*line, login))
            continue;
        g_autofree char *role = g_strndup(name, strlen(name) - strlen(login));
        g_strv_builder_add(roles, role);
    }
    g_strv_builder_add(roles, "postgres");
    return g_strv_builder_end(roles);
}

gboolean lab_is_up(const struct lab *lab, enum lab_server server, GError **error)
{
    if (lab_server_pid(lab, server) > 0)
        return TRUE;
    if (!lab_exists(lab))
        rollout_fail(error, ROLLOUT_ERROR_CONNECT, "there is no practice cluster in \"%s\"",
                     lab->directory);
    else
        rollout_fail(error, ROLLOUT_ERROR_CONNECT, "the %s of the practice cluster is stopped",
                     lab_server_name(server));
    if (error)
        rollout_error_set_hint(*error, "start it: pgrollout lab start");
    return FALSE;
}

struct db_conn *lab_connect(const struct lab *lab, enum lab_server server, GError **error)
{
    struct db_target *target = lab_target(lab, server, "postgres");
    struct db_conn *conn = db_conn_new(target, "pgrollout lab");
    db_target_free(target);
    g_autoptr(GError) problem = NULL;
    if (db_conn_open_wait(conn, &problem))
        return conn;
    db_conn_free(conn);
    if (lab_is_up(lab, server, error)) /* it runs, and yet does not answer */
        g_propagate_error(error, g_steal_pointer(&problem));
    return NULL;
}
