/* The small drawings: rules, bars, sparklines, sentences of parts. */
#ifndef PGROLLOUT_CONSOLE_DRAW_H
#define PGROLLOUT_CONSOLE_DRAW_H

#include "console/grid.h"
#include "pgrollout/engine/snapshot.h"

/* "─ steps ─────"; `title` NULL: a plain rule. */
void draw_rule(struct pen *pen, const char *title);
/* Where rules and walls meet in these rows, a joint takes the place of either. */
void draw_joints(struct grid *grid, int row, int height);
/* `cells` wide, filled to `fraction` in eighths of a cell. NAN: empty. */
void draw_bar(struct pen *pen, enum token fill, int cells, double fraction);

#define TREND_S 8 /* a trend is that of so many seconds */

enum spark_kind { SPARK_MEAN, SPARK_PEAK };
/* The last `cells` x `bucket_s` seconds; each cell is one bucket of the wall clock (`now_s`), so
 * that the picture moves only when a bucket ends. Height is 0..`limit` where limit > 0, else
 * 0..maximum. Above the limit in the danger token. */
void draw_spark(struct pen *pen, const struct snap_series *series, enum spark_kind kind, int cells,
                int bucket_s, gint64 now_s, double limit);
/* The same in a few bytes: "0.2..1.9 rising". */
void draw_spark_words(struct pen *pen, const struct snap_series *series, int cells,
                      char *(*format)(double value));
/* The newest known value, NAN: none. */
double series_last(const struct snap_series *series);

/* Adds " · text" ("text" at the start) if all of it fits. Returns whether it did. */
gboolean draw_part(struct pen *pen, enum token token, gboolean *first, const char *text);
gboolean draw_part_format(struct pen *pen, enum token token, gboolean *first, const char *format,
                          ...) G_GNUC_PRINTF(4, 5);

/* The bytes of `text` that make one line of `width` cells, ending at a blank where there is one; at
 * least one byte. */
gsize draw_wrap(const struct pen *pen, const char *text, int width);

/* An empty frame with a title on its upper edge and perhaps a note at that edge's right end. */
void draw_box(struct pen *pen, int row, int col, int height, int width, const char *title,
              const char *note, enum token token);

#endif
