/* What several targets are called: short, and never two the same. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/pg/target.h"

#define MOST 4

/* `texts` and `expected` are lists with a "|" between two. */
static void check(const char *host, const char *port, const char *texts, const char *expected)
{
    g_auto(GStrv) strings = g_strsplit(texts, "|", -1);
    guint n = g_strv_length(strings);
    struct db_target targets[MOST] = {{0}};
    const struct db_target *pointers[MOST];
    assert_true(n <= MOST);
    for (guint i = 0; i < n; i++) {
        targets[i] = (struct db_target){
            .dbname = *strings[i] ? strings[i] : NULL, .host = (char *)host, .port = (char *)port};
        pointers[i] = &targets[i];
    }
    g_auto(GStrv) names = db_target_names(pointers, n);
    g_autofree char *joined = g_strjoinv("|", names);
    if (strcmp(joined, expected) != 0)
        fail_msg("%s: they are called %s", texts, joined);
}

static void test_names(void **state)
{
    (void)state;
    check(NULL, NULL, "service=a|service=b", "a|b");
    check(NULL, NULL, "dbname=shop host=db1|dbname=crm host=db1", "shop|crm");
    check(NULL, NULL, "postgresql://ana@db1/shop|service=eu|orders", "shop|eu|orders");
}

static void test_same(void **state)
{
    (void)state;
    check(NULL, NULL, "dbname=shop host=db1|dbname=shop host=db2|dbname=crm",
          "shop@db1|shop@db2|crm");
    check(NULL, NULL, "dbname=shop host=db1 port=5433|dbname=shop host=db1",
          "shop@db1:5433|shop@db1:5432");
    check(NULL, NULL, "host=/run/a dbname=shop|host=/run/b dbname=shop", "shop@a|shop@b");
    check(NULL, NULL, "service=a dbname=x|service=a dbname=y", "x|y");
    check(NULL, NULL, "service=a|service=a|service=a", "a#1|a#2|a#3");
    check(NULL, NULL, "service=a|service=b dbname=a", "a|b");
    check(NULL, NULL, "service=a|dbname=a", "a|a@local");
    check("db9", "6000", "dbname=shop|dbname=shop", "shop#1|shop#2");
}

/* "/" parts a database from a migration, and a blank ends a word of a command. */
static void test_characters(void **state)
{
    (void)state;
    check(NULL, NULL, "dbname='a/b c'|dbname=d", "a_b_c|d");
    check(NULL, NULL, "|dbname=d", "@local|d");
    check(NULL, NULL, "not=known|also=not", "#1|#2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
