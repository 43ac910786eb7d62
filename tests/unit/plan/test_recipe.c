/* Recipes: the plan they write, and that no value breaks out of its place. */
#include "config.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/lint/lint.h"
#include "pgrollout/plan/recipe.h"
#include "plan-test.h"

static struct plan *render_of(const char *name, const char *settings)
{
    g_auto(GStrv) words = g_strsplit(settings, "\n", -1);
    g_autoptr(GError) error = NULL;
    struct recipe *recipe = recipe_find(name);
    assert_non_null(recipe);
    g_autofree char *text = recipe_render(recipe, words, NULL, &error);
    if (error)
        fail_msg("%s", error->message);
    recipe_free(recipe);
    return plan_test_good(text);
}

static struct plan *render(const char *settings)
{
    return render_of("rename-column", settings);
}

static struct plan_step *step(const struct plan *plan, const char *name)
{
    struct plan_step *found = plan_step_find(plan, name);
    assert_non_null(found);
    return found;
}

static void assert_lint_clean(const struct plan *plan)
{
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    lint_plan(plan, "f", findings);
    for (guint i = 0; i < findings->len; i++) {
        const struct plan_finding *finding = g_ptr_array_index(findings, i);
        /* who uses the table is for whoever writes the plan to say */
        if (plan->applications->len > 0 || strcmp(finding->id, "C18") != 0)
            fail_msg("%s", finding->text);
    }
}

static void test_smallest(void **state)
{
    (void)state;
    struct plan *plan = render("table=users\nold=name\nnew=full_name");
    static const char *const names[] = {"add-column",      "sync",       "deployed", "copy-name",
                                        "verify",          "not-null",   "analyze",  "readers",
                                        "writers-stopped", "drop-column"};
    assert_int_equal(plan->steps->len, G_N_ELEMENTS(names));
    for (guint i = 0; i < plan->steps->len; i++)
        assert_string_equal(((struct plan_step *)plan->steps->pdata[i])->name, names[i]);
    assert_string_equal(plan->name, "users-full-name");
    assert_string_equal(plan->title, "Rename users.name to full_name");
    assert_string_equal(plan->schema, "public");
    assert_null(plan->owner);
    assert_null(step(plan, "deployed")->each);
    assert_string_equal(step(plan, "add-column")->type, "text");
    assert_string_equal(step(plan, "copy-name")->where, "full_name IS NULL AND name IS NOT NULL");
    assert_true(step(plan, "copy-name")->rate == 0);
    assert_lint_clean(plan);
    plan_free(plan);
}

static void test_all_keys(void **state)
{
    (void)state;
    struct plan *plan = render("table=users\nold=name\nnew=full_name\nschema=shop\n"
                               "type=varchar(80)\nmigration=m-1\ntitle=It's: a #title\n"
                               "owner=dba\ncontact=#oncall\nticket=CHG-1\n"
                               "applications=web=shop-web*,workers\nnot_null=no\nrate=700/s\n"
                               "old_release=web_41*\nold_release_for=90s");
    assert_string_equal(plan->name, "m-1");
    assert_string_equal(plan->title, "It's: a #title");
    assert_string_equal(plan->contact, "#oncall");
    assert_string_equal(plan->schema, "shop");
    assert_string_equal(step(plan, "deployed")->each[1], "workers");
    assert_null(step(plan, "writers-stopped")->each);
    assert_string_equal(((struct plan_application *)plan->applications->pdata[0])->sessions,
                        "shop-web*");
    assert_null(plan_step_find(plan, "not-null"));
    assert_true(step(plan, "copy-name")->rate == 700);
    assert_string_equal(step(plan, "old-release-gone")->sql,
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE "
                        "'web\\_41%'");
    assert_true(step(plan, "old-release-gone")->for_us == 90 * G_USEC_PER_SEC);
    assert_lint_clean(plan);
    plan_free(plan);
}

/* Names that mean something to YAML, to SQL, or to both. */
static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "order", "Weird Name", "it's", "a\"b",  "a: b", "# hash", "{a, b}",
        "- x",   "{{table}}",  "no",   "*star", "&amp", "größe",  "x'; DROP TABLE t; --"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *settings =
            g_strdup_printf("table=%s\nold=%s\nnew=zz\nmigration=m", names[i], names[i]);
        struct plan *plan = render(settings);
        assert_string_equal(step(plan, "add-column")->table, names[i]);
        assert_string_equal(step(plan, "sync")->old, names[i]);
        assert_lint_clean(plan);
        plan_free(plan);
    }
}

static const struct {
    const char *settings, *message, *hint;
} wrong[] = {
    {"table=t\nold=a", "the recipe needs new=…: the name it shall have", NULL},
    {"tabel=t", "the recipe has no key \"tabel\"", "nearest: table"},
    {"zzzzzzzzzzzz=t", "the recipe has no key \"zzzzzzzzzzzz\"", NULL},
    {"table", "\"table\" is not key=value", NULL},
    {"table=", "table: the value is empty", NULL},
    {"table=a\ntable=b", "\"table\" is given twice", NULL},
    {"dual_writes=maybe", "dual_writes: trigger or application is expected", NULL},
    {"table=a.b", "table: the table alone is expected; its schema has a key of its own", NULL},
    {"table=\"a\"", "table: the name alone is expected, without quotes", NULL},
    {"title=\x1b[2J", "title: the value holds a control character", NULL},
    {"title=\xff", "title: the value is not valid UTF-8, or too long", NULL},
    {"not_null=maybe", "not_null: yes or no is expected", NULL},
    {"rate=5", "\"5\" is not a rate: a number above 0 and a unit, such as 20000/s", NULL},
    {"applications=web,,b", "applications: a list such as web=shop-web*,workers is expected", NULL},
    {"applications=web=", "applications: a pattern is missing behind a \"=\"", NULL},
    {"old_release=[a]", "old_release: only * and ? are patterns here", NULL},
    {"table=t\nold=a\nnew=a", "these values make no plan: a sync of column \"a\" with itself",
     NULL},
    {"table=t\nold=a\nnew=b\nmigration=No",
     "these values make no plan: \"No\" is not a name for a "
     "migration: [a-z0-9][a-z0-9-]*, at most 63",
     NULL},
};

static void test_wrong(void **state)
{
    (void)state;
    struct recipe *recipe = recipe_find("rename-column");
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_auto(GStrv) words = g_strsplit(wrong[i].settings, "\n", -1);
        g_autoptr(GError) error = NULL;
        assert_null(recipe_render(recipe, words, NULL, &error));
        assert_true(g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_USAGE));
        assert_string_equal(error->message, wrong[i].message);
        if (wrong[i].hint)
            assert_string_equal(rollout_error_hint(error), wrong[i].hint);
        else
            assert_null(rollout_error_hint(error));
    }
    recipe_free(recipe);
}

/* Each recipe with the least that it needs, and with all that it knows; names are chosen to break out. */
static const struct {
    const char *recipe;
    const char *least, *most;
} samples[] = {
    {"add-foreign-key", "table=t\ncolumn=c\nreferences=r",
     "table=it's\ncolumn=a\"b\nreferences=r\nreferenced=code\nname=n\non_delete=set_null\nindex="
     "no\n"
     "schema=s\nmigration=m\napplications=web"},
    {"add-not-null-column", "table=t\ncolumn=c\ntype=int\nvalue=a + 1",
     "table=it's\ncolumn=Weird \"c\ntype=int\nvalue=a + 1\ndefault=7\nschema=s\nwhere=\"Weird "
     "\"\"c\" IS NULL AND a > 0\n"
     "migration=m\nrate=5/s\nowner=o\ncontact=c\nticket=t\napplications=web=w*,jobs"},
    {"add-unique", "table=t\ncolumns=a, b",
     "table=t\ncolumns=a\nname=n\nschema=s\nmigration=m\napplications=web"},
    {"api-change", "what=v2\nmigration=m",
     "what=v2: 'new'\nmigration=m\nsoak=3d\napplications=web"},
    {"change-type", "table=t\nold=a\nnew=b\ntype=int\nvalues=x:1,it's:2",
     "table=it's\nold=Weird \"a\nnew=b\ntype=numeric(5,2)\nup=\"Weird "
     "\"\"a\"::numeric\ndown=b::text\n"
     "schema=s\nmigration=m\nlossy=yes\nnot_null=no\nunused_for=no\nrate=5/s\napplications=web"},
    {"create-index", "table=t\ncolumns=a, lower(b) DESC",
     "table=t\ncolumns=(data ->> 'k'), b\nname=i\nunique=yes\nwhere=a IS NOT NULL\nmethod=btree\n"
     "replaces=old_i\nsoak=2d\nmigration=m\napplications=web"},
    {"drop-column", "table=t\ncolumn=c",
     "table=it's\ncolumn=a\"b\nnot_null=no\nunused_for=no\nhide_for=1d\nmigration=m\napplications="
     "web"},
    {"rename-column", "table=t\nold=a\nnew=b",
     "table=t\nold=a\nnew=b\ndual_writes=application\nunused_for=2d\nold_release=w*\nrate=5/s"},
    {"rename-table", "table=t\nnew=u",
     "table=it's\nnew=a\"b\nschema=s\nmigration=m\nsoak=3d\napplications=web"},
    {"replace-enum", "table=t\nold=a\nnew=b\nold_type=e\ntype=f\nvalues=x:x,it's:y",
     "table=t\nold=a\nnew=b\nold_type=e\ntype=f\nvalues=x:x,it's:x\nlossy=yes\ndrop_type=yes\n"
     "unused_for=no\napplications=web"},
    {"split-table", "table=users\ninto=addresses\ncolumns=street:text,city:numeric(5,2)",
     "table=it's\ninto=a\"b\ncolumns=Street:numeric(5,2),city:text\nkey=uid\nkey_type=uuid\ninto_"
     "key=k\n"
     "schema=s\nmigration=m\nrate=5/s\nunused_for=no\napplications=web"},
};

static void test_samples(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        const char *const settings[] = {samples[i].least, samples[i].most};
        for (gsize j = 0; j < G_N_ELEMENTS(settings); j++) {
            struct plan *plan = render_of(samples[i].recipe, settings[j]);
            assert_lint_clean(plan);
            plan_free(plan);
        }
    }
}

/* The index bears the name that PostgreSQL would give, whatever stands behind a column. */
static void test_index_name(void **state)
{
    (void)state;
    static const struct {
        const char *columns, *name;
    } samples_of_names[] = {
        {"a, b DESC NULLS LAST", "t_a_b_idx"},
        {"a COLLATE \"C\", lower(b)", "t_a_expr_idx"},
        {"(a || b)", "t_expr_idx"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(samples_of_names); i++) {
        g_autofree char *settings =
            g_strdup_printf("table=t\ncolumns=%s", samples_of_names[i].columns);
        struct plan *plan = render_of("create-index", settings);
        assert_string_equal(step(plan, "build")->object, samples_of_names[i].name);
        plan_free(plan);
    }
}

static void test_twice_in_a_mapping(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    char *settings[] = {(char *)"table=t",  (char *)"old=a",          (char *)"new=b",
                        (char *)"type=int", (char *)"values=x:1,x:2", NULL};
    struct recipe *recipe = recipe_find("change-type");
    assert_null(recipe_render(recipe, settings, NULL, &error));
    assert_string_equal(error->message, "values: \"x\" is given twice");
    recipe_free(recipe);
}

static void test_catalogue(void **state)
{
    (void)state;
    g_auto(GStrv) names = recipe_names();
    assert_int_equal(g_strv_length(names), G_N_ELEMENTS(samples));
    assert_null(recipe_find("rename"));
    assert_null(recipe_find("../recipes/rename-column"));
    struct recipe *recipe = recipe_find("rename-column");
    g_autofree char *help = recipe_help(recipe);
    assert_non_null(strstr(help, "  table=         required: the table, without its schema\n"));
    assert_non_null(strstr(help, "  type=          the column's type, as in CREATE TABLE "
                                 "(default text)\n"));
    assert_non_null(strstr(help, "(default Rename TABLE.OLD to NEW)\n"));
    assert_true(g_str_has_prefix(recipe_summary(recipe), "rename a column"));
    recipe_free(recipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smallest),   cmocka_unit_test(test_all_keys),
        cmocka_unit_test(test_names),      cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_index_name), cmocka_unit_test(test_twice_in_a_mapping),
        cmocka_unit_test(test_catalogue),  cmocka_unit_test(test_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
