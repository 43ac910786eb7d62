/* Numbers and times for people. Every function returns a new text (g_free); unknown (NAN) is "-".
 */
#ifndef PGROLLOUT_CONSOLE_FORMAT_H
#define PGROLLOUT_CONSOLE_FORMAT_H

#include <glib.h>

/* "0.4s", "12s", "01:10", "00:41:07", "3d 04h" */
char *age_format(double seconds);
/* "00:41:07", of fixed width below 100 hours; days above. */
char *stopwatch_format(double seconds);
/* "950", "12.7k", "12.7M" */
char *short_count_format(double count);
/* "6 342" */
char *grouped_format(double count);
/* The number with two significant digits: for rates, whose third one is noise. */
double rounded(double number);
/* "0 B", "6.1 MB" */
char *bytes_format(double bytes);
/* "ETA 19-27m"; "" when unknown. */
char *eta_format(double low_s, double high_s);
/* "63.4%" */
char *percent_format(double fraction);
/* A reading or a limit of a guard: "6.4s", "3", "212G" by its unit. No finer than makes sense beside
 * `scale`, the limit. */
char *reading_format(double value, double scale, const char *unit);
/* "switch reads" for "switch_reads"; never NULL. The short form has three letters, the rail's form
 * one or two words. The text belongs to the program or is `phase` itself. */
const char *phase_title(const char *phase);
const char *phase_rail(const char *phase);
const char *phase_short(const char *phase);

#endif
