/* Taking a command line apart, and completing it. */
#include "config.h"
#include "console/command.h"

#include <string.h>

#include "console/theme.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/units.h"

const struct command commands_table[] = {
    {COMMAND_PAUSE, "pause", "[NAME|all] [-- reason]", "hold it now", TRUE},
    {COMMAND_RESUME, "resume", "[NAME|all] [-- reason]", "end the operator's hold", TRUE},
    {COMMAND_STEP, "step", "[NAME]", "one step or batch, then hold", TRUE},
    {COMMAND_ADVANCE, "advance", "[NAME]", "into the next phase; never into contract", TRUE},
    {COMMAND_CONTRACT, "contract", "[NAME] [-- reason]", "the point of no return", TRUE},
    {COMMAND_CONFIRM, "confirm", "[STEP] [for APPLICATION] [-- note]", "answer a gate", TRUE},
    {COMMAND_ABORT, "abort", "[NAME] [start|PHASE] [-- reason]", "take it back", TRUE},
    {COMMAND_RETRY, "retry", "[NAME]", "try the failed step again", TRUE},
    {COMMAND_SKIP, "skip", "STEP -- reason", "go on without a failed check or gate", TRUE},
    {COMMAND_THROTTLE, "throttle", "[NAME] [for DURATION]", "slower now", TRUE},
    {COMMAND_SET, "set", "KEY=VALUE… [for DURATION] [-- reason]", "tune it while it runs", TRUE},
    {COMMAND_NOTE, "note", "TEXT", "write a line into the journal", TRUE},
    {COMMAND_OPEN, "open", "NAME", "look at another migration", FALSE},
    {COMMAND_COCKPIT, "cockpit", "", "screen 2", FALSE},
    {COMMAND_JOURNAL, "journal", "", "screen 7", FALSE},
    {COMMAND_HELP, "help", "", "this page", FALSE},
    {COMMAND_THEME, "theme", "NAME", "another look", FALSE},
    {COMMAND_REFRESH, "refresh", "SECONDS", "0.5 to 60", FALSE},
    {COMMAND_RECONNECT, "reconnect", "", "try the connection now", FALSE},
    {COMMAND_ENGINE, "engine", "start", "start a detached engine on this machine", TRUE},
    {COMMAND_QUIT, "quit", "", "leave; the rollout goes on", FALSE},
    {0, NULL, NULL, NULL, FALSE},
};

static const struct command *command_find(const char *word, GError **error)
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

/* What follows " -- " is the reason, and is cut off `text`. */
static char *reason_split(char *text)
{
    char *mark = g_str_has_prefix(text, "-- ") ? text : strstr(text, " -- ");
    if (!mark)
        return NULL;
    char *reason = g_strstrip(g_strdup(strstr(mark, "-- ") + 3));
    *mark = '\0';
    if (*reason)
        return reason;
    g_free(reason);
    return NULL;
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
    g_autofree char *arguments = g_strdup(out->rest);
    out->reason = reason_split(arguments);
    GPtrArray *words = g_ptr_array_new();
    g_auto(GStrv) all = g_strsplit_set(arguments, " \t", -1);
    for (char **w = all; *w; w++)
        if (**w)
            g_ptr_array_add(words, g_strdup(*w));
    out->n_words = words->len;
    g_ptr_array_add(words, NULL);
    out->words = (char **)g_ptr_array_free(words, FALSE);
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

static void add_if(GPtrArray *out, const char *word, const char *candidate)
{
    if (g_str_has_prefix(candidate, word))
        g_ptr_array_add(out, g_strdup(candidate));
}

static void add_arguments(GPtrArray *out, enum command_id id, const char *word,
                          const char *const *names)
{
    static const char *const targets[] = {"start",        "expand",          "deploy", "backfill",
                                          "switch_reads", "stop_old_writes", NULL};
    static const char *const settings[] = {
        "batch.target=", "batch.max=", "batch.min=", "rest=", "rate=", NULL};
    gboolean takes_name = id == COMMAND_PAUSE || id == COMMAND_RESUME || id == COMMAND_STEP ||
                          id == COMMAND_ADVANCE || id == COMMAND_CONTRACT || id == COMMAND_ABORT ||
                          id == COMMAND_RETRY || id == COMMAND_THROTTLE || id == COMMAND_OPEN;
    for (const char *const *n = names; takes_name && n && *n; n++)
        add_if(out, word, *n);
    if (id == COMMAND_PAUSE || id == COMMAND_RESUME)
        add_if(out, word, "all");
    if (id == COMMAND_ENGINE)
        add_if(out, word, "start");
    for (const char *const *t = targets; id == COMMAND_ABORT && *t; t++)
        add_if(out, word, *t);
    for (const char *const *s = settings; id == COMMAND_SET && *s; s++)
        add_if(out, word, *s);
    g_auto(GStrv) themes = id == COMMAND_THEME ? theme_list() : NULL;
    for (char **t = themes; t && *t; t++)
        add_if(out, word, *t);
}

char **command_complete(const char *line, const char *word, gboolean first_word,
                        const char *const *names)
{
    GPtrArray *out = g_ptr_array_new();
    if (first_word) {
        for (const struct command *c = commands_table; c->name; c++)
            add_if(out, word, c->name);
    } else {
        g_autofree char *trimmed = g_strchug(g_strdup(line));
        g_autofree char *name = g_strndup(trimmed, strcspn(trimmed, " \t"));
        const struct command *command = command_find(name, NULL);
        if (command)
            add_arguments(out, command->id, word, names);
    }
    g_ptr_array_add(out, NULL);
    return (char **)g_ptr_array_free(out, FALSE);
}
