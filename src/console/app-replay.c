/* A recording in place of a database: its moments one after another, at any speed. Nothing is done from
 * there. */
#include "config.h"
#include "console/app.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/clock.h"

#define TICK_MS 200
#define SPEED_LEAST 0.125
#define SPEED_MOST 1048576

struct app_replay {
    const struct recording *recording;
    struct client_record record;
    struct client *client;
    guint i;   /* the moment that is shown */
    double at; /* where the clock of the recording is */
    double speed;
    gboolean plays;
    gint64 tick_us;
    guint source;
    char text[32];
};

static char *event_time(double at, const char *format)
{
    g_autoptr(GDateTime) second = g_date_time_new_from_unix_utc((gint64)floor(at));
    g_autoptr(GDateTime) exact =
        second ? g_date_time_add(second, (GTimeSpan)(fmod(at, 1) * G_USEC_PER_SEC)) : NULL;
    char *text = exact ? g_date_time_format(exact, format) : NULL;
    return text ? text : g_strdup("");
}

static void event_free(void *data)
{
    struct snap_event *event = data;
    g_free(event->at);
    g_free(event->when);
    g_free(event);
}

/* A page of what had happened by then. */
static void journal(const struct client_page *page, client_events_fn fn, void *fn_data, void *data)
{
    const struct app_replay *replay = ((struct app *)data)->replay;
    const struct report *report = recording_report(replay->recording);
    double now = recording_at(replay->recording, replay->i);
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func(event_free);
    for (guint i = report->events->len; i-- > 0 && (int)events->len < page->limit;) {
        const struct report_event *e = report->events->pdata[i];
        if (e->at > now || e->id <= page->after || (page->before && e->id >= page->before))
            continue;
        struct snap_event *event = g_new0(struct snap_event, 1);
        *event = (struct snap_event){.id = e->id,
                                     .at = event_time(e->at, "%H:%M:%S"),
                                     .when = event_time(e->at, "%Y-%m-%dT%H:%M:%S.%fZ"),
                                     .who = e->who,
                                     .kind = e->kind,
                                     .text = e->text,
                                     .os_user = e->os_user,
                                     .client = e->client,
                                     .migration = report->name};
        g_ptr_array_add(events, event);
    }
    fn(events, NULL, fn_data);
}

void app_replay_init(struct app *app)
{
    const struct console_options *options = app->options;
    if (!options->recording)
        return;
    const struct report *report = recording_report(options->recording);
    struct app_replay *replay = g_new0(struct app_replay, 1);
    replay->recording = options->recording;
    replay->speed = options->speed > 0 ? CLAMP(options->speed, SPEED_LEAST, SPEED_MOST) : 1;
    replay->record = (struct client_record){"a recording", report->plan_text, journal, app};
    app->replay = replay;
}

void app_replay_free(struct app *app)
{
    if (app->replay && app->replay->source)
        g_source_remove(app->replay->source);
    g_clear_pointer(&app->replay, g_free);
}

struct client *app_replay_client(struct app *app, const struct client_callbacks *callbacks)
{
    app->replay->client = client_recorded(&app->replay->record, callbacks);
    return app->replay->client;
}

/* What is remembered of later moments is forgotten. */
static void forget(struct app *app)
{
    g_ptr_array_set_size(app->link->past, 0);
    app->last_felt.known = app->before.known = FALSE;
    g_clear_pointer(&app->pause_since, g_free);
    app_journal_forget(app);
}

static void show(struct app *app, guint i)
{
    struct app_replay *replay = app->replay;
    if (i < replay->i)
        forget(app);
    replay->i = i;
    g_autofree char *document = recording_document(replay->recording, i);
    client_show(replay->client, document);
    app_redraw(app);
}

static void play(struct app *app, gboolean plays)
{
    app->replay->plays = plays;
    app->replay->tick_us = clock_now_us();
    app_redraw(app);
}

/* The clock of the recording goes on; at its end it stands still. */
static gboolean on_tick(void *data)
{
    struct app *app = data;
    struct app_replay *replay = app->replay;
    gint64 now = clock_now_us();
    guint last = recording_count(replay->recording) - 1;
    if (!replay->plays)
        return G_SOURCE_CONTINUE;
    replay->at += replay->speed * (double)(now - replay->tick_us) / G_USEC_PER_SEC;
    replay->tick_us = now;
    guint i = recording_find(replay->recording, replay->at);
    if (i != replay->i)
        show(app, i);
    if (i == last) {
        replay->at = recording_at(replay->recording, last);
        play(app, FALSE);
        app_say(app, TOKEN_DIM, FALSE, "the recording ends here; [ and { go back");
    }
    app_redraw(app);
    return G_SOURCE_CONTINUE;
}

void app_replay_start(struct app *app)
{
    struct app_replay *replay = app->replay;
    if (!replay)
        return;
    replay->at = recording_at(replay->recording, 0);
    show(app, 0);
    play(app, TRUE);
    replay->source = g_timeout_add(TICK_MS, on_tick, app);
    app_say(
        app, TOKEN_DIM, FALSE,
        "a recording: Space plays and stops, + and - change the speed, } goes to the next event");
}

static void stand_at(struct app *app, guint i)
{
    app->replay->at = recording_at(app->replay->recording, i);
    play(app, FALSE);
    show(app, i);
}

void app_replay_step(struct app *app, int direction, gboolean to_mark)
{
    const struct app_replay *replay = app->replay;
    int n = (int)recording_count(replay->recording), i = (int)replay->i + direction;
    while (to_mark && i >= 0 && i < n && !recording_is_mark(replay->recording, (guint)i))
        i += direction;
    if (i < 0 || i >= n)
        app_say(app, TOKEN_DIM, FALSE,
                i < 0 ? "the recording begins here" : "the recording ends here");
    else
        stand_at(app, (guint)i);
}

void app_replay_jump(struct app *app, double at_s)
{
    const struct recording *recording = app->replay->recording;
    if (isnan(at_s))
        return;
    app_show(app, SCREEN_COCKPIT);
    guint i = recording_find(recording, at_s);
    /* the first moment that knows of it */
    if (recording_at(recording, i) < at_s && i + 1 < recording_count(recording))
        i++;
    stand_at(app, i);
}

gboolean app_replay_key(struct app *app, const struct key *key)
{
    struct app_replay *replay = app->replay;
    if (!replay || key->code != KEY_CODE_CHAR)
        return FALSE;
    if (key->c == ' ' || key->c == 'z') {
        gboolean at_end = replay->i + 1 == recording_count(replay->recording);
        if (!replay->plays && at_end)
            stand_at(app, 0);
        play(app, !replay->plays);
    } else if (key->c == '+' || key->c == '-') {
        replay->speed =
            CLAMP(key->c == '+' ? replay->speed * 2 : replay->speed / 2, SPEED_LEAST, SPEED_MOST);
        app_redraw(app);
    } else {
        return FALSE;
    }
    g_clear_pointer(&app->message, g_free);
    return TRUE;
}

gboolean app_replay_refuses(struct app *app, const char *what)
{
    if (app->replay)
        app_say(app, TOKEN_WARN, FALSE, "%s: this is a recording; nothing is done from here", what);
    return app->replay != NULL;
}

void app_replay_fill(const struct app *app, struct view *view)
{
    static char clock[16];
    struct app_replay *replay = app->replay;
    if (!replay)
        return;
    gint64 s = (gint64)recording_at(replay->recording, replay->i);
    g_snprintf(clock, sizeof clock, "%02d:%02d:%02d", (int)(s / 3600 % 24), (int)(s / 60 % 60),
               (int)(s % 60));
    if (replay->plays)
        g_snprintf(replay->text, sizeof replay->text, "REPLAY %gx", replay->speed);
    else
        g_snprintf(replay->text, sizeof replay->text, "REPLAY stopped, %gx", replay->speed);
    view->replay = replay->text;
    view->past_s = 1e-6;
    view->age_s = 0;
    view->clock = clock;
    view->now_s = s;
}
