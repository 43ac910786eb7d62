/* Hostile plan files: the corpus, large and deep ones, and mutations of right ones by a fixed seed.
 * None may crash, hang or pass; every finding must have a place inside the file. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "pgrollout/lint/lint.h"
#include "plan-test.h"

#define CORPUS "tests/fuzz/plan"

static char *corpus_path(const char *name)
{
    const char *top = g_getenv("top_srcdir");
    return g_build_filename(top ? top : ".", CORPUS, name, NULL);
}

static int line_count(const char *text, gsize length)
{
    int lines = 1;
    for (gsize i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

/* Parses and lints, also what is no plan. TRUE: it is a plan. */
static gboolean digest(const char *text, gsize length)
{
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    struct plan *plan = lint_text(text, length, "f", findings);
    gboolean good = plan != NULL;
    const struct plan_finding *last = NULL;
    guint errors = 0;
    for (guint i = 0; i < findings->len; i++) {
        const struct plan_finding *finding = g_ptr_array_index(findings, i);
        assert_in_range(finding->line, 1, line_count(text, length) + 1);
        assert_in_range(finding->column, 1, length + 1);
        assert_true(g_utf8_validate(finding->text, -1, NULL));
        assert_true(strlen(finding->text) < 1000);
        assert_true(!last || last->line <= finding->line);
        errors += !finding->warning && !finding->id;
        last = finding;
    }
    assert_true(good == (errors == 0));
    plan_free(plan);
    return good;
}

static void test_corpus(void **state)
{
    (void)state;
    g_autofree char *folder = corpus_path(NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    assert_non_null(dir);
    int files = 0;
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = corpus_path(name);
        g_autofree char *text = NULL;
        gsize length;
        assert_true(g_file_get_contents(path, &text, &length, NULL));
        if (digest(text, length) != g_str_has_prefix(name, "ok-"))
            fail_msg("%s", name);
        files++;
    }
    assert_in_range(files, 30, 1000);
}

static void assert_large(const char *head, const char *unit)
{
    GString *text = g_string_new(head);
    while (text->len + strlen(unit) <= 1024 * 1024)
        g_string_append(text, unit);
    gint64 before = g_get_monotonic_time();
    assert_false(digest(text->str, text->len));
    gint64 took = g_get_monotonic_time() - before;
    /* a second for the real build; sanitizers are slow */
    if (took > 5 * G_USEC_PER_SEC)
        fail_msg("%s: %d ms", unit, (int)(took / 1000));
    g_string_free(text, TRUE);
}

static void test_large(void **state)
{
    (void)state;
    assert_large("", "[");
    assert_large("", "{");
    assert_large("", "- ");
    assert_large("", "? ");
    assert_large("", "a: ");
    assert_large("", "[x,");
    assert_large("a: ", "&");
    assert_large("a: \"", "\\");
    assert_large("a: '", "''");
    assert_large("a: |\n", " x\n");
    assert_large("", "#");
    assert_large("", "\n");
    assert_large("a: [", "b, ");
    assert_large("a: {", "b: c, ");
    assert_large(HEAD "title: ", "x");
    assert_large(HEAD "phases:\n  expand:\n", "  - analyze: t\n");
    assert_large(HEAD "phases:\n  expand:\n", "  - {}\n");
    assert_large(HEAD "phases:\n  expand:\n", "  - sql: DROP TABLE t\n    sql: DROP TABLE t\n");
    assert_large(HEAD "phases:\n  expand:\n", "    analyze: t\n");
    assert_large(HEAD "phases:\n", "  - expand: [analyze: t]\n");
    assert_large(HEAD "phases:\n  expand:\n  - backfill: {set: [", "a: b, ");
    assert_large(HEAD "phases:\n  expand:\n  - backfill: {set: {", "a: b(, c), ");
    assert_large(HEAD "phases: {expand: [{confirm: a, name: b, each: [", "a,");
}

static void mutate(GByteArray *bytes, GRand *random)
{
    static const char spice[] = "\"'[]{}:,#&*!|>%@`-? \n\t\0\\\xC3\xFF~0";
    int changes = g_rand_int_range(random, 1, 6);
    for (int i = 0; i < changes && bytes->len > 1; i++) {
        guint at = (guint)g_rand_int_range(random, 0, (gint32)bytes->len);
        guint wanted = (guint)g_rand_int_range(random, 1, 20);
        guint run = MIN(wanted, bytes->len - at);
        switch (g_rand_int_range(random, 0, 4)) {
        case 0:
            bytes->data[at] = (guint8)spice[g_rand_int_range(random, 0, sizeof spice - 1)];
            break;
        case 1:
            bytes->data[at] = (guint8)g_rand_int_range(random, 0, 256);
            break;
        case 2:
            g_byte_array_remove_range(bytes, at, run);
            break;
        default: {
            g_autofree guint8 *copy = g_memdup2(bytes->data + at, run);
            g_byte_array_append(bytes, copy, run);
        }
        }
    }
}

/* How many of the mutations of a file are plans. */
static int mutate_often(const char *name, int rounds)
{
    int plans = 0;
    g_autoptr(GRand) random = g_rand_new_with_seed(20931);
    g_autofree char *path = corpus_path(name);
    g_autofree char *text = NULL;
    gsize length;
    assert_true(g_file_get_contents(path, &text, &length, NULL));
    for (int i = 0; i < rounds; i++) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_byte_array_append(bytes, (guint8 *)text, (guint)length);
        mutate(bytes, random);
        plans += digest((char *)bytes->data, bytes->len);
    }
    return plans;
}

static void test_mutations(void **state)
{
    (void)state;
    const char *wish = g_getenv("PLAN_MUTATIONS");
    int rounds = wish ? atoi(wish) : 3000;
    /* changes in comments and texts leave a plan, others do not: both must have been met */
    assert_in_range(mutate_often("ok-rename.yaml", rounds), rounds / 20, rounds * 19 / 20);
    mutate_often("bad-words.yaml", rounds / 2);
    mutate_often("bad-shapes.yaml", rounds / 2);
}

static void test_statements(void **state)
{
    (void)state;
    static const char *const units[] = {"SELECT ", "(", "+1", ";", "$$", "'", "::int", "NOT "};
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        GString *text = g_string_new(HEAD "phases:\n  expand:\n  - undo: x\n    sql: |\n      ");
        for (int j = 0; j < 20000; j++)
            g_string_append(text, units[i]);
        digest(text->str, text->len);
        g_string_free(text, TRUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
