/* The scratch copy: a private cluster with the schema of a database or of a file, or a database that the
 * user has named as disposable. */
#include "config.h"
#include "rehearse-private.h"

#include <string.h>

#include "copy-private.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/engine/install.h"

#define COPY_DATABASE "rehearsal"
#define COPY_OWNER "rehearsal_owner"

static const char *const people[] = {"pgrollout_rehearsal_engine", "pgrollout_rehearsal_operator",
                                     "pgrollout_rehearsal_approver"};

const char *copy_person(enum copy_person person)
{
    return people[person];
}

struct db_reply *copy_query(struct db_conn *conn, const char *name, int n,
                            const char *const *params, GError **error)
{
    g_autofree char *path = g_strdup_printf("rehearse/sql/%s.sql", name);
    return db_conn_query_wait(conn, resource_text(path), n, params, error);
}

gboolean copy_do(struct db_conn *conn, const char *name, GError **error)
{
    struct db_reply *reply = copy_query(conn, name, 0, NULL, error);
    db_reply_free(reply);
    return reply != NULL;
}

gboolean copy_send(struct db_conn *conn, const char *sql, GError **error)
{
    struct db_reply *reply = db_conn_query_wait(conn, sql, 0, NULL, error);
    db_reply_free(reply);
    return reply != NULL;
}

/* As a login of its own in a private cluster; in a database of the user's, whose passwords nobody has told
 * us, as the login we have, in that role. */
struct db_conn *copy_connect(const struct run *run, const char *role, GError **error)
{
    struct db_target *target = db_target_copy(run->admin);
    gboolean ours = run->cluster != NULL;
    if (role && ours) {
        g_free(target->user);
        target->user = g_strdup(role);
    }
    struct db_conn *conn = db_conn_new(target, "pgrollout/rehearsal");
    db_target_free(target);
    gboolean open = db_conn_open_wait(conn, error) && copy_do(conn, "session", error);
    if (open && role && !ours) {
        g_autofree char *ident = db_ident(role);
        g_autofree char *sql = db_fill(resource_text("rehearse/sql/as.sql"), "ident", ident, NULL);
        open = copy_send(conn, sql, error);
    }
    if (open && strcmp(run->plan->schema, "public") != 0) {
        g_autofree char *ident = db_ident(run->plan->schema);
        g_autofree char *sql =
            db_fill(resource_text("rehearse/sql/path.sql"), "ident", ident, NULL);
        open = copy_send(conn, sql, error);
    }
    if (open)
        return conn;
    if (role)
        g_prefix_error(error, "as \"%s\": ", role);
    db_conn_free(conn);
    return NULL;
}

gboolean copy_role(struct db_conn *conn, const char *role, GError **error)
{
    g_autofree char *ident = db_ident(role), *literal = db_literal(role);
    g_autofree char *sql =
        db_fill(resource_text("rehearse/sql/role.sql"), "ident", ident, "literal", literal, NULL);
    return copy_send(conn, sql, error);
}

static gboolean set_password(struct run *run, struct db_conn *conn, const char *role,
                             GError **error)
{
    g_autofree char *ident = db_ident(role), *literal = db_literal(run->password);
    g_autofree char *sql = db_fill(resource_text("rehearse/sql/password.sql"), "ident", ident,
                                   "password", literal, NULL);
    return copy_send(conn, sql, error);
}

struct db_target *copy_target(const struct run *run, enum copy_person person)
{
    struct db_target *target = db_target_copy(run->admin);
    g_free(target->user);
    target->user = g_strdup(people[person]);
    if (!run->cluster) {
        g_free(target->password);
        target->password = g_strdup(run->password);
    }
    return target;
}

/* The engine and those whom it asks: no superuser, or a pause would not be what it is. */
static gboolean make_people(struct run *run, struct db_conn *conn, GError **error)
{
    g_autofree char *one = g_uuid_string_random();
    run->password = g_strconcat(one, "-rehearsal", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(people); i++)
        if (!copy_role(conn, people[i], error) ||
            (!run->cluster && !set_password(run, conn, people[i], error)))
            return FALSE;
    return TRUE;
}

static gboolean install(struct db_conn *conn, GError **error)
{
    static const char *const maps[] = {"engine=pgrollout_rehearsal_engine",
                                       "operator=pgrollout_rehearsal_operator",
                                       "approver=pgrollout_rehearsal_approver", NULL};
    struct install_options options = {.maps = maps, .publication_ok = TRUE};
    struct install_report report;
    install_report_init(&report);
    gboolean done = install_run(conn, &options, &report, error);
    if (done && report.remaining->len > 0)
        done = rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                            "the control schema needs a superuser for: %s",
                            (char *)report.remaining->pdata[0]);
    install_report_clear(&report);
    return done && copy_do(conn, "owners", error);
}

/* As whom applications work that name no role: the owner of the first table there is. */
static gboolean find_owner(struct run *run, struct db_conn *conn, GError **error)
{
    for (guint i = 0; i < run->plan->steps->len && !run->owner; i++) {
        const struct plan_step *step = run->plan->steps->pdata[i];
        const char *params[] = {step->schema, step->table};
        if (!step->table)
            continue;
        struct db_reply *reply = copy_query(conn, "owner", 2, params, error);
        if (!reply)
            return FALSE;
        if (db_reply_rows(reply) > 0)
            run->owner = g_strdup(db_reply_text(reply, 0, db_reply_column(reply, "owner")));
        db_reply_free(reply);
    }
    return TRUE;
}

static gboolean let_in(struct db_conn *conn, const char *role, GError **error)
{
    g_autofree char *ident = db_ident(role);
    g_autofree char *sql =
        db_fill(resource_text("rehearse/sql/role-let.sql"), "ident", ident, NULL);
    return copy_send(conn, sql, error);
}

/* So that a connection can be made in their names. A schema file need not know those of the plan. */
static gboolean let_roles_in(struct run *run, struct db_conn *conn, GError **error)
{
    if (!run->cluster)
        return TRUE;
    if (run->owner && !let_in(conn, run->owner, error))
        return FALSE;
    for (guint i = 0; i < run->plan->applications->len; i++) {
        const struct plan_application *application = run->plan->applications->pdata[i];
        if (!application->role)
            continue;
        if ((run->options->schema_file && !copy_role(conn, application->role, error)) ||
            !let_in(conn, application->role, error)) {
            g_prefix_error(error, "application \"%s\": ", application->name);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean make_database(struct run *run, GError **error)
{
    run->admin = lab_scratch_target(run->cluster, "postgres", LAB_SCRATCH_SUPERUSER);
    struct db_conn *conn = copy_connect(run, NULL, error);
    g_autofree char *sql =
        db_fill(resource_text("rehearse/sql/create.sql"), "name", COPY_DATABASE, NULL);
    gboolean done = conn && copy_send(conn, sql, error);
    db_conn_free(conn);
    db_target_free(run->admin);
    run->admin = lab_scratch_target(run->cluster, COPY_DATABASE, LAB_SCRATCH_SUPERUSER);
    return done;
}

static gboolean adopt(struct run *run, struct db_conn *conn, GError **error)
{
    const char *owner = run->plan->role ? run->plan->role : COPY_OWNER;
    g_autofree char *literal = db_literal(owner);
    g_autofree char *sql =
        db_fill(resource_text("rehearse/sql/adopt.sql"), "literal", literal, NULL);
    return copy_role(conn, owner, error) && copy_send(conn, sql, error);
}

static gboolean fill_from_file(struct run *run, struct db_conn *conn, GError **error)
{
    const char *file = run->options->schema_file;
    run->result->copy = g_strdup_printf("what %s makes", file);
    return copy_roles_of_file(conn, file, error) && copy_restore(run, file, error) &&
           adopt(run, conn, error);
}

static gboolean fill(struct run *run, struct db_conn *conn, GError **error)
{
    if (run->options->schema_file)
        return fill_from_file(run, conn, error);
    if (!run->options->source)
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "there is nothing to make a copy of");
    struct db_conn *source = db_conn_new(run->options->source, "pgrollout/rehearse");
    gboolean done = db_conn_open_wait(source, error) && copy_dump(run, source, conn, error) &&
                    sample_fill(run, source, conn, error);
    db_conn_free(source);
    return done;
}

static gboolean copy_private(struct run *run, GError **error)
{
    run_say(run, "making a private cluster");
    return (run->cluster = lab_scratch_start(error)) != NULL && make_database(run, error);
}

/* What the user's environment says of sessions is meant for the database; ours are with the copy from here. */
static gboolean forget_environment(const struct run *run)
{
    if (run->cluster) {
        g_unsetenv("PGOPTIONS");
        g_unsetenv("PGSERVICE");
    }
    return TRUE;
}

gboolean copy_make(struct run *run, GError **error)
{
    if (!run->options->scratch && !copy_private(run, error))
        return FALSE;
    if (run->options->scratch)
        run->admin = db_target_copy(run->options->scratch);
    struct db_conn *conn = copy_connect(run, NULL, error);
    gboolean done =
        conn && (run->cluster ? fill(run, conn, error) : copy_is_ours(run, conn, error)) &&
        forget_environment(run) && make_people(run, conn, error) && install(conn, error) &&
        find_owner(run, conn, error) && let_roles_in(run, conn, error);
    db_conn_free(conn);
    return done;
}

/* A database of the user's is as it was but for what the plan has done: without our schema and roles. */
static void take_back(struct run *run)
{
    struct db_conn *conn = run->password ? copy_connect(run, NULL, NULL) : NULL;
    struct install_report report;
    install_report_init(&report);
    if (conn && copy_do(conn, "forget-all", NULL) && uninstall_run(conn, FALSE, &report, NULL))
        for (guint i = 0; i < G_N_ELEMENTS(people); i++) {
            g_autofree char *ident = db_ident(people[i]);
            g_autofree char *sql =
                db_fill(resource_text("rehearse/sql/role-drop.sql"), "ident", ident, NULL);
            copy_send(conn, sql, NULL);
        }
    install_report_clear(&report);
    db_conn_free(conn);
}

void copy_end(struct run *run)
{
    if (!run->cluster && run->admin)
        take_back(run);
    lab_scratch_free(run->cluster);
    db_target_free(run->admin);
    g_free(run->password);
    g_free(run->owner);
}
