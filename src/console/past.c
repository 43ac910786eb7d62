/* Snapshots of the last minutes, each as the packed text it was read from: parsed ones would take up ten
 * times as much. Neighbours say nearly the same: each is kept as what has changed since the one before it,
 * and they share a stream. */
#include "config.h"
#include "console/past.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "console/delta.h"

#define BLOCK_MOMENTS 50   /* in one stream; all before a moment are unpacked with it */
#define BLOCK_TEXT 2000000 /* and so is no more than that of changes */
#define BLOCKS_LEAST 4     /* so many have room: they are dropped as wholes */

/* A stream, flushed behind each of its moments. */
struct block {
    guint refs; /* moments */
    guchar *data;
    gsize size, text;
};

struct moment {
    double at_s;
    gboolean mark, installed;
    gsize end; /* of its changes in its block's */
    struct block *block;
};

struct past {
    GArray *moments;         /* struct moment, oldest first */
    struct block *open;      /* the last one's, while more come into it; NULL: none is open */
    GZlibCompressor *packer; /* of the open block */
    char *last;              /* the text that was packed into it last */
    gsize bytes, most;       /* what all blocks take up, and may */
    gint64 event;            /* the newest that was seen; 0: none */
    gboolean seen; /* there was a snapshot: what is new since then has happened since then */
};

struct past *past_new(gsize bytes)
{
    struct past *past = g_new0(struct past, 1);
    past->most = bytes;
    past->moments = g_array_new(FALSE, FALSE, sizeof(struct moment));
    past->packer = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_RAW, -1);
    return past;
}

static const struct moment *moment_of(const struct past *past, guint i)
{
    return &g_array_index(past->moments, struct moment, i);
}

static void block_close(struct past *past)
{
    past->open = NULL;
    g_clear_pointer(&past->last, g_free);
    g_converter_reset(G_CONVERTER(past->packer));
}

static void drop_first(struct past *past, guint n)
{
    for (guint i = 0; i < n; i++) {
        struct block *block = moment_of(past, i)->block;
        if (--block->refs > 0)
            continue;
        if (block == past->open)
            block_close(past);
        past->bytes -= block->size;
        g_free(block->data);
        g_free(block);
    }
    if (n)
        g_array_remove_range(past->moments, 0, n);
}

void past_free(struct past *past)
{
    if (!past)
        return;
    drop_first(past, past->moments->len);
    g_array_unref(past->moments);
    g_object_unref(past->packer);
    g_free(past->last);
    g_free(past);
}

static struct block *block_for(struct past *past)
{
    const struct block *open = past->open;
    if (open && (open->refs >= BLOCK_MOMENTS || open->text >= BLOCK_TEXT ||
                 open->size >= past->most / BLOCKS_LEAST))
        block_close(past);
    if (!past->open)
        past->open = g_new0(struct block, 1);
    return past->open;
}

/* Packs bytes behind what is in the open block. */
static gboolean pack(struct past *past, struct block *block, const guint8 *text, gsize size)
{
    for (gsize done = 0;;) {
        guchar piece[8192];
        gsize read = 0, written = 0;
        GConverterResult result =
            g_converter_convert(G_CONVERTER(past->packer), text + done, size - done, piece,
                                sizeof piece, G_CONVERTER_FLUSH, &read, &written, NULL);
        if (result != G_CONVERTER_CONVERTED && result != G_CONVERTER_FLUSHED)
            return FALSE;
        done += read;
        block->data = g_realloc(block->data, block->size + written);
        memcpy(block->data + block->size, piece, written);
        block->size += written;
        past->bytes += written;
        if (result == G_CONVERTER_FLUSHED)
            return TRUE;
    }
}

/* The changes of a block's moments up to this one. NULL: they cannot be unpacked. */
static guint8 *unpack(const struct moment *moment)
{
    const struct block *block = moment->block;
    g_autoptr(GZlibDecompressor) unpacker = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_RAW);
    g_autofree guint8 *changes = g_malloc(moment->end);
    for (gsize done = 0, at = 0; at < moment->end;) {
        gsize read = 0, written = 0;
        GConverterResult result = g_converter_convert(
            G_CONVERTER(unpacker), block->data + done, block->size - done, changes + at,
            moment->end - at, G_CONVERTER_NO_FLAGS, &read, &written, NULL);
        if (result != G_CONVERTER_CONVERTED || (read == 0 && written == 0))
            return NULL;
        done += read;
        at += written;
    }
    return g_steal_pointer(&changes);
}

/* NULL: it cannot be read again. */
static char *text_of(const struct moment *moment)
{
    g_autofree guint8 *changes = unpack(moment);
    g_autofree char *text = g_strdup("");
    const guint8 *next = changes;
    gsize left = moment->end, size = 0;
    while (changes && left > 0) {
        char *later = delta_apply(text, size, &next, &left, &size);
        g_free(text);
        text = later;
        if (!text)
            return NULL;
    }
    return changes ? g_steal_pointer(&text) : NULL;
}

/* Of the events that have come since the last snapshot. */
static gboolean has_happened(struct past *past, const struct snapshot *s)
{
    static const char *const kinds[] = {"hold", "phase", "command", "guard", NULL};
    gint64 before = past->event;
    gboolean mark = FALSE, seen = past->seen;
    past->seen = TRUE;
    for (guint i = 0; i < s->migrations->len; i++) {
        const struct snap_migration *m = s->migrations->pdata[i];
        for (guint k = 0; k < m->events->len; k++) {
            const struct snap_event *e = m->events->pdata[k];
            mark |= seen && e->id > before && e->kind && g_strv_contains(kinds, e->kind);
            past->event = MAX(past->event, e->id);
        }
    }
    return mark;
}

/* Another server, or a clock that was set back: nothing that was seen before can be compared. */
static void begin_anew(struct past *past)
{
    drop_first(past, past->moments->len);
    past->event = 0;
    past->seen = FALSE;
}

/* Of the last block nothing is dropped for its size alone: that would not make it smaller. */
static void drop_old(struct past *past, double now_s)
{
    gsize bytes = past->bytes;
    guint n = 0, len = past->moments->len;
    const struct block *last = moment_of(past, len - 1)->block;
    for (; n + 1 < len; n++) {
        const struct block *block = moment_of(past, n)->block;
        gboolean large = bytes > past->most && block != last;
        if (!large && len - n <= PAST_MAX && now_s - past_at(past, n) <= PAST_SECONDS)
            break;
        if (block != moment_of(past, n + 1)->block)
            bytes -= block->size;
    }
    drop_first(past, n);
}

void past_add(struct past *past, const struct snapshot *s)
{
    guint n = past->moments->len;
    if (!s->text || isnan(s->at_s))
        return;
    if (n && s->at_s < past_at(past, n - 1))
        begin_anew(past);
    n = past->moments->len;
    gboolean mark = has_happened(past, s);
    if (n && !mark && s->at_s - past_at(past, n - 1) < PAST_EVERY)
        return;
    struct block *block = block_for(past);
    const char *last = past->last ? past->last : "";
    g_autoptr(GByteArray) changes = delta_make(last, strlen(last), s->text, strlen(s->text));
    gboolean packed = pack(past, block, changes->data, changes->len);
    block->text += changes->len;
    block->refs++;
    struct moment moment = {s->at_s, mark, s->installed, block->text, block};
    g_array_append_val(past->moments, moment);
    g_free(past->last);
    past->last = g_strdup(s->text);
    if (!packed) /* it will not be read again, nor could what came behind it */
        block_close(past);
    drop_old(past, s->at_s);
}

guint past_count(const struct past *past)
{
    return past->moments->len;
}

double past_at(const struct past *past, guint i)
{
    return moment_of(past, i)->at_s;
}

gboolean past_is_mark(const struct past *past, guint i)
{
    return moment_of(past, i)->mark;
}

int past_find(const struct past *past, double at_s)
{
    int i = (int)past->moments->len - 1;
    while (i >= 0 && past_at(past, (guint)i) > at_s)
        i--;
    return i;
}

struct snapshot *past_get(const struct past *past, guint i)
{
    const struct moment *moment = moment_of(past, i);
    g_autofree char *text = text_of(moment);
    struct snapshot *s = text ? snapshot_parse(text, NULL) : NULL;
    if (s)
        s->installed = moment->installed;
    return s;
}

gsize past_bytes(const struct past *past)
{
    return past->bytes;
}
