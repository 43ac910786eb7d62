/* Numbers and times for people. */
#include "config.h"
#include "console/format.h"

#include <math.h>
#include <string.h>

char *age_format(double seconds)
{
    if (isnan(seconds))
        return g_strdup("-");
    if (seconds < 9.95)
        return g_strdup_printf("%.1fs", MAX(0, seconds));
    if (seconds < 59.5)
        return g_strdup_printf("%.0fs", seconds);
    gint64 s = (gint64)(MIN(seconds, 1e12) + 0.5);
    if (s < 3600)
        return g_strdup_printf("%02d:%02d", (int)(s / 60), (int)(s % 60));
    return stopwatch_format((double)s);
}

char *stopwatch_format(double seconds)
{
    if (isnan(seconds))
        return g_strdup("-");
    gint64 s = (gint64)CLAMP(seconds, 0, 1e12);
    if (s >= 100 * 3600)
        return g_strdup_printf("%" G_GINT64_FORMAT "d %02dh", s / 86400, (int)(s % 86400 / 3600));
    return g_strdup_printf("%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
}

char *short_count_format(double count)
{
    static const char units[] = " kMGT";
    if (isnan(count))
        return g_strdup("-");
    int unit = 0;
    while (fabs(count) >= (unit ? 999.95 : 9999.5) && unit < 4) {
        count /= 1000;
        unit++;
    }
    if (unit == 0)
        return g_strdup_printf("%.0f", count);
    /* the division went one step too far for 12.7k: keep one decimal */
    return g_strdup_printf("%.1f%c", count, units[unit]);
}

char *grouped_format(double count)
{
    if (isnan(count))
        return g_strdup("-");
    g_autofree char *digits = g_strdup_printf("%.0f", CLAMP(count, 0, 1e15));
    GString *out = g_string_new(NULL);
    gsize n = strlen(digits);
    for (gsize i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            g_string_append_c(out, ' ');
        g_string_append_c(out, digits[i]);
    }
    return g_string_free(out, FALSE);
}

double rounded(double number)
{
    if (isnan(number) || fabs(number) < 10)
        return number;
    double unit = pow(10, floor(log10(fabs(number))) - 1);
    return floor(number / unit + 0.5) * unit;
}

char *bytes_format(double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    if (isnan(bytes))
        return g_strdup("-");
    guint unit = 0;
    for (; fabs(bytes) >= 1000 && unit + 1 < G_N_ELEMENTS(units); unit++)
        bytes /= 1024;
    return g_strdup_printf(unit && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

char *eta_format(double low_s, double high_s)
{
    static const struct {
        double from, unit;
        const char *name;
    } units[] = {{172800, 86400, "d"}, {7200, 3600, "h"}, {100, 60, "m"}, {0, 1, "s"}};
    if (isnan(low_s) || isnan(high_s) || high_s <= 0)
        return g_strdup("");
    guint u = 0;
    while (high_s < units[u].from)
        u++;
    double low = ceil(low_s / units[u].unit), high = ceil(high_s / units[u].unit);
    if (u == 3 && high > 10) { /* nobody plans by single seconds */
        low = ceil(low / 5) * 5;
        high = ceil(high / 5) * 5;
    }
    if (low >= high)
        return g_strdup_printf("ETA %.0f%s", high, units[u].name);
    return g_strdup_printf("ETA %.0f-%.0f%s", low, high, units[u].name);
}

char *percent_format(double fraction)
{
    if (isnan(fraction))
        return g_strdup("-");
    /* 99.96 is not done yet */
    double percent = fraction < 1 ? MIN(floor(fraction * 1000) / 10, 99.9) : 100;
    return g_strdup_printf("%.1f%%", percent);
}

char *reading_format(double value, double scale, const char *unit)
{
    if (isnan(value))
        return g_strdup("-");
    if (g_strcmp0(unit, "B") == 0 || g_strcmp0(unit, "bytes") == 0)
        return bytes_format(value);
    const char *suffix = unit ? unit : "";
    if (fabs(value) >= 9999.5) {
        g_autofree char *count = short_count_format(value);
        return g_strconcat(count, suffix, NULL);
    }
    gboolean whole = fabs(value - floor(value + 0.5)) < 0.05 || fabs(value) >= 99.95 || scale >= 60;
    return g_strdup_printf(whole ? "%.0f%s" : "%.1f%s", value, suffix);
}

static const struct {
    const char *name, *title, *rail, *brief;
} phases[] = {
    {"expand", "expand", "expand", "exp"},
    {"deploy", "deploy", "deploy", "dep"},
    {"backfill", "backfill", "backfill", "bac"},
    {"switch_reads", "switch reads", "switch", "swi"},
    {"stop_old_writes", "stop old writes", "stop old", "old"},
    {"contract", "contract", "contract", "con"},
};

const char *phase_title(const char *phase)
{
    for (guint i = 0; i < G_N_ELEMENTS(phases); i++)
        if (g_strcmp0(phase, phases[i].name) == 0)
            return phases[i].title;
    return phase ? phase : "no phase";
}

const char *phase_rail(const char *phase)
{
    for (guint i = 0; i < G_N_ELEMENTS(phases); i++)
        if (g_strcmp0(phase, phases[i].name) == 0)
            return phases[i].rail;
    return phase ? phase : "?";
}

const char *phase_short(const char *phase)
{
    for (guint i = 0; i < G_N_ELEMENTS(phases); i++)
        if (g_strcmp0(phase, phases[i].name) == 0)
            return phases[i].brief;
    return phase ? phase : "?";
}
