/* The arithmetic of forecasts: pure. Ranges, because each of their ends rests on something else. */
#include "config.h"
#include "engine/forecast-private.h"

#include <math.h>
#include <string.h>

/* What committing a batch and appending its position costs beyond what a sample can see. */
#define FIXED_MS 1.3
#define POSITION_BYTES 400.0
/* VACUUM between the batches, triggers that are not there yet. */
#define ALLOWANCE 1.25
#define STRAIN 2.0
/* Of what is left behind, this much stays although VACUUM comes every tenth of the way. */
#define VACUUMED 0.15
#define TUPLE_RECORD 64.0 /* the least that the record of one update takes */
#define TRIGGER_RECORD 57.0
#define INDEX_RECORD 80.0 /* header, block reference, entry */
#define LINE_POINTER 4.0
#define ROW_HEADER 24.0
#define INDEX_ENTRY 20.0 /* of a narrow key */
/* By so much two workers were quicker than one, and each further one more. */
#define WORKER_LOW 0.35
#define WORKER_HIGH 0.7
/* An index that holds the new column before it is filled: 0.57 of the speed with one, and so much more time for
 * each index that a row version gets an entry in. */
#define COLD_LOW 1.75
#define COLD_EACH 1.3

struct forecast_range forecast_unknown(void)
{
    return (struct forecast_range){NAN, NAN};
}

gboolean forecast_is_known(struct forecast_range range)
{
    return !isnan(range.low) && !isnan(range.high);
}

struct forecast_range forecast_times(struct forecast_range range, double factor)
{
    return (struct forecast_range){range.low * factor, range.high * factor};
}

struct forecast_range forecast_plus(struct forecast_range a, struct forecast_range b)
{
    return (struct forecast_range){a.low + b.low, a.high + b.high};
}

void forecast_tally_add(struct forecast_tally *tally, double count)
{
    tally->n++;
    tally->sum += count;
    tally->squares += count * count;
    tally->most = fmax(tally->most, count);
}

struct forecast_range forecast_scale(const struct forecast_tally *tally, double pages,
                                     double full_page)
{
    if (pages <= 0)
        return (struct forecast_range){0, 0};
    if (tally->n <= 0)
        return forecast_unknown();
    if (tally->n >= pages)
        return (struct forecast_range){tally->sum, tally->sum};
    if (tally->sum <= 0)
        return (struct forecast_range){0, 3 * pages / tally->n * full_page};
    double mean = tally->sum / tally->n;
    double variance = fmax(0, tally->squares / tally->n - mean * mean);
    /* pages that are all alike do not prove that those not seen are, too */
    double share = fmax(3 * sqrt(variance / tally->n), 3 * mean / tally->n);
    double error = pages * share * sqrt(1 - tally->n / pages);
    return (struct forecast_range){fmax(tally->sum, mean * pages - error), mean * pages + error};
}

/* --- time */

struct unit {
    double walk, change; /* ms for each key passed, and more for each row changed */
};

static struct unit unit_of(const struct forecast_measure *m)
{
    double walk = m->rows > 0 ? fmin(m->walk_ms, m->ms) / m->rows : 0;
    return (struct unit){walk, m->changed > 0 ? fmax(0, m->ms - walk * m->rows) / m->changed : NAN};
}

/* The quickest and the slowest of all; change is NAN when no batch changed anything. */
static void units(const struct forecast_measure *measures, guint n, struct unit *low,
                  struct unit *high)
{
    *low = *high = (struct unit){NAN, NAN};
    for (guint i = 0; i < n; i++) {
        struct unit unit = unit_of(&measures[i]);
        low->walk = fmin(low->walk, unit.walk); /* fmin and fmax pass a NAN by */
        high->walk = fmax(high->walk, unit.walk);
        low->change = fmin(low->change, unit.change);
        high->change = fmax(high->change, unit.change);
    }
}

static double batches_for(const struct forecast_pace *pace, double keys, double work_ms)
{
    double max = pace->rate > 0 ? fmin(pace->max, fmax(1, pace->rate / 4)) : pace->max;
    double size = work_ms > 0 ? pace->target_ms / (work_ms / keys) : max;
    return ceil(keys / fmax(pace->min, fmin(fmax(max, pace->min), size)));
}

/* Seconds for one end of the range. */
static double end_s(const struct forecast_pace *pace, double keys, double work_ms, double fixed_ms,
                    double strain, double speed, double *batches)
{
    *batches = keys > 0 ? batches_for(pace, keys, work_ms) : 0;
    double ms = (work_ms + *batches * fixed_ms) * (1 + pace->rest * strain) / speed;
    if (pace->rate > 0)
        ms = fmax(ms, keys / pace->rate * 1000);
    return ms / 1000;
}

void forecast_time(struct forecast_step *step, const struct forecast_pace *pace,
                   const struct forecast_measure *measures, guint n)
{
    struct unit low, high;
    units(measures, n, &low, &high);
    double low_keys = step->rows.low, high_keys = step->rows.high;
    if (n == 0 || isnan(low_keys) || isnan(high_keys))
        return;
    gboolean changes = step->touched.high > 0;
    if (changes && isnan(high.change))
        return; /* no batch met a row to change */
    double low_ms = low_keys * low.walk + (changes ? step->touched.low * low.change : 0);
    double high_ms = high_keys * high.walk + (changes ? step->touched.high * high.change : 0);
    int more = pace->workers > 1 ? pace->workers - 1 : 0;
    if (pace->grows_cold) {
        low_ms *= COLD_LOW;
        high_ms *= 1 + COLD_EACH * (step->indexes + 1);
    }
    step->seconds.low =
        end_s(pace, low_keys, low_ms, pace->trip_ms, 1, 1 + WORKER_HIGH * more, &step->batches.low);
    step->seconds.high =
        ALLOWANCE * end_s(pace, high_keys, high_ms, pace->trip_ms + FIXED_MS, STRAIN,
                          1 + WORKER_LOW * fmin(more, 1), &step->batches.high);
    step->batches.high = fmax(step->batches.high, step->batches.low);
}

/* --- HOT */

struct forecast_range forecast_hot_room(double rows_per_page, double touched_per_page,
                                        double row_bytes, double added, double page_bytes)
{
    if (touched_per_page <= 0 || isnan(row_bytes))
        return (struct forecast_range){0, 1};
    double used = ROW_HEADER + rows_per_page * (row_bytes + LINE_POINTER);
    double fit = fmax(0, page_bytes - used) / (row_bytes + added + LINE_POINTER);
    double most = fmin(1, fit / touched_per_page);
    /* what dead versions take up is not seen, and no VACUUM may have been there */
    return (struct forecast_range){most / 2, most};
}

struct forecast_range forecast_hot_measured(const struct forecast_measure *measures, guint n)
{
    struct forecast_range share = forecast_unknown();
    for (guint i = 0; i < n; i++) {
        if (measures[i].changed <= 0 || isnan(measures[i].hot))
            continue;
        double one = fmin(1, measures[i].hot / measures[i].changed);
        share.low = fmin(share.low, one);
        share.high = fmax(share.high, one);
    }
    return share;
}

/* --- WAL */

/* Without a sample: a HOT update logs little more than what is new, any other the whole row and an entry in
 * each index. */
static double record_reckoned(const struct forecast_step *step,
                              const struct forecast_wal_terms *terms, double hot)
{
    double old = terms->old_tuple ? step->row_bytes : 0;
    double cold = TUPLE_RECORD + step->row_bytes + step->indexes * INDEX_RECORD;
    return hot * TUPLE_RECORD + (1 - hot) * cold + old;
}

/* Of one sampled batch, for each row: the records themselves. Images are at most a page each; what is left when
 * all of them were that large can be too little. */
static double record_bytes(const struct forecast_step *step, const struct forecast_wal_terms *terms,
                           const struct forecast_measure *m)
{
    double whole = m->wal / m->changed;
    double least = 0.6 * record_reckoned(step, terms, isnan(m->hot) ? 1 : m->hot / m->changed);
    return fmin(whole, fmax((m->wal - m->images * step->page_bytes) / m->changed, least));
}

struct wal_units {
    struct forecast_range record; /* bytes for each row changed */
    double images;                /* the same of full-page images, the most */
};

static struct wal_units wal_units(const struct forecast_step *step,
                                  const struct forecast_wal_terms *terms,
                                  const struct forecast_measure *measures, guint n)
{
    struct wal_units units = {forecast_unknown(), 0};
    for (guint i = 0; i < n; i++) {
        if (measures[i].changed <= 0 || isnan(measures[i].wal))
            continue;
        double record = record_bytes(step, terms, &measures[i]);
        units.record.low = fmin(units.record.low, record);
        units.record.high = fmax(units.record.high, record);
        units.images = fmax(units.images, measures[i].wal / measures[i].changed - record);
    }
    gboolean measured = forecast_is_known(units.record);
    if (!measured)
        units.record = (struct forecast_range){record_reckoned(step, terms, step->hot.high),
                                               record_reckoned(step, terms, step->hot.low)};
    if (!measured || step->sample.substitute)
        units.record =
            forecast_plus(units.record, (struct forecast_range){terms->added, terms->added});
    return units;
}

/* Each page is written as an image when it is first changed after a checkpoint: once at the least, and
 * again after each checkpoint where it is come back to. */
static double images_bytes(const struct forecast_step *step, const struct forecast_wal_terms *terms,
                           struct wal_units units)
{
    double touched = step->touched.high;
    if (!terms->images)
        return 0;
    double once = step->page_bytes *
                  (fmin(touched, step->pages) +
                   (1 - step->hot.low) * fmin(touched * step->indexes, terms->index_pages));
    double checkpoints = 1 + ceil(touched * units.record.high / terms->checkpoint_bytes);
    if (!isnan(step->seconds.high))
        checkpoints += ceil(step->seconds.high / terms->checkpoint_s);
    return fmin(fmax(once, touched * units.images), once * checkpoints);
}

/* A quick run writes the least of it, a slow one the most: the rates differ by less than both. */
static void take_rate(struct forecast_step *step)
{
    if (!forecast_is_known(step->seconds) || step->seconds.low <= 0)
        return;
    double quick = step->wal_bytes.low / step->seconds.low;
    double slow = step->wal_bytes.high / step->seconds.high;
    step->wal_bytes_per_s =
        (struct forecast_range){fmin(quick, slow), ALLOWANCE * fmax(quick, slow)};
}

void forecast_wal(struct forecast_step *step, const struct forecast_wal_terms *terms,
                  const struct forecast_measure *measures, guint n)
{
    struct wal_units units = wal_units(step, terms, measures, n);
    if (!forecast_is_known(units.record) || !forecast_is_known(step->touched))
        return;
    double images = images_bytes(step, terms, units);
    struct forecast_range batches =
        forecast_is_known(step->batches) ? step->batches : (struct forecast_range){0, 0};
    step->wal_bytes.low = step->touched.low * units.record.low + batches.low * POSITION_BYTES;
    step->wal_bytes.high =
        ALLOWANCE * (step->touched.high * (units.record.high + TRIGGER_RECORD) + images) +
        batches.high * POSITION_BYTES;
    take_rate(step);
}

void forecast_insert(struct forecast_step *step, double width, int indexes)
{
    if (!forecast_is_known(step->touched))
        return;
    double row = ROW_HEADER + width + LINE_POINTER, entries = indexes * INDEX_ENTRY;
    double record = TUPLE_RECORD + width + indexes * INDEX_RECORD;
    step->heap_bytes = forecast_times(step->touched, row);
    step->index_bytes = forecast_times(step->touched, entries);
    step->wal_bytes = forecast_times(step->touched, record);
    /* pages are not filled to the last byte; index pages are split, and some written as images */
    step->heap_bytes.high *= ALLOWANCE;
    step->index_bytes.high *= ALLOWANCE * ALLOWANCE;
    step->wal_bytes.high = ALLOWANCE * (step->wal_bytes.high + step->index_bytes.high);
    take_rate(step);
}

/* --- growth */

void forecast_growth(struct forecast_step *step, double added, double entry)
{
    if (!forecast_is_known(step->touched) || !forecast_is_known(step->hot))
        return;
    double low = step->touched.low * (1 - step->hot.high) * VACUUMED;
    double high = step->touched.high * (1 - step->hot.low);
    double version = step->row_bytes + added + LINE_POINTER;
    step->heap_bytes = (struct forecast_range){low * version, high * version};
    step->index_bytes = (struct forecast_range){low * entry, high * entry * ALLOWANCE};
}

struct forecast_range forecast_index_size(struct forecast_range rows, double width)
{
    double entry = 8 + ceil(width / 8) * 8 + LINE_POINTER;
    /* many rows with one value: a row's address each; else pages filled to 90 % */
    return (struct forecast_range){rows.low * 6 / 0.9, rows.high * entry / 0.9 * 1.1};
}
