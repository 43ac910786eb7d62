/* For how long nobody has used a column: pure. A server's counters go on while no engine looks, so that
 * what was remembered of them proves the time between; what they forget proves nothing. */
#include "config.h"
#include "engine/usage-window.h"

#include <math.h>
#include <string.h>

static double member(JsonObject *object, const char *name)
{
    return object ? json_object_get_double_member_with_default(object, name, 0) : 0;
}

static JsonObject *child(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonObject *child_make(JsonObject *object, const char *name)
{
    JsonObject *found = child(object, name);
    if (!found) {
        found = json_object_new();
        json_object_set_object_member(object, name, found);
    }
    return found;
}

void usage_window_restart(struct usage_window *window, char *reason)
{
    if (!window->reason)
        window->reason = reason;
    else
        g_free(reason);
}

static char *one_line(const char *text)
{
    g_autofree char *head = g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), 100));
    return g_strdelimit(g_strdup(head), "\n\t\r", ' ');
}

/* The calls that have come since the last look of this engine, statement by statement. */
static void look_closely(struct usage_window *window, const struct usage_source_state *state,
                         JsonObject *before)
{
    for (guint i = 0; i < state->uses->len; i++) {
        const struct usage_calls *now = &g_array_index(state->uses, struct usage_calls, i);
        JsonObject *old = child(before, now->id);
        double more = now->calls - member(old, "calls");
        if (more == 0)
            continue;
        /* fewer than before: it was forgotten, and has been called since */
        gboolean anew = more < 0;
        if (anew)
            more = now->calls;
        g_autofree char *text = one_line(now->text);
        usage_window_restart(window, g_strdup_printf("%.0f call%s by %s on %s%s: %s", more,
                                                     more == 1 ? "" : "s", now->role, state->name,
                                                     anew ? ", counted anew" : "", text));
        return;
    }
}

/* The same since another engine looked: only whether there were any. */
static void look_from_afar(struct usage_window *window, const struct usage_source_state *state,
                           JsonObject *base, double sum)
{
    double more = sum - member(base, "uses");
    if (state->dealloc != (gint64)member(base, "dealloc"))
        usage_window_restart(
            window, g_strdup_printf("%s forgot statements while no engine looked", state->name));
    else if (more > 0)
        usage_window_restart(
            window, g_strdup_printf("%.0f call%s on %s while no engine looked, of one of %u "
                                    "statements",
                                    more, more == 1 ? "" : "s", state->name, state->uses->len));
    else if (more < 0)
        usage_window_restart(window,
                             g_strdup_printf("statistics of %s were taken away", state->name));
}

/* Whoever comes and is forgotten between two looks was never seen; at most all that were forgotten, and
 * at most all that came. */
static double never_seen(const struct usage_source_state *state, JsonObject *before)
{
    gint64 events = state->dealloc - (gint64)member(before, "dealloc");
    if (events <= 0)
        return 0;
    double gone = (double)events * MAX(10, floor((double)state->max / 20));
    double came = (double)state->entries - member(before, "entries") + gone;
    return CLAMP(came, 0, gone);
}

static JsonObject *uses_of(const struct usage_source_state *state, double *sum)
{
    JsonObject *uses = json_object_new();
    *sum = 0;
    for (guint i = 0; i < state->uses->len; i++) {
        const struct usage_calls *calls = &g_array_index(state->uses, struct usage_calls, i);
        JsonObject *one = json_object_new();
        g_autofree char *text = one_line(calls->text);
        json_object_set_double_member(one, "calls", calls->calls);
        json_object_set_string_member(one, "role", calls->role);
        json_object_set_string_member(one, "text", text);
        json_object_set_object_member(uses, calls->id, one);
        *sum += calls->calls;
    }
    return uses;
}

static void lately_take(JsonObject *lately, const struct usage_source_state *state,
                        JsonObject *uses)
{
    JsonObject *row = child_make(child_make(lately, "servers"), state->name);
    json_object_set_string_member(row, "reset", state->reset);
    json_object_set_string_member(row, "mark", state->mark);
    json_object_set_double_member(row, "dealloc", (double)state->dealloc);
    json_object_set_double_member(row, "entries", (double)state->entries);
    json_object_set_double_member(row, "max", (double)state->max);
    json_object_set_double_member(row, "seen", state->seen);
    json_object_set_double_member(row, "blind", state->blind);
    json_object_set_object_member(row, "uses", uses);
}

void usage_window_take(struct usage_window *window, JsonObject *lately,
                       const struct usage_source_state *state)
{
    JsonObject *before = child(child(lately, "servers"), state->name);
    JsonObject *base = child(child(window->memo, "servers"), state->name);
    double sum, unseen = 0;
    JsonObject *uses = uses_of(state, &sum);
    if (base &&
        g_strcmp0(json_object_get_string_member_with_default(base, "reset", ""), state->reset) != 0)
        usage_window_restart(window, g_strdup_printf("the statistics of %s began anew at %.19sZ",
                                                     state->name, state->reset));
    else if (before)
        look_closely(window, state, child(before, "uses"));
    else if (base)
        look_from_afar(window, state, base, sum);
    if (before && base)
        unseen = never_seen(state, before);
    JsonObject *row = child_make(child_make(window->next, "servers"), state->name);
    gboolean kept = base != NULL;
    unseen += member(base, "unseen");
    json_object_set_string_member(row, "reset", state->reset);
    json_object_set_double_member(row, "dealloc", (double)state->dealloc);
    json_object_set_double_member(row, "uses", sum);
    json_object_set_double_member(row, "unseen", unseen);
    json_object_set_double_member(row, "seen", kept ? member(base, "seen") : state->seen);
    json_object_set_double_member(row, "blind", kept ? member(base, "blind") : state->blind);
    window->seen += MAX(0, state->seen - member(row, "seen"));
    window->missed += MAX(0, state->blind - member(row, "blind")) + unseen;
    g_ptr_array_add(window->states, (gpointer)state);
    lately_take(lately, state, uses);
}

void usage_window_init(struct usage_window *window, JsonObject *memo)
{
    *window = (struct usage_window){.memo = memo};
    window->next = json_object_new();
    window->states = g_ptr_array_new();
}

void usage_window_clear(struct usage_window *window)
{
    json_object_unref(window->next);
    g_ptr_array_unref(window->states);
    g_free(window->reason);
}

double usage_window_coverage(const struct usage_window *window)
{
    double all = window->seen + window->missed;
    return all > 0 ? window->seen / all : 1;
}

static gboolean same(JsonObject *a, JsonObject *b)
{
    g_autoptr(JsonNode) one = json_node_init_object(json_node_alloc(), a);
    g_autoptr(JsonNode) other = json_node_init_object(json_node_alloc(), b);
    return json_node_equal(one, other);
}

JsonObject *usage_window_end(struct usage_window *window, gint64 now_us, gint64 *since_us)
{
    gint64 since = window->memo && !window->reason
                       ? json_object_get_int_member_with_default(window->memo, "since_us", 0)
                       : 0;
    const char *last =
        window->reason ? window->reason
        : window->memo ? json_object_get_string_member_with_default(window->memo, "reason", NULL)
                       : NULL;
    if (!since) { /* from here on */
        for (guint i = 0; i < window->states->len; i++) {
            const struct usage_source_state *state = g_ptr_array_index(window->states, i);
            JsonObject *row = child(child(window->next, "servers"), state->name);
            json_object_set_double_member(row, "unseen", 0);
            json_object_set_double_member(row, "seen", state->seen);
            json_object_set_double_member(row, "blind", state->blind);
        }
        since = now_us;
    }
    json_object_set_int_member(window->next, "since_us", since);
    if (last)
        json_object_set_string_member(window->next, "reason", last);
    *since_us = since;
    return window->memo && same(window->memo, window->next) ? NULL : json_object_ref(window->next);
}
