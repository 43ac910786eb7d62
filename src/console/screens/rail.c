/* The rail of phases with the point of no return, and what it says below each of them. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

/* So many dashes stand between two phases at most. */
#define GAP_MAX 14

static gboolean is(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

/* The phase the rail points at: behind a boundary it is the one that waits to be entered. */
static const char *phase_at(const struct snap_migration *m)
{
    const struct snap_hold *boundary = snap_hold_find(m, "boundary");
    return boundary && boundary->key ? boundary->key : m->phase;
}

struct mark {
    const char *glyph;
    enum token token;
};

static struct mark phase_mark(const struct view *view, const struct snap_migration *m,
                              const struct snap_phase *phase, gboolean current)
{
    if (current && view->link == LINK_LOST)
        return (struct mark){"?", TOKEN_LOST};
    if (is(phase->state, "failed") || (current && is(m->state, "failed")))
        return (struct mark){"×", TOKEN_DANGER};
    if (current && is(m->state, "aborting"))
        return (struct mark){"◄", TOKEN_HELD};
    if (current && hold_main(m))
        return (struct mark){"‖", TOKEN_HELD};
    if (current && migration_is_open(m))
        return (struct mark){"►", TOKEN_NOW};
    if (is(phase->state, "done"))
        return (struct mark){"●", TOKEN_OK};
    return (struct mark){"○", TOKEN_TODO};
}

static char *phase_label(const struct snap_migration *m, const struct snap_phase *phase,
                         gboolean current, gboolean brief)
{
    const char *name = brief && !current ? phase_short(phase->name) : phase_rail(phase->name);
    if (!current || !migration_is_open(m))
        return g_strdup(name);
    g_autofree char *upper = g_utf8_strup(name, -1);
    if (!migration_progress_counts(m) || !is(m->phase, phase->name))
        return g_steal_pointer(&upper);
    return g_strdup_printf("%s %d%%", upper, (int)floor(m->progress.fraction * 100));
}

static void joint_draw(struct pen *pen, int dashes, gboolean gate)
{
    int left = gate ? dashes / 2 : dashes;
    pen_text(pen, TOKEN_RULE, " ");
    for (int i = 0; i < left; i++)
        pen_text(pen, TOKEN_RULE, "─");
    if (gate)
        pen_text(pen, TOKEN_GATE, "╫");
    for (int i = left + 1; gate && i < dashes; i++)
        pen_text(pen, TOKEN_RULE, "─");
    pen_text(pen, TOKEN_RULE, " ");
}

/* How a rail is laid out. */
struct rail {
    gboolean brief;
    int gap; /* dashes between two phases */
};

/* Draws the rail, or only measures it. `starts`: where the label of each phase begins; NULL. */
static int rail_pass(const struct view *view, struct pen *pen, const struct snap_migration *m,
                     const struct rail *rail, gboolean draw, GArray *starts)
{
    int width = 1;
    const char *at = phase_at(m);
    pen_skip(pen, draw ? 1 : 0);
    for (guint i = 0; i < m->phases->len; i++) {
        const struct snap_phase *phase = g_ptr_array_index(m->phases, i);
        gboolean current = is(phase->name, at), gate = is(phase->name, "contract");
        int dashes = rail->gap + (gate ? 2 : 0);
        struct mark mark = phase_mark(view, m, phase, current);
        g_autofree char *label = phase_label(m, phase, current, rail->brief);
        int start = width + (i ? dashes + 2 : 0) + 2;
        width = start + pen_measure(pen, label);
        if (starts)
            g_array_append_val(starts, start);
        if (!draw)
            continue;
        if (i > 0)
            joint_draw(pen, dashes, gate);
        pen_format(pen, mark.token, "%s ", mark.glyph);
        pen_text(pen, current && migration_is_open(m) ? TOKEN_NOW : mark.token, label);
    }
    return width;
}

static struct rail rail_layout(const struct view *view, struct pen *pen,
                               const struct snap_migration *m)
{
    struct rail rail = {FALSE, 1};
    rail.brief = rail_pass(view, pen, m, &rail, FALSE, NULL) > view->width;
    int slack = view->width - 1 - rail_pass(view, pen, m, &rail, FALSE, NULL);
    int gaps = (int)m->phases->len - 1;
    rail.gap += gaps > 0 ? CLAMP(slack / gaps, 0, GAP_MAX - 1) : 0;
    return rail;
}

void rail_draw(const struct view *view, struct grid *grid, int row)
{
    const struct snap_migration *m = view_migration(view);
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    if (!m || !m->phases->len)
        return;
    struct rail rail = rail_layout(view, &pen, m);
    rail_pass(view, &pen, m, &rail, TRUE, NULL);
}

/* What taking a phase back asks of people. */
enum way_back { WAY_FREE, WAY_ASKS, WAY_NONE };

static enum way_back way_back(const struct snap_phase *phase)
{
    enum way_back way = is(phase->name, "contract") ? WAY_NONE : WAY_FREE;
    for (guint i = 0; i < phase->steps->len; i++) {
        const struct snap_step *step = g_ptr_array_index(phase->steps, i);
        if (step->irreversible)
            return WAY_NONE;
        if (is(step->kind, "confirm") && way == WAY_FREE)
            way = WAY_ASKS;
    }
    return way;
}

static gboolean asks_people(const struct snap_phase *phase)
{
    for (guint i = 0; i < phase->steps->len; i++)
        if (is(((struct snap_step *)phase->steps->pdata[i])->kind, "confirm"))
            return TRUE;
    return FALSE;
}

/* When: how long it took, that it is now, or whose word it will need; NULL: it comes by itself. */
static char *phase_when(const struct snap_migration *m, const struct snap_phase *phase)
{
    if (is(phase->name, phase_at(m)) && migration_is_open(m))
        return g_strdup("now");
    if (is(phase->state, "done"))
        return isnan(phase->elapsed_s) ? g_strdup("done") : age_format(phase->elapsed_s);
    if (is(phase->name, "contract"))
        return g_strdup("typed name");
    return asks_people(phase) ? g_strdup("you say") : NULL;
}

static char *phase_note(const struct snap_migration *m, const struct snap_phase *phase,
                        gboolean brief)
{
    static const char *const ways[] = {"undo free", "undo asks", "NO UNDO"};
    g_autofree char *when = brief ? NULL : phase_when(m, phase);
    return g_strdup_printf("%s%s%s", when ? when : "", when ? ", " : "", ways[way_back(phase)]);
}

void rail_notes_draw(const struct view *view, struct grid *grid, int row)
{
    const struct snap_migration *m = view_migration(view);
    struct pen pen = view_pen(view, grid, row, 0, view->width);
    if (!m || !m->phases->len)
        return;
    g_autoptr(GArray) starts = g_array_new(FALSE, FALSE, sizeof(int));
    struct rail rail = rail_layout(view, &pen, m);
    rail_pass(view, &pen, m, &rail, FALSE, starts);
    /* in full for all of a kind or for none: what is done, what is to come */
    gboolean brief[2] = {FALSE, FALSE};
    for (guint pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < m->phases->len; i++) {
            const struct snap_phase *phase = g_ptr_array_index(m->phases, i);
            gboolean *kind = &brief[is(phase->state, "pending")];
            g_autofree char *note = phase_note(m, phase, pass == 1 && *kind);
            pen.col = g_array_index(starts, int, i);
            int end = i + 1 < starts->len ? g_array_index(starts, int, i + 1) - 2 : view->width;
            if (pass == 0)
                *kind |= pen_measure(&pen, note) > end - pen.col;
            else
                pen_text(&pen, way_back(phase) == WAY_NONE ? TOKEN_GATE : TOKEN_DIM, note);
        }
    }
}
