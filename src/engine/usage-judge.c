/* Who uses a column: the judgement over all that was answered. Pure. */
#include "config.h"
#include "engine/usage-private.h"

#include <math.h>
#include <string.h>

static JsonArray *facts_list(const struct usage_reader *reader, const char *name)
{
    return usage_list(json_node_get_object(reader->facts), name);
}

static void add_dependent(struct usage_report *report, enum usage_standing standing,
                          const char *kind, char *text)
{
    struct usage_dependent *dependent = g_new0(struct usage_dependent, 1);
    dependent->standing = standing;
    dependent->kind = g_strdup(kind);
    dependent->text = text;
    g_ptr_array_add(report->dependents, dependent);
    if (standing == USAGE_STANDS || standing == USAGE_MAYBE)
        report->standing++;
}

/* Functions first: statements may use the column through them. */
void usage_judge_functions(struct usage_reader *reader)
{
    JsonArray *functions = facts_list(reader, "functions");
    for (guint i = 0; functions && i < json_array_get_length(functions); i++) {
        JsonObject *function = usage_element(functions, i);
        const char *schema = usage_text(function, "schema"), *name = usage_text(function, "name");
        struct usage usage;
        usage_of_function(reader->catalog, usage_text(function, "language"),
                          usage_text(function, "definition"), usage_text(function, "body"),
                          usage_flag(function, "fires"), &usage);
        gboolean ours = usage_flag(function, "ours");
        if (usage.kind)
            add_dependent(
                reader->report,
                ours                          ? USAGE_OURS
                : usage.kind == USAGE_UNKNOWN ? USAGE_MAYBE
                                              : USAGE_STANDS,
                "function",
                g_strdup_printf("function %s.%s %s it%s%s", schema, name,
                                usage.kind == USAGE_UNKNOWN ? "may use" : usage_name(usage.kind),
                                usage.why ? ": " : "", usage.why ? usage.why : ""));
        if ((usage.kind && !ours && !usage_flag(function, "fires")) ||
            usage_flag(function, "rows") || usage_flag(function, "stands"))
            usage_catalog_add_function(reader->catalog, schema, name);
        usage_clear(&usage);
    }
}

void usage_judge_dependents(struct usage_reader *reader)
{
    struct usage_report *report = reader->report;
    JsonArray *views = facts_list(reader, "views"), *others = facts_list(reader, "dependents");
    for (guint i = 0; views && i < json_array_get_length(views); i++) {
        JsonObject *view = usage_element(views, i);
        add_dependent(report, USAGE_STANDS, "view",
                      g_strdup_printf("%sview %s.%s",
                                      usage_flag(view, "stored") ? "materialized " : "",
                                      usage_text(view, "schema"), usage_text(view, "name")));
    }
    for (guint i = 0; others && i < json_array_get_length(others); i++) {
        JsonObject *other = usage_element(others, i);
        add_dependent(report,
                      usage_flag(other, "ours")   ? USAGE_OURS
                      : usage_flag(other, "goes") ? USAGE_GOES
                                                  : USAGE_STANDS,
                      usage_text(other, "kind"), g_strdup(usage_text(other, "text")));
    }
}

static char *joined(JsonArray *list)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; list && i < json_array_get_length(list); i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "", json_array_get_string_element(list, i));
    return g_string_free(out, FALSE);
}

/* Who gets a copy of the rows: what is done with it there, nobody can see from here. */
static void note_copies(struct usage_reader *reader)
{
    JsonArray *published = facts_list(reader, "published"), *slots = facts_list(reader, "slots");
    g_autofree char *publications = joined(published), *names = joined(slots);
    if (published)
        usage_note(reader->report, "published by %s: ask who reads it behind that", publications);
    if (slots)
        usage_note(reader->report,
                   "logical slots of this database: %s; a decoder gets every column", names);
    if (usage_number(json_node_get_object(reader->facts), "subscribed") > 0)
        usage_note(reader->report, "a subscription writes into this table");
}

/* Standbys that stream from here and that nobody asked: readers live there. */
static void take_standbys(struct usage_reader *reader)
{
    JsonArray *standbys = facts_list(reader, "standbys");
    for (guint i = 0; standbys && i < json_array_get_length(standbys); i++) {
        const char *name = json_array_get_string_element(standbys, i);
        gboolean asked = FALSE;
        for (guint k = 0; k < reader->report->sources->len; k++) {
            const struct usage_source *source = g_ptr_array_index(reader->report->sources, k);
            asked = asked || g_strcmp0(source->name, name) == 0;
        }
        if (!asked && name && !usage_excepted(reader, name))
            usage_reader_take_server(reader, name, NULL,
                                     "a standby that pgrollout.conf does not name: [replica NAME] "
                                     "with its conninfo",
                                     NULL, NULL);
    }
}

static void judge_statements(struct usage_reader *reader)
{
    struct usage_report *report = reader->report;
    for (guint i = 0; i < report->statements->len;) {
        struct usage_statement *statement = g_ptr_array_index(report->statements, i);
        struct usage *usage = &statement->usage;
        struct usage_source *source = (struct usage_source *)statement->source;
        usage_cache_judge(reader, statement);
        if (usage->kind == USAGE_UNKNOWN && !statement->excepted) {
            source->unknown += (double)statement->calls;
            report->unknown_statements++;
        } else if (usage->mentions && !usage->ddl) {
            source->seen += (double)statement->calls;
        }
        if (usage->kind == USAGE_NONE || usage->ddl) {
            g_ptr_array_remove_index(report->statements, i);
            continue;
        }
        if (usage->kind != USAGE_UNKNOWN && !statement->excepted)
            report->using_statements++;
        i++;
    }
}

static void judge_sessions(struct usage_reader *reader)
{
    struct usage_report *report = reader->report;
    for (guint i = 0; i < report->sessions->len;) {
        struct usage_session *session = g_ptr_array_index(report->sessions, i);
        unsigned flags = USAGE_TEXT_LIVE | (session->usage.mentions ? USAGE_TEXT_CUT : 0);
        gboolean hidden = strcmp(session->text, "<insufficient privilege>") == 0;
        usage_of_text(reader->catalog, session->text, flags, &session->usage);
        if (hidden && session->locks) {
            session->usage.kind = USAGE_UNKNOWN;
            session->usage.why = "its text is not shown";
        }
        /* without a lock it has nothing to do with the table */
        if (session->usage.kind == USAGE_UNKNOWN && !session->locks)
            session->usage.kind = USAGE_NONE;
        if (session->usage.kind == USAGE_NONE && !session->locks) {
            g_ptr_array_remove_index(report->sessions, i);
            continue;
        }
        if (session->usage.kind == USAGE_UNKNOWN && !session->excepted)
            report->unknown_sessions++;
        else if (session->usage.kind && !session->excepted)
            report->using_sessions++;
        i++;
    }
}

/* When there is no room, at least ten statements, or a twentieth, are forgotten: each was called once
 * at least. */
static double forgotten(const struct usage_source *source)
{
    return (double)source->dealloc * MAX(10, floor((double)source->max / 20));
}

static double coverage_of(const struct usage_report *report)
{
    double seen = 0, all = 0;
    for (guint i = 0; i < report->sources->len; i++) {
        struct usage_source *source = g_ptr_array_index(report->sources, i);
        source->unseen = forgotten(source);
        if (source->wrong)
            return 0;
        seen += source->seen;
        all += source->seen + source->unknown + source->hidden + source->unseen;
    }
    return report->sources->len == 0 ? 0 : all > 0 ? seen / all : 1;
}

static int by_calls(gconstpointer a, gconstpointer b)
{
    const struct usage_statement *one = *(struct usage_statement *const *)a,
                                 *other = *(struct usage_statement *const *)b;
    return (one->calls < other->calls) - (one->calls > other->calls);
}

struct usage_report *usage_reader_finish(struct usage_reader *reader, JsonNode *relations)
{
    JsonArray *list =
        relations && JSON_NODE_HOLDS_ARRAY(relations) ? json_node_get_array(relations) : NULL;
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonArray *row = json_array_get_array_element(list, i);
        usage_catalog_add_relation(reader->catalog, json_array_get_string_element(row, 0),
                                   json_array_get_string_element(row, 1),
                                   json_array_get_boolean_element(row, 2));
    }
    usage_cache_begin(reader, relations);
    usage_judge_functions(reader);
    usage_judge_dependents(reader);
    judge_statements(reader);
    judge_sessions(reader);
    note_copies(reader);
    take_standbys(reader);
    reader->report->coverage = coverage_of(reader->report);
    g_ptr_array_sort(reader->report->statements, by_calls);
    return g_steal_pointer(&reader->report);
}
