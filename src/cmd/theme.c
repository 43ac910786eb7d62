/* pgrollout theme: which looks there are, what they look like, and whether one can be read by
 * everybody. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/plan-file.h"
#include "cmd/print.h"
#include "console/terminal.h"
#include "console/theme-check.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/json.h"

extern const struct cmd_verb cmd_verb_theme;

static const char *ground_word(const struct theme *theme)
{
    return theme_is_light(theme) ? "light" : "dark";
}

/* A name, or a path as it is told by its "/" or its ending. */
static struct theme *theme_find(const char *word, GError **error)
{
    if (strchr(word, '/') || g_str_has_suffix(word, ".theme"))
        return theme_load_file(word, error);
    return theme_load(word, error);
}

/* Own files that a shipped theme hides are easily wondered about. */
static void warn_of_hidden(void)
{
    g_auto(GStrv) names = theme_list();
    g_autofree char *folder = theme_folder();
    for (char **name = names; *name; name++) {
        g_autofree char *base = g_strconcat(*name, ".theme", NULL);
        g_autofree char *path = g_build_filename(folder, base, NULL);
        if (theme_is_shipped(*name) && g_file_test(path, G_FILE_TEST_EXISTS))
            print_message("%s is not used: a theme of that name comes with the program; give the "
                          "file another name",
                          path);
    }
}

static void list_json(char **names)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_array(json);
    for (char **name = names; *name; name++) {
        g_autoptr(GError) error = NULL;
        struct theme *theme = theme_load(*name, &error);
        json_builder_begin_object(json);
        json_put_text(json, "name", *name);
        json_put_flag(json, "shipped", theme_is_shipped(*name));
        json_put_text(json, "background", theme ? ground_word(theme) : NULL);
        json_put_text(json, "about", theme ? theme_about(theme) : NULL);
        json_put_text(json, "error", error ? error->message : NULL);
        json_builder_end_object(json);
        theme_free(theme);
    }
    json_builder_end_array(json);
    print_json(json);
}

static int run_list(const struct cmd_context *context)
{
    g_auto(GStrv) names = theme_list();
    g_autofree char *folder = theme_folder();
    if (context->json) {
        list_json(names);
        return 0;
    }
    for (char **name = names; *name; name++) {
        g_autoptr(GError) error = NULL;
        struct theme *theme = theme_load(*name, &error);
        g_autofree char *about = print_safe(theme ? theme_about(theme) : error->message);
        printf("%-14s %-5s  %s%s\n", *name, theme ? ground_word(theme) : "?",
               theme_is_shipped(*name) ? "" : "yours: ", about);
        theme_free(theme);
    }
    g_autofree char *safe = print_safe(folder);
    printf("\nYour own: %s/NAME.theme, see pgrollout-theme(5)\n", safe);
    warn_of_hidden();
    return 0;
}

static void show_token(const struct theme *theme, enum token token, enum theme_depth depth)
{
    g_autofree char *texts[DEPTH_COUNT] = {NULL};
    g_autofree char *plain = g_strdup_printf(" %-10s", token_name(token));
    g_autofree char *painted = theme_paint(theme, token, depth, plain);
    for (int d = 0; d < DEPTH_COUNT; d++) {
        struct theme_look look = theme_look(theme, token, (enum theme_depth)d);
        gboolean used = theme_depth(theme, (enum theme_depth)d) == (enum theme_depth)d;
        texts[d] = used ? theme_look_text(&look, (enum theme_depth)d) : g_strdup("as with fewer");
    }
    printf("%s  %-27s %-21s %-22s %s\n", depth == DEPTH_MONO ? plain : painted, texts[DEPTH_TRUE],
           texts[DEPTH_256], texts[DEPTH_16], *texts[DEPTH_MONO] ? texts[DEPTH_MONO] : "plain");
    for (int d = 1; d < DEPTH_COUNT; d++)
        g_free(texts[d]);
}

static void show_glyphs(const struct theme *theme)
{
    printf("\nglyphs, and how they are drawn in ASCII\n");
    for (int i = 0; i < glyph_count(); i++) {
        char text[7] = "";
        gunichar c = theme_glyph(theme, glyph_char(i, FALSE), FALSE);
        g_unichar_to_utf8(c, text);
        g_autofree char *safe = print_safe(text);
        printf(" %-9s %s %c%s", glyph_name(i), safe,
               (char)theme_glyph(theme, glyph_char(i, FALSE), TRUE), i % 5 == 4 ? "\n" : "   ");
    }
    printf("\n");
}

static int run_show(const struct cmd_context *context, const char *word)
{
    g_autoptr(GError) error = NULL;
    struct theme *theme = theme_find(word ? word : "harbor-dark", &error);
    if (!theme)
        return print_error(error);
    enum theme_depth depth = theme_depth(theme, terminal_depth_of_lines(context->color));
    g_autofree char *about = print_safe(theme_about(theme));
    printf("%s (%s)  %s\n\n", theme_name(theme), ground_word(theme), about);
    printf(" %-10s  %-27s %-21s %-22s %s\n", "token", "true", "256", "16", "mono");
    for (int token = 0; token < TOKEN_COUNT; token++)
        show_token(theme, (enum token)token, depth);
    show_glyphs(theme);
    theme_free(theme);
    return 0;
}

/* A number, or "-" for what cannot be measured. */
static void put_number(double value, int decimals, int width)
{
    if (isnan(value))
        printf("%*s", width, "-");
    else
        printf("%*.*f", width, decimals, value);
}

static void print_contrasts(const struct theme_report *report)
{
    printf("contrast    true    256     16   at least\n");
    for (guint i = 0; i < report->contrasts->len; i++) {
        const struct theme_contrast *c =
            &g_array_index(report->contrasts, struct theme_contrast, i);
        printf("%-9s", token_name(c->token));
        for (int depth = DEPTH_TRUE; depth >= DEPTH_16; depth--)
            put_number(c->value[depth], 1, 7);
        printf("   %.1f\n", c->limit[DEPTH_TRUE]);
    }
}

static void print_pairs(const struct theme_report *report)
{
    printf("\ndistance       true:");
    for (int sight = 0; sight < SIGHT_COUNT; sight++)
        printf("%7s", sight_name((enum sight)sight));
    printf("   256:");
    for (int sight = 0; sight < SIGHT_COUNT; sight++)
        printf("%7s", sight_name((enum sight)sight));
    printf("   at least\n");
    for (guint i = 0; i < report->pairs->len; i++) {
        const struct theme_pair *pair = &g_array_index(report->pairs, struct theme_pair, i);
        printf("%-6s %-13s", token_name(pair->a), token_name(pair->b));
        for (int depth = DEPTH_TRUE; depth >= DEPTH_256; depth--) {
            for (int sight = 0; sight < SIGHT_COUNT; sight++)
                put_number(pair->distance[depth][sight], 0, 7);
            printf("%s", depth == DEPTH_TRUE ? "       " : "");
        }
        printf("   %.0f\n", DISTANCE_LEAST);
    }
}

static void put_texts(JsonBuilder *json, const char *name, const GPtrArray *texts)
{
    json_builder_set_member_name(json, name);
    json_builder_begin_array(json);
    for (guint i = 0; i < texts->len; i++)
        json_builder_add_string_value(json, texts->pdata[i]);
    json_builder_end_array(json);
}

static void json_contrasts(JsonBuilder *json, const struct theme_report *report)
{
    json_builder_set_member_name(json, "contrast");
    json_builder_begin_array(json);
    for (guint i = 0; i < report->contrasts->len; i++) {
        const struct theme_contrast *c =
            &g_array_index(report->contrasts, struct theme_contrast, i);
        json_builder_begin_object(json);
        json_put_text(json, "token", token_name(c->token));
        for (int depth = DEPTH_16; depth < DEPTH_COUNT; depth++)
            json_put_double(json, depth_name((enum theme_depth)depth), c->value[depth]);
        json_put_double(json, "least", c->limit[DEPTH_TRUE]);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void json_pairs(JsonBuilder *json, const struct theme_report *report)
{
    json_builder_set_member_name(json, "distance");
    json_builder_begin_array(json);
    for (guint i = 0; i < report->pairs->len; i++) {
        const struct theme_pair *pair = &g_array_index(report->pairs, struct theme_pair, i);
        for (int depth = DEPTH_256; depth < DEPTH_COUNT; depth++) {
            json_builder_begin_object(json);
            json_put_text(json, "a", token_name(pair->a));
            json_put_text(json, "b", token_name(pair->b));
            json_put_text(json, "depth", depth_name((enum theme_depth)depth));
            for (int sight = 0; sight < SIGHT_COUNT; sight++)
                json_put_double(json, sight_name((enum sight)sight), pair->distance[depth][sight]);
            json_builder_end_object(json);
        }
    }
    json_builder_end_array(json);
}

static void report_print_json(const struct theme *theme, const struct theme_report *report)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    json_put_text(json, "name", theme_name(theme));
    json_put_text(json, "background", ground_word(theme));
    json_contrasts(json, report);
    json_pairs(json, report);
    put_texts(json, "warnings", theme_warnings(theme));
    put_texts(json, "problems", report->problems);
    json_builder_end_object(json);
    print_json(json);
}

static void report_print(const struct theme *theme, const struct theme_report *report)
{
    g_autofree char *name = print_safe(theme_name(theme));
    printf("%s, on a %s background\n\n", name, ground_word(theme));
    print_contrasts(report);
    print_pairs(report);
    printf("\n");
    for (guint i = 0; i < report->problems->len; i++)
        printf("%s\n", (const char *)report->problems->pdata[i]);
    if (!report->problems->len)
        printf("nothing is below its limit\n");
}

static int run_check(const struct cmd_context *context, const char *word)
{
    g_autoptr(GError) error = NULL;
    struct theme *theme = theme_find(word, &error);
    if (!theme)
        return print_error(error);
    for (guint i = 0; !context->json && i < theme_warnings(theme)->len; i++)
        print_message("%s", (const char *)theme_warnings(theme)->pdata[i]);
    struct theme_report *report = theme_check(theme);
    if (context->json)
        report_print_json(theme, report);
    else
        report_print(theme, report);
    int status = report->problems->len > 0;
    theme_report_free(report);
    theme_free(theme);
    return status;
}

static int run_theme(struct cmd_context *context, int argc, char **argv)
{
    int status;
    if (!cmd_parse(&cmd_verb_theme, NULL, &argc, &argv, 1, 2, &status))
        return status;
    g_autofree char *word = argc > 2 ? cmd_text(argv[2]) : NULL;
    if (strcmp(argv[1], "list") == 0 && !word)
        return run_list(context);
    if (strcmp(argv[1], "show") == 0)
        return run_show(context, word);
    if (strcmp(argv[1], "check") == 0 && word)
        return run_check(context, word);
    g_autoptr(GError) error =
        rollout_error_new(ROLLOUT_ERROR_USAGE, "theme: list, check FILE or show [NAME]");
    rollout_error_set_hint(error, "usage: pgrollout theme %s", cmd_verb_theme.arguments);
    return print_error(error);
}

const struct cmd_verb cmd_verb_theme = {
    .name = "theme",
    .arguments = "list | check NAME|FILE | show [NAME|FILE]",
    .summary = "the looks of the console",
    .run = run_theme,
};
