/* Durations, rates, counts and sizes. Numbers are read as digits and fraction by one scanner, so
 * that no locale, sign, exponent or hexadecimal form slips in through strtod. */
#include "config.h"
#include "pgrollout/base/units.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"

struct unit {
    const char *name;
    double factor;
};

/* The first entry of a factor is the one that is written. */
static const struct unit duration_units[] = {
    {"d", 86400e6}, {"h", 3600e6}, {"m", 60e6},     {"s", 1e6},
    {"ms", 1e3},    {"us", 1},     {"w", 604800e6}, {"min", 60e6},
};
static const struct unit size_units[] = {
    {"TB", 1099511627776.0}, {"GB", 1073741824.0}, {"MB", 1048576.0}, {"kB", 1024.0}, {"B", 1},
};
static const struct unit rate_units[] = {
    {"/s", 1}, {"/m", 1.0 / 60}, {"/min", 1.0 / 60}, {"/h", 1.0 / 3600}};

static const double DURATION_MAX = 100 * 365.25 * 86400e6;
static const double NUMBER_MAX = 1e15;

/* Reads digits and an optional fraction; `rest` is what follows them. FALSE: no digits, a fraction
 * without any, or too large. */
static gboolean number_scan(const char *text, double *number, const char **rest)
{
    const char *p = text;
    while (g_ascii_isdigit(*p))
        p++;
    if (p == text)
        return FALSE;
    if (*p == '.') {
        const char *fraction = ++p;
        while (g_ascii_isdigit(*p))
            p++;
        if (p == fraction)
            return FALSE;
    }
    g_autofree char *digits = g_strndup(text, (gsize)(p - text));
    *number = g_ascii_strtod(digits, NULL);
    *rest = p;
    return *number <= NUMBER_MAX;
}

static const struct unit *unit_find(const struct unit *units, gsize count, const char *name)
{
    for (gsize i = 0; i < count; i++)
        if (strcmp(units[i].name, name) == 0)
            return &units[i];
    return NULL;
}

/* Number times unit; 0 needs no unit. */
static gboolean quantity_parse(const char *text, const struct unit *units, gsize count, double *out)
{
    const char *rest;
    double number;
    if (!number_scan(text, &number, &rest))
        return FALSE;
    const struct unit *unit = unit_find(units, count, rest);
    if (!unit && (*rest || number != 0))
        return FALSE;
    *out = unit ? number * unit->factor : 0;
    return TRUE;
}

gboolean duration_parse(const char *text, gint64 *us, GError **error)
{
    double value;
    if (!quantity_parse(text, duration_units, G_N_ELEMENTS(duration_units), &value))
        return rollout_fail(
            error, ROLLOUT_ERROR_USAGE,
            "\"%s\" is not a duration: a number and a unit, such as 10ms, 5s, 2m, 1h "
            "or 35d",
            text);
    if (value > DURATION_MAX)
        return rollout_fail(error, ROLLOUT_ERROR_USAGE,
                            "\"%s\" is too long: a duration is at most 100 years", text);
    if (value > 0 && value < 1)
        return rollout_fail(error, ROLLOUT_ERROR_USAGE,
                            "\"%s\" is too short: the smallest duration is 1us", text);
    *us = (gint64)llround(value);
    return TRUE;
}

char *duration_format(gint64 us)
{
    if (us <= 0)
        return g_strdup("0s");
    for (gsize i = 0; i < G_N_ELEMENTS(duration_units); i++) {
        gint64 factor = (gint64)duration_units[i].factor;
        if (us % factor == 0)
            return g_strdup_printf("%" G_GINT64_FORMAT "%s", us / factor, duration_units[i].name);
    }
    g_assert_not_reached(); /* every whole number is a multiple of 1us */
}

gboolean rate_parse(const char *text, double *per_second, GError **error)
{
    double value;
    if (!quantity_parse(text, rate_units, G_N_ELEMENTS(rate_units), &value) || value <= 0)
        return rollout_fail(error, ROLLOUT_ERROR_USAGE,
                            "\"%s\" is not a rate: a number above 0 and a unit, such as 20000/s",
                            text);
    if (value > 1e9)
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is too high: at most 1000000000/s",
                            text);
    *per_second = value;
    return TRUE;
}

char *rate_format(double per_second)
{
    g_autofree char *number = number_format(per_second);
    return g_strconcat(number, "/s", NULL);
}

gboolean count_parse(const char *text, gint64 min, gint64 max, gint64 *count, GError **error)
{
    guint64 value;
    /* g_ascii_string_to_unsigned refuses signs, blanks and overflow */
    if (g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &value, NULL) && (gint64)value >= min &&
        (gint64)value <= max) {
        *count = (gint64)value;
        return TRUE;
    }
    return rollout_fail(error, ROLLOUT_ERROR_USAGE,
                        "\"%s\" is not a whole number from %" G_GINT64_FORMAT
                        " to %" G_GINT64_FORMAT,
                        text, min, max);
}

char *count_format(gint64 count)
{
    g_autofree char *digits = g_strdup_printf("%" G_GINT64_FORMAT, count);
    GString *out = g_string_new(NULL);
    gsize length = strlen(digits);
    for (gsize i = 0; i < length; i++) {
        g_string_append_c(out, digits[i]);
        gsize left = length - i - 1;
        if (left > 0 && left % 3 == 0 && digits[i] != '-')
            g_string_append_c(out, ',');
    }
    return g_string_free(out, FALSE);
}

gboolean size_parse(const char *text, gint64 *bytes, GError **error)
{
    double value;
    if (!quantity_parse(text, size_units, G_N_ELEMENTS(size_units), &value))
        return rollout_fail(error, ROLLOUT_ERROR_USAGE,
                            "\"%s\" is not a size: a number and a unit of B, kB, MB, GB or TB",
                            text);
    /* 2^62: below it every double converts without overflow */
    if (value > 4611686018427387904.0)
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is too large a size", text);
    *bytes = (gint64)value;
    return TRUE;
}

char *size_format(gint64 bytes)
{
    for (gsize i = 0; i + 1 < G_N_ELEMENTS(size_units); i++) {
        double value = (double)bytes / size_units[i].factor;
        if (value >= 1 || value <= -1) {
            char digits[G_ASCII_DTOSTR_BUF_SIZE];
            const char *format = fabs(value) < 9.95 ? "%.1f" : "%.0f";
            g_ascii_formatd(digits, sizeof digits, format, value);
            return g_strdup_printf("%s %s", digits, size_units[i].name);
        }
    }
    return g_strdup_printf("%" G_GINT64_FORMAT " B", bytes);
}

gboolean number_parse(const char *text, double *number, GError **error)
{
    const char *rest;
    double value;
    if (!number_scan(text, &value, &rest) || *rest)
        return rollout_fail(
            error, ROLLOUT_ERROR_USAGE,
            "\"%s\" is not a number: digits with an optional fraction, such as 2 or "
            "0.5",
            text);
    *number = value;
    return TRUE;
}

char *number_format(double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    for (int digits = 1; digits <= 17; digits++) {
        char format[8];
        g_snprintf(format, sizeof format, "%%.%dg", digits);
        g_ascii_formatd(text, sizeof text, format, number);
        if (g_ascii_strtod(text, NULL) == number)
            break;
    }
    if (strchr(text, 'e')) /* our own parser takes no exponents */
        g_ascii_formatd(text, sizeof text, number < 1 ? "%.15f" : "%.0f", number);
    return g_strdup(text);
}
