/* All tables of keys under the names that the manual page gives them, and the words that only a
 * later version can do. */
#include "config.h"
#include "plan/fields-private.h"

const struct field_table field_tables[] = {
    {"plan", plan_fields},
    {"application", application_fields},
    {"statements", statements_fields},
    {"statement", statement_fields},
    {"command", command_fields},
    {"works", works_fields},
    {"step", step_fields},
    {"sql", sql_fields},
    {"add_column", add_column_fields},
    {"sync", sync_fields},
    {"drop_sync", drop_sync_fields},
    {"backfill", backfill_fields},
    {"batch", batch_fields},
    {"verify", verify_fields},
    {"not_null", column_fields},
    {"analyze", no_fields},
    {"check", check_fields},
    {"confirm", confirm_fields},
    {"drop_column", column_fields},
    {"add_table", add_table_fields},
    {"index", index_fields},
    {"constraint", constraint_fields},
    {"drop_not_null", column_fields},
    {"no_sessions", no_sessions_fields},
    {"unused", unused_fields},
    {"soak", soak_fields},
    {"replicas_caught_up", replicas_fields},
    {"brown_out", brown_out_fields},
    {"drop_table", drop_table_fields},
    {"drop_index", object_fields},
    {"drop_constraint", object_fields},
    {"add_view", object_fields},
    {"rename_table", rename_table_fields},
    {"guard", guard_fields},
    {NULL, NULL},
};

const char *const later_kinds[] = {
    NULL,
};
