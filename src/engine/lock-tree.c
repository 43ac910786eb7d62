/* Who waits for whom, as a tree. */
#include "config.h"
#include "pgrollout/engine/snapshot.h"

#include <math.h>
#include <string.h>

struct tree {
    GHashTable *places;  /* pid → place in `all` + 1 */
    GPtrArray *all;      /* struct snap_lock, as they were read */
    GPtrArray *order;    /* the same as a tree */
    GPtrArray **waiters; /* of each place: those that wait for it, whatever for */
    GPtrArray **below;   /* of each place: those that stand below it */
    gboolean *placed;
};

static guint place_of(const struct tree *tree, const struct snap_lock *lock)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(tree->places, &lock->session->pid)) - 1;
}

/* NULL: it is not among those that were read, or it is `lock` itself. */
static struct snap_lock *blocker_at(const struct tree *tree, const struct snap_lock *lock,
                                    const GArray *pids, guint i)
{
    gint64 pid = g_array_index(pids, gint64, i);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(tree->places, &pid));
    return place && pid != lock->session->pid ? tree->all->pdata[place - 1] : NULL;
}

/* Both kinds of blockers of one session. */
static void blockers_take(struct tree *tree, struct snap_lock *lock)
{
    const GArray *kinds[] = {lock->hard, lock->queue};
    for (guint kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        for (guint i = 0; i < kinds[kind]->len; i++) {
            struct snap_lock *blocker = blocker_at(tree, lock, kinds[kind], i);
            if (!blocker)
                continue;
            g_ptr_array_add(tree->waiters[place_of(tree, blocker)], lock);
            if (!lock->parent) {
                lock->parent = blocker;
                lock->queued = kind == 1;
            }
        }
    }
}

/* Nothing can be said of two sessions with one pid. */
static void duplicates_drop(GPtrArray *all)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < all->len;) {
        struct snap_lock *lock = all->pdata[i];
        if (g_hash_table_add(seen, &lock->session->pid))
            i++;
        else
            g_ptr_array_remove_index(all, i);
    }
}

static void tree_init(struct tree *tree, struct snap_locks *locks)
{
    duplicates_drop(locks->sessions);
    guint n = locks->sessions->len;
    *tree = (struct tree){
        .places = g_hash_table_new(g_int64_hash, g_int64_equal),
        .all = locks->sessions,
        .order = g_ptr_array_sized_new(n),
        .waiters = g_new0(GPtrArray *, n + 1),
        .below = g_new0(GPtrArray *, n + 1),
        .placed = g_new0(gboolean, n + 1),
    };
    for (guint i = 0; i < n; i++) {
        struct snap_lock *lock = tree->all->pdata[i];
        g_hash_table_insert(tree->places, &lock->session->pid, GUINT_TO_POINTER(i + 1));
        tree->waiters[i] = g_ptr_array_new();
        tree->below[i] = g_ptr_array_new();
    }
    for (guint i = 0; i < n; i++)
        blockers_take(tree, tree->all->pdata[i]);
}

static void tree_clear(struct tree *tree)
{
    for (guint i = 0; i < tree->all->len; i++) {
        g_ptr_array_unref(tree->waiters[i]);
        g_ptr_array_unref(tree->below[i]);
    }
    g_free(tree->waiters);
    g_free(tree->below);
    g_free(tree->placed);
    g_ptr_array_unref(tree->order);
    g_hash_table_unref(tree->places);
}

/* All that wait for it in the end, each once. */
static void causes_sum(const struct tree *tree, struct snap_lock *lock)
{
    g_autofree gboolean *seen = g_new0(gboolean, tree->all->len);
    g_autoptr(GPtrArray) open = g_ptr_array_new();
    g_ptr_array_add(open, lock);
    seen[place_of(tree, lock)] = TRUE;
    while (open->len) {
        const struct snap_lock *from = g_ptr_array_steal_index_fast(open, open->len - 1);
        const GPtrArray *waiters = tree->waiters[place_of(tree, from)];
        for (guint i = 0; i < waiters->len; i++) {
            struct snap_lock *waiter = waiters->pdata[i];
            guint place = place_of(tree, waiter);
            if (seen[place])
                continue;
            seen[place] = TRUE;
            lock->roots++;
            lock->causes_s += isnan(waiter->waited_s) ? 0 : waiter->waited_s;
            g_ptr_array_add(open, waiter);
        }
    }
}

static int compare(double a, double b, gint64 pid_a, gint64 pid_b)
{
    double left = isnan(a) ? -1 : a, right = isnan(b) ? -1 : b;
    if (left != right)
        return left > right ? -1 : 1;
    return pid_a < pid_b ? -1 : pid_a > pid_b;
}

static gint by_causes(gconstpointer a, gconstpointer b)
{
    const struct snap_lock *left = *(struct snap_lock *const *)a,
                           *right = *(struct snap_lock *const *)b;
    if (!left->roots != !right->roots)
        return left->roots ? -1 : 1;
    return compare(left->causes_s, right->causes_s, left->session->pid, right->session->pid);
}

static gint by_wait(gconstpointer a, gconstpointer b)
{
    const struct snap_lock *left = *(struct snap_lock *const *)a,
                           *right = *(struct snap_lock *const *)b;
    return compare(left->waited_s, right->waited_s, left->session->pid, right->session->pid);
}

static void put(struct tree *tree, struct snap_lock *lock, int depth, const char *bars)
{
    guint place = place_of(tree, lock);
    tree->placed[place] = TRUE;
    lock->depth = depth;
    lock->bars = g_strdup(bars);
    g_ptr_array_add(tree->order, lock);
    GPtrArray *below = tree->below[place];
    g_ptr_array_sort(below, by_wait);
    g_autofree char *more = depth ? g_strconcat(bars, lock->last ? " " : "|", NULL) : g_strdup("");
    for (guint i = 0; i < below->len; i++) {
        struct snap_lock *child = below->pdata[i];
        child->last = i + 1 == below->len;
        put(tree, child, depth + 1, more);
    }
}

/* Of the circle that `lock` waits in, the one that has waited longest; it becomes a root. */
static struct snap_lock *circle_cut(const struct tree *tree, struct snap_lock *lock)
{
    g_autofree gboolean *seen = g_new0(gboolean, tree->all->len);
    while (!seen[place_of(tree, lock)]) {
        seen[place_of(tree, lock)] = TRUE;
        lock = (struct snap_lock *)lock->parent;
    }
    struct snap_lock *longest = lock;
    for (struct snap_lock *l = (struct snap_lock *)lock->parent; l != lock;
         l = (struct snap_lock *)l->parent)
        if (by_wait(&l, &longest) < 0)
            longest = l;
    g_ptr_array_remove(tree->below[place_of(tree, longest->parent)], longest);
    longest->parent = NULL;
    longest->loop = TRUE;
    return longest;
}

static void order_take(struct tree *tree)
{
    g_autoptr(GPtrArray) roots = g_ptr_array_new();
    for (guint i = 0; i < tree->all->len; i++) {
        struct snap_lock *lock = tree->all->pdata[i];
        if (lock->parent)
            g_ptr_array_add(tree->below[place_of(tree, lock->parent)], lock);
        else
            g_ptr_array_add(roots, lock);
    }
    g_ptr_array_sort(roots, by_causes);
    for (guint i = 0; i < roots->len; i++)
        put(tree, roots->pdata[i], 0, "");
    for (guint i = 0; i < tree->all->len; i++) {
        struct snap_lock *lock = tree->all->pdata[i];
        if (!tree->placed[i])
            put(tree, circle_cut(tree, lock), 0, "");
    }
}

static gboolean any_ours(const struct tree *tree, const struct snap_lock *lock, const GArray *pids)
{
    for (guint i = 0; i < pids->len; i++) {
        const struct snap_lock *blocker = blocker_at(tree, lock, pids, i);
        if (blocker && blocker->session->ours)
            return TRUE;
    }
    return FALSE;
}

static void sums_take(const struct tree *tree, struct snap_locks *locks)
{
    g_autofree gboolean *before_us = g_new0(gboolean, tree->all->len + 1);
    for (guint i = 0; i < tree->all->len; i++) {
        const struct snap_lock *lock = tree->all->pdata[i];
        gboolean held = any_ours(tree, lock, lock->hard);
        locks->asked += lock->waits;
        locks->meeting += lock->meets != NULL;
        locks->by_us_held += held && !lock->session->ours;
        locks->by_us += (held || any_ours(tree, lock, lock->queue)) && !lock->session->ours;
        for (guint j = 0; j < tree->waiters[i]->len; j++)
            before_us[i] |= ((struct snap_lock *)tree->waiters[i]->pdata[j])->session->ours;
        locks->we_wait_on += before_us[i];
    }
}

void lock_tree_build(struct snap_locks *locks)
{
    struct tree tree;
    tree_init(&tree, locks);
    for (guint i = 0; i < tree.all->len; i++)
        causes_sum(&tree, tree.all->pdata[i]);
    sums_take(&tree, locks);
    order_take(&tree);
    g_return_if_fail(tree.order->len == tree.all->len);
    if (tree.all->len)
        memcpy(tree.all->pdata, tree.order->pdata, tree.all->len * sizeof(void *));
    tree_clear(&tree);
}
