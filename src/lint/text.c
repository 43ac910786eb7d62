/* A lexer for what lies between PostgreSQL's tokens: comments, strings, the length of names. */
#include "config.h"
#include "lint/text-private.h"

#include <string.h>

#define NAME_MAX_BYTES 63
#define OPERATOR_RUN_MAX 4096

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || (guchar)c >= 0x80;
}

static gsize block_comment_end(const char *sql, gsize length, gsize at)
{
    int depth = 0;
    for (; at < length; at++) {
        if (at + 1 < length && sql[at] == '/' && sql[at + 1] == '*') {
            depth++;
            at++;
        } else if (at + 1 < length && sql[at] == '*' && sql[at + 1] == '/') {
            at++;
            if (--depth == 0)
                return at + 1;
        }
    }
    return length;
}

/* Behind the closing quote; a doubled one does not close, nor one behind a backslash in E'…'. */
static gsize quoted_end(const char *sql, gsize length, gsize at, gboolean backslashes)
{
    char quote = sql[at];
    for (at++; at < length; at++) {
        if (backslashes && sql[at] == '\\')
            at++;
        else if (sql[at] == quote && at + 1 < length && sql[at + 1] == quote)
            at++;
        else if (sql[at] == quote)
            return at + 1;
    }
    return length;
}

/* Behind the closing tag of $tag$…$tag$; `at` itself when that is no tag. */
static gsize dollar_end(const char *sql, gsize length, gsize at)
{
    gsize tag = at + 1;
    if (tag < length && g_ascii_isdigit(sql[tag]))
        return at;
    while (tag < length && is_word(sql[tag]) && sql[tag] != '$')
        tag++;
    if (tag >= length || sql[tag] != '$')
        return at;
    gsize size = tag + 1 - at;
    for (gsize end = tag + 1; end + size <= length; end++)
        if (memcmp(sql + end, sql + at, size) == 0)
            return end + size;
    return length;
}

static gsize word_end(const char *sql, gsize length, gsize at)
{
    while (at < length && is_word(sql[at]))
        at++;
    return at;
}

enum text_piece text_piece(const char *sql, gsize length, gsize at, gsize *end)
{
    char c = sql[at], next = at + 1 < length ? sql[at + 1] : '\0';
    *end = at + 1;
    if (g_ascii_isspace(c) || c == '\v')
        return TEXT_BLANK;
    if (c == '-' && next == '-') {
        const char *line_end = memchr(sql + at, '\n', length - at);
        *end = line_end ? (gsize)(line_end - sql) : length;
        return TEXT_COMMENT;
    }
    if (c == '/' && next == '*') {
        *end = block_comment_end(sql, length, at);
        return TEXT_COMMENT;
    }
    if (c == '\'' || ((c == 'e' || c == 'E') && next == '\'')) {
        *end = quoted_end(sql, length, at + (c != '\''), c != '\'');
        return TEXT_STRING;
    }
    if (c == '"') {
        *end = quoted_end(sql, length, at, FALSE);
        return TEXT_WORD;
    }
    if (c == '$') {
        gsize close = dollar_end(sql, length, at);
        *end = close > at ? close : at + 1;
        return close > at ? TEXT_STRING : TEXT_OTHER;
    }
    if (!is_word(c))
        return TEXT_OTHER;
    *end = word_end(sql, length, at);
    return TEXT_WORD;
}

gsize text_begin(const char *sql, gsize length, gsize at)
{
    while (at < length) {
        gsize end;
        enum text_piece piece = text_piece(sql, length, at, &end);
        if (piece != TEXT_BLANK && piece != TEXT_COMMENT)
            break;
        at = end;
    }
    return at;
}

struct plan_place text_place(const char *text, gsize at)
{
    struct plan_place place = {1, 1};
    for (gsize i = 0; i < at; i++) {
        if (text[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (((guchar)text[i] & 0xC0) != 0x80) {
            place.column++;
        }
    }
    return place;
}

gsize text_long_name(const char *sql, gsize length, gsize from)
{
    for (gsize at = from, end; at < length; at = end) {
        if (text_piece(sql, length, at, &end) != TEXT_WORD)
            continue;
        gsize quotes = sql[at] == '"' ? 2 : 0;
        if (end - at > NAME_MAX_BYTES + quotes && !g_ascii_isdigit(sql[at]))
            return at;
    }
    return length;
}

const char *text_operator_run(const char *sql, gsize length)
{
    gsize run = 0;
    for (gsize i = 0; i < length; i++) {
        run = sql[i] && strchr("~!@#^&|`?+-*/%<>=", sql[i]) ? run + 1 : 0;
        if (run > OPERATOR_RUN_MAX)
            return sql + i + 1 - run;
    }
    return NULL;
}
