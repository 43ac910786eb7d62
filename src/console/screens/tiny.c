/* Windows for which the five lines are too many: one line with the most important words, and of the
 * five those for which there is a row. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define WORDS_MAX 8
/* The name may be cut to so many cells: one knows what one has opened. */
#define NAME_LEAST 6

/* A word or two of the one line. */
struct word {
    char *text;
    enum token token;
    int worth;
    int width, least; /* cells; 0: not shown. It may be cut to `least` */
};

struct words {
    struct word word[WORDS_MAX];
    int n;
};

static void add(struct words *words, enum token token, int worth, char *text)
{
    if (text && words->n < WORDS_MAX)
        words->word[words->n++] =
            (struct word){text, token, worth, 0, worth == WORDS_MAX ? 1 : G_MAXINT};
    else
        g_free(text);
}

static void words_draw(struct pen *pen, struct words *words)
{
    int room = pen_room(pen);
    for (int worth = WORDS_MAX; worth > 0; worth--) {
        for (int i = 0; i < words->n; i++) {
            struct word *word = &words->word[i];
            if (word->worth != worth)
                continue;
            int width = pen_measure(pen, word->text);
            word->width = width < room ? width : room > word->least ? room - 1 : 0;
            room -= word->width ? word->width + 1 : 0;
        }
    }
    for (int i = 0; i < words->n; i++) {
        const struct word *word = &words->word[i];
        if (word->width) {
            pen_text(pen, TOKEN_TEXT, " ");
            pen_text_left(pen, word->token, word->width, word->text);
        }
        g_free(words->word[i].text);
    }
}

static char *where_text(const struct snap_migration *m)
{
    g_autofree char *upper = g_utf8_strup(m->phase && migration_is_open(m) ? phase_rail(m->phase)
                                          : m->state                       ? m->state
                                                                           : "?",
                                          -1);
    const char *mark = g_strcmp0(m->state, "failed") == 0 ? "× " : hold_main(m) ? "‖ " : "";
    if (!migration_progress_counts(m) || !migration_is_open(m))
        return g_strconcat(mark, upper, NULL);
    return g_strdup_printf("%s%s %.0f%%", mark, upper, floor(m->progress.fraction * 100));
}

static char *link_word(const struct view *view)
{
    g_autofree char *age = age_format(view->age_s);
    if (view->past_s > 0)
        return g_strdup(view->replay ? "REPLAY" : "PAST");
    if (view->frozen_s > 0 && !view_is_old(view))
        return g_strdup("FROZEN");
    switch (view->link) {
    case LINK_STALE:
        return g_strdup_printf("STALE %s", age);
    case LINK_LOST:
        return g_strdup_printf("LOST %s", age);
    case LINK_CONNECTING:
        return g_strdup("CONNECTING");
    case LINK_LATE:
        return g_strdup("LATE");
    default:
        return g_strdup("LIVE");
    }
}

/* Old enough to be taken for the present, were it not said. */
static gboolean stands_still(const struct view *view)
{
    return view->past_s > 0 || view->frozen_s > 0;
}

static void line_draw(const struct view *view, struct grid *grid)
{
    const struct snap_migration *m = view_migration(view);
    struct pen pen = view_pen(view, grid, 0, 0, view->width);
    struct words words = {.n = 0};
    gboolean fresh = view->link == LINK_LIVE && !stands_still(view);
    if (!m) {
        add(&words, TOKEN_TEXT, WORDS_MAX, link_word(view));
        add(&words, TOKEN_DIM, 1,
            g_strdup(!view->snapshot              ? view->label
                     : !view->snapshot->installed ? "no schema pgrollout"
                                                  : "no migration"));
        words_draw(&pen, &words);
        return;
    }
    static const enum token tokens[] = {TOKEN_OK, TOKEN_WARN, TOKEN_WARN, TOKEN_DANGER, TOKEN_LOST};
    enum harm seen = migration_is_open(m) ? snap_harm(view->snapshot, m) : HARM_CALM;
    enum harm harm = view_is_old(view) ? HARM_UNKNOWN : seen;
    gboolean may = migration_is_open(m) && view_rights(view) >= 2 && !snap_hold_find(m, "operator");
    gboolean back = view->past_s <= 0 && migration_is_open(m) && view_rights(view) >= 3 &&
                    m->abort_possible && !view_is_old(view);
    g_autofree char *eta = m->has_progress && !hold_main(m)
                               ? eta_format(m->progress.eta_low_s, m->progress.eta_high_s)
                               : NULL;
    add(&words, TOKEN_NOW, 3, fleet_id(view_database_name(view), m->name));
    words.word[0].least = NAME_LEAST;
    add(&words, hold_main(m) ? TOKEN_HELD : TOKEN_NOW, view->present ? 5 : 6, where_text(m));
    if (eta && *eta && !view_is_old(view))
        add(&words, TOKEN_TEXT, 2, g_strdup(eta));
    add(&words, tokens[harm], WORDS_MAX, g_strdup(harm_word(harm)));
    if (may)
        add(&words, TOKEN_KEY, 5, g_strdup("p=pause"));
    if (back)
        add(&words, TOKEN_KEY, 1, g_strdup("A=abort"));
    add(&words,
        fresh                ? TOKEN_DIM
        : stands_still(view) ? TOKEN_WARN
                             : TOKEN_LOST,
        stands_still(view) ? WORDS_MAX - 1
        : fresh            ? 1
                           : 6,
        link_word(view));
    if (view->present)
        add(&words, TOKEN_DANGER, WORDS_MAX - 1, g_strdup_printf("now %s", view->present));
    words_draw(&pen, &words);
}

void tiny_draw(const struct view *view, struct grid *grid)
{
    /* the line above says phase and verdict: what one can do comes first */
    static const enum answer worth[] = {ANSWER_PAUSE, ANSWER_ABORT, ANSWER_HARM, ANSWER_PHASE,
                                        ANSWER_DONE};
    gboolean shown[ANSWERS] = {FALSE};
    line_draw(view, grid);
    if (!view_migration(view) || view->width < 20)
        return;
    for (int i = 0; i < ANSWERS && i < view->height - 1; i++)
        shown[worth[i]] = TRUE;
    for (int i = 0, row = 1; i < ANSWERS; i++)
        if (shown[i])
            answer_draw(view, grid, row++, (enum answer)i);
}
