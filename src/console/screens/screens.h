/* The parts that a picture is put together from. Rows and columns count from 0. */
#ifndef PGROLLOUT_CONSOLE_SCREENS_SCREENS_H
#define PGROLLOUT_CONSOLE_SCREENS_SCREENS_H

#include "console/holds.h"
#include "console/keys.h"
#include "console/view.h"

/* A rectangle of the grid. */
struct area {
    int row, col, height, width;
};

/* What lies between the status line and the message line. */
struct area view_body(const struct view *view);

/* The list of a screen. */
struct screen_list {
    /* What is shown, filtered and sorted (struct list_row); free with g_ptr_array_unref. NULL: not
     * read yet. */
    GPtrArray *(*rows)(const struct view *view);
    /* The rows there is room for. */
    int (*height)(const struct view *view, const struct area *body);
    const char *const *sorts; /* names of the orders, the first one to begin with; ends with NULL */
    /* The session that a row is about, for x and X; NULL: of no row. */
    const struct snap_session *(*session)(const struct list_row *row);
    gboolean selects_migration; /* the ids are names: what is selected is what keys act on */
    gboolean has_detail;        /* Enter gives the selected row the whole screen */
    gboolean grows;             /* at the top: f follows what is new there */
};

/* One screen a file: `const struct screen NAME_screen`, a line in SCREENS and one in the commands. A
 * screen that looks at live data says which (`look`): it is read while the screen is open. */
struct screen {
    enum screen_id id;
    char key;         /* that opens it */
    const char *name; /* also the ":" command, and in the help */
    enum look look;
    /* That look's argument; NULL: none. Free with g_free. */
    char *(*look_argument)(const struct view *view);
    gboolean of_server;   /* not of one migration: the status line says the screen's name */
    const enum act *keys; /* what the key bar shows first; ends with ACT_NONE. NULL: the table */
    /* `body` is what lies between the status line and the message line. */
    void (*draw)(const struct view *view, struct grid *grid, const struct area *body);
    int (*scroll_max)(const struct view *view, const struct area *body); /* NULL: 0 */
    const struct screen_list *list;                                      /* NULL: it has none */
};

#define SCREENS(X)                                                                                 \
    X(fleet)                                                                                       \
    X(cockpit)                                                                                     \
    X(locks)                                                                                       \
    X(replicas)                                                                                    \
    X(guards)                                                                                      \
    X(activity)                                                                                    \
    X(journal)                                                                                     \
    X(card)                                                                                        \
    X(plan)                                                                                        \
    X(coach)                                                                                       \
    X(checklist)                                                                                   \
    X(help)
#define SCREEN_DECLARE(name) extern const struct screen name##_screen;
SCREENS(SCREEN_DECLARE)
#undef SCREEN_DECLARE

/* registry.c: all screens in the order of their keys; ends with NULL. */
extern const struct screen *const screens[];
/* NULL: there is none. */
const struct screen *screen_by_id(enum screen_id id);
const struct screen *screen_by_key(gunichar key);
const struct screen *screen_by_name(const char *name);

/* list-draw.c. Draws one row, whose marker is there already. */
typedef void (*list_draw_fn)(const struct view *view, struct pen *pen, const struct list_row *row,
                             gboolean selected);
/* The rows from the first one in sight on; those that have ended dimmed. */
void list_draw(const struct view *view, struct grid *grid, const struct area *area,
               const GPtrArray *rows, list_draw_fn draw);
/* A list that is read while its screen is open. */
struct list_parts {
    const char *what; /* "the locks" */
    void (*list)(const struct view *view, struct grid *grid, const struct area *body,
                 const GPtrArray *rows);
    void (*detail)(const struct view *view, struct grid *grid, const struct area *body,
                   const struct list_row *row); /* on the whole screen */
};
/* `rows` NULL: why there are none. */
void list_parts_draw(const struct view *view, struct grid *grid, const struct area *body,
                     const GPtrArray *rows, const struct list_parts *parts);
/* "12 of 41 · longest first (o) · filter: web" into the rest of a rule. `total`: how many there are in
 * all. */
void list_note_draw(const struct view *view, struct pen *pen, const GPtrArray *rows, int total);

/* Below this size there is one line with the most important words, and of the five lines those that
 * fit. */
static inline gboolean view_is_tiny(const struct view *view)
{
    return view->width < 20 || view->height < 6;
}

/* Below this size the picture has no rail and fewer words. */
static inline gboolean view_is_compact(const struct view *view)
{
    return view->width < 60 || view->height < 16;
}

/* rail.c. The notes say below each phase when it is and whether it can be undone: for 100 columns and
 * more. */
void rail_draw(const struct view *view, struct grid *grid, int row);
void rail_notes_draw(const struct view *view, struct grid *grid, int row);

/* harm.c: the verdict with its evidence. */
void harm_line(const struct view *view, struct pen *pen, const struct snap_migration *m);
/* Is it us? "61% of WAL, 1 of 12 active"; NULL: nothing is known. Free with g_free. */
char *us_share_text(const struct snapshot *snapshot);
/* What the engine did last; NULL: nothing lately. */
const struct snap_event *us_last_act(const struct snap_migration *m);
/* "since the pause 01:10: waits 3 -> 0: probably us"; NULL: not paused, or nothing is known of
 * before. Free with g_free. */
char *since_pause_text(const struct view *view, const struct snap_migration *m);
/* "falling", "rising", "steady" by the last seconds, and how much a second; NULL: not known. */
const char *guard_trend(const struct snap_migration *m, const struct snap_guard *guard,
                        double *per_s);
/* How a guard is called on a screen, its name in a few letters where `brief`. Free with g_free. */
char *guard_title(const struct snap_guard *guard, gboolean brief);

/* answers.c: the five lines. */
gboolean migration_is_open(const struct snap_migration *m);
/* What is known of batches belongs to the phase under way; of an earlier one it is history. */
gboolean migration_progress_counts(const struct snap_migration *m);
enum answer { ANSWER_PHASE, ANSWER_DONE, ANSWER_HARM, ANSWER_PAUSE, ANSWER_ABORT, ANSWERS };
void answers_draw(const struct view *view, struct grid *grid, int row);
void answer_draw(const struct view *view, struct grid *grid, int row, enum answer which);
/* What they are made of, for those who say it in other words. */
const char *pause_says(const struct view *view, const struct snap_migration *m);
const char *abort_says(const struct view *view, const struct snap_migration *m);

/* harm.c */
const struct snap_guard *guard_tightest(const struct snap_migration *m); /* NULL: none is read */
gboolean is_latency_watched(const struct snap_migration *m);
struct waits {
    int on_us;
    double longest_s; /* of those */
};
struct waits waits_on_us(const struct snapshot *snapshot);
/* What to call a step: its title, or its name. */
const char *step_title(const struct snap_step *step);

/* coach.c: rows of the pane, its rule included; 0: there is none. */
int coach_height(const struct view *view);
void coach_draw(const struct view *view, struct grid *grid, const struct area *area);

/* tiny.c */
void tiny_draw(const struct view *view, struct grid *grid);

/* steps-pane.c, guards-pane.c */
void steps_draw(const struct view *view, struct grid *grid, const struct area *area);
/* Rows that the pane would take beside one for each step: what steps have found, rows that could not
 * be filled. */
guint steps_details(const struct snap_migration *m);
void guards_draw(const struct view *view, struct grid *grid, const struct area *area);
/* The tightest first; below 0: `x` comes first. */
int guards_compare(const struct snap_guard *x, const struct snap_guard *y);
/* A bar of `bar` cells and the room in five more, or in words why there is none. */
void guard_room_draw(struct pen *pen, const struct snap_guard *guard, int bar);
/* why.c: "why it stopped". NULL when nothing stopped it. Lines of struct confirm_line. */
GPtrArray *why_lines(const struct view *view, const char **title);

/* lines.c. A row of the screen, cut off a line. */
struct lines_row {
    const struct confirm_line *line;
    char *text;
};
/* `lines` as rows of at most `width` cells (struct lines_row). */
GPtrArray *lines_wrap(const struct view *view, const GPtrArray *lines, int width);
/* Adds a line (struct confirm_line) to an array of lines_new. */
GPtrArray *lines_new(void);
void lines_append(GPtrArray *lines, enum token token, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* A titled rule, and below it the lines from `scroll` on, wrapped. */
void lines_page_draw(const struct view *view, struct grid *grid, const struct area *area,
                     const char *title, const GPtrArray *lines, int scroll);
/* The furthest that such a page can be scrolled. */
int lines_page_max(const struct view *view, const struct area *area, const GPtrArray *lines);
/* Takes rows away until there are `height`: never what a person can do while there is anything
 * else, and of each line the start as long as possible. */
void lines_fit(GPtrArray *rows, int height);
void lines_draw(const struct view *view, struct grid *grid, const struct area *area,
                const GPtrArray *rows);

/* history.c */
void sparks_draw(const struct view *view, struct grid *grid, const struct area *area);
void locks_draw(const struct view *view, struct grid *grid, const struct area *area);
void replicas_draw(const struct view *view, struct grid *grid, const struct area *area);
void events_draw(const struct view *view, struct grid *grid, const struct area *area,
                 const GPtrArray *events, int skip);

/* What there is without a migration, without a snapshot. */
void blank_draw(const struct view *view, struct grid *grid, const struct area *body);
void dialog_draw(const struct view *view, struct grid *grid);
/* prompt.c: the open prompt on that row, its completions above it. */
void prompt_draw(const struct view *view, struct grid *grid, int row);
/* How the open question is laid out on this screen. */
struct dialog_layout {
    int width, height, top; /* of the frame */
    int rows, page;         /* of the text: all of them, and those shown at a time */
    int room;               /* rows for the text */
    int choices;            /* rows: one for each, or one for all */
    gboolean tall_name;     /* the name to type is too long to stand beside its field */
    int blanks;
};
/* FALSE: it cannot be asked here. */
gboolean dialog_measure(const struct view *view, struct dialog_layout *layout);

#endif
