/* Expressions, defaults and types that the engine splices into its statements. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/lint/lint.h"

struct sample {
    const char *text;
    const char *problem; /* part of the message; NULL: fine */
};

static void assert_samples(const struct sample *samples, gsize count,
                           gboolean (*check)(const char *, GError **))
{
    for (gsize i = 0; i < count; i++) {
        g_autoptr(GError) error = NULL;
        gboolean fine = check(samples[i].text, &error);
        if (fine != (samples[i].problem == NULL))
            fail_msg("%s: %s", samples[i].text, fine ? "passes" : error->message);
        if (!fine && !strstr(error->message, samples[i].problem))
            fail_msg("%s: %s", samples[i].text, error->message);
    }
}

static gboolean check_expression(const char *text, GError **error)
{
    return sql_check_expression(text, "target", error);
}

static const struct sample expressions[] = {
    {"pgrollout.pause('x') IS NULL", "schema pgrollout is the engine's own"},
    {"name", NULL},
    {"\"Weird \"\"name\"", NULL},
    {"upper(trim(name)) || ' ' || coalesce(second, '')", NULL},
    {"CASE WHEN a > 0 THEN b[1] ELSE (c).d END", NULL},
    {"a::numeric(10,2) COLLATE \"C\"", NULL},
    {"target2 IS NULL AND name IS NOT NULL", NULL},
    {"'random()'", NULL},
    {"name -- comment", "not one expression"},
    {"name /* fine */ || 'x'", NULL},
    {"name /* open", "unterminated"},
    {"", "not one expression"},
    {"a, b", "not one expression"},
    {"a AS b", "not one expression"},
    {"a b", "not one expression"},
    {"a FROM t", "not one expression"},
    {"a WHERE true", "not one expression"},
    {"a; DROP TABLE t", "2 statements"},
    {"a) + (b", "syntax error"},
    {"1) FROM t WHERE (true", "syntax error"},
    {"a UNION SELECT b", "not one expression"},
    {"a ORDER BY 1", "not one expression"},
    {"a LIMIT 1", "not one expression"},
    {"DISTINCT a", "not one expression"},
    {"*", "not one expression"},
    {"t.*", "qualified"},
    {"t.name", "qualified"},
    {"target || 'x'", "its own target"},
    {"lower(\"target\")", "its own target"},
    {"(SELECT 1)", "sub-select"},
    {"EXISTS (SELECT 1)", "sub-select"},
    {"a IN (SELECT 1)", "sub-select"},
    {"ARRAY(SELECT 1)", "sub-select"},
    {"now()", "another value"},
    {"pg_catalog.random()", "another value"},
    {"gen_random_uuid()", "another value"},
    {"nextval('s')", "another value"},
    {"CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP gives another value"},
    {"current_user", "CURRENT_USER gives another value"},
    {"current_setting('x')", "another value"},
    {"count(*)", "more than its own row"},
    {"sum(a)", "more than its own row"},
    {"row_number() OVER ()", "more than its own row"},
    {"lag(a) OVER (ORDER BY b)", "more than its own row"},
    {"set_config('a', 'b', true)", "beyond the statement"},
    {"$1", "parameter"},
    {"DEFAULT", "not a value"},
};

static const struct sample defaults[] = {
    {"''", NULL},
    {"now()", NULL},
    {"CURRENT_DATE", NULL},
    {"'{}'::jsonb", NULL},
    {"name", "cannot mention a column"},
    {"random()", "rewrites the table"},
    {"gen_random_uuid()", "rewrites the table"},
    {"nextval('s')", "rewrites the table"},
    {"(SELECT 1)", "sub-select"},
    {"1 NOT NULL", "syntax error"},
    {"1, ADD COLUMN x int", "syntax error"},
    {"1, 2", "not one expression"},
};

static const struct sample types[] = {
    {"text", NULL},
    {"varchar(80)", NULL},
    {"numeric(10, 2)", NULL},
    {"timestamp with time zone", NULL},
    {"integer[]", NULL},
    {"shop.\"Money\"", NULL},
    {"text COLLATE \"C\"", NULL},
    {"interval day to second", NULL},
    {"serial", "rewrites the table"},
    {"bigserial", "rewrites the table"},
    {"text NOT NULL", "syntax error"},
    {"text DEFAULT 'x'", "syntax error"},
    {"text, ADD COLUMN b int", "syntax error"},
    {"text, b", "not one expression"},
    {"text IS NULL", "not the name of a type"},
    {"text || 'x'", "not the name of a type"},
    {"text -- x", "not one expression"},
    {"text; DROP TABLE t", "2 statements"},
    {"text b", "not one expression"},
    {"geometry(Point, 4326)", NULL},
    {"text(f(1))", "not the name of a type"},
    {"text((SELECT 1))", "not the name of a type"},
    {"pgrollout.t", "not the name of a type"},
};

static void test_expressions(void **state)
{
    (void)state;
    assert_samples(expressions, G_N_ELEMENTS(expressions), check_expression);
    assert_true(sql_check_expression("target IS NULL", NULL, NULL));
}

static void test_defaults(void **state)
{
    (void)state;
    assert_samples(defaults, G_N_ELEMENTS(defaults), sql_check_default);
}

static void test_types(void **state)
{
    (void)state;
    assert_samples(types, G_N_ELEMENTS(types), sql_check_type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
