/* Loading: the preflight, then the plan as JSON with all that the engine needs to know later about
 * each step, so that it never has to guess from the catalog of another day. */
#include "config.h"
#include "engine/forecast-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/json.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/base/units.h"
#include "pgrollout/engine/steps.h"

static void add_number(JsonBuilder *builder, const char *name, double value)
{
    g_autofree char *text = number_format(value);
    json_put_text(builder, name, text);
}

#define BY_PLACE "[{\"name\": \"ctid\", \"type\": \"tid\", \"collation\": null}]"

static void add_key(JsonBuilder *builder, const struct catalog_table *table)
{
    json_builder_set_member_name(builder, "key");
    /* without one the preflight lets it go by place */
    JsonNode *key = table->key ? json_node_init_array(json_node_alloc(), table->key)
                               : json_from_string(BY_PLACE, NULL);
    json_builder_add_value(builder, key);
    json_builder_set_member_name(builder, "rows_total");
    if (table->rows_total >= 0)
        json_builder_add_int_value(builder, table->rows_total);
    else
        json_builder_add_null_value(builder);
}

static void add_limit(JsonBuilder *builder, const struct plan_guard *guard, const char *which,
                      double value)
{
    g_autofree char *name = g_strdup_printf("guard.%s.%s", guard->name, which);
    if (!isnan(value))
        add_number(builder, name, value);
}

static void add_limits(JsonBuilder *builder, const struct plan *plan)
{
    for (guint i = 0; i < plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(plan->guards, i);
        if (guard->off)
            continue;
        add_limit(builder, guard, "pause", guard->pause);
        if (!plan_guard_latched(guard))
            add_limit(builder, guard, "resume", guard->resume);
    }
}

/* What `pgrollout set` changes, by its names there; times in seconds. The first step keeps what
 * belongs to the whole plan. */
static void add_tuning(JsonBuilder *builder, const struct plan *plan, const struct plan_step *step)
{
    json_builder_set_member_name(builder, "tuning");
    json_builder_begin_object(builder);
    if (step == g_ptr_array_index(plan->steps, 0))
        add_limits(builder, plan);
    if (step->kind == KIND_BACKFILL) {
        add_number(builder, "batch.target", (double)step->batch.target_us / G_USEC_PER_SEC);
        add_number(builder, "batch.min", step->batch.min);
        add_number(builder, "batch.max", step->batch.max);
        add_number(builder, "rest", step->rest);
        add_number(builder, "rate", step->rate);
        add_number(builder, "quarantine", step->quarantine);
    }
    json_builder_end_object(builder);
}

static void add_guards(JsonBuilder *builder, const struct plan *plan)
{
    json_builder_set_member_name(builder, "guards");
    json_builder_begin_array(builder);
    for (guint i = 0; i < plan->guards->len; i++) {
        const struct plan_guard *guard = g_ptr_array_index(plan->guards, i);
        if (!guard->off)
            json_builder_add_string_value(builder, guard->name);
    }
    json_builder_end_array(builder);
}

static void add_names(JsonBuilder *builder, const char *member, char **names)
{
    json_builder_set_member_name(builder, member);
    json_builder_begin_array(builder);
    for (; names && *names; names++)
        json_builder_add_string_value(builder, *names);
    json_builder_end_array(builder);
}

/* On an INSERT a column counts as changed when it differs from its default. */
static void add_default(JsonBuilder *builder, const char *member, const struct catalog_table *table,
                        const char *name)
{
    const struct catalog_column *column = NULL;
    /* also one that the plan drops later */
    for (guint i = 0; i < table->columns->len && !column; i++) {
        const struct catalog_column *other = g_ptr_array_index(table->columns, i);
        column = strcmp(other->name, name) == 0 ? other : NULL;
    }
    if (!column)
        return;
    if (column->default_constant) /* else there is none: the preflight refuses any other */
        json_put_text(builder, member, column->default_sql);
}

/* What the ground under a backfill is looked at for again. */
static void add_written(JsonBuilder *builder, const struct plan *plan,
                        const struct catalog_table *table, const struct plan_step *step)
{
    json_builder_set_member_name(builder, "columns");
    json_builder_begin_array(builder);
    if (step->into && catalog_touched_column(table, step))
        json_builder_add_string_value(builder, catalog_touched_column(table, step));
    for (guint i = 0; !step->into && i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        json_builder_add_string_value(builder, set->column);
    }
    json_builder_end_array(builder);
    json_put_flag(builder, "user_triggers_fire", plan->user_triggers_fire);
}

/* For the comparison when it is done; nothing where nothing could be said. */
static void add_forecast(JsonBuilder *builder, const struct forecast *forecast,
                         const struct plan_step *step)
{
    const struct forecast_step *own = forecast ? forecast_step_find(forecast, step->name) : NULL;
    if (!own || !forecast_is_known(own->touched))
        return;
    json_builder_set_member_name(builder, "forecast");
    json_builder_add_value(builder, forecast_kept_json(own));
}

/* Pairs of columns, new to old. */
static void add_pairs(JsonBuilder *builder, const char *name, const GPtrArray *pairs)
{
    json_builder_set_member_name(builder, name);
    json_builder_begin_object(builder);
    for (guint i = 0; i < pairs->len; i++) {
        const struct plan_set *set = g_ptr_array_index(pairs, i);
        json_put_text(builder, set->column, set->expression);
    }
    json_builder_end_object(builder);
}

static void add_across_defaults(JsonBuilder *builder, const struct catalog_table *table,
                                const struct plan_step *sync)
{
    json_builder_set_member_name(builder, "into_defaults");
    json_builder_begin_object(builder);
    for (guint i = 0; i < sync->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(sync->set, i);
        add_default(builder, set->expression, table, set->expression);
    }
    json_builder_end_object(builder);
}

void load_add_across(JsonBuilder *builder, const struct plan *plan,
                     const struct catalog_table *table, const struct plan_step *step)
{
    const struct plan_step *sync = plan_sync_across_find(plan, step);
    g_autoptr(GPtrArray) key = catalog_into_key(table, step, sync), none = g_ptr_array_new();
    const GPtrArray *const lists[] = {key, sync ? sync->set : none, step->set};
    json_put_text(builder, "into_schema", step->into_schema);
    json_put_text(builder, "into_table", step->into);
    add_pairs(builder, "into_key", key);
    add_pairs(builder, "into_columns", sync ? sync->set : none);
    json_builder_set_member_name(builder, "into_filled");
    json_builder_begin_array(builder);
    for (guint l = step == sync ? 0 : 2; l < (step == sync ? 2 : G_N_ELEMENTS(lists)); l++)
        for (guint i = 0; i < lists[l]->len; i++)
            json_builder_add_string_value(
                builder, ((const struct plan_set *)g_ptr_array_index(lists[l], i))->column);
    json_builder_end_array(builder);
    json_put_flag(builder, "synced", sync != NULL);
    json_put_flag(builder, "rows_both", sync && sync->rows_both);
    if (step == sync)
        add_across_defaults(builder, table, sync);
}

static void add_made(JsonBuilder *builder, const char *schema, const char *table,
                     const char *column)
{
    json_builder_begin_object(builder);
    json_put_text(builder, "schema", schema);
    json_put_text(builder, "table", table);
    if (column)
        json_put_text(builder, "column", column);
    json_builder_end_object(builder);
}

/* What its undo takes away from a new release: the columns and tables that it makes or keeps filled. */
static void add_makes(JsonBuilder *builder, const struct plan_step *step)
{
    json_builder_set_member_name(builder, "makes");
    json_builder_begin_array(builder);
    if (step->kind == KIND_ADD_COLUMN)
        add_made(builder, step->schema, step->table, step->col);
    else if (step->kind == KIND_ADD_TABLE)
        add_made(builder, step->schema, step->table, NULL);
    else if (step->kind == KIND_ADD_VIEW)
        add_made(builder, step->schema, step->object, NULL);
    else if (step->kind == KIND_SYNC && !step->into)
        add_made(builder, step->schema, step->table, step->new);
    for (guint i = 0; step->kind == KIND_SYNC && step->into && i < step->set->len; i++)
        add_made(builder, step->into_schema, step->into,
                 ((const struct plan_set *)g_ptr_array_index(step->set, i))->column);
    json_builder_end_array(builder);
}

/* What the step must know to go on, or to be undone. */
static void add_detail(JsonBuilder *builder, const struct plan *plan, const struct catalog *catalog,
                       const struct plan_step *step, const char *undo_locks)
{
    const struct catalog_table *table = catalog_table_find(catalog, plan, step);
    json_builder_set_member_name(builder, "detail");
    json_builder_begin_object(builder);
    load_add_undo(builder, plan, step, undo_locks);
    if (table) {
        json_put_text(builder, "relid", table->relid);
        if (!table->relid) { /* an earlier step makes it: they learn which it is then */
            json_put_text(builder, "schema", table->schema);
            json_put_text(builder, "table", table->name);
        }
        json_put_text(builder, "owner", table->ddl_role);
    }
    if (step->col)
        json_put_text(builder, "column", step->col);
    if (step->object)
        json_put_text(builder, "object", step->object);
    if (catalog_definition(catalog, step))
        json_put_text(builder, "definition", catalog_definition(catalog, step));
    if (step->kind == KIND_CONSTRAINT && step->constraint == CONSTRAINT_FOREIGN_KEY)
        add_names(builder, "references", catalog_references(catalog, step));
    if (step->kind == KIND_BACKFILL)
        add_written(builder, plan, table, step);
    if (step->into && table && (step->kind == KIND_SYNC || step->kind == KIND_BACKFILL))
        load_add_across(builder, plan, table, step_table_source(plan, step));
    if (step->kind == KIND_SYNC) {
        g_autofree char *trigger = step_sync_name(plan, step);
        json_put_text(builder, "trigger", trigger);
    }
    if (step->kind == KIND_SYNC && !step->into) {
        json_put_text(builder, "old", step->old);
        json_put_text(builder, "new", step->new);
        add_default(builder, "old_default", table, step->old);
        add_default(builder, "new_default", table, step->new);
    }
    /* the undo of drop_sync fills the old column again */
    if (step->kind == KIND_BACKFILL || step->kind == KIND_VERIFY || step->kind == KIND_DROP_SYNC)
        add_key(builder, table);
    if (step->kind == KIND_BACKFILL)
        add_forecast(builder, catalog->forecast, step);
    if (step->kind == KIND_ADD_COLUMN || step->kind == KIND_ADD_TABLE ||
        step->kind == KIND_ADD_VIEW || step->kind == KIND_SYNC)
        add_makes(builder, step);
    add_tuning(builder, plan, step);
    if (step == g_ptr_array_index(plan->steps, 0))
        add_guards(builder, plan);
    json_builder_end_object(builder);
}

static void add_step(JsonBuilder *builder, const struct plan *plan, const struct catalog *catalog,
                     const struct plan_step *step)
{
    struct step_text text;
    step_describe(plan, step, &text);
    json_builder_begin_object(builder);
    json_put_text(builder, "phase", plan_phase_name(step->phase));
    json_put_text(builder, "name", step->name);
    json_put_text(builder, "kind", plan_kind_name(step->kind));
    json_put_text(builder, "title", text.title);
    json_put_text(builder, "does", text.does);
    json_put_text(builder, "locks", text.locks);
    json_put_text(builder, "undo", text.undo);
    json_put_text(builder, "loses", text.loses);
    json_put_flag(builder, "irreversible", text.irreversible);
    json_put_flag(builder, "skippable", text.skippable);
    json_put_text(builder, "gate_text", text.gate_text);
    json_put_text(builder, "reverse_text", text.reverse_text);
    json_builder_set_member_name(builder, "gate_each");
    json_builder_begin_array(builder);
    for (char **name = step->each; name && *name; name++)
        json_builder_add_string_value(builder, *name);
    json_builder_end_array(builder);
    json_put_text(builder, "gate_by", step->by_approver ? "approver" : "operator");
    add_detail(builder, plan, catalog, step, text.undo_locks);
    json_builder_end_object(builder);
    step_text_clear(&text);
}

static void add_phases(JsonBuilder *builder, const struct plan *plan)
{
    int last = -1;
    json_builder_set_member_name(builder, "phases");
    json_builder_begin_array(builder);
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if ((int)step->phase != last)
            json_builder_add_string_value(builder, plan_phase_name(step->phase));
        last = (int)step->phase;
    }
    json_builder_end_array(builder);
}

static void add_steps(JsonBuilder *builder, const struct plan *plan, const struct catalog *catalog)
{
    json_builder_set_member_name(builder, "tables");
    json_builder_begin_array(builder);
    for (guint i = 0; i < catalog->tables->len; i++) {
        const struct catalog_table *table = g_ptr_array_index(catalog->tables, i);
        if (table->relid) /* else a step of the plan makes it */
            json_builder_add_string_value(builder, table->relid);
    }
    json_builder_end_array(builder);
    add_phases(builder, plan);
    json_builder_set_member_name(builder, "steps");
    json_builder_begin_array(builder);
    for (guint i = 0; i < plan->steps->len; i++)
        add_step(builder, plan, catalog, g_ptr_array_index(plan->steps, i));
    json_builder_end_array(builder);
}

char *load_json(const struct plan *plan, const struct catalog *catalog)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_put_text(builder, "name", plan->name);
    json_put_text(builder, "title", plan->title);
    json_put_text(builder, "owner", plan->owner);
    json_put_text(builder, "contact", plan->contact);
    json_put_text(builder, "ticket", plan->ticket);
    json_put_text(builder, "schema", plan->schema);
    json_put_flag(builder, "two_person", plan->two_person);
    json_put_text(builder, "plan_text", plan->text);
    json_put_text(builder, "plan_sha256", plan->sha256);
    if (catalog) {
        load_add_facts(builder, plan, catalog->findings);
        add_steps(builder, plan, catalog);
    }
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    return json_to_string(root, FALSE);
}

/* Counts where the statistics know nothing, for two seconds at the most; what cannot be counted
 * stays unknown. */
static void rows_count(struct db_conn *conn, struct catalog_table *table)
{
    g_autofree char *name = db_qualified(table->schema, table->name);
    g_autofree char *message =
        g_strdup_printf("BEGIN READ ONLY; SET LOCAL statement_timeout = '2s'; "
                        "SET LOCAL lock_timeout = '100ms'; "
                        "SELECT count(*) FROM %s; ROLLBACK",
                        name);
    struct db_reply *reply = db_conn_query_wait(conn, message, 0, NULL, NULL);
    if (reply)
        table->rows_total = db_reply_int(reply, 0, 0);
    else if (db_conn_is_open(conn))
        db_reply_free(db_conn_query_wait(conn, "ROLLBACK", 0, NULL, NULL));
    db_reply_free(reply);
}

static void rows_count_unknown(struct db_conn *conn, const struct plan *plan,
                               const struct catalog *catalog)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        struct catalog_table *table = catalog_table_find(catalog, plan, step);
        if (step->kind == KIND_BACKFILL && table->rows_total < 0)
            rows_count(conn, table);
    }
}

static gboolean has_error(const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const struct plan_finding *finding = g_ptr_array_index(findings, i);
        if (!finding->warning)
            return TRUE;
    }
    return FALSE;
}

/* A plan that is loaded already is not looked at again: its own steps have changed the tables
 * since, and pgrollout.load only compares the hash. What goes wrong here the preflight explains. */
static gboolean is_loaded(struct db_conn *conn, const struct plan *plan)
{
    const char *params[] = {plan->name};
    struct db_reply *reply =
        db_conn_query_wait(conn, resource_text("engine/sql/loaded.sql"), 1, params, NULL);
    gboolean loaded = reply && db_reply_bool(reply, 0, 0);
    db_reply_free(reply);
    return loaded;
}

/* One simple message: with the extended protocol pgrollout.load would believe that it stands in a
 * transaction block. */
static struct db_reply *register_plan(struct db_conn *conn, const struct plan *plan,
                                      const struct catalog *catalog, GError **error)
{
    g_autofree char *json = load_json(plan, catalog), *literal = db_literal(json);
    g_auto(GStrv) parts = g_strsplit(resource_text("engine/sql/load.sql"), ":plan", 2);
    g_autofree char *sql = g_strconcat(parts[0], literal, parts[1], NULL);
    return db_conn_query_wait(conn, sql, 0, NULL, error);
}

struct db_reply *engine_load(struct db_conn *conn, const struct plan *plan, const char *file,
                             GPtrArray *findings, gboolean sample, struct forecast **forecast,
                             GError **error)
{
    struct catalog *catalog = NULL;
    struct db_reply *reply = NULL;
    *forecast = NULL;
    if (is_loaded(conn, plan))
        return register_plan(conn, plan, NULL, error);
    if (!preflight_run(conn, plan, file, findings, &catalog, error))
        return NULL;
    if (!has_error(findings)) {
        rows_count_unknown(conn, plan, catalog);
        /* a plan is loaded with a forecast or without one */
        *forecast = forecast_make(conn, plan, sample, NULL);
        catalog->forecast = *forecast;
        catalog->findings = findings;
        reply = register_plan(conn, plan, catalog, error);
    }
    catalog_free(catalog);
    return reply;
}
