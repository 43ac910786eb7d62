/* The open confirmation: a strip or a dialog below the five lines. Its text is never cut: what does
 * not fit is read page by page, and till then nothing is accepted. */
#include "config.h"
#include "console/screens/screens.h"

#include <string.h>

#include "console/draw.h"

#define WIDTH_LEAST 40
#define HEIGHT_LEAST 10
#define HEIGHT_FULL 24 /* a point of no return is asked on less only if all of it fits */
#define ANSWERS_END 8  /* the rows down to ABORT */
#define FIELD_LEAST 12

static struct confirm_line *line_new(enum token token, const char *mark, const char *text)
{
    struct confirm_line *line = g_new0(struct confirm_line, 1);
    *line = (struct confirm_line){token, g_strconcat(mark, text, NULL)};
    return line;
}

static void line_free(void *data)
{
    struct confirm_line *line = data;
    g_free(line->text);
    g_free(line);
}

static void lines_add(GPtrArray *to, const GPtrArray *lines)
{
    for (guint i = 0; i < lines->len; i++) {
        const struct confirm_line *line = lines->pdata[i];
        g_ptr_array_add(to, line_new(line->token, "", line->text));
    }
}

/* All that has to be read before one answers, with the choice numbered `choice`. */
static GPtrArray *text_lines(const struct confirm *c, guint choice)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(line_free);
    lines_add(lines, c->lines);
    if (choice < c->choices->len)
        lines_add(lines, ((struct confirm_choice *)c->choices->pdata[choice])->lines);
    for (guint i = 0; i < c->checks->len; i++) {
        const struct confirm_check *check = c->checks->pdata[i];
        g_ptr_array_add(lines, line_new(check->ok ? TOKEN_OK : TOKEN_DANGER,
                                        check->ok ? "● " : "× ", check->text));
    }
    return lines;
}

static int text_height(const struct view *view, const struct confirm *c, guint choice, int width)
{
    g_autoptr(GPtrArray) lines = text_lines(c, choice);
    g_autoptr(GPtrArray) rows = lines_wrap(view, lines, width);
    return (int)rows->len;
}

static int choices_shown(const struct confirm *c)
{
    int n = (int)c->choices->len;
    return c->level == 1 && n == 1 ? 0 : n;
}

/* The rows that a frame may take: at full size the five lines stay in sight, except before what
 * cannot be undone. */
static int height_most(const struct view *view, const struct confirm *c)
{
    if (view_is_compact(view))
        return view->height;
    int below = view->height - 2;
    return view->height >= HEIGHT_FULL && c->level < 3 ? below - ANSWERS_END : below;
}

/* The rows that leave the five lines in sight: blanks must not cover them. */
static int height_easy(const struct view *view, const struct confirm *c, int most)
{
    int easy = view_is_compact(view) ? view->height - 6 : view->height - 2 - ANSWERS_END;
    return c->level == 3 ? most : MIN(easy, most);
}

/* Shares the rows out: the choices are one row if the text needs the others, then come blanks. */
static void rows_share(struct dialog_layout *l, const struct confirm *c, int most, int easy,
                       int highest)
{
    int n = choices_shown(c);
    int fixed = 3 + (c->level > 1 ? 2 + l->tall_name : 0);
    l->choices = fixed + n + highest <= most ? n : MIN(n, 1);
    l->room = MIN(highest, most - fixed - l->choices);
    int spare = easy - fixed - l->choices - l->room;
    l->blanks = CLAMP(spare, 0, c->level == 1 ? 1 : 2 + (n > 0));
    l->height = fixed + l->choices + l->room + l->blanks;
    l->page = l->rows <= l->room ? l->rows : l->room - 1; /* one row says that there is more */
}

gboolean dialog_measure(const struct view *view, struct dialog_layout *layout)
{
    const struct confirm *c = view->confirm;
    /* where it covers the key bar it covers all of it */
    gboolean narrow = view->width < 100 || view_is_compact(view);
    struct dialog_layout l = {.width = narrow ? view->width : 92};
    int inner = l.width - 4, highest = 0;
    struct pen pen = view_pen(view, NULL, 0, 0, view->width);
    int most = height_most(view, c);
    l.rows = text_height(view, c, c->choice, inner);
    /* as high for every choice, so that nothing jumps */
    for (guint i = 0; i < MAX(c->choices->len, 1); i++)
        highest = MAX(highest, text_height(view, c, i, inner));
    l.tall_name = c->need && pen_measure(&pen, c->need) + 6 + FIELD_LEAST > inner;
    rows_share(&l, c, most, height_easy(view, c, most), highest);
    l.top = view_is_compact(view) ? view->height - l.height
                                  : MIN(ANSWERS_END + 1, view->height - 2 - l.height);
    *layout = l;
    gboolean whole = l.room >= l.rows, readable = whole || l.room >= 2;
    gboolean grave = c->level == 3 && !whole && view->height < HEIGHT_FULL;
    return view->width >= WIDTH_LEAST && view->height >= HEIGHT_LEAST && readable && !grave &&
           l.top >= 0;
}

struct writer {
    const struct view *view;
    struct grid *grid;
    int row, col, end;
    int blanks; /* rows for blank lines */
};

static void writer_blank(struct writer *w)
{
    if (w->blanks-- > 0)
        w->row++;
}

static struct pen writer_line(struct writer *w)
{
    struct pen pen = view_pen(w->view, w->grid, w->row++, w->col, w->end);
    pen.faded = FALSE;
    return pen;
}

static void choice_draw(struct writer *w, const struct confirm *c, guint i, gboolean alone)
{
    const struct confirm_choice *choice = c->choices->pdata[i];
    struct pen pen = writer_line(w);
    gboolean chosen = i == c->choice;
    enum token token = chosen ? (c->choices->len > 1 ? TOKEN_SEL : TOKEN_NOW) : TOKEN_TEXT;
    g_autofree char *number = c->level == 1 ? g_strdup_printf("%u  ", i + 1) : g_strdup("");
    g_autofree char *more = alone && c->choices->len > 1
                                ? g_strdup_printf("  %u of %u", i + 1, c->choices->len)
                                : g_strdup("");
    struct pen end = pen;
    pen.end -= pen_measure(&pen, more);
    pen_format(&pen, token, "%s %s%s", chosen ? "►" : " ", number,
               choice->text ? choice->text : choice->value);
    end.col = pen.col;
    pen_text(&end, TOKEN_KEY, more);
}

static void choices_draw(struct writer *w, const struct confirm *c, int rows)
{
    if (rows == 1 && c->choice < c->choices->len)
        choice_draw(w, c, c->choice, TRUE);
    for (guint i = 0; rows > 1 && i < c->choices->len; i++)
        choice_draw(w, c, i, FALSE);
}

/* One page of the text, and what is left of it. */
static void text_draw(struct writer *w, const struct confirm *c, const struct dialog_layout *l)
{
    g_autoptr(GPtrArray) lines = text_lines(c, c->choice);
    g_autoptr(GPtrArray) rows = lines_wrap(w->view, lines, w->end - w->col);
    int from = CLAMP(c->scroll, 0, MAX(0, (int)rows->len - l->page)), start = w->row;
    for (int i = 0; i < l->page && from + i < (int)rows->len; i++) {
        const struct lines_row *row = rows->pdata[from + i];
        struct pen pen = writer_line(w);
        pen_text(&pen, row->line->token, row->text);
    }
    int left = (int)rows->len - from - l->page;
    if (l->page < (int)rows->len) {
        struct pen pen = writer_line(w);
        if (left > 0)
            pen_format(&pen, TOKEN_KEY, "PgDn: %d more row%s", left, left == 1 ? "" : "s");
        else
            pen_text(&pen, TOKEN_KEY, "PgUp: from the start");
    }
    w->row = start + l->room;
}

static void field_draw(struct writer *w, const char *label, const GString *text, gboolean focus,
                       gboolean tall)
{
    struct pen pen = writer_line(w);
    pen_text(&pen, focus ? TOKEN_NOW : TOKEN_TEXT, label);
    if (tall)
        pen = writer_line(w);
    pen_text(&pen, TOKEN_TEXT, " ");
    /* the end of a long text is what one is typing */
    const char *shown = text->str;
    while (*shown && pen_measure(&pen, shown) > pen_room(&pen) - 1)
        shown = g_utf8_next_char(shown);
    pen_text(&pen, TOKEN_PROMPT, shown);
    if (!focus)
        return;
    w->grid->cursor_row = pen.row;
    w->grid->cursor_col = MIN(pen.col, pen.end - 1);
}

static void key_draw(struct pen *pen, const char *key, enum token token, const char *what)
{
    pen_format(pen, TOKEN_KEY, "%s ", key);
    pen_text(pen, token, what);
    if (pen_room(pen) > 3)
        pen_text(pen, TOKEN_TEXT, "   ");
}

static void strip_keys_draw(struct pen *pen, const struct confirm *c)
{
    char letter[2] = {c->alternative_key, '\0'};
    g_autofree char *verb = g_strdelimit(g_strdup(c->verb), "_", ' ');
    /* "y cancel, any other key cancel" would be no question */
    const char *yes = c->session ? "stops the statement" : verb;
    const char *no = c->session ? "leaves it" : "cancel";
    if (!confirm_is_read(c)) {
        key_draw(pen, "PgDn", TOKEN_TEXT, "reads on");
    } else {
        key_draw(pen, "y", TOKEN_TEXT, yes);
        if (c->alternative_key)
            key_draw(pen, letter, TOKEN_TEXT, c->alternative_text);
    }
    if (pen_room(pen) >= 20)
        key_draw(pen, "any other key", TOKEN_TEXT, no);
    else
        key_draw(pen, "Esc", TOKEN_TEXT, pen_room(pen) >= 10 ? "cancel" : "no");
}

static void keys_draw(struct writer *w, const struct confirm *c)
{
    struct pen pen = writer_line(w);
    if (c->level == 1) {
        strip_keys_draw(&pen, c);
        return;
    }
    key_draw(&pen, "Esc", TOKEN_TEXT, "cancel");
    if (pen_room(&pen) >= 60)
        key_draw(&pen, "Tab", TOKEN_TEXT, "next field");
    if (c->choices->len > 1 && pen_room(&pen) >= 34)
        key_draw(&pen, "Up, Down", TOKEN_TEXT, "target");
    if (!confirm_is_read(c))
        key_draw(&pen, "PgDn", TOKEN_TEXT, "reads on");
    else if (confirm_is_complete(c))
        key_draw(&pen, "Enter", TOKEN_GATE, c->verb);
    else if (c->wants_live)
        pen_text(&pen, TOKEN_WARN, "waits for fresh data");
    else
        pen_text(&pen, TOKEN_DIM, "Enter: not yet");
}

static void fields_draw(struct writer *w, const struct confirm *c, gboolean tall)
{
    g_autofree char *name = confirm_is_unlocked(c) ? g_strdup_printf("Type %s:", c->need)
                                                   : g_strdup("Locked until all are ●:");
    field_draw(w, name, c->name, c->field == FIELD_NAME, tall);
    field_draw(w, c->wants_reason ? "Reason (needed):" : "Reason:", c->reason,
               c->field == FIELD_REASON, FALSE);
}

void dialog_draw(const struct view *view, struct grid *grid)
{
    const struct confirm *c = view->confirm;
    struct dialog_layout l;
    if (!dialog_measure(view, &l))
        return; /* it is being closed */
    int col = (view->width - l.width) / 2;
    struct pen pen = view_pen(view, grid, 0, 0, view->width);
    pen.faded = FALSE;
    draw_box(&pen, l.top, col, l.height, l.width, c->title, c->note,
             c->level == 3   ? TOKEN_GATE
             : c->level == 2 ? TOKEN_HELD
                             : TOKEN_NOW);
    struct writer w = {view, grid, l.top + 1, col + 2, col + l.width - 2, l.blanks};
    if (c->level > 1 && l.choices) {
        choices_draw(&w, c, l.choices);
        writer_blank(&w);
    }
    text_draw(&w, c, &l);
    if (c->level > 1) {
        writer_blank(&w);
        fields_draw(&w, c, l.tall_name);
    } else {
        choices_draw(&w, c, l.choices);
    }
    w.row = l.top + l.height - 2;
    keys_draw(&w, c);
}
