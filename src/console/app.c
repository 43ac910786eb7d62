/* The console's life: set up, wait for keys, answers, signals and the clock, draw when something
 * changed, give the terminal back. */
#include "config.h"
#include "console/app.h"

#include <glib-unix.h>
#include <malloc.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "console/format.h"
#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"

#define MESSAGE_US (20 * G_USEC_PER_SEC)
#define LINK_LOG_MAX 50
#define PAUSE_SEEN_S 15
#define MEMORY_LARGE (64 * 1024)

static int last_signal;
static struct app *running; /* for console_say: there is one terminal, so one console */

int console_signal(void)
{
    return last_signal;
}

void app_set_running(struct app *app)
{
    running = app;
}

void console_say(gboolean ok, const char *text)
{
    if (running)
        app_say(running, ok ? TOKEN_OK : TOKEN_DANGER, !ok, "%s", text);
}

void app_quit(struct app *app, enum console_end end)
{
    app->end = end;
    g_main_loop_quit(app->loop);
}

void app_end_by(struct app *app, int signal_number)
{
    last_signal = signal_number;
    app_quit(app, CONSOLE_SIGNAL);
}

void app_say(struct app *app, enum token token, gboolean stays, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_free(app->message);
    app->message = g_strdup_vprintf(format, args);
    va_end(args);
    app->message_token = token;
    app->message_stays = stays;
    app->message_us = clock_now_us();
    app_redraw(app);
}

gboolean app_is_old(const struct app *app)
{
    enum client_link link = client_link_state(app->client);
    return link == LINK_STALE || link == LINK_LOST || link == LINK_CONNECTING;
}

const struct snap_migration *app_migration(const struct app *app)
{
    const struct snapshot *s = client_snapshot(app->client);
    return s && app->migration ? snapshot_migration_find(s, app->migration) : NULL;
}

static gint64 server_now_s(const struct app *app)
{
    const struct app_link *link = app->link;
    if (!link->server_us)
        return 0;
    return link->server_s + (clock_now_us() - link->server_us) / G_USEC_PER_SEC;
}

/* The way out of a question that is gone is said only while keys are still kept from the screen. */
static const char *message_text(struct app *app)
{
    if (!app->message || app->message_us != app->swallow_said_us || !app_swallows(app))
        return app->message;
    g_free(app->swallow_hint);
    app->swallow_hint = g_strdup_printf("%s (Esc goes on)", app->message);
    return app->swallow_hint;
}

void app_fill_view(struct app *app, struct view *view)
{
    static char clock[16];
    gboolean past = app_in_past(app);
    gint64 s = past ? (gint64)app->moment_s : server_now_s(app);
    /* what the fleet has selected is what keys act on */
    g_autofree char *selected =
        fleet_id(app_has_several(app) ? app->link->name : NULL, app->migration);
    list_state_select(&app->lists[SCREEN_FLEET], selected, app->lists[SCREEN_FLEET].place);
    g_snprintf(clock, sizeof clock, app->low_bandwidth && !past ? "%02d:%02d" : "%02d:%02d:%02d",
               (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60));
    *view = (struct view){
        .ascii = app->term ? terminal_is_ascii(app->term) : TRUE,
        .theme = app->theme,
        .snapshot = app_link_snapshot(app->link),
        .migration = app->migration,
        .link = past ? LINK_LIVE : client_link_state(app->client),
        .age_s = past ? 0 : client_age_s(app->client),
        .past_s = past ? MAX(1e-6, (double)server_now_s(app) - app->moment_s) : 0,
        .present = app_past_present(app),
        .attempt = client_attempt(app->client),
        .why = client_why(app->client),
        .label = client_label(app->client),
        .clock = app->link->server_us ? clock : NULL,
        .now_s = s,
        .badge = app->options->badge,
        .read_only = app->options->read_only,
        .low_bandwidth = app->low_bandwidth,
        .pause_queued = client_pause_queued(app->client),
        .before = past ? (struct view_before){.known = FALSE} : app->before,
        .screen = app->screen,
        .scroll = app->scroll,
        .lists = app->lists,
        .entry = app->entering ? app->entry->str : NULL,
        .past = app->frozen ? app->link->frozen : app->link->past,
        .samples = app->link->samples,
        .frozen_s =
            app->frozen ? (double)(clock_now_us() - app->frozen_us) / G_USEC_PER_SEC + 1e-6 : 0,
        .journal = app->journal,
        .journal_error = app->journal_error,
        .journal_all = app->journal_all,
        .journal_begins = app->journal_begins,
        .link_log = app->link_log,
        .coach = app->coach,
        .message = message_text(app),
        .message_token = app->message_token,
        .confirm = app->confirm,
        .prompt = prompt_is_open() ? prompt_view() : NULL,
    };
    app_plan_fill(app, view);
    if (app->secret) {
        view->secret_of = app->secret_of->name;
        view->secret_letters = (guint)g_utf8_strlen(app->secret->str, -1);
    }
    app_links_fill(app, view);
    app_replay_fill(app, view);
    if (app->term)
        terminal_size(app->term, &view->width, &view->height);
}

/* The terminal takes output again. */
static gboolean on_writable(int fd, GIOCondition condition, void *data)
{
    (void)fd;
    (void)condition;
    struct app *app = data;
    if (!terminal_drain(app->term))
        return G_SOURCE_CONTINUE;
    app->draw_source = 0;
    app->blocked = FALSE;
    app_redraw(app);
    return G_SOURCE_REMOVE;
}

/* Pictures that the terminal does not take are dropped, never queued. */
static gboolean on_draw(void *data)
{
    struct app *app = data;
    struct view view;
    app->draw_source = 0;
    app_fill_view(app, &view);
    struct grid *grid = view_draw(&view);
    app->blocked = !terminal_show(app->term, grid);
    if (app->blocked)
        app->draw_source =
            g_unix_fd_add(terminal_fd(app->term), G_IO_OUT | G_IO_HUP | G_IO_ERR, on_writable, app);
    else
        app_picture_taken(app);
    grid_free(grid);
    return G_SOURCE_REMOVE;
}

void app_redraw(struct app *app)
{
    if (!app->term && app->changed)
        app->changed(app);
    if (app->blocked)
        app_picture_dropped(app);
    if (app->term && !app->draw_source)
        app->draw_source = g_idle_add_full(G_PRIORITY_HIGH_IDLE, on_draw, app, NULL);
}

void app_flush_input(struct app *app)
{
    g_byte_array_set_size(app->input, 0);
    if (app->term)
        tcflush(STDIN_FILENO, TCIFLUSH);
    app->deaf_until_us = clock_now_us() + CONFIRM_DEAF_US;
}

static int waits_of_others(const struct snapshot *s)
{
    int n = 0;
    for (guint i = 0; i < s->lock_waits->len; i++)
        n += !((struct snap_lock_wait *)s->lock_waits->pdata[i])->ours;
    return n;
}

/* Was it us? What others felt just before the pause is kept for as long as it lasts. */
static void before_pause_update(struct app *app, const struct snapshot *s)
{
    const struct snap_migration *m = app_migration(app);
    const struct snap_hold *hold = m ? snap_hold_find(m, "operator") : NULL;
    if (!hold) {
        const struct snap_guard *latency = m ? snap_guard_find(m, "query_latency") : NULL;
        app->last_felt =
            (struct view_before){m != NULL, waits_of_others(s), latency ? latency->value : NAN};
        g_clear_pointer(&app->pause_since, g_free);
        return;
    }
    const char *since = hold->since ? hold->since : "?";
    if (g_strcmp0(app->pause_since, since) == 0)
        return;
    g_free(app->pause_since);
    app->pause_since = g_strdup(since);
    app->before = app->last_felt;
    app->before.known &= hold->age_s < PAUSE_SEEN_S; /* an older one began before we looked */
}

/* A migration that needs attention, until a person chooses one. */
static void select_migration(struct app *app, const struct snapshot *s)
{
    gboolean there = app->migration && snapshot_migration_find(s, app->migration);
    gboolean standby = g_strcmp0(s->server_role, "standby") == 0;
    gboolean of_database = app_has_several(app) && app->chosen && !app->migration && standby;
    if (there || of_database) /* it stays while it is open: nothing jumps under a finger */
        return;
    const struct snap_migration *first = s->migrations->len ? s->migrations->pdata[0] : NULL;
    if (app->chosen && app->migration)
        app_say(app, TOKEN_WARN, FALSE, "there is no migration \"%s\"%s%s", app->migration,
                *app_link_name(app->link) ? app_link_on(app->link) : " here",
                app_link_name(app->link));
    app->chosen = FALSE;
    g_free(app->migration);
    app->migration = first ? g_strdup(first->name) : NULL;
}

static void log_link(const struct app_link *link, const char *text)
{
    struct app *app = link->app;
    gint64 s = server_now_s(app);
    if (app->link_log->len >= LINK_LOG_MAX)
        g_ptr_array_remove_index(app->link_log, 0);
    g_ptr_array_add(app->link_log,
                    g_strdup_printf("%02d:%02d:%02d  %s%s%s", (int)(s / 3600 % 24),
                                    (int)(s / 60 % 60), (int)(s % 60), app_link_name(link),
                                    app_has_several(app) ? ": " : "", text));
}

static gboolean on_second(void *data);
static void times_check(struct app *app);

static void second_restart(struct app *app)
{
    if (app->second_source)
        g_source_remove(app->second_source);
    app->second_source = g_timeout_add(1000, on_second, app);
}

/* After a failover the last transactions may be gone, a pause among them. */
static void timeline_check(struct app_link *link, const struct snapshot *s)
{
    struct app *app = link->app;
    if (link->timeline && s->timeline && s->timeline != link->timeline)
        app_say(app, TOKEN_DANGER, TRUE,
                "%s%sthe server is on another timeline (%d, was %d): a failover. What was "
                "committed last "
                "may be lost: look at the holds",
                app_link_name(link), app_has_several(app) ? ": " : "", s->timeline, link->timeline);
    link->timeline = s->timeline ? s->timeline : link->timeline;
}

/* What was named is nowhere. */
static void wanted_check(struct app *app)
{
    for (guint i = 0; i < app->links->len; i++) {
        const struct app_link *link = app_link_at(app, i);
        if (!link->seen && client_link_state(link->client) != LINK_LOST)
            return;
    }
    app_say(app, TOKEN_WARN, FALSE, "no database that answers has a migration named \"%s\"",
            app->wanted);
}

/* Of several, until a person has pressed a key: where what was asked for is, or what needs attention
 * most. */
static void select_database(struct app_link *link, const struct snapshot *s)
{
    struct app *app = link->app;
    const struct snap_migration *first;
    if (!app_has_several(app) || app->touched || link->seen)
        return;
    link->seen = TRUE;
    const char *wanted = app->wanted, *slash = wanted ? strrchr(wanted, '/') : NULL;
    if (wanted) {
        gboolean here = !slash || app_link_find(app, wanted, (gsize)(slash - wanted)) == link;
        const char *name = slash ? slash + 1 : wanted;
        if (!here || !snapshot_migration_find(s, name)) {
            wanted_check(app);
            return;
        }
        app->wanted = NULL;
        app_select_at(app, link, name);
        app_show(app, SCREEN_COCKPIT);
        app->touched = TRUE; /* it was said which */
        return;
    }
    struct app_link *best = app_links_attention(app, &first);
    app_select_at(app, best ? best : app->link, best ? first->name : app->migration);
    app->chosen = FALSE;
}

static void on_snapshot(const struct snapshot *s, void *data)
{
    struct app_link *link = data;
    struct app *app = link->app;
    app_link_time(link, s);
    app_past_add(link, s);
    samples_take(link->samples, s);
    timeline_check(link, s);
    select_database(link, s);
    app_past_watch(app);
    if (link != app->link) {
        app_redraw(app);
        return;
    }
    second_restart(app);
    select_migration(app, s);
    app_want(app);
    before_pause_update(app, s);
    app_confirm_refresh(app, s);
    times_check(app);
    const struct snap_migration *m = app_migration(app);
    if (app->options->coach.look)
        app->coach = app->options->coach.look(s, m, app->options->coach.data);
    app_journal_follow(app);
    app_redraw(app);
}

static void on_receipt(const struct client_receipt *receipt, void *data)
{
    app_on_receipt(data, receipt);
}

static void on_link(enum client_link link, const char *why, void *data)
{
    static const char *const words[] = {"connecting", "answers again", "no answer yet: LATE",
                                        "still no answer: STALE", NULL};
    struct app_link *of = data;
    struct app *app = of->app;
    g_autofree char *lost = g_strdup_printf("LOST: %s", why ? why : "no connection");
    log_link(of, link == LINK_LOST ? lost : words[link]);
    gboolean asks = client_needs_password(of->client) && !client_snapshot(of->client);
    if (asks && !app_has_several(app)) {
        app_quit(app, CONSOLE_NEEDS_PASSWORD);
        return;
    }
    app_past_watch(app);
    if (of != app->link) {
        app_redraw(app);
        return;
    }
    if (app->confirm && (link == LINK_STALE || link == LINK_LOST))
        app_confirm_drop(app, "the data is old");
    if (app->confirm) /* till the next snapshot */
        app->confirm->wants_live = app->confirm->level == 3 && link != LINK_LIVE;
    app_redraw(app);
}

/* With every snapshot, too: where they come faster than the clock, it never strikes. */
static void times_check(struct app *app)
{
    if (app->message && !app->message_stays && clock_now_us() - app->message_us > MESSAGE_US) {
        g_clear_pointer(&app->message, g_free);
        app_redraw(app);
    }
    app_confirm_tick(app);
}

static gboolean on_second(void *data)
{
    struct app *app = data;
    times_check(app);
    /* fresh data carries its own time: nothing on the screen moves between two snapshots */
    if (!app_links_are_live(app) || app->frozen)
        app_redraw(app);
    return G_SOURCE_CONTINUE;
}

void app_suspend(struct app *app)
{
    app_confirm_drop(app, "the console was suspended");
    terminal_leave(app->term);
    raise(SIGSTOP); /* SIGTSTP is blocked, and would only stay pending */
    terminal_enter(app->term);
    app_redraw(app);
}

static void on_resize(struct app *app)
{
    int width, height;
    terminal_resize(app->term);
    terminal_size(app->term, &width, &height);
    if (prompt_is_open())
        prompt_resize(width);
    if (app->confirm && !app_confirm_fits(app))
        app_confirm_drop(app, "the window is too small");
    app_redraw(app);
}

/* GLib refuses SIGTSTP as a source, and a signal must never interrupt readline: a signalfd for all.
 */
static gboolean on_signal(int fd, GIOCondition condition, void *data)
{
    (void)condition;
    struct app *app = data;
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != (ssize_t)sizeof info)
        return G_SOURCE_CONTINUE;
    if (info.ssi_signo == SIGWINCH) {
        on_resize(app);
    } else if (info.ssi_signo == SIGTSTP) {
        app_suspend(app);
    } else if (info.ssi_signo == SIGCONT) {
        terminal_forget(app->term);
        app_redraw(app);
    } else {
        app_end_by(app, (int)info.ssi_signo);
    }
    return G_SOURCE_CONTINUE;
}

static void signal_set(sigset_t *set)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGWINCH, SIGTSTP, SIGCONT};
    sigemptyset(set);
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
        sigaddset(set, signals[i]);
}

static void app_clear(struct app *app)
{
    app_replay_free(app);
    g_clear_pointer(&app->report_path, g_free);
    app_password_close(app);
    app_links_close(app);
    if (app->draw_source)
        g_source_remove(app->draw_source);
    g_source_remove(app->second_source);
    if (app->esc_timer)
        g_source_remove(app->esc_timer);
    if (app->speak_source)
        g_source_remove(app->speak_source);
    prompt_close();
    terminal_free(app->term);
    theme_free(app->theme);
    confirm_free(app->confirm);
    g_queue_free_full(app->follows, app_follow_free);
    if (app->pasted)
        g_string_free(app->pasted, TRUE);
    app_journal_clear(app);
    app_plan_clear(app);
    g_ptr_array_unref(app->link_log);
    g_string_free(app->entry, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(app->lists); i++)
        list_state_clear(&app->lists[i]);
    g_byte_array_unref(app->input);
    g_free(app->migration);
    g_free(app->message);
    g_free(app->unsent);
    g_free(app->swallow_hint);
    g_free(app->pause_since);
    g_main_loop_unref(app->loop);
}

static void app_init(struct app *app, const struct console_options *options)
{
    *app = (struct app){.options = options};
    app->loop = g_main_loop_new(NULL, FALSE);
    app->input = g_byte_array_new();
    app->follows = g_queue_new();
    app->link_log = g_ptr_array_new_with_free_func(g_free);
    app->entry = g_string_new(NULL);
    gboolean several = options->n_targets > 1;
    app->migration = g_strdup(several ? NULL : options->migration);
    app->wanted = several ? options->migration : NULL;
    app->screen = several ? SCREEN_FLEET : SCREEN_COCKPIT;
    app->chosen = !several && options->migration != NULL;
}

static void run_loop(struct app *app)
{
    sigset_t set, before;
    signal_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    guint sources[] = {
        g_unix_fd_add(fd, G_IO_IN, on_signal, app),
        g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, app_on_input, app)};
    second_restart(app);
    app_redraw(app);
    g_main_loop_run(app->loop);
    for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
        GSource *source = g_main_context_find_source_by_id(NULL, sources[i]);
        if (source) /* the keyboard's is gone when the terminal is */
            g_source_destroy(source);
    }
    close(fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* What is large, a reading's text and its packing, goes back to the system at once, and threads that look up
 * names share the one heap. */
static void memory_start(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, MEMORY_LARGE);
    mallopt(M_TRIM_THRESHOLD, MEMORY_LARGE);
}

gboolean console_run(const struct console_options *options, enum console_end *end, GError **error)
{
    memory_start();
    struct terminal_options terminal_options = {options->ascii, options->color};
    struct terminal *term = options->plain ? NULL : terminal_new(&terminal_options);
    if (!term && options->recording)
        return rollout_fail(error, ROLLOUT_ERROR_USAGE,
                            "a recording is looked at on a terminal with a screen");
    if (!term)
        return plain_run(options, end, error);
    struct app app;
    app_init(&app, options);
    app.term = term;
    app_replay_init(&app);
    const struct client_callbacks callbacks = {on_snapshot, on_receipt, on_link, NULL};
    app_links_open(&app, &callbacks);
    app_set_running(&app);
    app_flush_input(&app); /* nothing is meant for a screen that nobody has seen */
    app.deaf_until_us = 0;
    app_replay_start(&app);
    app_theme_start(&app); /* behind that: what the terminal answers is meant for it */
    run_loop(&app);
    app_set_running(NULL);
    *end = app.end;
    app_clear(&app);
    return TRUE;
}
