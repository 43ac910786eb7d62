/* Screen 4: which guard watches, how archiving stands, and the selected standby or slot at length. */
#include "config.h"
#include "console/screens/replicas.h"

#include <math.h>

#include "console/draw.h"
#include "console/format.h"

#define FLAT 1024.0 /* bytes a second */

static void line_add(GPtrArray *lines, enum token token, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void line_add(GPtrArray *lines, enum token token, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct confirm_line *line = g_new0(struct confirm_line, 1);
    *line = (struct confirm_line){token, g_strdup_vprintf(format, args)};
    va_end(args);
    g_ptr_array_add(lines, line);
}

static void line_free(void *data)
{
    struct confirm_line *line = data;
    g_free(line->text);
    g_free(line);
}

static const char * or (const char *text, const char *instead)
{
    return text && *text ? text : instead;
}

static const struct snap_guard *guard_of(const struct view *view, const char *name)
{
    const struct snap_migration *m = view_migration(view);
    return m ? snap_guard_find(m, name) : NULL;
}

double slot_limit(const struct view *view)
{
    const struct snap_guard *guard = guard_of(view, "slot_wal");
    double keep = view->snapshot->replication->keep, pause = guard ? guard->pause : NAN;
    return isnan(keep) || pause < keep ? pause : keep;
}

double slot_growth(const struct view *view, const struct snap_slot *slot)
{
    g_autofree char *name = g_strconcat("slot ", slot->name, NULL);
    return samples_rate(view->samples, name, view->snapshot->at_s);
}

char *growth_text(double rate)
{
    if (isnan(rate))
        return g_strdup("-");
    if (fabs(rate) < FLAT)
        return g_strdup("flat");
    g_autofree char *bytes = bytes_format(rounded(fabs(rate)));
    return g_strdup_printf("%s%s/s", rate > 0 ? "+" : "-", bytes);
}

char *until_text(double seconds)
{
    if (isnan(seconds))
        return g_strdup("-");
    if (isinf(seconds))
        return g_strdup("not at this rate");
    if (seconds <= 0)
        return g_strdup("REACHED");
    if (seconds < 90)
        return g_strdup_printf("about %.0f s", seconds);
    if (seconds < 90 * 60)
        return g_strdup_printf("about %.0f min", seconds / 60);
    if (seconds < 48 * 3600)
        return g_strdup_printf("about %.0f h", seconds / 3600);
    return g_strdup("days");
}

static void guard_add(const struct view *view, GPtrArray *lines, const char *name)
{
    const struct snap_guard *guard = guard_of(view, name);
    if (!guard)
        return;
    double room = snap_guard_room(guard);
    g_autofree char *value = reading_format(guard->value, guard->pause, guard->unit);
    g_autofree char *limit = reading_format(guard->pause, guard->pause, guard->unit);
    enum token token = g_strcmp0(guard->state, "tripped") == 0 ? TOKEN_DANGER
                       : g_strcmp0(guard->state, "blind") == 0 ? TOKEN_LOST
                       : room < 0.5                            ? TOKEN_WARN
                                                               : TOKEN_TEXT;
    g_autofree char *left = isnan(room) ? g_strdup(or (guard->state, "unknown"))
                                        : g_strdup_printf("room %.0f%%", MAX(0, room) * 100);
    line_add(lines, token, "guard %s: %s of %s, %s%s%s", name, value, limit, left,
             guard->detail ? " · " : "", or (guard->detail, ""));
}

static void archive_add(const struct view *view, GPtrArray *lines)
{
    const struct snap_archive *a = view->snapshot->replication->archive;
    g_autofree char *last = age_format(a->last_s), *failed = age_format(a->failed_s);
    if (!a->mode)
        line_add(lines, TOKEN_DIM, "archiver: not known");
    else if (g_strcmp0(a->mode, "off") == 0)
        line_add(lines, TOKEN_DIM, "archiver: off");
    else if (a->fails)
        line_add(lines, TOKEN_DANGER, "archiver: FAILS, last %s ago with %s; %.0f failed in all",
                 failed, or (a->last_failed, "?"), a->failed);
    else if (isnan(a->last_s))
        line_add(lines, TOKEN_WARN, "archiver: on, nothing archived yet");
    else
        line_add(lines, TOKEN_TEXT, "archiver: ok, %s %s ago; %.0f archived, %.0f failed",
                 or (a->last, "?"), last, a->archived, a->failed);
}

GPtrArray *replicas_facts(const struct view *view)
{
    static const char *const guards[] = {"replication_lag", "replication_bytes", "slot_wal",
                                         "archive_queue"};
    GPtrArray *lines = g_ptr_array_new_with_free_func(line_free);
    for (guint i = 0; i < G_N_ELEMENTS(guards); i++)
        guard_add(view, lines, guards[i]);
    if (!lines->len)
        line_add(lines, TOKEN_DIM,
                 "no guard watches them: no migration is selected, or its engine has not run yet");
    archive_add(view, lines);
    return lines;
}

static void standby_add(const struct view *view, GPtrArray *lines, const struct snap_standby *s)
{
    g_autofree char *behind = bytes_format(s->behind), *unsent = bytes_format(s->unsent);
    g_autofree char *write = age_format(s->write_s), *flush = age_format(s->flush_s);
    g_autofree char *replay = age_format(s->replay_s), *heard = age_format(s->heard_s);
    if (!s->state) {
        line_add(lines, TOKEN_WARN,
                 "%s is connected; how far it is, is hidden from this login: that takes pg_monitor",
                 or (s->name, "?"));
        return;
    }
    line_add(lines, TOKEN_TEXT, "%s from %s as %s · %s%s%s", or (s->name, "?"),
             or (s->address, "this host"), or (s->login, "?"), or (s->sync, "?"),
             s->slot ? " · slot " : " · no slot: it may lose its place", or (s->slot, ""));
    line_add(lines, TOKEN_TEXT, "write %s · flush %s · replay %s · behind %s, of it %s not sent",
             write, flush, replay, behind, unsent);
    line_add(lines, s->heard_s > 30 ? TOKEN_WARN : TOKEN_DIM, "last heard of %s ago", heard);
    line_add(lines, TOKEN_DIM,
             "lag: time since the last replayed commit; an idle primary shows 0.0s");
    guard_add(view, lines, "replication_lag");
}

static void slot_add(const struct view *view, GPtrArray *lines, const struct snap_slot *s)
{
    double limit = slot_limit(view), rate = slot_growth(view, s);
    g_autofree char *kept = bytes_format(s->retained), *most = bytes_format(limit);
    g_autofree char *growth = growth_text(rate);
    g_autofree char *until = until_text(samples_until(s->retained, rate, limit));
    line_add(lines, TOKEN_TEXT, "%s slot%s%s%s%s%s%s", or (s->type, "?"), s->plugin ? " of " : "",
             or (s->plugin, ""), s->database ? " in " : "", or (s->database, ""),
             s->temporary ? " · temporary" : "",
             s->active ? " · in use" : " · NOT in use: nobody reads it");
    line_add(lines, TOKEN_TEXT, "keeps %s of WAL, growth %s%s", kept, growth,
             isnan(rate) ? " (known after two readings)" : "");
    if (isnan(limit))
        line_add(lines, TOKEN_WARN,
                 "no limit: max_slot_wal_keep_size is not set, so that it may fill the disk");
    else
        line_add(lines, TOKEN_TEXT, "limit %s: %s", most, until);
    if (g_strcmp0(s->status, "lost") == 0)
        line_add(lines, TOKEN_DANGER,
                 "LOST: the WAL it needs is gone; its consumer must start anew");
    else if (g_strcmp0(s->status, "unreserved") == 0)
        line_add(lines, TOKEN_DANGER, "unreserved: it is lost at one of the next checkpoints");
    if (s->xmin_age > 1000000)
        line_add(lines, TOKEN_WARN,
                 "it keeps VACUUM from rows that died in the last %.0f million transactions",
                 s->xmin_age / 1e6);
    guard_add(view, lines, "slot_wal");
}

GPtrArray *replicas_detail(const struct view *view, const struct list_row *row)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(line_free);
    if (row->id[0] == ROW_STANDBY)
        standby_add(view, lines, row->data);
    else if (row->id[0] == ROW_SLOT)
        slot_add(view, lines, row->data);
    else
        line_add(lines, TOKEN_DIM,
                 "A slot keeps WAL until its consumer has read it, in use or not; and with it, "
                 "where the limit is not set, the disk fills.");
    return lines;
}
