/* Lists: rows with an id each, one of which is selected. The selection belongs to the id, not to the
 * place: rows come, go and change their order under it, and a key never meets another row than the
 * one that was looked at. Plain data and pure functions. */
#ifndef PGROLLOUT_CONSOLE_LIST_H
#define PGROLLOUT_CONSOLE_LIST_H

#include "pgrollout/engine/snapshot.h"

/* How long a row that has ended stays, dimmed. */
#define LIST_LINGER_S 5.0

/* What a person has made of one screen. All zero is how it starts. */
struct list_state {
    char *selected; /* id; NULL: always the first row */
    int place;      /* where it stood last: from there one goes on when it has gone */
    int top;        /* the first row that is shown */
    guint sort;     /* which of the screen's orders */
    gboolean reverse;
    gboolean loose; /* the window does not follow the selected row */
    char *filter;   /* words, all of which a row has to have; NULL: none */
    gboolean open;  /* the selected row's detail takes the whole screen */
    int scroll;     /* of that detail */
};

struct list_row {
    char *id;
    const void *data;  /* the screen's own: belongs to a snapshot */
    const void *owner; /* what it belongs to, the screen's own, too; NULL */
    double ended_s;    /* seconds since it was gone; NAN: it is there */
};

void list_state_clear(struct list_state *state);
void list_state_select(struct list_state *state, const char *id, int place);

/* Rows (struct list_row); free with g_ptr_array_unref. */
GPtrArray *list_rows_new(void);
void list_rows_add(GPtrArray *rows, const char *id, const void *data);
/* Adds the rows of one snapshot; FALSE: they were not read. */
typedef gboolean (*list_read_fn)(const struct snapshot *snapshot, GPtrArray *rows);
/* The rows of `now`, and those that ended in the last LIST_LINGER_S by what `past` shows (struct
 * snapshot, oldest first; NULL: nothing). NULL: they were not read. */
GPtrArray *list_rows_read(const struct snapshot *now, const GPtrArray *past, list_read_fn read);
/* Whether each word of `filter` is in one of the texts (NULL-terminated; "" for unknown ones), in
 * capitals or not. */
gboolean list_matches(const char *filter, const char *const *texts);
/* Sorts by a comparison of the rows' data; those it calls equal go by their id. */
typedef int (*list_compare_fn)(const void *a, const void *b);
void list_rows_sort(GPtrArray *rows, list_compare_fn compare, gboolean reverse);

/* The selected row's place; -1: it has gone, or there are none. */
int list_index(const struct list_state *state, const GPtrArray *rows);
/* NULL as above. */
const struct list_row *list_selected(const struct list_state *state, const GPtrArray *rows);
/* The first row to show where there is room for `height`. */
int list_top(const struct list_state *state, const GPtrArray *rows, int height);
/* Moves the selection. The first move selects what stands first. */
void list_move(struct list_state *state, const GPtrArray *rows, int height, int by);

#endif
