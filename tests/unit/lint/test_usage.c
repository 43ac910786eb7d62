/* Who uses users.name, said of single statements. A miss here is an outage there: what the drop of the
 * column would break must never be "not used". */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/lint/usage.h"

enum {
    NO = USAGE_NONE,
    R = USAGE_READS,
    W = USAGE_WRITES,
    RW = USAGE_READS | USAGE_WRITES,
    UNKNOWN = USAGE_UNKNOWN,
    STAR = 8,
    VIA = 16
};

struct usage_case {
    const char *sql;
    unsigned expected;
};

/* clang-format off */
static const struct usage_case cases[] = {
    /* plain names */
    {"SELECT name FROM users", R},
    {"select NAME from Users", R},
    {"SELECT \"name\" FROM \"users\"", R},
    {"SELECT \"Name\" FROM users", NO},
    {"SELECT name FROM \"Users\"", NO},
    {"SELECT id, email FROM users WHERE id = $1", NO},
    {"SELECT id FROM users WHERE name = $1", R},
    {"SELECT id FROM users WHERE lower(name) LIKE $1", R},
    {"SELECT id FROM users ORDER BY name LIMIT $1", R},
    {"SELECT count(*) FROM users GROUP BY name", R},
    {"SELECT count(*) FROM users GROUP BY id HAVING max(name) > $1", R},
    {"SELECT DISTINCT ON (name) id FROM users", R},
    {"SELECT count(*) FROM users", NO},
    {"SELECT 1 FROM users LIMIT $1 OFFSET $2", NO},
    {"SELECT full_name FROM users", NO},
    {"SELECT users.name FROM users", R},
    {"SELECT public.users.name FROM public.users", R},
    {"SELECT u.name FROM users u", R},
    {"SELECT u.name FROM users AS u (id, name)", R},
    {"SELECT u.b FROM users AS u (a, b)", R},
    {"SELECT u.a FROM users AS u (a, b)", NO},
    {"SELECT name FROM public.users", R},
    {"SELECT name FROM ONLY users", R},
    {"SELECT name FROM users TABLESAMPLE system (1)", R},
    {"SELECT name FROM archive.people", NO},
    {"SELECT name FROM other.users", NO},
    {"SELECT name FROM products", NO},
    {"SELECT p.name FROM products p, users u", NO},
    {"SELECT $1 AS name FROM users", NO},
    {"SELECT email AS name FROM users ORDER BY name", NO},
    {"SELECT email AS name FROM users ORDER BY name || $1", R},
    {"SELECT email AS name, count(*) FROM users GROUP BY name", R},
    {"SELECT DISTINCT ON (name) email AS name FROM users", NO},
    {"SELECT CASE WHEN name IS NULL THEN $1 ELSE $2 END FROM users", R},
    {"SELECT coalesce(full_name, name) FROM users", R},
    {"SELECT ARRAY[name] FROM users", R},
    {"SELECT sum(id) FILTER (WHERE name = $1) FROM users", R},
    {"SELECT rank() OVER (PARTITION BY name) FROM users", R},
    {"SELECT rank() OVER w FROM users WINDOW w AS (ORDER BY name)", R},
    {"SELECT string_agg(email, $1 ORDER BY name) FROM users", R},
    {"SELECT name COLLATE \"C\" FROM users", R},
    {"SELECT (name)::varchar FROM users", R},
    {"SELECT extract($1 from created) FROM users", NO},
    {"SELECT interval $1 FROM users WHERE name = $2", R},
    {"SELECT id FROM users WHERE name = ANY ($1) FOR UPDATE", R},
    {"SELECT id FROM users WHERE id = $1 FOR UPDATE OF users SKIP LOCKED", NO},
    {"SELECT name FROM users_2024", R},
    {"SELECT id FROM users_2024", NO},
    {"SELECT name FROM pg_class", NO},
    /* the whole row */
    {"SELECT * FROM users", R | STAR},
    {"TABLE users", R | STAR},
    {"SELECT u.* FROM users u JOIN orders o ON o.user_id = u.id", R | STAR},
    {"SELECT o.* FROM users u JOIN orders o ON o.user_id = u.id", NO},
    {"SELECT * FROM orders", NO},
    {"SELECT * FROM orders WHERE user_id IN (SELECT id FROM users)", NO},
    {"SELECT * FROM users, orders", R | STAR},
    {"SELECT *, name FROM users", R},
    {"SELECT row_to_json(u) FROM users u", R | STAR},
    {"SELECT to_jsonb(users) FROM users", R | STAR},
    {"SELECT u::text FROM users u", R | STAR},
    {"SELECT u FROM users u", R | STAR},
    {"SELECT row(u.*) FROM users u", R | STAR},
    {"SELECT count(u) FROM users u", R | STAR},
    {"SELECT (u).name FROM users u", R},
    {"SELECT (u).email FROM users u", NO},
    {"SELECT (u).* FROM users u", R | STAR},
    {"SELECT name(u) FROM users u", R | STAR},
    {"SELECT json_populate_record(NULL::users, $1)", R | STAR},
    {"SELECT $1::public.users[]", R | STAR},
    {"SELECT array_agg(u ORDER BY u.id) FROM users u", R | STAR},
    {"SELECT email FROM users email", NO},
    {"SELECT EXISTS (SELECT * FROM users WHERE id = $1)", NO},
    {"SELECT EXISTS (SELECT u.* FROM users u WHERE u.name = $1)", R},
    {"SELECT EXISTS (SELECT name FROM users)", R},
    {"SELECT count(*) FROM (SELECT * FROM users) s", R | STAR},
    {"SELECT users.* FROM (SELECT id FROM orders) users", NO},
    /* joins */
    {"SELECT name FROM users JOIN orders ON user_id = users.id", R},
    {"SELECT total FROM users JOIN orders ON user_id = users.id", NO},
    {"SELECT total FROM users u JOIN orders o ON o.label = u.name", R},
    {"SELECT p.name FROM users u JOIN products p ON p.owner = u.id", NO},
    {"SELECT total FROM users JOIN products USING (name)", R},
    {"SELECT total FROM users JOIN products USING (id)", NO},
    {"SELECT total FROM users NATURAL JOIN products", R},
    {"SELECT total FROM users NATURAL JOIN orders", NO},
    {"SELECT total FROM users NATURAL JOIN unheard_of", UNKNOWN},
    {"SELECT a.name FROM users a JOIN users b ON a.id = b.boss", R},
    {"SELECT j.name FROM (users u JOIN orders o ON o.user_id = u.id) AS j", R},
    {"SELECT j.total FROM (users u JOIN orders o ON o.user_id = u.id) AS j", NO},
    {"SELECT j.* FROM (users u JOIN orders o ON o.user_id = u.id) AS j", R | STAR},
    {"SELECT total FROM orders LEFT JOIN (users u JOIN products p ON u.id = p.owner) ON u.name = label", R},
    {"SELECT 1 FROM orders o, LATERAL (SELECT u.name FROM users u WHERE u.id = o.user_id) s", R},
    {"SELECT s.x FROM users u, LATERAL (SELECT u.name AS x) s", R},
    {"SELECT s.x FROM users u, LATERAL (SELECT name AS x) s", R},
    {"SELECT 1 FROM users u, LATERAL unnest(string_to_array(u.name, $1)) w", R},
    {"SELECT 1 FROM users u, unnest(u.tags) name WHERE name = $1", R},
    {"SELECT u.id FROM users u, unnest(u.tags) tag WHERE tag = $1", NO},
    /* subqueries: the inner relation first */
    {"SELECT id FROM users WHERE id IN (SELECT owner FROM products WHERE name = $1)", NO},
    {"SELECT id FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE label = name)", R},
    {"SELECT id FROM users WHERE EXISTS (SELECT 1 FROM unheard_of WHERE name = $1)", UNKNOWN},
    {"SELECT id FROM users WHERE EXISTS (SELECT 1 FROM products p WHERE p.name = users.name)", R},
    {"SELECT id FROM orders WHERE user_id = (SELECT id FROM users WHERE name = $1)", R},
    {"SELECT (SELECT name FROM products WHERE owner = users.id) FROM users", NO},
    {"SELECT (SELECT name) FROM users", R},
    {"SELECT s.name FROM (SELECT email AS name FROM users) s", NO},
    {"SELECT s.id FROM (SELECT id, name FROM users) s", R},
    {"SELECT name FROM (SELECT name FROM products) s, (SELECT id FROM users) t", NO},
    {"SELECT id FROM users WHERE id IN (SELECT 1 FROM (SELECT $1 AS name) s WHERE name = $2)", NO},
    {"SELECT id FROM users UNION SELECT id FROM orders ORDER BY id", NO},
    {"SELECT id FROM orders UNION ALL SELECT name FROM users", R},
    {"SELECT email AS name FROM users UNION SELECT label FROM orders ORDER BY name", NO},
    {"VALUES ((SELECT name FROM users LIMIT 1))", R},
    {"SELECT id FROM users WHERE ($1, $2) = (SELECT a, b FROM orders)", NO},
    /* WITH */
    {"WITH users AS (SELECT id, name FROM products) SELECT name FROM users", NO},
    {"WITH users AS (SELECT id, name FROM products) SELECT name FROM public.users", R},
    {"WITH u AS (SELECT * FROM users) SELECT id FROM u", R | STAR},
    {"WITH u AS (SELECT id FROM users) SELECT id FROM u", NO},
    {"WITH users AS (SELECT name FROM users) SELECT name FROM users", R},
    {"WITH RECURSIVE users AS (SELECT $1 AS name UNION ALL SELECT name FROM users) SELECT name FROM users", NO},
    {"WITH a AS (SELECT 1), b AS (SELECT name FROM users) SELECT 1", R},
    {"WITH moved AS (DELETE FROM users WHERE id = $1 RETURNING name) INSERT INTO orders (label) SELECT name FROM moved", R},
    {"WITH n (name) AS (SELECT email FROM users) SELECT name FROM n", NO},
    {"WITH n AS (UPDATE users SET name = $1 RETURNING id) SELECT * FROM n", W},
    {"SELECT 1 FROM (WITH users AS (SELECT 1 AS name) SELECT name FROM users) s", NO},
    /* INSERT */
    {"INSERT INTO users (id, email) VALUES ($1, $2)", NO},
    {"INSERT INTO users (id, name) VALUES ($1, $2)", W},
    {"INSERT INTO users (id, name) VALUES ($1, DEFAULT)", W},
    {"INSERT INTO users VALUES ($1)", NO},
    {"INSERT INTO users VALUES ($1, $2)", W | STAR},
    {"INSERT INTO users VALUES ($1, $2, $3), ($4, $5, $6)", W | STAR},
    {"INSERT INTO users DEFAULT VALUES", NO},
    {"INSERT INTO users SELECT * FROM staging", W | STAR},
    {"INSERT INTO users SELECT id FROM staging", NO},
    {"INSERT INTO users SELECT id, label FROM staging", W | STAR},
    {"INSERT INTO users (id) VALUES ($1) RETURNING *", R | STAR},
    {"INSERT INTO users (id) VALUES ($1) RETURNING id", NO},
    {"INSERT INTO users (id) VALUES ($1) RETURNING name", R},
    {"INSERT INTO users (id) VALUES ($1) ON CONFLICT DO NOTHING", NO},
    {"INSERT INTO users (id) VALUES ($1) ON CONFLICT (id) DO NOTHING", NO},
    {"INSERT INTO users (id) VALUES ($1) ON CONFLICT (name) DO NOTHING", R},
    {"INSERT INTO users (id) VALUES ($1) ON CONFLICT (lower(name)) DO NOTHING", R},
    {"INSERT INTO users (id) VALUES ($1) ON CONFLICT (id) WHERE name IS NULL DO NOTHING", R},
    {"INSERT INTO users (id) VALUES ($1) ON CONFLICT ON CONSTRAINT users_name_key DO NOTHING", R},
    {"INSERT INTO users (id) VALUES ($1) ON CONFLICT ON CONSTRAINT users_pkey DO NOTHING", NO},
    {"INSERT INTO users (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET name = $2", W},
    {"INSERT INTO users (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET email = excluded.name", R},
    {"INSERT INTO users (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET email = excluded.email", NO},
    {"INSERT INTO users (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET email = $1 WHERE users.name <> $2", R},
    {"INSERT INTO users AS u (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET email = u.name", R},
    {"INSERT INTO orders (label) SELECT name FROM users", R},
    {"INSERT INTO orders (name) SELECT email FROM users", NO},
    {"INSERT INTO products (name) VALUES ($1)", NO},
    {"INSERT INTO users (id, email) SELECT id, name FROM products", NO},
    {"WITH users AS (SELECT 1) INSERT INTO users (name) VALUES ($1)", W},
    /* UPDATE, DELETE */
    {"UPDATE users SET name = $1 WHERE id = $2", W},
    {"UPDATE users SET email = $1 WHERE id = $2", NO},
    {"UPDATE users SET email = name", R},
    {"UPDATE users SET name = upper(name)", RW},
    {"UPDATE users SET (email, name) = ($1, $2)", W},
    {"UPDATE users SET (email, note) = (SELECT a, name FROM products)", NO},
    {"UPDATE users SET (email, note) = (SELECT a, users.name FROM products)", R},
    {"UPDATE users u SET email = p.name FROM products p WHERE p.owner = u.id", NO},
    {"UPDATE products p SET label = u.name FROM users u WHERE p.owner = u.id", R},
    {"UPDATE products SET name = $1", NO},
    {"UPDATE users SET email = $1 RETURNING *", R | STAR},
    {"UPDATE users SET email = $1 WHERE name = $2", R},
    {"UPDATE ONLY public.users SET \"name\" = $1", W},
    {"DELETE FROM users WHERE id = $1", NO},
    {"DELETE FROM users WHERE name = $1", R},
    {"DELETE FROM users RETURNING *", R | STAR},
    {"DELETE FROM orders USING users u WHERE u.name = label", R},
    {"DELETE FROM products WHERE name = $1", NO},
    /* MERGE */
    {"MERGE INTO users u USING orders o ON u.id = o.user_id WHEN MATCHED THEN UPDATE SET name = o.label", W},
    {"MERGE INTO users u USING orders o ON u.name = o.label WHEN MATCHED THEN DELETE", R},
    {"MERGE INTO users u USING orders o ON u.id = o.user_id WHEN MATCHED THEN UPDATE SET email = o.label", NO},
    {"MERGE INTO users u USING orders o ON u.id = o.user_id WHEN NOT MATCHED THEN INSERT (id, name) VALUES (1, $1)", W},
    {"MERGE INTO users u USING orders o ON u.id = o.user_id WHEN NOT MATCHED THEN INSERT VALUES (1, $1)", W | STAR},
    {"MERGE INTO users u USING orders o ON u.id = o.user_id WHEN NOT MATCHED THEN INSERT VALUES (1)", NO},
    {"MERGE INTO orders o USING users u ON u.id = o.user_id WHEN MATCHED AND u.name = $1 THEN DELETE", R},
    /* through others */
    {"SELECT id FROM v_users", R | VIA},
    {"SELECT id FROM other.v_users", NO},
    {"UPDATE v_users SET email = $1", W | VIA},
    {"REFRESH MATERIALIZED VIEW v_users", R | VIA},
    {"SELECT f_user($1)", R | VIA},
    {"SELECT * FROM public.f_user($1)", R | VIA},
    {"SELECT other.f_user($1)", NO},
    {"CALL f_user($1)", R | VIA},
    {"SELECT u.f_user FROM users u", R | VIA},
    {"SELECT id, f_user($1) FROM users WHERE name = $2", R},
    /* no queries, and those that hold one */
    {"COPY users TO STDOUT", R | STAR},
    {"COPY users (id, email) TO STDOUT", NO},
    {"COPY public.users (id, name) TO stdout", R},
    {"COPY users FROM STDIN", W | STAR},
    {"COPY users (name) FROM STDIN", W},
    {"COPY (SELECT name FROM users) TO STDOUT", R},
    {"COPY orders TO STDOUT", NO},
    {"EXPLAIN SELECT name FROM users", R},
    {"DECLARE c CURSOR FOR SELECT name FROM users", R},
    {"DECLARE c CURSOR WITH HOLD FOR SELECT id FROM users", NO},
    {"PREPARE p AS UPDATE users SET name = $1", W},
    {"CREATE VIEW x AS SELECT name FROM users", R},
    {"CREATE TABLE x AS SELECT * FROM users", R | STAR},
    {"SELECT name INTO x FROM users", R},
    {"CREATE INDEX ON users (name)", R},
    {"CREATE INDEX ON users (id) WHERE name IS NULL", R},
    {"CREATE INDEX ON users (id)", NO},
    {"ALTER TABLE users ALTER COLUMN name DROP NOT NULL", R},
    {"ALTER TABLE users ADD COLUMN age int", NO},
    {"COMMENT ON COLUMN public.users.name IS $$x$$", R},
    {"GRANT SELECT (name) ON users TO web", R},
    {"VACUUM ANALYZE users", NO},
    {"LOCK TABLE users IN SHARE MODE", NO},
    {"TRUNCATE users", NO},
    {"BEGIN", NO},
    {"SET search_path = users", NO},
    {"SHOW work_mem", NO},
    {"BEGIN; UPDATE users SET name = 'x'; COMMIT", W},
    {"SELECT 1; SELECT name FROM users", R},
    {"", NO},
    {"-- name of users", NO},
    {"DO $$ BEGIN UPDATE users SET name = 'x'; END $$", W},
    {"DO $$ BEGIN UPDATE users SET email = 'x'; END $$", NO},
    {"DO $$ BEGIN PERFORM 1 FROM products WHERE name = 'users'; END $$", NO},
    {"DO $$ BEGIN EXECUTE 'UPDATE users SET name = 1'; END $$", UNKNOWN},
    {"DO LANGUAGE plperl $$ spi('SELECT name FROM users') $$", UNKNOWN},
    {"CREATE FUNCTION x() RETURNS void LANGUAGE sql AS 'UPDATE users SET name = 1'", W},
    {"CREATE RULE r AS ON INSERT TO orders DO ALSO UPDATE users SET name = 'x'", RW},
    {"CREATE POLICY p ON users USING (name = current_user)", R},
    /* what does not parse */
    {"SELECT name FROM users WHERE", UNKNOWN},
    {"SELECT FROM WHERE orders", NO},
    {"SELECT nme FRM U&\"\\0075sers\"", UNKNOWN},
    {"SELECT name FROM U&\"\\0075sers\"", R},
    {"/* users */ SELEC", UNKNOWN},
    {"SELEC users_old superusers", NO},
};
/* clang-format on */

static struct usage_catalog *shop(const char *column)
{
    static const char *const columns[] = {"id", "name", "email", "full_name", "note", "tags"};
    struct usage_catalog *catalog = usage_catalog_new("public", "users", column);
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
        usage_catalog_add_column(catalog, columns[i]);
    usage_catalog_add_target(catalog, "public", "users_2024");
    usage_catalog_add_view(catalog, "public", "v_users");
    usage_catalog_add_function(catalog, "public", "f_user");
    usage_catalog_add_constraint(catalog, "users_name_key");
    usage_catalog_add_relation(catalog, "public", "orders", FALSE);
    usage_catalog_add_relation(catalog, "public", "products", TRUE);
    return catalog;
}

static unsigned verdict(const struct usage_catalog *catalog, const char *sql, unsigned flags)
{
    struct usage usage;
    usage_of_text(catalog, sql, flags, &usage);
    unsigned got = usage.kind | (usage.star ? STAR : 0) | (usage.via ? VIA : 0);
    assert_true((usage.kind == USAGE_UNKNOWN) == (usage.why != NULL));
    assert_true(usage.kind == USAGE_NONE || usage.kind == USAGE_UNKNOWN || usage.mentions);
    usage_clear(&usage);
    return got;
}

static int compare(const struct usage_catalog *catalog, const struct usage_case *list, guint count,
                   unsigned flags)
{
    int wrong = 0;
    for (guint i = 0; i < count; i++) {
        unsigned got = verdict(catalog, list[i].sql, flags);
        if (got != list[i].expected) {
            print_message("%s\n  is %u (%s), not %u\n", list[i].sql, got, usage_name(got & 7),
                          list[i].expected);
            wrong++;
        }
    }
    return wrong;
}

static void test_statements(void **state)
{
    (void)state;
    struct usage_catalog *catalog = shop("name");
    int wrong = compare(catalog, cases, G_N_ELEMENTS(cases), USAGE_TEXT_WHOLE);
    usage_catalog_free(catalog);
    assert_int_equal(wrong, 0);
}

/* With any use of the table asked for. */
static void test_table(void **state)
{
    (void)state;
    static const struct usage_case list[] = {
        {"SELECT 1 FROM users", R},
        {"SELECT 1 FROM public.users", R},
        {"SELECT 1 FROM orders", NO},
        {"INSERT INTO users (id) VALUES ($1)", W},
        {"DELETE FROM users", W},
        {"UPDATE orders SET a = 1 FROM users", R},
        {"TRUNCATE users", R},
        {"COPY users TO STDOUT", R},
        {"LOCK users", R},
        {"WITH users AS (SELECT 1) SELECT * FROM users", NO},
        {"SELECT 1 FROM v_users", R | VIA},
        {"SELECT 1 FROM users_2024", R},
        {"VACUUM users", R},
        {"SELECT 'users'", NO},
    };
    struct usage_catalog *catalog = shop(NULL);
    int wrong = compare(catalog, list, G_N_ELEMENTS(list), USAGE_TEXT_WHOLE);
    usage_catalog_free(catalog);
    assert_int_equal(wrong, 0);
}

/* A tenant's table of the same name: which one is meant, the text does not say. */
static void test_same_name_elsewhere(void **state)
{
    (void)state;
    static const struct usage_case list[] = {
        {"SELECT name FROM users", UNKNOWN},
        {"SELECT * FROM users", UNKNOWN},
        {"SELECT id FROM users", NO},
        {"SELECT name FROM public.users", R},
        {"SELECT name FROM tenant.users", NO},
        {"SELECT name FROM users, public.users u WHERE u.name = $1", R},
    };
    struct usage_catalog *catalog = shop("name");
    usage_catalog_add_relation(catalog, "tenant", "users", TRUE);
    int wrong = compare(catalog, list, G_N_ELEMENTS(list), USAGE_TEXT_WHOLE);
    usage_catalog_free(catalog);
    assert_int_equal(wrong, 0);
}

/* Sessions show a text that may be cut, or another one than what runs. */
static void test_sessions(void **state)
{
    (void)state;
    static const struct usage_case live[] = {
        {"EXECUTE p (1)", UNKNOWN},
        {"FETCH 100 FROM c", UNKNOWN},
        {"SELECT name FROM users", R},
        {"SELECT id FROM users", NO},
    };
    static const struct usage_case cut[] = {
        {"SELECT id, email FROM us", UNKNOWN},
        {"SELECT id FROM orders", UNKNOWN},
        {"SELECT name FROM users", R},
    };
    struct usage_catalog *catalog = shop("name");
    int wrong = compare(catalog, live, G_N_ELEMENTS(live), USAGE_TEXT_LIVE);
    wrong += compare(catalog, cut, G_N_ELEMENTS(cut), USAGE_TEXT_CUT);
    assert_int_equal(verdict(catalog, "FETCH 100 FROM c", USAGE_TEXT_WHOLE), NO);
    usage_catalog_free(catalog);
    assert_int_equal(wrong, 0);
}

static const struct {
    const char *language, *body;
    gboolean trigger;
    unsigned expected;
} functions[] = {
    {"plpgsql", "DECLARE x text; BEGIN SELECT name INTO x FROM users; END", FALSE, R},
    {"plpgsql", "DECLARE x text; BEGIN SELECT email INTO x FROM users; END", FALSE, NO},
    {"plpgsql", "DECLARE x text; BEGIN SELECT name INTO x FROM products; PERFORM 1 FROM users; END",
     FALSE, NO},
    {"plpgsql", "DECLARE r users; BEGIN SELECT * INTO r FROM users; RETURN r.name; END", FALSE, R},
    {"plpgsql", "DECLARE r users; BEGIN SELECT * INTO r FROM users; RETURN r.id; END", FALSE, NO},
    {"plpgsql",
     "DECLARE r record; BEGIN FOR r IN SELECT id FROM users WHERE name = a LOOP NULL; END LOOP; "
     "END",
     FALSE, R},
    {"plpgsql", "DECLARE x bigint; BEGIN x := (SELECT count(*) FROM users WHERE name = a); END",
     FALSE, R},
    {"plpgsql", "BEGIN IF EXISTS (SELECT 1 FROM users WHERE name = a) THEN NULL; END IF; END",
     FALSE, R},
    {"plpgsql", "BEGIN EXECUTE 'SELECT name FROM users'; END", FALSE, UNKNOWN},
    {"plpgsql", "BEGIN EXECUTE format('SELECT %I FROM %I', a, b); END", FALSE, NO},
    {"plpgsql", "BEGIN RETURN QUERY EXECUTE 'SELECT name FROM users'; END", FALSE, UNKNOWN},
    {"plpgsql", "BEGIN this does not parse: users name", FALSE, UNKNOWN},
    {"plpgsql", "BEGIN NEW.name := lower(NEW.name); RETURN NEW; END", TRUE, RW},
    {"plpgsql", "BEGIN NEW.email := lower(NEW.email); RETURN NEW; END", TRUE, NO},
    {"plpgsql", "BEGIN INSERT INTO audit SELECT to_jsonb(NEW); RETURN NEW; END", TRUE, NO},
    {"plpgsql", "BEGIN IF OLD.name <> NEW.name THEN NULL; END IF; RETURN NEW; END", TRUE, R},
    {"plpgsql", "BEGIN IF OLD.name <> NEW.name THEN NULL; END IF; RETURN NEW; END", FALSE, NO},
    {"sql", "SELECT name FROM users WHERE id = $1", FALSE, R},
    {"sql", "SELECT id FROM users; SELECT 2", FALSE, NO},
    {"plpython3u", "plpy.execute('select name from users')", FALSE, UNKNOWN},
    {"plpython3u", "plpy.execute('select id from users')", FALSE, NO},
    {"plpython3u", "plpy.execute('select name from products')", FALSE, NO},
    {"c", "do_it", FALSE, NO},
};

static void test_functions(void **state)
{
    (void)state;
    int wrong = 0;
    struct usage_catalog *catalog = shop("name");
    for (guint i = 0; i < G_N_ELEMENTS(functions); i++) {
        struct usage usage;
        g_autofree char *definition = g_strdup_printf(
            "CREATE FUNCTION public.it(a text, b text) RETURNS %s LANGUAGE %s AS $x$ %s $x$",
            functions[i].trigger ? "trigger" : "text", functions[i].language, functions[i].body);
        usage_of_function(catalog, functions[i].language, definition, functions[i].body,
                          functions[i].trigger, &usage);
        if (usage.kind != functions[i].expected) {
            print_message("%s\n  is %s\n", functions[i].body, usage_name(usage.kind));
            wrong++;
        }
        usage_clear(&usage);
    }
    usage_catalog_free(catalog);
    assert_int_equal(wrong, 0);
}

/* Whoever changes what there is does not use it as an application does. */
static void test_ddl(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        gboolean ddl;
    } list[] = {
        {"CREATE VIEW x AS SELECT name FROM users", TRUE},
        {"ALTER TABLE users ALTER name DROP NOT NULL", TRUE},
        {"CREATE INDEX ON users (name)", TRUE},
        {"BEGIN; COMMENT ON COLUMN users.name IS 'x'; COMMIT", TRUE},
        {"CREATE TABLE x AS SELECT name FROM users", FALSE},
        {"COMMENT ON COLUMN users.name IS 'x'; SELECT name FROM users", FALSE},
        {"SELECT name FROM users", FALSE},
        {"COPY users TO STDOUT", FALSE},
        {"TRUNCATE users", FALSE},
    };
    struct usage_catalog *catalog = shop("name");
    for (guint i = 0; i < G_N_ELEMENTS(list); i++) {
        struct usage usage;
        usage_of_text(catalog, list[i].sql, USAGE_TEXT_WHOLE, &usage);
        assert_int_equal(usage.ddl, list[i].ddl);
        usage_clear(&usage);
    }
    usage_catalog_free(catalog);
}

static void test_relation_names(void **state)
{
    (void)state;
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    usage_relation_names("SELECT 1 FROM a JOIN s.b USING (x); UPDATE c SET d = (SELECT 1 FROM e)",
                         names);
    usage_relation_names("no statement", names);
    assert_int_equal(g_hash_table_size(names), 4);
    assert_true(g_hash_table_contains(names, "b"));
}

/* A text that is cut anywhere is never "not used"; and none crashes. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    struct usage_catalog *catalog = shop("name");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        for (gsize length = 0; length < strlen(cases[i].sql); length += 3) {
            g_autofree char *head = g_strndup(cases[i].sql, length);
            verdict(catalog, head, USAGE_TEXT_WHOLE);
            assert_int_not_equal(verdict(catalog, head, USAGE_TEXT_CUT), USAGE_NONE);
        }
    usage_catalog_free(catalog);
}

/* Bodies of functions are anybody's text too: pieces of them, mixed by a fixed seed. */
static void test_mixed_functions(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "BEGIN ",
        " END",
        "; ",
        " LOOP ",
        " END LOOP",
        " IF ",
        " THEN ",
        " END IF",
        " EXECUTE ",
        " FOR r IN ",
        "DECLARE ",
        " x ",
        " := ",
        "SELECT name FROM users ",
        " INTO ",
        "'",
        "$",
        "$$",
        " NEW.name",
        " EXCEPTION WHEN OTHERS THEN ",
        " RETURN ",
        " RETURN QUERY ",
        "(",
        ")",
        " CASE ",
        " record;",
        " text;",
        "<<l>>",
        "--",
        "/*",
        "\n",
        " OPEN c FOR ",
        " RAISE '%', x",
        "NULL",
        " users.name%TYPE",
        " users%ROWTYPE",
        "\"",
        " ALIAS FOR $1;",
        " cursor FOR ",
        " GET DIAGNOSTICS ",
    };
    struct usage_catalog *catalog = shop("name");
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    for (int i = 0; i < 4000; i++) {
        g_autoptr(GString) body = g_string_new("BEGIN ");
        struct usage usage;
        for (int n = g_rand_int_range(random, 1, 12); n > 0; n--)
            g_string_append(body,
                            pieces[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(pieces))]);
        g_autofree char *definition = g_strdup_printf(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $x$ %s END $x$", body->str);
        usage_of_function(catalog, "plpgsql", definition, body->str, i % 2, &usage);
        gboolean plain =
            !strstr(body->str, "--") && !strstr(body->str, "/*") && !strchr(body->str, '\'');
        if (plain && usage.kind == USAGE_NONE && strstr(body->str, "SELECT name FROM users "))
            fail_msg("judged unused: %s", body->str);
        usage_clear(&usage);
    }
    usage_catalog_free(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_same_name_elsewhere),
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_relation_names),
        cmocka_unit_test(test_ddl),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_mixed_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
