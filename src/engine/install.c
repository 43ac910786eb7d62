/* Creating and upgrading the control schema; see uninstall.c for the way back. */
#include "config.h"
#include "pgrollout/engine/install.h"

#include <stdlib.h>
#include <string.h>

#include "install-private.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define SCRIPTS "engine/sql/schema"

void install_report_init(struct install_report *report)
{
    report->done = g_ptr_array_new_with_free_func(g_free);
    report->remaining = g_ptr_array_new_with_free_func(g_free);
    report->before = report->after = 0;
}

void install_report_clear(struct install_report *report)
{
    g_clear_pointer(&report->done, g_ptr_array_unref);
    g_clear_pointer(&report->remaining, g_ptr_array_unref);
}

void install_note(GPtrArray *list, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(list, g_strdup_vprintf(format, args));
    va_end(args);
}

gboolean install_query(struct db_conn *conn, const char *sql, struct db_reply **reply,
                       GError **error)
{
    struct db_reply *got = db_conn_query_wait(conn, sql, 0, NULL, error);
    if (reply)
        *reply = got;
    else
        db_reply_free(got);
    return got != NULL;
}

gboolean install_file(struct db_conn *conn, const char *name, struct db_reply **reply,
                      GError **error)
{
    g_autofree char *path = g_strdup_printf("engine/sql/install/%s.sql", name);
    return install_query(conn, resource_text(path), reply, error);
}

gboolean install_savepoint(struct db_conn *conn, const char *sql, GError **error)
{
    if (!install_query(conn, "SAVEPOINT s", NULL, error))
        return FALSE;
    if (install_query(conn, sql, NULL, error))
        return install_query(conn, "RELEASE s", NULL, error);
    install_query(conn, "ROLLBACK TO s; RELEASE s", NULL, NULL);
    return FALSE;
}

static const char *look_text(const struct db_reply *look, const char *name)
{
    return db_reply_text(look, 0, db_reply_column(look, name));
}

static gboolean look_bool(const struct db_reply *look, const char *name)
{
    return db_reply_bool(look, 0, db_reply_column(look, name));
}

/* May anything be changed here? */
gboolean install_allowed(const struct db_reply *look, GError **error)
{
    if (look_bool(look, "standby")) {
        rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                     "this server is a standby: nothing can be changed");
        if (error)
            rollout_error_set_hint(*error, "connect to the primary");
        return FALSE;
    }
    if (look_bool(look, "read_only")) {
        rollout_fail(error, ROLLOUT_ERROR_REFUSED, "this session is read-only");
        if (error)
            rollout_error_set_hint(*error,
                                   "repeat with PGOPTIONS='-c default_transaction_read_only=off'");
        return FALSE;
    }
    return TRUE;
}

static gboolean check_publications(const struct db_reply *look,
                                   const struct install_options *options, GError **error)
{
    const char *publications = look_text(look, "publications");
    if (!publications || options->publication_ok || look_bool(look, "installed"))
        return TRUE;
    rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                 "publication %s is FOR ALL TABLES: it would publish the control schema",
                 publications);
    if (error)
        rollout_error_set_hint(*error,
                               "its subscribers would stop at tables they do not have; create "
                               "schema pgrollout there too, or list the tables in the "
                               "publication; if it is fine so: install --publication-ok");
    return FALSE;
}

/* Creates and links the roles, where something is missing. */
static gboolean make_roles(struct db_conn *conn, const struct db_reply *look,
                           const struct install_options *options, struct install_report *report,
                           GError **error)
{
    const char *roles = look_text(look, "missing_roles");
    if (!roles && (options->no_roles || !look_text(look, "missing_grants")))
        return TRUE;
    g_autoptr(GError) problem = NULL;
    if (options->no_roles) {
        rollout_fail(&problem, ROLLOUT_ERROR_REFUSED, "roles are missing: %s", roles);
    } else if (install_savepoint(conn, resource_text("engine/sql/roles.sql"), &problem)) {
        if (roles)
            install_note(report->done, "created the roles %s", roles);
        else
            install_note(report->done, "granted what was missing between the roles");
        return TRUE;
    } else if (!roles) {
        return TRUE; /* what is still missing is reported at the end */
    }
    install_note(report->remaining, "%s", resource_text("engine/sql/roles.sql"));
    rollout_error_set_hint(problem,
                           "an administrator must run what is printed below; then: pgrollout "
                           "install --no-roles");
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

/* Runs what only a member of the owner role may; a login that may grant itself the role does so. */
gboolean install_as_member(struct db_conn *conn, const char *sql, const char *verb,
                           struct install_report *report, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (install_savepoint(conn, sql, &problem))
        return TRUE;
    if (install_savepoint(conn, "GRANT pgrollout_owner TO CURRENT_USER", NULL) &&
        install_savepoint(conn, sql, NULL)) {
        install_note(report->done, "granted pgrollout_owner to \"%s\"", db_conn_user(conn));
        return TRUE;
    }
    g_autofree char *database = db_ident(db_conn_dbname(conn));
    g_autofree char *login = db_ident(db_conn_user(conn));
    g_autofree char *create =
        strcmp(verb, "install") == 0
            ? g_strdup_printf("GRANT CREATE ON DATABASE %s TO %s; ", database, login)
            : g_strdup("");
    rollout_error_set_hint(problem,
                           "an administrator must run: %sGRANT pgrollout_owner TO %s; then: "
                           "pgrollout %s",
                           create, login, verb);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}

static gboolean make_schema(struct db_conn *conn, const struct db_reply *look,
                            struct install_report *report, GError **error)
{
    if (look_bool(look, "installed"))
        return TRUE;
    if (!install_as_member(conn, "CREATE SCHEMA pgrollout AUTHORIZATION pgrollout_owner", "install",
                           report, error))
        return FALSE;
    install_note(report->done, "created schema pgrollout");
    return TRUE;
}

static gboolean apply(struct db_conn *conn, int version, const char *text, const char *name,
                      struct install_report *report, GError **error)
{
    if (version <= report->after)
        return TRUE;
    g_autofree char *number = g_strdup_printf("%d", version);
    const char *params[] = {number};
    if (!install_query(conn, text, NULL, error)) {
        g_prefix_error(error, "script %s: ", name);
        return FALSE;
    }
    struct db_reply *reply =
        db_conn_query_wait(conn, resource_text("engine/sql/install/record.sql"), 1, params, error);
    db_reply_free(reply);
    if (!reply)
        return FALSE;
    report->after = version;
    install_note(report->done, "applied script %s", name);
    return TRUE;
}

static gboolean read_version(struct db_conn *conn, struct install_report *report, GError **error)
{
    struct db_reply *reply = NULL;
    if (!install_file(conn, "version", &reply, error))
        return FALSE;
    report->before = report->after = (int)db_reply_int(reply, 0, 0);
    db_reply_free(reply);
    return TRUE;
}

/* Every script that is newer than what is there, in the order of their numbers. */
static gboolean apply_scripts(struct db_conn *conn, const struct install_script *extra,
                              struct install_report *report, GError **error)
{
    g_auto(GStrv) names = resource_list(SCRIPTS);
    int newest = 0;
    for (char **name = names; *name; name++)
        newest = MAX(newest, atoi(*name));
    for (const struct install_script *s = extra; s && s->text; s++)
        newest = MAX(newest, s->version);
    if (report->before > newest) {
        rollout_fail(
            error, ROLLOUT_ERROR_REFUSED,
            "the control schema (version %d) was made by a newer pgrollout than this one (%d)",
            report->before, newest);
        if (error)
            rollout_error_set_hint(*error, "use the newer program");
        return FALSE;
    }
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_strdup_printf("%s/%s", SCRIPTS, *name);
        if (!apply(conn, atoi(*name), resource_text(path), *name, report, error))
            return FALSE;
    }
    for (const struct install_script *s = extra; s && s->text; s++)
        if (!apply(conn, s->version, s->text, "(extra)", report, error))
            return FALSE;
    return TRUE;
}

/* "operator=ROLE": ROLE becomes a member of pgrollout_operator. */
static gboolean apply_map(struct db_conn *conn, const char *map, struct install_report *report,
                          GError **error)
{
    static const char *const roles[] = {"viewer",   "responder", "operator",
                                        "approver", "engine",    NULL};
    const char *equals = strchr(map, '=');
    g_autofree char *ours = equals ? g_strndup(map, (gsize)(equals - map)) : NULL;
    if (!ours || !g_strv_contains(roles, ours) || !equals[1]) {
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is not ROLE-OF-PGROLLOUT=ROLE", map);
        if (error)
            rollout_error_set_hint(*error,
                                   "for example --map operator=dba; there are viewer, responder, "
                                   "operator, approver, engine");
        return FALSE;
    }
    g_autofree char *member = db_ident(equals + 1);
    g_autofree char *sql = g_strdup_printf("GRANT pgrollout_%s TO %s", ours, member);
    g_autoptr(GError) problem = NULL;
    if (!install_savepoint(conn, sql, &problem)) {
        if (g_strcmp0(rollout_error_sqlstate(problem), "42704") == 0)
            problem->code = ROLLOUT_ERROR_USAGE; /* no such role */
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    install_note(report->done, "granted pgrollout_%s to %s", ours, member);
    return TRUE;
}

static gboolean apply_maps(struct db_conn *conn, const char *const *maps,
                           struct install_report *report, GError **error)
{
    for (const char *const *map = maps; map && *map; map++)
        if (!apply_map(conn, *map, report, error))
            return FALSE;
    return TRUE;
}

static gboolean look_again(struct db_conn *conn, struct install_report *report, GError **error)
{
    struct db_reply *look = NULL;
    if (!install_file(conn, "look", &look, error))
        return FALSE;
    const char *grants = look_text(look, "missing_grants");
    if (grants)
        install_note(report->remaining, "%s", grants);
    db_reply_free(look);
    return TRUE;
}

static gboolean run(struct db_conn *conn, const struct db_reply *look,
                    const struct install_options *options, struct install_report *report,
                    GError **error)
{
    if (!install_allowed(look, error) || !check_publications(look, options, error) ||
        !make_roles(conn, look, options, report, error) ||
        !make_schema(conn, look, report, error) ||
        !install_as_member(conn, "SET LOCAL ROLE pgrollout_owner", "install", report, error) ||
        (look_bool(look, "recorded") && !read_version(conn, report, error)) ||
        !apply_scripts(conn, options->extra, report, error) ||
        !install_file(conn, "revoke", NULL, error) ||
        !install_query(conn, "RESET ROLE", NULL, error))
        return FALSE;
    return apply_maps(conn, options->maps, report, error) && look_again(conn, report, error);
}

gboolean install_run(struct db_conn *conn, const struct install_options *options,
                     struct install_report *report, GError **error)
{
    struct db_reply *look = NULL;
    gboolean done = install_file(conn, "begin", NULL, error) &&
                    install_file(conn, "look", &look, error) &&
                    run(conn, look, options, report, error);
    db_reply_free(look);
    return install_end(conn, done && !options->dry_run, error) && done;
}

gboolean install_end(struct db_conn *conn, gboolean keep, GError **error)
{
    if (keep)
        return install_query(conn, "COMMIT", NULL, error);
    install_query(conn, "ROLLBACK", NULL, NULL);
    return TRUE;
}
