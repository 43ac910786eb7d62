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

int lab_cmd_env(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    g_autofree char *role = NULL;
    GOptionEntry entries[] = {
        {"role", 0, 0, G_OPTION_ARG_STRING, &role, "log in as", "ROLE"},
        {0},
    };
    int status;
    if (!lab_arguments(entries, "env", &argc, &argv, &status))
        return status;
    if (argc > 1)
        return lab_unexpected("env", argv[1]);
    g_autofree char *host = g_shell_quote(lab->sockets),
                    *user = g_shell_quote(role ? role : DEFAULT_ROLE);
    printf("export PGHOST=%s PGPORT=%d PGDATABASE=%s PGUSER=%s\n", host, LAB_PRIMARY_PORT,
           LAB_DATABASE, user);
    return 0;
}

/* Our own options come first; the rest is psql's. */
int lab_cmd_psql(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    const char *role = DEFAULT_ROLE;
    enum lab_server server = LAB_PRIMARY;
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
    g_autofree char *program = g_build_filename(lab->bindir, "psql", NULL);
    g_autofree char *port = g_strdup_printf("%d", lab_server_port(server));
    g_setenv("PGHOST", lab->sockets, TRUE);
    g_setenv("PGPORT", port, TRUE);
    g_setenv("PGDATABASE", LAB_DATABASE, TRUE);
    g_setenv("PGUSER", role, TRUE);
    argv[i - 1] = program;
    execv(program, argv + i - 1);
    fprintf(stderr, "pgrollout: lab psql: could not run \"%s\": %s\n", program, g_strerror(errno));
    return 2;
}
