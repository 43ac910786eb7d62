/* The hysteresis of guards: when a row of readings trips, slows, blinds and clears. Pure: no
 * connection, no clock of its own. */
#include "config.h"
#include "guard-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pgrollout/base/units.h"

/* Readings kept as evidence. */
#define GUARD_EVIDENCE 5
#define REASON_BYTES 200

static void reading_set(struct reading *reading, enum reading_kind kind, const char *why)
{
    g_free(reading->text);
    reading->kind = kind;
    reading->value = NAN;
    reading->text = g_utf8_make_valid(why, (gssize)strnlen(why, REASON_BYTES));
}

void reading_fail(struct reading *reading, const char *why)
{
    reading_set(reading, READING_FAILED, why);
}

void reading_unwatched(struct reading *reading, const char *why)
{
    reading_set(reading, READING_UNWATCHED, why);
}

void reading_clear(struct reading *reading)
{
    g_clear_pointer(&reading->text, g_free);
}

const struct guard_class *guard_class_find(const char *name)
{
    for (const struct guard_class *const *each = guard_class_registry; *each; each++)
        if (strcmp((*each)->name, name) == 0)
            return *each;
    return NULL;
}

struct guard *guard_new(const struct plan_guard *plan, gint64 now_us)
{
    struct guard *guard = g_new0(struct guard, 1);
    guard->plan = plan;
    guard->class = guard_class_find(plan->kind);
    guard->state = plan->off ? GUARD_OFF : GUARD_OK;
    guard->value = guard->cap = NAN;
    guard->born_us = now_us;
    guard->samples = json_array_new();
    if (plan->off)
        guard->detail = g_strdup_printf("off: %s", plan->off);
    guard_set_limits(guard, NULL, NULL);
    return guard;
}

void guard_free(struct guard *guard)
{
    if (guard->memory && guard->class->forget)
        guard->class->forget(guard);
    else
        g_free(guard->memory);
    json_array_unref(guard->samples);
    g_free(guard->detail);
    g_free(guard);
}

static gboolean number_read(const char *text, double *number)
{
    if (!text || !*text)
        return FALSE;
    char *end;
    double value = g_ascii_strtod(text, &end);
    if (*end || !isfinite(value) || value < 0)
        return FALSE;
    *number = value;
    return TRUE;
}

/* A resume at or above pause would flutter, or never clear what it should: it then keeps the plan's
 * proportion to pause. */
void guard_set_limits(struct guard *guard, const char *pause, const char *resume)
{
    guard->pause = fmin(guard->plan->pause, guard->cap); /* of NAN and a number: the number */
    guard->resume = guard->plan->resume;
    number_read(pause, &guard->pause);
    number_read(resume, &guard->resume);
    if (guard->resume >= guard->pause)
        guard->resume = guard->plan->pause > 0
                            ? guard->pause * guard->plan->resume / guard->plan->pause
                            : guard->pause;
}

gint64 guard_every_us(const struct guard *guard)
{
    return MAX(guard->plan->every_us, guard->class->every_us);
}

const char *guard_state_name(enum guard_state state)
{
    static const char *const names[] = {"ok", "slow", "tripped", "blind", "off", "unwatched"};
    return names[state];
}

char *guard_value_format(const struct guard *guard, double value)
{
    if (strcmp(guard->class->unit, "B") == 0)
        return size_format((gint64)value);
    const char *form = fabs(value) >= 100 ? "%.0f" : "%.3g";
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(number, sizeof number, form, value);
    return g_strconcat(number, guard->class->unit, NULL);
}

static const char *noun(const struct guard *guard)
{
    return guard->class->noun ? guard->class->noun : guard->plan->name;
}

/* "5.2s > 5s"; where both read the same, the sign says so. */
static char *compare_format(const struct guard *guard, double value, double limit)
{
    g_autofree char *left = guard_value_format(guard, value);
    g_autofree char *right = guard_value_format(guard, limit);
    const char *sign = value > limit ? ">" : value < limit ? "<" : "=";
    return g_strdup_printf("%s %s %s", left, strcmp(left, right) == 0 ? "=" : sign, right);
}

static void evidence_add(struct guard *guard, gint64 wall_us, const char *text)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(wall_us / G_USEC_PER_SEC);
    g_autofree char *clock = g_date_time_format(at, "%H:%M:%S");
    JsonObject *entry = json_object_new();
    json_object_set_string_member(entry, "at", clock);
    json_object_set_string_member(entry, "text", text);
    while (json_array_get_length(guard->samples) >= GUARD_EVIDENCE)
        json_array_remove_element(guard->samples, 0);
    json_array_add_object_element(guard->samples, entry);
}

static void value_note(struct guard *guard, gint64 wall_us)
{
    g_autofree char *value = guard_value_format(guard, guard->value);
    g_autofree char *text = NULL;
    if (guard->above > 0) {
        g_autofree char *compared = compare_format(guard, guard->value, guard->pause);
        text = g_strdup_printf("%s %s (%d of %d)", noun(guard), compared,
                               MIN(guard->above, guard->plan->samples), guard->plan->samples);
    } else if (guard->tripped && guard->below > 0 && !guard->class->latched) {
        g_autofree char *compared = compare_format(guard, guard->value, guard->resume);
        text = g_strdup_printf("%s %s (%d of %d to clear)", noun(guard), compared,
                               MIN(guard->below, GUARD_CLEAR_SAMPLES), GUARD_CLEAR_SAMPLES);
    } else {
        text = g_strdup_printf("%s %s", noun(guard), value);
    }
    evidence_add(guard, wall_us, text);
}

static void detail_take(struct guard *guard, const char *text)
{
    g_free(guard->detail);
    guard->detail = g_strdup(text);
}

static void count(struct guard *guard)
{
    const struct plan_guard *plan = guard->plan;
    gboolean above = guard->value >= guard->pause;
    guard->above = above ? guard->above + 1 : 0;
    guard->good = above ? 0 : guard->good + 1;
    guard->below = !above && guard->value <= guard->resume ? guard->below + 1 : 0;
    guard->over = !isnan(plan->abort) && guard->value >= plan->abort ? guard->over + 1 : 0;
    guard->aborts = guard->over >= plan->samples;
}

static enum guard_state state_next(struct guard *guard)
{
    if (guard->above >= guard->plan->samples)
        guard->tripped = TRUE;
    else if (guard->tripped && !guard->class->latched && guard->below >= GUARD_CLEAR_SAMPLES)
        guard->tripped = FALSE;
    if (guard->tripped)
        return GUARD_TRIPPED;
    gboolean rare = guard_every_us(guard) >= GUARD_RARE_US;
    if (guard->state == GUARD_BLIND &&
        guard->good < (rare ? GUARD_RARE_SAMPLES : GUARD_CLEAR_SAMPLES))
        return GUARD_BLIND;
    return !isnan(guard->plan->slow) && guard->value >= guard->plan->slow ? GUARD_SLOW : GUARD_OK;
}

static void blind(struct guard *guard)
{
    guard->state = GUARD_BLIND;
    guard->value = NAN;
    guard->good = guard->below = guard->over = 0;
    guard->aborts = FALSE;
}

static void judge_failure(struct guard *guard, const char *why, gint64 wall_us)
{
    if (guard->state == GUARD_UNWATCHED)
        return;
    guard->failures++;
    guard->value = NAN;
    guard->good = guard->below = 0;
    detail_take(guard, why);
    g_autofree char *text =
        g_strdup_printf("cannot be read: %s (%d of %d)", why,
                        MIN(guard->failures, GUARD_BLIND_SAMPLES), GUARD_BLIND_SAMPLES);
    evidence_add(guard, wall_us, text);
    if (guard->failures >= GUARD_BLIND_SAMPLES || guard->read_us == 0)
        blind(guard);
}

/* Too old a reading is none. */
static void judge_age(struct guard *guard, gint64 now_us)
{
    if (guard->state == GUARD_BLIND || guard->state == GUARD_UNWATCHED)
        return;
    gint64 age_us = now_us - (guard->read_us ? guard->read_us : guard->born_us);
    gint64 limit_us =
        (guard->read_us ? 3 * guard_every_us(guard) : GUARD_FIRST_US) + guard->takes_us;
    if (age_us <= limit_us)
        return;
    blind(guard);
    if (guard->failures > 0) /* why is known */
        return;
    g_free(guard->detail);
    guard->detail = g_strdup_printf("not read for %" G_GINT64_FORMAT "s", age_us / G_USEC_PER_SEC);
}

static void judge_value(struct guard *guard, const struct reading *reading, gint64 now_us,
                        gint64 wall_us)
{
    guard->failures = 0;
    guard->read_us = now_us;
    guard->value = reading->value;
    detail_take(guard, reading->text);
    if (reading->kind == READING_VALUE) {
        count(guard);
        value_note(guard, wall_us);
    } else {
        guard->good++;
    }
    guard->state = state_next(guard);
}

void guard_judge(struct guard *guard, const struct reading *reading, gint64 now_us, gint64 wall_us)
{
    if (guard->state == GUARD_OFF)
        return;
    switch (reading->kind) {
    case READING_VALUE:
    case READING_IDLE:
        judge_value(guard, reading, now_us, wall_us);
        break;
    case READING_FAILED:
        judge_failure(guard, reading->text, wall_us);
        break;
    case READING_NONE:
        judge_age(guard, now_us);
        break;
    case READING_UNWATCHED:
        blind(guard);
        guard->state = GUARD_UNWATCHED;
        guard->tripped = FALSE;
        guard->failures = guard->above = 0;
        detail_take(guard, reading->text);
        break;
    }
}

void guard_adopt(struct guard *guard)
{
    if (guard->state == GUARD_OFF)
        return;
    guard->tripped = TRUE;
    guard->state = GUARD_TRIPPED;
}

void guard_reset(struct guard *guard)
{
    if (guard->class->reset)
        guard->class->reset(guard);
    if (!guard->class->latched)
        return;
    guard->tripped = FALSE;
    guard->above = guard->over = 0;
    guard->aborts = FALSE;
    if (guard->state == GUARD_TRIPPED)
        guard->state = GUARD_OK;
}

char *guard_reason(const struct guard *guard)
{
    const char *name = guard->plan->name, *detail = guard->detail;
    if (isnan(guard->value))
        return g_strdup_printf("%s cannot be read: %s", name, detail ? detail : "not yet");
    g_autofree char *compared = compare_format(guard, guard->value, guard->pause);
    return g_strconcat(name, " ", compared, detail ? ": " : NULL, detail, NULL);
}

char *guard_advice(const struct guard *guard, const char *migration)
{
    return guard->state == GUARD_TRIPPED && guard->class->advice
               ? guard->class->advice(guard, migration)
               : NULL;
}

static void text_append(GString *out, const char *before, const char *text)
{
    g_autoptr(JsonNode) node = json_node_new(text ? JSON_NODE_VALUE : JSON_NODE_NULL);
    if (text)
        json_node_set_string(node, text);
    g_autofree char *quoted = json_to_string(node, FALSE);
    g_string_append_printf(out, "%s%s", before, quoted);
}

/* In few digits: json-glib would write 7.2000000000000002; but bytes to the last one. */
static void number_append(GString *out, const char *before, double value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE] = "null";
    if (isfinite(value))
        g_ascii_formatd(number, sizeof number, fabs(value) >= 1e6 ? "%.0f" : "%.6g", value);
    g_string_append_printf(out, "%s%s", before, number);
}

/* So many readings in a row clear it (0: none does), so many of them there have been. */
static void clearing_append(GString *out, const struct guard *guard)
{
    number_append(out, ",\"clears_after\":", guard->class->latched ? 0 : GUARD_CLEAR_SAMPLES);
    number_append(out, ",\"clearing\":", guard->below);
    number_append(out, ",\"every_s\":", (double)guard_every_us(guard) / G_USEC_PER_SEC);
}

char *guards_to_json(const GPtrArray *guards)
{
    GString *out = g_string_new("[");
    for (guint i = 0; i < guards->len; i++) {
        const struct guard *guard = g_ptr_array_index(guards, i);
        text_append(out, i ? ",{\"name\":" : "{\"name\":", guard->plan->name);
        number_append(out, ",\"value\":", guard->value);
        text_append(out, ",\"unit\":", guard->class->unit);
        number_append(out, ",\"pause\":", guard->pause);
        number_append(out, ",\"resume\":", guard->resume);
        text_append(out, ",\"state\":", guard_state_name(guard->state));
        text_append(out, ",\"detail\":", guard->detail);
        if (guard->tripped)
            clearing_append(out, guard);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
    return g_string_free(out, FALSE);
}
