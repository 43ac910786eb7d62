/* What steps do as SQL, and what people are told of them, as text. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/steps/step-private.h"
#include "pgrollout/plan/reader.h"

static const char plan_text[] =
    "pgrollout: 1\n"
    "migration: m\n"
    "phases:\n"
    "  expand:\n"
    "    - add_column: {table: t, column: b, type: text, existing: adopt}\n"
    "    - sync: {table: t, old: a, new: b, up: upper(a), down: lower(b)}\n"
    "    - index: {table: \"odd\\\"s\", columns: [a, (lower(b))], unique: true, include: [c], "
    "where: a > 0}\n"
    "    - constraint: {table: t, name: k, check: a <> 'x'}\n"
    "    - constraint: {table: t, name: f, foreign_key: [a, b], references: s.o, columns: [x, y], "
    "on_delete: set null}\n"
    "    - constraint: {table: t, name: u, unique: [a, b]}\n"
    "    - add_table: {table: n, columns: {id: bigint, v: text NOT NULL}, primary_key: [id], "
    "constraints: [CHECK (id > 0)], grants: t}\n"
    "    - drop_not_null: {table: t, column: a}\n"
    "  contract:\n"
    "    - brown_out: {table: t, column: a, for: 1d}\n"
    "    - drop_column: {table: t, column: a}\n"
    "    - drop_index: {table: t, name: i}\n"
    "    - drop_constraint: {table: t, name: k}\n"
    "    - brown_out: {table: t, for: 1d}\n"
    "    - drop_table: {table: t}\n";

static struct plan *plan;

static int set_up(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    plan = plan_parse(plan_text, strlen(plan_text), "p", findings);
    return plan ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    plan_free(plan);
    return 0;
}

static const struct plan_step *step_at(guint n)
{
    return g_ptr_array_index(plan->steps, n);
}

static void assert_does(guint n, const char *does)
{
    struct step_text text;
    step_describe(plan, step_at(n), &text);
    assert_string_equal(text.does, does);
    assert_non_null(text.locks);
    step_text_clear(&text);
}

static void test_does(void **state)
{
    (void)state;
    assert_does(0, "ALTER TABLE \"public\".\"t\" ADD COLUMN \"b\" text");
    assert_does(2, "CREATE UNIQUE INDEX CONCURRENTLY \"odd\"\"s_a_expr_key\" ON "
                   "\"public\".\"odd\"\"s\" USING btree (a, (lower(b))) INCLUDE (\"c\") WHERE "
                   "a > 0");
    assert_does(3, "ALTER TABLE \"public\".\"t\" ADD CONSTRAINT \"k\" CHECK (a <> 'x') NOT VALID;\n"
                   "ALTER TABLE \"public\".\"t\" VALIDATE CONSTRAINT \"k\"");
    assert_does(4, "ALTER TABLE \"public\".\"t\" ADD CONSTRAINT \"f\" FOREIGN KEY (\"a\", \"b\") "
                   "REFERENCES \"s\".\"o\" (\"x\", \"y\") ON DELETE SET NULL NOT VALID;\n"
                   "ALTER TABLE \"public\".\"t\" VALIDATE CONSTRAINT \"f\"");
    assert_does(5, "CREATE UNIQUE INDEX CONCURRENTLY \"u\" ON \"public\".\"t\" USING btree (\"a\", "
                   "\"b\");\nALTER TABLE \"public\".\"t\" ADD CONSTRAINT \"u\" UNIQUE USING INDEX "
                   "\"u\"");
    assert_does(6, "CREATE TABLE \"public\".\"n\" (\n    \"id\" bigint,\n    \"v\" text NOT NULL,\n"
                   "    PRIMARY KEY (\"id\"),\n    CHECK (id > 0)\n)"
                   ";\n-- and the privileges that are granted on public.t");
    assert_does(10, "DROP INDEX CONCURRENTLY \"public\".\"i\"");
    assert_does(11, "ALTER TABLE \"public\".\"t\" DROP CONSTRAINT \"k\"");
}

/* Only what cannot be undone says so, and all the others say how. */
static void test_undo(void **state)
{
    (void)state;
    for (guint i = 0; i < plan->steps->len; i++) {
        struct step_text text;
        enum plan_kind kind = step_at(i)->kind;
        step_describe(plan, step_at(i), &text);
        gboolean final = kind == KIND_DROP_TABLE || kind == KIND_DROP_COLUMN;
        assert_int_equal(text.irreversible, final);
        if (final)
            assert_non_null(text.loses);
        else
            assert_non_null(text.undo);
        g_autoptr(GPtrArray) stages = step_stages(plan, step_at(i), TRUE);
        assert_int_equal(stages->len > 0, !final);
        step_text_clear(&text);
    }
}

static char *stages_join(guint n, gboolean undo)
{
    g_autoptr(GPtrArray) stages = step_stages(plan, step_at(n), undo);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < stages->len; i++)
        g_string_append_printf(text, "%s\n", ((struct step_stage *)stages->pdata[i])->sql);
    return g_string_free(text, FALSE);
}

static void test_hidden(void **state)
{
    (void)state;
    g_autofree char *hide = stages_join(8, FALSE), *back = stages_join(8, TRUE);
    assert_non_null(strstr(hide, "RENAME COLUMN \"a\" TO \"a_pgrollout_hidden\""));
    assert_non_null(strstr(hide, "upper(NEW.\"a_pgrollout_hidden\")"));
    assert_non_null(strstr(hide, "lower(NEW.b)"));
    assert_null(strstr(hide, "NEW.\"a\""));
    assert_null(strstr(hide, "OLD.\"a\""));
    assert_non_null(strstr(back, "RENAME COLUMN \"a_pgrollout_hidden\" TO \"a\""));
    assert_non_null(strstr(back, "upper(NEW.a)"));
    g_autofree char *drop = stages_join(9, FALSE);
    assert_non_null(strstr(drop, "DROP COLUMN \"a_pgrollout_hidden\""));
    assert_non_null(strstr(drop, "DROP FUNCTION IF EXISTS"));
    g_autofree char *table = stages_join(13, FALSE);
    assert_non_null(strstr(table, "DROP TABLE \"public\".\"t_pgrollout_hidden\""));
}

static void test_hidden_name(void **state)
{
    (void)state;
    g_autofree char *plain = step_hidden_name("name");
    assert_string_equal(plain, "name_pgrollout_hidden");
    /* 60 bytes of two-byte letters: cut between two, and two such names stay apart */
    g_autofree char *long_a = g_strdup("ääääääääääääääääääääääääääääää");
    g_autofree char *long_b = g_strdup("äääääääääääääääääääääääääääääö");
    g_autofree char *a = step_hidden_name(long_a), *b = step_hidden_name(long_b);
    assert_true(strlen(a) <= 63 && strlen(b) <= 63);
    assert_true(g_utf8_validate(a, -1, NULL));
    assert_true(g_str_has_suffix(a, "_pgrollout_hidden"));
    assert_string_not_equal(a, b);
}

/* What cannot be grouped by is not looked for beforehand. */
static void test_find(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) index = step_stages(plan, step_at(2), FALSE);
    assert_int_equal(index->len, 2);
    const struct step_stage *find = index->pdata[0];
    assert_int_equal(find->how, STAGE_FIND);
    assert_non_null(strstr(find->sql, "WHERE (a > 0) AND (a) IS NOT NULL AND ((lower(b))) IS NOT "
                                      "NULL GROUP BY a, (lower(b))"));
    g_autofree char *desc = g_strdup("a DESC");
    char *columns[] = {desc, NULL};
    struct plan_step ordered = *step_at(2);
    ordered.columns = columns;
    g_autoptr(GPtrArray) none = step_stages(plan, &ordered, FALSE);
    assert_int_equal(none->len, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_does),   cmocka_unit_test(test_undo),
        cmocka_unit_test(test_hidden), cmocka_unit_test(test_hidden_name),
        cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
