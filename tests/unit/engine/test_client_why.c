/* The reason stands first, whatever libpq has said before it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/client-private.h"

static void assert_brief(const char *message, const char *expected)
{
    char *brief = client_why_brief(message);
    assert_string_equal(brief, expected);
    g_free(brief);
}

static void test_one_server(void **state)
{
    (void)state;
    assert_brief("connection to server on socket \"/run/pg/.s.PGSQL.5501\" failed: No such file or "
                 "directory\n\tIs the server running locally and accepting connections on that "
                 "socket?",
                 "No such file or directory (.s.PGSQL.5501)");
    assert_brief("connection to server at \"db1\" (10.0.0.1), port 5432 failed: Connection "
                 "refused\n\tIs the server running on that host and accepting TCP/IP connections?",
                 "Connection refused (db1:5432)");
    assert_brief("connection to server at \"db1\", port 5432 failed: FATAL:  the database system "
                 "is starting up",
                 "FATAL:  the database system is starting up (db1:5432)");
}

static void test_several_servers(void **state)
{
    (void)state;
    assert_brief("connection to server at \"db1\" (::1), port 5432 failed: Connection "
                 "refused\n\tIs the server running on that host and accepting TCP/IP "
                 "connections?; connection to server at \"db2\", port 5433 failed: session is "
                 "read-only",
                 "db1:5432: Connection refused; db2:5433: session is read-only");
}

static void test_the_rest_as_it_is(void **state)
{
    (void)state;
    assert_brief("no answer for 10 s", "no answer for 10 s");
    assert_brief("", "");
    assert_brief("Verbindung zum Server fehlgeschlagen: weg",
                 "Verbindung zum Server fehlgeschlagen: weg");
    assert_brief("bad \x9b bytes", "bad \x9b bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_server),
        cmocka_unit_test(test_several_servers),
        cmocka_unit_test(test_the_rest_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
