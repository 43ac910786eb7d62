/* The client half of the engine: what a console does to a database, without blocking and without
 * libpq in its sight. Three connections: control (commands, LISTEN), watch (reads, read-only, may
 * be thrown away), and a spare that is opened when a pause has had no answer for 0.7 s.
 * Reconnects by itself with back-off 1 2 4 8 15 30 s. Everything is called from the default
 * GMainContext. */
#ifndef PGROLLOUT_ENGINE_CLIENT_H
#define PGROLLOUT_ENGINE_CLIENT_H

#include "pgrollout/engine/snapshot.h"
#include "pgrollout/pg/target.h"

struct client;

enum client_link {
    LINK_CONNECTING, /* never had an answer yet */
    LINK_LIVE,       /* the last answer is younger than 1.5 x refresh */
    LINK_LATE,       /* older, still asking */
    LINK_STALE,      /* older than max(3 x refresh, 6 s) */
    LINK_LOST        /* no socket, or no answer for 10 s */
};

/* A command and what came of it. `ok` FALSE: `text` says why and what to do. */
struct client_receipt {
    gboolean ok;
    gboolean unproven; /* a hold stands, but something could not be stopped */
    char *verb;        /* "pause" */
    char *text;        /* one line */
    gint64 version;    /* of the migration after it; -1: not known */
};

struct client_callbacks {
    /* A fresh snapshot; the client owns it until the next one. */
    void (*on_snapshot)(const struct snapshot *snapshot, void *data);
    void (*on_receipt)(const struct client_receipt *receipt, void *data);
    /* The link's state or the reason for it changed; `why` may be NULL and is foreign text. */
    void (*on_link)(enum client_link link, const char *why, void *data);
    void *data;
};

/* The server asked for a password and there was none: the caller asks and starts anew. */
gboolean client_needs_password(const struct client *client);

/* Some of the journal. */
struct client_page {
    const char *migration; /* NULL: of all of them */
    int limit;             /* at most so many, the newest of those that are meant */
    gint64 before;         /* events older than that one; 0: the newest there are */
    gint64 after;          /* and newer than that one */
};

/* Rows are struct snap_event; the callee does not own them. */
typedef void (*client_events_fn)(const GPtrArray *events, const char *error, void *data);

/* What a client shows that no server stands behind. */
struct client_record {
    const char *label; /* as client_label */
    const char *plan;  /* the text of the plan */
    /* As client_journal; calls `fn` before it returns. */
    void (*journal)(const struct client_page *page, client_events_fn fn, void *fn_data, void *data);
    void *data;
};
/* It connects to nothing, is always live, and refuses every command. `record` and what it points to must outlive
 * it. */
struct client *client_recorded(const struct client_record *record,
                               const struct client_callbacks *callbacks);
/* What such a client knows from now on; as behind a reading, on_snapshot is called. FALSE: it is no document. */
gboolean client_show(struct client *client, const char *document);

/* Connects in the background. `refresh_ms` between two reads. The target is copied. */
struct client *client_new(const struct db_target *target, int refresh_ms,
                          const struct client_callbacks *callbacks);
void client_free(struct client *client);

const char *client_label(const struct client *client); /* "user@host:port/db" */
enum client_link client_link_state(const struct client *client);
double client_age_s(const struct client *client);    /* of the last snapshot; INFINITY: none */
int client_attempt(const struct client *client);     /* of reconnecting; 0 when connected */
const char *client_why(const struct client *client); /* last connection error, or NULL */

void client_set_refresh(struct client *client, int refresh_ms);
/* The reading after the first one comes earlier by that much: of many clients that begin together not
 * all are to ask at the same moment. Called once, before the first reading. */
void client_stagger(struct client *client, int earlier_ms);
/* The password that was asked for; connects with it now. Copied. */
void client_set_password(struct client *client, const char *password);
/* What is read beyond the rest, from the next reading on, in the same round trip: `argument` as that
 * look has it, or NULL. Another look than before pulls the next reading forward, at most one in each
 * interval. A look that the server refuses is left out for a while; the snapshot says why. */
void client_want(struct client *client, enum look look, const char *argument);
/* Reads now, or reconnects now; at most once a second. */
void client_poke(struct client *client);

/* Sends a command: one function of schema pgrollout by its verb, with named arguments as a
 * NULL-terminated list of name, value pairs ("name", "users-full-name", "reason", "INC-42"). A
 * value of NULL leaves the argument out. A pause is queued while the link is lost and sent first;
 * every other verb is refused then. `expect` is the migration's version that the caller saw, or -1.
 */
void client_command(struct client *client, const char *verb, gint64 expect,
                    const char *const *arguments);
/* A session as a person saw it. */
struct client_session {
    const char *pid, *backend_start;
    /* When the statement began that is to be cancelled, or the transaction that the session is to be
     * ended for: microseconds since 1970; 0 ends it whatever it does. */
    gint64 seen_us;
};

/* Cancels the statement of one session, or ends the session (`terminate`): what was seen, never what
 * came after it. Where there is a control schema it is in the journal before it is sent, or is not
 * sent; `migration`: in whose; NULL: in that of all. `reason` may be NULL. The receipt's verb is
 * "cancel" or "terminate". */
void client_session_end(struct client *client, gboolean terminate,
                        const struct client_session *session, const char *migration,
                        const char *reason);
/* There is a link, no command is under way, and the snapshot was read after the last answer: what is
 * sent next is judged by what the one before has done. */
gboolean client_is_settled(const struct client *client);
/* A queued pause has not gone out yet. */
gboolean client_pause_queued(const struct client *client);
/* The newest snapshot, NULL: none yet. The client owns it until the next one. */
const struct snapshot *client_snapshot(const struct client *client);

/* A page of the journal, newest first; the answer comes through `fn` once (rows are struct snap_event;
 * the callee does not own them). The card is asked the same way, as lines of text; the loaded plan as
 * one text. */
void client_journal(struct client *client, const struct client_page *page, client_events_fn fn,
                    void *data);
typedef void (*client_lines_fn)(char **lines, const char *error, void *data);
void client_card(struct client *client, const char *migration, client_lines_fn fn, void *data);
void client_plan(struct client *client, const char *migration, client_lines_fn fn, void *data);
/* The document of a report (report.h), as one text; a recording has none. */
void client_report(struct client *client, const char *migration, client_lines_fn fn, void *data);

#endif
