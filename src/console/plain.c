/* Lines instead of a screen: for TERM=dumb, pipes, screen readers, serial consoles. Prints the five
 * lines at the start and whenever their sense changes, and takes the commands of the prompt as
 * lines. */
#include "config.h"
#include "console/app.h"

#include <errno.h>
#include <glib-unix.h>
#include <langinfo.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "console/asking.h"
#include "console/screens/screens.h"
#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"

#define PLAIN_WIDTH 100
#define REFRESH_MS 2000

struct plain {
    struct app app;
    GString *sense;  /* what was printed last, in short */
    gboolean at_end; /* no more input: leave after the first picture */
    gboolean printed;
    guint end_timer;
    char *said; /* the last message */
};

/* Drawn like the screen's, then taken as text: one wording for both. */
static void print_lines(struct plain *p)
{
    struct view view;
    app_fill_view(&p->app, &view);
    view.width = PLAIN_WIDTH;
    view.height = 24;
    view.ascii = p->app.options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    struct grid *grid = grid_new(view.width, view.height);
    if (view_migration(&view)) {
        printf("%s %s\n", view.clock ? view.clock : "", view.migration);
        answers_draw(&view, grid, 0);
    } else {
        struct area body = {0, 0, 10, view.width};
        blank_draw(&view, grid, &body);
    }
    for (int row = 0; row < (view_migration(&view) ? 5 : 10); row++) {
        g_autofree char *text = grid_row_text(grid, row);
        if (*text)
            puts(text);
    }
    grid_free(grid);
    fflush(stdout);
}

/* What has to change before the lines are worth saying again. */
static GString *sense_of(const struct plain *p)
{
    const struct snap_migration *m = app_migration(&p->app);
    const struct snapshot *s = client_snapshot(p->app.client);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%d|%d|", app_is_old(&p->app), s ? s->engine_alive : -1);
    if (!m)
        return out;
    g_string_append_printf(out, "%s|%s|%s|%s|%s|", m->name, m->state, m->phase, m->step,
                           harm_word(snap_harm(s, m)));
    for (guint i = 0; i < m->holds->len; i++) {
        const struct snap_hold *hold = m->holds->pdata[i];
        g_string_append_printf(out, "%s %s|", hold->kind, hold->key);
    }
    if (m->has_progress && !isnan(m->progress.fraction))
        g_string_append_printf(out, "%d", (int)(m->progress.fraction * 10));
    return out;
}

static void say_message(struct plain *p)
{
    const char *message = p->app.message;
    if (!message || g_strcmp0(message, p->said) == 0)
        return;
    g_free(p->said);
    p->said = g_strdup(message);
    enum text_mode mode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? TEXT_UTF8 : TEXT_ASCII;
    g_autofree char *safe = safe_text(message, mode);
    puts(safe);
    fflush(stdout);
}

static gboolean leave(void *data)
{
    struct plain *p = data;
    p->end_timer = 0;
    app_quit(&p->app, CONSOLE_QUIT);
    return G_SOURCE_REMOVE;
}

static void look_again(struct plain *p)
{
    GString *sense = sense_of(p);
    if (!p->printed || strcmp(sense->str, p->sense->str) != 0)
        print_lines(p);
    p->printed = TRUE;
    g_string_free(p->sense, TRUE);
    p->sense = sense;
}

static void on_snapshot(const struct snapshot *s, void *data)
{
    struct plain *p = data;
    g_autoptr(GDateTime) at = s->at ? g_date_time_new_from_iso8601(s->at, NULL) : NULL;
    p->app.server_s = at ? g_date_time_to_unix(at) : 0;
    p->app.server_us = clock_now_us();
    if (!p->app.migration || !snapshot_migration_find(s, p->app.migration)) {
        g_free(p->app.migration);
        const struct snap_migration *first = s->migrations->len ? s->migrations->pdata[0] : NULL;
        p->app.migration = first ? g_strdup(first->name) : NULL;
    }
    look_again(p);
    if (p->at_end && !p->end_timer)
        p->end_timer = g_idle_add(leave, p);
}

static void on_receipt(const struct client_receipt *receipt, void *data)
{
    struct plain *p = data;
    app_say(&p->app, TOKEN_TEXT, FALSE, "%s%s: %s", receipt->ok ? "" : "FAILED ", receipt->verb,
            receipt->text);
    say_message(p);
}

static void on_link(enum client_link link, const char *why, void *data)
{
    struct plain *p = data;
    if (client_needs_password(p->app.client) && !client_snapshot(p->app.client)) {
        app_quit(&p->app, CONSOLE_NEEDS_PASSWORD);
        return;
    }
    if (link == LINK_LOST) {
        if (!p->at_end || p->printed)
            app_say(&p->app, TOKEN_LOST, FALSE, "no connection: %s", why ? why : "lost");
    } else if (link == LINK_STALE)
        app_say(&p->app, TOKEN_LOST, FALSE, "the server does not answer; what was said is old");
    say_message(p);
    if (link == LINK_LOST && p->at_end && !p->end_timer)
        p->end_timer = g_idle_add(leave, p);
}

static void question_print(const struct confirm *c)
{
    enum text_mode mode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? TEXT_UTF8 : TEXT_ASCII;
    for (guint i = 0; i < c->lines->len; i++) {
        g_autofree char *text = safe_text(((struct confirm_line *)c->lines->pdata[i])->text, mode);
        printf("  %s\n", text);
    }
    for (guint i = 0; i < c->checks->len; i++) {
        const struct confirm_check *check = c->checks->pdata[i];
        g_autofree char *text = safe_text(check->text, mode);
        printf("  %s %s\n", check->ok ? "[ok]" : "[NO]", text);
    }
    if (c->level == 1)
        printf("Type y to %s, anything else to cancel.\n", c->verb);
    else
        printf("Type the migration's name to %s, anything else to cancel.\n", c->verb);
    fflush(stdout);
}

static void type_text(struct plain *p, const char *text)
{
    for (const char *c = text; *c && p->app.confirm; c = g_utf8_next_char(c)) {
        struct key key = {KEY_CODE_CHAR, g_utf8_get_char(c)};
        app_confirm_key(&p->app, &key);
    }
}

/* An answer is a line of its own: what it says is typed into the same question as on the screen. */
static void answer(struct plain *p, const char *line)
{
    static const struct key enter = {KEY_CODE_ENTER, 0}, escape = {KEY_CODE_ESC, 0};
    struct confirm *c = p->app.confirm;
    c->opened_us -= CONFIRM_DEAF_US;
    if (c->level == 1) {
        struct key key = {KEY_CODE_CHAR, strcmp(line, "y") == 0 ? 'y' : 'n'};
        app_confirm_key(&p->app, &key);
        return;
    }
    c->field = FIELD_NAME;
    type_text(p, line);
    if (p->app.confirm)
        app_confirm_key(&p->app, &enter);
    if (p->app.confirm)
        app_confirm_key(&p->app, &escape);
}

static void on_line(struct plain *p, const char *line)
{
    if (p->app.confirm)
        answer(p, line);
    else if (!*line)
        print_lines(p);
    else
        app_command(&p->app, *line == ':' ? line + 1 : line);
    if (p->app.confirm)
        question_print(p->app.confirm);
    say_message(p);
}

static gboolean on_input(int fd, GIOCondition condition, void *data)
{
    (void)condition;
    struct plain *p = data;
    guchar bytes[1024];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return G_SOURCE_CONTINUE;
    if (n <= 0) {
        p->at_end = TRUE;
        if (p->printed && !p->end_timer)
            p->end_timer = g_timeout_add(500, leave, p); /* time for the last answer */
        return G_SOURCE_REMOVE;
    }
    g_byte_array_append(p->app.input, bytes, (guint)n);
    guchar *end;
    while ((end = memchr(p->app.input->data, '\n', p->app.input->len))) {
        gsize length = (gsize)(end - p->app.input->data);
        g_autofree char *raw = g_strndup((char *)p->app.input->data, length);
        g_autofree char *line = g_utf8_make_valid(raw, -1);
        g_byte_array_remove_range(p->app.input, 0, (guint)length + 1);
        on_line(p, g_strstrip(line));
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_signal(void *data)
{
    struct plain *p = data;
    app_quit(&p->app, CONSOLE_SIGNAL);
    return G_SOURCE_CONTINUE;
}

static void plain_clear(struct plain *p)
{
    client_free(p->app.client);
    theme_free(p->app.theme);
    confirm_free(p->app.confirm);
    if (p->end_timer)
        g_source_remove(p->end_timer);
    g_ptr_array_unref(p->app.link_log);
    g_byte_array_unref(p->app.input);
    g_string_free(p->sense, TRUE);
    g_free(p->app.migration);
    g_free(p->app.message);
    g_free(p->said);
    g_main_loop_unref(p->app.loop);
}

gboolean plain_run(const struct console_options *options, enum console_end *end, GError **error)
{
    struct theme *theme = theme_load("mono", error);
    if (!theme)
        return FALSE;
    struct plain p = {.app = {.options = options, .theme = theme, .waits_before = -1},
                      .sense = g_string_new(NULL)};
    p.app.loop = g_main_loop_new(NULL, FALSE);
    p.app.input = g_byte_array_new();
    p.app.link_log = g_ptr_array_new_with_free_func(g_free);
    p.app.migration = g_strdup(options->migration);
    const struct client_callbacks callbacks = {on_snapshot, on_receipt, on_link, &p};
    p.app.client = client_new(options->target,
                              options->refresh_ms ? options->refresh_ms : REFRESH_MS, &callbacks);
    guint sources[] = {g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, &p),
                       g_unix_signal_add(SIGTERM, on_signal, &p),
                       g_unix_signal_add(SIGINT, on_signal, &p),
                       g_unix_signal_add(SIGHUP, on_signal, &p)};
    g_main_loop_run(p.app.loop);
    for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
        GSource *source = g_main_context_find_source_by_id(NULL, sources[i]);
        if (source)
            g_source_destroy(source);
    }
    *end = p.app.end;
    gboolean reached = p.printed || p.app.end != CONSOLE_QUIT || !p.at_end;
    if (!reached) /* a script asked, and there was no server to answer */
        rollout_fail(error, ROLLOUT_ERROR_CONNECT, "%s",
                     client_why(p.app.client) ? client_why(p.app.client) : "no connection");
    plain_clear(&p);
    return reached;
}
