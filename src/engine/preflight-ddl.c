/* The preflight of indexes and constraints: what a step makes is made on an empty temporary table like
 * the real one, in a transaction that is rolled back, so that PostgreSQL itself says what is wrong
 * with it and how it reads afterwards; what it drops is looked up by name, with what needs it. */
#include "config.h"
#include "engine/preflight-private.h"

#include <string.h>

#include "pgrollout/base/resource.h"
#include "steps/step-private.h"

static const struct plan_place nowhere = {0, 0};

/* --- what the catalog knows under a name */

static struct db_reply *object_read(struct preflight *run, const struct catalog_table *table,
                                    const char *name, GError **error)
{
    const char *params[] = {table->relid, table->schema, name};
    return db_conn_query_wait(run->conn, resource_text("engine/sql/preflight-object.sql"), 3,
                              params, error);
}

static const char *text_of(const struct db_reply *reply, const char *column)
{
    return db_reply_text(reply, 0, db_reply_column(reply, column));
}

static gboolean flag_of(const struct db_reply *reply, const char *column)
{
    return g_strcmp0(text_of(reply, column), "t") == 0;
}

/* An earlier step that makes, or one that drops, an object of that name on the table. */
static gboolean object_step(const struct preflight *run, const struct plan_step *step,
                            const char *name, gboolean makes)
{
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(run->plan->steps, i);
        if (other == step)
            break;
        gboolean kind = makes
                            ? other->kind == KIND_INDEX || other->kind == KIND_CONSTRAINT
                            : other->kind == KIND_DROP_INDEX || other->kind == KIND_DROP_CONSTRAINT;
        if (kind && g_strcmp0(other->object, name) == 0 &&
            g_strcmp0(other->schema, step->schema) == 0)
            return TRUE;
        if (other->kind == KIND_SQL && strstr(other->sql, name))
            return TRUE;
    }
    return FALSE;
}

/* --- what is made */

/* Makes it on the clone; its definition, or NULL (reported, or not decided). FALSE: the connection is
 * lost. */
static gboolean make_on_clone(struct preflight *run, const struct catalog_table *table,
                              const struct plan_step *step, const char *what, const char *make,
                              const char *read, char **definition, GError **error)
{
    if (!preflight_one_statement(run, step, step->at_kind, what, make))
        return TRUE;
    g_autofree char *clone = preflight_clone_sql(run, table);
    g_autofree char *message =
        g_strdup_printf("%s%s; SET LOCAL search_path = pg_catalog, pg_temp; %s", clone, make, read);
    g_autoptr(GError) failure = NULL;
    gboolean lost;
    struct db_reply *reply = preflight_try(run, message, &failure, &lost, error);
    if (!reply) {
        if (!lost)
            preflight_refused(run, step, step->at_kind, what, failure);
        return !lost;
    }
    *definition = g_strdup(db_reply_text(reply, 0, 0));
    db_reply_free(reply);
    struct db_reply *end = db_conn_query_wait(run->conn, "ROLLBACK", 0, NULL, error);
    db_reply_free(end);
    return end != NULL;
}

static void say_taken(struct preflight *run, const struct plan_step *step, const char *what,
                      const char *stands, const char *wanted)
{
    if (!step->adopt)
        preflight_error(
            run, step, step->at_kind,
            "%s \"%s\" exists already: take the step out, drop it if it is a left-over, "
            "or write \"existing: adopt\"",
            what, step->object);
    else if (g_strcmp0(stands, wanted) != 0)
        preflight_error(run, step, step->at_kind,
                        "%s \"%s\" exists already and is another one: it is %s, the plan makes %s",
                        what, step->object, stands, wanted ? wanted : "what could not be compared");
}

static void check_index_name(struct preflight *run, const struct plan_step *step,
                             const struct db_reply *object, const char *definition)
{
    const char *taken = text_of(object, "taken_kind");
    if (!taken || object_step(run, step, step->object, FALSE))
        return;
    if (!flag_of(object, "is_index"))
        preflight_error(run, step, step->at_kind,
                        "\"%s\" is the name of another relation in schema \"%s\": name the index "
                        "otherwise",
                        step->object, step->schema);
    else if (!flag_of(object, "index_valid"))
        preflight_error(run, step, step->at_kind,
                        "an invalid index \"%s\" stands there, a left-over of a build that failed: "
                        "drop it first (DROP INDEX CONCURRENTLY)",
                        step->object);
    else
        say_taken(run, step, "index", text_of(object, "index_text"), definition);
}

static gboolean check_index(struct preflight *run, struct catalog_table *table,
                            const struct plan_step *step, GError **error)
{
    g_autofree char *name = db_ident(table->name), *body = step_index_body(step);
    g_autofree char *object = db_ident(step->object), *literal = db_literal(step->object);
    g_autofree char *make = g_strdup_printf("CREATE %sINDEX %s ON pg_temp.%s %s",
                                            step->unique ? "UNIQUE " : "", object, name, body);
    g_autofree char *read = g_strdup_printf(
        "SELECT pgrollout.index_text(c.oid) FROM pg_class c WHERE c.relname = %s AND "
        "c.relnamespace = pg_my_temp_schema()",
        literal);
    g_autofree char *what = g_strdup_printf("index \"%s\"", step->object);
    char *definition = NULL;
    if (!make_on_clone(run, table, step, what, make, read, &definition, error))
        return FALSE;
    catalog_definition_take(run->catalog, step, definition);
    if (!table->relid)
        return TRUE;
    struct db_reply *reply = object_read(run, table, step->object, error);
    if (!reply)
        return FALSE;
    check_index_name(run, step, reply, definition);
    db_reply_free(reply);
    return TRUE;
}

static void check_reference(struct preflight *run, const struct catalog_table *table,
                            const struct plan_step *step, const struct db_reply *reply)
{
    if (db_reply_rows(reply) == 0) {
        preflight_error(run, step, step->at_kind, "table \"%s.%s\" does not exist",
                        step->into_schema, step->into);
        return;
    }
    const char *kind = text_of(reply, "relkind"), *missing = text_of(reply, "missing");
    if (!strchr("rp", *kind))
        preflight_error(run, step, step->at_kind, "\"%s.%s\" is no table: nothing can reference it",
                        step->into_schema, step->into);
    else if (missing)
        preflight_error(run, step, step->at_kind, "table \"%s.%s\" has no column %s",
                        step->into_schema, step->into, missing);
    else if (!text_of(reply, "columns"))
        preflight_error(
            run, step, step->at_kind,
            "table \"%s.%s\" has no primary key: name \"columns\" that are unique there",
            step->into_schema, step->into);
    else if (!flag_of(reply, "is_unique"))
        preflight_error(
            run, step, step->at_kind,
            "the columns of \"%s.%s\" have no unique constraint or index: a foreign key "
            "needs one",
            step->into_schema, step->into);
    else if (!flag_of(reply, "may_reference") && table->ddl_role)
        preflight_error(run, step, step->at_kind,
                        "role \"%s\" may not reference \"%s.%s\": \"%s\" types GRANT REFERENCES",
                        table->ddl_role, step->into_schema, step->into, text_of(reply, "owner"));
}

/* Of a JSON array of texts; NULL for NULL. */
static char **names_read(const char *json)
{
    g_autoptr(JsonNode) node = json ? json_from_string(json, NULL) : NULL;
    if (!node || !JSON_NODE_HOLDS_ARRAY(node))
        return NULL;
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    JsonArray *array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++)
        g_strv_builder_add(names, json_array_get_string_element(array, i));
    return g_strv_builder_end(names);
}

static char *names_json(char **names)
{
    g_autoptr(JsonArray) array = json_array_new();
    for (; *names; names++)
        json_array_add_string_element(array, *names);
    g_autoptr(JsonNode) node = json_node_init_array(json_node_alloc(), array);
    return json_to_string(node, FALSE);
}

static gboolean check_foreign_key(struct preflight *run, const struct catalog_table *table,
                                  const struct plan_step *step, char **definition, GError **error)
{
    for (char **name = step->columns; *name; name++)
        if (!catalog_column_find(table, *name))
            preflight_error(run, step, step->at_kind,
                            "column \"%s\" of table \"%s.%s\" does not exist and no earlier step "
                            "adds it",
                            *name, table->schema, table->name);
    for (guint i = 0; i < run->plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(run->plan->steps, i);
        if (other->kind == KIND_ADD_TABLE && strcmp(other->schema, step->into_schema) == 0 &&
            strcmp(other->table, step->into) == 0) {
            catalog_references_take(
                run->catalog, step,
                g_strdupv(step->references ? step->references : other->columns));
            return TRUE;
        }
    }
    g_autofree char *columns = step->references ? names_json(step->references) : NULL;
    g_autofree char *own = names_json(step->columns);
    const char *params[] = {step->into_schema,
                            step->into,
                            columns,
                            table->ddl_role ? table->ddl_role : "pgrollout_engine",
                            own,
                            step->on_delete};
    struct db_reply *reply = db_conn_query_wait(
        run->conn, resource_text("engine/sql/preflight-reference.sql"), 6, params, error);
    if (!reply)
        return FALSE;
    check_reference(run, table, step, reply);
    if (db_reply_rows(reply) > 0) {
        catalog_references_take(run->catalog, step, names_read(text_of(reply, "columns")));
        *definition = g_strdup(text_of(reply, "definition"));
    }
    db_reply_free(reply);
    return TRUE;
}

static gboolean check_made_constraint(struct preflight *run, const struct catalog_table *table,
                                      const struct plan_step *step, char **definition,
                                      GError **error)
{
    g_autofree char *name = db_ident(table->name), *object = db_ident(step->object);
    g_autofree char *def = step_constraint_sql(step), *literal = db_literal(step->object);
    g_autofree char *make =
        g_strdup_printf("ALTER TABLE pg_temp.%s ADD CONSTRAINT %s %s", name, object, def);
    g_autofree char *read = g_strdup_printf(
        "SELECT pgrollout.constraint_text(c.oid) FROM pg_constraint c WHERE c.conname = %s AND "
        "c.connamespace = pg_my_temp_schema()",
        literal);
    g_autofree char *what = g_strdup_printf("constraint \"%s\"", step->object);
    return make_on_clone(run, table, step, what, make, read, definition, error);
}

static gboolean check_constraint(struct preflight *run, struct catalog_table *table,
                                 const struct plan_step *step, GError **error)
{
    char *definition = NULL;
    gboolean foreign = step->constraint == CONSTRAINT_FOREIGN_KEY;
    gboolean ok = foreign ? check_foreign_key(run, table, step, &definition, error)
                          : check_made_constraint(run, table, step, &definition, error);
    if (!ok)
        return FALSE;
    if (table->kind == 'p' && step->constraint == CONSTRAINT_UNIQUE)
        preflight_error(
            run, step, step->at_kind,
            "\"%s.%s\" is partitioned, and a constraint cannot take over an index there: "
            "a unique index does the same (index: with \"unique: true\")",
            table->schema, table->name);
    catalog_definition_take(run->catalog, step, definition);
    if (!table->relid)
        return TRUE;
    struct db_reply *reply = object_read(run, table, step->object, error);
    if (!reply)
        return FALSE;
    if (text_of(reply, "constraint_type") && !object_step(run, step, step->object, FALSE))
        say_taken(run, step, "constraint", text_of(reply, "constraint_text"), definition);
    db_reply_free(reply);
    return TRUE;
}

/* --- what is dropped */

static void check_drop_index(struct preflight *run, const struct plan_step *step,
                             const struct db_reply *object)
{
    const char *constraint = text_of(object, "index_constraint");
    const char *keys = text_of(object, "foreign_keys");
    if (!flag_of(object, "is_index"))
        preflight_error(run, step, step->at_kind, "table \"%s.%s\" has no index \"%s\"",
                        step->schema, step->table, step->object);
    else if (constraint)
        preflight_error(run, step, step->at_kind,
                        "index \"%s\" belongs to constraint %s: drop the constraint "
                        "(drop_constraint), the index goes with it",
                        step->object, constraint);
    else if (keys)
        preflight_error(run, step, step->at_kind,
                        "index \"%s\" is what foreign key %s relies on: drop that first",
                        step->object, keys);
    else if (flag_of(object, "index_identity"))
        preflight_error(run, step, step->at_kind,
                        "index \"%s\" is the replica identity of the table: its subscribers would "
                        "stop. Set another one first (ALTER TABLE … REPLICA IDENTITY)",
                        step->object);
    else if (flag_of(object, "index_is_part"))
        preflight_error(run, step, step->at_kind,
                        "index \"%s\" is part of a partitioned index: drop that one", step->object);
    else if (flag_of(object, "index_unique"))
        preflight_warn(run, step, step->at_kind,
                       "index \"%s\" keeps values unique: without it duplicates come in, and "
                       "INSERT … ON CONFLICT over its columns fails (42P10)",
                       step->object);
}

static void check_drop_constraint(struct preflight *run, const struct plan_step *step,
                                  const struct db_reply *object)
{
    const char *type = text_of(object, "constraint_type"), *keys = text_of(object, "foreign_keys");
    if (!type)
        preflight_error(run, step, step->at_kind, "table \"%s.%s\" has no constraint \"%s\"",
                        step->schema, step->table, step->object);
    else if (strcmp(type, "x") == 0 || strcmp(type, "t") == 0)
        preflight_error(run, step, step->at_kind,
                        "constraint \"%s\" is an exclusion or a trigger: an abort could not add it "
                        "again. Use a sql step",
                        step->object);
    else if (flag_of(object, "constraint_inherited"))
        preflight_error(run, step, step->at_kind,
                        "constraint \"%s\" is inherited: drop it from the parent", step->object);
    else if (keys && strchr("pu", *type))
        preflight_error(run, step, step->at_kind,
                        "foreign key %s relies on constraint \"%s\": drop that first", keys,
                        step->object);
    else if (flag_of(object, "constraint_identity"))
        preflight_error(run, step, step->at_kind,
                        "constraint \"%s\" is the replica identity of a table that is published: "
                        "set another one first (ALTER TABLE … REPLICA IDENTITY)",
                        step->object);
}

static gboolean check_dropped(struct preflight *run, const struct catalog_table *table,
                              const struct plan_step *step, GError **error)
{
    if (!table->relid || object_step(run, step, step->object, TRUE))
        return TRUE;
    struct db_reply *reply = object_read(run, table, step->object, error);
    if (!reply)
        return FALSE;
    if (step->kind == KIND_DROP_INDEX)
        check_drop_index(run, step, reply);
    else
        check_drop_constraint(run, step, reply);
    db_reply_free(reply);
    return TRUE;
}

static gboolean check_drop_not_null(struct preflight *run, const struct catalog_table *table,
                                    const struct plan_step *step, GError **error)
{
    const struct catalog_column *column = preflight_column(run, table, step, step->col);
    if (!column || !table->relid)
        return TRUE;
    struct db_reply *reply = object_read(run, table, step->col, error);
    if (!reply)
        return FALSE;
    const char *key = text_of(reply, "primary_key");
    if (key)
        preflight_error(run, step, nowhere,
                        "column \"%s\" is part of primary key %s: it cannot be "
                        "NULL",
                        step->col, key);
    else if (flag_of(reply, "identity"))
        preflight_error(run, step, nowhere,
                        "column \"%s\" is an identity column: it cannot be NULL", step->col);
    else if (!column->not_null && !column->added_by &&
             !preflight_sql_mentions(run, step, step->col))
        preflight_error(run, step, nowhere,
                        "column \"%s\" of table \"%s.%s\" may be NULL already: take the step out",
                        step->col, table->schema, table->name);
    db_reply_free(reply);
    return TRUE;
}

/* An index is made in the table's schema, by the table's owner; also by an abort of its drop. */
static void check_room(struct preflight *run, const struct catalog_table *table,
                       const struct plan_step *step)
{
    gboolean unique = step->kind == KIND_CONSTRAINT && step->constraint == CONSTRAINT_UNIQUE;
    if (!table->relid || !table->ddl_role || table->schema_create ||
        !(unique || step->kind == KIND_INDEX || step->kind == KIND_DROP_INDEX))
        return;
    g_autofree char *role = db_ident(table->ddl_role), *schema = db_ident(table->schema);
    preflight_error(
        run, step, step->at_kind,
        "role \"%s\" may not create an index in schema \"%s\": GRANT CREATE ON SCHEMA %s "
        "TO %s;",
        table->ddl_role, table->schema, schema, role);
}

gboolean preflight_ddl(struct preflight *run, struct catalog_table *table,
                       const struct plan_step *step, GError **error)
{
    check_room(run, table, step);
    switch (step->kind) {
    case KIND_INDEX:
        return check_index(run, table, step, error);
    case KIND_CONSTRAINT:
        return check_constraint(run, table, step, error);
    case KIND_DROP_INDEX:
    case KIND_DROP_CONSTRAINT:
        return check_dropped(run, table, step, error);
    case KIND_DROP_NOT_NULL:
        return check_drop_not_null(run, table, step, error);
    default:
        return preflight_made(run, table, step, error);
    }
}
