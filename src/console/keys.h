/* Keys as the terminal sends them, and what each does. */
#ifndef PGROLLOUT_CONSOLE_KEYS_H
#define PGROLLOUT_CONSOLE_KEYS_H

#include <glib.h>

enum key_code {
    KEY_CODE_NONE,
    KEY_CODE_CHAR, /* `c` */
    KEY_CODE_ENTER,
    KEY_CODE_ESC,
    KEY_CODE_TAB,
    KEY_CODE_BACKSPACE,
    KEY_CODE_UP,
    KEY_CODE_DOWN,
    KEY_CODE_LEFT,
    KEY_CODE_RIGHT,
    KEY_CODE_HOME,
    KEY_CODE_END,
    KEY_CODE_PAGE_UP,
    KEY_CODE_PAGE_DOWN,
    KEY_CODE_PASTE_BEGIN,
    KEY_CODE_PASTE_END,
    KEY_CODE_OTHER /* a sequence that means nothing here */
};

struct key {
    enum key_code code;
    gunichar c; /* control characters as themselves: Ctrl-C is 3 */
};

/* Takes one key off the front of `bytes`. Returns the bytes used; 0: more are needed to tell (an
 * ESC alone, half a character). With `complete` what is there is all that will come. */
gsize key_decode(const guchar *bytes, gsize n, gboolean complete, struct key *key);
/* The length of what a terminal answers to a question, "ESC ] … BEL" or "ESC ] … ESC \", at the front of
 * `bytes`. 0: there is none, or not all of it yet. */
gsize key_answer(const guchar *bytes, gsize n);

enum act {
    ACT_NONE,
    ACT_PAUSE,
    ACT_PAUSE_ALL,
    ACT_THROTTLE,
    ACT_RESUME,
    ACT_STEP,
    ACT_ADVANCE,
    ACT_CONFIRM,
    ACT_ABORT,
    ACT_ACKNOWLEDGE,
    ACT_PROBE,
    ACT_JOURNAL, /* for the key bar: every screen's key is in its own file */
    ACT_HELP,
    ACT_OPEN,
    ACT_FILTER,
    ACT_SORT,
    ACT_SORT_BACK,
    ACT_FOLLOW,
    ACT_FREEZE,
    ACT_SCOPE, /* of one migration, or of all */
    ACT_MOMENT,
    ACT_EDIT,
    ACT_DIFF,
    ACT_CANCEL,
    ACT_TERMINATE,
    ACT_PAST_BACK,
    ACT_PAST_ON,
    ACT_MARK_BACK,
    ACT_MARK_ON,
    ACT_PROMPT,
    ACT_BACK,
    ACT_DOWN,
    ACT_UP,
    ACT_PAGE_DOWN,
    ACT_PAGE_UP,
    ACT_FIRST,
    ACT_LAST,
    ACT_SPEAK,
    ACT_HINT,
    ACT_PREDICT,
    ACT_REPAINT,
    ACT_SUSPEND,
    ACT_QUIT
};

struct binding {
    struct key key;
    enum act act;
    const char *name;    /* the key as people write it: "p", "Esc" */
    const char *brief;   /* for the key bar: "pause"; NULL: not there */
    const char *help;    /* for the help screen; NULL: another key of the same act has it */
    const char *verb;    /* the command it sends; NULL: it only looks */
    const char *confirm; /* what has to follow: "y", "type the name"; NULL: nothing */
    int rights;          /* needed, as view_rights counts */
};

/* Ends with an entry of ACT_NONE. */
extern const struct binding bindings[];
const struct binding *binding_find(const struct key *key);
const struct binding *binding_of_act(enum act act);

#endif
