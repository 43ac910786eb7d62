/* Pictures: what is recorded, what is changed of it, and how it is looked at. A picture is drawn at
 * every size of picture_sizes, in UTF-8 and ASCII, and compared with its file (golden.c). */
#ifndef TESTS_CONSOLE_PICTURES_PICTURE_H
#define TESTS_CONSOLE_PICTURES_PICTURE_H

#include "console/asking.h"
#include "console/diff.h"
#include "console/view.h"
#include "pgrollout/engine/plan-sql.h"

struct picture {
    const char *name; /* of its file */
    const char *folder;
    const char *fixture;
    enum client_link link;
    double age_s;
    enum screen_id screen;
    const char *dialog; /* verb; also cancel, terminate: of the selected session */
    const char *reason;
    const char *typed;    /* at the ":" prompt, whose completions are shown */
    int offered;          /* which of them is selected, from 1; 0: the prompt shows none */
    guint secret_letters; /* of a password being typed; 0: none is asked for */
    struct view_before before;
    const char *message;
    const struct coach_view *coach; /* NULL: none */
    gboolean read_only;
    gboolean low_bandwidth;
    gboolean foreign;                          /* full of characters that are not ours */
    gboolean measured;                         /* the console has looked for two minutes */
    void (*change)(struct snapshot *snapshot); /* what makes this one different; NULL: nothing */
    char *const *card;
    struct list_state list; /* of the open screen */
    const char *entry;      /* being typed after "/" */
    double frozen_s, past_s;
    const char *present; /* what is wrong meanwhile; NULL: nothing is */
    gboolean plan;       /* fixtures/plan.yaml has been read */
    const char *file;    /* which it is compared with; NULL: none */
    int scroll;
    const char *several; /* which of three databases is selected; NULL: there is one */
    void (*past)(struct snapshot *snapshot); /* makes of it the one before; NULL: there was none */
};

/* cockpit.c, screens.c; each ends with a name of NULL. The first ones of the cockpit, up to its first
 * screen of another kind, are the states that must differ. */
extern const struct picture cockpit_pictures[], screen_pictures[];
#define PICTURE_STATES 16

/* All of them; NULL: there are no more. */
const struct picture *picture_at(guint i);
/* It shows the five lines, if the window has the rows for them. */
gboolean picture_shows_answers(const struct picture *picture);

struct picture_size {
    int width, height;
};
extern const struct picture_size picture_sizes[]; /* ends with a width of 0 */

/* coach.c */
extern const struct coach_view coach_lesson, coach_question, coach_over;

/* changes.c */
void ask_backwards(struct snapshot *s);
void ask_backwards_in_use(struct snapshot *s);
void hold_thrice(struct snapshot *s);
void pause_at_gate(struct snapshot *s);
void engine_dies(struct snapshot *s);
void rows_left_out(struct snapshot *s);
void fail_at_length(struct snapshot *s);
void one_more_session(struct snapshot *s);
void one_more_wait(struct snapshot *s);
void nothing_read(struct snapshot *s);
void written_later(struct snapshot *s);

/* stage.c. Owns what a view only points to. */
struct stage {
    struct snapshot *snapshot;
    struct theme *theme;
    GPtrArray *link_log;
    struct confirm *confirm;
    struct list_state lists[SCREEN_COUNT];
    GPtrArray *past;
    struct samples *samples;
    struct snapshot *others[2];
    struct view_database databases[3];
    char *id;
    struct plan_sql *plan;
    struct diff *diff;
    struct view_prompt prompt;
    struct view view; /* without a size */
};
void stage_init(struct stage *stage, const struct picture *picture);
void stage_clear(struct stage *stage);
/* tests/console/FOLDER/NAMESUFFIX in the source tree. Free with g_free. */
char *picture_path(const char *folder, const char *name, const char *suffix);

/* golden.c. What the file says of one size: the text, the tokens below it, and of the ASCII picture
 * the rows that are not the same with each glyph as its twin. */
void golden_add(GString *out, const struct grid *grid, const struct grid *ascii,
                const struct theme *theme);
/* Of each token how it looks, in that theme without colour, with 16 and with 256 colours. */
void golden_looks(GString *out, const struct theme *theme);
/* Compares with the file, or writes it where PGROLLOUT_UPDATE_PICTURES is set. FALSE: it differs. */
gboolean golden_is(const char *folder, const char *name, const char *drawn);

/* rules.c. What holds for every picture; each returns what is wrong, to be freed with g_free, or
 * NULL. */
char *rule_cells(const struct grid *grid, const struct view *view, const struct picture *picture);
char *rule_labels(const struct grid *grid, const struct view *view, const struct picture *picture);
char *rule_help(const struct grid *grid, const struct view *view, const struct picture *picture);
char *rule_past(const struct grid *grid, const struct view *view, const struct picture *picture);
/* All of them, also those of ASCII. */
char *rules_broken(const struct grid *grid, const struct view *view, const struct picture *picture);

#endif
