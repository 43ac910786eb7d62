/* Forecasts as text. */
#include "config.h"
#include "cmd/forecast-print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/print.h"
#include "pgrollout/base/text.h"
#include "pgrollout/base/units.h"

#define WIDTH 78

/* "12 s", "45 min", "3.2 h", "4.1 d" */
static char *time_format(double s)
{
    if (s < 10)
        return g_strdup_printf("%.1f s", s);
    if (s < 90)
        return g_strdup_printf("%.0f s", s);
    if (s < 90 * 60)
        return g_strdup_printf("%.0f min", s / 60);
    if (s < 48 * 3600)
        return g_strdup_printf("%.1f h", s / 3600);
    return g_strdup_printf("%.1f d", s / 86400);
}

static char *bytes_format(double bytes)
{
    return size_format((gint64)fmin(bytes, 9e18));
}

static char *rate_text(double bytes)
{
    g_autofree char *size = bytes_format(bytes);
    return g_strdup_printf("%s/s", size);
}

static char *count_text(double count)
{
    return count_format((gint64)fmin(round(count), 9e18));
}

static char *share_format(double share)
{
    return g_strdup_printf("%.0f %%", share * 100);
}

/* "3.2 h to 9.1 h", one of them where they read the same, "unknown". Free it. */
static char *range_format(struct forecast_range range, char *(*format)(double))
{
    if (isnan(range.low) || isnan(range.high))
        return g_strdup("unknown");
    g_autofree char *low = format(range.low), *high = format(range.high);
    if (strcmp(low, high) == 0)
        return g_steal_pointer(&low);
    return g_strdup_printf("%s to %s", low, high);
}

/* A labelled text, broken between words; what comes from others passes here. */
static void put(const char *label, const char *text)
{
    g_autofree char *safe = print_safe(text);
    g_auto(GStrv) words = g_strsplit(safe, " ", -1);
    int column = printf("  %-9s", label);
    for (char **word = words; *word; word++) {
        int width = safe_text_width(*word);
        if (word != words && column + 1 + width > WIDTH) {
            printf("\n%11s", "");
            column = 11;
        }
        printf(" %s", *word);
        column += 1 + width;
    }
    putchar('\n');
}

static gboolean time_known(const struct forecast_step *step)
{
    return !isnan(step->seconds.low) && !isnan(step->seconds.high);
}

static void put_rows(const struct forecast_step *step)
{
    g_autofree char *rows = range_format(step->rows, count_text);
    g_autofree char *statistics =
        isnan(step->statistics_rows) ? NULL : count_text(step->statistics_rows);
    g_autofree char *age = isnan(step->analyzed_s) ? NULL : time_format(step->analyzed_s);
    GString *text = g_string_new(rows);
    if (g_strcmp0(step->rows_from, "statistics") == 0)
        g_string_append(text, " by the statistics");
    else if (statistics)
        g_string_append_printf(text, " by a sample; the statistics say %s", statistics);
    else
        g_string_append(text, " by a sample; there are no statistics");
    if (age && statistics)
        g_string_append_printf(text, ", %s old", age);
    put("rows", text->str);
    g_string_free(text, TRUE);
}

static void put_touched(const struct forecast_step *step)
{
    g_autofree char *touched = range_format(step->touched, count_text);
    g_autofree char *width =
        isnan(step->row_bytes) ? NULL : g_strdup_printf(", %.0f bytes a row", step->row_bytes);
    g_autofree char *text = g_strconcat(touched, width, NULL);
    put(step->kind == KIND_BACKFILL ? "to change" : "to read", text);
}

static void put_hot(const struct forecast_step *step)
{
    g_autofree char *share = range_format(step->hot, share_format);
    GString *text = g_string_new(NULL);
    if (!step->hot_possible) {
        g_string_append(text, "no: a written column is in ");
        for (guint i = 0; i < step->hot_blockers->len; i++)
            g_string_append_printf(text, "%s%s", i ? ", " : "",
                                   (const char *)g_ptr_array_index(step->hot_blockers, i));
    } else if (step->pages_read <= 0 && !step->hot_measured) {
        g_string_append_printf(text,
                               "possible; how much room the pages have was not looked at "
                               "(fillfactor %d)",
                               step->fillfactor);
    } else {
        g_string_append_printf(text, "%s of the updates, %s (fillfactor %d)", share,
                               step->hot_measured ? "measured" : "by the room on the pages",
                               step->fillfactor);
    }
    put("HOT", text->str);
    g_string_free(text, TRUE);
    g_autofree char *size = bytes_format(step->index_bytes_now);
    g_autofree char *indexes = g_strdup_printf(
        "%d of %s; each gets an entry for an update that is not HOT", step->indexes, size);
    put("indexes", step->indexes ? indexes : "none");
}

static void put_sample(const struct forecast_step *step)
{
    const struct forecast_sample *sample = &step->sample;
    g_autofree char *text = NULL;
    if (sample->batches > 0 && !sample->earlier) {
        text = g_strdup_printf("%d batches, %" G_GINT64_FORMAT " rows changed and rolled back, "
                               "%.1f to %.1f ms each",
                               sample->batches, sample->changed, sample->ms.low, sample->ms.high);
        put("sample", text);
    } else {
        text = g_strdup_printf("%s: %s", sample->earlier ? "no new one" : "none",
                               step->not_sampled ? step->not_sampled : "nothing to change");
        put("sample", text);
    }
}

static void put_time(const struct forecast_step *step)
{
    g_autofree char *seconds = range_format(step->seconds, time_format);
    g_autofree char *batches = range_format(step->batches, count_text);
    g_autofree char *with = g_strdup_printf("%s in %s batches", seconds, batches);
    put("time", isnan(step->batches.low) || !time_known(step) ? seconds : with);
}

static void put_bytes(const struct forecast_step *step)
{
    g_autofree char *wal = range_format(step->wal_bytes, bytes_format);
    g_autofree char *rate = range_format(step->wal_bytes_per_s, rate_text);
    g_autofree char *heap = range_format(step->heap_bytes, bytes_format);
    g_autofree char *indexes = range_format(step->index_bytes, bytes_format);
    g_autofree char *wal_text = g_strdup_printf("%s, %s", wal, rate);
    g_autofree char *growth = g_strdup_printf("heap %s, indexes %s", heap, indexes);
    put("WAL", isnan(step->wal_bytes_per_s.low) ? wal : wal_text);
    put("growth", growth);
}

/* It makes the database larger. */
static gboolean makes_larger(const struct forecast_step *step)
{
    return step->kind == KIND_BACKFILL || !isnan(step->index_bytes.high);
}

static void put_step(const struct forecast_step *step)
{
    g_autofree char *table = print_safe(step->table);
    printf("\n%s: %s of %s\n", step->name, plan_kind_name(step->kind), table);
    if (step->unknown) {
        put("not read", step->unknown);
        if (isnan(step->rows.low))
            return;
    }
    put_rows(step);
    if (!isnan(step->touched.low))
        put_touched(step);
    if (step->kind == KIND_BACKFILL && !isnan(step->hot.low))
        put_hot(step);
    if (step->kind == KIND_BACKFILL && (step->sample.batches > 0 || step->not_sampled))
        put_sample(step);
    put_time(step);
    if (makes_larger(step))
        put_bytes(step);
    for (guint i = 0; i < step->assumes->len; i++)
        put(i ? "" : "assumes", g_ptr_array_index(step->assumes, i));
}

static void put_slot(const struct forecast_slot *slot)
{
    GString *text = g_string_new(NULL);
    g_autofree char *retained =
        isnan(slot->retained) ? g_strdup("?") : bytes_format(slot->retained);
    g_string_append_printf(text, "%s, %s, %s; keeps %s", slot->name, slot->type,
                           slot->lost     ? "lost"
                           : slot->active ? "in use"
                                          : "not in use",
                           retained);
    if (!isnan(slot->limit) && !isnan(slot->room)) {
        g_autofree char *room = bytes_format(slot->room);
        g_string_append_printf(text, ", is lost after %s more", room);
    } else if (isnan(slot->limit)) {
        g_string_append(text, ", without limit");
    }
    if (!isnan(slot->full_s) && !slot->lost) {
        g_autofree char *full = time_format(slot->full_s);
        g_string_append_printf(text, ": %s at this pace if it does not drain%s", full,
                               isnan(slot->limit) ? ", when the disk is full" : "");
    }
    if (slot->active)
        g_string_append(text, slot->moved ? "; it moves" : "; it did not move just now");
    put("slot", text->str);
    g_string_free(text, TRUE);
}

static void put_archive(const struct forecast_archive *archive)
{
    if (g_strcmp0(archive->mode, "off") == 0) {
        put("archive", "off");
        return;
    }
    g_autofree char *rate = isnan(archive->bytes_per_s) ? NULL : rate_text(archive->bytes_per_s);
    GString *text = g_string_new(archive->failing ? "FAILS" : "works");
    if (!isnan(archive->waiting))
        g_string_append_printf(text, "; %.0f segments wait", archive->waiting);
    if (rate)
        g_string_append_printf(text, "; %s in the mean so far", rate);
    if (!isnan(archive->ours_per_min))
        g_string_append_printf(text, "; ours comes to %.1f segments a minute",
                               archive->ours_per_min);
    g_string_append(text, "; how much it can take at the most is not known");
    put("archive", text->str);
    g_string_free(text, TRUE);
}

static void put_room(const struct forecast_room *room)
{
    g_autofree char *needs = range_format(room->needs, bytes_format);
    g_autofree char *free_bytes = isnan(room->free) ? NULL : bytes_format(room->free);
    g_autofree char *text =
        free_bytes ? g_strdup_printf("heap and indexes need %s; %s free in %s", needs, free_bytes,
                                     room->path)
                   : g_strdup_printf(
                         "heap and indexes need %s; what is free is not known from here", needs);
    put("room", text);
}

void forecast_print(const struct plan *plan, const struct forecast *forecast)
{
    g_autofree char *database = print_safe(forecast->database);
    printf("%s in %s (PostgreSQL %d, %s)\n", plan->name, database, forecast->version / 10000,
           forecast->in_recovery ? "standby" : "primary");
    for (guint i = 0; i < forecast->steps->len; i++)
        put_step(g_ptr_array_index(forecast->steps, i));
    if (forecast->steps->len == 0)
        puts("\nnothing in it works its way through a table");
    puts("\naround it");
    for (guint i = 0; i < forecast->slots->len; i++)
        put_slot(g_ptr_array_index(forecast->slots, i));
    put_archive(&forecast->archive);
    put_room(&forecast->room);
    for (guint i = 0; i < forecast->hints->len; i++)
        put(i ? "" : "mind", g_ptr_array_index(forecast->hints, i));
    puts("\nlow: as the quickest sample, alone on the machine, VACUUM keeps up, no full-page\n"
         "images. high: as the slowest, resting twice as long, no VACUUM, each page once\n"
         "as an image. What people and guards hold it for comes on top.");
}

void forecast_print_short(const struct forecast_step *step, const char *indent)
{
    if (step->unknown) {
        g_autofree char *why = print_safe(step->unknown);
        printf("%sforecast without reading the table: %s\n", indent, why);
        if (isnan(step->touched.low))
            return;
    }
    g_autofree char *touched = range_format(step->touched, count_text);
    g_autofree char *rows = range_format(step->rows, count_text);
    g_autofree char *seconds = range_format(step->seconds, time_format);
    printf("%sforecast %s of %s rows\n", indent, touched, rows);
    printf("%s         time %s%s\n", indent, seconds,
           time_known(step) || step->kind != KIND_BACKFILL ? "" : ": no sample was taken");
    if (!makes_larger(step))
        return;
    g_autofree char *wal = range_format(step->wal_bytes, bytes_format);
    g_autofree char *heap = range_format(step->heap_bytes, bytes_format);
    g_autofree char *indexes = range_format(step->index_bytes, bytes_format);
    g_autofree char *hot = range_format(step->hot, share_format);
    printf("%s         WAL %s%s%s\n", indent, wal, isnan(step->hot.low) ? "" : "; HOT ",
           isnan(step->hot.low) ? "" : hot);
    printf("%s         heap %s, indexes %s more\n", indent, heap, indexes);
}
