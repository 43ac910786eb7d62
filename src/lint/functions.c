/* Functions that a plan must not call in an expression, or not at all. The tree gives names only:
 * what a schema's own function does is seen by the server's preflight, not here. */
#include "config.h"
#include "lint/functions-private.h"

#include <string.h>

struct function {
    const char *name; /* a trailing "*" stands for any ending */
    enum function_trait trait;
};

static const struct function functions[] = {
    /* sessions, settings, files, other servers, text that is executed */
    {"set_config", FUNCTION_FORBIDDEN},
    {"pg_terminate_backend", FUNCTION_FORBIDDEN},
    {"pg_cancel_backend", FUNCTION_FORBIDDEN},
    {"pg_reload_conf", FUNCTION_FORBIDDEN},
    {"pg_rotate_logfile*", FUNCTION_FORBIDDEN},
    {"pg_promote", FUNCTION_FORBIDDEN},
    {"pg_switch_wal", FUNCTION_FORBIDDEN},
    {"pg_wal_replay_*", FUNCTION_FORBIDDEN},
    {"pg_backup_*", FUNCTION_FORBIDDEN},
    {"pg_advisory_*", FUNCTION_FORBIDDEN},
    {"pg_try_advisory_*", FUNCTION_FORBIDDEN},
    {"pg_create_*slot", FUNCTION_FORBIDDEN},
    {"pg_drop_replication_slot", FUNCTION_FORBIDDEN},
    {"pg_logical_*", FUNCTION_FORBIDDEN},
    {"pg_replication_*", FUNCTION_FORBIDDEN},
    {"pg_export_snapshot", FUNCTION_FORBIDDEN},
    {"pg_read_file", FUNCTION_FORBIDDEN},
    {"pg_read_binary_file", FUNCTION_FORBIDDEN},
    {"pg_ls_*", FUNCTION_FORBIDDEN},
    {"lo_import", FUNCTION_FORBIDDEN},
    {"lo_export", FUNCTION_FORBIDDEN},
    {"dblink*", FUNCTION_FORBIDDEN},
    {"query_to_xml*", FUNCTION_FORBIDDEN},
    {"cursor_to_xml*", FUNCTION_FORBIDDEN},
    {"pg_sleep*", FUNCTION_FORBIDDEN},
    {"pg_copy_*slot", FUNCTION_FORBIDDEN},
    {"pg_create_restore_point", FUNCTION_FORBIDDEN},
    {"pg_start_backup", FUNCTION_FORBIDDEN},
    {"pg_stop_backup", FUNCTION_FORBIDDEN},
    {"pg_stat_file", FUNCTION_FORBIDDEN},
    {"pg_file_*", FUNCTION_FORBIDDEN},
    {"pg_logdir_ls", FUNCTION_FORBIDDEN},
    {"ts_stat", FUNCTION_FORBIDDEN}, /* executes a text, as do those below */
    {"ts_rewrite", FUNCTION_FORBIDDEN},
    {"crosstab*", FUNCTION_FORBIDDEN},
    {"connectby", FUNCTION_FORBIDDEN},
    /* writes */
    {"nextval", FUNCTION_WRITES},
    {"setval", FUNCTION_WRITES},
    {"lo_*", FUNCTION_WRITES},
    {"pg_notify", FUNCTION_WRITES},
    {"pg_import_system_collations", FUNCTION_WRITES},
    {"brin_*summarize_*", FUNCTION_WRITES},
    {"gin_clean_pending_list", FUNCTION_WRITES},
    {"txid_current", FUNCTION_WRITES},
    {"pg_current_xact_id", FUNCTION_WRITES},
    {"pg_stat_reset*", FUNCTION_WRITES},
    {"pg_stat_statements_reset", FUNCTION_WRITES},
    /* another value for every row */
    {"random", FUNCTION_VOLATILE},
    {"setseed", FUNCTION_VOLATILE},
    {"clock_timestamp", FUNCTION_VOLATILE},
    {"timeofday", FUNCTION_VOLATILE},
    {"gen_random_uuid", FUNCTION_VOLATILE},
    {"gen_random_bytes", FUNCTION_VOLATILE},
    {"gen_salt", FUNCTION_VOLATILE},
    {"uuid_generate_v1", FUNCTION_VOLATILE},
    {"uuid_generate_v1mc", FUNCTION_VOLATILE},
    {"uuid_generate_v4", FUNCTION_VOLATILE},
    {"currval", FUNCTION_VOLATILE},
    {"lastval", FUNCTION_VOLATILE},
    /* another value in every statement */
    {"now", FUNCTION_STABLE},
    {"transaction_timestamp", FUNCTION_STABLE},
    {"statement_timestamp", FUNCTION_STABLE},
    {"current_setting", FUNCTION_STABLE},
    {"pg_backend_pid", FUNCTION_STABLE},
    {"inet_client_addr", FUNCTION_STABLE},
    {"inet_client_port", FUNCTION_STABLE},
    {"inet_server_addr", FUNCTION_STABLE},
    {"pg_current_snapshot", FUNCTION_STABLE},
    {"txid_current_snapshot", FUNCTION_STABLE},
    {"current_database", FUNCTION_STABLE},
    {"current_schemas", FUNCTION_STABLE},
    {"current_query", FUNCTION_STABLE},
    /* aggregates */
    {"count", FUNCTION_AGGREGATE},
    {"sum", FUNCTION_AGGREGATE},
    {"avg", FUNCTION_AGGREGATE},
    {"min", FUNCTION_AGGREGATE},
    {"max", FUNCTION_AGGREGATE},
    {"bool_and", FUNCTION_AGGREGATE},
    {"bool_or", FUNCTION_AGGREGATE},
    {"every", FUNCTION_AGGREGATE},
    {"string_agg", FUNCTION_AGGREGATE},
    {"array_agg", FUNCTION_AGGREGATE},
    {"json*_agg", FUNCTION_AGGREGATE},
    {"row_number", FUNCTION_AGGREGATE},
};

enum function_trait function_trait(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(functions); i++)
        if (g_pattern_match_simple(functions[i].name, name))
            return functions[i].trait;
    return FUNCTION_PLAIN;
}

gboolean type_is_serial(const char *name)
{
    static const char *const serials[] = {"serial",  "bigserial", "smallserial", "serial4",
                                          "serial8", "serial2",   NULL};
    return g_strv_contains(serials, name);
}
