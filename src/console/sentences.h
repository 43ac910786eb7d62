/* The five answers as sentences, and what has changed as one sentence each: for the plain mode and for
 * "=", to be heard rather than seen. Pure: the same view gives the same sentences. Foreign text in them
 * is not yet safe for a terminal. */
#ifndef PGROLLOUT_CONSOLE_SENTENCES_H
#define PGROLLOUT_CONSOLE_SENTENCES_H

#include "console/view.h"
#include "pgrollout/engine/live.h"

/* Where the selected migration stands: PHASE, DONE, HARM, PAUSE, ABORT, in this order; without one why
 * there is none. Free with g_strfreev. */
char **sentences_of(const struct view *view);
/* A migration in a line, for a list of them. Free with g_free. */
char *sentence_of_migration(const struct view *view, const struct snap_migration *m);

/* "41 minutes", "19 to 27 minutes"; NULL when unknown. Free with g_free. */
char *spoken_time(double seconds);
char *spoken_range(double low_s, double high_s);
/* "longest_xact 132s of 300s, 56 percent room". Free with g_free. */
char *sentence_of_guard(const struct snap_guard *guard);

/* sentences-live.c: who waits for whom, from the top of the tree to the bottom, and what the next step will
 * meet; the replicas and slots of the view's snapshot, which has them. Foreign texts. Free with
 * g_ptr_array_unref. */
GPtrArray *sentences_of_locks(const struct snap_locks *locks);
GPtrArray *sentences_of_replication(const struct view *view);
/* A statement's start, cut between characters. Free with g_free. */
char *spoken_query(const char *query);

/* What the sentences said last, to tell what is new. */
struct said;
struct said *said_new(void);
void said_free(struct said *said); /* NULL is fine */
/* What is new since the last call (char *, in the order in which it matters); nothing the first time. With
 * several migrations each sentence names its own. Free with g_ptr_array_unref. */
GPtrArray *said_changes(struct said *said, const struct view *view);

#endif
