/* Non-blocking output to a terminal. O_NONBLOCK belongs to the open file, which the shell shares with
 * us and would be left with after a crash; so the terminal is opened once more. poll() alone cannot
 * do it: it says "writable" when one byte is free, and a blocking write() of more then waits. */
#include "config.h"
#include "console/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Where the terminal cannot be opened again; a Linux pty hands out room in pieces of 256. */
#define BYTES_BLINDLY 64

struct outlet {
    int fd;
    gboolean blocks; /* it could not be opened again: `fd` is the caller's */
    GByteArray *left;
};

static gboolean are_same(int a, int b)
{
    unsigned int device_a, device_b;
    return ioctl(a, TIOCGDEV, &device_a) == 0 && ioctl(b, TIOCGDEV, &device_b) == 0 &&
           device_a == device_b;
}

/* After `su` the terminal's own name may not be ours to open; /dev/tty is, if it is this one. */
static int open_again(int fd)
{
    const char *names[] = {ttyname(fd), "/dev/tty"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        int again = names[i] ? open(names[i], O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
        if (again >= 0 && are_same(again, fd))
            return again;
        if (again >= 0)
            close(again);
    }
    return -1;
}

struct outlet *outlet_new(int fd)
{
    struct outlet *outlet = g_new0(struct outlet, 1);
    outlet->fd = open_again(fd);
    outlet->blocks = outlet->fd < 0;
    if (outlet->blocks)
        outlet->fd = fd;
    outlet->left = g_byte_array_new();
    return outlet;
}

void outlet_free(struct outlet *outlet)
{
    if (!outlet)
        return;
    if (!outlet->blocks)
        close(outlet->fd);
    g_byte_array_unref(outlet->left);
    g_free(outlet);
}

void outlet_add(struct outlet *outlet, const void *bytes, gsize n)
{
    g_byte_array_append(outlet->left, bytes, (guint)n);
}

static gboolean takes_more(const struct outlet *outlet)
{
    struct pollfd fd = {.fd = outlet->fd, .events = POLLOUT};
    return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT);
}

gboolean outlet_drain(struct outlet *outlet)
{
    GByteArray *left = outlet->left;
    while (left->len > 0) {
        if (outlet->blocks && !takes_more(outlet))
            return FALSE;
        gsize n = outlet->blocks ? MIN(left->len, BYTES_BLINDLY) : left->len;
        ssize_t sent = write(outlet->fd, left->data, n);
        if (sent > 0)
            g_byte_array_remove_range(left, 0, (guint)sent);
        else if (errno == EAGAIN)
            return FALSE;
        else if (errno != EINTR) /* hung up: the keyboard tells the console so */
            g_byte_array_set_size(left, 0);
    }
    return TRUE;
}

void outlet_drop(struct outlet *outlet)
{
    if (outlet->left->len == 0)
        return;
    g_byte_array_set_size(outlet->left, 0);
    tcflush(outlet->fd, TCOFLUSH);
}

int outlet_fd(const struct outlet *outlet)
{
    return outlet->fd;
}
