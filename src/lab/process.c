/* Programs run for the practice cluster, and processes known by their recorded pid. A pid alone
 * proves nothing, since it may have been given to somebody else: what runs under it is looked at.
 */
#include "config.h"
#include "lab-private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "pgrollout/base/error.h"

/* The last line that says something, for an error's message. */
static const char *last_line(char *output)
{
    g_strchomp(output);
    const char *end = strrchr(output, '\n');
    return end ? end + 1 : output;
}

gboolean lab_run(const struct lab *lab, const char *const *argv, GError **error)
{
    g_autoptr(GPtrArray) full = g_ptr_array_new_with_free_func(g_free);
    if (lab->user) {
        g_ptr_array_add(full, g_strdup("setpriv"));
        g_ptr_array_add(full, g_strdup_printf("--reuid=%s", lab->user));
        g_ptr_array_add(full, g_strdup_printf("--regid=%s", lab->user));
        g_ptr_array_add(full, g_strdup("--init-groups"));
    }
    gboolean ours = !strchr(argv[0], '/');
    g_ptr_array_add(full, ours ? g_build_filename(lab->bindir, argv[0], NULL) : g_strdup(argv[0]));
    for (const char *const *argument = argv + 1; *argument; argument++)
        g_ptr_array_add(full, g_strdup(*argument));
    g_ptr_array_add(full, NULL);

    g_autofree char *output = NULL, *messages = NULL;
    g_autoptr(GError) problem = NULL;
    int status;
    /* "/": the servers' login may not stand where we do */
    if (g_spawn_sync("/", (char **)full->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                     &messages, &status, &problem) &&
        g_spawn_check_wait_status(status, &problem))
        return TRUE;
    g_autofree char *said = g_strconcat(output ? output : "", messages ? messages : "", NULL);
    const char *line = last_line(said);
    return rollout_fail(error, ROLLOUT_ERROR_REFUSED, "\"%s\" failed: %s", argv[0],
                        *line ? line : problem->message);
}

gboolean lab_process_has_argument(int pid, const char *argument)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", pid);
    g_autofree char *arguments = NULL;
    gsize length;
    if (pid <= 0 || !g_file_get_contents(path, &arguments, &length, NULL))
        return FALSE;
    for (const char *p = arguments; p < arguments + length; p += strlen(p) + 1)
        if (strcmp(p, argument) == 0)
            return TRUE;
    return FALSE;
}

/* A dead process that nobody has waited for yet still has its pid, but no arguments. */
gboolean lab_process_is_gone(int pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", pid);
    g_autofree char *arguments = NULL;
    gsize length;
    return !g_file_get_contents(path, &arguments, &length, NULL) || length == 0;
}

gboolean lab_process_is_stopped(int pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *text = NULL;
    if (pid <= 0 || !g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    /* behind the name, which may hold anything */
    const char *state = strrchr(text, ')');
    return state && state[1] == ' ' && state[2] == 'T';
}

void lab_signals_unblock(void *data)
{
    (void)data;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

gboolean lab_process_end(int pid, int signal, int seconds)
{
    gint64 deadline = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    if (kill(pid, signal) != 0)
        return errno == ESRCH;
    while (g_get_monotonic_time() < deadline) {
        if (lab_process_is_gone(ABS(pid)))
            return TRUE;
        g_usleep(20000);
    }
    return FALSE;
}
