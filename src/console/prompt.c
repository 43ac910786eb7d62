/* readline inside a program that paints its own screen: the callback interface only, installed
 * while the prompt is open. readline is global by nature, and so is what is here. */
#include "config.h"
#include "console/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "console/command.h"

#define HISTORY_LINES 1000
#define KEY_CTRL_C 0x03
#define KEY_TAB 0x09
#define KEY_CTRL_L 0x0C

static struct {
    gboolean ready, open;
    const guchar *bytes; /* what readline may read now */
    gsize n, used;
    gboolean got_line, got_end, pasting;
    char *line;
    char **candidates;
    int selected, word_start;
    char *history_path;
    struct view_prompt view;
} prompt;

static int feed_getc(FILE *stream)
{
    (void)stream;
    return prompt.used < prompt.n ? prompt.bytes[prompt.used++] : EOF;
}

static int feed_available(void)
{
    return prompt.used < prompt.n;
}

static void draw_nothing(void)
{
}

static void candidates_clear(void)
{
    g_clear_pointer(&prompt.candidates, g_strfreev);
    prompt.selected = -1;
}

static void on_line(char *line)
{
    rl_callback_handler_remove();
    prompt.got_line = line != NULL;
    prompt.got_end = line == NULL;
    g_free(prompt.line);
    prompt.line = g_strdup(line);
    free(line); /* readline's own allocation */
}

static void history_load(void)
{
    g_autofree char *folder = g_build_filename(g_get_user_state_dir(), "pgrollout", NULL);
    g_mkdir_with_parents(folder, 0700);
    prompt.history_path = g_build_filename(folder, "history", NULL);
    using_history();
    stifle_history(HISTORY_LINES);
    if (read_history(prompt.history_path) == 0 && history_length >= HISTORY_LINES) {
        write_history(prompt.history_path);
        chmod(prompt.history_path, 0600);
    }
}

/* Written at once, so that a killed terminal loses nothing. */
static void history_keep(const char *line)
{
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (!*line || (last && strcmp(last->line, line) == 0))
        return;
    add_history(line);
    int fd =
        open(prompt.history_path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    g_autofree char *text = g_strconcat(line, "\n", NULL);
    ssize_t ignored = write(fd, text, strlen(text));
    (void)ignored;
    close(fd);
}

static void prepare(void)
{
    prompt.ready = TRUE;
    prompt.selected = -1;
    rl_readline_name = "pgrollout"; /* conditions in ~/.inputrc work */
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_prep_term_function = NULL;
    rl_deprep_term_function = NULL;
    rl_getc_function = feed_getc;
    rl_input_available_hook = feed_available;
    rl_redisplay_function = draw_nothing;
    rl_outstream = fopen("/dev/null", "w"); /* it must never write to the terminal itself */
    rl_initialize();
    rl_variable_bind("bell-style", "none");
    rl_variable_bind("enable-bracketed-paste", "off");
    history_load();
}

void prompt_open(int width)
{
    if (!prompt.ready)
        prepare();
    candidates_clear();
    prompt.got_line = prompt.got_end = prompt.pasting = FALSE;
    prompt.open = TRUE;
    rl_callback_handler_install("", on_line);
    prompt_resize(width);
}

gboolean prompt_is_open(void)
{
    return prompt.open;
}

void prompt_close(void)
{
    if (!prompt.open)
        return;
    rl_callback_handler_remove();
    rl_replace_line("", 1);
    candidates_clear();
    prompt.open = FALSE;
}

void prompt_resize(int width)
{
    rl_set_screen_size(1, MAX(width, 2));
}

char *prompt_take_line(void)
{
    return g_steal_pointer(&prompt.line);
}

const struct view_prompt *prompt_view(void)
{
    prompt.view = (struct view_prompt){rl_line_buffer ? rl_line_buffer : "", rl_point,
                                       prompt.candidates, prompt.selected};
    return &prompt.view;
}

static void word_replace(const char *text)
{
    rl_delete_text(prompt.word_start, rl_point);
    rl_point = prompt.word_start;
    rl_insert_text(text);
}

static gsize common_prefix(char **words)
{
    gsize n = strlen(words[0]);
    for (char **w = words + 1; *w; w++) {
        gsize same = 0;
        while (same < n && (*w)[same] == words[0][same])
            same++;
        n = same;
    }
    return n;
}

/* The first Tab completes as far as it can and shows the rest; the next ones go round. */
static void complete(const char *const *names)
{
    if (prompt.candidates) {
        int n = (int)g_strv_length(prompt.candidates);
        prompt.selected = (prompt.selected + 1) % n;
        word_replace(prompt.candidates[prompt.selected]);
        return;
    }
    int start = rl_point;
    while (start > 0 && rl_line_buffer[start - 1] != ' ')
        start--;
    prompt.word_start = start;
    g_autofree char *before = g_strndup(rl_line_buffer, (gsize)start);
    g_autofree char *word = g_strndup(rl_line_buffer + start, (gsize)(rl_point - start));
    gboolean first = !strpbrk(before, "abcdefghijklmnopqrstuvwxyz");
    g_auto(GStrv) found = command_complete(rl_line_buffer, word, first, names);
    guint n = g_strv_length(found);
    if (n == 0)
        return;
    g_autofree char *shared = g_strndup(found[0], common_prefix(found));
    g_autofree char *whole = g_strconcat(found[0], " ", NULL);
    word_replace(n == 1 ? whole : shared);
    if (n > 1)
        prompt.candidates = g_steal_pointer(&found);
}

/* Bytes of the key at the front, 0: it is not all there yet. */
static gsize key_length(const guchar *bytes, gsize n, gboolean complete_input)
{
    struct key key;
    return key_decode(bytes, n, complete_input, &key);
}

static void feed_readline(const guchar *bytes, gsize n)
{
    prompt.bytes = bytes;
    prompt.n = n;
    prompt.used = 0;
    while (prompt.used < prompt.n && !prompt.got_line && !prompt.got_end)
        rl_callback_read_char();
}

static void one_key(const guchar *bytes, gsize n, const char *const *names,
                    enum prompt_event *event)
{
    struct key key;
    key_decode(bytes, n, TRUE, &key);
    if (key.code == KEY_CODE_ESC || bytes[0] == KEY_CTRL_C) {
        *event = PROMPT_CANCELLED;
        return;
    }
    if (bytes[0] == KEY_TAB) {
        complete(names);
        return;
    }
    candidates_clear();
    if (key.code == KEY_CODE_PASTE_BEGIN || key.code == KEY_CODE_PASTE_END)
        prompt.pasting = key.code == KEY_CODE_PASTE_BEGIN;
    else if (prompt.pasting && bytes[0] < 0x20) /* a pasted line end runs nothing */
        feed_readline((const guchar *)" ", 1);
    else if (bytes[0] != KEY_CTRL_L)
        feed_readline(bytes, n);
    if (prompt.got_end)
        *event = PROMPT_CANCELLED;
    else if (prompt.got_line)
        *event = PROMPT_ACCEPTED;
}

gsize prompt_feed(const guchar *bytes, gsize n, gboolean complete_input, const char *const *names,
                  enum prompt_event *event)
{
    gsize used = 0;
    *event = PROMPT_GOES_ON;
    while (used < n && *event == PROMPT_GOES_ON) {
        gsize length = key_length(bytes + used, n - used, complete_input);
        if (length == 0)
            break;
        one_key(bytes + used, length, names, event);
        used += length;
    }
    if (*event == PROMPT_ACCEPTED)
        history_keep(prompt.line);
    if (*event != PROMPT_GOES_ON)
        prompt_close();
    return used;
}
