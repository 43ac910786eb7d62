/* A plan as a rehearsal loads it: guards off, brown-outs short, and nothing else changed. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants those first */
#include <cmocka.h>

#include "pgrollout/base/error.h"
#include "pgrollout/plan/reader.h"
#include "rehearse/rehearse-private.h"

static struct plan *parse(const char *text)
{
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    struct plan *plan = plan_parse(text, strlen(text), "f", findings);
    for (guint i = 0; !plan && i < findings->len; i++)
        print_message("%s\n", ((struct plan_finding *)findings->pdata[i])->text);
    assert_non_null(plan);
    return plan;
}

static void test_shorten(void **state)
{
    (void)state;
    struct plan *plan = parse("pgrollout: 1\n"
                              "migration: m\n"
                              "guards:\n"
                              "  window: {days: [sun], hours: \"03:00-03:01\", tz: UTC}\n"
                              "  # a remark\n"
                              "\n"
                              "  mine: {sql: SELECT 1, pause: 1, resume: 0}\n"
                              "# another\n"
                              "phases:\n"
                              "  switch_reads:\n"
                              "    - soak: {for: 24h}\n"
                              "  contract:\n"
                              "    - brown_out:\n"
                              "        table: t\n"
                              "        column: a\n"
                              "        for: \"7d\"\n"
                              "    - brown_out: {table: t, column: b, for: 35d}\n"
                              "      name: second\n"
                              "    - sql: \"COMMENT ON TABLE t IS 'guards: for: 7d'\"\n"
                              "      irreversible: true\n");
    GError *error = NULL;
    g_autofree char *text = plan_shorten(plan, &error);
    assert_null(error);
    struct plan *short_plan = parse(text);
    assert_int_equal(short_plan->steps->len, plan->steps->len);
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *was = plan->steps->pdata[i], *is = short_plan->steps->pdata[i];
        assert_int_equal(is->line, was->line);
        assert_string_equal(is->name, was->name);
        assert_int_equal(is->for_us / G_USEC_PER_SEC,
                         was->kind == KIND_BROWN_OUT ? 1 : was->for_us / G_USEC_PER_SEC);
    }
    assert_string_equal(((struct plan_step *)short_plan->steps->pdata[3])->sql,
                        "COMMENT ON TABLE t IS 'guards: for: 7d'");
    for (guint i = 0; i < short_plan->guards->len; i++)
        assert_non_null(((struct plan_guard *)short_plan->guards->pdata[i])->off);
    plan_free(short_plan);
    plan_free(plan);
}

/* Where the section cannot be found nothing is rehearsed with guards on. */
static void test_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{pgrollout: 1, migration: m, phases: {expand: [{analyze: t}]}, guards: {stall: {off: "
        "x}}}\n",
        "pgrollout: 1\nmigration: m\nphases: {expand: [{analyze: t}]}\n\"guards\": {stall: {off: "
        "x}}\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct plan *plan = parse(texts[i]);
        g_autoptr(GError) error = NULL;
        assert_null(plan_shorten(plan, &error));
        assert_true(g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_USAGE));
        plan_free(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shorten),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
