/* "Did you mean": the known word that is nearest to an unknown one. */
#ifndef PGROLLOUT_BASE_NEAREST_H
#define PGROLLOUT_BASE_NEAREST_H

#include <glib.h>

/* The number of letters to add, drop, change or swap with a neighbour that turns `a` into `b`
 * (optimal string alignment); only the first 64 bytes of each count. */
guint word_distance(const char *a, const char *b);

/* The nearest of the `count` words, the first of equally near ones; NULL when none shares enough
 * with `word` to be worth naming. Points into `words`. */
const char *word_nearest(const char *word, const char *const *words, guint count);

#endif
