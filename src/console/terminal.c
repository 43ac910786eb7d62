/* The terminal through ncurses, output only: keys are read and decoded by the console itself. The
 * palette is never redefined, because that would survive a crash.
 *
 * ncurses writes until everything is out, also into a terminal that takes nothing. So a picture is
 * written into a file in memory, and the outlet sends it on: the descriptor that ncurses knows is the
 * terminal while modes are set, and that file while a picture is made. */
#include "config.h"
#include "console/terminal.h"

/* curses.h wants this before it is first included */
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <fcntl.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "console/colour.h"
#include "console/depth.h"
#include "console/outlet.h"
#include "console/rescue.h"

struct terminal {
    SCREEN *screen;
    FILE *output; /* what ncurses writes to */
    int picture;  /* the file in memory */
    struct outlet *outlet;
    gboolean ascii;
    enum theme_depth depth;
    gboolean direct; /* colour numbers above 7 are 0xRRGGBB to this terminal */
    attr_t looks[TOKEN_COUNT];
    short pairs[TOKEN_COUNT];
    struct grid *shown; /* NULL: paint everything */
    gboolean cursor;
};

static void rescue_add(const char *capability)
{
    char *text = tigetstr((char *)capability);
    if (text && text != (char *)-1)
        tputs(text, 1, rescue_putc);
}

static void rescue_fill(void)
{
    rescue_add("BD");
    rescue_add("sgr0");
    rescue_add("cnorm");
    rescue_add("rmcup");
    rescue_putc('\r');
    rescue_putc('\n');
}

/* The old DEC terminals draw no such characters, whatever the locale says. */
static gboolean draws_ascii_only(void)
{
    const char *name = getenv("TERM");
    return strcmp(nl_langinfo(CODESET), "UTF-8") != 0 ||
           (name && (g_str_has_prefix(name, "vt1") || g_str_has_prefix(name, "vt2")));
}

/* The colours of a terminfo entry; -1: there is none, or it cannot be painted. */
static int entry_colors(const char *name)
{
    int problem;
    if (setupterm(name, STDOUT_FILENO, &problem) != OK)
        return -1;
    char *address = tigetstr((char *)"cup");
    gboolean can = address && address != (char *)-1;
    int colors = tigetnum((char *)"colors");
    del_curterm(cur_term); /* newterm makes its own */
    return can ? MAX(colors, 0) : -1;
}

/* The entry to paint with, by the colours that are wanted; NULL: none will do. Free with g_free. */
static char *entry_choose(const struct terminal_options *options, enum theme_depth *depth)
{
    const struct depth_facts facts = {options->color, getenv("NO_COLOR"), getenv("COLORTERM")};
    const char *name = getenv("TERM");
    if (!name || !*name || !strcmp(name, "dumb"))
        return NULL;
    int colors = entry_colors(name);
    if (colors < 0)
        return NULL;
    enum theme_depth wanted = depth_wanted(&facts, colors);
    g_autofree char *other = depth_entry(name, wanted, colors);
    int more = other ? entry_colors(other) : -1;
    *depth = depth_possible(wanted, MAX(colors, more));
    return more > colors ? g_steal_pointer(&other) : g_strdup(name);
}

enum theme_depth terminal_depth_of_lines(enum console_color color)
{
    const struct terminal_options options = {.color = color};
    enum theme_depth depth = DEPTH_MONO;
    if (isatty(STDOUT_FILENO)) {
        g_autofree char *entry = entry_choose(&options, &depth);
        return depth;
    }
    const struct depth_facts facts = {.wanted = color};
    return color == CONSOLE_COLOR_AUTO ? DEPTH_MONO : depth_wanted(&facts, 256);
}

/* What the terminal has of that name, past curses. */
static void capability_write(const char *name)
{
    const char *text = tigetstr((char *)name);
    if (!text || text == (char *)-1)
        return;
    ssize_t ignored = write(STDOUT_FILENO, text, strlen(text));
    (void)ignored;
}

/* Bracketed paste, where the terminal has it: what is pasted must never be taken for keys. */
static void paste_marks(gboolean on)
{
    capability_write(on ? "BE" : "BD");
}

static void modes_set(void)
{
    paste_marks(TRUE);
    raw();
    noecho();
    nonl();
    curs_set(0);
}

static void close_all(struct terminal *term)
{
    outlet_free(term->outlet);
    if (term->output)
        fclose(term->output);
    if (term->picture >= 0)
        close(term->picture);
    g_free(term);
}

struct terminal *terminal_new(const struct terminal_options *options)
{
    enum theme_depth depth = DEPTH_MONO;
    gboolean there = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    g_autofree char *entry = there ? entry_choose(options, &depth) : NULL;
    if (!entry)
        return NULL;
    rescue_remember();
    struct terminal *term = g_new0(struct terminal, 1);
    term->picture = memfd_create("picture", MFD_CLOEXEC);
    term->output = fdopen(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0), "w");
    term->screen = term->picture >= 0 && term->output ? newterm(entry, term->output, stdin) : NULL;
    if (!term->screen) {
        close_all(term);
        return NULL;
    }
    set_term(term->screen);
    term->outlet = outlet_new(STDOUT_FILENO);
    rescue_fill();
    rescue_arm(TRUE);
    modes_set();
    typeahead(-1); /* keys that wait are no reason to leave a picture half done */
    term->ascii = options->ascii || draws_ascii_only();
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    term->depth = has_colors() ? depth : DEPTH_MONO;
    term->direct = COLORS > 256;
    return term;
}

void terminal_leave(struct terminal *term)
{
    if (!outlet_drain(term->outlet))
        outlet_drop(term->outlet);
    paste_marks(FALSE);
    endwin();
    capability_write(
        "cnorm"); /* some terminals bring back the cursor of before, and that was hidden */
    rescue_arm(FALSE);
}

void terminal_enter(struct terminal *term)
{
    rescue_arm(TRUE);
    terminal_resize(term);
    modes_set();
    term->cursor = FALSE; /* as modes_set has left it */
    terminal_forget(term);
}

void terminal_free(struct terminal *term)
{
    if (!term)
        return;
    terminal_leave(term);
    delscreen(term->screen);
    grid_free(term->shown);
    close_all(term);
}

gboolean terminal_is_ascii(const struct terminal *term)
{
    return term->ascii;
}

static attr_t attributes_of(unsigned wanted)
{
    attr_t attributes = A_NORMAL;
    attributes |= wanted & ATTRIBUTE_BOLD ? A_BOLD : 0;
    attributes |= wanted & ATTRIBUTE_DIM ? A_DIM : 0;
    attributes |= wanted & ATTRIBUTE_UNDERLINE ? A_UNDERLINE : 0;
    attributes |= wanted & ATTRIBUTE_REVERSE ? A_REVERSE : 0;
    attributes |= wanted & ATTRIBUTE_ITALIC ? A_ITALIC : 0;
    return attributes;
}

/* A theme's colour as this terminal counts them. The first eight of direct colour are the old eight:
 * what is nearly black there becomes black enough. The bright ones may be missing: bright black is then
 * the terminal's own colour, drawn dim. */
static int number_of(const struct terminal *term, enum theme_depth depth, int colour,
                     attr_t *attributes)
{
    if (colour < 0)
        return -1;
    if (depth == DEPTH_TRUE)
        return colour < 8 ? 8 : colour;
    if (term->direct)
        return colour < 8 ? colour : colour_of_256(colour);
    if (colour == 8 && COLORS < 16) {
        *attributes |= A_DIM;
        return -1;
    }
    return colour > 8 && COLORS < 16 ? colour - 8 : colour;
}

void terminal_set_theme(struct terminal *term, const struct theme *theme)
{
    enum theme_depth depth = theme_depth(theme, term->depth);
    for (int token = 0; token < TOKEN_COUNT; token++) {
        struct theme_look look = theme_look(theme, (enum token)token, depth);
        term->looks[token] = attributes_of(look.attributes);
        term->pairs[token] = 0;
        int front = number_of(term, depth, look.foreground, &term->looks[token]);
        int back = number_of(term, depth, look.background, &term->looks[token]);
        if (depth == DEPTH_MONO || (front < 0 && back < 0))
            continue;
        init_extended_pair(token + 1, front, back);
        term->pairs[token] = (short)(token + 1);
    }
    cchar_t blank;
    setcchar(&blank, L" ", term->looks[TOKEN_TEXT], term->pairs[TOKEN_TEXT], NULL);
    bkgrndset(&blank);
    terminal_forget(term);
}

gboolean terminal_ask_ground(struct terminal *term)
{
    static const char question[] = "\033]11;?\033\\";
    const char *name = termname();
    gboolean knows = tigetflag((char *)"XT") > 0 || g_str_has_prefix(name, "tmux");
    if (!knows || term->depth == DEPTH_MONO)
        return FALSE;
    return write(STDOUT_FILENO, question, sizeof question - 1) == (ssize_t)sizeof question - 1;
}

void terminal_size(const struct terminal *term, int *width, int *height)
{
    (void)term;
    getmaxyx(stdscr, *height, *width);
}

void terminal_resize(struct terminal *term)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    terminal_forget(term);
}

void terminal_forget(struct terminal *term)
{
    g_clear_pointer(&term->shown, grid_free);
}

static void cell_paint(const struct terminal *term, int row, int col, const struct cell *cell)
{
    wchar_t text[4] = {(wchar_t)cell->c, (wchar_t)cell->marks[0],
                       cell->marks[0] ? (wchar_t)cell->marks[1] : 0, 0};
    cchar_t complex;
    setcchar(&complex, text, term->looks[cell->token], term->pairs[cell->token], NULL);
    mvadd_wch(row, col, &complex);
}

/* The cells of a row that differ from what is shown; they count as shown then. */
static void row_paint(struct terminal *term, const struct grid *grid, int row)
{
    for (int col = 0; col < grid->width; col++) {
        const struct cell *cell = grid_cell(grid, row, col);
        struct cell *shown = grid_cell(term->shown, row, col);
        if (memcmp(cell, shown, sizeof *cell) == 0)
            continue;
        *shown = *cell;
        if (cell->c)
            cell_paint(term, row, col, cell);
    }
}

static void start_anew(struct terminal *term, const struct grid *grid)
{
    grid_free(term->shown);
    term->shown = grid_new(grid->width, grid->height);
    erase();
    clearok(stdscr, TRUE);
}

static void cursor_paint(struct terminal *term, const struct grid *grid)
{
    gboolean cursor = grid->cursor_row >= 0;
    if (cursor != term->cursor)
        curs_set(cursor);
    term->cursor = cursor;
    leaveok(stdscr, !cursor); /* a hidden cursor may stay where it is: fewer bytes */
    if (cursor)
        move(grid->cursor_row, grid->cursor_col);
}

static void output_becomes(struct terminal *term, int fd)
{
    fflush(term->output);
    dup3(fd, fileno(term->output), O_CLOEXEC);
}

/* Moves the picture on to the outlet. */
static void picture_take(struct terminal *term)
{
    char bytes[8192];
    off_t size = lseek(term->picture, 0, SEEK_CUR);
    lseek(term->picture, 0, SEEK_SET);
    while (size > 0) {
        ssize_t n = read(term->picture, bytes, MIN(sizeof bytes, (gsize)size));
        if (n <= 0)
            break;
        outlet_add(term->outlet, bytes, (gsize)n);
        size -= n;
    }
    lseek(term->picture, 0, SEEK_SET);
}

gboolean terminal_show(struct terminal *term, const struct grid *grid)
{
    if (!terminal_drain(term))
        return FALSE;
    if (!term->shown || term->shown->width != grid->width || term->shown->height != grid->height)
        start_anew(term, grid);
    for (int row = 0; row < grid->height; row++)
        row_paint(term, grid, row);
    output_becomes(term, term->picture);
    cursor_paint(term, grid);
    refresh();
    output_becomes(term, STDOUT_FILENO);
    picture_take(term);
    return terminal_drain(term);
}

gboolean terminal_drain(struct terminal *term)
{
    return outlet_drain(term->outlet);
}

int terminal_fd(const struct terminal *term)
{
    return outlet_fd(term->outlet);
}
