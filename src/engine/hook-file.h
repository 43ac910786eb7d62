/* The files of the hooks folder: which program an event has, whether it may be trusted, and what it is told. */
#ifndef ENGINE_HOOK_FILE_H
#define ENGINE_HOOK_FILE_H

#include <json-glib/json-glib.h>

#include "pgrollout/engine/conf.h"

#define HOOK_BEFORE_CONTRACT "before-contract"
/* What a hook prints is kept up to here, in bytes. */
#define HOOK_OUTPUT_MAX 4000

enum hook_state {
    HOOK_NONE,   /* the event has no program */
    HOOK_READY,  /* it may be run */
    HOOK_REFUSED /* there is one, or it cannot be known: it must not be run */
};

/* The events that have hooks, NULL at the end; HOOK_BEFORE_CONTRACT is not one of them. */
extern const char *const hook_events[];

/* The folder: of the settings file, or the first of the user's and the system's that there is. NULL: none. Free
 * with g_free. */
char *hook_folder(const struct conf *conf);
/* The program of the event: *path where it is HOOK_READY, *why (with what to do) where it is HOOK_REFUSED; the caller
 * owns both. `folder` may be NULL. Blocks for the file system. */
enum hook_state hook_file_find(const char *folder, const char *event, char **path, char **why);

/* "PGROLLOUT_NAME=value" for each fact, without control characters; free with g_strfreev. */
char **hook_environment(JsonObject *facts);
/* The facts as one line of JSON; free with g_free. */
char *hook_input(JsonObject *facts);
/* "PATH: what it printed", at most `most` bytes, on one line. Free with g_free. */
char *hook_cut(const char *output, gsize most);

#endif
