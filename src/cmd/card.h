/* The rollback card on paper. */
#ifndef PGROLLOUT_CMD_CARD_H
#define PGROLLOUT_CMD_CARD_H

#include "cmd/cmd.h"

/* Prints the card of a migration, and the closing line where it is not NULL (not in JSON). Returns
 * the exit status. */
int card_print(struct cmd_context *context, const struct cmd_verb *verb, const char *name,
               const char *closing);
/* Who uses what an abort takes away, by the counters; what cannot be told is said. Blocks. */
void card_print_takes(struct cmd_context *context, const struct cmd_verb *verb, const char *name);

#endif
