/* Statement classes on the parse tree. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/base/error.h"
#include "pgrollout/lint/lint.h"

static const struct {
    const char *sql;
    enum sql_class class;
} classes[] = {
#include "classes.inc"
    {"SELECT 1", SQL_READ},
    {"select count(*) from pg_stat_activity where application_name like 'web%';", SQL_READ},
    {"VALUES (1)", SQL_READ},
    {"TABLE users", SQL_READ},
    {"SHOW server_version", SQL_READ},
    {"EXPLAIN DELETE FROM t", SQL_READ},
    {"SELECT 'DROP TABLE t; COMMIT' -- ; COMMIT", SQL_READ},
    {"SELECT $$;COMMIT;$$, E'\\';COMMIT', U&'\\003B'", SQL_READ},
    {"EXPLAIN ANALYZE DELETE FROM t", SQL_WRITE},
    {"INSERT INTO t VALUES (1)", SQL_WRITE},
    {"UPDATE t SET a = 1", SQL_WRITE},
    {"DELETE FROM t", SQL_WRITE},
    {"MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", SQL_WRITE},
    {"WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone", SQL_WRITE},
    {"SELECT * FROM t FOR UPDATE", SQL_WRITE},
    {"SELECT nextval('s')", SQL_WRITE},
    {"COPY t FROM '/tmp/x'", SQL_WRITE},
    {"CREATE TABLE a (b int)", SQL_ADDITIVE},
    {"CREATE TABLE a AS SELECT 1", SQL_ADDITIVE},
    {"SELECT 1 INTO a", SQL_ADDITIVE},
    {"CREATE INDEX CONCURRENTLY i ON t (a)", SQL_ADDITIVE},
    {"CREATE OR REPLACE VIEW v AS SELECT 1", SQL_ADDITIVE},
    {"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", SQL_ADDITIVE},
    {"ALTER TABLE t ADD COLUMN a int, ADD CHECK (a > 0) NOT VALID", SQL_ADDITIVE},
    {"ALTER TABLE t ALTER a SET DEFAULT 1", SQL_ADDITIVE},
    {"ALTER TABLE t ALTER a DROP NOT NULL", SQL_ADDITIVE},
    {"ALTER TABLE t VALIDATE CONSTRAINT c", SQL_ADDITIVE},
    {"ALTER TYPE t ADD VALUE 'x'", SQL_ADDITIVE},
    {"ALTER DOMAIN d DROP NOT NULL", SQL_ADDITIVE},
    {"GRANT SELECT ON t TO r", SQL_ADDITIVE},
    {"COMMENT ON TABLE t IS 'x'", SQL_ADDITIVE},
    {"ANALYZE t", SQL_ADDITIVE},
    {"VACUUM t", SQL_ADDITIVE},
    {"DROP TABLE t", SQL_DESTRUCTIVE},
    {"DROP INDEX CONCURRENTLY i", SQL_DESTRUCTIVE},
    {"TRUNCATE t", SQL_DESTRUCTIVE},
    {"ALTER TABLE t ADD COLUMN a int, DROP COLUMN b", SQL_DESTRUCTIVE},
    {"ALTER TABLE t ALTER a SET NOT NULL", SQL_DESTRUCTIVE},
    {"ALTER TABLE t ALTER a TYPE bigint", SQL_DESTRUCTIVE},
    {"ALTER TABLE t DROP CONSTRAINT c", SQL_DESTRUCTIVE},
    {"ALTER TABLE t RENAME a TO b", SQL_DESTRUCTIVE},
    {"ALTER TABLE t RENAME TO u", SQL_DESTRUCTIVE},
    {"ALTER TABLE t SET SCHEMA s", SQL_DESTRUCTIVE},
    {"ALTER TABLE t OWNER TO r", SQL_DESTRUCTIVE},
    {"ALTER TABLE t DISABLE TRIGGER ALL", SQL_DESTRUCTIVE},
    {"ALTER TABLE t ENABLE ROW LEVEL SECURITY", SQL_DESTRUCTIVE},
    {"ALTER TABLE t DETACH PARTITION p", SQL_DESTRUCTIVE},
    {"ALTER TYPE t RENAME VALUE 'a' TO 'b'", SQL_DESTRUCTIVE},
    {"ALTER DOMAIN d ADD CHECK (value > 0)", SQL_DESTRUCTIVE},
    {"REVOKE SELECT ON t FROM r", SQL_DESTRUCTIVE},
    {"VACUUM FULL t", SQL_DESTRUCTIVE},
    {"BEGIN", SQL_FORBIDDEN},
    {"COMMIT", SQL_FORBIDDEN},
    {"ROLLBACK TO s", SQL_FORBIDDEN},
    {"SAVEPOINT s", SQL_FORBIDDEN},
    {"PREPARE TRANSACTION 'x'", SQL_FORBIDDEN},
    {"SET ROLE r", SQL_FORBIDDEN},
    {"SET SESSION AUTHORIZATION r", SQL_FORBIDDEN},
    {"SET LOCAL search_path = x", SQL_FORBIDDEN},
    {"SET session_replication_role = replica", SQL_FORBIDDEN},
    {"RESET ALL", SQL_FORBIDDEN},
    {"SELECT set_config('role', 'x', false)", SQL_FORBIDDEN},
    {"SELECT pg_catalog.pg_terminate_backend(1)", SQL_FORBIDDEN},
    {"INSERT INTO t SELECT pg_advisory_lock(1)", SQL_FORBIDDEN},
    {"DO $$BEGIN END$$", SQL_FORBIDDEN},
    {"CALL p()", SQL_FORBIDDEN},
    {"COPY t FROM PROGRAM 'x'", SQL_FORBIDDEN},
    {"COPY t FROM STDIN", SQL_FORBIDDEN},
    {"COPY t TO '/tmp/x'", SQL_FORBIDDEN},
    {"LISTEN c", SQL_FORBIDDEN},
    {"NOTIFY c", SQL_FORBIDDEN},
    {"LOCK TABLE t", SQL_FORBIDDEN},
    {"DISCARD ALL", SQL_FORBIDDEN},
    {"LOAD 'x'", SQL_FORBIDDEN},
    {"PREPARE p AS SELECT 1", SQL_FORBIDDEN},
    {"EXECUTE p", SQL_FORBIDDEN},
    {"DECLARE c CURSOR WITH HOLD FOR SELECT 1", SQL_FORBIDDEN},
    {"CHECKPOINT", SQL_FORBIDDEN},
    {"ALTER SYSTEM SET x = 1", SQL_FORBIDDEN},
    {"CREATE DATABASE d", SQL_FORBIDDEN},
    {"CREATE ROLE r SUPERUSER", SQL_FORBIDDEN},
    {"ALTER ROLE r SET x = 1", SQL_FORBIDDEN},
    {"UPDATE pgrollout.lease SET epoch = 1", SQL_FORBIDDEN},
    {"SELECT pgrollout.resume('m')", SQL_FORBIDDEN},
    {"DROP SCHEMA pgrollout CASCADE", SQL_FORBIDDEN},
    {"DROP TABLE pgrollout.hold", SQL_FORBIDDEN},
};

static void test_classes(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        enum sql_class class;
        const char *why = NULL;
        if (!sql_classify(classes[i].sql, &class, &why, NULL))
            fail_msg("does not parse: %s", classes[i].sql);
        if (class != classes[i].class)
            fail_msg("%s is %s", classes[i].sql, sql_class_name(class));
        if ((why != NULL) != (class == SQL_FORBIDDEN))
            fail_msg("a reason belongs to forbidden statements: %s", classes[i].sql);
    }
}

static const struct {
    const char *sql, *message;
} broken[] = {
    {"", "no statement, only blanks or comments"},
    {" ;; -- nothing", "no statement, only blanks or comments"},
    {"SELECT 1; SELECT 2", "2 statements, where one is expected"},
    {"SELECT 1; COMMIT;", "2 statements, where one is expected"},
    {"/* ; */ SELECT 1 /* -- */ ; COMMIT", "2 statements, where one is expected"},
    {"SELEC 1", "syntax error at or near \"SELEC\" (character 1)"},
    {"SELECT (1", "syntax error at end of input (character 10)"},
    {"\\d t", "syntax error at or near \"\\\" (character 1)"},
    {"SELECT 'x", "unterminated quoted string at or near \"'x\" (character 8)"},
    {"SELECT /* 1", "unterminated /* comment at or near \"/* 1\" (character 8)"},
};

static void test_broken(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
        enum sql_class class;
        g_autoptr(GError) error = NULL;
        assert_false(sql_classify(broken[i].sql, &class, NULL, &error));
        assert_true(g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_PLAN));
        assert_string_equal(error->message, broken[i].message);
    }
}

static char *repeat(const char *head, const char *unit, int times, const char *tail)
{
    GString *out = g_string_new(head);
    for (int i = 0; i < times; i++)
        g_string_append(out, unit);
    return g_string_free(g_string_append(out, tail), FALSE);
}

static void assert_refused(char *sql, const char *message)
{
    enum sql_class class;
    g_autoptr(GError) error = NULL;
    assert_false(sql_classify(sql, &class, NULL, &error));
    if (!strstr(error->message, message))
        fail_msg("%s", error->message);
    g_free(sql);
}

/* Statements that would overflow the stack of a careless reader. */
static void test_deep(void **state)
{
    (void)state;
    assert_refused(repeat("SELECT 1", "+1", 30000, ""), "nested too deeply");
    assert_refused(repeat("SELECT 1", "+1", 2000000, ""), "more than 64 kB");
    assert_refused(repeat("SELECT ", "(", 60000, "1"), "memory exhausted");
    assert_refused(repeat("SELECT ", "NOT ", 8000, "true"), "nested too deeply");
    assert_refused(repeat("SELECT 1", "::int", 12000, ""), "nested too deeply");
    assert_refused(repeat("SELECT 1", " UNION SELECT 1", 4000, ""), "nested too deeply");
    char *body =
        repeat("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS '", "SELECT 1 + 1; ", 2000, "'");
    enum sql_class class;
    assert_true(sql_classify(body, &class, NULL, NULL));
    assert_int_equal(class, SQL_ADDITIVE);
    g_free(body);
}

static void test_long_token_is_cut(void **state)
{
    (void)state;
    g_autofree char *sql = repeat("SELECT 1 ", "x", 50000, " y z");
    g_autoptr(GError) error = NULL;
    enum sql_class class;
    g_autofree char *bad = repeat("", "x", 50000, "");
    assert_false(sql_classify(sql, &class, NULL, &error));
    g_clear_error(&error);
    assert_false(sql_classify(bad, &class, NULL, &error));
    assert_true(strlen(error->message) < 200);
}

static void test_transactions(void **state)
{
    (void)state;
    static const char *const outside[] = {
        "VACUUM t",
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "DROP INDEX CONCURRENTLY i",
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX (CONCURRENTLY) INDEX i",
        "REINDEX DATABASE d",
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
        "CREATE DATABASE d",
        "CLUSTER",
    };
    static const char *const inside[] = {
        "ANALYZE t",
        "CREATE INDEX i ON t (a)",
        "DROP INDEX i",
        "REINDEX TABLE t",
        "CLUSTER t",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "ALTER TYPE t ADD VALUE 'x'",
        "SELECT 1",
        "not SQL",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(outside); i++)
        if (!sql_needs_no_transaction(outside[i]))
            fail_msg("%s", outside[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(inside); i++)
        if (sql_needs_no_transaction(inside[i]))
            fail_msg("%s", inside[i]);
}

static void test_waits(void **state)
{
    (void)state;
    static const char *const aside[] = {
        "VACUUM t",
        "ANALYZE t",
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "DROP INDEX CONCURRENTLY i",
        "REINDEX TABLE CONCURRENTLY t",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
        "ALTER TABLE t VALIDATE CONSTRAINT c, VALIDATE CONSTRAINT d",
    };
    static const char *const in_the_way[] = {
        "VACUUM FULL t",
        "VACUUM (FULL) t",
        "CLUSTER",
        "REINDEX DATABASE d",
        "CREATE INDEX i ON t (a) -- CONCURRENTLY",
        "ALTER TABLE t ADD COLUMN a int",
        "ALTER TABLE t VALIDATE CONSTRAINT c, ADD COLUMN a int",
        "DROP INDEX i",
        "not SQL",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(aside); i++)
        if (!sql_waits_aside(aside[i]))
            fail_msg("%s", aside[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(in_the_way); i++)
        if (sql_waits_aside(in_the_way[i]))
            fail_msg("%s", in_the_way[i]);
}

static void test_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        struct sql_shape shape;
    } samples[] = {
        {"SELECT a FROM t", {TRUE, TRUE, FALSE, FALSE}},
        {"SELECT a FROM t ORDER BY a", {TRUE, TRUE, TRUE, FALSE}},
        {"SELECT a FROM t LIMIT 1", {TRUE, TRUE, FALSE, TRUE}},
        {"SELECT a FROM t ORDER BY a OFFSET 1", {TRUE, TRUE, TRUE, TRUE}},
        {"SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 1) x", {TRUE, TRUE, FALSE, FALSE}},
        {"WITH w AS (DELETE FROM t RETURNING a) SELECT a FROM w", {FALSE, TRUE, FALSE, FALSE}},
        {"UPDATE t SET a = 1", {FALSE, FALSE, FALSE, FALSE}},
        {"SHOW work_mem", {TRUE, FALSE, FALSE, FALSE}},
        {"SELEC", {FALSE, FALSE, FALSE, FALSE}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        struct sql_shape shape;
        sql_shape_of(samples[i].sql, &shape);
        if (memcmp(&shape, &samples[i].shape, sizeof shape) != 0)
            fail_msg("%s: %d %d %d %d", samples[i].sql, shape.reads, shape.selects, shape.ordered,
                     shape.cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_long_token_is_cut),
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
