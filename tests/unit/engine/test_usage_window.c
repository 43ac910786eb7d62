/* For how long nobody has used a column: what begins it anew, and what does not. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/usage-window.h"

/* One server, one engine after the other. */
struct play {
    JsonObject *memo, *lately;
    struct usage_source_state state;
    gint64 since;
    double coverage;
    char *reason;
};

static void play_init(struct play *play)
{
    *play = (struct play){.lately = json_object_new()};
    play->state = (struct usage_source_state){
        .name = "primary", .reset = "r1", .mark = "m", .max = 5000, .entries = 100, .seen = 1000};
    play->state.uses = g_array_new(FALSE, FALSE, sizeof(struct usage_calls));
}

static void play_clear(struct play *play)
{
    g_clear_pointer(&play->memo, json_object_unref);
    json_object_unref(play->lately);
    g_array_unref(play->state.uses);
    g_free(play->reason);
}

static void calls_set(struct play *play, const char *id, double calls)
{
    for (guint i = 0; i < play->state.uses->len; i++) {
        struct usage_calls *one = &g_array_index(play->state.uses, struct usage_calls, i);
        if (strcmp(one->id, id) == 0) {
            one->calls = calls;
            return;
        }
    }
    struct usage_calls one = {id, "shop_web", "SELECT name\nFROM users", calls};
    g_array_append_val(play->state.uses, one);
}

static void look(struct play *play, gint64 now)
{
    struct usage_window window;
    usage_window_init(&window, play->memo);
    usage_window_take(&window, play->lately, &play->state);
    play->coverage = usage_window_coverage(&window);
    g_free(play->reason);
    play->reason = g_strdup(window.reason);
    JsonObject *memo = usage_window_end(&window, now, &play->since);
    usage_window_clear(&window);
    if (memo) {
        g_clear_pointer(&play->memo, json_object_unref);
        play->memo = memo;
    }
}

static void another_engine(struct play *play)
{
    json_object_unref(play->lately);
    play->lately = json_object_new();
}

static void assert_goes_on(struct play *play, gint64 now, gint64 since)
{
    look(play, now);
    assert_null(play->reason);
    assert_int_equal(play->since, since);
}

static void assert_anew(struct play *play, gint64 now, const char *why)
{
    look(play, now);
    assert_non_null(play->reason);
    if (!strstr(play->reason, why))
        fail_msg("\"%s\", not \"%s\"", play->reason, why);
    assert_int_equal(play->since, now);
}

static void test_calls(void **state)
{
    (void)state;
    struct play play;
    play_init(&play);
    calls_set(&play, "1:10:1", 7);
    assert_goes_on(&play, 1000, 1000);
    assert_goes_on(&play, 2000, 1000);
    play.state.seen += 500;
    assert_goes_on(&play, 3000, 1000);
    assert_true(play.coverage == 1);
    calls_set(&play, "1:10:1", 8);
    assert_anew(&play, 4000, "1 call by shop_web on primary: SELECT name FROM users");
    assert_goes_on(&play, 5000, 4000);
    calls_set(&play, "2:11:1", 3); /* one that was not there before */
    assert_anew(&play, 6000, "3 calls by shop_web");
    assert_goes_on(&play, 7000, 6000);
    calls_set(&play, "2:11:1", 1); /* forgotten, and back */
    assert_anew(&play, 8000, "1 call by shop_web on primary, counted anew: SELECT name");
    assert_goes_on(&play, 9000, 8000);
    play_clear(&play);
}

static void test_engines(void **state)
{
    (void)state;
    struct play play;
    play_init(&play);
    calls_set(&play, "1:10:1", 7);
    assert_goes_on(&play, 1000, 1000);
    another_engine(&play);
    play.state.seen += 500;
    assert_goes_on(&play, 90000, 1000); /* however long none looked */
    another_engine(&play);
    calls_set(&play, "1:10:1", 9);
    assert_anew(&play, 91000, "2 calls on primary while no engine looked");
    another_engine(&play);
    calls_set(&play, "1:10:1", 4);
    assert_anew(&play, 92000, "were taken away");
    another_engine(&play);
    play.state.dealloc = 1;
    assert_anew(&play, 93000, "forgot statements while no engine looked");
    play_clear(&play);
}

static void test_reset(void **state)
{
    (void)state;
    struct play play;
    play_init(&play);
    assert_goes_on(&play, 1000, 1000);
    play.state.reset = "r2";
    assert_anew(&play, 2000, "began anew");
    assert_goes_on(&play, 3000, 2000);
    another_engine(&play);
    play.state.reset = "r3";
    assert_anew(&play, 4000, "began anew");
    play_clear(&play);
}

/* What came and was forgotten between two looks. */
static void test_forgotten(void **state)
{
    (void)state;
    struct play play;
    play_init(&play);
    calls_set(&play, "1:10:1", 7);
    assert_goes_on(&play, 1000, 1000);
    play.state.seen += 1000;
    play.state.dealloc = 1; /* 250 went; as many were there before, and nobody came */
    play.state.entries -= 250;
    look(&play, 2000);
    assert_true(play.coverage == 1);
    play.state.dealloc = 2; /* 250 went, 40 of them may have come meanwhile */
    play.state.entries -= 210;
    assert_goes_on(&play, 3000, 1000);
    assert_true(play.coverage > 0.96 && play.coverage < 0.97);
    assert_goes_on(&play, 4000, 1000); /* and that stays */
    assert_true(play.coverage < 0.97);
    g_array_set_size(play.state.uses, 0); /* a use that was forgotten is no use */
    assert_goes_on(&play, 5000, 1000);
    calls_set(&play, "1:10:1", 1); /* until it comes again */
    assert_anew(&play, 6000, "1 call by");
    play_clear(&play);
}

static void test_blind(void **state)
{
    (void)state;
    struct play play;
    play_init(&play);
    play.state.blind = 5000; /* long ago */
    assert_goes_on(&play, 1000, 1000);
    assert_true(play.coverage == 1);
    play.state.seen += 90;
    play.state.blind += 10;
    assert_goes_on(&play, 2000, 1000);
    assert_true(play.coverage > 0.89 && play.coverage < 0.91);
    play_clear(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls), cmocka_unit_test(test_engines),
        cmocka_unit_test(test_reset), cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_blind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
