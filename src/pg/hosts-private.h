/* The hosts of a target, tried one after the other as libpq's blocking connect does. */
#ifndef PG_HOSTS_PRIVATE_H
#define PG_HOSTS_PRIVATE_H

#include <glib.h>
#include <libpq-fe.h>

struct hosts;

/* What `pq`, a connection that was begun, would connect to. Never NULL; free it. */
struct hosts *hosts_new(PGconn *pq);
/* They never change, so that threads may share them. */
struct hosts *hosts_ref(const struct hosts *hosts);
void hosts_free(struct hosts *hosts);

/* There is more than one, so that each is tried by a connection of its own. */
gboolean hosts_are_several(const struct hosts *hosts);
/* How many connections are tried at the most: each host, twice where a standby is only preferred. */
guint hosts_tries(const struct hosts *hosts);
/* The time for one of them: the user's connect_timeout, else at most `otherwise_ms`. */
int hosts_limit_ms(const struct hosts *hosts, int otherwise_ms);
/* Begins the n-th (from 0), as PQconnectStartParams. */
PGconn *hosts_start(const struct hosts *hosts, guint n);

#endif
