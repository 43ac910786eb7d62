/* Help, made from the table of bindings and the table of commands. */
#include "config.h"
#include "console/screens/screens.h"

#include <string.h>

#include "console/command.h"
#include "console/draw.h"

#define COLUMNS_WIDTH 72 /* from here on there are two columns */
#define WIDE_WIDTH 100

/* Where the words end that stand in a half; what is left is for who may. */
static int half_width(const struct view *view)
{
    return view->width >= COLUMNS_WIDTH ? view->width / 2 : view->width;
}

/* What this console may not do is dim, with who may. Of sessions the server decides. */
static void binding_add(GPtrArray *lines, const struct view *view, const struct binding *b)
{
    static const char *const roles[] = {"", "viewer", "responder", "operator", "approver"};
    g_autofree char *keys =
        b->confirm ? g_strdup_printf("%s %s", b->name, b->confirm) : g_strdup(b->name);
    gboolean may = view_rights(view) >= b->rights && !(view->read_only && b->verb);
    const char *who = view->read_only ? "" : roles[b->rights]; /* else the heading says it */
    int room = half_width(view) - 9 - (*who ? (int)strlen(who) + 2 : 1);
    if (may)
        lines_append(lines, TOKEN_TEXT, " %-7s %s", keys, b->help);
    else if (room < (int)strlen(b->help))
        lines_append(lines, TOKEN_DIM, " %-7s %-*.*s… %s", keys, room - 1, room - 1, b->help, who);
    else
        lines_append(lines, TOKEN_DIM, " %-7s %-*s %s", keys, room, b->help, who);
}

/* "1 fleet    2 cockpit  6 activity", three in a line. */
static void screens_add(GPtrArray *lines)
{
    g_autoptr(GString) line = g_string_new(NULL);
    for (int i = 0; screens[i]; i++) {
        g_string_append_printf(line, " %c %-9s", screens[i]->key, screens[i]->name);
        if (i % 3 < 2 && screens[i + 1])
            continue;
        lines_append(lines, TOKEN_TEXT, "%s", g_strchomp(line->str));
        g_string_truncate(line, 0);
    }
}

/* All lines, left halves and right halves. */
static void lines_make(const struct view *view, GPtrArray *left, GPtrArray *right)
{
    static const char *const legend[] = {
        " ● done  ► now  ○ to come  ‖ held",      " × failed  ◄ being undone",
        " ╫ point of no return  ▸ our session",   " · calm  ▲ watch, tight  ◆ hurting",
        " LIVE fresh · LATE, STALE old (dim, ~)", " LOST no connection; p is queued",
    };
    screens_add(right);
    for (const struct binding *b = bindings; b->act != ACT_NONE; b++)
        if (b->help)
            binding_add(b->verb ? left : right, view, b);
    lines_append(left, TOKEN_TEXT, "%s", "");
    for (guint i = 0; i < G_N_ELEMENTS(legend); i++)
        lines_append(left, TOKEN_TEXT, "%s", legend[i]);
}

/* What a command does stands below what the others do, where there is room. */
static void commands_add(GPtrArray *lines, const struct view *view)
{
    int width = view->width;
    int column = width >= WIDE_WIDTH ? 44 : width >= COLUMNS_WIDTH ? 26 : 0;
    for (const struct command *c = commands_table; c->name; c++) {
        g_autofree char *call =
            g_strdup_printf("%s%s%s", c->name, *c->arguments ? " " : "", c->arguments);
        lines_append(lines, c->acts && view->read_only ? TOKEN_DIM : TOKEN_TEXT, " :%-*s  %s",
                     column, call, c->help);
    }
}

static void line_draw(struct pen *pen, const struct confirm_line *line)
{
    pen_text(pen, line->token, line->text);
}

static void row_draw(const struct view *view, struct grid *grid, int row, const GPtrArray *left,
                     const GPtrArray *right, int i)
{
    int split = half_width(view);
    struct pen pen = view_pen(view, grid, row, 0, split);
    if (i < (int)left->len)
        line_draw(&pen, left->pdata[i]);
    if (split == view->width)
        return;
    pen = view_pen(view, grid, row, split, view->width);
    pen_text(&pen, TOKEN_RULE, "│");
    if (i < (int)right->len)
        line_draw(&pen, right->pdata[i]);
}

/* Fills both halves; returns the rows that have two of them. The commands follow. */
static int page_make(const struct view *view, GPtrArray *left, GPtrArray *right)
{
    lines_make(view, left, right);
    if (view->width < COLUMNS_WIDTH) { /* one column */
        while (right->len)
            g_ptr_array_add(left, g_ptr_array_steal_index(right, 0));
    }
    guint columns = MAX(left->len, right->len);
    while (left->len < columns)
        lines_append(left, TOKEN_TEXT, "%s", "");
    lines_append(left, TOKEN_TEXT, "%s", "");
    commands_add(left, view);
    return (int)columns;
}

static int scroll_max(const GPtrArray *left, const struct area *body)
{
    return MAX(0, (int)left->len - (body->height - 2));
}

static int help_scroll_max(const struct view *view, const struct area *body)
{
    g_autoptr(GPtrArray) left = lines_new();
    g_autoptr(GPtrArray) right = lines_new();
    page_make(view, left, right);
    return scroll_max(left, body);
}

static void help_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    g_autoptr(GPtrArray) left = lines_new();
    g_autoptr(GPtrArray) right = lines_new();
    int columns = page_make(view, left, right);
    struct pen pen = view_pen(view, grid, body->row, 1, view->width);
    pen_text(&pen, TOKEN_NOW, "Stop with one key. Start with two. Destroy by typing the name.");
    pen = view_pen(view, grid, body->row + 1, 0, view->width);
    const char *acts =
        view->read_only ? "act (dim: not with --read-only) and look" : "act and look";
    g_autofree char *title = g_strconcat(acts, scroll_max(left, body) ? " (j k)" : "", NULL);
    draw_rule(&pen, title);
    int from = CLAMP(view->scroll, 0, scroll_max(left, body));
    for (int i = 0; i < body->height - 2; i++) {
        int line = from + i;
        if (line < columns) {
            row_draw(view, grid, body->row + 2 + i, left, right, line);
            continue;
        }
        pen = view_pen(view, grid, body->row + 2 + i, 0, view->width);
        if (line == columns)
            draw_rule(&pen, "commands");
        else if (line < (int)left->len)
            line_draw(&pen, left->pdata[line]);
    }
}

const struct screen help_screen = {
    .id = SCREEN_HELP,
    .key = '?',
    .name = "help",
    .draw = help_draw,
    .scroll_max = help_scroll_max,
};
