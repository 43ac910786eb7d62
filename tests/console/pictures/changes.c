/* What makes a picture's snapshot different from what is recorded. */
#include "config.h"

#include <string.h>

#include "picture.h"

/* What the engine asks before a confirmed release is taken back. */
void ask_backwards(struct snapshot *s)
{
    struct snap_migration *m = s->migrations->pdata[0];
    snap_text_set(&m->state, "aborting");
    snap_text_set(&m->gate->text,
                  "What \"deployed\" confirmed is taken back: the releases deployed since "
                  "are rolled back. Say yes when no session of theirs is left.");
    m->gate->reverse = TRUE;
    snap_text_set(&m->gate->evidence,
                  "nothing has used users.full_name for 40s; coverage 100.0 % on 2 "
                  "servers");
    m->gate->clear = TRUE;
    g_ptr_array_set_size(m->gate->answers, 0);
}

/* The same while a release of it is there: no answer without a reason. */
void ask_backwards_in_use(struct snapshot *s)
{
    ask_backwards(s);
    struct snap_migration *m = s->migrations->pdata[0];
    snap_text_set(&m->gate->evidence,
                  "session 4211 of shop_web on primary writes it; nothing has used "
                  "users.full_name for 0s of 10s; coverage 100.0 % on 2 servers");
    m->gate->clear = FALSE;
}

static void hold_add(struct snapshot *s, const char *kind, const char *key, const char *reason)
{
    struct snap_migration *m = s->migrations->pdata[0];
    struct snap_hold *hold = g_new0(struct snap_hold, 1);
    *hold = (struct snap_hold){.kind = snap_text(kind),
                               .key = snap_text(key),
                               .reason = snap_text(reason),
                               .by = snap_text(strcmp(kind, "operator") == 0 ? "raj" : NULL),
                               .age_s = 42};
    g_ptr_array_add(m->holds, hold);
}

void hold_thrice(struct snapshot *s)
{
    hold_add(s, "operator", NULL, "INC-42: the web tier is being restarted");
    hold_add(s, "guard", "lock_wait", "lock_wait 2.1 s > 1 s");
}

void pause_at_gate(struct snapshot *s)
{
    hold_add(s, "operator", NULL, "INC-42");
}

void engine_dies(struct snapshot *s)
{
    s->engine_alive = FALSE;
    s->heartbeat_age_s = 95;
    hold_add(s, "no_engine", NULL, "nobody is driving");
}

void rows_left_out(struct snapshot *s)
{
    struct snap_migration *m = s->migrations->pdata[0];
    m->progress.quarantined = 12;
}

void fail_at_length(struct snapshot *s)
{
    struct snap_migration *m = s->migrations->pdata[0];
    struct snap_step *step = snap_step_current(m, NULL, NULL);
    snap_text_set(&step->error,
                  "check constraint \"users_full_name_not_null\" of relation \"users\" is "
                  "violated by some row; the first of them has id 11204551 and was "
                  "written by billing-cron, whose sessions fire no triggers");
}

/* A session that has ended since, three seconds before. */
void one_more_session(struct snapshot *s)
{
    const struct snap_session *last = s->activity->sessions->pdata[s->activity->sessions->len - 1];
    struct snap_session *gone = g_new0(struct snap_session, 1);
    *gone = *last;
    gone->pid = 15103;
    gone->backend_start = snap_text("2026-11-22 13:00:00+00");
    gone->login = snap_text("ana");
    gone->application = snap_text("psql");
    gone->address = gone->database = gone->kind = NULL;
    gone->state = snap_text("active");
    gone->wait_type = gone->wait_event = NULL;
    gone->query = snap_text("VACUUM orders");
    gone->query_length = 13;
    gone->xact_s = gone->query_s = 61;
    g_ptr_array_add(s->activity->sessions, gone);
    s->at_s -= 3;
}

/* What has waited no more since. */
void one_more_wait(struct snapshot *s)
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
                               .wants = snap_text("Share xid 88120"),
                               .hard = g_array_new(FALSE, FALSE, sizeof(gint64)),
                               .queue = g_array_new(FALSE, FALSE, sizeof(gint64))};
    *gone->session = (struct snap_session){.pid = 15010,
                                           .backend_start = snap_text("2026-11-22 13:00:00+00"),
                                           .application = snap_text("psql"),
                                           .state = snap_text("active"),
                                           .query = snap_text("UPDATE orders SET n = 1")};
    g_ptr_array_add(s->locks->sessions, gone);
    s->at_s -= 3;
}

void nothing_read(struct snapshot *s)
{
    s->look_error = g_strdup("canceling statement due to statement timeout");
}

/* The newest line had not been written at the moment that is shown. */
void written_later(struct snapshot *snapshot)
{
    const struct snap_migration *m = snapshot->migrations->pdata[0];
    struct snap_event *e = m->events->pdata[0];
    snap_text_set(&e->when, "2026-11-22T14:03:10.123Z");
}
