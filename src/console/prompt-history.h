/* The lines of the ":" prompt, over sessions: a private file, each line written when it is accepted, so
 * that a killed terminal loses nothing. */
#ifndef PGROLLOUT_CONSOLE_PROMPT_HISTORY_H
#define PGROLLOUT_CONSOLE_PROMPT_HISTORY_H

#include <glib.h>

#define HISTORY_LINES 1000

/* What is kept of a line: its command without what a person has written for the journal, because a
 * reason is for one act and its file outlives the incident. NULL: nothing. Free with g_free. */
char *history_text(const char *line);
/* Reads $XDG_STATE_HOME/pgrollout/history into readline's list. Where the file cannot be had the list
 * lives in memory only. */
void history_start(void);
/* Adds a line, here and in the file, unless it is the last one again. */
void history_keep(const char *line);

#endif
