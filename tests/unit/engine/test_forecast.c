/* The arithmetic of forecasts: ranges, time, HOT, WAL, growth; and the elements of indexes. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/forecast-private.h"

#define within(value, low, high) assert_true((value) >= (low) && (value) <= (high))

static struct forecast_tally tally(const double *counts, guint n)
{
    struct forecast_tally tally = {0};
    for (guint i = 0; i < n; i++)
        forecast_tally_add(&tally, counts[i]);
    return tally;
}

static void test_all_pages_are_exact(void **state)
{
    (void)state;
    const double counts[] = {10, 0, 7};
    struct forecast_tally seen = tally(counts, 3);
    struct forecast_range rows = forecast_scale(&seen, 3, 100);
    assert_true(rows.low == 17 && rows.high == 17);
    rows = forecast_scale(&(struct forecast_tally){0}, 0, 100); /* an empty table */
    assert_true(rows.low == 0 && rows.high == 0);
}

static void test_a_sample_is_a_range(void **state)
{
    (void)state;
    struct forecast_tally seen = {0};
    for (int i = 0; i < 100; i++)
        forecast_tally_add(&seen, i % 2 ? 40 : 60);
    struct forecast_range rows = forecast_scale(&seen, 1e6, 100);
    within(rows.low, 46e6, 48e6); /* 50 a page, three times 10/sqrt(100) */
    within(rows.high, 52e6, 54e6);
    const double alike[] = {50, 50, 50, 50, 50, 50, 50, 50, 50, 50};
    struct forecast_tally same = tally(alike, 10); /* those not seen may be other ones */
    struct forecast_range wide = forecast_scale(&same, 1000, 100);
    within(wide.low, 30000, 40000);
    within(wide.high, 60000, 70000);
    for (int i = 0; i < 900; i++)
        forecast_tally_add(&seen, i % 2 ? 40 : 60);
    struct forecast_range more = forecast_scale(&seen, 1e6, 100);
    assert_true(more.high - more.low < (rows.high - rows.low) / 2);
    assert_true(forecast_scale(&seen, 1001, 100).low >= seen.sum);
}

/* None seen does not mean that there is none. */
static void test_none_seen_is_no_proof(void **state)
{
    (void)state;
    const double counts[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct forecast_tally seen = tally(counts, 10);
    struct forecast_range rows = forecast_scale(&seen, 1000, 50);
    assert_true(rows.low == 0 && rows.high == 15000);
    assert_false(forecast_is_known(forecast_scale(&(struct forecast_tally){0}, 1000, 50)));
}

static struct forecast_step a_step(double rows, double touched)
{
    struct forecast_range unknown = forecast_unknown();
    return (struct forecast_step){.rows = {rows, rows},
                                  .touched = {touched, touched},
                                  .seconds = unknown,
                                  .batches = unknown,
                                  .wal_bytes = unknown,
                                  .wal_bytes_per_s = unknown,
                                  .heap_bytes = unknown,
                                  .index_bytes = unknown,
                                  .hot = {0, 0},
                                  .pages = rows / 50,
                                  .page_bytes = 8192,
                                  .row_bytes = 100,
                                  .indexes = 2};
}

/* 500 rows in 5 ms: 10 us each, of which 2 us for reading it. */
static const struct forecast_measure measure = {
    .rows = 500, .changed = 500, .ms = 5, .walk_ms = 1, .wal = 500 * 300, .images = 0, .hot = 0};
static const struct forecast_pace pace = {.min = 10, .max = 50000, .target_ms = 10, .rest = 1};

static void test_time_is_work_and_rest(void **state)
{
    (void)state;
    struct forecast_step step = a_step(1e6, 1e6);
    forecast_time(&step, &pace, &measure, 1);
    within(step.seconds.low, 19.9, 20.1); /* 10 s of work, as much rest */
    within(step.batches.low, 999, 1001);  /* of 1,000 rows in 10 ms */
    within(step.seconds.high, 20.0 * 1.5, 20.0 * 2.5);
}

static void test_time_of_rows_that_are_only_passed(void **state)
{
    (void)state;
    struct forecast_step step = a_step(1e6, 0);
    forecast_time(&step, &pace, &measure, 1);
    within(step.seconds.low, 3.9, 4.1);
    step = a_step(1e6, 1e5);
    forecast_time(&step, &pace, &measure, 1);
    within(step.seconds.low, 5.5, 5.7); /* 2 s to walk, 0.8 s to change */
}

static void test_time_obeys_the_rate(void **state)
{
    (void)state;
    struct forecast_step step = a_step(1e6, 1e6);
    struct forecast_pace capped = pace;
    capped.rate = 1000;
    forecast_time(&step, &capped, &measure, 1);
    within(step.seconds.low, 999.9, 1000.1);
    assert_true(step.seconds.high >= step.seconds.low);
    assert_true(step.batches.low >= 1e6 / 250);
}

static void test_time_is_unknown_without_a_measure(void **state)
{
    (void)state;
    struct forecast_step step = a_step(1e6, 1e6);
    forecast_time(&step, &pace, NULL, 0);
    assert_false(forecast_is_known(step.seconds));
    struct forecast_measure none = measure;
    none.changed = 0; /* no batch met a row that it would change */
    forecast_time(&step, &pace, &none, 1);
    assert_false(forecast_is_known(step.seconds));
    step.rows = forecast_unknown();
    forecast_time(&step, &pace, &measure, 1);
    assert_false(forecast_is_known(step.seconds));
}

static void test_the_ends_are_the_quickest_and_the_slowest(void **state)
{
    (void)state;
    struct forecast_step step = a_step(1e6, 1e6), both = a_step(1e6, 1e6);
    struct forecast_measure measures[] = {measure, measure};
    measures[1].ms *= 3;
    forecast_time(&step, &pace, &measure, 1);
    forecast_time(&both, &pace, measures, 2);
    assert_true(fabs(both.seconds.low - step.seconds.low) < 0.01);
    assert_true(both.seconds.high > 2.5 * step.seconds.high);
}

static void test_workers_and_an_index_that_comes_first(void **state)
{
    (void)state;
    struct forecast_step one = a_step(1e6, 1e6), two = a_step(1e6, 1e6), cold = a_step(1e6, 1e6);
    struct forecast_pace more = pace;
    forecast_time(&one, &pace, &measure, 1);
    more.workers = 2;
    forecast_time(&two, &more, &measure, 1);
    within(one.seconds.low / two.seconds.low, 1.69, 1.71);
    within(one.seconds.high / two.seconds.high, 1.34, 1.36);
    more = pace;
    more.grows_cold = TRUE;
    forecast_time(&cold, &more, &measure, 1);
    within(cold.seconds.low / one.seconds.low, 1.7, 1.8);
    within(cold.seconds.high / one.seconds.high, 3.5, 5);
}

static void test_hot_by_the_room_on_the_pages(void **state)
{
    (void)state;
    /* 70 rows of 112 bytes fill a page; with half of them there is room for all */
    struct forecast_range full = forecast_hot_room(70, 70, 112, 8, 8192);
    struct forecast_range half = forecast_hot_room(35, 30, 112, 8, 8192);
    assert_true(full.high < 0.02);
    assert_true(half.high == 1 && half.low == 0.5);
    struct forecast_range unknown = forecast_hot_room(35, 30, NAN, 8, 8192);
    assert_true(unknown.low == 0 && unknown.high == 1);
}

static void test_hot_measured(void **state)
{
    (void)state;
    struct forecast_measure measures[] = {measure, measure, measure};
    measures[0].hot = 100;
    measures[1].hot = 400;
    measures[2].changed = 0;
    struct forecast_range hot = forecast_hot_measured(measures, 3);
    assert_true(hot.low == 0.2 && hot.high == 0.8);
    measures[0].hot = NAN; /* of a run that nobody counted */
    assert_false(forecast_is_known(forecast_hot_measured(measures, 1)));
}

static const struct forecast_wal_terms terms = {
    .added = 20, .index_pages = 8000, .images = TRUE, .checkpoint_s = 300, .checkpoint_bytes = 1e9};

static void test_wal_as_measured(void **state)
{
    (void)state;
    struct forecast_step step = a_step(1e6, 1e6);
    forecast_time(&step, &pace, &measure, 1);
    forecast_wal(&step, &terms, &measure, 1);
    within(step.wal_bytes.low, 300e6, 302e6);
    /* and each of 20,000 + 8,000 pages as an image, once at the least */
    assert_true(step.wal_bytes.high > 300e6 + 28000 * 8192.0);
    assert_true(step.wal_bytes_per_s.low > 0 &&
                step.wal_bytes_per_s.high > step.wal_bytes_per_s.low);
    struct forecast_step stand_in = a_step(1e6, 1e6);
    stand_in.sample.substitute = TRUE; /* the new values were not in it */
    forecast_wal(&stand_in, &terms, &measure, 1);
    within(stand_in.wal_bytes.low, 320e6, 321e6);
}

static void test_wal_without_images_in_the_low_end(void **state)
{
    (void)state;
    struct forecast_step with = a_step(1e6, 1e6), without = a_step(1e6, 1e6);
    struct forecast_measure imaged = measure;
    struct forecast_wal_terms off = terms;
    imaged.wal += 20 * 8192;
    imaged.images = 20;
    forecast_wal(&with, &terms, &imaged, 1);
    within(with.wal_bytes.low, 299e6, 301e6);
    off.images = FALSE;
    forecast_wal(&without, &off, &imaged, 1);
    assert_true(without.wal_bytes.high < with.wal_bytes.high);
    within(without.wal_bytes.high, 300e6, 500e6);
}

static void test_wal_without_a_sample(void **state)
{
    (void)state;
    struct forecast_step hot = a_step(1e6, 1e6), cold = a_step(1e6, 1e6), old = a_step(1e6, 1e6);
    struct forecast_wal_terms full = terms;
    hot.hot = (struct forecast_range){1, 1};
    forecast_wal(&hot, &terms, NULL, 0);
    forecast_wal(&cold, &terms, NULL, 0);
    assert_true(cold.wal_bytes.low > 3 * hot.wal_bytes.low);
    full.old_tuple = TRUE;
    forecast_wal(&old, &full, NULL, 0);
    assert_true(old.wal_bytes.low > cold.wal_bytes.low + 99e6);
    assert_false(forecast_is_known(cold.wal_bytes_per_s));
    cold.touched = forecast_unknown();
    cold.wal_bytes = forecast_unknown();
    forecast_wal(&cold, &terms, NULL, 0);
    assert_false(forecast_is_known(cold.wal_bytes));
}

static void test_growth(void **state)
{
    (void)state;
    struct forecast_step cold = a_step(1e6, 1e6), hot = a_step(1e6, 1e6);
    forecast_growth(&cold, 20, 50);
    within(cold.heap_bytes.high, 120e6, 130e6); /* a second version of each row */
    within(cold.index_bytes.high, 50e6, 70e6);
    within(cold.heap_bytes.low / cold.heap_bytes.high, 0.1, 0.3);
    hot.hot = (struct forecast_range){1, 1};
    forecast_growth(&hot, 20, 50);
    assert_true(hot.heap_bytes.high == 0 && hot.index_bytes.high == 0);
}

static void test_rows_for_another_table(void **state)
{
    (void)state;
    struct forecast_step step = a_step(1e6, 1e6), wide = a_step(1e6, 1e6);
    forecast_insert(&step, 50, 1);
    within(step.heap_bytes.low, 74e6, 80e6);
    within(step.index_bytes.low, 19e6, 21e6);
    assert_true(step.wal_bytes.low > step.heap_bytes.low);
    forecast_insert(&wide, 50, 3);
    assert_true(wide.index_bytes.low == 3 * step.index_bytes.low);
}

static void test_size_of_a_new_index(void **state)
{
    (void)state;
    struct forecast_range rows = {1e6, 1e6};
    struct forecast_range bigint = forecast_index_size(rows, 8);
    /* what PostgreSQL makes of it: 22 MB of different values, 7 MB of equal ones */
    within(21.4 * 1024 * 1024, bigint.low, bigint.high);
    within(6.9e6, bigint.low, bigint.high);
    assert_true(forecast_index_size(rows, 40).high > 1.5 * bigint.high);
}

static void test_elements_of_an_index(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"email", "email", "email"},
        {"email text_pattern_ops DESC", "email", "email"},
        {"Email", "Email", "email"},
        {"\"User Name\" DESC", "\"User Name\"", "User Name"},
        {"lower(email) DESC", "lower(email)", NULL},
        {"(a || ') (' || b) COLLATE \"C\"", "(a || ') (' || b)", NULL},
        {"(coalesce(a, (b)))", "(coalesce(a, (b)))", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *expression = forecast_element(cases[i][0]);
        g_autofree char *column = forecast_element_column(cases[i][0]);
        assert_string_equal(expression, cases[i][1]);
        if (cases[i][2])
            assert_string_equal(column, cases[i][2]);
        else
            assert_null(column);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_pages_are_exact),
        cmocka_unit_test(test_a_sample_is_a_range),
        cmocka_unit_test(test_none_seen_is_no_proof),
        cmocka_unit_test(test_time_is_work_and_rest),
        cmocka_unit_test(test_time_of_rows_that_are_only_passed),
        cmocka_unit_test(test_time_obeys_the_rate),
        cmocka_unit_test(test_time_is_unknown_without_a_measure),
        cmocka_unit_test(test_the_ends_are_the_quickest_and_the_slowest),
        cmocka_unit_test(test_workers_and_an_index_that_comes_first),
        cmocka_unit_test(test_hot_by_the_room_on_the_pages),
        cmocka_unit_test(test_hot_measured),
        cmocka_unit_test(test_wal_as_measured),
        cmocka_unit_test(test_wal_without_images_in_the_low_end),
        cmocka_unit_test(test_wal_without_a_sample),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_rows_for_another_table),
        cmocka_unit_test(test_size_of_a_new_index),
        cmocka_unit_test(test_elements_of_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
