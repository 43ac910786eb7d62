/* From a picture's words to the view of it. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/complete.h"
#include "console/screens/screens.h"
#include "picture.h"

char *picture_path(const char *folder, const char *name, const char *suffix)
{
    const char *top = g_getenv("top_srcdir");
    g_autofree char *file = g_strconcat(name, suffix, NULL);
    return g_build_filename(top ? top : ".", "tests", "console", folder, file, NULL);
}

static struct snapshot *fixture_read(const char *name)
{
    g_autofree char *path = picture_path("fixtures", name, ".json");
    g_autofree char *json = NULL;
    if (!g_file_get_contents(path, &json, NULL, NULL))
        fail_msg("cannot read %s", path);
    struct snapshot *snapshot = snapshot_parse(json, NULL);
    assert_non_null(snapshot);
    return snapshot;
}

static char *plan_text(const char *name)
{
    g_autofree char *path = picture_path("fixtures", name, ".yaml");
    char *text = plan_sql_file(path, NULL);
    assert_non_null(text);
    return text;
}

/* What a console has measured before: a lag that rose, a slot that grows. */
static void samples_fill(struct samples *samples, const struct snapshot *s)
{
    static const double lags[] = {0.2, 0.2, 0.4, 0.3, 0.2, 1.2, 2.4, 3.1, 5.6, 4.0, 2.0, 0.8};
    for (guint i = 0; i < 60; i++) {
        double back_s = 2.0 * (59 - i);
        samples_add(samples, "lag replica-b", s->at_s - back_s, lags[i / 5]);
        samples_add(samples, "lag replica-a", s->at_s - back_s, 0.2);
        samples_add(samples, "wal", s->at_s - back_s, 1e11 - back_s * 18.2 * 1024 * 1024);
        samples_add(samples, "slot cdc_orders", s->at_s - back_s,
                    1288490188 - back_s * 9.8 * 1024 * 1024);
        samples_add(samples, "slot r_b", s->at_s - back_s, 6396313);
    }
}

static void plan_init(struct stage *stage, const struct picture *picture)
{
    g_autofree char *text = picture->plan ? plan_text("plan") : NULL;
    g_autofree char *file = picture->file ? plan_text(picture->file) : NULL;
    stage->plan = text ? plan_sql_new(text, NULL) : NULL;
    assert_true(stage->plan || !text);
    stage->diff = file ? diff_new(text, file, 3) : NULL;
    stage->view.plan = stage->plan;
    stage->view.diff = stage->diff;
    stage->view.diff_file = picture->file ? "plans/users-full-name.yaml" : NULL;
    stage->view.scroll = picture->scroll;
    stage->view.journal_begins = TRUE;
}

/* One that answers, one that is lost with what it said last, one that has nothing. */
static void stage_several(struct stage *stage, const char *selected)
{
    stage->others[0] = fixture_read("running");
    stage->others[1] = fixture_read("bare");
    const struct view_database databases[] = {
        {.name = "eu",
         .label = "ana@db1:5432/app",
         .snapshot = stage->snapshot,
         .link = LINK_LIVE,
         .age_s = 0.4},
        {.name = "us",
         .label = "ana@db2:5432/app",
         .snapshot = stage->others[0],
         .link = LINK_LOST,
         .age_s = 74,
         .attempt = 5,
         .why = "connection to server at \"db2\" (10.0.0.7), port 5432 failed: Connection refused",
         .pause_queued = TRUE},
        {.name = "shop@ap-southeast",
         .label = "ana@db3:5432/shop",
         .snapshot = stage->view.past_s > 0 ? NULL : stage->others[1],
         .link = LINK_LIVE,
         .age_s = 1.1}};
    memcpy(stage->databases, databases, sizeof databases);
    static const char *const room[] = {"shop@192.0.2.2:16432", "shop@192.0.2.2:16433",
                                       "shop@192.0.2.2:16434"};
    for (guint i = 0; strchr(selected, ':') && i < G_N_ELEMENTS(room); i++)
        stage->databases[i].name = room[i];
    struct view *view = &stage->view;
    for (guint i = 0; view->past_s > 0 && i < G_N_ELEMENTS(databases); i++) {
        stage->databases[i].is_past =
            TRUE; /* as the console says it, however it is with them now */
        stage->databases[i].link = LINK_LIVE;
    }
    view->databases = stage->databases;
    view->n_databases = G_N_ELEMENTS(databases);
    while (strcmp(stage->databases[view->database].name, selected) != 0)
        view->database++;
    *view = view_of_database(view, &stage->databases[view->database]);
    const GPtrArray *migrations = view->snapshot->migrations;
    view->migration =
        migrations->len ? ((struct snap_migration *)migrations->pdata[0])->name : NULL;
    stage->id = fleet_id(selected, view->migration);
    stage->lists[SCREEN_FLEET].selected = stage->id;
}

/* What a console has kept beside the snapshot. */
static void past_init(struct stage *stage, const struct picture *picture)
{
    stage->samples = samples_new();
    if (picture->measured)
        samples_fill(stage->samples, stage->snapshot);
    stage->past = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_free);
    if (picture->past) {
        struct snapshot *before = fixture_read(picture->fixture);
        picture->past(before);
        g_ptr_array_add(stage->past, before);
    }
    stage->link_log = g_ptr_array_new();
    g_ptr_array_add(stage->link_log, (void *)"14:02:31  last answer from local:5432");
    g_ptr_array_add(stage->link_log,
                    (void *)"14:02:42  attempt 1: connection refused; next in 2 s");
}

static struct snap_migration *first_of(const struct snapshot *s)
{
    return s && s->migrations->len ? s->migrations->pdata[0] : NULL;
}

static void view_init(struct stage *stage, const struct picture *picture)
{
    const struct snap_migration *m = first_of(stage->snapshot);
    gboolean lost = picture->link == LINK_LOST;
    stage->view = (struct view){
        .theme = stage->theme,
        .snapshot = stage->snapshot,
        .migration = m ? m->name : NULL,
        .link = picture->link,
        .age_s = stage->snapshot ? picture->age_s : INFINITY,
        .attempt = lost ? 2 : 0,
        .why = lost ? "connection refused" : NULL,
        .label = "ana@db1:5432/app",
        .clock = "14:02:31",
        .screen = picture->screen,
        .journal = m ? m->events : NULL,
        .link_log = stage->link_log,
        .coach = picture->coach,
        .read_only = picture->read_only,
        .low_bandwidth = picture->low_bandwidth,
        .before = picture->before,
        .message = picture->message,
        .message_token = TOKEN_WARN,
        .secret_of = picture->secret_letters ? "ana@db2:5432/app" : NULL,
        .secret_letters = picture->secret_letters,
        .lists = stage->lists,
        .past = stage->past,
        .samples = stage->samples,
        .entry = picture->entry,
        .frozen_s = picture->frozen_s,
        .past_s = picture->past_s,
        .present = picture->present,
        .now_s = picture->past_s > 0 ? (gint64)stage->snapshot->at_s : 0,
    };
}

/* The session that the picture's list has selected. */
static struct confirm *session_ask(const struct stage *stage, const struct picture *picture)
{
    const struct screen_list *list = screen_by_id(picture->screen)->list;
    g_autoptr(GPtrArray) rows = list->rows(&stage->view);
    const struct list_row *row = list_selected(view_list(&stage->view), rows);
    assert_non_null(row);
    return asking_session(list->session(row), strcmp(picture->dialog, "terminate") == 0, NULL, 0,
                          NULL);
}

static void dialog_init(struct stage *stage, const struct picture *picture)
{
    const char *verb = picture->dialog;
    stage->confirm = NULL;
    if (!verb)
        return;
    struct asking asking = {.snapshot = stage->snapshot,
                            .migration = first_of(stage->snapshot),
                            .verb = verb,
                            .reason = picture->reason};
    gboolean session = strcmp(verb, "cancel") == 0 || strcmp(verb, "terminate") == 0;
    g_autoptr(GError) error = NULL;
    stage->confirm = session ? session_ask(stage, picture) : asking_open(&asking, &error);
    if (!stage->confirm)
        fail_msg("%s: %s", picture->name, error ? error->message : "no question");
    if (picture->card)
        asking_set_card(stage->confirm, (char **)picture->card, NULL);
    stage->view.confirm = stage->confirm;
}

/* The prompt with the cursor at its end, and the completions of its last word. */
static void prompt_init(struct stage *stage, const struct picture *picture)
{
    const char *typed = picture->typed;
    stage->prompt = (struct view_prompt){.label = "", .text = typed, .selected = -1};
    if (!typed)
        return;
    stage->prompt.point = (int)strlen(typed);
    if (picture->offered) {
        const char *blank = strrchr(typed, ' '), *word = blank ? blank + 1 : typed;
        g_autofree char *before = g_strndup(typed, (gsize)(word - typed));
        const struct complete_from from = {stage->snapshot, stage->view.migration, NULL};
        stage->prompt.candidates = complete_words(before, word, &from);
        int n = (int)g_strv_length(stage->prompt.candidates);
        assert_true(n > 0);
        stage->prompt.selected = MIN(picture->offered, n) - 1;
    }
    stage->view.prompt = &stage->prompt;
}

void stage_init(struct stage *stage, const struct picture *picture)
{
    memset(stage, 0, sizeof *stage);
    stage->snapshot = picture->fixture ? fixture_read(picture->fixture) : NULL;
    if (picture->change)
        picture->change(stage->snapshot);
    stage->theme = theme_load("mono", NULL);
    stage->lists[picture->screen] = picture->list;
    past_init(stage, picture);
    view_init(stage, picture);
    plan_init(stage, picture);
    if (picture->several)
        stage_several(stage, picture->several);
    dialog_init(stage, picture);
    prompt_init(stage, picture);
}

void stage_clear(struct stage *stage)
{
    confirm_free(stage->confirm);
    g_strfreev(stage->prompt.candidates);
    plan_sql_free(stage->plan);
    diff_free(stage->diff);
    for (guint i = 0; i < G_N_ELEMENTS(stage->others); i++)
        snapshot_free(stage->others[i]);
    g_free(stage->id);
    g_ptr_array_unref(stage->past);
    samples_free(stage->samples);
    g_ptr_array_unref(stage->link_log);
    theme_free(stage->theme);
    snapshot_free(stage->snapshot);
}
