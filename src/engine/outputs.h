/* The files that the engine writes for other programs: metrics and events. Asked for on the control connection, written
 * by a thread: neither a slow server nor a slow disk holds up anything else. */
#ifndef ENGINE_OUTPUTS_H
#define ENGINE_OUTPUTS_H

#include <glib.h>

struct db_conn;
struct engine;
struct outputs;

/* NULL with ROLLOUT_ERROR_USAGE: a file cannot be what it is to be. Blocks for looking at the files. */
struct outputs *outputs_new(struct engine *engine, GError **error);
/* Says in the metrics that the engine has ended. NULL is fine. */
void outputs_free(struct outputs *outputs);
void outputs_open(struct outputs *outputs); /* the lease was had */
void outputs_lost(struct outputs *outputs); /* the control connection is gone */
void outputs_tick(struct outputs *outputs); /* every second */
void outputs_wake(struct outputs *outputs); /* something has happened */
/* The end: what the journal has by now, over a connection that may be waited for. */
void outputs_finish(struct outputs *outputs, struct db_conn *conn);
void outputs_reopen(struct outputs *outputs);

#endif
