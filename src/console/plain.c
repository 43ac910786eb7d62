/* Lines instead of a screen: for TERM=dumb, pipes, screen readers, serial consoles. Says the five answers
 * at the start and on an empty line, one sentence for each change, and takes the commands of the
 * prompt as lines, each when the one before has been answered. */
#include "config.h"
#include "console/app.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "console/command.h"
#include "console/plain-input.h"
#include "console/plain-look.h"
#include "console/plain-question.h"
#include "console/sentences.h"
#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"

struct plain {
    struct app app; /* first: app_redraw gives it back */
    struct plain_question question;
    struct plain_look look;
    GQueue *lines;      /* read, but not taken yet */
    gboolean at_end;    /* no more input: leave when all is answered */
    gboolean by_hand;   /* a person types */
    gboolean printed;   /* there has been a snapshot */
    gboolean answered;  /* something has been printed that was asked for */
    gboolean unwatched; /* changes are not said */
    gboolean gone;      /* the migration that was shown: a person says which is next */
    guint failed;       /* commands that did not do what they say */
    guint update;       /* idle source */
    gint64 said_us;     /* of the last message that was printed */
    GError *error;      /* why it ends */
};

/* "14:02:31 users-full-name", then the five answers. */
static void print_answers(struct plain *p)
{
    struct view view;
    app_fill_view(&p->app, &view);
    if (view_migration(&view)) {
        g_autofree char *id = fleet_id(view_database_name(&view), view.migration);
        g_autofree char *head = g_strdup_printf("%s %s", view.clock ? view.clock : "", id);
        plain_print(head);
    }
    g_auto(GStrv) sentences = sentences_of(&view);
    for (char **sentence = sentences; *sentence; sentence++)
        plain_print(*sentence);
}

static void say_message(struct plain *p)
{
    if (!p->app.message || p->app.message_us == p->said_us)
        return;
    p->said_us = p->app.message_us;
    plain_print(p->app.message);
}

/* One sentence for each change, with the time. */
static void say_changes(struct plain *p, struct app_link *link)
{
    struct view view;
    gboolean several = app_has_several(&p->app);
    app_fill_view(&p->app, &view);
    for (guint i = 0; link != p->app.link && i < view.n_databases; i++)
        if (app_link_at(&p->app, i) == link)
            view = view_of_database(&view, &view.databases[i]);
    if (!link->said)
        link->said = said_new();
    g_autoptr(GPtrArray) changes = said_changes(link->said, &view);
    for (guint i = 0; i < changes->len && !p->unwatched; i++) {
        g_autofree char *line =
            g_strdup_printf("%s %s%s%s", view.clock ? view.clock : "", app_link_name(link),
                            several ? ": " : "", (char *)changes->pdata[i]);
        plain_print(line);
    }
}

/* To a person the first snapshot is told; a pipe asks. */
static void look_again(struct plain *p)
{
    if (!p->printed && p->by_hand)
        print_answers(p);
    say_changes(p, p->app.link);
    p->printed = TRUE;
}

static void print_help(void)
{
    for (const struct command *c = commands_table; c->name; c++) {
        g_autofree char *line = g_strdup_printf("%s %s", c->name, c->arguments);
        g_autofree char *whole = g_strdup_printf("  %-45s %s", line, c->help);
        plain_print(whole);
    }
    plain_look_help();
    plain_print("  watch changes|off                             say what changes, or not");
    plain_print("  An empty line says where it stands.");
}

/* Oldest first, as one reads lines. */
static void print_journal(struct plain *p)
{
    if (p->app.journal_error)
        plain_print(p->app.journal_error);
    for (guint i = p->app.journal ? p->app.journal->len : 0; i-- > 0;) {
        const struct snap_event *e = p->app.journal->pdata[i];
        g_autofree char *line = g_strdup_printf("%s %s: %s", e->at, e->who, e->text);
        plain_print(line);
    }
    app_journal_forget(&p->app);
}

/* What would be another screen is printed, once it is there. */
static void print_screen(struct plain *p)
{
    gboolean read = p->app.journal || p->app.journal_error || !app_migration(&p->app);
    if (p->app.screen == SCREEN_JOURNAL && !read)
        return;
    if (p->app.screen == SCREEN_JOURNAL)
        print_journal(p);
    else if (p->app.screen == SCREEN_HELP)
        print_help();
    else if (p->app.screen == SCREEN_PLAN && !plain_look_diff(&p->app))
        return;
    p->app.screen = SCREEN_COCKPIT;
}

static gboolean is_command(const char *line, const char *name)
{
    gsize n = strlen(name);
    line += *line == ':';
    return strncmp(line, name, n) == 0 && (!line[n] || line[n] == ' ' || line[n] == '\t');
}

/* A link that has been lost is waited for no longer: it must not stop the others. */
static gboolean link_is_settled(const struct app_link *link)
{
    gboolean lost = client_link_state(link->client) == LINK_LOST;
    return client_is_settled(link->client) || (lost && app_has_several(link->app));
}

static gboolean links_are_settled(const struct plain *p)
{
    for (guint i = 0; i < p->app.links->len; i++)
        if (!link_is_settled(app_link_at(&p->app, i)))
            return FALSE;
    return TRUE;
}

/* It acts on what stands there now: only a pause goes out before the answer to the last command. While
 * there is no link nothing is kept for later: it is refused now. */
static gboolean may_take(const struct plain *p, const char *line)
{
    if (!p->printed || p->app.wanted)
        return FALSE;
    if (is_command(line, "pause") || app_is_old(&p->app))
        return TRUE;
    if (p->app.confirm)
        return !p->question.awaits_card;
    return links_are_settled(p) && !p->look.waits && p->app.screen == SCREEN_COCKPIT;
}

static void take_answer(struct plain *p, const char *line)
{
    plain_question_answer(&p->question, &p->app, line);
}

static void take_watch(struct plain *p, const char *line)
{
    const char *what = line + (*line == ':') + strlen("watch");
    what += strspn(what, " \t");
    if (strcmp(what, "changes") == 0 || strcmp(what, "off") == 0) {
        p->unwatched = strcmp(what, "off") == 0;
        plain_print(p->unwatched ? "Changes are not said." : "Changes are said.");
    } else {
        app_say(&p->app, TOKEN_WARN, FALSE, "watch: write watch changes, or watch off");
    }
}

static void run_command(struct plain *p, const char *line)
{
    app_command(&p->app, line);
    if (p->app.confirm)
        plain_question_open(&p->question, &p->app, line);
    print_screen(p);
}

static void take_command(struct plain *p, const char *line)
{
    p->answered = TRUE;
    plain_input_keep(line);
    if (!*line || is_command(line, "status") || is_command(line, "cockpit")) {
        print_answers(p);
        return;
    }
    if (is_command(line, "watch")) {
        take_watch(p, line);
        return;
    }
    if (plain_look(&p->look, &p->app, line + (*line == ':')))
        return;
    if (is_command(line, "cancel") || is_command(line, "terminate"))
        plain_look_first(&p->look, &p->app, line + (*line == ':'));
    else
        run_command(p, line + (*line == ':'));
}

/* A refusal is a message, too. One that a person has brought about himself is no failure. */
static void count_refusal(struct plain *p, gint64 before, gboolean by_answer)
{
    gboolean refused = p->app.message_us != before &&
                       (p->app.message_token == TOKEN_WARN || p->app.message_token == TOKEN_DANGER);
    if (refused && !by_answer && !app_links_queue(&p->app))
        p->failed++;
}

static void take_line(struct plain *p, const char *line)
{
    gint64 before = p->app.message_us;
    gboolean answers = p->app.confirm != NULL;
    const char *name = answers ? p->app.confirm->need : NULL;
    if (answers && is_command(line, "pause") && g_strcmp0(line, name) != 0) {
        plain_question_cancel(&p->question, &p->app);
        say_message(p);
        answers = FALSE;
    }
    if (answers)
        take_answer(p, line);
    else
        take_command(p, line);
    count_refusal(p, before, answers && p->by_hand);
    say_message(p);
    look_again(p);
}

static void fail(struct plain *p, enum rollout_error_code code, const char *text)
{
    if (!p->error)
        p->error = rollout_error_new(code, "%s", text);
    app_quit(&p->app, CONSOLE_QUIT);
}

static gboolean all_are_lost(const struct plain *p)
{
    for (guint i = 0; i < p->app.links->len; i++)
        if (client_link_state(app_link_at(&p->app, i)->client) != LINK_LOST)
            return FALSE;
    return TRUE;
}

/* The input has ended, and all of it has been taken, or there is nobody to give it to. */
static void leave_when_answered(struct plain *p)
{
    if (all_are_lost(p)) {
        const char *why = client_why(p->app.client);
        g_autofree char *text =
            g_strdup_printf("%s%s", why ? why : "no connection",
                            app_links_queue(&p->app) ? "; the pause has not gone out" : "");
        fail(p, ROLLOUT_ERROR_CONNECT, text);
        return;
    }
    if (!links_are_settled(p) || p->question.awaits_card || p->look.waits ||
        p->app.screen != SCREEN_COCKPIT)
        return;
    if (p->app.confirm) {
        plain_question_cancel(&p->question, &p->app);
        say_message(p);
        p->failed++;
    }
    if (!p->answered && !p->by_hand)
        print_answers(p);
    if (app_links_queue(&p->app))
        fail(p, ROLLOUT_ERROR_CONNECT, "a pause has not gone out");
    app_quit(&p->app, CONSOLE_QUIT);
}

/* Nobody who answers has what was named: nothing else is taken in its place. */
static gboolean name_is_missing(const struct plain *p)
{
    for (guint i = 0; p->app.wanted && i < p->app.links->len; i++) {
        const struct app_link *link = app_link_at(&p->app, i);
        if (!link->seen && client_link_state(link->client) != LINK_LOST)
            return FALSE;
    }
    return p->app.wanted != NULL;
}

static void update(struct plain *p)
{
    if (name_is_missing(p)) {
        g_autofree char *text =
            g_strdup_printf("no database that answers has a migration named \"%s\"", p->app.wanted);
        fail(p, ROLLOUT_ERROR_USAGE, text);
        return;
    }
    print_screen(p);
    say_message(p);
    while (g_main_loop_is_running(p->app.loop) && !g_queue_is_empty(p->lines) &&
           may_take(p, g_queue_peek_head(p->lines))) {
        g_autofree char *line = g_queue_pop_head(p->lines);
        take_line(p, line);
    }
    if (p->at_end && (g_queue_is_empty(p->lines) || !p->printed))
        leave_when_answered(p);
}

static gboolean on_update(void *data)
{
    struct plain *p = data;
    p->update = 0;
    update(p);
    return G_SOURCE_REMOVE;
}

static void on_changed(struct app *app)
{
    struct plain *p = (struct plain *)app;
    if (!p->update)
        p->update = g_idle_add(on_update, p);
}

static void refuse_name(struct plain *p, const struct snapshot *s)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < s->migrations->len; i++)
        g_ptr_array_add(names, ((struct snap_migration *)s->migrations->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    g_autofree char *list = g_strjoinv(", ", (char **)names->pdata);
    g_autofree char *text = g_strdup_printf("no migration named \"%s\" is here", p->app.migration);
    fail(p, ROLLOUT_ERROR_USAGE, text);
    rollout_error_set_hint(p->error, "%s%s",
                           !s->installed ? "there is no control schema that this login may read"
                           : *list       ? "there are "
                                         : "none is loaded",
                           s->installed ? list : "");
}

/* One that a person did not name is never put in the place of one that he did. */
static void select_migration(struct plain *p, const struct snapshot *s)
{
    if (p->app.migration && snapshot_migration_find(s, p->app.migration))
        return;
    if (p->app.migration && !p->printed) {
        refuse_name(p, s);
        return;
    }
    if (p->app.migration) {
        app_say(&p->app, TOKEN_WARN, FALSE, "the migration \"%s\" is gone; open NAME shows another",
                p->app.migration);
        g_clear_pointer(&p->app.migration, g_free);
        p->gone = TRUE;
    }
    const struct snap_migration *first = s->migrations->len ? s->migrations->pdata[0] : NULL;
    if (first && !p->gone)
        p->app.migration = g_strdup(first->name);
}

/* Of several, before anything was said: the first one that answers, or where what was named is. */
static void select_database(struct plain *p, struct app_link *link, const struct snapshot *s)
{
    struct app *app = &p->app;
    const char *wanted = app->wanted, *slash = wanted ? strrchr(wanted, '/') : NULL;
    const char *name = slash ? slash + 1 : wanted;
    gboolean other = slash && app_link_find(app, wanted, (gsize)(slash - wanted)) != link;
    if (!app_has_several(app) || link->seen)
        return;
    link->seen = TRUE;
    if (wanted && !other && snapshot_migration_find(s, name)) {
        app->wanted = NULL;
        app_select_at(app, link, name);
    } else if (!client_snapshot(app->client)) {
        app_select_at(app, link, NULL);
    }
}

static struct plain *plain_of(const struct app_link *link)
{
    return (struct plain *)link->app;
}

static void on_snapshot(const struct snapshot *s, void *data)
{
    struct app_link *link = data;
    struct plain *p = plain_of(link);
    app_link_time(link, s);
    select_database(p, link, s);
    if (link != p->app.link || p->app.wanted) {
        say_changes(p, link);
        on_changed(&p->app);
        return;
    }
    select_migration(p, s);
    if (p->error)
        return;
    look_again(p);
    g_autofree char *line = plain_look_take(&p->look, s);
    gint64 before = p->app.message_us;
    if (line)
        run_command(p, line);
    count_refusal(p, before, FALSE);
    on_changed(&p->app);
}

static void on_receipt(const struct client_receipt *receipt, void *data)
{
    struct app_link *link = data;
    struct plain *p = plain_of(link);
    g_autofree char *unsent = app_follow_stop(link, receipt);
    p->failed += !receipt->ok;
    app_say(&p->app, TOKEN_TEXT, FALSE, "%s%s%s%s: %s%s", receipt->ok ? "" : "FAILED ",
            receipt->verb, app_link_on(link), app_link_name(link), receipt->text,
            unsent ? unsent : "");
    say_message(p);
    app_follow(link, receipt);
}

/* Each attempt fails for the same reason: it is said once. */
static void say_lost(struct app_link *link, const char *text)
{
    if (text && g_strcmp0(text, link->lost) != 0)
        app_say(link->app, TOKEN_LOST, FALSE, "%s%s%s", app_link_name(link),
                app_has_several(link->app) ? ": " : "", text);
    g_free(link->lost);
    link->lost = g_strdup(text);
    say_message(plain_of(link));
}

static void on_link(enum client_link link, const char *why, void *data)
{
    struct app_link *of = data;
    struct plain *p = plain_of(of);
    gboolean several = app_has_several(of->app);
    g_autofree char *lost = g_strdup_printf("no connection: %s", why ? why : "lost");
    if (client_needs_password(of->client) && !client_snapshot(of->client) && !several) {
        app_quit(&p->app, CONSOLE_NEEDS_PASSWORD);
        return;
    }
    if (link == LINK_LOST && (several || !(p->at_end && !p->printed)))
        say_lost(of, lost);
    else if (link == LINK_STALE)
        say_lost(of, "the server does not answer; what was said is old");
    else if (link == LINK_LIVE)
        say_lost(of, NULL);
    if (p->app.confirm && app_is_old(&p->app)) {
        plain_question_cancel(&p->question, &p->app);
        p->failed++;
    }
    on_changed(&p->app);
}

static void on_line(const char *line, void *data)
{
    struct plain *p = data;
    if (line)
        g_queue_push_tail(p->lines, g_strdup(line));
    p->at_end = line == NULL;
    update(p);
}

static struct complete_from complete_from(void *data)
{
    return app_complete_from(&((struct plain *)data)->app);
}

/* Ctrl-C takes back what is being asked, or typed; only then it ends the console. */
static gboolean on_interrupt(void *data)
{
    struct plain *p = data;
    gboolean typed = p->by_hand && plain_input_clear();
    if (p->by_hand && p->app.confirm) {
        plain_question_cancel(&p->question, &p->app);
        say_message(p);
    } else if (!typed) {
        app_end_by(&p->app, SIGINT);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_term(void *data)
{
    app_end_by(&((struct plain *)data)->app, SIGTERM);
    return G_SOURCE_CONTINUE;
}

static gboolean on_hup(void *data)
{
    app_end_by(&((struct plain *)data)->app, SIGHUP);
    return G_SOURCE_CONTINUE;
}

static void plain_clear(struct plain *p)
{
    app_links_close(&p->app);
    theme_free(p->app.theme);
    confirm_free(p->app.confirm);
    if (p->update)
        g_source_remove(p->update);
    app_journal_clear(&p->app);
    app_plan_clear(&p->app);
    g_queue_free_full(p->lines, g_free);
    g_ptr_array_unref(p->app.link_log);
    g_queue_free_full(p->app.follows, app_follow_free);
    g_byte_array_unref(p->app.input);
    g_free(p->app.migration);
    g_free(p->app.message);
    g_free(p->look.line);
    g_main_loop_unref(p->app.loop);
}

gboolean plain_run(const struct console_options *options, enum console_end *end, GError **error)
{
    struct theme *theme = theme_load("mono", error);
    if (!theme)
        return FALSE;
    struct plain p = {.app = {.options = options, .theme = theme, .changed = on_changed},
                      .lines = g_queue_new(),
                      .by_hand = isatty(STDIN_FILENO)};
    p.app.loop = g_main_loop_new(NULL, FALSE);
    p.app.input = g_byte_array_new();
    p.app.follows = g_queue_new();
    p.app.link_log = g_ptr_array_new_with_free_func(g_free);
    p.app.wanted = options->n_targets > 1 ? options->migration : NULL;
    p.app.migration = g_strdup(options->n_targets > 1 ? NULL : options->migration);
    const struct client_callbacks callbacks = {on_snapshot, on_receipt, on_link, NULL};
    app_links_open(&p.app, &callbacks);
    const struct plain_input_callbacks input = {on_line, complete_from, &p};
    guint sources[] = {g_unix_signal_add(SIGTERM, on_term, &p),
                       g_unix_signal_add(SIGINT, on_interrupt, &p),
                       g_unix_signal_add(SIGHUP, on_hup, &p)};
    plain_input_start(p.by_hand && isatty(STDOUT_FILENO), &input);
    app_set_running(&p.app);
    g_main_loop_run(p.app.loop);
    app_set_running(NULL);
    plain_input_end();
    for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
        GSource *source = g_main_context_find_source_by_id(NULL, sources[i]);
        if (source)
            g_source_destroy(source);
    }
    *end = p.app.end;
    if (p.failed && !p.error && *end == CONSOLE_QUIT)
        p.error = rollout_error_new(ROLLOUT_ERROR_NO, "not all of it was done: see above");
    plain_clear(&p);
    if (!p.error)
        return TRUE;
    g_propagate_error(error, p.error);
    return FALSE;
}
