/* A script as a list of statements: where each stands, in which transaction, under which time
 * limits, and whether its table is one that the script has made itself. */
#include "config.h"
#include "lint/statement-private.h"

#include <pg_query.h>
#include <string.h>

#include "lint/text-private.h"
#include "pgrollout/base/error.h"

/* psql's own lines ("\set ON_ERROR_STOP on") become blanks, so that places stay what they are. Only
 * what is no statement: \i, \copy and \gexec run what cannot be seen here, and stay a mistake. */
static char *meta_blanked(const char *text, gsize length)
{
    static const char *const harmless[] = {"\\set", "\\timing", "\\echo", "\\pset",     "\\unset",
                                           "\\x",   "\\o",      "\\t",    "\\encoding", "\\qecho"};
    char *copy = g_strndup(text, length);
    gboolean line_start = TRUE;
    for (gsize at = 0, end; at < length; at = end) {
        enum text_piece piece = text_piece(copy, length, at, &end);
        if (line_start && piece == TEXT_OTHER && copy[at] == '\\')
            for (gsize i = 0; i < G_N_ELEMENTS(harmless); i++) {
                gsize size = strlen(harmless[i]);
                if (strncmp(copy + at, harmless[i], size) != 0 || g_ascii_isalpha(copy[at + size]))
                    continue;
                const char *stop = memchr(copy + at, '\n', length - at);
                end = stop ? (gsize)(stop - copy) : length;
                memset(copy + at, ' ', end - at);
                break;
            }
        if (piece != TEXT_BLANK)
            line_start = FALSE;
        if (memchr(copy + at, '\n', end - at))
            line_start = TRUE;
    }
    return copy;
}

#define SCRIPT_STATEMENTS_MAX 2000 /* rules look back: the work grows with the square */

struct splitting {
    const char *text;
    gsize length;
    GPtrArray *statements;
    gsize seen;              /* so far `place` has been counted */
    struct plan_place place; /* of that byte */
};

static struct plan_place place_at(struct splitting *splitting, gsize at)
{
    struct plan_place place = splitting->place;
    for (gsize i = splitting->seen; i < at; i++) {
        if (splitting->text[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (((guchar)splitting->text[i] & 0xC0) != 0x80) {
            place.column++;
        }
    }
    splitting->seen = MAX(splitting->seen, at);
    splitting->place = place;
    return place;
}

static void statement_add(struct splitting *splitting, gsize from, gsize to)
{
    gsize begin = text_begin(splitting->text, to, from);
    if (begin >= to)
        return;
    struct statement *statement = statement_new(splitting->text + begin, to - begin, NULL);
    statement->offset = begin;
    statement->ordinal = (int)splitting->statements->len;
    statement->at = place_at(splitting, begin);
    statement->last = place_at(splitting, to - 1);
    g_ptr_array_add(splitting->statements, statement);
}

static gboolean is_full(const struct splitting *splitting)
{
    return splitting->statements->len >= SCRIPT_STATEMENTS_MAX;
}

/* At each semicolon outside strings, comments and parentheses. */
static void split_roughly(struct splitting *splitting)
{
    gsize from = 0, at = 0, end;
    int depth = 0;
    for (; at < splitting->length && !is_full(splitting); at = end) {
        if (text_piece(splitting->text, splitting->length, at, &end) != TEXT_OTHER)
            continue;
        char c = splitting->text[at];
        depth = c == '(' ? depth + 1 : c == ')' && depth > 0 ? depth - 1 : depth;
        if (c != ';' || depth > 0)
            continue;
        statement_add(splitting, from, at);
        from = end;
    }
    if (!is_full(splitting))
        statement_add(splitting, from, splitting->length);
}

/* The parser knows best where a statement ends, as long as all of them parse. */
static void split(struct splitting *splitting)
{
    PgQuerySplitResult result = pg_query_split_with_parser(splitting->text);
    gsize end = 0;
    for (int i = 0; !result.error && i < result.n_stmts && !is_full(splitting); i++) {
        gsize from = (gsize)result.stmts[i]->stmt_location;
        gsize size = (gsize)result.stmts[i]->stmt_len;
        if (from < end || from > splitting->length)
            continue;
        end = size && size <= splitting->length - from ? from + size : splitting->length;
        statement_add(splitting, from, end);
    }
    if (result.error)
        split_roughly(splitting);
    pg_query_free_split_result(result);
}

/* "2s", "500", "'1 min'": microseconds; STATEMENT_TIME_UNSET when that is no time. */
static gint64 time_parse(const char *text)
{
    static const struct {
        const char *unit;
        gint64 us;
    } units[] = {{"", 1000},          {"us", 1},           {"ms", 1000},        {"s", 1000000},
                 {"min", 60000000LL}, {"h", 3600000000LL}, {"d", 86400000000LL}};
    char *end;
    double value = g_ascii_strtod(text, &end);
    while (g_ascii_isspace(*end))
        end++;
    for (gsize i = 0; end != text && i < G_N_ELEMENTS(units); i++)
        if (strcmp(end, units[i].unit) == 0 && value >= 0 && value < 1e9)
            return (gint64)(value * (double)units[i].us);
    return STATEMENT_TIME_UNSET;
}

static gint64 set_value(JsonObject *fields)
{
    JsonObject *constant;
    JsonArray *arguments = tree_array(fields, "args");
    if (!arguments || json_array_get_length(arguments) != 1 ||
        g_strcmp0(tree_type(json_array_get_element(arguments, 0), &constant), "A_Const") != 0)
        return STATEMENT_TIME_UNSET;
    JsonObject *number = tree_object(constant, "ival");
    if (number)
        return json_object_get_int_member_with_default(number, "ival", 0) * 1000;
    return time_parse(tree_text(tree_object(constant, "sval"), "sval"));
}

enum { LOCK_TIMEOUT, STATEMENT_TIMEOUT, TIMEOUTS };

/* What holds at one point of the script. */
struct state {
    int blocks, block;
    gint64 session[TIMEOUTS], local[TIMEOUTS];
    GPtrArray *made; /* char *: tables of the script itself */
};

static void block_end(struct state *state)
{
    state->block = 0;
    for (int i = 0; i < TIMEOUTS; i++)
        state->local[i] = state->session[i];
}

static void state_transaction(struct state *state, const char *kind)
{
    if (strcmp(kind, "TRANS_STMT_BEGIN") == 0 || strcmp(kind, "TRANS_STMT_START") == 0)
        state->block = state->block ? state->block : ++state->blocks;
    else if (strcmp(kind, "TRANS_STMT_COMMIT") == 0 || strcmp(kind, "TRANS_STMT_ROLLBACK") == 0 ||
             strcmp(kind, "TRANS_STMT_PREPARE") == 0)
        block_end(state);
}

static void state_set(struct state *state, JsonObject *fields)
{
    static const char *const names[TIMEOUTS] = {"lock_timeout", "statement_timeout"};
    gboolean all = strcmp(tree_text(fields, "kind"), "VAR_RESET_ALL") == 0;
    for (int i = 0; i < TIMEOUTS; i++) {
        if (!all && strcmp(tree_text(fields, "name"), names[i]) != 0)
            continue;
        state->local[i] = set_value(fields);
        if (!tree_flag(fields, "is_local"))
            state->session[i] = state->local[i];
        else if (!state->block) /* SET LOCAL outside a transaction does nothing */
            state->local[i] = state->session[i];
    }
}

static gboolean is_made(const struct state *state, const char *table)
{
    for (guint i = 0; table && i < state->made->len; i++)
        if (statement_same(state->made->pdata[i], table))
            return TRUE;
    return FALSE;
}

struct parents {
    const struct state *state;
    const char *table; /* its own: it may refer to itself */
    gboolean others;   /* one of them is somebody else's */
};

static void parent_see(const char *name, JsonNode *value, gpointer data)
{
    struct parents *parents = data;
    g_autofree char *parent = NULL;
    if ((strcmp(name, "pktable") == 0 || strcmp(name, "RangeVar") == 0) &&
        JSON_NODE_HOLDS_OBJECT(value))
        parent = statement_relation(json_node_get_object(value));
    if (parent && !statement_same(parent, parents->table) && !is_made(parents->state, parent))
        parents->others = TRUE;
}

/* A new table locks those that it refers to, or is a part of: nobody's, when they are new too. */
static gboolean is_among_new(const struct state *state, const struct statement *statement)
{
    struct parents parents = {state, statement->table, FALSE};
    if (!statement_is(statement, "CreateStmt"))
        return FALSE;
    tree_walk(json_parser_get_root(statement->tree.parser), parent_see, &parents);
    return !parents.others;
}

static void state_make(struct state *state, const struct statement *statement)
{
    JsonObject *fields = statement->tree.fields;
    JsonObject *into = tree_object(fields, "into");
    if (statement_is(statement, "CreateTableAsStmt") && into)
        g_ptr_array_add(state->made, statement_relation(tree_object(into, "rel")));
    else if (statement_is(statement, "CreateStmt") && statement->table)
        g_ptr_array_add(state->made, g_strdup(statement->table));
}

static void state_pass(struct state *state, struct statement *statement)
{
    statement->block = state->block;
    statement->lock_timeout_us = state->local[LOCK_TIMEOUT];
    statement->statement_timeout_us = state->local[STATEMENT_TIMEOUT];
    if (!statement->parsed)
        return;
    statement->on_new = is_made(state, statement->table) || is_among_new(state, statement);
    if (statement_is(statement, "TransactionStmt"))
        state_transaction(state, tree_text(statement->tree.fields, "kind"));
    if (statement_is(statement, "VariableSetStmt"))
        state_set(state, statement->tree.fields);
    state_make(state, statement);
    statement->block = MAX(statement->block, state->block);
}

static void script_directives(struct script *script, const char *text, gsize length)
{
    static const char head[] = "-- pgrollout: phase ";
    for (gsize at = 0, end; at < length; at = end) {
        if (text_piece(text, length, at, &end) != TEXT_COMMENT ||
            strncmp(text + at, head, strlen(head)) != 0)
            continue;
        g_autofree char *word = g_strndup(text + at + strlen(head), end - at - strlen(head));
        script->phase = plan_phase_parse(g_strstrip(word));
    }
}

GPtrArray *script_read(const char *text, gsize length, struct script *script)
{
    g_autofree char *blanked = meta_blanked(text, length);
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *statements = g_ptr_array_new_with_free_func((GDestroyNotify)statement_free);
    struct splitting splitting = {blanked, length, statements, 0, {1, 1}};
    struct state state = {.session = {STATEMENT_TIME_UNSET, STATEMENT_TIME_UNSET},
                          .local = {STATEMENT_TIME_UNSET, STATEMENT_TIME_UNSET},
                          .made = made};
    *script = (struct script){.text = text, .length = length, .phase = PHASE_COUNT};
    script_directives(script, blanked, length);
    split(&splitting);
    script->too_long = statements->len >= SCRIPT_STATEMENTS_MAX;
    for (guint i = 0; i < statements->len; i++) {
        struct statement *statement = g_ptr_array_index(statements, i);
        state_pass(&state, statement);
        if (statement_is(statement, "VariableSetStmt") &&
            strcmp(tree_text(statement->tree.fields, "name"), "search_path") == 0)
            script->pins_schema = TRUE;
    }
    return statements;
}

static char *identifier(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "\"", -1);
    g_autofree char *doubled = g_strjoinv("\"\"", parts);
    return g_strconcat("\"", doubled, "\"", NULL);
}

/* What an add_table step means, for the rules about new tables. */
static char *table_sql(const struct plan_step *step)
{
    g_autofree char *schema = identifier(step->schema), *table = identifier(step->table);
    GString *sql = g_string_new(NULL);
    g_string_printf(sql, "CREATE TABLE %s.%s (", schema, table);
    for (guint i = 0; step->set && i < step->set->len; i++) {
        const struct plan_set *set = g_ptr_array_index(step->set, i);
        g_autofree char *column = identifier(set->column);
        g_string_append_printf(sql, "%s%s %s", i ? ", " : "", column, set->expression);
    }
    for (char **name = step->columns; name && *name; name++) {
        g_autofree char *column = identifier(*name);
        g_string_append_printf(sql, "%s%s", name == step->columns ? ", PRIMARY KEY (" : ", ",
                               column);
    }
    if (step->columns && *step->columns)
        g_string_append_c(sql, ')');
    for (char **constraint = step->constraints; constraint && *constraint; constraint++)
        g_string_append_printf(sql, ", %s", *constraint);
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

/* The statement of a step as the rules see it; NULL: none. */
static char *step_sql(const struct plan_step *step)
{
    if (step->kind == KIND_SQL)
        return g_strdup(step->sql);
    if (step->kind == KIND_ADD_TABLE && step->table && step->schema)
        return table_sql(step);
    return NULL;
}

/* In a plan each sql step runs by itself, and the engine sets the time limits. A table is new only
 * as long as no code has been deployed that knows it. */
GPtrArray *plan_statements(const struct plan *plan)
{
    g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *statements = g_ptr_array_new_with_free_func((GDestroyNotify)statement_free);
    struct state state = {.made = made};
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        g_autofree char *sql = step_sql(step);
        if (!sql)
            continue;
        struct statement *statement = statement_new(sql, strlen(sql), step);
        if (!statement->parsed) { /* the statement rule says why */
            statement_free(statement);
            continue;
        }
        statement->ordinal = (int)i;
        statement->on_new = step->phase == PHASE_EXPAND && is_made(&state, statement->table);
        state_make(&state, statement);
        g_ptr_array_add(statements, statement);
    }
    return statements;
}
