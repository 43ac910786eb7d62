/* readline inside a program that paints its own screen: the callback interface only, installed
 * while the prompt is open. readline is global by nature, and so is what is here. */
#include "config.h"
#include "console/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#include "console/prompt-history.h"

#define KEY_CTRL_C 0x03
#define KEY_TAB 0x09
#define KEY_CTRL_L 0x0C
#define KEY_CTRL_Z 0x1A

static struct {
    gboolean ready, open;
    const guchar *bytes; /* what readline may read now */
    gsize n, used;
    gboolean got_line, got_end, pasting;
    char *line;
    char **candidates;
    int selected, word_start;
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
    history_start();
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

void prompt_insert(const char *text)
{
    rl_insert_text(text);
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
    /* a search through the history, or the count of a repeat, speaks through readline's own prompt */
    gboolean speaks = RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG);
    prompt.view = (struct view_prompt){
        .label = speaks && rl_display_prompt ? rl_display_prompt : "",
        .text = rl_line_buffer ? rl_line_buffer : "",
        .point = rl_point,
        .candidates = prompt.candidates,
        .selected = prompt.selected,
    };
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

/* To the next candidate, or back; from the last to the first. */
static void candidate_step(int by)
{
    int n = (int)g_strv_length(prompt.candidates);
    if (prompt.selected < 0)
        prompt.selected = by > 0 ? 0 : n - 1;
    else
        prompt.selected = (prompt.selected + by + n) % n;
    word_replace(prompt.candidates[prompt.selected]);
}

/* The first Tab completes as far as it can and shows the rest; the next ones go round. */
static void complete(const struct complete_from *from)
{
    if (prompt.candidates) {
        candidate_step(1);
        return;
    }
    int start = rl_point;
    while (start > 0 && rl_line_buffer[start - 1] != ' ')
        start--;
    prompt.word_start = start;
    g_autofree char *before = g_strndup(rl_line_buffer, (gsize)start);
    g_autofree char *word = g_strndup(rl_line_buffer + start, (gsize)(rl_point - start));
    g_auto(GStrv) found = complete_words(before, word, from);
    guint n = g_strv_length(found);
    if (n == 0)
        return;
    g_autofree char *shared = g_strndup(found[0], common_prefix(found));
    g_autofree char *whole =
        g_strconcat(found[0], g_str_has_suffix(found[0], "=") ? "" : " ", NULL);
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

/* Keys that are the prompt's own rather than readline's. */
static gboolean own_key(const struct key *key, const guchar *bytes, gsize n,
                        const struct complete_from *from, enum prompt_event *event)
{
    static const guchar shift_tab[] = {0x1B, '[', 'Z'};
    guchar first = bytes[0];
    if (key->code == KEY_CODE_ESC || first == KEY_CTRL_C)
        *event = PROMPT_CANCELLED;
    else if (first == KEY_CTRL_L)
        *event = PROMPT_REPAINT;
    else if (first == KEY_CTRL_Z)
        *event = PROMPT_SUSPEND;
    else if (first == KEY_TAB)
        complete(from);
    else if (prompt.candidates && n == sizeof shift_tab && memcmp(bytes, shift_tab, n) == 0)
        candidate_step(-1);
    else
        return FALSE;
    return TRUE;
}

static void one_key(const guchar *bytes, gsize n, const struct complete_from *from,
                    enum prompt_event *event)
{
    struct key key;
    key_decode(bytes, n, TRUE, &key);
    if (key.code == KEY_CODE_PASTE_BEGIN || key.code == KEY_CODE_PASTE_END) {
        prompt.pasting = key.code == KEY_CODE_PASTE_BEGIN;
        return;
    }
    if (prompt.pasting &&
        bytes[0] < 0x20) { /* what is pasted is text: it ends and completes nothing */
        feed_readline((const guchar *)" ", 1);
        return;
    }
    if (own_key(&key, bytes, n, from, event))
        return;
    candidates_clear();
    feed_readline(bytes, n);
    if (prompt.got_end)
        *event = PROMPT_CANCELLED;
    else if (prompt.got_line)
        *event = PROMPT_ACCEPTED;
}

gsize prompt_feed(const guchar *bytes, gsize n, gboolean complete_input,
                  const struct complete_from *from, enum prompt_event *event)
{
    gsize used = 0;
    *event = PROMPT_GOES_ON;
    while (used < n && *event == PROMPT_GOES_ON) {
        gsize length = key_length(bytes + used, n - used, complete_input);
        if (length == 0 || key_answer(bytes + used, n - used)) /* that is not for the prompt */
            break;
        one_key(bytes + used, length, from, event);
        used += length;
    }
    if (*event == PROMPT_ACCEPTED)
        history_keep(prompt.line);
    if (*event == PROMPT_ACCEPTED || *event == PROMPT_CANCELLED)
        prompt_close();
    return used;
}
