/* What the console keeps of the last minutes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/past.h"

#define START 1764079200.0 /* 2025-11-25 14:00:00 */

/* As the server would say it at that second, with `pad` letters that do not pack. */
static struct snapshot *made(double second, gint64 event, const char *kind, int pad)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc((gint64)(START + second));
    g_autofree char *when = g_date_time_format(at, "%Y-%m-%dT%H:%M:%S.000Z");
    g_autoptr(GString) title = g_string_new(NULL);
    for (int i = 0; i < pad; i++)
        g_string_append_c(title, (char)('a' + g_random_int_range(0, 26)));
    g_autofree char *json = g_strdup_printf("{\"at\": \"%s\", \"database\": \"shop\", "
                                            "\"migrations\": [{\"name\": \"m\", \"title\": \"%s\", "
                                            "\"events\": [{\"id\": %" G_GINT64_FORMAT
                                            ", \"kind\": \"%s\", \"text\": \"t\"}]}]}",
                                            when, title->str, event, kind);
    struct snapshot *s = snapshot_parse(json, NULL);
    assert_non_null(s);
    s->text = g_strdup(json);
    s->installed = TRUE;
    return s;
}

static void add(struct past *past, double second, gint64 event, const char *kind)
{
    struct snapshot *s = made(second, event, kind, 20);
    past_add(past, s);
    snapshot_free(s);
}

static void test_keeps(void **state)
{
    (void)state;
    struct past *past = past_new(PAST_BYTES);
    add(past, 0, 1, "note");
    add(past, 1, 1, "note"); /* too soon, and nothing has happened */
    add(past, 2, 2, "note");
    add(past, 3, 3, "hold"); /* something has */
    add(past, 5, 3, "hold");
    assert_int_equal(past_count(past), 4);
    assert_false(past_is_mark(past, 0));
    assert_false(past_is_mark(past, 1));
    assert_true(past_is_mark(past, 2));
    assert_false(past_is_mark(past, 3));
    assert_int_equal(past_find(past, START - 1), -1);
    assert_int_equal(past_find(past, START + 2.5), 1);
    assert_int_equal(past_find(past, START + 99), 3);
    struct snapshot *s = past_get(past, 2);
    assert_string_equal(((struct snap_migration *)s->migrations->pdata[0])->name, "m");
    assert_true(s->installed);
    assert_true(fabs(s->at_s - START - 3) < 0.001);
    snapshot_free(s);
    past_free(past);
}

/* The first that is seen has not happened just then. */
static void test_first_is_no_mark(void **state)
{
    (void)state;
    struct past *past = past_new(PAST_BYTES);
    add(past, 0, 7, "hold");
    assert_false(past_is_mark(past, 0));
    past_free(past);
}

static void test_drops(void **state)
{
    (void)state;
    struct past *past = past_new(PAST_BYTES);
    for (int i = 0; i < 1000; i++)
        add(past, 2.0 * i, 1, "note");
    assert_int_equal(past_count(past), PAST_SECONDS / 2 + 1);
    assert_true(fabs(past_at(past, 0) - (START + 1998 - PAST_SECONDS)) < 0.001);
    for (int i = 0; i < 1000; i++) /* a storm of things that happen */
        add(past, 2000 + 0.1 * i, 2 + i, "hold");
    assert_true(past_count(past) <= PAST_MAX);
    add(past, 10, 1, "note"); /* a standby that was promoted, with a clock of its own */
    assert_int_equal(past_count(past), 1);
    past_free(past);
}

/* What comes first where nothing was known before has happened while one looked. */
static void test_first_event_is_mark(void **state)
{
    (void)state;
    struct past *past = past_new(PAST_BYTES);
    struct snapshot *s = snapshot_parse("{\"at\": \"2025-11-25T14:00:00.000Z\"}", NULL);
    assert_non_null(s);
    s->text = g_strdup("{\"at\": \"2025-11-25T14:00:00.000Z\"}");
    past_add(past, s);
    snapshot_free(s);
    add(past, 0.5, 1, "phase");
    assert_int_equal(past_count(past), 2);
    assert_false(past_is_mark(past, 0));
    assert_true(past_is_mark(past, 1));
    past_free(past);
}

/* On another server events are counted anew: low ids are no old ones, and its first no marks. */
static void test_another_server(void **state)
{
    (void)state;
    struct past *past = past_new(PAST_BYTES);
    add(past, 100, 500, "note");
    add(past, 10, 7, "hold");
    assert_int_equal(past_count(past), 1);
    assert_false(past_is_mark(past, 0));
    add(past, 11, 8, "hold");
    assert_int_equal(past_count(past), 2);
    assert_true(past_is_mark(past, 1));
    past_free(past);
}

/* The oldest go first, and what is shown now is kept however large it is. */
static void test_bytes_are_bounded(void **state)
{
    (void)state;
    const gsize most = 100 * 1000;
    struct past *past = past_new(most);
    for (int i = 0; i < 100; i++) {
        struct snapshot *s = made(2.0 * i, 1, "note", 8000);
        past_add(past, s);
        snapshot_free(s);
        assert_true(past_bytes(past) <= most);
    }
    guint n = past_count(past);
    assert_in_range(n, 10, 40);
    assert_true(fabs(past_at(past, n - 1) - (START + 198)) < 0.001);
    assert_true(fabs(past_at(past, 0) - (START + 200 - 2.0 * n)) < 0.001);
    past_free(past);
    past = past_new(10);
    add(past, 0, 1, "note");
    add(past, 2, 1, "note");
    assert_int_equal(past_count(past), 1);
    past_free(past);
}

/* Those that say nearly the same take up a fraction, though further apart than zlib looks back, and each is
 * read back as it was, also those behind which the first of their neighbours have gone. */
static void test_neighbours_share(void **state)
{
    (void)state;
    struct past *past = past_new(PAST_BYTES);
    for (int i = 0; i < 500; i++) {
        g_random_set_seed(1);
        struct snapshot *s = made(2.0 * i, i, "note", 80000);
        past_add(past, s);
        snapshot_free(s);
    }
    assert_true(past_bytes(past) < 700 * 1000);
    guint n = past_count(past);
    for (guint i = 0; i < n; i++) {
        struct snapshot *s = past_get(past, i);
        assert_non_null(s);
        assert_true(fabs(s->at_s - past_at(past, i)) < 0.001);
        const struct snap_migration *m = s->migrations->pdata[0];
        assert_int_equal(strlen(m->title), 80000);
        assert_int_equal(((struct snap_event *)m->events->pdata[0])->id, 500 - n + i);
        snapshot_free(s);
    }
    past_free(past);
}

/* A full ring in which 5 kB of each snapshot are new, and hardly pack. */
static void test_size(void **state)
{
    (void)state;
    struct past *past = past_new(PAST_BYTES);
    for (int i = 0; i < 500; i++) {
        struct snapshot *s = made(2.0 * i, 1, "note", 5000);
        past_add(past, s);
        snapshot_free(s);
    }
    assert_int_equal(past_count(past), PAST_SECONDS / 2 + 1);
    assert_true(past_bytes(past) < PAST_BYTES);
    past_free(past);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps),
        cmocka_unit_test(test_first_is_no_mark),
        cmocka_unit_test(test_first_event_is_mark),
        cmocka_unit_test(test_another_server),
        cmocka_unit_test(test_drops),
        cmocka_unit_test(test_bytes_are_bounded),
        cmocka_unit_test(test_neighbours_share),
        cmocka_unit_test(test_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
