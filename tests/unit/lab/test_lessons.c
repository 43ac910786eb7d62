/* Lesson files: the grammar, the choice, and every file that is compiled in. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/lab/lessons.h"
#include "pgrollout/base/resource.h"

static const char *const text = "# a comment\n"
                                "title: Practice\n"
                                "\n"
                                "[when hold=gate:readers]\n"
                                "readers\n"
                                "[when phase=backfill progress=10-20 state=active]\n"
                                "early\n"
                                "# not a line\n"
                                "and more\n"
                                "[when hold=guard]\n"
                                "guarded\n"
                                "[when]\n"
                                "any\n";

static const char *headline(struct lessons *lessons, struct lesson_state state)
{
    const char *const *lines = lessons_find(lessons, &state);
    return lines ? lines[0] : NULL;
}

static void test_choice(void **state)
{
    (void)state;
    struct lessons *lessons = lessons_parse(text, NULL);
    const char *const guard[] = {"operator", "guard:replication_lag", NULL};
    const char *const gate[] = {"gate:readers", NULL}, *const other[] = {"gate:readers2", NULL};
    const char *const guardian[] = {"guardian", NULL};
    assert_non_null(lessons);
    assert_string_equal(lessons_title(lessons), "Practice");
    struct lesson_state s = {.state = "active", .phase = "backfill", .percent = 10};
    const char *const *lines = lessons_find(lessons, &s);
    assert_string_equal(lines[0], "early");
    assert_string_equal(lines[1], "and more");
    assert_null(lines[2]);
    s.percent = 20;
    assert_string_equal(headline(lessons, s), "any");
    s.percent = NAN;
    assert_string_equal(headline(lessons, s), "any");
    s.holds = guard;
    assert_string_equal(headline(lessons, s), "guarded");
    s.percent = 15; /* the first that holds, not the best */
    assert_string_equal(headline(lessons, s), "early");
    s.phase = NULL;
    s.holds = gate;
    assert_string_equal(headline(lessons, s), "readers");
    s.holds = other;
    assert_string_equal(headline(lessons, s), "any");
    s.holds = guardian;
    assert_string_equal(headline(lessons, s), "any");
    lessons_free(lessons);
}

static void test_none(void **state)
{
    (void)state;
    struct lessons *lessons = lessons_parse("[when state=done]\nx\n", NULL);
    struct lesson_state s = {.percent = NAN};
    assert_null(lessons_find(lessons, &s));
    lessons_free(lessons);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "before\n",
        "title: a\ntitle: b\n",
        "[if x=y]\n",
        "[when x=y]\n",
        "[when phase]\n",
        "[when phase=]\n",
        "[when progress=5]\n",
        "[when progress=9-5]\n",
        "[when progress=1-x]\n",
        "[when\n",
        "[when]\n1\n2\n3\n4\n5\n6\n",
        "[when]\n"
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(lessons_parse(wrong[i], &error));
        assert_true(g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_PLAN));
        assert_true(g_str_has_prefix(error->message, "line "));
    }
}

static void test_embedded(void **state)
{
    (void)state;
    g_auto(GStrv) names = resource_list("lab/drills");
    assert_true(g_strv_length(names) > 0);
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_strconcat("lab/drills/", *name, NULL);
        g_autoptr(GError) error = NULL;
        struct lessons *lessons = lessons_parse(resource_text(path), &error);
        if (!lessons)
            fail_msg("%s: %s", path, error->message);
        assert_true(*lessons_title(lessons) != '\0');
        /* whatever happens, there is something to say */
        struct lesson_state s = {.state = "active", .percent = NAN};
        assert_non_null(lessons_find(lessons, &s));
        lessons_free(lessons);
    }
}

/* The job that nobody thinks of: while the engine still sees it, and when it is too late. */
static void test_cron(void **state)
{
    (void)state;
    struct lessons *lessons = lessons_parse(resource_text("lab/drills/rename-column.drill"), NULL);
    assert_non_null(lessons);
    struct lesson_state s = {.percent = NAN, .state = "active", .phase = "stop_old_writes"};
    s.step = "old-release-gone";
    g_autofree char *waits = g_strjoinv(" ", (char **)lessons_find(lessons, &s));
    assert_non_null(strstr(waits, "pgrollout lab status"));
    assert_non_null(strstr(waits, "--only cron"));
    s.state = "done";
    g_autofree char *done = g_strjoinv(" ", (char **)lessons_find(lessons, &s));
    assert_non_null(strstr(done, "Errors at cron"));
    const char *const undriven[] = {"no_engine:", NULL};
    s.state = "active";
    s.holds = undriven;
    g_autofree char *nobody = g_strjoinv(" ", (char **)lessons_find(lessons, &s));
    assert_non_null(strstr(nobody, ":engine start"));
    lessons_free(lessons);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),   cmocka_unit_test(test_none),
        cmocka_unit_test(test_mistakes), cmocka_unit_test(test_embedded),
        cmocka_unit_test(test_cron),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
