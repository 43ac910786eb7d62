/* What verbs print. */
#include "config.h"
#include "cmd/print.h"

#include <json-glib/json-glib.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/text.h"

#define WIDTH 80

static enum text_mode mode(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? TEXT_UTF8 : TEXT_ASCII;
}

char *print_safe(const char *text)
{
    return safe_text(text, mode());
}

void print_wrapped(int column, int hang, const char *text)
{
    g_autofree char *safe = print_safe(text);
    g_auto(GStrv) words = g_strsplit(safe, " ", -1);
    gboolean fresh = TRUE; /* nothing stands on this line yet */
    for (char **word = words; *word; word++) {
        int width = safe_text_width(*word);
        if (!fresh && column + 1 + width > WIDTH) {
            printf("\n%*s", hang, "");
            column = hang;
        } else if (!fresh) {
            putchar(' ');
            column++;
        }
        fputs(*word, stdout);
        column += width;
        fresh = FALSE;
    }
    putchar('\n');
}

static void add_safe(GString *out, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    g_autofree char *safe = print_safe(text);
    g_string_append_printf(out, "%s: %s\n", label, safe);
}

char *print_error_text(const GError *error)
{
    GString *out = g_string_new(NULL);
    add_safe(out, "pgrollout", error->message);
    add_safe(out, "detail", rollout_error_detail(error));
    add_safe(out, "hint", rollout_error_hint(error));
    return g_string_free(out, FALSE);
}

int print_error(const GError *error)
{
    g_autofree char *text = print_error_text(error);
    fputs(text, stderr);
    return rollout_error_exit_status(error);
}

void print_message(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *safe = print_safe(text);
    fprintf(stderr, "pgrollout: %s\n", safe);
}

void print_line(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    puts(text);
}

void print_field(const char *label, const char *text)
{
    if (!text || !*text)
        return;
    g_autofree char *safe = print_safe(text);
    printf("%s: %s\n", label, safe);
}

static const char *field(const struct db_reply *reply, int row, const char *name)
{
    int column = db_reply_column(reply, name);
    return column < 0 ? NULL : db_reply_text(reply, row, column);
}

char *print_time(const char *text)
{
    if (!text || !g_str_has_suffix(text, "+00") || strlen(text) < 14 || text[10] != ' ')
        return g_strdup(text);
    char *iso = g_strdup_printf("%.10sT%.*sZ", text, (int)strlen(text) - 14, text + 11);
    return iso;
}

static void print_receipt(const struct db_reply *reply, int row)
{
    const char *migration = field(reply, row, "migration");
    const char *receipt = field(reply, row, "receipt");
    g_autofree char *text = print_safe(receipt);
    if (migration)
        printf("%s: %s\n", migration, text);
    else
        puts(text);
    const char *remains = field(reply, row, "remains");
    if (remains && (!receipt || !strstr(receipt, remains)))
        print_field("remains", remains);
    print_field("undo", field(reply, row, "undo"));
}

static void add_member(JsonBuilder *builder, const struct db_reply *reply, int row, int column)
{
    const char *name = db_reply_column_name(reply, column);
    const char *text = db_reply_text(reply, row, column);
    g_autofree char *time = print_time(text);
    json_builder_set_member_name(builder, name);
    if (!text)
        json_builder_add_null_value(builder);
    else if (strcmp(name, "ok") == 0)
        json_builder_add_boolean_value(builder, text[0] == 't');
    else if (strcmp(name, "version") == 0 || strcmp(name, "id") == 0 || strcmp(name, "n") == 0 ||
             strcmp(name, "attempts") == 0)
        json_builder_add_int_value(builder, db_reply_int(reply, row, column));
    else
        json_builder_add_string_value(builder, time);
}

char *print_row_json(const struct db_reply *reply, int row)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    for (int column = 0; column < db_reply_columns(reply); column++)
        add_member(builder, reply, row, column);
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    return json_to_string(root, FALSE);
}

void print_rows_json(const struct db_reply *reply)
{
    putchar('[');
    for (int row = 0; row < db_reply_rows(reply); row++) {
        g_autofree char *object = print_row_json(reply, row);
        printf("%s%s", row ? ",\n " : "", object);
    }
    puts("]");
}

int print_receipts(const struct db_reply *reply, gboolean json, gboolean many)
{
    int status = 0;
    for (int row = 0; row < db_reply_rows(reply); row++) {
        const char *ok = field(reply, row, "ok");
        if (!ok || ok[0] != 't')
            status = 1;
        if (!json)
            print_receipt(reply, row);
    }
    if (json && many) {
        print_rows_json(reply);
    } else if (json && db_reply_rows(reply) > 0) {
        g_autofree char *object = print_row_json(reply, 0);
        puts(object);
    }
    return status;
}

static char *cell(const struct db_reply *reply, int row, int column)
{
    const char *text =
        row < 0 ? db_reply_column_name(reply, column) : db_reply_text(reply, row, column);
    return print_safe(text ? text : "-");
}

static int width_of(const struct db_reply *reply, int column)
{
    int width = 0;
    for (int row = -1; row < db_reply_rows(reply); row++) {
        g_autofree char *text = cell(reply, row, column);
        width = MAX(width, safe_text_width(text));
    }
    return width;
}

void print_table(const struct db_reply *reply)
{
    int columns = db_reply_columns(reply);
    g_autofree int *widths = g_new0(int, MAX(columns, 1));
    for (int i = 0; i + 1 < columns; i++)
        widths[i] = width_of(reply, i);
    for (int row = -1; row < db_reply_rows(reply); row++) {
        for (int i = 0; i < columns; i++) {
            g_autofree char *text = cell(reply, row, i);
            int pad = i + 1 < columns ? widths[i] - safe_text_width(text) + 2 : 0;
            printf("%s%*s", text, pad, "");
        }
        putchar('\n');
    }
}
