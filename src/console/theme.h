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
enum theme_depth { DEPTH_MONO, DEPTH_16, DEPTH_256 };

struct theme_look {
    int foreground, background; /* colour number, -1: the terminal's own */
    unsigned attributes;        /* enum theme_attribute */
};

struct theme;

/* Reads a theme's text. `file` stands in messages. NULL on an error, whose message is
 * "file:line: …"; a token the program does not know is no error (a newer theme). */
struct theme *theme_parse(const char *file, const char *text, GError **error);
/* By name: built-in "mono", an embedded theme, or $XDG_CONFIG_HOME/pgrollout/themes/NAME.theme. */
struct theme *theme_load(const char *name, GError **error);
void theme_free(struct theme *theme);
const char *theme_name(const struct theme *theme);
struct theme_look theme_look(const struct theme *theme, enum token token, enum theme_depth depth);
/* Names of all themes that theme_load knows; free with g_strfreev. */
char **theme_list(void);
/* The token's name in a theme file. */
const char *token_name(enum token token);

/* What is drawn for one of the program's own glyphs: itself or the theme's character, or its ASCII
 * twin where `ascii` is set or the terminal would not draw it in one cell. 0: not one of them. */
gunichar theme_glyph(const struct theme *theme, gunichar c, gboolean ascii);

#endif
