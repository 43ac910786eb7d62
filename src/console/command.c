/* Taking a command line apart. */
#include "config.h"
#include "console/command.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/units.h"

const struct command commands_table[] = {
    {COMMAND_PAUSE, "pause", "[NAME|all] [--after-step] [-- reason]", "hold it now", TRUE,
     TAKES_NAME | TAKES_ALL | TAKES_REASON | TAKES_AFTER_STEP},
    {COMMAND_RESUME, "resume", "[NAME|all] [-- reason]", "end the operator's hold", TRUE,
     TAKES_NAME | TAKES_ALL | TAKES_REASON},
    {COMMAND_STEP, "step", "[NAME]", "one step or batch, then hold", TRUE, TAKES_NAME},
    {COMMAND_ADVANCE, "advance", "[NAME]", "into the next phase; never into contract", TRUE,
     TAKES_NAME},
    {COMMAND_CONTRACT, "contract", "[NAME] [-- reason]", "the point of no return", TRUE,
     TAKES_NAME | TAKES_REASON},
    {COMMAND_CONFIRM, "confirm", "[STEP] [for APPLICATION] [-- note]", "answer a gate", TRUE,
     TAKES_NAME | TAKES_STEP | TAKES_APPLICATION | TAKES_NOTE},
    {COMMAND_ABORT, "abort", "[NAME] [start|PHASE] [-- reason]", "take it back", TRUE,
     TAKES_NAME | TAKES_PHASE | TAKES_REASON},
    {COMMAND_RETRY, "retry", "[NAME]", "try the failed step again", TRUE, TAKES_NAME},
    {COMMAND_SKIP, "skip", "STEP -- reason", "go on without a failed check or gate", TRUE,
     TAKES_NAME | TAKES_CHECK | TAKES_REASON},
    {COMMAND_THROTTLE, "throttle", "[NAME] [for DURATION]", "slower now", TRUE,
     TAKES_NAME | TAKES_DURATION | TAKES_REASON},
    {COMMAND_SET, "set", "KEY=VALUE… [for DURATION] [-- reason]", "tune it while it runs", TRUE,
     TAKES_NAME | TAKES_SETTING | TAKES_DURATION | TAKES_REASON},
    {COMMAND_FORGET, "forget", "NAME [-- reason]", "take an ended one and its journal away", TRUE,
     TAKES_NAME | TAKES_REASON},
    {COMMAND_NOTE, "note", "[NAME] TEXT", "write a line into the journal", TRUE, TAKES_NAME},
    {COMMAND_CANCEL, "cancel", "PID [-- reason]", "cancel that session's statement", TRUE,
     TAKES_PID | TAKES_REASON},
    {COMMAND_TERMINATE, "terminate", "PID [-- reason]", "end that session", TRUE,
     TAKES_PID | TAKES_REASON},
    {COMMAND_STATUS, "status", "", "say the five answers", FALSE, 0},
    {COMMAND_OPEN, "open", "NAME", "look at another migration", FALSE, TAKES_NAME},
    {COMMAND_SCREEN, "fleet", "", "screen 1: all migrations", FALSE, 0},
    {COMMAND_SCREEN, "cockpit", "", "screen 2", FALSE, 0},
    {COMMAND_SCREEN, "locks", "", "screen 3: who waits for whom", FALSE, 0},
    {COMMAND_SCREEN, "replicas", "", "screen 4: replicas and slots", FALSE, 0},
    {COMMAND_SCREEN, "activity", "", "screen 6: sessions", FALSE, 0},
    {COMMAND_SCREEN, "guards", "[NAME]", "screen 5: the room that is left", FALSE, TAKES_NAME},
    {COMMAND_SCREEN, "journal", "[NAME|all]", "screen 7", FALSE, TAKES_NAME | TAKES_ALL},
    {COMMAND_SCREEN, "card", "[NAME]", "screen 8: what an abort does now", FALSE, TAKES_NAME},
    {COMMAND_SCREEN, "plan", "[NAME]", "screen 9: the steps and their SQL", FALSE, TAKES_NAME},
    {COMMAND_SCREEN, "checklist", "[NAME]", "screen C: what is shown, what is said", FALSE,
     TAKES_NAME},
    {COMMAND_SCREEN, "drill", "", "screen 0: what is practised", FALSE, 0},
    {COMMAND_HINT, "hint", "", "drill: a hint", FALSE, 0},
    {COMMAND_PREDICT, "predict", "1|2|3", "drill: answer the question", FALSE, TAKES_ONE_OF},
    {COMMAND_DIFF, "diff", "[FILE]", "the loaded plan beside a file", FALSE, 0},
    {COMMAND_EXPORT, "export", "journal FILE", "all of it, as lines of JSON", FALSE, 0},
    {COMMAND_REPORT, "report", "FILE", "what happened, as FILE.md or .html", FALSE, 0},
    {COMMAND_SNAP, "snap", "[FILE]", "this picture as text", FALSE, 0},
    {COMMAND_SCREEN, "help", "", "this page", FALSE, 0},
    {COMMAND_THEME, "theme", "[NAME]", "another look, or which there are", FALSE, TAKES_THEME},
    {COMMAND_REFRESH, "refresh", "SECONDS", "0.5 to 60", FALSE, TAKES_SECONDS},
    {COMMAND_LOWBW, "lowbw", "on|off|auto", "fewer pictures, numbers for drawings", FALSE,
     TAKES_ONE_OF},
    {COMMAND_RECONNECT, "reconnect", "", "try the connection now", FALSE, 0},
    {COMMAND_ENGINE, "engine", "start", "start a detached engine on this machine", TRUE,
     TAKES_ONE_OF},
    {COMMAND_QUIT, "quit", "", "leave; the rollout goes on", FALSE, 0},
    {0, NULL, NULL, NULL, FALSE, 0},
};

const struct command *command_find(const char *word, GError **error)
{
    const struct command *found = NULL;
    gsize n = strlen(word);
    for (const struct command *c = commands_table; c->name; c++) {
        if (strcmp(c->name, word) == 0)
            return c;
        if (c->acts || strncmp(c->name, word, n) != 0)
            continue;
        if (found) {
            rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" may be \"%s\" or \"%s\"", word,
                         found->name, c->name);
            return NULL;
        }
        found = c;
    }
    if (!found)
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "there is no command \"%s\"; Tab shows them",
                     word);
    return found;
}

/* Where a person's own words begin: "--", "--reason", "--note", as a word. NULL: nowhere. */
static char *reason_mark(char *text, gsize *length)
{
    static const char *const marks[] = {"--reason", "--note", "--"};
    for (char *at = strstr(text, "--"); at; at = strstr(at + 1, "--"))
        for (guint i = 0; i < G_N_ELEMENTS(marks) && (at == text || at[-1] == ' '); i++) {
            gsize n = strlen(marks[i]);
            gboolean ends = !at[n] || at[n] == ' ' || (at[n] == '=' && n > 2);
            if (strncmp(at, marks[i], n) != 0 || !ends)
                continue;
            *length = n;
            return at;
        }
    return NULL;
}

/* Cuts the reason out of `text`, NULL: there is none. All that follows "--" is one; an option's ends
 * with its quotation mark, or at the next option. */
static char *reason_split(GString *text)
{
    gsize length;
    char *mark = reason_mark(text->str, &length);
    if (!mark)
        return NULL;
    char *from = mark + length + (mark[length] != '\0');
    from += strspn(from, " ");
    char quote = *from == '"' || *from == '\'' ? *from : '\0';
    char *end = length == 2 ? NULL : quote ? strchr(from + 1, quote) : strstr(from, " --");
    end = end ? end : text->str + text->len;
    gboolean quoted = quote && *end == quote && length > 2;
    char *reason = g_strstrip(g_strndup(from + quoted, (gsize)(end - from) - quoted));
    gsize at = (gsize)(mark - text->str);
    g_string_erase(text, (gssize)at, (gssize)(end - mark) + quoted);
    if (*reason)
        return reason;
    g_free(reason);
    return NULL;
}

static void words_split(GPtrArray *out, const char *text)
{
    g_auto(GStrv) all = g_strsplit_set(text, " \t", -1);
    for (char **w = all; *w; w++)
        if (**w)
            g_ptr_array_add(out, g_strdup(*w));
}

/* The options of the command line as the words they stand for. The name that contract wants there is
 * typed into the question here. */
static gboolean options_take(struct command_line *line, GPtrArray *words, GError **error)
{
    g_autoptr(GPtrArray) given = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < words->len; i++) {
        const char *word = words->pdata[i];
        gsize n = strcspn(word, "=");
        const char *value = word[n] ? word + n + 1 : NULL;
        g_autofree char *name = g_strndup(word, n);
        if (!g_str_has_prefix(word, "--")) {
            g_ptr_array_add(given, g_strdup(word));
        } else if (strcmp(word, "--all") == 0) {
            g_ptr_array_add(given, g_strdup("all"));
        } else if (strcmp(word, "--after-step") == 0 && line->command->takes & TAKES_AFTER_STEP) {
            line->after_step = TRUE;
        } else if (strcmp(name, "--for") == 0 || strcmp(name, "--to") == 0) {
            if (name[2] == 'f')
                g_ptr_array_add(given, g_strdup("for"));
            if (value)
                g_ptr_array_add(given, g_strdup(value));
        } else if (strcmp(name, "--confirm") == 0 && line->command->id == COMMAND_CONTRACT) {
            i += value == NULL;
        } else {
            return rollout_fail(error, ROLLOUT_ERROR_USAGE, "%s: there is no option \"%s\" here",
                                line->command->name, word);
        }
    }
    line->n_words = given->len;
    g_ptr_array_add(given, NULL);
    line->words = g_strdupv((char **)given->pdata);
    return TRUE;
}

struct command_line *command_parse(const char *line, GError **error)
{
    g_autofree char *text = g_strstrip(g_strdup(line));
    if (!*text)
        return NULL;
    gsize n = strcspn(text, " \t");
    g_autofree char *word = g_strndup(text, n);
    const struct command *command = command_find(word, error);
    if (!command)
        return NULL;
    struct command_line *out = g_new0(struct command_line, 1);
    out->command = command;
    out->rest = g_strstrip(g_strdup(text + n));
    GString *arguments = g_string_new(out->rest);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    if (command->id != COMMAND_NOTE)
        out->reason = reason_split(arguments);
    words_split(words, arguments->str);
    g_string_free(arguments, TRUE);
    if (command->id == COMMAND_NOTE) { /* a person's own words: no option is in them */
        out->n_words = words->len;
        g_ptr_array_add(words, NULL);
        out->words = g_strdupv((char **)words->pdata);
    } else if (!options_take(out, words, error)) {
        g_clear_pointer(&out, command_line_free);
    }
    return out;
}

void command_line_free(struct command_line *line)
{
    if (!line)
        return;
    g_strfreev(line->words);
    g_free(line->reason);
    g_free(line->rest);
    g_free(line);
}

char *command_interval(const char *duration, GError **error)
{
    gint64 us;
    if (!duration_parse(duration, &us, error))
        return NULL;
    return g_strdup_printf("%" G_GINT64_FORMAT " microseconds", us);
}
