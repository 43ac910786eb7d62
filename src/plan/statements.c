/* What an application sends, the program that stands for it, and in which phases each release works. */
#include "config.h"
#include "plan/fields-private.h"

#include <string.h>

#define APPLICATION(member) G_STRUCT_OFFSET(struct plan_application, member)
#define STATEMENT(member) G_STRUCT_OFFSET(struct plan_statement, member)
#define STATEMENTS_MAX 1000

/* The values of $1, $2 …: the same one may stand there twice. */
static void read_params(struct reader *reader, const struct node *value, gpointer slot)
{
    if (value->type == NODE_BROKEN)
        return;
    if (value->type != NODE_SEQUENCE || value->items->len == 0) {
        report_error(&reader->report, value->at,
                     "a list of the values of $1, $2 … is expected here, such as [42, open]");
        return;
    }
    g_autoptr(GStrvBuilder) values = g_strv_builder_new();
    for (guint i = 0; i < value->items->len; i++) {
        char *text = NULL;
        read_value(reader, g_ptr_array_index(value->items, i), &text);
        if (text)
            g_strv_builder_add(values, text);
        g_free(text);
    }
    g_strfreev(*(char ***)slot);
    *(char ***)slot = g_strv_builder_end(values);
}

const struct field statement_fields[] = {
    {"sql", read_text, STATEMENT(sql), FIELD_REQUIRED, 0},
    {"params", read_params, STATEMENT(params), 0, 0},
    {NULL, NULL, 0, 0, 0},
};

static gboolean same_statement(gconstpointer a, gconstpointer b)
{
    const struct plan_statement *one = a, *other = b;
    static const char *const none[] = {NULL};
    return strcmp(one->sql, other->sql) == 0 &&
           g_strv_equal(one->params ? (const char *const *)one->params : none,
                        other->params ? (const char *const *)other->params : none);
}

/* Text, or a mapping with its values. */
static void statement_read(struct reader *reader, const struct node *item, GPtrArray *statements)
{
    struct plan_statement *statement = plan_statement_add(statements, item->at);
    guint twice;
    if (item->type == NODE_MAPPING)
        fields_read(reader, item, statement_fields, "a statement", statement);
    else
        read_text(reader, item, &statement->sql);
    if (!statement->sql) {
        g_ptr_array_set_size(statements, (int)statements->len - 1);
    } else if (g_ptr_array_find_with_equal_func(statements, statement, same_statement, &twice) &&
               twice < statements->len - 1) {
        g_autofree char *shown = report_clip(statement->sql);
        report_error(&reader->report, item->at, "\"%s\" stands in the list twice", shown);
    }
}

static void read_list(struct reader *reader, const struct node *value, gpointer slot)
{
    if (value->type == NODE_BROKEN)
        return;
    if (value->type != NODE_SEQUENCE || value->items->len == 0)
        report_error(&reader->report, value->at,
                     "a list with at least one entry is expected here, such as [one, two]");
    else if (value->items->len > STATEMENTS_MAX)
        report_error(&reader->report, value->at, "a list of more than %d entries", STATEMENTS_MAX);
    else
        for (guint i = 0; i < value->items->len; i++)
            statement_read(reader, g_ptr_array_index(value->items, i), *(GPtrArray **)slot);
}

const struct field statements_fields[] = {
    {"old", read_list, APPLICATION(statements[RELEASE_OLD]), 0, 0},
    {"new", read_list, APPLICATION(statements[RELEASE_NEW]), 0, 0},
    {NULL, NULL, 0, 0, 0},
};

void read_statements(struct reader *reader, const struct node *value, gpointer slot)
{
    fields_read(reader, value, statements_fields, "statements", slot);
}

static void read_program(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_program *program = slot;
    program->at = value->at;
    read_text(reader, value, &program->text);
}

const struct field command_fields[] = {
    {"old", read_program, APPLICATION(command[RELEASE_OLD]), 0, 0},
    {"new", read_program, APPLICATION(command[RELEASE_NEW]), 0, 0},
    {NULL, NULL, 0, 0, 0},
};

void read_command(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_application *application = slot;
    if (value->type == NODE_SCALAR)
        read_program(reader, value, &application->command[RELEASE_BOTH]);
    else
        fields_read(reader, value, command_fields, "command", slot);
}

static gboolean phases_parse(const char *text, struct plan_works *works)
{
    g_auto(GStrv) ends = g_strsplit(text, "..", 2);
    works->from = plan_phase_parse(g_strstrip(ends[0]));
    works->to = ends[1] ? plan_phase_parse(g_strstrip(ends[1])) : works->from;
    return works->from < PHASE_COUNT && works->to < PHASE_COUNT && works->from <= works->to;
}

static void read_phases(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_works works;
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    if (phases_parse(text, &works)) {
        *(struct plan_works *)slot = works;
        return;
    }
    g_autofree char *shown = report_clip(text);
    report_error(&reader->report, value->at,
                 "\"%s\" is not from one phase to a later one, such as expand..switch_reads; the "
                 "phases are expand, deploy, backfill, switch_reads, stop_old_writes, contract",
                 shown);
}

const struct field works_fields[] = {
    {"old", read_phases, APPLICATION(works[RELEASE_OLD]), 0, 0},
    {"new", read_phases, APPLICATION(works[RELEASE_NEW]), 0, 0},
    {NULL, NULL, 0, 0, 0},
};

void read_works(struct reader *reader, const struct node *value, gpointer slot)
{
    fields_read(reader, value, works_fields, "works", slot);
}
