/* The running console: what is shown, what is asked, what has been typed. */
#ifndef PGROLLOUT_CONSOLE_APP_H
#define PGROLLOUT_CONSOLE_APP_H

#include <stdio.h>

#include "console/complete.h"
#include "console/confirm.h"
#include "console/past.h"
#include "console/prompt.h"
#include "console/terminal.h"
#include "console/view.h"
#include "pgrollout/console/console.h"
#include "pgrollout/engine/client.h"

enum bandwidth { BANDWIDTH_AUTO, BANDWIDTH_FULL, BANDWIDTH_LOW };

/* A command that goes out when the one before it has been taken. */
struct app_follow {
    struct app_link *link;
    char *after; /* the verb of that one */
    char *verb;
    char **arguments; /* as client_command takes them */
};

/* The loaded plan of a migration, and a file to compare it with. */
struct app_plan {
    char *migration, *sha256; /* whose it is; NULL: none was asked for yet */
    struct plan_sql *plan;
    char *error;
    gboolean reading;
    gint64 again_us;        /* then one that could not be read is asked for again */
    char *file;             /* NULL: none was named yet */
    struct app_file *aside; /* the file is being read; NULL: it is not */
    struct diff *diff;
    gboolean shows_diff;
};

/* A journal that is being written into a file. */
struct app_export {
    FILE *file; /* NULL: none */
    char *path, *migration;
    gint64 before;
    int n;
};

/* What has become of a command that went to all databases. */
enum app_round { ROUND_NONE, ROUND_SENT, ROUND_DONE, ROUND_REFUSED, ROUND_NOTHING };

/* One database: its connections, and what was read from it. */
struct app_link {
    struct app *app;
    struct client *client;
    const struct db_target *target;
    char *name; /* short, and none other's */
    enum app_round round;
    char *round_text;  /* what came of it; NULL */
    char *lost;        /* in plain mode: why, as said last; NULL */
    struct said *said; /* and what of it was said; NULL: nothing yet */
    GPtrArray *past;   /* struct snapshot, oldest first: the last few seconds */
    GPtrArray *frozen; /* the same when the picture was frozen; NULL: it is not */
    struct samples *samples;
    struct past *ring;
    gint64 server_s; /* of the last snapshot, and when it came */
    gint64 server_us;
    int timeline;  /* of the last snapshot; 0: not known */
    gboolean seen; /* there has been one */
};

struct app {
    const struct console_options *options;
    struct app_replay *replay;       /* of a recording; NULL */
    GPtrArray *links;                /* struct app_link, in the order they were named in */
    struct app_link *link;           /* the selected one */
    struct client *client;           /* its own */
    struct view_database *databases; /* room for the view's; NULL */
    char **names;                    /* what a Tab offers of all databases; NULL */
    struct terminal *term;           /* NULL in plain mode */
    struct theme *theme;
    gint64 ground_asked_us; /* when the terminal was asked for its background; 0: it was not */
    GMainLoop *loop;
    enum console_end end;

    char *migration;    /* the selected one; NULL: none yet */
    gboolean chosen;    /* by a person, not by attention */
    const char *wanted; /* of several databases: what to open on, not seen yet; NULL */
    gboolean touched;   /* a key was pressed: nothing jumps any more */
    enum screen_id screen;
    int scroll;
    struct list_state lists[SCREEN_COUNT];
    GString *entry; /* after "/" */
    gboolean entering;
    GString *secret; /* a password being typed, and for whom; NULL: none */
    struct app_link *secret_of;
    gboolean frozen; /* the pictures of all databases stand still */
    gint64 frozen_us;
    double moment_s;     /* server time of the moment that is shown; 0: it is the present */
    const char *present; /* what was said to be wrong with the present meanwhile; NULL: nothing */
    gint64 present_us;   /* app->message_us of that */
    char *message;
    enum token message_token;
    gboolean message_stays; /* until it is acknowledged */
    gint64 message_us;
    struct confirm *confirm;
    char *unsent;    /* what a pause has cancelled, said behind its receipt; NULL */
    GQueue *follows; /* struct app_follow */
    int cards_awaited, notes_awaited;
    GPtrArray *journal; /* struct snap_event with texts of its own */
    char *journal_error;
    gint64 journal_event;    /* the newest event that was known when it was read */
    gboolean journal_all;    /* of all migrations */
    gboolean journal_begins; /* its first line has been read */
    gboolean journal_reading, journal_older, journal_drop;
    struct app_export export;
    struct app_plan plan;
    char *report_path; /* a report is being read, for that file; NULL */
    GPtrArray *link_log;
    const struct coach_view *coach;
    struct view_before last_felt; /* by the last snapshot without an operator's hold */
    struct view_before before;    /* the pause that began at `pause_since` */
    char *pause_since;            /* NULL: none */

    GByteArray *input;
    guint esc_timer;
    gint64 esc_us;   /* when an ESC came alone: what follows may be the rest of a sequence */
    guint read_keys; /* keys of this read so far, and how many of them are text */
    guint read_texts;
    GString *pasted; /* NULL: nothing is being pasted */
    gint64 pasted_us;
    struct key last_key; /* and when it came, and how long after itself */
    gint64 last_key_us, same_key_us;
    gint64 deaf_until_us;
    gint64
        swallow_us; /* a question closed by itself while keys may still be meant for it; 0: none */
    gint64 swallow_said_us; /* app->message_us of what said so */
    char *swallow_hint;     /* that message, with the key that ends it; NULL */
    gboolean dirty;
    void (*changed)(struct app *app); /* without a terminal, in place of drawing; NULL: nothing */
    guint draw_source;
    guint second_source; /* starts anew with every snapshot: clock and data move together */
    gboolean quit_asked;
    enum bandwidth bandwidth; /* as wished */
    gboolean low_bandwidth;   /* as it is */
    gboolean blocked;         /* draw_source waits for the terminal to take the last picture */
    guint dropped;            /* pictures since it took one */
    gint64 dropped_us;        /* the last of them */
    int refresh_ms;
    guint speak_source; /* 0: nothing is being said */
    guint speak_next;   /* which of the sentences */
    gint64 speak_us;    /* app->message_us of the last one: another message ends it */
};

/* app.c */
/* The one that console_say speaks to; NULL: none any more. */
void app_set_running(struct app *app);
void app_say(struct app *app, enum token token, gboolean stays, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
void app_redraw(struct app *app);
void app_quit(struct app *app, enum console_end end);
/* Because of that signal: console_signal tells which. */
void app_end_by(struct app *app, int signal_number);
void app_fill_view(struct app *app, struct view *view);
const struct snap_migration *app_migration(const struct app *app);
gboolean app_is_old(const struct app *app);
void app_suspend(struct app *app);
/* Keys that have been typed but not read are thrown away. */
void app_flush_input(struct app *app);

/* app-journal.c */
/* What is new, or the newest page. */
void app_journal_read(struct app *app);
/* The same where it is looked at and the snapshot tells of something new. */
void app_journal_follow(struct app *app);
/* The page before the oldest line that is there. */
void app_journal_older(struct app *app);
void app_journal_scope(struct app *app, gboolean all);
void app_journal_forget(struct app *app);
void app_journal_export(struct app *app, const char *path);
void app_journal_clear(struct app *app);

/* app-plan.c */
/* Reads the plan where the open screen shows something of it. */
void app_plan_want(struct app *app);
/* Begins with the step that is under way. */
void app_plan_open(struct app *app);
void app_plan_fill(const struct app *app, struct view *view);
/* Compares it with a file; NULL: with the one that was named last. */
void app_diff(struct app *app, const char *path);
void app_plan_clear(struct app *app);

/* app-links.c */
/* Connects to all databases in the background; the callbacks' data is the struct app_link. */
void app_links_open(struct app *app, const struct client_callbacks *callbacks);
void app_links_close(struct app *app);
struct app_link *app_link_at(const struct app *app, guint i);
gboolean app_has_several(const struct app *app);
/* By the first `n` bytes of `name`; NULL: there is none. */
struct app_link *app_link_find(const struct app *app, const char *name, gsize n);
/* " on " and the name, where there are several; else "" twice. */
const char *app_link_on(const struct app_link *link);
const char *app_link_name(const struct app_link *link);
/* The view of several databases. */
void app_links_fill(struct app *app, struct view *view);
void app_links_poke(struct app *app);
gboolean app_links_are_live(const struct app *app);
/* The first one with a migration of that name, and how many there are. */
struct app_link *app_links_with(const struct app *app, const char *migration, guint *count);
/* Where the migration `first` is, which needs attention most; NULL: there is none anywhere. */
struct app_link *app_links_attention(const struct app *app, const struct snap_migration **first);
/* What a Tab offers names from, until the next call. */
struct complete_from app_complete_from(struct app *app);
/* Its database is what screens show and keys act on. */
void app_link_select(struct app *app, struct app_link *link);
/* As it is shown: NULL before the first one. */
const struct snapshot *app_link_snapshot(const struct app_link *link);
/* What that snapshot says of the time. */
void app_link_time(struct app_link *link, const struct snapshot *s);
void app_links_refresh(struct app *app, int refresh_ms);
/* A pause has not gone out yet. */
gboolean app_links_queue(const struct app *app);

/* app-replay.c: a recording in place of a database. The functions below do nothing without one. */
void app_replay_init(struct app *app);
void app_replay_free(struct app *app);
/* The client that shows it. */
struct client *app_replay_client(struct app *app, const struct client_callbacks *callbacks);
/* Shows its first moment, and goes on from there. */
void app_replay_start(struct app *app);
/* As app_past_step, and to the moment of an event; either stands still there. */
void app_replay_step(struct app *app, int direction, gboolean to_mark);
void app_replay_jump(struct app *app, double at_s);
/* TRUE: the key was one of those that a recording alone has. */
gboolean app_replay_key(struct app *app, const struct key *key);
/* TRUE, with the reason said: what acts is withdrawn. */
gboolean app_replay_refuses(struct app *app, const char *what);
void app_replay_fill(const struct app *app, struct view *view);

/* app-report.c: what happened in the selected migration, into a new file. */
void app_report(struct app *app, const char *path);

/* app-round.c */
/* Pauses all of every database, and says what came of it at each of them. */
void app_pause_everywhere(struct app *app, const char *reason);
/* TRUE: the receipt was one of that. */
gboolean app_round_take(struct app_link *link, const struct client_receipt *receipt);

/* app-password.c */
void app_password_open(struct app *app, struct app_link *link);
void app_password_key(struct app *app, const struct key *key);
void app_password_close(struct app *app);

/* app-command.c */
void app_command(struct app *app, const char *line);

/* app-theme.c */
/* By the options, or the terminal's background. What is wrong with a theme is said in the message line,
 * and another one is taken: a console is needed most when nobody has time for that. */
void app_theme_start(struct app *app);
/* What the terminal has answered, its control characters included. */
void app_theme_answer(struct app *app, const guchar *bytes, gsize n);
/* ":theme"; NULL: which there are. */
void app_theme_command(struct app *app, const char *name);
/* app-bandwidth.c: what becomes of pictures, and what follows from it. */
void app_picture_dropped(struct app *app);
void app_picture_taken(struct app *app);
void app_bandwidth_set(struct app *app, enum bandwidth bandwidth);
void app_refresh_set(struct app *app, int refresh_ms);

/* app-speak.c: the five answers as sentences, one after another in the message line; while they are
 * being said, the next one now. */
void app_speak(struct app *app);

/* app-past.c */
gboolean app_in_past(const struct app *app);
/* One moment on or back, or to the next where something happened; beyond the last is the present. */
void app_past_step(struct app *app, int direction, gboolean to_mark);
/* What is wrong at present while the picture stands still: "LOST", "HURTING"; NULL: nothing is, or it moves.
 */
const char *app_past_present(const struct app *app);
/* Says so when it begins. */
void app_past_watch(struct app *app);
/* To the moment of a line of the journal; NULL is fine. */
void app_past_jump(struct app *app, const struct snap_event *event);
/* TRUE: it has been said that nothing is done from the past. */
gboolean app_past_refuses(struct app *app, const char *verb);
/* The same of a key, NULL is fine. A pause is done now, whatever is shown. */
gboolean app_past_keeps_from(struct app *app, const struct binding *binding);
/* ":snap [FILE]": the picture as text in a new file. */
void app_snap(struct app *app, const char *name);
/* A new file, which only we can read; 0, or errno. */
int app_write_new(const char *path, const char *text, gsize length);

/* app-act.c */
void app_act(struct app *app, enum act act);
/* Sends a command and says so; `expect` as in client_command. */
void app_send(struct app *app, const char *verb, gint64 expect, const char *const *arguments);
/* Says why not, where the role or --read-only forbids it, or the data is old. */
gboolean app_may(struct app *app, const char *verb, int needed);
gboolean app_is_fresh(struct app *app, const char *verb);
/* Without a question: the server may know a name that is not in the snapshot. */
void app_pause_now(struct app *app, const char *name, const char *reason);
void app_pause_all_now(struct app *app, const char *reason);  /* of every database */
void app_pause_all_here(struct app *app, const char *reason); /* of the selected one */
void app_throttle_now(struct app *app, const char *name, const char *duration, const char *reason);
void app_show(struct app *app, enum screen_id screen);
/* Asks once more while a pause has not gone out. (app_quit does not ask.) */
void app_leave(struct app *app);
/* Opens the question before an act; `step`, `choice`, `reason`, `settings` may be NULL. */
void app_ask(struct app *app, const struct snap_migration *migration, const char *verb,
             const char *step, const char *choice, const char *reason, const char *settings);
/* Opens that question, which is taken; FALSE: the window is too small, and it was said. */
gboolean app_confirm_open(struct app *app, struct confirm *confirm);
/* Whether the open question can be read on this screen; tells it how much of it a page is. */
gboolean app_confirm_fits(struct app *app);
/* One key for the open question. */
void app_confirm_key(struct app *app, const struct key *key);
/* Closes the open question: its person has not said yes. */
void app_confirm_cancel(struct app *app, const char *why);
/* Closes it because of `why`. Keys that may still be meant for it do nothing until Esc or Enter, or
 * until there has been none for a while. */
void app_confirm_drop(struct app *app, const char *why);
/* A newer snapshot: the question follows it, or is dropped. */
void app_confirm_refresh(struct app *app, const struct snapshot *snapshot);

/* An open question whose time has run out is closed. */
void app_confirm_tick(struct app *app);
/* What came of a command: says so, and sends what follows it. */
void app_on_receipt(struct app_link *link, const struct client_receipt *receipt);
/* After a refusal nothing follows: what was not sent, for people, or NULL. Free with g_free. */
char *app_follow_stop(struct app_link *link, const struct client_receipt *receipt);
/* Sends what follows a command that was taken. */
void app_follow(struct app_link *link, const struct client_receipt *receipt);
void app_follow_free(void *data);

/* app-list.c */
/* The migration that keys act on, chosen by a person. */
void app_select(struct app *app, const char *name);
/* The same in another database; NULL: that database, but none of its migrations. */
void app_select_at(struct app *app, struct app_link *link, const char *name);
/* Tells the client what the open screen looks at. */
void app_want(struct app *app);
/* Keeps a snapshot for a while. */
void app_past_add(struct app_link *link, const struct snapshot *s);
void app_unfreeze(struct app *app);
void app_scroll(struct app *app, int rows);
int app_page(struct app *app);
/* FALSE: the open screen has nothing to do with that act. */
gboolean app_list_act(struct app *app, enum act act);
/* One key for the words after "/". */
void app_entry_key(struct app *app, const struct key *key);

/* app-look.c: what a key does on the guards, the journal and the plan alone. FALSE: nothing. */
/* app-coach.c. A question is open; says so where none is. */
gboolean app_coach_asks(struct app *app);
void app_coach_hint(struct app *app);
void app_coach_predict(struct app *app, const char *word);
gboolean app_look_act(struct app *app, enum act act);

/* app-session.c: the question before a session's statement is cancelled, or the session ended. */
void app_session_ask(struct app *app, gboolean terminate);
/* The same for the session with that pid, if it was among those that were read last. */
void app_session_ask_pid(struct app *app, gboolean terminate, const char *pid, const char *reason);
/* What the question was answered with. */
void app_session_send(struct app *app, const struct confirm *c);
/* That its pid was typed wrong too often goes into the journal; FALSE: there is none. */
gboolean app_session_note_names(struct app *app, const struct confirm *c);

/* app-input.c */
gboolean app_on_input(int fd, GIOCondition condition, void *data);
void app_drain(struct app *app, gboolean complete);
/* Somebody may still be typing the name into a question that is no longer there. */
gboolean app_swallows(const struct app *app);

/* plain.c: lines instead of a screen. */
gboolean plain_run(const struct console_options *options, enum console_end *end, GError **error);

#endif
