/* The simulated applications' transactions. */
#include "config.h"
#include "lab/work-private.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

/* %d stands for the release where its statement differs */
static const char *const statement_files[WORK_STATEMENTS] = {
    [WORK_BEGIN] = "begin",
    [WORK_COMMIT] = "commit",
    [WORK_ROLLBACK] = "rollback",
    [WORK_READ] = "read-%d",
    [WORK_LIST] = "list-%d",
    [WORK_CHECK] = "check-%d",
    [WORK_RENAME] = "rename-%d",
    [WORK_INSERT] = "insert-%d",
    [WORK_TOUCH] = "touch",
    [WORK_DELETE] = "delete",
    [WORK_RANGE] = "range",
    [WORK_BUGGY] = "buggy",
    [WORK_SHADOW_INSERT] = "shadow-insert",
    [WORK_SHADOW_RENAME] = "shadow-rename",
    [WORK_SHADOW_DELETE] = "shadow-delete",
};

static const char *const first_names[] = {"Ada", "Zoë", "Grace", "Linus", "O'Neil", "Łucja", "Ken"};
static const char *const last_names[] = {"Moreno", "O'Brien", "Müller", "Nakamura", "de la Cruz"};
static const char *const cities[] = {"Lisbon", "Osaka", "Lagos", "Bogotá", "Leeds", "Gdańsk"};
#define PICK(array) ((array)[g_random_int_range(0, G_N_ELEMENTS(array))])

char *work_statement_text(const char *name)
{
    g_autofree char *path = g_strdup_printf("lab/sql/app/%s.sql", name);
    const char *text = resource_text(path);
    while (g_str_has_prefix(text, "--"))
        text = strchr(text, '\n') + 1;
    return g_strchomp(g_strdup(text));
}

void work_init(struct work *work, const char *application, struct tally *tally)
{
    memset(work, 0, sizeof *work);
    work->tally = tally;
    work->tag = application[strlen(application) - 1]; /* b, s, n */
    work->counter = (guint64)g_get_real_time() / 1000;
}

void work_clear(struct work *work)
{
    for (int i = 0; i < WORK_STATEMENTS; i++)
        g_clear_pointer(&work->texts[i], g_free);
}

void work_use_release(struct work *work, int release)
{
    work_clear(work);
    for (int i = 0; i < WORK_STATEMENTS; i++) {
        g_autofree char *name = g_strdup_printf(statement_files[i], release);
        work->texts[i] = work_statement_text(name);
    }
}

/* Sends one statement and waits; its time counts, whatever came of it. */
static struct db_reply *run(struct work *work, enum work_statement statement, int n,
                            const char *const *parameters, GError **error)
{
    gint64 start = g_get_monotonic_time();
    struct db_reply *reply =
        db_conn_query_wait(work->conn, work->texts[statement], n, parameters, error);
    gint64 end = g_get_monotonic_time();
    tally_latency(work->tally, end, (double)(end - start) / 1000.0);
    return reply;
}

/* The same where only the number of rows matters; -1 on failure. */
static gint64 change(struct work *work, enum work_statement statement, int n,
                     const char *const *parameters, GError **error)
{
    struct db_reply *reply = run(work, statement, n, parameters, error);
    gint64 affected = reply ? db_reply_affected(reply) : -1;
    db_reply_free(reply);
    return affected;
}

static gboolean begin(struct work *work, GError **error)
{
    return change(work, WORK_BEGIN, 0, NULL, error) >= 0;
}

static gboolean commit(struct work *work, GError **error)
{
    return change(work, WORK_COMMIT, 0, NULL, error) >= 0;
}

/* An id that probably exists; some are more wanted than others. */
static char *pick_id(const struct work *work)
{
    int kind = g_random_int_range(0, 10);
    gint64 highest = MAX(work->highest, 1), id;
    if (kind == 0) /* fifty favourites */
        id = 1 + highest / 50 * g_random_int_range(0, 50);
    else if (kind < 3) /* the newest */
        id = highest - g_random_int_range(0, 2000);
    else
        id = 1 + (gint64)(g_random_double() * (double)highest);
    return g_strdup_printf("%" G_GINT64_FORMAT, MAX(id, 1));
}

static char *make_name(struct work *work)
{
    return g_strdup_printf("%s %s %c%" G_GINT64_MODIFIER "x", PICK(first_names), PICK(last_names),
                           work->tag, work->counter++);
}

/* Counts a name that was read: NULL is a row that the backfill has not reached. */
static void judge(struct work *work, const char *got, const char *want)
{
    if (!got)
        work->tally->blank_reads++;
    else if (want && strcmp(got, want) != 0)
        work->tally->mismatches++;
}

static gboolean do_read(struct work *work, GError **error)
{
    g_autofree char *id = pick_id(work);
    const char *const parameters[] = {id};
    struct db_reply *reply = run(work, WORK_READ, 1, parameters, error);
    if (reply && db_reply_rows(reply) > 0)
        judge(work, db_reply_text(reply, 0, 0), NULL);
    db_reply_free(reply);
    return reply != NULL;
}

static gboolean do_list(struct work *work, GError **error)
{
    const char *const parameters[] = {PICK(cities)};
    struct db_reply *reply = run(work, WORK_LIST, 1, parameters, error);
    for (int row = 0; reply && row < db_reply_rows(reply); row++)
        judge(work, db_reply_text(reply, row, 0), NULL);
    db_reply_free(reply);
    return reply != NULL;
}

static gboolean do_check(struct work *work, GError **error)
{
    g_autofree char *id = pick_id(work);
    const char *const parameters[] = {id};
    struct db_reply *reply = run(work, WORK_CHECK, 1, parameters, error);
    if (reply && db_reply_rows(reply) > 0)
        judge(work, db_reply_text(reply, 0, 0), db_reply_text(reply, 0, 1));
    db_reply_free(reply);
    return reply != NULL;
}

/* What this transaction wrote must read the same; here NULL is wrong too. */
static gboolean read_back(struct work *work, const char *id, const char *want, GError **error)
{
    const char *const parameters[] = {id};
    struct db_reply *reply = run(work, WORK_READ, 1, parameters, error);
    if (reply && (db_reply_rows(reply) != 1 || g_strcmp0(db_reply_text(reply, 0, 0), want) != 0))
        work->tally->mismatches++;
    db_reply_free(reply);
    return reply != NULL;
}

static gboolean do_rename(struct work *work, GError **error)
{
    g_autofree char *id = pick_id(work), *name = make_name(work);
    const char *const parameters[] = {id, name};
    if (!begin(work, error))
        return FALSE;
    gint64 rows = change(work, WORK_RENAME, 2, parameters, error);
    if (rows < 0)
        return FALSE;
    if (rows > 0 && (change(work, WORK_SHADOW_RENAME, 2, parameters, error) < 0 ||
                     !read_back(work, id, name, error)))
        return FALSE;
    return commit(work, error);
}

static gboolean do_insert(struct work *work, GError **error)
{
    g_autofree char *name = make_name(work);
    g_autofree char *email =
        g_strdup_printf("%c%" G_GINT64_MODIFIER "x@example.org", work->tag, work->counter++);
    const char *const parameters[] = {email, name, PICK(cities)};
    if (!begin(work, error))
        return FALSE;
    struct db_reply *reply = run(work, WORK_INSERT, 3, parameters, error);
    if (!reply)
        return FALSE;
    work->highest = MAX(work->highest, db_reply_int(reply, 0, 0));
    g_autofree char *id = g_strdup(db_reply_text(reply, 0, 0));
    db_reply_free(reply);
    const char *const shadow[] = {id, name};
    return change(work, WORK_SHADOW_INSERT, 2, shadow, error) >= 0 &&
           read_back(work, id, name, error) && commit(work, error);
}

static gboolean do_touch(struct work *work, GError **error)
{
    g_autofree char *id = pick_id(work);
    const char *const parameters[] = {id, PICK(cities)};
    return change(work, WORK_TOUCH, 2, parameters, error) >= 0;
}

static gboolean do_delete(struct work *work, GError **error)
{
    g_autofree char *id = pick_id(work);
    const char *const parameters[] = {id};
    return begin(work, error) && change(work, WORK_DELETE, 1, parameters, error) >= 0 &&
           change(work, WORK_SHADOW_DELETE, 1, parameters, error) >= 0 && commit(work, error);
}

static gboolean do_operation(struct work *work, gboolean (*operation)(struct work *, GError **))
{
    g_autoptr(GError) error = NULL;
    work->tally->operations++;
    if (operation(work, &error))
        return TRUE;
    tally_error(work->tally, error);
    if (!db_conn_is_open(work->conn))
        return FALSE;
    if (change(work, WORK_ROLLBACK, 0, NULL, NULL) < 0)
        return FALSE;
    return TRUE;
}

static gboolean do_buggy(struct work *work, GError **error)
{
    g_autofree char *id = pick_id(work);
    const char *const parameters[] = {id};
    return change(work, WORK_BUGGY, 1, parameters, error) >= 0;
}

gboolean work_begin(struct work *work, struct db_conn *conn)
{
    work->conn = conn;
    struct db_reply *reply = run(work, WORK_RANGE, 0, NULL, NULL);
    if (reply)
        work->highest = MAX(work->highest, db_reply_int(reply, 0, 0));
    db_reply_free(reply);
    return db_conn_is_open(conn);
}

gboolean work_mixed(struct work *work)
{
    static const struct {
        int weight; /* of 100 */
        gboolean (*operation)(struct work *, GError **);
    } mix[] = {
        {43, do_read},  {2, do_list},   {5, do_check},  {22, do_rename},
        {11, do_touch}, {9, do_insert}, {8, do_delete},
    };
    int ticket = g_random_int_range(0, 100);
    guint i = 0;
    if (work->buggy && ticket % 5 == 0)
        return do_operation(work, do_buggy);
    while (ticket >= mix[i].weight)
        ticket -= mix[i++].weight;
    return do_operation(work, mix[i].operation);
}

gboolean work_nightly(struct work *work)
{
    return do_operation(work, do_read) && do_operation(work, do_rename);
}
