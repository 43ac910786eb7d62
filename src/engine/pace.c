/* The size and the rest of batches. */
#include "config.h"
#include "pace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GROWTH_MAX 1.5
#define PANIC 5.0 /* times the target */
#define STRAIN_MAX 8.0
/* Own time per row this many times over its best means that somebody else needs the machine. */
#define HEADROOM_LOST 2.5
/* At most this is settled of having rested too long: about what a timer is late by. */
#define OVERSLEPT_MAX_MS 3.0

static int within(const struct pace *pace, double size)
{
    return (int)fmax(pace->min, fmin(pace->max, size));
}

void pace_limit(struct pace *pace, int min, int max, double target_ms, double rest, double rate)
{
    pace->min = min < 1 ? 1 : min;
    /* under a cap, small batches often rather than large ones seldom */
    if (rate > 0)
        max = (int)fmin(max, fmax(1.0, rate / 4));
    pace->max = max < pace->min ? pace->min : max;
    pace->target_ms = target_ms;
    pace->rest = rest;
    pace->rate = rate;
    pace->size = within(pace, pace->size);
}

void pace_init(struct pace *pace, int start, int min, int max, double target_ms, double rest,
               double rate)
{
    memset(pace, 0, sizeof *pace);
    pace->strain = 1.0;
    pace->size = start;
    pace_limit(pace, min, max, target_ms, rest, rate);
}

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static double p90(const struct pace *pace)
{
    double sorted[PACE_WINDOW];
    memcpy(sorted, pace->window_ms, sizeof *sorted * (size_t)pace->filled);
    qsort(sorted, (size_t)pace->filled, sizeof *sorted, compare_doubles);
    return sorted[(int)ceil(0.9 * pace->filled) - 1];
}

static void resize(struct pace *pace, double size)
{
    int next = within(pace, size);
    if (next == pace->size)
        return;
    pace->size = next;
    pace->filled = 0;
}

static void adapt_size(struct pace *pace, int rows, double ms)
{
    if (ms > PANIC * pace->target_ms) {
        resize(pace, pace->size / 10.0);
        return;
    }
    if (rows < pace->size)
        return; /* the end of the table, or sparse: says nothing about the size */
    if (pace->filled == PACE_WINDOW) {
        memmove(pace->window_ms, pace->window_ms + 1, sizeof *pace->window_ms * (PACE_WINDOW - 1));
        pace->filled--;
    }
    pace->window_ms[pace->filled++] = ms;
    if (pace->filled < 3)
        return;
    double factor = pace->target_ms / fmax(p90(pace), 0.01);
    /* not for a tenth: a size that jumps about tells nothing */
    if (factor < 0.9 || factor > 1.1)
        resize(pace, factor > 1 ? ceil(pace->size * fmin(GROWTH_MAX, factor)) /* 1 grows, too */
                                : pace->size * fmax(0.5, factor));
}

/* `tells`: its time says something about others. */
static void feel_strain(struct pace *pace, int rows, double ms, int waiters, gboolean tells)
{
    if (rows <= 0)
        return;
    double per_row = tells ? ms / rows : pace->best_ms_per_row;
    if (pace->best_ms_per_row <= 0 || per_row < pace->best_ms_per_row)
        pace->best_ms_per_row = per_row;
    else
        pace->best_ms_per_row *= 1.0005; /* the best ages, so that one lucky batch does not bind */
    if (waiters > 0 || per_row > HEADROOM_LOST * pace->best_ms_per_row)
        pace->strain = fmin(STRAIN_MAX, pace->strain * 1.25);
    else
        pace->strain = fmax(1.0, pace->strain * 0.95);
}

int pace_size(const struct pace *pace)
{
    return pace->split && pace->split < pace->size ? pace->split : pace->size;
}

/* What is known after a small batch went well: the row that fails is among the suspects that are left,
 * or there is none any more and the batches grow back. */
static void after_split(struct pace *pace, int rows, double ms)
{
    pace->suspects = pace->suspects > rows ? pace->suspects - rows : 0;
    if (pace->suspects)
        pace->split = pace->suspects > 1 ? pace->suspects / 2 : 1;
    else if (ms > PANIC * pace->target_ms && pace->split > 1)
        pace->split /= 2;
    else if (2 * ms < PANIC * pace->target_ms)
        pace->split *= 2;
    if (!pace->suspects && pace->split >= pace->size)
        pace->split = 0;
}

gboolean pace_data_failed(struct pace *pace, int size)
{
    pace->suspects = size;
    pace->split = size > 1 ? size / 2 : 1;
    return size <= 1;
}

void pace_row_found(struct pace *pace)
{
    pace->suspects = 0;
    pace->split = 1;
}

void pace_too_slow(struct pace *pace, int size)
{
    resize(pace, size / 2.0);
    if (size / 2 < pace->size)
        pace->split = size > 1 ? size / 2 : 1;
}

double pace_batch(struct pace *pace, int rows, double ms, int waiters)
{
    /* a batch around a row that fails says nothing about the size or the head-room of ordinary ones */
    feel_strain(pace, rows, ms, waiters, !pace->split);
    if (pace->split) {
        after_split(pace, rows, ms);
    } else {
        if (ms > PANIC * pace->target_ms && rows == pace->min && rows > 1)
            pace->split = rows / 2; /* the budget is kept before the plan's minimum */
        adapt_size(pace, rows, ms);
    }
    double rest_ms = ms * pace->rest * pace->strain;
    if (waiters > 0) /* without any rest, too, others come first */
        rest_ms = fmax(rest_ms, ms * (pace->strain - 1));
    if (pace->rate > 0)
        rest_ms = fmax(rest_ms, rows / pace->rate * 1000.0 - ms);
    return rest_ms;
}

double pace_sleep(struct pace *pace, double rest_ms, double idle_ms)
{
    pace->owed_ms = fmax(pace->owed_ms - idle_ms, -OVERSLEPT_MAX_MS) + rest_ms;
    return fmax(0, floor(pace->owed_ms));
}

void pace_failed(struct pace *pace)
{
    resize(pace, pace->size / 2.0);
}
