/* The drill's coach: the lesson for what the console shows. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "cmd/drill-private.h"
#include "pgrollout/base/resource.h"
#include "pgrollout/lab/lessons.h"

#define SHELL_AROUND "type there: ``." /* its line besides */

struct coach {
    struct lessons *lessons;
};

struct coach *coach_new(const char *scenario, const char *shell)
{
    g_autofree char *path = g_strdup_printf("lab/drills/%s.drill", scenario);
    gsize room = LESSON_COLUMNS - strlen(SHELL_AROUND);
    gboolean fits = g_utf8_validate(shell, -1, NULL) && g_utf8_strlen(shell, -1) <= (glong)room;
    GString *text = g_string_new(resource_text(path));
    g_string_replace(text, "@shell@", fits ? shell : "the line that was printed before this", 0);
    struct coach *coach = g_new0(struct coach, 1);
    coach->lessons = lessons_parse(text->str, NULL);
    g_string_free(text, TRUE);
    return coach;
}

void coach_free(struct coach *coach)
{
    lessons_free(coach->lessons);
    g_free(coach);
}

/* The holds as "KIND:KEY". */
static char **holds_of(const struct snap_migration *migration)
{
    GPtrArray *list = g_ptr_array_new();
    for (guint i = 0; i < migration->holds->len; i++) {
        const struct snap_hold *hold = migration->holds->pdata[i];
        g_ptr_array_add(list, g_strdup_printf("%s:%s", hold->kind, hold->key ? hold->key : ""));
    }
    g_ptr_array_add(list, NULL);
    return (char **)g_ptr_array_free(list, FALSE);
}

const char *const *coach_lines(const struct snapshot *snapshot,
                               const struct snap_migration *migration, void *data)
{
    (void)snapshot;
    struct coach *coach = data;
    struct lesson_state state = {.state = "none", .percent = NAN};
    if (!migration)
        return lessons_find(coach->lessons, &state);
    g_auto(GStrv) holds = holds_of(migration);
    state = (struct lesson_state){
        .state = migration->state,
        .phase = migration->phase,
        .step = migration->step,
        .holds = (const char *const *)holds,
        .percent = migration->has_progress ? migration->progress.fraction * 100 : NAN,
    };
    return lessons_find(coach->lessons, &state);
}
