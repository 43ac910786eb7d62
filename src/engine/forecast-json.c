/* A forecast as JSON. What is not known is null. */
#include "config.h"
#include "engine/forecast-private.h"

#include <math.h>

#include "pgrollout/base/json.h"
static void number_value(JsonBuilder *json, double number)
{
    if (!isfinite(number))
        json_builder_add_null_value(json);
    else if (number >= 100 || number == floor(number))
        json_builder_add_int_value(json, (gint64)fmin(round(number), 9e18));
    else
        json_builder_add_double_value(json, round(number * 1000) / 1000);
}

static void add_number(JsonBuilder *json, const char *name, double number)
{
    json_builder_set_member_name(json, name);
    number_value(json, number);
}

static void add_range(JsonBuilder *json, const char *name, struct forecast_range range)
{
    json_builder_set_member_name(json, name);
    if (!forecast_is_known(range)) {
        json_builder_add_null_value(json);
        return;
    }
    json_builder_begin_array(json);
    number_value(json, range.low);
    number_value(json, range.high);
    json_builder_end_array(json);
}

static void add_texts(JsonBuilder *json, const char *name, const GPtrArray *texts)
{
    json_builder_set_member_name(json, name);
    json_builder_begin_array(json);
    for (guint i = 0; i < texts->len; i++)
        json_builder_add_string_value(json, g_ptr_array_index(texts, i));
    json_builder_end_array(json);
}

static void add_hot(JsonBuilder *json, const struct forecast_step *step)
{
    json_builder_set_member_name(json, "hot");
    if (step->kind != KIND_BACKFILL || !forecast_is_known(step->hot)) {
        json_builder_add_null_value(json);
        return;
    }
    json_builder_begin_object(json);
    json_put_flag(json, "possible", step->hot_possible);
    add_range(json, "share", step->hot);
    json_put_flag(json, "measured", step->hot_measured);
    add_texts(json, "blocked_by", step->hot_blockers);
    add_number(json, "fillfactor", step->fillfactor);
    json_builder_end_object(json);
}

static void add_sample(JsonBuilder *json, const struct forecast_step *step)
{
    json_builder_set_member_name(json, "sample");
    if (step->sample.batches == 0) {
        json_builder_add_null_value(json);
        return;
    }
    json_builder_begin_object(json);
    json_put_flag(json, "earlier", step->sample.earlier);
    json_put_flag(json, "substitute", step->sample.substitute);
    add_number(json, "batches", step->sample.batches);
    add_number(json, "rows", (double)step->sample.rows);
    add_number(json, "changed", (double)step->sample.changed);
    add_range(json, "batch_ms", step->sample.ms);
    add_range(json, "rows_per_s", step->sample.rate);
    json_builder_end_object(json);
}

static void build_step(JsonBuilder *json, const struct forecast_step *step)
{
    json_builder_begin_object(json);
    json_put_text(json, "name", step->name);
    json_put_text(json, "kind", plan_kind_name(step->kind));
    json_put_text(json, "phase", plan_phase_name(step->phase));
    json_put_text(json, "table", step->table);
    json_put_text(json, "unknown", step->unknown);
    add_range(json, "rows", step->rows);
    json_put_text(json, "rows_from", step->rows_from);
    add_number(json, "statistics_rows", step->statistics_rows);
    add_number(json, "statistics_age_s", step->analyzed_s);
    add_range(json, "rows_touched", step->touched);
    add_number(json, "row_bytes", step->row_bytes);
    add_number(json, "heap_bytes_now", step->pages * step->page_bytes);
    add_number(json, "index_bytes_now", step->index_bytes_now);
    add_number(json, "indexes", step->indexes);
    add_hot(json, step);
    add_sample(json, step);
    json_put_text(json, "not_sampled", step->not_sampled);
    add_range(json, "seconds", step->seconds);
    add_range(json, "batches", step->batches);
    add_range(json, "wal_bytes", step->wal_bytes);
    add_range(json, "wal_bytes_per_s", step->wal_bytes_per_s);
    add_range(json, "heap_bytes", step->heap_bytes);
    add_range(json, "index_bytes", step->index_bytes);
    add_texts(json, "assumes", step->assumes);
    json_builder_end_object(json);
}

JsonNode *forecast_kept_json(const struct forecast_step *step)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    add_range(json, "rows_touched", step->touched);
    add_range(json, "seconds", step->seconds);
    add_range(json, "wal_bytes", step->wal_bytes);
    add_range(json, "heap_bytes", step->heap_bytes);
    add_range(json, "index_bytes", step->index_bytes);
    json_builder_end_object(json);
    return json_builder_get_root(json);
}

static void build_steps(JsonBuilder *json, const struct forecast *forecast)
{
    json_builder_begin_array(json);
    for (guint i = 0; i < forecast->steps->len; i++)
        build_step(json, g_ptr_array_index(forecast->steps, i));
    json_builder_end_array(json);
}

JsonNode *forecast_steps_json(const struct forecast *forecast)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    build_steps(json, forecast);
    return json_builder_get_root(json);
}

static void add_slot(JsonBuilder *json, const struct forecast_slot *slot)
{
    json_builder_begin_object(json);
    json_put_text(json, "name", slot->name);
    json_put_text(json, "type", slot->type);
    json_put_flag(json, "active", slot->active);
    json_put_flag(json, "moved", slot->moved);
    json_put_flag(json, "lost", slot->lost);
    add_number(json, "retained_bytes", slot->retained);
    add_number(json, "limit_bytes", slot->limit);
    add_number(json, "room_bytes", slot->room);
    add_number(json, "full_s", slot->full_s);
    json_builder_end_object(json);
}

static void add_archive(JsonBuilder *json, const struct forecast_archive *archive)
{
    json_builder_set_member_name(json, "archive");
    json_builder_begin_object(json);
    json_put_text(json, "mode", archive->mode);
    json_put_flag(json, "failing", archive->failing);
    add_number(json, "waiting_segments", archive->waiting);
    add_number(json, "bytes_per_s", archive->bytes_per_s);
    add_number(json, "our_segments_per_min", archive->ours_per_min);
    json_builder_end_object(json);
}

static void add_room(JsonBuilder *json, const struct forecast_room *room)
{
    json_builder_set_member_name(json, "room");
    json_builder_begin_object(json);
    add_range(json, "needs_bytes", room->needs);
    add_number(json, "free_bytes", room->free);
    json_put_text(json, "path", room->path);
    json_builder_end_object(json);
}

static void add_server(JsonBuilder *json, const struct forecast *forecast)
{
    json_builder_set_member_name(json, "server");
    json_builder_begin_object(json);
    add_number(json, "version", forecast->version);
    json_put_text(json, "role", forecast->in_recovery ? "standby" : "primary");
    json_builder_end_object(json);
}

JsonNode *forecast_json(const struct forecast *forecast)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    json_put_text(json, "database", forecast->database);
    add_server(json, forecast);
    json_put_flag(json, "sampled", forecast->sampled);
    json_builder_set_member_name(json, "steps");
    build_steps(json, forecast);
    json_builder_set_member_name(json, "slots");
    json_builder_begin_array(json);
    for (guint i = 0; i < forecast->slots->len; i++)
        add_slot(json, g_ptr_array_index(forecast->slots, i));
    json_builder_end_array(json);
    add_archive(json, &forecast->archive);
    add_room(json, &forecast->room);
    add_texts(json, "hints", forecast->hints);
    json_builder_end_object(json);
    return json_builder_get_root(json);
}
