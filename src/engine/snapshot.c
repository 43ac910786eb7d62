/* The snapshot out of its JSON: tables of fields, one for each struct. Whatever is missing or has
 * another type reads as unknown, so that an older or newer control schema never breaks a console.
 */
#include "config.h"
#include "snapshot-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/engine/snapshot-look.h"

static const struct field step_fields[] = {
    FIELD(snap_step, FIELD_TEXT, name),        FIELD(snap_step, FIELD_TEXT, kind),
    FIELD(snap_step, FIELD_TEXT, state),       FIELD(snap_step, FIELD_TEXT, title),
    FIELD(snap_step, FIELD_TEXT, lock),        FIELD(snap_step, FIELD_TEXT, undo),
    FIELD(snap_step, FIELD_TEXT, does),        FIELD(snap_step, FIELD_BOOL, irreversible),
    FIELD(snap_step, FIELD_INT, attempts),     FIELD(snap_step, FIELD_TEXT, error),
    FIELD(snap_step, FIELD_TEXT, sqlstate),    FIELD(snap_step, FIELD_TEXT, evidence),
    FIELD(snap_step, FIELD_NUMBER, elapsed_s), {0},
};

static const struct field phase_fields[] = {
    FIELD(snap_phase, FIELD_TEXT, name),
    FIELD(snap_phase, FIELD_TEXT, state),
    FIELD(snap_phase, FIELD_NUMBER, elapsed_s),
    {0},
};

static const struct field hold_fields[] = {
    FIELD(snap_hold, FIELD_TEXT, kind),
    FIELD(snap_hold, FIELD_TEXT, key),
    FIELD(snap_hold, FIELD_TEXT, reason),
    FIELD(snap_hold, FIELD_TEXT, since),
    FIELD(snap_hold, FIELD_TEXT, by),
    FIELD(snap_hold, FIELD_NUMBER, age_s),
    {0},
};

static const struct field progress_fields[] = {
    FIELD(snap_progress, FIELD_TEXT, step),
    FIELD(snap_progress, FIELD_NUMBER, rows_done),
    FIELD(snap_progress, FIELD_NUMBER, rows_total),
    FIELD(snap_progress, FIELD_NUMBER, fraction),
    FIELD(snap_progress, FIELD_NUMBER, rows_per_s),
    FIELD(snap_progress, FIELD_NUMBER, batch_rows),
    FIELD(snap_progress, FIELD_NUMBER, batch_ms),
    FIELD(snap_progress, FIELD_NUMBER, batches),
    FIELD(snap_progress, FIELD_NUMBER, retries),
    FIELD(snap_progress, FIELD_NUMBER, quarantined),
    FIELD(snap_progress, FIELD_NUMBER, rest_ms),
    FIELD(snap_progress, FIELD_TEXT, unfilled),
    {0},
};

static const struct field guard_fields[] = {
    FIELD(snap_guard, FIELD_TEXT, name),
    FIELD(snap_guard, FIELD_TEXT, unit),
    FIELD(snap_guard, FIELD_TEXT, state),
    FIELD(snap_guard, FIELD_TEXT, detail),
    FIELD(snap_guard, FIELD_NUMBER, value),
    FIELD(snap_guard, FIELD_NUMBER, pause),
    FIELD(snap_guard, FIELD_NUMBER, resume),
    FIELD(snap_guard, FIELD_NUMBER, clears_after),
    FIELD(snap_guard, FIELD_NUMBER, clearing),
    FIELD(snap_guard, FIELD_NUMBER, every_s),
    {0},
};

static const struct field answer_fields[] = {
    FIELD(snap_answer, FIELD_TEXT, application),
    FIELD(snap_answer, FIELD_TEXT, by),
    {0},
};

static const struct field gate_fields[] = {
    FIELD(snap_gate, FIELD_TEXT, step),
    FIELD(snap_gate, FIELD_TEXT, text),
    FIELD(snap_gate, FIELD_BOOL, reverse),
    FIELD(snap_gate, FIELD_BOOL, by_approver),
    FIELD(snap_gate, FIELD_TEXT, evidence),
    FIELD(snap_gate, FIELD_BOOL, clear),
    {0},
};

static const struct field event_fields[] = {
    FIELD(snap_event, FIELD_INT64, id),
    FIELD(snap_event, FIELD_TEXT, at),
    FIELD(snap_event, FIELD_TEXT, who),
    FIELD(snap_event, FIELD_TEXT, kind),
    FIELD(snap_event, FIELD_TEXT, text),
    FIELD(snap_event, FIELD_TEXT, when),
    FIELD(snap_event, FIELD_TEXT, os_user),
    FIELD(snap_event, FIELD_TEXT, client),
    {0},
};

static const struct field migration_fields[] = {
    FIELD(snap_migration, FIELD_INT64, id),
    FIELD(snap_migration, FIELD_INT64, version),
    FIELD(snap_migration, FIELD_TEXT, name),
    FIELD(snap_migration, FIELD_TEXT, title),
    FIELD(snap_migration, FIELD_TEXT, owner),
    FIELD(snap_migration, FIELD_TEXT, contact),
    FIELD(snap_migration, FIELD_TEXT, ticket),
    FIELD(snap_migration, FIELD_TEXT, state),
    FIELD(snap_migration, FIELD_TEXT, phase),
    FIELD(snap_migration, FIELD_TEXT, step),
    FIELD(snap_migration, FIELD_TEXT, plan_sha256),
    FIELD(snap_migration, FIELD_TEXT, waits_for),
    FIELD(snap_migration, FIELD_TEXT, pause_text),
    FIELD(snap_migration, FIELD_TEXT, abort_text),
    FIELD(snap_migration, FIELD_TEXT, contract_obstacle),
    FIELD(snap_migration, FIELD_BOOL, abort_possible),
    {0},
};

static const struct field replica_fields[] = {
    FIELD(snap_replica, FIELD_TEXT, name),
    FIELD(snap_replica, FIELD_TEXT, state),
    FIELD(snap_replica, FIELD_NUMBER, lag_s),
    FIELD(snap_replica, FIELD_NUMBER, lag_bytes),
    {0},
};

static const struct field lock_wait_fields[] = {
    FIELD(snap_lock_wait, FIELD_INT64, pid),        FIELD(snap_lock_wait, FIELD_NUMBER, waited_s),
    FIELD(snap_lock_wait, FIELD_BOOL, ours),        FIELD(snap_lock_wait, FIELD_BOOL, on_us),
    FIELD(snap_lock_wait, FIELD_TEXT, application), FIELD(snap_lock_wait, FIELD_TEXT, state),
    FIELD(snap_lock_wait, FIELD_TEXT, query),       {0},
};

static const struct field snapshot_fields[] = {
    FIELD(snapshot, FIELD_TEXT, at),
    FIELD(snapshot, FIELD_TEXT, database),
    FIELD(snapshot, FIELD_BOOL, installed),
    FIELD(snapshot, FIELD_INT, schema_version),
    FIELD(snapshot, FIELD_BOOL, paused_all),
    FIELD(snapshot, FIELD_NUMBER, our_wal_share),
    FIELD(snapshot, FIELD_NUMBER, our_active),
    FIELD(snapshot, FIELD_NUMBER, all_active),
    {0},
};

/* The same in objects of their own. */
static const struct field server_fields[] = {
    {"version", FIELD_INT, offsetof(struct snapshot, server_version)},
    {"role", FIELD_TEXT, offsetof(struct snapshot, server_role)},
    {"timeline", FIELD_INT, offsetof(struct snapshot, timeline)},
    {0},
};

static const struct field caller_fields[] = {
    {"login", FIELD_TEXT, offsetof(struct snapshot, login)},
    {"role", FIELD_TEXT, offsetof(struct snapshot, role)},
    {0},
};

static const struct field engine_fields[] = {
    {"alive", FIELD_BOOL, offsetof(struct snapshot, engine_alive)},
    {"epoch", FIELD_INT64, offsetof(struct snapshot, engine_epoch)},
    {"pid", FIELD_INT64, offsetof(struct snapshot, engine_pid)},
    {"host", FIELD_TEXT, offsetof(struct snapshot, engine_host)},
    {"log", FIELD_TEXT, offsetof(struct snapshot, engine_log)},
    {"heartbeat_age_s", FIELD_NUMBER, offsetof(struct snapshot, heartbeat_age_s)},
    {0},
};

static const struct field session_fields[] = {
    FIELD(snap_session, FIELD_INT64, pid),        FIELD(snap_session, FIELD_TEXT, backend_start),
    FIELD(snap_session, FIELD_TEXT, login),       FIELD(snap_session, FIELD_TEXT, application),
    FIELD(snap_session, FIELD_TEXT, address),     FIELD(snap_session, FIELD_TEXT, database),
    FIELD(snap_session, FIELD_TEXT, kind),        FIELD(snap_session, FIELD_TEXT, state),
    FIELD(snap_session, FIELD_TEXT, wait_type),   FIELD(snap_session, FIELD_TEXT, wait_event),
    FIELD(snap_session, FIELD_NUMBER, xact_s),    FIELD(snap_session, FIELD_NUMBER, query_s),
    FIELD(snap_session, FIELD_NUMBER, state_s),   FIELD(snap_session, FIELD_TEXT, query),
    FIELD(snap_session, FIELD_INT, query_length), FIELD(snap_session, FIELD_BOOL, query_hidden),
    FIELD(snap_session, FIELD_INT64, xact_us),    FIELD(snap_session, FIELD_INT64, query_us),
    FIELD(snap_session, FIELD_BOOL, ours),        {0},
};

static const struct field activity_fields[] = {
    FIELD(snap_activity, FIELD_INT, total),
    FIELD(snap_activity, FIELD_INT, active),
    FIELD(snap_activity, FIELD_INT, idle_in_transaction),
    FIELD(snap_activity, FIELD_INT, waiting),
    FIELD(snap_activity, FIELD_INT, hidden),
    FIELD(snap_activity, FIELD_INT, max_connections),
    FIELD(snap_activity, FIELD_NUMBER, oldest_xact_s),
    {0},
};

static double node_number(JsonNode *node)
{
    GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_NONE;
    if (type == G_TYPE_INT64)
        return (double)json_node_get_int(node);
    if (type == G_TYPE_DOUBLE)
        return json_node_get_double(node);
    return NAN;
}

static char *node_text(JsonNode *node)
{
    if (!node || !JSON_NODE_HOLDS_VALUE(node))
        return NULL;
    GType type = json_node_get_value_type(node);
    if (type == G_TYPE_STRING)
        return json_node_dup_string(node);
    if (type == G_TYPE_INT64)
        return g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
    return NULL;
}

char *snap_text(const char *text)
{
    return text ? g_ref_string_new_intern(text) : NULL;
}

void snap_text_set(char **place, const char *text)
{
    char *fresh = snap_text(text);
    g_clear_pointer(place, g_ref_string_release);
    *place = fresh;
}

static char *node_shared(JsonNode *node)
{
    g_autofree char *text = node_text(node);
    return snap_text(text);
}

static gint64 node_int64(JsonNode *node)
{
    double number = node_number(node);
    if (node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64)
        return json_node_get_int(node);
    return isnan(number) || fabs(number) > 9e18 ? 0 : (gint64)number;
}

static gboolean node_bool(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_VALUE(node) &&
           json_node_get_value_type(node) == G_TYPE_BOOLEAN && json_node_get_boolean(node);
}

void snap_fields_read(const struct field *fields, JsonObject *object, void *out)
{
    for (const struct field *f = fields; f->key; f++) {
        JsonNode *node = object ? json_object_get_member(object, f->key) : NULL;
        void *place = (char *)out + f->offset;
        switch (f->type) {
        case FIELD_TEXT:
            *(char **)place = node_shared(node);
            break;
        case FIELD_NUMBER:
            *(double *)place = node_number(node);
            break;
        case FIELD_INT64:
            *(gint64 *)place = node_int64(node);
            break;
        case FIELD_INT:
            *(int *)place = (int)node_int64(node);
            break;
        case FIELD_BOOL:
            *(gboolean *)place = node_bool(node);
            break;
        }
    }
}

void snap_fields_clear(const struct field *fields, void *out)
{
    for (const struct field *f = fields; f->key; f++)
        if (f->type == FIELD_TEXT)
            snap_text_set((char **)((char *)out + f->offset), NULL);
}

JsonObject *snap_member_object(JsonObject *object, const char *key)
{
    JsonNode *node = object ? json_object_get_member(object, key) : NULL;
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonArray *member_array(JsonObject *object, const char *key)
{
    JsonNode *node = object ? json_object_get_member(object, key) : NULL;
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

GPtrArray *snap_list_read(JsonObject *object, const char *key, element_fn read,
                          GDestroyNotify free_fn)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(free_fn);
    JsonArray *array = member_array(object, key);
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonNode *node = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_OBJECT(node))
            g_ptr_array_add(list, read(json_node_get_object(node)));
    }
    return list;
}

PLAIN_ELEMENT(static, , step)
PLAIN_ELEMENT(static, , hold)
PLAIN_ELEMENT(static, , guard)
PLAIN_ELEMENT(static, , answer)
PLAIN_ELEMENT(static, , replica)
PLAIN_ELEMENT(, snap_, session)

static void *phase_read(JsonObject *object)
{
    struct snap_phase *phase = g_new0(struct snap_phase, 1);
    snap_fields_read(phase_fields, object, phase);
    phase->steps = snap_list_read(object, "steps", step_read, step_free);
    return phase;
}

static void phase_free(void *data)
{
    struct snap_phase *phase = data;
    snap_fields_clear(phase_fields, phase);
    g_ptr_array_unref(phase->steps);
    g_free(phase);
}

/* "2026-11-22T14:02:31.123Z" becomes "14:02:31". */
static void shorten_time(char **text)
{
    const char *t = *text ? strchr(*text, 'T') : NULL;
    if (!t)
        return;
    g_autofree char *clock = g_strndup(t + 1, 8);
    snap_text_set(text, clock);
}

static void *event_read(JsonObject *object)
{
    struct snap_event *event = g_new0(struct snap_event, 1);
    snap_fields_read(event_fields, object, event);
    shorten_time(&event->at);
    return event;
}

static void event_free(void *data)
{
    snap_fields_clear(event_fields, data);
    g_free(data);
}

GArray *snap_numbers_read(JsonObject *object, const char *key)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(gint64));
    JsonArray *array = member_array(object, key);
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        gint64 number = node_int64(json_array_get_element(array, i));
        g_array_append_val(numbers, number);
    }
    return numbers;
}

static void *lock_wait_read(JsonObject *object)
{
    struct snap_lock_wait *wait = g_new0(struct snap_lock_wait, 1);
    snap_fields_read(lock_wait_fields, object, wait);
    wait->blocked_by = snap_numbers_read(object, "blocked_by");
    return wait;
}

static void lock_wait_free(void *data)
{
    struct snap_lock_wait *wait = data;
    snap_fields_clear(lock_wait_fields, wait);
    g_array_unref(wait->blocked_by);
    g_free(wait);
}

static struct snap_gate *gate_read(JsonObject *object)
{
    if (!object)
        return NULL;
    struct snap_gate *gate = g_new0(struct snap_gate, 1);
    snap_fields_read(gate_fields, object, gate);
    g_autofree char *by = node_text(json_object_get_member(object, "by"));
    gate->by_approver |= g_strcmp0(by, "approver") == 0;
    gate->answers = snap_list_read(object, "answers", answer_read, answer_free);
    return gate;
}

static void gate_free(struct snap_gate *gate)
{
    if (!gate)
        return;
    snap_fields_clear(gate_fields, gate);
    g_ptr_array_unref(gate->answers);
    g_free(gate);
}

static void series_read(JsonObject *object, const char *key, struct snap_series *out)
{
    JsonArray *array = member_array(object, key);
    out->n = array ? json_array_get_length(array) : 0;
    out->values = g_new0(double, MAX(out->n, 1));
    for (guint i = 0; i < out->n; i++)
        out->values[i] = node_number(json_array_get_element(array, i));
}

static void progress_read(JsonObject *object, struct snap_migration *migration)
{
    migration->has_progress = object != NULL;
    snap_fields_read(progress_fields, object, &migration->progress);
    JsonArray *eta = member_array(object, "eta_s");
    gboolean range = eta && json_array_get_length(eta) == 2;
    migration->progress.eta_low_s = range ? node_number(json_array_get_element(eta, 0)) : NAN;
    migration->progress.eta_high_s = range ? node_number(json_array_get_element(eta, 1)) : NAN;
    if (migration->progress.fraction > 1)
        migration->progress.fraction = 1;
}

static void *migration_read(JsonObject *object)
{
    struct snap_migration *m = g_new0(struct snap_migration, 1);
    snap_fields_read(migration_fields, object, m);
    if (!m->name)
        m->name = snap_text("?");
    if (!json_object_has_member(object, "abort_possible"))
        m->abort_possible = TRUE; /* the server has the last word */
    m->phases = snap_list_read(object, "phases", phase_read, phase_free);
    m->holds = snap_list_read(object, "holds", hold_read, hold_free);
    m->guards = snap_list_read(object, "guards", guard_read, guard_free);
    m->events = snap_list_read(object, "events", event_read, event_free);
    m->evidence = snap_list_read(object, "evidence", event_read, event_free);
    m->gate = gate_read(snap_member_object(object, "gate"));
    progress_read(snap_member_object(object, "progress"), m);
    JsonObject *series = snap_member_object(object, "series");
    series_read(series, "rows_per_s", &m->rows_per_s);
    series_read(series, "lag_s", &m->lag_s);
    series_read(series, "waits", &m->waits);
    series_read(series, "wal_bytes_per_s", &m->wal_bytes_per_s);
    return m;
}

static void migration_free(void *data)
{
    struct snap_migration *m = data;
    snap_fields_clear(migration_fields, m);
    snap_fields_clear(progress_fields, &m->progress);
    g_ptr_array_unref(m->phases);
    g_ptr_array_unref(m->holds);
    g_ptr_array_unref(m->guards);
    g_ptr_array_unref(m->events);
    g_ptr_array_unref(m->evidence);
    gate_free(m->gate);
    g_free(m->rows_per_s.values);
    g_free(m->lag_s.values);
    g_free(m->waits.values);
    g_free(m->wal_bytes_per_s.values);
    g_free(m);
}

static struct snap_activity *activity_read(JsonObject *object)
{
    if (!object)
        return NULL;
    struct snap_activity *activity = g_new0(struct snap_activity, 1);
    snap_fields_read(activity_fields, object, activity);
    activity->sessions = snap_list_read(object, "sessions", snap_session_read, snap_session_free);
    return activity;
}

static void activity_free(struct snap_activity *activity)
{
    if (!activity)
        return;
    g_ptr_array_unref(activity->sessions);
    g_free(activity);
}

/* What was looked for besides. */
static void looks_read(JsonObject *object, struct snapshot *s)
{
    JsonObject *look = snap_member_object(object, "look");
    s->look_argument = look ? node_text(json_object_get_member(look, "argument")) : NULL;
    s->activity = activity_read(snap_member_object(object, "activity"));
    s->locks = locks_read(snap_member_object(object, "locks"));
    s->replication = replication_read(snap_member_object(object, "replication"));
    s->guards = snap_guards_read(snap_member_object(object, "guards"));
    s->card = snap_card_read(snap_member_object(object, "card"));
    s->checklist = snap_checklist_read(snap_member_object(object, "checklist"));
    s->look = s->activity      ? LOOK_ACTIVITY
              : s->locks       ? LOOK_LOCKS
              : s->replication ? LOOK_REPLICAS
              : s->guards      ? LOOK_GUARDS
              : s->card        ? LOOK_CARD
              : s->checklist   ? LOOK_CHECKLIST
                               : LOOK_NONE;
}

static gint compare_migrations(gconstpointer a, gconstpointer b)
{
    return snap_migration_compare(*(struct snap_migration *const *)a,
                                  *(struct snap_migration *const *)b);
}

static struct snapshot *snapshot_read(JsonObject *object)
{
    struct snapshot *s = g_new0(struct snapshot, 1);
    s->refs = 1;
    snap_fields_read(snapshot_fields, object, s);
    g_autoptr(GDateTime) at = s->at ? g_date_time_new_from_iso8601(s->at, NULL) : NULL;
    s->at_s = at ? (double)g_date_time_to_unix(at) + g_date_time_get_microsecond(at) / 1e6 : NAN;
    snap_fields_read(server_fields, snap_member_object(object, "server"), s);
    snap_fields_read(caller_fields, snap_member_object(object, "caller"), s);
    snap_fields_read(engine_fields, snap_member_object(object, "engine"), s);
    if (!json_object_has_member(object, "installed"))
        s->installed = json_object_has_member(object, "migrations");
    s->migrations = snap_list_read(object, "migrations", migration_read, migration_free);
    s->replicas = snap_list_read(object, "replicas", replica_read, replica_free);
    s->lock_waits = snap_list_read(object, "lock_waits", lock_wait_read, lock_wait_free);
    looks_read(object, s);
    return s;
}

/* NULL with an error: it is no JSON. */
static JsonNode *root_of(JsonParser *parser, const char *text, gssize size, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (!json_parser_load_from_data(parser, text, size, &problem)) {
        rollout_fail(error, ROLLOUT_ERROR_BUG, "the state is not JSON: %s", problem->message);
        return NULL;
    }
    JsonNode *root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root))
        rollout_fail(error, ROLLOUT_ERROR_BUG, "the state is not a JSON object");
    return root && JSON_NODE_HOLDS_OBJECT(root) ? root : NULL;
}

static gboolean migrations_read(JsonParser *parser, const GArray *pieces, struct snapshot *s,
                                GError **error)
{
    for (guint i = 0; i < pieces->len; i++) {
        const struct snap_piece *piece = &g_array_index(pieces, struct snap_piece, i);
        if (*piece->text != '{')
            continue;
        JsonNode *root = root_of(parser, piece->text, (gssize)piece->size, error);
        if (!root)
            return FALSE;
        g_ptr_array_add(s->migrations, migration_read(json_node_get_object(root)));
    }
    g_ptr_array_sort(s->migrations, compare_migrations);
    return TRUE;
}

struct snapshot *snapshot_parse(const char *json, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(struct snap_piece));
    g_autofree char *rest = snap_split(json, "migrations", pieces);
    JsonNode *root = root_of(parser, rest, -1, error);
    struct snapshot *s = root ? snapshot_read(json_node_get_object(root)) : NULL;
    if (!s || migrations_read(parser, pieces, s, error))
        return s;
    snapshot_free(s);
    return NULL;
}

struct snapshot *snapshot_ref(const struct snapshot *snapshot)
{
    struct snapshot *own = (struct snapshot *)snapshot;
    own->refs++;
    return own;
}

void snapshot_free(struct snapshot *snapshot)
{
    if (!snapshot || --snapshot->refs > 0)
        return;
    g_free(snapshot->text);
    snap_fields_clear(snapshot_fields, snapshot);
    snap_fields_clear(server_fields, snapshot);
    snap_fields_clear(caller_fields, snapshot);
    snap_fields_clear(engine_fields, snapshot);
    g_ptr_array_unref(snapshot->migrations);
    g_ptr_array_unref(snapshot->replicas);
    g_ptr_array_unref(snapshot->lock_waits);
    g_free(snapshot->look_argument);
    g_free(snapshot->look_error);
    activity_free(snapshot->activity);
    locks_free(snapshot->locks);
    replication_free(snapshot->replication);
    snap_guards_free(snapshot->guards);
    snap_card_free(snapshot->card);
    snap_checklist_free(snapshot->checklist);
    g_free(snapshot);
}
