/* no_sessions: nobody of an application is connected, to the primary, to a standby that the settings file
 * names, or to a pooler, which may keep a client without a connection to the server. Who cannot be
 * told apart counts against it. */
#include "config.h"
#include "engine/evidence-private.h"
#include "engine/sessions.h"
#include "step-private.h"

#include <string.h>

#include "pgrollout/base/resource.h"
#include "pgrollout/base/units.h"
#include "pgrollout/pg/conn.h"

static const char *pattern_of(const struct plan *plan, const struct plan_step *step)
{
    for (guint i = 0; step->application && i < plan->applications->len; i++) {
        const struct plan_application *application = g_ptr_array_index(plan->applications, i);
        if (strcmp(application->name, step->application) == 0)
            return application->sessions;
    }
    return step->sessions;
}

static const char *who(const struct plan_step *step)
{
    return step->application ? step->application : step->sessions;
}

static void ask_pooler(GPtrArray *asks, const struct conf_server *pooler, const char *topic,
                       const char *what)
{
    evidence_ask(asks, EVIDENCE_POOLER, pooler->name, topic, g_strdup(what));
}

static void ask_everybody(const struct evidence_question *question, GPtrArray *asks)
{
    g_autofree char *database = db_literal(question->database);
    g_autofree char *sql =
        db_fill(resource_text("engine/sql/evidence-sessions.sql"), "database", database, NULL);
    evidence_ask(asks, EVIDENCE_PRIMARY, NULL, SESSIONS_HERE, g_strdup(sql));
    for (guint i = 0; i < question->conf->replicas->len; i++) {
        const struct conf_server *replica = g_ptr_array_index(question->conf->replicas, i);
        evidence_ask(asks, EVIDENCE_REPLICA, replica->name, SESSIONS_HERE, g_strdup(sql));
    }
    for (guint i = 0; i < question->conf->poolers->len; i++) {
        const struct conf_server *pooler = g_ptr_array_index(question->conf->poolers, i);
        ask_pooler(asks, pooler, POOLER_DATABASES, "SHOW DATABASES");
        ask_pooler(asks, pooler, POOLER_SERVERS, "SHOW SERVERS");
    }
}

/* A pooler's own sessions come and go while the servers are asked: it is asked for them before and
 * after. */
static void ask(const struct evidence_question *question, const GPtrArray *answers, GPtrArray *asks)
{
    if (!evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, SESSIONS_HERE)) {
        ask_everybody(question, asks);
        return;
    }
    if (evidence_answer_find(answers, EVIDENCE_POOLER, NULL, POOLER_CLIENTS))
        return;
    for (guint i = 0; i < question->conf->poolers->len; i++) {
        const struct conf_server *pooler = g_ptr_array_index(question->conf->poolers, i);
        ask_pooler(asks, pooler, POOLER_SERVERS_AGAIN, "SHOW SERVERS");
        ask_pooler(asks, pooler, POOLER_CLIENTS, "SHOW CLIENTS");
    }
}

static void judge(const struct evidence_question *question, const GPtrArray *answers,
                  struct evidence_finding *finding)
{
    struct sessions *sessions =
        sessions_read(question, answers, pattern_of(question->plan, question->step));
    const char *name = who(question->step);
    g_autofree char *seen = sessions_seen(sessions, name), *unsure = sessions_unsure(sessions),
                    *blind = sessions_blind(sessions);
    finding->coverage = sessions_coverage(sessions);
    if (seen) {
        finding->verdict = EVIDENCE_NOT;
        finding->text = blind ? g_strdup_printf("%s; %s", seen, blind) : g_steal_pointer(&seen);
    } else if (blind) {
        finding->verdict = EVIDENCE_BLIND;
        finding->text = g_steal_pointer(&blind);
    } else if (unsure) {
        finding->verdict = EVIDENCE_BLIND;
        finding->text = g_strdup_printf("%s may be of %s", unsure, name);
    } else {
        finding->verdict = EVIDENCE_CLEAR;
        finding->text = g_strdup_printf("no session of %s", name);
    }
    sessions_free(sessions);
}

const struct evidence_class evidence_no_sessions = {.ask = ask, .judge = judge};

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    g_autofree char *duration = duration_format(step->for_us);
    text->does = g_strdup_printf(
        "waits until no session with an application_name like %s has been seen for %s, on the "
        "primary, on the standbys and behind the poolers of the settings file; who has no name, "
        "or a pooler's, counts against it",
        pattern_of(plan, step), duration);
    text->skippable = TRUE;
}

const struct step_class step_class_no_sessions = {
    .kind = KIND_NO_SESSIONS,
    .worker = STEP_BY_EVIDENCE,
    .describe = describe,
    .evidence = &evidence_no_sessions,
};
