/* Stands between a client and a server as a transaction pooler does, as far as the client can tell:
 * the process id that it names is not that of the server's process. pooler SOCKET SERVER-SOCKET One
 * client at a time, Unix sockets, protocol 3.0 (PostgreSQL documentation, "Message Flow"). */
#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int open_socket(const char *path, int listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || strlen(path) >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (listening
            ? bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 20) != 0
            : connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("pooler");
        close(fd);
        return -1;
    }
    return fd;
}

/* Changes the process id in BackendKeyData, which comes before ReadyForQuery in the same piece. */
static void change_pid(unsigned char *bytes, size_t size)
{
    for (size_t at = 0; at + 5 <= size && bytes[at] != 'Z';) {
        size_t length = (size_t)bytes[at + 1] << 24 | (size_t)bytes[at + 2] << 16 |
                        (size_t)bytes[at + 3] << 8 | bytes[at + 4];
        if (bytes[at] == 'K' && at + 9 <= size)
            bytes[at + 8] ^= 1;
        at += 1 + length;
    }
}

static void relay(int client, int server)
{
    unsigned char bytes[65536];
    struct pollfd ends[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    int started = 0;
    while (poll(ends, 2, -1) > 0) {
        for (int i = 0; i < 2; i++) {
            if (!ends[i].revents)
                continue;
            ssize_t got = read(ends[i].fd, bytes, sizeof bytes);
            if (got <= 0)
                return;
            if (i == 1 && !started) {
                change_pid(bytes, (size_t)got);
                started = 1;
            }
            if (write(ends[1 - i].fd, bytes, (size_t)got) != got)
                return;
        }
    }
}

int main(int argc, char **argv)
{
    int listener = argc == 3 ? open_socket(argv[1], 1) : -1;
    if (listener < 0)
        return 2;
    for (;;) {
        int client = accept(listener, NULL, NULL);
        int server = client < 0 ? -1 : open_socket(argv[2], 0);
        if (server >= 0) {
            relay(client, server);
            close(server);
        }
        close(client);
    }
}
