/* The ":" commands: the same acts as the keys, with names, reasons and values. */
#include "config.h"
#include "console/app.h"

#include <math.h>
#include <string.h>

#include "console/command.h"
#include "console/screens/screens.h"
#include "pgrollout/base/error.h"

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

/* A name that only one other database has needs no more words. TRUE: it is open, or was refused. */
static gboolean open_elsewhere(struct app *app, const char *name)
{
    guint count = 0;
    struct app_link *link = name ? app_links_with(app, name, &count) : NULL;
    if (count > 1)
        app_say(app, TOKEN_WARN, FALSE, "open: %u databases have \"%s\": write %s/%s", count, name,
                link->name, name);
    else if (link)
        app_select_at(app, link, name);
    if (link && count == 1)
        app_show(app, SCREEN_COCKPIT);
    return link != NULL;
}

static void command_open(struct app *app, const char *name)
{
    if (!name && app_has_several(app)) { /* "database/" */
        app_show(app, SCREEN_COCKPIT);
        return;
    }
    if (!find(app, name) && open_elsewhere(app, name))
        return;
    if (!find(app, name)) {
        app_say(app, TOKEN_WARN, FALSE, "open: there is no migration \"%s\" here",
                name ? name : "");
        return;
    }
    app_select(app, name);
    app_show(app, SCREEN_COCKPIT);
}

static void command_refresh(struct app *app, const char *text)
{
    double seconds = text ? g_ascii_strtod(text, NULL) : NAN;
    if (!(seconds >= 0.5 && seconds <= 60)) {
        app_say(app, TOKEN_WARN, FALSE, "refresh: 0.5 to 60 seconds");
        return;
    }
    app_refresh_set(app, (int)(seconds * 1000));
    app_say(app, TOKEN_DIM, FALSE, "reads every %g s", seconds);
}

static void command_lowbw(struct app *app, const char *word)
{
    static const struct {
        const char *word;
        enum bandwidth bandwidth;
    } words[] = {{"on", BANDWIDTH_LOW}, {"off", BANDWIDTH_FULL}, {"auto", BANDWIDTH_AUTO}};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_strcmp0(words[i].word, word) == 0) {
            app_bandwidth_set(app, words[i].bandwidth);
            return;
        }
    app_say(app, TOKEN_WARN, FALSE, "write :lowbw on, :lowbw off or :lowbw auto");
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
    g_autofree char *text =
        app->options->engine_start(app->link->target, &ok, app->options->engine_data);
    app_say(app, ok ? TOKEN_OK : TOKEN_DANGER, !ok, "engine%s%s: %s", app_link_on(app->link),
            app_link_name(app->link), text);
}

/* A name in front of it says which migration, as on the command line. */
static void command_note(struct app *app, const struct command_line *line)
{
    gboolean named = line->n_words > 1 && find(app, line->words[0]);
    const char *text = line->rest + (named ? strlen(line->words[0]) : 0);
    text += strspn(text, " \t");
    const char *name = named ? line->words[0] : app->migration;
    const char *const arguments[] = {"name", name, "note", text, NULL};
    if (!*text)
        app_say(app, TOKEN_WARN, FALSE, "note: write what is to be noted");
    else if (!name)
        app_say(app, TOKEN_WARN, FALSE, "note: there is no migration");
    else if (app_may(app, "note", 2))
        app_send(app, "note", -1, arguments);
}

/* The running step may end first: what would be lost by a pause is kept. */
static void command_stop_later(struct app *app, const char *name, const char *reason)
{
    const char *const arguments[] = {"name", name, "reason", reason, "after_step", "true", NULL};
    if (!name || strcmp(name, "all") == 0)
        app_say(app, TOKEN_WARN, FALSE, "pause: --after-step is for one migration");
    else if (app_may(app, "pause", 2))
        app_send(app, "pause", -1, arguments);
}

static void command_stop(struct app *app, const struct command_line *line)
{
    const char *word = line->n_words ? line->words[0] : NULL;
    gboolean all = g_strcmp0(word, "all") == 0;
    if (!check_words(app, line, 1))
        return;
    if (line->after_step)
        command_stop_later(app, word ? word : app->migration, line->reason);
    else if (all)
        app_pause_all_now(app, line->reason);
    else /* on old data the name may be one we have not seen: the server knows */
        app_pause_now(app, word ? word : app->migration, line->reason);
}

static void command_resume(struct app *app, const struct command_line *line)
{
    guint used;
    const struct snap_migration *m = target(app, line, &used);
    if (line->n_words == 1 && strcmp(line->words[0], "all") == 0)
        app_ask(app, NULL, "resume_all", NULL, NULL, line->reason, NULL);
    else if (check_words(app, line, used))
        app_ask(app, m, "resume", NULL, NULL, line->reason, NULL);
}

static void command_throttle(struct app *app, const struct command_line *line)
{
    guint used;
    const struct snap_migration *m = target(app, line, &used);
    gboolean timed = line->n_words == used + 2 && strcmp(line->words[used], "for") == 0;
    g_autoptr(GError) error = NULL;
    g_autofree char *interval = timed ? command_interval(line->words[used + 1], &error) : NULL;
    if (error)
        app_say(app, TOKEN_WARN, FALSE, "throttle: %s", error->message);
    else if (timed || check_words(app, line, used))
        app_throttle_now(app, m ? m->name : NULL, interval, line->reason);
}

/* What ended over an hour ago is not shown, so nobody would see here what goes. */
static void command_forget(struct app *app, const struct command_line *line)
{
    const char *name = line->n_words ? line->words[0] : NULL;
    if (!name)
        app_say(app, TOKEN_WARN, FALSE, "forget: write the migration's name");
    else if (!find(app, name))
        app_say(app, TOKEN_WARN, FALSE,
                "forget: \"%s\" is not shown here; pgrollout forget %s does it", name, name);
    else if (check_words(app, line, 1))
        app_ask(app, find(app, name), "forget", NULL, NULL, line->reason, NULL);
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

/* A name chooses the migration, as on the command line. */
static void command_screen(struct app *app, const struct command_line *line)
{
    const struct screen *screen = screen_by_name(line->command->name);
    const char *word = line->n_words ? line->words[0] : NULL;
    gboolean journal = screen->id == SCREEN_JOURNAL;
    gboolean all = journal && g_strcmp0(word, "all") == 0;
    gboolean named = word && !all && find(app, word);
    if (!check_words(app, line, all || named ? 1 : 0))
        return;
    if (named)
        app_select(app, word);
    if (journal)
        app_journal_scope(app, all);
    app_show(app, screen->id);
}

static void command_export(struct app *app, const struct command_line *line)
{
    const char *path = line->rest + strlen("journal");
    if (!line->n_words || strcmp(line->words[0], "journal") != 0 || line->n_words < 2)
        app_say(app, TOKEN_WARN, FALSE, "write :export journal FILE");
    else
        app_journal_export(app, path + strspn(path, " \t"));
}

/* What only looks, or is about this console alone. FALSE: it is none of these. */
static gboolean command_look(struct app *app, const struct command_line *line)
{
    const char *word = line->n_words ? line->words[0] : NULL;
    switch (line->command->id) {
    case COMMAND_OPEN:
        command_open(app, word);
        break;
    case COMMAND_STATUS:
        app_speak(app);
        break;
    case COMMAND_SCREEN:
        command_screen(app, line);
        break;
    case COMMAND_HINT:
        app_coach_hint(app);
        break;
    case COMMAND_PREDICT:
        app_coach_predict(app, word);
        break;
    case COMMAND_DIFF:
        app_diff(app, *line->rest ? line->rest : NULL);
        break;
    case COMMAND_EXPORT:
        command_export(app, line);
        break;
    case COMMAND_REPORT:
        app_report(app, line->rest);
        break;
    case COMMAND_SNAP:
        app_snap(app, line->rest);
        break;
    case COMMAND_THEME:
        app_theme_command(app, word);
        break;
    case COMMAND_REFRESH:
        command_refresh(app, word);
        break;
    case COMMAND_LOWBW:
        command_lowbw(app, word);
        break;
    case COMMAND_RECONNECT:
        app_links_poke(app);
        break;
    case COMMAND_QUIT:
        app_leave(app);
        break;
    default:
        return FALSE;
    }
    return TRUE;
}

static void command_act(struct app *app, const struct command_line *line)
{
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
        command_note(app, line);
        break;
    case COMMAND_FORGET:
        command_forget(app, line);
        break;
    case COMMAND_CANCEL:
    case COMMAND_TERMINATE:
        if (check_words(app, line, 1))
            app_session_ask_pid(app, line->command->id == COMMAND_TERMINATE, line->words[0],
                                line->reason);
        break;
    case COMMAND_ENGINE:
        command_engine(app, line);
        break;
    default:
        command_asked(app, line);
    }
}

static void command_run(struct app *app, const struct command_line *line)
{
    if (line->command->acts && (line->command->id != COMMAND_PAUSE || app->replay) &&
        app_past_refuses(app, line->command->name))
        return;
    if (!command_look(app, line))
        command_act(app, line);
}

/* "pause a/users-full-name": the database is selected, and the rest is a command to it. NULL: nothing is
 * to be done, and it was said why. Free with g_free. */
static char *database_take(struct app *app, const char *text, gboolean *named)
{
    text += strspn(text, " \t");
    const char *rest = text + strcspn(text, " \t");
    const char *word = rest + strspn(rest, " \t");
    gsize n = strcspn(word, "/ \t");
    g_autofree char *verb = g_strndup(text, (gsize)(rest - text));
    const struct command *command = command_find(verb, NULL);
    if (!app_has_several(app) || word[n] != '/' || !command || !(command->takes & TAKES_NAME))
        return g_strdup(text);
    struct app_link *link = app_link_find(app, word, n);
    if (!link) {
        app_say(app, TOKEN_WARN, FALSE, "%s: there is no database \"%.*s\" here", verb, (int)n,
                word);
        return NULL;
    }
    *named = TRUE;
    const char *name = word + n + 1;
    gsize length = strcspn(name, " \t");
    g_autofree char *migration = g_strndup(name, length);
    const struct snapshot *s = client_snapshot(link->client);
    gboolean here = s && *migration && snapshot_migration_find(s, migration);
    const struct snap_migration *first = s && s->migrations->len ? s->migrations->pdata[0] : NULL;
    app_select_at(app, link, here ? migration : !*migration ? NULL : first ? first->name : NULL);
    return g_strdup_printf("%s %s", verb, name);
}

static gboolean is_pause_all(const struct command_line *line)
{
    return line->command->id == COMMAND_PAUSE && line->n_words == 1 && !line->after_step &&
           strcmp(line->words[0], "all") == 0;
}

void app_command(struct app *app, const char *whole)
{
    g_autoptr(GError) error = NULL;
    gboolean named = FALSE; /* the database was */
    g_autofree char *text = database_take(app, whole, &named);
    if (!text)
        return;
    struct command_line *line = command_parse(text, &error);
    if (error)
        app_say(app, TOKEN_WARN, FALSE, "%s", error->message);
    if (line && named && is_pause_all(line))
        app_pause_all_here(app, line->reason);
    else if (line)
        command_run(app, line);
    command_line_free(line);
    app_redraw(app);
}
