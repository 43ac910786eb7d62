/* long_transaction: the oldest transaction of the database that is not ours. What we leave dead cannot
 * be cleaned up behind it. */
#include "config.h"

#include "engine/sense-private.h"

static gboolean is_excepted(const struct guard *guard, const char *application)
{
    for (char *const *glob = guard->plan->except; glob && *glob; glob++)
        if (g_pattern_match_simple(*glob, application))
            return TRUE;
    return FALSE;
}

static void oldest_take(struct reading *reading, JsonObject *row)
{
    const char *application = json_object_get_string_member_with_default(row, "application", "");
    const char *state = json_object_get_string_member_with_default(row, "state", "");
    gint64 pid = json_object_get_int_member_with_default(row, "pid", 0);
    reading->value = MAX(0, json_object_get_double_member_with_default(row, "age_s", G_MAXDOUBLE));
    reading->text =
        pid ? g_strdup_printf("%s (pid %" G_GINT64_FORMAT ") %s", application, pid, state)
            : g_strdup_printf("prepared transaction \"%s\"", application);
}

static gboolean long_answer(struct guard *guard, const struct watch *watch,
                            const struct db_reply *reply, const GError *error,
                            struct reading *reading)
{
    (void)watch;
    if (!reading_sessions(reading, reply, error))
        return FALSE;
    g_autoptr(GError) wrong = NULL;
    g_autoptr(JsonNode) old =
        json_from_string(db_reply_text(reply, 0, db_reply_column(reply, "old")), &wrong);
    if (!old) {
        reading_fail(reading, wrong->message);
        return FALSE;
    }
    reading->kind = READING_VALUE;
    reading->value = 0;
    JsonArray *rows = json_node_get_array(old);
    for (guint i = 0; i < json_array_get_length(rows) && !reading->text; i++) {
        JsonObject *row = json_array_get_object_element(rows, i);
        if (!is_excepted(guard, json_object_get_string_member_with_default(row, "application", "")))
            oldest_take(reading, row);
    }
    return FALSE;
}

const struct guard_class guard_class_long_transaction = {
    .name = "long_transaction",
    .unit = "s",
    .noun = "oldest transaction",
    .help =
        "The age of the oldest transaction of this database, also of a prepared one; ours do not "
        "count.",
    .every_us = SESSIONS_EVERY_US,
    .look = SESSIONS_LOOK,
    .answer = long_answer,
};
