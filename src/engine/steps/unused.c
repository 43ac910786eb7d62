/* unused: nobody has read or written a column, or a table, for a time: neither a statement on the primary
 * or a standby, by what pg_stat_statements counts, nor a session at work, and nothing in the catalog
 * stands on it. Texts are read once a minute, or when a statement has come; the counters at every look. */
#include "config.h"
#include "engine/evidence-private.h"
#include "engine/usage-window.h"
#include "pgrollout/engine/usage.h"
#include "step-private.h"

#include <string.h>

#include "pgrollout/base/units.h"

#define CATALOG "catalog"
#define STATEMENTS "statements"
#define SESSIONS "sessions"
#define RELATIONS "relations"
#define TICK "tick"
#define CACHE "cache"
#define TEXTS_EVERY_US (60 * G_USEC_PER_SEC)
#define LISTED 3

static struct usage_reader *reader_new(const struct evidence_question *question)
{
    const struct plan_step *step = question->step;
    struct usage_reader *reader =
        usage_reader_new(step->schema, step->table, step->col, step->except);
    if (!json_object_has_member(question->lately, CACHE))
        json_object_set_object_member(question->lately, CACHE, json_object_new());
    usage_reader_remember(reader, json_object_get_object_member(question->lately, CACHE));
    return reader;
}

static enum evidence_place place_of(const char *name)
{
    return strcmp(name, USAGE_PRIMARY) == 0 ? EVIDENCE_PRIMARY : EVIDENCE_REPLICA;
}

static const struct evidence_answer *answer_of(const GPtrArray *answers, const char *name,
                                               const char *topic)
{
    enum evidence_place place = place_of(name);
    return evidence_answer_find(answers, place, place == EVIDENCE_PRIMARY ? NULL : name, topic);
}

/* The primary and each standby of the settings file. */
static GPtrArray *servers_of(const struct evidence_question *question)
{
    GPtrArray *names = g_ptr_array_new();
    g_ptr_array_add(names, (gpointer)USAGE_PRIMARY);
    for (guint i = 0; i < question->conf->replicas->len; i++) {
        const struct conf_server *replica = g_ptr_array_index(question->conf->replicas, i);
        g_ptr_array_add(names, replica->name);
    }
    return names;
}

static void ask_server(GPtrArray *asks, const char *name, const char *topic, char *sql)
{
    gboolean primary = place_of(name) == EVIDENCE_PRIMARY;
    if (sql)
        evidence_ask(asks, place_of(name), primary ? NULL : name, topic, sql);
}

/* --- what was seen at the last look */

static JsonObject *lately_server(const struct evidence_question *question, const char *name)
{
    JsonNode *servers = json_object_get_member(question->lately, "servers");
    JsonNode *server = servers ? json_object_get_member(json_node_get_object(servers), name) : NULL;
    return server ? json_node_get_object(server) : NULL;
}

/* The counters alone will do: the texts are fresh, and the end is not near. */
static gboolean counters_will_do(const struct evidence_question *question, const GPtrArray *servers)
{
    gint64 texts_us = json_object_get_int_member_with_default(question->lately, "texts_us", 0);
    gint64 since =
        question->memo ? json_object_get_int_member_with_default(question->memo, "since_us", 0) : 0;
    gint64 every = MIN(TEXTS_EVERY_US, question->step->for_us / 3);
    for (guint i = 0; i < servers->len; i++)
        if (!lately_server(question, g_ptr_array_index(servers, i)))
            return FALSE;
    return !question->afresh && since && texts_us &&
           question->now_us - since < question->step->for_us &&
           question->now_us - texts_us < every && question->now_us >= texts_us;
}

static GPtrArray *ids_of(JsonObject *server)
{
    GPtrArray *ids = g_ptr_array_new();
    JsonObjectIter iter;
    const char *id;
    json_object_iter_init(&iter, json_object_get_object_member(server, "uses"));
    while (json_object_iter_next(&iter, &id, NULL))
        g_ptr_array_add(ids, (gpointer)id);
    return ids;
}

static const char *text_of(JsonObject *object, const char *name)
{
    return json_object_get_string_member_with_default(object, name, "");
}

static JsonObject *tick_of(const GPtrArray *answers, const char *name)
{
    const struct evidence_answer *answer = answer_of(answers, name, TICK);
    return answer && answer->value && JSON_NODE_HOLDS_OBJECT(answer->value)
               ? json_node_get_object(answer->value)
               : NULL;
}

/* No statement has come or gone since the texts were read. */
static gboolean ticks_agree(const struct evidence_question *question, const GPtrArray *answers,
                            const GPtrArray *servers)
{
    static const char *const members[] = {"reset", "mark"};
    for (guint i = 0; i < servers->len; i++) {
        const char *name = g_ptr_array_index(servers, i);
        JsonObject *tick = tick_of(answers, name), *before = lately_server(question, name);
        if (!tick || !before ||
            json_object_get_double_member_with_default(tick, "dealloc", 0) !=
                json_object_get_double_member_with_default(before, "dealloc", -1))
            return FALSE;
        for (guint k = 0; k < G_N_ELEMENTS(members); k++)
            if (strcmp(text_of(tick, members[k]), text_of(before, members[k])) != 0)
                return FALSE;
    }
    return TRUE;
}

static void ask_ticks(const struct evidence_question *question, const GPtrArray *servers,
                      GPtrArray *asks)
{
    for (guint i = 0; i < servers->len; i++) {
        const char *name = g_ptr_array_index(servers, i);
        g_autoptr(GPtrArray) ids = ids_of(lately_server(question, name));
        ask_server(asks, name, TICK, usage_tick_sql(text_of(question->lately, "stats"), ids));
    }
}

/* --- asking */

static void take_servers(struct usage_reader *reader, const struct evidence_question *question,
                         const GPtrArray *answers)
{
    g_autoptr(GPtrArray) servers = servers_of(question);
    for (guint i = 0; i < servers->len; i++) {
        const char *name = g_ptr_array_index(servers, i);
        const struct evidence_answer *statements = answer_of(answers, name, STATEMENTS),
                                     *sessions = answer_of(answers, name, SESSIONS);
        usage_reader_take_server(reader, name, statements ? statements->value : NULL,
                                 statements ? statements->wrong : NULL,
                                 sessions ? sessions->value : NULL,
                                 sessions ? sessions->wrong : "not asked");
    }
}

static void ask_texts(const struct evidence_question *question, const GPtrArray *answers,
                      const GPtrArray *servers, GPtrArray *asks)
{
    const struct evidence_answer *catalog =
        evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, CATALOG);
    struct usage_reader *reader = reader_new(question);
    if (!catalog) {
        ask_server(asks, USAGE_PRIMARY, CATALOG, usage_catalog_sql(reader));
    } else if (usage_reader_take_catalog(reader, catalog->value)) {
        if (!answer_of(answers, USAGE_PRIMARY, SESSIONS)) {
            for (guint i = 0; i < servers->len; i++) {
                const char *name = g_ptr_array_index(servers, i);
                ask_server(asks, name, STATEMENTS, usage_statements_sql(reader));
                ask_server(asks, name, SESSIONS, usage_sessions_sql(reader));
            }
        } else if (!answer_of(answers, USAGE_PRIMARY, RELATIONS)) {
            take_servers(reader, question, answers);
            ask_server(asks, USAGE_PRIMARY, RELATIONS, usage_relations_sql(reader));
        }
    }
    usage_reader_free(reader);
}

static void ask(const struct evidence_question *question, const GPtrArray *answers, GPtrArray *asks)
{
    g_autoptr(GPtrArray) servers = servers_of(question);
    gboolean ticked = answer_of(answers, USAGE_PRIMARY, TICK) != NULL;
    if (!ticked && !answer_of(answers, USAGE_PRIMARY, CATALOG) &&
        counters_will_do(question, servers))
        ask_ticks(question, servers, asks);
    else if (!ticked || !ticks_agree(question, answers, servers))
        ask_texts(question, answers, servers, asks);
}

/* --- judging */

static void state_free(void *data)
{
    struct usage_source_state *state = data;
    g_array_unref(state->uses);
    g_free(state);
}

static struct usage_source_state *state_new(const char *name)
{
    struct usage_source_state *state = g_new0(struct usage_source_state, 1);
    state->name = name;
    state->uses = g_array_new(FALSE, FALSE, sizeof(struct usage_calls));
    return state;
}

static struct usage_source_state *state_of_source(const struct usage_report *report,
                                                  const struct usage_source *source)
{
    struct usage_source_state *state = state_new(source->name);
    state->reset = source->reset;
    state->mark = source->mark;
    state->dealloc = source->dealloc;
    state->max = source->max;
    state->entries = source->entries;
    state->seen = source->seen;
    state->blind = source->unknown + source->hidden;
    for (guint i = 0; i < report->statements->len; i++) {
        const struct usage_statement *statement = g_ptr_array_index(report->statements, i);
        struct usage_calls calls = {statement->id, statement->role, statement->text,
                                    (double)statement->calls};
        if (statement->source == source && !statement->excepted &&
            statement->usage.kind != USAGE_UNKNOWN)
            g_array_append_val(state->uses, calls);
    }
    return state;
}

static double number_of(JsonObject *object, const char *name)
{
    return object ? json_object_get_double_member_with_default(object, name, 0) : 0;
}

/* From the counters; what the texts said is as it was. */
static struct usage_source_state *state_of_tick(JsonObject *tick, JsonObject *before,
                                                const char *name)
{
    struct usage_source_state *state = state_new(name);
    JsonNode *counted = json_object_get_member(tick, "calls");
    JsonObject *now =
        counted && JSON_NODE_HOLDS_OBJECT(counted) ? json_node_get_object(counted) : NULL;
    state->reset = text_of(before, "reset");
    state->mark = text_of(before, "mark");
    state->dealloc = (gint64)number_of(before, "dealloc");
    state->max = (gint64)number_of(before, "max");
    state->entries = (gint64)number_of(before, "entries");
    state->seen = number_of(before, "seen");
    state->blind = number_of(before, "blind");
    JsonObjectIter iter;
    const char *id;
    JsonNode *one;
    json_object_iter_init(&iter, json_object_get_object_member(before, "uses"));
    while (json_object_iter_next(&iter, &id, &one)) {
        JsonObject *use = json_node_get_object(one);
        struct usage_calls calls = {id, text_of(use, "role"), text_of(use, "text"),
                                    number_of(now, id)};
        if (now && json_object_has_member(now, id))
            g_array_append_val(state->uses, calls);
    }
    return state;
}

static char *subject(const struct plan_step *step)
{
    return step->col ? g_strdup_printf("%s.%s", step->table, step->col) : g_strdup(step->table);
}

/* What uses it now, or stands on it; NULL: nothing. */
static char *standing_text(const struct usage_report *report)
{
    GString *out = g_string_new(NULL);
    guint n = 0;
    for (guint i = 0; i < report->sessions->len; i++) {
        const struct usage_session *session = g_ptr_array_index(report->sessions, i);
        if (session->usage.kind && !session->excepted && n++ < LISTED)
            g_string_append_printf(
                out, "%ssession %" G_GINT64_FORMAT " of %s on %s %s it", out->len ? "; " : "",
                session->pid, session->role, session->source->name,
                session->usage.kind == USAGE_UNKNOWN ? "may use" : usage_name(session->usage.kind));
    }
    for (guint i = 0; i < report->dependents->len; i++) {
        const struct usage_dependent *dependent = g_ptr_array_index(report->dependents, i);
        if (dependent->standing <= USAGE_MAYBE && n++ < LISTED)
            g_string_append_printf(out, "%s%s", out->len ? "; " : "", dependent->text);
    }
    if (n > LISTED)
        g_string_append_printf(out, "; and %u more", n - LISTED);
    return g_string_free(out, n == 0);
}

/* What nobody can see; NULL: nothing. */
static char *blind_text(const struct usage_report *report)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < report->sources->len; i++) {
        const struct usage_source *source = g_ptr_array_index(report->sources, i);
        if (source->wrong)
            g_string_append_printf(out, "%s%s: %s", out->len ? "; " : "", source->name,
                                   source->wrong);
    }
    return g_string_free(out, out->len == 0);
}

static void conclude(const struct evidence_question *question, struct usage_window *window,
                     const char *standing, struct evidence_finding *finding)
{
    const struct plan_step *step = question->step;
    double enough = step->coverage;
    double coverage = usage_window_coverage(window);
    g_autofree char *what = subject(step);
    gint64 since;
    gboolean poor = coverage < enough;
    if (poor)
        usage_window_restart(window, g_strdup_printf("only %.1f %% of the calls on %s were seen",
                                                     coverage * 100, step->table));
    finding->memo = usage_window_end(window, question->now_us, &since);
    finding->coverage = g_strdup_printf("coverage %.1f %% on %u server%s", coverage * 100,
                                        window->states->len, window->states->len == 1 ? "" : "s");
    gint64 elapsed = question->now_us - since;
    g_autofree char *time = evidence_elapsed(elapsed, step->for_us);
    JsonObject *memo = finding->memo ? finding->memo : question->memo;
    const char *reason = json_object_get_string_member_with_default(memo, "reason", NULL);
    finding->fraction = (double)elapsed / (double)step->for_us;
    finding->verdict = poor                     ? EVIDENCE_BLIND
                       : standing               ? EVIDENCE_NOT
                       : elapsed < step->for_us ? EVIDENCE_FROZEN
                                                : EVIDENCE_CLEAR;
    if (finding->verdict == EVIDENCE_CLEAR)
        finding->text = g_strdup_printf("nothing has used %s %s", what, time);
    else
        finding->text = g_strdup_printf("%s%snothing has used %s %s%s%s", standing ? standing : "",
                                        standing ? "; " : "", what, time,
                                        reason ? "; begun anew: " : "", reason ? reason : "");
}

static void judge_ticks(const struct evidence_question *question, const GPtrArray *answers,
                        struct evidence_finding *finding)
{
    struct usage_window window;
    g_autoptr(GPtrArray) servers = servers_of(question);
    g_autoptr(GPtrArray) states = g_ptr_array_new_with_free_func(state_free);
    const char *standing =
        json_object_get_string_member_with_default(question->lately, "standing", NULL);
    g_autofree char *still = g_strdup(standing);
    usage_window_init(&window, question->memo);
    for (guint i = 0; i < servers->len; i++) {
        const char *name = g_ptr_array_index(servers, i);
        g_autoptr(JsonObject) before = json_object_ref(lately_server(question, name));
        struct usage_source_state *state = state_of_tick(tick_of(answers, name), before, name);
        g_ptr_array_add(states, state);
        usage_window_take(&window, question->lately, state);
    }
    conclude(question, &window, still, finding);
    usage_window_clear(&window);
}

static void judge_report(const struct evidence_question *question,
                         const struct usage_report *report, struct evidence_finding *finding)
{
    struct usage_window window;
    g_autoptr(GPtrArray) states = g_ptr_array_new_with_free_func(state_free);
    g_autofree char *standing = standing_text(report), *blind = blind_text(report);
    if (blind) { /* the counters go on: what was proven before stands if they can be read again */
        finding->verdict = EVIDENCE_BLIND;
        finding->text = g_steal_pointer(&blind);
        return;
    }
    usage_window_init(&window, question->memo);
    for (guint i = 0; i < report->sources->len; i++) {
        struct usage_source_state *state =
            state_of_source(report, g_ptr_array_index(report->sources, i));
        g_ptr_array_add(states, state);
        usage_window_take(&window, question->lately, state);
    }
    if (report->using_sessions)
        usage_window_restart(&window, g_strdup(standing));
    json_object_set_int_member(question->lately, "texts_us", question->now_us);
    if (standing)
        json_object_set_string_member(question->lately, "standing", standing);
    else
        json_object_remove_member(question->lately, "standing");
    conclude(question, &window, standing, finding);
    usage_window_clear(&window);
}

static void judge(const struct evidence_question *question, const GPtrArray *answers,
                  struct evidence_finding *finding)
{
    const struct evidence_answer *catalog =
        evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, CATALOG);
    if (!catalog) {
        judge_ticks(question, answers, finding);
        return;
    }
    struct usage_reader *reader = reader_new(question);
    if (usage_reader_take_catalog(reader, catalog->value)) {
        const struct evidence_answer *relations =
            evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, RELATIONS);
        take_servers(reader, question, answers);
        json_object_set_string_member(question->lately, "stats", usage_reader_stats(reader));
        struct usage_report *report =
            usage_reader_finish(reader, relations ? relations->value : NULL);
        judge_report(question, report, finding);
        usage_report_free(report);
    } else {
        g_autofree char *what = subject(question->step);
        finding->verdict = EVIDENCE_BLIND;
        finding->text = g_strdup_printf("there is no %s any more", what);
    }
    usage_reader_free(reader);
}

const struct evidence_class evidence_unused = {.cumulative = TRUE, .ask = ask, .judge = judge};

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    g_autofree char *duration = duration_format(step->for_us), *what = subject(step);
    double enough = step->coverage;
    text->does = g_strdup_printf(
        "waits until no statement has used %s for %s, on the primary and on the standbys of the "
        "settings file, by pg_stat_statements, and nothing stands on it; a use begins it anew, and "
        "at least %.0f %% of the calls on the table must have been seen",
        what, duration, enough * 100);
    text->skippable = TRUE;
}

const struct step_class step_class_unused = {
    .kind = KIND_UNUSED,
    .worker = STEP_BY_EVIDENCE,
    .describe = describe,
    .evidence = &evidence_unused,
};
