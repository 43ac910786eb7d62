/* What is wrong with the notation, in words that say what to do. libyaml tells what its grammar
 * missed, often a line too late; the file's own text shows what was meant. */
#include "config.h"
#include "plan/notation-private.h"

#include <string.h>

#define NOT_READ " (nothing behind this was read)"

struct trouble {
    struct report *report;
    const char *text;
    gsize length;
    const char *problem, *context;
    struct plan_place at, from; /* of the problem; of what was being read */
};

/* The line of that number without its line end; "" behind the end. Free it. */
static char *line_get(const struct trouble *trouble, int number)
{
    const char *p = trouble->text, *end = trouble->text + trouble->length;
    for (; number > 1 && p < end; number--) {
        const char *next = memchr(p, '\n', (gsize)(end - p));
        p = next ? next + 1 : end;
    }
    const char *stop = memchr(p, '\n', (gsize)(end - p));
    return g_strchomp(g_strndup(p, (gsize)((stop ? stop : end) - p)));
}

/* The text in front of a place, in its line. Free it. */
static char *head_get(const struct trouble *trouble, struct plan_place at)
{
    g_autofree char *line = line_get(trouble, at.line);
    return g_utf8_substring(line, 0, MIN(at.column - 1, g_utf8_strlen(line, -1)));
}

static gboolean is_first(const struct trouble *trouble, struct plan_place at)
{
    g_autofree char *head = head_get(trouble, at);
    return head[strspn(head, " \t")] == '\0';
}

/* The character at a place; '\0' at the end of the line. */
static gunichar character_at(const struct trouble *trouble, struct plan_place at)
{
    g_autofree char *line = line_get(trouble, at.line);
    return at.column - 1 < g_utf8_strlen(line, -1)
               ? g_utf8_get_char(g_utf8_offset_to_pointer(line, at.column - 1))
               : 0;
}

/* The nearest line above that holds more than a comment; 0: there is none. */
static int line_above(const struct trouble *trouble, int number)
{
    for (number--; number > 0; number--) {
        g_autofree char *line = line_get(trouble, number);
        char first = line[strspn(line, " \t")];
        if (first && first != '#')
            break;
    }
    return number;
}

static struct plan_place line_start(const struct trouble *trouble, int number)
{
    g_autofree char *line = line_get(trouble, number);
    return (struct plan_place){number, (int)strspn(line, " \t") + 1};
}

static gboolean explain_character(const struct trouble *trouble)
{
    gunichar c = character_at(trouble, trouble->at);
    if (c == '\t')
        report_error(trouble->report, trouble->at, "a tab: indent with blanks" NOT_READ);
    else if (c == '@' || c == '`' || c == '%')
        report_error(trouble->report, trouble->at,
                     "text that begins with %c must be quoted" NOT_READ, (char)c);
    else
        return FALSE;
    return TRUE;
}

/* A line that should have been a key. */
static gboolean explain_key(const struct trouble *trouble)
{
    g_autofree char *line = line_get(trouble, trouble->from.line);
    g_autofree char *shown = report_clip(line + strspn(line, " \t"));
    if (!strpbrk(shown, " :"))
        report_error(trouble->report, trouble->from, "a \":\" is missing behind \"%s\"" NOT_READ,
                     shown);
    else
        report_error(
            trouble->report, trouble->from,
            "\"%s\" is neither \"key: value\" nor \"- step\": is a \":\" or the blank behind "
            "it missing, or does the text of the line above go on?" NOT_READ,
            shown);
    return TRUE;
}

/* A colon that makes no key: a second one in the line, or the line goes on with a text. */
static gboolean explain_colon(const struct trouble *trouble)
{
    g_autofree char *head = head_get(trouble, trouble->at);
    int above = line_above(trouble, trouble->at.line);
    if (strstr(head, ": ")) {
        report_error(trouble->report, trouble->at,
                     "a second \": \" in the line: text that holds one must be quoted" NOT_READ);
        return TRUE;
    }
    if (above == 0)
        return FALSE;
    g_autofree char *line = line_get(trouble, above);
    g_autofree char *shown = report_clip(line + strspn(line, " \t-"));
    if (strchr(line, ':'))
        report_error(trouble->report, line_start(trouble, trouble->at.line),
                     "this line is indented deeper than line %d, which has its value "
                     "already" NOT_READ,
                     above);
    else
        report_error(trouble->report, line_start(trouble, above),
                     "a \":\" is missing behind \"%s\"" NOT_READ, shown);
    return TRUE;
}

/* A line that begins where it must not. */
static void explain_indent(const struct trouble *trouble, struct plan_place at)
{
    int above = line_above(trouble, at.line);
    if (at.column == trouble->from.column)
        report_error(
            trouble->report, at,
            "this stands in the column of the keys of line %d and is none: a \"- \" begins "
            "where the others of its list begin" NOT_READ,
            trouble->from.line);
    else
        report_error(
            trouble->report, at,
            "this line begins in column %d and line %d in column %d: what belongs together "
            "begins in one column" NOT_READ,
            at.column, above, line_start(trouble, above).column);
}

/* Something behind a value that is complete, or a line that begins in a column of its own. */
static gboolean explain_stranger(const struct trouble *trouble, struct plan_place at)
{
    gunichar c = character_at(trouble, at);
    g_autofree char *head = g_strchomp(head_get(trouble, at));
    if (is_first(trouble, at) && line_above(trouble, at.line) > 0)
        explain_indent(trouble, at);
    else if (g_str_has_suffix(head, "\"") || g_str_has_suffix(head, "'"))
        report_error(trouble->report, at,
                     "text behind the closing quote: put all of it into quotes" NOT_READ);
    else if (c == '}' || c == ']')
        report_error(trouble->report, at, "a \"%c\" that nothing opened" NOT_READ, (char)c);
    else
        return FALSE;
    return TRUE;
}

static gboolean explain_brackets(const struct trouble *trouble)
{
    gunichar c = character_at(trouble, trouble->from);
    if (c != '{' && c != '[')
        return FALSE;
    if (trouble->at.line != trouble->from.line)
        report_error(trouble->report, trouble->from, "this \"%c\" is not closed" NOT_READ, (char)c);
    else
        report_error(trouble->report, trouble->at,
                     "a \",\" or \"%c\" is missing before this" NOT_READ, c == '{' ? '}' : ']');
    return TRUE;
}

static gboolean explain(const struct trouble *trouble)
{
    const char *problem = trouble->problem;
    if (strstr(problem, "cannot start any token"))
        return explain_character(trouble);
    if (strstr(problem, "a tab character"))
        return explain_character(trouble);
    if (strstr(problem, "could not find expected ':'"))
        return explain_key(trouble);
    if (strstr(problem, "mapping values are not allowed"))
        return explain_colon(trouble);
    if (strstr(problem, "did not find expected key") || strstr(problem, "expected '-' indicator"))
        return explain_stranger(trouble, trouble->at);
    if (strstr(problem, "expected comment or line break"))
        return !is_first(trouble, trouble->from) && explain_stranger(trouble, trouble->from);
    if (strstr(problem, "did not find expected ','"))
        return explain_brackets(trouble);
    if (strcmp(trouble->context, "while scanning a quoted scalar") == 0 &&
        strstr(problem, "unexpected")) {
        report_error(trouble->report, trouble->from, "this quote is not closed" NOT_READ);
        return TRUE;
    }
    if (strstr(problem, "unknown escape character")) {
        report_error(trouble->report, trouble->at,
                     "an unknown escape: inside \" \" a backslash is written twice, inside ' ' "
                     "once" NOT_READ);
        return TRUE;
    }
    return FALSE;
}

static struct plan_place place_of(const yaml_mark_t *mark)
{
    return (struct plan_place){(int)mark->line + 1, (int)mark->column + 1};
}

void notation_report(struct report *report, const yaml_parser_t *parser, const char *text,
                     gsize length)
{
    const yaml_mark_t *mark = &parser->problem_mark;
    if (mark->line == 0 && mark->column == 0)
        mark = &parser->mark;
    struct trouble trouble = {
        .report = report,
        .text = text,
        .length = length,
        .problem = parser->problem ? parser->problem : "the file cannot be read",
        .context = parser->context ? parser->context : "",
        .at = place_of(mark),
        .from = place_of(&parser->context_mark),
    };
    if (explain(&trouble))
        return;
    if (parser->context)
        report_error(report, trouble.at, "not valid YAML: %s (%s)" NOT_READ, trouble.problem,
                     trouble.context);
    else
        report_error(report, trouble.at, "not valid YAML: %s" NOT_READ, trouble.problem);
}
