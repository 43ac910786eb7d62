/* Members of a JSON object under construction. */
#include "config.h"
#include "pgrollout/base/json.h"

#include <math.h>

void json_put_text(JsonBuilder *builder, const char *name, const char *text)
{
    json_builder_set_member_name(builder, name);
    if (text)
        json_builder_add_string_value(builder, text);
    else
        json_builder_add_null_value(builder);
}

void json_put_flag(JsonBuilder *builder, const char *name, gboolean flag)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_boolean_value(builder, flag);
}

void json_put_int(JsonBuilder *builder, const char *name, gint64 number)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, number);
}

void json_put_double(JsonBuilder *builder, const char *name, double number)
{
    json_builder_set_member_name(builder, name);
    if (isfinite(number))
        json_builder_add_double_value(builder, number);
    else
        json_builder_add_null_value(builder);
}
