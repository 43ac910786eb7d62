/* A private server for as long as this process lives: made in a directory of its own, on a Unix socket only,
 * never as root. A keeper, a process of its own, stops it by its recorded pid and deletes everything when
 * the process has ended, however that came. Everything here may block. */
#ifndef PGROLLOUT_LAB_SCRATCH_H
#define PGROLLOUT_LAB_SCRATCH_H

#include <glib.h>

#include "pgrollout/pg/target.h"

/* Not "postgres", which is an ordinary role in many a database that is copied here. */
#define LAB_SCRATCH_SUPERUSER "pgrollout_rehearsal_admin"

struct lab_scratch;

/* Forks: the caller has no threads yet. NULL with an error: no server programs, no login to run them
 * as, or it did not start. The caller owns it. */
struct lab_scratch *lab_scratch_start(GError **error);
/* Stops the server, deletes its directory and waits until both are done. NULL is fine. */
void lab_scratch_free(struct lab_scratch *scratch);

/* Where to connect; free with db_target_free. */
struct db_target *lab_scratch_target(const struct lab_scratch *scratch, const char *dbname,
                                     const char *user);
/* The directory of initdb, pg_dump, psql; where files of the caller's may lie. Owned by it. */
const char *lab_scratch_bindir(const struct lab_scratch *scratch);
const char *lab_scratch_directory(const struct lab_scratch *scratch);
/* The directory where the installed server's programs are; NULL: none found. Free it. */
char *lab_find_bindir(void);

#endif
