/* Why a connection failed, for a line of 80 columns: libpq names the server before the reason. */
#include "config.h"
#include "client-private.h"

#include <string.h>

/* "connection to server at "db1" (10.0.0.1), port 5432 failed: " and the same on a socket. */
#define PLACE                                                                                      \
    "connection to server (?:on socket|at) \"([^\"]*)\"(?: \\([^)]*\\))?(?:, port (\\d+))? "       \
    "failed: "

/* "db1:5432", or the file's name. */
static char *place_of(const GMatchInfo *match)
{
    g_autofree char *host = g_match_info_fetch(match, 1), *port = g_match_info_fetch(match, 2);
    const char *slash = strrchr(host, '/');
    return g_strconcat(slash ? slash + 1 : host, port && *port ? ":" : "", port, NULL);
}

static gboolean name_place(const GMatchInfo *match, GString *result, void *data)
{
    (void)data;
    g_autofree char *place = place_of(match);
    g_string_append_printf(result, "%s: ", place);
    return FALSE;
}

char *client_why_brief(const char *message)
{
    g_autoptr(GRegex) hints = g_regex_new("\\n\\tIs the server running[^\\n]*\\?", 0, 0, NULL);
    g_autoptr(GRegex) places = g_regex_new(PLACE, 0, 0, NULL);
    g_autofree char *text = g_regex_replace_literal(hints, message, -1, 0, "", 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    int start, end;
    if (!text || !g_regex_match(places, text, 0, &match)) /* another language, or no UTF-8 */
        return g_strdup(text ? text : message);
    g_match_info_fetch_pos(match, 0, &start, &end);
    g_autofree char *place = place_of(match);
    if (start == 0 && !g_match_info_next(match, NULL)) /* the header names it already */
        return g_strdup_printf("%s (%s)", text + end, place);
    return g_regex_replace_eval(places, text, -1, 0, 0, name_place, NULL, NULL);
}
