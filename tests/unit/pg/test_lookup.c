/* For which targets a name may have to be looked up, so that a thread begins the connection. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pg/lookup-private.h"

static gboolean needs(const char *dbname, const char *host)
{
    const struct db_target target = {.dbname = (char *)dbname, .host = (char *)host};
    return target_needs_lookup(&target);
}

static int setup(void **state)
{
    static const char *const variables[] = {"PGHOST", "PGHOSTADDR", "PGSERVICE"};
    for (guint i = 0; i < G_N_ELEMENTS(variables); i++)
        g_unsetenv(variables[i]);
    (void)state;
    return 0;
}

static void test_nothing_to_look_up(void **state)
{
    (void)state;
    assert_false(needs(NULL, NULL));
    assert_false(needs("shop", "/run/postgresql"));
    assert_false(needs("shop", "@abstract"));
    assert_false(needs("shop", "10.0.0.7"));
    assert_false(needs("host=::1 dbname=shop", NULL));
    assert_false(needs("host=db1 hostaddr=10.0.0.7", NULL));
    assert_false(needs("host=db1", "/tmp")); /* the option wins */
    assert_false(needs("service=a", "/tmp"));
}

static void test_names(void **state)
{
    (void)state;
    assert_true(needs("shop", "db1"));
    assert_true(needs("host=10.0.0.7,db2", NULL));
    assert_true(needs("postgresql://ana@db1/shop", NULL));
    assert_true(needs("service=a", NULL)); /* it may name a host */
}

static void test_environment(void **state)
{
    (void)state;
    g_setenv("PGHOST", "db1", TRUE);
    assert_true(needs("shop", NULL));
    assert_false(needs("host=/tmp", NULL));
    g_setenv("PGHOSTADDR", "10.0.0.7", TRUE);
    assert_false(needs("shop", NULL));
    g_unsetenv("PGHOST");
    g_unsetenv("PGHOSTADDR");
    g_setenv("PGSERVICE", "a", TRUE);
    assert_true(needs("shop", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nothing_to_look_up, setup),
        cmocka_unit_test_setup(test_names, setup),
        cmocka_unit_test_setup(test_environment, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
