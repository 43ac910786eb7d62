/* Members of a JSON object under construction; what is not known is null, never a guess. */
#ifndef PGROLLOUT_BASE_JSON_H
#define PGROLLOUT_BASE_JSON_H

#include <json-glib/json-glib.h>

void json_put_text(JsonBuilder *builder, const char *name, const char *text); /* NULL: null */
void json_put_flag(JsonBuilder *builder, const char *name, gboolean flag);
void json_put_int(JsonBuilder *builder, const char *name, gint64 number);
void json_put_double(JsonBuilder *builder, const char *name, double number); /* not finite: null */

#endif
