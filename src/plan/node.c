/* The tree of a plan file, built from libyaml's events. The text is checked before libyaml sees it,
 * because its places for ill-formed bytes are offsets and not lines. */
#include "config.h"
#include "plan/notation-private.h"

#include <string.h>

/* Far beyond any plan; a bound for what a hostile file may cost. */
#define DEPTH_MAX 16
#define NODES_MAX 50000

struct builder {
    struct report *report;
    yaml_parser_t parser;
    const char *text; /* what the parser reads */
    gsize length;
    guint nodes;
    gboolean stopped; /* nothing more is read */
    gboolean hostile; /* nor is there anything to look at */
};

static struct plan_place place_of_offset(const char *text, gsize offset)
{
    struct plan_place at = {1, 1};
    for (gsize i = 0; i < offset; i++) {
        guchar byte = (guchar)text[i];
        if (byte == '\n') {
            at.line++;
            at.column = 1;
        } else if ((byte & 0xC0) != 0x80) { /* count characters, not bytes */
            at.column++;
        }
    }
    return at;
}

static struct plan_place place_of_mark(const yaml_mark_t *mark)
{
    return (struct plan_place){(int)mark->line + 1, (int)mark->column + 1};
}

static gboolean is_control(gunichar c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0) || c == 0xFFFE ||
           c == 0xFFFF || c == 0xFEFF;
}

/* The first control character of a valid text, carriage returns before line feeds left out. */
static const char *control_find(const char *text, const char *end)
{
    for (const char *p = text; p < end; p = g_utf8_next_char(p)) {
        if (*p == '\r' && p + 1 < end && p[1] == '\n')
            continue;
        if (is_control(g_utf8_get_char(p)))
            return p;
    }
    return NULL;
}

static gboolean text_check(struct report *report, const char *text, gsize length)
{
    const char *end;
    if (length >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0)) {
        report_error(report, (struct plan_place){1, 1}, "the file is UTF-16: save it as UTF-8");
        return FALSE;
    }
    if (!g_utf8_validate(text, (gssize)length, &end)) {
        struct plan_place at = place_of_offset(text, (gsize)(end - text));
        if (*end == '\0')
            report_error(report, at, "a NUL byte: the file is not text");
        else
            report_error(report, at, "byte 0x%02x is not valid UTF-8", (guint)(guchar)*end);
        return FALSE;
    }
    end = control_find(text, text + length);
    if (end) {
        report_error(report, place_of_offset(text, (gsize)(end - text)),
                     "a control character (U+%04X): remove it", g_utf8_get_char(end));
        return FALSE;
    }
    return TRUE;
}

static struct node *node_new(enum node_type type, struct plan_place at)
{
    struct node *node = g_new0(struct node, 1);
    node->type = type;
    node->at = at;
    return node;
}

static void node_free_item(gpointer node)
{
    node_free(node);
}

void node_free(struct node *node)
{
    if (!node)
        return;
    g_free(node->text);
    g_clear_pointer(&node->keys, g_ptr_array_unref);
    g_clear_pointer(&node->items, g_ptr_array_unref);
    g_free(node);
}

const struct node *node_find(const struct node *mapping, const char *key)
{
    for (guint i = 0; mapping->keys && i < mapping->keys->len; i++) {
        const struct node *name = g_ptr_array_index(mapping->keys, i);
        if (name->type == NODE_SCALAR && !name->again && strcmp(name->text, key) == 0)
            return g_ptr_array_index(mapping->items, i);
    }
    return NULL;
}

struct node pairs_new(struct plan_place at, gboolean open)
{
    return (struct node){.type = NODE_MAPPING,
                         .at = at,
                         .open = open,
                         .keys = g_ptr_array_new(),
                         .items = g_ptr_array_new()};
}

void pairs_add(struct node *pairs, const struct node *mapping, guint index)
{
    g_ptr_array_add(pairs->keys, g_ptr_array_index(mapping->keys, index));
    g_ptr_array_add(pairs->items, g_ptr_array_index(mapping->items, index));
}

void pairs_clear(struct node *pairs)
{
    g_ptr_array_unref(pairs->keys);
    g_ptr_array_unref(pairs->items);
}

gboolean node_is_empty(const struct node *node)
{
    return node->type == NODE_SCALAR && !node->quoted && !*node->text;
}

const char *node_type_name(enum node_type type)
{
    static const char *const names[] = {"text", "a list", "a mapping", "something else"};
    return names[type];
}

static void builder_stop(struct builder *builder, struct plan_place at, const char *text)
{
    report_error(builder->report, at, "%s", text);
    builder->stopped = TRUE;
    builder->hostile = TRUE;
}

/* The next event; FALSE when there is none. The caller deletes it. */
static gboolean event_next(struct builder *builder, yaml_event_t *event)
{
    if (builder->stopped)
        return FALSE;
    if (yaml_parser_parse(&builder->parser, event))
        return TRUE;
    notation_report(builder->report, &builder->parser, builder->text, builder->length);
    builder->stopped = TRUE;
    return FALSE;
}

static gboolean refuse_properties(struct builder *builder, struct plan_place at,
                                  const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        report_error(builder->report, at,
                     "anchor \"&%s\": plans have none; text that begins with & must be quoted",
                     (const char *)anchor);
    if (tag)
        report_error(builder->report, at,
                     "a tag: plans have none; text that begins with ! must be quoted");
    return anchor || tag;
}

static struct node *scalar_build(struct builder *builder, const yaml_event_t *event)
{
    struct plan_place at = place_of_mark(&event->start_mark);
    const char *value = (const char *)event->data.scalar.value;
    gsize length = event->data.scalar.length;
    struct node *node = node_new(NODE_SCALAR, at);
    if (refuse_properties(builder, at, event->data.scalar.anchor, event->data.scalar.tag) &&
        length == 0) { /* the text was taken for the property */
        node->type = NODE_BROKEN;
        return node;
    }
    /* escapes such as "\0" and "\e" make characters that the file itself may not hold */
    if (memchr(value, '\0', length) || control_find(value, value + length)) {
        report_error(builder->report, at, "an escape makes a control character: remove it");
        node->type = NODE_BROKEN;
        return node;
    }
    node->text = g_strndup(value, length);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return node;
}

static struct node *node_build(struct builder *builder, const yaml_event_t *event, int depth);

static struct node *sequence_build(struct builder *builder, const yaml_event_t *start, int depth)
{
    struct plan_place at = place_of_mark(&start->start_mark);
    refuse_properties(builder, at, start->data.sequence_start.anchor,
                      start->data.sequence_start.tag);
    struct node *node = node_new(NODE_SEQUENCE, at);
    node->items = g_ptr_array_new_with_free_func(node_free_item);
    node->open = TRUE;
    yaml_event_t event;
    while (event_next(builder, &event)) {
        gboolean end = event.type == YAML_SEQUENCE_END_EVENT;
        if (!end)
            g_ptr_array_add(node->items, node_build(builder, &event, depth + 1));
        yaml_event_delete(&event);
        if (end) {
            node->open = FALSE;
            break;
        }
    }
    return node;
}

/* Adds a pair, unless its key is none. */
static void pair_add(struct builder *builder, struct node *mapping, GHashTable *seen,
                     struct node *key, struct node *value)
{
    if (key->type != NODE_SCALAR) {
        if (key->type != NODE_BROKEN)
            report_error(builder->report, key->at, "a key must be text, not %s",
                         node_type_name(key->type));
    } else {
        const struct node *first = g_hash_table_lookup(seen, key->text);
        g_autofree char *shown = report_clip(key->text);
        key->again = first != NULL;
        if (first)
            report_error(builder->report, key->at, "duplicate key \"%s\": the first is on line %d",
                         shown, first->at.line);
        else
            g_hash_table_insert(seen, key->text, key);
        g_ptr_array_add(mapping->keys, key);
        g_ptr_array_add(mapping->items, value);
        return;
    }
    node_free(key);
    node_free(value);
}

static struct node *mapping_build(struct builder *builder, const yaml_event_t *start, int depth)
{
    struct plan_place at = place_of_mark(&start->start_mark);
    refuse_properties(builder, at, start->data.mapping_start.anchor, start->data.mapping_start.tag);
    struct node *node = node_new(NODE_MAPPING, at);
    node->keys = g_ptr_array_new_with_free_func(node_free_item);
    node->items = g_ptr_array_new_with_free_func(node_free_item);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    struct node *key = NULL;
    node->open = TRUE;
    yaml_event_t event;
    while (event_next(builder, &event)) {
        gboolean end = event.type == YAML_MAPPING_END_EVENT;
        struct node *part = end ? NULL : node_build(builder, &event, depth + 1);
        yaml_event_delete(&event);
        if (end) {
            node->open = FALSE;
            break;
        }
        if (key)
            pair_add(builder, node, seen, g_steal_pointer(&key), part);
        else
            key = part;
    }
    node_free(key);
    return node;
}

/* The node that begins with this event; never NULL. */
static struct node *node_build(struct builder *builder, const yaml_event_t *event, int depth)
{
    struct plan_place at = place_of_mark(&event->start_mark);
    if (++builder->nodes > NODES_MAX)
        builder_stop(builder, at, "too many values for a plan");
    else if (depth > DEPTH_MAX)
        builder_stop(builder, at, "nested too deeply for a plan");
    if (builder->stopped)
        return node_new(NODE_BROKEN, at);
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return scalar_build(builder, event);
    case YAML_SEQUENCE_START_EVENT:
        return sequence_build(builder, event, depth);
    case YAML_MAPPING_START_EVENT:
        return mapping_build(builder, event, depth);
    default:
        report_error(builder->report, at,
                     "alias \"*%s\": plans have none; text that begins with * must be quoted",
                     (const char *)event->data.alias.anchor);
        return node_new(NODE_BROKEN, at);
    }
}

static void directives_refuse(struct builder *builder, const yaml_event_t *event)
{
    if (event->data.document_start.version_directive ||
        event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end)
        report_error(builder->report, place_of_mark(&event->start_mark),
                     "a %% directive: plans have none");
}

static struct node *document_build(struct builder *builder)
{
    struct node *root = NULL;
    int documents = 0;
    gboolean end = FALSE;
    yaml_event_t event;
    while (!end && event_next(builder, &event)) {
        end = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT) {
            directives_refuse(builder, &event);
            if (++documents > 1) {
                report_error(builder->report, place_of_mark(&event.start_mark),
                             "a second document: a plan file holds one plan");
                end = TRUE;
            }
        } else if (event.type != YAML_DOCUMENT_END_EVENT && event.type != YAML_STREAM_START_EVENT &&
                   !end) {
            root = node_build(builder, &event, 0);
        }
        yaml_event_delete(&event);
    }
    if (!root && !builder->stopped)
        report_error(builder->report, (struct plan_place){1, 1}, "the file is empty");
    return root;
}

/* What stands last before the notation breaks off may have been meant otherwise, even if it looks
 * complete: a line indented too little ends what it belongs to. Nothing is said about it. */
static void edge_open(struct node *node)
{
    while (node) {
        gboolean inner = node->items && node->items->len > 0;
        node->open = node->items != NULL;
        if (!node->items)
            node->type = NODE_BROKEN;
        node = inner ? g_ptr_array_index(node->items, node->items->len - 1) : NULL;
    }
}

struct node *node_parse(struct report *report, const char *text, gsize length)
{
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3; /* a byte order mark at the start is harmless */
        length -= 3;
    }
    if (!text_check(report, text, length))
        return NULL;
    struct builder builder = {.report = report, .text = text, .length = length};
    if (!yaml_parser_initialize(&builder.parser))
        g_error("out of memory");
    yaml_parser_set_encoding(&builder.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&builder.parser, (const unsigned char *)text, length);
    struct node *root = document_build(&builder);
    yaml_parser_delete(&builder.parser);
    if (builder.hostile)
        g_clear_pointer(&root, node_free);
    else if (builder.stopped)
        edge_open(root);
    return root;
}
