/* The preflight of a table: its kind, whom it belongs to, who must be able to act on it. */
#include "config.h"
#include "engine/preflight-private.h"

#include <string.h>

#include "pgrollout/base/nearest.h"
#include "pgrollout/base/resource.h"

/* The name of the nearest table (or schema) that exists; NULL. Free with g_free. */
static gboolean nearest_find(struct preflight *run, const struct catalog_table *table,
                             char **nearest, GError **error)
{
    const char *params[] = {table->schema};
    struct db_reply *reply = db_conn_query_wait(
        run->conn, resource_text("engine/sql/preflight-names.sql"), 1, params, error);
    if (!reply)
        return FALSE;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (int i = 0; i < db_reply_rows(reply); i++)
        g_ptr_array_add(names, (gpointer)db_reply_text(reply, i, 0));
    const char *wanted = table->schema_exists ? table->name : table->schema;
    *nearest = g_strdup(word_nearest(wanted, (const char *const *)names->pdata, names->len));
    db_reply_free(reply);
    return TRUE;
}

static gboolean report_missing(struct preflight *run, const struct catalog_table *table,
                               GError **error)
{
    g_autofree char *nearest = NULL;
    if (!nearest_find(run, table, &nearest, error))
        return FALSE;
    g_autofree char *hint =
        nearest ? g_strdup_printf(": did you mean \"%s\"?", nearest) : g_strdup("");
    if (table->schema_exists)
        preflight_error(run, table->first, table->first->at_table,
                        "table \"%s.%s\" does not exist%s", table->schema, table->name, hint);
    else
        preflight_error(run, table->first, table->first->at_table, "schema \"%s\" does not exist%s",
                        table->schema, hint);
    return TRUE;
}

/* Why a relation of this kind cannot be worked on; NULL: it can. */
static const char *kind_problem(const struct catalog_table *table)
{
    if (table->is_system)
        return "belongs to the system: it is not touched";
    if (table->kind == 'v' || table->kind == 'm')
        return "is a view: name the table behind it";
    if (table->kind == 'f')
        return "is a foreign table: run the plan where its rows are";
    if (table->kind != 'r' && table->kind != 'p')
        return "is not a table";
    if (table->is_partition)
        return "is a partition: name the table that it is part of";
    if (table->kind == 'r' && (table->has_children || table->has_parent))
        return "takes part in inheritance, where a key is not unique: work on each table without "
               "it";
    if (table->persistence == 't')
        return "is temporary: other sessions do not see it";
    return NULL;
}

static gboolean has_sync(const struct plan *plan, const struct catalog_table *table)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step->kind != KIND_SYNC)
            continue;
        if (strcmp(step->schema, table->schema) == 0 && strcmp(step->table, table->name) == 0)
            return TRUE;
        if (step->into && strcmp(step->into_schema, table->schema) == 0 &&
            strcmp(step->into, table->name) == 0)
            return TRUE;
    }
    return FALSE;
}

static void check_membership(struct preflight *run, const struct catalog_table *table)
{
    g_autofree char *role = db_ident(table->ddl_role);
    if (table->engine_member)
        return;
    const char *how =
        db_conn_server_version(run->conn) >= 160000 ? " WITH INHERIT TRUE, SET TRUE" : "";
    preflight_error(run, table->first, table->first->at_table,
                    "the engine cannot act as \"%s\", owner of table \"%s.%s\": an administrator "
                    "types GRANT %s TO pgrollout_engine%s;",
                    table->ddl_role, table->schema, table->name, role, how);
}

static void check_owner(struct preflight *run, const struct catalog_table *table)
{
    const struct plan_step *step = table->first;
    if (table->owner_super) {
        preflight_error(run, step, step->at_table,
                        "table \"%s.%s\" belongs to superuser \"%s\": give it to an ordinary role "
                        "first",
                        table->schema, table->name, table->owner);
        return;
    }
    if (!table->ddl_role) /* said of the plan's role */
        return;
    if (!table->role_owns)
        preflight_error(run, step, step->at_table,
                        "role \"%s\" does not own table \"%s.%s\": its owner is \"%s\"",
                        table->ddl_role, table->schema, table->name, table->owner);
    else
        check_membership(run, table);
    g_autofree char *role = db_ident(table->ddl_role), *schema = db_ident(table->schema);
    if (!table->schema_usage)
        preflight_error(run, step, step->at_table,
                        "role \"%s\" may not use schema \"%s\": GRANT USAGE ON SCHEMA %s TO %s;",
                        table->ddl_role, table->schema, schema, role);
    if (!table->schema_create && has_sync(run->plan, table))
        preflight_error(run, step, step->at_table,
                        "role \"%s\" may not create the sync function in schema \"%s\": GRANT "
                        "CREATE ON SCHEMA %s TO %s;",
                        table->ddl_role, table->schema, schema, role);
}

static void check_rest(struct preflight *run, const struct catalog_table *table)
{
    const struct plan_step *step = table->first;
    g_autofree char *rules = catalog_facts_format(table, "rule", NULL);
    if (table->row_security)
        preflight_error(
            run, step, step->at_table,
            "table \"%s.%s\" has row level security: rows that are not seen would never "
            "be filled, and a \"done\" would be false",
            table->schema, table->name);
    if (rules)
        preflight_error(
            run, step, step->at_table,
            "table \"%s.%s\" has rules (%s), which rewrite the statements of a backfill",
            table->schema, table->name, rules);
    if (table->odd_parts)
        preflight_error(run, step, step->at_table,
                        "partitions of \"%s.%s\" cannot be changed with it: %s", table->schema,
                        table->name, table->odd_parts);
    if (table->persistence == 'u')
        preflight_warn(
            run, step, step->at_table,
            "table \"%s.%s\" is unlogged: after a crash of the server it is empty, and a "
            "standby has no rows of it",
            table->schema, table->name);
}

gboolean preflight_table(struct preflight *run, struct catalog_table *table, GError **error)
{
    const struct plan_step *added = table->relid ? NULL : preflight_adds(run->plan, table);
    if (added)
        return preflight_added_table(run, table, added, error);
    if (!table->relid && preflight_is_made(run->plan, table)) /* by a sql step */
        return TRUE;
    if (!table->relid)
        return report_missing(run, table, error);
    const char *problem = kind_problem(table);
    if (problem) {
        preflight_error(run, table->first, table->first->at_table, "\"%s.%s\" %s", table->schema,
                        table->name, problem);
        table->kind = 0; /* nothing more is said of it */
        return TRUE;
    }
    check_owner(run, table);
    check_rest(run, table);
    return TRUE;
}
