/* Every rule by its id: a text that it finds, and one that comes near and is fine. Explanations and
 * the manual speak of the same ids. */
#include "config.h"

#include <string.h>

#include "../plan/plan-test.h"
#include "lint/rules-private.h"
#include "pgrollout/lint/lint.h"

#define QUIET "SET search_path = public; SET lock_timeout = '1s'; SET statement_timeout = '5s';\n"
#define APPS "applications: {web: {sessions: web}}\n"

struct sample {
    const char *id;
    const char *wrong, *fine; /* a plan when it begins with a key, else a script */
};

static const struct sample samples[] = {
#include "samples-s-l.inc"
};

static const struct sample more[] = {
#include "samples-c-t.inc"
};

/* A plan's body begins with a key and a colon at the end of a word. */
static gboolean is_plan(const char *text)
{
    return g_regex_match_simple("^(phases|guards|applications|user_triggers):", text, 0, 0);
}

static GPtrArray *lint_any(const char *text)
{
    GPtrArray *findings = g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    if (is_plan(text)) {
        const char *phases = strstr(text, "phases:") ? "" : "\nphases: {expand: [{analyze: t}]}";
        g_autofree char *whole = g_strconcat(HEAD, text, phases, NULL);
        plan_free(lint_text(whole, strlen(whole), "f", findings));
    } else {
        lint_script(text, strlen(text), "f", findings);
    }
    return findings;
}

/* It uses no word that the reader knows by name only. */
static gboolean is_supported(const char *text)
{
    g_autoptr(GPtrArray) findings = lint_any(text);
    for (guint i = 0; i < findings->len; i++)
        if (strstr(((struct plan_finding *)findings->pdata[i])->text, "not supported by this"))
            return FALSE;
    return TRUE;
}

static gboolean has_id(const char *text, const char *id, GHashTable *declared)
{
    gboolean found = FALSE;
    g_autoptr(GPtrArray) findings = lint_any(text);
    for (guint i = 0; i < findings->len; i++) {
        const struct plan_finding *finding = g_ptr_array_index(findings, i);
        if (!finding->id)
            fail_msg("%s\nis no plan: %s", text, finding->text);
        if (!g_hash_table_contains(declared, finding->id))
            fail_msg("%s is declared by no rule", finding->id);
        found = found || strcmp(finding->id, id) == 0;
    }
    return found;
}

/* The ids of all rules; free with g_hash_table_unref. */
static GHashTable *declared_ids(void)
{
    GHashTable *ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (const struct lint_rule *const *rule = lint_rule_registry; *rule; rule++) {
        g_auto(GStrv) words = g_strsplit((*rule)->ids, ", ", -1);
        for (char **word = words; *word; word++)
            g_hash_table_add(ids, g_strdup(*word));
    }
    return ids;
}

static void check_samples(const struct sample *list, gsize count, GHashTable *declared,
                          GHashTable *seen)
{
    for (gsize i = 0; i < count; i++) {
        g_hash_table_add(seen, (gpointer)list[i].id);
        if (!is_supported(list[i].wrong) || !is_supported(list[i].fine))
            continue;
        if (!has_id(list[i].wrong, list[i].id, declared))
            fail_msg("%s does not find:\n%s", list[i].id, list[i].wrong);
        if (has_id(list[i].fine, list[i].id, declared))
            fail_msg("%s finds:\n%s", list[i].id, list[i].fine);
    }
}

static void test_samples(void **state)
{
    (void)state;
    g_autoptr(GHashTable) declared = declared_ids();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    check_samples(samples, G_N_ELEMENTS(samples), declared, seen);
    check_samples(more, G_N_ELEMENTS(more), declared, seen);
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, declared);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        if (!g_hash_table_contains(seen, id))
            fail_msg("%s has no sample", (char *)id);
}

/* What a careful script looks like. */
static void test_good(void **state)
{
    (void)state;
    static const char *const good[] = {
        QUIET "ALTER TABLE public.users ADD COLUMN IF NOT EXISTS full_name text;",
        QUIET
        "CREATE TABLE IF NOT EXISTS public.t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
        "u bigint NOT NULL, at timestamptz NOT NULL DEFAULT now());\n"
        "CREATE INDEX ON public.t (u);\n"
        "ALTER TABLE public.t ADD FOREIGN KEY (u) REFERENCES public.users (id);\n",
        QUIET "BEGIN; ALTER TABLE users ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; COMMIT;\n"
              "ALTER TABLE users VALIDATE CONSTRAINT c;\n"
              "ALTER TABLE users ALTER a SET NOT NULL, DROP CONSTRAINT IF EXISTS c;\n",
        "SET lock_timeout = 0;\nCREATE INDEX CONCURRENTLY users_a ON public.users (a);\n",
        "\\set ON_ERROR_STOP on\n-- pgrollout: phase contract\nSET lock_timeout = 0;\n"
        "DROP INDEX CONCURRENTLY public.users_a;\n",
        "",
        "-- nothing\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GPtrArray) findings = lint_any(good[i]);
        if (findings->len) {
            g_autofree char *line = plan_finding_format(findings->pdata[0]);
            fail_msg("%s\n%s", good[i], line);
        }
    }
}

/* Every guard that a plan has by itself is switched off. */
static void test_unwatched(void **state)
{
    (void)state;
    struct plan *plan = plan_test_good(HEAD "phases: {expand: [{analyze: t}]}");
    GString *text = g_string_new(HEAD "phases: {expand: [{analyze: t}]}\nguards:\n");
    for (guint i = 0; i < plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(plan->guards, i);
        g_string_append_printf(text, "  %s: {off: x}\n", guard->name);
    }
    plan_free(plan);
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    plan_free(lint_text(text->str, text->len, "f", findings));
    assert_int_equal(findings->len, 1);
    const struct plan_finding *finding = g_ptr_array_index(findings, 0);
    assert_string_equal(finding->id, "P15");
    assert_false(finding->warning);
    g_string_free(text, TRUE);
}

static void test_places(void **state)
{
    (void)state;
    static const char text[] =
        "\xEF\xBB\xBF-- é\n" QUIET "SELECT 'é;', $$;$$, \"é\" /* ; /* ; */ */;  "
        "VACUUM FULL t;\n\n  ALTER TABLE t\n    ADD c json;\nSELEC";
    g_autoptr(GPtrArray) findings = lint_any(text);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        const struct plan_finding *finding = g_ptr_array_index(findings, i);
        g_string_append_printf(out, "%d:%d %s\n", finding->line, finding->column, finding->id);
    }
    assert_string_equal(out->str, "3:43 L12\n6:11 T01\n7:1 S01\n");
    g_string_free(out, TRUE);
}

static void test_explanations(void **state)
{
    (void)state;
    static const char *const parts[] = {"\nWhat: ", "\nHurts: ", "\nSafe: ", "\n    ", "\nNot: "};
    g_autoptr(GHashTable) declared = declared_ids();
    g_autofree char *list = lint_list();
    g_auto(GStrv) lines = g_strsplit(list, "\n", -1);
    guint count = g_strv_length(lines) - 1; /* the text ends in a line end */
    assert_int_equal(count, g_hash_table_size(declared));
    for (guint i = 0; i < count; i++) {
        g_autofree char *id = g_strndup(lines[i], 3);
        if (!g_hash_table_contains(declared, id))
            fail_msg("%s is explained and never found", id);
        g_autofree char *text = lint_explain(id);
        assert_non_null(text);
        assert_true(g_str_has_prefix(text, lines[i]) && g_str_has_suffix(text, "\n"));
        const char *at = text;
        for (gsize part = 0; part < G_N_ELEMENTS(parts); part++) {
            at = strstr(at, parts[part]);
            if (!at)
                fail_msg("%s has no \"%s\"", id, parts[part] + 1);
        }
    }
    assert_null(lint_explain("L00"));
    assert_null(lint_explain("L0"));
    assert_null(lint_explain("../"));
    assert_null(lint_explain(""));
}

/* The indented lines of an explanation, made a plan; NULL when they are SQL. Free with g_free. */
static char *example_plan(const char *text)
{
    GString *body = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (g_str_has_prefix(*line, "    "))
            g_string_append_printf(body, "%s\n", *line + 4);
    g_autofree char *example = g_string_free(body, FALSE);
    if (!g_regex_match_simple("^[a-z_]+:\n", example, 0, 0))
        return NULL;
    if (strstr(example, "phases:"))
        return g_strconcat(HEAD, example, NULL);
    if (is_plan(example))
        return g_strconcat(HEAD, example, "phases: {expand: [{analyze: t}]}\n", NULL);
    g_auto(GStrv) steps = g_strsplit(example, "\n", -1);
    g_autofree char *indented = g_strjoinv("\n  ", steps);
    return g_strconcat(HEAD "phases:\n  ", indented, "\n", NULL);
}

/* Examples are plans that can be read, and none of them does what it explains. */
static void test_examples(void **state)
{
    (void)state;
    int plans = 0;
    g_autofree char *list = lint_list();
    g_auto(GStrv) lines = g_strsplit(list, "\n", -1);
    for (char **line = lines; *line && **line; line++) {
        g_autofree char *id = g_strndup(*line, 3);
        g_autofree char *text = lint_explain(id);
        g_autofree char *plan = example_plan(text);
        g_autoptr(GPtrArray) findings =
            g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
        if (!plan)
            continue;
        plan_free(lint_text(plan, strlen(plan), "f", findings));
        plans++;
        for (guint i = 0; i < findings->len; i++) {
            const struct plan_finding *finding = g_ptr_array_index(findings, i);
            if ((!finding->warning && !strstr(finding->text, "this version")) ||
                g_strcmp0(finding->id, id) == 0)
                fail_msg("%s\n%s: %s", plan, id, finding->text);
        }
    }
    assert_in_range(plans, 30, 100);
}

/* man/pgrollout-lint.7 has one table row for each id, with its title. */
static void test_manual(void **state)
{
    (void)state;
    const char *top = g_getenv("top_srcdir");
    g_autofree char *path = g_build_filename(top ? top : ".", "man/pgrollout-lint.7", NULL);
    g_autofree char *page = NULL;
    assert_true(g_file_get_contents(path, &page, NULL, NULL));
    g_autofree char *list = lint_list();
    g_auto(GStrv) lines = g_strsplit(page, "\n", -1);
    GString *rows = g_string_new(NULL);
    for (char **line = lines; *line; line++)
        if (g_regex_match_simple("^\\.It [A-Z][0-9][0-9] Ta ", *line, 0, 0))
            g_string_append_printf(rows, "%.3s %s\n", *line + 4, *line + 11);
    assert_string_equal(rows->str, list);
    g_string_free(rows, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),      cmocka_unit_test(test_good),
        cmocka_unit_test(test_places),       cmocka_unit_test(test_unwatched),
        cmocka_unit_test(test_explanations), cmocka_unit_test(test_manual),
        cmocka_unit_test(test_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
