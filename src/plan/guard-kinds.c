/* Every kind of guard with its defaults; man pgrollout-plan says why they are what they are. */
#include "config.h"
#include "plan/guards-private.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/units.h"

#define MB 1048576.0
#define GB (1024 * MB)

/* clang-format off */
const struct guard_kind guard_kinds[] = {
    {"replication_lag", UNIT_SECONDS, 5, 2, 2, 1, GUARD_ON | GUARD_EXCEPT},
    {"replication_bytes", UNIT_BYTES, GB, 256 * MB, 2, 1, GUARD_ON | GUARD_EXCEPT},
    {"slot_wal", UNIT_BYTES, 10 * GB, 5 * GB, 2, 5, GUARD_ON | GUARD_EXCEPT},
    {"lock_waiters", UNIT_COUNT, 3, 0, 2, 1, GUARD_ON},
    {"lock_wait", UNIT_SECONDS, 0.5, 0.1, 2, 1, GUARD_ON},
    {"query_latency", UNIT_RATIO, 2.0, 1.3, 2, 10, GUARD_ON},
    {"connections", UNIT_PERCENT, 85, 75, 2, 5, GUARD_ON},
    {"long_transaction", UNIT_SECONDS, 1800, 900, 2, 5, GUARD_ON | GUARD_EXCEPT},
    {"archive_queue", UNIT_COUNT, 100, 20, 2, 10, GUARD_ON},
    {"stall", UNIT_SECONDS, 300, 0, 2, 1, GUARD_ON | GUARD_LATCHED},
    {"retries", UNIT_COUNT, 10, 2, 2, 1, GUARD_ON},
    {"active_sessions", UNIT_COUNT, 50, 30, 2, 5, 0},
    {"dead_tuples", UNIT_COUNT, 10e6, 5e6, 2, 10, 0},
    {"window", UNIT_NONE, 1, 0, 1, 1, 0},
    {"sql", UNIT_NUMBER, NAN, NAN, 2, 1, GUARD_NAMED},
    {"probe", UNIT_NUMBER, NAN, NAN, 2, 1, GUARD_NAMED},
    {NULL, UNIT_NONE, NAN, NAN, 0, 0, 0},
};
/* clang-format on */

const struct guard_kind *guard_kind_find(const char *name)
{
    for (const struct guard_kind *kind = guard_kinds; kind->name; kind++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}

static void percent_read(struct reader *reader, const struct node *value, double *limit)
{
    g_autofree char *number = g_strdup(scalar_text(reader, value));
    GError *error = NULL;
    gsize length = strlen(number);
    if (length > 1 && number[length - 1] == '%')
        number[length - 1] = '\0';
    if (!number_parse(number, limit, &error))
        report_taken(reader, value, error);
    else if (*limit > 100)
        report_error(&reader->report, value->at, "at most 100%% is possible here");
}

static void whole_read(struct reader *reader, const struct node *value, const char *text,
                       enum guard_unit unit, double *limit)
{
    gint64 whole = 0;
    GError *error = NULL;
    gboolean ok = unit == UNIT_SECONDS ? duration_parse(text, &whole, &error)
                  : unit == UNIT_BYTES ? size_parse(text, &whole, &error)
                                       : count_parse(text, 0, G_MAXINT, &whole, &error);
    if (ok)
        *limit = (double)whole / (unit == UNIT_SECONDS ? G_USEC_PER_SEC : 1);
    else
        report_taken(reader, value, error);
}

void guard_limit_read(struct reader *reader, const struct guard_kind *kind,
                      const struct node *value, double *limit)
{
    GError *error = NULL;
    const char *text = scalar_text(reader, value);
    *limit = NAN; /* until it is read: nothing is compared with it */
    if (!text)
        return;
    switch (kind->unit) {
    case UNIT_SECONDS:
    case UNIT_BYTES:
    case UNIT_COUNT:
        whole_read(reader, value, text, kind->unit, limit);
        break;
    case UNIT_PERCENT:
        percent_read(reader, value, limit);
        break;
    case UNIT_RATIO:
    case UNIT_NUMBER:
        if (!number_parse(text, limit, &error))
            report_taken(reader, value, error);
        break;
    case UNIT_NONE:
        report_error(&reader->report, value->at,
                     "a window is open or closed: it has no such value");
        break;
    }
}

char *guard_limit_format(const struct guard_kind *kind, double limit)
{
    g_autofree char *number = NULL;
    switch (kind->unit) {
    case UNIT_SECONDS:
        return duration_format((gint64)llround(limit * G_USEC_PER_SEC));
    case UNIT_BYTES:
        return size_format((gint64)llround(limit));
    case UNIT_RATIO:
        number = number_format(limit);
        return g_strdup_printf("%s x baseline", number);
    case UNIT_PERCENT:
        number = number_format(limit);
        return g_strconcat(number, "%", NULL);
    case UNIT_COUNT:
        return count_format((gint64)limit);
    case UNIT_NUMBER:
    case UNIT_NONE:
        break;
    }
    return number_format(limit);
}
