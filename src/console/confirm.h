/* Asking before an act. A strip (level 1) wants its key; a dialog (level 2) wants a name typed and a
 * reason; at level 3 nothing of the name is taken before every live check holds. Cancel is the
 * default: Esc, Ctrl-C, any other key in a strip, time, a wrong name three times. A pause never waits: p
 * and P in a strip cancel it and pause. The key that opened
 * the question never answers it, not even while it repeats. Letters and digits are always text where
 * a name is typed: only Up and Down move the choice. The target is pinned by name and version when
 * the dialog opens. Pure: no terminal, no database. */
#ifndef PGROLLOUT_CONSOLE_CONFIRM_H
#define PGROLLOUT_CONSOLE_CONFIRM_H

#include <glib.h>

#include "console/keys.h"
#include "console/theme.h"

enum confirm_result { CONFIRM_OPEN, CONFIRM_ACCEPTED, CONFIRM_CANCELLED };
enum confirm_cause {
    CAUSE_NONE,
    CAUSE_ESC,
    CAUSE_CTRL_C,
    CAUSE_OTHER_KEY,
    CAUSE_PAUSE, /* p in a strip: what was asked is not sent, a pause is */
    CAUSE_PAUSE_ALL,
    CAUSE_TIME,
    CAUSE_NAMES
};

struct confirm_line {
    enum token token;
    char *text;
};

struct confirm_choice {
    char *value;      /* what the command gets */
    char *text;       /* what it means, for people; NULL: the value */
    GPtrArray *lines; /* struct confirm_line: the consequence of this one alone */
};

struct confirm_check {
    gboolean ok;
    char *text;
};

enum confirm_field { FIELD_NAME, FIELD_REASON };

struct confirm {
    int level;  /* 1, 2 or 3 */
    char *verb; /* the command: "resume" */
    char *title;
    char *note;         /* at the title's right end; NULL */
    GPtrArray *lines;   /* struct confirm_line: the consequence */
    GPtrArray *choices; /* struct confirm_choice; empty: nothing to choose */
    guint choice;
    GPtrArray *checks;             /* struct confirm_check; all must be ok (level 3) */
    char *migration;               /* NULL: all of them */
    gint64 expect;                 /* the version that was seen */
    char *step;                    /* argument for confirm, retry, skip; NULL */
    char *settings;                /* argument for set; NULL */
    char *session, *session_start; /* pid and backend_start, for cancel and terminate; NULL */
    gint64 session_seen_us;        /* as in client_session */
    char *need;                    /* the name to type (levels 2 and 3) */
    gboolean wants_reason;
    gboolean awaits_card;   /* nothing is accepted before the card has come */
    gboolean wants_live;    /* level 3: the checks are older than they may be */
    struct key opened_with; /* KEY_CODE_NONE: by a command */
    int rights;             /* of who opened it, as view_rights counts */
    gboolean alternative;   /* a strip's second way was chosen ("t": at half speed) */
    char alternative_key;   /* 0: none */
    const char *alternative_text;

    enum confirm_field field;
    GString *name, *reason;
    int wrong; /* wrong names so far */
    enum confirm_cause cause;
    /* What does not fit is read page by page, and nothing is accepted before its end was shown. */
    int rows, page, scroll, read;
    gint64 opened_us, repeated_us; /* opened_with came last */
};

#define CONFIRM_TIMEOUT_S 30   /* a strip */
#define CONFIRM_DIALOG_S 300   /* a dialog in which one reads and types */
#define CONFIRM_DEAF_US 150000 /* what is typed before it can have been read */
/* A key that comes again within this is still held: the first repeat takes up to 660 ms. */
#define CONFIRM_REPEAT_US 700000
#define CONFIRM_PASTE_MAX 63 /* bytes: no name is longer */

struct confirm *confirm_new(int level, const char *verb, const char *title, gint64 now_us);
void confirm_free(struct confirm *confirm);
void confirm_add_line(struct confirm *confirm, enum token token, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void confirm_add_choice(struct confirm *confirm, const char *value, const char *text);
/* A line that is shown while the choice of that value is the one; FALSE: there is none. */
gboolean confirm_add_choice_line(struct confirm *confirm, const char *value, enum token token,
                                 const char *text);
void confirm_add_check(struct confirm *confirm, gboolean ok, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* The text takes `rows` rows on this screen, `page` of them at a time. */
void confirm_set_page(struct confirm *confirm, int rows, int page);
/* The text is another one: it has to be read from its start. */
void confirm_read_again(struct confirm *confirm);
gboolean confirm_is_read(const struct confirm *confirm);
/* One key; keys within the deaf time do nothing. */
enum confirm_result confirm_key(struct confirm *confirm, const struct key *key, gint64 now_us);
/* Text that was pasted. Taken by a reason, and by a name as the first thing in it; FALSE: not. It
 * never answers. */
gboolean confirm_paste(struct confirm *confirm, const char *text, gint64 now_us);
/* A key that could answer came in one piece with others: a paste that is not marked as one. */
gboolean confirm_is_answer(const struct confirm *confirm, const struct key *key);
/* A key that pauses: it is no text here. */
gboolean confirm_is_pause(const struct confirm *confirm, const struct key *key);
/* Why it was cancelled, after "cancelled, ". */
const char *confirm_cause_text(const struct confirm *confirm);
/* Cancels when its time is up. */
enum confirm_result confirm_tick(struct confirm *confirm, gint64 now_us);
gboolean confirm_is_complete(const struct confirm *confirm);
/* Every check holds; else nothing of the name is taken (level 3). */
gboolean confirm_is_unlocked(const struct confirm *confirm);

#endif
