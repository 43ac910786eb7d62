/* The drill's coach: what is said at one moment. */
#include "config.h"

#include <string.h>

#include "cmd/drill-private.h"

#define TOLD_S 15 /* how long an answer's explanation stays */
#define WIDTH 78

struct coach_shown {
    struct coach_view view;
    GPtrArray *strings; /* what the view points into */
    GPtrArray *lines;
    GArray *goals; /* struct coach_goal */
};

static const char *keep(struct coach_shown *shown, char *text)
{
    g_ptr_array_add(shown->strings, text);
    return text;
}

static void line_add(struct coach_shown *shown, const char *text)
{
    if (shown->lines->len < COACH_LINES)
        g_ptr_array_add(shown->lines, (char *)keep(shown, g_strdup(text)));
}

static void lines_add(struct coach_shown *shown, const GPtrArray *lines)
{
    for (guint i = 0; i < lines->len && lines->pdata[i]; i++)
        line_add(shown, lines->pdata[i]);
}

static void ask_add(struct coach_shown *shown, const struct drill_ask *ask)
{
    line_add(shown, ask->question);
    for (int i = 0; ask->choices[i]; i++) {
        g_autofree char *text = g_strdup_printf(" %d  %s", i + 1, ask->choices[i]);
        line_add(shown, text);
    }
    line_add(shown, "v and its number say what you think; then you see whether it is so.");
    shown->view.asks = TRUE;
    shown->view.note = "predict: v";
}

static void told_add(struct coach_shown *shown, const struct drill_ask *ask, int choice)
{
    g_autofree char *text = choice == ask->right
                                ? g_strdup_printf("Right: %s.", ask->choices[ask->right])
                                : g_strdup_printf("Not so. Rather: %s.", ask->choices[ask->right]);
    line_add(shown, text);
    lines_add(shown, ask->lines);
}

/* Broken at " · " where it is too wide. */
static void score_add(struct coach_shown *shown, const char *score)
{
    g_auto(GStrv) parts = g_strsplit(score, " · ", -1);
    g_autoptr(GString) line = g_string_new(NULL);
    for (char **part = parts; *part; part++) {
        if (line->len && g_utf8_strlen(line->str, -1) + 3 + g_utf8_strlen(*part, -1) > WIDTH) {
            line_add(shown, line->str);
            g_string_truncate(line, 0);
        }
        g_string_append_printf(line, "%s%s", line->len ? " · " : "", *part);
    }
    line_add(shown, line->str);
}

static void over_add(struct coach_shown *shown, const struct drill_run *run,
                     const struct drill_text *lesson)
{
    line_add(shown, drill_run_is_passed(run) ? "Passed: every goal is met."
                                             : "Finished, but something was lost on the way: 0.");
    score_add(shown, shown->view.score);
    if (lesson)
        lines_add(shown, lesson->lines);
    line_add(shown, "q leaves. pgrollout drill --list names the others.");
}

static void goals_add(struct coach_shown *shown, const struct drill_file *file,
                      const struct drill_run *run)
{
    static const enum coach_mark marks[] = {
        [DRILL_OPEN] = COACH_OPEN, [DRILL_MET] = COACH_MET, [DRILL_LOST] = COACH_LOST};
    for (guint i = 0; i < file->goals->len; i++) {
        const struct drill_goal *goal = file->goals->pdata[i];
        struct coach_goal one = {goal->text, marks[drill_run_goal(run, goal)]};
        g_array_append_val(shown->goals, one);
    }
}

struct coach_shown *coach_shown_new(const struct drill *drill, const struct drill_run *run,
                                    const struct drill_facts *facts, const struct drill_text *hint,
                                    double now)
{
    struct coach_shown *shown = g_new0(struct coach_shown, 1);
    const struct drill_text *lesson = drill_text_find(drill->file->lessons, facts);
    const struct drill_ask *ask = drill_run_ask(run, facts);
    int choice;
    const struct drill_ask *told = drill_run_told(run, TOLD_S, now, &choice);
    shown->strings = g_ptr_array_new_with_free_func(g_free);
    shown->lines = g_ptr_array_new();
    shown->goals = g_array_new(FALSE, FALSE, sizeof(struct coach_goal));
    shown->view.title =
        keep(shown, drill->number ? g_strdup_printf("drill %u of %u: %s", drill->number, drill->of,
                                                    drill->file->name)
                                  : g_strdup_printf("drill: %s", drill->file->name));
    if (drill->file->goals->len)
        shown->view.score = keep(shown, drill_run_score(run));
    goals_add(shown, drill->file, run);
    if (hint && !drill_run_is_over(run)) {
        lines_add(shown, hint->lines);
        shown->view.note = "hint";
    } else if (told) {
        told_add(shown, told, choice);
    } else if (ask) {
        ask_add(shown, ask);
    } else if (drill_run_is_over(run)) {
        over_add(shown, run, lesson);
    } else if (lesson) {
        lines_add(shown, lesson->lines);
        shown->view.note = drill->file->hints->len ? "h hint" : NULL;
    }
    g_ptr_array_add(shown->lines, NULL);
    shown->view.lines = (const char *const *)shown->lines->pdata;
    shown->view.goals = (const struct coach_goal *)(void *)shown->goals->data;
    shown->view.n_goals = shown->goals->len;
    return shown;
}

void coach_shown_free(struct coach_shown *shown)
{
    if (!shown)
        return;
    g_ptr_array_unref(shown->strings);
    g_ptr_array_unref(shown->lines);
    g_array_unref(shown->goals);
    g_free(shown);
}

const struct coach_view *coach_shown_view(const struct coach_shown *shown)
{
    return shown ? &shown->view : NULL;
}
