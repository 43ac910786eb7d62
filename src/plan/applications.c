/* The `applications:` of a plan: who reads and writes the tables. */
#include "config.h"
#include "plan/fields-private.h"

#include <string.h>

#define APPLICATION(member) G_STRUCT_OFFSET(struct plan_application, member)

const struct field application_fields[] = {
    {"sessions", read_line, APPLICATION(sessions), 0, 0},
    {"release", read_line, APPLICATION(release), 0, 0},
    {"slot", read_text, APPLICATION(slot), 0, 0},
    {"runs", read_period, APPLICATION(runs_us), 0, 0},
    {"role", read_identifier, APPLICATION(role), 0, 0},
    {"statements", read_statements, 0, 0, 0},
    {"command", read_command, 0, 0, 0},
    {"works", read_works, 0, 0, 0},
    {NULL, NULL, 0, 0, 0},
};

static gboolean slot_is_valid(const char *slot)
{
    gsize length = strlen(slot);
    return length <= 63 && strspn(slot, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static void application_check(struct reader *reader, const struct node *value,
                              const struct plan_application *application)
{
    const struct node *slot = node_find(value, "slot");
    if (application->slot && !slot_is_valid(application->slot))
        report_error(&reader->report, slot->at,
                     "not the name of a replication slot: [a-z0-9_], at most 63");
    if (application->slot && application->sessions)
        report_error(&reader->report, slot->at,
                     "an application has sessions or a slot, not both: write two applications");
}

static void application_read(struct reader *reader, const struct node *key,
                             const struct node *value)
{
    g_autofree char *what = NULL;
    if (!key_counts(key))
        return;
    if (!name_is_valid(key->text, "-_.")) {
        g_autofree char *shown = report_clip(key->text);
        report_error(&reader->report, key->at,
                     "\"%s\" is not a name for an application: [a-z0-9][a-z0-9._-]*, at most 63",
                     shown);
        if (strlen(key->text) > 63) {
            reader->applications_unsure = TRUE;
            return;
        }
    }
    struct plan_application *application = plan_application_add(reader->plan, key->text);
    application->at = key->at;
    what = g_strdup_printf("application \"%s\"", key->text);
    fields_read(reader, value, application_fields, what, application);
    if (value->type == NODE_MAPPING)
        application_check(reader, value, application);
}

void applications_read(struct reader *reader, const struct node *value, gpointer slot)
{
    (void)slot;
    struct node pairs;
    if (pairs_read(reader, value,
                   "applications must be a mapping of a name to its keys, such as \"web: "
                   "{sessions: web*}\"",
                   &pairs)) {
        for (guint i = 0; i < pairs.items->len; i++)
            application_read(reader, g_ptr_array_index(pairs.keys, i),
                             g_ptr_array_index(pairs.items, i));
        pairs_clear(&pairs);
    } else {
        reader->applications_unsure = TRUE;
    }
}
