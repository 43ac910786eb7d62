/* How many colours, and on what background: decided from what the person, the environment and terminfo
 * say. Pure. */
#ifndef PGROLLOUT_CONSOLE_DEPTH_H
#define PGROLLOUT_CONSOLE_DEPTH_H

#include "console/theme.h"
#include "pgrollout/console/console.h"

struct depth_facts {
    enum console_color wanted; /* --color */
    const char *no_color;      /* NO_COLOR, NULL */
    const char *colorterm;     /* COLORTERM, NULL */
};

/* The depth that is wanted of a terminal whose terminfo entry has `colors` (below 8: none). */
enum theme_depth depth_wanted(const struct depth_facts *facts, int colors);
/* The entry of the same terminal with as many colours as `depth` has, "xterm-direct" for "xterm-256color";
 * it may not exist. NULL: `colors` are enough. Free with g_free. */
char *depth_entry(const char *term, enum theme_depth depth, int colors);
/* What of `wanted` a terminal with so many colours can show. */
enum theme_depth depth_possible(enum theme_depth wanted, int colors);

enum ground { GROUND_UNKNOWN, GROUND_DARK, GROUND_LIGHT };
/* From COLORFGBG: "15;0", "0;default;15"; NULL reads as "". */
enum ground ground_of_variable(const char *colorfgbg);
/* From the answer to OSC 11: "11;rgb:1010/1414/1818" and its kin, without the control characters. */
enum ground ground_of_answer(const char *answer);

#endif
