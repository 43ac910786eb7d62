/* The engine: drives every active migration of one database while it holds the lease. One at a time per
 * database; frozen, partitioned or superseded ones never act. Runs on the default GMainContext. */
#ifndef PGROLLOUT_ENGINE_ENGINE_H
#define PGROLLOUT_ENGINE_ENGINE_H

#include "pgrollout/engine/conf.h"
#include "pgrollout/pg/target.h"

struct engine;

enum engine_advance { ENGINE_ADVANCE_PHASE, ENGINE_ADVANCE_STEP, ENGINE_ADVANCE_AUTO };

struct engine_options {
    enum engine_advance advance;
    const char *until; /* a phase; NULL */
    char **names;      /* what until and exit_when_idle look at; NULL or empty: all */
    gboolean exit_when_idle;
    const char *log;          /* the log file's name, for those who look; NULL */
    const char *metrics_file; /* absolute; NULL: none */
    const char *events_file;  /* absolute, or "-" for standard output; NULL: none */
    const struct conf *conf;  /* standbys and poolers by name; borrowed, for as long as it runs */
};

/* What happened, one line each; migration NULL: about the engine. Texts may be foreign. */
typedef void (*engine_line_fn)(const char *migration, const char *text, void *data);
/* The lease was had: the engine acts from now on. */
typedef void (*engine_ready_fn)(gint64 epoch, void *data);
/* Once a second while a backfill or verification goes on; fraction 0..1, negative when unknown. */
typedef void (*engine_progress_fn)(const char *migration, const char *step, double rows_done,
                                   double fraction, void *data);

struct engine_callbacks {
    engine_line_fn on_line;
    engine_ready_fn on_ready;
    engine_progress_fn on_progress;
    void *data;
};

/* Runs until it is told to stop, superseded, refused, or idle (exit_when_idle). Returns the exit status
 * of `run`: 0, 1, 3 or 4; `error` says why when it is not 0. Everything but
 * `conf` is copied. Blocks. */
int engine_run(const struct db_target *target, const struct engine_options *options,
               const struct engine_callbacks *callbacks, GError **error);

#endif
