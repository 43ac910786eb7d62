/* Gives the terminal back when nobody else can any more: after a crash, or an exit from within a
 * library. */
#ifndef PGROLLOUT_CONSOLE_RESCUE_H
#define PGROLLOUT_CONSOLE_RESCUE_H

#include <glib.h>

/* Keeps the modes the terminal has now, and forgets what was to be sent. */
void rescue_remember(void);
/* A byte to send then; for tputs. What does not fit is left out. */
int rescue_putc(int c);
/* From now on; or, FALSE, no longer: the terminal has been given back. */
void rescue_arm(gboolean on);
/* For a program that leaves Ctrl-Z to the terminal: gives the modes back while it is stopped. */
void rescue_around_stop(void);

#endif
