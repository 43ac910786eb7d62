/* A run as pgrollout.report() tells it: a backfill of ten minutes with a stalled replica and a pause, and names
 * that somebody chose to do harm. */
#ifndef TESTS_UNIT_REPORT_STORY_H
#define TESTS_UNIT_REPORT_STORY_H

#include <glib.h>

#define STORY_AT 1764000000.0
#define STORY_EVIL "</title><script>alert(1)</script>&\\\"'\\u001b[31m\\u202Eevil"

/* `n` events of batches in between; `readings`: whether there are any. Free with g_free. */
static inline char *story_json(const char *state, int n, gboolean readings)
{
    GString *out = g_string_new(NULL);
    gboolean ended = g_str_equal(state, "done") || g_str_equal(state, "aborted");
    g_string_append_printf(
        out,
        "{\"pgrollout_report\":1,\"at\":1764000900.5,\"database\":\"shop\",\"server_version\":\"15."
        "18\","
        "\"name\":\"users-full-name\",\"title\":\"%s\",\"owner\":\"payments-db\",\"state\":\"%s\","
        "\"phase\":\"backfill\",\"tables\":[\"users\"],\"loaded_by\":\"%s\",\"loaded_at\":"
        "1764000000,"
        "\"finished_at\":%s,\"plan_text\":\"pgrollout: 1\\n# ``` <b>\\n\",\"plan_sha256\":\"ab12\","
        "\"events_total\":%d,\"unfilled\":\"%s\",\"phases\":["
        "{\"name\":\"expand\",\"state\":\"done\",\"started\":1764000010,\"finished\":1764000012,"
        "\"steps\":["
        "{\"name\":\"add-column\",\"kind\":\"add_column\",\"title\":\"%s\",\"state\":\"done\","
        "\"started\":1764000010,\"finished\":1764000011}]},"
        "{\"name\":\"backfill\",\"state\":\"running\",\"started\":1764000100,\"steps\":["
        "{\"name\":\"copy-name\",\"kind\":\"backfill\",\"title\":\"fill\",\"state\":\"failed\","
        "\"error\":\"%s\","
        "\"sqlstate\":\"22P02\",\"started\":1764000100,\"finished\":1764000700,\"rows_total\":"
        "100000,"
        "\"rows_done\":99990,\"rows_changed\":99990,\"attempts\":2}]},"
        "{\"name\":\"contract\",\"state\":\"pending\",\"steps\":[]}],"
        "\"answers\":[{\"step\":\"deployed\",\"application\":\"%s\",\"reverse\":false,\"by\":"
        "\"anna\","
        "\"at\":1764000090,\"note\":null}],\"events\":[",
        STORY_EVIL, state, STORY_EVIL, ended ? "1764000800" : "null", 9 + n, STORY_EVIL, STORY_EVIL,
        STORY_EVIL, STORY_EVIL);
    static const struct {
        double at;
        const char *kind, *who, *text;
    } events[] = {
        {STORY_AT, "command", "anna", "loaded plan ab12"},
        {STORY_AT + 1, "hold", "engine", "waits at the boundary before expand"},
        {STORY_AT + 10, "phase", "anna", "expand: begins"},
        {STORY_AT + 50, "hold", "engine", "waits at gate \\\"deployed\\\": everywhere?"},
        {STORY_AT + 90, "step", "engine", "deployed: done"},
        {STORY_AT + 200, "hold", "guard",
         "held by guard replication_lag: replication_lag 7.2 s at or above 5 s"},
        {STORY_AT + 240, "hold", "guard", "guard replication_lag cleared: 0.1 s at or below 2 s"},
        {STORY_AT + 300, "command", "bert", "pause: " STORY_EVIL},
        {STORY_AT + 360, "command", "bert", "resume"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(events); i++)
        g_string_append_printf(
            out, "%s{\"id\":%u,\"at\":%.0f,\"kind\":\"%s\",\"who\":\"%s\",\"text\":\"%s\"}",
            i ? "," : "", i + 1, events[i].at, events[i].kind, events[i].who, events[i].text);
    for (int i = 0; i < n; i++)
        g_string_append_printf(
            out,
            ",{\"id\":%d,\"at\":%d,\"kind\":\"tune\",\"who\":\"engine\",\"text\":\"batch %d\"}",
            i + 20, 1764000400 + i / 100, i);
    g_string_append(out, "],\"readings\":[");
    for (int i = 100; readings && i < 700; i++)
        g_string_append_printf(
            out,
            "%s[%d,1,{\"rows_per_s\":[0,%d,400],\"lag_s\":%s,\"waits\":0,\"replica." STORY_EVIL
            "\":%s,"
            "\"guard.replication_lag\":%s,\"guard.query_latency\":1.1},%s]",
            i > 100 ? "," : "", 1764000000 + i, i >= 200 && i < 240 ? 0 : 200,
            i == 203 ? "7.2" : "0.01", i == 203 ? "7.2" : "0.01", i == 203 ? "7.2" : "0.01",
            i == 100 ? "[{\"name\":\"replication_lag\",\"unit\":\"s\",\"pause\":5,\"resume\":2},"
                       "{\"name\":\"query_latency\",\"unit\":\"x\",\"pause\":2,\"resume\":1.5},"
                       "{\"name\":\"window\",\"unit\":\"\",\"unwatched\":\"off\"}]"
                     : "null");
    g_string_append(out, "]}");
    return g_string_free(out, FALSE);
}

#endif
