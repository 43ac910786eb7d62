/* A plan file as a tree of text with places, before anything is known about its meaning. YAML's own
 * types, anchors, aliases, tags and duplicate keys do not get past here. */
#ifndef PGROLLOUT_PLAN_NODE_PRIVATE_H
#define PGROLLOUT_PLAN_NODE_PRIVATE_H

#include "pgrollout/plan/reader.h"

/* Where the findings go. */
struct report {
    const char *file;
    GPtrArray *findings;
    guint errors; /* made through this report */
};

/* At most this many errors are listed; a file with more is not a plan. */
#define REPORT_ERRORS_MAX 200

void report_error(struct report *report, struct plan_place at, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* A text of the file as it is quoted in a message: cut to 60 characters. Free with g_free. */
char *report_clip(const char *text);

enum node_type {
    NODE_SCALAR,
    NODE_SEQUENCE,
    NODE_MAPPING,
    NODE_BROKEN /* was reported already: be silent about it */
};

struct node {
    enum node_type type;
    struct plan_place at;
    char *text;       /* scalar */
    gboolean quoted;  /* scalar: in quotes or a block, so that an empty one is meant */
    gboolean again;   /* key: the mapping has it already (reported); node_find does not see it */
    gboolean open;    /* mapping, sequence: the notation broke off inside; more may have followed */
    GPtrArray *keys;  /* mapping: struct node scalars */
    GPtrArray *items; /* mapping, sequence: struct node */
};

/* The only document of the text; NULL when there is none to speak of (reported). Reports every
 * mistake of the notation up to the first that libyaml cannot get over; the tree ends there. */
struct node *node_parse(struct report *report, const char *text, gsize length);
void node_free(struct node *node);

/* The value of a key, or NULL. */
const struct node *node_find(const struct node *mapping, const char *key);
/* A value that was not written: nothing stands behind the colon. */
gboolean node_is_empty(const struct node *node);

/* A mapping of pairs that stay another's: clear it, never free it. */
struct node pairs_new(struct plan_place at, gboolean open);
void pairs_add(struct node *pairs, const struct node *mapping, guint index);
void pairs_clear(struct node *pairs);

/* "text", "a list", "a mapping". */
const char *node_type_name(enum node_type type);

#endif
