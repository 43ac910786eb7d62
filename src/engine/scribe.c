/* The thread that writes files. */
#include "config.h"
#include "scribe.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAST_WAIT_US G_USEC_PER_SEC
#define MODE 0644

enum task { TASK_REPLACE, TASK_APPEND, TASK_REOPEN, TASK_END };

struct job {
    struct scribe *scribe;
    enum task task;
    char *path, *text;
    char *failure;
    scribe_fn fn;
    void *data;
};

struct scribe {
    GAsyncQueue *queue; /* to the thread */
    GThread *thread;
    gatomicrefcount references; /* ours, the thread's, and one for each answer under way */
    gint freed;
    /* of the thread alone */
    int fd; /* -1: closed */
    dev_t device;
    ino_t inode;
    /* under the lock */
    GMutex lock;
    GCond ended_cond;
    gboolean ended;
};

static void job_free(struct job *job)
{
    g_free(job->path);
    g_free(job->text);
    g_free(job->failure);
    g_free(job);
}

static void unref(struct scribe *scribe)
{
    if (!g_atomic_ref_count_dec(&scribe->references))
        return;
    g_async_queue_unref(scribe->queue);
    g_mutex_clear(&scribe->lock);
    g_cond_clear(&scribe->ended_cond);
    g_free(scribe);
}

/* --- in the thread */

static void fail(struct job *job, const char *what)
{
    if (!job->failure)
        job->failure = g_strdup_printf("%s: %s: %s", job->path, what, g_strerror(errno));
}

static gboolean write_all(int fd, const char *text)
{
    for (gsize done = 0, all = strlen(text); done < all;) {
        ssize_t n = write(fd, text + done, all - done);
        if (n < 0 && errno != EINTR)
            return FALSE;
        done += n > 0 ? (gsize)n : 0;
    }
    return TRUE;
}

static void replace(struct job *job)
{
    g_autofree char *temporary = g_strconcat(job->path, ".XXXXXX", NULL);
    int fd = g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail(job, "cannot be written");
        return;
    }
    if (!write_all(fd, job->text) || fchmod(fd, MODE) != 0)
        fail(job, "cannot be written");
    if (close(fd) != 0)
        fail(job, "cannot be written");
    if (!job->failure && rename(temporary, job->path) != 0)
        fail(job, "cannot be put in place");
    if (job->failure)
        unlink(temporary);
}

static void close_file(struct scribe *scribe)
{
    if (scribe->fd >= 0 && scribe->fd != STDOUT_FILENO)
        close(scribe->fd);
    scribe->fd = -1;
}

static void open_file(struct scribe *scribe, struct job *job)
{
    struct stat there;
    if (strcmp(job->path, "-") == 0) {
        scribe->fd = STDOUT_FILENO;
        return;
    }
    if (scribe->fd >= 0 && (stat(job->path, &there) != 0 || there.st_dev != scribe->device ||
                            there.st_ino != scribe->inode))
        close_file(scribe); /* somebody has put it aside */
    if (scribe->fd >= 0)
        return;
    scribe->fd = open(job->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, MODE);
    if (scribe->fd < 0 || fstat(scribe->fd, &there) != 0) {
        fail(job, "cannot be opened");
        close_file(scribe);
        return;
    }
    scribe->device = there.st_dev;
    scribe->inode = there.st_ino;
}

static void append(struct scribe *scribe, struct job *job)
{
    struct stat before;
    open_file(scribe, job);
    if (scribe->fd < 0)
        return;
    gboolean file = fstat(scribe->fd, &before) == 0 && S_ISREG(before.st_mode);
    if (write_all(scribe->fd, job->text))
        return;
    fail(job, "cannot be written");
    if (file && ftruncate(scribe->fd, before.st_size) != 0)
        fail(job, "cannot be cut");
    close_file(scribe);
}

static gboolean answer(void *data)
{
    struct job *job = data;
    if (job->fn && !g_atomic_int_get(&job->scribe->freed))
        job->fn(job->failure, job->data);
    unref(job->scribe);
    job_free(job);
    return G_SOURCE_REMOVE;
}

static void *run(void *data)
{
    struct scribe *scribe = data;
    for (;;) {
        struct job *job = g_async_queue_pop(scribe->queue);
        if (job->task == TASK_END) {
            job_free(job);
            break;
        }
        if (job->task == TASK_REPLACE)
            replace(job);
        else if (job->task == TASK_APPEND)
            append(scribe, job);
        else
            close_file(scribe);
        g_atomic_ref_count_inc(&scribe->references);
        g_idle_add(answer, job);
    }
    close_file(scribe);
    g_mutex_lock(&scribe->lock);
    scribe->ended = TRUE;
    g_cond_signal(&scribe->ended_cond);
    g_mutex_unlock(&scribe->lock);
    unref(scribe);
    return NULL;
}

/* --- outside */

struct scribe *scribe_new(void)
{
    struct scribe *scribe = g_new0(struct scribe, 1);
    scribe->queue = g_async_queue_new();
    scribe->fd = -1;
    g_atomic_ref_count_init(&scribe->references);
    g_atomic_ref_count_inc(&scribe->references);
    g_mutex_init(&scribe->lock);
    g_cond_init(&scribe->ended_cond);
    scribe->thread = g_thread_new("scribe", run, scribe);
    return scribe;
}

static void push(struct scribe *scribe, enum task task, const char *path, const char *text,
                 scribe_fn fn, void *data)
{
    struct job *job = g_new0(struct job, 1);
    job->scribe = scribe;
    job->task = task;
    job->path = g_strdup(path);
    job->text = g_strdup(text);
    job->fn = fn;
    job->data = data;
    g_async_queue_push(scribe->queue, job);
}

void scribe_replace(struct scribe *scribe, const char *path, const char *text, scribe_fn fn,
                    void *data)
{
    push(scribe, TASK_REPLACE, path, text, fn, data);
}

void scribe_append(struct scribe *scribe, const char *path, const char *text, scribe_fn fn,
                   void *data)
{
    push(scribe, TASK_APPEND, path, text, fn, data);
}

void scribe_reopen(struct scribe *scribe)
{
    push(scribe, TASK_REOPEN, NULL, NULL, NULL, NULL);
}

void scribe_free(struct scribe *scribe)
{
    if (!scribe)
        return;
    push(scribe, TASK_END, NULL, NULL, NULL, NULL);
    gint64 until = g_get_monotonic_time() + LAST_WAIT_US;
    g_mutex_lock(&scribe->lock);
    while (!scribe->ended && g_cond_wait_until(&scribe->ended_cond, &scribe->lock, until))
        ;
    gboolean ended = scribe->ended;
    g_mutex_unlock(&scribe->lock);
    g_atomic_int_set(&scribe->freed, TRUE);
    if (ended)
        g_thread_join(scribe->thread);
    else
        g_thread_unref(
            scribe->thread); /* it hangs with its disk; the program's end takes it along */
    unref(scribe);
}
