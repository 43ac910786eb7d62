/* Connections to configured standbys and poolers: one each, one question at a time, never a wait. */
#include "config.h"
#include "peers.h"

#include <string.h>

#include "pgrollout/base/error.h"

#define ANSWER_MS 5000
#define IDLE_MS 60000

struct question {
    char *sql;
    peer_fn fn;
    void *data;
};

struct peer {
    struct db_conn *conn;
    const struct conf_server *server; /* the settings own it */
    GQueue *questions;                /* struct question; the first one is under way */
    guint timer;                      /* the end of patience, or of idleness */
    guint later;                      /* the next question, from the main loop */
};

struct peers {
    const struct conf *conf;
    char *database;
    GPtrArray *all; /* struct peer */
};

static void ask_next(struct peer *peer);

static void question_free(void *data)
{
    struct question *question = data;
    g_free(question->sql);
    g_free(question);
}

static void stop_source(guint *source)
{
    if (*source)
        g_source_remove(*source);
    *source = 0;
}

static gboolean on_idle(void *data)
{
    struct peer *peer = data;
    peer->timer = 0;
    db_conn_close(peer->conn);
    return G_SOURCE_REMOVE;
}

static gboolean on_later(void *data)
{
    struct peer *peer = data;
    peer->later = 0;
    ask_next(peer);
    return G_SOURCE_REMOVE;
}

static void answer(struct peer *peer, struct db_reply *reply, const GError *error)
{
    struct question *question = g_queue_pop_head(peer->questions);
    stop_source(&peer->timer);
    peer->timer = g_timeout_add(IDLE_MS, on_idle, peer);
    if (!peer->later && !g_queue_is_empty(peer->questions))
        peer->later = g_idle_add(on_later, peer);
    question->fn(reply, error, question->data);
    question_free(question);
}

static gboolean on_impatient(void *data)
{
    struct peer *peer = data;
    peer->timer = 0;
    db_conn_close(peer->conn);
    g_autoptr(GError) error =
        rollout_error_new(ROLLOUT_ERROR_CONNECT, "no answer within %d s", ANSWER_MS / 1000);
    answer(peer, NULL, error);
    return G_SOURCE_REMOVE;
}

static void on_answer(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    if (error && error->code == ROLLOUT_ERROR_CONNECT)
        db_conn_close(conn);
    answer(data, reply, error);
}

static void on_open(struct db_conn *conn, const GError *error, void *data)
{
    struct peer *peer = data;
    if (error) {
        answer(peer, NULL, error);
        return;
    }
    const struct question *question = g_queue_peek_head(peer->questions);
    db_conn_send(conn, question->sql, on_answer, peer);
}

/* The patience is for the opening and the answer together. */
static void ask_next(struct peer *peer)
{
    const struct question *question = g_queue_peek_head(peer->questions);
    if (!question)
        return;
    stop_source(&peer->timer);
    peer->timer = g_timeout_add(ANSWER_MS, on_impatient, peer);
    if (db_conn_is_open(peer->conn))
        db_conn_send(peer->conn, question->sql, on_answer, peer);
    else
        db_conn_open(peer->conn, ANSWER_MS, on_open, peer);
}

static void peer_free(void *data)
{
    struct peer *peer = data;
    g_autoptr(GError) error = rollout_error_new(ROLLOUT_ERROR_CONNECT, "the engine ends");
    stop_source(&peer->timer);
    stop_source(&peer->later);
    db_conn_free(peer->conn);
    for (struct question *q; (q = g_queue_pop_head(peer->questions)); question_free(q))
        q->fn(NULL, error, q->data);
    g_queue_free(peer->questions);
    g_free(peer);
}

struct peers *peers_new(const struct conf *conf, const char *database)
{
    struct peers *peers = g_new0(struct peers, 1);
    peers->conf = conf;
    peers->database = g_strdup(database);
    peers->all = g_ptr_array_new_with_free_func(peer_free);
    return peers;
}

void peers_free(struct peers *peers)
{
    if (!peers)
        return;
    g_ptr_array_unref(peers->all);
    g_free(peers->database);
    g_free(peers);
}

static const struct conf_server *server_find(const GPtrArray *servers, const char *name)
{
    for (guint i = 0; i < servers->len; i++) {
        const struct conf_server *server = g_ptr_array_index(servers, i);
        if (strcmp(server->name, name) == 0)
            return server;
    }
    return NULL;
}

/* libpq takes the login's name where no database is given, which is never meant here. */
struct db_target *peers_target(const struct conf_server *server, const char *database)
{
    struct db_target *target = db_target_new();
    g_autoptr(GString) escaped = g_string_new(database);
    g_string_replace(escaped, "\\", "\\\\", 0);
    g_string_replace(escaped, "'", "\\'", 0);
    gboolean uri = strstr(server->conninfo, "://") != NULL;
    target->dbname = uri ? g_strdup(server->conninfo)
                         : g_strdup_printf("dbname='%s' %s", escaped->str, server->conninfo);
    return target;
}

static struct peer *peer_add(struct peers *peers, enum peer_kind kind,
                             const struct conf_server *server)
{
    struct peer *peer = g_new0(struct peer, 1);
    struct db_target *target =
        peers_target(server, kind == PEER_POOLER ? "pgbouncer" : peers->database);
    peer->server = server;
    peer->questions = g_queue_new();
    peer->conn = db_conn_new(target, "pgrollout/engine/evidence");
    if (kind == PEER_POOLER)
        db_conn_set_any_version(peer->conn);
    db_target_free(target);
    g_ptr_array_add(peers->all, peer);
    return peer;
}

static struct peer *peer_find(struct peers *peers, enum peer_kind kind, const char *name)
{
    const struct conf_server *server =
        server_find(kind == PEER_POOLER ? peers->conf->poolers : peers->conf->replicas, name);
    g_return_val_if_fail(server, NULL);
    for (guint i = 0; i < peers->all->len; i++) {
        struct peer *peer = g_ptr_array_index(peers->all, i);
        if (peer->server == server)
            return peer;
    }
    return peer_add(peers, kind, server);
}

void peers_ask(struct peers *peers, enum peer_kind kind, const char *name, const char *sql,
               peer_fn fn, void *data)
{
    struct peer *peer = peer_find(peers, kind, name);
    struct question *question = g_new0(struct question, 1);
    question->sql = g_strdup(sql);
    question->fn = fn;
    question->data = data;
    g_queue_push_tail(peer->questions, question);
    if (g_queue_get_length(peer->questions) == 1 && !peer->later)
        peer->later = g_idle_add(on_later, peer);
}
