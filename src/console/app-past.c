/* Looking back: the picture of an earlier moment in place of the present one. It is a frozen picture, and
 * nothing is done from there but to pause. */
#include "config.h"
#include "console/app.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "console/past.h"
#include "console/screens/screens.h"
#include "pgrollout/base/clock.h"

#define NEWS_S 15.0 /* so long a reading counts, unless they are further apart */

gboolean app_in_past(const struct app *app)
{
    return app->moment_s > 0;
}

/* What was read of a database last, if that still was news then: one that did not answer was not as it had
 * been before. */
static void link_show(struct app_link *link, double at_s)
{
    const struct app *app = link->app;
    int i = past_find(link->ring, at_s);
    double news_s = MAX(NEWS_S, 3e-3 * app->refresh_ms);
    if (i >= 0 && link != app->link && at_s - past_at(link->ring, (guint)i) > news_s)
        i = -1;
    struct snapshot *s = i < 0 ? NULL : past_get(link->ring, (guint)i);
    g_clear_pointer(&link->frozen, g_ptr_array_unref);
    link->frozen = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_free);
    if (s)
        g_ptr_array_add(link->frozen, s);
}

static void moment_show(struct app *app, double at_s)
{
    app->frozen = TRUE;
    app->frozen_us = clock_now_us();
    app->moment_s = at_s;
    for (guint i = 0; i < app->links->len; i++)
        link_show(app->links->pdata[i], at_s);
    app_redraw(app);
}

/* What a step starts from: the moment that is shown, or that a frozen picture is of. */
static int shown_index(const struct app *app)
{
    const struct past *past = app->link->ring;
    const struct snapshot *s = app_link_snapshot(app->link);
    int n = (int)past_count(past);
    if (app_in_past(app))
        return past_find(past, app->moment_s);
    if (app->frozen && s && !isnan(s->at_s))
        return past_find(past, s->at_s);
    return n - (n > 0);
}

void app_past_step(struct app *app, int direction, gboolean to_mark)
{
    if (app->replay) {
        app_replay_step(app, direction, to_mark);
        return;
    }
    const struct past *past = app->link->ring;
    int n = (int)past_count(past);
    int i = shown_index(app) + direction;
    while (to_mark && i >= 0 && i < n && !past_is_mark(past, (guint)i))
        i += direction;
    if (i >= n && app->frozen)
        app_unfreeze(app);
    else if (i >= n)
        app_say(app, TOKEN_DIM, FALSE, "this is the present; [ goes back");
    else if (i < 0)
        app_say(app, TOKEN_DIM, FALSE,
                to_mark ? "nothing has happened before that, as far as was seen"
                        : "this is the oldest moment that was kept");
    else
        moment_show(app, past_at(past, (guint)i));
}

static gboolean hurts(const struct snapshot *s)
{
    for (guint i = 0; s && i < s->migrations->len; i++)
        if (migration_is_open(s->migrations->pdata[i]) &&
            snap_harm(s, s->migrations->pdata[i]) == HARM_HURTING)
            return TRUE;
    return FALSE;
}

const char *app_past_present(const struct app *app)
{
    gboolean lost = FALSE, stale = FALSE, hurting = FALSE;
    for (guint i = 0; app->frozen && i < app->links->len; i++) {
        const struct client *client = app_link_at(app, i)->client;
        enum client_link link = client_link_state(client);
        lost = lost || link == LINK_LOST;
        stale = stale || link == LINK_STALE;
        hurting = hurting || (link <= LINK_LATE && hurts(client_snapshot(client)));
    }
    if (hurting)
        return lost ? "HURTING, LOST" : "HURTING";
    return lost ? "LOST" : stale ? "STALE" : NULL;
}

void app_past_watch(struct app *app)
{
    const char *present = app_past_present(app);
    if (present && g_strcmp0(present, app->present) != 0) {
        app_say(app, TOKEN_DANGER, TRUE, "what is shown is %s; NOW: %s (Esc shows it)",
                app_in_past(app) ? "the past" : "frozen", present);
        app->present_us = app->message_us;
    }
    app->present = present;
}

void app_past_jump(struct app *app, const struct snap_event *event)
{
    g_autoptr(GDateTime) when =
        event && event->when ? g_date_time_new_from_iso8601(event->when, NULL) : NULL;
    /* the first reading that knows of it */
    double at_s = when ? (double)g_date_time_to_unix(when) + 1 : NAN;
    if (app->replay) {
        app_replay_jump(app, at_s - 1 + (when ? g_date_time_get_microsecond(when) / 1e6 : 0));
        return;
    }
    const struct past *past = app->link->ring;
    int i = isnan(at_s) ? -1 : past_find(past, at_s);
    if (i >= 0 && i + 1 < (int)past_count(past) && past_at(past, (guint)i) < at_s - 1)
        i++;
    if (i < 0 || i + 1 >= (int)past_count(past)) {
        app_say(app, TOKEN_WARN, FALSE,
                i < 0
                    ? "that moment was not kept: it is longer ago than what this console remembers"
                    : "that has only just happened: the present shows it");
        return;
    }
    app_show(app, SCREEN_COCKPIT);
    moment_show(app, past_at(past, (guint)i));
}

gboolean app_past_refuses(struct app *app, const char *verb)
{
    if (app_replay_refuses(app, verb))
        return TRUE;
    if (!app_in_past(app))
        return FALSE;
    app_say(app, TOKEN_WARN, FALSE, "%s: this is the past; Esc goes back to the present", verb);
    return TRUE;
}

gboolean app_past_keeps_from(struct app *app, const struct binding *binding)
{
    if (binding && (binding->verb || binding->rights > 0) &&
        app_replay_refuses(app, binding->verb ? binding->verb : binding->brief))
        return TRUE;
    if (!binding || binding->act == ACT_PAUSE || binding->act == ACT_PAUSE_ALL)
        return FALSE;
    if (!binding->verb && binding->rights == 0)
        return FALSE;
    return app_past_refuses(app, binding->verb ? binding->verb : binding->brief);
}

/* --- :snap */

static gboolean write_all(int fd, const char *text, gsize length)
{
    gsize done = 0;
    while (done < length) {
        ssize_t n = write(fd, text + done, length - done);
        if (n < 0 && errno != EINTR)
            return FALSE;
        done += n < 0 ? 0 : (gsize)n;
    }
    return TRUE;
}

int app_write_new(const char *path, const char *text, gsize length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    gboolean ok = fd >= 0 && write_all(fd, text, length);
    int problem = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        ok = FALSE;
        problem = errno;
    }
    if (fd >= 0 && !ok)
        unlink(path);
    return ok ? 0 : problem;
}

void app_snap(struct app *app, const char *name)
{
    struct view view;
    app_fill_view(app, &view);
    view.prompt = NULL;
    view.message = NULL;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, "pgrollout-%Y%m%d-%H%M%S.txt");
    const char *path = name && *name ? name : stamp;
    struct grid *grid = view_draw(&view);
    GString *text = g_string_new(NULL);
    for (int row = 0; row < grid->height; row++) {
        g_autofree char *line = grid_row_text(grid, row);
        g_string_append_printf(text, "%s\n", line);
    }
    grid_free(grid);
    int problem = app_write_new(path, text->str, text->len);
    g_string_free(text, TRUE);
    if (problem)
        app_say(app, TOKEN_DANGER, TRUE, "\"%s\" was not written: %s", path, g_strerror(problem));
    else
        app_say(app, TOKEN_OK, FALSE, "this picture is in \"%s\"", path);
}
