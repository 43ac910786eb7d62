/* What the tests of the plan layer share. */
#ifndef PLAN_TEST_H
#define PLAN_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pgrollout/plan/reader.h"

/* The smallest file around steps of one phase or other keys. */
#define HEAD "pgrollout: 1\nmigration: m\n"

/* The findings, one a line, and the plan (NULL when there were errors; free both). */
static inline char *plan_test_parse(const char *text, gsize length, struct plan **plan)
{
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    *plan = plan_parse(text, length, "f", findings);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        g_autofree char *line = plan_finding_format(findings->pdata[i]);
        g_string_append_printf(out, "%s\n", line);
    }
    assert_true((*plan == NULL) == (out->len > 0));
    return g_string_free(out, FALSE);
}

/* The plan of a text that must be right. */
static inline struct plan *plan_test_good(const char *text)
{
    struct plan *plan;
    g_autofree char *findings = plan_test_parse(text, strlen(text), &plan);
    assert_string_equal(findings, "");
    return plan;
}

#endif
