/* Optimal string alignment distance with three rows. */
#include "config.h"
#include "pgrollout/base/nearest.h"

#include <string.h>

#define LETTERS 64

static guint min3(guint a, guint b, guint c)
{
    return MIN(a, MIN(b, c));
}

guint word_distance(const char *a, const char *b)
{
    guint rows[3][LETTERS + 1];
    gsize a_len = MIN(strlen(a), LETTERS), b_len = MIN(strlen(b), LETTERS);
    for (guint j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (guint i = 1; i <= a_len; i++) {
        guint *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (guint j = 1; j <= b_len; j++) {
            guint change = a[i - 1] != b[j - 1];
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = MIN(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *word_nearest(const char *word, const char *const *words, guint count)
{
    const char *nearest = NULL;
    guint best = G_MAXUINT;
    for (guint i = 0; i < count; i++) {
        guint distance = word_distance(word, words[i]);
        guint length = (guint)MAX(strlen(word), strlen(words[i]));
        /* more than half of the letters wrong is another word */
        if (distance * 2 <= length && distance < best) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}
