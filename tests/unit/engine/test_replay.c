/* Recorded series against the guards of a plan. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/base/error.h"
#include "pgrollout/engine/replay.h"
#include "pgrollout/plan/reader.h"

static struct plan *plan_with(const char *guards)
{
    g_autofree char *text = g_strconcat(
        "pgrollout: 1\nmigration: m\nphases: {expand: [{analyze: t}]}\nguards:\n", guards, NULL);
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    struct plan *plan = plan_parse(text, strlen(text), "f", findings);
    assert_non_null(plan);
    return plan;
}

/* "1 slow, 2 hold": what the guards did; where there is more than one guard, with its name. */
static char *story(const char *guards, const char *csv, gint64 *held_us)
{
    g_autoptr(GError) error = NULL;
    struct plan *plan = plan_with(guards);
    struct series *series = series_read("f.csv", csv, &error);
    struct replay *replay = series ? replay_run(plan, series, &error) : NULL;
    GString *out = g_string_new(error ? error->message : NULL);
    for (guint i = 0; replay && i < replay->events->len; i++) {
        const struct replay_event *event = g_ptr_array_index(replay->events, i);
        g_autofree char *at = series_time(series, event->at_us);
        g_string_append_printf(out, "%s%s %s", i ? ", " : "", at, replay_word(event->what));
        if (replay->guards->len > 1)
            g_string_append_printf(out, " %s", event->guard);
    }
    *held_us = 0;
    for (guint i = 0; replay && i < replay->guards->len; i++)
        *held_us += ((struct replay_guard *)g_ptr_array_index(replay->guards, i))->held_us;
    replay_free(replay);
    series_free(series);
    plan_free(plan);
    return g_string_free(out, FALSE);
}

static void assert_story(const char *guards, const char *csv, int held_s, const char *expected)
{
    gint64 held_us;
    g_autofree char *got = story(guards, csv, &held_us);
    assert_string_equal(got, expected);
    assert_int_equal(held_us, held_s * G_USEC_PER_SEC);
}

/* A reading a second from 0 on. */
static void assert_values(const char *guards, const char *values, int held_s, const char *expected)
{
    GString *csv = g_string_new("time,replication_lag\n");
    g_auto(GStrv) words = g_strsplit(values, " ", -1);
    for (guint i = 0; words[i]; i++)
        g_string_append_printf(csv, "%u,%s\n", i, words[i]);
    assert_story(guards, csv->str, held_s, expected);
    g_string_free(csv, TRUE);
}

#define LAG "  replication_lag: {slow: 3s, pause: 5s, resume: 2s, abort: 9s}\n"

static void test_hysteresis(void **state)
{
    (void)state;
    assert_values(LAG, "0 1 2 2.9 0", 0, "");
    assert_values(LAG, "0 6 0 6 0 6 0", 0, "1 slow, 2 clear, 3 slow, 4 clear, 5 slow, 6 clear");
    assert_values(LAG, "0 5 5 2 2 2 2 2 0", 5, "1 slow, 2 hold, 7 clear");
    assert_values(LAG, "5 5 2 2 2 2 2.1 2 2 2 2 2", 10, "0 slow, 1 hold, 11 clear");
    /* around pause it never lets go */
    assert_values(LAG, "5 5 4.9 5 4.9 5 4.9 5 4.9", 7, "0 slow, 1 hold");
    assert_values(LAG, "9 9 8 9 9", 3, "0 slow, 1 hold, 1 abort, 4 abort");
    assert_values("  replication_lag: {pause: 5s, resume: 4s}\n", "5 5 4 4 4 4 4", 5,
                  "1 hold, 6 clear");
    assert_values("  replication_lag: {samples: 4}\n", "5 5 5 4 5 5 5 5", 0, "7 hold");
}

static void test_blindness(void **state)
{
    (void)state;
    assert_values(LAG, "blind 0 0 0 0 0 0", 5, "0 blind, 5 clear"); /* never read: at once */
    assert_values(LAG, "0 blind 0 null 0 nan 0", 0, "");
    assert_values(LAG, "0 nan blind 4 4 4 4 4 0", 5, "2 blind, 7 clear, 7 slow, 8 clear");
    /* a hold behind it stands, and clears at resume only */
    assert_values(LAG, "6 6 blind blind 3 3 3 3 3 3 1 1 1 1 1", 13,
                  "0 slow, 1 hold, 3 blind, 4 hold, 14 clear");
    /* an empty cell is no reading: three seconds are too old */
    assert_story(LAG, "time,replication_lag\n0,1\n1,1\n2,1\n3,\n4,1\n5,1\n10,1\n11,1\n", 2,
                 "9 blind");
    assert_story(LAG, "time,replication_lag\n0,1\n1,1\n2,1\n30,1\n31,1\n", 25, "6 blind");
    /* so is the end of the column while others go on */
    assert_story(LAG, "time,replication_lag,retries\n0,1,0\n1,1,0\n2,,0\n3,,0\n4,,0\n5,,0\n6,,0\n",
                 1, "5 blind replication_lag");
}

static void test_rhythm(void **state)
{
    (void)state;
    /* a monitoring system's 15 seconds are no gaps; one that is missing is none either */
    assert_story(LAG, "time,replication_lag\n0,1\n15,6\n30,6\n60,1\n75,1\n90,1\n105,1\n120,1\n", 90,
                 "15 slow, 30 hold, 120 clear");
    /* the engine reads slots every five seconds only: what lies between does not count */
    assert_story(
        "  slot_wal: {pause: 1MB, resume: 0}\n",
        "time,slot_wal\n0,0\n1,2e6\n2,2e6\n3,2e6\n5,0\n6,2e6\n7,2e6\n10,2e6\n11,0\n15,2e6\n", 0,
        "15 hold");
    /* two readings at one time: the first */
    assert_story(LAG, "time,replication_lag\n0,1\n1,1\n1,9\n2,1\n", 0, "");
}

static void test_forms(void **state)
{
    (void)state;
    assert_story(
        LAG,
        "\xef\xbb\xbftime,name,value\r\n# a comment\r\n\r\n0,replication_lag,6\r\n0,lock_wait,0\r\n"
        "1,\"replication_lag\",\" 7 \"\r\n1,lock_wait,9\r\n2,lock_wait,9\r\n",
        1, "0 slow replication_lag, 1 hold replication_lag, 2 hold lock_wait");
    assert_story(LAG,
                 "time,replication_lag\n2026-01-31T23:59:59Z,6\n2026-02-01 00:00:00,6\n"
                 "2026-02-01T01:00:02+01:00,6\n",
                 2, "2026-01-31T23:59:59Z slow, 2026-02-01T00:00:00Z hold");
    assert_story("  stall: {pause: 5s}\n", "time,stall\n0,5\n1,6\n2,0\n3,0\n4,0\n5,0\n6,0\n7,0\n",
                 6, "1 hold"); /* until a person resumes */
    assert_story("  lock_wait: {off: not here}\n", "time,lock_wait\n0,9\n1,9\n", 0, "");
    assert_story("  window: {days: mon, tz: UTC}\n",
                 "time,window\n0,0\n1,1\n2,0\n3,0\n4,0\n5,0\n6,0\n", 5, "1 hold, 6 clear");
}

static void test_mistakes(void **state)
{
    static const char *const samples[][2] = {
        {"", "f.csv:1: there is no reading in it"},
        {"time,replication_lag\n", "f.csv:2: there is no reading in it"},
        {"lag,time\n", "f.csv:1: the first line must name the columns: time and the guards, or "
                       "time,name,value"},
        {"time\n0\n", "f.csv:1: the first line must name the columns: time and the guards, or "
                      "time,name,value"},
        {"time,retries,retries\n", "f.csv:1: two columns have the same name"},
        {"time,retries\n0,0\n1\n", "f.csv:3: 1 cells where the first line has 2"},
        {"time,retries\n0,0\n1,2,3\n", "f.csv:3: 3 cells where the first line has 2"},
        {"time,retries\nnoon,0\n",
         "f.csv:2: a time is expected first: seconds, or 2026-01-31T14:02:31Z"},
        {"time,retries\n1e99,0\n",
         "f.csv:2: a time is expected first: seconds, or 2026-01-31T14:02:31Z"},
        {"time,retries\n5,0\n4,0\n", "f.csv:3: the time is before that of the line above"},
        {"time,retries\n5,0\n2026-01-31T14:02:31Z,0\n",
         "f.csv:3: times are seconds or dates, not both"},
        {"time,retries\n5,many\n",
         "f.csv:2: \"many\" is no number; a reading that failed is written as blind"},
        {"time,retries\n5,0x10\n",
         "f.csv:2: \"0x10\" is no number; a reading that failed is written as blind"},
        {"time,replication_lga\n5,1\n",
         "f.csv:2: the plan has no guard \"replication_lga\": did you "
         "mean \"replication_lag\"?"},
        {"time,name,value\n5,dead_tuples,1\n", "f.csv:2: the plan has no guard \"dead_tuples\""},
        {"time,retries\n5,\xff\n", "f.csv:1: the file is not UTF-8"},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++)
        assert_story(LAG, samples[i][0], 0, samples[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hysteresis), cmocka_unit_test(test_blindness),
        cmocka_unit_test(test_rhythm),     cmocka_unit_test(test_forms),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
