/* Random statements over tables that have a column, and over the same tables without it: whatever a server
 * takes with the column and not without it must not be judged "does not use it". argv: a conninfo, a
 * seed, how many. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgrollout/lint/usage.h"
#include "pgrollout/pg/conn.h"

static const char setup[] =
    "CREATE SCHEMA a; CREATE SCHEMA b;"
    "CREATE TABLE a.users (id text PRIMARY KEY, name text UNIQUE, email text);"
    "CREATE TABLE a.orders (id text PRIMARY KEY, email text, label text);"
    "CREATE TABLE a.products (id text PRIMARY KEY, name text, owner text);"
    "CREATE TABLE b.users (id text PRIMARY KEY, email text);"
    "CREATE TABLE b.orders (id text PRIMARY KEY, email text, label text);"
    "CREATE TABLE b.products (id text PRIMARY KEY, name text, owner text)";

struct maker {
    GRand *random;
    GString *out;
    int depth;
    int aliases; /* given so far: t1, t2 … */
};

static int pick(struct maker *maker, int n)
{
    return g_rand_int_range(maker->random, 0, n);
}

static void put(struct maker *maker, const char *text)
{
    g_string_append(maker->out, text);
}

static void select_make(struct maker *maker, int columns);

static const char *any(struct maker *maker, const char *const *words, int n)
{
    return words[pick(maker, n)];
}

static void alias_put(struct maker *maker)
{
    static const char *const words[] = {"users", "orders", "products", "cte"};
    if (maker->aliases && pick(maker, 3))
        g_string_append_printf(maker->out, "t%d", 1 + pick(maker, maker->aliases));
    else
        put(maker, any(maker, words, 4));
}

static void column_make(struct maker *maker)
{
    static const char *const columns[] = {"id", "name", "name", "email", "label", "owner"};
    if (pick(maker, 2)) {
        alias_put(maker);
        put(maker, ".");
    }
    put(maker, any(maker, columns, 6));
}

static void expression_make(struct maker *maker)
{
    int kind = maker->depth > 3 ? pick(maker, 5) : pick(maker, 12);
    maker->depth++;
    if (kind < 4) {
        column_make(maker);
    } else if (kind == 4) {
        put(maker, "'x'");
    } else if (kind == 5) {
        put(maker, "lower(");
        expression_make(maker);
        put(maker, ")");
    } else if (kind == 6) {
        alias_put(maker);
        put(maker, "::text");
    } else if (kind == 7) {
        put(maker, "(SELECT ");
        select_make(maker, 1);
        put(maker, " LIMIT 1)");
    } else if (kind == 8) {
        put(maker, "(EXISTS (SELECT ");
        select_make(maker, pick(maker, 2));
        put(maker, "))::text");
    } else if (kind == 9) {
        put(maker, "(");
        alias_put(maker);
        put(maker, pick(maker, 2) ? ").name" : ").email");
    } else if (kind == 10) {
        put(maker, "coalesce(");
        expression_make(maker);
        put(maker, ", ");
        expression_make(maker);
        put(maker, ")");
    } else {
        put(maker, "row_to_json(");
        alias_put(maker);
        put(maker, ")::text");
    }
    maker->depth--;
}

static void name_table(struct maker *maker)
{
    static const char *const tables[] = {"users", "users", "orders", "products", "cte"};
    put(maker, any(maker, tables, 5));
    if (pick(maker, 2))
        g_string_append_printf(maker->out, " t%d", ++maker->aliases);
}

static void entry_make(struct maker *maker)
{
    static const char *const joins[] = {" JOIN ", " LEFT JOIN "};
    int kind = maker->depth > 2 ? pick(maker, 3) : pick(maker, 9);
    maker->depth++;
    if (kind < 4) {
        name_table(maker);
    } else if (kind == 4) {
        name_table(maker);
        put(maker, any(maker, joins, 2));
        entry_make(maker);
        put(maker, " ON ");
        expression_make(maker);
        put(maker, " = ");
        expression_make(maker);
    } else if (kind == 5) {
        name_table(maker);
        put(maker, any(maker, joins, 2));
        name_table(maker);
        put(maker, pick(maker, 2) ? " USING (name)" : " USING (id)");
    } else if (kind == 6) {
        name_table(maker);
        put(maker, " NATURAL JOIN ");
        name_table(maker);
    } else if (kind == 7) {
        put(maker, pick(maker, 2) ? "LATERAL (SELECT " : "(SELECT ");
        select_make(maker, 1 + pick(maker, 2));
        g_string_append_printf(maker->out, ") t%d", ++maker->aliases);
    } else {
        put(maker, "(");
        entry_make(maker);
        put(maker, " CROSS JOIN ");
        name_table(maker);
        g_string_append_printf(maker->out, ") AS t%d", ++maker->aliases);
    }
    maker->depth--;
}

/* What stands behind SELECT; 0 columns: a star. */
static void select_make(struct maker *maker, int columns)
{
    static const char *const names[] = {"", "", " AS name", " AS id"};
    GString *outer = maker->out, *targets = g_string_new(NULL);
    GString *from = g_string_new(NULL);
    maker->depth++;
    maker->out = from;
    for (int i = 0; i <= pick(maker, 2); i++) {
        put(maker, i ? ", " : " FROM ");
        entry_make(maker);
    }
    maker->out = targets;
    for (int i = 0; i < columns; i++) {
        put(maker, i ? ", " : "");
        expression_make(maker);
        put(maker, any(maker, names, 4));
    }
    if (columns == 0)
        put(maker, "*");
    maker->out = outer;
    put(maker, targets->str);
    put(maker, from->str);
    g_string_free(targets, TRUE);
    g_string_free(from, TRUE);
    if (pick(maker, 2)) {
        put(maker, " WHERE ");
        expression_make(maker);
        put(maker, " = ");
        expression_make(maker);
    }
    if (columns == 1 && pick(maker, 4) == 0)
        put(maker, " ORDER BY name");
    maker->depth--;
}

static void insert_make(struct maker *maker)
{
    static const char *const heads[] = {"INSERT INTO users ", "INSERT INTO users (id, email) ",
                                        "INSERT INTO users (name, id) ", "INSERT INTO orders (id) ",
                                        "INSERT INTO users (id) "};
    int head = pick(maker, 5);
    put(maker, heads[head]);
    put(maker, "SELECT ");
    select_make(maker, head == 0 ? 1 + pick(maker, 2) : head < 3 ? 2 : 1);
    if (pick(maker, 2))
        put(maker, pick(maker, 2) ? " ON CONFLICT (id) DO UPDATE SET email = excluded.name"
                                  : " ON CONFLICT (id) DO UPDATE SET email = excluded.email");
    if (pick(maker, 3) == 0)
        put(maker, pick(maker, 2) ? " RETURNING *" : " RETURNING id");
}

static void change_make(struct maker *maker)
{
    static const char *const heads[] = {
        "UPDATE users SET email = ", "UPDATE users t1 SET name = ", "UPDATE orders SET label = ",
        "UPDATE users SET (email) = ROW("};
    int head = pick(maker, 4);
    maker->aliases = 1;
    put(maker, heads[head]);
    expression_make(maker);
    put(maker, head == 3 ? ")" : "");
    if (pick(maker, 2)) {
        put(maker, " FROM ");
        entry_make(maker);
    }
    put(maker, " WHERE ");
    expression_make(maker);
    put(maker, " = 'y'");
}

static void merge_make(struct maker *maker)
{
    static const char *const whens[] = {
        "MATCHED THEN DELETE", "MATCHED THEN UPDATE SET email = t2.email",
        "MATCHED THEN UPDATE SET name = 'x'", "NOT MATCHED THEN INSERT VALUES (t2.id)",
        "NOT MATCHED THEN INSERT (id) VALUES (t2.email)"};
    maker->aliases = 2;
    put(maker, pick(maker, 2) ? "MERGE INTO users t1 USING orders t2 ON "
                              : "MERGE INTO orders t1 USING users t2 ON ");
    expression_make(maker);
    put(maker, " = 'x' WHEN ");
    put(maker, any(maker, whens, 5));
}

static char *statement_make(struct maker *maker)
{
    maker->out = g_string_new(NULL);
    maker->depth = maker->aliases = 0;
    if (pick(maker, 3) == 0) {
        put(maker, pick(maker, 2) ? "WITH cte AS (SELECT " : "WITH users AS (SELECT ");
        select_make(maker, 1 + pick(maker, 2));
        put(maker, ") ");
        maker->depth = 0;
    }
    switch (pick(maker, 8)) {
    case 0:
        insert_make(maker);
        break;
    case 1:
        change_make(maker);
        break;
    case 2:
        merge_make(maker);
        break;
    default:
        put(maker, "SELECT ");
        select_make(maker, pick(maker, 4));
    }
    return g_string_free(maker->out, FALSE);
}

static gboolean server_takes(struct db_conn *conn, const char *schema, const char *sql)
{
    g_autofree char *message =
        g_strdup_printf("BEGIN; SET LOCAL search_path = %s; PREPARE p AS %s; "
                        "DEALLOCATE p; COMMIT",
                        schema, sql);
    g_autoptr(GError) error = NULL;
    struct db_reply *reply = db_conn_query_wait(conn, message, 0, NULL, &error);
    db_reply_free(reply);
    if (error)
        db_reply_free(db_conn_query_wait(conn, "ROLLBACK", 0, NULL, NULL));
    return !error;
}

struct tally {
    int taken, unused, wrong, unknown, careful;
};

static void try(struct db_conn *conn, const struct usage_catalog *catalog, const char *sql,
                struct tally *tally)
{
    struct usage usage;
    if (!server_takes(conn, "a", sql))
        return;
    gboolean without = server_takes(conn, "b", sql);
    usage_of_text(catalog, sql, USAGE_TEXT_WHOLE, &usage);
    tally->taken++;
    tally->unused += usage.kind == USAGE_NONE;
    tally->unknown += usage.kind == USAGE_UNKNOWN;
    tally->careful += usage.kind != USAGE_NONE && without && !usage.star;
    if (usage.kind == USAGE_NONE && !without) {
        printf("# judged unused, and breaks: %s\n", sql);
        tally->wrong++;
    }
    usage_clear(&usage);
}

static struct usage_catalog *catalog_make(void)
{
    struct usage_catalog *catalog = usage_catalog_new("a", "users", "name");
    usage_catalog_add_column(catalog, "id");
    usage_catalog_add_column(catalog, "name");
    usage_catalog_add_column(catalog, "email");
    usage_catalog_add_relation(catalog, "a", "orders", FALSE);
    usage_catalog_add_relation(catalog, "a", "products", TRUE);
    return catalog;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    struct db_target target = {.dbname = argc > 1 ? argv[1] : NULL};
    struct db_conn *conn = db_conn_new(&target, "usage-oracle");
    struct maker maker = {.random = g_rand_new_with_seed(argc > 2 ? (guint32)atoi(argv[2]) : 1)};
    struct tally tally = {0};
    if (!db_conn_open_wait(conn, &error))
        g_error("%s", error->message);
    db_reply_free(db_conn_query_wait(conn, setup, 0, NULL, &error));
    if (error)
        g_error("%s", error->message);
    struct usage_catalog *catalog = catalog_make();
    for (int i = argc > 3 ? atoi(argv[3]) : 1000; i > 0; i--) {
        g_autofree char *sql = statement_make(&maker);
        try(conn, catalog, sql, &tally);
    }
    printf("taken %d unused %d unknown %d careful %d wrong %d\n", tally.taken, tally.unused,
           tally.unknown, tally.careful, tally.wrong);
    usage_catalog_free(catalog);
    g_rand_free(maker.random);
    db_conn_free(conn);
    return tally.wrong > 0;
}
