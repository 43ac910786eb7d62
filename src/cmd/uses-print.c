/* What `uses` prints. */
#include "config.h"
#include "cmd/uses.h"

#include <stdio.h>
#include <string.h>

#include "cmd/print.h"
#include "pgrollout/base/json.h"
#include "pgrollout/base/text.h"
#include "pgrollout/base/units.h"

#define WIDTH 80
#define STATEMENTS 20 /* more are counted, and told in JSON */

gboolean uses_none(const struct usage_report *report, double enough)
{
    return !report->using_statements && !report->using_sessions && !report->unknown_sessions &&
           !report->standing && report->coverage >= enough;
}

/* One line, cut to what is left of the width behind `indent` columns. */
static void put_cut(int indent, const char *text)
{
    g_autofree char *safe = print_safe(text);
    g_autofree char *cut = safe_text_cut(safe, WIDTH - indent, TEXT_UTF8);
    g_autofree char *shown = print_safe(cut);
    printf("%*s%s\n", indent, "", shown);
}

/* A line of any length, broken at spaces. */
static void put_wrapped(int indent, const char *text)
{
    printf("%*s", indent, "");
    print_wrapped(indent, indent + 2, text);
}

static char *use_text(const struct usage *usage)
{
    return g_strconcat(usage_name(usage->kind), usage->star ? ", the whole row" : "",
                       usage->via ? ", by " : "", usage->via ? usage->via : "",
                       usage->why ? ": " : "", usage->why ? usage->why : "", NULL);
}

static void put_statement(const struct usage_statement *statement)
{
    g_autofree char *calls = count_format(statement->calls);
    g_autofree char *use = use_text(&statement->usage);
    g_autofree char *line =
        g_strdup_printf("%s call%s, %.3g ms, %s on %s: %s%s", calls,
                        statement->calls == 1 ? "" : "s", statement->mean_ms, statement->role,
                        statement->source->name, use, statement->excepted ? " (excepted)" : "");
    put_cut(2, line);
    put_cut(6, statement->text);
}

static void put_statements(const struct usage_report *report)
{
    if (report->statements->len)
        puts("statements:");
    for (guint i = 0; i < MIN(report->statements->len, STATEMENTS); i++)
        put_statement(g_ptr_array_index(report->statements, i));
    if (report->statements->len > STATEMENTS)
        printf("  and %u more: --json shows all\n", report->statements->len - STATEMENTS);
}

static void put_sessions(const struct usage_report *report)
{
    if (report->sessions->len)
        puts("sessions at work now:");
    for (guint i = 0; i < report->sessions->len; i++) {
        const struct usage_session *session = g_ptr_array_index(report->sessions, i);
        g_autofree char *use = session->usage.kind
                                   ? use_text(&session->usage)
                                   : g_strdup("its transaction has touched the table");
        g_autofree char *line = g_strdup_printf(
            "pid %" G_GINT64_FORMAT " on %s, %s %s, %s for %" G_GINT64_FORMAT " s: %s",
            session->pid, session->source->name, session->role, session->application,
            session->state, session->age_s, use);
        put_cut(2, line);
        put_cut(6, session->text);
    }
}

static void put_dependents(const struct usage_report *report, enum usage_standing from,
                           enum usage_standing to, const char *head)
{
    gboolean first = TRUE;
    for (guint i = 0; i < report->dependents->len; i++) {
        const struct usage_dependent *dependent = g_ptr_array_index(report->dependents, i);
        if (dependent->standing < from || dependent->standing > to)
            continue;
        if (first)
            puts(head);
        first = FALSE;
        put_wrapped(2, dependent->text);
    }
}

/* A prepared statement keeps its row type: the server refuses it after the row changed. */
static void put_stars(const struct usage_report *report)
{
    gint64 calls = 0;
    guint count = 0;
    for (guint i = 0; i < report->statements->len; i++) {
        const struct usage_statement *statement = g_ptr_array_index(report->statements, i);
        if (statement->usage.star && (statement->usage.kind & USAGE_READS)) {
            calls += statement->calls;
            count++;
        }
    }
    if (!count)
        return;
    g_autofree char *number = count_format(calls);
    g_autofree char *text = g_strdup_printf(
        "%u of them (%s calls) take the whole row: prepared, they fail once on every connection "
        "after an ADD or DROP COLUMN (0A000, cached plan must not change result type). RECONNECT "
        "on the pooler, or restart the application, right afterwards; better, name the columns.",
        count, number);
    put_wrapped(0, text);
}

static void add_part(GString *out, double calls, const char *what)
{
    g_autofree char *number = count_format((gint64)calls);
    if (calls > 0)
        g_string_append_printf(out, "; %s%s", number, what);
}

static void put_coverage(const struct usage_report *report, double enough)
{
    printf("coverage: %.1f %%%s\n", report->coverage * 100,
           report->coverage < enough ? ", too little to say that nothing uses it" : "");
    for (guint i = 0; i < report->sources->len; i++) {
        const struct usage_source *source = g_ptr_array_index(report->sources, i);
        g_autoptr(GString) out = g_string_new(source->name);
        g_autofree char *seen = count_format((gint64)source->seen);
        if (source->wrong) {
            g_string_append_printf(out, ": blind: %s", source->wrong);
        } else {
            g_string_append_printf(out, ": %s call%s on the table understood, since %s", seen,
                                   source->seen == 1 ? "" : "s", source->since);
            add_part(out, source->unknown, " not understood");
            add_part(out, source->hidden, " of hidden texts");
            add_part(out, source->unseen, " or more forgotten (pg_stat_statements.max)");
        }
        put_wrapped(2, out->str);
    }
    for (guint i = 0; i < report->notes->len; i++) {
        g_autofree char *note = g_strconcat("note: ", g_ptr_array_index(report->notes, i), NULL);
        put_wrapped(2, note);
    }
}

static char *subject(const struct usage_report *report)
{
    return g_strconcat(report->schema, ".", report->table, report->column ? "." : "",
                       report->column ? report->column : "", NULL);
}

void uses_print(const struct usage_report *report, double enough)
{
    g_autofree char *what = subject(report);
    gboolean used = report->using_statements || report->using_sessions || report->standing;
    g_autofree char *head = g_strconcat(what,
                                        used                        ? ": in use"
                                        : uses_none(report, enough) ? ": nothing uses it"
                                                                    : ": cannot be told",
                                        NULL);
    put_wrapped(0, head);
    put_statements(report);
    put_stars(report);
    put_sessions(report);
    put_dependents(report, USAGE_STANDS, USAGE_MAYBE, "stands on it:");
    put_dependents(report, USAGE_GOES, USAGE_GOES, "goes with it:");
    put_dependents(report, USAGE_OURS, USAGE_OURS, "ours, and goes in time:");
    put_coverage(report, enough);
}

/* --- the same for programs */

static void set_use(JsonBuilder *builder, const struct usage *usage, gboolean excepted)
{
    json_put_text(builder, "use", usage_name(usage->kind));
    json_put_flag(builder, "whole_row", usage->star);
    json_put_text(builder, "via", usage->via);
    json_put_text(builder, "why", usage->why);
    json_put_flag(builder, "excepted", excepted);
}

static void add_statements(JsonBuilder *builder, const struct usage_report *report)
{
    json_builder_set_member_name(builder, "statements");
    json_builder_begin_array(builder);
    for (guint i = 0; i < report->statements->len; i++) {
        const struct usage_statement *statement = g_ptr_array_index(report->statements, i);
        json_builder_begin_object(builder);
        json_put_text(builder, "server", statement->source->name);
        json_put_text(builder, "role", statement->role);
        json_put_int(builder, "calls", statement->calls);
        json_builder_set_member_name(builder, "mean_ms");
        json_builder_add_double_value(builder, statement->mean_ms);
        set_use(builder, &statement->usage, statement->excepted);
        json_put_text(builder, "query", statement->text);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_sessions(JsonBuilder *builder, const struct usage_report *report)
{
    json_builder_set_member_name(builder, "sessions");
    json_builder_begin_array(builder);
    for (guint i = 0; i < report->sessions->len; i++) {
        const struct usage_session *session = g_ptr_array_index(report->sessions, i);
        json_builder_begin_object(builder);
        json_put_text(builder, "server", session->source->name);
        json_put_int(builder, "pid", session->pid);
        json_put_text(builder, "role", session->role);
        json_put_text(builder, "application", session->application);
        json_put_text(builder, "state", session->state);
        json_put_int(builder, "age_s", session->age_s);
        json_put_flag(builder, "locks", session->locks);
        set_use(builder, &session->usage, session->excepted);
        json_put_text(builder, "query", session->text);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_dependents(JsonBuilder *builder, const struct usage_report *report)
{
    static const char *const standings[] = {"stands", "may", "goes", "ours"};
    json_builder_set_member_name(builder, "dependents");
    json_builder_begin_array(builder);
    for (guint i = 0; i < report->dependents->len; i++) {
        const struct usage_dependent *dependent = g_ptr_array_index(report->dependents, i);
        json_builder_begin_object(builder);
        json_put_text(builder, "kind", dependent->kind);
        json_put_text(builder, "text", dependent->text);
        json_put_text(builder, "standing", standings[dependent->standing]);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_servers(JsonBuilder *builder, const struct usage_report *report)
{
    json_builder_set_member_name(builder, "servers");
    json_builder_begin_array(builder);
    for (guint i = 0; i < report->sources->len; i++) {
        const struct usage_source *source = g_ptr_array_index(report->sources, i);
        json_builder_begin_object(builder);
        json_put_text(builder, "name", source->name);
        json_put_text(builder, "blind", source->wrong);
        json_put_text(builder, "since", source->since);
        json_put_int(builder, "understood", (gint64)source->seen);
        json_put_int(builder, "not_understood", (gint64)source->unknown);
        json_put_int(builder, "hidden", (gint64)source->hidden);
        json_put_int(builder, "forgotten", (gint64)source->unseen);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "notes");
    json_builder_begin_array(builder);
    for (guint i = 0; i < report->notes->len; i++)
        json_builder_add_string_value(builder, g_ptr_array_index(report->notes, i));
    json_builder_end_array(builder);
}

void uses_print_json(const struct usage_report *report, double enough)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_put_text(builder, "schema", report->schema);
    json_put_text(builder, "table", report->table);
    json_put_text(builder, "column", report->column);
    json_put_flag(builder, "unused", uses_none(report, enough));
    json_builder_set_member_name(builder, "coverage");
    json_builder_add_double_value(builder, report->coverage);
    add_statements(builder, report);
    add_sessions(builder, report);
    add_dependents(builder, report);
    add_servers(builder, report);
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *text = json_to_string(root, TRUE);
    puts(text);
}
