/* What the drill's two ways, by hand and on autopilot, share. */
#ifndef PGROLLOUT_CMD_DRILL_PRIVATE_H
#define PGROLLOUT_CMD_DRILL_PRIVATE_H

#include "cmd/cmd.h"
#include "pgrollout/engine/snapshot.h"
#include "pgrollout/lab/lab.h"

struct drill {
    struct lab *lab;
    char *self;            /* this program */
    char *plan;            /* path of the plan file */
    const char *migration; /* its name */
    gint64 rows;           /* users to begin with */
    gboolean fast;         /* no rate cap */
};

/* Runs this program with `command`, its words parted by spaces, NAME and PLAN standing for the
 * migration and the plan file; as `role` of the practice cluster. `output` (may be NULL: it prints
 * to our own) is set to what it wrote to standard output; free it. FALSE when it could not be run
 * or ended with another status than 0; the error carries what it said. */
gboolean drill_call(const struct drill *drill, const char *role, const char *command, char **output,
                    GError **error);

/* What the database says of the migration now; NULL with an error. Free with snapshot_free. */
struct snapshot *drill_look(const struct drill *drill, GError **error);

/* The plan by the recipe, loaded. Prints the commands. */
gboolean drill_load(const struct drill *drill, GError **error);
/* An engine in the background. */
gboolean drill_drive(const struct drill *drill, GError **error);

/* What the coach says to each state; for struct console_coach. `shell` is the line that makes a shell fit
 * for the drill: where the texts say @shell@. */
struct coach;
struct coach *coach_new(const char *scenario, const char *shell);
void coach_free(struct coach *coach);
const char *const *coach_lines(const struct snapshot *snapshot,
                               const struct snap_migration *migration, void *data);

/* Does the whole drill by itself and judges it. Returns the exit status. */
int drill_autopilot(const struct drill *drill, gboolean keep);

#endif
