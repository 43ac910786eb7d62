/* Readers of single values: typed by the key they stand behind, never by YAML. */
#include "config.h"
#include "plan/fields-private.h"

#include <string.h>

#include "pgrollout/base/units.h"

#define LIST_MAX 1000
#define LINE_CHARACTERS_MAX 200

/* A duration of the plan's periods; a month and a year are counted at their longest. */
static const struct {
    const char *name;
    const char *duration;
} periods[] = {
    {"hourly", "1h"},   {"daily", "1d"},      {"weekly", "7d"},
    {"monthly", "31d"}, {"quarterly", "92d"}, {"yearly", "366d"},
};

const char *scalar_text(struct reader *reader, const struct node *value)
{
    if (value->type == NODE_SCALAR) {
        if (*value->text || value->quoted)
            return value->text;
        report_error(&reader->report, value->at,
                     "a value is missing here (text that begins with # must be quoted)");
    } else if (value->type != NODE_BROKEN) {
        report_error(&reader->report, value->at, "text is expected here, not %s",
                     node_type_name(value->type));
    }
    return NULL;
}

void report_taken(struct reader *reader, const struct node *value, GError *error)
{
    if (strlen(value->text) > 60)
        report_error(&reader->report, value->at, "a text of %d bytes is no such value",
                     (int)strlen(value->text));
    else
        report_error(&reader->report, value->at, "%s", error->message);
    g_error_free(error);
}

void read_value(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    g_free(*(char **)slot);
    *(char **)slot = g_strdup(text);
}

void read_text(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    g_autofree char *copy = g_strchomp(g_strdup(text));
    if (!*copy) {
        report_error(&reader->report, value->at, "the text is empty");
        return;
    }
    g_free(*(char **)slot);
    *(char **)slot = g_steal_pointer(&copy);
}

void read_line(struct reader *reader, const struct node *value, gpointer slot)
{
    g_autofree char *text = NULL;
    read_text(reader, value, &text);
    if (text && (strchr(text, '\n') || g_utf8_strlen(text, -1) > LINE_CHARACTERS_MAX)) {
        report_error(&reader->report, value->at, "one line of at most %d characters is expected",
                     LINE_CHARACTERS_MAX);
    } else if (text) {
        g_free(*(char **)slot);
        *(char **)slot = g_steal_pointer(&text);
    }
}

/* One name off the front of `*text`: quoted as in SQL, or literally up to `stop` ('\0': to the
 * end). NULL when a quote is not closed. Names are never folded to lower case. */
static char *identifier_take(const char **text, char stop)
{
    const char *p = *text;
    GString *name = g_string_new(NULL);
    if (*p == '"') {
        for (p++; *p && !(*p == '"' && p[1] != '"'); p++) {
            if (*p == '"')
                p++;
            g_string_append_c(name, *p);
        }
        if (*p != '"') {
            g_string_free(name, TRUE);
            return NULL;
        }
        p++;
    } else {
        for (; *p && *p != stop; p++)
            g_string_append_c(name, *p);
    }
    *text = p;
    return g_string_free(name, FALSE);
}

static gboolean identifier_check(struct reader *reader, const struct node *value, const char *name)
{
    if (!name || !*name)
        report_error(&reader->report, value->at,
                     "not a name: it is empty or a quote is not closed");
    else if (strlen(name) > 63)
        report_error(&reader->report, value->at, "a name of %d bytes: PostgreSQL cuts names at 63",
                     (int)strlen(name));
    else if (strpbrk(name, "\n\t\r"))
        report_error(&reader->report, value->at, "a line end or a tab in a name");
    else
        return TRUE;
    return FALSE;
}

void read_identifier(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    g_autofree char *name = identifier_take(&text, '\0');
    if (name && *text) {
        report_error(&reader->report, value->at, "something follows the quoted name");
        return;
    }
    if (!identifier_check(reader, value, name))
        return;
    g_free(*(char **)slot);
    *(char **)slot = g_steal_pointer(&name);
}

gboolean table_read(struct reader *reader, const struct node *value, char **schema, char **table)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return FALSE;
    g_autofree char *before = NULL;
    g_autofree char *name = identifier_take(&text, '.');
    if (name && *text == '.') {
        text++;
        before = g_steal_pointer(&name);
        name = identifier_take(&text, '.');
    }
    if (name && *text) {
        report_error(&reader->report, value->at,
                     "not a table's name: NAME or SCHEMA.NAME, names with a dot in double quotes");
        return FALSE;
    }
    if (!identifier_check(reader, value, name) ||
        (before && !identifier_check(reader, value, before)))
        return FALSE;
    g_free(*schema);
    g_free(*table);
    *schema = g_steal_pointer(&before);
    *table = g_steal_pointer(&name);
    return TRUE;
}

void read_table(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_step *step = slot;
    if (table_read(reader, value, &step->schema, &step->table))
        step->at_table = value->at;
}

void read_column(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_step *step = slot;
    const char *text = scalar_text(reader, value);
    char *names[3] = {NULL, NULL, NULL};
    int count = 0;
    if (!text)
        return;
    while (count < 3 && (names[count] = identifier_take(&text, '.'))) {
        count++;
        if (*text != '.')
            break;
        text++;
    }
    gboolean valid = count >= 2 && !*text;
    for (int i = 0; valid && i < count; i++)
        valid = identifier_check(reader, value, names[i]);
    if (!valid) {
        report_error(&reader->report, value->at,
                     "not a column: TABLE.COLUMN or SCHEMA.TABLE.COLUMN is expected");
        for (int i = 0; i < 3; i++)
            g_free(names[i]);
        return;
    }
    step->col = names[count - 1];
    step->table = names[count - 2];
    step->schema = count == 3 ? names[0] : NULL;
    step->at_table = value->at;
}

void read_share(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    double percent;
    if (!text)
        return;
    g_autofree char *number =
        g_str_has_suffix(text, "%") ? g_strndup(text, strlen(text) - 1) : NULL;
    if (number && number_parse(number, &percent, NULL) && percent <= 100)
        *(double *)slot = percent / 100;
    else
        report_error(&reader->report, value->at, "a percentage such as 95%% is expected here");
}

void read_duration(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    GError *error = NULL;
    gint64 us;
    if (!text)
        return;
    if (!duration_parse(text, &us, &error))
        report_taken(reader, value, error);
    else if (us == 0)
        report_error(&reader->report, value->at, "a duration above 0 is expected");
    else
        *(gint64 *)slot = us;
}

void read_period(struct reader *reader, const struct node *value, gpointer slot)
{
    for (gsize i = 0; value->type == NODE_SCALAR && i < G_N_ELEMENTS(periods); i++)
        if (strcmp(periods[i].name, value->text) == 0) {
            duration_parse(periods[i].duration, slot, NULL);
            return;
        }
    const char *text = scalar_text(reader, value);
    if (text && !duration_parse(text, slot, NULL)) {
        g_autofree char *shown = report_clip(text);
        report_error(&reader->report, value->at,
                     "\"%s\" is no period: hourly, daily, weekly, monthly, quarterly, yearly, or a "
                     "duration such as 35d",
                     shown);
    } else if (text) {
        read_duration(reader, value, slot);
    }
}

void read_rate(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    GError *error = NULL;
    if (text && !rate_parse(text, slot, &error))
        report_taken(reader, value, error);
}

void read_number(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    GError *error = NULL;
    if (text && !number_parse(text, slot, &error))
        report_taken(reader, value, error);
}

void read_rows(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    GError *error = NULL;
    gint64 rows;
    *(int *)slot = 0;
    if (!text)
        return;
    if (count_parse(text, 1, 10000000, &rows, &error))
        *(int *)slot = (int)rows;
    else
        report_taken(reader, value, error);
}

void read_boolean(struct reader *reader, const struct node *value, gpointer slot)
{
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    if (strcmp(text, "true") == 0)
        *(gboolean *)slot = TRUE;
    else if (strcmp(text, "false") == 0)
        *(gboolean *)slot = FALSE;
    else
        report_error(&reader->report, value->at, "true or false is expected here");
}

void read_texts(struct reader *reader, const struct node *value, gpointer slot)
{
    if (value->type == NODE_BROKEN)
        return;
    if (value->type != NODE_SEQUENCE || value->items->len == 0) {
        report_error(&reader->report, value->at,
                     "a list with at least one entry is expected here, such as [one, two]");
        return;
    }
    if (value->items->len > LIST_MAX) {
        report_error(&reader->report, value->at, "a list of more than %d entries", LIST_MAX);
        return;
    }
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < value->items->len; i++) {
        const struct node *item = g_ptr_array_index(value->items, i);
        char *text = NULL;
        read_text(reader, item, &text);
        if (text && g_ptr_array_find_with_equal_func(texts, text, g_str_equal, NULL)) {
            g_autofree char *shown = report_clip(text);
            report_error(&reader->report, item->at, "\"%s\" stands in the list twice", shown);
            g_clear_pointer(&text, g_free);
        }
        if (text)
            g_ptr_array_add(texts, text);
    }
    g_ptr_array_add(texts, NULL);
    g_strfreev(*(char ***)slot);
    *(char ***)slot = (char **)g_ptr_array_free(g_steal_pointer(&texts), FALSE);
}

gboolean name_is_valid(const char *name, const char *extra)
{
    gsize length = strlen(name);
    if (length == 0 || length > 63)
        return FALSE;
    for (gsize i = 0; i < length; i++) {
        gboolean plain = g_ascii_islower(name[i]) || g_ascii_isdigit(name[i]);
        if (!plain && (i == 0 || !strchr(extra, name[i])))
            return FALSE;
    }
    return TRUE;
}
