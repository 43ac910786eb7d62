/* See rescue.h. What the handlers use is only plain memory, prepared while all was well. */
#include "config.h"
#include "console/rescue.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define RESCUE_WAIT_MS 200

static struct {
    char text[256];
    gsize length;
    struct termios modes;
    volatile sig_atomic_t armed;
} rescue;

int rescue_putc(int c)
{
    if (rescue.length < sizeof rescue.text)
        rescue.text[rescue.length++] = (char)c;
    return c;
}

void rescue_remember(void)
{
    rescue.length = 0;
    tcgetattr(STDIN_FILENO, &rescue.modes);
}

static void rescue_now(void)
{
    if (!rescue.armed)
        return;
    rescue.armed = 0;
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (poll(&output, 1, RESCUE_WAIT_MS) == 1) { /* else it takes nothing: do not hang on it */
        ssize_t ignored = write(STDOUT_FILENO, rescue.text, rescue.length);
        (void)ignored;
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &rescue.modes);
}

static void on_crash(int signal_number)
{
    rescue_now();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* A stack that has overflowed has no room for the handler: it gets one of its own. */
static void rescue_stack(void)
{
    static char room[32768];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    sigaltstack(&stack, NULL);
}

static void handlers_set(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGQUIT};
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
        struct sigaction action = {.sa_handler = on_crash,
                                   .sa_flags = (int)SA_RESETHAND | SA_NODEFER | SA_ONSTACK};
        sigaction(signals[i], &action, NULL);
    }
}

void rescue_arm(gboolean on)
{
    static gboolean at_exit;
    if (on && !at_exit) {
        atexit(rescue_now); /* a library may end the program, too */
        rescue_stack();
        at_exit = TRUE;
    }
    if (on)
        handlers_set();
    rescue.armed = on;
}

static void on_stop(int signal_number)
{
    struct termios modes;
    int error = errno;
    (void)signal_number;
    tcgetattr(STDIN_FILENO, &modes);
    if (rescue.armed)
        tcsetattr(STDIN_FILENO, TCSANOW, &rescue.modes);
    raise(SIGSTOP);
    if (rescue.armed)
        tcsetattr(STDIN_FILENO, TCSANOW, &modes);
    errno = error;
}

void rescue_around_stop(void)
{
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    sigaction(SIGTSTP, &action, NULL);
}
