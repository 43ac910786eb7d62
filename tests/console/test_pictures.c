/* Pictures from recorded snapshots, at every size, in UTF-8 and ASCII: the text and what each cell
 * means are compared with the files in cockpit/ and screens/. With PGROLLOUT_UPDATE_PICTURES set they
 * are written instead: look at the difference. */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pictures/picture.h"

const struct picture_size picture_sizes[] = {{80, 24}, {120, 40}, {160, 50}, {60, 16}, {40, 10},
                                             {40, 4},  {80, 1},   {28, 1},   {0, 0}};

const struct picture *picture_at(guint i)
{
    guint cockpit = 0, screens = 0;
    while (cockpit_pictures[cockpit].name)
        cockpit++;
    while (screen_pictures[screens].name)
        screens++;
    return i < cockpit             ? &cockpit_pictures[i]
           : i < cockpit + screens ? &screen_pictures[i - cockpit]
                                   : NULL;
}

gboolean picture_shows_answers(const struct picture *picture)
{
    return picture->screen == SCREEN_COCKPIT && picture->fixture &&
           strcmp(picture->fixture, "empty") != 0 && strcmp(picture->fixture, "bare") != 0;
}

static struct grid *draw(struct stage *stage, const struct picture *picture, int width, int height,
                         gboolean ascii)
{
    struct view *view = &stage->view;
    view->width = width;
    view->height = height;
    view->ascii = ascii;
    struct grid *grid = view_draw(view);
    g_autofree char *broken = rules_broken(grid, view, picture);
    if (broken)
        fail_msg("%s%s: %s", picture->name, ascii ? " in ASCII" : "", broken);
    return grid;
}

static char *draw_all(const struct picture *picture)
{
    struct stage stage;
    stage_init(&stage, picture);
    GString *out = g_string_new(NULL);
    for (const struct picture_size *size = picture_sizes; size->width; size++) {
        struct grid *grid = draw(&stage, picture, size->width, size->height, FALSE);
        struct grid *ascii = draw(&stage, picture, size->width, size->height, TRUE);
        golden_add(out, grid, ascii, stage.theme);
        grid_free(grid);
        grid_free(ascii);
    }
    stage_clear(&stage);
    return g_string_free(out, FALSE);
}

static void test_pictures(void **state)
{
    (void)state;
    int wrong = 0;
    for (guint i = 0; picture_at(i); i++) {
        const struct picture *picture = picture_at(i);
        g_autofree char *drawn = draw_all(picture);
        wrong += !golden_is(picture->folder, picture->name, drawn);
    }
    assert_int_equal(wrong, 0);
}

static GPtrArray *themes_load(void)
{
    g_auto(GStrv) names = theme_list();
    GPtrArray *themes = g_ptr_array_new_with_free_func((GDestroyNotify)theme_free);
    for (char **name = names; *name; name++) {
        struct theme *theme = theme_load(*name, NULL);
        assert_non_null(theme);
        g_ptr_array_add(themes, theme);
    }
    assert_true(themes->len > 1);
    return themes;
}

/* A theme, mono or any other, changes no word and no meaning: only which of the glyphs are its own. */
static void theme_changes_looks_only(struct stage *stage, const struct picture *picture,
                                     const struct theme *theme, const struct grid *mono)
{
    stage->view.theme = theme;
    struct grid *grid = draw(stage, picture, 80, 24, FALSE);
    for (int i = 0; i < 80 * 24; i++) {
        const struct cell *a = &mono->cells[i], *b = &grid->cells[i];
        gunichar own = theme_glyph(theme, a->c, FALSE);
        if (a->token != b->token || memcmp(a->marks, b->marks, sizeof a->marks) != 0 ||
            b->c != (own ? own : a->c))
            fail_msg("%s in %s: U+%04X for U+%04X in row %d", picture->name, theme_name(theme),
                     b->c, a->c, i / 80 + 1);
    }
    grid_free(grid);
}

/* The attributes are those of the tokens, as looks.txt has them for each theme. */
static void test_looks(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) themes = themes_load();
    g_autoptr(GString) out = g_string_new(NULL);
    for (guint t = 0; t < themes->len; t++)
        golden_looks(out, themes->pdata[t]);
    for (guint i = 0; picture_at(i); i++) {
        struct stage stage;
        stage_init(&stage, picture_at(i));
        struct grid *mono = draw(&stage, picture_at(i), 80, 24, FALSE);
        for (guint t = 0; t < themes->len; t++)
            theme_changes_looks_only(&stage, picture_at(i), themes->pdata[t], mono);
        grid_free(mono);
        stage_clear(&stage);
    }
    assert_true(golden_is("screens", "looks", out->str));
}

/* The five lines and what is above them; of a window that is too small, all of it. Free with g_free. */
static char *upper_rows(const struct grid *grid)
{
    GString *text = g_string_new(NULL);
    for (int row = 0; row < MIN(8, grid->height); row++) {
        g_autofree char *line = grid_row_text(grid, row);
        g_string_append_printf(text, "%s\n", line);
    }
    return g_string_free(text, FALSE);
}

/* Told apart without colour, whatever the theme: no two states have the same five lines. */
static void states_differ(const char *name, gboolean ascii, const struct picture_size *size)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    struct theme *theme = theme_load(name, NULL);
    assert_non_null(theme);
    for (guint i = 0; i < PICTURE_STATES; i++) {
        struct stage stage;
        stage_init(&stage, picture_at(i));
        stage.view.theme = theme;
        struct grid *grid = draw(&stage, picture_at(i), size->width, size->height, ascii);
        char *text = upper_rows(grid);
        const char *other = g_hash_table_lookup(seen, text);
        if (other)
            fail_msg("%s, %dx%d: %s looks like %s:\n%s", name, size->width, size->height,
                     picture_at(i)->name, other, text);
        g_hash_table_insert(seen, text, (void *)picture_at(i)->name);
        grid_free(grid);
        stage_clear(&stage);
    }
    theme_free(theme);
}

static void test_states_differ_as_text(void **state)
{
    (void)state;
    g_auto(GStrv) names = theme_list();
    for (int ascii = 0; ascii < 2; ascii++) {
        for (char **name = names; *name; name++)
            states_differ(*name, ascii, &picture_sizes[0]);
        for (const struct picture_size *size = picture_sizes + 1; size->height > 1; size++)
            states_differ("mono", ascii, size);
    }
}

/* Of all sizes each picture has its own tenth, so that each size is somebody's; the campaign has all. */
static gboolean is_sampled(guint picture, int width, int height)
{
    return g_getenv("PGROLLOUT_CAMPAIGN") || (picture + (guint)(width * 7 + height)) % 10 == 0;
}

/* Any size at all, with every fixture: never out of the grid, never a refusal. */
static void test_every_size(void **state)
{
    (void)state;
    for (guint i = 0; picture_at(i); i++) {
        struct stage stage;
        stage_init(&stage, picture_at(i));
        for (int width = 1; width < 200; width += width < 45 ? 1 : 7)
            for (int height = 1; height < 60; height += height < 26 ? 1 : 11)
                if (is_sampled(i, width, height))
                    grid_free(draw(&stage, picture_at(i), width, height, FALSE));
        stage_clear(&stage);
    }
}

static const struct picture *picture_named(const char *name)
{
    guint i = 0;
    while (picture_at(i) && strcmp(picture_at(i)->name, name) != 0)
        i++;
    assert_non_null(picture_at(i));
    return picture_at(i);
}

struct damage {
    const char *picture;
    int row, col; /* below 0: from the end */
    gunichar c;   /* what stands there now */
    const char *says;
    gboolean ascii;
};

/* Each rule is broken once, and says so. */
static void test_rules_have_teeth(void **state)
{
    static const struct damage damages[] = {
        {"running", 10, 10, 0x1B, "U+001B at row 11 column 11", FALSE},
        {"running", 10, 10, 0x9B, "U+009B", FALSE},
        {"running", 10, 10, 0x202E, "U+202E", FALSE},
        {"running", 10, 10, 0x25B6, "U+25B6", FALSE},
        {"running", 10, 10, 0x2500, "U+2500", TRUE},
        {"running", 10, -1, 0x4E2D, "row 11 has 81 cells", FALSE},
        {"running", 3, 1, 'F', "not PHASE", FALSE},
        {"held", 4, 1, 'F', "not DONE", FALSE},
        {"held", 5, 1, 'F', "not HARM", TRUE},
        {"lost", 6, 1, 'F', "not PAUSE", FALSE},
        {"gate", 7, 1, 'F', "not ABORT", FALSE},
        {"fleet", -1, -1, 'x', "the key bar is", FALSE},
        {"past", 0, -25, 'x', "of what is over is", FALSE},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(damages); i++) {
        const struct damage *d = &damages[i];
        const struct picture *picture = picture_named(d->picture);
        struct stage stage;
        stage_init(&stage, picture);
        struct grid *grid = draw(&stage, picture, 80, 24, d->ascii);
        grid_cell(grid, d->row + (d->row < 0 ? 24 : 0), d->col + (d->col < 0 ? 80 : 0))->c = d->c;
        g_autofree char *broken = rules_broken(grid, &stage.view, picture);
        if (!broken || !strstr(broken, d->says))
            fail_msg("%s: \"%s\" is not in: %s", d->picture, d->says, broken ? broken : "nothing");
        grid->width--;
        g_autofree char *narrow = rules_broken(grid, &stage.view, picture);
        assert_string_equal(narrow, "79x24: asked for 80x24");
        grid->width++;
        grid_free(grid);
        stage_clear(&stage);
    }
}

/* The file tells a character, what it means and the cursor, and of ASCII as well. */
static void test_files_tell_all(void **state)
{
    (void)state;
    struct stage stage;
    const struct picture *picture = picture_named("prompt");
    stage_init(&stage, picture);
    struct grid *grids[] = {draw(&stage, picture, 80, 24, FALSE),
                            draw(&stage, picture, 80, 24, TRUE)};
    g_autoptr(GString) good = g_string_new(NULL);
    golden_add(good, grids[0], grids[1], stage.theme);
    assert_null(strstr(good->str, "-- ascii"));
    for (int i = 0; i < 6; i++) {
        struct grid *grid = grids[i / 3];
        struct cell *cell = grid_cell(grid, 9, 9), was = *cell;
        cell->c = i % 3 == 0 ? '%' : was.c;
        cell->token = i % 3 == 1 ? TOKEN_DANGER : was.token;
        grid->cursor_col += i % 3 == 2;
        g_autoptr(GString) bad = g_string_new(NULL);
        golden_add(bad, grids[0], grids[1], stage.theme);
        assert_string_not_equal(bad->str, good->str);
        *cell = was;
        grid->cursor_col -= i % 3 == 2;
    }
    grid_free(grids[0]);
    grid_free(grids[1]);
    stage_clear(&stage);
}

int main(void)
{
    if (!setlocale(LC_ALL, "C.UTF-8"))
        return 99;
    g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_states_differ_as_text),
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_rules_have_teeth),
        cmocka_unit_test(test_files_tell_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
