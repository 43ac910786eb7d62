/* Durations, rates, counts, sizes and plain numbers as people write them. The parsers take the
 * whole text, refuse signs, exponents and hexadecimal, and never overflow; they are independent of
 * the locale. An error is ROLLOUT_ERROR_USAGE and says what was expected. Texts that are returned
 * are freed with g_free. Nothing here blocks. */
#ifndef PGROLLOUT_BASE_UNITS_H
#define PGROLLOUT_BASE_UNITS_H

#include <glib.h>

/* "10ms", "1.5s", "2m", "1h", "35d", "2w" (also us, min) to microseconds; at most 100 years. A
 * number without a unit is refused, but for 0. */
gboolean duration_parse(const char *text, gint64 *us, GError **error);
/* The shortest exact text that duration_parse reads back: "10ms", "90s", "35d", "0s". A negative
 * duration is written as "0s". */
char *duration_format(gint64 us);

/* "20000/s", "600/m", "1.5/s" to units a second, above 0 and at most 1e9. */
gboolean rate_parse(const char *text, double *per_second, GError **error);
/* "20000/s". */
char *rate_format(double per_second);

/* A whole number without sign from `min` to `max`. */
gboolean count_parse(const char *text, gint64 min, gint64 max, gint64 *count, GError **error);
/* "1,234,567". */
char *count_format(gint64 count);

/* "512kB", "10MB", "2GB", "1TB", "100B" to bytes; factors of 1024, as PostgreSQL's settings have
 * them. A number without a unit is refused, but for 0. */
gboolean size_parse(const char *text, gint64 *bytes, GError **error);
/* "512 B", "1.5 MB": three significant digits at most. */
char *size_format(gint64 bytes);

/* "2", "0.5": digits with an optional fraction, at most 1e15. */
gboolean number_parse(const char *text, double *number, GError **error);
/* The shortest text that reads back as the same number. */
char *number_format(double number);

#endif
