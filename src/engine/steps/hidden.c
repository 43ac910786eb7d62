/* What a brown_out has renamed: the names that later steps find, and sync triggers for them. */
#include "config.h"
#include "step-private.h"

#include <string.h>

#include "pgrollout/pg/conn.h"

#define SUFFIX "_pgrollout_hidden"
#define NAME_MAX_BYTES 63
#define HASH_CHARS 8

char *step_hidden_name(const char *name)
{
    if (strlen(name) + strlen(SUFFIX) <= NAME_MAX_BYTES)
        return g_strconcat(name, SUFFIX, NULL);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
    gsize room = NAME_MAX_BYTES - strlen(SUFFIX) - HASH_CHARS - 1;
    const char *end = g_utf8_find_prev_char(name, name + room + 1);
    return g_strdup_printf("%.*s_%.*s%s", (int)(end ? end - name : 0), name, HASH_CHARS, hash,
                           SUFFIX);
}

/* A brown_out of the step's table (col NULL) or of a column of it stands before the step. */
static gboolean is_hidden(const struct plan *plan, const struct plan_step *step, const char *col)
{
    for (guint i = 0; plan && step->table && i < plan->steps->len; i++) {
        const struct plan_step *other = g_ptr_array_index(plan->steps, i);
        if (other == step)
            break;
        if (other->kind == KIND_BROWN_OUT && strcmp(other->schema, step->schema) == 0 &&
            strcmp(other->table, step->table) == 0 && g_strcmp0(other->col, col) == 0)
            return TRUE;
    }
    return FALSE;
}

char *step_table_now(const struct plan *plan, const struct plan_step *step)
{
    g_autofree char *hidden =
        is_hidden(plan, step, NULL) ? step_hidden_name(step->table) : g_strdup(step->table);
    return db_qualified(step->schema, hidden);
}

char *step_column_now(const struct plan *plan, const struct plan_step *step)
{
    return is_hidden(plan, step, step->col) ? step_hidden_name(step->col) : g_strdup(step->col);
}

/* NEW.name and OLD.name, as they stand in the trigger and its function, of another name. */
static char *rename_column(const char *sql, const char *column, const char *renamed)
{
    g_autofree char *quoted = g_strdup_printf("\"%s\"", column);
    g_autofree char *plain = g_regex_escape_string(column, -1);
    g_autofree char *in_quotes = g_regex_escape_string(quoted, -1);
    g_autofree char *ident = db_ident(renamed);
    g_autofree char *pattern = g_strdup_printf(
        "\\b(NEW|OLD)\\.(%s|%s(?![A-Za-z0-9_$\\x80-\\x{10FFFF}]))", in_quotes, plain);
    g_auto(GStrv) parts = g_strsplit(ident, "\\", -1);
    g_autofree char *escaped = g_strjoinv("\\\\", parts);
    g_autofree char *with = g_strdup_printf("\\1.%s", escaped);
    g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
    char *out = regex ? g_regex_replace(regex, sql, -1, 0, with, 0, NULL) : NULL;
    return out ? out : g_strdup(sql);
}

GPtrArray *step_live_syncs(const struct plan *plan, const struct plan_step *step, gboolean across)
{
    GPtrArray *syncs = g_ptr_array_new();
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *sync = g_ptr_array_index(plan->steps, i);
        if (sync == step)
            break;
        if (sync->kind == KIND_SYNC && (sync->into != NULL) == across &&
            step_sync_touches(sync, step, NULL) && !step_sync_is_gone(plan, step, sync))
            g_ptr_array_add(syncs, (gpointer)sync);
    }
    return syncs;
}

/* The column of a sync that is another one after a rename is named as it is then, in the trigger. */
char *step_sync_renamed_sql(const struct plan *plan, const struct plan_step *sync,
                            const char *column, const char *renamed)
{
    g_autofree char *create = step_sync_create_sql(plan, sync);
    return rename_column(create, column, renamed);
}
