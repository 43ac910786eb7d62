/* The catalog, read once for a plan: a few queries in one snapshot, made into plain data. */
#include "config.h"
#include "engine/preflight-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

static void column_free(gpointer data)
{
    struct catalog_column *column = data;
    g_free(column->name);
    g_free(column->type);
    g_free(column->collation);
    g_free(column->default_sql);
    g_free(column);
}

void catalog_columns_free(GPtrArray *columns)
{
    g_ptr_array_set_free_func(columns, column_free);
    g_ptr_array_unref(columns);
}

static void trigger_free(gpointer data)
{
    struct catalog_trigger *trigger = data;
    g_free(trigger->name);
    g_free(trigger->function);
    g_strfreev(trigger->columns);
    g_free(trigger);
}

static void fact_free(gpointer data)
{
    struct catalog_fact *fact = data;
    g_free(fact->kind);
    g_free(fact->column);
    g_free(fact->name);
    g_free(fact);
}

static void table_free(gpointer data)
{
    struct catalog_table *table = data;
    g_free(table->schema);
    g_free(table->name);
    g_free(table->relid);
    g_free(table->owner);
    g_free(table->ddl_role);
    g_clear_pointer(&table->key, json_array_unref);
    g_free(table->key_refused);
    g_free(table->odd_parts);
    g_ptr_array_unref(table->columns);
    g_ptr_array_unref(table->triggers);
    g_ptr_array_unref(table->facts);
    g_free(table);
}

void catalog_free(struct catalog *catalog)
{
    if (!catalog)
        return;
    g_free(catalog->logical_slots);
    g_free(catalog->control_publications);
    g_ptr_array_unref(catalog->tables);
    g_clear_pointer(&catalog->definitions, g_hash_table_unref);
    g_clear_pointer(&catalog->references, g_hash_table_unref);
    g_free(catalog);
}

const char *catalog_definition(const struct catalog *catalog, const struct plan_step *step)
{
    return catalog->definitions ? g_hash_table_lookup(catalog->definitions, step) : NULL;
}

void catalog_definition_take(struct catalog *catalog, const struct plan_step *step, char *text)
{
    if (!catalog->definitions)
        catalog->definitions = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_hash_table_insert(catalog->definitions, (gpointer)step, text);
}

char **catalog_references(const struct catalog *catalog, const struct plan_step *step)
{
    return catalog->references ? g_hash_table_lookup(catalog->references, step) : NULL;
}

void catalog_references_take(struct catalog *catalog, const struct plan_step *step, char **names)
{
    if (!catalog->references)
        catalog->references = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_strfreev);
    g_hash_table_insert(catalog->references, (gpointer)step, names);
}

const struct plan_step *step_table_source(const struct plan *plan, const struct plan_step *step)
{
    const struct plan_step *of = step->of ? plan_step_find(plan, step->of) : NULL;
    return of ? of : step;
}

struct catalog_table *catalog_table_find(const struct catalog *catalog, const struct plan *plan,
                                         const struct plan_step *step)
{
    const struct plan_step *source = step_table_source(plan, step);
    for (guint i = 0; source->table && i < catalog->tables->len; i++) {
        struct catalog_table *table = g_ptr_array_index(catalog->tables, i);
        if (strcmp(table->schema, source->schema) == 0 && strcmp(table->name, source->table) == 0)
            return table;
    }
    return NULL;
}

struct catalog_table *catalog_into_find(const struct catalog *catalog, const struct plan_step *step)
{
    for (guint i = 0; step->into && i < catalog->tables->len; i++) {
        struct catalog_table *table = g_ptr_array_index(catalog->tables, i);
        if (strcmp(table->schema, step->into_schema) == 0 && strcmp(table->name, step->into) == 0)
            return table;
    }
    return NULL;
}

struct catalog_column *catalog_column_find(const struct catalog_table *table, const char *name)
{
    for (guint i = 0; i < table->columns->len; i++) {
        struct catalog_column *column = g_ptr_array_index(table->columns, i);
        if (!column->dropped_by && strcmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}

char *catalog_facts_format(const struct catalog_table *table, const char *kind, const char *column)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < table->facts->len; i++) {
        const struct catalog_fact *fact = g_ptr_array_index(table->facts, i);
        if (strcmp(fact->kind, kind) == 0 && g_strcmp0(fact->column, column) == 0)
            g_string_append_printf(out, "%s%s", out->len ? ", " : "", fact->name);
    }
    return g_string_free(out, out->len == 0);
}

/* The values of a row by the names of its columns. */
struct row {
    const struct db_reply *reply;
    int row;
};

static const char *row_text(struct row row, const char *name)
{
    int column = db_reply_column(row.reply, name);
    g_return_val_if_fail(column >= 0, NULL);
    return db_reply_text(row.reply, row.row, column);
}

static gboolean row_bool(struct row row, const char *name)
{
    const char *text = row_text(row, name);
    return text && *text == 't';
}

static struct catalog_table *table_by_relid(const struct catalog *catalog, const char *relid)
{
    for (guint i = 0; i < catalog->tables->len; i++) {
        struct catalog_table *table = g_ptr_array_index(catalog->tables, i);
        if (g_strcmp0(table->relid, relid) == 0)
            return table;
    }
    return NULL;
}

static void default_take(struct catalog_column *column, struct row row)
{
    g_free(column->default_sql);
    column->default_sql = g_strdup(row_text(row, "default_sql"));
    column->default_constant = row_bool(row, "default_constant");
    column->has_default = row_bool(row, "has_default");
}

static void column_take(struct catalog_table *table, struct row row)
{
    struct catalog_column *column = g_new0(struct catalog_column, 1);
    column->name = g_strdup(row_text(row, "name"));
    column->type = g_strdup(row_text(row, "type"));
    column->collation = g_strdup(row_text(row, "collation"));
    column->not_null = row_bool(row, "not_null");
    default_take(column, row);
    column->generated = row_bool(row, "generated");
    column->identity_always = row_bool(row, "identity_always");
    column->has_grants = row_bool(row, "has_grants");
    column->collation_moved = row_bool(row, "collation_moved");
    g_ptr_array_add(table->columns, column);
}

static JsonNode *json_read(const char *text)
{
    return text ? json_from_string(text, NULL) : NULL;
}

static void trigger_take(struct catalog_table *table, struct row row)
{
    struct catalog_trigger *trigger = g_new0(struct catalog_trigger, 1);
    trigger->name = g_strdup(row_text(row, "name"));
    trigger->function = g_strdup(row_text(row, "function"));
    trigger->is_row = row_bool(row, "is_row");
    trigger->is_before = row_bool(row, "is_before");
    trigger->on_insert = row_bool(row, "on_insert");
    trigger->on_update = row_bool(row, "on_update");
    JsonNode *columns = json_read(row_text(row, "columns"));
    if (columns) {
        JsonArray *names = json_node_get_array(columns);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i < json_array_get_length(names); i++)
            g_strv_builder_add(builder, json_array_get_string_element(names, i));
        trigger->columns = g_strv_builder_end(builder);
        json_node_unref(columns);
    }
    g_ptr_array_add(table->triggers, trigger);
}

static void fact_take(struct catalog_table *table, struct row row)
{
    struct catalog_fact *fact = g_new0(struct catalog_fact, 1);
    fact->kind = g_strdup(row_text(row, "kind"));
    fact->column = g_strdup(row_text(row, "column_name"));
    fact->name = g_strdup(row_text(row, "name"));
    g_ptr_array_add(table->facts, fact);
}

/* Hands the rows of one query to the tables that they belong to. */
static gboolean read_of_tables(struct db_conn *conn, struct catalog *catalog, const char *query,
                               void (*take)(struct catalog_table *table, struct row row),
                               GError **error)
{
    g_autoptr(GString) relids = g_string_new("{");
    for (guint i = 0; i < catalog->tables->len; i++) {
        const struct catalog_table *table = g_ptr_array_index(catalog->tables, i);
        if (table->relid)
            g_string_append_printf(relids, "%s%s", relids->len > 1 ? "," : "", table->relid);
    }
    g_string_append_c(relids, '}');
    const char *params[] = {relids->str};
    struct db_reply *reply = db_conn_query_wait(conn, resource_text(query), 1, params, error);
    if (!reply)
        return FALSE;
    for (int i = 0; i < db_reply_rows(reply); i++) {
        struct row row = {reply, i};
        struct catalog_table *table = table_by_relid(catalog, row_text(row, "relid"));
        if (table)
            take(table, row);
    }
    db_reply_free(reply);
    return TRUE;
}

gboolean catalog_default_read(struct db_conn *conn, const char *relid,
                              struct catalog_column *column, GError **error)
{
    g_autofree char *relids = g_strdup_printf("{%s}", relid);
    const char *params[] = {relids};
    struct db_reply *reply = db_conn_query_wait(
        conn, resource_text("engine/sql/preflight-columns.sql"), 1, params, error);
    if (!reply)
        return FALSE;
    for (int i = 0; i < db_reply_rows(reply); i++) {
        struct row row = {reply, i};
        if (g_strcmp0(row_text(row, "name"), column->name) == 0)
            default_take(column, row);
    }
    db_reply_free(reply);
    return TRUE;
}

static void table_take(struct catalog_table *table, struct row row)
{
    const char *rows = row_text(row, "rows_total"), *kind = row_text(row, "relkind");
    table->schema_exists = row_bool(row, "schema_exists");
    table->relid = g_strdup(row_text(row, "relid"));
    table->rows_total = rows ? g_ascii_strtoll(rows, NULL, 10) : -1;
    if (!table->relid)
        return;
    table->kind = *kind;
    table->persistence = *row_text(row, "relpersistence");
    table->is_partition = row_bool(row, "relispartition");
    table->is_system = row_bool(row, "is_system");
    table->has_children = row_bool(row, "has_children");
    table->has_parent = row_bool(row, "has_parent");
    table->row_security = row_bool(row, "relrowsecurity");
    table->owner = g_strdup(row_text(row, "owner"));
    table->odd_parts = g_strdup(row_text(row, "odd_parts"));
    table->owner_super = row_bool(row, "owner_super");
    table->ddl_role = g_strdup(row_text(row, "ddl_role"));
    table->role_owns = row_bool(row, "role_owns");
    table->schema_usage = row_bool(row, "schema_usage");
    table->schema_create = row_bool(row, "schema_create");
    table->engine_member = row_bool(row, "engine_member");
    table->has_replica_identity = row_bool(row, "has_replica_identity");
    table->attributes = (int)g_ascii_strtoll(row_text(row, "attributes"), NULL, 10);
    table->key_refused = g_strdup(row_text(row, "key_refused"));
    JsonNode *key = json_read(row_text(row, "key"));
    if (key) {
        table->key = json_node_dup_array(key);
        json_node_unref(key);
    }
}

/* The tables that the plan names, each once, in the order of its steps. */
static void table_collect(struct catalog *catalog, const struct plan_step *step, const char *schema,
                          const char *name)
{
    struct catalog_table *table = g_new0(struct catalog_table, 1);
    table->first = step;
    table->schema = g_strdup(schema);
    table->name = g_strdup(name);
    table->columns = g_ptr_array_new_with_free_func(column_free);
    table->triggers = g_ptr_array_new_with_free_func(trigger_free);
    table->facts = g_ptr_array_new_with_free_func(fact_free);
    g_ptr_array_add(catalog->tables, table);
}

static void tables_collect(struct catalog *catalog, const struct plan *plan)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        gboolean into = step->kind == KIND_SYNC || step->kind == KIND_BACKFILL;
        if (step->table && !catalog_table_find(catalog, plan, step))
            table_collect(catalog, step, step->schema, step->table);
        if (into && step->into && !catalog_into_find(catalog, step))
            table_collect(catalog, step, step->into_schema, step->into);
    }
}

static char *tables_json(const struct catalog *catalog)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_array(builder);
    for (guint i = 0; i < catalog->tables->len; i++) {
        const struct catalog_table *table = g_ptr_array_index(catalog->tables, i);
        json_builder_begin_object(builder);
        json_builder_set_member_name(builder, "schema");
        json_builder_add_string_value(builder, table->schema);
        json_builder_set_member_name(builder, "table");
        json_builder_add_string_value(builder, table->name);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    return json_to_string(root, FALSE);
}

static gboolean read_server(struct db_conn *conn, struct catalog *catalog, const struct plan *plan,
                            GError **error)
{
    const char *params[] = {plan->role};
    struct db_reply *reply = db_conn_query_wait(
        conn, resource_text("engine/sql/preflight-server.sql"), 1, params, error);
    if (!reply)
        return FALSE;
    struct row row = {reply, 0};
    catalog->in_recovery = row_bool(row, "in_recovery");
    catalog->installed = row_bool(row, "installed");
    catalog->may_load = row_bool(row, "may_load");
    catalog->role_exists = row_bool(row, "role_exists");
    catalog->role_super = row_bool(row, "role_super");
    catalog->logical_slots = g_strdup(row_text(row, "logical_slots"));
    catalog->control_publications = g_strdup(row_text(row, "control_publications"));
    db_reply_free(reply);
    return TRUE;
}

static gboolean read_tables(struct db_conn *conn, struct catalog *catalog, const struct plan *plan,
                            GError **error)
{
    g_autofree char *wanted = tables_json(catalog);
    const char *params[] = {wanted, plan->role};
    struct db_reply *reply = db_conn_query_wait(
        conn, resource_text("engine/sql/preflight-tables.sql"), 2, params, error);
    if (!reply)
        return FALSE;
    for (int i = 0; i < db_reply_rows(reply); i++)
        table_take(g_ptr_array_index(catalog->tables, (guint)i), (struct row){reply, i});
    db_reply_free(reply);
    return TRUE;
}

/* The columns in the database's own collation, as to its version. */
static gboolean read_default_collation(struct db_conn *conn, struct catalog *catalog,
                                       GError **error)
{
    if (db_conn_server_version(conn) < 150000) /* it has no version there */
        return TRUE;
    struct db_reply *reply = db_conn_query_wait(
        conn, resource_text("engine/sql/preflight-collation.sql"), 0, NULL, error);
    gboolean ok = reply != NULL, moved = ok && db_reply_bool(reply, 0, 0);
    db_reply_free(reply);
    for (guint i = 0; moved && i < catalog->tables->len; i++) {
        struct catalog_table *table = g_ptr_array_index(catalog->tables, i);
        for (guint j = 0; j < table->columns->len; j++) {
            struct catalog_column *column = g_ptr_array_index(table->columns, j);
            if (g_strcmp0(column->collation, "pg_catalog.\"default\"") == 0)
                column->collation_moved = TRUE;
        }
    }
    return ok;
}

static gboolean read_all(struct db_conn *conn, struct catalog *catalog, const struct plan *plan,
                         GError **error)
{
    return read_server(conn, catalog, plan, error) && read_tables(conn, catalog, plan, error) &&
           read_of_tables(conn, catalog, "engine/sql/preflight-columns.sql", column_take, error) &&
           read_default_collation(conn, catalog, error) &&
           read_of_tables(conn, catalog, "engine/sql/preflight-triggers.sql", trigger_take,
                          error) &&
           read_of_tables(conn, catalog, "engine/sql/preflight-facts.sql", fact_take, error);
}

struct catalog *catalog_read(struct db_conn *conn, const struct plan *plan, GError **error)
{
    struct db_reply *reply =
        db_conn_query_wait(conn, resource_text("engine/sql/preflight-begin.sql"), 0, NULL, error);
    if (!reply)
        return NULL;
    db_reply_free(reply);
    struct catalog *catalog = g_new0(struct catalog, 1);
    catalog->tables = g_ptr_array_new_with_free_func(table_free);
    tables_collect(catalog, plan);
    gboolean ok = read_all(conn, catalog, plan, error);
    /* a lost connection is in `error` already */
    db_reply_free(db_conn_query_wait(conn, "ROLLBACK", 0, NULL, NULL));
    if (ok)
        return catalog;
    catalog_free(catalog);
    return NULL;
}
