/* Every act that asks, every way out of it, every wrong answer: nothing is accepted but the exact right
 * keys, and those once. */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/asking.h"

#define OPENED G_USEC_PER_SEC
#define SEEN (OPENED + CONFIRM_REPEAT_US)

/* `answer`: what accepts it, '\r' is Enter, '\t' Tab; NAME stands for the name. */
struct asked_act {
    const char *fixture, *verb, *step, *reason, *settings;
    int level;
    char key; /* that opens it; 0: only a command does */
    const char *answer;
};

static const struct asked_act acts[] = {
    {"paused", "resume", NULL, NULL, NULL, 1, 'r', "y"},
    {"paused", "resume", NULL, NULL, NULL, 1, 'r', "t"},
    {"paused", "resume_all", NULL, NULL, NULL, 1, 0, "y"},
    {"running", "step", NULL, NULL, NULL, 1, 's', "y"},
    {"boundary", "advance", NULL, NULL, NULL, 1, 'g', "y"},
    {"gate", "confirm", NULL, NULL, NULL, 1, 'c', "y"},
    {"failed", "retry", NULL, NULL, NULL, 1, 0, "y"},
    {"failed", "skip", "analyze", "INC-42", NULL, 1, 0, "y"},
    {"running", "set", NULL, NULL, "batch.max=500 for 10m", 1, 0, "y"},
    {"running", "set", NULL, "INC-42", "guard.replication_lag.pause=9s", 1, 0, "y"},
    {"running", "abort", NULL, NULL, NULL, 2, 'A', "NAME\tINC-42\r"},
    {"activity", "cancel", NULL, NULL, NULL, 1, 'x', "y"},
    {"activity", "terminate", NULL, NULL, NULL, 2, 'X', "NAME\tINC-42\r"},
    {"done", "forget", NULL, NULL, NULL, 2, 0, "NAME\tCHG-7\r"},
    {"contract", "contract", NULL, NULL, NULL, 3, 'g', "NAME\tCHG-7\r"},
    {"contract", "advance", NULL, NULL, NULL, 3, 'g', "\tCHG-7\tNAME\r"},
};

struct question {
    const struct asked_act *act;
    struct snapshot *snapshot;
    struct confirm *confirm;
    char *answer;
    int accepted; /* how often it would have been sent */
    gint64 now_us;
};

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

static char *answer_of(const struct asked_act *act, const char *name)
{
    g_auto(GStrv) parts = g_strsplit(act->answer, "NAME", -1);
    return g_strjoinv(name, parts);
}

static gboolean is_of_session(const struct asked_act *act)
{
    return strcmp(act->verb, "cancel") == 0 || strcmp(act->verb, "terminate") == 0;
}

/* One that works for the first of these acts, one that stands in a transaction for the other. */
static struct snap_session *session_of(const struct question *q)
{
    return q->snapshot->activity->sessions->pdata[strcmp(q->act->verb, "cancel") == 0];
}

static struct confirm *open_session(const struct question *q, GError **error)
{
    struct snap_session *session = session_of(q);
    session->query_us = 2;
    session->xact_us = 1;
    q->snapshot->activity->total = (int)q->snapshot->activity->sessions->len;
    return asking_session(session, strcmp(q->act->verb, "terminate") == 0, NULL, OPENED, error);
}

/* Opened, with its card, and all of it read. */
static struct question open_question(const struct asked_act *act)
{
    static char *card[] = {(char *)"abort --to start: everything",
                           (char *)"  1  drop column full_name", NULL};
    struct question q = {.act = act, .now_us = SEEN};
    g_autoptr(GError) error = NULL;
    q.snapshot = fixture_read(act->fixture);
    struct asking asking = {
        .snapshot = q.snapshot,
        .migration = strcmp(act->verb, "resume_all") == 0 ? NULL : q.snapshot->migrations->pdata[0],
        .verb = act->verb,
        .step = act->step,
        .reason = act->reason,
        .settings = act->settings,
        .now_us = OPENED};
    q.confirm = is_of_session(act) ? open_session(&q, &error) : asking_open(&asking, &error);
    if (!q.confirm)
        fail_msg("%s: %s", act->verb, error->message);
    assert_int_equal(q.confirm->level, act->level);
    if (act->key)
        q.confirm->opened_with = (struct key){KEY_CODE_CHAR, (gunichar)act->key};
    if (q.confirm->awaits_card)
        asking_set_card(q.confirm, card, NULL);
    q.answer = answer_of(act, q.confirm->need ? q.confirm->need : "");
    return q;
}

static void close_question(struct question *q)
{
    confirm_free(q->confirm);
    snapshot_free(q->snapshot);
    g_free(q->answer);
}

static struct key key_of(char c)
{
    struct key key = {KEY_CODE_CHAR, (guchar)c};
    if (c == '\r')
        key = (struct key){KEY_CODE_ENTER, 0};
    else if (c == '\t')
        key = (struct key){KEY_CODE_TAB, 0};
    else if (c == '\033')
        key = (struct key){KEY_CODE_ESC, 0};
    return key;
}

/* As the console does: what is accepted or cancelled is no longer there. */
static enum confirm_result give(struct question *q, struct key key)
{
    if (!q->confirm)
        return CONFIRM_CANCELLED;
    enum confirm_result result = confirm_key(q->confirm, &key, q->now_us);
    q->accepted += result == CONFIRM_ACCEPTED;
    if (result != CONFIRM_OPEN)
        g_clear_pointer(&q->confirm, confirm_free);
    return result;
}

static void give_all(struct question *q, const char *keys, gsize n)
{
    for (gsize i = 0; i < n; i++)
        give(q, key_of(keys[i]));
}

static void sent(const struct question *q, int times, const char *what)
{
    if (q->accepted != times)
        fail_msg("%s \"%s\": %s was sent %d times", q->act->fixture, q->act->verb, what,
                 q->accepted);
}

#define EACH_ACT(a) for (const struct asked_act *a = acts; a < acts + G_N_ELEMENTS(acts); a++)

/* The right keys, whatever comes after them, and each of their beginnings. */
static void test_the_right_keys_and_only_they(void **state)
{
    (void)state;
    EACH_ACT(act)
    {
        struct question q = open_question(act);
        gsize n = strlen(q.answer);
        give_all(&q, q.answer, n);
        give_all(&q, q.answer, n);
        give_all(&q, "\r\ryy", 4);
        sent(&q, 1, "the right answer");
        close_question(&q);
        for (gsize part = 0; part < n; part++) {
            q = open_question(act);
            give_all(&q, q.answer, part);
            sent(&q, 0, "a part of the answer");
            assert_non_null(q.confirm);
            close_question(&q);
        }
    }
}

/* One key left out, doubled, or another one in its place. Tab and the letters of a reason may be. */
static void test_one_key_wrong(void **state)
{
    (void)state;
    EACH_ACT(act)
    {
        struct question q = open_question(act);
        g_autofree char *answer = g_strdup(q.answer);
        g_autofree char *need = g_strdup(q.confirm->need);
        close_question(&q);
        const char *name = need ? strstr(answer, need) : NULL;
        for (gsize i = 0; name && i < strlen(need); i++) {
            gsize at = (gsize)(name - answer) + i, n = strlen(answer);
            q = open_question(act); /* left out */
            give_all(&q, answer, at);
            give_all(&q, answer + at + 1, n - at - 1);
            sent(&q, 0, "a name with a letter less");
            close_question(&q);
            q = open_question(act); /* doubled */
            give_all(&q, answer, at + 1);
            give_all(&q, answer + at, n - at);
            sent(&q, 0, "a name with a letter more");
            close_question(&q);
            q = open_question(act);
            give_all(&q, answer, at);
            give(&q, key_of('#'));
            give_all(&q, answer + at + 1, n - at - 1);
            sent(&q, 0, "a name with another letter");
            close_question(&q);
        }
    }
}

enum way { ESCAPE, CONTROL_C, PAUSE, PAUSE_ALL, TIME, LATE, NAMES, MOVED, GONE, WAYS };

/* What has become of the target is said. */
static gboolean session_leaves(struct question *q, gboolean gone)
{
    struct snap_session *session = session_of(q);
    g_autofree char *before = asking_session_moved(q->confirm, q->snapshot);
    assert_null(before);
    if (gone)
        snap_text_set(&session->backend_start, "2020-01-01 00:00:00+00");
    else
        session->query_us = session->xact_us = 3;
    g_autofree char *after = asking_session_moved(q->confirm, q->snapshot);
    return after && strstr(after, gone ? "the session has ended" : "by itself");
}

/* Out of a strip, with a pause to send; where letters are text it is one, and neither. */
static gboolean pauses(struct question *q, char letter)
{
    struct key key = key_of(letter);
    enum confirm_cause cause = letter == 'p' ? CAUSE_PAUSE : CAUSE_PAUSE_ALL;
    gsize before = q->confirm->name->len + q->confirm->reason->len;
    enum confirm_result result = confirm_key(q->confirm, &key, q->now_us);
    if (q->act->level == 1)
        return result == CONFIRM_CANCELLED && q->confirm->cause == cause &&
               strstr(confirm_cause_text(q->confirm), "nothing else was sent");
    return result == CONFIRM_OPEN && q->confirm->cause == CAUSE_NONE &&
           q->confirm->name->len + q->confirm->reason->len == before + 1;
}

/* TRUE: this way leads out of this question. */
static gboolean leave(struct question *q, enum way way)
{
    gint64 limit = q->act->level == 1 ? CONFIRM_TIMEOUT_S : CONFIRM_DIALOG_S;
    struct snap_migration *m = q->snapshot->migrations->pdata[0];
    if (is_of_session(q->act) && way >= MOVED)
        return session_leaves(q, way == GONE);
    switch (way) {
    case ESCAPE:
        return give(q, key_of('\033')) == CONFIRM_CANCELLED;
    case CONTROL_C:
        return give(q, key_of(3)) == CONFIRM_CANCELLED;
    case PAUSE:
    case PAUSE_ALL:
        return pauses(q, way == PAUSE ? 'p' : 'P');
    case TIME:
        return confirm_tick(q->confirm, OPENED + limit * G_USEC_PER_SEC + 1) == CONFIRM_CANCELLED;
    case LATE: /* the very answer, too late */
        q->now_us = OPENED + limit * G_USEC_PER_SEC + 1;
        return give(q, key_of(q->act->level == 1 ? 'y' : '\r')) == CONFIRM_CANCELLED;
    case NAMES:
        if (q->act->level == 1)
            return TRUE;
        q->confirm->field = FIELD_NAME;
        for (int i = 0; i < 3; i++)
            give_all(q, "\025wrong\r", 7);
        return !q->confirm;
    case MOVED: /* of all of them the holds are what was shown */
        m->version++;
        g_ptr_array_set_size(m->holds, 0);
        return !asking_refresh(q->confirm, q->snapshot);
    default:
        g_ptr_array_set_size(q->snapshot->migrations, 0);
        return !asking_refresh(q->confirm, q->snapshot);
    }
}

static void test_every_way_out(void **state)
{
    (void)state;
    EACH_ACT(act)
    {
        for (enum way way = ESCAPE; way < WAYS; way++) {
            struct question q = open_question(act);
            gsize n = strlen(q.answer);
            for (gsize part = 0; part < n; part++) { /* from whatever has been typed so far */
                give_all(&q, q.answer, part);
                if (!leave(&q, way))
                    fail_msg("%s %s: way %d after %zu keys", act->fixture, act->verb, way, part);
                sent(&q, 0, "what was cancelled");
                close_question(&q);
                q = open_question(act);
            }
            close_question(&q);
        }
    }
}

/* Why it was closed is said. */
static void test_causes_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *keys, *text;
    } ways[] = {{"\033", "Esc"}, {"\003", "Ctrl-C"}, {"n", "another key"}};
    for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
        struct question q = open_question(&acts[0]);
        struct key key = key_of(ways[i].keys[0]);
        assert_int_equal(confirm_key(q.confirm, &key, SEEN), CONFIRM_CANCELLED);
        assert_non_null(strstr(confirm_cause_text(q.confirm), ways[i].text));
        assert_non_null(strstr(confirm_cause_text(q.confirm), "nothing was sent"));
        close_question(&q);
    }
}

/* dd, AA, Enter Enter, yy held, the opening key held, and all of it before it can have been read. */
static void test_accidents(void **state)
{
    (void)state;
    EACH_ACT(act)
    {
        struct question q = open_question(act);
        for (int i = 0; i < 90 && q.confirm; i++)
            give(&q, key_of('\r'));
        sent(&q, 0, "Enter held down");
        close_question(&q);
        q = open_question(act);
        q.now_us = OPENED + CONFIRM_DEAF_US - 1;
        give_all(&q, q.answer, strlen(q.answer));
        give_all(&q, q.answer, strlen(q.answer));
        sent(&q, 0, "what was typed ahead");
        assert_non_null(q.confirm);
        close_question(&q);
        q = open_question(act);
        q.now_us = OPENED;
        for (int i = 0; i < 90 && act->key; i++) { /* 30 a second for 3 s */
            assert_int_equal(give(&q, key_of(act->key)), CONFIRM_OPEN);
            q.now_us += G_USEC_PER_SEC / 30;
        }
        sent(&q, 0, "the opening key held down");
        assert_int_equal(q.confirm->name->len, 0);
        close_question(&q);
        q = open_question(act);
        for (int i = 0; i < 9; i++)
            give(&q, (struct key){KEY_CODE_OTHER, 0});
        sent(&q, 0, "what means nothing");
        assert_non_null(q.confirm);
        close_question(&q);
    }
}

/* A strip takes none; a name takes one as the first thing, of less than 64 bytes; a reason takes one. */
static void test_pastes(void **state)
{
    (void)state;
    g_autofree char *longest = g_strnfill(CONFIRM_PASTE_MAX, 'x');
    g_autofree char *longer = g_strnfill(CONFIRM_PASTE_MAX + 1, 'x');
    EACH_ACT(act)
    {
        struct question q = open_question(act);
        gboolean dialog = act->level > 1;
        assert_false(confirm_paste(q.confirm, "y", OPENED)); /* not yet seen */
        assert_int_equal(confirm_paste(q.confirm, "p", SEEN), dialog);
        assert_int_equal(q.confirm->cause, CAUSE_NONE);
        g_string_truncate(q.confirm->name, 0);
        assert_int_equal(confirm_paste(q.confirm, "y", SEEN), dialog);
        sent(&q, 0, "a paste");
        assert_false(confirm_paste(q.confirm, "z", SEEN)); /* no longer the first */
        g_string_truncate(q.confirm->name, 0);
        assert_false(confirm_paste(q.confirm, longer, SEEN));
        assert_int_equal(confirm_paste(q.confirm, longest, SEEN), dialog);
        q.confirm->field = FIELD_REASON;
        g_string_truncate(q.confirm->reason, 0);
        assert_int_equal(confirm_paste(q.confirm, "https://ticket/1", SEEN), dialog);
        assert_int_equal(confirm_paste(q.confirm, " and more", SEEN), dialog);
        close_question(&q);
    }
}

/* What has to be there before the right keys are right. */
static void test_conditions(void **state)
{
    (void)state;
    EACH_ACT(act)
    {
        struct question q = open_question(act);
        confirm_set_page(q.confirm, 9, 3); /* not read to its end */
        q.confirm->read = 3;
        give_all(&q, q.answer, strlen(q.answer));
        sent(&q, 0, "what has not been read");
        close_question(&q);
        if (act->level < 2)
            continue;
        q = open_question(act);
        q.confirm->awaits_card = TRUE;
        give_all(&q, q.answer, strlen(q.answer));
        sent(&q, 0, "what has no card yet");
        close_question(&q);
        q = open_question(act);
        give_all(&q, q.confirm->need, strlen(q.confirm->need));
        give_all(&q, "\t -.. \r", 7);
        sent(&q, 0, "what has no reason");
        close_question(&q);
    }
}

/* Contract: any check that fails, and data that is late, lock the name. */
static void test_the_name_is_locked(void **state)
{
    (void)state;
    EACH_ACT(act)
    {
        if (act->level < 3)
            continue;
        struct question q = open_question(act);
        for (guint i = 0; i <= q.confirm->checks->len; i++) {
            gboolean late = i == q.confirm->checks->len;
            struct confirm_check *check = late ? NULL : q.confirm->checks->pdata[i];
            if (late)
                q.confirm->wants_live = TRUE;
            else
                check->ok = FALSE;
            q.confirm->field = FIELD_NAME;
            give_all(&q, "users", 5);
            assert_false(confirm_paste(q.confirm, "users", SEEN));
            assert_int_equal(q.confirm->name->len, 0);
            give(&q, key_of('\r'));
            assert_non_null(q.confirm);
            if (late)
                assert_true(asking_refresh(q.confirm, q.snapshot));
            else
                check->ok = TRUE;
        }
        give_all(&q, q.answer, strlen(q.answer) - 1);
        q.snapshot->engine_alive = FALSE; /* read anew with each snapshot */
        assert_true(asking_refresh(q.confirm, q.snapshot));
        assert_int_equal(give(&q, key_of('\r')), CONFIRM_OPEN);
        q.snapshot->engine_alive = TRUE;
        assert_true(asking_refresh(q.confirm, q.snapshot));
        assert_int_equal(give(&q, key_of('\r')), CONFIRM_ACCEPTED);
        sent(&q, 1, "contract");
        close_question(&q);
    }
}

/* Keys at random: what is accepted is what stands there. */
static void test_at_random(void **state)
{
    (void)state;
    static const char keys[] = "yntrsgcAapP\r\r\t\025users-full-name j127";
    GRand *random = g_rand_new_with_seed(7);
    EACH_ACT(act)
    {
        for (int round = 0; round < 300; round++) {
            struct question q = open_question(act);
            for (int i = 0; i < 60 && q.confirm; i++) {
                char c = keys[g_rand_int_range(random, 0, (gint32)sizeof keys - 1)];
                gboolean answers = act->level == 1 ? c == 'y' || (c == 't' && act->key == 'r')
                                                   : confirm_is_complete(q.confirm) && c == '\r';
                enum confirm_result result = give(&q, key_of(c));
                assert_int_equal(result == CONFIRM_ACCEPTED, answers);
            }
            close_question(&q);
        }
    }
    g_rand_free(random);
}

/* The confirming key is never the one that opened the question. */
static void test_two_different_keys(void **state)
{
    (void)state;
    for (const struct binding *b = bindings; b->act != ACT_NONE; b++)
        assert_false(b->confirm && (b->key.c == 'y' || b->key.code == KEY_CODE_ENTER));
    EACH_ACT(act)
    {
        struct question q = open_question(act);
        assert_true(!act->key || (act->key != 'y' && act->key != q.confirm->alternative_key));
        close_question(&q);
    }
}

int main(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return 99;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_right_keys_and_only_they),
        cmocka_unit_test(test_one_key_wrong),
        cmocka_unit_test(test_every_way_out),
        cmocka_unit_test(test_causes_are_told),
        cmocka_unit_test(test_accidents),
        cmocka_unit_test(test_pastes),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_the_name_is_locked),
        cmocka_unit_test(test_at_random),
        cmocka_unit_test(test_two_different_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
