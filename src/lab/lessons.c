/* Lesson files, and the choice among their texts. */
#include "config.h"
#include "pgrollout/lab/lessons.h"

#include <math.h>
#include <string.h>

#include "pgrollout/base/error.h"

struct condition {
    char *key;
    char *value;
};

struct lesson {
    GPtrArray *conditions; /* struct condition */
    GPtrArray *lines;      /* char *, NULL-terminated once parsed */
};

struct lessons {
    char *title;
    GPtrArray *list; /* struct lesson */
};

static void condition_free(void *data)
{
    struct condition *condition = data;
    g_free(condition->key);
    g_free(condition->value);
    g_free(condition);
}

static void lesson_free(void *data)
{
    struct lesson *lesson = data;
    g_ptr_array_unref(lesson->conditions);
    g_ptr_array_unref(lesson->lines);
    g_free(lesson);
}

void lessons_free(struct lessons *lessons)
{
    if (!lessons)
        return;
    g_free(lessons->title);
    g_ptr_array_unref(lessons->list);
    g_free(lessons);
}

static gboolean progress_parse(const char *text, double *from, double *below)
{
    char *end;
    *from = g_ascii_strtod(text, &end);
    if (end == text || !g_str_has_prefix(end, "-"))
        return FALSE;
    const char *second = end + 1;
    *below = g_ascii_strtod(second, &end);
    return end != second && *end == '\0' && *from < *below;
}

static gboolean condition_parse(struct lesson *lesson, const char *word, GError **error)
{
    static const char *const keys[] = {"state", "phase", "step", "hold", "progress", NULL};
    double from, below;
    const char *equals = strchr(word, '=');
    g_autofree char *key = equals ? g_strndup(word, (gsize)(equals - word)) : g_strdup(word);
    if (!equals || !equals[1] || !g_strv_contains(keys, key))
        return rollout_fail(error, ROLLOUT_ERROR_PLAN, "\"%s\" is not a condition", word);
    if (strcmp(key, "progress") == 0 && !progress_parse(equals + 1, &from, &below))
        return rollout_fail(error, ROLLOUT_ERROR_PLAN, "\"%s\" is not a range", equals + 1);
    struct condition *condition = g_new0(struct condition, 1);
    condition->key = g_steal_pointer(&key);
    condition->value = g_strdup(equals + 1);
    g_ptr_array_add(lesson->conditions, condition);
    return TRUE;
}

/* `line` is "[when …]". */
static gboolean heading_parse(struct lessons *lessons, const char *line, GError **error)
{
    if (!g_str_has_prefix(line, "[when") || !g_str_has_suffix(line, "]"))
        return rollout_fail(error, ROLLOUT_ERROR_PLAN, "\"%s\" is not a heading", line);
    struct lesson *lesson = g_new0(struct lesson, 1);
    lesson->conditions = g_ptr_array_new_with_free_func(condition_free);
    lesson->lines = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(lessons->list, lesson);
    g_autofree char *inside = g_strndup(line + strlen("[when"), strlen(line) - strlen("[when]"));
    g_auto(GStrv) words = g_strsplit(inside, " ", -1);
    for (char **word = words; *word; word++)
        if (**word && !condition_parse(lesson, *word, error))
            return FALSE;
    return TRUE;
}

static gboolean line_parse(struct lessons *lessons, const char *line, GError **error)
{
    if (*line == '\0' || *line == '#')
        return TRUE;
    if (*line == '[')
        return heading_parse(lessons, line, error);
    if (lessons->list->len == 0) {
        if (!g_str_has_prefix(line, "title: ") || lessons->title)
            return rollout_fail(error, ROLLOUT_ERROR_PLAN, "text before the first heading");
        lessons->title = g_strdup(line + strlen("title: "));
        return TRUE;
    }
    struct lesson *lesson = lessons->list->pdata[lessons->list->len - 1];
    if (lesson->lines->len == LESSON_LINES)
        return rollout_fail(error, ROLLOUT_ERROR_PLAN, "more than %d lines", LESSON_LINES);
    if (!g_utf8_validate(line, -1, NULL) || g_utf8_strlen(line, -1) > LESSON_COLUMNS)
        return rollout_fail(error, ROLLOUT_ERROR_PLAN, "more than %d characters", LESSON_COLUMNS);
    g_ptr_array_add(lesson->lines, g_strdup(line));
    return TRUE;
}

struct lessons *lessons_parse(const char *text, GError **error)
{
    struct lessons *lessons = g_new0(struct lessons, 1);
    lessons->list = g_ptr_array_new_with_free_func(lesson_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++)
        if (!line_parse(lessons, g_strchomp(lines[i]), error)) {
            g_prefix_error(error, "line %u: ", i + 1);
            lessons_free(lessons);
            return NULL;
        }
    for (guint i = 0; i < lessons->list->len; i++)
        g_ptr_array_add(((struct lesson *)lessons->list->pdata[i])->lines, NULL);
    return lessons;
}

const char *lessons_title(const struct lessons *lessons)
{
    return lessons->title ? lessons->title : "";
}

/* A hold "guard:replication_lag" answers to "guard" as well. */
static gboolean hold_matches(const char *hold, const char *wanted)
{
    gsize length = strlen(wanted);
    return strncmp(hold, wanted, length) == 0 && (hold[length] == '\0' || hold[length] == ':');
}

static gboolean condition_holds(const struct condition *condition, const struct lesson_state *state)
{
    double from, below;
    if (strcmp(condition->key, "state") == 0)
        return g_strcmp0(state->state, condition->value) == 0;
    if (strcmp(condition->key, "phase") == 0)
        return g_strcmp0(state->phase, condition->value) == 0;
    if (strcmp(condition->key, "step") == 0)
        return g_strcmp0(state->step, condition->value) == 0;
    if (strcmp(condition->key, "progress") == 0)
        return progress_parse(condition->value, &from, &below) && state->percent >= from &&
               state->percent < below;
    for (const char *const *hold = state->holds; hold && *hold; hold++)
        if (hold_matches(*hold, condition->value))
            return TRUE;
    return FALSE;
}

const char *const *lessons_find(const struct lessons *lessons, const struct lesson_state *state)
{
    for (guint i = 0; i < lessons->list->len; i++) {
        const struct lesson *lesson = lessons->list->pdata[i];
        gboolean all = TRUE;
        for (guint c = 0; all && c < lesson->conditions->len; c++)
            all = condition_holds(lesson->conditions->pdata[c], state);
        if (all)
            return (const char *const *)lesson->lines->pdata;
    }
    return NULL;
}
