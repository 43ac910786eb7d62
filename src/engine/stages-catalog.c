/* Stages whose next statement the catalog decides (indexes, constraints): a function of the control
 * schema is asked, what it says is done, and it is asked again, until nothing is left. After a crash
 * the catalog tells the outcome, not the journal. Also the look for rows that would break the next
 * stage, and time that must pass. */
#include "config.h"
#include "stages-private.h"

#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/units.h"

#define WAIT_MS 1000
#define FIND_S 5         /* before it is tried: what can be found quickly */
#define FIND_BROKEN_S 60 /* when it has failed, people wait for the names anyway */
#define FIND_ROWS 10

/* --- rows that break it */

static char *find_sql(const struct step_stage *stage, int seconds)
{
    return g_strdup_printf("BEGIN READ ONLY; SET LOCAL statement_timeout = '%ds'; "
                           "SET LOCAL lock_timeout = '1s'; %s LIMIT %d; ROLLBACK",
                           seconds, stage->sql, FIND_ROWS);
}

/* "id 4; id 7; …" */
static char *found_text(const struct db_reply *reply)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < db_reply_rows(reply); i++)
        g_string_append_printf(text, "%s%s", i ? "; " : "", db_reply_text(reply, i, 0));
    if (db_reply_rows(reply) == FIND_ROWS)
        g_string_append(text, "; perhaps more");
    return g_string_free(text, FALSE);
}

static void on_found(struct worker *worker, struct db_reply *reply, const GError *error)
{
    const struct step_facts *step = stages_step(worker);
    if (!step) {
        worker_look_again(worker);
        return;
    }
    guint at;
    g_autoptr(GPtrArray) stages = stages_current(worker, step, &at);
    const struct step_stage *stage = g_ptr_array_index(stages, at);
    if (error || db_reply_rows(reply) == 0) {
        if (error)
            engine_line(worker->engine, worker->facts->name,
                        "step %s: whether rows %s was not found out beforehand (%s)", step->name,
                        stage->what, error->message);
        stages_record(worker, step, NULL);
        return;
    }
    g_autoptr(GError) failure =
        rollout_error_new(ROLLOUT_ERROR_DATABASE, "%d%s rows %s", db_reply_rows(reply),
                          db_reply_rows(reply) == FIND_ROWS ? " or more" : "", stage->what);
    g_autofree char *rows = found_text(reply);
    g_autofree char *detail = g_strdup_printf(
        "%s. Nothing has been changed. Set them right, then retry; or abort.", rows);
    worker_fail(worker, step->name, failure, detail);
}

void find_act(struct worker *worker, const struct step_facts *step, const struct step_stage *stage)
{
    (void)step;
    worker_send(worker, "looking for rows in the way", find_sql(stage, FIND_S), on_found);
}

/* --- a statement that failed */

static JsonObject *broken_of(const struct step_facts *step)
{
    JsonNode *node = json_object_get_member(step->detail, "broken");
    if (!node || !JSON_NODE_HOLDS_OBJECT(node))
        return NULL;
    JsonObject *broken = json_node_get_object(node);
    return json_object_get_int_member(broken, "attempt") == step->attempts ? broken : NULL;
}

static void set_text(JsonObject *object, const char *member, const char *text)
{
    if (text)
        json_object_set_string_member(object, member, text);
}

void catalog_broken(struct worker *worker, const struct step_facts *step, const GError *error)
{
    g_autoptr(JsonObject) detail = json_object_new();
    JsonObject *broken = json_object_new();
    json_object_set_int_member(broken, "attempt", step->attempts);
    set_text(broken, "sqlstate", rollout_error_sqlstate(error));
    set_text(broken, "text", error->message);
    set_text(broken, "detail", worker_error_detail(error));
    set_text(broken, "hint", rollout_error_hint(error));
    json_object_set_object_member(detail, "broken", broken);
    /* somebody was quicker with that name: what stands there is not ours */
    if (g_strcmp0(rollout_error_sqlstate(error), "42P07") == 0) {
        JsonNode *claimed = worker->tries.claimed;
        json_object_set_member(detail, "claimed",
                               claimed ? json_node_copy(claimed) : json_node_new(JSON_NODE_NULL));
    }
    worker_remember(worker, step->name, detail);
}

static void fail_broken(struct worker *worker, const struct step_facts *step, const char *rows)
{
    JsonObject *broken = broken_of(step);
    g_autoptr(GError) error = rollout_error_new(
        ROLLOUT_ERROR_DATABASE, "%s",
        json_object_get_string_member_with_default(broken, "text", "its statement failed"));
    rollout_error_set_sqlstate(
        error, json_object_get_string_member_with_default(broken, "sqlstate", NULL));
    const char *const parts[] = {json_object_get_string_member_with_default(broken, "detail", NULL),
                                 json_object_get_string_member_with_default(broken, "hint", NULL),
                                 rows,
                                 "Set it right, then retry does it again; or abort takes it back."};
    g_autoptr(GString) detail = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i] && *parts[i])
            g_string_append_printf(detail, "%s%s", detail->len ? "\n" : "", parts[i]);
    worker_fail(worker, step->name, error, detail->str);
}

static void on_found_broken(struct worker *worker, struct db_reply *reply, const GError *error)
{
    const struct step_facts *step = stages_step(worker);
    if (!step || !broken_of(step)) {
        worker_look_again(worker);
        return;
    }
    g_autofree char *found = error || db_reply_rows(reply) == 0 ? NULL : found_text(reply);
    g_autofree char *rows = found ? g_strdup_printf("Rows: %s.", found) : NULL;
    fail_broken(worker, step, rows);
}

/* The step fails, with the rows that are to blame where the stage before can find them. */
static void tell_broken(struct worker *worker, const struct step_facts *step)
{
    guint at;
    g_autoptr(GPtrArray) stages = stages_current(worker, step, &at);
    const struct step_stage *before = at > 0 ? g_ptr_array_index(stages, at - 1) : NULL;
    if (before && before->how == STAGE_FIND)
        worker_send(worker, "looking for the rows to blame", find_sql(before, FIND_BROKEN_S),
                    on_found_broken);
    else
        fail_broken(worker, step, NULL);
}

/* --- what the catalog says */

enum answer { ACT, SQL, WHAT, NOTE, HINT, TABLES, REMEMBER };

/* What is remembered with the act, and that it was begun: an abort must look what is there. */
static char *remember_json(const struct worker *worker, const struct step_facts *step,
                           const char *remember)
{
    g_autoptr(JsonNode) node = json_from_string(remember ? remember : "{}", NULL);
    if (!node || !JSON_NODE_HOLDS_OBJECT(node))
        node = json_from_string("{}", NULL);
    const char *member = stages_member(worker->tries.undo);
    json_object_set_int_member(json_node_get_object(node), member, step_facts_int(step, member));
    return json_to_string(node, FALSE);
}

/* What was claimed before this act, should it turn out that somebody else was quicker. */
static void keep_claimed(struct worker *worker, const struct step_facts *step)
{
    JsonNode *claimed = json_object_get_member(step->detail, "claimed");
    g_clear_pointer(&worker->tries.claimed, json_node_unref);
    worker->tries.claimed = claimed ? json_node_copy(claimed) : NULL;
}

static void do_ddl(struct worker *worker, const struct step_facts *step,
                   const struct db_reply *reply, const char *remember, gboolean last)
{
    g_autofree char *name = db_literal(step->name), *detail = db_literal(remember);
    g_autofree char *record = last ? stages_record_sql(worker, step, NULL) : NULL;
    stages_ddl(worker, step, db_reply_text(reply, 0, TABLES),
               g_strdup(db_reply_text(reply, 0, SQL)),
               g_strdup_printf("SELECT pgrollout.step_remember(%" G_GINT64_FORMAT ", %s, %s)%s%s",
                               worker->id, name, detail, last ? "; " : "", last ? record : ""));
}

static void do_fail(struct worker *worker, const struct step_facts *step,
                    const struct db_reply *reply)
{
    g_autoptr(GError) error =
        rollout_error_new(ROLLOUT_ERROR_DATABASE, "%s", db_reply_text(reply, 0, NOTE));
    worker_fail(worker, step->name, error, db_reply_text(reply, 0, HINT));
}

static void perform(struct worker *worker, const struct step_facts *step,
                    const struct db_reply *reply)
{
    const char *act = db_reply_text(reply, 0, ACT), *what = db_reply_text(reply, 0, WHAT);
    gboolean clean_up = g_strcmp0(what, "index drop") == 0;
    gboolean last = strcmp(act, "last") == 0, ddl = last || strcmp(act, "ddl") == 0;
    gboolean changes = ddl || strcmp(act, "run") == 0;
    if (changes && !clean_up && broken_of(step)) {
        tell_broken(worker, step);
        return;
    }
    g_autofree char *remember = remember_json(worker, step, db_reply_text(reply, 0, REMEMBER));
    keep_claimed(worker, step);
    if (strcmp(act, "run") == 0) {
        stages_run(worker, step, what, g_strdup(db_reply_text(reply, 0, SQL)), remember);
    } else if (ddl) {
        do_ddl(worker, step, reply, remember, last);
    } else if (strcmp(act, "wait") == 0) {
        worker_waits_for(worker, step, db_reply_text(reply, 0, NOTE));
        worker_sleep(worker, WAIT_MS);
    } else if (strcmp(act, "fail") == 0) {
        do_fail(worker, step, reply);
    } else {
        stages_record(worker, step, db_reply_text(reply, 0, NOTE));
    }
}

static void on_next(struct worker *worker, struct db_reply *reply, const GError *error)
{
    const struct step_facts *step = stages_step(worker);
    if (error)
        stages_failed(worker, error);
    if (error || !step) {
        worker_look_again(worker);
        return;
    }
    perform(worker, step, reply);
}

void catalog_act(struct worker *worker, const struct step_facts *step,
                 const struct step_stage *stage)
{
    g_autofree char *name = db_literal(step->name);
    worker_send(worker, "asking the catalog",
                g_strdup_printf("SELECT n.act, n.sql, n.what, n.note, n.hint, n.tables, n.remember "
                                "FROM pgrollout.%s(%" G_GINT64_FORMAT ", %s, %s) n",
                                stage->what, worker->id, name, stage->sql),
                on_next);
}

/* --- time */

static void on_passed(struct worker *worker, struct db_reply *reply, const GError *error)
{
    const struct step_facts *step = stages_step(worker);
    if (error)
        stages_failed(worker, error);
    if (error || !step) {
        worker_look_again(worker);
        return;
    }
    gint64 left_s = db_reply_int(reply, 0, 0);
    if (left_s <= 0) {
        stages_record(worker, step, NULL);
        return;
    }
    /* the text changes once a minute, not at each look */
    gint64 shown_us = (left_s < 60 ? left_s : (left_s + 59) / 60 * 60) * G_USEC_PER_SEC;
    g_autofree char *left = duration_format(shown_us);
    g_autofree char *text = g_strdup_printf("the time to pass: %s more", left);
    worker_waits_for(worker, step, text);
    worker_sleep(worker, WAIT_MS);
}

/* By the server's clock, from when it was first asked: another engine goes on from there. */
void pass_act(struct worker *worker, const struct step_facts *step, const struct step_stage *stage)
{
    (void)stage;
    g_autofree char *name = db_literal(step->name);
    gint64 for_us = worker_plan_step(worker, step->name)->for_us;
    worker_send(worker, "letting time pass",
                worker_message(worker, 0, TRUE,
                               "SELECT pgrollout.time_left(%" G_GINT64_FORMAT
                               ", %s, %" G_GINT64_FORMAT ")",
                               worker->id, name, for_us),
                on_passed);
}
