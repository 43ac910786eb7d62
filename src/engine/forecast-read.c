/* What a forecast reads of the server and of a table. */
#include "config.h"
#include "engine/forecast-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/resource.h"

#define LOCK_MS 100
#define READ_MS 5000

static const char *text_of(const struct db_reply *reply, int row, const char *name)
{
    int column = db_reply_column(reply, name);
    g_return_val_if_fail(column >= 0, NULL);
    return db_reply_text(reply, row, column);
}

static double number_of(const struct db_reply *reply, int row, const char *name)
{
    const char *text = text_of(reply, row, name);
    return text ? g_ascii_strtod(text, NULL) : NAN;
}

static gboolean flag_of(const struct db_reply *reply, int row, const char *name)
{
    const char *text = text_of(reply, row, name);
    return text && *text == 't';
}

/* Search path and quoting as the engine's sessions have them; nothing waits long. */
static char *begin_sql(const struct forecast_run *run, gboolean writes, int statement_ms)
{
    g_autofree char *schema = db_ident(run->plan->schema);
    return g_strdup_printf(
        "BEGIN ISOLATION LEVEL READ COMMITTED READ %s; SET LOCAL statement_timeout = %d; "
        "SET LOCAL lock_timeout = %d; SET LOCAL search_path = %s, pg_catalog, pg_temp; "
        "SET LOCAL row_security = off; SET LOCAL jit = off; SET LOCAL TimeZone = 'UTC'; "
        "SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; "
        "SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; ",
        writes ? "WRITE" : "ONLY", statement_ms, LOCK_MS, schema);
}

struct db_reply *forecast_ask(struct forecast_run *run, char *sql, gboolean writes,
                              int statement_ms, GError **error)
{
    g_autofree char *statement = sql;
    g_autofree char *begin = begin_sql(run, writes, statement_ms);
    g_autofree char *message = g_strconcat(begin, statement, "; ROLLBACK", NULL);
    struct db_reply *reply = db_conn_query_wait(run->conn, message, 0, NULL, error);
    if (!reply && db_conn_is_open(run->conn))
        db_reply_free(db_conn_query_wait(run->conn, "ROLLBACK", 0, NULL, NULL));
    return reply;
}

static struct db_reply *ask_file(struct forecast_run *run, const char *file, const char *param,
                                 GError **error)
{
    g_autofree char *name = g_strdup_printf("engine/sql/forecast-%s.sql", file);
    g_autofree char *value = db_literal(param);
    g_auto(GStrv) parts = g_strsplit(resource_text(name), "$1", -1);
    return forecast_ask(run, g_strjoinv(value, parts), FALSE, READ_MS, error);
}

gboolean forecast_server_read(struct forecast_run *run, GError **error)
{
    struct forecast_server *server = &run->server;
    struct db_reply *reply = ask_file(run, "server", NULL, error);
    if (!reply)
        return FALSE;
    server->in_recovery = flag_of(reply, 0, "in_recovery");
    server->full_page_writes = flag_of(reply, 0, "full_page_writes");
    server->autovacuum = flag_of(reply, 0, "autovacuum");
    server->page_bytes = number_of(reply, 0, "block_size");
    server->wal_position = number_of(reply, 0, "wal_position");
    server->slot_limit = number_of(reply, 0, "slot_limit");
    server->freeze_max_age = number_of(reply, 0, "freeze_max_age");
    server->segment_bytes = number_of(reply, 0, "segment_bytes");
    server->checkpoint_s = number_of(reply, 0, "checkpoint_s");
    server->checkpoint_bytes = number_of(reply, 0, "checkpoint_bytes");
    server->session_xmin_age = number_of(reply, 0, "session_xmin_age");
    server->slot_xmin_age = number_of(reply, 0, "slot_xmin_age");
    server->prepared_xmin_age = number_of(reply, 0, "prepared_xmin_age");
    server->oldest_transaction_s = number_of(reply, 0, "oldest_transaction_s");
    server->synchronous = (int)number_of(reply, 0, "synchronous");
    server->replicas = (int)number_of(reply, 0, "replicas");
    server->backend_pid = (int)number_of(reply, 0, "backend_pid");
    server->archive_mode = g_strdup(text_of(reply, 0, "archive_mode"));
    server->data_directory = g_strdup(text_of(reply, 0, "data_directory"));
    db_reply_free(reply);
    return TRUE;
}

void forecast_server_clear(struct forecast_server *server)
{
    g_free(server->archive_mode);
    g_free(server->data_directory);
}

/* --- the table */

static void leaf_free(void *data)
{
    struct forecast_leaf *leaf = data;
    g_free(leaf->oid);
    g_free(leaf->table);
    g_free(leaf);
}

static void index_free(void *data)
{
    struct forecast_index *index = data;
    g_free(index->name);
    g_strfreev(index->columns);
    g_free(index);
}

static void trigger_free(void *data)
{
    struct forecast_trigger *trigger = data;
    g_free(trigger->name);
    g_strfreev(trigger->columns);
    g_free(trigger);
}

static void column_free(void *data)
{
    struct forecast_column *column = data;
    g_free(column->name);
    g_free(column);
}

void forecast_table_free(struct forecast_table *table)
{
    if (!table)
        return;
    g_ptr_array_unref(table->leaves);
    g_ptr_array_unref(table->indexes);
    g_ptr_array_unref(table->triggers);
    g_ptr_array_unref(table->columns);
    g_free(table->substitute);
    g_free(table->tablespace);
    g_free(table);
}

static char **names_of(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);
    if (!node || !JSON_NODE_HOLDS_ARRAY(node))
        return NULL;
    JsonArray *array = json_node_get_array(node);
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    for (guint i = 0; i < json_array_get_length(array); i++)
        g_strv_builder_add(names, json_array_get_string_element(array, i));
    return g_strv_builder_end(names);
}

static void leaf_take(struct forecast_table *table, JsonObject *object)
{
    struct forecast_leaf *leaf = g_new0(struct forecast_leaf, 1);
    leaf->oid = g_strdup_printf("%" G_GINT64_FORMAT, json_object_get_int_member(object, "oid"));
    leaf->table = g_strdup(json_object_get_string_member(object, "table"));
    leaf->pages = json_object_get_double_member(object, "pages");
    table->pages += leaf->pages;
    g_ptr_array_add(table->leaves, leaf);
}

static void index_take(struct forecast_table *table, JsonObject *object)
{
    struct forecast_index *index = g_new0(struct forecast_index, 1);
    index->name = g_strdup(json_object_get_string_member(object, "name"));
    index->bytes = json_object_get_double_member(object, "bytes");
    index->brin = json_object_get_boolean_member(object, "brin");
    index->columns = names_of(object, "columns");
    g_ptr_array_add(table->indexes, index);
}

static void trigger_take(struct forecast_table *table, JsonObject *object)
{
    struct forecast_trigger *trigger = g_new0(struct forecast_trigger, 1);
    trigger->name = g_strdup(json_object_get_string_member(object, "name"));
    trigger->columns = names_of(object, "columns");
    g_ptr_array_add(table->triggers, trigger);
}

static void column_take(struct forecast_table *table, JsonObject *object)
{
    struct forecast_column *column = g_new0(struct forecast_column, 1);
    column->name = g_strdup(json_object_get_string_member(object, "name"));
    column->length = (int)json_object_get_int_member(object, "length");
    g_ptr_array_add(table->columns, column);
}

static void take_each(struct forecast_table *table, const struct db_reply *reply, const char *name,
                      void (*take)(struct forecast_table *table, JsonObject *object))
{
    const char *text = text_of(reply, 0, name);
    g_autoptr(JsonNode) node = text ? json_from_string(text, NULL) : NULL;
    JsonArray *array = node ? json_node_get_array(node) : NULL;
    for (guint i = 0; array && i < json_array_get_length(array); i++)
        take(table, json_array_get_object_element(array, i));
}

struct forecast_table *forecast_table_read(struct forecast_run *run,
                                           const struct catalog_table *catalog, GError **error)
{
    struct db_reply *reply = ask_file(run, "table", catalog->relid, error);
    if (!reply)
        return NULL;
    struct forecast_table *table = g_new0(struct forecast_table, 1);
    table->catalog = catalog;
    table->leaves = g_ptr_array_new_with_free_func(leaf_free);
    table->indexes = g_ptr_array_new_with_free_func(index_free);
    table->triggers = g_ptr_array_new_with_free_func(trigger_free);
    table->columns = g_ptr_array_new_with_free_func(column_free);
    take_each(table, reply, "leaves", leaf_take);
    take_each(table, reply, "indexes", index_take);
    take_each(table, reply, "triggers", trigger_take);
    take_each(table, reply, "columns", column_take);
    table->relpages = number_of(reply, 0, "relpages");
    table->reltuples = number_of(reply, 0, "reltuples");
    table->analyzed_s = number_of(reply, 0, "analyzed_s");
    table->modified = number_of(reply, 0, "modified");
    table->dead = number_of(reply, 0, "dead");
    table->live = number_of(reply, 0, "live");
    table->vacuumed_s = number_of(reply, 0, "vacuumed_s");
    table->frozen_age = number_of(reply, 0, "frozen_age");
    double fillfactor = number_of(reply, 0, "fillfactor");
    table->fillfactor = isnan(fillfactor) ? 100 : (int)fillfactor;
    table->autovacuum_off = flag_of(reply, 0, "autovacuum_off");
    table->identity_full = flag_of(reply, 0, "identity_full");
    table->may_update = flag_of(reply, 0, "may_update");
    table->substitute = g_strdup(text_of(reply, 0, "substitute"));
    table->tablespace = g_strdup(text_of(reply, 0, "tablespace"));
    db_reply_free(reply);
    return table;
}

/* --- slots and archive */

static void slot_free(void *data)
{
    struct forecast_slot *slot = data;
    g_free(slot->name);
    g_free(slot->type);
    g_free(slot);
}

/* `retained` is what the slot held back at the first look, so that a later one shows whether it moved. */
static void slot_take(struct forecast_run *run, const struct db_reply *reply, int row)
{
    struct forecast_slot *slot = g_new0(struct forecast_slot, 1);
    slot->name = g_strdup(text_of(reply, row, "name"));
    slot->type = g_strdup(text_of(reply, row, "type"));
    slot->active = flag_of(reply, row, "active");
    slot->retained = number_of(reply, row, "retained");
    slot->position = number_of(reply, row, "position");
    slot->room = number_of(reply, row, "room");
    slot->lost = g_strcmp0(text_of(reply, row, "wal_status"), "lost") == 0;
    slot->limit = run->server.slot_limit < 0 ? NAN : run->server.slot_limit;
    slot->full_s = NAN;
    g_ptr_array_add(run->forecast->slots, slot);
}

gboolean forecast_outside_read(struct forecast_run *run, GError **error)
{
    struct forecast *forecast = run->forecast;
    struct forecast_archive *archive = &forecast->archive;
    struct db_reply *reply = ask_file(run, "slots", NULL, error);
    if (!reply)
        return FALSE;
    forecast->slots = g_ptr_array_new_with_free_func(slot_free);
    for (int row = 0; row < db_reply_rows(reply); row++)
        slot_take(run, reply, row);
    db_reply_free(reply);
    reply = ask_file(run, "archive", NULL, error);
    if (!reply)
        return FALSE;
    archive->mode = g_strdup(run->server.archive_mode);
    archive->failing = flag_of(reply, 0, "failing");
    archive->waiting = number_of(reply, 0, "waiting");
    archive->bytes_per_s = number_of(reply, 0, "bytes_per_s");
    db_reply_free(reply);
    return TRUE;
}

gboolean forecast_outside_again(struct forecast_run *run, GError **error)
{
    struct db_reply *reply = ask_file(run, "slots", NULL, error);
    for (int row = 0; reply && row < db_reply_rows(reply); row++)
        for (guint i = 0; i < run->forecast->slots->len; i++) {
            struct forecast_slot *slot = g_ptr_array_index(run->forecast->slots, i);
            if (strcmp(slot->name, text_of(reply, row, "name")) != 0)
                continue;
            double position = number_of(reply, row, "position");
            slot->active = flag_of(reply, row, "active");
            slot->moved = position > slot->position;
            slot->retained = number_of(reply, row, "retained");
            slot->room = number_of(reply, row, "room");
        }
    gboolean ok = reply != NULL;
    db_reply_free(reply);
    return ok;
}
