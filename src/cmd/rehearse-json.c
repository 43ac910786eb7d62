/* A rehearsal as JSON. */
#include "config.h"
#include "cmd/rehearse-print.h"
#include "pgrollout/base/json.h"

static void put_actor(JsonBuilder *json, const struct rehearsal *rehearsal, guint index)
{
    const struct rehearsal_actor *actor = g_ptr_array_index(rehearsal->actors, index);
    json_put_text(json, "application", actor->application->name);
    json_put_text(json, "release", plan_release_name(actor->release));
}

static void put_cell(JsonBuilder *json, const struct rehearsal *rehearsal,
                     const struct rehearsal_row *row, guint index)
{
    const struct rehearsal_cell *cell = &row->cells[index];
    json_builder_begin_object(json);
    put_actor(json, rehearsal, index);
    json_put_text(json, "result", rehearsal_verdict_name(cell->verdict));
    json_put_text(json, "sqlstate", *cell->sqlstate ? cell->sqlstate : NULL);
    json_put_int(json, "trials", cell->trials);
    json_builder_end_object(json);
}

static void put_row(JsonBuilder *json, const struct rehearsal *rehearsal,
                    const struct rehearsal_row *row)
{
    json_builder_begin_object(json);
    json_put_text(json, "state", row->key);
    json_put_text(json, "phase", plan_phase_name(row->phase));
    json_put_text(json, "label", row->label);
    json_builder_set_member_name(json, "cells");
    json_builder_begin_array(json);
    for (guint i = 0; i < rehearsal->actors->len; i++)
        put_cell(json, rehearsal, row, i);
    json_builder_end_array(json);
    json_builder_end_object(json);
}

static void put_failure(JsonBuilder *json, const struct rehearsal *rehearsal,
                        const struct rehearsal_failure *failure)
{
    const struct rehearsal_row *row = g_ptr_array_index(rehearsal->rows, failure->first);
    json_builder_begin_object(json);
    put_actor(json, rehearsal, failure->actor);
    json_put_text(json, "result", rehearsal_verdict_name(failure->verdict));
    json_put_text(json, "state", row->key);
    json_put_text(json, "where", failure->where);
    json_put_text(json, "text", failure->text);
    json_put_text(json, "how", failure->how);
    json_put_int(json, "line", failure->at.line);
    json_put_int(json, "column", failure->at.column);
    json_put_text(json, "sqlstate", *failure->sqlstate ? failure->sqlstate : NULL);
    json_put_text(json, "reason", failure->reason);
    json_put_text(json, "expected", failure->expected);
    json_put_text(json, "got", failure->got);
    json_builder_end_object(json);
}

static void put_texts(JsonBuilder *json, const char *name, const GPtrArray *texts)
{
    json_builder_set_member_name(json, name);
    json_builder_begin_array(json);
    for (guint i = 0; i < texts->len; i++) {
        g_autofree char *text = g_utf8_make_valid(texts->pdata[i], -1);
        json_builder_add_string_value(json, text);
    }
    json_builder_end_array(json);
}

JsonNode *rehearse_json(const struct plan *plan, const struct rehearsal *rehearsal)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    json_put_text(json, "migration", plan->name);
    json_put_text(json, "plan_sha256", plan->sha256);
    json_put_text(json, "copy", rehearsal->copy);
    json_put_flag(json, "passed", rehearsal_passed(rehearsal));
    json_put_text(json, "stopped", rehearsal->stopped);
    json_put_int(json, "trials", rehearsal->trials);
    json_put_double(json, "seconds", rehearsal->seconds);
    json_builder_set_member_name(json, "states");
    json_builder_begin_array(json);
    for (guint i = 0; i < rehearsal->rows->len; i++)
        put_row(json, rehearsal, rehearsal->rows->pdata[i]);
    json_builder_end_array(json);
    json_builder_set_member_name(json, "failures");
    json_builder_begin_array(json);
    for (guint i = 0; i < rehearsal->failures->len; i++)
        put_failure(json, rehearsal, rehearsal->failures->pdata[i]);
    json_builder_end_array(json);
    put_texts(json, "losses", rehearsal->losses);
    put_texts(json, "notes", rehearsal->notes);
    json_builder_end_object(json);
    return json_builder_get_root(json);
}
