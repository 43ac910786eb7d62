/* Numbers and times as people read them. Texts are freed with g_free. Pure. */
#ifndef PGROLLOUT_REPORT_FORMAT_H
#define PGROLLOUT_REPORT_FORMAT_H

#include <glib.h>

/* What a number counts, which decides how it is written and where the ticks of its axis stand. */
enum amount {
    AMOUNT_PLAIN,   /* 12k */
    AMOUNT_SECONDS, /* 250 ms, 7.2 s, 3 min */
    AMOUNT_BYTES,   /* 12 MB: factors of 1024 */
    AMOUNT_TIMES,   /* 1.4x */
    AMOUNT_PERCENT, /* 12 % */
    AMOUNT_MS       /* a number of milliseconds */
};

/* Of the unit of a guard: "s", "B", "x", … */
enum amount amount_of_unit(const char *unit);
/* Three digits and the unit; "unknown" for NAN. */
char *amount_format(double value, enum amount amount);
/* "1,234,567"; "unknown" for NAN. */
char *whole_format(double number);

/* "45.2 s", "2 h 14 min", "3 d 4 h". */
char *span_format(double seconds);
/* In a zone: "2026-11-25 17:40:12", "17:40:12", and with tenths. "" for NAN and what no calendar knows. */
char *moment_format(double at, GTimeZone *zone);
char *clock_format(double at, GTimeZone *zone);
/* "UTC", or "Europe/Berlin (+02:00)" as of then. */
char *zone_format(double at, GTimeZone *zone);
/* Seconds east of Greenwich then. */
double zone_offset(double at, GTimeZone *zone);

#endif
