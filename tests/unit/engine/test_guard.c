/* The hysteresis of guards, reading by reading. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/guard-private.h"

static struct plan_guard plan_of(const char *kind)
{
    return (struct plan_guard){.name = (char *)kind,
                               .kind = (char *)kind,
                               .slow = NAN,
                               .pause = 5,
                               .resume = 2,
                               .abort = NAN,
                               .samples = 2,
                               .every_us = G_USEC_PER_SEC};
}

static gint64 now_us = 100 * G_USEC_PER_SEC;
/* 2026-11-22 14:02:31 UTC */
static const gint64 wall_us = 1795356151 * (gint64)G_USEC_PER_SEC;

static void judge(struct guard *guard, enum reading_kind kind, double value, const char *text)
{
    struct reading reading = {.kind = kind, .value = value, .text = (char *)text};
    now_us += G_USEC_PER_SEC;
    guard_judge(guard, &reading, now_us, wall_us);
}

static void value(struct guard *guard, double value)
{
    judge(guard, READING_VALUE, value, NULL);
}

/* A letter for each state after each reading: o s t b f u. NAN is a failure. */
static void assert_states(struct guard *guard, const double *values, const char *states)
{
    for (gsize i = 0; states[i]; i++) {
        if (isnan(values[i]))
            judge(guard, READING_FAILED, NAN, "gone");
        else
            value(guard, values[i]);
        char got = guard_state_name(guard->state)[0];
        if (got != states[i])
            fail_msg("after reading %zu (%g): %c, not %c", i, values[i], got, states[i]);
    }
}

#define STATES(guard, states, ...) assert_states(guard, (const double[]){__VA_ARGS__}, states)

static void test_trips_and_clears(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("replication_lag");
    struct guard *guard = guard_new(&plan, now_us);
    STATES(guard, "ooooo", 0, 6, 4.9, 6, 0); /* not in a row */
    STATES(guard, "oot", 0, 5, 5);           /* at pause is enough */
    STATES(guard, "ttttt", 2, 2, 2, 2, 3);   /* between the limits begins the count anew */
    STATES(guard, "tttto", 2, 0, 1, 2, 2);
    guard_free(guard);
    plan.samples = 1;
    guard = guard_new(&plan, now_us);
    STATES(guard, "t", 5);
    guard_free(guard);
}

static void test_slow_and_abort(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("lock_wait");
    plan.slow = 3;
    plan.abort = 8;
    struct guard *guard = guard_new(&plan, now_us);
    STATES(guard, "ossos", 2, 3, 4, 1, 9);
    assert_false(guard->aborts); /* one reading aborts nothing */
    STATES(guard, "t", 9);
    assert_true(guard->aborts);
    STATES(guard, "t", 7);
    assert_false(guard->aborts);
    STATES(guard, "tttto", 0, 0, 0, 0, 0);
    guard_free(guard);
}

static void test_blind(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("replication_lag");
    struct guard *guard = guard_new(&plan, now_us);
    STATES(guard, "b", NAN); /* never read: at once */
    assert_true(isnan(guard->value));
    assert_string_equal(guard->detail, "gone");
    STATES(guard, "bbbbo", 0, 0, 3, 4, 0); /* it had not tripped: below pause is enough */
    STATES(guard, "ooob", NAN, 0, NAN, NAN);
    STATES(guard, "bbbbbbbbo", 0, 0, 0, 6, 0, 0, 0, 0, 0);
    guard_free(guard);
}

static void test_blind_over_tripped(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("replication_lag");
    struct guard *guard = guard_new(&plan, now_us);
    STATES(guard, "ottb", 6, 6, NAN, NAN);
    STATES(guard, "tttttttto", 3, 3, 3, 3, 2, 2, 2, 2, 2); /* still only at resume */
    STATES(guard, "otttttttttto", 6, 6, 2, 2, 2, 2, NAN, 2, 2, 2, 2, 2);
    guard_free(guard);
}

static void test_adopted(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("replication_lag");
    struct guard *guard = guard_new(&plan, now_us);
    guard_adopt(guard);
    assert_int_equal(guard->state, GUARD_TRIPPED);
    STATES(guard, "ttttto", 3, 2, 2, 2, 2, 2);
    guard_free(guard);
    guard = guard_new(&plan, now_us);
    guard_adopt(guard);
    STATES(guard, "bttttto", NAN, 3, 2, 2, 2, 2, 2);
    guard_free(guard);
}

static void test_age(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("sql");
    plan.every_us = 10 * G_USEC_PER_SEC;
    struct guard *guard = guard_new(&plan, now_us);
    for (int i = 0; i < 3; i++) {
        judge(guard, READING_NONE, NAN, NULL);
        assert_int_equal(guard->state, GUARD_OK);
    }
    judge(guard, READING_NONE, NAN, NULL);
    assert_int_equal(guard->state, GUARD_BLIND);
    assert_string_equal(guard->detail, "not read for 4s");
    STATES(guard, "bo", 0, 0); /* read so rarely that two are enough */
    for (int i = 0; i < 30; i++) {
        judge(guard, READING_NONE, NAN, NULL);
        assert_int_equal(guard->state, GUARD_OK);
    }
    judge(guard, READING_NONE, NAN, NULL);
    assert_int_equal(guard->state, GUARD_BLIND);
    guard_free(guard);
}

/* What takes its time may be under way for so long besides. */
static void test_age_of_slow_readings(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("probe");
    struct guard *guard = guard_new(&plan, now_us);
    guard->takes_us = 5 * G_USEC_PER_SEC;
    STATES(guard, "o", 0);
    for (int i = 0; i < 8; i++) {
        judge(guard, READING_NONE, NAN, NULL);
        assert_int_equal(guard->state, GUARD_OK);
    }
    judge(guard, READING_NONE, NAN, NULL);
    assert_int_equal(guard->state, GUARD_BLIND);
    STATES(guard, "bbbbo", 0, 0, 0, 0, 0);
    judge(guard, READING_FAILED, NAN, "it hangs");
    for (int i = 0; i < 9; i++)
        judge(guard, READING_NONE, NAN, NULL);
    assert_int_equal(guard->state, GUARD_BLIND);
    assert_string_equal(guard->detail, "it hangs");
    guard_free(guard);
}

/* A limit of the server's own brings the plan's down, but not what a person has set. */
static void test_cap(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("slot_wal");
    plan.pause = 1000;
    plan.resume = 500;
    struct guard *guard = guard_new(&plan, now_us);
    guard->cap = 400;
    guard_set_limits(guard, NULL, NULL);
    assert_true(guard->pause == 400);
    assert_true(guard->resume == 200);
    guard_set_limits(guard, "2000", NULL);
    assert_true(guard->pause == 2000);
    assert_true(guard->resume == 500);
    guard->cap = 5000;
    guard_set_limits(guard, NULL, NULL);
    assert_true(guard->pause == 1000);
    g_autofree char *text = guard_value_format(guard, 3 * 1048576);
    assert_string_equal(text, "3.0 MB");
    guard_free(guard);
}

static void test_latched(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("stall");
    struct guard *guard = guard_new(&plan, now_us);
    STATES(guard, "otttttttt", 5, 6, 0, 0, 0, 0, 0, 0, 0);
    guard_reset(guard);
    assert_int_equal(guard->state, GUARD_OK);
    STATES(guard, "oot", 0, 6, 6);
    guard_reset(guard);
    /* held time is shown, and never counted */
    for (int i = 0; i < 5; i++) {
        judge(guard, READING_IDLE, 7, NULL);
        assert_int_equal(guard->state, GUARD_OK);
    }
    STATES(guard, "oob", 0, NAN, NAN);
    for (int i = 0; i < 5; i++)
        judge(guard, READING_IDLE, 0, NULL); /* but a blind one sees again, or it would stay held */
    assert_int_equal(guard->state, GUARD_OK);
    guard_free(guard);
}

static void test_off_and_unwatched(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("query_latency");
    struct guard *guard = guard_new(&plan, now_us);
    STATES(guard, "o", 1);
    judge(guard, READING_UNWATCHED, NAN, "not watched: no pg_stat_statements");
    assert_int_equal(guard->state, GUARD_UNWATCHED);
    STATES(guard, "uuu", NAN, NAN, NAN); /* what is not watched has nothing to lose */
    assert_string_equal(guard->detail, "not watched: no pg_stat_statements");
    STATES(guard, "oot", 1, 5, 5);
    guard_free(guard);
    plan.off = (char *)"drill";
    guard = guard_new(&plan, now_us);
    STATES(guard, "ooo", 9, 9, NAN); /* o of "off" */
    assert_int_equal(guard->state, GUARD_OFF);
    guard_free(guard);
}

static void test_limits(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("replication_lag");
    struct guard *guard = guard_new(&plan, now_us);
    guard_set_limits(guard, "10", NULL);
    assert_true(guard->pause == 10 && guard->resume == 2);
    guard_set_limits(guard, NULL, "3");
    assert_true(guard->pause == 5 && guard->resume == 3);
    guard_set_limits(guard, "1", NULL); /* below resume: in proportion, or it flutters */
    assert_true(guard->pause == 1 && fabs(guard->resume - 0.4) < 1e-9);
    guard_set_limits(guard, "x", "-1");
    assert_true(guard->pause == 5 && guard->resume == 2);
    guard_set_limits(guard, "7", "4");
    STATES(guard, "oot", 6, 7, 7);
    STATES(guard, "tttto", 4, 4, 4, 4, 4);
    guard_free(guard);
}

static const char *evidence(const struct guard *guard, guint i)
{
    return json_object_get_string_member(json_array_get_object_element(guard->samples, i), "text");
}

static void test_evidence(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("replication_lag");
    struct guard *guard = guard_new(&plan, now_us);
    STATES(guard, "oot", 0.0213, 5.24, 104.4);
    assert_int_equal(json_array_get_length(guard->samples), 3);
    assert_string_equal(evidence(guard, 0), "lag 0.0213s");
    assert_string_equal(evidence(guard, 1), "lag 5.24s > 5s (1 of 2)");
    assert_string_equal(evidence(guard, 2), "lag 104s > 5s (2 of 2)");
    assert_string_equal(
        json_object_get_string_member(json_array_get_object_element(guard->samples, 2), "at"),
        "14:02:31");
    STATES(guard, "ttt", 2, 1.5, 3);
    assert_string_equal(evidence(guard, 2), "lag 2s = 2s (1 of 5 to clear)");
    assert_string_equal(evidence(guard, 3), "lag 1.5s < 2s (2 of 5 to clear)");
    STATES(guard, "tb", NAN, NAN);
    assert_int_equal(json_array_get_length(guard->samples), 5);
    assert_string_equal(evidence(guard, 4), "cannot be read: gone (2 of 2)");
    guard_free(guard);
}

static void test_reason_and_json(void **state)
{
    (void)state;
    struct plan_guard plan = plan_of("replication_lag");
    struct guard *guard = guard_new(&plan, now_us);
    g_autoptr(GPtrArray) guards = g_ptr_array_new();
    g_ptr_array_add(guards, guard);
    judge(guard, READING_VALUE, 7.2, "replica-\"b\"");
    g_autofree char *reason = guard_reason(guard);
    assert_string_equal(reason, "replication_lag 7.2s > 5s: replica-\"b\"");
    g_autofree char *json = guards_to_json(guards);
    assert_string_equal(json,
                        "[{\"name\":\"replication_lag\",\"value\":7.2,\"unit\":\"s\",\"pause\":5,"
                        "\"resume\":2,\"state\":\"ok\",\"detail\":\"replica-\\\"b\\\"\"}]");
    judge(guard, READING_FAILED, NAN, "timeout");
    judge(guard, READING_FAILED, NAN, "timeout");
    g_autofree char *blind = guard_reason(guard);
    assert_string_equal(blind, "replication_lag cannot be read: timeout");
    g_autofree char *json_blind = guards_to_json(guards);
    assert_non_null(strstr(json_blind, "\"value\":null"));
    assert_non_null(strstr(json_blind, "\"state\":\"blind\""));
    guard_free(guard);
}

/* What an error says comes from anywhere: cut, and UTF-8. */
static void test_foreign_text(void **state)
{
    (void)state;
    struct reading reading = {0};
    reading_fail(&reading, "bad \xff byte");
    assert_true(g_utf8_validate(reading.text, -1, NULL));
    g_autofree char *text = g_strnfill(1000, 'x');
    reading_fail(&reading, text);
    assert_int_equal(strlen(reading.text), 200);
    reading_clear(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trips_and_clears),
        cmocka_unit_test(test_slow_and_abort),
        cmocka_unit_test(test_blind),
        cmocka_unit_test(test_blind_over_tripped),
        cmocka_unit_test(test_adopted),
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_age_of_slow_readings),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_latched),
        cmocka_unit_test(test_off_and_unwatched),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_evidence),
        cmocka_unit_test(test_reason_and_json),
        cmocka_unit_test(test_foreign_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
