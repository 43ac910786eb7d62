/* What install and uninstall print. */
#include "config.h"
#include "cmd/install-print.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

#include "cmd/print.h"

void install_print_text(const struct install_report *report, gboolean dry_run)
{
    for (guint i = 0; i < report->done->len; i++) {
        g_autofree char *text = print_safe(g_ptr_array_index(report->done, i));
        printf("%s%s\n", dry_run ? "would: " : "", text);
    }
}

static void add_list(JsonBuilder *builder, const char *name, const GPtrArray *list)
{
    json_builder_set_member_name(builder, name);
    json_builder_begin_array(builder);
    for (guint i = 0; i < list->len; i++)
        json_builder_add_string_value(builder, g_ptr_array_index(list, i));
    json_builder_end_array(builder);
}

void install_print_json(const struct install_report *report, gboolean dry_run)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "dry_run");
    json_builder_add_boolean_value(builder, dry_run);
    json_builder_set_member_name(builder, "version_before");
    json_builder_add_int_value(builder, report->before);
    json_builder_set_member_name(builder, "version");
    json_builder_add_int_value(builder, report->after);
    add_list(builder, "done", report->done);
    add_list(builder, "remaining", report->remaining);
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *text = json_to_string(root, TRUE);
    puts(text);
}

gboolean install_print_remaining(const struct install_report *report)
{
    if (report->remaining->len == 0)
        return FALSE;
    fputs("-- an administrator must run, in any database of this server:\n", stderr);
    for (guint i = 0; i < report->remaining->len; i++)
        fprintf(stderr, "%s\n", (const char *)g_ptr_array_index(report->remaining, i));
    return TRUE;
}
