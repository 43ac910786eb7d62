/* Connections of the engine to servers that the settings file names: standbys, and the administration
 * consoles of poolers. Opened when something is asked, closed when nothing has been for a while. */
#ifndef PGROLLOUT_ENGINE_PEERS_H
#define PGROLLOUT_ENGINE_PEERS_H

#include "pgrollout/engine/conf.h"
#include "pgrollout/pg/conn.h"

struct peers;

enum peer_kind { PEER_REPLICA, PEER_POOLER };

/* Called once for each question, never from within peers_ask; NULL reply with `error`: no answer. */
typedef void (*peer_fn)(struct db_reply *reply, const GError *error, void *data);

/* `conf` is borrowed. `database`: where a standby's conninfo names none. */
struct peers *peers_new(const struct conf *conf, const char *database);
/* Whoever still waits gets no answer, by his `fn`. NULL is fine. */
void peers_free(struct peers *peers);

/* Asks one statement; questions to the same server are answered in their order, each within five
 * seconds or with an error. `data` must live until `fn` was called. */
void peers_ask(struct peers *peers, enum peer_kind kind, const char *name, const char *sql,
               peer_fn fn, void *data);

/* How to reach one of them; `database`: where its conninfo names none. Free it. */
struct db_target *peers_target(const struct conf_server *server, const char *database);

#endif
