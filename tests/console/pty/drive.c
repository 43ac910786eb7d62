/* Drives a full-screen program by a script from standard input and looks at what it paints:
 *
 *   start 80x24 [NAME=VALUE …] -- COMMAND   run it on a pty
 *   ground rgb:RR/GG/BB                     the terminal's answer when it is asked; right after start
 *   wait S TEXT / gone S TEXT               until the picture holds TEXT, or no longer does
 *   row N TEXT                              row N (from 1) holds TEXT, within a second
 *   cursor ROW COLUMN                       it is shown, and stands there (from 1), within a second
 *   slow MS BYTES                           typed byte by byte, so far apart
 *   type KEYS                               \e \r \t \b \n \xNN are understood; one write
 *   quick MS KEYS => TEXT                   after KEYS the picture holds TEXT within MS (times
 *                                           PGROLLOUT_BOUND_FACTOR, default 5)
 *   swing N MS A => TEXT | B => TEXT        A and B in turn, N times: the 99th percentile from a key to
 *                                           its TEXT, which was not there before, is at most MS (times
 *                                           the factor)
 *   hangup                                  the terminal is gone
 *   size 100x30 · sleep S · sh COMMAND · signal NAME
 *   storm N WxH                             N sizes between 1x1 and 200x60, then that one
 *   like S COMMAND                          within S seconds the picture is that of COMMAND, newly
 *                                           started at this size, but for digits and bars
 *   flood N KEYS                            KEYS N times, while nothing is read from the terminal
 *   hold N KEYS                             KEYS N times, 30 a second, as a key that is held down
 *   bytes S REFRESH MAX                     median of the output per REFRESH seconds, during S
 *   clean                                   nothing was sent that a hostile text could have planted
 *   plain                                   no escape sequence was ever sent
 *   colours yes|no                          · direct yes|no: those that no palette has
 *   end STATUS S                            it ends within S seconds, STATUS a number or sigNAME
 *   restored                                the terminal is as it was found
 *   snap                                    prints the picture
 *
 * $PID in a command of `sh` is the program's process. Ends with 1 at the first line that fails,
 * with the picture. */
#include "config.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "screen.h"

#define WINDOWS_MAX 600
#define STORM_WIDTH 200
#define STORM_HEIGHT 60
#define STORM_MS 25

struct drive {
    struct screen *screen;
    int line;
    double factor;
    char problem[512];
};

static const struct {
    const char *name;
    int number;
} signals[] = {{"TERM", SIGTERM}, {"HUP", SIGHUP},   {"SEGV", SIGSEGV}, {"ABRT", SIGABRT},
               {"INT", SIGINT},   {"STOP", SIGSTOP}, {"CONT", SIGCONT}, {"TSTP", SIGTSTP},
               {"KILL", SIGKILL}, {"QUIT", SIGQUIT}, {"BUS", SIGBUS},   {"FPE", SIGFPE}};

static gboolean fail(struct drive *d, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean fail(struct drive *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_vsnprintf(d->problem, sizeof d->problem, format, args);
    va_end(args);
    return FALSE;
}

static int signal_number(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
        if (strcmp(signals[i].name, name) == 0)
            return signals[i].number;
    return 0;
}

static gboolean shows(struct drive *d, const char *text)
{
    g_autofree char *picture = screen_picture(d->screen);
    return strstr(picture, text) != NULL;
}

/* Until the picture does, or does not, hold the text. */
static gboolean until(struct drive *d, gint64 us, const char *text, gboolean wanted)
{
    gint64 deadline = g_get_monotonic_time() + us;
    while (shows(d, text) != wanted) {
        if (g_get_monotonic_time() > deadline)
            return FALSE;
        screen_pump(d->screen, 2);
    }
    return TRUE;
}

static gboolean do_start(struct drive *d, char *rest)
{
    int width, height;
    char *command = strstr(rest, "-- ");
    if (sscanf(rest, "%dx%d", &width, &height) != 2 || !command)
        return fail(d, "start WxH [NAME=VALUE …] -- COMMAND");
    *command = '\0';
    GPtrArray *environment = g_ptr_array_new();
    g_auto(GStrv) words = g_strsplit(rest, " ", -1);
    for (char **w = words + 1; *words && *w; w++)
        if (strchr(*w, '='))
            g_ptr_array_add(environment, *w);
    g_ptr_array_add(environment, NULL);
    screen_free(d->screen);
    d->screen = screen_new(width, height, (const char *const *)environment->pdata, command + 3);
    g_ptr_array_free(environment, TRUE);
    return TRUE;
}

static gboolean do_wait(struct drive *d, char *rest, gboolean wanted)
{
    char *text;
    double seconds = g_ascii_strtod(rest, &text);
    text += *text == ' ';
    if (until(d, (gint64)(seconds * G_USEC_PER_SEC), text, wanted))
        return TRUE;
    return fail(d, "\"%s\" is %s after %g s", text, wanted ? "not there" : "still there", seconds);
}

static gboolean do_row(struct drive *d, char *rest)
{
    char *text;
    long row = strtol(rest, &text, 10);
    gint64 deadline = g_get_monotonic_time() + G_USEC_PER_SEC; /* a frame may come in pieces */
    for (;;) {
        g_autofree char *shown = screen_row(d->screen, (int)row - 1);
        if (strstr(shown, text + 1))
            return TRUE;
        if (g_get_monotonic_time() > deadline)
            return fail(d, "row %ld is \"%s\"", row, shown);
        screen_pump(d->screen, 5);
    }
}

static GString *bytes_of(const char *keys)
{
    g_autofree char *readable = g_strdup(keys);
    GString *bytes = g_string_new(NULL);
    for (const char *p = readable; *p; p++) {
        unsigned code;
        if (p[0] == '\\' && p[1] == 'e') {
            g_string_append_c(bytes, 0x1B);
            p++;
        } else if (p[0] == '\\' && p[1] == 'x' && sscanf(p + 2, "%2x", &code) == 1) {
            g_string_append_c(bytes, (char)code);
            p += 3;
        } else if (p[0] == '\\' && strchr("rtbn", p[1]) && p[1]) {
            static const char from[] = "rtbn", to[] = "\r\t\b\n";
            g_string_append_c(bytes, to[strchr(from, p[1]) - from]);
            p++;
        } else {
            g_string_append_c(bytes, *p);
        }
    }
    return bytes;
}

static void type(struct drive *d, const char *keys)
{
    GString *bytes = bytes_of(keys);
    screen_send(d->screen, bytes->str, bytes->len);
    g_string_free(bytes, TRUE);
}

static gboolean do_quick(struct drive *d, char *rest)
{
    char *keys;
    double ms = g_ascii_strtod(rest, &keys);
    char *text = strstr(keys, " => ");
    if (!text)
        return fail(d, "quick MS KEYS => TEXT");
    *text = '\0';
    text += 4;
    while (screen_pump(d->screen, 50)) {
    }
    if (shows(d, text))
        return fail(d, "\"%s\" was there before the key", text);
    gint64 began = g_get_monotonic_time();
    type(d, keys + 1);
    if (!until(d, 5 * G_USEC_PER_SEC, text, TRUE))
        return fail(d, "\"%s\" did not come", text);
    double took = (double)(g_get_monotonic_time() - began) / 1000;
    printf("figure: key \"%s\" to screen %.1f ms\n", keys + 1, took);
    return took <= ms * d->factor ||
           fail(d, "it took %.1f ms, more than %g x %g", took, ms, d->factor);
}

static void pump_for(struct drive *d, double seconds)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    while (g_get_monotonic_time() < deadline)
        screen_pump(d->screen, 5);
}

static int compare_sizes(const void *a, const void *b)
{
    gsize x = *(const gsize *)a, y = *(const gsize *)b;
    return x < y ? -1 : x > y;
}

static gboolean swing_once(struct drive *d, const char *keys, const char *text, gsize *took_us)
{
    pump_for(d, 0.02);
    if (shows(d, text))
        return fail(d, "\"%s\" was there before the key", text);
    gint64 began = g_get_monotonic_time();
    type(d, keys);
    if (!until(d, 5 * G_USEC_PER_SEC, text, TRUE))
        return fail(d, "\"%s\" did not come", text);
    *took_us = (gsize)(g_get_monotonic_time() - began);
    return TRUE;
}

static gboolean do_swing(struct drive *d, char *rest)
{
    gsize took[WINDOWS_MAX];
    char *keys;
    int n = (int)CLAMP(strtol(rest, &keys, 10), 1, WINDOWS_MAX);
    double ms = g_ascii_strtod(keys, &keys);
    g_auto(GStrv) sides = g_strsplit(keys + 1, " | ", 2);
    if (!sides[0] || !sides[1] || !strstr(sides[0], " => ") || !strstr(sides[1], " => "))
        return fail(d, "swing N MS A => TEXT | B => TEXT");
    g_auto(GStrv) a = g_strsplit(sides[0], " => ", 2), b = g_strsplit(sides[1], " => ", 2);
    for (int i = 0; i < n; i++) {
        char **side = i % 2 ? b : a;
        if (!swing_once(d, side[0], side[1], &took[i]))
            return FALSE;
    }
    qsort(took, (size_t)n, sizeof *took, compare_sizes);
    double p99 = (double)took[n * 99 / 100] / 1000;
    printf("figure: %d keys to screen, median %.1f ms, p99 %.1f ms, longest %.1f ms\n", n,
           (double)took[n / 2] / 1000, p99, (double)took[n - 1] / 1000);
    return p99 <= ms * d->factor || fail(d, "p99 %.1f ms, more than %g x %g", p99, ms, d->factor);
}

static gboolean do_size(struct drive *d, char *rest)
{
    int width, height;
    if (sscanf(rest, "%dx%d", &width, &height) != 2)
        return fail(d, "size WxH");
    screen_resize(d->screen, width, height);
    return TRUE;
}

/* The sizes are drawn by chance, the same ones in each run. */
static gboolean do_storm(struct drive *d, char *rest)
{
    int n, width, height, status;
    if (sscanf(rest, "%d %dx%d", &n, &width, &height) != 3)
        return fail(d, "storm N WxH");
    g_autoptr(GRand) dice = g_rand_new_with_seed((guint32)n);
    for (int i = 0; i < n; i++) {
        screen_resize(d->screen, g_rand_int_range(dice, 1, STORM_WIDTH + 1),
                      g_rand_int_range(dice, 1, STORM_HEIGHT + 1));
        /* some while it still draws the one before, some when it has drawn */
        screen_pump(d->screen, g_rand_int_range(dice, 0, STORM_MS));
        if (screen_ended(d->screen, &status))
            return fail(d, "it has ended after %d sizes", i + 1);
    }
    screen_resize(d->screen, width, height);
    return TRUE;
}

/* The same for any time of day, age or figure with its unit, and for any filling of a bar. */
static char *picture_shape(const struct screen *screen)
{
    g_autofree char *picture = screen_picture(screen);
    g_autoptr(GRegex) figures =
        g_regex_new(" *\\d[\\d.:]*(?: \\d{3})*(?: ?[kMGT]?B\\b|[kMGT]\\b)?", 0, 0, NULL);
    g_autofree char *plain = g_regex_replace_literal(figures, picture, -1, 0, "0", 0, NULL);
    GString *shape = g_string_new(NULL);
    for (const char *p = plain; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        g_string_append_unichar(shape, c >= 0x2580 && c < 0x25A0 ? '#' : c);
    }
    return g_string_free(shape, FALSE);
}

static gboolean do_like(struct drive *d, char *rest)
{
    char *command;
    double seconds = g_ascii_strtod(rest, &command);
    gint64 deadline = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    struct screen *fresh =
        screen_new(screen_width(d->screen), screen_height(d->screen), NULL, command + 1);
    gboolean same = FALSE;
    while (!same && g_get_monotonic_time() < deadline) {
        screen_pump(d->screen, 5);
        screen_pump(fresh, 5);
        g_autofree char *ours = picture_shape(d->screen), *theirs = picture_shape(fresh);
        same = strcmp(ours, theirs) == 0;
    }
    if (!same) {
        g_autofree char *picture = screen_picture(fresh);
        printf("the new one:\n%s", picture);
    }
    screen_free(fresh);
    return same || fail(d, "the picture is not that of a new one");
}

static void type_slowly(struct drive *d, char *rest)
{
    char *keys;
    long ms = strtol(rest, &keys, 10);
    GString *bytes = bytes_of(keys + 1);
    for (gsize i = 0; i < bytes->len; i++) {
        screen_send(d->screen, bytes->str + i, 1);
        pump_for(d, (double)ms / 1000);
    }
    g_string_free(bytes, TRUE);
}

static gboolean do_cursor(struct drive *d, const char *rest)
{
    int wanted_row, wanted_col, row, col;
    if (sscanf(rest, "%d %d", &wanted_row, &wanted_col) != 2)
        return fail(d, "cursor ROW COLUMN");
    gint64 deadline = g_get_monotonic_time() + G_USEC_PER_SEC;
    for (;;) {
        gboolean shown = screen_cursor(d->screen, &row, &col);
        if (shown && row + 1 == wanted_row && col + 1 == wanted_col)
            return TRUE;
        if (g_get_monotonic_time() > deadline)
            return fail(d, "the cursor is %s at %d %d", shown ? "shown" : "hidden", row + 1,
                        col + 1);
        screen_pump(d->screen, 5);
    }
}

static gboolean do_sh(struct drive *d, char *rest)
{
    g_autofree char *pid = g_strdup_printf("%d", (int)screen_pid(d->screen));
    g_setenv("PID", pid, TRUE);
    int status = system(rest);
    return status == 0 || fail(d, "status %d of: %s", status, rest);
}

/* Keys whose answer nobody takes: the terminal's buffer fills up. */
static gboolean do_flood(struct drive *d, char *rest)
{
    char *keys;
    long n = strtol(rest, &keys, 10);
    for (long i = 0; i < n; i++) {
        type(d, keys + 1);
        g_usleep(30000); /* a frame each, not one for all */
    }
    return TRUE;
}

static gboolean do_hold(struct drive *d, char *rest)
{
    char *keys;
    long n = strtol(rest, &keys, 10);
    for (long i = 0; i < n; i++) {
        type(d, keys + 1);
        pump_for(d, 1.0 / 30);
    }
    return TRUE;
}

/* All that comes between one refresh and the next, the ticking clock included. */
static gboolean do_bytes(struct drive *d, char *rest)
{
    gsize windows[WINDOWS_MAX];
    double seconds, refresh, most;
    if (sscanf(rest, "%lf %lf %lf", &seconds, &refresh, &most) != 3)
        return fail(d, "bytes SECONDS REFRESH MOST");
    int n = (int)CLAMP(seconds / refresh, 1, WINDOWS_MAX);
    gint64 began = g_get_monotonic_time();
    for (int i = 0; i < n; i++) {
        gsize before = screen_bytes(d->screen);
        gint64 end = began + (gint64)((i + 1) * refresh * G_USEC_PER_SEC);
        while (g_get_monotonic_time() < end)
            screen_pump(d->screen, 5);
        windows[i] = screen_bytes(d->screen) - before;
    }
    qsort(windows, (size_t)n, sizeof *windows, compare_sizes);
    printf("figure: %d refreshes, median %zu bytes, largest %zu\n", n, windows[n / 2],
           windows[n - 1]);
    if (windows[n - 1] == 0)
        return fail(d, "nothing came");
    return (double)windows[n / 2] <= most ||
           fail(d, "the median refresh has %zu bytes", windows[n / 2]);
}

static gboolean do_end(struct drive *d, char *rest)
{
    char wanted[16];
    double seconds;
    int status;
    if (sscanf(rest, "%15s %lf", wanted, &seconds) != 2)
        return fail(d, "end STATUS SECONDS");
    gint64 deadline = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    while (!screen_ended(d->screen, &status)) {
        if (g_get_monotonic_time() > deadline)
            return fail(d, "it is still there");
        screen_pump(d->screen, 5);
    }
    while (screen_pump(d->screen, 20)) {
    }
    int number = g_str_has_prefix(wanted, "sig") ? signal_number(wanted + 3) : 0;
    if (number ? WIFSIGNALED(status) && WTERMSIG(status) == number
               : WIFEXITED(status) && WEXITSTATUS(status) == atoi(wanted))
        return TRUE;
    return fail(d, "it ended with %s %d", WIFSIGNALED(status) ? "signal" : "status",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static gboolean run_line(struct drive *d, char *line)
{
    char *rest = strchr(line, ' ');
    if (rest)
        *rest++ = '\0';
    else
        rest = line + strlen(line);
    if (strcmp(line, "start") == 0)
        return do_start(d, rest);
    if (!d->screen)
        return fail(d, "nothing runs yet");
    if (strcmp(line, "ground") == 0) {
        screen_set_ground(d->screen, rest);
        return TRUE;
    }
    if (strcmp(line, "wait") == 0 || strcmp(line, "gone") == 0)
        return do_wait(d, rest, line[0] == 'w');
    if (strcmp(line, "row") == 0)
        return do_row(d, rest);
    if (strcmp(line, "cursor") == 0)
        return do_cursor(d, rest);
    if (strcmp(line, "plain") == 0)
        return screen_is_plain(d->screen) || fail(d, "an escape sequence was sent");
    if (strcmp(line, "quick") == 0)
        return do_quick(d, rest);
    if (strcmp(line, "swing") == 0)
        return do_swing(d, rest);
    if (strcmp(line, "size") == 0)
        return do_size(d, rest);
    if (strcmp(line, "sh") == 0)
        return do_sh(d, rest);
    if (strcmp(line, "storm") == 0)
        return do_storm(d, rest);
    if (strcmp(line, "like") == 0)
        return do_like(d, rest);
    if (strcmp(line, "bytes") == 0)
        return do_bytes(d, rest);
    if (strcmp(line, "flood") == 0)
        return do_flood(d, rest);
    if (strcmp(line, "hold") == 0)
        return do_hold(d, rest);
    if (strcmp(line, "end") == 0)
        return do_end(d, rest);
    if (strcmp(line, "clean") == 0)
        return !screen_offence(d->screen) || fail(d, "it sent %s", screen_offence(d->screen));
    if (strcmp(line, "direct") == 0)
        return screen_has_direct(d->screen) == (rest[0] == 'y') || fail(d, "direct: not %s", rest);
    if (strcmp(line, "colours") == 0)
        return screen_has_colours(d->screen) == (rest[0] == 'y') ||
               fail(d, "colours: not %s", rest);
    if (strcmp(line, "restored") == 0)
        return !screen_left_changed(d->screen) ||
               fail(d, "the terminal was left changed: %s", screen_left_changed(d->screen));
    if (strcmp(line, "signal") == 0)
        return kill(screen_pid(d->screen), signal_number(rest)) == 0 || fail(d, "no such process");
    if (strcmp(line, "type") == 0)
        type(d, rest);
    else if (strcmp(line, "hangup") == 0)
        screen_hang_up(d->screen);
    else if (strcmp(line, "slow") == 0)
        type_slowly(d, rest);
    else if (strcmp(line, "sleep") == 0)
        pump_for(d, g_ascii_strtod(rest, NULL));
    else if (strcmp(line, "snap") == 0) {
        g_autofree char *picture = screen_picture(d->screen);
        fputs(picture, stdout);
    } else
        return fail(d, "unknown word \"%s\"", line);
    return TRUE;
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const char *factor = getenv("PGROLLOUT_BOUND_FACTOR");
    struct drive d = {.factor = factor ? g_ascii_strtod(factor, NULL) : 5};
    char *line = NULL;
    size_t size = 0;
    gboolean ok = TRUE;
    while (ok && getline(&line, &size, stdin) > 0) {
        d.line++;
        g_strchomp(line);
        if (line[0] && line[0] != '#')
            ok = run_line(&d, line);
    }
    if (!ok) {
        g_autofree char *picture = d.screen ? screen_picture(d.screen) : g_strdup("");
        printf("line %d: %s\n%s", d.line, d.problem, picture);
    }
    free(line);
    screen_free(d.screen);
    return ok ? 0 : 1;
}
