/* See plain-look.h. */
#include "config.h"
#include "console/plain-look.h"

#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "console/format.h"
#include "console/sentences.h"

#define QUERY_LETTERS 100

void plain_print(const char *text)
{
    enum text_mode mode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? TEXT_UTF8 : TEXT_ASCII;
    g_autofree char *safe = safe_text(text, mode);
    puts(safe);
    fflush(stdout);
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

static void print_fleet(struct plain_look *look)
{
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

static char *blockers_of(const struct snap_lock_wait *wait)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < wait->blocked_by->len; i++)
        g_string_append_printf(out, "%s%" G_GINT64_FORMAT, i ? " and " : "",
                               g_array_index(wait->blocked_by, gint64, i));
    return g_string_free(out, FALSE);
}

static void print_lock_wait(const struct snap_lock_wait *wait)
{
    g_autofree char *time = spoken_time(wait->waited_s), *blockers = blockers_of(wait);
    gboolean named = wait->application && *wait->application;
    g_autofree char *query =
        g_utf8_substring(wait->query ? wait->query : "", 0,
                         MIN(QUERY_LETTERS, g_utf8_strlen(wait->query ? wait->query : "", -1)));
    print_format("Session %" G_GINT64_FORMAT "%s%s%s waits%s%s on %s%s: %s", wait->pid,
                 wait->ours ? " (pgrollout)" : "", named ? ", " : "",
                 named ? wait->application : "", time ? " for " : "", time ? time : "",
                 *blockers ? blockers : "an unknown session", wait->on_us ? " (pgrollout)" : "",
                 query);
}

static void print_locks(struct plain_look *look)
{
    const struct snapshot *s = snapshot_of(look->app);
    if (s && !s->lock_waits->len)
        plain_print("Nobody waits for a lock.");
    for (guint i = 0; s && i < s->lock_waits->len; i++)
        print_lock_wait(s->lock_waits->pdata[i]);
}

static void print_replicas(struct plain_look *look)
{
    const struct snapshot *s = snapshot_of(look->app);
    if (s && !s->replicas->len)
        plain_print("There is no replica.");
    for (guint i = 0; s && i < s->replicas->len; i++) {
        const struct snap_replica *r = s->replicas->pdata[i];
        g_autofree char *lag = spoken_time(r->lag_s), *bytes = bytes_format(r->lag_bytes);
        if (!r->state)
            print_format("Replica %s: not shown to your login.",
                         r->name ? r->name : "without a name");
        else
            print_format("Replica %s: %s, %s behind, %s.", r->name ? r->name : "without a name",
                         r->state, lag ? lag : "unknown time", bytes);
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

static const struct {
    const char *word, *help;
    void (*print)(struct plain_look *look);
} looks[] = {{"fleet", "every migration, what needs attention first", print_fleet},
             {"locks", "who waits on whom", print_locks},
             {"replicas", "how far behind each is", print_replicas},
             {"guards", "their room, the tightest first", print_guards},
             {"card", "what an abort would do", print_card}};

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

void plain_look_help(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(looks); i++)
        print_format("  %-45s %s", looks[i].word, looks[i].help);
}
