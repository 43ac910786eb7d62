/* The lines of the plain mode. On a terminal readline takes them, without one escape sequence, with Tab
 * and the history of the ":" prompt; else they are bytes. One at a time, as there is one terminal. */
#ifndef PGROLLOUT_CONSOLE_PLAIN_INPUT_H
#define PGROLLOUT_CONSOLE_PLAIN_INPUT_H

#include "console/complete.h"

struct plain_input_callbacks {
    /* A line without its end and the blanks around it; NULL: there will be no more. */
    void (*on_line)(const char *line, void *data);
    struct complete_from (*from)(void *data);
    void *data;
};

/* `by_hand`: with readline. The callbacks are copied. */
void plain_input_start(gboolean by_hand, const struct plain_input_callbacks *callbacks);
/* Gives the terminal back. */
void plain_input_end(void);
/* Text for standard output, sent at once: the line that is being typed steps aside, and stands below it
 * again. */
void plain_input_print(const char *text);
/* Ctrl-C: throws the line away; FALSE: there was none. */
gboolean plain_input_clear(void);
/* A line that was a command: it may be recalled. */
void plain_input_keep(const char *line);

#endif
