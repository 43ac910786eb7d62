/* The journal as the console has read it: the newest page first, then what is new, and older pages when
 * somebody goes down to the end of what is there. */
#include "config.h"
#include "console/app.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "pgrollout/base/json.h"

#define PAGE_ROWS 200
/* A console is no archive. */
#define EVENTS_MAX 20000
/* Lines are numbered when they are written, and seen when they are committed: one of a lower number may
 * come later. */
#define LATE_IDS 100

static void event_free(void *data)
{
    struct snap_event *event = data;
    g_free(event->at);
    g_free(event->who);
    g_free(event->kind);
    g_free(event->text);
    g_free(event->when);
    g_free(event->os_user);
    g_free(event->client);
    g_free(event->migration);
    g_free(event);
}

static struct snap_event *event_copy(const struct snap_event *e)
{
    struct snap_event *copy = g_new0(struct snap_event, 1);
    *copy = (struct snap_event){e->id,
                                g_strdup(e->at),
                                g_strdup(e->who),
                                g_strdup(e->kind),
                                g_strdup(e->text),
                                g_strdup(e->when),
                                g_strdup(e->os_user),
                                g_strdup(e->client),
                                g_strdup(e->migration)};
    return copy;
}

static gint compare_ids(gconstpointer a, gconstpointer b)
{
    const struct snap_event *x = *(struct snap_event *const *)a,
                            *y = *(struct snap_event *const *)b;
    return x->id > y->id ? -1 : x->id < y->id;
}

/* Adds those that are not there yet. */
static void merge(GPtrArray *journal, const GPtrArray *events)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < journal->len; i++)
        g_hash_table_add(known, &((struct snap_event *)journal->pdata[i])->id);
    for (guint i = 0; i < events->len; i++)
        if (!g_hash_table_contains(known, &((struct snap_event *)events->pdata[i])->id))
            g_ptr_array_add(journal, event_copy(events->pdata[i]));
    g_ptr_array_sort(journal, compare_ids);
}

static void forget(struct app *app)
{
    g_clear_pointer(&app->journal, g_ptr_array_unref);
    g_clear_pointer(&app->journal_error, g_free);
    app->journal_begins = FALSE;
}

void app_journal_forget(struct app *app)
{
    forget(app);
    app->journal_drop = app->journal_reading;
}

static void on_journal(const GPtrArray *events, const char *error, void *data)
{
    struct app *app = data;
    gboolean dropped = app->journal_drop, older = app->journal_older;
    app->journal_reading = app->journal_drop = FALSE;
    if (dropped) { /* it was of something else */
        app_journal_read(app);
        return;
    }
    g_free(app->journal_error);
    app->journal_error = g_strdup(error);
    if (events && !older && app->journal && events->len >= PAGE_ROWS)
        forget(app); /* more is new than a page: what was there does not join on */
    if (events && (older || !app->journal))
        app->journal_begins = events->len < PAGE_ROWS;
    if (events && !app->journal)
        app->journal = g_ptr_array_new_with_free_func(event_free);
    if (events)
        merge(app->journal, events);
    app_redraw(app);
}

static const char *name_of(const struct app *app)
{
    return app->journal_all ? NULL : app->migration;
}

static void ask(struct app *app, gboolean older, gint64 before, gint64 after)
{
    const struct client_page page = {name_of(app), PAGE_ROWS, before, after};
    app->journal_reading = TRUE;
    app->journal_older = older;
    client_journal(app->client, &page, on_journal, app);
}

/* The newest event that the snapshot tells of. */
static gint64 newest(const struct app *app)
{
    const struct snapshot *s = client_snapshot(app->client);
    gint64 id = 0;
    for (guint i = 0; s && i < s->migrations->len; i++) {
        const struct snap_migration *m = s->migrations->pdata[i];
        const struct snap_event *first = m->events->len ? m->events->pdata[0] : NULL;
        if (first && (app->journal_all || g_strcmp0(m->name, app->migration) == 0))
            id = MAX(id, first->id);
    }
    return id;
}

void app_journal_read(struct app *app)
{
    if (app->journal_reading || (app->frozen && app->journal && !app_in_past(app)) ||
        (!app->journal_all && !app->migration))
        return;
    const struct snap_event *first =
        app->journal && app->journal->len ? app->journal->pdata[0] : NULL;
    app->journal_event = newest(app);
    ask(app, FALSE, 0, first ? MAX(0, first->id - LATE_IDS) : 0);
}

void app_journal_follow(struct app *app)
{
    if (app->screen == SCREEN_JOURNAL && (!app->journal || newest(app) != app->journal_event))
        app_journal_read(app);
}

void app_journal_older(struct app *app)
{
    if (!app->journal || !app->journal->len || app->journal_reading || app->journal_begins ||
        app->journal->len >= EVENTS_MAX)
        return;
    const struct snap_event *last = app->journal->pdata[app->journal->len - 1];
    ask(app, TRUE, last->id, 0);
}

void app_journal_scope(struct app *app, gboolean all)
{
    if (app->journal_all != all)
        app_journal_forget(app);
    app->journal_all = all;
    app_journal_read(app);
    app_redraw(app);
}

/* --- into a file, all of it */

static void export_end(struct app *app)
{
    if (app->export.file)
        fclose(app->export.file);
    g_free(app->export.path);
    g_free(app->export.migration);
    app->export = (struct app_export){0};
}

static void line_write(FILE *file, const struct snap_event *e)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    json_put_int(json, "id", e->id);
    json_put_text(json, "at", e->when);
    json_put_text(json, "migration", e->migration);
    json_put_text(json, "who", e->who);
    json_put_text(json, "os_user", e->os_user);
    json_put_text(json, "client", e->client);
    json_put_text(json, "kind", e->kind);
    json_put_text(json, "event", e->text);
    json_builder_end_object(json);
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    g_autofree char *text = json_to_string(root, FALSE);
    fprintf(file, "%s\n", text);
}

static void on_export(const GPtrArray *events, const char *error, void *data);

static void export_ask(struct app *app)
{
    const struct client_page page = {app->export.migration, PAGE_ROWS, app->export.before, 0};
    client_journal(app->client, &page, on_export, app);
}

static void on_export(const GPtrArray *events, const char *error, void *data)
{
    struct app *app = data;
    struct app_export *export = &app->export;
    for (guint i = 0; events && i < events->len; i++) {
        const struct snap_event *e = events->pdata[i];
        line_write(export->file, e);
        export->before = e->id;
        export->n++;
    }
    if (events && events->len >= PAGE_ROWS) {
        export_ask(app);
        return;
    }
    gboolean written = fflush(export->file) == 0 && !ferror(export->file);
    if (error || !written)
        app_say(app, TOKEN_DANGER, TRUE, "× export: %s after %d lines: %s is not whole",
                error ? error : "it could not be written", export->n, export->path);
    else
        app_say(app, TOKEN_OK, FALSE, "export: %d lines, newest first, in %s", export->n,
                export->path);
    export_end(app);
}

void app_journal_export(struct app *app, const char *path)
{
    if (app->export.file) {
        app_say(app, TOKEN_WARN, FALSE, "export: one is under way");
        return;
    }
    /* never over a file that is there, and for nobody else's eyes */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        app_say(app, TOKEN_WARN, FALSE, "export: %s: %s", path, g_strerror(errno));
        return;
    }
    app->export =
        (struct app_export){fdopen(fd, "w"), g_strdup(path), g_strdup(name_of(app)), 0, 0};
    app_say(app, TOKEN_DIM, FALSE, "export: reading the journal …");
    export_ask(app);
}

void app_journal_clear(struct app *app)
{
    forget(app);
    export_end(app);
}
