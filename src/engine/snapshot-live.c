/* Locks, standbys and slots out of the snapshot's JSON. */
#include "config.h"
#include "snapshot-private.h"

#include <math.h>

static const struct field lock_fields[] = {
    FIELD(snap_lock, FIELD_BOOL, waits),   FIELD(snap_lock, FIELD_NUMBER, waited_s),
    FIELD(snap_lock, FIELD_TEXT, wants),   FIELD(snap_lock, FIELD_TEXT, holds),
    FIELD(snap_lock, FIELD_TEXT, row_of),  FIELD(snap_lock, FIELD_TEXT, meets),
    FIELD(snap_lock, FIELD_INT, blockers), {0},
};

static const struct field next_lock_fields[] = {
    FIELD(snap_next_lock, FIELD_TEXT, step),    FIELD(snap_next_lock, FIELD_TEXT, title),
    FIELD(snap_next_lock, FIELD_TEXT, state),   FIELD(snap_next_lock, FIELD_TEXT, mode),
    FIELD(snap_next_lock, FIELD_TEXT, tables),  FIELD(snap_next_lock, FIELD_INT, number),
    FIELD(snap_next_lock, FIELD_INT, total),    FIELD(snap_next_lock, FIELD_NUMBER, limit_ms),
    FIELD(snap_next_lock, FIELD_BOOL, assumed), {0},
};

static const struct field locks_fields[] = {
    FIELD(snap_locks, FIELD_INT, waiting),
    FIELD(snap_locks, FIELD_NUMBER, longest_s),
    {0},
};

static const struct field standby_fields[] = {
    FIELD(snap_standby, FIELD_INT64, pid),      FIELD(snap_standby, FIELD_TEXT, name),
    FIELD(snap_standby, FIELD_TEXT, address),   FIELD(snap_standby, FIELD_TEXT, login),
    FIELD(snap_standby, FIELD_TEXT, state),     FIELD(snap_standby, FIELD_TEXT, sync),
    FIELD(snap_standby, FIELD_TEXT, slot),      FIELD(snap_standby, FIELD_NUMBER, write_s),
    FIELD(snap_standby, FIELD_NUMBER, flush_s), FIELD(snap_standby, FIELD_NUMBER, replay_s),
    FIELD(snap_standby, FIELD_NUMBER, behind),  FIELD(snap_standby, FIELD_NUMBER, unsent),
    FIELD(snap_standby, FIELD_NUMBER, heard_s), {0},
};

static const struct field slot_fields[] = {
    FIELD(snap_slot, FIELD_TEXT, name),       FIELD(snap_slot, FIELD_TEXT, type),
    FIELD(snap_slot, FIELD_TEXT, plugin),     FIELD(snap_slot, FIELD_TEXT, database),
    FIELD(snap_slot, FIELD_TEXT, status),     FIELD(snap_slot, FIELD_BOOL, active),
    FIELD(snap_slot, FIELD_BOOL, temporary),  FIELD(snap_slot, FIELD_INT64, active_pid),
    FIELD(snap_slot, FIELD_NUMBER, retained), FIELD(snap_slot, FIELD_NUMBER, safe),
    FIELD(snap_slot, FIELD_NUMBER, xmin_age), {0},
};

static const struct field archive_fields[] = {
    FIELD(snap_archive, FIELD_TEXT, mode),
    FIELD(snap_archive, FIELD_TEXT, last),
    FIELD(snap_archive, FIELD_TEXT, last_failed),
    FIELD(snap_archive, FIELD_NUMBER, archived),
    FIELD(snap_archive, FIELD_NUMBER, failed),
    FIELD(snap_archive, FIELD_NUMBER, last_s),
    FIELD(snap_archive, FIELD_NUMBER, failed_s),
    FIELD(snap_archive, FIELD_BOOL, fails),
    {0},
};

static const struct field upstream_fields[] = {
    FIELD(snap_upstream, FIELD_TEXT, status),    FIELD(snap_upstream, FIELD_TEXT, host),
    FIELD(snap_upstream, FIELD_TEXT, slot),      FIELD(snap_upstream, FIELD_NUMBER, port),
    FIELD(snap_upstream, FIELD_NUMBER, heard_s), {0},
};

static const struct field replication_fields[] = {
    FIELD(snap_replication, FIELD_BOOL, recovery),
    FIELD(snap_replication, FIELD_TEXT, lsn),
    FIELD(snap_replication, FIELD_NUMBER, position),
    FIELD(snap_replication, FIELD_NUMBER, keep),
    FIELD(snap_replication, FIELD_NUMBER, replay_age_s),
    FIELD(snap_replication, FIELD_NUMBER, replay_left),
    {0},
};

PLAIN_ELEMENT(static, , next_lock)
PLAIN_ELEMENT(static, , standby)
PLAIN_ELEMENT(static, , slot)
PLAIN_ELEMENT(static, , archive)
PLAIN_ELEMENT(static, , upstream)

static void *lock_read(JsonObject *object)
{
    struct snap_lock *lock = g_new0(struct snap_lock, 1);
    snap_fields_read(lock_fields, object, lock);
    lock->session = snap_session_read(object);
    lock->hard = snap_numbers_read(object, "hard");
    lock->queue = snap_numbers_read(object, "queue");
    return lock;
}

static void lock_free(void *data)
{
    struct snap_lock *lock = data;
    snap_fields_clear(lock_fields, lock);
    snap_session_free(lock->session);
    g_array_unref(lock->hard);
    g_array_unref(lock->queue);
    g_free(lock->bars);
    g_free(lock);
}

struct snap_locks *locks_read(JsonObject *object)
{
    if (!object)
        return NULL;
    struct snap_locks *locks = g_new0(struct snap_locks, 1);
    JsonObject *next = snap_member_object(object, "next");
    snap_fields_read(locks_fields, object, locks);
    locks->sessions = snap_list_read(object, "sessions", lock_read, lock_free);
    locks->next = next ? next_lock_read(next) : NULL;
    lock_tree_build(locks);
    return locks;
}

void locks_free(struct snap_locks *locks)
{
    if (!locks)
        return;
    if (locks->next)
        next_lock_free(locks->next);
    g_ptr_array_unref(locks->sessions);
    g_free(locks);
}

struct snap_replication *replication_read(JsonObject *object)
{
    if (!object)
        return NULL;
    struct snap_replication *r = g_new0(struct snap_replication, 1);
    JsonObject *upstream = snap_member_object(object, "upstream");
    snap_fields_read(replication_fields, object, r);
    if (r->keep < 0) /* -1: no limit */
        r->keep = NAN;
    r->upstream = upstream ? upstream_read(upstream) : NULL;
    r->archive = archive_read(snap_member_object(object, "archive"));
    r->standbys = snap_list_read(object, "standbys", standby_read, standby_free);
    r->slots = snap_list_read(object, "slots", slot_read, slot_free);
    return r;
}

void replication_free(struct snap_replication *r)
{
    if (!r)
        return;
    snap_fields_clear(replication_fields, r);
    if (r->upstream)
        upstream_free(r->upstream);
    archive_free(r->archive);
    g_ptr_array_unref(r->standbys);
    g_ptr_array_unref(r->slots);
    g_free(r);
}
