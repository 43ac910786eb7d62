/* What keys and commands do. Stopping goes out at once; everything else asks first. */
#include "config.h"
#include "console/app.h"

#include <math.h>
#include <string.h>

#include "console/asking.h"
#include "console/command.h"
#include "console/screens/screens.h"
#include "pgrollout/base/clock.h"

static gboolean is_pause(const char *verb)
{
    return strcmp(verb, "pause") == 0 || strcmp(verb, "pause_all") == 0;
}

void app_send(struct app *app, const char *verb, gint64 expect, const char *const *arguments)
{
    if (app->options->read_only) { /* whatever was asked: the last gate before the wire */
        app_say(app, TOKEN_WARN, FALSE, "%s: this console was started with --read-only", verb);
        return;
    }
    app_unfreeze(app);
    if (!is_pause(verb))
        g_clear_pointer(&app->unsent, g_free);
    client_command(app->client, verb, expect, arguments);
    const char *on = app_link_on(app->link), *name = app_link_name(app->link);
    if (client_pause_queued(app->client) && app_is_old(app))
        app_say(app, TOKEN_WARN, TRUE, "pause%s%s: queued, sent first when the server answers", on,
                name);
    else
        app_say(app, TOKEN_DIM, FALSE, "%s%s%s: sent …", verb, on, name);
}

static int rights(struct app *app)
{
    struct view view;
    app_fill_view(app, &view);
    return view_rights(&view);
}

gboolean app_may(struct app *app, const char *verb, int needed)
{
    static const char *const roles[] = {"", "viewer", "responder", "operator", "approver"};
    if (!app->options->read_only && rights(app) >= needed)
        return TRUE;
    if (app->options->read_only)
        app_say(app, TOKEN_WARN, FALSE, "%s: this console was started with --read-only", verb);
    else
        app_say(app, TOKEN_WARN, FALSE, "%s%s%s needs the role pgrollout_%s; yours is %s", verb,
                app_link_on(app->link), app_link_name(app->link), roles[needed],
                client_snapshot(app->client) ? client_snapshot(app->client)->role : "unknown");
    return FALSE;
}

void app_pause_now(struct app *app, const char *name, const char *reason)
{
    const char *const arguments[] = {"name", name, "reason", reason, NULL};
    if (!app_may(app, "pause", 2))
        return;
    if (!name)
        app_say(app, TOKEN_WARN, FALSE, "there is no migration to pause");
    else
        app_send(app, "pause", -1, arguments); /* whatever has changed since: it is to stop */
}

void app_pause_all_here(struct app *app, const char *reason)
{
    const char *const arguments[] = {"reason", reason, NULL};
    if (app_may(app, "pause", 2))
        app_send(app, "pause_all", -1, arguments);
}

void app_pause_all_now(struct app *app, const char *reason)
{
    if (app_has_several(app) && !app->options->read_only)
        app_pause_everywhere(app, reason);
    else
        app_pause_all_here(app, reason);
}

gboolean app_is_fresh(struct app *app, const char *verb)
{
    if (!app_is_old(app))
        return TRUE;
    app_say(app, TOKEN_WARN, FALSE, "%s is not offered on old data; R asks again", verb);
    return FALSE;
}

void app_throttle_now(struct app *app, const char *name, const char *duration, const char *reason)
{
    const char *const arguments[] = {"name", name, "duration", duration, "reason", reason, NULL};
    if (app_may(app, "throttle", 2) && app_is_fresh(app, "throttle") && name)
        app_send(app, "throttle", -1, arguments);
}

/* Cards come in the order they were asked for: only the last one is the open question's. */
static void on_card(char **lines, const char *error, void *data)
{
    struct app *app = data;
    if (--app->cards_awaited > 0)
        return;
    if (app->confirm && app->confirm->awaits_card)
        asking_set_card(app->confirm, lines, error);
    if (!app_confirm_fits(app))
        app_confirm_drop(app, "the window is too small");
    app_redraw(app);
}

gboolean app_confirm_fits(struct app *app)
{
    struct view view;
    struct dialog_layout layout;
    if (!app->term || !app->confirm)
        return TRUE;
    app_fill_view(app, &view);
    gboolean fits = dialog_measure(&view, &layout);
    if (fits)
        confirm_set_page(app->confirm, layout.rows, layout.page);
    return fits;
}

static int rights_for(const struct snap_migration *m, const char *verb)
{
    gboolean approver = strcmp(verb, "contract") == 0 ||
                        (strcmp(verb, "confirm") == 0 && m && m->gate && m->gate->by_approver);
    if (approver)
        return 4;
    return strcmp(verb, "set") == 0 ? 2 : 3;
}

gboolean app_confirm_open(struct app *app, struct confirm *confirm)
{
    app_unfreeze(app); /* one answers to what is true now */
    g_clear_pointer(&app->unsent, g_free);
    app->confirm = confirm;
    confirm->rights = rights(app);
    char *title =
        g_strconcat(confirm->title, app_link_on(app->link), app_link_name(app->link), NULL);
    g_free(confirm->title);
    confirm->title = title;
    if (!app_confirm_fits(app)) {
        app_say(app, TOKEN_WARN, FALSE, "%s: the window is too small for this question",
                confirm->verb);
        g_clear_pointer(&app->confirm, confirm_free);
        return FALSE;
    }
    app_flush_input(app);
    app_redraw(app);
    return TRUE;
}

/* A resume over a guard has no field for its reason: the prompt has. */
static void ask_for_reason(struct app *app, const struct snap_migration *m)
{
    int width, height;
    g_autofree char *text = g_strdup_printf("resume %s -- ", m ? m->name : "all");
    enum prompt_event event;
    if (!app->term)
        return;
    terminal_size(app->term, &width, &height);
    app_flush_input(app);
    prompt_open(width);
    prompt_feed((const guchar *)text, strlen(text), TRUE, NULL, &event);
}

void app_ask(struct app *app, const struct snap_migration *migration, const char *verb,
             const char *step, const char *choice, const char *reason, const char *settings)
{
    g_autoptr(GError) error = NULL;
    if (!app_may(app, verb, rights_for(migration, verb)) || !app_is_fresh(app, verb))
        return;
    if (!migration && strcmp(verb, "resume_all") != 0) {
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
        if (asking_lacks_reason(&asking))
            ask_for_reason(app, migration);
        return;
    }
    if (app_confirm_open(app, confirm) && confirm->awaits_card) {
        app->cards_awaited++;
        client_card(app->client, confirm->migration, on_card, app);
    }
}

static const char *chosen_value(const struct confirm *c)
{
    if (c->choice >= c->choices->len)
        return NULL;
    return ((struct confirm_choice *)c->choices->pdata[c->choice])->value;
}

static void say_cancelled(struct app *app, const struct confirm *c, gboolean stays, const char *why)
{
    const char *target = c->session ? c->session : c->migration;
    app_say(app, TOKEN_WARN, stays, "%s: cancelled, %s%s%s", c->verb, why, target ? " · " : "",
            target ? target : "");
}

/* Somebody is guessing, or is at the wrong migration: the journal has to know. */
static gboolean note_wrong_name(struct app *app, const struct confirm *c)
{
    g_autofree char *text =
        g_strdup_printf("%s cancelled: the name typed was wrong three times", c->verb);
    const char *const arguments[] = {"name", c->migration, "note", text, NULL};
    if (!c->migration || rights(app) < 2)
        return FALSE;
    client_command(app->client, "note", -1, arguments);
    return TRUE;
}

static void note_wrong_names(struct app *app, const struct confirm *c)
{
    if (c->session ? app_session_note_names(app, c) : note_wrong_name(app, c))
        app->notes_awaited++;
}

void app_confirm_cancel(struct app *app, const char *why)
{
    struct confirm *c = app->confirm;
    app->confirm = NULL;
    say_cancelled(app, c, FALSE, why);
    confirm_free(c);
    app_redraw(app);
}

/* What a pause has cancelled stands behind all that is said of that pause. */
static void say_unsent(struct app *app)
{
    g_autofree char *text = app->message ? g_strdup(app->message) : g_strdup("");
    if (app->unsent)
        app_say(app, app->message_token, app->message_stays, "%s · %s", text, app->unsent);
}

/* What was asked about is what is to stop; of a session or of all of them, what one looks at. */
static void confirm_pause(struct app *app)
{
    struct confirm *c = app->confirm;
    app->confirm = NULL;
    g_free(app->unsent);
    app->unsent = g_strdup_printf("%s cancelled: not sent", c->verb);
    g_strdelimit(app->unsent, "_", ' ');
    if (c->cause == CAUSE_PAUSE_ALL)
        app_pause_all_now(app, NULL);
    else
        app_pause_now(app, c->migration ? c->migration : app->migration, NULL);
    say_unsent(app);
    confirm_free(c);
    app_redraw(app);
}

static void confirm_close(struct app *app)
{
    struct confirm *c = app->confirm;
    if (c->cause == CAUSE_PAUSE || c->cause == CAUSE_PAUSE_ALL) {
        confirm_pause(app);
        return;
    }
    app->confirm = NULL;
    say_cancelled(app, c, FALSE, confirm_cause_text(c));
    if (c->cause == CAUSE_NAMES)
        note_wrong_names(app, c);
    confirm_free(c);
    app_redraw(app);
}

void app_confirm_drop(struct app *app, const char *why)
{
    if (!app->confirm)
        return;
    gboolean typing = app->confirm->level > 1;
    if (typing) /* else a pause that is pressed now would be lost */
        app_flush_input(app);
    say_cancelled(app, app->confirm, TRUE, why);
    app->swallow_us = typing ? app->message_us : 0;
    app->swallow_said_us = app->swallow_us;
    g_clear_pointer(&app->confirm, confirm_free);
    app_redraw(app);
}

void app_confirm_tick(struct app *app)
{
    struct confirm *c = app->confirm;
    if (c && confirm_tick(c, clock_now_us()) == CONFIRM_CANCELLED)
        app_confirm_drop(app, confirm_cause_text(c));
}

/* Nothing typed yet and only just opened: what has moved is probably our own last command. */
static gboolean confirm_is_young(const struct confirm *c)
{
    return !c->name->len && !c->reason->len && clock_now_us() - c->opened_us < G_USEC_PER_SEC;
}

/* A strip that would read the same now follows; nothing else may change under a finger. */
static gboolean confirm_follows(struct confirm *c, const struct snapshot *s)
{
    struct asking now = {.snapshot = s,
                         .migration =
                             c->migration ? snapshot_migration_find(s, c->migration) : NULL,
                         .verb = c->verb,
                         .step = c->step,
                         .reason = c->reason->len ? c->reason->str : NULL,
                         .settings = c->settings,
                         .now_us = clock_now_us()};
    return now.migration && c->level == 1 && confirm_is_young(c) && asking_follow(c, &now);
}

void app_confirm_refresh(struct app *app, const struct snapshot *snapshot)
{
    struct confirm *c = app->confirm;
    if (!c)
        return;
    g_autofree char *moved = c->session ? asking_session_moved(c, snapshot) : NULL;
    if (rights(app) != c->rights) {
        g_autofree char *why =
            g_strdup_printf("your role is another one: %s", snapshot->role ? snapshot->role : "?");
        app_confirm_drop(app, why);
    } else if (moved) {
        app_confirm_drop(app, moved);
    } else if (c->session || asking_refresh(c, snapshot) || confirm_follows(c, snapshot)) {
        if (!app_confirm_fits(app))
            app_confirm_drop(app, "the window is too small");
    } else {
        g_autofree char *why = asking_moved(c, snapshot);
        app_confirm_drop(app, why);
    }
}

/* The next command of several, with its arguments; the receipt of the one before says whether, and at
 * which version, it goes out. */
static void follow_add(struct app *app, const char *after, const char *verb,
                       const char *const *arguments)
{
    struct app_follow *follow = g_new0(struct app_follow, 1);
    g_autoptr(GPtrArray) copy = g_ptr_array_new();
    for (const char *const *a = arguments; *a; a += 2) {
        if (!a[1])
            continue;
        g_ptr_array_add(copy, g_strdup(a[0]));
        g_ptr_array_add(copy, g_strdup(a[1]));
    }
    g_ptr_array_add(copy, NULL);
    follow->link = app->link;
    follow->after = g_strdup(after);
    follow->verb = g_strdup(verb);
    follow->arguments = (char **)g_ptr_array_steal(copy, NULL);
    g_queue_push_tail(app->follows, follow);
}

void app_follow_free(void *data)
{
    struct app_follow *follow = data;
    g_free(follow->after);
    g_free(follow->verb);
    g_strfreev(follow->arguments);
    g_free(follow);
}

static void follow_next(struct app *app, gint64 expect)
{
    struct app_follow *next = g_queue_pop_head(app->follows);
    app_send(app, next->verb, expect, (const char *const *)next->arguments);
    app_follow_free(next);
}

static gboolean is_followed(const struct app_link *link, const struct client_receipt *receipt)
{
    const struct app_follow *next = g_queue_peek_head(link->app->follows);
    return next && next->link == link && strcmp(next->after, receipt->verb) == 0;
}

char *app_follow_stop(struct app_link *link, const struct client_receipt *receipt)
{
    struct app *app = link->app;
    if (receipt->ok || !is_followed(link, receipt))
        return NULL;
    const struct app_follow *next = g_queue_peek_head(app->follows);
    char *text = g_strdup_printf(" · so %s was not sent", next->verb);
    g_queue_clear_full(app->follows, app_follow_free);
    return text;
}

void app_follow(struct app_link *link, const struct client_receipt *receipt)
{
    if (receipt->ok && is_followed(link, receipt))
        follow_next(link->app, receipt->version);
}

void app_on_receipt(struct app_link *link, const struct client_receipt *receipt)
{
    struct app *app = link->app;
    if (app_round_take(link, receipt)) {
        say_unsent(app);
        return;
    }
    if (app->notes_awaited > 0 && g_str_has_suffix(receipt->verb, "note")) {
        app->notes_awaited--;
        if (receipt->ok) /* what it is about has been said */
            return;
    }
    enum token token = receipt->ok ? TOKEN_OK : TOKEN_DANGER;
    g_autofree char *unsent = app_follow_stop(link, receipt);
    app_say(app, token, !receipt->ok, "%s%s%s%s: %s%s%s", receipt->ok ? "" : "× ", receipt->verb,
            app_link_on(link), app_link_name(link),
            receipt->unproven ? "NOT PROVEN, the hold stands · " : "", receipt->text,
            unsent ? unsent : "");
    if (is_pause(receipt->verb)) {
        say_unsent(app);
        g_clear_pointer(&app->unsent, g_free);
    }
    app_follow(link, receipt);
}

/* "batch.max=500 rest=2 for 10m", as it was checked before it was asked: one call for each key. */
static void send_settings(struct app *app, const struct confirm *c, const char *reason)
{
    g_auto(GStrv) words = g_strsplit(c->settings, " ", -1);
    guint n = g_strv_length(words);
    const char *duration = n > 2 && strcmp(words[n - 2], "for") == 0 ? words[n - 1] : NULL;
    g_autofree char *interval = duration ? command_interval(duration, NULL) : NULL;
    for (guint i = 0; i < n - (duration ? 2 : 0); i++) {
        char *equals = strchr(words[i], '=');
        if (!equals)
            continue;
        *equals = '\0';
        const char *const arguments[] = {"name",   c->migration, "key",      words[i],
                                         "value",  equals + 1,   "duration", interval,
                                         "reason", reason,       NULL};
        follow_add(app, "set", "set", arguments);
    }
    follow_next(app, c->expect);
}

static void confirm_send(struct app *app, const struct confirm *c)
{
    const char *reason = c->reason->len ? c->reason->str : NULL;
    const char *const plain[] = {"name", c->migration, "reason", reason, NULL};
    const char *const only_name[] = {"name", c->migration, NULL};
    const char *const only_reason[] = {"reason", reason, NULL};
    const char *const confirm[] = {"name",          c->migration, "step", c->step, "application",
                                   chosen_value(c), "note",       reason, NULL};
    const char *const contract[] = {"name",   c->migration, "confirm", c->name->str,
                                    "reason", reason,       NULL};
    const char *const abort_it[] = {"name",   c->migration, "target", chosen_value(c),
                                    "reason", reason,       NULL};
    const char *const skip[] = {"name", c->migration, "step", c->step, "reason", reason, NULL};
    if (c->session) {
        app_session_send(app, c);
        return;
    }
    if (c->alternative) { /* slower first: nothing runs at full speed in between */
        follow_add(app, "throttle", c->verb, plain);
        app_send(app, "throttle", c->expect, only_name);
    } else if (strcmp(c->verb, "confirm") == 0)
        app_send(app, "confirm", c->expect, confirm);
    else if (strcmp(c->verb, "contract") == 0)
        app_send(app, "contract", c->expect, contract);
    else if (strcmp(c->verb, "abort") == 0)
        app_send(app, "abort", c->expect, abort_it);
    else if (strcmp(c->verb, "skip") == 0)
        app_send(app, "skip", c->expect, skip);
    else if (strcmp(c->verb, "resume_all") == 0)
        app_send(app, "resume_all", -1, only_reason);
    else if (strcmp(c->verb, "step") == 0)
        app_send(app, "step", c->expect, only_name);
    else if (strcmp(c->verb, "forget") == 0) /* it takes no version: what has ended moves no more */
        app_send(app, "forget", -1, plain);
    else if (strcmp(c->verb, "set") == 0)
        send_settings(app, c, reason);
    else
        app_send(app, c->verb, c->expect, plain);
}

void app_confirm_key(struct app *app, const struct key *key)
{
    struct confirm *c = app->confirm;
    switch (confirm_key(c, key, clock_now_us())) {
    case CONFIRM_OPEN: /* another choice has another text */
        if (!app_confirm_fits(app))
            app_confirm_drop(app, "the window is too small");
        break;
    case CONFIRM_CANCELLED:
        confirm_close(app);
        break;
    case CONFIRM_ACCEPTED:
        app->confirm = NULL;
        confirm_send(app, c);
        confirm_free(c);
        break;
    }
    app_redraw(app);
}

void app_show(struct app *app, enum screen_id screen)
{
    app->screen = screen;
    app->scroll = 0;
    app->entering = FALSE;
    if (screen == SCREEN_JOURNAL)
        app_journal_read(app);
    if (screen == SCREEN_PLAN)
        app_plan_open(app);
    app_want(app);
    app_redraw(app);
}

void app_leave(struct app *app)
{
    if (app_links_queue(app) && !app->quit_asked) {
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
        app_links_poke(app);
        break;
    case ACT_HINT:
    case ACT_PREDICT:
        app_look_act(app, act); /* on every screen */
        break;
    case ACT_BACK:
        app_show(app, SCREEN_COCKPIT);
        break;
    case ACT_PAST_BACK:
    case ACT_PAST_ON:
        app_past_step(app, act == ACT_PAST_ON ? 1 : -1, FALSE);
        break;
    case ACT_MARK_BACK:
    case ACT_MARK_ON:
        app_past_step(app, act == ACT_MARK_ON ? 1 : -1, TRUE);
        break;
    case ACT_DOWN:
        app_scroll(app, 1);
        break;
    case ACT_UP:
        app_scroll(app, -1);
        break;
    case ACT_PAGE_DOWN:
        app_scroll(app, app_page(app));
        break;
    case ACT_PAGE_UP:
        app_scroll(app, -app_page(app));
        break;
    case ACT_FIRST:
        app_scroll(app, -G_MAXINT / 2);
        break;
    case ACT_LAST:
        app_scroll(app, G_MAXINT / 2);
        break;
    default:
        break;
    }
    app_redraw(app);
}

/* A key that is held down acts once. Only a pause comes through again soon: one that was refused has
 * to be repeated. */
static gboolean is_held_down(const struct app *app, enum act act)
{
    gboolean pauses = act == ACT_PAUSE || act == ACT_PAUSE_ALL;
    return app->same_key_us < (pauses ? CONFIRM_DEAF_US : CONFIRM_REPEAT_US);
}

static void opened_with(struct app *app, const struct binding *binding)
{
    if (app->confirm)
        app->confirm->opened_with = binding->key;
}

void app_act(struct app *app, enum act act)
{
    const struct snap_migration *m = app_migration(app);
    const struct binding *binding = binding_of_act(act);
    if (binding && binding->verb && is_held_down(app, act))
        return;
    if (act != ACT_QUIT)
        app->quit_asked = FALSE;
    if (app_past_keeps_from(app, binding))
        return;
    if ((act == ACT_BACK || act == ACT_LAST) && app_in_past(app)) {
        app_unfreeze(app);
        return;
    }
    if (act == ACT_PAUSE) {
        app_pause_now(app, app->migration, NULL);
    } else if (act == ACT_PAUSE_ALL) {
        app_pause_all_now(app, NULL);
    } else if (act == ACT_THROTTLE) {
        app_throttle_now(app, app->migration, NULL, NULL);
    } else if (act == ACT_CANCEL || act == ACT_TERMINATE) {
        app_session_ask(app, act == ACT_TERMINATE);
        opened_with(app, binding);
    } else if (binding && binding->verb) {
        app_ask(app, m, binding->verb, NULL, NULL, NULL, NULL);
        opened_with(app, binding);
    } else if (act == ACT_PROMPT) {
        int width, height;
        terminal_size(app->term, &width, &height);
        prompt_open(width);
        app_redraw(app);
    } else if (act == ACT_SPEAK) {
        app_speak(app);
    } else if (act == ACT_REPAINT) {
        terminal_forget(app->term);
        app_redraw(app);
    } else if (act == ACT_SUSPEND) {
        app_suspend(app);
    } else if (act == ACT_QUIT) {
        app_leave(app);
    } else if (app_list_act(app, act)) {
        app_redraw(app);
    } else {
        look(app, act);
    }
}
