/* What the files of themes share. */
#ifndef PGROLLOUT_CONSOLE_THEME_PRIVATE_H
#define PGROLLOUT_CONSOLE_THEME_PRIVATE_H

#include "console/theme.h"

#define GLYPHS_MAX 48
#define THEME_BYTES_MAX 65536
/* The look that is built in; its name stands for no file. */
#define THEME_BASE "base"

struct glyph_default {
    const char *name;
    gunichar c;
    char ascii;
};

struct theme {
    char *name;
    char *about;
    gboolean light;
    enum theme_depth deepest;
    struct theme_look looks[TOKEN_COUNT][DEPTH_COUNT];
    gunichar glyphs[GLYPHS_MAX];
    gunichar ascii[GLYPHS_MAX];
    GPtrArray *warnings; /* "file:line: …" */
};

/* The looks by attributes alone, and every glyph as it is. */
struct theme *theme_new_base(void);
int token_find(const char *name); /* -1: unknown */
/* The text of a theme that another inherits or a person names; `file` becomes what stands in front of
 * messages about it. Free both. NULL with an error: no such theme, or it cannot be read. */
char *theme_text(const char *name, char **file, GError **error);

/* Parses into looks that are not yet resolved, so that a theme that inherits may change a colour for
 * every token at once. `name` is what cycles are told by. */
struct theme *theme_read(const char *name, const char *file, const char *text, GError **error);

#endif
