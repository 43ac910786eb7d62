/* What keys and commands do. Stopping goes out at once; everything else asks first. */
#include "config.h"
#include "console/app.h"

#include <math.h>
#include <string.h>

#include "console/asking.h"
#include "console/command.h"
#include "console/screens/screens.h"
#include "pgrollout/base/clock.h"

static void send(struct app *app, const char *verb, gint64 expect, const char *const *arguments)
{
    client_command(app->client, verb, expect, arguments);
    if (client_pause_queued(app->client) && app_is_old(app))
        app_say(app, TOKEN_WARN, TRUE, "pause: queued, sent first when the server answers");
    else
        app_say(app, TOKEN_DIM, FALSE, "%s: sent …", verb);
}

static int rights(struct app *app)
{
    struct view view;
    app_fill_view(app, &view);
    return view_rights(&view);
}

static gboolean may(struct app *app, const char *verb, int needed)
{
    static const char *const roles[] = {"", "viewer", "responder", "operator", "approver"};
    if (rights(app) >= needed)
        return TRUE;
    if (app->options->read_only)
        app_say(app, TOKEN_WARN, FALSE, "%s: this console was started with --read-only", verb);
    else
        app_say(app, TOKEN_WARN, FALSE, "%s needs the role pgrollout_%s; yours is %s", verb,
                roles[needed],
                client_snapshot(app->client) ? client_snapshot(app->client)->role : "unknown");
    return FALSE;
}

static void pause_now(struct app *app, const char *name, const char *reason)
{
    const char *const arguments[] = {"name", name, "reason", reason, NULL};
    if (!may(app, "pause", 2))
        return;
    if (!name)
        app_say(app, TOKEN_WARN, FALSE, "there is no migration to pause");
    else
        send(app, "pause", -1, arguments); /* whatever has changed since: it is to stop */
}

static void pause_all_now(struct app *app, const char *reason)
{
    const char *const arguments[] = {"reason", reason, NULL};
    if (may(app, "pause", 2))
        send(app, "pause_all", -1, arguments);
}

static gboolean is_fresh(struct app *app, const char *verb)
{
    if (!app_is_old(app))
        return TRUE;
    app_say(app, TOKEN_WARN, FALSE, "%s is not offered on old data; R asks again", verb);
    return FALSE;
}

static void throttle_now(struct app *app, const char *name, const char *duration,
                         const char *reason)
{
    const char *const arguments[] = {"name", name, "duration", duration, "reason", reason, NULL};
    if (may(app, "throttle", 2) && is_fresh(app, "throttle") && name)
        send(app, "throttle", -1, arguments);
}

static void on_card(char **lines, const char *error, void *data)
{
    struct app *app = data;
    if (app->confirm && strcmp(app->confirm->verb, "abort") == 0)
        asking_set_card(app->confirm, lines, error);
    app_redraw(app);
}

static int rights_for(const char *verb)
{
    if (strcmp(verb, "contract") == 0)
        return 4;
    return strcmp(verb, "set") == 0 ? 2 : 3;
}

void app_ask(struct app *app, const struct snap_migration *migration, const char *verb,
             const char *step, const char *choice, const char *reason, const char *settings)
{
    g_autoptr(GError) error = NULL;
    if (!may(app, verb, rights_for(verb)) || !is_fresh(app, verb))
        return;
    if (!migration) {
        app_say(app, TOKEN_WARN, FALSE, "%s: there is no such migration", verb);
        return;
    }
    struct asking asking = {client_snapshot(app->client),
                            migration,
                            verb,
                            step,
                            choice,
                            reason,
                            settings,
                            clock_now_us()};
    struct confirm *confirm = asking_open(&asking, &error);
    if (!confirm) {
        app_say(app, TOKEN_WARN, FALSE, "%s: %s", verb, error->message);
        return;
    }
    int width = 80, height = 24;
    if (app->term)
        terminal_size(app->term, &width, &height);
    if (!view_has_room(width, height, confirm_least_height(confirm))) {
        app_say(app, TOKEN_WARN, FALSE, "%s: the window is too small for this question", verb);
        confirm_free(confirm);
        return;
    }
    app->confirm = confirm;
    app_flush_input(app);
    if (strcmp(confirm->verb, "abort") == 0)
        client_card(app->client, confirm->migration, on_card, app);
    app_redraw(app);
}

static const char *chosen_value(const struct confirm *c)
{
    if (c->choice >= c->choices->len)
        return NULL;
    return ((struct confirm_choice *)c->choices->pdata[c->choice])->value;
}

static void confirm_close(struct app *app, const char *why)
{
    app_say(app, TOKEN_WARN, FALSE, "%s: cancelled, %s", app->confirm->verb, why);
    g_clear_pointer(&app->confirm, confirm_free);
    app_redraw(app);
}

void app_confirm_drop(struct app *app, const char *why)
{
    if (!app->confirm)
        return;
    app_flush_input(app);
    app->swallow_us = clock_now_us();
    app_say(app, TOKEN_WARN, TRUE, "%s: cancelled, %s (Esc goes on)", app->confirm->verb, why);
    g_clear_pointer(&app->confirm, confirm_free);
    app_redraw(app);
}

/* Nothing typed yet and only just opened: what has moved is probably our own last command. */
static gboolean confirm_is_young(const struct confirm *c)
{
    return !c->name->len && clock_now_us() - c->opened_us < G_USEC_PER_SEC;
}

void app_confirm_refresh(struct app *app, const struct snapshot *snapshot)
{
    struct confirm *c = app->confirm;
    if (!c || asking_refresh(c, snapshot))
        return;
    if (!confirm_is_young(c)) {
        app_confirm_drop(app, "the migration has moved on: look again");
        return;
    }
    app->confirm = NULL;
    gboolean chosen = c->field == FIELD_NAME && c->choices->len;
    app_ask(app, snapshot_migration_find(snapshot, c->migration), c->verb, c->step,
            chosen && c->level == 2 ? chosen_value(c) : NULL,
            c->reason->len ? c->reason->str : NULL, c->settings);
    confirm_free(c);
}

/* "batch.max=500 rest=2 for 10m": one call for each key. */
static void send_settings(struct app *app, const struct confirm *c, const char *reason)
{
    g_auto(GStrv) words = g_strsplit(c->settings, " ", -1);
    guint n = g_strv_length(words);
    const char *duration = n > 2 && strcmp(words[n - 2], "for") == 0 ? words[n - 1] : NULL;
    for (guint i = 0; i < n - (duration ? 2 : 0); i++) {
        char *equals = strchr(words[i], '=');
        if (!equals)
            continue;
        *equals = '\0';
        const char *const arguments[] = {"name",   c->migration, "key",      words[i],
                                         "value",  equals + 1,   "duration", duration,
                                         "reason", reason,       NULL};
        send(app, "set", i == 0 ? c->expect : -1, arguments);
    }
}

static void confirm_send(struct app *app, const struct confirm *c)
{
    const char *reason = c->reason->len ? c->reason->str : NULL;
    const char *const plain[] = {"name", c->migration, "reason", reason, NULL};
    const char *const only_name[] = {"name", c->migration, NULL};
    const char *const confirm[] = {"name",          c->migration, "step", c->step, "application",
                                   chosen_value(c), "note",       reason, NULL};
    const char *const contract[] = {"name",   c->migration, "confirm", c->name->str,
                                    "reason", reason,       NULL};
    const char *const abort_it[] = {"name",   c->migration, "target", chosen_value(c),
                                    "reason", reason,       NULL};
    const char *const skip[] = {"name", c->migration, "step", c->step, "reason", reason, NULL};
    if (c->alternative)
        send(app, "throttle", -1, only_name);
    if (strcmp(c->verb, "confirm") == 0)
        send(app, "confirm", c->expect, confirm);
    else if (strcmp(c->verb, "contract") == 0)
        send(app, "contract", c->expect, contract);
    else if (strcmp(c->verb, "abort") == 0)
        send(app, "abort", c->expect, abort_it);
    else if (strcmp(c->verb, "skip") == 0)
        send(app, "skip", c->expect, skip);
    else if (strcmp(c->verb, "step") == 0)
        send(app, "step", c->expect, only_name);
    else if (strcmp(c->verb, "set") == 0)
        send_settings(app, c, reason);
    else /* after a throttle the version is another one */
        send(app, c->verb, c->alternative ? -1 : c->expect, plain);
}

void app_confirm_key(struct app *app, const struct key *key)
{
    struct confirm *c = app->confirm;
    switch (confirm_key(c, key, clock_now_us())) {
    case CONFIRM_OPEN:
        break;
    case CONFIRM_CANCELLED:
        confirm_close(app, c->wrong ? "the name was wrong" : "nothing was sent");
        break;
    case CONFIRM_ACCEPTED:
        app->confirm = NULL;
        confirm_send(app, c);
        confirm_free(c);
        break;
    }
    app_redraw(app);
}

static void show(struct app *app, enum screen_id screen)
{
    app->screen = screen;
    app->scroll = 0;
    if (screen == SCREEN_JOURNAL)
        app_journal_read(app);
    app_redraw(app);
}

static int length_of_screen(const struct app *app)
{
    if (app->screen == SCREEN_HELP)
        return help_length();
    return app->screen == SCREEN_JOURNAL && app->journal ? (int)app->journal->len : 0;
}

static void scroll_by(struct app *app, int lines)
{
    int last = MAX(0, length_of_screen(app) - 5);
    app->scroll = CLAMP(app->scroll + lines, 0, last);
    app_redraw(app);
}

static void quit(struct app *app)
{
    if (client_pause_queued(app->client) && !app->quit_asked) {
        app->quit_asked = TRUE;
        app_say(app, TOKEN_DANGER, TRUE, "a pause has not gone out yet: q again leaves without it");
        return;
    }
    app_quit(app, CONSOLE_QUIT);
}

static void look(struct app *app, enum act act)
{
    switch (act) {
    case ACT_ACKNOWLEDGE:
        g_clear_pointer(&app->message, g_free);
        break;
    case ACT_PROBE:
        client_poke(app->client);
        break;
    case ACT_BACK:
    case ACT_COCKPIT:
        show(app, SCREEN_COCKPIT);
        break;
    case ACT_JOURNAL:
        show(app, SCREEN_JOURNAL);
        break;
    case ACT_HELP:
        show(app, SCREEN_HELP);
        break;
    case ACT_DOWN:
        scroll_by(app, 1);
        break;
    case ACT_UP:
        scroll_by(app, -1);
        break;
    case ACT_PAGE_DOWN:
        scroll_by(app, 15);
        break;
    case ACT_PAGE_UP:
        scroll_by(app, -15);
        break;
    case ACT_FIRST:
        scroll_by(app, -G_MAXINT / 2);
        break;
    case ACT_LAST:
        scroll_by(app, G_MAXINT / 2);
        break;
    default:
        break;
    }
    app_redraw(app);
}

void app_act(struct app *app, enum act act)
{
    const struct snap_migration *m = app_migration(app);
    const struct binding *binding = binding_of_act(act);
    if (act != ACT_QUIT)
        app->quit_asked = FALSE;
    if (act == ACT_PAUSE) {
        pause_now(app, app->migration, NULL);
    } else if (act == ACT_PAUSE_ALL) {
        pause_all_now(app, NULL);
    } else if (act == ACT_THROTTLE) {
        throttle_now(app, app->migration, NULL, NULL);
    } else if (binding && binding->verb) {
        app_ask(app, m, binding->verb, NULL, NULL, NULL, NULL);
    } else if (act == ACT_PROMPT) {
        int width, height;
        terminal_size(app->term, &width, &height);
        prompt_open(width);
        app_redraw(app);
    } else if (act == ACT_REPAINT) {
        terminal_forget(app->term);
        app_redraw(app);
    } else if (act == ACT_SUSPEND) {
        app_suspend(app);
    } else if (act == ACT_QUIT) {
        quit(app);
    } else {
        look(app, act);
    }
}

static const struct snap_migration *find(const struct app *app, const char *name)
{
    const struct snapshot *s = client_snapshot(app->client);
    return s && name ? snapshot_migration_find(s, name) : NULL;
}

/* The migration a command is about: its first word, if it names one, else the selected one. */
static const struct snap_migration *target(const struct app *app, const struct command_line *line,
                                           guint *words_used)
{
    const struct snap_migration *m = line->n_words ? find(app, line->words[0]) : NULL;
    *words_used = m ? 1 : 0;
    return m ? m : app_migration(app);
}

/* ":resume nmae" must not resume the selected one. */
static gboolean check_words(struct app *app, const struct command_line *line, guint at_most)
{
    if (line->n_words <= at_most)
        return TRUE;
    app_say(app, TOKEN_WARN, FALSE, "%s: \"%s\" is neither a migration nor an argument here",
            line->command->name, line->words[at_most]);
    return FALSE;
}

static void command_confirm(struct app *app, const struct command_line *line)
{
    const char *step = NULL, *application = NULL;
    for (guint i = 0; i < line->n_words; i++) {
        if (strcmp(line->words[i], "for") == 0 && i + 1 < line->n_words)
            application = line->words[++i];
        else if (!find(app, line->words[i]))
            step = line->words[i];
    }
    guint used;
    app_ask(app, target(app, line, &used), "confirm", step, application, line->reason, NULL);
}

static void command_set(struct app *app, const struct command_line *line)
{
    guint used;
    const struct snap_migration *m = target(app, line, &used);
    g_autofree char *settings = g_strjoinv(" ", line->words + used);
    if (strchr(settings, '='))
        app_ask(app, m, "set", NULL, NULL, line->reason, settings);
    else
        app_say(app, TOKEN_WARN, FALSE, "set: write KEY=VALUE, for example batch.max=500 for 10m");
}

static void command_open(struct app *app, const char *name)
{
    if (!find(app, name)) {
        app_say(app, TOKEN_WARN, FALSE, "open: there is no migration \"%s\" here",
                name ? name : "");
        return;
    }
    g_free(app->migration);
    app->migration = g_strdup(name);
    app->chosen = TRUE;
    g_clear_pointer(&app->journal, g_ptr_array_unref);
    show(app, SCREEN_COCKPIT);
}

static void command_theme(struct app *app, const char *name)
{
    g_autoptr(GError) error = NULL;
    struct theme *theme = theme_load(name ? name : "", &error);
    if (!theme) {
        app_say(app, TOKEN_WARN, FALSE, "%s", error->message);
        return;
    }
    theme_free(app->theme);
    app->theme = theme;
    if (app->term)
        terminal_set_theme(app->term, theme);
    app_redraw(app);
}

static void command_refresh(struct app *app, const char *text)
{
    double seconds = text ? g_ascii_strtod(text, NULL) : NAN;
    if (!(seconds >= 0.5 && seconds <= 60)) {
        app_say(app, TOKEN_WARN, FALSE, "refresh: 0.5 to 60 seconds");
        return;
    }
    client_set_refresh(app->client, (int)(seconds * 1000));
    app_say(app, TOKEN_DIM, FALSE, "reads every %g s", seconds);
}

static void command_engine(struct app *app, const struct command_line *line)
{
    if (line->n_words != 1 || strcmp(line->words[0], "start") != 0) {
        app_say(app, TOKEN_WARN, FALSE, "write :engine start");
        return;
    }
    if (!app->options->engine_start || app->options->read_only) {
        app_say(app, TOKEN_WARN, FALSE,
                "no engine can be started from here: pgrollout run --detach");
        return;
    }
    gboolean ok = FALSE;
    g_autofree char *text = app->options->engine_start(&ok, app->options->engine_data);
    app_say(app, ok ? TOKEN_OK : TOKEN_DANGER, !ok, "engine: %s", text);
}

static void command_note(struct app *app, const char *text)
{
    const char *const arguments[] = {"name", app->migration, "note", text, NULL};
    if (!*text)
        app_say(app, TOKEN_WARN, FALSE, "note: write what is to be noted");
    else if (may(app, "note", 2) && app->migration)
        send(app, "note", -1, arguments);
}

static void command_stop(struct app *app, const struct command_line *line)
{
    const char *word = line->n_words ? line->words[0] : NULL;
    gboolean all = g_strcmp0(word, "all") == 0;
    if (!check_words(app, line, 1))
        return;
    if (all)
        pause_all_now(app, line->reason);
    else /* on old data the name may be one we have not seen: the server knows */
        pause_now(app, word ? word : app->migration, line->reason);
}

static void command_resume(struct app *app, const struct command_line *line)
{
    const char *const arguments[] = {"reason", line->reason, NULL};
    guint used;
    const struct snap_migration *m = target(app, line, &used);
    if (line->n_words == 1 && strcmp(line->words[0], "all") == 0) {
        if (may(app, "resume", 3) && is_fresh(app, "resume"))
            send(app, "resume_all", -1, arguments);
    } else if (check_words(app, line, used)) {
        app_ask(app, m, "resume", NULL, NULL, line->reason, NULL);
    }
}

static void command_throttle(struct app *app, const struct command_line *line)
{
    guint used;
    const struct snap_migration *m = target(app, line, &used);
    gboolean timed = line->n_words == used + 2 && strcmp(line->words[used], "for") == 0;
    if (timed || check_words(app, line, used))
        throttle_now(app, m ? m->name : NULL, timed ? line->words[used + 1] : NULL, line->reason);
}

/* step advance contract retry skip abort: a question each. */
static void command_asked(struct app *app, const struct command_line *line)
{
    guint used;
    const struct snap_migration *m = target(app, line, &used);
    enum command_id id = line->command->id;
    gboolean takes_word = id == COMMAND_ABORT || id == COMMAND_SKIP;
    const char *word = line->n_words > used ? line->words[used] : NULL;
    if (!check_words(app, line, used + takes_word))
        return;
    app_ask(app, m, line->command->name, id == COMMAND_SKIP ? word : NULL,
            id == COMMAND_ABORT ? word : NULL, line->reason, NULL);
}

static void command_run(struct app *app, const struct command_line *line)
{
    const char *word = line->n_words ? line->words[0] : NULL;
    switch (line->command->id) {
    case COMMAND_PAUSE:
        command_stop(app, line);
        break;
    case COMMAND_RESUME:
        command_resume(app, line);
        break;
    case COMMAND_THROTTLE:
        command_throttle(app, line);
        break;
    case COMMAND_CONFIRM:
        command_confirm(app, line);
        break;
    case COMMAND_SET:
        command_set(app, line);
        break;
    case COMMAND_NOTE:
        command_note(app, line->rest);
        break;
    case COMMAND_OPEN:
        command_open(app, word);
        break;
    case COMMAND_COCKPIT:
        show(app, SCREEN_COCKPIT);
        break;
    case COMMAND_JOURNAL:
        show(app, SCREEN_JOURNAL);
        break;
    case COMMAND_HELP:
        show(app, SCREEN_HELP);
        break;
    case COMMAND_THEME:
        command_theme(app, word);
        break;
    case COMMAND_REFRESH:
        command_refresh(app, word);
        break;
    case COMMAND_RECONNECT:
        client_poke(app->client);
        break;
    case COMMAND_ENGINE:
        command_engine(app, line);
        break;
    case COMMAND_QUIT:
        quit(app);
        break;
    default:
        command_asked(app, line);
    }
}

void app_command(struct app *app, const char *text)
{
    g_autoptr(GError) error = NULL;
    struct command_line *line = command_parse(text, &error);
    if (error)
        app_say(app, TOKEN_WARN, FALSE, "%s", error->message);
    if (line)
        command_run(app, line);
    command_line_free(line);
    app_redraw(app);
}
