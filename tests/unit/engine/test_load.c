/* What a plan becomes on its way into the database. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/preflight-private.h"
#include "pgrollout/engine/steps.h"

static const char plan_text[] =
    "pgrollout: 1\n"
    "migration: m\n"
    "two_person: true\n"
    "phases:\n"
    "  expand:\n"
    "    - add_column: {table: \"odd\\\"s\", column: b, type: text, default: now()}\n"
    "    - sync: {table: \"odd\\\"s\", old: a, new: b}\n"
    "  backfill:\n"
    "    - backfill:\n"
    "        table: \"odd\\\"s\"\n"
    "        set: {b: a}\n"
    "        batch: {start: 20, min: 5, max: 80, target: 250ms}\n"
    "        rest: 0.5\n"
    "    - verify: backfill\n"
    "  contract:\n"
    "    - confirm: Really?\n"
    "      name: really\n"
    "guards:\n"
    "  stall: {off: not here}\n";

struct fixture {
    struct plan *plan;
    struct catalog catalog;
    struct catalog_table table;
    struct catalog_column old, new;
    JsonNode *json;
    JsonObject *root;
};

static int set_up(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    f->plan = plan_parse(plan_text, strlen(plan_text), "p", findings);
    assert_non_null(f->plan);
    f->table = (struct catalog_table){
        .schema = "public", .name = "odd\"s", .relid = "4711", .ddl_role = "app", .rows_total = -1};
    g_autoptr(JsonNode) key = json_from_string("[{\"name\": \"id\", \"type\": \"uuid\"}]", NULL);
    f->table.key = json_node_dup_array(key);
    /* as the preflight leaves them: the plan drops one and adds the other */
    f->old = (struct catalog_column){.name = "a",
                                     .type = "text",
                                     .has_default = TRUE,
                                     .default_sql = "CAST('x'::text AS text)",
                                     .default_constant = TRUE,
                                     .dropped_by = g_ptr_array_index(f->plan->steps, 4)};
    f->new = (struct catalog_column){.name = "b",
                                     .type = "text",
                                     .default_sql = "now()",
                                     .added_by = g_ptr_array_index(f->plan->steps, 0)};
    f->table.columns = g_ptr_array_new();
    g_ptr_array_add(f->table.columns, &f->old);
    g_ptr_array_add(f->table.columns, &f->new);
    f->catalog.tables = g_ptr_array_new();
    g_ptr_array_add(f->catalog.tables, &f->table);
    g_autofree char *text = load_json(f->plan, &f->catalog);
    f->json = json_from_string(text, NULL);
    f->root = json_node_get_object(f->json);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    json_node_unref(f->json);
    json_array_unref(f->table.key);
    g_ptr_array_unref(f->table.columns);
    g_ptr_array_unref(f->catalog.tables);
    plan_free(f->plan);
    g_free(f);
    return 0;
}

static JsonObject *step_of(struct fixture *f, guint n)
{
    return json_array_get_object_element(json_object_get_array_member(f->root, "steps"), n);
}

static JsonObject *detail_of(struct fixture *f, guint n)
{
    return json_object_get_object_member(step_of(f, n), "detail");
}

static void test_plan(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(json_object_get_string_member(f->root, "plan_text"), plan_text);
    assert_string_equal(json_object_get_string_member(f->root, "plan_sha256"), f->plan->sha256);
    assert_true(json_object_get_boolean_member(f->root, "two_person"));
    assert_true(json_object_get_null_member(f->root, "ticket"));
    JsonArray *phases = json_object_get_array_member(f->root, "phases");
    assert_int_equal(json_array_get_length(phases), 3);
    assert_string_equal(json_array_get_string_element(phases, 2), "contract");
    JsonArray *tables = json_object_get_array_member(f->root, "tables");
    assert_int_equal(json_array_get_length(tables), 1);
    assert_string_equal(json_array_get_string_element(tables, 0), "4711");
}

static void test_details(void **state)
{
    struct fixture *f = *state;
    for (guint i = 0; i < 4; i++) {
        assert_string_equal(json_object_get_string_member(detail_of(f, i), "relid"), "4711");
        assert_string_equal(json_object_get_string_member(detail_of(f, i), "owner"), "app");
        assert_int_equal(json_object_has_member(detail_of(f, i), "key"), i >= 2);
        assert_true(json_object_has_member(detail_of(f, i), "tuning"));
        assert_int_equal(json_object_has_member(detail_of(f, i), "guards"), i == 0);
    }
    assert_int_equal(json_object_get_size(detail_of(f, 4)), 2); /* tuning, of nothing; no undo */
    assert_int_equal(json_array_get_length(json_object_get_array_member(detail_of(f, 4), "undo")),
                     0);
    JsonObject *undo =
        json_array_get_object_element(json_object_get_array_member(detail_of(f, 1), "undo"), 0);
    assert_string_equal(json_object_get_string_member(undo, "how"), "ddl");
    assert_non_null(strstr(json_object_get_string_member(undo, "sql"), "DROP TRIGGER"));
    assert_true(g_str_has_prefix(json_object_get_string_member(detail_of(f, 1), "undo_locks"),
                                 "ACCESS EXCLUSIVE on "));
    g_autofree char *trigger = step_sync_name(f->plan, g_ptr_array_index(f->plan->steps, 1));
    assert_string_equal(json_object_get_string_member(detail_of(f, 1), "trigger"), trigger);
    assert_string_equal(json_object_get_string_member(detail_of(f, 1), "old_default"),
                        "CAST('x'::text AS text)");
    assert_false(json_object_has_member(detail_of(f, 1), "new_default"));
    assert_true(json_object_get_null_member(detail_of(f, 2), "rows_total"));
    JsonArray *guards = json_object_get_array_member(detail_of(f, 0), "guards");
    assert_int_equal(json_array_get_length(guards), f->plan->guards->len - 1);
    for (guint i = 0; i < json_array_get_length(guards); i++)
        assert_string_not_equal(json_array_get_string_element(guards, i), "stall");
}

static void test_tuning(void **state)
{
    struct fixture *f = *state;
    JsonObject *tuning = json_object_get_object_member(detail_of(f, 2), "tuning");
    static const char *const expected[][2] = {
        {"batch.target", "0.25"}, {"batch.min", "5"}, {"batch.max", "80"},
        {"rest", "0.5"},          {"rate", "0"},      {"quarantine", "1000"}};
    assert_int_equal(json_object_get_size(tuning), G_N_ELEMENTS(expected));
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
        assert_string_equal(json_object_get_string_member(tuning, expected[i][0]), expected[i][1]);
}

static void test_rows_known(void **state)
{
    struct fixture *f = *state;
    f->table.rows_total = 9007199254740993;
    g_autofree char *text = load_json(f->plan, &f->catalog);
    assert_non_null(strstr(text, "\"rows_total\":9007199254740993"));
}

/* What tells a loaded plan from an edited one, and nothing of the tables. */
static void test_without_catalog(void **state)
{
    struct fixture *f = *state;
    g_autofree char *text = load_json(f->plan, NULL);
    g_autoptr(JsonNode) json = json_from_string(text, NULL);
    JsonObject *root = json_node_get_object(json);
    assert_string_equal(json_object_get_string_member(root, "name"), "m");
    assert_string_equal(json_object_get_string_member(root, "plan_sha256"), f->plan->sha256);
    assert_false(json_object_has_member(root, "steps"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plan, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_details, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tuning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rows_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_catalog, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
