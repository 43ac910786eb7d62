/* What the parts of the client share. Two connections of its own rhythm: `watch` reads, `control`
 * listens and sends commands; a third one, `spare`, is opened for a pause that gets no answer. */
#ifndef PGROLLOUT_ENGINE_CLIENT_PRIVATE_H
#define PGROLLOUT_ENGINE_CLIENT_PRIVATE_H

#include "pgrollout/engine/client.h"
#include "pgrollout/pg/conn.h"

#define CLIENT_OPEN_TIMEOUT_MS 10000
/* No answer for so long: the link is lost. */
#define CLIENT_LOST_US (10 * G_USEC_PER_SEC)
/* Then a pause goes over a connection of its own: it is to be out within a second. */
#define CLIENT_SPARE_US (G_USEC_PER_SEC * 7 / 10)
/* Between two attempts of the spare: a server that refuses is not to be beaten. */
#define CLIENT_SPARE_AGAIN_US G_USEC_PER_SEC
/* A command under way ends by the session's statement_timeout (15 s); after that its connection is
 * dead, whatever the other one says. */
#define CLIENT_COMMAND_LOST_US (17 * G_USEC_PER_SEC)
/* So long must a link have held for its next loss to count as the first one. */
#define CLIENT_HEALTHY_US (10 * G_USEC_PER_SEC)
/* A command that has not gone out by then is refused: its moment has passed. Pauses are not. */
#define CLIENT_COMMAND_WAIT_US (5 * G_USEC_PER_SEC)

struct client_command {
    char *verb, *sql;
    gboolean is_pause;
    gint64 asked_us;
    gboolean sent;
};

/* A read on request: the journal or the card. */
struct client_ask {
    char *sql;
    client_events_fn events_fn;
    client_lines_fn lines_fn;
    void *data;
};

struct client {
    const struct client_record *record; /* in place of a server; NULL */
    struct db_target *target;
    struct client_callbacks callbacks;
    int refresh_ms;
    enum client_link link;
    char *why, *label;
    gboolean needs_password;

    struct db_conn *watch;
    gboolean watch_ready;  /* its session is set up */
    gboolean bare;         /* without the control schema */
    gboolean schema_there; /* the last reading saw the control schema, and may look into it */
    gint64 bare_until_us;  /* then one that is there is tried again */
    gboolean read_now;     /* a NOTIFY came or somebody pressed a key */
    gint64 read_us;        /* when the read under way began; 0: none */
    gint64 last_read_us;   /* when the last one began */
    gint64 earlier_us;     /* by so much the next one comes earlier */
    enum look look;        /* what is read beyond the rest */
    char *look_argument;
    gint64 pulled_us;       /* when a look pulled a reading forward last */
    char *look_error;       /* why the server refused the look; NULL */
    gint64 look_until_us;   /* then a refused look is tried again */
    enum look reading_look; /* with the read under way */
    struct snapshot *snapshot;
    gint64 snapshot_us;
    gint64 snapshot_read_us; /* when its read began */
    gint64 answered_us;      /* when the last receipt was given */
    GQueue *asks;            /* struct client_ask; the head is under way when asking */
    gboolean asking;

    struct db_conn *control;
    gboolean control_ready;
    gint64 heard_us;  /* when control or watch answered last */
    GQueue *commands; /* struct client_command; the head is under way when sent */
    gint64 sent_us;   /* when the head was sent */

    struct db_conn *spare;
    gint64 spare_us; /* when it was opened last */
    char *pause_sql; /* of the pause that the spare repeats */

    int attempt;       /* of reconnecting; 0: connected */
    int failures;      /* in a row, short spells of health between them included */
    gint64 healthy_us; /* since when there are answers */
    gint64 retry_us;   /* when the next one begins; 0: none is due */
    gint64 poked_us;
    guint tick_source;
    guint begin_source; /* nothing was opened yet */
};

/* client-watch.c */
void watch_open(struct client *client);
void watch_close(struct client *client);
void watch_tick(struct client *client, gint64 now_us);
void watch_clear(struct client *client);
/* Takes the snapshot over and tells of it. */
void client_snapshot_take(struct client *client, struct snapshot *fresh);

/* client-control.c */
void control_open(struct client *client);
void control_close(struct client *client);
void control_tick(struct client *client, gint64 now_us);
void control_clear(struct client *client);

/* client-why.c: libpq's message about a connection with the reason first and without its advice;
 * another text as it is. Free with g_free. */
char *client_why_brief(const char *message);

/* client.c */
void client_set_why(struct client *client, const GError *error);
void client_heard(struct client *client);
/* A connection failed or was lost: close all, try again later. */
void client_fail(struct client *client, const GError *error);
/* client-record.c: gives the refusal; FALSE: a server stands behind it. */
gboolean client_record_refuses(struct client *client, const char *verb);
void client_receipt_give(struct client *client, gboolean ok, gboolean unproven, const char *verb,
                         const char *text, gint64 version);

#endif
