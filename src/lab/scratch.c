/* A private server, and the keeper that outlives us to take it away. */
#include "config.h"
#include "pgrollout/lab/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab-private.h"
#include "pgrollout/base/error.h"

struct lab_scratch {
    struct lab *lab;
    pid_t keeper;
    int life; /* the keeper ends the server when this end is closed, by us or by the kernel */
};

/* The server may just be starting while we are being killed: then the first round sees no pid. */
#define KEEPER_ROUNDS 3

static void keeper_clean(struct lab *lab)
{
    for (int round = 0; round < KEEPER_ROUNDS; round++) {
        lab_servers_stop(lab, NULL);
        lab_delete(lab, NULL);
        if (round == 0 && !g_file_test(lab->directory, G_FILE_TEST_EXISTS) &&
            lab_server_pid(lab, LAB_PRIMARY) == 0)
            return;
        g_usleep(G_USEC_PER_SEC / 2);
    }
}

/* In the child: of its parent's descriptors it keeps none, or a pipe would never see its end. */
static void keeper_run(struct lab *lab, int life)
{
    char byte;
    int null = open("/dev/null", O_RDWR);
    setsid();
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    for (int fd = 0; fd <= 2; fd++)
        dup2(null, fd);
    for (int fd = 3; fd < 256; fd++)
        if (fd != life)
            close(fd);
    while (read(life, &byte, 1) < 0 && errno == EINTR)
        ;
    keeper_clean(lab);
    _exit(0);
}

static gboolean keeper_start(struct lab_scratch *scratch, GError **error)
{
    int ends[2];
    if (pipe(ends) != 0)
        return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "no pipe: %s", g_strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    scratch->keeper = fork();
    if (scratch->keeper == 0) {
        close(ends[1]);
        keeper_run(scratch->lab, ends[0]);
    }
    close(ends[0]);
    scratch->life = ends[1];
    return scratch->keeper > 0 || rollout_fail(error, ROLLOUT_ERROR_REFUSED,
                                               "no process to keep watch: %s", g_strerror(errno));
}

static gboolean make_place(struct lab *lab, GError **error)
{
    /* not $TMPDIR: a socket's path has at most 107 bytes */
    g_free(lab->directory);
    g_free(lab->sockets);
    lab->directory = g_strdup("/tmp/pgrollout-rehearsal-XXXXXX");
    if (!g_mkdtemp(lab->directory))
        return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "could not make \"%s\": %s",
                            lab->directory, g_strerror(errno));
    lab->sockets = g_build_filename(lab->directory, "run", NULL);
    g_clear_pointer(&lab->listen, g_free); /* that is the practice cluster's */
    /* as root: the servers' login has to get through */
    return !lab->user || chmod(lab->directory, 0711) == 0 ||
           rollout_fail(error, ROLLOUT_ERROR_REFUSED, "\"%s\": %s", lab->directory,
                        g_strerror(errno));
}

struct lab_scratch *lab_scratch_start(GError **error)
{
    struct lab_scratch *scratch = g_new0(struct lab_scratch, 1);
    scratch->life = -1;
    scratch->lab = lab_open(error);
    if (scratch->lab && make_place(scratch->lab, error) && keeper_start(scratch, error) &&
        lab_primary_create(scratch->lab, LAB_SCRATCH_SUPERUSER, error))
        return scratch;
    lab_scratch_free(scratch);
    return NULL;
}

void lab_scratch_free(struct lab_scratch *scratch)
{
    if (!scratch)
        return;
    if (scratch->life >= 0)
        close(scratch->life);
    if (scratch->keeper > 0)
        while (waitpid(scratch->keeper, NULL, 0) < 0 && errno == EINTR)
            ;
    lab_close(scratch->lab);
    g_free(scratch);
}

struct db_target *lab_scratch_target(const struct lab_scratch *scratch, const char *dbname,
                                     const char *user)
{
    struct db_target *target = lab_target(scratch->lab, LAB_PRIMARY, user);
    g_free(target->dbname);
    target->dbname = g_strdup(dbname);
    return target;
}

const char *lab_scratch_bindir(const struct lab_scratch *scratch)
{
    return scratch->lab->bindir;
}

const char *lab_scratch_directory(const struct lab_scratch *scratch)
{
    return scratch->lab->directory;
}
