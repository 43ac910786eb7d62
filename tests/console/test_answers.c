/* The two-second test: of every state in fixtures/answers.ini the five answers are read from their
 * rows by regular expression, in mono, at every size, and compared with the truth beside it. */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-glib/json-glib.h>

#include "console/view.h"

#define STATES_LEAST 20

static const struct {
    int width, height, first; /* the row of PHASE, from 0 */
    gboolean ascii;
} sizes[] = {{80, 24, 3, FALSE}, {80, 24, 3, TRUE}, {120, 40, 3, FALSE}, {160, 50, 3, TRUE},
             {60, 16, 3, FALSE}, {60, 16, 3, TRUE}, {100, 30, 3, FALSE}, {200, 60, 3, FALSE},
             {40, 10, 1, FALSE}, {40, 10, 1, TRUE}, {50, 20, 1, FALSE},  {40, 6, 1, FALSE}};

static char *source_path(const char *file)
{
    const char *top = g_getenv("top_srcdir");
    return g_build_filename(top ? top : ".", "tests", "console", "fixtures", file, NULL);
}

/* The place that `name` says of `node`: a member, a number in a list, or + for one more. */
static JsonNode *child(JsonNode *node, const char *name, JsonNode *value)
{
    if (JSON_NODE_HOLDS_OBJECT(node)) {
        JsonObject *object = json_node_get_object(node);
        if (value)
            json_object_set_member(object, name, value);
        return json_object_get_member(object, name);
    }
    assert_true(JSON_NODE_HOLDS_ARRAY(node));
    JsonArray *array = json_node_get_array(node);
    if (strcmp(name, "+") == 0) {
        json_array_add_element(array, value);
        return value;
    }
    assert_null(value); /* a whole element is never replaced */
    return json_array_get_element(array, (guint)g_ascii_strtoull(name, NULL, 10));
}

static void apply(JsonNode *root, const char *setting)
{
    g_auto(GStrv) sides = g_strsplit(setting, "=", 2);
    g_auto(GStrv) path = g_strsplit(sides[0], "/", -1);
    JsonNode *value = json_from_string(sides[1], NULL), *node = root;
    if (!value)
        fail_msg("no JSON: %s", sides[1]);
    for (char **name = path; *name; name++) {
        if (name == path && strcmp(*name, "m") == 0)
            node = child(child(node, "migrations", NULL), "0", NULL);
        else
            node = child(node, *name, name[1] ? NULL : value);
        assert_non_null(node);
    }
}

static struct snapshot *state_read(GKeyFile *truth, const char *state)
{
    g_autofree char *fixture = g_key_file_get_string(truth, state, "fixture", NULL);
    g_autofree char *file = g_strconcat(fixture, ".json", NULL), *path = source_path(file);
    g_auto(GStrv) settings = g_key_file_get_string_list(truth, state, "set", NULL, NULL);
    g_autofree char *json = NULL;
    if (!g_file_get_contents(path, &json, NULL, NULL))
        fail_msg("cannot read %s", path);
    g_autoptr(JsonNode) root = json_from_string(json, NULL);
    for (char **setting = settings; setting && *setting; setting++)
        apply(root, *setting);
    g_autofree char *changed = json_to_string(root, FALSE);
    struct snapshot *snapshot = snapshot_parse(changed, NULL);
    assert_non_null(snapshot);
    return snapshot;
}

/* What a row says by a regular expression with one group; "" where it does not match. */
static char *read_row(const struct grid *grid, int row, const char *pattern)
{
    g_autofree char *text = grid_row_text(grid, row);
    g_autoptr(GMatchInfo) match = NULL;
    g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
    assert_non_null(regex);
    if (!g_regex_match(regex, text, 0, &match))
        return g_strdup("");
    return g_match_info_fetch(match, 1);
}

static int wrong;
static gboolean silent; /* wrong on purpose */

static void expect(GKeyFile *truth, const char *state, const char *key, const char *read,
                   const struct view *view)
{
    g_autofree char *wanted = g_key_file_get_string(truth, state, key, NULL);
    assert_non_null(wanted);
    char *gate = view->ascii ? strstr(wanted, "╫") : NULL;
    if (gate) {
        *gate = '#';
        memmove(gate + 1, gate + strlen("╫"), strlen(gate + strlen("╫")) + 1);
    }
    if (strcmp(wanted, read) != 0) {
        if (!silent)
            print_message("%s at %dx%d%s: %s reads \"%s\", true is \"%s\"\n", state, view->width,
                          view->height, view->ascii ? " ascii" : "", key, read, wanted);
        wrong++;
    }
}

static void check_state(GKeyFile *truth, const char *state, const struct view *view, int first)
{
    static const char phases[] = "^ PHASE +(?:ABORTING [·.] )?"
                                 "((?i)expand|deploy|backfill|switch|stop old|contract)(?-i)";
    static const char states[] =
        "(HELD by guard|HELD by \\w+|WAITS for your answer|WAITS for a lock|WAITS to enter|"
        "FAILED|ABORTING|ABORTED|DONE|STEPPING|nobody is driving|unknown)";
    static const char pause[] =
        "^ PAUSE +([p-]  (?:safe now|already held|nothing runs|works|queues a pause|a pause is "
        "queued|not offered|needs the role))";
    static const char abort[] =
        "^ ABORT +([A-]  (?:way back open(?:, [╫#] is next)?|NO WAY BACK|no way back|not offered|"
        "under way|it has been aborted))";
    struct grid *grid = view_draw(view);
    g_autofree char *phase = read_row(grid, first, phases), *in_way = read_row(grid, first, states);
    g_autofree char *lower = g_ascii_strdown(phase, -1);
    g_autofree char *done =
        read_row(grid, first + 1, "^ DONE +.*?([0-9.]+%~?|\\d+ of \\d+(?= steps)|unknown)");
    g_autofree char *harm =
        read_row(grid, first + 2, "^ HARM +[^A-Z]*(CALM|WATCH|TIGHT|HURTING|UNKNOWN)\\b");
    g_autofree char *may_pause = read_row(grid, first + 3, pause);
    g_autofree char *may_abort = read_row(grid, first + 4, abort);
    /* between the key and its words there are two blanks on the screen, one in the file */
    for (char **answer = (char *[]){may_pause, may_abort, NULL}; *answer; answer++)
        if (**answer)
            memmove(*answer + 1, *answer + 2, strlen(*answer + 2) + 1);
    gboolean named = strcmp(in_way, "ABORTED") != 0 && strcmp(in_way, "DONE") != 0;
    expect(truth, state, "phase", named && strcmp(in_way, "unknown") != 0 ? lower : "", view);
    expect(truth, state, "state", *in_way ? in_way : "running", view);
    expect(truth, state, "done", done, view);
    expect(truth, state, "harm", harm, view);
    expect(truth, state, "pause", may_pause, view);
    expect(truth, state, "abort", may_abort, view);
    grid_free(grid);
}

static enum client_link link_of(GKeyFile *truth, const char *state)
{
    g_autofree char *word = g_key_file_get_string(truth, state, "link", NULL);
    return !word                        ? LINK_LIVE
           : strcmp(word, "late") == 0  ? LINK_LATE
           : strcmp(word, "stale") == 0 ? LINK_STALE
                                        : LINK_LOST;
}

/* What a console adds to what is recorded. */
static struct view view_of(GKeyFile *truth, const char *state, const struct snapshot *snapshot,
                           const struct theme *theme)
{
    const struct snap_migration *m = snapshot->migrations->pdata[0];
    struct view view = {.theme = theme,
                        .snapshot = snapshot,
                        .migration = m->name,
                        .link = link_of(truth, state),
                        .label = "ana@db1:5432/app",
                        .clock = "14:02:31",
                        .past_s = g_key_file_get_double(truth, state, "past", NULL),
                        .frozen_s = g_key_file_get_double(truth, state, "frozen", NULL),
                        .pause_queued = g_key_file_get_boolean(truth, state, "queued", NULL),
                        .read_only = g_key_file_get_boolean(truth, state, "read_only", NULL),
                        .low_bandwidth = g_key_file_get_boolean(truth, state, "slow", NULL)};
    view.age_s = view.link == LINK_LIVE ? 0.4 : 14;
    return view;
}

static GKeyFile *truth_read(char ***states, gsize *n)
{
    GKeyFile *truth = g_key_file_new();
    g_autofree char *path = source_path("answers.ini");
    if (!g_key_file_load_from_file(truth, path, G_KEY_FILE_NONE, NULL))
        fail_msg("cannot read %s", path);
    *states = g_key_file_get_groups(truth, n);
    assert_true(*n >= STATES_LEAST);
    return truth;
}

/* Draws one state at every size and reads it, against the truth of `as`. */
static void state_check(GKeyFile *truth, const char *state, const char *as,
                        const struct theme *theme)
{
    struct snapshot *snapshot = state_read(truth, state);
    struct view view = view_of(truth, state, snapshot, theme);
    for (guint s = 0; s < G_N_ELEMENTS(sizes); s++) {
        view.width = sizes[s].width;
        view.height = sizes[s].height;
        view.ascii = sizes[s].ascii;
        check_state(truth, as, &view, sizes[s].first);
    }
    snapshot_free(snapshot);
}

static void test_two_seconds(void **unused)
{
    (void)unused;
    gsize n;
    g_auto(GStrv) states = NULL;
    g_autoptr(GKeyFile) truth = truth_read(&states, &n);
    struct theme *theme = theme_load("mono", NULL);
    for (gsize i = 0; i < n; i++)
        state_check(truth, states[i], states[i], theme);
    theme_free(theme);
    assert_int_equal(wrong, 0);
}

static char *truth_of(GKeyFile *truth, const char *state)
{
    static const char *const keys[] = {"phase", "state", "done", "harm", "pause", "abort"};
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *value = g_key_file_get_string(truth, state, keys[i], NULL);
        g_string_append_printf(out, "%s;", value);
    }
    return g_string_free(out, FALSE);
}

/* What is read of one state is not the truth of another one that differs from it: at every size. */
static void test_states_are_told_apart(void **unused)
{
    (void)unused;
    gsize n;
    g_auto(GStrv) states = NULL;
    g_autoptr(GKeyFile) truth = truth_read(&states, &n);
    struct theme *theme = theme_load("mono", NULL);
    silent = TRUE;
    for (gsize i = 0; i < n; i++) {
        const char *other = states[(i + 1) % n];
        g_autofree char *one = truth_of(truth, states[i]), *two = truth_of(truth, other);
        wrong = 0;
        state_check(truth, states[i], other, theme);
        if (strcmp(one, two) != 0 && wrong < (int)G_N_ELEMENTS(sizes))
            fail_msg("%s passes for %s", states[i], other);
    }
    theme_free(theme);
}

int main(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return 99;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_seconds),
                                       cmocka_unit_test(test_states_are_told_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
