/* "Did you mean": distances and the choice. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/base/nearest.h"

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(word_distance("", ""), 0);
    assert_int_equal(word_distance("", "abc"), 3);
    assert_int_equal(word_distance("abc", ""), 3);
    assert_int_equal(word_distance("table", "tabel"), 1);
    assert_int_equal(word_distance("kitten", "sitting"), 3);
    assert_int_equal(word_distance("backfill", "backfil"), 1);
    g_autofree char *longest = g_strnfill(100000, 'x');
    assert_int_equal(word_distance(longest, "x"), 63);
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"table", "column", "type", "default"};
    assert_string_equal(word_nearest("tabel", words, 4), "table");
    assert_string_equal(word_nearest("colum", words, 4), "column");
    assert_string_equal(word_nearest("typ", words, 4), "type");
    assert_null(word_nearest("xyzzy", words, 4));
    assert_null(word_nearest("", words, 4));
    assert_null(word_nearest("table", words, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
