/* Themes: what each meaning (token) looks like, as read from a .theme file, and the few glyphs with
 * their ASCII twins. A theme colours words and glyphs; it can never take them away. */
#ifndef PGROLLOUT_CONSOLE_THEME_H
#define PGROLLOUT_CONSOLE_THEME_H

#include <glib.h>

enum token {
    TOKEN_TEXT,
    TOKEN_DIM,
    TOKEN_OK,
    TOKEN_NOW,
    TOKEN_WARN,
    TOKEN_DANGER,
    TOKEN_LOST,
    TOKEN_GATE,
    TOKEN_HELD,
    TOKEN_TODO,
    TOKEN_BAR_FILL,
    TOKEN_BAR_REST,
    TOKEN_SPARK,
    TOKEN_KEY,
    TOKEN_TITLE,
    TOKEN_RULE,
    TOKEN_SEL,
    TOKEN_PROMPT,
    TOKEN_HEAD,
    TOKEN_BADGE,
    TOKEN_OURS,
    TOKEN_HEAD_KEY,
    TOKEN_HEAD_WARN,
    TOKEN_COUNT
};

enum theme_attribute {
    ATTRIBUTE_BOLD = 1,
    ATTRIBUTE_DIM = 2,
    ATTRIBUTE_UNDERLINE = 4,
    ATTRIBUTE_REVERSE = 8,
    ATTRIBUTE_ITALIC = 16
};

/* How many colours the terminal has. */
enum theme_depth { DEPTH_MONO, DEPTH_16, DEPTH_256, DEPTH_TRUE, DEPTH_COUNT };

struct theme_look {
    int foreground, background; /* colour number, at DEPTH_TRUE 0xRRGGBB; -1: the terminal's own */
    unsigned attributes;        /* enum theme_attribute */
};

struct theme;

/* Reads a theme's text. `file` stands in messages. NULL on an error, whose message is
 * "file:line: …" and says what to do; what the program does not know (a newer theme) is no error but a
 * warning of the theme. */
struct theme *theme_parse(const char *file, const char *text, GError **error);
/* By name: an embedded theme, or $XDG_CONFIG_HOME/pgrollout/themes/NAME.theme. Reads small files. */
struct theme *theme_load(const char *name, GError **error);
/* From a file, wherever it is. Never waits for a pipe or a terminal. */
struct theme *theme_load_file(const char *path, GError **error);
void theme_free(struct theme *theme);
const char *theme_name(const struct theme *theme);
/* One line for people, "" where it has none. */
const char *theme_about(const struct theme *theme);
/* Made for a light background. */
gboolean theme_is_light(const struct theme *theme);
/* The depth to show it at where a terminal has `depth`: a theme may want less. */
enum theme_depth theme_depth(const struct theme *theme, enum theme_depth depth);
/* char *, "file:line: …", in the order of the files. */
const GPtrArray *theme_warnings(const struct theme *theme);
struct theme_look theme_look(const struct theme *theme, enum token token, enum theme_depth depth);
/* The text as a look of the theme, in SGR sequences. Free with g_free. */
char *theme_paint(const struct theme *theme, enum token token, enum theme_depth depth,
                  const char *text);
/* A look in the words of a theme file. Free with g_free. */
char *theme_look_text(const struct theme_look *look, enum theme_depth depth);
/* Names of all themes that theme_load knows, sorted; free with g_strfreev. */
char **theme_list(void);
/* Whether the program brings it. */
gboolean theme_is_shipped(const char *name);
/* The folder of a person's own themes; free with g_free. */
char *theme_folder(void);
/* The token's name in a theme file. */
const char *token_name(enum token token);
/* "mono", "16", "256", "true" */
const char *depth_name(enum theme_depth depth);

/* The glyphs that a theme may replace: 0 to glyph_count() - 1. */
int glyph_count(void);
const char *glyph_name(int glyph);
int glyph_find(const char *name); /* -1: unknown */
/* As it is without any theme, and its ASCII twin. */
gunichar glyph_char(int glyph, gboolean ascii);
/* Terminals may draw it as a coloured picture two cells wide, whatever wcwidth says. */
gboolean char_may_be_emoji(gunichar c);

/* What is drawn for one of the program's own glyphs: itself or the theme's character, or its ASCII
 * twin where `ascii` is set or the terminal would not draw it in one cell. 0: not one of them. */
gunichar theme_glyph(const struct theme *theme, gunichar c, gboolean ascii);

#endif
