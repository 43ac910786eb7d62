/* The injectable monotonic clock. */
#include "config.h"
#include "pgrollout/base/clock.h"

static gint64 (*clock_source)(void) = g_get_monotonic_time;

gint64 clock_now_us(void)
{
    return clock_source();
}

void clock_set_source(gint64 (*now_us)(void))
{
    clock_source = now_us ? now_us : g_get_monotonic_time;
}
