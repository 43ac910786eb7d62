/* What the parts of the drill share. */
#ifndef PGROLLOUT_CMD_DRILL_PRIVATE_H
#define PGROLLOUT_CMD_DRILL_PRIVATE_H

#include "cmd/cmd.h"
#include "pgrollout/engine/snapshot.h"
#include "pgrollout/lab/drill-file.h"
#include "pgrollout/lab/drill-run.h"
#include "pgrollout/lab/lab.h"

#define DRILL_TOUR "rename-column"
#define DRILL_FAST 5 /* so many times, where people need not follow */

struct drill {
    struct lab *lab;
    struct drill_file *file;
    char *self;       /* this program */
    char *plan;       /* path of the plan file */
    char *folder;     /* where the drill's file is; NULL: in the program */
    gint64 rows;      /* users to begin with */
    gboolean fast;    /* no rate cap, and what comes by now and then comes by more often */
    guint number, of; /* among those of the program; 0: it is none of them */
};

/* drill-find.c. The drill of that name, or in that file; `shell` is what @shell@ in its texts becomes.
 * FALSE with an error that says where it is wrong. */
gboolean drill_find(struct drill *drill, const char *name, const char *shell, GError **error);
/* The tour's migration is brought before that phase, on a cluster that is fresh. */
gboolean drill_bring_tour(struct lab *lab, const char *phase, GError **error);
/* Prints a line for each that there is. Returns the exit status. */
int drill_list(void);

/* drill-call.c. Runs this program with `command`, its words as a shell would part them, NAME and PLAN standing
 * for the migration and the plan file; as `role` of the practice cluster. `output` (may be NULL: it prints
 * to our own) is set to what it wrote to standard output; free it. FALSE when it could not be run
 * or ended with another status than 0; the error carries what it said. */
gboolean drill_call(const struct drill *drill, const char *role, const char *command, char **output,
                    GError **error);
/* The same without waiting: an engine in the background, for the console, which blocks signals. */
gboolean drill_call_engine(const struct drill *drill, GError **error);
/* What the database says of the migration now; NULL with an error. Free with snapshot_free. */
struct snapshot *drill_look(const struct drill *drill, GError **error);

/* drill-ready.c. A fresh cluster, the plan loaded, an engine, and the migration before the phase `from` of
 * the set-up, with all that the set-up says. Prints the commands. */
gboolean drill_ready(struct drill *drill, GError **error);
/* On a fresh cluster: the last part of that, from loading on. */
gboolean drill_bring(const struct drill *drill, GError **error);
/* An engine in the background. */
gboolean drill_drive(const struct drill *drill, GError **error);
/* What is under way is gone on with. */
gboolean drill_go_on(struct drill *drill, gboolean *going, GError **error);

/* drill-facts.c. What a snapshot says of the migration (NULL: there is none), for conditions. Pure. */
void drill_facts_read(struct drill_facts *facts, const struct snapshot *snapshot,
                      const struct snap_migration *migration);

/* drill-director.c: looks, judges, brings the faults about. */
struct director;
/* `fresh`: whatever was under way before is over. */
struct director *director_new(const struct drill *drill, gboolean fresh, GError **error);
void director_free(struct director *director);
/* One look; blocks. FALSE with an error when it could not look, which may pass. */
gboolean director_look(struct director *director, GError **error);
/* Looks by itself from now on, in a thread, until director_free. */
void director_start(struct director *director);
/* Of the last look: borrowed, for who looks by himself. */
const struct drill_facts *director_facts(const struct director *director);
struct drill_run *director_run(const struct director *director);
/* For struct console_coach; `data` is the director. */
const struct coach_view *director_view(const struct snapshot *snapshot,
                                       const struct snap_migration *migration, void *data);
gboolean director_hint(void *data);
gboolean director_predict(int choice, void *data);

/* drill-coach.c: the view of one moment. Pure. */
struct coach_shown;
struct coach_shown *coach_shown_new(const struct drill *drill, const struct drill_run *run,
                                    const struct drill_facts *facts, const struct drill_text *hint,
                                    double now);
void coach_shown_free(struct coach_shown *shown); /* NULL is fine */
const struct coach_view *coach_shown_view(const struct coach_shown *shown);

/* drill-autopilot.c: does the whole drill by itself and judges it: the solution must pass, the wrong one must
 * not. Returns the exit status. */
int drill_autopilot(struct drill *drill, gboolean wrong, gboolean keep);

#endif
