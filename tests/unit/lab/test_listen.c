/* Addresses that the practice cluster listens on, and who gets in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/lab/listen.h"

static void check(const char *text, const char *address, int port, gboolean loopback)
{
    struct lab_listen listen = {0};
    g_autoptr(GError) error = NULL;
    assert_true(lab_listen_parse(text, &listen, &error));
    assert_string_equal(listen.address, address);
    assert_int_equal(listen.port, port);
    assert_int_equal(listen.loopback, loopback);
    lab_listen_clear(&listen);
}

static void test_addresses(void **state)
{
    (void)state;
    check("127.0.0.1:6432", "127.0.0.1", 6432, TRUE);
    check("localhost:1024", "localhost", 1024, TRUE);
    check("[::1]:6432", "::1", 6432, TRUE);
    check("192.0.2.10:65535", "192.0.2.10", 65535, FALSE);
    check("*:6432", "*", 6432, FALSE);
    check("0.0.0.0:6432", "0.0.0.0", 6432, FALSE);
    check("[2001:db8::7]:6432", "2001:db8::7", 6432, FALSE);
}

static void test_wrong(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",         "6432",          ":6432",    "localhost",       "localhost:", "a:80",
        "a:65536",  "a:6432x",       "::1:6432", "[::1:6432",       "[]:6432",    "[x]:6432",
        "a b:6432", "a'; -c b:6432", "a,b:6432", "localhost:-6432", "[::1]6432"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct lab_listen listen = {0};
        g_autoptr(GError) error = NULL;
        if (lab_listen_parse(texts[i], &listen, &error))
            fail_msg("\"%s\" passes", texts[i]);
        assert_true(g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_USAGE));
        assert_non_null(rollout_error_hint(error));
        assert_null(listen.address);
    }
}

static void test_who_gets_in(void **state)
{
    (void)state;
    g_autofree char *none = lab_listen_hba(NULL), *wrong = lab_listen_hba("nonsense"),
                    *near = lab_listen_hba("localhost:6432"),
                    *far = lab_listen_hba("192.0.2.1:6432");
    assert_null(strstr(none, "\nhost"));
    assert_string_equal(wrong, none);
    assert_non_null(strstr(near, "\nhost shop lab_viewer,lab_responder,lab_operator,lab_approver "
                                 "samehost scram-sha-256\n"));
    assert_non_null(strstr(far, " samenet scram-sha-256\n"));
    assert_null(strstr(strstr(far, "\nhost"), "trust"));
    assert_null(strstr(strstr(far, "\nhost"), "postgres"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_who_gets_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
