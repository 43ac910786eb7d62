/* Locks, replicas and slots as sentences. */
#include "config.h"
#include "console/sentences.h"

#include <math.h>
#include <string.h>

#include "console/format.h"
#include "console/screens/locks.h"
#include "console/screens/replicas.h"
#include "pgrollout/engine/live.h"

#define QUERY_LETTERS 100
#define LISTED 6 /* so many pids are named, the others counted */

static void add(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void add(GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
}

static void add_part(GString *out, const char *before, const char *text)
{
    if (text && *text)
        add(out, "%s%s", before, text);
}

static void sentence_end(GPtrArray *sentences, GString *out)
{
    g_ptr_array_add(sentences, g_string_free(out, FALSE));
}

char *spoken_query(const char *query)
{
    g_autofree char *valid = g_utf8_make_valid(query ? query : "", -1);
    return g_utf8_substring(valid, 0, MIN(QUERY_LETTERS, g_utf8_strlen(valid, -1)));
}

static void add_who(GString *out, const struct snap_session *s)
{
    g_autofree char *state = spoken_time(s->state_s), *xact = spoken_time(s->xact_s);
    if (s->pid == 0) {
        add(out, "Prepared transactions of %s", s->login ? s->login : "an unknown login");
        add_part(out, ", prepared for ", xact);
        return;
    }
    add(out, "Session %" G_GINT64_FORMAT "%s", s->pid, s->ours ? " (pgrollout)" : "");
    add_part(out, ", ", s->login);
    add_part(out, ", ", s->application);
    add_part(out, ", ", s->state ? s->state : "state hidden from your login");
    add_part(out, " for ", s->state ? state : NULL);
    add_part(out, ", in a transaction for ", xact);
}

static void add_pids(GString *out, const char *before, const GArray *pids)
{
    for (guint i = 0; i < pids->len && i < LISTED; i++) {
        gint64 pid = g_array_index(pids, gint64, i);
        g_autofree char *name =
            pid ? g_strdup_printf("%" G_GINT64_FORMAT, pid) : g_strdup("a prepared transaction");
        add(out, "%s%s", i ? " and " : before, name);
    }
    if (pids->len > LISTED)
        add(out, " and %u more", pids->len - LISTED);
}

static void add_wait(GString *out, const struct snap_lock *lock)
{
    g_autofree char *waited = spoken_time(lock->waited_s);
    add(out, " waits");
    add_part(out, " for ", waited);
    add_part(out, " for ", lock->wants);
    add_part(out, ", a row of ", lock->row_of);
    add_pids(out, ", held by ", lock->hard);
    add_pids(out, ", queued behind ", lock->queue);
    if (!lock->hard->len && !lock->queue->len)
        add(out, ", on an unknown session");
    if (lock->loop)
        add(out, ", in a circle, of which the server ends one");
}

static void lock_add(GPtrArray *sentences, const struct snap_lock *lock)
{
    g_autofree char *query = spoken_query(lock->session->query);
    g_autofree char *caused = spoken_time(lock->causes_s);
    GString *out = g_string_new(NULL);
    add_who(out, lock->session);
    if (lock->waits)
        add_wait(out, lock);
    else
        add(out, " waits for nobody");
    if (lock->roots)
        add(out, "; %d wait%s for it, %s in all", lock->roots, lock->roots == 1 ? "s" : "",
            caused ? caused : "an unknown time");
    if (lock->roots || !lock->waits)
        add_part(out, "; holds ", lock->holds);
    add_part(out, "; in the way of the next step with ", lock->meets);
    add_part(out, ": ", lock->session->query_hidden ? "statement hidden from your login" : query);
    sentence_end(sentences, out);
}

static void next_add(GPtrArray *sentences, const struct snap_locks *locks)
{
    const struct snap_next_lock *next = locks->next;
    if (!next)
        return;
    g_autofree char *mode = locks_mode(next->mode);
    g_autofree char *limit = spoken_time(next->limit_ms / 1000);
    GString *out = g_string_new(NULL);
    add(out, "The next step, %s, needs %s on %s%s", next->step ? next->step : "?", mode,
        next->tables ? next->tables : "?", next->assumed ? ", as far as is known" : "");
    add_part(out, "; each try gives up after ", limit);
    if (locks->meeting)
        add(out, "; %d session%s in its way.", locks->meeting,
            locks->meeting == 1 ? " is" : "s are");
    else
        add(out, "; nobody is in its way.");
    sentence_end(sentences, out);
}

GPtrArray *sentences_of_locks(const struct snap_locks *locks)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *longest = spoken_time(locks->longest_s);
    if (!locks->waiting)
        g_ptr_array_add(out, g_strdup("Nobody waits for a lock."));
    else
        g_ptr_array_add(out,
                        g_strdup_printf("%d session%s for a lock, the longest for %s.",
                                        locks->waiting, locks->waiting == 1 ? " waits" : "s wait",
                                        longest ? longest : "an unknown time"));
    for (guint i = 0; i < locks->sessions->len; i++)
        lock_add(out, locks->sessions->pdata[i]);
    if (locks->asked < locks->waiting)
        g_ptr_array_add(out, g_strdup_printf("%d more wait.", locks->waiting - locks->asked));
    next_add(out, locks);
    return out;
}

/* --- replicas and slots */

static void standby_add(GPtrArray *sentences, const struct snap_standby *s)
{
    GString *out = g_string_new(NULL);
    add(out, "Replica %s: ", s->name && *s->name ? s->name : "without a name");
    if (!s->state) {
        add(out, "not shown to your login.");
        sentence_end(sentences, out);
        return;
    }
    g_autofree char *lag = spoken_time(s->replay_s), *behind = bytes_format(s->behind);
    add(out, "%s", s->state);
    add_part(out, ", ", s->sync);
    add(out, ", %s behind, %s not replayed", lag ? lag : "unknown time", behind);
    add_part(out, ", slot ", s->slot);
    add(out, ".");
    sentence_end(sentences, out);
}

static void slot_add(GPtrArray *sentences, const struct view *view, const struct snap_slot *s)
{
    double limit = slot_limit(view);
    g_autofree char *kept = bytes_format(s->retained), *most = bytes_format(limit);
    GString *out = g_string_new(NULL);
    add(out, "Slot %s: %s", s->name ? s->name : "without a name", s->type ? s->type : "?");
    add_part(out, " ", s->plugin);
    add_part(out, " of database ", s->database);
    if (s->active)
        add(out, ", read by session %" G_GINT64_FORMAT, s->active_pid);
    else
        add(out, ", NOBODY reads it");
    if (g_strcmp0(s->status, "lost") == 0)
        add(out, ", LOST: the WAL that it needs is gone");
    else
        add(out, ", keeps %s of WAL%s%s", kept, isnan(limit) ? ", without a limit" : " of at most ",
            isnan(limit) ? "" : most);
    add(out, ".");
    sentence_end(sentences, out);
}

static void upstream_add(GPtrArray *sentences, const struct snap_replication *r)
{
    g_autofree char *age = spoken_time(r->replay_age_s), *left = bytes_format(r->replay_left);
    GString *out = g_string_new("This server is a standby itself");
    if (!r->upstream)
        add(out, " and follows NOBODY");
    else {
        add_part(out, ", ", r->upstream->status);
        add_part(out, " from ", r->upstream->host);
    }
    if (!isnan(r->replay_left))
        add(out, ", %s to replay", left);
    add_part(out, ", its last commit is ", age);
    add(out, "%s.", age ? " old" : "");
    sentence_end(sentences, out);
}

static void archive_add(GPtrArray *sentences, const struct snap_archive *archive)
{
    g_autofree char *last = spoken_time(archive->last_s), *failed = spoken_time(archive->failed_s);
    gboolean off = !archive->mode || strcmp(archive->mode, "off") == 0;
    if (archive->fails)
        g_ptr_array_add(sentences,
                        g_strdup_printf("Archiving FAILS, the last time %s ago; WAL stays.",
                                        failed ? failed : "an unknown time"));
    else
        g_ptr_array_add(sentences, off    ? g_strdup("WAL is not archived.")
                                   : last ? g_strdup_printf("WAL was archived %s ago.", last)
                                          : g_strdup("WAL has not been archived yet."));
}

GPtrArray *sentences_of_replication(const struct view *view)
{
    const struct snap_replication *r = view->snapshot->replication;
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    if (r->recovery)
        upstream_add(out, r);
    for (guint i = 0; i < r->standbys->len; i++)
        standby_add(out, r->standbys->pdata[i]);
    if (!r->standbys->len)
        g_ptr_array_add(out, g_strdup("There is no replica."));
    for (guint i = 0; i < r->slots->len; i++)
        slot_add(out, view, r->slots->pdata[i]);
    if (!r->slots->len)
        g_ptr_array_add(out, g_strdup("There is no replication slot."));
    if (r->archive)
        archive_add(out, r->archive);
    return out;
}
