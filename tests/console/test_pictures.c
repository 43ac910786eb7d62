/* Pictures of the cockpit from recorded snapshots, at every size, compared with the text files in
 * cockpit/. With PGROLLOUT_UPDATE_PICTURES set they are written instead: look at the difference. */
#include "config.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "card-lines.h"
#include "console/asking.h"
#include "console/diff.h"
#include "console/view.h"
#include "pgrollout/engine/plan-sql.h"

static const struct {
    int width, height;
    gboolean ascii;
} sizes[] = {{80, 24, FALSE},  {80, 24, TRUE},  {120, 40, FALSE}, {120, 40, TRUE},
             {160, 50, FALSE}, {60, 16, FALSE}, {40, 10, FALSE},  {40, 10, TRUE},
             {40, 4, FALSE},   {80, 1, FALSE},  {28, 1, FALSE}};

struct picture {
    const char *name, *fixture;
    enum client_link link;
    double age_s;
    enum screen_id screen;
    const char *dialog; /* verb */
    const char *reason;
    gboolean coach, read_only;
    gboolean measured;                         /* the console has looked for two minutes */
    gboolean plane;                            /* with the tokens of 80x24 */
    void (*change)(struct snapshot *snapshot); /* what makes this one different; NULL: nothing */
    char **card;
    const char *folder;     /* where the picture is; NULL: cockpit */
    struct list_state list; /* of the open screen */
    const char *entry;      /* being typed after "/" */
    double frozen_s, past_s;
    gboolean plan;    /* fixtures/plan.yaml has been read */
    const char *file; /* which it is compared with; NULL: none */
    int scroll;
    const char *several; /* which of three databases is selected; NULL: there is one */
    void (*past)(struct snapshot *snapshot); /* makes of it the one before; NULL: there was none */
};

/* What the engine asks before a confirmed release is taken back. */
static void ask_backwards(struct snapshot *s)
{
    struct snap_migration *m = s->migrations->pdata[0];
    g_free(m->state);
    m->state = g_strdup("aborting");
    g_free(m->gate->text);
    m->gate->text =
        g_strdup("What \"deployed\" confirmed is taken back: the releases deployed since "
                 "are rolled back. Say yes when no session of theirs is left.");
    m->gate->reverse = TRUE;
    m->gate->evidence = g_strdup("nothing has used users.full_name for 40s; coverage 100.0 % on 2 "
                                 "servers");
    m->gate->clear = TRUE;
    g_ptr_array_set_size(m->gate->answers, 0);
}

/* The same while a release of it is there: no answer without a reason. */
static void ask_backwards_in_use(struct snapshot *s)
{
    ask_backwards(s);
    struct snap_migration *m = s->migrations->pdata[0];
    g_free(m->gate->evidence);
    m->gate->evidence = g_strdup("session 4211 of shop_web on primary writes it; nothing has used "
                                 "users.full_name for 0s of 10s; coverage 100.0 % on 2 servers");
    m->gate->clear = FALSE;
}

static void hold_add(struct snapshot *s, const char *kind, const char *key, const char *reason)
{
    struct snap_migration *m = s->migrations->pdata[0];
    struct snap_hold *hold = g_new0(struct snap_hold, 1);
    *hold = (struct snap_hold){.kind = g_strdup(kind),
                               .key = g_strdup(key),
                               .reason = g_strdup(reason),
                               .by = g_strdup(strcmp(kind, "operator") == 0 ? "raj" : NULL),
                               .age_s = 42};
    g_ptr_array_add(m->holds, hold);
}

static void hold_thrice(struct snapshot *s)
{
    hold_add(s, "operator", NULL, "INC-42: the web tier is being restarted");
    hold_add(s, "guard", "lock_wait", "lock_wait 2.1 s > 1 s");
}

static void pause_at_gate(struct snapshot *s)
{
    hold_add(s, "operator", NULL, "INC-42");
}

static void engine_dies(struct snapshot *s)
{
    s->engine_alive = FALSE;
    s->heartbeat_age_s = 95;
    hold_add(s, "no_engine", NULL, "nobody is driving");
}

static void rows_left_out(struct snapshot *s)
{
    struct snap_migration *m = s->migrations->pdata[0];
    m->progress.quarantined = 12;
}

static void fail_at_length(struct snapshot *s)
{
    struct snap_migration *m = s->migrations->pdata[0];
    struct snap_step *step = snap_step_current(m, NULL, NULL);
    g_free(step->error);
    step->error = g_strdup("check constraint \"users_full_name_not_null\" of relation \"users\" is "
                           "violated by some row; the first of them has id 11204551 and was "
                           "written by billing-cron, whose sessions fire no triggers");
}

/* A session that has ended since, three seconds before. */
static void one_more_session(struct snapshot *s)
{
    const struct snap_session *last = s->activity->sessions->pdata[s->activity->sessions->len - 1];
    struct snap_session *gone = g_new0(struct snap_session, 1);
    *gone = *last;
    gone->pid = 15103;
    gone->backend_start = g_strdup("2026-11-22 13:00:00+00");
    gone->login = g_strdup("ana");
    gone->application = g_strdup("psql");
    gone->address = gone->database = gone->kind = NULL;
    gone->state = g_strdup("active");
    gone->wait_type = gone->wait_event = NULL;
    gone->query = g_strdup("VACUUM orders");
    gone->query_length = 13;
    gone->xact_s = gone->query_s = 61;
    g_ptr_array_add(s->activity->sessions, gone);
    s->at_s -= 3;
}

/* What has waited no more since. */
static void one_more_wait(struct snapshot *s)
{
    const struct snap_lock *root = s->locks->sessions->pdata[0];
    struct snap_lock *gone = g_new0(struct snap_lock, 1);
    *gone = (struct snap_lock){.session = g_new0(struct snap_session, 1),
                               .waits = TRUE,
                               .waited_s = 8,
                               .depth = 1,
                               .bars = g_strdup(""),
                               .last = TRUE,
                               .parent = root,
                               .wants = g_strdup("Share xid 88120"),
                               .hard = g_array_new(FALSE, FALSE, sizeof(gint64)),
                               .queue = g_array_new(FALSE, FALSE, sizeof(gint64))};
    *gone->session = (struct snap_session){.pid = 15010,
                                           .backend_start = g_strdup("2026-11-22 13:00:00+00"),
                                           .application = g_strdup("psql"),
                                           .state = g_strdup("active"),
                                           .query = g_strdup("UPDATE orders SET n = 1")};
    g_ptr_array_add(s->locks->sessions, gone);
    s->at_s -= 3;
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

static void nothing_read(struct snapshot *s)
{
    s->look_error = g_strdup("canceling statement due to statement timeout");
}

#define OLD_SCREEN(picture, file, shown, state, age)                                               \
    .folder = "screens", .name = picture, .fixture = file, .screen = shown, .link = state,         \
    .age_s = age
#define SCREEN(picture, file, shown) OLD_SCREEN(picture, file, shown, LINK_LIVE, 0.4)

/* The newest line had not been written at the moment that is shown. */
static void written_later(struct snapshot *snapshot)
{
    const struct snap_migration *m = snapshot->migrations->pdata[0];
    struct snap_event *e = m->events->pdata[0];
    g_free(e->when);
    e->when = g_strdup("2026-11-22T14:03:10.123Z");
}

static const struct picture pictures[] = {
    {.name = "running", .fixture = "running", .link = LINK_LIVE, .age_s = 0.4, .plane = TRUE},
    {.name = "held", .fixture = "held", .link = LINK_LIVE, .age_s = 0.4, .plane = TRUE},
    {.name = "paused", .fixture = "paused", .link = LINK_LIVE, .age_s = 0.4, .plane = TRUE},
    {.name = "gate", .fixture = "gate", .link = LINK_LIVE, .age_s = 0.4, .plane = TRUE},
    {.name = "boundary", .fixture = "boundary", .link = LINK_LIVE, .age_s = 0.4, .plane = TRUE},
    {.name = "contract", .fixture = "contract", .link = LINK_LIVE, .age_s = 0.4, .plane = TRUE},
    {.name = "failed", .fixture = "failed", .link = LINK_LIVE, .age_s = 0.4, .plane = TRUE},
    {.name = "aborting", .fixture = "aborting", .link = LINK_LIVE, .age_s = 0.4, .plane = TRUE},
    {.name = "done", .fixture = "done", .link = LINK_LIVE, .age_s = 0.4, .plane = TRUE},
    {.name = "no-engine", .fixture = "no-engine", .link = LINK_LIVE, .age_s = 0.4, .plane = TRUE},
    {.name = "empty", .fixture = "empty", .link = LINK_LIVE, .age_s = 0.4},
    {.name = "bare", .fixture = "bare", .link = LINK_LIVE, .age_s = 0.4},
    {.name = "hostile", .fixture = "hostile", .link = LINK_LIVE, .age_s = 0.4},
    {.name = "late", .fixture = "running", .link = LINK_LATE, .age_s = 4, .plane = TRUE},
    {.name = "stale", .fixture = "running", .link = LINK_STALE, .age_s = 9, .plane = TRUE},
    {.name = "lost", .fixture = "running", .link = LINK_LOST, .age_s = 14, .plane = TRUE},
    {.name = "journal",
     .fixture = "running",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .screen = SCREEN_JOURNAL},
    {.name = "help", .fixture = "running", .link = LINK_LIVE, .age_s = 0.4, .screen = SCREEN_HELP},
    {.name = "ask-resume",
     .fixture = "paused",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .dialog = "resume"},
    {.name = "ask-confirm",
     .fixture = "gate",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .dialog = "confirm"},
    {.name = "ask-abort", .fixture = "running", .link = LINK_LIVE, .age_s = 0.4, .dialog = "abort"},
    {.name = "ask-contract",
     .fixture = "contract",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .dialog = "contract"},
    {.name = "ask-abort-card",
     .fixture = "running",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .dialog = "abort",
     .card = card},
    {.name = "gate-back",
     .fixture = "gate",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .change = ask_backwards},
    {.name = "gate-back-used",
     .fixture = "gate",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .change = ask_backwards_in_use},
    {.name = "ask-gate-back",
     .fixture = "gate",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .dialog = "confirm",
     .change = ask_backwards},
    {.name = "paused-at-gate",
     .fixture = "gate",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .change = pause_at_gate},
    {.name = "several-holds",
     .fixture = "boundary",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .change = hold_thrice},
    {.name = "ask-resume-several",
     .fixture = "boundary",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .dialog = "resume",
     .reason = "INC-42, the lag is known",
     .change = hold_thrice},
    {.name = "ask-resume-all",
     .fixture = "paused",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .dialog = "resume_all"},
    {.name = "paused-no-engine",
     .fixture = "paused",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .change = engine_dies},
    {.name = "unfilled",
     .fixture = "running",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .change = rows_left_out},
    {.name = "failed-at-length",
     .fixture = "failed",
     .link = LINK_LIVE,
     .age_s = 0.4,
     .change = fail_at_length},
    {SCREEN("fleet", "fleet", SCREEN_FLEET)},
    {SCREEN("fleet-filtered", "fleet", SCREEN_FLEET), .list = {.filter = (char *)"payments"},
     .entry = "payments"},
    {OLD_SCREEN("fleet-lost", "fleet", SCREEN_FLEET, LINK_LOST, 14)},
    {SCREEN("fleet-empty", "empty", SCREEN_FLEET)},
    {SCREEN("fleet-several", "held", SCREEN_FLEET), .several = "eu", .plane = TRUE},
    {SCREEN("fleet-several-lost", "held", SCREEN_FLEET), .several = "us"},
    {SCREEN("fleet-several-bare", "held", SCREEN_FLEET), .several = "shop@ap-southeast",
     .list = {.filter = (char *)"schema"}},
    {SCREEN("several-cockpit", "held", SCREEN_COCKPIT), .several = "eu"},
    {SCREEN("activity", "activity", SCREEN_ACTIVITY),
     .list = {.selected = (char *)"15022 2026-11-22 13:22:10.123456+00"}},
    {SCREEN("activity-hostile", "activity", SCREEN_ACTIVITY),
     .list = {.selected = (char *)"15130 2026-11-22 13:10:10.123456+00", .sort = 2}},
    {SCREEN("activity-open", "activity", SCREEN_ACTIVITY),
     .list = {.selected = (char *)"15022 2026-11-22 13:22:10.123456+00", .open = TRUE}},
    {SCREEN("activity-ended", "activity", SCREEN_ACTIVITY), .past = one_more_session,
     .list = {.selected = (char *)"15103 2026-11-22 13:00:00+00", .sort = 1, .loose = TRUE},
     .frozen_s = 12},
    {OLD_SCREEN("activity-gone", "activity", SCREEN_ACTIVITY, LINK_STALE, 9),
     .list = {.selected = (char *)"1 2026-11-22 13:00:00+00", .reverse = TRUE}},
    {SCREEN("activity-hidden", "activity-hidden", SCREEN_ACTIVITY),
     .list = {.selected = (char *)"15019 "}},
    {SCREEN("activity-refused", "running", SCREEN_ACTIVITY), .change = nothing_read},
    {SCREEN("locks", "locks", SCREEN_LOCKS), .plane = TRUE,
     .list = {.selected = (char *)"15019 2026-11-22 13:00:00.000001+00"}},
    {SCREEN("locks-ours", "locks", SCREEN_LOCKS),
     .list = {.selected = (char *)"15024 2026-11-22 13:00:00.000001+00"}},
    {SCREEN("locks-open", "locks", SCREEN_LOCKS),
     .list = {.selected = (char *)"15024 2026-11-22 13:00:00.000001+00", .open = TRUE}},
    {SCREEN("locks-hostile", "locks", SCREEN_LOCKS),
     .list = {.selected = (char *)"15130 2026-11-22 13:00:00.000001+00"}},
    {SCREEN("locks-filtered", "locks", SCREEN_LOCKS),
     .list = {.selected = (char *)"15031 2026-11-22 13:00:00.000001+00", .filter = (char *)"sent"}},
    {SCREEN("locks-ended", "locks", SCREEN_LOCKS), .past = one_more_wait,
     .list = {.selected = (char *)"15010 2026-11-22 13:00:00+00"}},
    {SCREEN("locks-deep", "locks-deep", SCREEN_LOCKS),
     .list = {.selected = (char *)"20150 2026-11-22 13:00:00.000001+00"}},
    {SCREEN("locks-hidden", "locks-hidden", SCREEN_LOCKS)},
    {SCREEN("locks-none", "locks-none", SCREEN_LOCKS)},
    {SCREEN("locks-refused", "running", SCREEN_LOCKS), .change = nothing_read},
    {SCREEN("replicas", "replicas", SCREEN_REPLICAS), .measured = TRUE, .plane = TRUE},
    {SCREEN("replicas-slot", "replicas", SCREEN_REPLICAS), .measured = TRUE,
     .list = {.selected = (char *)"scdc_orders"}},
    {SCREEN("replicas-open", "replicas", SCREEN_REPLICAS), .measured = TRUE,
     .list = {.selected = (char *)"scdc_orders", .open = TRUE}},
    {SCREEN("replicas-failing", "replicas-failing", SCREEN_REPLICAS), .measured = TRUE},
    {SCREEN("replicas-standby", "replicas-standby", SCREEN_REPLICAS)},
    {SCREEN("replicas-hidden", "replicas-hidden", SCREEN_REPLICAS)},
    {SCREEN("guards", "guards", SCREEN_GUARDS), .plan = TRUE, .plane = TRUE},
    {SCREEN("guards-blind", "guards", SCREEN_GUARDS), .list = {.selected = (char *)"retries"}},
    {SCREEN("guards-set", "guards", SCREEN_GUARDS), .plan = TRUE,
     .list = {.selected = (char *)"fallback_reads", .sort = 1, .open = TRUE}},
    {SCREEN("guards-hostile", "hostile-screens", SCREEN_GUARDS), .plan = TRUE},
    {SCREEN("guards-refused", "running", SCREEN_GUARDS), .change = nothing_read,
     .list = {.filter = (char *)"lag"}},
    {OLD_SCREEN("guards-stale", "guards", SCREEN_GUARDS, LINK_STALE, 9)},
    {SCREEN("journal", "journal", SCREEN_JOURNAL), .list = {.selected = (char *)"1190"},
     .plane = TRUE},
    {SCREEN("journal-people", "journal", SCREEN_JOURNAL), .list = {.sort = 1}},
    {SCREEN("journal-filtered", "journal", SCREEN_JOURNAL),
     .list = {.filter = (char *)"raj", .reverse = TRUE}, .entry = "raj"},
    {SCREEN("journal-open", "journal", SCREEN_JOURNAL),
     .list = {.selected = (char *)"1190", .open = TRUE}},
    {SCREEN("journal-hostile", "hostile-screens", SCREEN_JOURNAL)},
    {SCREEN("card", "card", SCREEN_CARD), .plan = TRUE, .plane = TRUE},
    {SCREEN("card-end", "card", SCREEN_CARD), .plan = TRUE, .scroll = 1000},
    {SCREEN("card-drift", "card-drift", SCREEN_CARD)},
    {SCREEN("card-none", "card-none", SCREEN_CARD)},
    {SCREEN("card-hostile", "hostile-screens", SCREEN_CARD), .plan = TRUE},
    {OLD_SCREEN("card-stale", "card", SCREEN_CARD, LINK_STALE, 9)},
    {SCREEN("card-refused", "running", SCREEN_CARD), .change = nothing_read},
    {SCREEN("checklist", "checklist", SCREEN_CHECKLIST), .plane = TRUE},
    {OLD_SCREEN("checklist-stale", "checklist", SCREEN_CHECKLIST, LINK_STALE, 9), .scroll = 1000},
    {SCREEN("checklist-refused", "running", SCREEN_CHECKLIST), .change = nothing_read},
    {SCREEN("plan", "running", SCREEN_PLAN), .plan = TRUE,
     .list = {.selected = (char *)"copy-names"}, .plane = TRUE},
    {SCREEN("plan-open", "running", SCREEN_PLAN), .plan = TRUE,
     .list = {.selected = (char *)"sync", .open = TRUE}},
    {SCREEN("plan-contract", "running", SCREEN_PLAN), .plan = TRUE,
     .list = {.selected = (char *)"drop-column"}},
    {SCREEN("plan-unread", "failed", SCREEN_PLAN)},
    {SCREEN("plan-diff", "running", SCREEN_PLAN), .plan = TRUE, .file = "plan-edited",
     .list = {.open = TRUE}},
    {SCREEN("plan-same", "running", SCREEN_PLAN), .plan = TRUE, .file = "plan",
     .list = {.open = TRUE}},
    {SCREEN("plan-hostile", "hostile-screens", SCREEN_PLAN),
     .list = {.selected = (char *)"copy-names"}},
    {.name = "past", .fixture = "held", .link = LINK_LIVE, .past_s = 68, .plane = TRUE},
    {SCREEN("activity-past", "running", SCREEN_ACTIVITY), .past_s = 68},
    {SCREEN("journal-past", "journal", SCREEN_JOURNAL), .past_s = 68, .change = written_later},
    {SCREEN("fleet-several-past", "held", SCREEN_FLEET), .several = "eu", .past_s = 68},
    {.name = "coach", .fixture = "running", .link = LINK_LIVE, .age_s = 0.4, .coach = TRUE},
    {.name = "read-only", .fixture = "running", .link = LINK_LIVE, .age_s = 0.4, .read_only = TRUE},
};

static const char *const coach_texts[] = {
    "The backfill runs.",
    "HARM says whether anybody is hurt; the guards say how much room is left.",
    "Try: p pauses at once. r and then y goes on.", NULL};

static char *source_path(const char *folder, const char *name, const char *suffix)
{
    const char *top = g_getenv("top_srcdir");
    g_autofree char *file = g_strconcat(name, suffix, NULL);
    return g_build_filename(top ? top : ".", "tests", "console", folder, file, NULL);
}

static struct snapshot *fixture_read(const char *name)
{
    g_autofree char *path = source_path("fixtures", name, ".json");
    g_autofree char *json = NULL;
    if (!g_file_get_contents(path, &json, NULL, NULL))
        fail_msg("cannot read %s", path);
    struct snapshot *snapshot = snapshot_parse(json, NULL);
    assert_non_null(snapshot);
    return snapshot;
}

/* Owns what a view only points to. */
struct stage {
    struct snapshot *snapshot;
    struct theme *theme;
    GPtrArray *link_log;
    struct confirm *confirm;
    struct list_state lists[SCREEN_COUNT];
    GPtrArray *past;
    struct samples *samples;
    struct snapshot *others[2];
    struct view_database databases[3];
    char *id;
    struct plan_sql *plan;
    struct diff *diff;
    struct view view;
};

static char *plan_text(const char *name)
{
    g_autofree char *path = source_path("fixtures", name, ".yaml");
    char *text = plan_sql_file(path, NULL);
    assert_non_null(text);
    return text;
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
    struct view *view = &stage->view;
    for (guint i = 0; view->past_s > 0 && i < G_N_ELEMENTS(databases); i++) {
        stage->databases[i].is_past =
            TRUE; /* as the console says it, however it is with them now */
        stage->databases[i].link = LINK_LIVE;
    }
    view->databases = stage->databases;
    view->n_databases = G_N_ELEMENTS(databases);
    while (strcmp(databases[view->database].name, selected) != 0)
        view->database++;
    *view = view_of_database(view, &stage->databases[view->database]);
    const GPtrArray *migrations = view->snapshot->migrations;
    view->migration =
        migrations->len ? ((struct snap_migration *)migrations->pdata[0])->name : NULL;
    stage->id = fleet_id(selected, view->migration);
    stage->lists[SCREEN_FLEET].selected = stage->id;
}

static void stage_init(struct stage *stage, const struct picture *picture)
{
    stage->snapshot = fixture_read(picture->fixture);
    if (picture->change)
        picture->change(stage->snapshot);
    stage->theme = theme_load("mono", NULL);
    memset(stage->lists, 0, sizeof stage->lists);
    stage->lists[picture->screen] = picture->list;
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
    struct snap_migration *m =
        stage->snapshot->migrations->len ? stage->snapshot->migrations->pdata[0] : NULL;
    stage->view = (struct view){
        .theme = stage->theme,
        .snapshot = stage->snapshot,
        .migration = m ? m->name : NULL,
        .link = picture->link,
        .age_s = picture->age_s,
        .attempt = picture->link == LINK_LOST ? 2 : 0,
        .why = picture->link == LINK_LOST ? "connection refused" : NULL,
        .label = "ana@db1:5432/app",
        .clock = "14:02:31",
        .screen = picture->screen,
        .journal = m ? m->events : NULL,
        .link_log = stage->link_log,
        .coach = picture->coach ? coach_texts : NULL,
        .read_only = picture->read_only,
        .lists = stage->lists,
        .past = stage->past,
        .samples = stage->samples,
        .entry = picture->entry,
        .frozen_s = picture->frozen_s,
        .past_s = picture->past_s,
        .now_s = picture->past_s > 0 ? (gint64)stage->snapshot->at_s : 0,
    };
    plan_init(stage, picture);
    stage->others[0] = stage->others[1] = NULL;
    stage->id = NULL;
    if (picture->several)
        stage_several(stage, picture->several);
    stage->confirm = NULL;
    if (picture->dialog) {
        struct asking asking = {.snapshot = stage->snapshot,
                                .migration = m,
                                .verb = picture->dialog,
                                .reason = picture->reason};
        stage->confirm = asking_open(&asking, NULL);
        assert_non_null(stage->confirm);
        if (picture->card)
            asking_set_card(stage->confirm, picture->card, NULL);
        stage->view.confirm = stage->confirm;
    }
}

static void stage_clear(struct stage *stage)
{
    confirm_free(stage->confirm);
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

/* Exactly the size, nothing a terminal would obey, every wide character whole. */
static void check_cells(const struct grid *grid, const struct view *view, const char *name)
{
    assert_int_equal(grid->width, view->width);
    assert_int_equal(grid->height, view->height);
    for (int row = 0; row < grid->height; row++) {
        int cells = 0;
        for (int col = 0; col < grid->width; col++) {
            gunichar c = grid_cell(grid, row, col)->c;
            if (c == 0)
                continue;
            int width = safe_char_width(c);
            cells += width;
            gboolean ok = c >= 0x20 && !(c >= 0x7F && c < 0xA0) && width >= 1 &&
                          (!view->ascii || c < 0x7F) && g_unichar_type(c) != G_UNICODE_FORMAT;
            if (!ok)
                fail_msg("%s: U+%04X at row %d column %d", name, c, row, col);
        }
        assert_int_equal(cells, grid->width);
    }
}

/* However small: what is over says so in its first row, and nothing of it says that it is now. */
static void check_past(const struct grid *grid, const char *name)
{
    for (int row = 0; row < grid->height; row++) {
        g_autofree char *text = grid_row_text(grid, row);
        if ((row == 0 && !strstr(text, "PAST")) || strstr(text, "LIVE"))
            fail_msg("%s %dx%d: row %d is \"%s\"", name, grid->width, grid->height, row + 1, text);
    }
}

/* PHASE DONE HARM PAUSE ABORT: rows 4 to 8, or 2 to 6 where there is no rail. */
static void check_labels(const struct grid *grid, const struct picture *picture)
{
    static const char *const labels[] = {" PHASE ", " DONE ", " HARM ", " PAUSE ", " ABORT "};
    int first = grid->height >= 16 && grid->width >= 60 ? 3 : 1;
    for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
        char *text = grid_row_text(grid, first + (int)i);
        if (!g_str_has_prefix(text, labels[i]))
            fail_msg("%s %dx%d: row %d is \"%s\"", picture->name, grid->width, grid->height,
                     first + (int)i + 1, text);
        free(text);
    }
}

static gboolean shows_answers(const struct picture *picture)
{
    return picture->screen == SCREEN_COCKPIT && strcmp(picture->fixture, "empty") != 0 &&
           strcmp(picture->fixture, "bare") != 0;
}

/* What each cell means: a letter for each token, "." for plain text. */
static void plane_add(GString *out, const struct grid *grid)
{
    static const char letters[TOKEN_COUNT] = {
        [TOKEN_TEXT] = '.',  [TOKEN_DIM] = 'd',      [TOKEN_OK] = 'o',       [TOKEN_NOW] = 'n',
        [TOKEN_WARN] = 'w',  [TOKEN_DANGER] = 'X',   [TOKEN_LOST] = 'L',     [TOKEN_GATE] = 'G',
        [TOKEN_HELD] = 'H',  [TOKEN_TODO] = 't',     [TOKEN_BAR_FILL] = 'B', [TOKEN_BAR_REST] = 'b',
        [TOKEN_SPARK] = 's', [TOKEN_KEY] = 'k',      [TOKEN_TITLE] = 'T',    [TOKEN_RULE] = '-',
        [TOKEN_SEL] = 'S',   [TOKEN_PROMPT] = 'p',   [TOKEN_HEAD] = 'h',     [TOKEN_BADGE] = 'E',
        [TOKEN_OURS] = 'u',  [TOKEN_HEAD_KEY] = 'K', [TOKEN_HEAD_WARN] = 'W'};
    g_string_append_printf(out, "== %dx%d tokens\n", grid->width, grid->height);
    for (int row = 0; row < grid->height; row++) {
        for (int col = 0; col < grid->width; col++)
            g_string_append_c(out, letters[grid_cell(grid, row, col)->token]);
        g_string_append_c(out, '\n');
    }
}

static char *draw_all(const struct picture *picture)
{
    struct stage stage;
    stage_init(&stage, picture);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        stage.view.width = sizes[i].width;
        stage.view.height = sizes[i].height;
        stage.view.ascii = sizes[i].ascii;
        struct grid *grid = view_draw(&stage.view);
        check_cells(grid, &stage.view, picture->name);
        if (picture->past_s > 0)
            check_past(grid, picture->name);
        /* a dialog in which one reads before typing may take the room of a small screen */
        gboolean large = stage.confirm && stage.confirm->level > 1;
        gboolean covered = picture->dialog && sizes[i].height < (large ? 40 : 24);
        gboolean tiny = sizes[i].height < 6;
        if (shows_answers(picture) && !covered && !tiny)
            check_labels(grid, picture);
        g_string_append_printf(out, "== %dx%d%s\n", sizes[i].width, sizes[i].height,
                               sizes[i].ascii ? " ascii" : "");
        for (int row = 0; row < grid->height; row++) {
            char *text = grid_row_text(grid, row);
            g_string_append_printf(out, "%s\n", text);
            g_free(text);
        }
        if (picture->plane && i == 0)
            plane_add(out, grid);
        grid_free(grid);
    }
    stage_clear(&stage);
    return g_string_free(out, FALSE);
}

static void test_pictures(void **state)
{
    (void)state;
    int wrong = 0;
    for (guint i = 0; i < G_N_ELEMENTS(pictures); i++) {
        g_autofree char *drawn = draw_all(&pictures[i]);
        g_autofree char *path = source_path(pictures[i].folder ? pictures[i].folder : "cockpit",
                                            pictures[i].name, ".txt");
        g_autofree char *golden = NULL;
        if (g_getenv("PGROLLOUT_UPDATE_PICTURES")) {
            assert_true(g_file_set_contents(path, drawn, -1, NULL));
            continue;
        }
        if (g_file_get_contents(path, &golden, NULL, NULL) && strcmp(golden, drawn) == 0)
            continue;
        g_autofree char *base = g_strconcat(pictures[i].name, ".txt.drawn", NULL);
        g_file_set_contents(base, drawn, -1, NULL);
        print_message("%s differs: compare %s\n", path, base);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* The five lines and what is above them. Free with g_free. */
static char *upper_rows(struct stage *stage, const struct theme *theme, gboolean ascii)
{
    stage->view.width = 80;
    stage->view.height = 24;
    stage->view.ascii = ascii;
    stage->view.theme = theme;
    struct grid *grid = view_draw(&stage->view);
    GString *text = g_string_new(NULL);
    for (int row = 0; row < 8; row++) {
        char *line = grid_row_text(grid, row);
        g_string_append_printf(text, "%s\n", line);
        g_free(line);
    }
    grid_free(grid);
    return g_string_free(text, FALSE);
}

/* Told apart without colour, whatever the theme: no two states have the same five lines. */
static void states_differ(const char *name, gboolean ascii)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    struct theme *theme = theme_load(name, NULL);
    assert_non_null(theme);
    for (guint i = 0; i < 16; i++) {
        struct stage stage;
        stage_init(&stage, &pictures[i]);
        char *text = upper_rows(&stage, theme, ascii);
        if (g_hash_table_contains(seen, text))
            fail_msg("%s: %s looks like another state", name, pictures[i].name);
        g_hash_table_add(seen, text);
        stage_clear(&stage);
    }
    theme_free(theme);
}

static void test_states_differ_as_text(void **state)
{
    (void)state;
    g_auto(GStrv) names = theme_list();
    for (char **name = names; *name; name++)
        for (int ascii = 0; ascii < 2; ascii++)
            states_differ(*name, ascii);
}

/* Any size at all, with every fixture: never out of the grid, never a refusal. */
static void test_every_size(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(pictures); i++) {
        struct stage stage;
        stage_init(&stage, &pictures[i]);
        for (int width = 1; width < 200; width += width < 45 ? 1 : 7) {
            for (int height = 1; height < 60; height += height < 26 ? 1 : 11) {
                stage.view.width = width;
                stage.view.height = height;
                struct grid *grid = view_draw(&stage.view);
                check_cells(grid, &stage.view, pictures[i].name);
                grid_free(grid);
            }
        }
        stage_clear(&stage);
    }
}

int main(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return 99;
    g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_states_differ_as_text),
        cmocka_unit_test(test_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
