/* Detaching from the terminal. The child is the same process image: nothing is connected yet when it
 * forks, and a password that was typed need not be handed over. */
#include "config.h"
#include "cmd/detach.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/print.h"

struct detach {
    char *log;
    int report; /* the pipe's end; -1 when the report has been made */
};

static char *default_log(void)
{
    g_autofree char *folder = g_build_filename(g_get_user_state_dir(), "pgrollout", NULL);
    g_mkdir_with_parents(folder, 0700);
    g_autofree char *name = g_strdup_printf("engine-%d.log", (int)getpid());
    return g_build_filename(folder, name, NULL);
}

static void report(struct detach *detach, const char *text)
{
    if (detach->report < 0)
        return;
    for (gsize done = 0, all = strlen(text); done < all;) {
        gssize n = write(detach->report, text + done, all - done);
        if (n < 0)
            break; /* nobody waits any more: the log has it */
        done += (gsize)n;
    }
    close(detach->report);
    detach->report = -1;
}

void detach_ready(struct detach *detach, gint64 epoch)
{
    g_autofree char *log = print_safe(detach->log);
    g_autofree char *text = g_strdup_printf(
        "0 engine runs in the background: pid %d, epoch %" G_GINT64_FORMAT ", log %s\n",
        (int)getpid(), epoch, log);
    report(detach, text);
}

void detach_failed(struct detach *detach, int status, const GError *error)
{
    g_autofree char *said = print_error_text(error);
    g_autofree char *text = g_strdup_printf("%d %s", status ? status : 1, said);
    report(detach, text);
}

/* In the parent: the child's report, whose first word is the exit status. Its texts have been made safe;
 * the line breaks are ours. */
static int await(int fd, pid_t child, const char *log)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[512];
    gssize n;
    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        g_string_append_len(text, buffer, n);
    close(fd);
    char *rest;
    int status = (int)strtol(text->str, &rest, 10);
    if (text->len == 0) {
        waitpid(child, NULL, 0);
        print_message("the engine ended at once; see %s", log);
        return 1;
    }
    fputs(g_strchug(rest), status == 0 ? stdout : stderr);
    return status;
}

static void become_background(int log_fd)
{
    setsid();
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(log_fd, STDOUT_FILENO);
    dup2(log_fd, STDERR_FILENO);
    close(null);
    close(log_fd);
    if (chdir("/") != 0)
        return; /* not worth an end: it only keeps a folder busy */
}

struct detach *detach_start(const char *log, int *status)
{
    g_autofree char *named = log ? g_canonicalize_filename(log, NULL) : default_log();
    int log_fd = open(named, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int ends[2];
    if (log_fd < 0 || pipe(ends) != 0) {
        print_message("log file \"%s\": %s", named, g_strerror(errno));
        *status = 2;
        return NULL;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child != 0) {
        close(ends[1]);
        close(log_fd);
        *status = child < 0 ? 1 : await(ends[0], child, named);
        return NULL;
    }
    close(ends[0]);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    become_background(log_fd);
    struct detach *detach = g_new0(struct detach, 1);
    detach->log = g_steal_pointer(&named);
    detach->report = ends[1];
    return detach;
}

const char *detach_log(const struct detach *detach)
{
    return detach->log;
}

void detach_free(struct detach *detach)
{
    if (detach->report >= 0)
        close(detach->report);
    g_free(detach->log);
    g_free(detach);
}
