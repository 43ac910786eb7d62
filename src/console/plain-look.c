/* See plain-look.h. */
#include "config.h"
#include "console/plain-look.h"

#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "console/command.h"
#include "console/diff.h"
#include "console/format.h"
#include "console/plain-input.h"
#include "console/screens/fleet.h"
#include "console/sentences.h"
#include "pgrollout/engine/snapshot-look.h"

void plain_print(const char *text)
{
    enum text_mode mode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? TEXT_UTF8 : TEXT_ASCII;
    g_autofree char *safe = safe_text(text, mode);
    g_autofree char *line = g_strconcat(safe, "\n", NULL);
    plain_input_print(line);
}

static void print_format(const char *format, ...) G_GNUC_PRINTF(1, 2);

static void print_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    plain_print(text);
}

/* NULL, after saying so, where there is no snapshot. */
static const struct snapshot *snapshot_of(struct app *app)
{
    const struct snapshot *s = client_snapshot(app->client);
    if (!s)
        plain_print("Nothing is known yet.");
    return s;
}

/* A line for each database, and its migrations below it. */
static void print_fleet_of_all(struct plain_look *look)
{
    struct view view;
    app_fill_view(look->app, &view);
    for (guint i = 0; i < view.n_databases; i++) {
        const struct view_database *database = &view.databases[i];
        struct view own = view_of_database(&view, database);
        g_autofree char *state = fleet_database_text(database);
        print_format("Database %s: %s.", database->name, state);
        for (guint j = 0; own.snapshot && j < own.snapshot->migrations->len; j++) {
            g_autofree char *text = sentence_of_migration(&own, own.snapshot->migrations->pdata[j]);
            print_format("%s/%s", database->name, text);
        }
    }
}

static void print_fleet(struct plain_look *look)
{
    if (app_has_several(look->app)) {
        print_fleet_of_all(look);
        return;
    }
    struct view view;
    const struct snapshot *s = snapshot_of(look->app);
    app_fill_view(look->app, &view);
    if (s && !s->migrations->len)
        plain_print(s->installed ? "No migration is loaded."
                                 : "There is no schema pgrollout here.");
    for (guint i = 0; s && i < s->migrations->len; i++) {
        g_autofree char *text = sentence_of_migration(&view, s->migrations->pdata[i]);
        plain_print(text);
    }
}

static int by_room(const void *a, const void *b)
{
    double x = snap_guard_room(*(struct snap_guard *const *)a);
    double y = snap_guard_room(*(struct snap_guard *const *)b);
    if (isnan(x) || isnan(y))
        return isnan(x) - isnan(y);
    return (x > y) - (x < y);
}

static void print_guards(struct plain_look *look)
{
    const struct snap_migration *m = app_migration(look->app);
    if (!m || !m->guards->len) {
        plain_print(m ? "No engine has read the guards yet." : "There is no migration.");
        return;
    }
    g_autoptr(GPtrArray) guards = g_ptr_array_new();
    for (guint i = 0; i < m->guards->len; i++)
        g_ptr_array_add(guards, m->guards->pdata[i]);
    qsort(guards->pdata, guards->len, sizeof *guards->pdata, by_room);
    for (guint i = 0; i < guards->len; i++) {
        g_autofree char *text = sentence_of_guard(guards->pdata[i]);
        print_format("%s.", text);
    }
}

static void on_card(char **lines, const char *error, void *data)
{
    struct plain_look *look = data;
    look->waits = FALSE;
    for (char **line = lines; line && *line; line++)
        plain_print(*line);
    if (error)
        print_format("no card: %s", error);
    app_redraw(look->app);
}

static void print_card(struct plain_look *look)
{
    const struct snap_migration *m = app_migration(look->app);
    if (!m) {
        plain_print("There is no migration.");
        return;
    }
    look->waits = TRUE;
    client_card(look->app->client, m->name, on_card, look);
}

static void add_part(GString *out, const char *before, const char *text)
{
    if (text && *text)
        g_string_append_printf(out, "%s%s", before, text);
}

static void print_session(const struct snap_session *s)
{
    g_autofree char *xact = spoken_time(s->xact_s), *state = spoken_time(s->state_s);
    g_autofree char *query = spoken_query(s->query);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "Session %" G_GINT64_FORMAT "%s", s->pid,
                           s->ours ? " (pgrollout)" : "");
    add_part(out, ", ", s->login);
    add_part(out, ", ", s->application);
    add_part(out, ", ", s->state ? s->state : "state hidden from your login");
    add_part(out, " for ", s->state ? state : NULL);
    add_part(out, ", in a transaction for ", xact);
    gboolean works =
        g_strcmp0(s->wait_type, "Client") != 0 && g_strcmp0(s->wait_type, "Activity") != 0;
    add_part(out, ", waits for ", works ? s->wait_type : NULL); /* else for something to do */
    add_part(out, " ", works ? s->wait_event : NULL);
    add_part(out, ": ", s->query_hidden ? "statement hidden from your login" : query);
    plain_print(out->str);
    g_string_free(out, TRUE);
}

static int by_transaction(const void *a, const void *b)
{
    double x = (*(struct snap_session *const *)a)->xact_s;
    double y = (*(struct snap_session *const *)b)->xact_s;
    if (isnan(x) || isnan(y))
        return isnan(x) - isnan(y);
    return (x < y) - (x > y);
}

static void print_sessions(const struct snap_activity *a)
{
    g_autoptr(GPtrArray) sessions = g_ptr_array_new();
    for (guint i = 0; i < a->sessions->len; i++)
        g_ptr_array_add(sessions, a->sessions->pdata[i]);
    qsort(sessions->pdata, sessions->len, sizeof *sessions->pdata, by_transaction);
    print_format("%d of %d sessions: %d active, %d idle in a transaction, %d waiting.", a->total,
                 a->max_connections, a->active, a->idle_in_transaction, a->waiting);
    for (guint i = 0; i < sessions->len; i++)
        print_session(sessions->pdata[i]);
    if ((int)sessions->len < a->total)
        print_format("%d more are not shown.", a->total - (int)sessions->len);
}

static void print_all(const GPtrArray *sentences)
{
    for (guint i = 0; i < sentences->len; i++)
        plain_print(sentences->pdata[i]);
}

static void look_ask(struct plain_look *look, enum look what)
{
    g_autofree char *locks =
        g_strdup_printf("- %s", look->app->migration ? look->app->migration : "");
    look->waits = TRUE;
    look->what = what;
    client_want(look->app->client, what,
                what == LOOK_LOCKS       ? locks
                : what == LOOK_CHECKLIST ? look->app->migration
                                         : NULL);
}

void plain_look_first(struct plain_look *look, struct app *app, const char *line)
{
    look->app = app;
    look->line = g_strdup(line);
    look_ask(look, LOOK_ACTIVITY);
}

static void print_checklist(const struct snap_checklist *checklist)
{
    const char *list = "";
    for (guint i = 0; i < checklist->items->len; i++) {
        const struct snap_check *check = checklist->items->pdata[i];
        if (g_strcmp0(list, check->list) != 0)
            print_format("Checklist, %s:", list = check->list ? check->list : "?");
        GString *out = g_string_new(NULL);
        g_string_append_printf(out, "%s, %s", check->item ? check->item : "?",
                               check->state ? check->state : "?");
        add_part(out, ": ", check->words);
        add_part(out, "; evidence: ", check->evidence);
        add_part(out, "; said by ", check->by);
        add_part(out, ": ", check->by ? check->note : NULL);
        plain_print(out->str);
        g_string_free(out, TRUE);
    }
}

static void look_print(struct plain_look *look, const struct snapshot *s)
{
    struct view view;
    app_fill_view(look->app, &view);
    g_autoptr(GPtrArray) locks = s->locks ? sentences_of_locks(s->locks) : NULL;
    g_autoptr(GPtrArray) others = s->replication ? sentences_of_replication(&view) : NULL;
    if (look->what == LOOK_ACTIVITY && s->activity)
        print_sessions(s->activity);
    else if (look->what == LOOK_LOCKS && locks)
        print_all(locks);
    else if (look->what == LOOK_REPLICAS && others)
        print_all(others);
    else if (look->what == LOOK_CHECKLIST && s->checklist)
        print_checklist(s->checklist);
}

char *plain_look_take(struct plain_look *look, const struct snapshot *s)
{
    if (!look->what || (s->look != look->what && !s->look_error))
        return NULL;
    client_want(look->app->client, LOOK_NONE, NULL);
    if (s->look_error)
        print_format("It could not be read: %s", s->look_error);
    else if (!look->line)
        look_print(look, s);
    look->waits = FALSE;
    look->what = LOOK_NONE;
    return g_steal_pointer(&look->line);
}

static void print_step(const struct snap_step *step)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "Step %s, %s", step->name, step->state ? step->state : "?");
    add_part(out, ": ", step->title);
    add_part(out, "; locks ", step->lock);
    add_part(out, "; ", step->irreversible ? "it CANNOT be taken back" : NULL);
    add_part(out, "; sends ", step->does);
    add_part(out, "; FAILED: ", step->error);
    plain_print(out->str);
    g_string_free(out, TRUE);
}

static void print_plan(struct plain_look *look)
{
    const struct snap_migration *m = app_migration(look->app);
    if (!m)
        plain_print("There is no migration.");
    for (guint i = 0; m && i < m->phases->len; i++) {
        const struct snap_phase *phase = m->phases->pdata[i];
        print_format("Phase %s, %s.", phase_title(phase->name), phase->state ? phase->state : "?");
        for (guint j = 0; j < phase->steps->len; j++)
            print_step(phase->steps->pdata[j]);
    }
}

gboolean plain_look_diff(struct app *app)
{
    static const char *const marks[] = {
        [DIFF_HUNK] = "", [DIFF_SAME] = " ", [DIFF_OLD] = "-", [DIFF_NEW] = "+"};
    struct app_plan *plan = &app->plan;
    if (!plan->shows_diff || !app_migration(app))
        return TRUE;
    if (plan->error) {
        print_format("diff: %s", plan->error);
        plan->shows_diff = FALSE;
        return TRUE;
    }
    for (guint i = 0; plan->diff && i < plan->diff->lines->len; i++) {
        const struct diff_line *line = plan->diff->lines->pdata[i];
        print_format("%s%s", marks[line->kind], line->text);
    }
    plan->shows_diff = !plan->diff;
    return plan->diff != NULL;
}

static void ask_sessions(struct plain_look *look)
{
    look_ask(look, LOOK_ACTIVITY);
}

static void ask_locks(struct plain_look *look)
{
    look_ask(look, LOOK_LOCKS);
}

static void ask_replicas(struct plain_look *look)
{
    look_ask(look, LOOK_REPLICAS);
}

static void ask_checklist(struct plain_look *look)
{
    if (app_migration(look->app))
        look_ask(look, LOOK_CHECKLIST);
    else
        plain_print("There is no migration.");
}

static const struct {
    const char *word, *help;
    void (*print)(struct plain_look *look);
} looks[] = {{"fleet", "every migration, what needs attention first", print_fleet},
             {"locks", "who waits on whom, and what the next step meets", ask_locks},
             {"replicas", "how far behind each is, and what slots keep", ask_replicas},
             {"activity", "the sessions, the longest transaction first", ask_sessions},
             {"plan", "every step, with what it sends", print_plan},
             {"guards", "their room, the tightest first", print_guards},
             {"card", "what an abort would do", print_card},
             {"checklist", "what is shown, and what people say", ask_checklist}};

gboolean plain_look(struct plain_look *look, struct app *app, const char *word)
{
    look->app = app;
    for (guint i = 0; i < G_N_ELEMENTS(looks); i++)
        if (strcmp(looks[i].word, word) == 0) {
            looks[i].print(look);
            return TRUE;
        }
    return FALSE;
}

static gboolean is_command_too(const char *word)
{
    for (const struct command *c = commands_table; c->name; c++)
        if (strcmp(c->name, word) == 0)
            return TRUE;
    return FALSE;
}

void plain_look_help(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(looks); i++)
        if (!is_command_too(looks[i].word))
            print_format("  %-45s %s", looks[i].word, looks[i].help);
}
