/* The hours in which a migration may work. */
#include "config.h"
#include "plan/guards-private.h"

#include <string.h>

#define DAY_MIN 1440
#define ALL_DAYS 127u

static const char *const day_names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

/* "22:00" to minutes; -1: it is no time. */
static int time_parse(const char *text, gsize length)
{
    if (length != 5 || text[2] != ':' || !g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]) ||
        !g_ascii_isdigit(text[3]) || !g_ascii_isdigit(text[4]))
        return -1;
    int minutes =
        ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
    return text[3] > '5' || minutes > DAY_MIN ? -1 : minutes;
}

void window_read_hours(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    const char *text = scalar_text(reader, value);
    const char *dash = text ? strchr(text, '-') : NULL;
    int from = dash ? time_parse(text, (gsize)(dash - text)) : -1;
    int to = dash ? time_parse(dash + 1, strlen(dash + 1)) : -1;
    if (!text)
        return;
    if (from < 0 || to < 0 || from == DAY_MIN || from == to) {
        report_error(&reader->report, value->at,
                     "\"%s\" is no span of hours: two times of day, such as \"22:00-05:00\"", text);
        return;
    }
    guard->window.from_min = from;
    guard->window.to_min = to;
}

static int day_of(const char *name, gsize length)
{
    for (int i = 0; day_names[i]; i++)
        if (length == 3 && g_ascii_strncasecmp(day_names[i], name, 3) == 0)
            return i;
    return -1;
}

/* "mon" or "fri-mon"; 0: it is neither. */
static guint days_parse(const char *text)
{
    const char *dash = strchr(text, '-');
    int from = day_of(text, dash ? (gsize)(dash - text) : strlen(text));
    int to = dash ? day_of(dash + 1, strlen(dash + 1)) : from;
    guint days = 0;
    if (from < 0 || to < 0)
        return 0;
    for (int day = from;; day = (day + 1) % 7) {
        days |= 1u << day;
        if (day == to)
            return days;
    }
}

void window_read_days(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    g_auto(GStrv) words = NULL;
    const char *text = value->type == NODE_SEQUENCE ? NULL : scalar_text(reader, value);
    if (value->type == NODE_SEQUENCE)
        read_texts(reader, value, &words);
    else if (text)
        words = g_strsplit(text, ",", -1);
    guint days = 0;
    for (char **word = words; word && *word; word++) {
        guint more = days_parse(g_strstrip(*word));
        if (!more)
            report_error(&reader->report, value->at,
                         "\"%s\" is no day: mon, tue, wed, thu, fri, sat, sun, or mon-fri", *word);
        days |= more;
    }
    guard->window.days = days;
}

/* An identifier is a path below the system's zones for GLib. */
static gboolean zone_is_known(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!g_ascii_isalnum(*p) && !strchr("/_+-", *p))
            return FALSE;
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(name);
    return zone != NULL;
}

void window_read_zone(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_guard *guard = slot;
    read_line(reader, value, &guard->window.zone);
    if (guard->window.zone && !zone_is_known(guard->window.zone))
        report_error(&reader->report, value->at,
                     "time zone \"%s\" is not known: a name such as Europe/Berlin or UTC",
                     guard->window.zone);
}

void window_check(struct reader *reader, const struct node *node, const struct plan_guard *guard)
{
    struct report *report = &reader->report;
    if (!node_find(node, "hours") && !node_find(node, "days"))
        report_error(report, node->at, "guard \"%s\" needs \"hours\" or \"days\"", guard->name);
    if (!node_find(node, "tz"))
        report_error(report, node->at,
                     "guard \"%s\" needs \"tz\": the hours of which place, such as Europe/Berlin",
                     guard->name);
}

/* 0 is Monday. */
static gboolean has_day(const struct plan_window *window, int day)
{
    return ((window->days ? window->days : ALL_DAYS) >> ((day + 7) % 7)) & 1;
}

enum window_state plan_window_state(const struct plan_window *window, gint64 unix_s)
{
    if (!window->zone || !zone_is_known(window->zone))
        return WINDOW_UNKNOWN;
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(window->zone);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(unix_s);
    g_autoptr(GDateTime) local = utc ? g_date_time_to_timezone(utc, zone) : NULL;
    if (!local)
        return WINDOW_UNKNOWN;
    int now = g_date_time_get_hour(local) * 60 + g_date_time_get_minute(local);
    int day = g_date_time_get_day_of_week(local) - 1;
    int from = window->from_min, to = window->to_min == from ? from + DAY_MIN : window->to_min;
    gboolean open = FALSE;
    if (from < to) {
        open = now >= from && now < to && has_day(window, day);
    } else { /* over midnight: it is the day on which it began that counts */
        open = (now >= from && has_day(window, day)) || (now < to && has_day(window, day - 1));
    }
    return open ? WINDOW_OPEN : WINDOW_CLOSED;
}

static void days_append(GString *out, guint days)
{
    for (int i = 0; day_names[i]; i++)
        if (days >> i & 1)
            g_string_append_printf(out, "%s%s", out->len ? "," : "", day_names[i]);
}

char *plan_window_format(const struct plan_window *window)
{
    GString *out = g_string_new(NULL);
    if (window->days)
        days_append(out, window->days);
    if (window->from_min != window->to_min)
        g_string_append_printf(out, "%s%02d:%02d-%02d:%02d", out->len ? " " : "",
                               window->from_min / 60, window->from_min % 60, window->to_min / 60,
                               window->to_min % 60);
    g_string_append_printf(out, " %s", window->zone ? window->zone : "?");
    return g_string_free(out, FALSE);
}
