/* What the questions say and refuse, and that all of it can be read at every size. */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/asking.h"
#include "console/screens/screens.h"
#include "pgrollout/engine/live.h"

static struct snapshot *fixture_read(const char *name)
{
    const char *top = g_getenv("top_srcdir");
    g_autofree char *file = g_strconcat(name, ".json", NULL);
    g_autofree char *path =
        g_build_filename(top ? top : ".", "tests", "console", "fixtures", file, NULL);
    g_autofree char *json = NULL;
    if (!g_file_get_contents(path, &json, NULL, NULL))
        fail_msg("cannot read %s", path);
    struct snapshot *snapshot = snapshot_parse(json, NULL);
    assert_non_null(snapshot);
    return snapshot;
}

static struct snap_migration *first_of(const struct snapshot *s)
{
    return s->migrations->pdata[0];
}

static void hold_add(struct snap_migration *m, const char *kind, const char *key)
{
    struct snap_hold *hold = g_new0(struct snap_hold, 1);
    snap_text_set(&hold->kind, kind);
    snap_text_set(&hold->key, key);
    g_ptr_array_add(m->holds, hold);
}

/* All lines of the question, a line end behind each. Free with g_free. */
static char *text_of(const struct confirm *c)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < c->lines->len; i++)
        g_string_append_printf(out, "%s\n", ((struct confirm_line *)c->lines->pdata[i])->text);
    return g_string_free(out, FALSE);
}

static void says(struct confirm *c, const char *what)
{
    g_autofree char *text = text_of(c);
    if (!strstr(text, what))
        fail_msg("\"%s\" is not in: %s", what, text);
}

static void refuses(const struct asking *asking, const char *what)
{
    g_autoptr(GError) error = NULL;
    struct confirm *c = asking_open(asking, &error);
    assert_null(c);
    if (!strstr(error->message, what))
        fail_msg("\"%s\" is not in: %s", what, error->message);
}

static struct confirm *opens(const struct asking *asking)
{
    g_autoptr(GError) error = NULL;
    struct confirm *c = asking_open(asking, &error);
    if (!c)
        fail_msg("%s", error->message);
    return c;
}

static struct asking asking_of(const struct snapshot *s, const char *verb)
{
    return (struct asking){.snapshot = s, .migration = first_of(s), .verb = verb};
}

/* A word that is no way back must not become the way to the start. */
static void test_abort_target(void **state)
{
    (void)state;
    struct snapshot *s = fixture_read("running");
    struct asking asking = asking_of(s, "abort");
    asking.choice = "exapnd";
    refuses(&asking,
            "\"exapnd\" is neither a migration nor a way back now; there is: start, expand");
    asking.choice = "contract";
    refuses(&asking, "start, expand, deploy");
    asking.choice = "deploy";
    struct confirm *c = opens(&asking);
    assert_string_equal(((struct confirm_choice *)c->choices->pdata[c->choice])->value, "deploy");
    confirm_free(c);
    snapshot_free(s);
}

/* What is only asked about still stands: one may still go back to its phase's end. */
static void test_abort_withdrawn(void **state)
{
    (void)state;
    struct snapshot *s = fixture_read("aborting");
    struct snap_migration *m = first_of(s);
    struct asking asking = asking_of(s, "abort");
    m->abort_possible = TRUE;
    asking.choice = "expand";
    refuses(&asking, "there is: start");
    hold_add(m, "gate", "sync");
    confirm_free(opens(&asking));
    snapshot_free(s);
}

/* An answer against what was found is given with a reason only. */
static void test_gate_back(void **state)
{
    (void)state;
    struct snapshot *s = fixture_read("gate");
    struct snap_gate *gate = first_of(s)->gate;
    struct asking asking = asking_of(s, "confirm");
    gate->reverse = TRUE;
    snap_text_set(&gate->evidence, "session 7 of shop_web on primary writes it");
    refuses(&asking, "confirm needs a reason here (:confirm -- why): session 7 of shop_web");
    asking.reason = "it may fail";
    confirm_free(opens(&asking));
    asking.reason = NULL;
    gate->clear = TRUE;
    confirm_free(opens(&asking));
    snapshot_free(s);
}

static void test_card(void **state)
{
    (void)state;
    static char *card[] = {(char *)"abort --to start: everything is taken back, in this order",
                           (char *)"  1  sync: drop the trigger  [Share]  loses: what is new",
                           (char *)"abort --to expand: back to the end of expand",
                           (char *)"  1  nothing to take back", NULL};
    struct snapshot *s = fixture_read("running");
    struct asking asking = asking_of(s, "abort");
    struct confirm *c = opens(&asking);
    confirm_set_page(c, 2, 2);
    asking_set_card(c, card, NULL);
    assert_int_equal(c->read, 0); /* another text, and it has not been read */
    assert_int_equal(c->lines->len, 0);
    const struct confirm_choice *start = c->choices->pdata[0], *expand = c->choices->pdata[1];
    assert_int_equal(start->lines->len, 2);
    assert_string_equal(((struct confirm_line *)start->lines->pdata[0])->text,
                        "1  sync: drop the trigger  [Share]");
    assert_string_equal(((struct confirm_line *)start->lines->pdata[1])->text,
                        "  loses: what is new");
    assert_int_equal(expand->lines->len, 1);
    asking_set_card(c, NULL, "permission denied");
    says(c, "no card: permission denied");
    assert_int_equal(start->lines->len, 0);
    confirm_free(c);
    snapshot_free(s);
}

static void test_resume_says_what_stays(void **state)
{
    (void)state;
    struct snapshot *s = fixture_read("paused");
    struct asking asking = asking_of(s, "resume");
    struct confirm *c = opens(&asking);
    says(c, "It goes on where it stopped.");
    confirm_free(c);
    hold_add(first_of(s), "gate", "deployed");
    hold_add(first_of(s), "boundary", "switch_reads");
    c = opens(&asking);
    g_autofree char *text = text_of(c);
    assert_null(strstr(text, "It goes on where it stopped."));
    says(c, "the gate deployed still waits");
    says(c, "still waits to enter switch reads");
    confirm_free(c);
    snapshot_free(s);
}

static void test_resume_all(void **state)
{
    (void)state;
    struct snapshot *s = fixture_read("paused");
    struct asking asking = {.snapshot = s, .verb = "resume_all"};
    struct confirm *c = opens(&asking);
    assert_int_equal(c->level, 1);
    says(c, "1 migration goes on:\n► users-full-name");
    assert_true(asking_refresh(c, s));
    hold_add(first_of(s), "gate", "deployed");
    assert_false(asking_refresh(c, s)); /* it is another question now */
    confirm_free(c);
    c = opens(&asking);
    says(c,
         "No migrations go on by this.\n▲ Resumed, but still held:\n‖ users-full-name: gate dep");
    confirm_free(c);
    g_ptr_array_set_size(first_of(s)->holds, 0);
    refuses(&asking, "no operator holds anything");
    snapshot_free(s);
}

static void test_set(void **state)
{
    (void)state;
    struct snapshot *s = fixture_read("running");
    struct asking asking = asking_of(s, "set");
    asking.settings = "batch.max=500 for 10m";
    struct confirm *c = opens(&asking);
    says(c, "for 10m; then as it was before");
    confirm_free(c);
    asking.settings = "batch.max=500";
    c = opens(&asking);
    says(c, "until changed again");
    confirm_free(c);
    asking.settings = "batch.max=500 for 3x";
    refuses(&asking, "3x");
    asking.settings = "batch.max=500 rest";
    refuses(&asking, "\"rest\" is not KEY=VALUE");
    snapshot_free(s);
}

static void test_skip_names_the_step(void **state)
{
    (void)state;
    struct snapshot *s = fixture_read("failed");
    struct asking asking = asking_of(s, "skip");
    asking.reason = "INC-42";
    asking.step = "analyze";
    struct confirm *c = opens(&asking);
    says(c, "Goes on without analyze: ");
    says(c, "INC-42");
    confirm_free(c);
    asking.step = "anlyze";
    refuses(&asking, "no step of \"users-full-name\" is named \"anlyze\"");
    asking.step = NULL;
    c = opens(&asking);
    says(c, "Goes on without not-null: ");
    assert_string_equal(c->step, "not-null");
    confirm_free(c);
    snapshot_free(s);
}

/* All that a person gets to see of the question, page by page, row after row. */
static char *pages_read(struct view *view, struct confirm *c)
{
    struct dialog_layout layout;
    GString *out = g_string_new(NULL);
    do {
        assert_true(dialog_measure(view, &layout));
        confirm_set_page(c, layout.rows, layout.page);
        struct grid *grid = view_draw(view);
        for (int row = layout.top + 1; row < layout.top + layout.height - 1; row++) {
            g_autofree char *text = grid_row_text(grid, row);
            g_autofree char *inner = g_strndup(text, strlen(text) - strlen("│"));
            char *start = strstr(inner, "│");
            g_string_append_printf(out, " %s", g_strstrip(start ? start + strlen("│") : inner));
        }
        grid_free(grid);
        c->scroll += layout.page;
    } while (!confirm_is_read(c));
    return g_string_free(out, FALSE);
}

static const struct {
    int width, height;
} sizes[] = {{80, 24}, {120, 40}, {60, 16}, {40, 10}, {40, 24}, {200, 60}};

/* The words of a question, none of them cut and none left out, at every size. */
static void check_readable(const struct snapshot *s, struct confirm *c, const char *question)
{
    struct theme *theme = theme_load("mono", NULL);
    g_auto(GStrv) words = g_strsplit(question, " ", -1);
    struct view view = {.theme = theme,
                        .snapshot = s,
                        .migration = first_of(s)->name,
                        .link = LINK_LIVE,
                        .confirm = c};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct dialog_layout layout;
        view.width = sizes[i].width;
        view.height = sizes[i].height;
        confirm_read_again(c);
        if (!dialog_measure(&view, &layout)) {
            assert_true(c->level == 3 && view.height < 24);
            continue;
        }
        g_autofree char *seen = pages_read(&view, c);
        for (char **word = words; *word; word++)
            if (!strstr(seen, *word))
                fail_msg("%dx%d: \"%s\" is not in: %s", view.width, view.height, *word, seen);
    }
    theme_free(theme);
}

static void test_questions_can_be_read(void **state)
{
    (void)state;
    static const char question[] =
        "Every web server, every worker and every nightly job that was built before the first of "
        "May has been drained and restarted with release 42, and nobody has started an older one "
        "since, which pg_stat_activity has been searched for twice an hour apart";
    static char *card[] = {(char *)"abort --to start: everything", NULL, NULL};
    struct snapshot *s = fixture_read("gate");
    snap_text_set(&first_of(s)->gate->text, question);
    struct asking asking = asking_of(s, "confirm");
    struct confirm *c = opens(&asking);
    check_readable(s, c, question);
    confirm_free(c);
    snapshot_free(s);
    s = fixture_read("running");
    asking = asking_of(s, "abort");
    c = opens(&asking);
    card[1] = g_strdup_printf("  1  deployed: asks you: %s  [none]  loses: %s", question, question);
    asking_set_card(c, card, NULL);
    check_readable(s, c, question);
    g_free(card[1]);
    confirm_free(c);
    snapshot_free(s);
}

/* What contract drops is on the screen as a whole, or contract is not asked. */
static void test_contract_can_be_read(void **state)
{
    (void)state;
    struct snapshot *s = fixture_read("contract");
    struct asking asking = asking_of(s, "contract");
    struct confirm *c = opens(&asking);
    check_readable(s, c, "drop column users.name Nothing brings the values back but a restore");
    confirm_free(c);
    snapshot_free(s);
}

/* A name as long as names may be leaves room to type it. */
static void test_long_name(void **state)
{
    (void)state;
    struct snapshot *s = fixture_read("running");
    struct snap_migration *m = first_of(s);
    g_autofree char *name = g_strnfill(63, 'n');
    snap_text_set(&m->name, name);
    struct asking asking = asking_of(s, "abort");
    struct confirm *c = opens(&asking);
    g_string_assign(c->name, "typed");
    check_readable(s, c, "typed");
    confirm_free(c);
    snapshot_free(s);
}

/* The end of a screen that scrolls is where it can be scrolled to, not somewhere behind. */
static void test_scroll_ends_where_the_text_does(void **state)
{
    (void)state;
    struct theme *theme = theme_load("mono", NULL);
    struct view view = {.theme = theme, .screen = SCREEN_HELP};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        view.width = sizes[i].width;
        view.height = sizes[i].height;
        int last = view_scroll_max(&view);
        if (last == 0)
            continue;
        view.scroll = last;
        struct grid *end = view_draw(&view);
        view.scroll = last - 1;
        struct grid *before = view_draw(&view);
        g_autofree char *a = grid_row_text(end, 4), *b = grid_row_text(before, 5);
        assert_string_equal(a, b);
        grid_free(end);
        grid_free(before);
    }
    theme_free(theme);
}

/* A window of one line, and the answer to a key. */
static void test_receipt_in_a_tiny_window(void **state)
{
    (void)state;
    struct snapshot *s = fixture_read("running");
    struct theme *theme = theme_load("mono", NULL);
    struct view view = {.theme = theme,
                        .snapshot = s,
                        .migration = first_of(s)->name,
                        .link = LINK_LIVE,
                        .message = "pause: held since 14:02:31",
                        .width = 30};
    for (view.height = 1; view.height < 10; view.height++) {
        struct grid *grid = view_draw(&view);
        gboolean keys = view.height >= 7, answers = view.height >= 6;
        g_autofree char *top = grid_row_text(grid, 0),
                        *message = grid_row_text(grid, view.height - (keys ? 2 : 1));
        assert_string_equal(message, " pause: held since 14:02:31");
        g_autofree char *pause = grid_row_text(grid, answers ? 4 : 0);
        if (view.height > 1)
            assert_non_null(strstr(answers ? pause : top, answers ? "PAUSE p" : "p=pause"));
        grid_free(grid);
    }
    theme_free(theme);
    snapshot_free(s);
}

/* Where there is less room than text: what a person can do stays, and a line that is cut says so. */
static void test_lines_fit(void **state)
{
    (void)state;
    static struct confirm_line all[] = {
        {TOKEN_NOW, (char *)"one two three four five six seven eight nine ten eleven twelve"},
        {TOKEN_DIM, (char *)"small print"},
        {TOKEN_HELD, (char *)"also: another"},
        {TOKEN_KEY, (char *)"c answers"}};
    struct theme *theme = theme_load("mono", NULL);
    struct view view = {.theme = theme, .width = 80, .height = 24};
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    for (guint i = 0; i < G_N_ELEMENTS(all); i++)
        g_ptr_array_add(lines, &all[i]);
    for (int height = 0; height < 9; height++) {
        g_autoptr(GPtrArray) rows = lines_wrap(&view, lines, 20);
        int most = (int)rows->len;
        lines_fit(rows, height);
        assert_int_equal(rows->len, MIN(height, most));
        const struct lines_row *last = height ? rows->pdata[rows->len - 1] : NULL;
        assert_true(!last || last->line->token == TOKEN_KEY);
        const struct lines_row *cut = height > 2 ? rows->pdata[rows->len - 3] : NULL;
        assert_true(!cut || height >= 6 || g_str_has_suffix(cut->text, "…"));
    }
    theme_free(theme);
}

static void test_forget(void **state)
{
    (void)state;
    struct snapshot *running = fixture_read("running"), *done = fixture_read("done");
    struct asking asking = asking_of(running, "forget");
    refuses(&asking, "has not ended");
    asking = asking_of(done, "forget");
    struct confirm *c = opens(&asking);
    assert_int_equal(c->level, 2);
    assert_string_equal(c->need, first_of(done)->name);
    says(c, "its journal are deleted");
    confirm_free(c);
    snapshot_free(running);
    snapshot_free(done);
}

static char *moved(const struct confirm *c, const struct snapshot *s)
{
    static char text[200];
    g_autofree char *what = asking_session_moved(c, s);
    g_strlcpy(text, what ? what : "", sizeof text);
    return text;
}

/* A question is about the statement, or the transaction, that was seen, in a list of all sessions as in a
 * tree of locks. */
static void test_session_is_bound(void **state)
{
    (void)state;
    struct snapshot *s = fixture_read("activity"), *tree = fixture_read("locks");
    struct snap_session *idle = s->activity->sessions->pdata[0],
                        *busy = s->activity->sessions->pdata[1];
    g_autoptr(GError) error = NULL;
    assert_null(asking_session(idle, FALSE, NULL, 0, &error));
    assert_string_equal(error->message, "session 15019 runs no statement; X ends the session");
    busy->query_us = 5;
    struct confirm *c = asking_session(busy, FALSE, "INC-42", 0, NULL);
    assert_int_equal(c->session_seen_us, 5);
    says(c, "The journal keeps why: INC-42");
    assert_string_equal(moved(c, s), "");
    busy->query_us = 6;
    assert_string_equal(moved(c, s), "that statement has ended by itself, and another one runs");
    snap_text_set(&busy->state, "idle");
    assert_string_equal(moved(c, s), "that statement has ended by itself");
    confirm_free(c);
    idle->xact_us = 7;
    c = asking_session(idle, TRUE, NULL, 0, NULL);
    assert_true(c->wants_reason);
    says(c, "not if this transaction has ended by then");
    idle->xact_us = 8;
    assert_string_equal(
        moved(c, s),
        "that transaction has ended by itself, the session is idle in transaction now");
    idle->pid = 1; /* of all sessions not all were read */
    assert_string_equal(moved(c, s), "");
    confirm_free(c);
    idle->xact_s = 0.5; /* these come and go */
    c = asking_session(idle, TRUE, NULL, 0, NULL);
    assert_int_equal(c->session_seen_us, 0);
    confirm_free(c);
    struct snap_lock *lock = tree->locks->sessions->pdata[0];
    lock->session->xact_us = 9;
    c = asking_session(lock->session, TRUE, NULL, 0, NULL);
    assert_string_equal(moved(c, tree), "");
    lock->session->xact_us = 10;
    assert_string_not_equal(moved(c, tree), "");
    confirm_free(c);
    snapshot_free(s);
    snapshot_free(tree);
}

int main(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return 99;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forget),
        cmocka_unit_test(test_session_is_bound),
        cmocka_unit_test(test_abort_target),
        cmocka_unit_test(test_abort_withdrawn),
        cmocka_unit_test(test_gate_back),
        cmocka_unit_test(test_card),
        cmocka_unit_test(test_resume_says_what_stays),
        cmocka_unit_test(test_resume_all),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_skip_names_the_step),
        cmocka_unit_test(test_questions_can_be_read),
        cmocka_unit_test(test_contract_can_be_read),
        cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_scroll_ends_where_the_text_does),
        cmocka_unit_test(test_receipt_in_a_tiny_window),
        cmocka_unit_test(test_lines_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
