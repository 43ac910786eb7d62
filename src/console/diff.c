/* The longest common subsequence of lines, between what is the same at both ends. Plans are short: where a
 * table of all pairs would be too large, what lies between is taken as changed. */
#include "config.h"
#include "console/diff.h"

#include <string.h>

/* Two bytes each. */
#define CELLS_MAX (1000 * 1000)

struct side {
    char **lines;
    int *ids; /* equal lines have equal ones */
    int n;
};

struct work {
    struct side old, new;
    struct diff *out;
    int at_old, at_new; /* lines passed */
    GPtrArray
        *all; /* struct diff_line of every line, before what is far from a change is left out */
};

static void line_free(void *data)
{
    struct diff_line *line = data;
    g_free(line->text);
    g_free(line);
}

static void side_init(struct side *side, const char *text, GHashTable *ids)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    for (const char *rest = text; *rest;) {
        gsize n = strcspn(rest, "\n");
        gboolean ends = rest[n] == '\n';
        g_ptr_array_add(lines,
                        g_strdup_printf("%.*s%s", (int)n, rest,
                                        ends ? "" : " (no line end at the end of the file)"));
        rest += n + (ends ? 1 : 0);
    }
    side->n = (int)lines->len;
    side->ids = g_new(int, lines->len + 1);
    g_ptr_array_add(lines, NULL);
    side->lines = g_strdupv((char **)lines->pdata);
    for (int i = 0; i < side->n; i++) {
        g_free(lines->pdata[i]);
        void *id;
        if (!g_hash_table_lookup_extended(ids, side->lines[i], NULL, &id)) {
            id = GINT_TO_POINTER((int)g_hash_table_size(ids));
            g_hash_table_insert(ids, side->lines[i], id);
        }
        side->ids[i] = GPOINTER_TO_INT(id);
    }
}

static void side_clear(struct side *side)
{
    g_strfreev(side->lines);
    g_free(side->ids);
}

static void add(struct work *work, enum diff_kind kind)
{
    struct diff_line *line = g_new0(struct diff_line, 1);
    line->kind = kind;
    line->text =
        g_strdup(kind == DIFF_NEW ? work->new.lines[work->at_new] : work->old.lines[work->at_old]);
    work->at_old += kind != DIFF_NEW;
    work->at_new += kind != DIFF_OLD;
    work->out->removed += kind == DIFF_OLD;
    work->out->added += kind == DIFF_NEW;
    g_ptr_array_add(work->all, line);
}

/* `table` holds, for each pair of places, the length of the longest common rest. */
static void table_fill(const struct work *work, guint16 *table, int n, int m)
{
    const int *old = work->old.ids + work->at_old, *new = work->new.ids + work->at_new;
    for (int i = n - 1; i >= 0; i--)
        for (int j = m - 1; j >= 0; j--) {
            guint16 *cell = &table[(gsize)i * (gsize)(m + 1) + (gsize)j];
            guint16 down = cell[m + 1], right = cell[1];
            *cell = old[i] == new[j] ? (guint16)(cell[m + 2] + 1) : MAX(down, right);
        }
}

/* What differs, `n` lines of the old one and `m` of the new one from where the work stands. */
static void middle_add(struct work *work, int n, int m)
{
    if ((gint64)(n + 1) * (m + 1) > CELLS_MAX) {
        work->out->coarse = TRUE;
        for (int i = 0; i < n; i++)
            add(work, DIFF_OLD);
        for (int j = 0; j < m; j++)
            add(work, DIFF_NEW);
        return;
    }
    g_autofree guint16 *table = g_new0(guint16, (gsize)(n + 1) * (gsize)(m + 1));
    table_fill(work, table, n, m);
    for (int i = 0, j = 0; i < n || j < m;) {
        gsize cell = (gsize)i * (gsize)(m + 1) + (gsize)j;
        if (i < n && j < m && work->old.ids[work->at_old] == work->new.ids[work->at_new]) {
            add(work, DIFF_SAME);
            i++, j++;
        } else if (j >= m || (i < n && table[cell + (gsize)m + 1] >= table[cell + 1])) {
            add(work, DIFF_OLD);
            i++;
        } else {
            add(work, DIFF_NEW);
            j++;
        }
    }
}

static void lines_compare(struct work *work)
{
    const struct side *old = &work->old, *new = &work->new;
    int least = MIN(old->n, new->n), head = 0, tail = 0;
    while (head < least && old->ids[head] == new->ids[head])
        head++;
    while (tail < least - head && old->ids[old->n - 1 - tail] == new->ids[new->n - 1 - tail])
        tail++;
    for (int i = 0; i < head; i++)
        add(work, DIFF_SAME);
    middle_add(work, old->n - head - tail, new->n - head - tail);
    for (int i = 0; i < tail; i++)
        add(work, DIFF_SAME);
}

/* The last line of the hunk that begins at `from`: changes that are close to each other are one. */
static guint hunk_end(const GPtrArray *all, guint from, int context)
{
    guint last = from, end = from;
    for (; end < all->len && end - last <= (guint)(2 * context + 1); end++)
        if (((struct diff_line *)all->pdata[end])->kind != DIFF_SAME)
            last = end;
    return MIN(last + (guint)context + 1, all->len);
}

static void hunk_add(struct diff *out, const GPtrArray *all, guint from, guint to, int old, int new)
{
    int n = 0, m = 0;
    for (guint i = from; i < to; i++) {
        const struct diff_line *line = all->pdata[i];
        n += line->kind != DIFF_NEW;
        m += line->kind != DIFF_OLD;
    }
    struct diff_line *head = g_new0(struct diff_line, 1);
    head->kind = DIFF_HUNK;
    head->text = g_strdup_printf("@@ -%d,%d +%d,%d @@", n ? old + 1 : old, n, m ? new + 1 : new, m);
    g_ptr_array_add(out->lines, head);
    for (guint i = from; i < to; i++) {
        const struct diff_line *line = all->pdata[i];
        struct diff_line *copy = g_new0(struct diff_line, 1);
        *copy = (struct diff_line){line->kind, g_strdup(line->text)};
        g_ptr_array_add(out->lines, copy);
    }
}

static void hunks_add(struct diff *out, const GPtrArray *all, int context)
{
    int old = 0, new = 0;
    guint at = 0;
    while (at < all->len) {
        guint first = at;
        while (first < all->len && ((struct diff_line *)all->pdata[first])->kind == DIFF_SAME)
            first++;
        if (first == all->len)
            return;
        guint from = MAX(at, first > (guint)context ? first - (guint)context : 0);
        old += (int)(from - at);
        new += (int)(from - at);
        guint to = hunk_end(all, first, context);
        hunk_add(out, all, from, to, old, new);
        for (at = from; at < to; at++) {
            enum diff_kind kind = ((struct diff_line *)all->pdata[at])->kind;
            old += kind != DIFF_NEW;
            new += kind != DIFF_OLD;
        }
    }
}

struct diff *diff_new(const char *old, const char *new, int context)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
    struct diff *diff = g_new0(struct diff, 1);
    struct work work = {.out = diff, .all = g_ptr_array_new_with_free_func(line_free)};
    diff->lines = g_ptr_array_new_with_free_func(line_free);
    side_init(&work.old, old, ids);
    side_init(&work.new, new, ids);
    lines_compare(&work);
    hunks_add(diff, work.all, MAX(context, 0));
    side_clear(&work.old);
    side_clear(&work.new);
    g_ptr_array_unref(work.all);
    return diff;
}

void diff_free(struct diff *diff)
{
    if (!diff)
        return;
    g_ptr_array_unref(diff->lines);
    g_free(diff);
}
