/* One command to all databases: what has come of it at each of them is told as one message, which is
 * written anew with every answer, so that none of them is covered by another. */
#include "config.h"
#include "console/app.h"

#include <string.h>

#define TEXTS_MAX 4 /* so many databases answer with their own words */

static void round_set(struct app_link *link, enum app_round round, const char *text)
{
    char *own = g_strdup(text);
    g_free(link->round_text);
    link->round_text = own;
    link->round = round;
}

static gboolean is_waiting(const struct app_link *link)
{
    return link->round == ROUND_SENT && !client_pause_queued(link->client);
}

static gboolean is_queued(const struct app_link *link)
{
    return link->round == ROUND_SENT && client_pause_queued(link->client);
}

static gboolean is_done(const struct app_link *link)
{
    return link->round == ROUND_DONE;
}

static gboolean is_refused(const struct app_link *link)
{
    return link->round == ROUND_REFUSED;
}

static gboolean has_nothing(const struct app_link *link)
{
    return link->round == ROUND_NOTHING;
}

/* "b, c": those of which it is so, with what they said; nothing where there are none. */
static void part_add(GString *out, const struct app *app, const char *title,
                     gboolean (*fits)(const struct app_link *), gboolean words)
{
    guint n = 0;
    for (guint i = 0; i < app->links->len; i++) {
        const struct app_link *link = app_link_at(app, i);
        if (!fits(link))
            continue;
        if (n++ == 0)
            g_string_append_printf(out, " · %s", title);
        g_string_append_printf(out, "%s%s", n > 1 ? ", " : " ", link->name);
        if (words && link->round_text)
            g_string_append_printf(out, " (%s)", link->round_text);
    }
}

static void round_say(struct app *app)
{
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean bad = FALSE, waits = FALSE;
    guint done = 0;
    for (guint i = 0; i < app->links->len; i++) {
        const struct app_link *link = app_link_at(app, i);
        done += link->round == ROUND_DONE;
        bad = bad || is_refused(link) || is_queued(link) || has_nothing(link);
        waits = waits || is_waiting(link);
    }
    g_string_append_printf(text, "pause all: %u of %u databases", done, app->links->len);
    part_add(text, app, "× REFUSED:", is_refused, TRUE);
    part_add(text, app, "QUEUED, sent first when it answers:", is_queued, FALSE);
    part_add(text, app, "no schema pgrollout for you:", has_nothing, FALSE);
    part_add(text, app, "sent to", is_waiting, FALSE);
    part_add(text, app, "held:", is_done, app->links->len <= TEXTS_MAX);
    app_say(app, bad ? TOKEN_WARN : waits ? TOKEN_DIM : TOKEN_OK, bad, "%s", text->str);
}

static gboolean may_pause(struct app_link *link)
{
    const struct snapshot *s = client_snapshot(link->client);
    const struct view view = {.snapshot = s};
    if (s && !s->installed) {
        round_set(link, ROUND_NOTHING, NULL);
        return FALSE;
    }
    if (view_rights(&view) >= 2)
        return TRUE;
    g_autofree char *why = g_strdup_printf("your role there is %s", s->role);
    round_set(link, ROUND_REFUSED, why);
    return FALSE;
}

void app_pause_everywhere(struct app *app, const char *reason)
{
    const char *const arguments[] = {"reason", reason, NULL};
    app_unfreeze(app);
    for (guint i = 0; i < app->links->len; i++) {
        struct app_link *link = app_link_at(app, i);
        if (!may_pause(link))
            continue;
        round_set(link, ROUND_SENT, NULL);
        client_command(link->client, "pause_all", -1, arguments);
    }
    round_say(app);
}

gboolean app_round_take(struct app_link *link, const struct client_receipt *receipt)
{
    if (link->round != ROUND_SENT || strcmp(receipt->verb, "pause_all") != 0)
        return FALSE;
    g_autofree char *text = g_strdup_printf(
        "%s%s", receipt->unproven ? "NOT PROVEN, the hold stands: " : "", receipt->text);
    round_set(link, receipt->ok ? ROUND_DONE : ROUND_REFUSED, text);
    round_say(link->app);
    return TRUE;
}
