/* The words of the prompt: taking a line apart, completing it from a recorded snapshot, and what of it is
 * kept. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/command.h"
#include "console/complete.h"
#include "console/prompt-history.h"

static struct snapshot *snapshot;

static int setup(void **state)
{
    (void)state;
    const char *top = g_getenv("top_srcdir");
    g_autofree char *path =
        g_build_filename(top ? top : ".", "tests", "console", "fixtures", "gate.json", NULL);
    g_autofree char *json = NULL;
    if (!g_file_get_contents(path, &json, NULL, NULL))
        return -1;
    snapshot = snapshot_parse(json, NULL);
    return snapshot ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    snapshot_free(snapshot);
    return 0;
}

/* `line` up to the cursor. */
static void check(const char *line, const char *expected)
{
    const char *end = line + strlen(line), *start = end;
    while (start > line && start[-1] != ' ')
        start--;
    g_autofree char *before = g_strndup(line, (gsize)(start - line));
    static const char *const elsewhere[] = {"beta/", "beta/users-full-name", NULL};
    const struct complete_from from = {snapshot, "users-full-name", elsewhere};
    char **found = complete_words(before, start, &from);
    char *joined = g_strjoinv(" ", found);
    if (strcmp(joined, expected) != 0)
        fail_msg("\"%s\" completes to: %s", line, joined);
    g_free(joined);
    g_strfreev(found);
}

static void test_completion(void **state)
{
    (void)state;
    check("con", "contract confirm");
    check("ca", "cancel card");
    check("  con", "contract confirm");
    check("pause u", "users-full-name");
    check("pause a", "all");
    check("pause b", "beta/");
    check("open beta/u", "beta/users-full-name");

    check("abort users-full-name be", "");
    check("pause users-full-name u", "");
    check("abort users-full-name st", "start stop_old_writes");
    check("abort cont", "");
    check("abort --to swi", "switch_reads");
    check("confirm r", "readers");
    check("confirm d", "");
    check("confirm readers f", "for");
    check("confirm readers for w", "web");
    check("confirm --for ", "invoices web");
    check("skip ", "users-full-name readers writers beta/");
    check("set ba", "batch.target= batch.max= batch.min=");
    check("set guard.replication_l", "guard.replication_lag.pause= guard.replication_lag.resume=");
    check("set f", "");
    check("set batch.max=5 f", "for");
    check("set batch.max=5 for 1", "10m 1h 1d");
    check("throttle --for 3", "30m");
    check("pause --", "--all --after-step --reason");
    check("pause -- u", "");
    check("skip readers --reason u", "");
    check("theme m", "mono mono-high");
    check("refresh 0", "0.5");
    check("engine s", "start");
    check("nonsense u", "");
    check("pause x\xc3", "");
}

/* Those who stand in the way first, each once. */
static void test_completion_of_sessions(void **state)
{
    (void)state;
    struct snap_lock_wait wait = {.pid = 15022,
                                  .blocked_by = g_array_new(FALSE, FALSE, sizeof(gint64))};
    struct snap_session sessions[] = {{.pid = 15019}, {.pid = 301}, {.pid = 15022}};
    struct snap_activity activity = {.sessions = g_ptr_array_new()};
    const gint64 blocker = 15019;
    g_array_append_val(wait.blocked_by, blocker);
    for (guint i = 0; i < G_N_ELEMENTS(sessions); i++)
        g_ptr_array_add(activity.sessions, &sessions[i]);
    g_ptr_array_add(snapshot->lock_waits, &wait);
    snapshot->activity = &activity;
    check("terminate ", "15019 15022 301");
    check("cancel 15", "15019 15022");
    check("cancel 15022 ", "");
    snapshot->activity = NULL;
    g_ptr_array_steal_index(snapshot->lock_waits, snapshot->lock_waits->len - 1);
    g_array_unref(wait.blocked_by);
    g_ptr_array_unref(activity.sessions);
}

static void test_completion_of_nothing(void **state)
{
    (void)state;
    const struct complete_from nothing = {NULL, NULL, NULL};
    const char *const lines[] = {"pause ", "confirm ", "confirm for ", "abort ", "set guard"};
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        char **found = complete_words(lines[i], "", &nothing);
        assert_non_null(found);
        g_strfreev(found);
    }
}

static void parses(const char *line, const char *words, const char *reason)
{
    g_autoptr(GError) error = NULL;
    struct command_line *parts = command_parse(line, &error);
    if (!parts)
        fail_msg("\"%s\": %s", line, error->message);
    char *joined = g_strjoinv(" ", parts->words);
    if (strcmp(joined, words) != 0 || g_strcmp0(parts->reason, reason) != 0)
        fail_msg("\"%s\": words \"%s\", reason \"%s\"", line, joined, parts->reason);
    g_free(joined);
    command_line_free(parts);
}

static void test_options_of_the_command_line(void **state)
{
    (void)state;
    parses("pause one -- INC-42", "one", "INC-42");
    parses("pause -- it's --all ours", "", "it's --all ours");
    parses("pause one --", "one", NULL);
    parses("pause --all --reason INC-42", "all", "INC-42");
    parses("pause --reason \"a b\" one", "one", "a b");
    parses("pause --reason='a b' one", "one", "a b");
    parses("pause --reason a b --after-step", "", "a b");
    parses("throttle one --for 10m", "one for 10m", NULL);
    parses("throttle one --for=10m", "one for 10m", NULL);
    parses("set one batch.max=5 --for 10m --reason x", "one batch.max=5 for 10m", "x");
    parses("abort one --to expand --reason no good", "one expand", "no good");
    parses("confirm one deployed --for web --note done at 12", "one deployed for web",
           "done at 12");
    parses("contract one --confirm one --reason x", "one", "x");
    parses("skip x--y -- r", "x--y", "r");
}

static void test_wrong_options(void **state)
{
    (void)state;
    static const char *const lines[] = {"pause --al", "step --after-step", "pause --confirm x",
                                        "advance --contract"};
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(command_parse(lines[i], &error));
        assert_non_null(strstr(error->message, "no option"));
    }
    struct command_line *parts = command_parse("pause x --after-step", NULL);
    assert_true(parts->after_step);
    command_line_free(parts);
    parts = command_parse("note the --option was wrong", NULL);
    assert_string_equal(parts->rest, "the --option was wrong");
    command_line_free(parts);
}

static void keeps(const char *line, const char *kept)
{
    g_autofree char *text = history_text(line);
    if (g_strcmp0(text, kept) != 0)
        fail_msg("\"%s\" is kept as \"%s\"", line, text);
}

static void test_history(void **state)
{
    (void)state;
    keeps(" pause one ", "pause one");
    keeps("pause one -- the customer is Smith", "pause one");
    keeps("pause one --reason Smith", "pause one");
    keeps("confirm deployed for web --note Smith", "confirm deployed for web");
    keeps("contrct one -- Smith", "contrct one");
    keeps("note Smith called", NULL);
    keeps("   ", NULL);
    keeps("open x--y", "open x--y");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_completion_of_nothing),
        cmocka_unit_test(test_completion_of_sessions),
        cmocka_unit_test(test_options_of_the_command_line),
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_history),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
