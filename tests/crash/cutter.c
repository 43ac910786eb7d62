/* A link that can be cut: passes bytes between a Unix socket of its own and the server's.
 *
 *   cutter SERVER-SOCKET OWN-SOCKET [BYTES]
 *
 * After SIGUSR1 nothing passes in either direction, and nobody is told; after SIGUSR2 it passes again,
 * and what had been waiting arrives late. With BYTES the link falls silent by itself when so many bytes
 * have gone to the server, usually in the middle of a message; it then prints "cut". */
#include "config.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINKS_MAX = 64, CHUNK = 4096 };

struct link {
    int client;
    int server;
};

static volatile sig_atomic_t silent;
static struct link links[LINKS_MAX];
static int link_count;
static long long left = -1; /* bytes that may still go to the server; -1: no limit */

static void on_signal(int number)
{
    silent = number == SIGUSR1;
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

static void link_open(int listener, const char *server_path)
{
    struct sockaddr_un address = address_of(server_path);
    struct link link = {.client = accept(listener, NULL, NULL)};

    if (link.client < 0)
        return;
    link.server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (link_count == LINKS_MAX ||
        connect(link.server, (struct sockaddr *)&address, sizeof address) != 0) {
        close(link.client);
        close(link.server);
        return;
    }
    links[link_count++] = link;
}

static void link_close(int at)
{
    close(links[at].client);
    close(links[at].server);
    links[at] = links[--link_count];
}

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

        if (sent <= 0)
            return 0;
        bytes += sent;
        size -= (size_t)sent;
    }
    return 1;
}

/* Passes one chunk; false when the link has ended. */
static int pass(int from, int to, int to_server)
{
    char chunk[CHUNK];
    size_t size = sizeof chunk;
    ssize_t got;

    if (to_server && left >= 0 && (long long)size > left)
        size = (size_t)left;
    got = recv(from, chunk, size, 0);
    if (got <= 0 || !write_all(to, chunk, (size_t)got))
        return 0;
    if (to_server && left > 0) {
        left -= got;
        if (left == 0) {
            silent = 1;
            left = -1;
            printf("cut\n");
        }
    }
    return 1;
}

static void turn(int listener, const char *server_path)
{
    struct pollfd fds[1 + 2 * LINKS_MAX] = {{.fd = listener, .events = POLLIN}};
    int count = link_count;
    int i;

    for (i = 0; i < count; i++) {
        fds[1 + 2 * i] = (struct pollfd){.fd = links[i].client, .events = POLLIN};
        fds[2 + 2 * i] = (struct pollfd){.fd = links[i].server, .events = POLLIN};
    }
    if (silent) {
        usleep(20000);
        return;
    }
    if (poll(fds, (nfds_t)(1 + 2 * count), 100) <= 0)
        return;
    for (i = count - 1; i >= 0; i--) {
        int open = 1;

        if (fds[1 + 2 * i].revents && !silent)
            open = pass(links[i].client, links[i].server, 1);
        if (open && fds[2 + 2 * i].revents && !silent)
            open = pass(links[i].server, links[i].client, 0);
        if (!open)
            link_close(i);
    }
    if (fds[0].revents)
        link_open(listener, server_path);
}

int main(int argc, char **argv)
{
    struct sockaddr_un address;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    if (argc < 3)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 3)
        left = atoll(argv[3]);
    signal(SIGUSR1, on_signal);
    signal(SIGUSR2, on_signal);
    address = address_of(argv[2]);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 16) != 0) {
        perror("cutter");
        return 1;
    }
    for (;;)
        turn(listener, argv[1]);
}
