/* SQL text as it was written: what the parse tree does not keep. */
#ifndef PGROLLOUT_LINT_TEXT_PRIVATE_H
#define PGROLLOUT_LINT_TEXT_PRIVATE_H

#include "pgrollout/plan/plan.h"

enum text_piece {
    TEXT_BLANK,
    TEXT_COMMENT,
    TEXT_WORD,   /* a name, quoted or not, a key word, a number */
    TEXT_STRING, /* also in dollar quotes */
    TEXT_OTHER   /* one character */
};

/* The kind of the piece that begins at `at`, and where it ends. `at` must be inside the text. */
enum text_piece text_piece(const char *sql, gsize length, gsize at, gsize *end);

/* The first place at or behind `at` that is neither blank nor comment; `length` when there is none. */
gsize text_begin(const char *sql, gsize length, gsize at);

/* Line and column, in characters, of a byte of the text. */
struct plan_place text_place(const char *text, gsize at);

/* The first name of more bytes than PostgreSQL keeps, behind `from`; `length` when there is none. */
gsize text_long_name(const char *sql, gsize length, gsize from);

/* The first run of more than 4096 operator characters, or NULL: PostgreSQL's scanner reads such a run
 * again for each comment that begins in it, and a megabyte of them takes minutes. */
const char *text_operator_run(const char *sql, gsize length);

#endif
