/* lock_wait: the longest wait for a lock of the plan's tables or of their rows, whoever holds it.
 */
#include "config.h"

#include "engine/sense-private.h"

static gboolean concerns(const struct watch *watch, const struct lock_wait *wait)
{
    const char *const *tables = (const char *const *)watch->tables;
    if (wait->on_us || (wait->relation && g_strv_contains(tables, wait->relation)))
        return TRUE;
    for (guint i = 0; i < json_array_get_length(wait->rows_of); i++)
        if (g_strv_contains(tables, json_array_get_string_element(wait->rows_of, i)))
            return TRUE;
    return FALSE;
}

static void wait_read(struct guard *guard, const struct watch *watch, const struct sample *sample,
                      struct reading *reading)
{
    (void)guard;
    const struct lock_wait *longest = NULL;
    for (guint i = 0; i < sample->waits->len; i++) {
        const struct lock_wait *wait = g_ptr_array_index(sample->waits, i);
        if (!wait->ours && concerns(watch, wait) &&
            (!longest || wait->waited_s > longest->waited_s))
            longest = wait;
    }
    reading->kind = READING_VALUE;
    reading->value = longest ? longest->waited_s : 0;
    if (longest)
        reading->text = g_strdup_printf("%s (pid %" G_GINT64_FORMAT ") %s", longest->application,
                                        longest->pid, longest->on_us ? "waits on us" : "waits");
}

const struct guard_class guard_class_lock_wait = {
    .name = "lock_wait",
    .unit = "s",
    .noun = "wait",
    .help =
        "The longest time that an application's session has been waiting for a lock of the plan's "
        "tables, of their rows, or of ours.",
    .read = wait_read,
};
