/* Errors: their fields, and what is asked of errors that are not ours. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pgrollout/base/error.h"

static void test_fields(void **state)
{
    (void)state;
    g_autoptr(GError) error = rollout_error_new(ROLLOUT_ERROR_DATABASE, "no table \"%s\"", "t");
    assert_string_equal(error->message, "no table \"t\"");
    assert_null(rollout_error_hint(error));
    rollout_error_set_sqlstate(error, "42P01");
    rollout_error_set_detail(error, "it is gone");
    rollout_error_set_hint(error, "look in %s", "public");
    g_autoptr(GError) copy = g_error_copy(error);
    assert_string_equal(rollout_error_sqlstate(copy), "42P01");
    assert_string_equal(rollout_error_detail(copy), "it is gone");
    assert_string_equal(rollout_error_hint(copy), "look in public");
    rollout_error_set_hint(copy, NULL);
    assert_null(rollout_error_hint(copy));
}

/* GLib's own errors come by the same way: from options, files, key files, started programs. */
static void test_of_another_domain(void **state)
{
    (void)state;
    g_autoptr(GError) error =
        g_error_new_literal(G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "Missing argument for -p");
    g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
    assert_null(rollout_error_sqlstate(error));
    assert_null(rollout_error_detail(error));
    assert_null(rollout_error_hint(error));
    rollout_error_set_sqlstate(error, "42P01");
    rollout_error_set_detail(error, "detail");
    rollout_error_set_hint(error, "hint");
    assert_null(rollout_error_hint(error));
    assert_int_equal(rollout_error_exit_status(error), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_of_another_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
