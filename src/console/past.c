/* Snapshots of the last minutes, each as the packed text it was read from: parsed ones would take up ten
 * times as much. */
#include "config.h"
#include "console/past.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

struct moment {
    double at_s;
    gboolean mark, installed;
    gsize size; /* of the text */
    GByteArray *packed;
};

struct past {
    GPtrArray *moments; /* struct moment, oldest first */
    gint64 event;       /* the newest that was seen */
};

static void moment_free(void *data)
{
    struct moment *moment = data;
    g_byte_array_unref(moment->packed);
    g_free(moment);
}

struct past *past_new(void)
{
    struct past *past = g_new0(struct past, 1);
    past->moments = g_ptr_array_new_with_free_func(moment_free);
    return past;
}

void past_free(struct past *past)
{
    if (!past)
        return;
    g_ptr_array_unref(past->moments);
    g_free(past);
}

/* NULL: the converter has failed. */
static GByteArray *convert(GConverter *converter, const void *from, gsize size)
{
    GByteArray *out = g_byte_array_new();
    gsize done = 0;
    for (;;) {
        guchar piece[8192];
        gsize read, written;
        GConverterResult result =
            g_converter_convert(converter, (const char *)from + done, size - done, piece,
                                sizeof piece, G_CONVERTER_INPUT_AT_END, &read, &written, NULL);
        if (result == G_CONVERTER_ERROR) {
            g_byte_array_unref(out);
            return NULL;
        }
        done += read;
        g_byte_array_append(out, piece, (guint)written);
        if (result == G_CONVERTER_FINISHED)
            return out;
    }
}

/* Of the events that have come since the last snapshot. */
static gboolean has_happened(struct past *past, const struct snapshot *s)
{
    static const char *const kinds[] = {"hold", "phase", "command", "guard", NULL};
    gint64 before = past->event;
    gboolean mark = FALSE;
    for (guint i = 0; i < s->migrations->len; i++) {
        const struct snap_migration *m = s->migrations->pdata[i];
        for (guint k = 0; k < m->events->len; k++) {
            const struct snap_event *e = m->events->pdata[k];
            mark |= before && e->id > before && e->kind && g_strv_contains(kinds, e->kind);
            past->event = MAX(past->event, e->id);
        }
    }
    return mark;
}

static const struct moment *moment_of(const struct past *past, guint i)
{
    return past->moments->pdata[i];
}

static void drop_old(struct past *past, double now_s)
{
    guint n = 0, len = past->moments->len;
    while (n < len && (len - n > PAST_MAX || now_s - past_at(past, n) > PAST_SECONDS))
        n++;
    if (n)
        g_ptr_array_remove_range(past->moments, 0, n);
}

void past_add(struct past *past, const struct snapshot *s)
{
    guint n = past->moments->len;
    gboolean mark = has_happened(past, s);
    if (!s->text || isnan(s->at_s))
        return;
    if (n && s->at_s < past_at(past, n - 1)) /* another server, whose clock is behind */
        g_ptr_array_set_size(past->moments, 0);
    else if (n && !mark && s->at_s - past_at(past, n - 1) < PAST_EVERY)
        return;
    g_autoptr(GZlibCompressor) packer = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_RAW, -1);
    GByteArray *packed = convert(G_CONVERTER(packer), s->text, strlen(s->text));
    if (!packed)
        return;
    struct moment *moment = g_new(struct moment, 1);
    *moment = (struct moment){s->at_s, mark, s->installed, strlen(s->text), packed};
    g_ptr_array_add(past->moments, moment);
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
    g_autoptr(GZlibDecompressor) unpacker = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_RAW);
    g_autoptr(GByteArray) text =
        convert(G_CONVERTER(unpacker), moment->packed->data, moment->packed->len);
    if (!text || text->len != moment->size)
        return NULL;
    g_byte_array_append(text, (const guchar *)"", 1);
    struct snapshot *s = snapshot_parse((const char *)text->data, NULL);
    if (s)
        s->installed = moment->installed;
    return s;
}

gsize past_bytes(const struct past *past)
{
    gsize bytes = 0;
    for (guint i = 0; i < past->moments->len; i++)
        bytes += sizeof(struct moment) + moment_of(past, i)->packed->len;
    return bytes;
}
