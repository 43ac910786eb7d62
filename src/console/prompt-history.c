/* See prompt-history.h. */
#include "config.h"
#include "console/prompt-history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>

#include "console/command.h"

static char *history_path;

char *history_text(const char *line)
{
    static const char *const marks[] = {" -- ", " --reason", " --note"};
    g_autofree char *text = g_strstrip(g_strdup(line));
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
        char *mark = strstr(text, marks[i]);
        if (mark)
            *mark = '\0';
    }
    struct command_line *parts = command_parse(text, NULL);
    gboolean note = parts && parts->command->id == COMMAND_NOTE;
    command_line_free(parts);
    return note || !*text ? NULL : g_strchomp(g_steal_pointer(&text));
}

/* Ours, a plain file, and nobody else's to read. It may have been there with other rights. */
static int file_open(int flags)
{
    int fd = open(history_path, flags | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        fd = open(history_path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
        fchmod(fd, 0600) == 0)
        return fd;
    close(fd);
    return -1;
}

static void write_all(int fd, const char *text, gsize n)
{
    while (n > 0) {
        ssize_t sent = write(fd, text, n);
        if (sent < 0 && errno != EINTR)
            return;
        text += MAX(sent, 0);
        n -= (gsize)MAX(sent, 0);
    }
}

/* The oldest go. A console that appends at this moment may lose that line, never the file. */
static void file_shorten(void)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < history_length; i++)
        g_string_append_printf(text, "%s\n", history_get(history_base + i)->line);
    g_file_set_contents_full(history_path, text->str, (gssize)text->len,
                             G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
    g_string_free(text, TRUE);
}

static void file_read(void)
{
    int fd = file_open(O_RDWR);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    char *line = NULL;
    size_t size = 0;
    guint n = 0;
    while (file && getline(&line, &size, file) > 0) {
        g_strchomp(line);
        if (*line && g_utf8_validate(line, -1, NULL))
            add_history(line);
        n++;
    }
    free(line);
    if (file)
        fclose(file);
    if (n > HISTORY_LINES)
        file_shorten();
}

void history_start(void)
{
    g_autofree char *folder = g_build_filename(g_get_user_state_dir(), "pgrollout", NULL);
    g_mkdir_with_parents(folder, 0700);
    history_path = g_build_filename(folder, "history", NULL);
    using_history();
    stifle_history(HISTORY_LINES);
    file_read();
}

void history_keep(const char *line)
{
    g_autofree char *text = history_text(line);
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (!text || (last && strcmp(last->line, text) == 0))
        return;
    add_history(text);
    int fd = file_open(O_WRONLY | O_APPEND);
    if (fd < 0)
        return;
    g_autofree char *whole = g_strconcat(text, "\n", NULL);
    write_all(fd, whole, strlen(whole));
    close(fd);
}
