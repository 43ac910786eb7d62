/* What may stand at the place of the cursor. */
#include "config.h"
#include "cmd/completion-words.h"

#include <string.h>

#define MORE "…"

static const struct {
    const char *word;
    enum completion_kind kind;
} placeholders[] = {
    {"NAME", COMPLETION_MIGRATIONS}, {"FILE", COMPLETION_FILES},
    {"PLAN", COMPLETION_FILES},      {"FILE.csv", COMPLETION_FILES},
    {"PHASE", COMPLETION_PHASES},    {"RECIPE", COMPLETION_RECIPES},
    {"TARGET", COMPLETION_PHASES},   {"key=value", COMPLETION_RECIPE_KEYS},
};

/* Values of options that are words of ours. */
static const struct {
    const char *option, *words;
} values[] = {
    {"advance", "step phase auto"},
    {"color", "auto always never 16 256 true"},
    {"to", "start"},
    {"for of wait", "loaded active failed aborting aborted done held"},
};

static void add_words(GPtrArray *words, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, " ", -1);
    for (char **part = parts; *part; part++)
        g_ptr_array_add(words, g_strdup(*part));
}

static void add_one(const char *verb, const char *text, GArray *kinds, GPtrArray *words)
{
    for (gsize i = 0; i < G_N_ELEMENTS(placeholders); i++) {
        if (strcmp(placeholders[i].word, text) != 0)
            continue;
        guint kind = placeholders[i].kind;
        if (kind == COMPLETION_MIGRATIONS && strcmp(verb, "theme") == 0)
            kind = COMPLETION_THEMES;
        g_array_append_val(kinds, kind);
        return;
    }
    if (g_ascii_islower(*text) && !strchr(text, '='))
        g_ptr_array_add(words, g_strdup(text));
}

/* "start|stop", "[NAME|CONNINFO…]" */
static void add_token(const char *verb, const char *token, GArray *kinds, GPtrArray *words)
{
    g_autofree char *bare = g_strdup(token);
    if (g_str_has_suffix(bare, "]"))
        bare[strlen(bare) - 1] = '\0';
    if (g_str_has_suffix(bare, MORE))
        bare[strlen(bare) - strlen(MORE)] = '\0';
    g_auto(GStrv) choices = g_strsplit(*bare == '[' ? bare + 1 : bare, "|", -1);
    for (char **choice = choices; *choice; choice++)
        add_one(verb, *choice, kinds, words);
}

static gboolean is_option(const char *token)
{
    return g_str_has_prefix(token, "-") || g_str_has_prefix(token, "[-");
}

/* The words of one usage that are arguments; those of an option with a value are two words. */
static GPtrArray *arguments_of(const char *usage)
{
    GPtrArray *tokens = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) words = g_strsplit(usage, " ", -1);
    for (char **word = words; *word; word++) {
        if (!is_option(*word)) {
            g_ptr_array_add(tokens, g_strdup(*word));
        } else if (**word == '[') {
            while (!g_str_has_suffix(*word, "]") && word[1])
                word++;
        } else if (word[1] && !is_option(word[1]) && !g_ascii_islower(*word[1])) {
            word++;
        }
    }
    return tokens;
}

static gboolean repeats(const char *token)
{
    return strstr(token, MORE) != NULL;
}

static void usage_argument(const char *verb, const char *usage, const GPtrArray *typed,
                           GArray *kinds, GPtrArray *words)
{
    g_autoptr(GPtrArray) tokens = arguments_of(usage);
    /* of "list | check NAME" only that which begins as was typed */
    if (tokens->len > 1 && typed->len > 0 && g_ascii_islower(*(char *)tokens->pdata[0]) &&
        !strchr(tokens->pdata[0], '|') && strcmp(tokens->pdata[0], typed->pdata[0]) != 0)
        return;
    guint place = typed->len;
    if (place >= tokens->len && tokens->len > 0 && repeats(tokens->pdata[tokens->len - 1]))
        place = tokens->len - 1;
    if (place < tokens->len)
        add_token(verb, tokens->pdata[place], kinds, words);
}

void completion_argument(const char *verb, const char *usage, const GPtrArray *typed, GArray *kinds,
                         GPtrArray *words)
{
    g_auto(GStrv) ways = g_strsplit(usage, " | ", -1);
    for (char **way = ways; *way; way++)
        usage_argument(verb, *way, typed, kinds, words);
}

void completion_value(const char *verb, const char *option, const char *placeholder, GArray *kinds,
                      GPtrArray *words)
{
    g_autofree char *of = g_strdup_printf("%s of %s", option, verb);
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
        if (strcmp(values[i].option, option) == 0 || strcmp(values[i].option, of) == 0)
            add_words(words, values[i].words);
    guint themes = COMPLETION_THEMES;
    if (strcmp(option, "theme") == 0)
        g_array_append_val(kinds, themes);
    else
        add_one(verb, placeholder, kinds, words);
}
