/* pgrollout lint: what is wrong with plan files and SQL scripts, and what a rule is about. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/plan-file.h"
#include "cmd/print.h"
#include "pgrollout/lint/lint.h"

extern const struct cmd_verb cmd_verb_lint;

static gboolean load_any(const char *path, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    struct plan *plan;
    if (!g_str_has_suffix(path, ".sql")) {
        gboolean read = plan_file_load(path, &plan, findings);
        plan_free(plan);
        return read;
    }
    if (lint_script_file(path, findings, &error))
        return TRUE;
    print_error(error);
    return FALSE;
}

static void text_json(const char *id, const char *text)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    json_builder_set_member_name(json, "id");
    json_builder_add_string_value(json, id);
    json_builder_set_member_name(json, "text");
    json_builder_add_string_value(json, text);
    json_builder_end_object(json);
    print_json(json);
}

/* A line that begins something: an example, a rule of the list, "Safe: …". */
static gboolean begins(const char *line)
{
    gsize word = strcspn(line, " ");
    return *line == ' ' || *line == '\0' || line[word ? word - 1 : 0] == ':' ||
           (word == 3 && g_ascii_isdigit(line[1]) && g_ascii_isdigit(line[2]));
}

/* Paragraphs for 80 columns; what is indented stays as it is. */
static void put_reflowed(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line && (**line || line[1]); line++) {
        if (**line == ' ' || **line == '\0') {
            puts(*line);
            continue;
        }
        GString *paragraph = g_string_new(*line);
        while (line[1] && !begins(line[1]))
            g_string_append_printf(paragraph, " %s", *++line);
        print_wrapped(0, 0, paragraph->str);
        g_string_free(paragraph, TRUE);
    }
}

/* One rule, or all of them for "". */
static int explain(const struct cmd_context *context, const char *word)
{
    g_autofree char *id = g_ascii_strup(word, -1);
    g_autofree char *text = lint_explain(id);
    g_autofree char *list = lint_list();
    if (text && context->json) {
        text_json(id, text);
    } else if (text || !*word) {
        put_reflowed(text ? text : list);
    } else {
        g_autofree char *valid = cmd_text(word);
        g_autofree char *shown = print_safe(valid);
        print_message("no rule has the id \"%s\"", shown);
        fputs("hint: all of them: pgrollout lint --explain\n", stderr);
    }
    return text || !*word ? 0 : 2;
}

/* `--explain` as the last word asks for all of them. Whether it is there at all. */
static gboolean asks_explanation(int argc, char **argv)
{
    gboolean asks = FALSE;
    if (argc > 1 && strcmp(argv[argc - 1], "--explain") == 0)
        argv[argc - 1] = (char *)"--explain=";
    for (int i = 1; i < argc; i++)
        asks = asks || g_str_has_prefix(argv[i], "--explain");
    return asks;
}

static int run_lint(struct cmd_context *context, int argc, char **argv)
{
    int status;
    g_autofree char *id = NULL;
    const GOptionEntry entries[] = {
        {"explain", 0, 0, G_OPTION_ARG_FILENAME, &id,
         "what a rule is about; without ID all of them", "ID"},
        {0},
    };
    int least = asks_explanation(argc, argv) ? 0 : 1;
    if (!cmd_parse(&cmd_verb_lint, entries, &argc, &argv, least, 1000, &status))
        return status;
    if (id)
        return explain(context, id);
    gboolean unreadable = FALSE;
    g_autoptr(GPtrArray) findings = plan_findings_new();
    for (int i = 1; i < argc; i++)
        if (!load_any(argv[i], findings))
            unreadable = TRUE;
    if (context->json) {
        g_autoptr(JsonBuilder) json = json_builder_new();
        plan_findings_json(findings, json);
        print_json(json);
    } else {
        plan_findings_print(findings, stdout);
    }
    return unreadable ? 2 : findings->len > 0 ? 1 : 0;
}

const struct cmd_verb cmd_verb_lint = {
    .name = "lint",
    .arguments = "FILE…",
    .summary = "say what is wrong with plan files and with .sql scripts",
    .run = run_lint,
};
