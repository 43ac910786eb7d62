/* How large the next batch is and how long to rest before it: pure arithmetic on measured times
 * (engine design, "Batch": p90 of the last batches against the target, growth at most 1.5 times, a
 * tenth at once after one over five times the target). */
#ifndef PGROLLOUT_ENGINE_PACE_H
#define PGROLLOUT_ENGINE_PACE_H

#include <glib.h>

#define PACE_WINDOW 20

struct pace {
    int size, min, max; /* rows */
    double target_ms;
    double rest;                   /* pause per unit of work */
    double rate;                   /* rows a second; 0: no cap */
    double window_ms[PACE_WINDOW]; /* times since the size last changed */
    int filled;
    double best_ms_per_row; /* own best, as the measure of head-room; 0 before the first */
    double strain;          /* 1: none; up to 8 times the rest when head-room is lost */
    double owed_ms;         /* of the rests asked for; below 0: rested too long */
    int split;    /* around a row that fails, or rows too wide for the smallest batch: at most so
                     many, also under min; 0: not now */
    int suspects; /* of so many keys ahead one is known to fail; 0: of none */
};

void pace_init(struct pace *pace, int start, int min, int max, double target_ms, double rest,
               double rate);

/* New limits from settings; the size is brought into them. */
void pace_limit(struct pace *pace, int min, int max, double target_ms, double rest, double rate);

/* A batch of `rows` keys took `ms`, with `waiters` sessions waiting on us, or guards that are near
 * their limit. Returns how long to rest, in milliseconds, and sets the size of the next batch. */
double pace_batch(struct pace *pace, int rows, double ms, int waiters);

/* How many keys the next batch takes. */
int pace_size(const struct pace *pace);

/* A batch of `size` keys failed on data: it is halved until the row is found. TRUE: it was one row. */
gboolean pace_data_failed(struct pace *pace, int size);

/* The row that failed is behind us. */
void pace_row_found(struct pace *pace);

/* A batch of `size` keys took longer than a batch may at all. */
void pace_too_slow(struct pace *pace, int size);

/* The same rest for a timer of whole milliseconds. What it cannot give, and what it gave too much,
 * is settled with the next one. `idle_ms`: how long nothing was done before this batch. */
double pace_sleep(struct pace *pace, double rest_ms, double idle_ms);

/* A batch failed for a transient reason: the next one is smaller. */
void pace_failed(struct pace *pace);

#endif
