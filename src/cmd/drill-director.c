/* The director of a drill: looks at the database and the cluster about once a second, judges, and brings the
 * faults about. It looks in a thread of its own, since to break something takes a moment and the console
 * never waits; the console gets what the last look made. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "cmd/drill-private.h"
#include "pgrollout/base/error.h"
#include "pgrollout/lab/app.h"
#include "pgrollout/lab/fault.h"
#include "pgrollout/lab/verify.h"

#define LOOK_US (700 * 1000)
#define NAP_US (50 * 1000)
#define HINT_S 30

struct director {
    const struct drill *drill;
    char *path;
    struct db_conn *conn;
    GThread *thread; /* NULL: none */
    gint ends;       /* atomic */
    GMutex lock;     /* of all that follows */
    struct drill_run *run;
    struct drill_facts *facts;
    const struct drill_text *hint; /* NULL: none is shown */
    double hint_at;
    struct coach_shown *next; /* what the next call of the console gets; NULL: nothing new */
    struct coach_shown *shown;
};

static double now_s(void)
{
    return (double)g_get_real_time() / G_USEC_PER_SEC;
}

struct director *director_new(const struct drill *drill, gboolean fresh, GError **error)
{
    struct director *d = g_new0(struct director, 1);
    struct db_target *target = lab_target(drill->lab, LAB_PRIMARY, "lab_viewer");
    d->drill = drill;
    d->path = g_build_filename(drill->lab->directory, "drill", NULL);
    d->conn = db_conn_new(target, "pgrollout drill");
    db_target_free(target);
    d->run = fresh ? NULL : drill_run_load(d->path, drill->file);
    if (!d->run)
        d->run = drill_run_new(drill->file, now_s());
    drill_run_set_speed(d->run, drill->fast ? DRILL_FAST : 1);
    d->facts = drill_facts_new();
    g_mutex_init(&d->lock);
    if (drill_run_save(d->run, d->path, error))
        return d;
    director_free(d);
    return NULL;
}

void director_free(struct director *d)
{
    if (!d)
        return;
    g_atomic_int_set(&d->ends, 1);
    if (d->thread)
        g_thread_join(d->thread);
    if (d->thread) /* what was answered behind the last look */
        drill_run_save(d->run, d->path, NULL);
    db_conn_free(d->conn);
    drill_run_free(d->run);
    drill_facts_free(d->facts);
    coach_shown_free(d->next);
    coach_shown_free(d->shown);
    g_mutex_clear(&d->lock);
    g_free(d->path);
    g_free(d);
}

static struct snapshot *read_snapshot(struct director *d, GError **error)
{
    g_autofree char *sql = snapshot_sql(TRUE, LOOK_NONE, NULL);
    if (!db_conn_is_open(d->conn) && !db_conn_open_wait(d->conn, error))
        return NULL;
    struct db_reply *reply = db_conn_query_wait(d->conn, sql, 0, NULL, error);
    struct snapshot *snapshot = reply && db_reply_rows(reply) == 1
                                    ? snapshot_parse(db_reply_text(reply, 0, 0), error)
                                    : NULL;
    db_reply_free(reply);
    return snapshot;
}

/* What an application says of itself. */
static void app_add(struct drill_facts *facts, JsonObject *app)
{
    g_autofree char *release =
        g_strdup_printf("%" G_GINT64_FORMAT, json_object_get_int_member(app, "release"));
    drill_facts_add_pair(facts, "release", json_object_get_string_member(app, "app"), release);
}

static gboolean lab_add(const struct director *d, struct drill_facts *facts, JsonArray *apps,
                        GError **error)
{
    g_autoptr(GPtrArray) faults = lab_faults(d->drill->lab, error);
    double mismatches = 0;
    if (!faults)
        return FALSE;
    drill_facts_know(facts, "fault");
    for (guint i = 0; i < faults->len; i++)
        drill_facts_add(facts, "fault", ((struct lab_fault *)faults->pdata[i])->name);
    for (guint i = 0; i < json_array_get_length(apps); i++) {
        JsonObject *app = json_array_get_object_element(apps, i);
        app_add(facts, app);
        mismatches += (double)json_object_get_int_member(app, "mismatches");
    }
    drill_facts_set_number(facts, "mismatches", mismatches);
    return TRUE;
}

/* Every row is compared while nothing moves, and only where somebody asks: it takes a moment. */
static gboolean rows_add(const struct director *d, struct drill_facts *facts, GError **error)
{
    struct lab_verdict verdict;
    if (!d->drill->file->wants_rows ||
        (drill_facts_have(facts, "state", "active") &&
         !(drill_facts_values(facts, "hold") && *drill_facts_values(facts, "hold"))))
        return TRUE;
    if (!lab_verify(d->drill->lab, LAB_PRIMARY, &verdict, error))
        return FALSE;
    drill_facts_set_number(facts, "wrong-rows",
                           (double)(verdict.wrong + verdict.missing + verdict.extra));
    drill_facts_set_number(facts, "unfilled", (double)verdict.unfilled);
    return TRUE;
}

/* All that is so now, but for what only the run knows; NULL: it could not be read. */
static struct drill_facts *gather(struct director *d, JsonNode **apps, GError **error)
{
    struct snapshot *snapshot = read_snapshot(d, error);
    struct drill_facts *facts = drill_facts_new();
    gboolean read = snapshot && (*apps = lab_apps_status(d->drill->lab, error)) != NULL;
    if (read)
        drill_facts_read(facts, snapshot,
                         snapshot_migration_find(snapshot, d->drill->file->setup.migration));
    read =
        read && lab_add(d, facts, json_node_get_array(*apps), error) && rows_add(d, facts, error);
    snapshot_free(snapshot);
    if (read)
        return facts;
    drill_facts_free(facts);
    return NULL;
}

static void show(struct director *d)
{
    double now = now_s();
    if (d->hint && now - d->hint_at > HINT_S)
        d->hint = NULL;
    coach_shown_free(d->next);
    d->next = coach_shown_new(d->drill, d->run, d->facts, d->hint, now);
}

static void errors_note(struct director *d, JsonArray *apps, double now)
{
    for (guint i = 0; i < json_array_get_length(apps); i++) {
        JsonObject *app = json_array_get_object_element(apps, i);
        drill_run_errors(d->run, json_object_get_string_member(app, "app"),
                         (double)json_object_get_int_member(app, "errors"), now);
    }
}

/* At most one fault a look: the next look sees what it did. What fails is due again. */
static gboolean faults_play(struct director *d, GError **error)
{
    const GPtrArray *faults = d->drill->file->faults;
    const struct lab *lab = d->drill->lab;
    for (guint i = 0; i < faults->len; i++) {
        const struct drill_fault *fault = faults->pdata[i];
        double now = now_s();
        g_mutex_lock(&d->lock);
        gboolean due = drill_run_fault_due(d->run, fault, d->facts);
        gboolean ends = drill_run_fault_ends(d->run, fault, d->facts);
        g_mutex_unlock(&d->lock);
        if (!due && !ends)
            continue;
        if (due ? !lab_fault_start(lab, d->drill->self, fault->name, fault->argument, NULL, error)
                : !lab_faults_clear(lab, fault->name, error))
            return FALSE;
        g_mutex_lock(&d->lock);
        if (due)
            drill_run_faulted(d->run, fault, now);
        else
            drill_run_fault_ended(d->run, fault);
        g_mutex_unlock(&d->lock);
        return TRUE;
    }
    return TRUE;
}

gboolean director_look(struct director *d, GError **error)
{
    JsonNode *apps = NULL;
    struct drill_facts *facts = gather(d, &apps, error);
    gboolean saved = FALSE;
    if (facts) {
        double now = now_s();
        g_mutex_lock(&d->lock);
        errors_note(d, json_node_get_array(apps), now);
        drill_run_look(d->run, facts, now);
        drill_facts_free(d->facts);
        d->facts = facts;
        show(d);
        saved = drill_run_save(d->run, d->path, error);
        g_mutex_unlock(&d->lock);
    }
    if (apps)
        json_node_unref(apps);
    return saved && faults_play(d, error);
}

/* What cannot be read now is read the next time: the server may be down on purpose. */
static void *watch(void *data)
{
    struct director *d = data;
    while (!g_atomic_int_get(&d->ends)) {
        director_look(d, NULL);
        for (int slept = 0; slept < LOOK_US && !g_atomic_int_get(&d->ends); slept += NAP_US)
            g_usleep(NAP_US);
    }
    return NULL;
}

void director_start(struct director *d)
{
    d->thread = g_thread_new("director", watch, d);
}

const struct drill_facts *director_facts(const struct director *d)
{
    return d->facts;
}

struct drill_run *director_run(const struct director *d)
{
    return d->run;
}

const struct coach_view *director_view(const struct snapshot *snapshot,
                                       const struct snap_migration *migration, void *data)
{
    (void)snapshot, (void)migration;
    struct director *d = data;
    g_mutex_lock(&d->lock);
    if (d->next) {
        coach_shown_free(d->shown);
        d->shown = g_steal_pointer(&d->next);
    }
    g_mutex_unlock(&d->lock);
    return coach_shown_view(d->shown);
}

gboolean director_hint(void *data)
{
    struct director *d = data;
    g_mutex_lock(&d->lock);
    d->hint = drill_run_hint(d->run, d->facts);
    d->hint_at = now_s();
    gboolean found = d->hint != NULL;
    show(d);
    g_mutex_unlock(&d->lock);
    return found;
}

gboolean director_predict(int choice, void *data)
{
    struct director *d = data;
    g_mutex_lock(&d->lock);
    const struct drill_ask *ask = drill_run_ask(d->run, d->facts);
    gboolean fits = ask && choice >= 1 && choice <= (int)g_strv_length((char **)ask->choices);
    if (fits) {
        drill_run_answer(d->run, ask, choice - 1, now_s());
        show(d);
    }
    g_mutex_unlock(&d->lock);
    return fits;
}
