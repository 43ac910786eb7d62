/* soak: a time passes in which no guard trips. */
#include "config.h"
#include "engine/evidence-private.h"
#include "step-private.h"

#include "pgrollout/base/resource.h"
#include "pgrollout/base/units.h"
#include "pgrollout/pg/conn.h"

#define TRIPS "trips"

static void ask(const struct evidence_question *question, const GPtrArray *answers, GPtrArray *asks)
{
    if (evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, TRIPS))
        return;
    /* before contract it is the time just before that counts */
    gint64 since = question->afresh     ? question->now_us - question->step->for_us
                   : question->since_us ? question->since_us
                                        : question->now_us;
    g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, question->migration_id);
    g_autofree char *us = g_strdup_printf("%" G_GINT64_FORMAT, since);
    evidence_ask(asks, EVIDENCE_PRIMARY, NULL, TRIPS,
                 db_fill(resource_text("engine/sql/evidence-trips.sql"), "migration", id, "since",
                         us, NULL));
}

static char *guards_text(const struct plan *plan)
{
    g_autoptr(GPtrArray) on = g_ptr_array_new(), off = g_ptr_array_new();
    for (guint i = 0; i < plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(plan->guards, i);
        g_ptr_array_add(guard->off ? off : on, guard->name);
    }
    g_ptr_array_add(on, NULL);
    g_ptr_array_add(off, NULL);
    g_autofree char *watched = g_strjoinv(", ", (char **)on->pdata);
    g_autofree char *unwatched = g_strjoinv(", ", (char **)off->pdata);
    return g_strdup_printf("guards watched: %s%s%s", *watched ? watched : "none",
                           *unwatched ? "; off: " : "", unwatched);
}

static void judge(const struct evidence_question *question, const GPtrArray *answers,
                  struct evidence_finding *finding)
{
    const struct evidence_answer *answer =
        evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, TRIPS);
    finding->coverage = guards_text(question->plan);
    if (!answer || !answer->value || !JSON_NODE_HOLDS_OBJECT(answer->value)) {
        finding->verdict = EVIDENCE_BLIND;
        finding->text = g_strdup("the journal cannot be read");
        return;
    }
    JsonObject *trips = json_node_get_object(answer->value);
    const char *standing = json_object_get_string_member_with_default(trips, "standing", NULL);
    const char *last = json_object_get_string_member_with_default(trips, "last", NULL);
    if (standing || last) {
        finding->verdict = EVIDENCE_NOT;
        finding->text = standing ? g_strdup_printf("guard %s holds", standing)
                                 : g_strdup_printf("a guard tripped at %s", last);
        return;
    }
    finding->verdict = question->held && !question->afresh ? EVIDENCE_FROZEN : EVIDENCE_CLEAR;
    finding->text = g_strdup("no guard tripped");
}

const struct evidence_class evidence_soak = {.ask = ask, .judge = judge};

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    g_autofree char *duration = duration_format(step->for_us);
    text->does = g_strdup_printf(
        "waits until no guard has tripped for %s; a trip begins it anew, and time under any other "
        "hold does not count",
        duration);
    text->skippable = TRUE;
}

const struct step_class step_class_soak = {
    .kind = KIND_SOAK,
    .worker = STEP_BY_EVIDENCE,
    .describe = describe,
    .evidence = &evidence_soak,
};
