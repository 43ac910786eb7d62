/* Schema and roles by pg_dump and psql, which know more about both than we ever shall. */
#include "config.h"
#include "copy-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

/* The line that says what went wrong: the first ERROR, else the last one. */
static char *said(const char *messages)
{
    g_auto(GStrv) lines = g_strsplit(messages ? messages : "", "\n", -1);
    const char *last = "";
    for (char **line = lines; *line; line++) {
        if (strstr(*line, "ERROR:") || strstr(*line, "FATAL:"))
            return g_strdup(*line);
        if (**line)
            last = *line;
    }
    return g_strdup(last);
}

gboolean copy_program(const char *const *argv, char **environment, GError **error)
{
    g_autofree char *messages = NULL;
    g_autoptr(GError) problem = NULL;
    int status;
    if (g_spawn_sync(NULL, (char **)argv, environment, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                     &messages, &status, &problem) &&
        g_spawn_check_wait_status(status, &problem))
        return TRUE;
    g_autofree char *line = said(messages);
    g_autofree char *name = g_path_get_basename(argv[0]), *prefix = g_strconcat(name, ": ", NULL);
    const char *why = *line ? line : problem->message;
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "%s: %s", name,
                        why + (g_str_has_prefix(why, prefix) ? strlen(prefix) : 0));
}

/* "/usr/lib/postgresql/15/bin/pg_dump", then how to connect. */
static GPtrArray *command(const struct run *run, const char *program,
                          const struct db_target *target)
{
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
    const char *options[] = {"-d", target->dbname, "-h", target->host,
                             "-p", target->port,   "-U", target->user};
    g_ptr_array_add(argv, g_build_filename(lab_scratch_bindir(run->cluster), program, NULL));
    g_ptr_array_add(argv, g_strdup("-w"));
    for (guint i = 0; i < G_N_ELEMENTS(options); i += 2)
        if (options[i + 1]) {
            g_ptr_array_add(argv, g_strdup(options[i]));
            g_ptr_array_add(argv, g_strdup(options[i + 1]));
        }
    return argv;
}

static gboolean finish(GPtrArray *argv, const char *const *more, const struct db_target *target,
                       gboolean ours, GError **error)
{
    g_auto(GStrv) environment = g_get_environ();
    if (target->password)
        environment = g_environ_setenv(environment, "PGPASSWORD", target->password, TRUE);
    if (ours) { /* what the user's sessions are to be is meant for the database */
        environment = g_environ_unsetenv(environment, "PGOPTIONS");
        environment = g_environ_unsetenv(environment, "PGSERVICE");
    }
    for (; *more; more++)
        g_ptr_array_add(argv, g_strdup(*more));
    g_ptr_array_add(argv, NULL);
    gboolean done = copy_program((const char *const *)argv->pdata, environment, error);
    g_ptr_array_unref(argv);
    return done;
}

gboolean copy_restore(struct run *run, const char *file, GError **error)
{
    const char *more[] = {"-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file, NULL};
    return finish(command(run, "psql", run->admin), more, run->admin, TRUE, error);
}

/* Statement by statement: some of the roles are there already. */
static gboolean restore_roles(struct run *run, const char *file, GError **error)
{
    const char *more[] = {"-X", "-q", "-f", file, NULL};
    return finish(command(run, "psql", run->admin), more, run->admin, TRUE, error);
}

static char *scratch_file(const struct run *run, const char *name)
{
    return g_build_filename(lab_scratch_directory(run->cluster), name, NULL);
}

static void say_what(struct run *run, struct db_conn *source, const struct db_reply *here)
{
    struct db_conn *copy = copy_connect(run, NULL, NULL);
    struct db_reply *ours = copy ? copy_query(copy, "here", 0, NULL, NULL) : NULL;
    int version = db_reply_column(here, "version"), release = db_reply_column(here, "release");
    if (ours && db_reply_int(ours, 0, version) / 10000 != db_reply_int(here, 0, version) / 10000)
        run_note(run, "the copy runs on PostgreSQL %s, the database on %s",
                 db_reply_text(ours, 0, release), db_reply_text(here, 0, release));
    run->result->copy =
        g_strdup_printf("a copy of %s: its schema and up to %" G_GINT64_FORMAT " rows a table",
                        db_conn_dbname(source), run->options->rows);
    db_reply_free(ours);
    db_conn_free(copy);
}

static gboolean set_database(struct db_conn *copy, const char *setting, const char *value,
                             gboolean raw, GError **error)
{
    g_autofree char *name = db_ident(db_conn_dbname(copy)), *literal = db_literal(value);
    g_autofree char *ident = db_ident(setting);
    g_autofree char *sql = db_fill(resource_text("rehearse/sql/database-set.sql"), "name", name,
                                   "setting", ident, "value", raw ? value : literal, NULL);
    return copy_send(copy, sql, error);
}

/* What pg_dump leaves out, since the database has another name. A setting of an extension that is not here
 * changes nothing that is rehearsed. */
static gboolean carry_database(struct run *run, struct db_conn *from, struct db_conn *to,
                               GError **error)
{
    struct db_reply *all = copy_query(from, "database", 0, NULL, error);
    gboolean done = all != NULL;
    if (done) {
        g_autofree char *owner = db_ident(db_reply_text(all, 0, 0));
        g_autofree char *name = db_ident(db_conn_dbname(to));
        g_autofree char *sql = db_fill(resource_text("rehearse/sql/database-owner.sql"), "name",
                                       name, "owner", owner, NULL);
        done = copy_send(to, sql, error);
    }
    for (int row = 0; done && row < db_reply_rows(all); row++) {
        const char *setting = db_reply_text(all, row, 1);
        g_autoptr(GError) problem = NULL;
        if (setting && *setting &&
            !set_database(to, setting, db_reply_text(all, row, 2), db_reply_bool(all, row, 3),
                          &problem))
            run_note(run, "the copy is without the database's setting %s: %s", setting,
                     problem->message);
    }
    db_reply_free(all);
    return done;
}

gboolean copy_dump(struct run *run, struct db_conn *source, struct db_conn *copy, GError **error)
{
    const struct db_target *target = run->options->source;
    g_autofree char *roles = scratch_file(run, "roles.sql"),
                    *schema = scratch_file(run, "schema.sql");
    const char *of_roles[] = {"--roles-only", "--no-role-passwords", "-f", roles, NULL};
    const char *of_schema[] = {"--schema-only",
                               "--no-tablespaces",
                               "--no-publications",
                               "--no-subscriptions",
                               "--no-security-labels",
                               "-N",
                               "pgrollout",
                               "-f",
                               schema,
                               NULL};
    struct db_reply *here = copy_query(source, "here", 0, NULL, error);
    if (!here)
        return FALSE;
    say_what(run, source, here);
    db_reply_free(here);
    run_say(run, "copying the schema of %s", db_conn_dbname(source));
    if (!finish(command(run, "pg_dumpall", target), of_roles, target, FALSE, error) ||
        !finish(command(run, "pg_dump", target), of_schema, target, FALSE, error)) {
        if (error)
            rollout_error_set_hint(*error,
                                   "the copy wants a login that may read all of the database "
                                   "(role pg_read_all_data), or --schema FILE");
        return FALSE;
    }
    return restore_roles(run, roles, error) && copy_restore(run, schema, error) &&
           carry_database(run, source, copy, error);
}

#define ROLE_NAME "(?:\"([^\"]+)\"|([a-z_][a-z0-9_$]*))"

/* Puts the roles that stand behind those words into `names`. */
static void roles_find(const char *text, const char *words, GHashTable *names)
{
    g_autofree char *pattern = g_strconcat("\\b(?:", words, ")\\s+" ROLE_NAME, NULL);
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_autofree char *quoted = g_match_info_fetch(match, 1);
        g_autofree char *plain = g_match_info_fetch(match, 2);
        if (quoted && *quoted)
            g_hash_table_add(names, g_steal_pointer(&quoted));
        else if (plain && *plain)
            g_hash_table_add(names, g_ascii_strdown(plain, -1));
    }
}

static gboolean is_reserved(const char *role)
{
    static const char *const heads[] = {"pg_", "current_", "session_"};
    for (guint i = 0; i < G_N_ELEMENTS(heads); i++)
        if (g_str_has_prefix(role, heads[i]))
            return TRUE;
    return strcmp(role, "public") == 0;
}

gboolean copy_roles_of_file(struct db_conn *conn, const char *file, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) problem = NULL;
    g_autoptr(GHashTable) made = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!g_file_get_contents(file, &text, NULL, &problem))
        return rollout_fail(error, ROLLOUT_ERROR_USAGE, "%s", problem->message);
    roles_find(text, "CREATE\\s+(?:ROLE|USER|GROUP)", made);
    roles_find(text,
               "OWNER\\s+TO|(?:GRANT|REVOKE)\\b[^;']*?\\b(?:TO|FROM)|FOR\\s+ROLE|AUTHORIZATION|"
               "SET\\s+ROLE",
               named);
    GHashTableIter all;
    gpointer role;
    g_hash_table_iter_init(&all, named);
    while (g_hash_table_iter_next(&all, &role, NULL))
        if (!g_hash_table_contains(made, role) && !is_reserved(role) &&
            !copy_role(conn, role, error))
            return FALSE;
    return TRUE;
}

char *copy_twin(struct run *run, GError **error)
{
    static const char name[] = "rehearsal_twin";
    g_autofree char *file = scratch_file(run, "twin.sql");
    g_autofree char *sql = db_fill(resource_text("rehearse/sql/create.sql"), "name", name, NULL);
    const char *dump[] = {"-N", "pgrollout", "-f", file, NULL};
    const char *restore[] = {"-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file, NULL};
    struct db_conn *conn = copy_connect(run, NULL, error);
    struct db_target *twin = db_target_copy(run->admin);
    g_free(twin->dbname);
    twin->dbname = g_strdup(name);
    struct db_conn *there = db_conn_new(twin, "pgrollout/rehearsal");
    gboolean done = conn && copy_send(conn, sql, error) &&
                    finish(command(run, "pg_dump", run->admin), dump, run->admin, TRUE, error) &&
                    finish(command(run, "psql", twin), restore, twin, TRUE, error) &&
                    db_conn_open_wait(there, error) && carry_database(run, conn, there, error);
    db_conn_free(there);
    db_target_free(twin);
    db_conn_free(conn);
    return done ? g_strdup(name) : NULL;
}

void copy_twin_drop(struct run *run, const char *name)
{
    struct db_conn *conn = copy_connect(run, NULL, NULL);
    g_autofree char *sql = db_fill(resource_text("rehearse/sql/drop.sql"), "name", name, NULL);
    if (conn)
        copy_send(conn, sql, NULL);
    db_conn_free(conn);
}
