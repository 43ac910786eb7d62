/* What differs between two texts: by hand, and by applying it to random ones. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "console/diff.h"

/* "@@ … @@|-old|+new| same" */
static char *joined(const struct diff *diff)
{
    static const char *const marks[] = {
        [DIFF_HUNK] = "", [DIFF_SAME] = " ", [DIFF_OLD] = "-", [DIFF_NEW] = "+"};
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < diff->lines->len; i++) {
        const struct diff_line *line = diff->lines->pdata[i];
        g_string_append_printf(out, "%s%s%s", i ? "|" : "", marks[line->kind], line->text);
    }
    return g_string_free(out, FALSE);
}

static void expect(const char *old, const char *new, int context, const char *wanted)
{
    struct diff *diff = diff_new(old, new, context);
    g_autofree char *text = joined(diff);
    assert_string_equal(text, wanted);
    assert_false(diff->coarse);
    diff_free(diff);
}

static void test_by_hand(void **state)
{
    (void)state;
    expect("", "", 3, "");
    expect("a\nb\n", "a\nb\n", 3, "");
    expect("a\nb\nc\n", "a\nx\nc\n", 3, "@@ -1,3 +1,3 @@| a|-b|+x| c");
    expect("a\n", "", 3, "@@ -1,1 +0,0 @@|-a");
    expect("", "a\nb\n", 3, "@@ -0,0 +1,2 @@|+a|+b");
    expect("a\nb\nc\nd\ne\nf\n", "a\nb\nX\nd\ne\nf\n", 1, "@@ -2,3 +2,3 @@| b|-c|+X| d");
    /* two changes that are far from each other are two hunks, close ones are one */
    expect("1\n2\n3\n4\n5\n6\n", "x\n2\n3\n4\n5\ny\n", 1,
           "@@ -1,2 +1,2 @@|-1|+x| 2|@@ -5,2 +5,2 @@| 5|-6|+y");
    expect("1\n2\n3\n4\n", "x\n2\n3\ny\n", 1, "@@ -1,4 +1,4 @@|-1|+x| 2| 3|-4|+y");
}

static void test_ends_of_lines(void **state)
{
    (void)state;
    expect("a\nb", "a\nb\n", 0, "@@ -2,1 +2,1 @@|-b (no line end at the end of the file)|+b");
    expect("a\nb", "a\nb", 3, "");
    expect("a\r\n", "a\n", 3, "@@ -1,1 +1,1 @@|-a\r|+a");
}

static char *text_random(GRand *rand)
{
    GString *out = g_string_new(NULL);
    for (int n = g_rand_int_range(rand, 0, 14); n > 0; n--)
        g_string_append_printf(out, "%c\n", 'a' + g_rand_int_range(rand, 0, 4));
    return g_string_free(out, FALSE);
}

/* Applies the hunks to the lines of `old`, as patch does, by their numbers. */
static char *applied(const struct diff *diff, const char *old)
{
    g_auto(GStrv) lines = g_strsplit(old, "\n", -1);
    GString *out = g_string_new(NULL);
    int at = 0, last = (int)g_strv_length(lines) - 1;
    for (guint i = 0; i < diff->lines->len; i++) {
        const struct diff_line *line = diff->lines->pdata[i];
        int first, n, new_first, m;
        if (line->kind == DIFF_HUNK) {
            assert_int_equal(sscanf(line->text, "@@ -%d,%d +%d,%d @@", &first, &n, &new_first, &m),
                             4);
            for (; at < (n ? first - 1 : first); at++)
                g_string_append_printf(out, "%s\n", lines[at]);
            continue;
        }
        if (line->kind != DIFF_NEW)
            assert_string_equal(lines[at++], line->text);
        if (line->kind != DIFF_OLD)
            g_string_append_printf(out, "%s\n", line->text);
    }
    for (; at < last; at++)
        g_string_append_printf(out, "%s\n", lines[at]);
    return g_string_free(out, FALSE);
}

/* The longest common subsequence, by trying everything. */
static int common(const char *a, const char *b)
{
    if (!*a || !*b)
        return 0;
    if (a[0] == b[0])
        return 1 + common(a + 2, b + 2);
    return MAX(common(a + 2, b), common(a, b + 2));
}

static void test_applies_and_is_least(void **state)
{
    (void)state;
    GRand *rand = g_rand_new_with_seed(20261122);
    for (int i = 0; i < 600; i++) {
        g_autofree char *old = text_random(rand), *new = text_random(rand);
        struct diff *diff = diff_new(old, new, g_rand_int_range(rand, 0, 4));
        g_autofree char *result = applied(diff, old);
        assert_string_equal(result, new);
        assert_int_equal((int)strlen(old) / 2 - diff->removed, common(old, new));
        assert_int_equal((int)strlen(new) / 2 - diff->added, common(old, new));
        diff_free(diff);
    }
    g_rand_free(rand);
}

static void test_too_much_is_said(void **state)
{
    (void)state;
    g_autoptr(GString) old = g_string_new("same\n"), new = g_string_new("same\n");
    for (int i = 0; i < 1200; i++) {
        g_string_append_printf(old, "old %d\n", i);
        g_string_append_printf(new, "new %d\n", i);
    }
    struct diff *diff = diff_new(old->str, new->str, 3);
    assert_true(diff->coarse);
    assert_int_equal(diff->removed, 1200);
    assert_int_equal(diff->added, 1200);
    diff_free(diff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_ends_of_lines),
        cmocka_unit_test(test_applies_and_is_least),
        cmocka_unit_test(test_too_much_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
