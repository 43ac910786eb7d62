/* How far an events file is, and its lines. */
#include "config.h"
#include "events-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgrollout/base/error.h"
#include "pgrollout/base/json.h"

/* Of the file's end, and of the numbers that are still looked for. */
#define TAIL_BYTES (256 * 1024)
#define MISSING_MAX 1000

void events_place_init(struct events_place *place)
{
    place->after = 0;
    place->at = NULL;
    place->missing = g_array_new(FALSE, FALSE, sizeof(gint64));
}

void events_place_clear(struct events_place *place)
{
    g_free(place->at);
    g_array_unref(place->missing);
}

static void take_missing(struct events_place *place, gint64 id)
{
    for (guint i = 0; i < place->missing->len; i++)
        if (g_array_index(place->missing, gint64, i) == id) {
            g_array_remove_index(place->missing, i);
            return;
        }
}

void events_place_add(struct events_place *place, gint64 id)
{
    if (id <= place->after) {
        take_missing(place, id);
        return;
    }
    gint64 first = place->after ? MAX(place->after + 1, id - MISSING_MAX) : id;
    for (gint64 between = first; between < id; between++)
        g_array_append_val(place->missing, between);
    if (place->missing->len > MISSING_MAX)
        g_array_remove_range(place->missing, 0, place->missing->len - MISSING_MAX);
    place->after = id;
}

/* FALSE: it is no line of an events file. */
static gboolean take_line(struct events_place *place, const char *line, const char *database)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!json_parser_load_from_data(parser, line, -1, NULL))
        return FALSE;
    JsonNode *root = json_parser_get_root(parser);
    JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    if (!object || !json_object_has_member(object, "id") || !json_object_has_member(object, "at"))
        return FALSE;
    const char *of = json_object_get_string_member_with_default(object, "database", "");
    gint64 id = json_object_get_int_member_with_default(object, "id", 0);
    if (strcmp(of, database) != 0)
        return TRUE;
    if (id > place->after) {
        g_free(place->at);
        place->at = g_strdup(json_object_get_string_member_with_default(object, "at", NULL));
    }
    events_place_add(place, id);
    return TRUE;
}

static char *tail_read(const char *path, gboolean *whole, GError **error)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return g_strdup("");
    if (fd < 0 || fstat(fd, &st) != 0) {
        rollout_fail(error, ROLLOUT_ERROR_USAGE, "--events-file %s: %s", path, g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    gsize done = 0;
    char *text = g_malloc0(TAIL_BYTES + 1);
    off_t from = S_ISREG(st.st_mode) ? MAX(0, st.st_size - TAIL_BYTES) : 0;
    *whole = from == 0;
    while (S_ISREG(st.st_mode) && done < TAIL_BYTES) {
        ssize_t n = pread(fd, text + done, TAIL_BYTES - done, from + (off_t)done);
        if (n <= 0)
            break;
        done += (gsize)n;
    }
    close(fd);
    text[done] = '\0';
    return text;
}

gboolean events_place_read(struct events_place *place, const char *path, const char *database,
                           gboolean *torn, GError **error)
{
    gboolean whole = TRUE;
    g_autofree char *text = tail_read(path, &whole, error);
    if (!text)
        return FALSE;
    gsize all = strlen(text);
    *torn = all > 0 && text[all - 1] != '\n';
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint n = g_strv_length(lines), good = 0, bad = 0;
    /* the first may be cut by us, the last by a crash */
    for (guint i = whole ? 0 : 1; i + 1 < n; i++) {
        if (!*lines[i])
            continue;
        gboolean ours = take_line(place, lines[i], database);
        good += ours;
        bad += !ours;
    }
    if (bad > good || (*torn && good == 0))
        return rollout_fail(
            error, ROLLOUT_ERROR_USAGE,
            "--events-file %s: this is no events file: move it away, or name another", path);
    return TRUE;
}

char *events_line(const char *database, gint64 id, const char *at, const char *migration,
                  const char *kind, const char *who, const char *os_user, const char *client,
                  const char *event)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    json_put_int(json, "id", id);
    json_put_text(json, "at", at);
    json_put_text(json, "database", database);
    json_put_text(json, "migration", migration);
    json_put_text(json, "kind", kind);
    json_put_text(json, "who", who);
    json_put_text(json, "os_user", os_user);
    json_put_text(json, "client", client);
    json_put_text(json, "event", event);
    json_builder_end_object(json);
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    g_autofree char *line = json_to_string(root, FALSE);
    return g_strconcat(line, "\n", NULL);
}
