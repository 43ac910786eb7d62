/* pgrollout uses: who still reads or writes a column or a table, and how much of that could be seen. */
#include "config.h"
#include "cmd/uses.h"

#include <string.h>

#include "cmd/options.h"
#include "cmd/print.h"
#include "cmd/session.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/units.h"

extern const struct cmd_verb cmd_verb_uses;

/* One name up to the next dot: folded as SQL does, or in double quotes. NULL: none is there. */
static char *take_word(const char **text)
{
    GString *out = g_string_new(NULL);
    const char *p = *text;
    gboolean quoted = *p == '"';
    for (p += quoted; *p && (quoted || *p != '.'); p++) {
        if (quoted && *p == '"' && *++p != '"')
            break;
        g_string_append_c(out, quoted ? *p : g_ascii_tolower(*p));
    }
    gboolean good = out->len && (*p == '.' ? p[1] != 0 : *p == 0) && (!quoted || p[-1] == '"');
    *text = *p == '.' ? p + 1 : p;
    return g_string_free(out, !good);
}

/* The names in words[0 … 2]; FALSE: not one to three names. */
static gboolean read_words(const char *text, char **words)
{
    const char *rest = text;
    for (int i = 0; i < 3; i++) {
        words[i] = *rest || i == 0 ? take_word(&rest) : NULL;
        if (!words[i])
            return i > 0 && !*rest;
    }
    return !*rest;
}

/* "95%" or "0.95" */
static gboolean read_share(const char *text, double *share)
{
    g_autofree char *number = g_strdup(text);
    gsize length = strlen(number);
    gboolean percent = length && number[length - 1] == '%';
    if (percent)
        number[length - 1] = 0;
    if (!number_parse(number, share, NULL))
        return FALSE;
    if (percent)
        *share /= 100;
    return *share <= 1;
}

static int look(struct cmd_context *context, const char *const *words, double enough, char **except)
{
    g_autoptr(GError) error = NULL;
    struct conf *conf = conf_read(&error);
    if (!conf)
        return print_error(error);
    int status;
    struct db_conn *conn = session_open(context, &status);
    struct usage_report *report = conn ? usage_ask_wait(conn, conf, words, except, &error) : NULL;
    if (report) {
        (context->json ? uses_print_json : uses_print)(report, enough);
        status = uses_none(report, enough) ? 0 : 1;
    } else if (conn) {
        status = print_error(error);
    }
    usage_report_free(report);
    db_conn_free(conn);
    conf_free(conf);
    return status;
}

static int run_uses(struct cmd_context *context, int argc, char **argv)
{
    g_autofree char *coverage = NULL;
    g_auto(GStrv) except = NULL;
    const GOptionEntry entries[] = {
        {"coverage", 0, 0, G_OPTION_ARG_FILENAME, &coverage,
         "the share of calls that must have been seen to say no; 95%", "SHARE"},
        {"except", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &except,
         "leave out roles, or standbys, of this pattern (for backups); may be repeated", "PATTERN"},
        {0},
    };
    int status;
    if (!cmd_parse(&cmd_verb_uses, entries, &argc, &argv, 1, 1, &status))
        return status;
    g_autofree char *text = cmd_text(argv[1]);
    char *words[3] = {0};
    double enough = USAGE_COVERAGE;
    g_autoptr(GError) error = NULL;
    if (coverage && !read_share(coverage, &enough)) {
        rollout_fail(&error, ROLLOUT_ERROR_USAGE, "\"%s\" is no share: write 95%% or 0.95",
                     coverage);
        status = print_error(error);
    } else if (!read_words(text, words)) {
        rollout_fail(&error, ROLLOUT_ERROR_USAGE, "\"%s\" names no table or column", text);
        rollout_error_set_hint(error, "write [SCHEMA.]TABLE.COLUMN, or [SCHEMA.]TABLE");
        status = print_error(error);
    } else {
        status = look(context, (const char *const *)words, enough, except);
    }
    for (int i = 0; i < 3; i++)
        g_free(words[i]);
    return status;
}

const struct cmd_verb cmd_verb_uses = {
    .name = "uses",
    .arguments = "[SCHEMA.]TABLE[.COLUMN] [--coverage SHARE] [--except PATTERN]",
    .summary = "who still reads or writes a column or table, and how much was seen",
    .run = run_uses,
};
