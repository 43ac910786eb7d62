/* The text of the metrics file against its table and its manual page; how far an events file is; the thread that
 * writes. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "engine/events-file.h"
#include "engine/metrics.h"
#include "engine/scribe.h"

static char *folder;

static int setup(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("outputs-XXXXXX", NULL);
    return folder == NULL;
}

static int teardown(void **state)
{
    (void)state;
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_dir_close(dir);
    int status = g_rmdir(folder);
    g_free(folder);
    return status;
}

/* --- metrics */

static const char sample[] =
    "{\"migrations\": [{\"name\": \"m\", \"state\": \"active\", \"phase\": \"backfill\", "
    "\"quarantined\": 2, "
    "\"progress\": {\"step\": \"a\\\"b\\\\c\\nd\", \"rows_done\": 1200000, \"rows_changed\": 7, "
    "\"rows_total\": null, "
    "\"rows_per_s\": 12.5, \"fraction\": 0.25, \"batches\": 3, \"batch_rows\": 500, \"batch_ms\": "
    "12.5, "
    "\"retries\": 1, \"eta_s\": [10, null]}, "
    "\"holds\": [{\"kind\": \"guard\", \"key\": \"connections\", \"since\": 1700000000.5}], "
    "\"guards\": [{\"name\": \"connections\", \"unit\": \"%\", \"value\": 90, \"pause\": 85, "
    "\"state\": \"tripped\"}, "
    "{\"name\": \"slot_wal\", \"unit\": \"B\", \"value\": null, \"pause\": 1024, \"state\": "
    "\"blind\"}, "
    "{\"name\": \"stall\", \"unit\": \"s\", \"value\": 1, \"pause\": 2, \"state\": \"off\"}]}, "
    "{\"name\": \"n\", \"state\": \"loaded\", \"phase\": null, \"progress\": null, \"holds\": [], "
    "\"guards\": []}]}";

static char *render(const char *state, gboolean up)
{
    const struct metrics_engine engine = {.database = "shop",
                                          .version = "1",
                                          .up = up,
                                          .lease = up,
                                          .epoch = 7,
                                          .began_us = 1700000000500000,
                                          .now_us = 1700000001000000,
                                          .hooks = {3, 1, 0, 2}};
    g_autoptr(JsonParser) parser = json_parser_new();
    if (state)
        assert_true(json_parser_load_from_data(parser, state, -1, NULL));
    return metrics_text(&engine, state ? json_node_get_object(json_parser_get_root(parser)) : NULL);
}

static void assert_line(const char *text, const char *line)
{
    g_autofree char *whole = g_strdup_printf("\n%s\n", line);
    if (!strstr(text, whole))
        fail_msg("no line %s in\n%s", line, text);
}

static void test_metrics(void **state)
{
    (void)state;
    g_autofree char *text = render(sample, TRUE);
    assert_true(g_str_has_prefix(text, "# HELP pgrollout_build_info "));
    assert_line(text, "pgrollout_build_info{database=\"shop\",version=\"1\"} 1");
    assert_line(text, "# TYPE pgrollout_rows_done_total counter");
    assert_line(text, "pgrollout_engine_start_time_seconds{database=\"shop\"} 1700000000.5");
    assert_line(text, "pgrollout_rows_done_total{database=\"shop\",migration=\"m\","
                      "step=\"a\\\"b\\\\c\\nd\"} 1200000");
    assert_null(strstr(text, "rows_expected")); /* not known is no line */
    assert_line(text, "pgrollout_batch_duration_seconds{database=\"shop\",migration=\"m\","
                      "step=\"a\\\"b\\\\c\\nd\"} 0.012500000000000001");
    assert_null(strstr(text, "bound=\"high\""));
    assert_line(text, "pgrollout_guard_value{database=\"shop\",migration=\"m\","
                      "guard=\"connections\",unit=\"ratio\"} 0.90000000000000002");
    assert_null(
        strstr(text, "pgrollout_guard_value{database=\"shop\",migration=\"m\",guard=\"slot_wal\""));
    assert_line(text,
                "pgrollout_guard_blind{database=\"shop\",migration=\"m\",guard=\"slot_wal\"} 1");
    assert_null(strstr(text, "\"stall\"")); /* switched off */
    assert_line(text, "pgrollout_migration_held{database=\"shop\",migration=\"m\"} 1");
    assert_line(text, "pgrollout_migration_held{database=\"shop\",migration=\"n\"} 0");
    assert_line(
        text, "pgrollout_migration_phase{database=\"shop\",migration=\"m\",phase=\"backfill\"} 1");
    assert_line(text,
                "pgrollout_migration_state{database=\"shop\",migration=\"n\",state=\"failed\"} 0");
    assert_line(text, "pgrollout_hook_runs_total{database=\"shop\",result=\"done\"} 3");
    g_autofree char *alone = render(NULL, FALSE);
    assert_line(alone, "pgrollout_engine_up{database=\"shop\"} 0");
    assert_null(strstr(alone, "migration="));
}

/* Each name once, HELP and TYPE in front of its lines, no series twice, counters called _total and nothing else. */
static void test_format(void **state)
{
    (void)state;
    g_autofree char *text = render(sample, TRUE);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const char *name = NULL, *help = NULL;
    assert_string_equal(lines[g_strv_length(lines) - 1], "");
    for (guint i = 0; *lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", 4);
        if (g_str_has_prefix(lines[i], "# HELP ")) {
            help = g_intern_string(words[2]);
            assert_true(g_hash_table_add(seen, (void *)help));
        } else if (g_str_has_prefix(lines[i], "# TYPE ")) {
            assert_string_equal(words[2], help);
            name = help;
            assert_int_equal(strcmp(words[3], "counter") == 0, g_str_has_suffix(name, "_total"));
        } else {
            g_autofree char *with = g_strconcat(name, "{", NULL);
            assert_true(g_str_has_prefix(lines[i], with));
            const char *end = strrchr(lines[i], ' ');
            assert_true(g_ascii_isdigit(end[1]) && end[-1] == '}');
            g_autofree char *series = g_strndup(lines[i], (gsize)(end - lines[i]));
            assert_true(g_hash_table_add(seen, (void *)g_intern_string(series)));
        }
    }
}

/* The labels that are printed are those of the table. */
static void test_labels(void **state)
{
    (void)state;
    g_autofree char *text = render(sample, TRUE);
    for (const struct metric *metric = metrics_all; metric->name; metric++) {
        g_autofree char *start = g_strdup_printf("\npgrollout_%s{database=", metric->name);
        const char *line = strstr(text, start);
        if (!line && strcmp(metric->name, "rows_expected") == 0)
            continue;
        assert_non_null(line);
        g_autofree char *one = g_strndup(line + 1, strcspn(line + 1, "\n"));
        GString *labels = g_string_new(NULL);
        for (const char *p = one; (p = strstr(p, "\",")); p += 2)
            g_string_append_printf(labels, "%s%.*s", labels->len ? "," : "",
                                   (int)strcspn(p + 2, "="), p + 2);
        if (strcmp(labels->str, metric->labels) != 0)
            fail_msg("%s has %s and not %s", metric->name, labels->str, metric->labels);
        g_string_free(labels, TRUE);
    }
}

/* man/pgrollout-metrics.5 has a row for each: name, type, labels. */
static void test_manual(void **state)
{
    (void)state;
    const char *top = g_getenv("top_srcdir");
    g_autofree char *path = g_build_filename(top ? top : "..", "man/pgrollout-metrics.5", NULL);
    g_autofree char *page = NULL;
    assert_true(g_file_get_contents(path, &page, NULL, NULL));
    guint n = 0;
    for (const struct metric *metric = metrics_all; metric->name; metric++, n++) {
        g_autofree char *labels = g_strdup(metric->labels);
        for (char *p = labels; *p; p++)
            *p = *p == ',' ? ' ' : *p;
        g_autofree char *row =
            g_strdup_printf(".It Li pgrollout_%s\n.Pq %s%s%s\n%s\n", metric->name, metric->type,
                            *labels ? ": " : "", labels, metric->help);
        if (!strstr(page, row))
            fail_msg("the manual has not\n%s", row);
    }
    guint rows = 0;
    for (const char *p = page; (p = strstr(p, "\n.It Li pgrollout_")); p++)
        rows++;
    assert_int_equal(rows, n);
}

/* --- events */

static void place_is(const char *text, const char *database, gint64 after, const char *missing,
                     gboolean torn)
{
    g_autofree char *path = g_build_filename(folder, "events", NULL);
    struct events_place place;
    gboolean is_torn = FALSE;
    g_autoptr(GError) error = NULL;
    assert_true(g_file_set_contents(path, text, -1, NULL));
    events_place_init(&place);
    if (!events_place_read(&place, path, database, &is_torn, &error))
        fail_msg("%s", error->message);
    g_autofree char *list = g_strdup("");
    for (guint i = 0; i < place.missing->len; i++) {
        char *longer = g_strdup_printf("%s%d ", list, (int)g_array_index(place.missing, gint64, i));
        g_free(list);
        list = longer;
    }
    assert_int_equal(place.after, after);
    assert_string_equal(list, missing);
    assert_int_equal(is_torn, torn);
    events_place_clear(&place);
}

#define LINE(id) "{\"id\":" id ",\"at\":\"t" id "\",\"database\":\"d\"}\n"
#define OTHER(id) "{\"id\":" id ",\"at\":\"t\",\"database\":\"e\"}\n"

static void test_place(void **state)
{
    (void)state;
    place_is("", "d", 0, "", FALSE);
    place_is(LINE("5") LINE("6"), "d", 6, "", FALSE);
    place_is(LINE("5") LINE("8") LINE("6"), "d", 8, "7 ", FALSE);
    place_is(LINE("5") OTHER("99") LINE("6"), "d", 6, "", FALSE);
    place_is(LINE("5") OTHER("99"), "e", 99, "", FALSE);
    place_is(LINE("5") "{\"id\":6,\"at", "d", 5, "", TRUE);
    /* the broken line was ended by the engine behind the crash */
    place_is(LINE("5") "{\"id\":6,\"at\n" LINE("6"), "d", 6, "", FALSE);
    GString *much = g_string_new(NULL);
    for (int i = 1; i <= 20000; i++)
        g_string_append_printf(much, "{\"id\":%d,\"at\":\"t\",\"database\":\"d\"}\n", i);
    place_is(much->str, "d", 20000, "", FALSE);
    g_string_free(much, TRUE);
}

static void test_no_events_file(void **state)
{
    (void)state;
    static const char *const texts[] = {"root:x:0:0:\n", "half a line", "[1]\n[2]\n",
                                        "pgrollout: 1\n"};
    g_autofree char *path = g_build_filename(folder, "events", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct events_place place;
        gboolean torn;
        g_autoptr(GError) error = NULL;
        assert_true(g_file_set_contents(path, texts[i], -1, NULL));
        events_place_init(&place);
        assert_false(events_place_read(&place, path, "d", &torn, &error));
        assert_non_null(strstr(error->message, "no events file: move it away"));
        events_place_clear(&place);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    struct events_place place;
    events_place_init(&place);
    events_place_add(&place, 10);
    events_place_add(&place, 13);
    assert_int_equal(place.missing->len, 2);
    events_place_add(&place, 12);
    assert_int_equal(place.missing->len, 1);
    assert_int_equal(g_array_index(place.missing, gint64, 0), 11);
    events_place_add(&place, 100000); /* not without an end */
    assert_int_equal(place.missing->len, 1000);
    assert_int_equal(place.after, 100000);
    events_place_clear(&place);
    g_autofree char *line = events_line("d", 1, "t", NULL, "k", "w", NULL, NULL, "a\n\"b\"");
    assert_string_equal(
        line, "{\"id\":1,\"at\":\"t\",\"database\":\"d\",\"migration\":null,\"kind\":\"k\","
              "\"who\":\"w\",\"os_user\":null,\"client\":null,\"event\":\"a\\n\\\"b\\\"\"}\n");
}

/* --- the thread */

struct told {
    int n;
    char *failure;
};

static void on_written(const char *failure, void *data)
{
    struct told *told = data;
    told->n++;
    g_free(told->failure);
    told->failure = g_strdup(failure);
}

static void await(struct told *told, int n)
{
    gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (told->n < n && g_get_monotonic_time() < deadline)
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(1000);
    assert_int_equal(told->n, n);
}

static void assert_text(const char *path, const char *expected)
{
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, expected);
}

static void test_scribe(void **state)
{
    (void)state;
    g_autofree char *path = g_build_filename(folder, "a", NULL);
    g_autofree char *aside = g_build_filename(folder, "a.1", NULL);
    g_autofree char *nowhere = g_build_filename(folder, "none", "a", NULL);
    struct told told = {0};
    struct stat st;
    struct scribe *scribe = scribe_new();
    scribe_append(scribe, path, "one\n", on_written, &told);
    await(&told, 1);
    assert_int_equal(g_rename(path, aside), 0); /* logrotate */
    scribe_append(scribe, path, "two\n", on_written, &told);
    await(&told, 2);
    assert_text(aside, "one\n");
    assert_text(path, "two\n");
    assert_int_equal(truncate(path, 0), 0); /* its copytruncate */
    scribe_append(scribe, path, "three\n", on_written, &told);
    scribe_reopen(scribe);
    scribe_append(scribe, path, "four\n", on_written, &told);
    await(&told, 4);
    assert_text(path, "three\nfour\n");
    scribe_replace(scribe, aside, "new", on_written, &told);
    await(&told, 5);
    assert_text(aside, "new");
    assert_int_equal(stat(aside, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_null(told.failure);
    scribe_replace(scribe, nowhere, "x", on_written, &told);
    await(&told, 6);
    assert_non_null(strstr(told.failure, "cannot be written: No such file"));
    scribe_append(scribe, nowhere, "x", on_written, &told);
    await(&told, 7);
    assert_non_null(strstr(told.failure, "cannot be opened"));
    scribe_append(scribe, "/dev/full", "x", on_written, &told);
    await(&told, 8);
    assert_non_null(strstr(told.failure, "No space left"));
    scribe_replace(scribe, aside, "last", NULL, NULL);
    scribe_free(scribe);
    assert_text(aside, "last");
    g_free(told.failure);
}

/* A reader that never comes holds up nobody, neither while it runs nor at the end. */
static void test_hanging(void **state)
{
    (void)state;
    g_autofree char *path = g_build_filename(folder, "fifo", NULL);
    assert_int_equal(mkfifo(path, 0600), 0);
    struct told told = {0};
    struct scribe *scribe = scribe_new();
    gint64 before = g_get_monotonic_time();
    scribe_append(scribe, path, "x\n", on_written, &told);
    scribe_append(scribe, path, "y\n", on_written, &told);
    assert_true(g_get_monotonic_time() - before < G_USEC_PER_SEC / 2);
    scribe_free(scribe);
    assert_true(g_get_monotonic_time() - before < 5 * G_USEC_PER_SEC);
    assert_int_equal(told.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics), cmocka_unit_test(test_format),
        cmocka_unit_test(test_labels),  cmocka_unit_test(test_manual),
        cmocka_unit_test(test_place),   cmocka_unit_test(test_no_events_file),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_scribe),
        cmocka_unit_test(test_hanging),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
