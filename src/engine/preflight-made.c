/* The preflight of tables that come and go: one that the plan adds is made, empty and temporary, to see
 * what it will be; for one that it drops or hides, who needs it. */
#include "config.h"
#include "engine/preflight-private.h"

#include <string.h>

#include "pgrollout/base/resource.h"
#include "steps/step-private.h"

static const char *text_of(const struct db_reply *reply, int row, const char *column)
{
    return db_reply_text(reply, row, db_reply_column(reply, column));
}

static gboolean flag_of(const struct db_reply *reply, int row, const char *column)
{
    return g_strcmp0(text_of(reply, row, column), "t") == 0;
}

/* --- add_table */

const struct plan_step *preflight_adds(const struct plan *plan, const struct catalog_table *table)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step->kind == KIND_ADD_TABLE && strcmp(step->schema, table->schema) == 0 &&
            strcmp(step->table, table->name) == 0)
            return step;
    }
    return NULL;
}

static gboolean check_create(struct preflight *run, struct catalog_table *table,
                             const struct plan_step *step, GError **error)
{
    const char *params[] = {step->schema, step->table, run->plan->role, step->into_schema,
                            step->into};
    struct db_reply *reply = db_conn_query_wait(
        run->conn, resource_text("engine/sql/preflight-create.sql"), 5, params, error);
    if (!reply)
        return FALSE;
    const char *role = text_of(reply, 0, "ddl_role");
    g_autofree char *quoted = role ? db_ident(role) : NULL, *schema = db_ident(step->schema);
    if (!flag_of(reply, 0, "schema_exists"))
        preflight_error(run, step, step->at_table, "schema \"%s\" does not exist", step->schema);
    else if (!flag_of(reply, 0, "grants_exists"))
        preflight_error(run, step, step->at_kind,
                        "table \"%s.%s\", whose privileges it is to get, "
                        "does not exist",
                        step->into_schema, step->into);
    else if (!role)
        preflight_error(
            run, step, step->at_kind,
            "whose table \"%s.%s\" is to be is not said: write \"grants:\" with a table "
            "of the same owner, or the plan's \"role:\"",
            step->schema, step->table);
    else if (flag_of(reply, 0, "role_super"))
        preflight_error(run, step, step->at_kind,
                        "table \"%s.%s\" would belong to superuser \"%s\": name an ordinary role",
                        step->schema, step->table, role);
    else if (!flag_of(reply, 0, "may_create"))
        preflight_error(run, step, step->at_kind,
                        "role \"%s\" may not create in schema \"%s\": GRANT CREATE ON SCHEMA %s TO "
                        "%s;",
                        role, step->schema, schema, quoted);
    else if (!flag_of(reply, 0, "engine_member"))
        preflight_error(run, step, step->at_kind,
                        "the engine cannot act as \"%s\": an administrator types GRANT %s TO "
                        "pgrollout_engine;",
                        role, quoted);
    table->ddl_role = g_strdup(role);
    db_reply_free(reply);
    return TRUE;
}

/* A temporary table can reference only its like: what it references is looked at when it is made. */
static char *without_references(const char *text)
{
    g_autoptr(GRegex) regex = g_regex_new("\\s+(CONSTRAINT\\s+\\S+\\s+)?REFERENCES\\b.*$",
                                          G_REGEX_CASELESS | G_REGEX_DOTALL, 0, NULL);
    return g_regex_replace(regex, text, -1, 0, "", 0, NULL);
}

static gboolean is_foreign_key(const char *constraint)
{
    return g_regex_match_simple("\\bFOREIGN\\s+KEY\\b", constraint, G_REGEX_CASELESS, 0);
}

static char *temporary_sql(const struct plan_step *step, const char *name)
{
    struct plan_step copy = *step;
    g_autoptr(GPtrArray) columns = g_ptr_array_new();
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autofree struct plan_set *sets = g_new0(struct plan_set, step->set->len);
    for (guint i = 0; i < step->set->len; i++) {
        sets[i] = *(struct plan_set *)g_ptr_array_index(step->set, i);
        g_ptr_array_add(texts, without_references(sets[i].expression));
        sets[i].expression = g_ptr_array_index(texts, i);
        g_ptr_array_add(columns, &sets[i]);
    }
    g_autoptr(GPtrArray) constraints = g_ptr_array_new();
    for (char **constraint = step->constraints; constraint && *constraint; constraint++)
        if (!is_foreign_key(*constraint))
            g_ptr_array_add(constraints, *constraint);
    g_ptr_array_add(constraints, NULL);
    copy.set = columns;
    copy.constraints = (char **)constraints->pdata;
    return step_create_table_sql(&copy, name);
}

static void columns_take(struct catalog_table *table, const struct db_reply *reply,
                         const struct plan_step *step)
{
    for (int i = 0; i < db_reply_rows(reply); i++) {
        struct catalog_column *column = g_new0(struct catalog_column, 1);
        column->name = g_strdup(text_of(reply, i, "name"));
        column->type = g_strdup(text_of(reply, i, "type"));
        column->collation = g_strdup(text_of(reply, i, "collation"));
        column->not_null = flag_of(reply, i, "not_null");
        column->has_default = flag_of(reply, i, "has_default");
        column->generated = flag_of(reply, i, "generated");
        column->identity_always = flag_of(reply, i, "identity_always");
        column->added_by = step;
        g_ptr_array_add(table->columns, column);
    }
    table->attributes = db_reply_rows(reply);
}

static void key_take(struct catalog_table *table, const struct plan_step *step)
{
    table->key = step->columns ? json_array_new() : NULL;
    for (char **name = step->columns; name && *name; name++) {
        const struct catalog_column *column = catalog_column_find(table, *name);
        JsonObject *part = json_object_new();
        json_object_set_string_member(part, "name", *name);
        json_object_set_string_member(part, "type", column ? column->type : "text");
        json_object_set_null_member(part, "collation");
        json_array_add_object_element(table->key, part);
    }
}

/* Reads in the open transaction what the temporary table has become, and rolls it back. */
static gboolean read_made(struct preflight *run, struct catalog_table *table,
                          const struct plan_step *step, const struct db_reply *made, GError **error)
{
    const char *params[] = {db_reply_text(made, 0, 0)};
    struct db_reply *reply = db_conn_query_wait(
        run->conn, resource_text("engine/sql/preflight-made-columns.sql"), 1, params, error);
    if (!reply)
        return FALSE;
    columns_take(table, reply, step);
    key_take(table, step);
    catalog_definition_take(run->catalog, step, g_strdup(db_reply_text(made, 0, 1)));
    db_reply_free(reply);
    struct db_reply *end = db_conn_query_wait(run->conn, "ROLLBACK", 0, NULL, error);
    db_reply_free(end);
    return end != NULL;
}

gboolean preflight_added_table(struct preflight *run, struct catalog_table *table,
                               const struct plan_step *step, GError **error)
{
    g_autofree char *name = db_ident(step->table), *clone = g_strconcat("pg_temp.", name, NULL);
    g_autofree char *literal = db_literal(clone), *create = temporary_sql(step, clone);
    g_autofree char *begin = preflight_begin_sql(run->plan, TRUE);
    g_autofree char *what = g_strdup_printf("table \"%s.%s\"", step->schema, step->table);
    table->kind = 'r';
    table->persistence = 'p';
    table->schema_exists = TRUE;
    table->has_replica_identity = step->columns != NULL;
    table->rows_total = 0;
    if (!check_create(run, table, step, error))
        return FALSE;
    if (!preflight_one_statement(run, step, step->at_kind, what, create))
        return TRUE;
    g_autofree char *message =
        g_strdup_printf("%s%s; SELECT %s::regclass::oid, pgrollout.columns_text(%s::regclass)",
                        begin, create, literal, literal);
    g_autoptr(GError) failure = NULL;
    gboolean lost;
    struct db_reply *made = preflight_try(run, message, &failure, &lost, error);
    if (!made) {
        if (!lost)
            preflight_refused(run, step, step->at_kind, what, failure);
        return !lost;
    }
    gboolean ok = read_made(run, table, step, made, error);
    db_reply_free(made);
    return ok;
}

/* A table that is there already is no reason to refuse, where it may be taken over. */
static gboolean check_existing_table(struct preflight *run, const struct catalog_table *table,
                                     const struct plan_step *step, GError **error)
{
    if (!table->relid)
        return TRUE;
    if (!step->adopt) {
        preflight_error(
            run, step, step->at_table,
            "table \"%s.%s\" exists already: take the step out, drop the table if it is a "
            "left-over, or write \"existing: adopt\"",
            table->schema, table->name);
        return TRUE;
    }
    struct catalog_table copy = *table;
    copy.columns = g_ptr_array_new();
    copy.key = NULL;
    gboolean ok = preflight_added_table(run, &copy, step, error);
    g_free(copy.ddl_role == table->ddl_role ? NULL : copy.ddl_role);
    g_clear_pointer(&copy.key, json_array_unref);
    catalog_columns_free(copy.columns);
    const char *params[] = {table->relid};
    struct db_reply *reply =
        ok ? db_conn_query_wait(run->conn, resource_text("engine/sql/preflight-columns-text.sql"),
                                1, params, error)
           : NULL;
    const char *wanted = catalog_definition(run->catalog, step);
    if (reply && g_strcmp0(db_reply_text(reply, 0, 0), wanted) != 0)
        preflight_error(run, step, step->at_table,
                        "table \"%s.%s\" is another one: it has %s, the plan makes %s",
                        table->schema, table->name, db_reply_text(reply, 0, 0),
                        wanted ? wanted : "what could not be compared with it");
    gboolean read = reply != NULL;
    db_reply_free(reply);
    return read;
}

/* --- drop_table, brown_out */

static gboolean earlier_drops(const struct plan *plan, const struct plan_step *step)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(plan->steps, i);
        if (other == step)
            break;
        if (other->kind == KIND_DROP_CONSTRAINT || other->kind == KIND_DROP_TABLE ||
            other->kind == KIND_SQL)
            return TRUE;
    }
    return FALSE;
}

static gboolean check_drop_table(struct preflight *run, const struct catalog_table *table,
                                 const struct plan_step *step, GError **error)
{
    g_autofree char *published = catalog_facts_format(table, "publication", NULL);
    g_autofree char *updates = catalog_facts_format(table, "publication of updates", NULL);
    if (!table->relid)
        return TRUE;
    const char *params[] = {table->relid};
    struct db_reply *reply = db_conn_query_wait(
        run->conn, resource_text("engine/sql/preflight-dependents.sql"), 1, params, error);
    if (!reply)
        return FALSE;
    const char *needed = db_reply_text(reply, 0, 0);
    if (needed && earlier_drops(run->plan, step))
        preflight_warn(run, step, step->at_table,
                       "table \"%s.%s\" is used by %s: it is dropped only if the steps before have "
                       "changed that",
                       table->schema, table->name, needed);
    else if (needed)
        preflight_error(run, step, step->at_table,
                        "table \"%s.%s\" could not be dropped: it is used by %s; change that first",
                        table->schema, table->name, needed);
    if (published || updates)
        preflight_warn(
            run, step, step->at_table,
            "the table silently leaves publication %s: take it off the subscribers first",
            updates ? updates : published);
    db_reply_free(reply);
    return TRUE;
}

static gboolean check_brown_out(struct preflight *run, const struct catalog_table *table,
                                const struct plan_step *step, GError **error)
{
    if (step->col && !preflight_column(run, table, step, step->col))
        return TRUE;
    g_autoptr(GPtrArray) across = step_live_syncs(run->plan, step, TRUE);
    if (across->len > 0)
        preflight_error(
            run, step, step->at_table,
            "the triggers of sync \"%s\" name the table \"%s.%s\" and its columns: while "
            "they stand nothing of it can be hidden. A drop_sync before this takes them "
            "away, and with them the way back",
            ((const struct plan_step *)across->pdata[0])->name, table->schema, table->name);
    if (!table->relid)
        return TRUE;
    const char *params[] = {table->relid};
    struct db_reply *reply = db_conn_query_wait(
        run->conn, resource_text("engine/sql/preflight-dependents.sql"), 1, params, error);
    if (!reply)
        return FALSE;
    const char *needed = db_reply_text(reply, 0, 0);
    if (needed)
        preflight_warn(run, step, step->at_table,
                       "views and foreign keys follow the new name, so what uses \"%s.%s\" through "
                       "these is not seen: %s",
                       table->schema, table->name, needed);
    db_reply_free(reply);
    return TRUE;
}

/* --- a column that may be there already */

gboolean preflight_adopt_column(struct preflight *run, struct catalog_table *table,
                                const struct plan_step *step, GError **error)
{
    g_autofree char *name = db_ident(table->name), *column = db_ident(step->col);
    g_autofree char *clone = preflight_clone_sql(run, table), *literal = db_literal(step->col);
    g_autofree char *temp = g_strconcat("pg_temp.", name, NULL), *temp_literal = db_literal(temp);
    g_autofree char *add =
        g_strdup_printf("ALTER TABLE %s ADD COLUMN %s %s%s%s", temp, column, step->type,
                        step->def ? " DEFAULT " : "", step->def ? step->def : "");
    g_autofree char *what = g_strdup_printf("column \"%s\"", step->col);
    if (!preflight_one_statement(run, step, step->at_type, what, add))
        return TRUE;
    g_autofree char *message = g_strdup_printf(
        "%sALTER TABLE %s DROP COLUMN %s; %s; SELECT pgrollout.column_text(%s::regclass, %s), "
        "pgrollout.column_text(%s::oid, %s)",
        clone, temp, column, add, temp_literal, literal, table->relid, literal);
    g_autoptr(GError) failure = NULL;
    gboolean lost;
    struct db_reply *reply = preflight_try(run, message, &failure, &lost, error);
    if (!reply) {
        if (!lost)
            preflight_refused(run, step, step->at_type, what, failure);
        return !lost;
    }
    const char *wanted = db_reply_text(reply, 0, 0), *stands = db_reply_text(reply, 0, 1);
    if (g_strcmp0(wanted, stands) != 0)
        preflight_error(
            run, step, step->at_type,
            "column \"%s\" exists already and is another one: it is %s, the plan makes %s",
            step->col, stands, wanted);
    catalog_definition_take(run->catalog, step, g_strdup(wanted));
    db_reply_free(reply);
    struct db_reply *end = db_conn_query_wait(run->conn, "ROLLBACK", 0, NULL, error);
    db_reply_free(end);
    return end != NULL;
}

gboolean preflight_made(struct preflight *run, struct catalog_table *table,
                        const struct plan_step *step, GError **error)
{
    switch (step->kind) {
    case KIND_ADD_TABLE:
        return check_existing_table(run, table, step, error);
    case KIND_DROP_TABLE:
        return check_drop_table(run, table, step, error);
    case KIND_BROWN_OUT:
        return check_brown_out(run, table, step, error);
    default:
        return TRUE;
    }
}
