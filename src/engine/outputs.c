/* Metrics and events in files. */
#include "config.h"
#include "outputs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine-private.h"
#include "events-file.h"
#include "metrics.h"
#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "scribe.h"

#define METRICS_EVERY_US (2 * G_USEC_PER_SEC)
/* Older than this, what was read is not told as if it were so. */
#define STATE_STALE_US (15 * G_USEC_PER_SEC)
#define EVENTS_AT_ONCE 500

struct outputs {
    struct engine *engine;
    struct scribe *scribe;
    char *metrics, *events; /* paths; NULL: not wanted */
    char *database;         /* also while there is no connection; NULL before the first lease */
    gint64 began_us;        /* wall clock */
    /* metrics */
    JsonParser *state; /* NULL: none */
    gint64 state_us, wrote_us;
    gboolean state_asked, writing, metrics_failed;
    /* events */
    struct events_place place;
    gboolean torn;
    gboolean placed; /* it is known where to go on */
    gboolean asked, appending, events_failed;
    gboolean more;      /* something has happened meanwhile */
    GArray *on_the_way; /* gint64: in the file when the append is done */
};

/* --- metrics */

static void on_metrics_written(const char *failure, void *data)
{
    struct outputs *outputs = data;
    outputs->writing = FALSE;
    if (failure && !outputs->metrics_failed)
        engine_line(outputs->engine, NULL, "metrics file %s", failure);
    outputs->metrics_failed = failure != NULL;
}

static char *metrics_now(const struct outputs *outputs, gboolean up)
{
    const struct engine *engine = outputs->engine;
    gboolean fresh =
        engine->token && outputs->state && clock_now_us() - outputs->state_us < STATE_STALE_US;
    JsonNode *root = fresh ? json_parser_get_root(outputs->state) : NULL;
    struct metrics_engine own = {
        .database = outputs->database,
        .version = PACKAGE_VERSION,
        .up = up,
        .lease = up && fresh,
        .epoch = engine->epoch,
        .began_us = outputs->began_us,
        .now_us = g_get_real_time(),
    };
    hooks_count(engine->hooks, &own.hooks);
    return metrics_text(&own, up && root ? json_node_get_object(root) : NULL);
}

static void write_metrics(struct outputs *outputs)
{
    if (outputs->writing) /* the disk hangs: the next one will be newer */
        return;
    g_autofree char *text = metrics_now(outputs, TRUE);
    outputs->writing = TRUE;
    outputs->wrote_us = clock_now_us();
    scribe_replace(outputs->scribe, outputs->metrics, text, on_metrics_written, outputs);
}

static void on_state(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct outputs *outputs = data;
    outputs->state_asked = FALSE;
    g_autoptr(JsonParser) parser = json_parser_new();
    if (error) {
        engine_line(outputs->engine, NULL, "metrics: %s", error->message);
        return;
    }
    if (!json_parser_load_from_data(parser, db_reply_text(reply, 0, 0), -1, NULL))
        return;
    g_set_object(&outputs->state, parser);
    outputs->state_us = clock_now_us();
    write_metrics(outputs);
}

static void tick_metrics(struct outputs *outputs)
{
    gint64 now = clock_now_us();
    /* before the first lease the file may be another engine's */
    if (!outputs->engine->epoch || now - outputs->wrote_us < METRICS_EVERY_US)
        return;
    if (outputs->engine->token && !outputs->state_asked) {
        outputs->state_asked = TRUE;
        outputs->wrote_us = now; /* when its answer comes; or again after as long */
        engine_control(outputs->engine, "SELECT pgrollout.metrics_state()", on_state, outputs);
    } else {
        write_metrics(outputs);
    }
}

/* --- events */

static void ask_events(struct outputs *outputs);

static char *missing_sql(const struct outputs *outputs)
{
    GString *list = g_string_new("'{");
    for (guint i = 0; i < outputs->place.missing->len; i++)
        g_string_append_printf(list, "%s%" G_GINT64_FORMAT, i ? "," : "",
                               g_array_index(outputs->place.missing, gint64, i));
    g_string_append(list, "}'");
    return g_string_free(list, FALSE);
}

static char *events_sql(const struct outputs *outputs)
{
    g_autofree char *missing = missing_sql(outputs);
    return g_strdup_printf("SELECT * FROM pgrollout.events_after(%" G_GINT64_FORMAT ", %s, %d)",
                           outputs->place.after, missing, EVENTS_AT_ONCE);
}

static void arrived(struct outputs *outputs)
{
    for (guint i = 0; i < outputs->on_the_way->len; i++)
        events_place_add(&outputs->place, g_array_index(outputs->on_the_way, gint64, i));
    g_array_set_size(outputs->on_the_way, 0);
}

static void on_appended(const char *failure, void *data)
{
    struct outputs *outputs = data;
    outputs->appending = FALSE;
    if (failure && !outputs->events_failed)
        engine_line(outputs->engine, NULL, "events file %s; tried again", failure);
    outputs->events_failed = failure != NULL;
    if (failure)
        return; /* read again at a tick: nothing is lost */
    outputs->torn = FALSE;
    arrived(outputs);
    if (outputs->more)
        ask_events(outputs);
}

static void append(struct outputs *outputs, const struct db_reply *reply)
{
    const char *database = outputs->database;
    /* a line that a crash cut is ended; its event comes whole */
    GString *text = g_string_new(outputs->torn ? "\n" : NULL);
    g_array_set_size(outputs->on_the_way, 0);
    for (int row = 0; row < db_reply_rows(reply); row++) {
        gint64 id = db_reply_int(reply, row, 0);
        g_autofree char *line =
            events_line(database, id, db_reply_text(reply, row, 1), db_reply_text(reply, row, 2),
                        db_reply_text(reply, row, 3), db_reply_text(reply, row, 4),
                        db_reply_text(reply, row, 5), db_reply_text(reply, row, 6),
                        db_reply_text(reply, row, 7));
        g_string_append(text, line);
        g_array_append_val(outputs->on_the_way, id);
    }
    outputs->more = outputs->more || db_reply_rows(reply) >= EVENTS_AT_ONCE;
    if (db_reply_rows(reply) > 0) {
        outputs->appending = TRUE;
        scribe_append(outputs->scribe, outputs->events, text->str, on_appended, outputs);
    }
    g_string_free(text, TRUE);
}

static void on_events(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct outputs *outputs = data;
    outputs->asked = FALSE;
    if (error)
        engine_line(outputs->engine, NULL, "events: %s", error->message);
    else
        append(outputs, reply);
}

static void on_place(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct outputs *outputs = data;
    outputs->asked = FALSE;
    if (error) {
        engine_line(outputs->engine, NULL, "events: %s", error->message);
        return;
    }
    gint64 after = db_reply_int(reply, 0, 0);
    if (after != outputs->place.after) { /* of another journal, or of none */
        g_array_set_size(outputs->place.missing, 0);
        outputs->place.after = after;
    }
    outputs->placed = TRUE;
    ask_events(outputs);
}

static void ask_place(struct outputs *outputs)
{
    g_autoptr(GError) error = NULL;
    const char *database = outputs->database;
    if (strcmp(outputs->events, "-") != 0 && !outputs->place.after &&
        !events_place_read(&outputs->place, outputs->events, database, &outputs->torn, &error)) {
        engine_end(outputs->engine, 2, g_steal_pointer(&error));
        return;
    }
    g_autofree char *at = db_literal(outputs->place.at);
    g_autofree char *sql = g_strdup_printf(
        "SELECT pgrollout.events_place(%" G_GINT64_FORMAT ", %s)", outputs->place.after, at);
    outputs->asked = TRUE;
    engine_control(outputs->engine, sql, on_place, outputs);
}

static void ask_events(struct outputs *outputs)
{
    if (!outputs->engine->token || outputs->engine->stopping)
        return;
    outputs->more = outputs->asked || outputs->appending;
    if (outputs->more)
        return;
    if (!outputs->placed) {
        ask_place(outputs);
        return;
    }
    outputs->asked = TRUE;
    g_autofree char *sql = events_sql(outputs);
    engine_control(outputs->engine, sql, on_events, outputs);
}

/* --- both */

/* A device would be replaced by a file, and a folder by nothing. */
static gboolean check_metrics(const char *path, GError **error)
{
    struct stat st;
    g_autofree char *folder = g_path_get_dirname(path);
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "--metrics-file %s: this is no file", path);
    if (access(folder, W_OK | X_OK) != 0)
        return rollout_fail(error, ROLLOUT_ERROR_USAGE,
                            "--metrics-file %s: no file can be made in its folder: %s", path,
                            g_strerror(errno));
    return TRUE;
}

struct outputs *outputs_new(struct engine *engine, GError **error)
{
    const struct engine_options *options = &engine->options;
    if (options->metrics_file && !check_metrics(options->metrics_file, error))
        return NULL;
    struct outputs *outputs = g_new0(struct outputs, 1);
    outputs->engine = engine;
    outputs->metrics = g_strdup(options->metrics_file);
    outputs->events = g_strdup(options->events_file);
    outputs->began_us = g_get_real_time();
    outputs->on_the_way = g_array_new(FALSE, FALSE, sizeof(gint64));
    events_place_init(&outputs->place);
    if (outputs->metrics || outputs->events)
        outputs->scribe = scribe_new();
    return outputs;
}

void outputs_free(struct outputs *outputs)
{
    if (!outputs)
        return;
    if (outputs->metrics && outputs->engine->epoch && outputs->engine->exit_status != 4) {
        g_autofree char *text = metrics_now(outputs, FALSE);
        scribe_replace(outputs->scribe, outputs->metrics, text, NULL, NULL);
    }
    scribe_free(outputs->scribe);
    g_clear_object(&outputs->state);
    events_place_clear(&outputs->place);
    g_array_unref(outputs->on_the_way);
    g_free(outputs->database);
    g_free(outputs->metrics);
    g_free(outputs->events);
    g_free(outputs);
}

void outputs_open(struct outputs *outputs)
{
    g_free(outputs->database);
    outputs->database = g_strdup(db_conn_dbname(outputs->engine->control));
    outputs->wrote_us = 0;
    outputs_tick(outputs);
}

void outputs_lost(struct outputs *outputs)
{
    outputs->asked = outputs->state_asked = FALSE;
    g_clear_object(&outputs->state);
}

void outputs_tick(struct outputs *outputs)
{
    if (outputs->metrics)
        tick_metrics(outputs);
    outputs_wake(outputs);
}

void outputs_wake(struct outputs *outputs)
{
    if (outputs->events)
        ask_events(outputs);
}

void outputs_finish(struct outputs *outputs, struct db_conn *conn)
{
    if (!outputs->events || !outputs->placed)
        return;
    /* they come first; should that fail, the file has a gap, which the next engine fills */
    if (outputs->appending)
        arrived(outputs);
    g_autofree char *sql = events_sql(outputs);
    struct db_reply *reply = db_conn_query_wait(conn, sql, 0, NULL, NULL);
    if (reply)
        append(outputs, reply);
    db_reply_free(reply);
}

void outputs_reopen(struct outputs *outputs)
{
    if (outputs->scribe)
        scribe_reopen(outputs->scribe);
}
