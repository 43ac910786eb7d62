/* replicas_caught_up: every standby has replayed what was done before. The point is remembered at the
 * first look; a standby that was seen and is gone is waited for. */
#include "config.h"
#include "engine/evidence-private.h"
#include "step-private.h"

#include <string.h>

#include "pgrollout/base/resource.h"
#include "pgrollout/base/units.h"
#include "pgrollout/pg/conn.h"

#define CLUSTER "cluster"
#define COMMIT "commit"
#define LSN "lsn"
#define STANDBYS "standbys"
#define REPLAY "replay"

static JsonObject *object_of(const GPtrArray *answers, enum evidence_place place, const char *name,
                             const char *topic)
{
    const struct evidence_answer *answer = evidence_answer_find(answers, place, name, topic);
    return answer && answer->value && JSON_NODE_HOLDS_OBJECT(answer->value)
               ? json_node_get_object(answer->value)
               : NULL;
}

static const char *text_of(JsonObject *object, const char *member)
{
    return object ? json_object_get_string_member_with_default(object, member, NULL) : NULL;
}

static gboolean is_excepted(const struct plan_step *step, const char *name)
{
    for (char *const *glob = step->except; glob && *glob; glob++)
        if (g_pattern_match_simple(*glob, name))
            return TRUE;
    return FALSE;
}

/* A point of another timeline may never be reached. */
static const char *point_of(const struct evidence_question *question, const GPtrArray *answers)
{
    const char *timeline = text_of(object_of(answers, EVIDENCE_PRIMARY, NULL, CLUSTER), "timeline");
    const struct evidence_answer *fresh =
        evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, LSN);
    if (question->memo && g_strcmp0(text_of(question->memo, "timeline"), timeline) == 0)
        return text_of(question->memo, "lsn");
    return fresh && fresh->value && JSON_NODE_HOLDS_VALUE(fresh->value)
               ? json_node_get_string(fresh->value)
               : NULL;
}

static void ask_standbys(const struct evidence_question *question, const char *lsn, GPtrArray *asks)
{
    g_autofree char *point = db_literal(lsn);
    evidence_ask(asks, EVIDENCE_PRIMARY, NULL, STANDBYS,
                 db_fill(resource_text("engine/sql/evidence-standbys.sql"), "lsn", point, NULL));
    for (guint i = 0; i < question->conf->replicas->len; i++) {
        const struct conf_server *replica = g_ptr_array_index(question->conf->replicas, i);
        if (!is_excepted(question->step, replica->name))
            evidence_ask(
                asks, EVIDENCE_REPLICA, replica->name, REPLAY,
                db_fill(resource_text("engine/sql/evidence-replica.sql"), "lsn", point, NULL));
    }
}

static void ask(const struct evidence_question *question, const GPtrArray *answers, GPtrArray *asks)
{
    if (!evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, CLUSTER)) {
        evidence_ask(asks, EVIDENCE_PRIMARY, NULL, CLUSTER,
                     g_strdup(resource_text("engine/sql/evidence-primary.sql")));
        return;
    }
    const char *lsn = point_of(question, answers);
    if (lsn && !evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, STANDBYS)) {
        ask_standbys(question, lsn, asks);
    } else if (!lsn && !question->held &&
               !evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, LSN)) {
        evidence_ask(asks, EVIDENCE_PRIMARY, NULL, COMMIT,
                     g_strdup(resource_text("engine/sql/evidence-commit.sql")));
        evidence_ask(asks, EVIDENCE_PRIMARY, NULL, LSN,
                     g_strdup(resource_text("engine/sql/evidence-lsn.sql")));
    }
}

/* What is said of the standbys. */
struct tally {
    const struct evidence_question *question;
    JsonObject *there;                   /* name → connections that have replayed it */
    GPtrArray *late, *blind, *elsewhere; /* texts */
    int reached;
};

static void take_connection(struct tally *tally, JsonObject *row)
{
    const char *name = text_of(row, "name"), *state = text_of(row, "state");
    JsonNode *behind = json_object_get_member(row, "behind");
    gboolean told = behind && !JSON_NODE_HOLDS_NULL(behind);
    if (!state) {
        g_ptr_array_add(tally->blind, g_strdup("the standbys are hidden: grant pg_monitor to the "
                                               "engine's role"));
        return;
    }
    /* pg_receivewal streams, too, and replays nothing */
    if (is_excepted(tally->question->step, name) || (!told && strcmp(state, "streaming") == 0))
        return;
    gint64 count = json_object_get_int_member_with_default(tally->there, name, 0);
    json_object_set_int_member(tally->there, name, count + 1);
    if (told && json_node_get_double(behind) <= 0) {
        tally->reached++;
        return;
    }
    g_autofree char *size =
        told ? size_format((gint64)json_node_get_double(behind)) : g_strdup("unknown how far");
    g_ptr_array_add(tally->late, g_strdup_printf("%s (%s behind)", name, size));
}

/* Who was ever seen under this timeline, and how many of that name. */
static void miss(JsonObject *replicas, const char *name, JsonNode *expected, void *data)
{
    (void)replicas;
    struct tally *tally = data;
    if (is_excepted(tally->question->step, name) || !JSON_NODE_HOLDS_VALUE(expected))
        return;
    gint64 missing = json_node_get_int(expected) -
                     json_object_get_int_member_with_default(tally->there, name, 0);
    if (missing == 1)
        g_ptr_array_add(tally->late, g_strdup_printf("%s (gone)", name));
    else if (missing > 1)
        g_ptr_array_add(tally->late,
                        g_strdup_printf("%s (%" G_GINT64_FORMAT " gone)", name, missing));
}

/* What the standby says of itself. */
static void take_replica(struct tally *tally, const GPtrArray *answers, const char *name)
{
    const struct evidence_answer *answer =
        evidence_answer_find(answers, EVIDENCE_REPLICA, name, REPLAY);
    const char *system = text_of(object_of(answers, EVIDENCE_PRIMARY, NULL, CLUSTER), "system");
    JsonObject *row = object_of(answers, EVIDENCE_REPLICA, name, REPLAY);
    if (!row) {
        g_ptr_array_add(tally->blind,
                        g_strdup_printf("standby %s does not answer: %s", name,
                                        answer && answer->wrong ? answer->wrong : "no value"));
        return;
    }
    JsonNode *behind = json_object_get_member(row, "behind");
    if (g_strcmp0(system, text_of(row, "system")) != 0) {
        g_ptr_array_add(tally->elsewhere, g_strdup(name));
    } else if (!json_object_get_boolean_member_with_default(row, "standby", FALSE)) {
        g_ptr_array_add(tally->blind, g_strdup_printf("%s is no standby", name));
    } else if (!behind || JSON_NODE_HOLDS_NULL(behind) || json_node_get_double(behind) > 0) {
        if (!json_object_has_member(tally->there, name))
            g_ptr_array_add(tally->late, g_strdup_printf("%s (behind, by its own word)", name));
    } else if (!json_object_has_member(tally->there, name)) {
        tally->reached++;
    }
}

static char *join(GPtrArray *texts)
{
    g_ptr_array_add(texts, NULL);
    char *all = g_strjoinv(", ", (char **)texts->pdata);
    g_ptr_array_set_size(texts, (int)texts->len - 1);
    return all;
}

static void conclude(struct tally *tally, const char *lsn, struct evidence_finding *finding)
{
    guint late = tally->late->len;
    g_autofree char *blind = join(tally->blind), *names = join(tally->late),
                    *elsewhere = join(tally->elsewhere);
    finding->verdict = tally->blind->len ? EVIDENCE_BLIND : late ? EVIDENCE_NOT : EVIDENCE_CLEAR;
    if (tally->blind->len)
        finding->text = g_steal_pointer(&blind);
    else if (late)
        finding->text = g_strdup_printf("%u of %d standbys to replay %s: %s", late,
                                        tally->reached + (int)late, lsn, names);
    else if (tally->reached)
        finding->text = g_strdup_printf("%d standby%s replayed %s", tally->reached,
                                        tally->reached == 1 ? " has" : "s have", lsn);
    else
        finding->text = g_strdup("no standby is connected, and none was");
    if (tally->reached + (int)late)
        finding->fraction = (double)tally->reached / (tally->reached + (int)late);
    g_autofree char *except =
        tally->question->step->except ? g_strjoinv(", ", tally->question->step->except) : NULL;
    finding->coverage = g_strdup_printf(
        "standbys of this server%s%s%s%s; those behind another standby only where the settings "
        "file names them",
        except ? " except " : "", except ? except : "", *elsewhere ? "; of another cluster: " : "",
        elsewhere);
}

static void remember(const char *lsn, const char *timeline,
                     const struct evidence_question *question, struct evidence_finding *finding)
{
    if (question->afresh ||
        g_strcmp0(question->memo ? text_of(question->memo, "lsn") : NULL, lsn) == 0)
        return;
    finding->memo = json_object_new();
    json_object_set_string_member(finding->memo, "lsn", lsn);
    json_object_set_string_member(finding->memo, "timeline", timeline);
}

static void judge(const struct evidence_question *question, const GPtrArray *answers,
                  struct evidence_finding *finding)
{
    const char *lsn = point_of(question, answers);
    const struct evidence_answer *standbys =
        evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, STANDBYS);
    if (!lsn || !standbys || !standbys->value || !JSON_NODE_HOLDS_ARRAY(standbys->value)) {
        finding->verdict = EVIDENCE_BLIND;
        finding->text = g_strdup(lsn ? "the standbys cannot be read"
                                     : "no point to wait for has been set on this timeline");
        return;
    }
    g_autoptr(JsonObject) there = json_object_new();
    g_autoptr(GPtrArray) late = g_ptr_array_new_with_free_func(g_free),
                         blind = g_ptr_array_new_with_free_func(g_free),
                         elsewhere = g_ptr_array_new_with_free_func(g_free);
    struct tally tally = {question, there, late, blind, elsewhere, 0};
    JsonArray *rows = json_node_get_array(standbys->value);
    for (guint i = 0; i < json_array_get_length(rows); i++)
        take_connection(&tally, json_array_get_object_element(rows, i));
    json_object_foreach_member(question->replicas, miss, &tally);
    for (guint i = 0; i < question->conf->replicas->len; i++) {
        const struct conf_server *replica = g_ptr_array_index(question->conf->replicas, i);
        if (!is_excepted(question->step, replica->name))
            take_replica(&tally, answers, replica->name);
    }
    conclude(&tally, lsn, finding);
    remember(lsn, text_of(object_of(answers, EVIDENCE_PRIMARY, NULL, CLUSTER), "timeline"),
             question, finding);
}

const struct evidence_class evidence_replicas = {.ask = ask, .judge = judge};

static void describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    (void)plan;
    g_autofree char *except = step->except ? g_strjoinv(", ", step->except) : NULL;
    text->does = g_strdup_printf("waits until every standby%s%s has replayed what is written when "
                                 "this begins; one that was seen and is gone is waited for",
                                 except ? " but " : "", except ? except : "");
    text->skippable = TRUE;
}

const struct step_class step_class_replicas_caught_up = {
    .kind = KIND_REPLICAS_CAUGHT_UP,
    .worker = STEP_BY_EVIDENCE,
    .describe = describe,
    .evidence = &evidence_replicas,
};
