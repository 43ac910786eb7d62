/* What other screens show, as lines: one a session, a replica, a guard, a migration. */
#ifndef PGROLLOUT_CONSOLE_PLAIN_LOOK_H
#define PGROLLOUT_CONSOLE_PLAIN_LOOK_H

#include "console/app.h"

struct plain_look {
    struct app *app;
    gboolean waits; /* for an answer that will be printed */
    enum look what; /* for that of the next readings; LOOK_NONE: for none of them */
    char *line;     /* the command that needs it; NULL: it is to be printed */
};

/* Prints what `word` asks for, now or when the answer is there; FALSE: it is no such word. */
gboolean plain_look(struct plain_look *look, struct app *app, const char *word);
/* The command `line` cannot be taken before the sessions have been read. */
void plain_look_first(struct plain_look *look, struct app *app, const char *line);
/* A snapshot: prints what is waited for. Returns the line that waits for them (free
 * with g_free), or NULL. */
char *plain_look_take(struct plain_look *look, const struct snapshot *s);
/* Prints what :diff has found or why it could not, where it was asked for; FALSE: it is still being read. */
gboolean plain_look_diff(struct app *app);
/* The words with what they show. */
void plain_look_help(void);
/* One line, made safe for the terminal, and sent. */
void plain_print(const char *text);

#endif
