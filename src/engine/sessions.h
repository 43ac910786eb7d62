/* Whose sessions there are: pure, from what the servers and the poolers said (evidence-private.h). */
#ifndef PGROLLOUT_ENGINE_SESSIONS_H
#define PGROLLOUT_ENGINE_SESSIONS_H

#include "evidence-private.h"

/* Topics of the answers. */
#define SESSIONS_HERE "sessions"
#define POOLER_CLIENTS "clients"
#define POOLER_SERVERS "servers" /* before the servers were asked, and after it */
#define POOLER_SERVERS_AGAIN "servers again"
#define POOLER_DATABASES "databases"

struct sessions;

/* Everything is copied but `pattern`, a glob over application_name. What it remembers of each session
 * until the next look is in question->lately. */
struct sessions *sessions_read(const struct evidence_question *question, const GPtrArray *answers,
                               const char *pattern);
void sessions_free(struct sessions *sessions);

/* Texts for people, NULL where there is nothing to say; free them. Those of the pattern, called `of`; those of whom
 * nobody can say whose they are; whom nobody could ask; where was looked. */
char *sessions_seen(const struct sessions *sessions, const char *of);
char *sessions_unsure(const struct sessions *sessions);
char *sessions_blind(const struct sessions *sessions);
char *sessions_coverage(const struct sessions *sessions);

#endif
