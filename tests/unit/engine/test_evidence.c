/* What is made of what the servers and poolers said, and for how long it has been so. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "engine/evidence-private.h"
#include "engine/sessions.h"

#define S ((gint64)G_USEC_PER_SEC)

/* --- the time */

static void test_window(void **state)
{
    (void)state;
    struct evidence_window w = {0};
    const gint64 t = 1000 * S;
    assert_false(evidence_window_look(&w, t, 10 * S, EVIDENCE_CLEAR));
    assert_int_equal(w.begun_us, t);
    assert_false(evidence_window_look(&w, t + 9 * S, 10 * S, EVIDENCE_CLEAR));
    assert_true(evidence_window_look(&w, t + 10 * S, 10 * S, EVIDENCE_CLEAR));
    /* what stands against it begins it anew, and so does not to see */
    assert_false(evidence_window_look(&w, t + 11 * S, 10 * S, EVIDENCE_NOT));
    assert_int_equal(w.since_us, 0);
    assert_false(evidence_window_look(&w, t + 12 * S, 10 * S, EVIDENCE_CLEAR));
    assert_false(evidence_window_look(&w, t + 21 * S, 10 * S, EVIDENCE_BLIND));
    assert_false(evidence_window_look(&w, t + 22 * S, 10 * S, EVIDENCE_CLEAR));
    assert_int_equal(w.since_us, t + 22 * S);
    /* time that does not count */
    assert_false(evidence_window_look(&w, t + 30 * S, 10 * S, EVIDENCE_FROZEN));
    assert_int_equal(w.since_us, t + 30 * S);
    assert_false(evidence_window_look(&w, t + 39 * S, 10 * S, EVIDENCE_CLEAR));
    assert_true(evidence_window_look(&w, t + 40 * S, 10 * S, EVIDENCE_CLEAR));
    /* a gap, and a clock that goes back */
    assert_false(
        evidence_window_look(&w, t + 40 * S + EVIDENCE_GAP_US + 1, 10 * S, EVIDENCE_CLEAR));
    assert_int_equal(w.since_us, t + 40 * S + EVIDENCE_GAP_US + 1);
    assert_false(evidence_window_look(&w, t, 10 * S, EVIDENCE_CLEAR));
    assert_int_equal(w.since_us, t);
    assert_int_equal(w.begun_us, t);
    /* one look may be enough, but only a clear one; frozen from the first begins nothing */
    struct evidence_window once = {0};
    assert_false(evidence_window_look(&once, t, 0, EVIDENCE_FROZEN));
    assert_int_equal(once.since_us, 0);
    assert_true(evidence_window_look(&once, t + S, 0, EVIDENCE_CLEAR));
}

static void test_words(void **state)
{
    (void)state;
    static const struct {
        gint64 elapsed, window;
        const char *text;
    } rows[] = {
        {0, 3 * S, "for 0s of 3s"},
        {2900000, 3 * S, "for 2s of 3s"},
        {99 * S, 120 * S, "for 90s of 2m"},
        {245 * S, 600 * S, "for 4m of 10m"},
        {700 * S, 600 * S, "for 10m of 10m"},
        {5400 * S, 86400 * S, "for 90m of 1d"},
        {37500 * S, 86400 * S, "for 10h 25m of 1d"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = evidence_elapsed(rows[i].elapsed, rows[i].window);
        assert_string_equal(text, rows[i].text);
    }
    assert_true(evidence_interval_ms(S) < 500);
    assert_true(evidence_interval_ms(60 * S) <= 2000);
    /* well within the gap that begins it anew */
    assert_true(evidence_interval_ms(35LL * 86400 * S) * 1000 * 2 < EVIDENCE_GAP_US);
}

/* --- judging */

struct fixture {
    struct plan plan;
    struct plan_step step;
    struct conf conf;
    struct evidence_question question;
    GPtrArray *answers;
};

static void server_add(GPtrArray *servers, const char *name)
{
    struct conf_server *server = g_new0(struct conf_server, 1);
    server->name = (char *)name;
    g_ptr_array_add(servers, server);
}

static int setup(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    f->plan.applications = g_ptr_array_new();
    f->plan.guards = g_ptr_array_new();
    f->conf.replicas = g_ptr_array_new_with_free_func(g_free);
    f->conf.poolers = g_ptr_array_new_with_free_func(g_free);
    f->step.sessions = (char *)"shop-web*";
    f->step.for_us = 60 * S;
    f->question = (struct evidence_question){
        .plan = &f->plan,
        .step = &f->step,
        .conf = &f->conf,
        .database = "shop",
        .now_us = 1000 * S,
        .lately = json_object_new(),
        .replicas = json_object_new(),
    };
    f->answers = g_ptr_array_new_with_free_func(evidence_answer_free);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    g_ptr_array_unref(f->answers);
    json_object_unref(f->question.lately);
    json_object_unref(f->question.replicas);
    g_ptr_array_unref(f->conf.replicas);
    g_ptr_array_unref(f->conf.poolers);
    g_ptr_array_unref(f->plan.applications);
    g_ptr_array_unref(f->plan.guards);
    g_free(f);
    return 0;
}

/* `json` NULL: no answer, since `wrong`. */
static void answer(struct fixture *f, enum evidence_place place, const char *name,
                   const char *topic, const char *json, const char *wrong)
{
    struct evidence_answer *a = g_new0(struct evidence_answer, 1);
    a->place = place;
    a->name = g_strdup(name);
    a->topic = g_strdup(topic);
    a->value = json ? json_from_string(json, NULL) : NULL;
    a->wrong = g_strdup(wrong);
    assert_true(!json || a->value);
    g_ptr_array_add(f->answers, a);
}

/* Judges, compares, and forgets the answers. */
static void judged(struct fixture *f, const struct evidence_class *class,
                   enum evidence_verdict verdict, const char *text)
{
    struct evidence_finding finding = {.fraction = NAN};
    class->judge(&f->question, f->answers, &finding);
    if (finding.verdict != verdict || !strstr(finding.text, text))
        fail_msg("verdict %d \"%s\", not %d \"%s\"", (int)finding.verdict, finding.text,
                 (int)verdict, text);
    evidence_finding_clear(&finding);
    g_ptr_array_set_size(f->answers, 0);
}

#define HERE(sessions, prepared)                                                                   \
    "{\"system\": \"1\", \"standby\": false, \"standbys\": [\"b\"], \"sessions\": [" sessions      \
    "], \"prepared\": [" prepared "]}"
#define SESSION(pid, name, port)                                                                   \
    "{\"pid\": " pid ", \"start\": \"1.5\", \"name\": " name                                       \
    ", \"user\": \"u\", \"addr\": \"10.0.0.1\", \"port\": " port "}"

static void sessions_of(struct fixture *f, const char *json, enum evidence_verdict verdict,
                        const char *text)
{
    answer(f, EVIDENCE_PRIMARY, NULL, SESSIONS_HERE, json, NULL);
    judged(f, &evidence_no_sessions, verdict, text);
}

static void test_sessions(void **state)
{
    struct fixture *f = *state;
    sessions_of(f, HERE("", ""), EVIDENCE_CLEAR, "no session of shop-web*");
    sessions_of(f, HERE(SESSION("1", "\"cron\"", "7"), ""), EVIDENCE_CLEAR, "no session");
    sessions_of(f, HERE(SESSION("1", "\"shop-web-1\"", "7"), ""), EVIDENCE_NOT,
                "1 session of shop-web*: pid 1 (u from 10.0.0.1)");
    /* as PgBouncer's application_name_add_host writes it */
    f->step.sessions = (char *)"shop-web";
    sessions_of(f, HERE(SESSION("2", "\"shop-web - 10.0.0.9:123\"", "7"), ""), EVIDENCE_NOT,
                "pid 2");
    /* who cannot be told apart */
    sessions_of(f, HERE(SESSION("3", "\"\"", "7"), ""), EVIDENCE_BLIND, "without a name");
    sessions_of(f, HERE(SESSION("3", "null", "7"), ""), EVIDENCE_BLIND, "without a name");
    sessions_of(f, HERE(SESSION("4", "\"PgBouncer\"", "7"), ""), EVIDENCE_BLIND, "a pooler's name");
    sessions_of(f, HERE("", "{\"gid\": \"g\", \"owner\": \"o\", \"age_s\": 11.5}"), EVIDENCE_BLIND,
                "prepared transaction \"g\" of o");
    sessions_of(f, HERE("", "{\"gid\": \"g\", \"owner\": \"o\", \"age_s\": 0.2}"), EVIDENCE_CLEAR,
                "");
    answer(f, EVIDENCE_PRIMARY, NULL, SESSIONS_HERE, NULL, "gone");
    judged(f, &evidence_no_sessions, EVIDENCE_BLIND, "the primary does not answer: gone");
}

static void test_names_that_change(void **state)
{
    struct fixture *f = *state;
    sessions_of(f, HERE(SESSION("5", "\"a\"", "7"), ""), EVIDENCE_CLEAR, "");
    sessions_of(f, HERE(SESSION("5", "\"b\"", "7"), ""), EVIDENCE_BLIND, "changes its name");
    sessions_of(f, HERE(SESSION("5", "\"b\"", "7"), ""), EVIDENCE_BLIND, "changes its name");
    sessions_of(f, HERE("", ""), EVIDENCE_CLEAR, "");
    assert_int_equal(json_object_get_size(f->question.lately), 0);
    sessions_of(f, HERE(SESSION("5", "\"b\"", "7"), ""), EVIDENCE_CLEAR, "");
}

#define DATABASES                                                                                  \
    "[{\"name\": \"front\", \"database\": \"shop\"}, {\"name\": \"other\", \"database\": \"x\"}]"
#define SERVERS_OF(database)                                                                       \
    "[{\"remote_pid\": \"1\", \"local_port\": \"7\", \"addr\": \"10.0.0.2\", \"database\": "       \
    "\"" database "\"}]"
#define SERVERS SERVERS_OF("front")
#define CLIENT(database, name)                                                                     \
    "[{\"database\": \"" database                                                                  \
    "\", \"user\": \"u\", \"addr\": \"10.0.0.3\", \"port\": \"9\"" name "}]"

static void pooler(struct fixture *f, const char *servers, const char *again, const char *clients)
{
    answer(f, EVIDENCE_POOLER, "p", POOLER_DATABASES, DATABASES, NULL);
    answer(f, EVIDENCE_POOLER, "p", POOLER_SERVERS, servers, NULL);
    answer(f, EVIDENCE_POOLER, "p", POOLER_SERVERS_AGAIN, again, NULL);
    answer(f, EVIDENCE_POOLER, "p", POOLER_CLIENTS, clients, NULL);
}

static void test_pooler(void **state)
{
    struct fixture *f = *state;
    const char *held = HERE(SESSION("1", "\"shop-web-1\"", "7"), "");
    server_add(f->conf.poolers, "p");
    /* the pooler's session has the name of one who has gone; also one that came or went meanwhile */
    pooler(f, SERVERS, SERVERS, "[]");
    sessions_of(f, held, EVIDENCE_CLEAR, "no session");
    pooler(f, "[]", SERVERS, "[]");
    sessions_of(f, held, EVIDENCE_CLEAR, "no session");
    pooler(f, SERVERS, "[]", "[]");
    sessions_of(f, held, EVIDENCE_CLEAR, "no session");
    /* the same pid on another port is not the pooler's */
    pooler(f, SERVERS, SERVERS, "[]");
    sessions_of(f, HERE(SESSION("1", "\"shop-web-1\"", "8"), ""), EVIDENCE_NOT, "pid 1");
    pooler(f, SERVERS_OF("other"), SERVERS_OF("other"), "[]");
    sessions_of(f, held, EVIDENCE_NOT, "pid 1");
    pooler(f, SERVERS, SERVERS, CLIENT("front", ", \"application_name\": \"shop-web-1\""));
    sessions_of(f, held, EVIDENCE_NOT, "client of pooler p (u from 10.0.0.3:9)");
    pooler(f, SERVERS, SERVERS, CLIENT("shop", ", \"application_name\": \"shop-web-1\""));
    sessions_of(f, held, EVIDENCE_NOT, "client of pooler p");
    pooler(f, SERVERS, SERVERS, CLIENT("other", ", \"application_name\": \"shop-web-1\""));
    sessions_of(f, held, EVIDENCE_CLEAR, "no session");
    pooler(f, SERVERS, SERVERS, CLIENT("front", ", \"application_name\": \"\""));
    sessions_of(f, held, EVIDENCE_BLIND, "without a name may be");
    pooler(f, SERVERS, SERVERS, CLIENT("front", ""));
    sessions_of(f, held, EVIDENCE_BLIND, "tells it from 1.18 on");
    answer(f, EVIDENCE_POOLER, "p", POOLER_DATABASES, NULL, "refused");
    sessions_of(f, HERE("", ""), EVIDENCE_BLIND, "pooler p does not answer");
    pooler(f, SERVERS, NULL, "[]");
    sessions_of(f, HERE("", ""), EVIDENCE_BLIND, "pooler p does not answer");
}

static void test_standby_sessions(void **state)
{
    struct fixture *f = *state;
    const char *theirs = HERE(SESSION("9", "\"shop-web-1\"", "7"), "");
    g_autofree char *other = g_strdup_printf("{\"system\": \"2\"%s", strchr(theirs, ','));
    server_add(f->conf.replicas, "r");
    answer(f, EVIDENCE_REPLICA, "r", SESSIONS_HERE, theirs, NULL);
    sessions_of(f, HERE("", ""), EVIDENCE_NOT, "pid 9 on r");
    answer(f, EVIDENCE_REPLICA, "r", SESSIONS_HERE, NULL, "refused");
    sessions_of(f, HERE("", ""), EVIDENCE_BLIND, "standby r does not answer: refused");
    /* the settings file is the machine's: of another cluster */
    answer(f, EVIDENCE_REPLICA, "r", SESSIONS_HERE, other, NULL);
    sessions_of(f, HERE("", ""), EVIDENCE_CLEAR, "no session");
}

static void test_coverage(void **state)
{
    struct fixture *f = *state;
    struct evidence_finding finding = {.fraction = NAN};
    answer(f, EVIDENCE_PRIMARY, NULL, SESSIONS_HERE, HERE("", ""), NULL);
    evidence_no_sessions.judge(&f->question, f->answers, &finding);
    assert_string_equal(finding.coverage,
                        "looked at the primary (0 sessions); not seen: standby b (not in the "
                        "settings file); no pooler is in the settings file: who waits in one is "
                        "not seen");
    evidence_finding_clear(&finding);
}

#define CLUSTER "{\"system\": \"1\", \"timeline\": \"00000001\"}"
#define STANDBY(name, state, behind)                                                               \
    "{\"name\": \"" name "\", \"state\": " state ", \"behind\": " behind "}"

static void caught_up(struct fixture *f, const char *standbys, enum evidence_verdict verdict,
                      const char *text)
{
    g_autofree char *list = g_strdup_printf("[%s]", standbys);
    answer(f, EVIDENCE_PRIMARY, NULL, "cluster", CLUSTER, NULL);
    answer(f, EVIDENCE_PRIMARY, NULL, "lsn", "\"0/5\"", NULL);
    answer(f, EVIDENCE_PRIMARY, NULL, "standbys", list, NULL);
    judged(f, &evidence_replicas, verdict, text);
}

static void test_replicas(void **state)
{
    struct fixture *f = *state;
    const char *there = STANDBY("b", "\"streaming\"", "-8");
    caught_up(f, "", EVIDENCE_CLEAR, "no standby is connected, and none was");
    caught_up(f, there, EVIDENCE_CLEAR, "1 standby has replayed 0/5");
    caught_up(f, STANDBY("b", "\"streaming\"", "4096"), EVIDENCE_NOT,
              "1 of 1 standbys to replay 0/5: b (4.0 kB behind)");
    caught_up(f, STANDBY("b", "\"catchup\"", "null"), EVIDENCE_NOT, "b (unknown how far behind)");
    /* pg_receivewal replays nothing; hidden ones may be anything */
    caught_up(f, STANDBY("w", "\"streaming\"", "null"), EVIDENCE_CLEAR, "no standby");
    caught_up(f, STANDBY("w", "null", "null"), EVIDENCE_BLIND, "hidden");
    json_object_set_int_member(f->question.replicas, "c", 2);
    caught_up(f, there, EVIDENCE_NOT, "1 of 2 standbys to replay 0/5: c (2 gone)");
    char *except[] = {(char *)"c*", NULL};
    f->step.except = except;
    caught_up(f, there, EVIDENCE_CLEAR, "1 standby has replayed");
    server_add(f->conf.replicas, "d");
    answer(f, EVIDENCE_REPLICA, "d", "replay", NULL, "refused");
    caught_up(f, there, EVIDENCE_BLIND, "standby d does not answer: refused");
    answer(f, EVIDENCE_REPLICA, "d", "replay",
           "{\"system\": \"1\", \"standby\": true, \"behind\": 1}", NULL);
    caught_up(f, there, EVIDENCE_NOT, "d (behind, by its own word)");
    answer(f, EVIDENCE_REPLICA, "d", "replay",
           "{\"system\": \"1\", \"standby\": true, \"behind\": 0}", NULL);
    caught_up(f, there, EVIDENCE_CLEAR, "2 standbys have replayed");
    answer(f, EVIDENCE_REPLICA, "d", "replay",
           "{\"system\": \"1\", \"standby\": false, \"behind\": 0}", NULL);
    caught_up(f, there, EVIDENCE_BLIND, "d is no standby");
    answer(f, EVIDENCE_REPLICA, "d", "replay",
           "{\"system\": \"7\", \"standby\": true, \"behind\": 0}", NULL);
    caught_up(f, there, EVIDENCE_CLEAR, "1 standby has replayed");
}

static void test_soak(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *trips;
        gboolean held, afresh;
        enum evidence_verdict verdict;
        const char *text;
    } rows[] = {
        {"{\"standing\": null, \"last\": null}", FALSE, FALSE, EVIDENCE_CLEAR, "no guard tripped"},
        {"{\"standing\": null, \"last\": null}", TRUE, FALSE, EVIDENCE_FROZEN, "no guard tripped"},
        {"{\"standing\": \"lag\", \"last\": null}", TRUE, FALSE, EVIDENCE_NOT, "guard lag holds"},
        {"{\"standing\": null, \"last\": \"x\"}", FALSE, FALSE, EVIDENCE_NOT, "tripped at x"},
        {"{\"standing\": null, \"last\": \"x\"}", FALSE, TRUE, EVIDENCE_NOT, "tripped at x"},
        {"[]", FALSE, FALSE, EVIDENCE_BLIND, "cannot be read"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        f->question.held = rows[i].held;
        f->question.afresh = rows[i].afresh;
        answer(f, EVIDENCE_PRIMARY, NULL, "trips", rows[i].trips, NULL);
        judged(f, &evidence_soak, rows[i].verdict, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_words),
        cmocka_unit_test_setup_teardown(test_sessions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_that_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pooler, setup, teardown),
        cmocka_unit_test_setup_teardown(test_standby_sessions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_coverage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replicas, setup, teardown),
        cmocka_unit_test_setup_teardown(test_soak, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
