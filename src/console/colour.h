/* Colours as numbers: how far apart they look, to whom, and what comes near them on terminals with
 * fewer. Pure. A colour is 0xRRGGBB in sRGB. */
#ifndef PGROLLOUT_CONSOLE_COLOUR_H
#define PGROLLOUT_CONSOLE_COLOUR_H

#include <glib.h>

/* All colours, and each of the three kinds of cone missing. */
enum sight { SIGHT_NORMAL, SIGHT_PROTAN, SIGHT_DEUTAN, SIGHT_TRITAN, SIGHT_COUNT };

/* "normal", "protan" … */
const char *sight_name(enum sight sight);
/* What `rgb` looks like to them (Machado, Oliveira and Fernandes 2009, full severity). */
int colour_seen(int rgb, enum sight sight);
/* CIE76: 2 is just noticeable, 100 is black to white. */
double colour_distance(int a, int b);
/* WCAG 2: 1 to 21. */
double colour_contrast(int a, int b);
/* `share` of `a` and the rest of `b`. */
int colour_mix(int a, int b, double share);

/* xterm's colour of that number, 0 to 255. The first 16 are what people change most. */
int colour_of_256(int number);
/* The nearest of 16 to 255, in CIELAB. */
int colour_nearest_256(int rgb);
/* The nearest of the eight that every terminal with colours has. */
int colour_nearest_8(int rgb);
/* "black" … "white", "bright-black" … "bright-white"; -1: none of them. */
int colour_16_find(const char *name);
const char *colour_16_name(int number);
/* All of these names, for "did you mean". */
const char *const *colour_16_names(void);

#endif
