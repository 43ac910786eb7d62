/* The commands below `pgrollout lab`, and what they share. */
#ifndef PGROLLOUT_CMD_LAB_PRIVATE_H
#define PGROLLOUT_CMD_LAB_PRIVATE_H

#include "cmd/cmd.h"
#include "pgrollout/lab/lab.h"

struct lab_command {
    const char *name;
    const char *arguments;
    const char *summary; /* NULL: not for people */
    /* argv[0] is the command. Returns the exit status. */
    int (*run)(struct cmd_context *context, struct lab *lab, int argc, char **argv);
};

int lab_cmd_start(struct cmd_context *context, struct lab *lab, int argc, char **argv);
int lab_cmd_stop(struct cmd_context *context, struct lab *lab, int argc, char **argv);
int lab_cmd_reset(struct cmd_context *context, struct lab *lab, int argc, char **argv);
int lab_cmd_status(struct cmd_context *context, struct lab *lab, int argc, char **argv);
int lab_cmd_env(struct cmd_context *context, struct lab *lab, int argc, char **argv);
int lab_cmd_psql(struct cmd_context *context, struct lab *lab, int argc, char **argv);
int lab_cmd_app(struct cmd_context *context, struct lab *lab, int argc, char **argv);
int lab_cmd_apps(struct cmd_context *context, struct lab *lab, int argc, char **argv);
int lab_cmd_deploy(struct cmd_context *context, struct lab *lab, int argc, char **argv);
int lab_cmd_fault(struct cmd_context *context, struct lab *lab, int argc, char **argv);
int lab_cmd_fault_sessions(struct cmd_context *context, struct lab *lab, int argc, char **argv);
int lab_cmd_verify(struct cmd_context *context, struct lab *lab, int argc, char **argv);

/* A file in the cluster's directory that sets what `lab env` prints, and the line that reads it into a
 * shell (free with g_free). */
gboolean lab_shell_write(const struct lab *lab, GError **error);
char *lab_shell_line(const struct lab *lab);

/* Parses options; FALSE with *status when they are wrong. `entries` may be NULL. */
gboolean lab_arguments(GOptionEntry *entries, const char *what, int *argc, char ***argv,
                       int *status);
/* Says what is wrong with the arguments of `what`, and its usage; the exit status. */
int lab_wrong(const char *what, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Says that nothing more was expected; the exit status. */
int lab_unexpected(const char *what, const char *argument);

#endif
