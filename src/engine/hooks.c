/* Running hooks. A row of pgrollout.hook goes when its program has ended, well or not; an engine that dies before
 * leaves it to the next one. */
#include "config.h"
#include "hooks-private.h"

#include <string.h>

#include "pgrollout/base/clock.h"

#define RUNS_MAX 4
/* So often an engine may die with it. */
#define ATTEMPTS_MAX 3
#define FORGET_EVERY_US (60 * G_USEC_PER_SEC)
#define TOLD_BYTES 300

enum run_state { RUN_BEGINNING, RUN_GOES, RUN_ENDED, RUN_ENDING };

struct run {
    struct hooks *hooks;
    gint64 id, migration_id;
    enum run_state state;
    JsonObject *facts;
    char *path;
    struct program *program;
    gint64 began_us;
    char *text, *output; /* from RUN_ENDED on */
};

static void run_free(void *data)
{
    struct run *run = data;
    program_free(run->program);
    json_object_unref(run->facts);
    g_free(run->path);
    g_free(run->text);
    g_free(run->output);
    g_free(run);
}

struct hooks *hooks_new(struct engine *engine)
{
    struct hooks *hooks = g_new0(struct hooks, 1);
    const struct conf *conf = engine->options.conf;
    hooks->engine = engine;
    hooks->folder = hook_folder(conf);
    hooks->timeout_us = conf ? conf->hooks_timeout_us : CONF_HOOKS_TIMEOUT_US;
    hooks->runs = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, run_free);
    return hooks;
}

void hooks_free(struct hooks *hooks)
{
    if (!hooks)
        return;
    g_hash_table_unref(hooks->runs);
    g_free(hooks->folder);
    g_free(hooks);
}

void hooks_count(const struct hooks *hooks, struct hooks_count *count)
{
    *count = hooks->count;
    count->running = g_hash_table_size(hooks->runs);
}

static const char *event_of(const struct run *run)
{
    return json_object_get_string_member_with_default(run->facts, "event", "");
}

static const char *migration_of(const struct run *run)
{
    return json_object_get_string_member_with_default(run->facts, "migration", NULL);
}

/* --- the end of one */

static void on_end_told(struct db_conn *conn, struct db_reply *reply, const GError *error,
                        void *data)
{
    (void)conn;
    struct hooks *hooks = data;
    if (error || !db_reply_rows(reply)) {
        hooks_lost(hooks); /* tried again at a tick, as what has ended */
        return;
    }
    gint64 migration_id = db_reply_int(reply, 0, 0);
    struct run *run = g_hash_table_lookup(hooks->runs, &migration_id);
    if (!run || run->state != RUN_ENDING)
        return;
    if (!db_reply_text(reply, 0, 1)) { /* locked */
        run->state = RUN_ENDED;
        return;
    }
    g_hash_table_remove(hooks->runs, &migration_id);
    hooks_ask(hooks); /* the next one of the migration */
}

static void tell_end(struct run *run)
{
    const struct engine *engine = run->hooks->engine;
    if (!engine->token || run->state != RUN_ENDED)
        return;
    run->state = RUN_ENDING;
    g_autofree char *text = db_literal(run->text), *output = db_literal(run->output);
    g_autofree char *sql =
        g_strdup_printf("SELECT %" G_GINT64_FORMAT ", pgrollout.hook_end(%" G_GINT64_FORMAT
                        ", '%s', %" G_GINT64_FORMAT ", %s, %s)",
                        run->migration_id, engine->epoch, engine->token, run->id, text, output);
    engine_control(run->hooks->engine, sql, on_end_told, run->hooks);
}

static void ends(struct run *run, char *text)
{
    run->text = text;
    run->state = RUN_ENDED;
    engine_line(run->hooks->engine, migration_of(run), "%s", text);
    tell_end(run);
}

static void on_program_ended(void *data)
{
    struct run *run = data;
    g_autofree char *failure = NULL, *output = NULL;
    program_end(run->program, &failure, &output);
    run->output = g_strndup(output, HOOK_OUTPUT_MAX);
    g_autofree char *said = hook_cut(output, TOLD_BYTES);
    double took_s = (double)(clock_now_us() - run->began_us) / G_USEC_PER_SEC;
    if (failure)
        run->hooks->count.failed++;
    else
        run->hooks->count.done++;
    ends(run, failure ? g_strdup_printf("hook %s FAILED: %s%s%s", event_of(run), failure,
                                        *said ? ": " : "", said)
                      : g_strdup_printf("hook %s: done in %.1f s%s%s", event_of(run), took_s,
                                        *said ? ": " : "", said));
}

/* --- the beginning of one */

static void start_program(struct run *run, gint64 attempt)
{
    char *const argv[] = {run->path, NULL};
    json_object_set_int_member(run->facts, "attempt", attempt);
    g_auto(GStrv) environment = hook_environment(run->facts);
    g_autofree char *input = hook_input(run->facts);
    const struct program_spec spec = {.argv = argv,
                                      .environment = environment,
                                      .timeout_us = run->hooks->timeout_us,
                                      .input = input,
                                      .with_errors = TRUE,
                                      .ended = on_program_ended,
                                      .data = run};
    run->state = RUN_GOES;
    run->began_us = clock_now_us();
    run->program = program_start(&spec);
    g_autofree char *failure = NULL, *output = NULL;
    if (program_end(run->program, &failure, &output)) /* it could not be started */
        on_program_ended(run);
}

static void on_begun(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct hooks *hooks = data;
    if (error || !db_reply_rows(reply)) {
        hooks_lost(hooks); /* none of them is known to have begun: asked for again */
        return;
    }
    gint64 migration_id = db_reply_int(reply, 0, 0), attempt = db_reply_int(reply, 0, 1);
    struct run *run = g_hash_table_lookup(hooks->runs, &migration_id);
    if (!run || run->state != RUN_BEGINNING)
        return;
    if (attempt == 0) /* it is gone, or locked */
        g_hash_table_remove(hooks->runs, &migration_id);
    else
        start_program(run, attempt);
}

static void begin(struct run *run, gint64 attempts)
{
    const struct engine *engine = run->hooks->engine;
    g_autofree char *why = NULL;
    enum hook_state found = hook_file_find(run->hooks->folder, event_of(run), &run->path, &why);
    if (found == HOOK_REFUSED) {
        run->hooks->count.refused++;
        ends(run, g_strdup_printf("hook %s NOT RUN: %s", event_of(run), why));
    } else if (found == HOOK_NONE || attempts >= ATTEMPTS_MAX) {
        ends(run, g_strdup_printf(found == HOOK_NONE
                                      ? "hook %s NOT RUN: the file has just been taken away"
                                      : "hook %s NOT RUN: three engines have ended while it ran",
                                  event_of(run)));
    } else {
        g_autofree char *sql =
            g_strdup_printf("SELECT %" G_GINT64_FORMAT ", pgrollout.hook_begin(%" G_GINT64_FORMAT
                            ", '%s', %" G_GINT64_FORMAT ")",
                            run->migration_id, engine->epoch, engine->token, run->id);
        engine_control(run->hooks->engine, sql, on_begun, run->hooks);
    }
}

/* One of a migration at a time, so that they come in the order of what happened. */
static void take_due(struct hooks *hooks, JsonObject *due)
{
    gint64 migration_id = json_object_get_int_member(due, "migration_id");
    if (g_hash_table_contains(hooks->runs, &migration_id) ||
        g_hash_table_size(hooks->runs) >= RUNS_MAX)
        return;
    struct run *run = g_new0(struct run, 1);
    run->hooks = hooks;
    run->id = json_object_get_int_member(due, "id");
    run->migration_id = migration_id;
    run->facts = json_object_ref(json_object_get_object_member(due, "facts"));
    g_hash_table_insert(hooks->runs, &run->migration_id, run);
    begin(run, json_object_get_int_member(due, "attempts"));
}

/* --- asking what is due */

static void on_due(struct db_conn *conn, struct db_reply *reply, const GError *error, void *data)
{
    (void)conn;
    struct hooks *hooks = data;
    hooks->asking = FALSE;
    if (error) {
        engine_line(hooks->engine, NULL, "hooks: %s", error->message);
        return;
    }
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!db_reply_rows(reply) ||
        !json_parser_load_from_data(parser, db_reply_text(reply, 0, 0), -1, NULL))
        return;
    JsonArray *all = json_node_get_array(json_parser_get_root(parser));
    for (guint i = 0; i < json_array_get_length(all); i++)
        take_due(hooks, json_array_get_object_element(all, i));
    if (hooks->ask_settles && json_array_get_length(all) == 0 &&
        g_hash_table_size(hooks->runs) == 0 && !hooks->settled) {
        hooks->settled = TRUE;
        engine_refresh(hooks->engine);
    }
}

/* Of the events that have a file, so that the others go. */
static char *events_sql(const struct hooks *hooks)
{
    GString *list = g_string_new("'{");
    for (const char *const *event = hook_events; *event; event++) {
        g_autofree char *path = NULL, *why = NULL;
        if (hook_file_find(hooks->folder, *event, &path, &why) != HOOK_NONE)
            g_string_append_printf(list, "%s%s", list->len > 2 ? "," : "", *event);
    }
    g_string_append(list, "}'");
    return g_string_free(list, FALSE);
}

void hooks_ask(struct hooks *hooks)
{
    const struct engine *engine = hooks->engine;
    if (!engine->token || hooks->asking)
        return;
    hooks->asking = TRUE;
    hooks->ask_settles = hooks->settling;
    g_autofree char *events = events_sql(hooks);
    g_autofree char *sql =
        g_strdup_printf("SELECT pgrollout.hooks_due(%" G_GINT64_FORMAT ", '%s', %s)", engine->epoch,
                        engine->token, events);
    engine_control(hooks->engine, sql, on_due, hooks);
}

void hooks_tick(struct hooks *hooks)
{
    GHashTableIter iter;
    void *run;
    gint64 now = clock_now_us();
    g_hash_table_iter_init(&iter, hooks->runs);
    while (g_hash_table_iter_next(&iter, NULL, &run))
        tell_end(run);
    /* without a folder only what nobody will be told is to go */
    if (!hooks->folder && now - hooks->forgot_us < FORGET_EVERY_US)
        return;
    hooks->forgot_us = now;
    hooks_ask(hooks);
}

void hooks_wake(struct hooks *hooks)
{
    if (hooks->folder)
        hooks_ask(hooks);
}

void hooks_open(struct hooks *hooks)
{
    for (const char *const *event = hook_events; hooks->folder && *event; event++) {
        g_autofree char *path = NULL, *why = NULL;
        if (hook_file_find(hooks->folder, *event, &path, &why) == HOOK_REFUSED)
            engine_line(hooks->engine, NULL, "hook %s will not be run: %s", *event, why);
    }
    g_autofree char *path = NULL, *why = NULL;
    if (hook_file_find(hooks->folder, HOOK_BEFORE_CONTRACT, &path, &why) == HOOK_REFUSED)
        engine_line(hooks->engine, NULL,
                    "hook " HOOK_BEFORE_CONTRACT " cannot be run, so nothing goes into contract: "
                    "%s",
                    why);
    hooks->forgot_us = 0;
}

void hooks_lost(struct hooks *hooks)
{
    GHashTableIter iter;
    void *value;
    hooks->asking = FALSE;
    g_hash_table_iter_init(&iter, hooks->runs);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct run *run = value;
        if (run->state == RUN_BEGINNING)
            g_hash_table_iter_remove(&iter);
        else if (run->state == RUN_ENDING)
            run->state = RUN_ENDED; /* nobody knows whether it was recorded */
    }
}

gboolean hooks_settled(struct hooks *hooks)
{
    if (!hooks->folder || hooks->settled)
        return TRUE;
    hooks->settling = TRUE;
    hooks_ask(hooks);
    return FALSE;
}

void hooks_unsettle(struct hooks *hooks)
{
    hooks->settled = hooks->settling = FALSE;
}
