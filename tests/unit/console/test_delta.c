/* What is kept of a text beside the one before it: it comes back to the letter, and where little has changed
 * little is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/delta.h"

/* The bytes it took. */
static gsize there_and_back(const char *before, const char *now)
{
    g_autoptr(GByteArray) delta = delta_make(before, strlen(before), now, strlen(now));
    const guint8 *next = delta->data;
    gsize left = delta->len, size = 99;
    g_autofree char *again = delta_apply(before, strlen(before), &next, &left, &size);
    assert_non_null(again);
    assert_string_equal(again, now);
    assert_int_equal(size, strlen(now));
    assert_int_equal(left, 0);
    return delta->len;
}

static char *letters(GRand *dice, gsize n)
{
    char *text = g_malloc(n + 1);
    for (gsize i = 0; i < n; i++)
        text[i] = (char)g_rand_int_range(dice, 'a', 'z' + 1);
    text[n] = '\0';
    return text;
}

static void test_short(void **state)
{
    (void)state;
    assert_int_equal(there_and_back("", ""), 1);
    there_and_back("", "x");
    there_and_back("x", "");
    there_and_back("fifteen letters", "fifteen letters");
    there_and_back("sixteen letters.", "sixteen letters.");
}

static void test_little_changed(void **state)
{
    (void)state;
    g_autoptr(GRand) dice = g_rand_new_with_seed(1);
    g_autofree char *a = letters(dice, 300000);
    g_autofree char *b = g_strdup(a);
    assert_true(there_and_back(a, a) < 10);
    b[0] = '7';
    b[150000] = '7';
    b[299999] = '7';
    assert_true(there_and_back(a, b) < 40);
    g_autofree char *longer = g_strconcat("12345", a, "6", NULL); /* all has moved on */
    assert_true(there_and_back(a, longer) < 40);
    assert_true(there_and_back(longer, a) < 40);
    g_autofree char *swapped = g_strdup_printf("%s%.*s", a + 100000, 100000, a);
    assert_true(there_and_back(a, swapped) < 40);
}

/* One change after the other: what was taken out, put in, moved or repeated. */
static void test_any(void **state)
{
    (void)state;
    g_autoptr(GRand) dice = g_rand_new_with_seed(2);
    GString *text = g_string_new("");
    for (int i = 0; i < 3000; i++) {
        g_autofree char *before = g_strdup(text->str);
        for (int changes = g_rand_int_range(dice, 0, 5); changes > 0; changes--) {
            gssize at = g_rand_int_range(dice, 0, (gint32)text->len + 1);
            gssize n = MIN(g_rand_int_range(dice, 0, 60), (gssize)text->len - at);
            g_autofree char *piece = g_rand_boolean(dice) ? letters(dice, (gsize)n)
                                                          : g_strndup(text->str + at, (gsize)n);
            if (g_rand_boolean(dice) && text->len > 500)
                g_string_erase(text, at, n);
            g_string_insert(text, g_rand_int_range(dice, 0, (gint32)text->len + 1), piece);
        }
        if (text->len > 3000)
            g_string_truncate(text, 100);
        there_and_back(before, text->str);
    }
    g_string_free(text, TRUE);
}

static void test_behind_each_other(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "the first of several texts", "and the second",
                                        "and the second, longer", ""};
    GByteArray *all = g_byte_array_new();
    for (guint i = 1; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GByteArray) delta =
            delta_make(texts[i - 1], strlen(texts[i - 1]), texts[i], strlen(texts[i]));
        g_byte_array_append(all, delta->data, delta->len);
    }
    const guint8 *next = all->data;
    gsize left = all->len, size = 0;
    g_autofree char *text = g_strdup("");
    for (guint i = 1; i < G_N_ELEMENTS(texts); i++) {
        char *later = delta_apply(text, size, &next, &left, &size);
        assert_non_null(later);
        assert_string_equal(later, texts[i]);
        g_free(text);
        text = later;
    }
    assert_int_equal(left, 0);
    g_byte_array_unref(all);
}

/* Cut off, or with any byte changed: refused, or some other text, and never a byte that is not its own. */
static void test_broken(void **state)
{
    (void)state;
    g_autoptr(GRand) dice = g_rand_new_with_seed(3);
    g_autofree char *before = letters(dice, 400);
    g_autofree char *now = g_strdup_printf("new %.200sbetween%s", before + 100, before);
    g_autoptr(GByteArray) delta = delta_make(before, 400, now, strlen(now));
    for (guint i = 0; i < delta->len; i++) {
        g_autofree guint8 *cut = g_memdup2(delta->data, i);
        const guint8 *next = cut;
        gsize left = i, size;
        assert_null(delta_apply(before, 400, &next, &left, &size));
        for (int byte = 0; byte < 256; byte++) {
            g_autofree guint8 *changed = g_memdup2(delta->data, delta->len);
            changed[i] = (guint8)byte;
            next = changed;
            left = delta->len;
            g_free(delta_apply(before, 400, &next, &left, &size));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short),  cmocka_unit_test(test_little_changed),
        cmocka_unit_test(test_any),    cmocka_unit_test(test_behind_each_other),
        cmocka_unit_test(test_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
