/* See plain-input.h. readline is global by nature, and so is what is here. */
#include "config.h"
#include "console/plain-input.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

#include "console/prompt-history.h"
#include "console/rescue.h"

#define PROMPT "pgrollout> "

static struct {
    struct plain_input_callbacks callbacks;
    gboolean by_hand, ready;
    guint source;
    guint show;        /* idle source that brings the line back; 0: it stands there */
    char *typed;       /* what it will be */
    int point;         /* and where the cursor was in it */
    GByteArray *bytes; /* what is no whole line yet */
} input;

static void line_give(const char *raw)
{
    g_autofree char *line = raw ? g_strstrip(g_utf8_make_valid(raw, -1)) : NULL;
    input.callbacks.on_line(line, input.callbacks.data);
}

static gboolean on_show(void *data)
{
    (void)data;
    input.show = 0;
    rl_set_prompt(PROMPT);
    rl_replace_line(input.typed ? input.typed : "", 0);
    rl_point = MIN(input.point, rl_end);
    g_clear_pointer(&input.typed, g_free);
    rl_redisplay();
    return G_SOURCE_REMOVE;
}

/* Until nothing more is to be printed. */
static void hide(void)
{
    if (!input.by_hand || !input.source || input.show)
        return;
    input.typed = rl_copy_text(0, rl_end);
    input.point = rl_point;
    rl_set_prompt("");
    rl_replace_line("", 0);
    rl_redisplay();
    input.show = g_idle_add_full(G_PRIORITY_LOW, on_show, NULL, NULL);
}

void plain_input_print(const char *text)
{
    hide();
    fputs(text, stdout);
    fflush(stdout);
}

static void on_readline(char *line)
{
    if (!line) { /* the modes are given back, and nothing is to bring the prompt back */
        plain_input_end();
        line_give(NULL);
        return;
    }
    g_autofree char *typed = g_strdup(line);
    free(line); /* readline's own allocation */
    rl_set_prompt("");
    g_clear_pointer(&input.typed, g_free);
    input.point = 0;
    if (!input.show)
        input.show = g_idle_add_full(G_PRIORITY_LOW, on_show, NULL, NULL);
    line_give(typed);
}

static gboolean on_key(int fd, GIOCondition condition, void *data)
{
    (void)fd;
    (void)condition;
    (void)data;
    if (input.show) { /* it has to stand there before it is typed into */
        g_source_remove(input.show);
        on_show(NULL);
    }
    rl_callback_read_char();
    return input.source ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean on_bytes(int fd, GIOCondition condition, void *data)
{
    (void)condition;
    (void)data;
    guchar bytes[1024], *end;
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return G_SOURCE_CONTINUE;
    if (n > 0)
        g_byte_array_append(input.bytes, bytes, (guint)n);
    else if (input.bytes->len > 0) /* the last line may lack its end */
        g_byte_array_append(input.bytes, (const guchar *)"\n", 1);
    while (input.bytes->len && (end = memchr(input.bytes->data, '\n', input.bytes->len))) {
        gsize length = (gsize)(end - input.bytes->data);
        g_autofree char *raw = g_strndup((char *)input.bytes->data, length);
        g_byte_array_remove_range(input.bytes, 0, (guint)length + 1);
        line_give(raw);
    }
    if (n > 0)
        return G_SOURCE_CONTINUE;
    input.source = 0;
    line_give(NULL);
    return G_SOURCE_REMOVE;
}

static char **found; /* what readline takes its matches from */

static char *match_next(const char *text, int state)
{
    static guint next;
    (void)text;
    next = state ? next : 0;
    return found[next] ? strdup(found[next++]) : NULL; /* readline frees it */
}

static char **complete(const char *text, int start, int end)
{
    (void)end;
    rl_attempted_completion_over = 1; /* no file names */
    g_autofree char *line = g_strndup(rl_line_buffer, (gsize)start);
    const char *before = line + strspn(line, " :");
    const struct complete_from from = input.callbacks.from(input.callbacks.data);
    g_strfreev(found);
    found = complete_words(before, text, &from);
    gboolean value = g_strv_length(found) == 1 && g_str_has_suffix(found[0], "=");
    rl_completion_append_character = value ? '\0' : ' ';
    return rl_completion_matches(text, match_next);
}

/* As a terminal that can do nothing: a screen reader hears what is printed, not where. */
static void readline_prepare(void)
{
    input.ready = TRUE;
    rl_readline_name = "pgrollout";
    rl_terminal_name = "dumb";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_attempted_completion_function = complete;
    rl_basic_word_break_characters = " ";
    rl_completer_word_break_characters = " ";
    rl_instream = stdin;
    rl_outstream = stdout;
    rl_initialize();
    rl_variable_bind("bell-style", "none");
    rl_variable_bind("enable-bracketed-paste", "off");
    history_start();
}

void plain_input_start(gboolean by_hand, const struct plain_input_callbacks *callbacks)
{
    input.callbacks = *callbacks;
    input.by_hand = by_hand;
    input.bytes = g_byte_array_new();
    if (by_hand) {
        if (!input.ready)
            readline_prepare();
        rescue_remember();
        rescue_around_stop();
        rescue_arm(TRUE);
        rl_callback_handler_install(PROMPT, on_readline);
    }
    input.source = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR,
                                 by_hand ? on_key : on_bytes, NULL);
}

void plain_input_end(void)
{
    gboolean stands = !input.show;
    if (input.show)
        g_source_remove(input.show);
    input.show = 0;
    GSource *source = input.source ? g_main_context_find_source_by_id(NULL, input.source) : NULL;
    if (source)
        g_source_destroy(source);
    if (input.by_hand && input.source) {
        rl_callback_handler_remove();
        rescue_arm(FALSE);
        fputs(stands ? "\n" : "", stdout);
        fflush(stdout);
    }
    input.source = 0;
    g_clear_pointer(&input.typed, g_free);
    g_clear_pointer(&input.bytes, g_byte_array_unref);
}

gboolean plain_input_clear(void)
{
    if (!input.by_hand || !input.source)
        return FALSE;
    gboolean typed = input.show ? input.typed && *input.typed : rl_end > 0;
    hide();
    g_clear_pointer(&input.typed, g_free);
    input.point = 0;
    return typed;
}

void plain_input_keep(const char *line)
{
    if (input.by_hand)
        history_keep(line);
}
