/* Hostile SQL: a corpus, large texts, and mutations by a fixed seed of everything that the other tests
 * of this folder know. Nothing may crash or hang; every finding has a place inside the text; and what
 * the checks of pieces let pass is what they say. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "../plan/plan-test.h"
#include "pgrollout/lint/lint.h"

#define CORPUS "tests/fuzz/sql"
#define QUIET "SET search_path = public; SET lock_timeout = '1s'; SET statement_timeout = '5s';\n"
#define APPS "applications: {web: {sessions: web}}\n"

static const struct {
    const char *id, *wrong, *fine;
} samples[] = {
#include "samples-s-l.inc"
#include "samples-c-t.inc"
};

static const struct {
    const char *sql;
    enum sql_class class;
} classes[] = {
#include "classes.inc"
};

static const char *const pieces[] = {
    "a",
    "a + b",
    "lower(a)",
    "CASE a WHEN 'x' THEN 1 END",
    "now()",
    "a::int",
    "(a, b) IS NULL",
    "(SELECT 1)",
    "random()",
    "nextval('s')",
    "coalesce(a, b)",
    "ARRAY[a, 1]",
    "a IS NULL",
    "a COLLATE \"C\"",
    "int",
    "numeric(10, 2)",
    "varchar(3)[]",
    "timestamp(3) with time zone",
    "text COLLATE \"C\"",
    "serial",
    "a) + (b",
    "a -- b",
    "a /* b",
    "count(*) OVER ()",
    "t.*",
    "$1",
    "DEFAULT",
    "a ~ E'\\\\d'",
};

/* Words that mean something where the bytes around them do. */
static const char *const words[] = {
    " ",          ";",         "(",
    ")",          ",",         "'",
    "\"",         "$$",        "--",
    "/*",         "*/",        "\n",
    ".",          "::",        "E'\\",
    " NOT NULL",  " CASCADE",  " CONCURRENTLY ",
    " NOT VALID", " DEFAULT ", " USING INDEX ",
    "BEGIN;",     "COMMIT;",   " IF EXISTS ",
    "SELECT ",    "UPDATE ",   "ALTER TABLE t ",
    "DROP ",      "ADD ",      "a",
    "t",          "NULL",      "1",
    " WHERE ",    "pgrollout", "\\",
};

static int line_count(const char *text, gsize length)
{
    int lines = 1;
    for (gsize i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

static void finding_check(const struct plan_finding *finding, int lines, gsize length)
{
    assert_in_range(finding->line, 1, lines);
    assert_in_range(finding->column, 1, length + 1);
    assert_non_null(finding->id);
    assert_true(g_utf8_validate(finding->text, -1, NULL));
    assert_true(strlen(finding->text) < 1000);
}

/* A script: TRUE when nothing in it is called a mistake of syntax. */
static gboolean digest_script(const char *text, gsize length)
{
    gboolean parsed = TRUE;
    int lines = line_count(text, length);
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    lint_script(text, length, "f", findings);
    for (guint i = 0; i < findings->len; i++) {
        const struct plan_finding *finding = g_ptr_array_index(findings, i);
        finding_check(finding, lines, length);
        if (i > 0)
            assert_true(((struct plan_finding *)findings->pdata[i - 1])->line <= finding->line);
        parsed = parsed && strcmp(finding->id, "S01") != 0;
    }
    return parsed;
}

static void assert_class(const char *head, const char *piece, const char *tail, enum sql_class most)
{
    enum sql_class class;
    g_autofree char *sql = g_strconcat(head, piece, tail, NULL);
    if (!sql_classify(sql, &class, NULL, NULL) || class > most)
        fail_msg("%s", sql);
}

/* What a check lets pass must be harmless where the engine puts it. */
static int digest_piece(const char *text)
{
    int good = 0;
    if (sql_check_expression(text, NULL, NULL)) {
        good++;
        assert_class("SELECT (", text, ") FROM t", SQL_READ);
        assert_class("UPDATE t SET c = (", text, ") WHERE true", SQL_WRITE);
        g_autofree char *qualified = sql_qualify_columns(text, "NEW", NULL);
        assert_non_null(qualified);
        assert_class("SELECT (", qualified, ") FROM t", SQL_READ);
    }
    if (sql_check_default(text, NULL)) {
        good++;
        assert_class("ALTER TABLE t ADD COLUMN c int DEFAULT (", text, ")", SQL_ADDITIVE);
    }
    if (sql_check_type(text, NULL)) {
        good++;
        assert_class("ALTER TABLE t ADD COLUMN c ", text, "", SQL_ADDITIVE);
        assert_class("SELECT NULL::", text, "", SQL_READ);
    }
    return good;
}

/* A statement: its class does not depend on what surrounds it. */
static gboolean digest_statement(const char *text)
{
    enum sql_class class, again;
    const char *why = NULL;
    gboolean parsed = sql_classify(text, &class, &why, NULL);
    sql_needs_no_transaction(text);
    sql_waits_aside(text);
    if (!parsed)
        return FALSE;
    assert_true((why != NULL) == (class == SQL_FORBIDDEN));
    g_autofree char *spaced = g_strconcat(" /* ; */ ", text, "\n;", NULL);
    if (!sql_classify(spaced, &again, NULL, NULL) || again != class)
        fail_msg("%s", text);
    return TRUE;
}

static int digest(const char *text, gsize length)
{
    int good = digest_script(text, length);
    if (!g_utf8_validate(text, (gssize)length, NULL)) /* plans are valid text */
        return good;
    return good + digest_statement(text) + digest_piece(text);
}

static char *corpus_path(const char *name)
{
    const char *top = g_getenv("top_srcdir");
    return g_build_filename(top ? top : ".", CORPUS, name, NULL);
}

/* Every seed: the files, the samples, the classes, the pieces. Free with g_ptr_array_unref. */
static GPtrArray *seeds(void)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autofree char *folder = corpus_path(NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    assert_non_null(dir);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = corpus_path(name);
        char *text;
        gsize length;
        assert_true(g_file_get_contents(path, &text, &length, NULL));
        g_ptr_array_add(all, g_bytes_new_take(text, length));
    }
    assert_in_range(all->len, 15, 1000);
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_ptr_array_add(all, g_bytes_new(samples[i].wrong, strlen(samples[i].wrong)));
        g_ptr_array_add(all, g_bytes_new(samples[i].fine, strlen(samples[i].fine)));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++)
        g_ptr_array_add(all, g_bytes_new(classes[i].sql, strlen(classes[i].sql)));
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++)
        g_ptr_array_add(all, g_bytes_new(pieces[i], strlen(pieces[i])));
    return all;
}

static void test_corpus(void **state)
{
    (void)state;
    int good = 0;
    g_autoptr(GPtrArray) all = seeds();
    for (guint i = 0; i < all->len; i++) {
        gsize length;
        const char *data = g_bytes_get_data(all->pdata[i], &length);
        g_autofree char *text = g_strndup(data, length);
        good += digest(text, length);
    }
    assert_in_range(good, all->len / 2, all->len * 5);
}

static void assert_large(const char *head, const char *unit, gsize size)
{
    GString *text = g_string_new(head);
    while (text->len + strlen(unit) <= size)
        g_string_append(text, unit);
    gint64 before = g_get_monotonic_time();
    digest(text->str, text->len);
    gint64 took = g_get_monotonic_time() - before;
    if (took > 10 * G_USEC_PER_SEC) /* one or two for the real build; sanitizers are slow */
        fail_msg("%s: %d ms", unit, (int)(took / 1000));
    g_string_free(text, TRUE);
}

static void test_large(void **state)
{
    (void)state;
    static const char *const units[] = {"(",
                                        "SELECT ",
                                        ";",
                                        "SELECT 1;",
                                        "+1",
                                        "'",
                                        "$$",
                                        "/*",
                                        "-- x\n",
                                        "\\x\n",
                                        "NOT ",
                                        "a.",
                                        "ALTER TABLE t ADD a int;",
                                        "BEGIN;",
                                        "-- pgrollout: ignore L01 x\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        assert_large("", units[i], 60 * 1024);
        assert_large("SELECT ", units[i], 1024 * 1024);
    }
    assert_large("CREATE TABLE t (a int", ", b int", 60 * 1024);
    assert_large("ALTER TABLE t ADD a int", ", ADD b int", 60 * 1024);
}

static void mutate(GString *text, GRand *random, const GPtrArray *all)
{
    int changes = g_rand_int_range(random, 1, 3);
    for (int i = 0; i < changes; i++) {
        gssize at = g_rand_int_range(random, 0, (gint32)text->len + 1);
        gssize wanted = g_rand_int_range(random, 1, 12);
        gssize run = MIN(wanted, (gssize)text->len - at);
        gsize length;
        switch (g_rand_int_range(random, 0, 6)) {
        case 0:
            g_string_erase(text, at, run);
            break;
        case 1:
            if (run > 0)
                text->str[at] = (char)g_rand_int_range(random, 1, 256);
            break;
        case 2: { /* a part of another seed */
            const char *other = g_bytes_get_data(
                all->pdata[g_rand_int_range(random, 0, (gint32)all->len)], &length);
            gsize from = length ? (gsize)g_rand_int_range(random, 0, (gint32)length) : 0;
            g_string_insert_len(text, at, other + from, (gssize)MIN(length - from, 40));
            break;
        }
        case 3: { /* between two words */
            const char *blank = strchr(text->str + at, ' ');
            if (blank)
                g_string_insert(text, blank - text->str,
                                words[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(words))]);
            break;
        }
        case 4: /* a word less */
            while ((gsize)at < text->len && g_ascii_isalnum(text->str[at]))
                g_string_erase(text, at, 1);
            break;
        default:
            g_string_insert(text, at,
                            words[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(words))]);
        }
    }
}

static void test_mutations(void **state)
{
    (void)state;
    const char *wish = g_getenv("SQL_MUTATIONS"), *seed = g_getenv("SQL_SEED");
    int rounds = wish ? atoi(wish) : 12, good = 0, all_good;
    g_autoptr(GRand) random = g_rand_new_with_seed(seed ? (guint32)atoi(seed) : 20931);
    g_autoptr(GPtrArray) all = seeds();
    for (guint i = 0; i < all->len; i++)
        for (int round = 0; round < rounds; round++) {
            gsize length;
            const char *data = g_bytes_get_data(all->pdata[i], &length);
            GString *text = g_string_new_len(data, (gssize)length);
            mutate(text, random, all);
            good += digest(text->str, text->len) > 0;
            g_string_free(text, TRUE);
        }
    /* both must have been met often: what parses, and what does not */
    all_good = (int)all->len * rounds;
    assert_in_range(good, all_good / 20, all_good * 19 / 20);
    if (wish)
        print_message("%d texts, %d of them SQL\n", all_good, good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
