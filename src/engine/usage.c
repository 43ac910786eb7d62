/* Who uses a column: questions, answers, and the report that comes of them. */
#include "config.h"
#include "engine/usage-private.h"

#include <string.h>

#include "engine/sense-stats.h"
#include "pgrollout/pg/conn.h"

const char *usage_text(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    const char *text = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
    return text ? text : "";
}

double usage_number(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_double(node) : 0;
}

gboolean usage_flag(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_boolean(node);
}

JsonArray *usage_list(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

JsonObject *usage_element(JsonArray *array, guint index)
{
    JsonNode *node = json_array_get_element(array, index);
    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

void usage_note(struct usage_report *report, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(report->notes, g_strdup_vprintf(format, args));
    va_end(args);
}

gboolean usage_excepted(const struct usage_reader *reader, const char *role)
{
    for (char **glob = reader->except; glob && *glob; glob++)
        if (g_pattern_match_simple(*glob, role))
            return TRUE;
    return FALSE;
}

/* --- life and death */

static void source_free(void *data)
{
    struct usage_source *source = data;
    g_free(source->name);
    g_free(source->wrong);
    g_free(source->since);
    g_free(source->reset);
    g_free(source->mark);
    g_free(source);
}

void usage_statement_free(void *data)
{
    struct usage_statement *statement = data;
    g_free(statement->id);
    g_free(statement->role);
    g_free(statement->text);
    usage_clear(&statement->usage);
    g_free(statement);
}

void usage_session_free(void *data)
{
    struct usage_session *session = data;
    g_free(session->role);
    g_free(session->application);
    g_free(session->state);
    g_free(session->text);
    usage_clear(&session->usage);
    g_free(session);
}

static void dependent_free(void *data)
{
    struct usage_dependent *dependent = data;
    g_free(dependent->kind);
    g_free(dependent->text);
    g_free(dependent);
}

void usage_report_free(struct usage_report *report)
{
    if (!report)
        return;
    g_ptr_array_unref(report->statements);
    g_ptr_array_unref(report->sessions);
    g_ptr_array_unref(report->dependents);
    g_ptr_array_unref(report->sources);
    g_ptr_array_unref(report->notes);
    g_free(report->schema);
    g_free(report->table);
    g_free(report->column);
    g_free(report);
}

struct usage_reader *usage_reader_new(const char *schema, const char *table, const char *column,
                                      char **except)
{
    struct usage_reader *reader = g_new0(struct usage_reader, 1);
    struct usage_report *report = reader->report = g_new0(struct usage_report, 1);
    report->schema = g_strdup(schema);
    report->table = g_strdup(table);
    report->column = g_strdup(column);
    report->sources = g_ptr_array_new_with_free_func(source_free);
    report->statements = g_ptr_array_new_with_free_func(usage_statement_free);
    report->sessions = g_ptr_array_new_with_free_func(usage_session_free);
    report->dependents = g_ptr_array_new_with_free_func(dependent_free);
    report->notes = g_ptr_array_new_with_free_func(g_free);
    reader->catalog = usage_catalog_new(schema, table, column);
    reader->except = g_strdupv(except);
    reader->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return reader;
}

void usage_reader_free(struct usage_reader *reader)
{
    if (!reader)
        return;
    usage_report_free(reader->report);
    usage_catalog_free(reader->catalog);
    g_clear_pointer(&reader->facts, json_node_unref);
    g_strfreev(reader->except);
    g_hash_table_destroy(reader->names);
    g_free(reader);
}

/* --- the questions */

/* '{"a","b"}' of texts. Free it. */
static char *array_literal(const GPtrArray *texts)
{
    GString *out = g_string_new("{");
    for (guint i = 0; i < texts->len; i++) {
        g_string_append(out, i ? ",\"" : "\"");
        for (const char *p = g_ptr_array_index(texts, i); *p; p++) {
            if (*p == '"' || *p == '\\')
                g_string_append_c(out, '\\');
            g_string_append_c(out, *p);
        }
        g_string_append_c(out, '"');
    }
    g_string_append_c(out, '}');
    char *literal = db_literal(out->str);
    g_string_free(out, TRUE);
    return literal;
}

static JsonObject *facts_of(const struct usage_reader *reader)
{
    return json_node_get_object(reader->facts);
}

char *usage_target_sql(const char *const *words)
{
    g_autofree char *first = db_literal(words[0]), *second = db_literal(words[1]),
                    *third = db_literal(words[2]);
    const char *const pairs[] = {"first", first, "second", second, "third", third, NULL};
    return sense_fill("engine/sql/usage-target.sql", pairs);
}

char *usage_catalog_sql(const struct usage_reader *reader)
{
    const struct usage_report *report = reader->report;
    g_autofree char *schema = db_literal(report->schema), *table = db_literal(report->table),
                    *column = db_literal(report->column);
    const char *const pairs[] = {"namespace", schema, "table", table, "column", column, NULL};
    return sense_fill("engine/sql/usage-catalog.sql", pairs);
}

/* The words by which the server finds texts that may matter: of the table, its views, and functions. */
static char *words_literal(const struct usage_reader *reader)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    JsonArray *known = usage_list(facts_of(reader), "words");
    JsonArray *functions = usage_list(facts_of(reader), "functions");
    for (guint i = 0; known && i < json_array_get_length(known); i++)
        g_ptr_array_add(words, (gpointer)json_array_get_string_element(known, i));
    for (guint i = 0; functions && i < json_array_get_length(functions); i++)
        g_ptr_array_add(words, (gpointer)usage_text(usage_element(functions, i), "word"));
    return array_literal(words);
}

char *usage_statements_sql(const struct usage_reader *reader)
{
    const char *stats = usage_text(facts_of(reader), "stats");
    if (!*stats)
        return NULL;
    g_autofree char *schema = db_ident(stats), *words = words_literal(reader);
    const char *const pairs[] = {"schema", schema, "words", words, NULL};
    return sense_fill("engine/sql/usage-statements.sql", pairs);
}

const char *usage_reader_stats(const struct usage_reader *reader)
{
    return usage_text(facts_of(reader), "stats");
}

char *usage_tick_sql(const char *stats, const GPtrArray *ids)
{
    g_autofree char *schema = db_ident(stats), *list = array_literal(ids);
    const char *const pairs[] = {"schema", schema, "ids", list, NULL};
    return sense_fill("engine/sql/usage-tick.sql", pairs);
}

char *usage_sessions_sql(const struct usage_reader *reader)
{
    g_autoptr(GPtrArray) oids = g_ptr_array_new_with_free_func(g_free);
    JsonArray *known = usage_list(facts_of(reader), "oids");
    for (guint i = 0; known && i < json_array_get_length(known); i++)
        g_ptr_array_add(oids,
                        g_strdup_printf("%" G_GINT64_FORMAT, json_array_get_int_element(known, i)));
    g_autofree char *list = array_literal(oids), *words = words_literal(reader);
    const char *const pairs[] = {"oids", list, "words", words, NULL};
    return sense_fill("engine/sql/usage-sessions.sql", pairs);
}

char *usage_relations_sql(const struct usage_reader *reader)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, reader->names);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_ptr_array_add(names, name);
    g_autofree char *column = db_literal(reader->report->column), *list = array_literal(names);
    const char *const pairs[] = {"column", column, "names", list, NULL};
    return sense_fill("engine/sql/usage-relations.sql", pairs);
}

/* --- the answers */

static void take_names(struct usage_reader *reader)
{
    JsonObject *facts = facts_of(reader);
    JsonArray *columns = usage_list(facts, "columns"), *family = usage_list(facts, "family"),
              *views = usage_list(facts, "views"), *constraints = usage_list(facts, "constraints");
    for (guint i = 0; columns && i < json_array_get_length(columns); i++)
        usage_catalog_add_column(reader->catalog, json_array_get_string_element(columns, i));
    for (guint i = 0; family && i < json_array_get_length(family); i++) {
        JsonArray *pair = json_array_get_array_element(family, i);
        usage_catalog_add_target(reader->catalog, json_array_get_string_element(pair, 0),
                                 json_array_get_string_element(pair, 1));
        g_hash_table_add(reader->names, g_strdup(json_array_get_string_element(pair, 1)));
    }
    for (guint i = 0; views && i < json_array_get_length(views); i++)
        usage_catalog_add_view(reader->catalog, usage_text(usage_element(views, i), "schema"),
                               usage_text(usage_element(views, i), "name"));
    for (guint i = 0; constraints && i < json_array_get_length(constraints); i++)
        usage_catalog_add_constraint(reader->catalog,
                                     json_array_get_string_element(constraints, i));
}

gboolean usage_reader_take_catalog(struct usage_reader *reader, JsonNode *catalog)
{
    if (!catalog || !JSON_NODE_HOLDS_OBJECT(catalog))
        return FALSE;
    reader->facts = json_node_copy(catalog);
    take_names(reader);
    JsonArray *functions = usage_list(facts_of(reader), "functions");
    for (guint i = 0; functions && i < json_array_get_length(functions); i++) {
        JsonObject *function = usage_element(functions, i);
        usage_relation_names_of_function(usage_text(function, "language"),
                                         usage_text(function, "definition"),
                                         usage_text(function, "body"), reader->names);
    }
    return TRUE;
}

static void take_statements(struct usage_reader *reader, struct usage_source *source,
                            JsonObject *answer)
{
    source->since = g_strdup_printf("%.19sZ", usage_text(answer, "reset"));
    source->reset = g_strdup(usage_text(answer, "reset"));
    source->dealloc = (gint64)usage_number(answer, "dealloc");
    source->max = (gint64)usage_number(answer, "max");
    source->entries = (gint64)usage_number(answer, "entries");
    source->mark = g_strdup(usage_text(answer, "mark"));
    source->hidden = usage_number(answer, "hidden");
    source->unknown = usage_number(answer, "rest");
    if (strcmp(usage_text(answer, "track"), "none") == 0)
        source->wrong = g_strdup("pg_stat_statements.track is none: nothing is counted");
    else if (strcmp(usage_text(answer, "track"), "top") == 0)
        usage_note(
            reader->report,
            "%s: only what clients send is counted (pg_stat_statements.track); functions are "
            "judged by their code",
            source->name);
    if (source->hidden > 0)
        usage_note(reader->report,
                   "%s: texts of others are hidden from you: GRANT pg_read_all_stats, or ask as a "
                   "role that has it",
                   source->name);
    if (!usage_flag(answer, "utility"))
        usage_note(reader->report,
                   "%s: pg_stat_statements.track_utility is off: COPY of the table is not counted",
                   source->name);
    JsonArray *list = usage_list(answer, "statements");
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonObject *row = usage_element(list, i);
        struct usage_statement *statement = g_new0(struct usage_statement, 1);
        statement->source = source;
        statement->id = g_strdup(usage_text(row, "id"));
        statement->role = g_strdup(usage_text(row, "role"));
        statement->text = g_strdup(usage_text(row, "text"));
        statement->calls = (gint64)usage_number(row, "calls");
        statement->mean_ms =
            statement->calls ? usage_number(row, "ms") / (double)statement->calls : 0;
        statement->excepted = usage_excepted(reader, statement->role);
        usage_cache_names(reader, statement);
        g_ptr_array_add(reader->report->statements, statement);
    }
}

static void take_sessions(struct usage_reader *reader, struct usage_source *source,
                          JsonArray *answer)
{
    for (guint i = 0; i < json_array_get_length(answer); i++) {
        JsonObject *row = usage_element(answer, i);
        struct usage_session *session = g_new0(struct usage_session, 1);
        session->source = source;
        session->pid = (gint64)usage_number(row, "pid");
        session->age_s = (gint64)usage_number(row, "age_s");
        session->role = g_strdup(usage_text(row, "role"));
        session->application = g_strdup(usage_text(row, "application"));
        session->state = g_strdup(usage_text(row, "state"));
        session->text = g_strdup(usage_text(row, "text"));
        session->locks = usage_flag(row, "locks");
        session->excepted = usage_excepted(reader, session->role);
        /* judged when all relations are known; until then only whether the end is missing */
        session->usage.mentions = usage_flag(row, "cut");
        usage_relation_names(session->text, reader->names);
        g_ptr_array_add(reader->report->sessions, session);
    }
}

void usage_reader_take_server(struct usage_reader *reader, const char *name, JsonNode *statements,
                              const char *statements_wrong, JsonNode *sessions,
                              const char *sessions_wrong)
{
    struct usage_source *source = g_new0(struct usage_source, 1);
    source->name = g_strdup(name);
    g_ptr_array_add(reader->report->sources, source);
    if (statements && JSON_NODE_HOLDS_OBJECT(statements))
        take_statements(reader, source, json_node_get_object(statements));
    else
        source->wrong = g_strdup(statements_wrong ? statements_wrong
                                                  : "pg_stat_statements is not installed here");
    if (sessions && JSON_NODE_HOLDS_ARRAY(sessions))
        take_sessions(reader, source, json_node_get_array(sessions));
    else if (!source->wrong)
        source->wrong = g_strdup_printf("its sessions could not be read: %s",
                                        sessions_wrong ? sessions_wrong : "no answer");
}
