/* Writing markup: every foreign text passes here. What is written is well-formed XML and HTML alike. */
#ifndef PGROLLOUT_REPORT_MARKUP_H
#define PGROLLOUT_REPORT_MARKUP_H

#include <glib.h>

/* The text on one line, without controls and what turns the direction of writing, escaped for content and for
 * attributes in double quotes. NULL reads as "". */
void markup_text(GString *out, const char *text);
/* At most so many characters of it, "…" behind them where some are left out. */
void markup_text_cut(GString *out, const char *text, int width);
/* Several lines, for <pre>. */
void markup_block(GString *out, const char *text);
/* A formatted piece of markup; texts among the arguments must be escaped already. */
void markup_add(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* <tag>text</tag>. `tag` may carry attributes: "td class=\"n\"". */
void markup_element(GString *out, const char *tag, const char *text);
/* A coordinate: two decimals at most, a point whatever the locale. */
void markup_number(GString *out, double number);

#endif
