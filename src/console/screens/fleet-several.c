/* The fleet of several databases: every migration of them, and a row for each database that is not
 * simply there, so that none is ever missing. */
#include "config.h"
#include "console/screens/fleet.h"

#include <math.h>
#include <string.h>

#include "console/draw.h"
#include "console/format.h"

#define WIDE 72 /* from here on there is a column for the links */
#define LINK_WIDTH 8

gboolean view_has_several(const struct view *view)
{
    return view->n_databases > 1;
}

static gboolean is_dead(const struct view_database *database)
{
    return !database->snapshot || database->link == LINK_STALE || database->link == LINK_LOST;
}

static const char *word_of(const struct view_database *database)
{
    static const char *const words[] = {"CONNECT", "LIVE", "LATE", "STALE", "LOST"};
    if (database->is_past)
        return "PAST";
    if (database->needs_password)
        return "ASKS";
    if (database->link == LINK_LIVE && snapshot_is_abandoned(database->snapshot))
        return "ENGINE?";
    return words[database->link];
}

struct view view_of_database(const struct view *view, const struct view_database *database)
{
    struct view own = *view;
    own.snapshot = database->snapshot;
    own.past = database->past;
    own.link = database->link;
    own.age_s = database->age_s;
    own.attempt = database->attempt;
    own.why = database->why;
    own.label = database->label;
    own.pause_queued = database->pause_queued;
    own.samples = NULL;
    return own;
}

/* What is to be said of the database itself; NULL: nothing, its migrations say it all. Free with
 * g_free. */
static char *trouble_text(const struct view_database *database)
{
    const struct snapshot *s = database->snapshot;
    g_autofree char *age = age_format(database->age_s);
    const char *why = database->why ? database->why : "no answer";
    if (database->needs_password)
        return g_strdup(database->never_asks ? "asks for a password, and there is none"
                                             : "asks for a password: Enter, and type it");
    if (!s && database->link == LINK_CONNECTING)
        return g_strdup_printf("connecting …");
    if (!s && (database->link == LINK_LIVE || database->link == LINK_LATE))
        return g_strdup("nothing was known of it then");
    if (!s)
        return g_strdup_printf("never seen · try %d · %s", database->attempt, why);
    if (database->link == LINK_LOST)
        return g_strdup_printf("%s · try %d · %s", age, database->attempt, why);
    if (database->link == LINK_STALE)
        return g_strdup_printf("%s · no answer yet", age);
    if (!s->installed)
        return g_strdup("no schema pgrollout that you may use");
    if (g_strcmp0(s->server_role, "standby") == 0)
        return g_strdup("a standby: it takes no commands");
    return s->migrations->len ? NULL : g_strdup("no migrations");
}

static char *database_text(const struct view_database *database)
{
    g_autofree char *trouble = trouble_text(database);
    if (!database->pause_queued)
        return g_steal_pointer(&trouble);
    return g_strdup_printf("pause QUEUED, sent first%s%s", trouble ? " · " : "",
                           trouble ? trouble : "");
}

char *fleet_database_text(const struct view_database *database)
{
    g_autofree char *text = database_text(database);
    return g_strconcat(word_of(database), text ? " · " : NULL, text, NULL);
}

static void row_add(GPtrArray *rows, const struct view_database *database,
                    const struct snap_migration *m, double ended_s)
{
    g_autofree char *id = fleet_id(database->name, m ? m->name : NULL);
    list_rows_add(rows, id, m);
    struct list_row *row = rows->pdata[rows->len - 1];
    row->owner = database;
    row->ended_s = ended_s;
}

static gboolean database_matches(const char *filter, const struct view_database *database)
{
    g_autofree char *text = database_text(database);
    const char *const texts[] = {database->name, database->label ? database->label : "",
                                 text ? text : "", word_of(database), NULL};
    return list_matches(filter, texts);
}

static gboolean migration_matches(const char *filter, const struct view_database *database,
                                  const struct snap_migration *m)
{
    g_autofree char *texts = fleet_texts(m);
    const char *const all[] = {database->name, texts, word_of(database), NULL};
    return list_matches(filter, all);
}

static void database_read(const struct view_database *database, const char *filter, GPtrArray *rows)
{
    g_autofree char *text = database_text(database);
    if (text && database_matches(filter, database))
        row_add(rows, database, NULL, NAN);
    g_autoptr(GPtrArray) own = list_rows_read(database->snapshot, database->past, fleet_read);
    for (guint i = 0; own && i < own->len; i++) {
        const struct list_row *row = own->pdata[i];
        if (migration_matches(filter, database, row->data))
            row_add(rows, database, row->data, row->ended_s);
    }
}

/* A dead database first: nobody knows how it is there. Then what lives, then the last that was known
 * of the dead, then the databases of which only little is to be said. */
static int rank_of(const struct list_row *row)
{
    const struct view_database *database = row->owner;
    if (!row->data)
        return is_dead(database) || database->pause_queued ? 0 : 3;
    return is_dead(database) ? 2 : 1;
}

struct order {
    fleet_compare_fn compare;
    gboolean ranked, reverse;
};

static int compare_names(const struct list_row *a, const struct list_row *b)
{
    const struct view_database *left = a->owner, *right = b->owner;
    int difference = strcmp(left->name, right->name);
    return difference ? difference : strcmp(a->id, b->id);
}

static int compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct list_row *left = *(struct list_row *const *)a,
                          *right = *(struct list_row *const *)b;
    const struct order *order = data;
    int difference = order->ranked ? rank_of(left) - rank_of(right) : 0;
    if (!difference && left->data && right->data)
        difference = order->compare(left->data, right->data);
    if (!difference)
        return compare_names(left, right);
    return order->reverse ? -difference : difference;
}

GPtrArray *fleet_several_rows(const struct view *view, fleet_compare_fn compare, gboolean ranked)
{
    const struct list_state *state = view_list(view);
    GPtrArray *rows = list_rows_new();
    for (guint i = 0; i < view->n_databases; i++)
        database_read(&view->databases[i], state->filter, rows);
    struct order order = {compare, ranked, state->reverse};
    g_ptr_array_sort_with_data(rows, compare_rows, &order);
    return rows;
}

static int database_width(const struct view *view)
{
    int most = view->width >= 100 ? 16 : view->width >= WIDE ? 8 : 6, widest = 2;
    struct pen pen = view_pen(view, NULL, 0, 0, view->width);
    for (guint i = 0; i < view->n_databases; i++)
        widest = MAX(widest, pen_measure(&pen, view->databases[i].name));
    return MIN(widest, most);
}

/* Of names that would be cut to the same beginning, as those of a row of ports are, the ends. Free with
 * g_free. */
static char *database_short(const struct view *view, const char *name, int width)
{
    struct pen pen = view_pen(view, NULL, 0, 0, view->width);
    if (pen_measure(&pen, name) <= width || !g_utf8_validate(name, -1, NULL))
        return g_strdup(name);
    size_t kept = (size_t)(g_utf8_offset_to_pointer(name, width - 1) - name);
    glong length = g_utf8_strlen(name, -1);
    for (guint i = 0; i < view->n_databases; i++) {
        const char *other = view->databases[i].name;
        if (strcmp(other, name) != 0 && strncmp(other, name, kept) == 0)
            return g_strconcat("…", g_utf8_offset_to_pointer(name, length - (width - 1)), NULL);
    }
    return g_strdup(name);
}

int fleet_several_width(const struct view *view)
{
    if (!view_has_several(view))
        return 0;
    return database_width(view) + 1 + (view->width >= WIDE ? LINK_WIDTH : 0);
}

void fleet_several_head(const struct view *view, struct pen *pen)
{
    int width = database_width(view);
    pen_text_left(pen, TOKEN_TITLE, width, width >= 8 ? "DATABASE" : "DB");
    pen_text(pen, TOKEN_TITLE, " ");
    if (view->width >= WIDE)
        pen_text_left(pen, TOKEN_TITLE, LINK_WIDTH, "LINK");
}

static enum token token_of(const struct view_database *database)
{
    if (is_dead(database) || database->needs_password)
        return TOKEN_LOST;
    gboolean fine = !database->is_past && database->link == LINK_LIVE &&
                    !snapshot_is_abandoned(database->snapshot);
    return fine ? TOKEN_DIM : TOKEN_WARN;
}

void fleet_several_row(const struct view *view, struct pen *pen, const struct list_row *row,
                       gboolean selected)
{
    const struct view_database *database = row->owner;
    struct view own = view_of_database(view, database);
    gboolean faded = view_is_old(&own) || !isnan(row->ended_s);
    int width = database_width(view);
    g_autofree char *name = database_short(view, database->name, width);
    pen->faded = FALSE;
    pen_text_left(pen, selected ? TOKEN_NOW : TOKEN_TEXT, width, name);
    pen_text(pen, TOKEN_TEXT, " ");
    if (view->width >= WIDE)
        pen_text_left(pen, token_of(database), LINK_WIDTH, word_of(database));
    if (row->data) {
        pen->faded = faded;
        fleet_cells(&own, pen, row->data, selected);
        return;
    }
    g_autofree char *text = database_text(database);
    if (view->width < WIDE)
        pen_format(pen, token_of(database), "%s ", word_of(database));
    pen_text_left(pen, token_of(database), pen_room(pen), text ? text : "");
}

char *fleet_several_note(const struct view *view)
{
    GString *out = g_string_new(NULL);
    guint live = 0;
    for (guint i = 0; i < view->n_databases; i++)
        live += !is_dead(&view->databases[i]);
    g_string_append_printf(out, "%u of %u databases %s", live, view->n_databases,
                           view->past_s > 0 ? "were seen" : "answer");
    return g_string_free(out, FALSE);
}

void fleet_several_why(const struct view *view, struct grid *grid, const struct area *area)
{
    const struct view_database *database = &view->databases[view->database];
    g_autofree char *text = database_text(database);
    const char *rest = text ? text : "";
    for (int row = area->row; *rest && row < area->row + area->height; row++) {
        struct pen pen = view_pen(view, grid, row, 1, view->width);
        pen.faded = FALSE;
        gsize n = draw_wrap(&pen, rest, pen_room(&pen));
        g_autofree char *line = g_strndup(rest, n);
        pen_text(&pen, token_of(database), line);
        rest += n;
        rest += *rest == ' ';
    }
}
