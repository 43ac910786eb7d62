/* Plan files on the command line: reading, linting, telling what is wrong. */
#include "config.h"
#include "cmd/plan-file.h"

#include "cmd/print.h"
#include "pgrollout/base/json.h"
#include "pgrollout/lint/lint.h"

GPtrArray *plan_findings_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
}

gboolean plan_file_load(const char *path, struct plan **plan, GPtrArray *findings)
{
    g_autoptr(GError) error = NULL;
    *plan = lint_file(path, findings, &error);
    if (error)
        print_error(error);
    return !error;
}

gboolean plan_findings_have_error(const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++)
        if (!((struct plan_finding *)findings->pdata[i])->warning)
            return TRUE;
    return FALSE;
}

void plan_findings_print(const GPtrArray *findings, FILE *to)
{
    for (guint i = 0; i < findings->len; i++) {
        g_autofree char *line = plan_finding_format(findings->pdata[i]);
        g_autofree char *safe = print_safe(line);
        fprintf(to, "%s\n", safe);
    }
}

void plan_findings_json(const GPtrArray *findings, JsonBuilder *json)
{
    json_builder_begin_array(json);
    for (guint i = 0; i < findings->len; i++) {
        const struct plan_finding *finding = g_ptr_array_index(findings, i);
        g_autofree char *file = g_utf8_make_valid(finding->file, -1);
        json_builder_begin_object(json);
        json_put_text(json, "file", file);
        json_builder_set_member_name(json, "line");
        json_builder_add_int_value(json, finding->line);
        json_builder_set_member_name(json, "column");
        json_builder_add_int_value(json, finding->column);
        json_put_text(json, "severity", finding->warning ? "warning" : "error");
        json_put_text(json, "id", finding->id);
        json_put_text(json, "text", finding->text);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

void print_json_node(JsonNode *root)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    puts(text);
    json_node_unref(root);
}

void print_json(JsonBuilder *json)
{
    print_json_node(json_builder_get_root(json));
}
