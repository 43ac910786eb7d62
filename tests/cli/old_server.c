/* Answers every start-up on a Unix socket as a server of the version given would, and nothing else:
 *   old_server SOCKET VERSION
 * Protocol 3.0: PostgreSQL documentation, "Message Formats". */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A message: its type, its length with the four bytes of the length itself, its body. */
static void put(int fd, char type, const void *body, uint32_t size)
{
    unsigned char head[5] = {(unsigned char)type, 0, 0, (unsigned char)((size + 4) >> 8),
                             (unsigned char)(size + 4)};
    if (write(fd, head, sizeof head) < 0 || write(fd, body, size) < 0)
        perror("old_server: write");
}

static void put_parameter(int fd, const char *name, const char *value)
{
    char body[200];
    size_t n = strlen(name) + 1, v = strlen(value) + 1;
    memcpy(body, name, n);
    memcpy(body + n, value, v);
    put(fd, 'S', body, (uint32_t)(n + v));
}

static void serve(int fd, const char *version)
{
    char request[8192];
    if (read(fd, request, sizeof request) <= 0)
        return;
    put(fd, 'R', "\0\0\0", 4); /* authenticated */
    put_parameter(fd, "server_version", version);
    put_parameter(fd, "client_encoding", "UTF8");
    put_parameter(fd, "standard_conforming_strings", "on");
    put(fd, 'K', "\0\0\0\1\0\0\0\2", 8); /* pid and cancel key */
    put(fd, 'Z', "I", 1);                /* ready */
    while (read(fd, request, sizeof request) > 0)
        ; /* what is asked stays unanswered */
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (argc != 3 || strlen(argv[1]) >= sizeof address.sun_path)
        return 2;
    memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 5) != 0) {
        perror("old_server");
        return 1;
    }
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            return 1;
        serve(fd, argv[2]);
        close(fd);
    }
}
