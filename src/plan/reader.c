/* Plan files: the top of the file, its defaults, and the file itself. */
#include "config.h"
#include "plan/fields-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgrollout/base/error.h"

#define PLAN(member) G_STRUCT_OFFSET(struct plan, member)
#define FILE_MAX (1024 * 1024)

static void read_version(struct reader *reader, const struct node *value, gpointer slot)
{
    (void)slot;
    const char *text = scalar_text(reader, value);
    if (text && strcmp(text, "1") != 0)
        report_error(&reader->report, value->at, "this version reads plan files of format 1 only");
}

static void read_migration(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    if (name_is_valid(text, "-")) {
        *(char **)slot = g_strdup(text);
        return;
    }
    g_autofree char *shown = report_clip(text);
    report_error(&reader->report, value->at,
                 "\"%s\" is not a name for a migration: [a-z0-9][a-z0-9-]*, at most 63", shown);
}

static void read_user_triggers(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    *(gboolean *)slot = strcmp(text, "fire") == 0;
    if (strcmp(text, "fire") != 0 && strcmp(text, "refuse") != 0)
        report_error(&reader->report, value->at, "refuse or fire is expected here");
}

static void read_later(struct reader *reader, const struct node *value, gpointer slot)
{
    (void)reader;
    *(const struct node **)slot = value;
}

static void read_phases(struct reader *reader, const struct node *value, gpointer slot)
{
    (void)slot;
    read_later(reader, value, &reader->phases);
}

static void read_guards(struct reader *reader, const struct node *value, gpointer slot)
{
    (void)slot;
    read_later(reader, value, &reader->guards);
}

const struct field plan_fields[] = {
    {"pgrollout", read_version, 0, FIELD_REQUIRED, 0},
    {"migration", read_migration, PLAN(name), FIELD_REQUIRED, 0},
    {"title", read_line, PLAN(title), 0, 0},
    {"owner", read_line, PLAN(owner), 0, 0},
    {"contact", read_line, PLAN(contact), 0, 0},
    {"ticket", read_line, PLAN(ticket), 0, 0},
    {"schema", read_identifier, PLAN(schema), 0, 0},
    {"role", read_identifier, PLAN(role), 0, 0},
    {"user_triggers", read_user_triggers, PLAN(user_triggers_fire), 0, 0},
    {"two_person", read_boolean, PLAN(two_person), 0, 0},
    {"applications", applications_read, 0, 0, 0},
    {"phases", read_phases, 0, FIELD_REQUIRED, 0},
    {"guards", read_guards, 0, 0, 0},
    {NULL, NULL, 0, 0, 0},
};

/* Gives the step KIND, KIND-2, KIND-3 …, underscores as dashes, whichever is still free. `last` is
 * the number that the kind's last step got. */
static void step_name_make(struct plan_step *step, GHashTable *taken, guint *last)
{
    g_autofree char *base = g_strdelimit(g_strdup(plan_kind_name(step->kind)), "_", '-');
    do {
        g_free(step->name);
        ++*last;
        step->name = *last == 1 ? g_strdup(base) : g_strdup_printf("%s-%u", base, *last);
    } while (g_hash_table_contains(taken, step->name));
    g_hash_table_add(taken, step->name);
}

static void names_complete(struct plan *plan)
{
    guint last[KIND_COUNT] = {0};
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < plan->steps->len; i++) {
        struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step->name)
            g_hash_table_add(taken, step->name);
    }
    for (guint i = 0; i < plan->steps->len; i++) {
        struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (!step->name && step->kind != KIND_CHECK && step->kind != KIND_CONFIRM)
            step_name_make(step, taken, &last[step->kind]);
    }
}

/* The name in double quotes, as SQL takes it. */
char *identifier_quote(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "\"", -1);
    g_autofree char *inside = g_strjoinv("\"\"", parts);
    return g_strdup_printf("\"%s\"", inside);
}

/* TABLE_COLUMN_…_idx as PostgreSQL makes it, of what is a plain name, at most 63 bytes. */
static char *index_name_make(const struct plan_step *step)
{
    GString *name = g_string_new(step->table);
    for (char **column = step->columns; *column; column++) {
        /* behind a column there may be an order, a collation, an operator class */
        gsize length = strspn(*column, "abcdefghijklmnopqrstuvwxyz0123456789_");
        gboolean plain = (*column)[length] == '\0' ||
                         (length > 0 && (*column)[length] == ' ' && !strchr(*column, '('));
        if (plain)
            g_string_append_printf(name, "_%.*s", (int)length, *column);
        else
            g_string_append(name, "_expr");
    }
    const char *tail = step->unique ? "_key" : "_idx";
    glong room = 63 - (glong)strlen(tail);
    while (name->len > (gsize)room) /* whole characters */
        g_string_truncate(
            name, (gsize)(g_utf8_find_prev_char(name->str, name->str + name->len) - name->str));
    g_string_append(name, tail);
    return g_string_free(name, FALSE);
}

static void step_complete(const struct plan *plan, struct plan_step *step)
{
    if (step->table && !step->schema)
        step->schema = g_strdup(plan->schema);
    if (step->into && !step->into_schema)
        step->into_schema = g_strdup(plan->schema);
    if (step->kind == KIND_DROP_COLUMN || step->kind == KIND_DROP_TABLE)
        step->irreversible = TRUE;
    if (step->kind == KIND_INDEX && !step->object && step->table && step->columns)
        step->object = index_name_make(step);
    if (step->kind == KIND_SYNC && !step->up && step->old)
        step->up = identifier_quote(step->old);
    if (step->kind == KIND_SYNC && !step->down && step->new)
        step->down = identifier_quote(step->new);
    if (step->kind == KIND_BACKFILL && !step->where && !step->into && step->set->len > 0) {
        const struct plan_set *first = g_ptr_array_index(step->set, 0);
        g_autofree char *target = identifier_quote(first->column);
        step->where = g_strdup_printf("%s IS NULL", target);
    }
}

/* Verify speaks of its backfill's table. */
static void verify_complete(const struct plan *plan, struct plan_step *step)
{
    const struct plan_step *of = step->of ? plan_step_find(plan, step->of) : NULL;
    if (!of || of->kind != KIND_BACKFILL)
        return;
    step->schema = g_strdup(of->schema);
    step->table = g_strdup(of->table);
    step->into_schema = g_strdup(of->into_schema);
    step->into = g_strdup(of->into);
}

static void plan_complete(struct plan *plan)
{
    if (!plan->schema)
        plan->schema = g_strdup("public");
    if (!plan->title)
        plan->title = g_strdup(plan->name);
    names_complete(plan);
    for (guint i = 0; i < plan->steps->len; i++)
        step_complete(plan, g_ptr_array_index(plan->steps, i));
    for (guint i = 0; i < plan->steps->len; i++) {
        struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (step->kind == KIND_VERIFY)
            verify_complete(plan, step);
    }
}

static void root_read(struct reader *reader, const struct node *root)
{
    const struct node *applications = node_find(root, "applications");
    if (root->type == NODE_SCALAR) {
        report_error(&reader->report, root->at,
                     "this is no plan: a plan is a mapping that begins with \"pgrollout: 1\"");
        return;
    }
    reader->applications_unsure = root->open && (!applications || applications->open);
    fields_read(reader, root, plan_fields, "a plan", reader->plan);
    if (root->type != NODE_MAPPING)
        return;
    if (reader->phases)
        steps_read(reader, reader->phases);
    guards_read(reader, reader->guards);
    if (root->open && (!reader->phases || reader->phases->open ||
                       reader->phases->type == NODE_BROKEN)) /* more steps may follow */
        reader->plan->unsure = ~0U;
    plan_complete(reader->plan);
    plan_check(reader);
}

static gint finding_compare(gconstpointer a, gconstpointer b)
{
    const struct plan_finding *x = *(struct plan_finding *const *)a;
    const struct plan_finding *y = *(struct plan_finding *const *)b;
    return x->line != y->line ? (x->line > y->line) - (x->line < y->line)
                              : (x->column > y->column) - (x->column < y->column);
}

/* FALSE: there is nothing to look at. */
static gboolean text_read(struct reader *reader, const char *text, gsize length)
{
    struct node *root = node_parse(&reader->report, text, length);
    gboolean readable = root && root->type == NODE_MAPPING;
    if (root)
        root_read(reader, root);
    node_free(root);
    return readable;
}

struct plan *plan_parse_draft(const char *text, gsize length, const char *file, GPtrArray *findings,
                              gboolean *wrong)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    struct reader reader = {.report = {.file = file, .findings = found}, .plan = plan_new()};
    gboolean root = FALSE;
    if (length > FILE_MAX)
        report_error(&reader.report, (struct plan_place){1, 1},
                     "the file is larger than 1 MiB: that is no plan");
    else
        root = text_read(&reader, text, length);
    g_ptr_array_sort(found, finding_compare);
    for (guint i = 0; i < found->len; i++)
        g_ptr_array_add(findings, found->pdata[i]);
    *wrong = reader.report.errors > 0;
    if (!root) {
        plan_free(reader.plan);
        return NULL;
    }
    reader.plan->text = g_strndup(text, length);
    reader.plan->sha256 =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);
    return reader.plan;
}

struct plan *plan_parse(const char *text, gsize length, const char *file, GPtrArray *findings)
{
    gboolean wrong;
    struct plan *plan = plan_parse_draft(text, length, file, findings, &wrong);
    if (wrong)
        g_clear_pointer(&plan, plan_free);
    return plan;
}

static gboolean file_fail(const char *path, int number, GError **error)
{
    return rollout_fail(error, ROLLOUT_ERROR_USAGE, "cannot read \"%s\": %s", path,
                        g_strerror(number));
}

/* Reads at most one byte more than a plan may have, so that a file that grows is seen. */
static gboolean file_load(int fd, const char *path, GByteArray *into, GError **error)
{
    guint8 buffer[16384];
    while (into->len <= FILE_MAX) {
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got == 0)
            return TRUE;
        if (got < 0 && errno != EINTR)
            return file_fail(path, errno, error);
        if (got > 0)
            g_byte_array_append(into, buffer, (guint)got);
    }
    return TRUE;
}

/* Opens without waiting (a FIFO would) and looks at what was opened, not at the name. */
static int file_open(const char *path, GError **error)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        file_fail(path, errno, error);
        return -1;
    }
    if (fstat(fd, &st) != 0)
        file_fail(path, errno, error);
    else if (S_ISDIR(st.st_mode))
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is a directory", path);
    else if (!S_ISREG(st.st_mode))
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "\"%s\" is not a regular file", path);
    else if (st.st_size > FILE_MAX)
        rollout_fail(error, ROLLOUT_ERROR_PLAN, "\"%s\" is larger than 1 MiB: that is no plan",
                     path);
    else
        return fd;
    close(fd);
    return -1;
}

GByteArray *plan_file_read(const char *path, GError **error)
{
    int fd = file_open(path, error);
    if (fd < 0)
        return NULL;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    gboolean loaded = file_load(fd, path, bytes, error);
    close(fd);
    g_byte_array_append(bytes, (const guint8 *)"", 1);
    g_byte_array_set_size(bytes, bytes->len - 1);
    return loaded ? g_steal_pointer(&bytes) : NULL;
}

struct plan *plan_read(const char *path, GPtrArray *findings, GError **error)
{
    g_autoptr(GByteArray) bytes = plan_file_read(path, error);
    return bytes ? plan_parse((const char *)bytes->data, bytes->len, path, findings) : NULL;
}
