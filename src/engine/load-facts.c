/* What a load keeps for people besides what the engine goes by: for the checklists what lint warned of,
 * which applications the plan names and which guards it has switched off; for the card the statements of
 * each undo. */
#include "config.h"
#include "preflight-private.h"

#include "pgrollout/base/json.h"
#include "pgrollout/base/units.h"
#include "pgrollout/engine/steps.h"
#include "pgrollout/plan/reader.h"

#define WARNINGS_MAX 20

static void add_warnings(JsonBuilder *builder, const GPtrArray *findings)
{
    int n = 0;
    json_builder_set_member_name(builder, "lint");
    json_builder_begin_array(builder);
    for (guint i = 0; findings && i < findings->len && n < WARNINGS_MAX; i++) {
        const struct plan_finding *finding = findings->pdata[i];
        if (!finding->warning)
            continue;
        g_autofree char *text = g_strdup_printf(
            "line %d: %s%s%s%s", finding->line, finding->text, finding->id ? " [" : "",
            finding->id ? finding->id : "", finding->id ? "]" : "");
        json_builder_add_string_value(builder, text);
        n++;
    }
    json_builder_end_array(builder);
}

static void add_applications(JsonBuilder *builder, const GPtrArray *applications)
{
    json_builder_set_member_name(builder, "applications");
    json_builder_begin_array(builder);
    for (guint i = 0; i < applications->len; i++) {
        const struct plan_application *application = applications->pdata[i];
        g_autofree char *runs = application->runs_us ? duration_format(application->runs_us) : NULL;
        json_builder_begin_object(builder);
        json_put_text(builder, "name", application->name);
        json_put_text(builder, "sessions", application->sessions);
        json_put_text(builder, "release", application->release);
        json_put_text(builder, "slot", application->slot);
        json_put_text(builder, "runs", runs);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_guards_off(JsonBuilder *builder, const GPtrArray *guards)
{
    json_builder_set_member_name(builder, "guards_off");
    json_builder_begin_array(builder);
    for (guint i = 0; i < guards->len; i++) {
        const struct plan_guard *guard = guards->pdata[i];
        if (!guard->off)
            continue;
        json_builder_begin_object(builder);
        json_put_text(builder, "name", guard->name);
        json_put_text(builder, "why", guard->off);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

void load_add_undo(JsonBuilder *builder, const struct plan *plan, const struct plan_step *step,
                   const char *locks)
{
    static const char *const hows[] = {[STAGE_DDL] = "ddl",
                                       [STAGE_LOOSE] = "loose",
                                       [STAGE_CATALOG] = "catalog",
                                       [STAGE_FIND] = "find",
                                       [STAGE_PASS] = "pass"};
    g_autoptr(GPtrArray) stages = step_stages(plan, step, TRUE);
    if (locks)
        json_put_text(builder, "undo_locks", locks);
    json_builder_set_member_name(builder, "undo");
    json_builder_begin_array(builder);
    for (guint i = 0; i < stages->len; i++) {
        const struct step_stage *stage = stages->pdata[i];
        json_builder_begin_object(builder);
        json_put_text(builder, "how", hows[stage->how]);
        json_put_text(builder, "what", stage->what);
        json_put_text(builder, "sql", stage->sql);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

void load_add_facts(JsonBuilder *builder, const struct plan *plan, const GPtrArray *findings)
{
    json_builder_set_member_name(builder, "facts");
    json_builder_begin_object(builder);
    add_warnings(builder, findings);
    add_applications(builder, plan->applications);
    add_guards_off(builder, plan->guards);
    json_builder_end_object(builder);
}
