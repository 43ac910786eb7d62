/* What happened lately: sparklines, lock waits, replicas, the last lines of the journal. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define SHOWN_S 120

/* Seconds of the snapshot's own time, for the buckets of the sparklines. */
static gint64 second_of(const struct snapshot *s)
{
    g_autoptr(GDateTime) at = s->at ? g_date_time_new_from_iso8601(s->at, NULL) : NULL;
    return at ? g_date_time_to_unix(at) : 0;
}

struct spark_row {
    const char *label;
    const struct snap_series *series;
    enum spark_kind kind;
    double limit;
    char *value, *note;
};

static void spark_row_draw(const struct view *view, struct pen *pen, const struct spark_row *row)
{
    /* two minutes, whatever the width: as long as the engine's samples go back */
    int cells = view->width >= 110 ? 40 : view->width >= 60 ? 24 : 12;
    pen_text(pen, TOKEN_TEXT, " ");
    pen_text_left(pen, TOKEN_TEXT, 8, row->label);
    draw_spark(pen, row->series, row->kind, cells, SHOWN_S / cells, second_of(view->snapshot),
               row->limit);
    pen_text_right(pen, TOKEN_TEXT, 9, row->value);
    pen_text(pen, TOKEN_TEXT, "   ");
    pen_text(pen, TOKEN_DIM, row->note);
}

static double guard_limit(const struct snap_migration *m, const char *name)
{
    const struct snap_guard *guard = snap_guard_find(m, name);
    return guard ? guard->pause : NAN;
}

static char *rows_note(const struct snap_migration *m, int width)
{
    if (!m->has_progress || isnan(m->progress.batch_rows))
        return g_strdup("");
    g_autofree char *rows = grouped_format(rounded(m->progress.batch_rows));
    g_autofree char *rest = isnan(m->progress.rest_ms)
                                ? g_strdup("")
                                : g_strdup_printf(" · rest %.0f ms", m->progress.rest_ms);
    if (width < 100)
        return g_strdup_printf("batch %s rows", rows);
    return g_strdup_printf(m->progress.batch_ms < 1 ? "batch %s · %.1f ms%s"
                                                    : "batch %s · %.0f ms%s",
                           rows, m->progress.batch_ms, rest);
}

static char *lag_note(const struct snapshot *s, double limit)
{
    if (!s->replicas->len)
        return g_strdup("no replica");
    const struct snap_replica *worst = g_ptr_array_index(s->replicas, 0);
    const char *name = worst->name ? worst->name : "?";
    return isnan(limit) ? g_strdup(name) : g_strdup_printf("%s · limit %gs", name, limit);
}

static char *wal_note(const struct snapshot *s)
{
    GString *out = g_string_new(NULL);
    if (!isnan(s->our_wal_share))
        g_string_append_printf(out, "ours %.0f%%", s->our_wal_share * 100);
    if (!isnan(s->our_active) && !isnan(s->all_active))
        g_string_append_printf(out, "%s%.0f of %.0f active", out->len ? " · " : "", s->our_active,
                               s->all_active);
    return g_string_free(out, FALSE);
}

void sparks_draw(const struct view *view, struct grid *grid, const struct area *area)
{
    const struct snap_migration *m = view_migration(view);
    const struct snapshot *s = view->snapshot;
    double lag_limit = guard_limit(m, "replication_lag");
    double lag = series_last(&m->lag_s), wal = series_last(&m->wal_bytes_per_s);
    double rate = m->has_progress ? m->progress.rows_per_s : series_last(&m->rows_per_s);
    double waits = series_last(&m->waits);
    struct spark_row rows[] = {
        {"rows/s", &m->rows_per_s, SPARK_MEAN, 0, grouped_format(rounded(rate)),
         rows_note(m, view->width)},
        {"lag", &m->lag_s, SPARK_PEAK, lag_limit, age_format(lag), lag_note(s, lag_limit)},
        {"waits", &m->waits, SPARK_PEAK, guard_limit(m, "lock_waiters"), short_count_format(waits),
         g_strdup("sessions that wait on us")},
        {"WAL/s", &m->wal_bytes_per_s, SPARK_MEAN, 0, bytes_format(rounded(wal)), wal_note(s)},
    };
    for (int i = 0; i < (int)G_N_ELEMENTS(rows); i++) {
        struct pen pen = view_pen(view, grid, area->row + i, area->col, area->col + area->width);
        if (i < area->height)
            spark_row_draw(view, &pen, &rows[i]);
        g_free(rows[i].value);
        g_free(rows[i].note);
    }
}

static void lock_row_draw(struct pen *pen, const struct snap_lock_wait *wait)
{
    g_autofree char *age = age_format(wait->waited_s);
    GString *blockers = g_string_new(NULL);
    for (guint i = 0; i < wait->blocked_by->len && i < 3; i++)
        g_string_append_printf(blockers, "%s%" G_GINT64_FORMAT, i ? "," : "",
                               g_array_index(wait->blocked_by, gint64, i));
    if (!blockers->len)
        g_string_append(blockers, "?");
    enum token token = wait->on_us ? TOKEN_WARN : TOKEN_TEXT;
    pen_format(pen, wait->ours ? TOKEN_OURS : token, " %s%" G_GINT64_FORMAT " ",
               wait->ours ? "▸" : " ", wait->pid);
    pen_text_right(pen, token, 6, age);
    pen_format(pen, token, " waits on %s%s ", wait->on_us ? "▸us " : "", blockers->str);
    pen_format(pen, TOKEN_DIM,
               "%s: ", wait->application && *wait->application ? wait->application : "no name");
    pen_text(pen, TOKEN_DIM, wait->query);
    g_string_free(blockers, TRUE);
}

void locks_draw(const struct view *view, struct grid *grid, const struct area *area)
{
    const GPtrArray *waits = view->snapshot->lock_waits;
    for (int i = 0; i < area->height && i < (int)MAX(waits->len, 1); i++) {
        struct pen pen = view_pen(view, grid, area->row + i, area->col, area->col + area->width);
        if (!waits->len)
            pen_text(&pen, TOKEN_DIM, " nobody waits for a lock");
        else if (i + 1 == area->height && (int)waits->len > area->height)
            pen_format(&pen, TOKEN_TEXT, " … and %d more", (int)waits->len - i);
        else
            lock_row_draw(&pen, waits->pdata[i]);
    }
}

void replicas_draw(const struct view *view, struct grid *grid, const struct area *area)
{
    const GPtrArray *replicas = view->snapshot->replicas;
    for (int i = 0; i < area->height && i < (int)MAX(replicas->len, 1); i++) {
        struct pen pen = view_pen(view, grid, area->row + i, area->col, area->col + area->width);
        if (!replicas->len) {
            pen_text(&pen, TOKEN_DIM, " no replica");
            return;
        }
        const struct snap_replica *r = replicas->pdata[i];
        g_autofree char *lag = age_format(r->lag_s), *bytes = bytes_format(r->lag_bytes);
        gboolean streams = g_strcmp0(r->state, "streaming") == 0;
        pen_text(&pen, TOKEN_TEXT, " ");
        pen_text_left(&pen, TOKEN_TEXT, MAX(8, pen_room(&pen) - 32), r->name);
        pen_text(&pen, TOKEN_TEXT, " ");
        if (!r->state) { /* the server shows it to members of pg_monitor only */
            pen_text(&pen, TOKEN_DIM, "not shown to your login");
            continue;
        }
        pen_text_left(&pen, streams ? TOKEN_TEXT : TOKEN_WARN, 11, r->state);
        pen_text_right(&pen, TOKEN_TEXT, 7, lag);
        pen_text_right(&pen, TOKEN_TEXT, 11, bytes);
    }
}

void events_draw(const struct view *view, struct grid *grid, const struct area *area,
                 const GPtrArray *events, int skip)
{
    for (int i = 0; i < area->height && i + skip < (int)events->len; i++) {
        const struct snap_event *e = g_ptr_array_index(events, i + skip);
        struct pen pen = view_pen(view, grid, area->row + i, area->col, area->col + area->width);
        gboolean engine = g_strcmp0(e->who, "engine") == 0 || g_strcmp0(e->who, "guard") == 0;
        pen_text(&pen, TOKEN_TEXT, " ");
        pen_text_left(&pen, TOKEN_DIM, 9, e->at);
        pen_text_left(&pen, engine ? TOKEN_DIM : TOKEN_NOW, area->width < 60 ? 8 : 14, e->who);
        pen_text(&pen, TOKEN_TEXT, " ");
        pen_text(&pen, TOKEN_TEXT, e->text);
    }
}
