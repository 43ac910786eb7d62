/* Help, made from the table of bindings and the table of commands. */
#include "config.h"
#include "console/screens/screens.h"

#include "console/command.h"
#include "console/draw.h"

#define COLUMNS_WIDTH 72 /* from here on there are two columns */
#define WIDE_WIDTH 100

static char *binding_line(const struct binding *b)
{
    g_autofree char *keys =
        b->confirm ? g_strdup_printf("%s %s", b->name, b->confirm) : g_strdup(b->name);
    return g_strdup_printf(" %-7s %s", keys, b->help);
}

/* "1 fleet    2 cockpit  6 activity", three in a line. */
static void screens_add(GPtrArray *lines)
{
    g_autoptr(GString) line = g_string_new(NULL);
    for (int i = 0; screens[i]; i++) {
        g_string_append_printf(line, " %c %-9s", screens[i]->key, screens[i]->name);
        if (i % 3 < 2 && screens[i + 1])
            continue;
        g_ptr_array_add(lines, g_strchomp(g_strdup(line->str)));
        g_string_truncate(line, 0);
    }
}

/* All lines, left halves and right halves. */
static void lines_make(GPtrArray *left, GPtrArray *right)
{
    static const char *const legend[] = {
        " ● done  ► now  ○ to come  ‖ held",      " × failed  ◄ being undone",
        " ╫ point of no return  ▸ our session",   " · calm  ▲ watch, tight  ◆ hurting",
        " LIVE fresh · LATE, STALE old (dim, ~)", " LOST no connection; p is queued",
    };
    screens_add(right);
    for (const struct binding *b = bindings; b->act != ACT_NONE; b++)
        if (b->help)
            g_ptr_array_add(b->verb ? left : right, binding_line(b));
    g_ptr_array_add(left, g_strdup(""));
    for (guint i = 0; i < G_N_ELEMENTS(legend); i++)
        g_ptr_array_add(left, g_strdup(legend[i]));
}

/* What a command does stands below what the others do, where there is room. */
static void commands_add(GPtrArray *lines, int width)
{
    int column = width >= WIDE_WIDTH ? 44 : width >= COLUMNS_WIDTH ? 26 : 0;
    for (const struct command *c = commands_table; c->name; c++) {
        g_autofree char *call =
            g_strdup_printf("%s%s%s", c->name, *c->arguments ? " " : "", c->arguments);
        g_ptr_array_add(lines, g_strdup_printf(" :%-*s  %s", column, call, c->help));
    }
}

static void row_draw(const struct view *view, struct grid *grid, int row, const GPtrArray *left,
                     const GPtrArray *right, int i)
{
    int split = view->width >= COLUMNS_WIDTH ? view->width / 2 : view->width;
    struct pen pen = view_pen(view, grid, row, 0, split);
    if (i < (int)left->len)
        pen_text(&pen, TOKEN_TEXT, left->pdata[i]);
    if (split == view->width)
        return;
    pen = view_pen(view, grid, row, split, view->width);
    pen_text(&pen, TOKEN_RULE, "│");
    if (i < (int)right->len)
        pen_text(&pen, TOKEN_TEXT, right->pdata[i]);
}

/* Fills both halves; returns the rows that have two of them. The commands follow. */
static int page_make(const struct view *view, GPtrArray *left, GPtrArray *right)
{
    lines_make(left, right);
    if (view->width < COLUMNS_WIDTH) { /* one column */
        for (guint i = 0; i < right->len; i++)
            g_ptr_array_add(left, g_strdup(right->pdata[i]));
        g_ptr_array_set_size(right, 0);
    }
    guint columns = MAX(left->len, right->len);
    while (left->len < columns)
        g_ptr_array_add(left, g_strdup(""));
    g_ptr_array_add(left, g_strdup(""));
    commands_add(left, view->width);
    return (int)columns;
}

static int scroll_max(const GPtrArray *left, const struct area *body)
{
    return MAX(0, (int)left->len - (body->height - 2));
}

static int help_scroll_max(const struct view *view, const struct area *body)
{
    g_autoptr(GPtrArray) left = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) right = g_ptr_array_new_with_free_func(g_free);
    page_make(view, left, right);
    return scroll_max(left, body);
}

static void help_draw(const struct view *view, struct grid *grid, const struct area *body)
{
    g_autoptr(GPtrArray) left = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) right = g_ptr_array_new_with_free_func(g_free);
    int columns = page_make(view, left, right);
    struct pen pen = view_pen(view, grid, body->row, 1, view->width);
    pen_text(&pen, TOKEN_NOW, "Stop with one key. Start with two. Destroy by typing the name.");
    pen = view_pen(view, grid, body->row + 1, 0, view->width);
    draw_rule(&pen, scroll_max(left, body) ? "act and look (j k: the rest)" : "act and look");
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
            pen_text(&pen, TOKEN_TEXT, left->pdata[line]);
    }
}

const struct screen help_screen = {
    .id = SCREEN_HELP,
    .key = '?',
    .name = "help",
    .draw = help_draw,
    .scroll_max = help_scroll_max,
};
