/* The document read, what it comes to, and the files that are made of it. */
#include "config.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgrollout/report/write.h"
#include "report/chart.h"
#include "report/words.h"
#include "story.h"

static struct report *read_story(const char *state, int n, gboolean readings)
{
    g_autofree char *json = story_json(state, n, readings);
    g_autoptr(GError) error = NULL;
    struct report *report = report_parse(json, &error);
    if (!report)
        fail_msg("%s", error->message);
    return report;
}

static void span_is(const struct report *report, guint i, const char *kind, const char *key,
                    double from, double to)
{
    const struct report_span *span = report->spans->pdata[i];
    assert_string_equal(span->kind, kind);
    assert_string_equal(span->key, key);
    assert_true(span->from == STORY_AT + from && span->to == STORY_AT + to);
    assert_false(span->open);
}

static void spans(void **state)
{
    (void)state;
    struct report *report = read_story("done", 0, TRUE);
    assert_int_equal(report->spans->len, 4);
    span_is(report, 0, "boundary", "expand", 1, 10);
    span_is(report, 1, "gate", "deployed", 50, 90);
    span_is(report, 2, "guard", "replication_lag", 200, 240);
    span_is(report, 3, "operator", "", 300, 360);
    assert_true(report_covered(report, NULL, STORY_AT, STORY_AT + 1000) == 9 + 40 + 40 + 60);
    assert_true(report_covered(report, "guard", STORY_AT + 230, STORY_AT + 500) == 10);
    report_free(report);
}

/* What stands when the report is read goes on until then. */
static void open_spans(void **state)
{
    (void)state;
    g_autofree char *json = story_json("active", 0, TRUE);
    g_autofree char *cut = g_strdup(json);
    char *resume = strstr(cut, "\"text\":\"resume\"");
    memcpy(resume, "\"text\":\"rexume\"", strlen("\"text\":\"resume\""));
    struct report *report = report_parse(cut, NULL);
    const struct report_span *span = report->spans->pdata[report->spans->len - 1];
    assert_string_equal(span->kind, "operator");
    assert_true(span->open && span->to == report->at);
    g_autofree char *words = words_state(report);
    assert_string_equal(words, "active in backfill, paused by people");
    report_free(report);
}

static void readings(void **state)
{
    (void)state;
    struct report *report = read_story("done", 0, TRUE);
    const struct report_series *lag = report_series_find(report, "guard.replication_lag");
    const struct report_point *peak = report_peak(lag, -INFINITY, INFINITY);
    assert_true(peak->high == 7.2 && peak->at == STORY_AT + 203);
    const struct report_guard *guard = report_guard_find(report, "replication_lag");
    assert_true(report_limit_at(guard, STORY_AT)->pause == 5);
    assert_string_equal(report_guard_find(report, "window")->unwatched, "off");
    assert_true(report->second_from == STORY_AT + 100);
    g_autoptr(GArray) periods = words_periods(report);
    assert_int_equal(periods->len, 2);
    assert_true(g_array_index(periods, struct words_period, 0).seconds == 500);
    assert_true(g_array_index(periods, struct words_period, 1).seconds == 100);
    assert_true(g_array_index(periods, struct words_period, 1).lag_high == 7.2);
    report_free(report);
}

static void not_a_report(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "[]",
                                        "{}",
                                        "nonsense",
                                        "{\"pgrollout_report\":2,\"at\":1,\"loaded_at\":1}",
                                        "{\"pgrollout_report\":1,\"at\":\"x\",\"loaded_at\":1}",
                                        "null",
                                        "{\"a\""};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(report_parse(texts[i], &error));
        assert_non_null(error);
    }
}

/* What is of another type than it should be is not there; nothing falls over. */
static void strange_types(void **state)
{
    (void)state;
    struct report *report = report_parse(
        "{\"pgrollout_report\":1,\"at\":10,\"loaded_at\":1,\"name\":[],\"phases\":{},\"events\":[1,"
        "null,{}],"
        "\"tables\":[1,\"t\"],\"readings\":[[],[1,2],[1,1e9,{},null],[5,1,{\"lag_s\":\"x\","
        "\"waits\":[1,2]},null],"
        "[4,1,{\"lag_s\":1},null],[6,1,{\"lag_s\":1e999},[1,{\"name\":3}]]],\"plan_text\":7}",
        NULL);
    if (report) {
        g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
        g_autofree char *html = report_html(report, utc);
        assert_non_null(strstr(html, "</html>"));
        assert_null(report_series_find(report, "lag_s"));
    }
    report_free(report);
}

/* --- the page */

static void on_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
                    GError **error)
{
    (void)context;
    (void)error;
    g_string_append_len(data, text, (gssize)length);
}

static void on_element(GMarkupParseContext *context, const char *name, const char **names,
                       const char **values, gpointer data, GError **error)
{
    (void)context;
    (void)data;
    (void)error;
    if (g_str_equal(name, "script") || g_str_equal(name, "iframe") || g_str_equal(name, "img") ||
        g_str_equal(name, "link"))
        fail_msg("there is a <%s>", name);
    for (; *names; names++, values++) {
        if (g_str_has_prefix(*names, "on"))
            fail_msg("there is an attribute %s", *names);
        if (g_str_equal(*names, "href") && **values != '#')
            fail_msg("it leads to %s", *values);
    }
}

/* Well-formed, and every number a number. */
static void page_is_good(const char *html)
{
    static const GMarkupParser parser = {.start_element = on_element, .text = on_text};
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    GMarkupParseContext *context =
        g_markup_parse_context_new(&parser, G_MARKUP_PREFIX_ERROR_POSITION, text, NULL);
    const char *begin = strstr(html, "<html");
    if (!g_markup_parse_context_parse(context, begin, -1, &error) ||
        !g_markup_parse_context_end_parse(context, &error))
        fail_msg("%s", error->message);
    g_markup_parse_context_free(context);
    assert_null(strstr(html, "nan"));
    assert_null(strstr(html, "\"inf"));
    assert_true(g_utf8_validate(html, -1, NULL));
    for (const char *p = html; *p; p++)
        if ((guchar)*p < 0x20 && *p != '\n')
            fail_msg("a control character 0x%02x", *p);
    assert_null(strstr(html, "\xe2\x80\xae")); /* U+202E */
    assert_null(strstr(html, "<script"));
}

static void pages(void **state)
{
    (void)state;
    static const char *const states[] = {
        "loaded", "active", "failed", "aborting", "aborted", "done", "x\\\" onload=\\\"y"};
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    for (guint i = 0; i < G_N_ELEMENTS(states); i++)
        for (int readings = 0; readings < 2; readings++) {
            struct report *report = read_story(states[i], 3, readings);
            g_autofree char *html = report_html(report, utc),
                            *markdown = report_markdown(report, utc);
            page_is_good(html);
            assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
            assert_non_null(strstr(html, readings ? "7.2 s" : "Nothing was read"));
            assert_null(strstr(markdown, "<script"));
            assert_true(g_utf8_validate(markdown, -1, NULL));
            report_free(report);
        }
}

/* Thousands of lines make a page of a bounded size, and what people did stays. */
static void bounded(void **state)
{
    (void)state;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    struct report *report = read_story("done", 5000, TRUE);
    g_autofree char *html = report_html(report, utc), *markdown = report_markdown(report, utc);
    page_is_good(html);
    assert_true(strlen(html) < 800 * 1024);
    assert_true(strlen(markdown) < 200 * 1024);
    assert_non_null(strstr(html, "loaded plan ab12"));
    assert_non_null(strstr(html, "4509 lines are left out"));
    report_free(report);
}

/* Two minutes around the hold, ten seconds a line, with the peak in it. */
static void incident(void **state)
{
    (void)state;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    struct report *report = read_story("done", 0, TRUE);
    g_autofree char *text = report_markdown(report, utc);
    const char *hold = strstr(text, "### 2025-11-24 16:03:20 guard replication\\_lag");
    assert_non_null(hold);
    assert_non_null(strstr(hold, "| 16:03:20 | 0 | 7.2 s | 0 |"));
    assert_non_null(strstr(hold, "| 16:02:20 | 200 | 10 ms |"));
    assert_non_null(strstr(text, "````yaml\n")); /* the plan has three in a row */
    report_free(report);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans),        cmocka_unit_test(open_spans),    cmocka_unit_test(readings),
        cmocka_unit_test(not_a_report), cmocka_unit_test(strange_types), cmocka_unit_test(pages),
        cmocka_unit_test(bounded),      cmocka_unit_test(incident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
