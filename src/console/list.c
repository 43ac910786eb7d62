/* Lists whose selection is an id. */
#include "config.h"
#include "console/list.h"

#include <math.h>
#include <string.h>

void list_state_clear(struct list_state *state)
{
    g_free(state->selected);
    g_free(state->filter);
    *state = (struct list_state){0};
}

void list_state_select(struct list_state *state, const char *id, int place)
{
    if (g_strcmp0(state->selected, id) != 0) {
        g_free(state->selected);
        state->selected = g_strdup(id);
        state->scroll = 0;
    }
    state->place = place;
}

static void row_free(void *data)
{
    struct list_row *row = data;
    g_free(row->id);
    g_free(row);
}

GPtrArray *list_rows_new(void)
{
    return g_ptr_array_new_with_free_func(row_free);
}

void list_rows_add(GPtrArray *rows, const char *id, const void *data)
{
    struct list_row *row = g_new0(struct list_row, 1);
    *row = (struct list_row){g_strdup(id), data, NULL, NAN};
    g_ptr_array_add(rows, row);
}

/* Takes from `older` what `seen` does not have, as ended so long ago. */
static void ended_take(GPtrArray *rows, GHashTable *seen, const GPtrArray *older, double ended_s)
{
    for (guint i = 0; i < older->len; i++) {
        const struct list_row *row = older->pdata[i];
        if (g_hash_table_contains(seen, row->id))
            continue;
        list_rows_add(rows, row->id, row->data);
        struct list_row *ended = rows->pdata[rows->len - 1];
        ended->ended_s = ended_s;
        g_hash_table_add(seen, ended->id);
    }
}

GPtrArray *list_rows_read(const struct snapshot *now, const GPtrArray *past, list_read_fn read)
{
    g_autoptr(GPtrArray) rows = list_rows_new();
    if (!now || !read(now, rows))
        return NULL;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < rows->len; i++)
        g_hash_table_add(seen, ((struct list_row *)rows->pdata[i])->id);
    double gone_at_s = now->at_s; /* when the rows of the snapshot before were not there any more */
    for (guint i = past ? past->len : 0; i > 0; i--) {
        const struct snapshot *s = past->pdata[i - 1];
        g_autoptr(GPtrArray) older = list_rows_new();
        if (s == now || !(s->at_s <= now->at_s) || !read(s, older))
            continue;
        if (!(now->at_s - gone_at_s < LIST_LINGER_S))
            break;
        ended_take(rows, seen, older, now->at_s - gone_at_s);
        gone_at_s = s->at_s;
    }
    return g_steal_pointer(&rows);
}

gboolean list_matches(const char *filter, const char *const *texts)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (const char *const *t = texts; *t; t++)
        g_string_append_printf(all, "%s\n", *t);
    g_autofree char *valid = g_utf8_make_valid(all->str, -1);
    g_autofree char *folded = g_utf8_casefold(valid, -1);
    g_autofree char *wanted = g_utf8_casefold(filter ? filter : "", -1);
    g_auto(GStrv) words = g_strsplit(wanted, " ", -1);
    for (char **word = words; *word; word++)
        if (!strstr(folded, *word))
            return FALSE;
    return TRUE;
}

struct order {
    list_compare_fn compare;
    gboolean reverse;
};

static gint compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct list_row *left = *(struct list_row *const *)a,
                          *right = *(struct list_row *const *)b;
    const struct order *order = data;
    int difference = order->compare(left->data, right->data);
    if (!difference)
        return strcmp(left->id, right->id);
    return order->reverse ? -difference : difference;
}

void list_rows_sort(GPtrArray *rows, list_compare_fn compare, gboolean reverse)
{
    struct order order = {compare, reverse};
    g_ptr_array_sort_with_data(rows, compare_rows, &order);
}

int list_index(const struct list_state *state, const GPtrArray *rows)
{
    if (!state->selected)
        return rows->len ? 0 : -1;
    for (guint i = 0; i < rows->len; i++)
        if (strcmp(((struct list_row *)rows->pdata[i])->id, state->selected) == 0)
            return (int)i;
    return -1;
}

const struct list_row *list_selected(const struct list_state *state, const GPtrArray *rows)
{
    int index = list_index(state, rows);
    return index < 0 ? NULL : rows->pdata[index];
}

int list_top(const struct list_state *state, const GPtrArray *rows, int height)
{
    int index = list_index(state, rows), top = state->top;
    if (index >= 0 && !state->loose)
        top = CLAMP(top, index - MAX(height, 1) + 1, index);
    return CLAMP(top, 0, MAX(0, (int)rows->len - height));
}

void list_move(struct list_state *state, const GPtrArray *rows, int height, int by)
{
    int last = (int)rows->len - 1, from = list_index(state, rows);
    if (last < 0)
        return;
    if (from < 0) /* it has gone: what stands in its place now is the next one */
        from = by > 0 ? state->place - 1 : state->place;
    int to = CLAMP((gint64)from + by, 0, last);
    list_state_select(state, ((struct list_row *)rows->pdata[to])->id, to);
    state->top = CLAMP(state->top, to - MAX(height, 1) + 1, to);
}
