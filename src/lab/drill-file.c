/* Reading a drill. */
#include "config.h"
#include "pgrollout/lab/drill-file.h"

#include <math.h>
#include <string.h>

#include "drill-file-private.h"
#include "pgrollout/base/error.h"

gboolean drill_wrong(struct drill_reader *reader, const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_clear_error(&reader->error);
    reader->error =
        rollout_error_new(ROLLOUT_ERROR_PLAN, "%s:%d: %s", reader->file, reader->line, message);
    rollout_error_set_hint(reader->error, "%s", hint);
    return FALSE;
}

struct conditions *drill_conditions(struct drill_reader *reader, const char *text)
{
    g_autoptr(GError) error = NULL;
    struct conditions *conditions = conditions_parse(text, &error);
    if (strstr(text, "wrong-rows") || strstr(text, "unfilled"))
        reader->drill->wants_rows = TRUE;
    if (!conditions)
        drill_wrong(reader, rollout_error_hint(error), "%s", error->message);
    return conditions;
}

/* A line that people are shown. */
static gboolean text_add(struct drill_reader *reader, GPtrArray *lines, const char *line)
{
    if (lines->len == DRILL_LINES)
        return drill_wrong(reader, "make two of it, with conditions of their own",
                           "more than %d lines", DRILL_LINES);
    if (g_utf8_strlen(line, -1) > DRILL_COLUMNS)
        return drill_wrong(reader, "break it", "more than %d characters", DRILL_COLUMNS);
    g_ptr_array_add(lines, g_strdup(line));
    return TRUE;
}

static gboolean text_line(struct drill_reader *reader, const char *line)
{
    const struct drill_text *text = reader->current;
    return text_add(reader, text->lines, line);
}

static gboolean texts_begin(struct drill_reader *reader, GPtrArray *texts, const char *rest)
{
    struct drill_text *text = g_new0(struct drill_text, 1);
    text->lines = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(texts, text);
    reader->current = text;
    text->when = drill_conditions(reader, rest);
    return text->when != NULL;
}

static gboolean when_begin(struct drill_reader *reader, const char *rest)
{
    return texts_begin(reader, reader->drill->lessons, rest);
}

static gboolean hint_begin(struct drill_reader *reader, const char *rest)
{
    if (*rest && !g_str_has_prefix(rest, "when "))
        return drill_wrong(reader, "write [hint] or [hint when CONDITIONS]", "\"%s\"", rest);
    return texts_begin(reader, reader->drill->hints, *rest ? rest + strlen("when ") : rest);
}

/* "NAME when CONDITIONS"; *when is set to NULL where there are none. */
static gboolean name_and_when(struct drill_reader *reader, const char *rest, char **name,
                              struct conditions **when)
{
    const char *found = strstr(rest, " when ");
    *name = g_strstrip(found ? g_strndup(rest, (gsize)(found - rest)) : g_strdup(rest));
    if (!**name || !found)
        return drill_wrong(reader, "write [ask NAME when CONDITIONS], and goals and faults alike",
                           "a name and \"when\" with conditions are wanted");
    *when = drill_conditions(reader, found + strlen(" when "));
    return *when != NULL;
}

static gboolean ask_begin(struct drill_reader *reader, const char *rest)
{
    struct drill_ask *ask = g_new0(struct drill_ask, 1);
    ask->right = -1;
    ask->lines = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(reader->drill->asks, ask);
    reader->current = ask;
    return name_and_when(reader, rest, &ask->name, &ask->when);
}

static gboolean choice_add(struct drill_reader *reader, struct drill_ask *ask, const char *line)
{
    guint n = g_strv_length(ask->choices);
    if (n == DRILL_CHOICES)
        return drill_wrong(reader, "leave the least likely one out", "more than %d choices",
                           DRILL_CHOICES);
    if (*line == '+' && ask->right >= 0)
        return drill_wrong(reader, "mark the others with -", "two right choices");
    if (*line == '+')
        ask->right = (int)n;
    ask->choices[n] = g_strdup(line + 2);
    return TRUE;
}

static gboolean ask_line(struct drill_reader *reader, const char *line)
{
    struct drill_ask *ask = reader->current;
    if (g_utf8_strlen(line, -1) > DRILL_COLUMNS)
        return drill_wrong(reader, "break it", "more than %d characters", DRILL_COLUMNS);
    if (g_str_has_prefix(line, "- ") || g_str_has_prefix(line, "+ "))
        return choice_add(reader, ask, line);
    if (g_str_has_prefix(line, "= "))
        return text_add(reader, ask->lines, line + 2);
    if (ask->question)
        return drill_wrong(
            reader,
            "the question is one line; choices begin with \"- \", the right one with "
            "\"+ \", what is said afterwards with \"= \"",
            "a second question");
    ask->question = g_strdup(line);
    return TRUE;
}

static gboolean fault_begin(struct drill_reader *reader, const char *rest)
{
    struct drill_fault *fault = g_new0(struct drill_fault, 1);
    g_ptr_array_add(reader->drill->faults, fault);
    const char *until = strstr(rest, " until ");
    g_autofree char *before = until ? g_strndup(rest, (gsize)(until - rest)) : g_strdup(rest);
    if (!name_and_when(reader, before, &fault->name, &fault->when))
        return FALSE;
    if (!drill_fault_check(reader, fault->name))
        return FALSE;
    char *space = strchr(fault->name, ' ');
    if (space) {
        fault->argument = g_strdup(space + 1);
        *space = '\0';
    }
    if (until)
        fault->until = drill_conditions(reader, until + strlen(" until "));
    return !until || fault->until;
}

static gboolean goals_begin(struct drill_reader *reader, const char *rest, gboolean never)
{
    struct drill_goal *goal = g_new0(struct drill_goal, 1);
    goal->never = never;
    goal->par_s = NAN;
    g_ptr_array_add(reader->drill->goals, goal);
    reader->current = goal;
    return name_and_when(reader, rest, &goal->name, &goal->when);
}

static gboolean goal_begin(struct drill_reader *reader, const char *rest)
{
    return goals_begin(reader, rest, FALSE);
}

static gboolean never_begin(struct drill_reader *reader, const char *rest)
{
    return goals_begin(reader, rest, TRUE);
}

static gboolean goal_line(struct drill_reader *reader, const char *line)
{
    struct drill_goal *goal = reader->current;
    if (goal->text)
        return drill_wrong(reader, "what is to be reached is one line", "a second line");
    if (g_utf8_strlen(line, -1) > DRILL_COLUMNS - 16)
        return drill_wrong(reader, "say it shorter", "more than %d characters", DRILL_COLUMNS - 16);
    goal->text = g_strdup(line);
    return TRUE;
}

static gboolean no_line(struct drill_reader *reader, const char *line)
{
    return drill_wrong(reader, "this heading says it all", "\"%s\" does not belong here", line);
}

static gboolean nothing_begin(struct drill_reader *reader, const char *rest)
{
    return !*rest || drill_wrong(reader, "write the heading without it", "\"%s\"", rest);
}

static gboolean par_line(struct drill_reader *reader, const char *line)
{
    g_autofree char *value = NULL;
    g_autofree char *key = drill_key(line, &value);
    char *end = NULL;
    double number = value ? g_ascii_strtod(value, &end) : 0;
    if (!key || !end || end == value || *end || number < 0)
        return drill_wrong(reader, "write waiting: 20, or GOAL: SECONDS", "\"%s\"", line);
    if (strcmp(key, "waiting") == 0) {
        reader->drill->par_waiting = number;
        return TRUE;
    }
    for (guint i = 0; i < reader->drill->goals->len; i++) {
        struct drill_goal *goal = reader->drill->goals->pdata[i];
        if (strcmp(goal->name, key) != 0)
            continue;
        goal->par_s = number;
        return TRUE;
    }
    return drill_wrong(reader, "[par] comes after the goals and names one of them, or waiting",
                       "no goal is named \"%s\"", key);
}

static const char *const roles[] = {"viewer", "responder", "operator", "approver", "engine", NULL};

/* "when CONDITIONS => ROLE: COMMAND", "then …" */
static gboolean acts_line(struct drill_reader *reader, GPtrArray *acts, const char *line)
{
    struct drill_act *act = g_new0(struct drill_act, 1);
    const char *arrow = strstr(line, "=> "), *colon = arrow ? strstr(arrow, ": ") : NULL;
    g_ptr_array_add(acts, act);
    act->line = reader->line;
    act->then = g_str_has_prefix(line, "then ");
    if (colon) {
        act->role = g_strstrip(g_strndup(arrow + 3, (gsize)(colon - arrow) - 3));
        act->command = g_strstrip(g_strdup(colon + 2));
    }
    if (!colon || !*act->command || !g_strv_contains(roles, act->role) ||
        (!act->then && !g_str_has_prefix(line, "when ")))
        return drill_wrong(
            reader,
            "write when CONDITIONS => ROLE: COMMAND, or then in place of when; ROLE is "
            "viewer, responder, operator, approver or engine",
            "\"%s\"", line);
    g_autofree char *words = g_strndup(line + 5, (gsize)(arrow - line) - 5);
    act->when = drill_conditions(reader, words);
    return act->when != NULL;
}

static gboolean solution_line(struct drill_reader *reader, const char *line)
{
    return acts_line(reader, reader->drill->solution, line);
}

static gboolean wrong_line(struct drill_reader *reader, const char *line)
{
    return acts_line(reader, reader->drill->wrong, line);
}

static const struct section {
    const char *name;
    gboolean (*begin)(struct drill_reader *reader, const char *rest);
    gboolean (*line)(struct drill_reader *reader, const char *line);
} sections[] = {
    {"setup", nothing_begin, drill_setup_line},
    {"when", when_begin, text_line},
    {"hint", hint_begin, text_line},
    {"ask", ask_begin, ask_line},
    {"fault", fault_begin, no_line},
    {"goal", goal_begin, goal_line},
    {"never", never_begin, goal_line},
    {"par", nothing_begin, par_line},
    {"solution", nothing_begin, solution_line},
    {"wrong", nothing_begin, wrong_line},
};

/* `line` begins with "[". */
static gboolean heading(struct drill_reader *reader, const char *line)
{
    gsize length = strlen(line);
    if (line[length - 1] != ']')
        return drill_wrong(reader, "end it with ]", "\"%s\" is not a heading", line);
    g_autofree char *inside = g_strndup(line + 1, length - 2);
    for (guint i = 0; i < G_N_ELEMENTS(sections); i++) {
        gsize n = strlen(sections[i].name);
        if (strncmp(inside, sections[i].name, n) != 0 || (inside[n] && inside[n] != ' '))
            continue;
        reader->section = &sections[i];
        return sections[i].begin(reader, inside[n] ? inside + n + 1 : "");
    }
    return drill_wrong(reader,
                       "headings are setup, when, hint, ask, fault, goal, never, par, solution and "
                       "wrong",
                       "\"%s\" is not a heading", line);
}

static gboolean line_read(struct drill_reader *reader, const char *line)
{
    if (!*line || *line == '#')
        return TRUE;
    if (!g_utf8_validate(line, -1, NULL))
        return drill_wrong(reader, "save the file as UTF-8", "this is not UTF-8");
    if (*line == '[')
        return heading(reader, line);
    if (reader->section)
        return reader->section->line(reader, line);
    if (!g_str_has_prefix(line, "title: ") || reader->drill->title)
        return drill_wrong(reader, "begin with one line title: WHAT IS PRACTISED",
                           "text before the first heading");
    reader->drill->title = g_strdup(line + strlen("title: "));
    return TRUE;
}

static void text_free(void *data)
{
    struct drill_text *text = data;
    conditions_free(text->when);
    g_ptr_array_unref(text->lines);
    g_free(text);
}

static void ask_free(void *data)
{
    struct drill_ask *ask = data;
    g_free(ask->name);
    conditions_free(ask->when);
    g_free(ask->question);
    for (int i = 0; i < DRILL_CHOICES; i++)
        g_free(ask->choices[i]);
    g_ptr_array_unref(ask->lines);
    g_free(ask);
}

static void fault_free(void *data)
{
    struct drill_fault *fault = data;
    g_free(fault->name);
    g_free(fault->argument);
    conditions_free(fault->when);
    conditions_free(fault->until);
    g_free(fault);
}

static void goal_free(void *data)
{
    struct drill_goal *goal = data;
    g_free(goal->name);
    g_free(goal->text);
    conditions_free(goal->when);
    g_free(goal);
}

static void act_free(void *data)
{
    struct drill_act *act = data;
    conditions_free(act->when);
    g_free(act->role);
    g_free(act->command);
    g_free(act);
}

void drill_file_free(struct drill_file *drill)
{
    if (!drill)
        return;
    GPtrArray *lists[] = {drill->lessons,     drill->hints,          drill->asks,
                          drill->faults,      drill->goals,          drill->solution,
                          drill->wrong,       drill->setup.releases, drill->setup.settings,
                          drill->setup.faults};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        g_ptr_array_unref(lists[i]);
    g_free(drill->name);
    g_free(drill->title);
    g_free(drill->setup.recipe);
    g_free(drill->setup.plan);
    g_free(drill->setup.migration);
    g_free(drill->setup.from);
    g_free(drill);
}

static struct drill_file *drill_new(const char *name)
{
    struct drill_file *drill = g_new0(struct drill_file, 1);
    drill->name = g_strdup(name);
    drill->lessons = g_ptr_array_new_with_free_func(text_free);
    drill->hints = g_ptr_array_new_with_free_func(text_free);
    drill->asks = g_ptr_array_new_with_free_func(ask_free);
    drill->faults = g_ptr_array_new_with_free_func(fault_free);
    drill->goals = g_ptr_array_new_with_free_func(goal_free);
    drill->solution = g_ptr_array_new_with_free_func(act_free);
    drill->wrong = g_ptr_array_new_with_free_func(act_free);
    drill->par_waiting = NAN;
    drill_setup_init(&drill->setup);
    return drill;
}

/* What only the whole of it shows. */
static gboolean whole(struct drill_reader *reader)
{
    const struct drill_file *drill = reader->drill;
    if (!drill->title)
        return drill_wrong(reader, "begin with one line title: WHAT IS PRACTISED", "no title");
    for (guint i = 0; i < drill->asks->len; i++) {
        const struct drill_ask *ask = drill->asks->pdata[i];
        if (!ask->question || ask->right < 0 || !ask->choices[1] || !ask->lines->len)
            return drill_wrong(
                reader,
                "it wants a question, choices \"- \", the right one \"+ \", and \"= \" "
                "with what is said afterwards",
                "the question \"%s\" is not complete", ask->name);
    }
    for (guint i = 0; i < drill->goals->len; i++) {
        const struct drill_goal *goal = drill->goals->pdata[i];
        if (!goal->text)
            return drill_wrong(reader, "one line below its heading says what is to be reached",
                               "the goal \"%s\" has no text", goal->name);
    }
    return TRUE;
}

static void terminate(GPtrArray *texts)
{
    for (guint i = 0; i < texts->len; i++)
        g_ptr_array_add(((struct drill_text *)texts->pdata[i])->lines, NULL);
}

struct drill_file *drill_file_parse(const char *name, const char *file, const char *text,
                                    GError **error)
{
    struct drill_reader reader = {.file = file, .drill = drill_new(name)};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gboolean read = TRUE;
    for (guint i = 0; read && lines[i]; i++) {
        reader.line = (int)i + 1;
        read = line_read(&reader, g_strchomp(lines[i]));
    }
    if (!read || !whole(&reader)) {
        g_propagate_error(error, reader.error);
        drill_file_free(reader.drill);
        return NULL;
    }
    terminate(reader.drill->lessons);
    terminate(reader.drill->hints);
    for (guint i = 0; i < reader.drill->asks->len; i++)
        g_ptr_array_add(((struct drill_ask *)reader.drill->asks->pdata[i])->lines, NULL);
    return reader.drill;
}

const struct drill_text *drill_text_find(const GPtrArray *texts, const struct drill_facts *facts)
{
    for (guint i = 0; i < texts->len; i++) {
        const struct drill_text *text = texts->pdata[i];
        if (conditions_hold(text->when, facts))
            return text;
    }
    return NULL;
}
