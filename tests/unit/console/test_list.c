/* Lists: the selection is a row, not a place; rows that have ended stay for a while. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/list.h"

static GPtrArray *rows_of(const char *ids)
{
    GPtrArray *rows = list_rows_new();
    g_auto(GStrv) words = g_strsplit(ids, " ", -1);
    for (char **w = words; *w; w++)
        if (**w)
            list_rows_add(rows, *w, NULL);
    return rows;
}

static const char *selected(const struct list_state *state, const char *ids)
{
    g_autoptr(GPtrArray) rows = rows_of(ids);
    int index = list_index(state, rows);
    return index < 0 ? "-" : g_intern_string(((struct list_row *)rows->pdata[index])->id);
}

static void move(struct list_state *state, const char *ids, int by)
{
    g_autoptr(GPtrArray) rows = rows_of(ids);
    list_move(state, rows, 3, by);
}

static void test_selection_is_an_id(void **data)
{
    (void)data;
    struct list_state state = {0};
    assert_string_equal(selected(&state, ""), "-");
    assert_string_equal(selected(&state, "a b c"), "a");
    assert_string_equal(selected(&state, "c a b"), "c"); /* nothing was chosen: the first one */
    move(&state, "a b c", 1);
    assert_string_equal(selected(&state, "a b c"), "b");
    assert_string_equal(selected(&state, "b c a"), "b");
    assert_string_equal(selected(&state, "x y z b"), "b");
    move(&state, "", 1); /* nothing to move to */
    assert_string_equal(selected(&state, "b"), "b");
    list_state_clear(&state);
}

/* The one that comes in its place is not selected by itself: a key could mean the one before. */
static void test_gone_row_is_not_replaced(void **data)
{
    (void)data;
    struct list_state state = {0};
    move(&state, "a b c d", 2);
    assert_string_equal(selected(&state, "a b d"), "-");
    move(&state, "a b d", 1); /* down from the gap: what has moved up into it */
    assert_string_equal(selected(&state, "a b d"), "d");
    list_state_select(&state, "c", 2);
    move(&state, "a b d", -1); /* up from it: what stands above */
    assert_string_equal(selected(&state, "a b d"), "b");
    list_state_select(&state, "c", 7); /* there are fewer now */
    move(&state, "a b", 1);
    assert_string_equal(selected(&state, "a b"), "b");
    list_state_clear(&state);
}

static void test_moving_stays_inside(void **data)
{
    (void)data;
    struct list_state state = {0};
    move(&state, "a b c", -5);
    assert_string_equal(selected(&state, "a b c"), "a");
    move(&state, "a b c", G_MAXINT / 2);
    assert_string_equal(selected(&state, "a b c"), "c");
    move(&state, "a b c", -G_MAXINT / 2);
    assert_string_equal(selected(&state, "a b c"), "a");
    list_state_clear(&state);
}

static void test_window_follows(void **data)
{
    (void)data;
    struct list_state state = {0};
    g_autoptr(GPtrArray) rows = rows_of("a b c d e f g"), turned = rows_of("g f e d c b a");
    list_move(&state, rows, 3, 4);
    assert_int_equal(list_top(&state, rows, 3), 2);
    assert_int_equal(list_top(&state, turned, 3), 2); /* e stands third now */
    list_state_select(&state, "a", 0);
    assert_int_equal(list_top(&state, turned, 3), 4);
    state.loose = TRUE;
    assert_int_equal(list_top(&state, turned, 3), 2); /* stays where it is, whatever is selected */
    assert_int_equal(list_top(&state, rows, 10), 0);
    list_state_clear(&state);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void test_order_is_stable(void **data)
{
    (void)data;
    g_autoptr(GPtrArray) rows = list_rows_new();
    list_rows_add(rows, "2", "same");
    list_rows_add(rows, "1", "same");
    list_rows_add(rows, "3", "before");
    list_rows_sort(rows, by_text, FALSE);
    assert_string_equal(((struct list_row *)rows->pdata[0])->id, "3");
    assert_string_equal(((struct list_row *)rows->pdata[1])->id, "1");
    list_rows_sort(rows, by_text, TRUE);
    assert_string_equal(((struct list_row *)rows->pdata[0])->id, "1");
    assert_string_equal(((struct list_row *)rows->pdata[2])->id, "3");
}

static void test_filter_wants_all_words(void **data)
{
    (void)data;
    const char *const texts[] = {"shop-web/41", "", "UPDATE Ärger", "\xff broken", NULL};
    assert_true(list_matches(NULL, texts));
    assert_true(list_matches("", texts));
    assert_true(list_matches("web update", texts));
    assert_true(list_matches("ärger  WEB", texts));
    assert_true(list_matches("broken", texts));
    assert_false(list_matches("web delete", texts));
    assert_false(list_matches("41 UPDATE nothing", texts));
    assert_false(list_matches("41update", texts)); /* a word is in one of them */
}

/* A snapshot at a second, whose rows are the words of its database. NULL: not read. */
static struct snapshot *snapshot_at(double at_s, const char *ids)
{
    struct snapshot *s = snapshot_parse("{\"migrations\": []}", NULL);
    s->at_s = at_s;
    snap_text_set(&s->database, ids);
    return s;
}

static gboolean read_words(const struct snapshot *s, GPtrArray *rows)
{
    g_auto(GStrv) words = g_strsplit(s->database ? s->database : "", " ", -1);
    for (char **w = words; *w; w++)
        if (**w)
            list_rows_add(rows, *w, s);
    return s->database != NULL;
}

static char *rows_text(const struct snapshot *now, const GPtrArray *past)
{
    g_autoptr(GPtrArray) rows = list_rows_read(now, past, read_words);
    GString *text = g_string_new(rows ? "" : "unread");
    for (guint i = 0; rows && i < rows->len; i++) {
        const struct list_row *row = rows->pdata[i];
        g_string_append_printf(text, "%s%s", i ? " " : "", row->id);
        if (!isnan(row->ended_s))
            g_string_append_printf(text, "-%g", row->ended_s);
    }
    return g_string_free(text, FALSE);
}

static void check_rows(GPtrArray *past, const char *expected)
{
    g_autofree char *text = rows_text(past->pdata[past->len - 1], past);
    assert_string_equal(text, expected);
}

static void test_ended_rows_linger(void **data)
{
    (void)data;
    g_autoptr(GPtrArray) past = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_free);
    g_ptr_array_add(past, snapshot_at(10, "a b c"));
    check_rows(past, "a b c");
    g_ptr_array_add(past, snapshot_at(12, "a c"));
    check_rows(past, "a c b-0");
    g_ptr_array_add(past, snapshot_at(13, NULL)); /* nobody looked: nothing ended by that */
    check_rows(past, "unread");
    g_ptr_array_add(past, snapshot_at(14, "c d"));
    check_rows(past, "c d a-0 b-2");
    g_ptr_array_add(past, snapshot_at(16, "c a"));
    check_rows(past, "c a d-0 b-4"); /* what is back has not ended */
    g_ptr_array_add(past, snapshot_at(17, "c"));
    check_rows(past, "c a-0 d-1");
    g_ptr_array_add(past, snapshot_at(30, ""));
    check_rows(past, "c-0");
    /* an older picture knows nothing of what came after it */
    g_autofree char *then = rows_text(past->pdata[1], past);
    assert_string_equal(then, "a c b-0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selection_is_an_id),  cmocka_unit_test(test_gone_row_is_not_replaced),
        cmocka_unit_test(test_moving_stays_inside), cmocka_unit_test(test_window_follows),
        cmocka_unit_test(test_order_is_stable),     cmocka_unit_test(test_filter_wants_all_words),
        cmocka_unit_test(test_ended_rows_linger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
