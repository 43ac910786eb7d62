/* The snapshot's parser and the verdicts on it. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/base/error.h"
#include "pgrollout/engine/snapshot.h"

static struct snapshot *parse(const char *json)
{
    GError *error = NULL;
    struct snapshot *s = snapshot_parse(json, &error);
    if (!s)
        fail_msg("%s", error->message);
    return s;
}

static const char whole[] =
    "{\"at\":\"2026-11-22T14:02:31Z\",\"database\":\"app\",\"installed\":true,\"schema_version\":2,"
    "\"server\":{\"version\":150020,\"role\":\"primary\",\"timeline\":3},"
    "\"caller\":{\"login\":\"ana\",\"role\":\"operator\"},"
    "\"engine\":{\"alive\":true,\"epoch\":7,\"pid\":12,\"host\":\"ops1\",\"heartbeat_age_s\":0.4},"
    "\"migrations\":[{\"id\":4,\"version\":118,\"name\":\"m\",\"state\":\"active\",\"phase\":"
    "\"backfill\","
    "\"step\":\"copy\",\"phases\":[{\"name\":\"expand\",\"state\":\"done\",\"steps\":[{\"name\":"
    "\"a\"}]},"
    "{\"name\":\"backfill\",\"state\":\"running\",\"steps\":[{\"name\":\"copy\",\"kind\":"
    "\"backfill\","
    "\"attempts\":2,\"error\":null,\"elapsed_s\":1.5}]}],"
    "\"holds\":[{\"kind\":\"guard\",\"key\":\"replication_lag\",\"reason\":\"lag\",\"age_s\":2,"
    "\"by\":null}],"
    "\"progress\":{\"fraction\":1.7,\"eta_s\":[10,20],\"batches\":3},"
    "\"guards\":[{\"name\":\"replication_lag\",\"value\":2,\"pause\":5,\"resume\":2,\"state\":"
    "\"ok\"}],"
    "\"gate\":{\"step\":\"g\",\"text\":\"t\",\"by\":\"approver\",\"answers\":[{\"application\":"
    "\"web\",\"by\":null}]},"
    "\"series\":{\"lag_s\":[1,null,2.5]},"
    "\"events\":[{\"id\":9,\"at\":\"2026-11-22T14:02:30.5Z\",\"who\":\"engine\",\"text\":\"x\"}]}],"
    "\"replicas\":[{\"name\":\"r\",\"state\":\"streaming\",\"lag_s\":0.5,\"lag_bytes\":10}],"
    "\"lock_waits\":[{\"pid\":5,\"blocked_by\":[6,7],\"waited_s\":0.5,\"ours\":false,\"on_us\":"
    "true}]}";

static void test_whole_document(void **state)
{
    (void)state;
    struct snapshot *s = parse(whole);
    assert_true(s->installed);
    assert_int_equal(s->server_version, 150020);
    assert_int_equal(s->timeline, 3);
    assert_string_equal(s->login, "ana");
    assert_string_equal(s->role, "operator");
    assert_true(s->engine_alive);
    assert_int_equal(s->engine_pid, 12);
    struct snap_migration *m = snapshot_migration_find(s, "m");
    assert_non_null(m);
    assert_int_equal(m->version, 118);
    assert_true(m->progress.fraction == 1); /* never above */
    assert_true(m->progress.eta_low_s == 10 && m->progress.eta_high_s == 20);
    assert_true(isnan(m->progress.rows_done));
    assert_true(m->gate->by_approver);
    assert_int_equal(m->gate->answers->len, 1);
    assert_int_equal(m->lag_s.n, 3);
    assert_true(isnan(m->lag_s.values[1]) && m->lag_s.values[2] == 2.5);
    assert_int_equal(m->waits.n, 0);
    struct snap_event *event = g_ptr_array_index(m->events, 0);
    assert_string_equal(event->at, "14:02:30");
    struct snap_lock_wait *wait = g_ptr_array_index(s->lock_waits, 0);
    assert_int_equal(g_array_index(wait->blocked_by, gint64, 1), 7);
    guint number, total;
    struct snap_step *step = snap_step_current(m, &number, &total);
    assert_string_equal(step->kind, "backfill");
    assert_null(step->error);
    assert_int_equal(number, 2);
    assert_int_equal(total, 2);
    snapshot_free(s);
}

/* Cuts the document at every byte, and blanks every member in turn: never a crash, and what parses
 * is complete in its lists. */
static void test_anything_may_be_missing(void **state)
{
    (void)state;
    for (gsize n = 0; n < sizeof whole; n++) {
        char *cut = g_strndup(whole, n);
        snapshot_free(snapshot_parse(cut, NULL));
        g_free(cut);
    }
    for (const char *colon = strchr(whole, ':'); colon; colon = strchr(colon + 1, ':')) {
        const char *key = colon;
        while (key > whole && key[-1] != '{' && key[-1] != ',')
            key--;
        GString *other = g_string_new_len(whole, key - whole);
        g_string_append(other, "\"unknown_key\"");
        g_string_append(other, colon);
        struct snapshot *s = snapshot_parse(other->str, NULL);
        for (guint i = 0; s && i < s->migrations->len; i++) {
            struct snap_migration *m = g_ptr_array_index(s->migrations, i);
            assert_non_null(m->name);
            assert_true(m->phases && m->holds && m->guards && m->events && m->evidence);
            snap_harm(s, m);
        }
        snapshot_free(s);
        g_string_free(other, TRUE);
    }
    struct snapshot *s = parse("{}");
    assert_false(s->installed);
    assert_int_equal(s->migrations->len, 0);
    assert_true(isnan(s->heartbeat_age_s));
    snapshot_free(s);
}

static void test_wrong_documents(void **state)
{
    (void)state;
    GError *error = NULL;
    assert_null(snapshot_parse("[1]", &error));
    assert_int_equal(error->code, ROLLOUT_ERROR_BUG);
    g_clear_error(&error);
    assert_null(snapshot_parse("{\"a\":", &error));
    g_clear_error(&error);
    snapshot_free(parse("{\"migrations\":{\"a\":1},\"server\":5,\"lock_waits\":[3,null]}"));
}

static double room(double value, double pause, double resume, const char *state)
{
    struct snap_guard guard = {.name = (char *)"g",
                               .value = value,
                               .pause = pause,
                               .resume = resume,
                               .state = (char *)state};
    return snap_guard_room(&guard);
}

/* Each migration is read by itself: what looks like an end within a text is none. */
static void test_migrations_apart(void **state)
{
    (void)state;
    struct snapshot *s = parse(
        " { \"a\" : \"\\\"migrations\\\":[{\", \"migrations_\": [{}], \"migrations\" : [ "
        "{\"name\": \"}]{[\\\"\\\\\"} , 7, null, [{\"name\": \"no\"}], \"{\", {\"name\": \"b\", "
        "\"title\": \"\\u005d\"}\n], \"database\": \"shop\" } ");
    assert_int_equal(s->migrations->len, 2);
    const struct snap_migration *a = snapshot_migration_find(s, "}]{[\"\\");
    const struct snap_migration *b = snapshot_migration_find(s, "b");
    assert_non_null(a);
    assert_non_null(b);
    assert_string_equal(b->title, "]");
    assert_string_equal(s->database, "shop");
    snapshot_free(s);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    for (gsize n = 0; n + 1 < sizeof whole; n++) {
        g_autofree char *cut = g_strndup(whole, n);
        g_autoptr(GError) error = NULL;
        assert_null(snapshot_parse(cut, &error));
        assert_int_equal(error->code, ROLLOUT_ERROR_BUG);
    }
}

static void test_room(void **state)
{
    (void)state;
    assert_true(room(0, 5, 2, "ok") == 1);
    assert_true(fabs(room(0.8, 5, 2, "ok") - 0.84) < 1e-9);
    assert_true(room(7, 5, 2, "tripped") == 0);
    assert_true(room(0, 0, 0, "ok") == 1);
    assert_true(room(1, 0, 0, "tripped") == 0);
    assert_true(fabs(room(100, 50, 60, "ok") - 0.5) < 1e-9); /* a floor */
    struct snap_guard ratio = {.name = (char *)"query_latency",
                               .unit = (char *)"x",
                               .value = 1.0,
                               .pause = 2,
                               .resume = 1.3,
                               .state = (char *)"ok"};
    assert_true(snap_guard_room(&ratio) == 1); /* as fast as the baseline: nothing is used up */
    ratio.value = 1.5;
    assert_true(snap_guard_room(&ratio) == 0.5);
    assert_true(isnan(room(NAN, 5, 2, "ok")));
    assert_true(isnan(room(1, 5, 2, "unwatched")));
    assert_true(isnan(room(1, 5, 2, "blind")));
    assert_true(isnan(room(1, 5, 2, "off")));
}

static enum harm harm_of(const char *guards, const char *waits, gboolean alive)
{
    g_autofree char *json = g_strdup_printf("{\"engine\":{\"alive\":%s},\"lock_waits\":[%s],"
                                            "\"migrations\":[{\"name\":\"m\",\"guards\":[%s]}]}",
                                            alive ? "true" : "false", waits, guards);
    struct snapshot *s = parse(json);
    enum harm harm = snap_harm(s, g_ptr_array_index(s->migrations, 0));
    snapshot_free(s);
    return harm;
}

#define GUARD(name, value, state)                                                                  \
    "{\"name\":\"" name "\",\"value\":" value ",\"pause\":10,\"resume\":1,\"state\":\"" state "\"" \
    "}"

static void test_harm(void **state)
{
    (void)state;
    assert_int_equal(harm_of(GUARD("a", "1", "ok"), "", TRUE), HARM_CALM);
    assert_int_equal(harm_of(GUARD("a", "5", "ok"), "", TRUE), HARM_CALM);
    assert_int_equal(harm_of(GUARD("a", "5.1", "ok"), "", TRUE), HARM_WATCH);
    assert_int_equal(harm_of(GUARD("a", "8.1", "ok"), "", TRUE), HARM_TIGHT);
    assert_int_equal(harm_of(GUARD("a", "1", "ok") "," GUARD("b", "12", "tripped"), "", TRUE),
                     HARM_HURTING);
    assert_int_equal(harm_of(GUARD("a", "1", "ok") "," GUARD("b", "null", "blind"), "", TRUE),
                     HARM_UNKNOWN);
    assert_int_equal(harm_of(GUARD("a", "1", "ok") "," GUARD("b", "null", "unwatched"), "", TRUE),
                     HARM_CALM);
    /* nobody senses */
    assert_int_equal(harm_of(GUARD("a", "1", "ok"), "", FALSE), HARM_UNKNOWN);
    assert_int_equal(harm_of("", "", TRUE), HARM_UNKNOWN);
    /* our own work being stuck harms nobody */
    assert_int_equal(harm_of(GUARD("a", "1", "ok") "," GUARD("stall", "50", "tripped"), "", TRUE),
                     HARM_CALM);
    /* somebody waits on us */
    assert_int_equal(
        harm_of(GUARD("a", "1", "ok"), "{\"pid\":1,\"waited_s\":0.2,\"on_us\":true}", TRUE),
        HARM_WATCH);
    assert_int_equal(
        harm_of(GUARD("a", "1", "ok"), "{\"pid\":1,\"waited_s\":2,\"on_us\":true}", FALSE),
        HARM_HURTING);
    assert_int_equal(
        harm_of(GUARD("a", "1", "ok"), "{\"pid\":1,\"waited_s\":2,\"on_us\":false}", TRUE),
        HARM_CALM);
}

static void test_attention_order(void **state)
{
    (void)state;
    struct snapshot *s = parse(
        "{\"migrations\":["
        "{\"id\":1,\"name\":\"done-old\",\"state\":\"done\"},"
        "{\"id\":2,\"name\":\"running\",\"state\":\"active\"},"
        "{\"id\":3,\"name\":\"gate\",\"state\":\"active\",\"holds\":[{\"kind\":\"gate\"}]},"
        "{\"id\":4,\"name\":\"guard\",\"state\":\"active\",\"holds\":[{\"kind\":\"operator\"},{"
        "\"kind\":\"guard\"}]},"
        "{\"id\":5,\"name\":\"failed\",\"state\":\"failed\"},"
        "{\"id\":6,\"name\":\"loaded\",\"state\":\"loaded\",\"holds\":[{\"kind\":\"boundary\"}]},"
        "{\"id\":7,\"name\":\"paused\",\"state\":\"active\",\"holds\":[{\"kind\":\"operator\"}]},"
        "{\"id\":8,\"name\":\"done-new\",\"state\":\"aborted\"}]}");
    const char *const expected[] = {"failed", "guard",  "gate",     "running",
                                    "paused", "loaded", "done-new", "done-old"};
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        struct snap_migration *m = g_ptr_array_index(s->migrations, i);
        assert_string_equal(m->name, expected[i]);
    }
    snapshot_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_document),
        cmocka_unit_test(test_anything_may_be_missing),
        cmocka_unit_test(test_wrong_documents),
        cmocka_unit_test(test_migrations_apart),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_harm),
        cmocka_unit_test(test_attention_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
