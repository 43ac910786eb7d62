/* Writes files from a thread of its own: a disk that hangs holds up nobody else. Files are 0644. */
#ifndef ENGINE_SCRIBE_H
#define ENGINE_SCRIBE_H

#include <glib.h>

struct scribe;
/* From the main context; `failure` is NULL where it was written. */
typedef void (*scribe_fn)(const char *failure, void *data);

struct scribe *scribe_new(void);
/* Writes what was asked for, for at most a second; NULL is fine. No callback comes any more. */
void scribe_free(struct scribe *scribe);
/* The whole file, atomically: a new one in the same folder takes its place. Copies all. */
void scribe_replace(struct scribe *scribe, const char *path, const char *text, scribe_fn fn,
                    void *data);
/* Whole lines to the end of the file ("-": standard output), in one write. A file that was renamed or deleted is
 * made anew. What was written only in part is taken back. */
void scribe_append(struct scribe *scribe, const char *path, const char *text, scribe_fn fn,
                   void *data);
/* The file is opened again before the next append. */
void scribe_reopen(struct scribe *scribe);

#endif
