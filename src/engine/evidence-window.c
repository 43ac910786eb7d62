/* For how long something has been so, at every look: pure. */
#include "config.h"
#include "evidence-private.h"

#include "pgrollout/base/units.h"

#define LOOK_MIN_US (200 * 1000)
#define LOOK_SHORT_US (2 * G_USEC_PER_SEC)
#define LOOK_LONG_US (10 * G_USEC_PER_SEC)
#define LONG_US (10 * 60 * G_USEC_PER_SEC)

gboolean evidence_window_look(struct evidence_window *window, gint64 now_us, gint64 window_us,
                              enum evidence_verdict verdict)
{
    gint64 gap = window->seen_us ? now_us - window->seen_us : 0;
    /* a clock that went back tells of another server */
    if (gap < 0 || gap > EVIDENCE_GAP_US)
        window->since_us = 0;
    if (!window->begun_us || gap < 0)
        window->begun_us = now_us;
    if (verdict == EVIDENCE_FROZEN && window->since_us)
        window->since_us += gap;
    else if (verdict != EVIDENCE_CLEAR)
        window->since_us = 0;
    else if (!window->since_us)
        window->since_us = now_us;
    window->seen_us = now_us;
    return verdict == EVIDENCE_CLEAR && now_us - window->since_us >= window_us;
}

double evidence_interval_ms(gint64 window_us)
{
    gint64 us =
        window_us >= LONG_US ? LOOK_LONG_US : CLAMP(window_us / 10, LOOK_MIN_US, LOOK_SHORT_US);
    return (double)us / 1000;
}

static char *hours(gint64 us)
{
    gint64 minutes = us / (60 * G_USEC_PER_SEC);
    if (minutes % 60 == 0)
        return g_strdup_printf("%" G_GINT64_FORMAT "h", minutes / 60);
    return g_strdup_printf("%" G_GINT64_FORMAT "h %" G_GINT64_FORMAT "m", minutes / 60,
                           minutes % 60);
}

char *evidence_elapsed(gint64 elapsed_us, gint64 window_us)
{
    static const gint64 s = G_USEC_PER_SEC, min = 60 * G_USEC_PER_SEC;
    gint64 unit = window_us >= 10 * min ? min : window_us >= min ? 10 * s : s;
    gint64 whole = CLAMP(elapsed_us, 0, window_us) / unit * unit;
    g_autofree char *window = duration_format(window_us);
    g_autofree char *elapsed = whole >= 120 * min ? hours(whole) : duration_format(whole);
    return g_strdup_printf("for %s of %s", elapsed, window);
}
