/* Screen 3: what is said of the selected session, and of the next step. */
#include "config.h"
#include "console/screens/locks.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define LISTED 6 /* so many pids are named, the others counted */

static gboolean known(const char *text)
{
    return text && *text;
}

static gboolean is_idle(const struct snap_session *s)
{
    return s->state && g_str_has_prefix(s->state, "idle");
}

static void line_add(GPtrArray *lines, enum token token, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void line_add(GPtrArray *lines, enum token token, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct confirm_line *line = g_new0(struct confirm_line, 1);
    *line = (struct confirm_line){token, g_strdup_vprintf(format, args)};
    va_end(args);
    g_ptr_array_add(lines, line);
}

static void line_free(void *data)
{
    struct confirm_line *line = data;
    g_free(line->text);
    g_free(line);
}

char *locks_mode(const char *mode)
{
    GString *out = g_string_new(NULL);
    for (const char *p = mode ? mode : ""; *p && strcmp(p, "Lock") != 0; p++) {
        if (p != mode && g_ascii_isupper(*p))
            g_string_append_c(out, ' ');
        g_string_append_c(out, g_ascii_toupper(*p));
    }
    return g_string_free(out, FALSE);
}

static void who_add(GPtrArray *lines, const struct snap_lock *lock)
{
    const struct snap_session *s = lock->session;
    g_autofree char *state = age_format(s->state_s), *xact = age_format(s->xact_s);
    if (s->pid == 0) {
        line_add(lines, TOKEN_TEXT, "prepared by %s in %s, %s ago: %s",
                 known(s->login) ? s->login : "?", known(s->database) ? s->database : "?", xact,
                 known(s->query) ? s->query : "?");
        return;
    }
    g_autofree char *open =
        isnan(s->xact_s) ? g_strdup("") : g_strdup_printf(", transaction open for %s", xact);
    line_add(lines, TOKEN_TEXT, "%s from %s in %s%s%s%s%s%s", known(s->login) ? s->login : "?",
             known(s->address) ? s->address
             : s->query_hidden ? "a hidden address"
                               : "this host",
             known(s->database) ? s->database : "no database", s->state ? " · " : "",
             s->state ? s->state : "", s->state ? " for " : "", s->state ? state : "",
             s->state ? open : "");
    if (s->ours)
        line_add(lines, TOKEN_OURS, "▸ a session of pgrollout");
}

static void query_add(GPtrArray *lines, const struct snap_session *s)
{
    if (s->query_hidden)
        line_add(lines, TOKEN_WARN,
                 "What it does is hidden from this login: that takes pg_read_all_stats, which is "
                 "in pg_monitor.");
    else if (known(s->query) && s->pid)
        line_add(lines, TOKEN_TEXT, "%s %s%s",
                 is_idle(s) ? "last statement:" : "statement:", s->query,
                 s->query_length > (int)g_utf8_strlen(s->query, -1) ? " …" : "");
}

/* " 15022, 15024 and 3 more" */
static void pids_append(GString *out, const GArray *pids, guint total)
{
    guint n = MIN(pids->len, LISTED);
    for (guint i = 0; i < n; i++) {
        gint64 pid = g_array_index(pids, gint64, i);
        g_string_append(out, i ? ", " : " ");
        if (pid)
            g_string_append_printf(out, "%" G_GINT64_FORMAT, pid);
        else
            g_string_append(out, "a prepared transaction");
    }
    if (total > n)
        g_string_append_printf(out, " and %u more", total - n);
}

static void waits_add(GPtrArray *lines, const struct snap_lock *lock)
{
    if (!lock->waits)
        return;
    g_autofree char *waited = age_format(lock->waited_s);
    g_autoptr(GString) whom = g_string_new(NULL);
    guint others = (guint)MAX(0, lock->blockers - (int)lock->hard->len - (int)lock->queue->len);
    if (lock->hard->len) {
        g_string_append(whom, " · held by");
        pids_append(whom, lock->hard, lock->hard->len + (lock->queue->len ? 0 : others));
    }
    if (lock->queue->len) {
        g_string_append(whom, " · queued behind");
        pids_append(whom, lock->queue, lock->queue->len + others);
    }
    line_add(lines, TOKEN_WARN, "waits %s for %s%s%s%s", waited, lock->wants ? lock->wants : "?",
             lock->row_of ? ", a row of " : "", lock->row_of ? lock->row_of : "", whom->str);
    if (lock->loop)
        line_add(lines, TOKEN_DANGER,
                 "(loop) it waits in a circle: the server ends one of them after "
                 "deadlock_timeout");
}

static void roots_add(GPtrArray *lines, const struct snap_lock *lock)
{
    g_autofree char *all = age_format(lock->causes_s);
    if (lock->roots)
        line_add(lines, TOKEN_WARN, "roots %d waiter%s, %s of waiting so far%s%s", lock->roots,
                 lock->roots == 1 ? "" : "s", all, lock->holds ? "; holds " : "",
                 lock->holds ? lock->holds : "");
    else if (lock->holds && !lock->waits)
        line_add(lines, TOKEN_TEXT, "holds %s", lock->holds);
    if (lock->meets)
        line_add(lines, TOKEN_GATE, "◄ holds %s, which the next step needs%s", lock->meets,
                 lock->roots ? "" : "; it blocks nobody now");
}

/* What each of the two acts would do here. */
static void acts_add(GPtrArray *lines, const struct snap_lock *lock)
{
    const struct snap_session *s = lock->session;
    const char *cancel = !s->state    ? "stops its statement, if one runs"
                         : is_idle(s) ? "no effect, nothing runs (idle)"
                                      : "its statement and transaction fail, its locks go";
    if (s->pid == 0)
        line_add(lines, TOKEN_KEY,
                 "no session has it: only COMMIT PREPARED or ROLLBACK PREPARED end it");
    else if (s->ours)
        line_add(lines, TOKEN_KEY, "p pauses it without harm; the engine tries again by itself");
    else
        line_add(lines, TOKEN_KEY, "x: %s · X: its transaction rolls back, its client is cut off",
                 cancel);
}

GPtrArray *locks_detail(const struct view *view, const struct list_row *row)
{
    const struct snap_lock *lock = row->data;
    GPtrArray *lines = g_ptr_array_new_with_free_func(line_free);
    (void)view;
    who_add(lines, lock);
    waits_add(lines, lock);
    roots_add(lines, lock);
    query_add(lines, lock->session);
    if (isnan(row->ended_s))
        acts_add(lines, lock);
    else
        line_add(lines, TOKEN_DIM, "it has ended, or waits and blocks no more");
    return lines;
}

char *locks_next_text(const struct view *view, gboolean brief)
{
    const struct snap_locks *locks = view->snapshot->locks;
    const struct snap_next_lock *next = locks->next;
    if (!next)
        return NULL;
    g_autofree char *mode = locks_mode(next->mode);
    g_autofree char *what =
        g_strdup_printf("step %d%s%s", next->number, brief ? "" : " ", brief ? "" : next->step);
    if (!locks->meeting)
        return g_strdup_printf("%s needs %s on %s: nobody in its way", what, mode,
                               next->tables ? next->tables : "?");
    return g_strdup_printf("%s needs %s on %s%s: %d in its way ◄", what, mode,
                           next->tables ? next->tables : "?", next->assumed ? " (assumed)" : "",
                           locks->meeting);
}

char *locks_try_text(const struct view *view)
{
    const struct snap_locks *locks = view->snapshot->locks;
    const struct snap_migration *m = view_migration(view);
    const struct snap_hold *hold = m ? snap_hold_find(m, "lock") : NULL;
    const struct snap_lock *own = NULL;
    for (guint i = 0; i < locks->sessions->len && !own; i++) {
        const struct snap_lock *lock = locks->sessions->pdata[i];
        own = lock->waits && lock->session->ours ? lock : NULL;
    }
    g_autoptr(GString) out = g_string_new(NULL);
    const struct snap_next_lock *next = locks->next;
    gboolean limited = next && !isnan(next->limit_ms) && g_strcmp0(next->state, "running") == 0;
    if (own && limited) {
        double waited_s = isnan(own->waited_s) ? 0 : own->waited_s;
        g_autofree char *limit = age_format(next->limit_ms / 1000);
        g_autofree char *left = age_format(MAX(0, next->limit_ms / 1000 - waited_s));
        g_string_append_printf(out, "gives up in %s (lock_timeout %s), then tries again", left,
                               limit);
    }
    if (hold)
        g_string_append_printf(out, "%s%s", out->len ? " · " : "",
                               hold->reason ? hold->reason : "");
    return out->len ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}
