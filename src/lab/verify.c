/* The judge of the practice cluster: it knows what every row must say, because each application
 * wrote that beside it in the same transaction. */
#include "config.h"
#include "pgrollout/lab/verify.h"

#include <string.h>

#include "lab-private.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/lab/app.h"

#define CATCH_UP_S 30
#define TRIES 3

static struct db_reply *query(struct db_conn *conn, const char *name, const char *parameter,
                              GError **error)
{
    g_autofree char *path = g_strdup_printf("lab/sql/%s.sql", name);
    const char *const parameters[] = {parameter};
    return db_conn_query_wait(conn, resource_text(path), parameter ? 1 : 0, parameters, error);
}

gboolean lab_verify(const struct lab *lab, enum lab_server server, struct lab_verdict *verdict,
                    GError **error)
{
    struct db_conn *conn = lab_connect(lab, server, error);
    struct db_reply *begin = conn ? query(conn, "verify-begin", NULL, error) : NULL;
    struct db_reply *reply = begin ? query(conn, "verify", NULL, error) : NULL;
    if (reply) {
        *verdict = (struct lab_verdict){
            .has_name = db_reply_bool(reply, 0, 0),
            .has_full_name = db_reply_bool(reply, 0, 1),
            .rows = db_reply_int(reply, 0, 2),
            .missing = db_reply_int(reply, 0, 3),
            .extra = db_reply_int(reply, 0, 4),
            .wrong = db_reply_int(reply, 0, 5),
            .unfilled = db_reply_int(reply, 0, 6),
            .example = db_reply_int(reply, 0, 7),
        };
    }
    gboolean done = reply != NULL;
    db_reply_free(begin);
    db_reply_free(reply);
    db_conn_free(conn);
    return done;
}

gboolean lab_verdict_is_clean(const struct lab_verdict *verdict)
{
    return (verdict->has_name || verdict->has_full_name) && verdict->missing == 0 &&
           verdict->extra == 0 && verdict->wrong == 0;
}

/* The first value of an answer as text; NULL on failure. */
static char *ask(struct db_conn *conn, const char *name, const char *parameter, GError **error)
{
    struct db_reply *reply = query(conn, name, parameter, error);
    char *text = reply && db_reply_rows(reply) > 0 ? g_strdup(db_reply_text(reply, 0, 0)) : NULL;
    if (reply && !text)
        rollout_fail(error, ROLLOUT_ERROR_BUG, "no answer to \"%s\"", name);
    db_reply_free(reply);
    return text;
}

static gboolean catch_up(struct db_conn *primary, struct db_conn *replica, GError **error)
{
    g_autofree char *position = ask(primary, "position", NULL, error);
    gint64 deadline = g_get_monotonic_time() + CATCH_UP_S * G_USEC_PER_SEC;
    while (position) {
        g_autofree char *there = ask(replica, "replayed", position, error);
        if (!there)
            return FALSE;
        if (there[0] == 't')
            return TRUE;
        if (g_get_monotonic_time() > deadline)
            return rollout_fail(error, ROLLOUT_ERROR_NO, "the replica did not catch up in %d s",
                                CATCH_UP_S);
        g_usleep(20 * 1000);
    }
    return FALSE;
}

/* The primary is read before and after, to know that it stood still. */
static gboolean compare_once(struct db_conn *primary, struct db_conn *replica,
                             enum lab_sameness *sameness, GError **error)
{
    g_autofree char *before = ask(primary, "fingerprint", NULL, error);
    if (!before || !catch_up(primary, replica, error))
        return FALSE;
    g_autofree char *there = ask(replica, "fingerprint", NULL, error);
    g_autofree char *after = there ? ask(primary, "fingerprint", NULL, error) : NULL;
    if (!after)
        return FALSE;
    if (strcmp(before, after) != 0)
        *sameness = LAB_BUSY;
    else
        *sameness = strcmp(after, there) == 0 ? LAB_SAME : LAB_DIFFERENT;
    return TRUE;
}

static gboolean compare(const struct lab *lab, struct db_conn *primary, enum lab_sameness *sameness,
                        GError **error)
{
    struct db_conn *replica = lab_connect(lab, LAB_REPLICA, error);
    gboolean done = replica != NULL;
    *sameness = LAB_BUSY;
    for (int i = 0; done && i < TRIES && *sameness == LAB_BUSY; i++)
        done = compare_once(primary, replica, sameness, error);
    db_conn_free(replica);
    return done;
}

gboolean lab_compare(const struct lab *lab, enum lab_sameness *sameness, GError **error)
{
    struct db_conn *primary = lab_connect(lab, LAB_PRIMARY, error);
    g_autofree char *paused = primary ? ask(primary, "apps-paused", NULL, error) : NULL;
    gboolean done = paused && (paused[0] == 't' || lab_apps_pause(lab, TRUE, error));
    if (done) {
        done = compare(lab, primary, sameness, error);
        /* whatever came of it, the applications go on */
        if (paused[0] != 't' && !lab_apps_pause(lab, FALSE, done ? error : NULL))
            done = FALSE;
    }
    db_conn_free(primary);
    return done;
}

gboolean lab_rename_flaws(const struct lab *lab, char **flaws, GError **error)
{
    struct db_conn *conn = lab_connect(lab, LAB_PRIMARY, error);
    struct db_reply *reply = conn ? query(conn, "renamed", NULL, error) : NULL;
    *flaws = reply ? g_strdup(db_reply_text(reply, 0, 0)) : NULL;
    gboolean done = reply != NULL;
    db_reply_free(reply);
    db_conn_free(conn);
    return done;
}
