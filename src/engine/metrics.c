/* The metrics file's text. */
#include "config.h"
#include "metrics.h"

#include <math.h>
#include <string.h>

#include "pgrollout/plan/plan.h"

#define PREFIX "pgrollout_"

const struct metric metrics_all[] = {
    {"build_info", "gauge", "version", "Always 1, with the version of the engine."},
    {"engine_up", "gauge", "", "1 while the engine runs, 0 when it has ended by itself."},
    {"engine_lease_held", "gauge", "",
     "1 while the engine holds the lease of the database and can read it."},
    {"engine_epoch", "gauge", "", "Number of the lease."},
    {"engine_start_time_seconds", "gauge", "", "When the engine began, Unix time."},
    {"metrics_timestamp_seconds", "gauge", "", "When this file was written, Unix time."},
    {"hook_runs_total", "counter", "result", "Hooks that have ended, since the engine began."},
    {"hooks_running", "gauge", "", "Hooks that run or are being recorded."},
    {"migration_state", "gauge", "migration,state",
     "1 for the state of the migration, 0 for the others."},
    {"migration_phase", "gauge", "migration,phase",
     "1 for the phase of the migration, 0 for the others."},
    {"migration_held", "gauge", "migration",
     "1 while something keeps the migration from going on."},
    {"hold_start_time_seconds", "gauge", "migration,kind,key",
     "Since when the hold stands, Unix time."},
    {"rows_done_total", "counter", "migration,step", "Rows that batches have passed."},
    {"rows_changed_total", "counter", "migration,step", "Rows that batches have changed."},
    {"rows_expected", "gauge", "migration,step", "Estimate of the rows there are to pass."},
    {"rows_per_second", "gauge", "migration,step",
     "Rows passed per second, over the last seconds."},
    {"progress_ratio", "gauge", "migration,step", "Share of the step that is done, 0 to 1."},
    {"eta_seconds", "gauge", "migration,step,bound",
     "How long the step will take, at least and at most."},
    {"batches_total", "counter", "migration,step", "Batches done."},
    {"batch_rows", "gauge", "migration,step", "Rows of the last batch."},
    {"batch_duration_seconds", "gauge", "migration,step", "How long the last batch took."},
    {"retries_total", "counter", "migration,step", "Batches that were tried again."},
    {"quarantined_rows", "gauge", "migration", "Rows that could not be filled."},
    {"guard_value", "gauge", "migration,guard,unit",
     "What the guard reads, in the unit of the label."},
    {"guard_pause_threshold", "gauge", "migration,guard,unit", "From where on the guard holds."},
    {"guard_tripped", "gauge", "migration,guard",
     "1 while the guard is at its limit or cannot be read."},
    {"guard_blind", "gauge", "migration,guard", "1 while the guard cannot be read."},
    {0},
};

struct writer {
    GHashTable *series; /* name → GString of its lines */
    const char *database;
};

static void escape(GString *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            g_string_append(out, "\\n");
        else if (*text == '\\' || *text == '"')
            g_string_append_printf(out, "\\%c", *text);
        else
            g_string_append_c(out, *text);
    }
}

/* Label names and values in turn, NULL at the end. What is not known is no line. */
static void G_GNUC_NULL_TERMINATED put(struct writer *writer, const char *name, double value, ...)
{
    if (isnan(value))
        return;
    GString *lines = g_hash_table_lookup(writer->series, name);
    if (!lines)
        g_hash_table_insert(writer->series, (void *)name, lines = g_string_new(NULL));
    g_string_append_printf(lines, PREFIX "%s{database=\"", name);
    escape(lines, writer->database);
    va_list args;
    va_start(args, value);
    for (const char *label; (label = va_arg(args, const char *));) {
        const char *text = va_arg(args, const char *);
        g_string_append_printf(lines, "\",%s=\"", label);
        escape(lines, text ? text : "");
    }
    va_end(args);
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    if (isinf(value))
        g_strlcpy(number, value > 0 ? "+Inf" : "-Inf", sizeof number);
    else if (value == trunc(value) && fabs(value) < 1e15)
        g_ascii_formatd(number, sizeof number, "%.0f", value);
    else
        g_ascii_dtostr(number, sizeof number, value);
    g_string_append_printf(lines, "\"} %s\n", number);
}

static const char *text_of(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static double number_of(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    if (!node || !JSON_NODE_HOLDS_VALUE(node))
        return NAN;
    return json_node_get_double(node);
}

static JsonArray *array_of(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static void put_engine(struct writer *writer, const struct metrics_engine *engine)
{
    put(writer, "build_info", 1, "version", engine->version, NULL);
    put(writer, "engine_up", engine->up, NULL);
    put(writer, "engine_lease_held", engine->lease, NULL);
    put(writer, "engine_epoch", engine->epoch ? (double)engine->epoch : NAN, NULL);
    put(writer, "engine_start_time_seconds", (double)engine->began_us / G_USEC_PER_SEC, NULL);
    put(writer, "metrics_timestamp_seconds", (double)engine->now_us / G_USEC_PER_SEC, NULL);
    put(writer, "hook_runs_total", (double)engine->hooks.done, "result", "done", NULL);
    put(writer, "hook_runs_total", (double)engine->hooks.failed, "result", "failed", NULL);
    put(writer, "hook_runs_total", (double)engine->hooks.refused, "result", "refused", NULL);
    put(writer, "hooks_running", engine->hooks.running, NULL);
}

static void put_state(struct writer *writer, const char *migration, JsonObject *object)
{
    static const char *const states[] = {"loaded",   "active",  "failed",
                                         "aborting", "aborted", "done"};
    const char *state = text_of(object, "state"), *phase = text_of(object, "phase");
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
        put(writer, "migration_state", g_strcmp0(state, states[i]) == 0, "migration", migration,
            "state", states[i], NULL);
    for (int i = 0; i < PHASE_COUNT; i++) {
        const char *name = plan_phase_name((enum plan_phase)i);
        put(writer, "migration_phase", g_strcmp0(phase, name) == 0, "migration", migration, "phase",
            name, NULL);
    }
    put(writer, "quarantined_rows", number_of(object, "quarantined"), "migration", migration, NULL);
}

static void put_holds(struct writer *writer, const char *migration, JsonObject *object)
{
    JsonArray *holds = array_of(object, "holds");
    put(writer, "migration_held", holds && json_array_get_length(holds) > 0, "migration", migration,
        NULL);
    for (guint i = 0; holds && i < json_array_get_length(holds); i++) {
        JsonObject *hold = json_array_get_object_element(holds, i);
        put(writer, "hold_start_time_seconds", number_of(hold, "since"), "migration", migration,
            "kind", text_of(hold, "kind"), "key", text_of(hold, "key"), NULL);
    }
}

static void put_progress(struct writer *writer, const char *migration, JsonObject *object)
{
    static const struct {
        const char *metric, *member;
    } members[] = {
        {"rows_done_total", "rows_done"}, {"rows_changed_total", "rows_changed"},
        {"rows_expected", "rows_total"},  {"rows_per_second", "rows_per_s"},
        {"progress_ratio", "fraction"},   {"batches_total", "batches"},
        {"batch_rows", "batch_rows"},     {"retries_total", "retries"},
    };
    JsonNode *node = json_object_get_member(object, "progress");
    if (!node || !JSON_NODE_HOLDS_OBJECT(node))
        return;
    JsonObject *progress = json_node_get_object(node);
    const char *step = text_of(progress, "step");
    for (gsize i = 0; i < G_N_ELEMENTS(members); i++)
        put(writer, members[i].metric, number_of(progress, members[i].member), "migration",
            migration, "step", step, NULL);
    put(writer, "batch_duration_seconds", number_of(progress, "batch_ms") / 1000, "migration",
        migration, "step", step, NULL);
    JsonArray *eta = array_of(progress, "eta_s");
    for (guint i = 0; eta && i < 2 && json_array_get_length(eta) == 2; i++) {
        JsonNode *bound = json_array_get_element(eta, i);
        put(writer, "eta_seconds", JSON_NODE_HOLDS_VALUE(bound) ? json_node_get_double(bound) : NAN,
            "migration", migration, "step", step, "bound", i ? "high" : "low", NULL);
    }
}

/* Prometheus' base units. */
static const char *unit_of(JsonObject *guard, double *factor)
{
    const char *unit = text_of(guard, "unit");
    *factor = g_strcmp0(unit, "%") == 0 ? 0.01 : 1;
    return g_strcmp0(unit, "%") == 0   ? "ratio"
           : g_strcmp0(unit, "s") == 0 ? "seconds"
           : g_strcmp0(unit, "B") == 0 ? "bytes"
                                       : "";
}

static void put_guards(struct writer *writer, const char *migration, JsonObject *object)
{
    JsonArray *guards = array_of(object, "guards");
    for (guint i = 0; guards && i < json_array_get_length(guards); i++) {
        JsonObject *guard = json_array_get_object_element(guards, i);
        const char *name = text_of(guard, "name"), *state = text_of(guard, "state");
        double factor;
        const char *unit = unit_of(guard, &factor);
        gboolean blind = g_strcmp0(state, "blind") == 0;
        if (g_strcmp0(state, "off") == 0)
            continue;
        put(writer, "guard_value", number_of(guard, "value") * factor, "migration", migration,
            "guard", name, "unit", unit, NULL);
        put(writer, "guard_pause_threshold", number_of(guard, "pause") * factor, "migration",
            migration, "guard", name, "unit", unit, NULL);
        put(writer, "guard_tripped", blind || g_strcmp0(state, "tripped") == 0, "migration",
            migration, "guard", name, NULL);
        put(writer, "guard_blind", blind, "migration", migration, "guard", name, NULL);
    }
}

static void lines_free(void *lines)
{
    g_string_free(lines, TRUE);
}

char *metrics_text(const struct metrics_engine *engine, JsonObject *state)
{
    struct writer writer = {g_hash_table_new_full(g_str_hash, g_str_equal, NULL, lines_free),
                            engine->database};
    put_engine(&writer, engine);
    JsonArray *migrations = state ? array_of(state, "migrations") : NULL;
    for (guint i = 0; migrations && i < json_array_get_length(migrations); i++) {
        JsonObject *object = json_array_get_object_element(migrations, i);
        const char *migration = text_of(object, "name");
        put_state(&writer, migration, object);
        put_holds(&writer, migration, object);
        put_progress(&writer, migration, object);
        put_guards(&writer, migration, object);
    }
    GString *text = g_string_new(NULL);
    for (const struct metric *metric = metrics_all; metric->name; metric++) {
        const GString *lines = g_hash_table_lookup(writer.series, metric->name);
        if (lines)
            g_string_append_printf(text, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n%s",
                                   metric->name, metric->help, metric->name, metric->type,
                                   lines->str);
    }
    g_hash_table_unref(writer.series);
    return g_string_free(text, FALSE);
}
