/* Steps that wait for evidence: one look after the other, each of questions to the primary (on the work
 * connection) and to standbys and poolers (peers.c), none of which is waited for. A look that was cut
 * off is begun again. What was found is remembered in the step's row, so that another engine goes on
 * from it; only a step's end needs that nothing holds. */
#include "config.h"
#include "engine-private.h"
#include "evidence-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/base/units.h"

#define TELL_EVERY_US (10 * G_USEC_PER_SEC)
#define NOW "now"
/* What people say while nothing is looked at must not wait for the next look. */
#define NAP_US (500 * 1000)

/* One look under way. Outlives its worker where a peer has yet to answer. */
struct evidence_round {
    struct worker *worker; /* NULL: nobody wants it any more */
    char *step;
    gboolean afresh, held;
    JsonNode *takes;    /* at an opposite gate: what it is about; NULL */
    GPtrArray *asks;    /* struct evidence_ask */
    GPtrArray *answers; /* struct evidence_answer */
    guint next;         /* the first of asks that has not been sent */
    int peers;          /* answers that are due from there */
    gboolean sent;      /* one is under way on the work connection */
};

static void round_drop(struct evidence_round *round)
{
    if (!round)
        return;
    round->worker = NULL;
    if (round->peers)
        return;
    g_ptr_array_unref(round->asks);
    g_ptr_array_unref(round->answers);
    g_clear_pointer(&round->takes, json_node_unref);
    g_free(round->step);
    g_free(round);
}

void evidence_forget(struct evidence *evidence)
{
    g_clear_pointer(&evidence->round, round_drop);
    g_clear_pointer(&evidence->lately, json_object_unref);
    g_clear_pointer(&evidence->step, g_free);
}

/* At an opposite gate: what the abort takes away; NULL: it is none. */
static JsonNode *takes_of(const struct worker *worker, const struct step_facts *step)
{
    return strcmp(step->state, "undoing") == 0 ? worker->facts->takes : NULL;
}

static gboolean same_takes(JsonNode *a, JsonNode *b)
{
    return a && b ? json_node_equal(a, b) : a == b;
}

static struct evidence_round *round_new(struct worker *worker, const struct step_facts *step,
                                        gboolean afresh, gboolean held)
{
    JsonNode *takes = takes_of(worker, step);
    struct evidence_round *round = g_new0(struct evidence_round, 1);
    round->worker = worker;
    round->step = g_strdup(step->name);
    round->takes = takes ? json_node_ref(takes) : NULL;
    round->afresh = afresh;
    round->held = held;
    round->asks = g_ptr_array_new_with_free_func(evidence_ask_free);
    round->answers = g_ptr_array_new_with_free_func(evidence_answer_free);
    evidence_ask(round->asks, EVIDENCE_PRIMARY, NULL, NOW,
                 g_strdup(resource_text("engine/sql/evidence-now.sql")));
    return round;
}

/* --- what the step's row remembers */

static JsonObject *remembered(const struct step_facts *step)
{
    JsonNode *node = json_object_get_member(step->detail, "evidence");
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonObject *memo_of(const struct step_facts *step)
{
    JsonObject *row = remembered(step);
    JsonNode *node = row ? json_object_get_member(row, "memo") : NULL;
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

/* Another step than at the last look, or another engine's. */
static void take_up(struct evidence *evidence, const struct step_facts *step)
{
    JsonObject *row = remembered(step);
    if (g_strcmp0(evidence->step, step->name) == 0 && (row || !evidence->told_us))
        return;
    evidence_forget(evidence);
    evidence->step = g_strdup(step->name);
    evidence->lately = json_object_new();
    evidence->told_us = 0;
    evidence->next_us = 0;
    evidence->window = (struct evidence_window){0};
    if (!row)
        return;
    evidence->window.begun_us = json_object_get_int_member_with_default(row, "begun_us", 0);
    evidence->window.since_us = json_object_get_int_member_with_default(row, "since_us", 0);
    evidence->window.seen_us = json_object_get_int_member_with_default(row, "seen_us", 0);
}

static const char *verdict_name(enum evidence_verdict verdict)
{
    static const char *const names[] = {"clear", "frozen", "not", "blind"};
    return names[verdict];
}

/* How near it is; NAN where nobody knows. */
static double fraction_of(const struct evidence *evidence, const struct plan_step *plan_step,
                          const struct evidence_finding *finding)
{
    const struct evidence_window *window = &evidence->window;
    if (!isnan(finding->fraction) || step_class_find(plan_step->kind)->evidence->cumulative ||
        plan_step->for_us <= 0)
        return finding->fraction;
    return window->since_us
               ? (double)(window->seen_us - window->since_us) / (double)plan_step->for_us
               : 0;
}

static JsonObject *row_of(const struct evidence *evidence, const struct step_facts *step,
                          const struct plan_step *plan_step, const struct evidence_finding *finding)
{
    JsonObject *row = json_object_new();
    JsonObject *memo = finding->memo ? finding->memo : memo_of(step);
    double fraction = fraction_of(evidence, plan_step, finding);
    json_object_set_string_member(row, "verdict", verdict_name(finding->verdict));
    json_object_set_string_member(row, "text", finding->text);
    if (finding->coverage)
        json_object_set_string_member(row, "coverage", finding->coverage);
    if (!isnan(fraction))
        json_object_set_double_member(row, "fraction", CLAMP(fraction, 0, 1));
    if (memo)
        json_object_set_object_member(row, "memo", json_object_ref(memo));
    json_object_set_int_member(row, "begun_us", evidence->window.begun_us);
    json_object_set_int_member(row, "since_us", evidence->window.since_us);
    json_object_set_int_member(row, "seen_us", evidence->window.seen_us);
    return row;
}

static char *json_literal(JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
    g_autofree char *json = json_to_string(node, FALSE);
    return db_literal(json);
}

/* --- the question and its judgement */

static JsonObject *replicas_of(const struct worker *worker)
{
    g_autofree char *text =
        worker->engine->sense ? sense_replicas(worker->engine->sense) : g_strdup("{}");
    g_autoptr(JsonNode) node = json_from_string(text, NULL);
    return json_node_dup_object(node);
}

static gint64 now_of(const struct evidence_round *round)
{
    const struct evidence_answer *now =
        evidence_answer_find(round->answers, EVIDENCE_PRIMARY, NULL, NOW);
    return now && now->value && JSON_NODE_HOLDS_VALUE(now->value) ? json_node_get_int(now->value)
                                                                  : 0;
}

static void question_fill(struct evidence_question *question, const struct evidence_round *round,
                          const struct step_facts *step)
{
    const struct worker *worker = round->worker;
    const struct evidence *evidence = &worker->evidence;
    gint64 now = now_of(round);
    *question = (struct evidence_question){
        .plan = worker->plan,
        .step = round->takes ? evidence_undo_step() : worker_plan_step(worker, step->name),
        .takes = round->takes,
        .conf = worker->engine->options.conf,
        .database = db_conn_dbname(worker->conn),
        .migration_id = worker->id,
        .now_us = now,
        .since_us = evidence->window.since_us,
        .begun_us = evidence->window.begun_us ? evidence->window.begun_us : now,
        .held = round->held,
        .afresh = round->afresh,
        .memo = memo_of(step),
        .lately = evidence->lately,
        .replicas = replicas_of(worker),
    };
}

/* Without the primary's answer there is nothing to judge, and nothing more to ask. NULL: it is there. */
static const char *primary_wrong(const GPtrArray *answers)
{
    for (guint i = 0; i < answers->len; i++) {
        const struct evidence_answer *answer = g_ptr_array_index(answers, i);
        if (answer->place == EVIDENCE_PRIMARY && answer->wrong)
            return answer->wrong;
    }
    return NULL;
}

static const struct evidence_class *class_of(const struct evidence_question *question)
{
    return question->takes ? &evidence_undo : step_class_find(question->step->kind)->evidence;
}

/* --- what comes of it */

static void on_recorded(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (error) {
        engine_line(worker->engine, worker->facts->name, "%s: %s", worker->sending_what,
                    error->message);
        worker_retry_later(worker, 3);
    }
    worker_moved(worker);
}

static char *with_coverage(const char *text, const struct evidence_finding *finding)
{
    return g_strdup_printf("%s%s%s", text, finding->coverage ? "; " : "",
                           finding->coverage ? finding->coverage : "");
}

static void record_met(struct worker *worker, const struct step_facts *step,
                       const struct plan_step *plan_step, const struct evidence_finding *finding,
                       gboolean timed)
{
    g_autofree char *window = duration_format(plan_step->for_us);
    g_autofree char *found = timed && plan_step->for_us
                                 ? g_strdup_printf("%s for %s", finding->text, window)
                                 : g_strdup(finding->text);
    g_autofree char *all = with_coverage(found, finding);
    g_autoptr(JsonObject) detail = json_object_new();
    JsonObject *row = row_of(&worker->evidence, step, plan_step, finding);
    json_object_set_string_member(row, "text", found);
    json_object_set_string_member(row, "verdict", "met");
    json_object_set_object_member(detail, "evidence", row);
    g_autofree char *name = db_literal(step->name), *text = db_literal(all),
                    *json = json_literal(detail);
    engine_line(worker->engine, worker->facts->name, "%s: %s", step->name, all);
    worker_send(worker, "recording the evidence",
                worker_message(worker, 0, TRUE,
                               "SELECT pgrollout.step_done(%" G_GINT64_FORMAT ", %s, %s, %s)",
                               worker->id, name, text, json),
                on_recorded);
}

static char *waiting_text(const struct evidence *evidence, const struct plan_step *plan_step,
                          const struct evidence_finding *finding, gboolean timed)
{
    gint64 since = evidence->window.since_us;
    g_autofree char *elapsed =
        timed && since ? evidence_elapsed(evidence->window.seen_us - since, plan_step->for_us)
                       : NULL;
    if (finding->verdict == EVIDENCE_BLIND)
        return g_strdup_printf("blind: %s", finding->text);
    if (finding->verdict == EVIDENCE_NOT || !elapsed)
        return g_strdup(finding->text);
    return g_strdup_printf("%s %s%s", finding->text, elapsed,
                           finding->verdict == EVIDENCE_FROZEN ? ", not counted while held" : "");
}

static void nap(struct worker *worker)
{
    gint64 left = worker->evidence.next_us - clock_now_us();
    worker_progressed(worker); /* to wait is no stall */
    worker_sleep(worker, (double)CLAMP(left, 0, NAP_US) / 1000);
}

static void record_waiting(struct worker *worker, const struct step_facts *step,
                           const struct plan_step *plan_step,
                           const struct evidence_finding *finding, gboolean timed)
{
    struct evidence *evidence = &worker->evidence;
    g_autofree char *text = waiting_text(evidence, plan_step, finding, timed);
    gint64 now = clock_now_us();
    evidence->next_us = now + (gint64)(evidence_interval_ms(plan_step->for_us) * 1000);
    nap(worker);
    if (g_strcmp0(step_facts_text(step, "waits_for"), text) == 0 && !finding->memo &&
        evidence->told_us && now - evidence->told_us < TELL_EVERY_US)
        return;
    evidence->told_us = now;
    g_autoptr(JsonObject) detail = json_object_new();
    json_object_set_string_member(detail, "waits_for", text);
    json_object_set_object_member(detail, "evidence", row_of(evidence, step, plan_step, finding));
    worker_remember(worker, step->name, detail);
}

static void record_afresh(struct worker *worker, const struct step_facts *step,
                          const struct evidence_finding *finding)
{
    g_autofree char *all = with_coverage(finding->text, finding);
    engine_line(worker->engine, worker->facts->name, "%s, read afresh: %s%s", step->name,
                finding->verdict == EVIDENCE_BLIND ? "blind: " : "", all);
    if (finding->verdict == EVIDENCE_CLEAR) {
        g_autofree char *name = db_literal(step->name), *text = db_literal(all);
        worker_send(worker, "evidence_reread",
                    worker_message(worker, 0, TRUE,
                                   "SELECT pgrollout.evidence_reread(%" G_GINT64_FORMAT ", %s, %s)",
                                   worker->id, name, text),
                    on_recorded);
        return;
    }
    g_autofree char *why = g_strdup_printf(
        "%s %s: %s (where that is right: skip %s %s with a reason)", step->name,
        finding->verdict == EVIDENCE_BLIND ? "cannot be seen any more" : "is no longer true",
        finding->text, worker->facts->name, step->name);
    g_autofree char *quoted = db_literal(why);
    worker_send(worker, "boundary_restore",
                worker_message(worker, 0, FALSE,
                               "SELECT pgrollout.boundary_restore(%" G_GINT64_FORMAT
                               ", 'contract', %s)",
                               worker->id, quoted),
                on_recorded);
}

static void conclude(struct worker *worker, const struct step_facts *step,
                     const struct evidence_question *question, const struct evidence_round *round)
{
    const struct evidence_class *class = class_of(question);
    struct evidence_finding finding = {.fraction = NAN};
    const char *wrong = primary_wrong(round->answers);
    if (wrong) {
        finding.verdict = EVIDENCE_BLIND;
        finding.text = g_strdup(wrong);
    } else {
        class->judge(question, round->answers, &finding);
    }
    if (round->afresh) {
        record_afresh(worker, step, &finding);
    } else {
        const struct plan_step *plan_step = question->step;
        gint64 now = question->now_us ? question->now_us : worker->evidence.window.seen_us;
        gboolean met =
            evidence_window_look(&worker->evidence.window, now,
                                 class->cumulative ? 0 : plan_step->for_us, finding.verdict);
        if (met && !round->held)
            record_met(worker, step, plan_step, &finding, !class->cumulative);
        else
            record_waiting(worker, step, plan_step, &finding, !class->cumulative);
    }
    evidence_finding_clear(&finding);
}

/* --- asking */

static void take_answer(struct evidence_round *round, const struct evidence_ask *ask,
                        const struct db_reply *reply, const GError *error)
{
    struct evidence_answer *answer = g_new0(struct evidence_answer, 1);
    answer->place = ask->place;
    answer->name = g_strdup(ask->name);
    answer->topic = g_strdup(ask->topic);
    if (error)
        answer->wrong = g_strdup(error->message);
    else
        answer->value =
            ask->place == EVIDENCE_POOLER ? evidence_rows(reply) : evidence_value(reply);
    g_ptr_array_add(round->answers, answer);
}

static void on_primary(struct worker *worker, struct db_reply *reply, const GError *error)
{
    struct evidence_round *round = worker->evidence.round;
    if (!round || !round->sent)
        return;
    round->sent = FALSE;
    if (worker_error_is(error, ROLLOUT_ERROR_RETRY)) {
        g_clear_pointer(&worker->evidence.round, round_drop);
        worker_retry_later(worker, 5);
        return;
    }
    take_answer(round, g_ptr_array_index(round->asks, round->next - 1), reply, error);
}

struct due {
    struct evidence_round *round;
    guint ask;
};

static void on_peer(struct db_reply *reply, const GError *error, void *data)
{
    g_autofree struct due *due = data;
    struct evidence_round *round = due->round;
    round->peers--;
    take_answer(round, g_ptr_array_index(round->asks, due->ask), reply, error);
    if (!round->worker)
        round_drop(round);
    else if (!round->peers)
        worker_kick(round->worker);
}

/* A standby's statement must end by itself, too. The work connection's search_path begins with the
 * plan's schema, where anything may stand. */
static char *message_of(const struct evidence_ask *ask)
{
    return g_strdup_printf("BEGIN READ ONLY; SET LOCAL statement_timeout = '%s'; SET LOCAL "
                           "search_path = pg_catalog, pg_temp; %s; COMMIT",
                           ask->place == EVIDENCE_PRIMARY ? "60s" : "4s", ask->sql);
}

static void ask_peer(struct worker *worker, struct evidence_round *round, guint i)
{
    const struct evidence_ask *ask = g_ptr_array_index(round->asks, i);
    struct due *due = g_new0(struct due, 1);
    due->round = round;
    due->ask = i;
    round->peers++;
    gboolean pooler = ask->place == EVIDENCE_POOLER;
    g_autofree char *sql = pooler ? g_strdup(ask->sql) : message_of(ask);
    if (!worker->engine->peers)
        worker->engine->peers =
            peers_new(worker->engine->options.conf, db_conn_dbname(worker->conn));
    peers_ask(worker->engine->peers, pooler ? PEER_POOLER : PEER_REPLICA, ask->name, sql, on_peer,
              due);
}

/* TRUE: one is under way on the work connection. */
static gboolean send_asks(struct worker *worker, struct evidence_round *round)
{
    while (round->next < round->asks->len) {
        const struct evidence_ask *ask = g_ptr_array_index(round->asks, round->next++);
        if (ask->place == EVIDENCE_PRIMARY) {
            round->sent = TRUE;
            worker_send(worker, round->step, message_of(ask), on_primary);
            return TRUE;
        }
        ask_peer(worker, round, round->next - 1);
    }
    return FALSE;
}

static void go_on(struct worker *worker, const struct step_facts *step)
{
    struct evidence_round *round = worker->evidence.round;
    for (;;) {
        if (send_asks(worker, round) || round->peers)
            return;
        struct evidence_question question;
        question_fill(&question, round, step);
        g_autoptr(JsonObject) replicas = question.replicas;
        if (!primary_wrong(round->answers))
            class_of(&question)->ask(&question, round->answers, round->asks);
        if (round->next < round->asks->len)
            continue;
        worker->evidence.round = NULL;
        conclude(worker, step, &question, round);
        round_drop(round);
        return;
    }
}

void evidence_act(struct worker *worker, const struct step_facts *step, gboolean afresh)
{
    struct evidence *evidence = &worker->evidence;
    gboolean held = worker->facts->held != NULL;
    take_up(evidence, step);
    struct evidence_round *round = evidence->round;
    /* asked for on a connection that is gone, or for something else */
    if (round &&
        (round->sent || round->afresh != afresh || round->held != held ||
         strcmp(round->step, step->name) != 0 || !same_takes(round->takes, takes_of(worker, step))))
        g_clear_pointer(&evidence->round, round_drop);
    if (!evidence->round && !afresh && clock_now_us() < evidence->next_us) {
        nap(worker);
        return;
    }
    if (!evidence->round)
        evidence->round = round_new(worker, step, afresh, held);
    go_on(worker, step);
}
