/* Keys of single screens: the scope of the journal, a guard's limit, the plan beside its file. */
#include "config.h"
#include "console/app.h"

#include "console/screens/screens.h"

static void prefill(struct app *app, const char *text)
{
    int width, height;
    if (!app->term)
        return;
    terminal_size(app->term, &width, &height);
    prompt_open(width);
    prompt_insert(text);
}

static void limit_edit(struct app *app)
{
    struct view view;
    if (!app->migration || !app_may(app, "set", 2))
        return;
    app_fill_view(app, &view);
    const struct screen_list *list = screen_by_id(SCREEN_GUARDS)->list;
    g_autoptr(GPtrArray) rows = view.snapshot ? list->rows(&view) : NULL;
    const struct list_row *row = rows ? list_selected(view_list(&view), rows) : NULL;
    const struct snap_guard *guard = row ? row->data : NULL;
    if (!guard) {
        app_say(app, TOKEN_WARN, FALSE, "set: select a guard first");
        return;
    }
    g_autofree char *text =
        g_strdup_printf("set %s guard.%s.pause=", app->migration, guard->name ? guard->name : "");
    prefill(app, text);
}

static void moment_of_line(struct app *app)
{
    struct view view;
    app_fill_view(app, &view);
    const struct screen *screen = screen_by_id(app->screen);
    g_autoptr(GPtrArray) rows = view_has_rows(&view) ? screen->list->rows(&view) : NULL;
    const struct list_row *row = rows ? list_selected(view_list(&view), rows) : NULL;
    app_past_jump(app, row ? row->data : NULL);
}

gboolean app_look_act(struct app *app, enum act act)
{
    if (app->screen == SCREEN_PLAN && (act == ACT_OPEN || act == ACT_BACK)) {
        app->plan.shows_diff = FALSE; /* what is opened next is a step */
        return FALSE;
    }
    if (act == ACT_HINT) {
        app_coach_hint(app);
    } else if (act == ACT_PREDICT) {
        if (app_coach_asks(app))
            prefill(app, "predict ");
    } else if (app->screen == SCREEN_JOURNAL && act == ACT_SCOPE) {
        list_state_select(&app->lists[SCREEN_JOURNAL], NULL, 0);
        app_journal_scope(app, !app->journal_all);
    } else if (app->screen == SCREEN_JOURNAL && act == ACT_MOMENT) {
        moment_of_line(app);
    } else if (app->screen == SCREEN_GUARDS && act == ACT_EDIT) {
        limit_edit(app);
    } else if (app->screen == SCREEN_PLAN && act == ACT_DIFF) {
        if (app->plan.file)
            app_diff(app, NULL);
        else
            prefill(app, "diff ");
    } else {
        return FALSE;
    }
    app_redraw(app);
    return TRUE;
}
