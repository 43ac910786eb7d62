#include "config.h"
#include "report/format.h"

#include <math.h>
#include <string.h>

#define CALENDAR_END 253402300799.0 /* the year 9999 */

enum amount amount_of_unit(const char *unit)
{
    if (g_strcmp0(unit, "s") == 0)
        return AMOUNT_SECONDS;
    if (g_strcmp0(unit, "B") == 0)
        return AMOUNT_BYTES;
    if (g_strcmp0(unit, "x") == 0)
        return AMOUNT_TIMES;
    if (g_strcmp0(unit, "%") == 0)
        return AMOUNT_PERCENT;
    return g_strcmp0(unit, "ms") == 0 ? AMOUNT_MS : AMOUNT_PLAIN;
}

/* Three digits, no exponent, no zeros at the end. */
static char *digits(double value)
{
    double size = fabs(value);
    int places = size >= 99.95 || value == 0 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
    char text[64];
    char format[] = {'%', '.', (char)('0' + places), 'f', '\0'};
    g_ascii_formatd(text, sizeof text, format, value);
    if (places) {
        char *end = text + strlen(text);
        while (end > text && end[-1] == '0')
            *--end = '\0';
        if (end > text && end[-1] == '.')
            end[-1] = '\0';
    }
    return g_strdup(text);
}

static char *with_unit(double value, double factor, const char *unit)
{
    g_autofree char *text = digits(value / factor);
    return g_strconcat(text, unit, NULL);
}

static char *bytes_format(double value)
{
    static const char *const units[] = {" B", " kB", " MB", " GB", " TB"};
    guint i = 0;
    for (; fabs(value) >= 1000 && i + 1 < G_N_ELEMENTS(units); i++)
        value /= 1024;
    return with_unit(value, 1, units[i]);
}

static char *seconds_format(double value)
{
    if (value == 0)
        return g_strdup("0 s");
    if (fabs(value) < 0.9995)
        return with_unit(value, 1e-3, " ms");
    return fabs(value) < 120 ? with_unit(value, 1, " s") : span_format(value);
}

char *amount_format(double value, enum amount amount)
{
    if (!isfinite(value))
        return g_strdup("unknown");
    switch (amount) {
    case AMOUNT_SECONDS:
        return seconds_format(value);
    case AMOUNT_MS:
        return seconds_format(value / 1e3);
    case AMOUNT_BYTES:
        return bytes_format(value);
    case AMOUNT_TIMES:
        return with_unit(value, 1, "×");
    case AMOUNT_PERCENT:
        return with_unit(value, 1, " %");
    case AMOUNT_PLAIN:
        break;
    }
    if (fabs(value) >= 1e9)
        return with_unit(value, 1e9, "G");
    if (fabs(value) >= 999.5e3)
        return with_unit(value, 1e6, "M");
    return fabs(value) >= 9999.5 ? with_unit(value, 1e3, "k") : with_unit(value, 1, "");
}

char *whole_format(double number)
{
    if (!isfinite(number) || fabs(number) > 9e15)
        return g_strdup("unknown");
    g_autofree char *plain = g_strdup_printf("%.0f", number);
    gsize length = strlen(plain), lead = plain[0] == '-';
    GString *out = g_string_new(NULL);
    for (gsize i = 0; i < length; i++) {
        if (i > lead && (length - i) % 3 == 0)
            g_string_append_c(out, ',');
        g_string_append_c(out, plain[i]);
    }
    return g_string_free(out, FALSE);
}

char *span_format(double seconds)
{
    if (!isfinite(seconds))
        return g_strdup("unknown");
    seconds = MAX(0, seconds);
    if (seconds < 59.95)
        return with_unit(seconds, 1, " s");
    gint64 s = (gint64)(seconds + 0.5);
    if (s < 3600)
        return s % 60 ? g_strdup_printf("%d min %d s", (int)(s / 60), (int)(s % 60))
                      : g_strdup_printf("%d min", (int)(s / 60));
    gint64 min = (s + 30) / 60;
    if (min < 48 * 60)
        return min % 60 ? g_strdup_printf("%d h %d min", (int)(min / 60), (int)(min % 60))
                        : g_strdup_printf("%d h", (int)(min / 60));
    gint64 h = (min + 30) / 60;
    return h % 24 ? g_strdup_printf("%" G_GINT64_FORMAT " d %d h", h / 24, (int)(h % 24))
                  : g_strdup_printf("%" G_GINT64_FORMAT " d", h / 24);
}

static GDateTime *date_of(double at, GTimeZone *zone)
{
    if (!isfinite(at) || at < 0 || at > CALENDAR_END)
        return NULL;
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc((gint64)floor(at));
    return utc ? g_date_time_to_timezone(utc, zone) : NULL;
}

static char *date_format(double at, GTimeZone *zone, const char *format)
{
    g_autoptr(GDateTime) date = date_of(at, zone);
    char *text = date ? g_date_time_format(date, format) : NULL;
    return text ? text : g_strdup("");
}

char *moment_format(double at, GTimeZone *zone)
{
    return date_format(at, zone, "%Y-%m-%d %H:%M:%S");
}

char *clock_format(double at, GTimeZone *zone)
{
    return date_format(at, zone, "%H:%M:%S");
}

char *zone_format(double at, GTimeZone *zone)
{
    const char *name = g_time_zone_get_identifier(zone);
    if (strcmp(name, "UTC") == 0)
        return g_strdup("UTC");
    g_autofree char *offset = date_format(at, zone, "%:z");
    return g_strdup_printf("%s (%s)", name, offset);
}

double zone_offset(double at, GTimeZone *zone)
{
    g_autoptr(GDateTime) date = date_of(at, zone);
    return date ? (double)g_date_time_get_utc_offset(date) / G_USEC_PER_SEC : 0;
}
