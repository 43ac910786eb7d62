/* dead_tuples: dead rows of the plan's table that has most of them. */
#include "config.h"

#include "engine/sense-private.h"

static char *dead_query(struct guard *guard, const struct watch *watch, struct reading *reading)
{
    (void)guard;
    if (!watch->tables || !*watch->tables) {
        reading_unwatched(reading,
                          "not watched: none of the plan's tables was there when it began");
        return NULL;
    }
    g_autofree char *list = g_strjoinv(",", watch->tables);
    g_autofree char *array = g_strdup_printf("{%s}", list);
    g_autofree char *tables = db_literal(array);
    const char *const pairs[] = {"tables", tables, NULL};
    return sense_fill("engine/sql/sense-dead.sql", pairs);
}

static gboolean dead_answer(struct guard *guard, const struct watch *watch,
                            const struct db_reply *reply, const GError *error,
                            struct reading *reading)
{
    (void)guard;
    (void)watch;
    if (error) {
        reading_fail(reading, error->message);
        return FALSE;
    }
    gboolean any = db_reply_rows(reply) > 0; /* a table may have been dropped */
    reading->kind = READING_VALUE;
    reading->value = any ? db_reply_double(reply, 0, 1) : 0;
    reading->text =
        g_strdup(any ? db_reply_text(reply, 0, 0) : "nothing to watch: no table is left");
    return FALSE;
}

const struct guard_class guard_class_dead_tuples = {
    .name = "dead_tuples",
    .unit = "",
    .noun = "dead rows",
    .help = "Dead rows of the plan's table that has most of them, its partitions included, by the "
            "server's statistics.",
    .every_us = 10 * G_USEC_PER_SEC,
    .query = dead_query,
    .answer = dead_answer,
};
