/* Which failures of a batch are about a row. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/batches-private.h"

static void errors_of_rows(void **state)
{
    (void)state;
    static const char *const states[] = {"21000", "22P02", "22003", "23502", "23505", "23514",
                                         "23P01", "42804", "44000", "54000", "P0001", "SH077"};
    for (guint i = 0; i < G_N_ELEMENTS(states); i++)
        assert_true(batches_data_error(states[i]));
}

static void errors_of_plan_session_or_server(void **state)
{
    (void)state;
    static const char *const states[] = {
        "",      "42P01", "42883", "42501", "42703", "0A000", "25006", "26000", "40001",
        "40P01", "53100", "53200", "54001", "55P03", "57014", "57P01", "58030", "XX000",
        "XX001", "PR002", "PR004", "PR005", "F0000", "08006", "HV000"};
    for (guint i = 0; i < G_N_ELEMENTS(states); i++)
        assert_false(batches_data_error(states[i]));
    assert_false(batches_data_error(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_of_rows),
        cmocka_unit_test(errors_of_plan_session_or_server),
    };
    return cmocka_run_group_tests_name("batches", tests, NULL, NULL);
}
