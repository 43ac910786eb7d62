/* Foreign text made fit for a terminal. Everything that was written by somebody else (statements of
 * other sessions, names, reasons, error messages, host names) passes here before it is shown.
 *
 * UTF-8 is decoded strictly: a byte that does not belong to a well-formed character becomes U+FFFD.
 * Tabs, line ends and every kind of space become one space. Controls (C0, DEL, C1), format
 * characters (bidirectional controls, zero widths, tags), private use, unassigned code points,
 * fillers, regional indicators, variation selectors and more than two combining marks on a cell
 * become a visible "·". In ASCII mode the substitutes are "?" and ".", and any other character
 * above U+007E is "?".
 *
 * Widths come from wcwidth: the caller has called setlocale, and asks for TEXT_ASCII where the
 * locale's character set is not UTF-8. */
#ifndef PGROLLOUT_BASE_TEXT_H
#define PGROLLOUT_BASE_TEXT_H

#include <glib.h>

/* TEXT_FILE: for files in UTF-8, whatever the locale; widths do not matter there. */
enum text_mode { TEXT_UTF8, TEXT_ASCII, TEXT_FILE };

/* The whole text; NULL reads as "". Free with g_free. */
char *safe_text(const char *text, enum text_mode mode);

/* At most `width` cells; the last is "…" ("~" in ASCII) where something was cut away. Reads no
 * further than it must. Free with g_free. */
char *safe_text_cut(const char *text, int width, enum text_mode mode);

/* The cells that a text which has passed takes up. */
int safe_text_width(const char *safe);

/* The cells of one character of such a text: 0, 1 or 2. */
int safe_char_width(gunichar c);

#endif
