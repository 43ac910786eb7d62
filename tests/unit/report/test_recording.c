/* Files of runs: read strictly, whoever made them, and shown as they were. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/base/error.h"
#include "pgrollout/engine/snapshot.h"
#include "pgrollout/report/recording.h"
#include "story.h"

static char *line_of(const char *name, JsonNode *node)
{
    g_autofree char *text = json_to_string(node, FALSE);
    return g_strdup_printf("{\"%s\":%s}", name, text);
}

/* The story as a recording, a line each: events, then readings where their time comes. */
static GPtrArray *lines_new(void)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *json = story_json("done", 2, TRUE);
    g_autoptr(JsonParser) parser = json_parser_new();
    assert_true(json_parser_load_from_data(parser, json, -1, NULL));
    JsonObject *root = json_node_get_object(json_parser_get_root(parser));
    JsonArray *events = json_object_get_array_member(root, "events");
    JsonArray *readings = json_object_get_array_member(root, "readings");
    guint n = json_array_get_length(events), m = json_array_get_length(readings), j = 0;
    for (guint i = 0; i < n; i++) {
        JsonNode *event = json_array_get_element(events, i);
        double at = json_object_get_double_member(json_node_get_object(event), "at");
        for (; j < m &&
               json_array_get_double_element(json_array_get_array_element(readings, j), 0) < at;
             j++)
            g_ptr_array_add(lines, line_of("reading", json_array_get_element(readings, j)));
        g_ptr_array_add(lines, line_of("event", event));
    }
    for (; j < m; j++)
        g_ptr_array_add(lines, line_of("reading", json_array_get_element(readings, j)));
    g_ptr_array_add(lines, g_strdup_printf("{\"end\":{\"events\":%u,\"readings\":%u}}", n, m));
    json_object_remove_member(root, "events");
    json_object_remove_member(root, "readings");
    json_object_set_int_member(root, "pgrollout_recording", 1);
    g_ptr_array_insert(lines, 0, json_to_string(json_parser_get_root(parser), FALSE));
    return lines;
}

static char *text_of(const GPtrArray *lines)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(text, "%s\n", (char *)lines->pdata[i]);
    return g_string_free(text, FALSE);
}

static struct recording *recording_of(const GPtrArray *lines)
{
    g_autofree char *text = text_of(lines);
    g_autoptr(GError) error = NULL;
    struct report *report = recording_parse(text, strlen(text), &error);
    if (!report)
        fail_msg("%s", error->message);
    return recording_new(report);
}

/* --- what was */

static struct snapshot *snapshot_at(const struct recording *recording, double at)
{
    g_autofree char *document =
        recording_document(recording, recording_find(recording, STORY_AT + at));
    g_autoptr(GError) error = NULL;
    struct snapshot *s = snapshot_parse(document, &error);
    if (!s)
        fail_msg("%s", error->message);
    return s;
}

static void moment_is(const struct recording *recording, double at, const char *state,
                      const char *phase, const char *hold, double fraction)
{
    struct snapshot *s = snapshot_at(recording, at);
    const struct snap_migration *m = s->migrations->pdata[0];
    assert_string_equal(m->state, state);
    assert_true(g_strcmp0(m->phase, phase) == 0);
    assert_int_equal(m->holds->len, hold ? 1 : 0);
    if (hold)
        assert_string_equal(((struct snap_hold *)m->holds->pdata[0])->kind, hold);
    if (!isnan(fraction) && fabs(m->progress.fraction - fraction) > 0.01)
        fail_msg("at %g it is %g, not %g", at, m->progress.fraction, fraction);
    for (guint i = 0; i < m->events->len; i++) {
        const struct snap_event *event = m->events->pdata[i];
        g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(event->when, NULL);
        assert_true((double)g_date_time_to_unix(when) <= STORY_AT + at);
    }
    snapshot_free(s);
}

static void moments(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) lines = lines_new();
    struct recording *recording = recording_of(lines);
    moment_is(recording, 5, "loaded", NULL, "boundary", NAN);
    moment_is(recording, 20, "active", "expand", NULL, NAN);
    moment_is(recording, 60, "active", "expand", "gate", NAN);
    moment_is(recording, 220, "active", "expand", "guard", NAN);
    moment_is(recording, 330, "active", "expand", "operator", NAN);
    moment_is(recording, 500, "active", "expand", NULL, NAN);
    struct snapshot *s = snapshot_at(recording, 220);
    const struct snap_migration *m = s->migrations->pdata[0];
    assert_string_equal(snap_guard_find(m, "replication_lag")->state, "tripped");
    assert_string_equal(snap_guard_find(m, "window")->state, "unwatched");
    assert_int_equal(m->rows_per_s.n, 120);
    assert_true(m->lag_s.values[119 - 17] == 7.2);
    snapshot_free(s);
    s = snapshot_at(recording, 50); /* nothing was read yet: unknown, not calm */
    m = s->migrations->pdata[0];
    assert_string_equal(snap_guard_find(m, "replication_lag")->state, "blind");
    snapshot_free(s);
    recording_free(recording);
}

static void in_order(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) lines = lines_new();
    struct recording *recording = recording_of(lines);
    guint n = recording_count(recording), marks = 0;
    assert_true(n > 500);
    for (guint i = 0; i < n; i++) {
        double at = recording_at(recording, i);
        assert_true(i == 0 || at > recording_at(recording, i - 1));
        assert_int_equal(recording_find(recording, at), i);
        marks += recording_is_mark(recording, i);
    }
    assert_true(marks >= 7 && marks <= 9);
    assert_int_equal(recording_find(recording, 0), 0);
    assert_int_equal(recording_find(recording, INFINITY), n - 1);
    recording_free(recording);
}

/* --- what is no recording */

static void refused(const char *text, gsize length, const char *words)
{
    g_autoptr(GError) error = NULL;
    struct report *report = recording_parse(text, length, &error);
    if (report)
        fail_msg("it was taken, though \"%s\"", words);
    assert_true(g_error_matches(error, ROLLOUT_ERROR, ROLLOUT_ERROR_USAGE));
    if (!strstr(error->message, words))
        fail_msg("\"%s\" does not say \"%s\"", error->message, words);
}

/* The story with line `n` (counted from 1) replaced. */
static void refused_with(guint n, const char *line, const char *words)
{
    g_autoptr(GPtrArray) lines = lines_new();
    g_free(lines->pdata[n - 1]);
    lines->pdata[n - 1] = g_strdup(line);
    g_autofree char *text = text_of(lines);
    refused(text, strlen(text), words);
}

static void damaged(void **state)
{
    (void)state;
    refused("", 0, "it is empty");
    refused_with(1, "{\"pgrollout_recording\":2}", "line 1: a recording of a newer kind");
    refused_with(1, "{}", "line 1: this is no recording");
    refused_with(1, "{\"pgrollout_recording\":1,\"at\":5,\"loaded_at\":9}", "line 1: its times");
    refused_with(3, "", "line 3: it is no object");
    refused_with(3, "[1]", "line 3: it is no object");
    refused_with(3, "{\"event\":7}", "line 3: its event is none");
    refused_with(3, "{\"event\":{\"at\":1e300}}", "line 3: it has no time");
    refused_with(3, "{\"event\":{\"at\":\"x\"}}", "line 3: it has no time");
    refused_with(4, "{\"event\":{\"at\":12}}", "line 4: it is older");
    refused_with(4, "{\"surprise\":1}", "line 4: neither");
    refused_with(4, "{\"reading\":[1764000020,1,7,null]}", "line 4: its reading is none");
    refused_with(4, "{\"reading\":[1764000020,1e9,{},null]}", "line 4: its reading is none");
    refused_with(4, "{\"end\":{\"events\":2,\"readings\":0}}",
                 "line 5: there is more behind its end");
    refused_with(4, "{\"end\":{\"events\":9,\"readings\":0}}", "line 4: some of it is missing");
    refused_with(2, "{\"event\":{\"at\":1764000001,\"text\":\"\xff\"}}", "line 2: it is not UTF-8");
}

/* The parser calls itself. */
static void nested(void **state)
{
    (void)state;
    g_autofree char *deep = g_strnfill(1000000, '[');
    refused_with(2, deep, "line 2: it is nested too deeply");
    g_autofree char *sly = g_strdup_printf("{\"a\":\"\\\"\",\"b\":%s", deep);
    refused_with(2, sly, "line 2: it is nested too deeply");
}

/* Cut off behind any of its lines, or within one. */
static void cut_off(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) lines = lines_new();
    g_autofree char *text = text_of(lines);
    gsize length = strlen(text);
    guint line = 0;
    for (gsize i = 0; i + 1 < length; i++) {
        if (text[i] != '\n')
            continue;
        g_autofree char *words = g_strdup_printf("cut off behind line %u:", ++line);
        if (line % 50 == 1)
            refused(text, i + 1, words);
    }
    refused(text, length / 2, "line ");
    refused(text, length - 3, "line ");
}

/* Any byte may be another one: it is refused, or read; nothing falls over, and the documents stay readable. */
static void any_byte(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) lines = lines_new();
    g_ptr_array_set_size(lines, 60); /* it is the same all the way */
    g_ptr_array_add(lines, g_strdup("{\"end\":{\"events\":5,\"readings\":54}}"));
    g_autofree char *text = text_of(lines);
    gsize length = strlen(text);
    int taken = 0;
    struct report *whole = recording_parse(text, length, NULL);
    assert_non_null(whole);
    report_free(whole);
    g_autoptr(GRand) random = g_rand_new_with_seed(20261125);
    for (int i = 0; i < 1500; i++) {
        g_autofree char *other = g_strdup(text);
        for (int k = g_rand_int_range(random, 1, 4); k > 0; k--)
            other[g_rand_int_range(random, 0, (gint32)length)] =
                (char)g_rand_int_range(random, 0, 256);
        struct report *report = recording_parse(other, length, NULL);
        if (!report)
            continue;
        taken++;
        struct recording *recording = recording_new(report);
        g_autofree char *document = recording_document(recording, recording_count(recording) - 1);
        struct snapshot *s = snapshot_parse(document, NULL);
        assert_non_null(s);
        snapshot_free(s);
        recording_free(recording);
    }
    assert_true(taken > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments), cmocka_unit_test(in_order), cmocka_unit_test(damaged),
        cmocka_unit_test(nested),  cmocka_unit_test(cut_off),  cmocka_unit_test(any_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
