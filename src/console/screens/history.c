/* What happened lately: sparklines, lock waits, replicas, the last lines of the journal. */
#include "config.h"
#include "console/screens/screens.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define SHOWN_S 120
/* From these widths on a row of history is longer, and also says the least and the most. */
#define WIDE 100
#define WIDEST 112

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
    char *(*format)(double value);
};

/* The least and the most of the series: "1 900..6 000". */
static char *range_format(const struct spark_row *row)
{
    double least = NAN, most = NAN;
    for (guint i = 0; i < row->series->n; i++) {
        double v = row->series->values[i];
        if (isnan(v))
            continue;
        least = v >= least ? least : v;
        most = v <= most ? most : v;
    }
    if (isnan(most))
        return g_strdup("");
    g_autofree char *from = row->format(rounded(least)), *to = row->format(rounded(most));
    return strcmp(from, to) == 0 ? g_strdup("") : g_strdup_printf("%s..%s", from, to);
}

static void spark_row_draw(const struct view *view, struct pen *pen, const struct spark_row *row)
{
    /* two minutes, whatever the width: as long as the engine's samples go back */
    int width = pen->end - pen->col, cells = width >= WIDE ? 40 : width >= 60 ? 24 : 12;
    pen_text(pen, TOKEN_TEXT, " ");
    pen_text_left(pen, TOKEN_TEXT, 8, row->label);
    if (view->low_bandwidth)
        draw_spark_words(pen, row->series, cells, row->format);
    else
        draw_spark(pen, row->series, row->kind, cells, SHOWN_S / cells, second_of(view->snapshot),
                   row->limit);
    pen_text_right(pen, TOKEN_TEXT, 9, row->value);
    if (width >= WIDEST && !view->low_bandwidth) {
        g_autofree char *range = range_format(row);
        pen_text(pen, TOKEN_TEXT, "  ");
        pen_text_left(pen, TOKEN_DIM, 17, range);
    }
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
         rows_note(m, area->width), grouped_format},
        {"lag", &m->lag_s, SPARK_PEAK, lag_limit, age_format(lag), lag_note(s, lag_limit),
         age_format},
        {"waits", &m->waits, SPARK_PEAK, guard_limit(m, "lock_waiters"), short_count_format(waits),
         g_strdup("sessions that wait on us"), short_count_format},
        {"WAL/s", &m->wal_bytes_per_s, SPARK_MEAN, 0, bytes_format(rounded(wal)), wal_note(s),
         bytes_format},
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
            pen_text(&pen, TOKEN_DIM,
                     view->replay ? " a recording does not tell" : " nobody waits for a lock");
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

/* Who and when; leaves the pen where the text begins. */
static void event_head_draw(struct pen *pen, const struct snap_event *e)
{
    gboolean engine = g_strcmp0(e->who, "engine") == 0 || g_strcmp0(e->who, "guard") == 0;
    int who = pen_room(pen) < 60 ? 8 : 14;
    pen_text(pen, TOKEN_TEXT, " ");
    pen_text_left(pen, TOKEN_DIM, 9, e->at);
    pen_text_left(pen, engine ? TOKEN_DIM : TOKEN_NOW, who, e->who);
    pen_text(pen, TOKEN_TEXT, " ");
}

/* The rows of one event. */
static int event_rows(const struct pen *pen, const char *text, int width)
{
    int rows = 0;
    for (const char *rest = text; *rest; rows++) {
        rest += draw_wrap(pen, rest, width);
        rest += *rest == ' ';
    }
    return MAX(rows, 1);
}

/* One event in at most `most` rows. Returns how many. */
static int event_draw(const struct pen *at, const struct snap_event *e, int most)
{
    struct pen pen = *at;
    const char *rest = e->text ? e->text : "";
    event_head_draw(&pen, e);
    int col = pen.col, width = MAX(pen_room(&pen), 1), rows = 0;
    do {
        gboolean last = ++rows == most;
        gsize n = last ? strlen(rest) : draw_wrap(&pen, rest, width);
        g_autofree char *line = g_strndup(rest, n);
        pen_text(&pen, TOKEN_TEXT, line);
        rest += n;
        rest += *rest == ' ';
        pen.row++;
        pen.col = col;
    } while (*rest && rows < most);
    return rows;
}

void events_draw(const struct view *view, struct grid *grid, const struct area *area,
                 const GPtrArray *events, int skip)
{
    struct pen pen = view_pen(view, grid, area->row, area->col, area->col + area->width);
    int left = area->height, others = (int)events->len - skip - 1;
    int width = area->width - (area->width < 60 ? 19 : 25);
    for (guint i = (guint)skip; i < events->len && left > 0; i++, others--) {
        const struct snap_event *e = g_ptr_array_index(events, i);
        /* more than a row only where every other event keeps its own */
        int spare = left - MIN(others, left - 1);
        int rows = MIN(event_rows(&pen, e->text ? e->text : "", MAX(width, 1)), MAX(spare, 1));
        rows = event_draw(&pen, e, rows);
        pen.row += rows;
        left -= rows;
    }
}
