/* Who uses what an abort takes away from a new release, looked for while its opposite gate asks: the
 * judgement of `unused` over each column or table, put together. It never ends by itself; a person does. */
#include "config.h"
#include "evidence-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/engine/usage.h"

#define OF "of"       /* what the memo is about: another abort may take away more */
#define PARTS "parts" /* subject → what `unused` remembers of it */

/* How long it must have been quiet before nobody needs to say why; what it was before is shown. */
static const struct plan_step watch = {
    .kind = KIND_UNUSED, .for_us = 10 * G_USEC_PER_SEC, .coverage = USAGE_COVERAGE};

const struct plan_step *evidence_undo_step(void)
{
    return &watch;
}

/* One of what is taken away, as a question of its own. */
struct part {
    char *prefix; /* of its topics */
    struct plan_step step;
    struct evidence_question question;
    GPtrArray
        *answers; /* struct evidence_answer of its topics without the prefix; members borrowed */
};

static JsonObject *child(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonObject *child_make(JsonObject *object, const char *name)
{
    if (!child(object, name))
        json_object_set_object_member(object, name, json_object_new());
    return child(object, name);
}

/* What was remembered, where it was about the same. */
static JsonObject *parts_remembered(const struct evidence_question *question)
{
    JsonNode *of = question->memo ? json_object_get_member(question->memo, OF) : NULL;
    return of && json_node_equal(of, question->takes) ? child(question->memo, PARTS) : NULL;
}

static void part_init(struct part *part, const struct evidence_question *question,
                      const GPtrArray *answers, guint i)
{
    JsonObject *takes = json_array_get_object_element(json_node_get_array(question->takes), i);
    part->prefix = g_strdup_printf("%u:", i);
    part->step = watch;
    part->step.schema = g_strdup(json_object_get_string_member(takes, "schema"));
    part->step.table = g_strdup(json_object_get_string_member(takes, "table"));
    part->step.col = g_strdup(json_object_get_string_member_with_default(takes, "column", NULL));
    g_autofree char *key = g_strdup_printf("%s.%s.%s", part->step.schema, part->step.table,
                                           part->step.col ? part->step.col : "");
    part->question = *question;
    part->question.step = &part->step;
    part->question.lately = child_make(question->lately, key);
    part->question.memo = child(parts_remembered(question), key);
    part->answers = g_ptr_array_new_with_free_func(g_free);
    for (guint k = 0; k < answers->len; k++) {
        const struct evidence_answer *answer = g_ptr_array_index(answers, k);
        if (!g_str_has_prefix(answer->topic, part->prefix))
            continue;
        struct evidence_answer *mine = g_new(struct evidence_answer, 1);
        *mine = *answer;
        mine->topic = answer->topic + strlen(part->prefix);
        g_ptr_array_add(part->answers, mine);
    }
}

static void part_clear(struct part *part)
{
    g_free(part->prefix);
    g_free(part->step.schema);
    g_free(part->step.table);
    g_free(part->step.col);
    g_ptr_array_unref(part->answers);
}

static guint count_of(const struct evidence_question *question)
{
    return json_array_get_length(json_node_get_array(question->takes));
}

static void ask(const struct evidence_question *question, const GPtrArray *answers, GPtrArray *asks)
{
    for (guint i = 0; i < count_of(question); i++) {
        struct part part;
        part_init(&part, question, answers, i);
        g_autoptr(GPtrArray) more = g_ptr_array_new_with_free_func(evidence_ask_free);
        evidence_unused.ask(&part.question, part.answers, more);
        for (guint k = 0; k < more->len; k++) {
            const struct evidence_ask *one = g_ptr_array_index(more, k);
            g_autofree char *topic = g_strconcat(part.prefix, one->topic, NULL);
            evidence_ask(asks, one->place, one->name, topic, g_strdup(one->sql));
        }
        part_clear(&part);
    }
}

/* "40s", "3m", moving so seldom that the row is not written for every look. Free it. */
static char *quiet_for(gint64 us)
{
    static const gint64 s = G_USEC_PER_SEC, min = 60 * G_USEC_PER_SEC;
    gint64 unit = us >= 60 * min ? 60 * min : us >= min ? min : 10 * s;
    return g_strdup_printf("%" G_GINT64_FORMAT "%s", us / unit * (unit == 10 * s ? 10 : 1),
                           unit == 60 * min ? "h"
                           : unit == min    ? "m"
                                            : "s");
}

static char *text_of(const struct part *part, const struct evidence_finding *finding)
{
    JsonObject *memo = finding->memo ? finding->memo : part->question.memo;
    if (finding->verdict != EVIDENCE_CLEAR || !memo)
        return g_strdup(finding->text);
    g_autofree char *quiet = quiet_for(
        part->question.now_us - json_object_get_int_member_with_default(memo, "since_us", 0));
    const char *last = json_object_get_string_member_with_default(memo, "reason", NULL);
    return g_strdup_printf("nothing has used %s%s%s for %s%s%s", part->step.table,
                           part->step.col ? "." : "", part->step.col ? part->step.col : "", quiet,
                           last ? ", before that: " : "", last ? last : "");
}

/* What stands against it goes first. */
static void add_part(const struct part *part, const struct evidence_finding *found,
                     GString *against, GString *clear)
{
    g_autofree char *text = text_of(part, found);
    GString *out = found->verdict == EVIDENCE_CLEAR ? clear : against;
    g_string_append_printf(out, "%s%s", out->len ? "; " : "", text);
}

static void remember(JsonObject *parts, const struct part *part,
                     const struct evidence_finding *found)
{
    JsonObject *memo = found->memo ? found->memo : part->question.memo;
    g_autofree char *key = g_strdup_printf("%s.%s.%s", part->step.schema, part->step.table,
                                           part->step.col ? part->step.col : "");
    if (memo)
        json_object_set_object_member(parts, key, json_object_ref(memo));
}

static void judge(const struct evidence_question *question, const GPtrArray *answers,
                  struct evidence_finding *finding)
{
    g_autoptr(GString) against = g_string_new(NULL), clear = g_string_new(NULL);
    JsonObject *parts = json_object_new();
    gboolean changed = !parts_remembered(question);
    finding->verdict = EVIDENCE_CLEAR;
    for (guint i = 0; i < count_of(question); i++) {
        struct part part;
        struct evidence_finding found = {.fraction = NAN};
        part_init(&part, question, answers, i);
        evidence_unused.judge(&part.question, part.answers, &found);
        add_part(&part, &found, against, clear);
        remember(parts, &part, &found);
        changed |= found.memo != NULL;
        finding->verdict = MAX(finding->verdict, found.verdict);
        if (!finding->coverage)
            finding->coverage = g_steal_pointer(&found.coverage);
        evidence_finding_clear(&found);
        part_clear(&part);
    }
    finding->text =
        g_strconcat(against->str, against->len && clear->len ? "; " : "", clear->str, NULL);
    JsonObject *memo = json_object_new();
    json_object_set_member(memo, OF, json_node_copy(question->takes));
    json_object_set_object_member(memo, PARTS, parts);
    if (changed)
        finding->memo = memo;
    else
        json_object_unref(memo);
}

const struct evidence_class evidence_undo = {.cumulative = TRUE, .ask = ask, .judge = judge};
