/* The parts of what the servers say about the users of a column. */
#ifndef PGROLLOUT_ENGINE_USAGE_PRIVATE_H
#define PGROLLOUT_ENGINE_USAGE_PRIVATE_H

#include "pgrollout/engine/usage.h"

struct usage_reader {
    struct usage_report *report; /* given away by finish */
    struct usage_catalog *catalog;
    JsonNode *facts; /* what the catalog said */
    char **except;
    GHashTable *names; /* of relations in texts */
    JsonObject *cache; /* usage-cache.c; NULL: none */
};

/* --- usage-cache.c: what is kept of each statement between two looks */

/* Adds the names of relations in its text to the reader's. */
void usage_cache_names(struct usage_reader *reader, const struct usage_statement *statement);
/* All facts are known: what was judged by other ones is forgotten. */
void usage_cache_begin(struct usage_reader *reader, JsonNode *relations);
/* Judges the statement's text, or remembers how it was judged. */
void usage_cache_judge(struct usage_reader *reader, struct usage_statement *statement);

/* Members that may be absent or null. */
const char *usage_text(JsonObject *object, const char *name);
double usage_number(JsonObject *object, const char *name);
gboolean usage_flag(JsonObject *object, const char *name);
JsonArray *usage_list(JsonObject *object, const char *name); /* NULL: none */
JsonObject *usage_element(JsonArray *array, guint index);

gboolean usage_excepted(const struct usage_reader *reader, const char *role);
void usage_note(struct usage_report *report, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Judges what was taken, all relations being known. */
void usage_judge_functions(struct usage_reader *reader);
void usage_judge_dependents(struct usage_reader *reader);

void usage_statement_free(void *statement);
void usage_session_free(void *session);

#endif
