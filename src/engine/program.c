/* Programs that print one number, and programs that are told something. */
#include "config.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX 65536

struct program {
    GPid pid;            /* 0: it has ended */
    int output;          /* -1: closed */
    guint output_source; /* 0: none */
    guint child_source, timer;
    GString *text;
    gint64 timeout_us;
    gboolean with_errors;
    program_fn ended;
    void *data;
    char *failure; /* decided before its end */
    int status;    /* as waitpid says */
};

static void limit(int resource, rlim_t most)
{
    const struct rlimit limits = {most, most};
    setrlimit((__rlimit_resource_t)resource, &limits);
}

/* In the child, between fork and exec: nothing but system calls. A program that outlives an engine which
 * was killed would be nobody's. */
static void child_setup(void *data)
{
    const struct program *program = data;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, (rlim_t)(program->timeout_us / G_USEC_PER_SEC) + 2);
    limit(RLIMIT_AS, (rlim_t)4 << 30);
    limit(RLIMIT_FSIZE, (rlim_t)64 << 20);
    limit(RLIMIT_NOFILE, 256);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    if (program->with_errors)
        dup2(STDOUT_FILENO, STDERR_FILENO);
}

static void remove_source(guint *source)
{
    if (*source)
        g_source_remove(*source);
    *source = 0;
}

/* The group is its leader's number, also when the leader has ended and others of it run on; it is no other
 * process's as long as the leader was not reaped. */
static void signal_group(const struct program *program, int number)
{
    if (program->pid > 0 && kill(-program->pid, number) != 0 && errno == ESRCH)
        kill(program->pid, number); /* it has not made its group yet */
}

static gboolean on_kill(void *data)
{
    struct program *program = data;
    program->timer = 0;
    signal_group(program, SIGKILL);
    return G_SOURCE_REMOVE;
}

static void stop(struct program *program, char *why)
{
    if (program->failure) {
        g_free(why);
        return;
    }
    program->failure = why;
    remove_source(&program->timer);
    signal_group(program, SIGTERM);
    program->timer = g_timeout_add(PROGRAM_GRACE_US / 1000, on_kill, program);
}

static gboolean on_timeout(void *data)
{
    struct program *program = data;
    program->timer = 0;
    stop(program,
         g_strdup_printf("no answer within %.3gs", (double)program->timeout_us / G_USEC_PER_SEC));
    return G_SOURCE_REMOVE;
}

/* What is there, without waiting. FALSE: there will be no more. */
static gboolean read_some(struct program *program)
{
    char buffer[4096];
    for (;;) {
        ssize_t n = read(program->output, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 && errno == EAGAIN;
        g_string_append_len(program->text, buffer, n);
        if (program->text->len > OUTPUT_MAX) {
            stop(program, g_strdup("it printed more than 64 kB"));
            return FALSE;
        }
    }
}

static void close_output(struct program *program)
{
    remove_source(&program->output_source);
    if (program->output >= 0)
        close(program->output);
    program->output = -1;
}

static gboolean on_output(int fd, GIOCondition condition, void *data)
{
    struct program *program = data;
    (void)fd;
    (void)condition;
    if (read_some(program))
        return G_SOURCE_CONTINUE;
    program->output_source = 0; /* this returns FALSE */
    close_output(program);
    return G_SOURCE_REMOVE;
}

static void on_ended(GPid pid, int status, void *data)
{
    struct program *program = data;
    program->child_source = 0;
    program->status = status;
    if (program->output >= 0) {
        read_some(program);
        close_output(program);
    }
    remove_source(&program->timer);
    /* children that it left; the number stays theirs as long as one of them lives */
    kill(-pid, SIGKILL);
    program->pid = 0;
    if (program->ended)
        program->ended(program->data);
}

/* A file and no pipe: nobody waits for one that does not read. -1: nothing to read. */
static int input_open(const char *input)
{
    gsize done = 0, all = input ? strlen(input) : 0;
    int fd = input ? memfd_create("facts", MFD_CLOEXEC) : -1;
    while (fd >= 0 && done < all) {
        ssize_t n = write(fd, input + done, all - done);
        if (n < 0 && errno != EINTR)
            break;
        done += n > 0 ? (gsize)n : 0;
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static char **environment_of(char *const *own)
{
    char **envp = g_environ_setenv(NULL, "PATH", "/usr/local/bin:/usr/bin:/bin", TRUE);
    envp = g_environ_setenv(envp, "LC_ALL", "C", TRUE);
    for (char *const *entry = own; *entry; entry++) {
        g_auto(GStrv) parts = g_strsplit(*entry, "=", 2);
        envp = g_environ_setenv(envp, parts[0], parts[1], TRUE);
    }
    return envp;
}

static gboolean spawn(struct program *program, const struct program_spec *spec, GError **error)
{
    g_auto(GStrv) envp = environment_of(spec->environment);
    int input = input_open(spec->input);
    GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD;
    if (!spec->with_errors)
        flags |= G_SPAWN_STDERR_TO_DEV_NULL;
    gboolean good = g_spawn_async_with_pipes_and_fds(
        "/", (const char *const *)spec->argv, (const char *const *)envp, flags, child_setup,
        program, input, -1, -1, NULL, NULL, 0, &program->pid, NULL, &program->output, NULL, error);
    if (input >= 0)
        close(input);
    return good;
}

struct program *program_start(const struct program_spec *spec)
{
    g_autoptr(GError) error = NULL;
    struct program *program = g_new0(struct program, 1);
    program->output = -1;
    program->text = g_string_new(NULL);
    program->timeout_us = spec->timeout_us;
    program->with_errors = spec->with_errors;
    program->ended = spec->ended;
    program->data = spec->data;
    if (!spawn(program, spec, &error)) {
        program->failure = g_strdup(error->message);
        program->pid = 0;
        return program;
    }
    fcntl(program->output, F_SETFD, FD_CLOEXEC);
    g_unix_set_fd_nonblocking(program->output, TRUE, NULL);
    program->output_source =
        g_unix_fd_add(program->output, G_IO_IN | G_IO_HUP | G_IO_ERR, on_output, program);
    program->child_source = g_child_watch_add(program->pid, on_ended, program);
    program->timer = g_timeout_add((guint)(spec->timeout_us / 1000), on_timeout, program);
    return program;
}

gboolean program_number(const char *text, double *number)
{
    g_autofree char *trimmed = g_strstrip(g_strdup(text));
    char *end;
    for (const char *p = trimmed; *p; p++)
        if (!g_ascii_isdigit(*p) && !strchr("+-.eE", *p)) /* no hexadecimal, no "inf" */
            return FALSE;
    *number = g_ascii_strtod(trimmed, &end);
    return *trimmed && !*end && isfinite(*number);
}

static char *ended_badly(const struct program *program)
{
    if (WIFSIGNALED(program->status))
        return g_strdup_printf("it was ended by signal %d", WTERMSIG(program->status));
    if (WEXITSTATUS(program->status) != 0)
        return g_strdup_printf("it ended with status %d", WEXITSTATUS(program->status));
    return NULL;
}

gboolean program_take(struct program *program, struct program_result *result)
{
    if (program->pid)
        return FALSE;
    result->number = NAN;
    result->failure = g_strdup(program->failure);
    if (!result->failure)
        result->failure = ended_badly(program);
    if (result->failure || program_number(program->text->str, &result->number))
        return TRUE;
    g_strstrip(program->text->str);
    result->failure = *program->text->str ? g_strdup_printf("it printed \"%.40s\", not a number",
                                                            program->text->str)
                                          : g_strdup("it printed nothing");
    return TRUE;
}

gboolean program_end(struct program *program, char **failure, char **output)
{
    if (program->pid)
        return FALSE;
    *failure = program->failure ? g_strdup(program->failure) : ended_badly(program);
    /* no zero byte ends it early, and none gets into a text of the server */
    *output = g_utf8_make_valid(program->text->str, (gssize)strlen(program->text->str));
    g_strchomp(*output);
    return TRUE;
}

/* Somebody must reap it. */
static void on_orphan(GPid pid, int status, void *data)
{
    (void)status;
    (void)data;
    kill(-pid, SIGKILL);
}

void program_free(struct program *program)
{
    if (!program)
        return;
    remove_source(&program->timer);
    remove_source(&program->child_source);
    close_output(program);
    if (program->pid) {
        signal_group(program, SIGKILL);
        if (waitpid(program->pid, NULL, WNOHANG) == 0)
            g_child_watch_add(program->pid, on_orphan, NULL);
    }
    g_string_free(program->text, TRUE);
    g_free(program->failure);
    g_free(program);
}
