/* The manual page and the reader's tables say the same: every key, kind, guard and later word. */
#include "config.h"

#include <string.h>

#include "plan-test.h"
#include "plan/guards-private.h"

static char *page;
static char **lines;

static int read_page(void **state)
{
    (void)state;
    const char *top = g_getenv("top_srcdir");
    g_autofree char *path = g_build_filename(top ? top : ".", "man/pgrollout-plan.5", NULL);
    if (!g_file_get_contents(path, &page, NULL, NULL))
        return -1;
    lines = g_strsplit(page, "\n", -1);
    return 0;
}

static int free_page(void **state)
{
    (void)state;
    g_strfreev(lines);
    g_free(page);
    return 0;
}

/* The keys that the section ".Ss context" lists; NULL when there is no such section. */
static GPtrArray *listed_keys(const char *context)
{
    g_autofree char *head = g_strconcat(".Ss ", context, NULL);
    char **line = lines;
    while (*line && strcmp(*line, head) != 0)
        line++;
    if (!*line)
        return NULL;
    GPtrArray *keys = g_ptr_array_new();
    for (line++; *line && !g_str_has_prefix(*line, ".Ss ") && !g_str_has_prefix(*line, ".Sh ");
         line++)
        if (g_str_has_prefix(*line, ".It Ic "))
            g_ptr_array_add(keys, *line + strlen(".It Ic "));
    return keys;
}

static gboolean has(const GPtrArray *words, const char *word)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)words, word, g_str_equal, NULL);
}

static void test_keys(void **state)
{
    (void)state;
    for (const struct field_table *table = field_tables; table->context; table++) {
        GPtrArray *listed = listed_keys(table->context);
        guint known = 0;
        if (!listed)
            fail_msg("no section %s", table->context);
        for (const struct field *field = table->fields; field->name; field++) {
            if (field->read && !has(listed, field->name))
                fail_msg("%s: %s is not listed", table->context, field->name);
            known += field->read != NULL;
        }
        if (listed->len != known)
            fail_msg("%s lists %u keys of %u", table->context, listed->len, known);
        g_ptr_array_unref(listed);
    }
}

/* Whether the word stands in the page as a literal, alone or in a list of them. */
static gboolean is_literal(const char *word)
{
    g_autofree char *pattern = g_strdup_printf("^\\.(It )?Li.* %s( |$)", word);
    for (char **line = lines; *line; line++)
        if (g_regex_match_simple(pattern, *line, 0, 0))
            return TRUE;
    return FALSE;
}

static void test_words(void **state)
{
    (void)state;
    for (int i = 0; i < PHASE_COUNT; i++)
        if (!is_literal(plan_phase_name((enum plan_phase)i)))
            fail_msg("phase %s", plan_phase_name((enum plan_phase)i));
    for (const char *const *word = later_kinds; *word; word++)
        if (!is_literal(*word))
            fail_msg("later kind %s", *word);
    for (const struct field_table *table = field_tables; table->context; table++)
        for (const struct field *field = table->fields; field->name; field++)
            if (!field->read && !is_literal(field->name))
                fail_msg("later key %s of %s", field->name, table->context);
    assert_false(is_literal("xyzzy"));
}

static void test_kinds_have_sections(void **state)
{
    (void)state;
    for (int i = 0; i < KIND_COUNT; i++) {
        GPtrArray *keys = listed_keys(plan_kind_name((enum plan_kind)i));
        if (!keys)
            fail_msg("kind %s", plan_kind_name((enum plan_kind)i));
        g_ptr_array_unref(keys);
    }
}

/* The guards with their defaults, and the example, which must be a right plan. */
static void test_guards_and_example(void **state)
{
    (void)state;
    const char *start = strstr(page, ".Bd -literal\n") + strlen(".Bd -literal\n");
    g_autofree char *example = g_strndup(start, (gsize)(strstr(start, ".Ed") - start));
    struct plan *plan = plan_test_good(example);
    plan_free(plan);
    for (const struct guard_kind *kind = guard_kinds; kind->name; kind++)
        if (!is_literal(kind->name))
            fail_msg("guard %s", kind->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_kinds_have_sections),
        cmocka_unit_test(test_guards_and_example),
    };
    return cmocka_run_group_tests(tests, read_page, free_page);
}
