/* The open confirmation: a strip below the five lines, or a dialog. */
#include "config.h"
#include "console/screens/screens.h"

#include <string.h>

#include "console/draw.h"

struct writer {
    const struct view *view;
    struct grid *grid;
    int row, col, end;
    int spare; /* rows for blank lines */
};

static void writer_blank(struct writer *w)
{
    if (w->spare-- > 0)
        w->row++;
}

static struct pen writer_line(struct writer *w)
{
    struct pen pen = view_pen(w->view, w->grid, w->row++, w->col, w->end);
    pen.faded = FALSE;
    return pen;
}

static void choices_draw(struct writer *w, const struct confirm *c)
{
    for (guint i = 0; i < c->choices->len; i++) {
        const struct confirm_choice *choice = c->choices->pdata[i];
        struct pen pen = writer_line(w);
        gboolean chosen = i == c->choice;
        enum token token = chosen
                               ? (c->level == 1 || c->field == FIELD_CHOICE ? TOKEN_SEL : TOKEN_NOW)
                               : TOKEN_TEXT;
        pen_format(&pen, token, "%s %u  %s", chosen ? "►" : " ", i + 1,
                   choice->text ? choice->text : choice->value);
    }
    writer_blank(w);
}

static void checks_draw(struct writer *w, const struct confirm *c)
{
    for (guint i = 0; i < c->checks->len; i++) {
        const struct confirm_check *check = c->checks->pdata[i];
        struct pen pen = writer_line(w);
        pen_format(&pen, check->ok ? TOKEN_OK : TOKEN_DANGER, "%s ", check->ok ? "●" : "×");
        pen_text(&pen, TOKEN_TEXT, check->text);
    }
    if (c->checks->len)
        writer_blank(w);
}

static void field_draw(struct writer *w, const char *label, const GString *text, gboolean focus)
{
    struct pen pen = writer_line(w);
    pen_text(&pen, focus ? TOKEN_NOW : TOKEN_TEXT, label);
    pen_text(&pen, TOKEN_TEXT, " ");
    /* the end of a long text is what one is typing */
    const char *shown = text->str;
    while (pen_measure(&pen, shown) > pen_room(&pen) - 1)
        shown = g_utf8_next_char(shown);
    pen_text(&pen, TOKEN_PROMPT, shown);
    if (!focus)
        return;
    w->grid->cursor_row = pen.row;
    w->grid->cursor_col = MIN(pen.col, pen.end - 1);
}

static void keys_draw(struct writer *w, const struct confirm *c)
{
    struct pen pen = writer_line(w);
    if (c->level == 1) {
        pen_text(&pen, TOKEN_KEY, "y ");
        pen_format(&pen, TOKEN_TEXT, "%s   ", c->verb);
        if (c->alternative_key)
            pen_format(&pen, TOKEN_KEY, "%c ", c->alternative_key);
        if (c->alternative_key)
            pen_format(&pen, TOKEN_TEXT, "%s   ", c->alternative_text);
        pen_text(&pen, TOKEN_KEY, "any other key ");
        pen_text(&pen, TOKEN_TEXT, "cancel");
        return;
    }
    pen_text(&pen, TOKEN_KEY, "Esc ");
    pen_text(&pen, TOKEN_TEXT, "cancel   ");
    pen_text(&pen, TOKEN_KEY, "Tab ");
    pen_text(&pen, TOKEN_TEXT, "next field   ");
    if (confirm_is_complete(c)) {
        pen_text(&pen, TOKEN_KEY, "Enter ");
        pen_text(&pen, TOKEN_GATE, c->verb);
    } else {
        pen_text(&pen, TOKEN_DIM, "Enter: not yet");
    }
}

static void fields_draw(struct writer *w, const struct confirm *c)
{
    g_autofree char *name = g_strdup_printf("Type %s:", c->need);
    field_draw(w, name, c->name, c->field == FIELD_NAME);
    field_draw(w, c->wants_reason ? "Reason (needed):" : "Reason:", c->reason,
               c->field == FIELD_REASON);
    writer_blank(w);
}

void dialog_draw(const struct view *view, struct grid *grid)
{
    const struct confirm *c = view->confirm;
    int height = MIN(confirm_height(c), view->height);
    int width = view->width < 100 ? view->width : 92;
    int top = view_is_compact(view) ? view->height - height : MIN(9, view->height - 2 - height);
    int col = (view->width - width) / 2;
    struct pen pen = view_pen(view, grid, 0, 0, view->width);
    pen.faded = FALSE;
    top = MAX(top, 0);
    draw_box(&pen, top, col, height, width, c->title, c->note,
             c->level == 3   ? TOKEN_GATE
             : c->level == 2 ? TOKEN_HELD
                             : TOKEN_NOW);
    /* the lines give way first, then the blanks; what has to be typed never does */
    int room = CLAMP(height - confirm_least_height(c) + (c->level == 1), 0, (int)c->lines->len);
    struct writer w = {view,
                       grid,
                       top + 1,
                       col + 2,
                       col + width - 2,
                       height - confirm_least_height(c) + (c->level == 1) - room};
    for (int i = 0; i < room; i++) {
        const struct confirm_line *line = c->lines->pdata[i];
        struct pen text = writer_line(&w);
        pen_text(&text, line->token, line->text);
    }
    if (c->choices->len > 1 || (c->level > 1 && c->choices->len)) {
        choices_draw(&w, c);
    }
    checks_draw(&w, c);
    if (c->level > 1)
        fields_draw(&w, c);
    w.row = top + height - 2;
    keys_draw(&w, c);
}
