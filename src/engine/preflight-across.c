/* The preflight of steps that work across tables, and of a backfill's own statement. What the two
 * tables must have in common the database itself says (pgrollout.across_of), now where both are there
 * and again in front of each step, since the plan may make one of them. */
#include "config.h"
#include "engine/preflight-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/engine/steps.h"
#include "pgrollout/lint/lint.h"

static const struct plan_place nowhere = {0, 0};

gboolean preflight_is_made(const struct plan *plan, const struct catalog_table *table)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step->kind == KIND_ADD_TABLE && g_strcmp0(step->schema, table->schema) == 0 &&
            g_strcmp0(step->table, table->name) == 0)
            return TRUE;
        if (step == table->first)
            return FALSE;
        if (step->kind == KIND_SQL && strstr(step->sql, table->name))
            return TRUE;
    }
    return FALSE;
}

/* The column of the source of which the expression consists. */
static gboolean is_column(const char *expression, const char *name)
{
    g_autofree char *quoted = db_ident(name);
    return strcmp(expression, name) == 0 || strcmp(expression, quoted) == 0;
}

static const char *key_name(const struct catalog_table *table, guint i)
{
    return json_object_get_string_member(json_array_get_object_element(table->key, i), "name");
}

GPtrArray *catalog_into_key(const struct catalog_table *table, const struct plan_step *step,
                            const struct plan_step *sync)
{
    GPtrArray *pairs = g_ptr_array_new();
    for (guint i = 0; sync && i < sync->key->len; i++)
        g_ptr_array_add(pairs, g_ptr_array_index(sync->key, i));
    for (guint i = 0; !sync && table->key && i < json_array_get_length(table->key); i++)
        for (guint j = 0; j < step->set->len; j++) {
            struct plan_set *set = g_ptr_array_index(step->set, j);
            if (is_column(set->expression, key_name(table, i))) {
                g_ptr_array_add(pairs, set);
                break;
            }
        }
    return pairs;
}

static gboolean in_key(const struct catalog_table *table, const char *name)
{
    for (guint i = 0; table->key && i < json_array_get_length(table->key); i++)
        if (strcmp(key_name(table, i), name) == 0)
            return TRUE;
    return FALSE;
}

const char *catalog_touched_column(const struct catalog_table *table,
                                   const struct plan_step *backfill)
{
    const char *any = NULL;
    for (guint i = 0; i < table->columns->len; i++) {
        const struct catalog_column *column = g_ptr_array_index(table->columns, i);
        if (column->generated || column->identity_always || in_key(table, column->name) ||
            column->added_by)
            continue;
        any = any ? any : column->name;
        for (guint j = 0; j < backfill->set->len; j++)
            if (is_column(((struct plan_set *)g_ptr_array_index(backfill->set, j))->expression,
                          column->name))
                return column->name;
    }
    return any;
}

static char *across_json(struct preflight *run, const struct catalog_table *table,
                         const struct plan_step *step)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "relid");
    json_builder_add_string_value(builder, table->relid);
    load_add_across(builder, run->plan, table, step);
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    return json_to_string(root, FALSE);
}

/* FALSE with `error`: the server could not answer. */
static gboolean check_tables(struct preflight *run, const struct catalog_table *table,
                             const struct plan_step *step, GError **error)
{
    const struct catalog_table *into = catalog_into_find(run->catalog, step);
    if (!into || !into->relid)
        return TRUE; /* reported, or the plan makes it: looked at in front of the step */
    g_autofree char *json = across_json(run, table, step);
    const char *params[] = {json};
    struct db_reply *reply = db_conn_query_wait(
        run->conn, resource_text("engine/sql/preflight-across.sql"), 1, params, error);
    if (!reply)
        return FALSE;
    const char *wrong = db_reply_text(reply, 0, 0);
    if (wrong)
        preflight_error(run, step, nowhere, "%s", wrong);
    db_reply_free(reply);
    return TRUE;
}

static gboolean is_relaxed(const struct plan *plan, const struct plan_step *sync,
                           const char *column)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step->kind == KIND_DROP_NOT_NULL && g_strcmp0(step->schema, sync->schema) == 0 &&
            g_strcmp0(step->table, sync->table) == 0 && g_strcmp0(step->col, column) == 0)
            return TRUE;
    }
    return FALSE;
}

static void check_old_column(struct preflight *run, const struct plan_step *step,
                             const struct catalog_column *column)
{
    if (column->has_default && !column->default_constant)
        preflight_error(run, step, nowhere,
                        "column \"%s\" has a default that is no constant: it could not be told "
                        "which rows are empty. Do without it while both are in use",
                        column->name);
    if (!step->rows_both && column->not_null && !column->has_default &&
        !is_relaxed(run->plan, step, column->name))
        preflight_warn(run, step, nowhere,
                       "column \"%s\" is NOT NULL without a default: a release that no longer "
                       "writes it fails (23502) until a drop_not_null",
                       column->name);
}

gboolean preflight_sync_across(struct preflight *run, const struct catalog_table *table,
                               const struct plan_step *step, GError **error)
{
    const struct catalog_table *into = catalog_into_find(run->catalog, step);
    const struct catalog_table *const both[] = {table, into};
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        const struct catalog_column *column = preflight_column(run, table, step, set->expression);
        if (column)
            check_old_column(run, step, column);
    }
    for (guint i = 0; i < G_N_ELEMENTS(both); i++) {
        g_autofree char *subscription =
            both[i] ? catalog_facts_format(both[i], "subscription", NULL) : NULL;
        if (subscription)
            preflight_error(run, step, nowhere,
                            "subscription %s writes to table \"%s.%s\" without firing the sync "
                            "triggers: run the plan where the rows come from",
                            subscription, both[i]->schema, both[i]->name);
    }
    return check_tables(run, table, step, error);
}

/* The walk and the other table's index must follow the same columns. */
static gboolean check_into_key(struct preflight *run, const struct catalog_table *table,
                               const struct plan_step *step)
{
    const struct plan_step *sync = plan_sync_across_find(run->plan, step);
    g_autoptr(GPtrArray) filled = catalog_into_key(table, step, NULL);
    if (!table->key) /* reported */
        return FALSE;
    if (filled->len == json_array_get_length(table->key) &&
        (!sync || sync->key->len == filled->len))
        return TRUE;
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < json_array_get_length(table->key); i++)
        g_string_append_printf(names, "%s%s", i ? ", " : "", key_name(table, i));
    preflight_error(run, step, nowhere,
                    "the key by which the rows of \"%s\" are walked (%s) must be filled into "
                    "columns of \"%s\"%s",
                    table->name, names->str, step->into, sync ? ", and be that of the sync" : "");
    g_string_free(names, TRUE);
    return FALSE;
}

static gboolean check_values(struct preflight *run, const struct catalog_table *table,
                             const struct plan_step *step, GError **error)
{
    const struct catalog_table *into = catalog_into_find(run->catalog, step);
    for (guint i = 0; i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        const struct catalog_column *target =
            into && into->relid ? catalog_column_find(into, set->column) : NULL;
        g_autofree char *what = g_strdup_printf("value for \"%s\"", set->column);
        if (target && !preflight_expression(run, table, step, set->at, what, set->expression, NULL,
                                            target->type, error))
            return FALSE;
    }
    return !step->where || preflight_expression(run, table, step, step->at_where, "\"where\"",
                                                step->where, NULL, "boolean", error);
}

gboolean preflight_backfill_into(struct preflight *run, const struct catalog_table *table,
                                 const struct plan_step *step, GError **error)
{
    const struct catalog_table *into = catalog_into_find(run->catalog, step);
    const char *touched[] = {catalog_touched_column(table, step), NULL};
    if (!check_into_key(run, table, step))
        return TRUE;
    preflight_fired(run, table, step, touched, FALSE);
    if (into && into->relid)
        preflight_fired(run, into, step, touched, TRUE);
    return check_tables(run, table, step, error) && check_values(run, table, step, error);
}

/* Would the statement run? What another step of the plan makes is not there yet. */
gboolean preflight_statement(struct preflight *run, const struct catalog_table *table,
                             const struct plan_step *step, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gboolean lost;
    g_autofree char *name = table->key ? db_ident(key_name(table, 0)) : NULL;
    g_autofree char *condition =
        name ? g_strdup_printf("(%%s%s IS NOT NULL)", name) : g_strdup("(true)");
    g_autofree char *statement = sql_batch_fill(step->sql, condition, &failure);
    if (!statement) {
        preflight_error(run, step, step->at_sql, "%s", failure->message);
        return TRUE;
    }
    g_autofree char *begin = preflight_begin_sql(run->plan, FALSE);
    g_autofree char *message = g_strconcat(begin, "EXPLAIN ", statement, "\n; ROLLBACK", NULL);
    struct db_reply *reply = preflight_try(run, message, &failure, &lost, error);
    if (!reply && !lost && !preflight_undecided(failure)) {
        const char *state = rollout_error_sqlstate(failure);
        gboolean missing = g_strcmp0(state, "42P01") == 0 || g_strcmp0(state, "42703") == 0;
        if (missing && run->plan->steps->len > 1)
            preflight_warn(run, step, step->at_sql, "the statement was not checked: %s",
                           failure->message);
        else
            preflight_error(run, step, step->at_sql, "the statement: %s", failure->message);
    }
    db_reply_free(reply);
    return !lost;
}
