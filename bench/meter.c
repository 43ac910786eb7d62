/* Runs a full-screen program on a pty and measures it from outside: when its first picture is there, what
 * it writes a refresh, how long a key takes, what it costs. Prints a line "NAME FIGURE" for each; "-" where
 * there was nothing to measure.
 *
 *   meter [OPTION…] -- COMMAND
 *
 * first_ms    from exec to the end of the first picture: 200 bytes or more, and then a pause
 * first_cpu_ms  what it has computed by then
 * bytes       median of what comes in one refresh; bytes_max: the most
 * key_ms      median from a key to the first byte after it; key_p99_ms; keys_dead: no byte within 2 s
 * cpu_percent of one core, user and system, while nothing was typed
 * rss_kb      at the end, rss_most_kb ever, and what of it no other process shares: private_kb */
#include "config.h"

#include <glib.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PICTURE_LEAST 200 /* bytes; what comes before it only sets up the terminal */
#define PAUSE_US 20000    /* nothing for so long: a picture has ended */
#define KEY_GAP_US 100000
#define KEY_LOST_US (2 * G_USEC_PER_SEC)

struct meter {
    int width, height;
    double warm, seconds, refresh;
    char *size, *keys, *then, *open, *raw;
    FILE *record;
    pid_t pid;
    int master;
    gint64 began_us, last_us, first_us; /* 0: no picture yet */
    double first_cpu_s;
    gsize bytes;
    gboolean ended;
};

static double ms_since(gint64 from_us, gint64 to_us)
{
    return (double)(to_us - from_us) / 1000;
}

static void say(const char *name, double value)
{
    printf("%s %.*f\n", name, value < 10 ? 2 : value < 100 ? 1 : 0, value);
}

static void say_nothing(const char *name)
{
    printf("%s -\n", name);
}

static int compare(gconstpointer a, gconstpointer b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double percentile(GArray *values, double share)
{
    g_array_sort(values, compare);
    guint i = (guint)(share * (values->len - 1) + 0.5);
    return g_array_index(values, double, i);
}

static void start(struct meter *m, char **command)
{
    struct winsize size = {.ws_row = (unsigned short)m->height, .ws_col = (unsigned short)m->width};
    m->began_us = m->last_us = g_get_monotonic_time();
    m->pid = forkpty(&m->master, NULL, NULL, &size);
    if (m->pid == 0) {
        unsetenv("COLUMNS");
        unsetenv("LINES");
        execvp(command[0], command);
        _exit(127);
    }
}

static double cpu_seconds(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Takes what comes within `us`; the number of bytes. */
static gsize pump(struct meter *m, gint64 us)
{
    char bytes[65536];
    struct pollfd fd = {.fd = m->master, .events = POLLIN};
    struct timespec wait = {.tv_nsec = us * 1000};
    if (m->ended || ppoll(&fd, 1, &wait, NULL) != 1)
        return 0;
    ssize_t n = read(m->master, bytes, sizeof bytes);
    m->ended = n <= 0;
    if (n <= 0)
        return 0;
    m->bytes += (gsize)n;
    if (m->record)
        fwrite(bytes, 1, (gsize)n, m->record);
    m->last_us = g_get_monotonic_time();
    return (gsize)n;
}

static void pump_until(struct meter *m, gint64 until_us)
{
    while (!m->ended && g_get_monotonic_time() < until_us) {
        pump(m, 2000);
        gboolean paused = g_get_monotonic_time() - m->last_us >= PAUSE_US;
        if (m->first_us || !paused || m->bytes < PICTURE_LEAST)
            continue;
        m->first_us = m->last_us;
        m->first_cpu_s = cpu_seconds(m->pid);
    }
}

/* --- what it costs */

/* The sum of the lines that begin with `key`, in kB. */
static double memory(pid_t pid, const char *file, const char *key)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, file);
    g_autofree char *text = NULL;
    double sum = 0;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (g_str_has_prefix(*line, key))
            sum += g_ascii_strtod(strchr(*line, ':') + 1, NULL);
    return sum;
}

static void say_memory(const struct meter *m)
{
    say("rss_kb", memory(m->pid, "smaps_rollup", "Rss:"));
    say("private_kb", memory(m->pid, "smaps_rollup", "Private_"));
    say("rss_most_kb", memory(m->pid, "status", "VmHWM:"));
}

/* --- what it writes */

static void watch(struct meter *m)
{
    g_autoptr(GArray) windows = g_array_new(FALSE, FALSE, sizeof(double));
    gint64 began = g_get_monotonic_time();
    m->record = m->raw ? fopen(m->raw, "w") : NULL;
    double cpu = cpu_seconds(m->pid);
    for (int i = 1; i * m->refresh <= m->seconds + 1e-6; i++) {
        gsize before = m->bytes;
        pump_until(m, began + (gint64)(i * m->refresh * G_USEC_PER_SEC));
        double came = (double)(m->bytes - before);
        g_array_append_val(windows, came);
    }
    say("cpu_percent", 1e5 * (cpu_seconds(m->pid) - cpu) / ms_since(began, g_get_monotonic_time()));
    say("bytes", percentile(windows, 0.5));
    say("bytes_max", percentile(windows, 1));
}

/* --- keys */

static gboolean press(struct meter *m, char key, double *took)
{
    gint64 pressed = g_get_monotonic_time();
    ssize_t ignored = write(m->master, &key, 1);
    (void)ignored;
    while (!m->ended && g_get_monotonic_time() - pressed < KEY_LOST_US)
        if (pump(m, 1000)) {
            *took = ms_since(pressed, m->last_us);
            return TRUE;
        }
    return FALSE;
}

static void type(struct meter *m)
{
    g_autoptr(GArray) took = g_array_new(FALSE, FALSE, sizeof(double));
    gint64 end = g_get_monotonic_time() + (gint64)(m->seconds * G_USEC_PER_SEC);
    int dead = 0;
    for (gsize i = 0; !m->ended && g_get_monotonic_time() < end; i++) {
        double ms;
        if (press(m, m->keys[i % strlen(m->keys)], &ms))
            g_array_append_val(took, ms);
        else
            dead++;
        pump_until(m, g_get_monotonic_time() + KEY_GAP_US);
    }
    say("keys", took->len + (guint)dead);
    say("keys_dead", dead);
    if (took->len) {
        say("key_ms", percentile(took, 0.5));
        say("key_p99_ms", percentile(took, 0.99));
    } else {
        say_nothing("key_ms");
        say_nothing("key_p99_ms");
    }
}

static void finish(struct meter *m)
{
    kill(m->pid, SIGCONT);
    kill(m->pid, SIGTERM);
    pump_until(m, g_get_monotonic_time() + 300000);
    kill(m->pid, SIGKILL);
    waitpid(m->pid, NULL, 0);
}

static void run(struct meter *m, char **command)
{
    start(m, command);
    gint64 warm_us = (gint64)(m->warm * G_USEC_PER_SEC);
    pump_until(m, m->began_us + warm_us / 2);
    if (m->open && write(m->master, m->open, strlen(m->open)) < 0)
        g_printerr("meter: nobody reads the keys\n");
    pump_until(m, m->began_us + warm_us);
    if (m->first_us) {
        say("first_ms", ms_since(m->began_us, m->first_us));
        say("first_cpu_ms", 1000 * m->first_cpu_s);
    } else {
        say_nothing("first_ms");
        say_nothing("first_cpu_ms");
    }
    if (m->then && system(m->then) != 0)
        g_printerr("meter: failed: %s\n", m->then);
    if (m->keys)
        type(m);
    else if (m->seconds > 0)
        watch(m);
    if (!m->ended)
        say_memory(m);
    say("ended", m->ended);
    finish(m);
}

int main(int argc, char **argv)
{
    struct meter m = {.warm = 5, .refresh = 2};
    const GOptionEntry entries[] = {
        {"size", 's', 0, G_OPTION_ARG_STRING, &m.size, "80x24 unless told", "WxH"},
        {"warm", 'w', 0, G_OPTION_ARG_DOUBLE, &m.warm, "so long before anything counts", "S"},
        {"for", 'f', 0, G_OPTION_ARG_DOUBLE, &m.seconds, "measure that long", "S"},
        {"refresh", 'r', 0, G_OPTION_ARG_DOUBLE, &m.refresh, "what the program was told", "S"},
        {"keys", 'k', 0, G_OPTION_ARG_STRING, &m.keys, "typed in turn; else it is watched", "KEYS"},
        {"open", 'o', 0, G_OPTION_ARG_STRING, &m.open, "typed once, before it is warm", "KEYS"},
        {"record", 'R', 0, G_OPTION_ARG_FILENAME, &m.raw, "what was written while watched", "FILE"},
        {"then", 't', 0, G_OPTION_ARG_STRING, &m.then, "run when it is warm", "COMMAND"},
        {0}};
    g_autoptr(GOptionContext) context = g_option_context_new("-- COMMAND");
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    gboolean understood = g_option_context_parse(context, &argc, &argv, &error);
    char **command = argv + 1;
    if (understood && *command && strcmp(*command, "--") == 0)
        command++;
    if (!understood || !*command ||
        sscanf(m.size ? m.size : "80x24", "%dx%d", &m.width, &m.height) != 2) {
        g_printerr("meter: %s\n", error ? error->message : "usage: meter [OPTION…] -- COMMAND");
        return 2;
    }
    run(&m, command);
    return 0;
}
