/* The ":" prompt: readline's line editing through its callback interface, its history and a
 * completion list; the screen is drawn by others. One prompt at a time. */
#ifndef PGROLLOUT_CONSOLE_PROMPT_H
#define PGROLLOUT_CONSOLE_PROMPT_H

#include "console/complete.h"
#include "console/view.h"

enum prompt_event {
    PROMPT_GOES_ON,
    PROMPT_ACCEPTED, /* prompt_take_line has the line */
    PROMPT_CANCELLED,
    PROMPT_REPAINT, /* Ctrl-L: the screen anew; the prompt stays open */
    PROMPT_SUSPEND  /* Ctrl-Z: likewise */
};

/* Opens it, empty. `width` of the screen. */
void prompt_open(int width);
/* Types `text` into the open prompt. */
void prompt_insert(const char *text);
gboolean prompt_is_open(void);
void prompt_close(void);
void prompt_resize(int width);
/* Takes bytes off the front: everything up to the end of the prompt, so that what was typed ahead
 * stays for whoever reads next. `complete`: no more will come soon (an ESC alone cancels then).
 * Returns the bytes used; what is left with PROMPT_GOES_ON waits for more. */
gsize prompt_feed(const guchar *bytes, gsize n, gboolean complete, const struct complete_from *from,
                  enum prompt_event *event);
/* The accepted line; free with g_free. */
char *prompt_take_line(void);
/* For drawing; valid until the next call. */
const struct view_prompt *prompt_view(void);

#endif
