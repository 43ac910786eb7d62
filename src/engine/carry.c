/* What hangs on a column, as lines of a plan. */
#include "config.h"
#include "pgrollout/engine/carry.h"

#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/resource.h"

#define INDENT "    "

/* "A\nB" below a phase. */
static void lines_add(GString *out, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        g_string_append_printf(out, "%s" INDENT "%s", out->len ? "\n" : "", *line);
}

static void value_add(GHashTable *values, const char *name, GString *text)
{
    if (text->len > 0)
        g_hash_table_insert(values, g_strdup(name), g_strdup(text->str));
    g_string_free(text, TRUE);
}

static GHashTable *values_make(const struct db_reply *reply)
{
    GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GString *notes = g_string_new(NULL), *expand = g_string_new(NULL),
            *backfill = g_string_new(NULL), *contract = g_string_new(NULL);
    const struct {
        const char *place;
        GString *into;
    } places[] = {
        {"note", notes}, {"expand", expand}, {"backfill", backfill}, {"contract", contract}};
    for (int row = 0; row < db_reply_rows(reply); row++) {
        const char *place = db_reply_text(reply, row, 0), *text = db_reply_text(reply, row, 1);
        GString *into = NULL;
        for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
            if (strcmp(places[i].place, place) == 0)
                into = places[i].into;
        if (into)
            lines_add(into, text);
        else
            g_hash_table_insert(values, g_strdup(place), g_strdup(text));
    }
    if (notes->len > 0 && backfill->len > 0)
        g_string_append_c(notes, '\n');
    g_string_append(notes, backfill->str);
    g_string_free(backfill, TRUE);
    value_add(values, "carried", notes);
    value_add(values, "carried_expand", expand);
    value_add(values, "carried_contract", contract);
    return values;
}

/* One message: the copy, the look, and back. */
static char *message_make(const struct carry_request *request)
{
    const char *new = request->new ? request->new : "pgrollout_new";
    g_autofree char *table = db_qualified(request->schema, request->table);
    g_autofree char *old = db_ident(request->old), *new_name = db_ident(new);
    g_autofree char *table_text = db_literal(table), *old_text = db_literal(request->old),
                    *new_text = db_literal(new);
    g_autofree char *copy = db_fill(resource_text("engine/sql/carry-copy.sql"), "table", table,
                                    "old", old, "new", new_name, NULL);
    g_autofree char *look =
        db_fill(resource_text("engine/sql/carry.sql"), "table", table_text, "old", old_text, "new",
                new_text, "copy", "'pg_temp.pgrollout_carry'", "same",
                request->same_type ? "true" : "false", NULL);
    return g_strdup_printf("BEGIN; %s %s; ROLLBACK", copy, look);
}

/* What the recipe was given is bad input where the database knows no such thing. Takes nothing. */
static GHashTable *read_fail(const struct carry_request *request, const GError *failure,
                             GError **error)
{
    const char *state = rollout_error_sqlstate(failure);
    gboolean missing = g_strcmp0(state, "42P01") == 0 || g_strcmp0(state, "42703") == 0 ||
                       g_strcmp0(state, "3F000") == 0;
    GError *problem =
        rollout_error_new(missing ? ROLLOUT_ERROR_USAGE : failure->code,
                          "cannot read what hangs on \"%s\": %s", request->old, failure->message);
    rollout_error_set_sqlstate(problem, state);
    if (g_strcmp0(state, "42501") == 0)
        rollout_error_set_hint(problem,
                               "the engine's login may (-U); without -d, -h, -p and -U the "
                               "plan is written without asking a database");
    else if (missing)
        rollout_error_set_hint(problem,
                               "names are taken as they are written, table, column and "
                               "schema each in its key; without -d, -h, -p and -U the plan "
                               "is written without asking a database");
    g_propagate_error(error, problem);
    return NULL;
}

GHashTable *carry_read(struct db_conn *conn, const struct carry_request *request, GError **error)
{
    g_autofree char *message = message_make(request);
    g_autoptr(GError) failure = NULL;
    struct db_reply *reply = db_conn_query_wait(conn, message, 0, NULL, &failure);
    if (!reply && db_conn_is_open(conn))
        db_reply_free(db_conn_query_wait(conn, "ROLLBACK", 0, NULL, NULL));
    if (!reply) {
        return read_fail(request, failure, error);
    }
    GHashTable *values = values_make(reply);
    db_reply_free(reply);
    return values;
}
