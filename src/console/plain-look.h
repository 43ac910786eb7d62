/* What other screens show, as lines: one a session, a replica, a guard, a migration. */
#ifndef PGROLLOUT_CONSOLE_PLAIN_LOOK_H
#define PGROLLOUT_CONSOLE_PLAIN_LOOK_H

#include "console/app.h"

struct plain_look {
    struct app *app;
    gboolean waits; /* for an answer that will be printed */
};

/* Prints what `word` asks for, now or when the answer is there; FALSE: it is no such word. */
gboolean plain_look(struct plain_look *look, struct app *app, const char *word);
/* The words with what they show. */
void plain_look_help(void);
/* One line, made safe for the terminal, and sent. */
void plain_print(const char *text);

#endif
