/* The sampler alone, on a real server: reads a plan, samples, prints a line for every guard that
 * changed. For tests/db/sense.sh.
 *
 *   sense-probe CONNINFO PLAN INTERVAL_MS HASTE
 *
 * Standard input, line by line: "work" and "idle" (a step is at work or not), "held" and "free",
 * "moved" (progress), "set KEY=VALUE", "reset GUARD", "quit". */
#include "config.h"

#include <glib-unix.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgrollout/base/clock.h"
#include "pgrollout/engine/sense.h"
#include "pgrollout/plan/reader.h"

/* The guards' seconds pass so many times faster. */
static gint64 haste = 1;

static gint64 hasty_now_us(void)
{
    return g_get_monotonic_time() * haste;
}

struct probe {
    GMainLoop *loop;
    struct db_conn *conn;
    struct sense *sense;
    struct sense_subject subject;
    gint64 moved_us;
    GHashTable *settings;
    GHashTable *last; /* guard → its last line */
};

static const char *state_name(enum guard_state state)
{
    static const char *const names[] = {"ok", "slow", "tripped", "blind", "off", "unwatched"};
    return names[state];
}

static void on_guards(gint64 migration_id, GPtrArray *guards, void *data)
{
    struct probe *probe = data;
    (void)migration_id;
    for (guint i = 0; i < guards->len; i++) {
        const struct guard *guard = g_ptr_array_index(guards, i);
        char *line = g_strdup_printf("%s %s %.2f %s", guard->plan->name, state_name(guard->state),
                                     guard->value, guard->detail ? guard->detail : "");
        const char *last = g_hash_table_lookup(probe->last, guard->plan->name);
        if (g_strcmp0(last, line) != 0)
            printf("%s\n", line);
        if (guard->state == GUARD_TRIPPED && (!last || !strstr(last, " tripped "))) {
            g_autofree char *reason = guard_reason(guard);
            guint n = json_array_get_length(guard->samples);
            printf("because %s\n", reason);
            for (guint k = 0; k < n; k++) {
                JsonObject *entry = json_array_get_object_element(guard->samples, k);
                printf("evidence %s\n", json_object_get_string_member(entry, "text"));
            }
        }
        g_hash_table_insert(probe->last, guard->plan->name, line);
    }
    printf("sample lag %.2f waiters %d wal %.0f share %.2f\n", sense_lag_s(probe->sense),
           sense_waiters_on_us(probe->sense), sense_wal_bytes_per_s(probe->sense),
           sense_our_wal_share(probe->sense));
    fflush(stdout);
}

static void on_open(struct db_conn *conn, const GError *error, void *data)
{
    (void)conn;
    (void)data;
    printf("%s\n", error ? error->message : "open");
}

static gboolean on_tick(void *data)
{
    struct probe *probe = data;
    probe->subject.progressed_s = (double)(clock_now_us() - probe->moved_us) / G_USEC_PER_SEC;
    if (!db_conn_is_open(probe->conn) && !db_conn_is_busy(probe->conn))
        db_conn_open(probe->conn, 1000, on_open, probe);
    sense_sample(probe->sense, &probe->subject, 1, on_guards, probe);
    return G_SOURCE_CONTINUE;
}

static void setting_take(struct probe *probe, const char *text)
{
    g_auto(GStrv) pair = g_strsplit(text, "=", 2);
    g_hash_table_insert(probe->settings, g_strdup(pair[0]), g_strdup(pair[1]));
    sense_set(probe->sense, 1, probe->settings);
}

static gboolean on_input(int fd, GIOCondition condition, void *data)
{
    struct probe *probe = data;
    char line[200];
    (void)fd;
    (void)condition;
    if (!fgets(line, sizeof line, stdin) || g_str_has_prefix(line, "quit")) {
        g_main_loop_quit(probe->loop);
        return G_SOURCE_REMOVE;
    }
    g_strchomp(line);
    if (strcmp(line, "work") == 0 || strcmp(line, "idle") == 0)
        probe->subject.working = line[0] == 'w';
    else if (strcmp(line, "held") == 0 || strcmp(line, "free") == 0)
        probe->subject.held = line[0] == 'h';
    else if (strcmp(line, "moved") == 0)
        probe->moved_us = clock_now_us();
    else if (g_str_has_prefix(line, "set "))
        setting_take(probe, line + 4);
    else if (g_str_has_prefix(line, "reset "))
        sense_reset(probe->sense, 1, line + 6);
    return G_SOURCE_CONTINUE;
}

static struct plan *plan_of(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    struct plan *plan = plan_read(path, findings, &error);
    for (guint i = 0; i < findings->len; i++)
        fprintf(stderr, "%s\n", plan_finding_format(g_ptr_array_index(findings, i)));
    return plan;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    struct plan *plan = argc == 5 ? plan_of(argv[2]) : NULL;
    if (!plan)
        return 2;
    haste = atoi(argv[4]);
    clock_set_source(hasty_now_us);
    struct db_target *target = db_target_new();
    target->dbname = g_strdup(argv[1]);
    struct probe probe = {.moved_us = clock_now_us(), .subject = {.migration_id = 1}};
    probe.conn = db_conn_new(target, "pgrollout/probe/sensor");
    db_target_free(target);
    struct db_reply *oid = NULL;
    if (!db_conn_open_wait(probe.conn, &error) ||
        !(oid = db_conn_query_wait(probe.conn, "SELECT 'users'::regclass::oid", 0, NULL, &error))) {
        fprintf(stderr, "%s\n", error->message);
        return 3;
    }
    char *tables[] = {(char *)db_reply_text(oid, 0, 0), NULL};
    /* opened anew, because a waiting connection has no source on the main loop */
    db_conn_close(probe.conn);
    probe.loop = g_main_loop_new(NULL, FALSE);
    probe.settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    probe.last = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    probe.sense = sense_new(probe.conn);
    sense_add(probe.sense, 1, plan, tables);
    db_conn_open(probe.conn, 1000, on_open, &probe);
    g_timeout_add((guint)atoi(argv[3]), on_tick, &probe);
    setvbuf(stdin, NULL, _IONBF, 0);
    g_unix_fd_add(0, G_IO_IN | G_IO_HUP, on_input, &probe);
    g_main_loop_run(probe.loop);
    sense_free(probe.sense);
    db_conn_free(probe.conn);
    db_reply_free(oid);
    plan_free(plan);
    g_hash_table_destroy(probe.last);
    g_hash_table_destroy(probe.settings);
    g_main_loop_unref(probe.loop);
    return 0;
}
