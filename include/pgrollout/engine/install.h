/* Creating, upgrading and taking away the control schema. Everything blocks, and everything happens
 * in one transaction: it is done whole or not at all. */
#ifndef PGROLLOUT_ENGINE_INSTALL_H
#define PGROLLOUT_ENGINE_INSTALL_H

#include "pgrollout/pg/conn.h"

/* One numbered script of the control schema. */
struct install_script {
    int version;
    const char *text;
};

struct install_options {
    gboolean dry_run;        /* do it all, then take it back */
    gboolean no_roles;       /* the roles are there already; create and grant none */
    gboolean publication_ok; /* a FOR ALL TABLES publication may publish the control schema */
    const char *const *maps; /* "operator=ROLE" …, NULL-terminated; or NULL */
    /* Newer than the scripts that the program holds, ending in {0}: for the tests of an upgrade. */
    const struct install_script *extra;
};

struct install_report {
    GPtrArray *done;      /* char *: "created schema pgrollout", one a line */
    GPtrArray *remaining; /* char *: what an administrator must still run, as SQL */
    int before, after;    /* versions of the control schema; 0: none */
};

void install_report_init(struct install_report *report);
void install_report_clear(struct install_report *report);

/* Creates or upgrades. Errors: ROLLOUT_ERROR_REFUSED (standby, read-only session, a publication for
 * all tables, a newer schema, missing roles or rights, with what to run), ROLLOUT_ERROR_USAGE (a
 * bad map), or the server's. The connection is usable afterwards. */
gboolean install_run(struct db_conn *conn, const struct install_options *options,
                     struct install_report *report, GError **error);

/* Takes the schema away, and the roles that nothing else uses. Refused while a migration is neither
 * done nor aborted, while an engine runs, and where somebody's object uses one of the schema's. */
gboolean uninstall_run(struct db_conn *conn, gboolean dry_run, struct install_report *report,
                       GError **error);

#endif
