/* What theme.c and theme-parse.c share. */
#ifndef PGROLLOUT_CONSOLE_THEME_PRIVATE_H
#define PGROLLOUT_CONSOLE_THEME_PRIVATE_H

#include "console/theme.h"

#define GLYPHS_MAX 48

struct glyph_default {
    const char *name;
    gunichar c;
    char ascii;
};

struct theme {
    char *name;
    struct theme_look looks[TOKEN_COUNT][DEPTH_256 + 1];
    gunichar glyphs[GLYPHS_MAX];
    gunichar ascii[GLYPHS_MAX];
};

struct theme *theme_new_mono(void);
int token_find(const char *name); /* -1: unknown */
int glyph_find(const char *name); /* -1: unknown */

#endif
