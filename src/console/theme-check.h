/* What can be measured of a theme: whether its words can be read, and whether the states are told
 * apart by people who miss a kind of cone. Pure. */
#ifndef PGROLLOUT_CONSOLE_THEME_CHECK_H
#define PGROLLOUT_CONSOLE_THEME_CHECK_H

#include "console/colour.h"
#include "console/theme.h"

/* WCAG AA for text; its limit for what is drawn; for the sixteen colours, whose values are only
 * xterm's, as everybody changes them. */
#define CONTRAST_TEXT 4.5
#define CONTRAST_DRAWN 3.0
#define CONTRAST_16 3.0
#define DISTANCE_LEAST 20.0

struct theme_contrast {
    enum token token;
    double value[DEPTH_COUNT]; /* NAN: both colours are the terminal's own */
    double limit[DEPTH_COUNT];
};

struct theme_pair {
    enum token a, b;
    /* The least distance of the two looks at DEPTH_TRUE and DEPTH_256; NAN: they have no colours of their
     * own, or others are told by them (bold, underline …). */
    double distance[DEPTH_COUNT][SIGHT_COUNT];
};

struct theme_report {
    GArray *contrasts;   /* struct theme_contrast, one a token */
    GArray *pairs;       /* struct theme_pair */
    GPtrArray *problems; /* char *: what is below a limit, and what to do */
};

/* Free with theme_report_free. */
struct theme_report *theme_check(const struct theme *theme);
void theme_report_free(struct theme_report *report);

#endif
