/* pgrollout lab env, psql. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lab-private.h"
#include "cmd/print.h"
#include "pgrollout/base/error.h"

#define DEFAULT_ROLE "lab_operator"
#define LAB_SHELL_FILE "env"

/* It may be read by another shell, whose PATH is not ours: so that looks there, and only there. */
static void add_path(GString *out)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = self ? g_path_get_dirname(self) : NULL;
    g_autofree char *quoted = folder ? g_shell_quote(folder) : NULL;
    if (quoted)
        g_string_append_printf(
            out, "case \":$PATH:\" in *:%s:*) ;; *) export PATH=%s:\"$PATH\" ;; esac\n", quoted,
            quoted);
}

static char *env_text(const struct lab *lab, const char *role)
{
    g_autofree char *host = g_shell_quote(lab->sockets), *user = g_shell_quote(role),
                    *directory = g_shell_quote(lab->directory);
    GString *out = g_string_new(NULL);
    add_path(out);
    g_string_append_printf(out,
                           "export PGROLLOUT_LAB_DIR=%s\n"
                           "export PGHOST=%s PGPORT=%d PGDATABASE=%s PGUSER=%s\n",
                           directory, host, lab_server_port(lab, LAB_PRIMARY), LAB_DATABASE, user);
    return g_string_free(out, FALSE);
}

static int unknown_role(const char *role, char **roles)
{
    g_autofree char *list = g_strjoinv(", ", roles);
    g_autoptr(GError) error =
        rollout_error_new(ROLLOUT_ERROR_USAGE, "lab env: no login is named \"%s\"", role);
    rollout_error_set_hint(error, "there are %s", list);
    return print_error(error);
}

int lab_cmd_env(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    g_autofree char *role = NULL;
    g_auto(GStrv) roles = lab_roles();
    GOptionEntry entries[] = {
        {"role", 0, 0, G_OPTION_ARG_FILENAME, &role, "log in as", "ROLE"},
        {0},
    };
    int status;
    if (!lab_arguments(entries, "env", &argc, &argv, &status))
        return status;
    if (argc > 1)
        return lab_unexpected("env", argv[1]);
    if (role && !g_strv_contains((const char *const *)roles, role))
        return unknown_role(role, roles);
    g_autofree char *text = env_text(lab, role ? role : DEFAULT_ROLE);
    fputs(text, stdout);
    return 0;
}

/* The program may be anywhere and the cluster as well: a shell needs one short line. */
gboolean lab_shell_write(const struct lab *lab, GError **error)
{
    g_autofree char *path = g_build_filename(lab->directory, LAB_SHELL_FILE, NULL);
    g_autofree char *text = env_text(lab, DEFAULT_ROLE);
    g_autoptr(GError) problem = NULL;
    if (g_file_set_contents(path, text, -1, &problem))
        return TRUE;
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "%s", problem->message);
}

char *lab_shell_line(const struct lab *lab)
{
    g_autofree char *path = g_build_filename(lab->directory, LAB_SHELL_FILE, NULL);
    gboolean plain = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789/._-+") == strlen(path);
    g_autofree char *quoted = plain ? g_strdup(path) : g_shell_quote(path);
    return g_strconcat(". ", quoted, NULL);
}

/* Our own options come first; the rest is psql's. */
int lab_cmd_psql(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    const char *role = DEFAULT_ROLE;
    enum lab_server server = LAB_PRIMARY;
    g_autoptr(GError) error = NULL;
    int i = 1;
    for (; i < argc; i++) {
        if (strcmp(argv[i], "--replica") == 0)
            server = LAB_REPLICA;
        else if (strcmp(argv[i], "--role") == 0 && i + 1 < argc)
            role = argv[++i];
        else if (g_str_has_prefix(argv[i], "--role="))
            role = argv[i] + strlen("--role=");
        else
            break;
    }
    if (!lab_is_up(lab, server, &error))
        return print_error(error);
    g_autofree char *program = g_build_filename(lab->bindir, "psql", NULL);
    g_autofree char *port = g_strdup_printf("%d", lab_server_port(lab, server));
    g_setenv("PGHOST", lab->sockets, TRUE);
    g_setenv("PGPORT", port, TRUE);
    g_setenv("PGDATABASE", LAB_DATABASE, TRUE);
    g_setenv("PGUSER", role, TRUE);
    argv[i - 1] = program;
    execv(program, argv + i - 1);
    fprintf(stderr, "pgrollout: lab psql: could not run \"%s\": %s\n", program, g_strerror(errno));
    return 2;
}
