/* Which keys the last row shows: the screen's own first, then those that make sense for the
 * migration, help and quit always. */
#include "config.h"
#include "console/keybar.h"

#include <string.h>

#include "console/screens/screens.h"

static gboolean is_of_list(enum act act)
{
    return act >= ACT_OPEN && act <= ACT_TERMINATE;
}

/* Always there. */
static gboolean is_last(const struct binding *b)
{
    return b->act == ACT_HELP || b->act == ACT_QUIT || b->act == ACT_PROMPT;
}

/* What a list can do; that it stands still or is filtered does not change with the link. */
static gboolean list_offers(const struct view *view, enum act act)
{
    const struct screen *screen = screen_by_id(view->screen);
    const struct screen_list *list = screen ? screen->list : NULL;
    if (!list)
        return FALSE;
    switch (act) {
    case ACT_OPEN:
        return list->selects_migration || list->has_detail;
    case ACT_SORT:
        return list->sorts && list->sorts[0] && list->sorts[1];
    case ACT_CANCEL:
    case ACT_TERMINATE:
        return list->session && !view->read_only && !view_is_old(view);
    default:
        return TRUE;
    }
}

/* Whether a key's act makes sense now; what does not is left out of the key bar. */
static gboolean is_offered(const struct view *view, const struct binding *b)
{
    const struct snap_migration *m = view_migration(view);
    if (!b->brief || view_rights(view) < b->rights)
        return FALSE;
    gboolean steps = (b->act >= ACT_PAST_BACK && b->act <= ACT_MARK_ON) || b->act == ACT_BACK;
    if (b->act == ACT_HINT || b->act == ACT_PREDICT)
        return view->coach && view->past_s <= 0 && (b->act == ACT_HINT || view->coach->asks);
    if (view->past_s > 0 && !steps)
        return b->act == ACT_PAUSE || is_last(b);
    if (steps)
        return view->past_s > 0;
    if (is_of_list(b->act))
        return list_offers(view, b->act);
    if (!b->verb)
        return !(b->act == ACT_JOURNAL && (!m || view->width < 60));
    if (b->act == ACT_PAUSE_ALL && view_has_several(view)) /* of all, whatever this one has */
        return view->screen == SCREEN_FLEET;
    if (!m)
        return FALSE;
    if (b->act == ACT_PAUSE_ALL) /* where there are all of them */
        return view->screen == SCREEN_FLEET;
    gboolean open = g_strcmp0(m->state, "done") != 0 && g_strcmp0(m->state, "aborted") != 0;
    gboolean held = snap_hold_find(m, "operator") || snap_hold_find(m, "stepping");
    if (view_is_old(view))
        return b->act == ACT_PAUSE;
    switch (b->act) {
    case ACT_PAUSE:
        return open && !snap_hold_find(m, "operator");
    case ACT_RESUME:
        return open && held;
    case ACT_STEP:
        return open && held && !m->gate && !snap_hold_find(m, "boundary");
    case ACT_THROTTLE:
        return m->has_progress && g_strcmp0(m->state, "active") == 0 && !hold_main(m);
    case ACT_ADVANCE:
        return snap_hold_find(m, "boundary") != NULL;
    case ACT_CONFIRM:
        return m->gate != NULL;
    case ACT_ABORT:
        return open && m->abort_possible;
    default:
        return TRUE;
    }
}

/* Without its word where there is no room for words. */
static gboolean is_bare(const struct view *view, const struct binding *b)
{
    return view->width < 60 || (b->act == ACT_PROMPT && view->width < 80);
}

static int key_width(const struct view *view, const struct binding *b)
{
    int word = is_bare(view, b) ? 0 : (int)strlen(b->brief) + 2;
    return 1 + (int)strlen(b->name) + word;
}

/* A key that is left out where there is no room; the last ones keep theirs, `tail`. */
static void key_draw(const struct view *view, struct pen *pen, const struct binding *b, int tail)
{
    if (!is_offered(view, b) || key_width(view, b) > pen_room(pen) - tail)
        return;
    pen_text(pen, TOKEN_HEAD, " ");
    pen_text(pen, TOKEN_HEAD_KEY, b->name);
    if (!is_bare(view, b))
        pen_format(pen, TOKEN_HEAD, " %s ", b->brief);
}

/* A question or a line being typed takes every key: what it does with those that are no letters.
 * Names and words in turn; NULL: nothing of the kind is open. */
static const char *const *keys_of_typing(const struct view *view)
{
    static const char *const strip[] = {"Esc", "cancel", "p", "pause instead", NULL};
    static const char *const strip_only[] = {"Esc", "cancel", NULL};
    static const char *const dialog[] = {"Esc",    "cancel", "Tab", "next field",
                                         "Ctrl-U", "clear",  NULL};
    static const char *const prompt[] = {"Esc",      "cancel", "Enter",        "run", "Tab",
                                         "complete", "Up",     "earlier ones", NULL};
    static const char *const filter[] = {"Esc", "clear", "Enter", "keep", NULL};
    static const char *const secret[] = {"Esc", "cancel", "Enter", "connect", NULL};
    const char *const *question = view_rights(view) >= 2 ? strip : strip_only;
    if (view->confirm && view->confirm->level > 1)
        question = dialog;
    return view->prompt      ? prompt
           : view->confirm   ? question
           : view->secret_of ? secret
           : view->entry     ? filter
                             : NULL;
}

/* Names and words in turn, as far as there is room before `tail`. */
static void words_draw(struct pen *pen, const char *const *keys, int tail)
{
    for (; keys[0]; keys += 2) {
        int width = (int)strlen(keys[0]) + (int)strlen(keys[1]) + 3;
        if (width > pen_room(pen) - tail)
            return;
        pen_text(pen, TOKEN_HEAD, " ");
        pen_text(pen, TOKEN_HEAD_KEY, keys[0]);
        pen_format(pen, TOKEN_HEAD, " %s ", keys[1]);
    }
}

void keybar_draw(const struct view *view, struct grid *grid, int row)
{
    const struct screen *screen = screen_by_id(view->screen);
    const enum act *own = screen && view->past_s <= 0 ? screen->keys : NULL;
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    pen.faded = FALSE;
    struct pen background = pen;
    pen_fill(&background, TOKEN_HEAD, " ");
    if (keys_of_typing(view)) {
        words_draw(&pen, keys_of_typing(view), 0);
        return;
    }
    int tail = 0;
    for (const struct binding *b = bindings; b->act != ACT_NONE; b++)
        tail += is_last(b) ? key_width(view, b) : 0;
    static const char *const of_recording[] = {"Space", "play, stop", "+", "faster",
                                               "-",     "slower",     NULL};
    if (view->replay)
        words_draw(&pen, of_recording, tail);
    for (const enum act *act = own; act && *act != ACT_NONE; act++)
        key_draw(view, &pen, binding_of_act(*act), tail);
    for (const struct binding *b = bindings; b->act != ACT_NONE && !own; b++)
        if (!is_last(b))
            key_draw(view, &pen, b, tail);
    for (const struct binding *b = bindings; b->act != ACT_NONE; b++)
        if (is_last(b))
            key_draw(view, &pen, b, 0);
}
