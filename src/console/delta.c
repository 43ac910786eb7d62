/* Length of the text, then in turn: how many new bytes and they themselves, how many old ones and from
 * where, counted from the end of the old ones before. Numbers as in LEB128, the last with its sign in the
 * lowest bit: where little has changed they are small, and the same again and again. */
#include "config.h"
#include "console/delta.h"

#include <string.h>

#define KEY 16 /* bytes that are looked up; a shorter run is not found */
#define STEP 8 /* only every so many of the old text can be found: it is enough for longer runs */
#define NOWHERE G_MAXUINT32
#define TEXT_MOST (1 << 28) /* nothing that was kept is longer */

static void number_put(GByteArray *out, guint64 number)
{
    guint8 byte;
    do {
        byte = (guint8)(number & 0x7F) | (number > 0x7F ? 0x80 : 0);
        g_byte_array_append(out, &byte, 1);
        number >>= 7;
    } while (number);
}

static gboolean number_take(const guint8 **in, gsize *n, guint64 *number)
{
    *number = 0;
    for (int shift = 0; *n && shift < 63; shift += 7) {
        guint8 byte = *(*in)++;
        --*n;
        *number |= (guint64)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return TRUE;
    }
    return FALSE;
}

/* --- making */

struct places {
    guint32 *at; /* by hash: where in the old text, NOWHERE: not at all */
    guint mask;
};

static guint hash_of(const char *key, guint mask)
{
    guint64 a, b;
    memcpy(&a, key, 8);
    memcpy(&b, key + 8, 8);
    a = (a ^ (b * G_GUINT64_CONSTANT(0x9E3779B97F4A7C15))) * G_GUINT64_CONSTANT(0xD6E8FEB86659FD93);
    return (guint)(a >> 32) & mask;
}

/* Of equal keys the first counts. */
static void places_init(struct places *places, const char *text, gsize n)
{
    guint slots = 256;
    while (slots < n / STEP * 2)
        slots *= 2;
    places->mask = slots - 1;
    places->at = g_new(guint32, slots);
    memset(places->at, 0xFF, slots * sizeof *places->at);
    for (gsize i = 0; n < NOWHERE && i + KEY <= n; i += STEP) {
        guint32 *place = &places->at[hash_of(text + i, places->mask)];
        if (*place == NOWHERE)
            *place = (guint32)i;
    }
}

static gsize same_from(const char *a, gsize n_a, const char *b, gsize n_b)
{
    gsize n = 0, most = MIN(n_a, n_b);
    while (n < most && a[n] == b[n])
        n++;
    return n;
}

/* Where a run of the old text stands: right behind the last one but for a number that was written anew, or
 * wherever it is found. */
static gboolean run_find(const struct places *places, const char *before, gsize n_before,
                         const char *now, gsize expected, gsize *from)
{
    if (expected + KEY <= n_before && memcmp(before + expected, now, KEY) == 0) {
        *from = expected;
        return TRUE;
    }
    guint32 at = places->at[hash_of(now, places->mask)];
    *from = at;
    return at != NOWHERE && memcmp(before + at, now, KEY) == 0;
}

GByteArray *delta_make(const char *before, gsize n_before, const char *now, gsize n_now)
{
    GByteArray *out = g_byte_array_new();
    struct places places;
    gsize done = 0, behind = 0; /* in the new text; in the old one */
    places_init(&places, before, n_before);
    number_put(out, n_now);
    for (gsize i = 0; i + KEY <= n_now;) {
        gsize from;
        if (!run_find(&places, before, n_before, now + i, behind + (i - done), &from)) {
            i++;
            continue;
        }
        for (; i > done && from > 0 && before[from - 1] == now[i - 1]; from--)
            i--;
        gsize n = same_from(before + from, n_before - from, now + i, n_now - i);
        gint64 jump = (gint64)from - (gint64)behind;
        number_put(out, i - done);
        g_byte_array_append(out, (const guint8 *)now + done, (guint)(i - done));
        number_put(out, n);
        number_put(out, jump < 0 ? (guint64)-jump * 2 - 1 : (guint64)jump * 2);
        i += n;
        done = i;
        behind = from + n;
    }
    if (done < n_now) {
        number_put(out, n_now - done);
        g_byte_array_append(out, (const guint8 *)now + done, (guint)(n_now - done));
    }
    g_free(places.at);
    return out;
}

/* --- applying */

static gboolean copy_apply(const char *before, gsize n_before, const guint8 **delta, gsize *n_delta,
                           gint64 *behind, char *to, gsize room, gsize *copied)
{
    guint64 n, jump;
    if (!number_take(delta, n_delta, &n) || !number_take(delta, n_delta, &jump) || n > room)
        return FALSE;
    gint64 from = *behind + (jump & 1 ? -(gint64)(jump / 2) - 1 : (gint64)(jump / 2));
    if (from < 0 || (guint64)from > n_before || n > n_before - (guint64)from)
        return FALSE;
    memcpy(to, before + from, n);
    *behind = from + (gint64)n;
    *copied = n;
    return TRUE;
}

char *delta_apply(const char *before, gsize n_before, const guint8 **delta, gsize *n_delta,
                  gsize *n_now)
{
    guint64 size, fresh;
    gsize done = 0, copied;
    gint64 behind = 0;
    if (!number_take(delta, n_delta, &size) || size > TEXT_MOST)
        return NULL;
    g_autofree char *text = g_malloc(size + 1);
    while (done < size) {
        if (!number_take(delta, n_delta, &fresh) || fresh > size - done || fresh > *n_delta)
            return NULL;
        memcpy(text + done, *delta, fresh);
        *delta += fresh;
        *n_delta -= fresh;
        done += fresh;
        if (done == size)
            break;
        if (!copy_apply(before, n_before, delta, n_delta, &behind, text + done, size - done,
                        &copied))
            return NULL;
        done += copied;
    }
    text[size] = '\0';
    *n_now = size;
    return g_steal_pointer(&text);
}
