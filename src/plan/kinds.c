/* The step kinds: which keys each has and how they are read. */
#include "config.h"
#include "plan/kinds-private.h"

#include <string.h>

#include "pgrollout/base/units.h"

#define BATCH(member) G_STRUCT_OFFSET(struct plan_batch, member)

static void read_transaction(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    if (strcmp(text, "none") == 0)
        *(gboolean *)slot = TRUE;
    else
        report_error(&reader->report, value->at,
                     "\"none\" is expected here: without the key the step has its own transaction");
}

static void read_by(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    *(gboolean *)slot = strcmp(text, "approver") == 0;
    if (strcmp(text, "approver") != 0 && strcmp(text, "operator") != 0)
        report_error(&reader->report, value->at, "operator or approver is expected here");
}

static void read_each(struct reader *reader, const struct node *value, gpointer slot)
{
    read_texts(reader, value, slot);
    if (value->type != NODE_SEQUENCE)
        return;
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    for (guint i = 0; i < reader->plan->applications->len; i++) {
        const struct plan_application *application = reader->plan->applications->pdata[i];
        g_ptr_array_add(known, application->name);
    }
    for (guint i = 0; i < value->items->len; i++) {
        const struct node *item = g_ptr_array_index(value->items, i);
        if (item->type != NODE_SCALAR || reader->applications_unsure ||
            g_ptr_array_find_with_equal_func(known, item->text, g_str_equal, NULL))
            continue;
        if (known->len == 0)
            report_error(&reader->report, item->at,
                         "\"each\" names an application, and the plan has no \"applications\"");
        else
            unknown_report(&reader->report, item, "application", known);
    }
}

static void set_read(struct reader *reader, const struct node *key, const struct node *value,
                     field_read *read, GPtrArray *set)
{
    char *column = NULL, *expression = NULL;
    read_identifier(reader, key, &column);
    read(reader, value, &expression);
    if (!column || !expression) {
        g_free(column);
        g_free(expression);
        return;
    }
    plan_set_add(set, column, expression, value->at);
}

/* `read`: of the values, expressions or names. */
static void pairs_of_set_read(struct reader *reader, const struct node *value, const char *message,
                              field_read *read, GPtrArray *set)
{
    struct node pairs;
    if (!pairs_read(reader, value, message, &pairs))
        return;
    commas_mend(reader, &pairs);
    for (guint i = 0; i < pairs.items->len; i++)
        if (key_counts(g_ptr_array_index(pairs.keys, i)))
            set_read(reader, g_ptr_array_index(pairs.keys, i), g_ptr_array_index(pairs.items, i),
                     read, set);
    pairs_clear(&pairs);
}

static void read_set(struct reader *reader, const struct node *value, gpointer slot)
{
    pairs_of_set_read(reader, value, "\"set\" must be a mapping of target columns to expressions",
                      read_text, ((struct plan_step *)slot)->set);
}

void read_columns(struct reader *reader, const struct node *value, gpointer slot)
{
    pairs_of_set_read(reader, value, "\"columns\" must be a mapping of column names", read_text,
                      ((struct plan_step *)slot)->set);
}

/* Both ways, so a column and no expression. */
static void read_synced_columns(struct reader *reader, const struct node *value, gpointer slot)
{
    pairs_of_set_read(
        reader, value,
        "\"columns\" must be a mapping of columns of the other table to columns of this",
        read_identifier, ((struct plan_step *)slot)->set);
}

void read_key(struct reader *reader, const struct node *value, gpointer slot)
{
    pairs_of_set_read(reader, value,
                      "\"key\" must be a mapping of columns of the other table to columns of this",
                      read_identifier, ((struct plan_step *)slot)->key);
}

void read_into(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_step *step = slot;
    table_read(reader, value, &step->into_schema, &step->into);
}

void read_adopt(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    if (strcmp(text, "adopt") == 0)
        *(gboolean *)slot = TRUE;
    else
        report_error(&reader->report, value->at,
                     "\"adopt\" is expected here: without the key what exists is an error");
}

void read_names(struct reader *reader, const struct node *value, gpointer slot)
{
    char **names = NULL;
    if (value->type == NODE_SCALAR) {
        char *name = NULL;
        read_identifier(reader, value, &name);
        names = name ? g_new0(char *, 2) : NULL;
        if (names)
            names[0] = name;
    } else {
        read_texts(reader, value, &names);
    }
    if (!names)
        return;
    g_strfreev(*(char ***)slot);
    *(char ***)slot = names;
}

static void read_where_read(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    *(gboolean *)slot = strcmp(text, "replica") == 0;
    if (strcmp(text, "replica") != 0 && strcmp(text, "primary") != 0)
        report_error(&reader->report, value->at, "primary or replica is expected here");
}

/* Which row of the one table makes a row of the other. */
static void read_rows_made(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    *(gboolean *)slot = strcmp(text, "both") == 0;
    if (strcmp(text, "both") != 0 && strcmp(text, "filled") != 0)
        report_error(&reader->report, value->at, "filled or both is expected here");
}

static void read_workers(struct reader *reader, const struct node *value, gpointer slot)
{
    GError *error = NULL;
    gint64 count = 1;
    const char *text = scalar_text(reader, value);
    if (text && !count_parse(text, 1, 16, &count, &error))
        report_taken(reader, value, error);
    else
        *(int *)slot = (int)count;
}

static void read_quarantine(struct reader *reader, const struct node *value, gpointer slot)
{
    GError *error = NULL;
    gint64 count = 0;
    const char *text = scalar_text(reader, value);
    if (text && !count_parse(text, 0, 100000, &count, &error))
        report_taken(reader, value, error);
    else if (text)
        *(int *)slot = (int)count;
}

/* "replicas_caught_up: all" */
static void read_all(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (text && strcmp(text, "all") == 0)
        *(char **)slot = g_strdup(text);
    else if (text)
        report_error(&reader->report, value->at,
                     "all is expected here, or a mapping with \"except\"");
}

static void read_batch(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_batch *batch = slot;
    fields_read(reader, value, batch_fields, "batch", batch);
    gboolean limits = batch->min && batch->max; /* 0: could not be read */
    if (limits && batch->min > batch->max)
        report_error(&reader->report, value->at, "batch min %d is above max %d", batch->min,
                     batch->max);
    else if (limits && batch->start && (batch->start < batch->min || batch->start > batch->max))
        report_error(&reader->report, value->at, "batch start %d is not between min %d and max %d",
                     batch->start, batch->min, batch->max);
}

static void read_rest(struct reader *reader, const struct node *value, gpointer slot)
{
    read_number(reader, value, slot);
    if (*(double *)slot > 1000)
        report_error(&reader->report, value->at, "rest is at most 1000 times the batch's own time");
}

const struct field no_fields[] = {END};
const struct field column_fields[] = {TABLE, NAME("column", col), END};
const struct field drop_sync_fields[] = {
    TABLE,
    {"old", read_identifier, STEP(old), 0, 0},
    {"new", read_identifier, STEP(new), 0, 0},
    {"into", read_into, 0, 0, 0},
    END,
};
const struct field add_column_fields[] = {
    TABLE,
    NAME("column", col),
    TEXT_AT("type", type, FIELD_REQUIRED),
    {"default", read_text, STEP(def), FIELD_PLACED, STEP(at_def)},
    {"existing", read_adopt, STEP(adopt), 0, 0},
    END,
};
const struct field sync_fields[] = {
    TABLE,
    {"old", read_identifier, STEP(old), 0, 0},
    {"new", read_identifier, STEP(new), 0, 0},
    TEXT_AT("up", up, 0),
    TEXT_AT("down", down, 0),
    {"into", read_into, 0, 0, 0},
    {"key", read_key, 0, 0, 0},
    {"columns", read_synced_columns, 0, 0, 0},
    {"rows", read_rows_made, STEP(rows_both), 0, 0},
    END,
};
const struct field batch_fields[] = {
    {"start", read_rows, BATCH(start), 0, 0},
    {"min", read_rows, BATCH(min), 0, 0},
    {"max", read_rows, BATCH(max), 0, 0},
    {"target", read_duration, BATCH(target_us), 0, 0},
    END,
};
const struct field backfill_fields[] = {
    TABLE,
    {"set", read_set, 0, 0, 0},
    TEXT_AT("where", where, 0),
    {"batch", read_batch, STEP(batch), 0, 0},
    {"rest", read_rest, STEP(rest), 0, 0},
    {"rate", read_rate, STEP(rate), 0, 0},
    {"into", read_into, 0, 0, 0},
    {"columns", read_columns, 0, 0, 0},
    {"statement", read_text, STEP(sql), FIELD_PLACED, STEP(at_sql)},
    {"workers", read_workers, STEP(workers), 0, 0},
    {"quarantine", read_quarantine, STEP(quarantine), 0, 0},
    END,
};
const struct field check_mapping_fields[] = {
    {"query", read_text, STEP(sql), FIELD_REQUIRED | FIELD_PLACED, STEP(at_sql)},
    {"expect", read_value, STEP(expect), 0, 0},
    {"wait", read_duration, STEP(wait_us), 0, 0},
    {"for", read_duration, STEP(for_us), 0, 0},
    END,
};

/* keys that stand beside the kind */
const struct field sql_fields[] = {
    TEXT_AT("undo", undo, 0),
    {"irreversible", read_boolean, STEP(irreversible), 0, 0},
    {"transaction", read_transaction, STEP(no_transaction), 0, 0},
    END,
};
const struct field check_fields[] = {
    {"expect", read_value, STEP(expect), 0, 0},
    {"wait", read_duration, STEP(wait_us), 0, 0},
    {"for", read_duration, STEP(for_us), 0, 0},
    END,
};
const struct field confirm_fields[] = {
    {"each", read_each, STEP(each), 0, 0},
    {"by", read_by, STEP(by_approver), 0, 0},
    END,
};
const struct field verify_fields[] = {
    {"on", read_where_read, STEP(on_replica), 0, 0},
    {"repair", read_boolean, STEP(repair), 0, 0},
    END,
};

const struct kind kinds[KIND_COUNT] = {
    [KIND_SQL] = {NULL, read_text, STEP(sql), STEP(at_sql), sql_fields},
    [KIND_ADD_COLUMN] = {add_column_fields, NULL, 0, 0, no_fields},
    [KIND_SYNC] = {sync_fields, NULL, 0, 0, no_fields},
    [KIND_DROP_SYNC] = {drop_sync_fields, NULL, 0, 0, no_fields},
    [KIND_BACKFILL] = {backfill_fields, NULL, 0, 0, no_fields},
    [KIND_VERIFY] = {NULL, read_text, STEP(of), STEP(at_of), verify_fields},
    [KIND_NOT_NULL] = {column_fields, NULL, 0, 0, no_fields},
    [KIND_ANALYZE] = {NULL, read_table, 0, STEP(at_table), no_fields},
    [KIND_CHECK] = {check_mapping_fields, read_text, STEP(sql), STEP(at_sql), check_fields},
    [KIND_CONFIRM] = {NULL, read_text, STEP(text), STEP(at_sql), confirm_fields},
    [KIND_DROP_COLUMN] = {column_fields, NULL, 0, 0, no_fields},
    [KIND_ADD_TABLE] = {add_table_fields, NULL, 0, 0, no_fields},
    [KIND_INDEX] = {index_fields, NULL, 0, 0, no_fields},
    [KIND_CONSTRAINT] = {constraint_fields, NULL, 0, 0, no_fields},
    [KIND_DROP_NOT_NULL] = {column_fields, NULL, 0, 0, no_fields},
    [KIND_NO_SESSIONS] = {no_sessions_fields, NULL, 0, 0, no_fields},
    [KIND_UNUSED] = {unused_fields, NULL, 0, 0, no_fields},
    [KIND_SOAK] = {soak_fields, read_duration, STEP(for_us), STEP(at_sql), no_fields},
    [KIND_REPLICAS_CAUGHT_UP] = {replicas_fields, read_all, STEP(text), STEP(at_sql), no_fields},
    [KIND_BROWN_OUT] = {brown_out_fields, NULL, 0, 0, no_fields},
    [KIND_DROP_TABLE] = {drop_table_fields, NULL, 0, 0, no_fields},
    [KIND_DROP_INDEX] = {object_fields, NULL, 0, 0, no_fields},
    [KIND_DROP_CONSTRAINT] = {object_fields, NULL, 0, 0, no_fields},
    [KIND_ADD_VIEW] = {object_fields, NULL, 0, 0, no_fields},
    [KIND_RENAME_TABLE] = {rename_table_fields, NULL, 0, 0, no_fields},
};
