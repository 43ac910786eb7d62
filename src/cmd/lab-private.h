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
int lab_cmd_verify(struct cmd_context *context, struct lab *lab, int argc, char **argv);

/* Parses options; FALSE with *status when they are wrong. `entries` may be NULL. */
gboolean lab_arguments(GOptionEntry *entries, const char *what, int *argc, char ***argv,
                       int *status);
/* Says that nothing more was expected; the exit status. */
int lab_unexpected(const char *what, const char *argument);

#endif
