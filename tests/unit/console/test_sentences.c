/* The five answers as sentences, and what has changed, from recorded snapshots. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/sentences.h"

static struct snapshot *read_fixture(const char *name)
{
    const char *top = g_getenv("top_srcdir");
    g_autofree char *file = g_strconcat(name, ".json", NULL);
    g_autofree char *path =
        g_build_filename(top ? top : ".", "tests", "console", "fixtures", file, NULL);
    g_autofree char *json = NULL;
    if (!g_file_get_contents(path, &json, NULL, NULL))
        fail_msg("cannot read %s", path);
    struct snapshot *snapshot = snapshot_parse(json, NULL);
    assert_non_null(snapshot);
    return snapshot;
}

static struct snap_migration *first_of(const struct snapshot *s)
{
    return s->migrations->pdata[0];
}

static struct view view_of(const struct snapshot *s)
{
    return (struct view){.snapshot = s,
                         .migration = s && s->migrations->len ? first_of(s)->name : NULL,
                         .link = LINK_LIVE,
                         .age_s = 0.4,
                         .clock = "14:02:31"};
}

static char *said_of(const struct view *view)
{
    g_auto(GStrv) sentences = sentences_of(view);
    return g_strjoinv("\n", sentences);
}

static void says(const char *fixture, const char *expected)
{
    struct snapshot *s = read_fixture(fixture);
    struct view view = view_of(s);
    g_autofree char *text = said_of(&view);
    if (strcmp(text, expected) != 0)
        fail_msg("%s:\n%s", fixture, text);
    snapshot_free(s);
}

static void test_answers(void **state)
{
    (void)state;
    says("running",
         "Phase: backfill, step 4 of 10, fill users.full_name in batches, running 41 minutes.\n"
         "Done: 63 percent, 12.7 of 20.0 million rows, 19 to 27 minutes left.\n"
         "Harm: calm. Nobody waits on us. Tightest guard: connections: 38% of 85%, 55 percent "
         "room. Application latency is not watched.\n"
         "Pause: safe now: holds within 0.6 s, after this batch; keeps no lock.\n"
         "Abort: way back open: drops 1 trigger, 1 column; readers unaffected.");
    says("held", "Phase: backfill, held by guard replication_lag for 12 seconds (replication_lag "
                 "5.9s > 5s: worst: replica-b), step 4 of 10.\n"
                 "Done: 63 percent, 12.7 of 20.0 million rows, held.\n"
                 "Harm: hurting. Nobody waits on us. Tightest guard: replication_lag: 6.4s of 5s, "
                 "tripped. Application latency is not watched.\n"
                 "Pause: already held; holds no lock; the trigger keeps new rows in step.\n"
                 "Abort: way back open: drops 1 trigger, 1 column; readers unaffected.");
    says("paused",
         "Phase: backfill, held by raj for 70 seconds (INC-42), step 4 of 10.\n"
         "Done: 63 percent, 12.7 of 20.0 million rows, held.\n"
         "Harm: hurting. 1 session waits on us, the longest for 8.4 seconds. Tightest guard: "
         "fallback_reads: 132 of 300, 56 percent room. Application latency is not watched. "
         "Then, since the pause 01:10: waits 0 -> 0: calm before it.\n"
         "Pause: already held by raj; holds no lock.\n"
         "Abort: way back open: drops 1 trigger, 1 column; readers unaffected.");
    says("gate",
         "Phase: switch reads, waits for your answer to readers for 10 minutes, step 8 of 10.\n"
         "Done: 7 of 10 steps.\n"
         "Harm: calm. Nobody waits on us. Tightest guard: fallback_reads: 132 of 300, 56 percent "
         "room. Application latency is not watched.\n"
         "Pause: nothing runs; a pause would keep what follows the gate from starting.\n"
         "Abort: way back open: asks first whether release 42 is rolled back.");
    says("failed", "Phase: backfill, step not-null failed after 72 seconds: check constraint "
                   "\"users_full_name_not_null\" of relation \"users\" is violated by some row, "
                   "step 6 of 10.\n"
                   "Done: 100 percent, 20.0 of 20.0 million rows.\n"
                   "Harm: calm. Nobody waits on us. Tightest guard: fallback_reads: 132 of 300, 56 "
                   "percent room. Application latency is not watched.\n"
                   "Pause: nothing runs; the trigger keeps new rows in step.\n"
                   "Abort: way back open: drops 1 trigger, 1 column; readers unaffected.");
    says("done", "Phase: done, all steps.\n"
                 "Done: 10 of 10 steps.\n"
                 "Harm: calm, nothing of ours runs.\n"
                 "Pause: nothing runs.\n"
                 "Abort: no way back: column users.name is gone.");
    says("no-engine", "Phase: backfill, nobody is driving, step 4 of 10.\n"
                      "Done: 63 percent, 12.7 of 20.0 million rows, held.\n"
                      "Harm: unknown, no engine runs, so nobody reads the guards.\n"
                      "Pause: safe now: holds within 0.6 s, after this batch; keeps no lock.\n"
                      "Abort: way back open: drops 1 trigger, 1 column; readers unaffected.");
    says("bare", "There is no schema pgrollout in this database that this login may read. What "
                 "there is to see: locks, replicas, activity. To install it: pgrollout install.");
    says("empty", "No migration is loaded. To load one: pgrollout load PLAN.");
    says("aborting", "Phase: aborting, expand, step 2 of 10, keep users.name and full_name in "
                     "step, running 1.0 seconds.\n"
                     "Done: 1 of 10 steps.\n"
                     "Harm: calm. Nobody waits on us. Tightest guard: fallback_reads: 132 of 300, "
                     "56 percent room. Application latency is not watched.\n"
                     "Pause: safe now: the undo stops after this step.\n"
                     "Abort: under way: 2 of 4 steps are undone.");
}

/* Whatever is old is said to be old, and offers nothing. */
static void test_old_data(void **state)
{
    (void)state;
    struct snapshot *s = read_fixture("running");
    struct view view = view_of(s);
    view.link = LINK_STALE;
    view.age_s = 9;
    g_autofree char *stale = said_of(&view);
    assert_non_null(strstr(stale, "Harm: unknown, what is known is 9.0 seconds old."));
    assert_non_null(strstr(stale, "Abort: not offered on old data"));
    view.link = LINK_LOST;
    g_autofree char *lost = said_of(&view);
    assert_non_null(strstr(lost, "Phase: unknown, no data. Last seen: backfill"));
    assert_non_null(strstr(lost, "Pause: queues a pause"));
    view.snapshot = NULL;
    view.why = "connection refused";
    g_autofree char *none = said_of(&view);
    assert_string_equal(none, "There is no connection: connection refused.");
    snapshot_free(s);
}

/* No state is told by anything but words. */
static void test_states_differ(void **state)
{
    (void)state;
    static const char *const names[] = {"running", "held",     "paused",   "gate",     "failed",
                                        "done",    "boundary", "contract", "aborting", "no-engine"};
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        struct snapshot *s = read_fixture(names[i]);
        struct view view = view_of(s);
        char *text = said_of(&view);
        for (const char *c = text; *c; c++)
            if ((guchar)*c >= 0x80)
                fail_msg("%s: a character that is no word: %s", names[i], c);
        assert_true(g_hash_table_add(seen, text));
        snapshot_free(s);
    }
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } times[] = {{0.42, "0.4 seconds"}, {-3, "0.0 seconds"}, {9.94, "9.9 seconds"},
                 {10, "10 seconds"},    {99, "99 seconds"},  {100, "2 minutes"},
                 {3600, "60 minutes"},  {7200, "2 hours"},   {3 * 86400.0, "3 days"}};
    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        g_autofree char *text = spoken_time(times[i].seconds);
        assert_string_equal(text, times[i].text);
    }
    assert_null(spoken_time(NAN));
    assert_null(spoken_range(NAN, 5));
    g_autofree char *range = spoken_range(1140, 1620), *same = spoken_range(60, 60);
    assert_string_equal(range, "19 to 27 minutes");
    assert_string_equal(same, "60 seconds");
}

static char *changes(struct said *said, const struct snapshot *s)
{
    struct view view = view_of(s);
    g_autoptr(GPtrArray) all = said_changes(said, &view);
    g_ptr_array_add(all, NULL);
    return g_strjoinv("\n", (char **)all->pdata);
}

static void becomes(struct said *said, const struct snapshot *s, const char *expected)
{
    g_autofree char *text = changes(said, s);
    if (strcmp(text, expected) != 0)
        fail_msg("said: %s", text);
}

static void test_changes(void **state)
{
    (void)state;
    struct snapshot *running = read_fixture("running"), *held = read_fixture("held");
    struct said *said = said_new();
    g_ptr_array_set_size(running->migrations, 1);
    becomes(said, running, "");
    becomes(said, running, "");
    becomes(said, held,
            "Held: guard replication_lag: replication_lag 5.9s > 5s: worst: replica-b.\n"
            "Harm: hurting, was calm. Tightest guard: replication_lag: 6.4s of 5s, tripped.");
    becomes(said, held, "");
    becomes(said, running,
            "No longer held: guard replication_lag.\n"
            "Harm: calm, was hurting. Tightest guard: connections: 38% of 85%, 55 percent room.");
    first_of(running)->progress.fraction = 0.71;
    becomes(said, running, "Done: 71 percent, 19 to 27 minutes left.");
    first_of(running)->progress.fraction = 0.63; /* a retry is no news */
    becomes(said, running, "");
    running->engine_alive = FALSE;
    becomes(said, running, "No engine drives any more.\nHarm: unknown, was calm.");
    said_free(said);
    snapshot_free(running);
    snapshot_free(held);
}

static void test_changes_of_several(void **state)
{
    (void)state;
    struct snapshot *s = read_fixture("running");
    struct said *said = said_new();
    struct snap_migration *first = first_of(s), *second = s->migrations->pdata[1];
    becomes(said, s, "");
    snap_text_set(&first->state, "failed");
    snap_text_set(&second->phase, "backfill");
    g_autofree char *text = changes(said, s);
    assert_non_null(strstr(text, "users-full-name: Failed: step copy-names."));
    assert_non_null(strstr(text, "carts-fk: Phase backfill."));
    struct snapshot *one = read_fixture("held");
    g_autofree char *gone = changes(said, one);
    assert_non_null(strstr(gone, "The migration carts-fk is gone."));
    s = (snapshot_free(s), read_fixture("running"));
    g_autofree char *back = changes(said, s);
    assert_non_null(strstr(back, "The migration carts-fk is loaded."));
    said_free(said);
    snapshot_free(one);
    snapshot_free(s);
}

/* However narrow: that it is over, and what is wrong with the present, stands in the first row. */
static void test_past_is_told(void **state)
{
    (void)state;
    static const int sizes[][2] = {{160, 50}, {80, 24}, {60, 16}, {40, 10},
                                   {40, 4},   {80, 1},  {32, 1}};
    struct snapshot *s = read_fixture("running");
    struct theme *theme = theme_load("mono", NULL);
    struct view view = view_of(s);
    view.theme = theme;
    view.past_s = 68;
    view.present = "HURTING, LOST";
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        view.width = sizes[i][0];
        view.height = sizes[i][1];
        struct grid *grid = view_draw(&view);
        g_autofree char *row = grid_row_text(grid, 0);
        if (!strstr(row, "PAST") || !strstr(row, "now HURTING, LOST"))
            fail_msg("%dx%d: \"%s\"", view.width, view.height, row);
        grid_free(grid);
    }
    g_auto(GStrv) past = sentences_of(&view);
    assert_string_equal(past[0], "This is the past, 68 seconds ago. The present: HURTING, LOST.");
    for (char **sentence = past + 1; *sentence; sentence++)
        assert_true(g_str_has_prefix(*sentence, "Past, 14:02:31. "));
    view.past_s = 0;
    view.frozen_s = 12;
    view.present = NULL;
    g_auto(GStrv) frozen = sentences_of(&view);
    assert_string_equal(frozen[0], "This is frozen, 12 seconds old.");
    assert_true(g_str_has_prefix(frozen[1], "Frozen. Phase: "));
    theme_free(theme);
    snapshot_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_past_is_told),
        cmocka_unit_test(test_old_data),
        cmocka_unit_test(test_states_differ),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_changes_of_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
