#include "config.h"
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgrollout/base/error.h"

static gboolean write_all(int fd, const char *text, gsize left)
{
    while (left > 0) {
        ssize_t written = write(fd, text, left);
        if (written < 0 && errno != EINTR)
            return FALSE;
        if (written > 0) {
            text += written;
            left -= (gsize)written;
        }
    }
    return fsync(fd) == 0;
}

/* mkstemp lets nobody but us read it. */
static gboolean fill(int fd, const char *text, gsize length)
{
    mode_t mask = umask(0);
    umask(mask);
    gboolean written = fchmod(fd, 0666 & ~mask) == 0 && write_all(fd, text, length);
    int reason = errno;
    if (close(fd) != 0 && written)
        return FALSE;
    errno = reason;
    return written;
}

/* Gives the file its name. A link is made only where nothing has that name; where there are no links, the
 * kernel's rename is told so. */
static gboolean name_it(const char *temporary, const char *path, gboolean force)
{
    if (force)
        return rename(temporary, path) == 0;
    if (link(temporary, path) == 0)
        return unlink(temporary) == 0;
    return errno != EEXIST && renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0;
}

gboolean output_write(const char *path, const char *text, gsize length, gboolean force,
                      GError **error)
{
    g_autofree char *temporary = g_strconcat(path, ".XXXXXX", NULL);
    struct stat there;
    gboolean special = stat(path, &there) == 0 && !S_ISREG(there.st_mode);
    int fd = special ? -1 : g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0600);
    if (special)
        errno = EEXIST;
    if (fd >= 0 && fill(fd, text, length) && name_it(temporary, path, force))
        return TRUE;
    int reason = errno;
    if (fd >= 0)
        unlink(temporary);
    rollout_fail(error, ROLLOUT_ERROR_USAGE, "cannot write \"%s\": %s", path, g_strerror(reason));
    if (reason == EEXIST && error)
        rollout_error_set_hint(
            *error, special
                        ? "it is no ordinary file; for standard output: -o -"
                        : "a file that is there is not overwritten: give another name, or --force");
    return FALSE;
}
