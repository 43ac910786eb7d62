/* The confirmation's state machine: every level, every way to cancel, every way that must not act.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/confirm.h"

#define LATER (10 * G_USEC_PER_SEC)

static const struct key escape = {KEY_CODE_ESC, 0}, enter = {KEY_CODE_ENTER, 0},
                        tab = {KEY_CODE_TAB, 0}, ctrl_c = {KEY_CODE_CHAR, 3};

static struct confirm *make(int level)
{
    struct confirm *c = confirm_new(level, "verb", "title", 0);
    if (level > 1)
        c->need = g_strdup("users");
    c->wants_reason = level == 3;
    return c;
}

static enum confirm_result press(struct confirm *c, gunichar ch)
{
    struct key key = {KEY_CODE_CHAR, ch};
    return confirm_key(c, &key, LATER);
}

static void type(struct confirm *c, const char *text)
{
    for (; *text; text++)
        assert_int_equal(press(c, (gunichar)*text), CONFIRM_OPEN);
}

/* Every key that is not the confirming one cancels a strip. */
static void test_strip(void **state)
{
    (void)state;
    for (gunichar ch = 1; ch < 127; ch++) {
        struct confirm *c = make(1);
        enum confirm_result result = press(c, ch);
        assert_int_equal(result, ch == 'y' ? CONFIRM_ACCEPTED : CONFIRM_CANCELLED);
        confirm_free(c);
    }
    static const enum key_code codes[] = {KEY_CODE_ENTER, KEY_CODE_ESC, KEY_CODE_TAB, KEY_CODE_UP,
                                          KEY_CODE_OTHER};
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        struct confirm *c = make(1);
        struct key key = {codes[i], 0};
        gboolean is_key = codes[i] != KEY_CODE_OTHER; /* a mouse's report is none */
        assert_int_equal(confirm_key(c, &key, LATER), is_key ? CONFIRM_CANCELLED : CONFIRM_OPEN);
        confirm_free(c);
    }
}

static void test_alternative(void **state)
{
    (void)state;
    struct confirm *c = make(1);
    c->alternative_key = 't';
    assert_int_equal(press(c, 't'), CONFIRM_ACCEPTED);
    assert_true(c->alternative);
    confirm_free(c);
}

/* What was typed before the question could be read neither confirms nor cancels. */
static void test_deaf_at_first(void **state)
{
    (void)state;
    for (int level = 1; level <= 3; level++) {
        struct confirm *c = make(level);
        struct key y = {KEY_CODE_CHAR, 'y'};
        assert_int_equal(confirm_key(c, &y, CONFIRM_DEAF_US - 1), CONFIRM_OPEN);
        assert_int_equal(confirm_key(c, &escape, CONFIRM_DEAF_US - 1), CONFIRM_OPEN);
        assert_int_equal(confirm_key(c, &escape, CONFIRM_DEAF_US), CONFIRM_CANCELLED);
        confirm_free(c);
    }
}

static void test_name(void **state)
{
    (void)state;
    struct confirm *c = make(2);
    assert_int_equal(confirm_key(c, &enter, LATER), CONFIRM_OPEN);
    type(c, "user");
    assert_int_equal(confirm_key(c, &enter, LATER), CONFIRM_OPEN); /* not complete: nothing */
    assert_string_equal(c->name->str, "user");
    assert_int_equal(c->wrong, 0);
    type(c, "s");
    assert_int_equal(confirm_key(c, &enter, LATER), CONFIRM_ACCEPTED);
    confirm_free(c);
}

static void test_wrong_name(void **state)
{
    (void)state;
    struct confirm *c = make(2);
    for (int i = 0; i < 2; i++) {
        type(c, "orders");
        assert_int_equal(confirm_key(c, &enter, LATER), CONFIRM_OPEN);
        assert_int_equal(c->name->len, 0);
    }
    type(c, "userss");
    assert_int_equal(confirm_key(c, &enter, LATER), CONFIRM_CANCELLED);
    confirm_free(c);
}

static void test_contract(void **state)
{
    (void)state;
    struct confirm *c = make(3);
    type(c, "users");
    confirm_add_check(c, FALSE, "a check");
    assert_int_equal(confirm_key(c, &enter, LATER), CONFIRM_OPEN);
    c->field = FIELD_REASON;
    type(c, " -- ");
    assert_false(confirm_is_complete(c)); /* not a reason */
    type(c, "CHG-1");
    assert_int_equal(confirm_key(c, &enter, LATER), CONFIRM_OPEN); /* the check fails */
    ((struct confirm_check *)c->checks->pdata[0])->ok = TRUE;
    assert_int_equal(confirm_key(c, &enter, LATER), CONFIRM_ACCEPTED);
    ((struct confirm_check *)c->checks->pdata[0])->ok = FALSE; /* it is read anew all the time */
    assert_int_equal(confirm_key(c, &enter, LATER), CONFIRM_OPEN);
    assert_int_equal(confirm_key(c, &ctrl_c, LATER), CONFIRM_CANCELLED);
    confirm_free(c);
}

static enum confirm_result push(struct confirm *c, enum key_code code)
{
    struct key key = {code, 0};
    return confirm_key(c, &key, LATER);
}

/* What is typed goes into the name from the first key on, and never moves the target. */
static void test_choices_and_fields(void **state)
{
    (void)state;
    struct confirm *c = make(2);
    g_free(c->need);
    c->need = g_strdup("jk2-users");
    confirm_add_choice(c, "start", "all of it");
    confirm_add_choice(c, "expand", NULL);
    assert_int_equal(c->field, FIELD_NAME);
    type(c, "jk2-users");
    assert_string_equal(c->name->str, "jk2-users");
    assert_int_equal(c->choice, 0);
    push(c, KEY_CODE_DOWN);
    push(c, KEY_CODE_DOWN);
    assert_int_equal(c->choice, 1);
    confirm_key(c, &tab, LATER);
    assert_int_equal(c->field, FIELD_REASON);
    push(c, KEY_CODE_UP);
    assert_int_equal(c->choice, 0);
    type(c, "j1k");
    assert_string_equal(c->reason->str, "j1k");
    assert_int_equal(c->choice, 0);
    confirm_key(c, &tab, LATER);
    assert_int_equal(c->field, FIELD_NAME);
    assert_int_equal(confirm_key(c, &enter, LATER), CONFIRM_ACCEPTED);
    confirm_free(c);
}

/* In a strip nothing is typed: there digits choose too. */
static void test_choices_of_a_strip(void **state)
{
    (void)state;
    struct confirm *c = make(1);
    confirm_add_choice(c, "web", NULL);
    confirm_add_choice(c, "invoices", NULL);
    assert_int_equal(press(c, '2'), CONFIRM_OPEN);
    assert_int_equal(c->choice, 1);
    assert_int_equal(push(c, KEY_CODE_UP), CONFIRM_OPEN);
    assert_int_equal(c->choice, 0);
    assert_int_equal(press(c, '3'), CONFIRM_CANCELLED);
    confirm_free(c);
}

/* Nothing is accepted before the end of the text has been on the screen. */
static void test_reading(void **state)
{
    (void)state;
    struct confirm *strip = make(1), *dialog = make(2);
    confirm_set_page(strip, 7, 3);
    assert_int_equal(press(strip, 'y'), CONFIRM_OPEN);
    assert_int_equal(push(strip, KEY_CODE_PAGE_DOWN), CONFIRM_OPEN);
    assert_int_equal(strip->scroll, 3);
    assert_int_equal(press(strip, 'y'), CONFIRM_OPEN);
    assert_int_equal(push(strip, KEY_CODE_DOWN), CONFIRM_OPEN);
    assert_int_equal(strip->scroll, 4);
    assert_int_equal(push(strip, KEY_CODE_PAGE_UP), CONFIRM_OPEN);
    assert_int_equal(press(strip, 'y'), CONFIRM_ACCEPTED);
    confirm_free(strip);
    confirm_set_page(dialog, 4, 2);
    type(dialog, "users");
    assert_int_equal(confirm_key(dialog, &enter, LATER), CONFIRM_OPEN);
    push(dialog, KEY_CODE_PAGE_DOWN);
    assert_int_equal(confirm_key(dialog, &enter, LATER), CONFIRM_ACCEPTED);
    confirm_read_again(dialog); /* another text */
    confirm_set_page(dialog, 4, 2);
    assert_int_equal(confirm_key(dialog, &enter, LATER), CONFIRM_OPEN);
    confirm_free(dialog);
}

/* Another choice has another consequence: that one has to be read. */
static void test_reading_each_choice(void **state)
{
    (void)state;
    struct confirm *c = make(2);
    confirm_add_choice(c, "start", NULL);
    confirm_add_choice(c, "expand", NULL);
    assert_true(confirm_add_choice_line(c, "expand", TOKEN_TEXT, "1  nothing"));
    assert_false(confirm_add_choice_line(c, "deploy", TOKEN_TEXT, "1  nothing"));
    confirm_set_page(c, 5, 5);
    assert_true(confirm_is_read(c));
    push(c, KEY_CODE_DOWN);
    confirm_set_page(c, 9, 5);
    assert_false(confirm_is_read(c));
    confirm_free(c);
}

static void test_editing(void **state)
{
    (void)state;
    struct confirm *c = make(2);
    struct key back = {KEY_CODE_BACKSPACE, 0}, letter = {KEY_CODE_CHAR, 0xE9};
    type(c, "us");
    confirm_key(c, &letter, LATER);
    confirm_key(c, &back, LATER);
    assert_string_equal(c->name->str, "us");
    press(c, 'U' & 0x1F);
    assert_string_equal(c->name->str, "");
    confirm_key(c, &back, LATER);
    press(c, 0x01); /* a control is no text */
    assert_string_equal(c->name->str, "");
    for (int i = 0; i < 1000; i++)
        press(c, 'x');
    assert_true(c->name->len <= 200);
    confirm_free(c);
}

static void test_time(void **state)
{
    (void)state;
    struct confirm *strip = make(1), *dialog = make(3);
    assert_int_equal(confirm_tick(strip, CONFIRM_TIMEOUT_S * G_USEC_PER_SEC), CONFIRM_OPEN);
    assert_int_equal(confirm_tick(strip, CONFIRM_TIMEOUT_S * G_USEC_PER_SEC + 1),
                     CONFIRM_CANCELLED);
    assert_int_equal(confirm_tick(dialog, CONFIRM_TIMEOUT_S * G_USEC_PER_SEC + 1), CONFIRM_OPEN);
    assert_int_equal(confirm_tick(dialog, CONFIRM_DIALOG_S * G_USEC_PER_SEC + 1),
                     CONFIRM_CANCELLED);
    confirm_free(strip);
    confirm_free(dialog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strip),
        cmocka_unit_test(test_alternative),
        cmocka_unit_test(test_deaf_at_first),
        cmocka_unit_test(test_name),
        cmocka_unit_test(test_wrong_name),
        cmocka_unit_test(test_contract),
        cmocka_unit_test(test_choices_and_fields),
        cmocka_unit_test(test_choices_of_a_strip),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_reading_each_choice),
        cmocka_unit_test(test_editing),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
