/* The pty, the program, and the terminal it believes to have. */
#include "config.h"
#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

#include "wire.h"

struct screen {
    int master;
    pid_t pid;
    gboolean ended;
    int status;
    gsize bytes;
    VTerm *terminal;
    VTermScreen *cells;
    int width, height;
    gboolean title_set, alternate, cursor_hidden, colours, direct, escapes;
    int questions;    /* for the background's colour */
    char *ground;     /* the answer to it, NULL: none */
    GByteArray *tail; /* the last bytes, for sequences that come in pieces */
    const char *offence;
    struct wire *wire;
};

static int on_property(VTermProp property, VTermValue *value, void *data)
{
    struct screen *screen = data;
    if (property == VTERM_PROP_TITLE || property == VTERM_PROP_ICONNAME)
        screen->title_set = TRUE;
    else if (property == VTERM_PROP_ALTSCREEN)
        screen->alternate = value->boolean;
    else if (property == VTERM_PROP_CURSORVISIBLE)
        screen->cursor_hidden = !value->boolean;
    return 1;
}

static void on_answer(const char *bytes, size_t n, void *data)
{
    struct screen *screen = data;
    ssize_t ignored = write(screen->master, bytes, n);
    (void)ignored;
}

static void become(const char *const *environment, const char *command)
{
    for (const char *const *e = environment; e && *e; e++)
        putenv((char *)*e);
    unsetenv("COLUMNS");
    unsetenv("LINES");
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

struct screen *screen_new(int width, int height, const char *const *environment,
                          const char *command)
{
    static const VTermScreenCallbacks callbacks = {.settermprop = on_property};
    struct screen *screen = g_new0(struct screen, 1);
    struct winsize size = {.ws_row = (unsigned short)height, .ws_col = (unsigned short)width};
    screen->width = width;
    screen->height = height;
    screen->pid = forkpty(&screen->master, NULL, NULL, &size);
    if (screen->pid == 0)
        become(environment, command);
    fcntl(screen->master, F_SETFD, FD_CLOEXEC);
    screen->tail = g_byte_array_new();
    screen->wire = wire_new();
    screen->terminal = vterm_new(height, width);
    vterm_set_utf8(screen->terminal, 1);
    vterm_output_set_callback(screen->terminal, on_answer, screen);
    screen->cells = vterm_obtain_screen(screen->terminal);
    vterm_screen_set_callbacks(screen->cells, &callbacks, screen);
    vterm_screen_enable_altscreen(screen->cells, 1);
    vterm_screen_reset(screen->cells, 1);
    return screen;
}

void screen_free(struct screen *screen)
{
    if (!screen)
        return;
    if (!screen->ended) {
        kill(screen->pid, SIGKILL);
        waitpid(screen->pid, NULL, 0);
    }
    if (screen->master >= 0)
        close(screen->master);
    vterm_free(screen->terminal);
    g_byte_array_unref(screen->tail);
    wire_free(screen->wire);
    g_free(screen->ground);
    g_free(screen);
}

static gboolean holds(const GByteArray *bytes, const char *what)
{
    return memmem(bytes->data, bytes->len, what, strlen(what)) != NULL;
}

/* The one OSC that is sent on purpose, once: it asks and sets nothing. */
static gboolean sends_osc(struct screen *screen)
{
    static const char question[] = "\033]11;?\033\\";
    const char *at =
        screen->tail->data ? memmem(screen->tail->data, screen->tail->len, "\033]", 2) : NULL;
    if (!at)
        return FALSE;
    gsize n = screen->tail->len - (gsize)(at - (const char *)screen->tail->data);
    if (memcmp(at, question, MIN(n, sizeof question - 1)) != 0)
        return TRUE;
    if (n < sizeof question - 1)
        return FALSE;
    guint from = (guint)(at - (const char *)screen->tail->data);
    g_byte_array_remove_range(screen->tail, from, sizeof question - 1);
    if (screen->ground && screen->questions == 0) {
        g_autofree char *answer = g_strdup_printf("\033]11;%s\033\\", screen->ground);
        screen_send(screen, answer, strlen(answer));
    }
    return ++screen->questions > 1 || sends_osc(screen);
}

/* Looks at the raw stream, because a terminal would already have obeyed. */
static void judge(struct screen *screen, const guchar *bytes, gsize n)
{
    g_byte_array_append(screen->tail, bytes, (guint)n);
    if (sends_osc(screen))
        screen->offence = "a second question, or another command";
    else if (screen->title_set)
        screen->offence = "a title";
    wire_feed(screen->wire, bytes, n);
    screen->escapes = screen->escapes || memchr(bytes, '\033', n);
    if (holds(screen->tail, "\033[3") || holds(screen->tail, ";3"))
        screen->colours =
            screen->colours || holds(screen->tail, "38;5;") || holds(screen->tail, "\033[36m");
    screen->direct = screen->direct || holds(screen->tail, "8:2:") || holds(screen->tail, "8;2;");
    if (screen->tail->len > 16)
        g_byte_array_remove_range(screen->tail, 0, screen->tail->len - 16);
}

gboolean screen_pump(struct screen *screen, int ms)
{
    guchar bytes[65536];
    struct pollfd fd = {.fd = screen->master, .events = POLLIN}; /* a negative one is left out */
    if (poll(&fd, 1, ms) <= 0)
        return FALSE;
    ssize_t n = read(screen->master, bytes, sizeof bytes);
    if (n <= 0) {
        if (!screen->ended)
            g_usleep(1000);
        return FALSE;
    }
    judge(screen, bytes, (gsize)n);
    screen->bytes += (gsize)n;
    vterm_input_write(screen->terminal, (const char *)bytes, (size_t)n);
    vterm_screen_flush_damage(screen->cells);
    return TRUE;
}

void screen_send(struct screen *screen, const char *bytes, gsize n)
{
    ssize_t ignored = write(screen->master, bytes, n);
    (void)ignored;
}

void screen_set_ground(struct screen *screen, const char *colour)
{
    g_free(screen->ground);
    screen->ground = g_strdup(colour);
}

void screen_resize(struct screen *screen, int width, int height)
{
    struct winsize size = {.ws_row = (unsigned short)height, .ws_col = (unsigned short)width};
    screen->width = width;
    screen->height = height;
    vterm_set_size(screen->terminal, height, width);
    ioctl(screen->master, TIOCSWINSZ, &size);
}

int screen_width(const struct screen *screen)
{
    return screen->width;
}

void screen_hang_up(struct screen *screen)
{
    close(screen->master);
    screen->master = -1;
}

int screen_height(const struct screen *screen)
{
    return screen->height;
}

char *screen_row(const struct screen *screen, int row)
{
    GString *text = g_string_new(NULL);
    for (int col = 0; col < screen->width; col++) {
        VTermScreenCell cell;
        if (!vterm_screen_get_cell(screen->cells, (VTermPos){row, col}, &cell))
            continue;
        if (!cell.chars[0])
            g_string_append_c(text, ' ');
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            g_string_append_unichar(text, cell.chars[i]);
        col += cell.width - 1;
    }
    return g_strchomp(g_string_free(text, FALSE));
}

char *screen_picture(const struct screen *screen)
{
    GString *all = g_string_new(NULL);
    for (int row = 0; row < screen->height; row++) {
        g_autofree char *text = screen_row(screen, row);
        g_string_append_printf(all, "%s\n", text);
    }
    return g_string_free(all, FALSE);
}

gboolean screen_cursor(const struct screen *screen, int *row, int *col)
{
    VTermPos at;
    vterm_state_get_cursorpos(vterm_obtain_state(screen->terminal), &at);
    *row = at.row;
    *col = at.col;
    return !screen->cursor_hidden;
}

pid_t screen_pid(const struct screen *screen)
{
    return screen->pid;
}

gboolean screen_ended(struct screen *screen, int *status)
{
    if (!screen->ended && waitpid(screen->pid, &screen->status, WNOHANG) == screen->pid)
        screen->ended = TRUE;
    *status = screen->status;
    return screen->ended;
}

gsize screen_bytes(const struct screen *screen)
{
    return screen->bytes;
}

const char *screen_offence(const struct screen *screen)
{
    const char *unlisted = wire_offence(screen->wire);
    return unlisted ? unlisted : screen->offence;
}

const char *screen_left_changed(const struct screen *screen)
{
    struct termios modes;
    if (tcgetattr(screen->master, &modes) != 0)
        return "no terminal";
    if ((modes.c_lflag & (ICANON | ECHO)) != (ICANON | ECHO))
        return "its modes";
    if (screen->alternate)
        return "the other screen is shown";
    return screen->cursor_hidden ? "no cursor" : NULL;
}

gboolean screen_has_direct(const struct screen *screen)
{
    return screen->direct;
}

gboolean screen_has_colours(const struct screen *screen)
{
    return screen->colours;
}

gboolean screen_is_plain(const struct screen *screen)
{
    return !screen->escapes;
}
