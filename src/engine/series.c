/* Recorded readings as CSV: a column for each guard, or rows of time, name and value. */
#include "config.h"
#include "pgrollout/engine/replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pgrollout/base/error.h"

/* Seconds of either sign: some three thousand years. */
#define SECONDS_MAX 1e11

struct parse {
    struct series *series;
    int line;
    char **head; /* NULL: not read yet */
    gboolean named;
    gboolean timed; /* the first time was read */
    gint64 last_us;
};

static void row_free(void *data)
{
    struct series_row *row = data;
    g_free(row->guard);
    g_free(row);
}

void series_free(struct series *series)
{
    if (!series)
        return;
    g_ptr_array_unref(series->rows);
    g_free(series->file);
    g_free(series);
}

static gboolean fail(const struct parse *parse, GError **error, const char *text)
{
    return rollout_fail(error, ROLLOUT_ERROR_USAGE, "%s:%d: %s", parse->series->file,
                        MAX(1, parse->line), text);
}

/* Cells without blanks around them and without quotes; a quoted comma is none of theirs. */
static char **cells_of(const char *line)
{
    GPtrArray *cells = g_ptr_array_new();
    GString *cell = g_string_new(NULL);
    gboolean quoted = FALSE;
    for (const char *p = line;; p++) {
        if (*p == '"') {
            quoted = !quoted;
        } else if (!*p || (*p == ',' && !quoted)) {
            g_ptr_array_add(cells, g_strstrip(g_strdup(cell->str)));
            g_string_truncate(cell, 0);
        } else {
            g_string_append_c(cell, *p);
        }
        if (!*p)
            break;
    }
    g_string_free(cell, TRUE);
    g_ptr_array_add(cells, NULL);
    return (char **)g_ptr_array_free(cells, FALSE);
}

static gboolean head_read(struct parse *parse, char **cells, GError **error)
{
    if (g_ascii_strcasecmp(cells[0], "time") != 0 || !cells[1])
        return fail(
            parse, error,
            "the first line must name the columns: time and the guards, or time,name,value");
    gboolean named = strcmp(cells[1], "name") == 0 || strcmp(cells[1], "guard") == 0;
    parse->named = named && cells[2] && strcmp(cells[2], "value") == 0 && !cells[3];
    for (char **name = cells + 1; !parse->named && *name; name++)
        for (char **other = cells + 1; other < name; other++)
            if (strcmp(*name, *other) == 0)
                return fail(parse, error, "two columns have the same name");
    parse->head = g_strdupv(cells);
    return TRUE;
}

static gboolean number_read(const char *text, double *number)
{
    char *end;
    for (const char *p = text; *p; p++)
        if (!g_ascii_isdigit(*p) && !strchr("+-.eE", *p))
            return FALSE;
    *number = g_ascii_strtod(text, &end);
    return *text && !*end && isfinite(*number);
}

static gboolean time_read(struct parse *parse, const char *text, gint64 *at_us, GError **error)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autofree char *copy = g_strdup(text);
    double seconds;
    gboolean dated = !number_read(text, &seconds);
    if (dated && strlen(copy) > 10 && copy[10] == ' ')
        copy[10] = 'T';
    g_autoptr(GDateTime) date = dated ? g_date_time_new_from_iso8601(copy, utc) : NULL;
    if (dated ? !date : fabs(seconds) > SECONDS_MAX)
        return fail(parse, error, "a time is expected first: seconds, or 2026-01-31T14:02:31Z");
    if (parse->timed && dated != parse->series->dated)
        return fail(parse, error, "times are seconds or dates, not both");
    *at_us = date ? g_date_time_to_unix(date) * (gint64)G_USEC_PER_SEC +
                        g_date_time_get_microsecond(date)
                  : llround(seconds * G_USEC_PER_SEC);
    if (parse->timed && *at_us < parse->last_us)
        return fail(parse, error, "the time is before that of the line above");
    parse->series->dated = dated;
    parse->timed = TRUE;
    parse->last_us = *at_us;
    return TRUE;
}

static gboolean is_failure(const char *text)
{
    static const char *const words[] = {"blind", "null", "nan", "NaN", "NULL", NULL};
    return g_strv_contains(words, text);
}

static gboolean value_add(struct parse *parse, gint64 at_us, const char *guard, const char *text,
                          GError **error)
{
    double value = NAN;
    if (*text && !is_failure(text) && !number_read(text, &value)) {
        g_autofree char *why = g_strdup_printf(
            "\"%.40s\" is no number; a reading that failed is written as blind", text);
        return fail(parse, error, why);
    }
    struct series_row *row = g_new0(struct series_row, 1);
    row->line = parse->line;
    row->at_us = at_us;
    row->guard = g_strdup(guard);
    row->value = value;
    g_ptr_array_add(parse->series->rows, row);
    return TRUE;
}

static gboolean row_read(struct parse *parse, char **cells, GError **error)
{
    gint64 at_us = 0;
    guint wanted = g_strv_length(parse->head), count = g_strv_length(cells);
    if (count != wanted) {
        g_autofree char *why =
            g_strdup_printf("%u cells where the first line has %u", count, wanted);
        return fail(parse, error, why);
    }
    if (!time_read(parse, cells[0], &at_us, error))
        return FALSE;
    if (parse->named)
        return value_add(parse, at_us, cells[1], cells[2], error);
    for (guint i = 1; i < count; i++) /* an empty cell: nothing was read at that time */
        if (*cells[i] && !value_add(parse, at_us, parse->head[i], cells[i], error))
            return FALSE;
    return TRUE;
}

static gboolean lines_read(struct parse *parse, const char *text, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        parse->line++;
        g_strstrip(*line);
        if (!**line || **line == '#')
            continue;
        g_auto(GStrv) cells = cells_of(*line);
        if (!(parse->head ? row_read(parse, cells, error) : head_read(parse, cells, error)))
            return FALSE;
    }
    return parse->series->rows->len > 0 || fail(parse, error, "there is no reading in it");
}

struct series *series_read(const char *file, const char *text, GError **error)
{
    struct parse parse = {.series = g_new0(struct series, 1)};
    parse.series->file = g_strdup(file);
    parse.series->rows = g_ptr_array_new_with_free_func(row_free);
    const char *mark = "\xef\xbb\xbf";
    gboolean ok = g_utf8_validate(text, -1, NULL);
    if (!ok)
        fail(&parse, error, "the file is not UTF-8");
    ok = ok && lines_read(&parse, g_str_has_prefix(text, mark) ? text + strlen(mark) : text, error);
    g_strfreev(parse.head);
    if (ok)
        return parse.series;
    series_free(parse.series);
    return NULL;
}

char *series_time(const struct series *series, gint64 at_us)
{
    if (!series->dated)
        return g_strdup_printf("%.10g", (double)at_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(at_us / G_USEC_PER_SEC);
    return date ? g_date_time_format(date, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("?");
}
