/* Questions, answers and findings as values. */
#include "config.h"
#include "evidence-private.h"

#include <string.h>

void evidence_ask(GPtrArray *asks, enum evidence_place place, const char *name, const char *topic,
                  char *sql)
{
    struct evidence_ask *ask = g_new0(struct evidence_ask, 1);
    ask->place = place;
    ask->name = g_strdup(name);
    ask->topic = g_strdup(topic);
    ask->sql = sql;
    g_ptr_array_add(asks, ask);
}

void evidence_ask_free(void *data)
{
    struct evidence_ask *ask = data;
    g_free(ask->name);
    g_free(ask->topic);
    g_free(ask->sql);
    g_free(ask);
}

void evidence_answer_free(void *data)
{
    struct evidence_answer *answer = data;
    g_free(answer->name);
    g_free(answer->topic);
    if (answer->value)
        json_node_unref(answer->value);
    g_free(answer->wrong);
    g_free(answer);
}

const struct evidence_answer *evidence_answer_find(const GPtrArray *answers,
                                                   enum evidence_place place, const char *name,
                                                   const char *topic)
{
    for (guint i = 0; i < answers->len; i++) {
        const struct evidence_answer *answer = g_ptr_array_index(answers, i);
        if (answer->place == place && strcmp(answer->topic, topic) == 0 &&
            (!name || g_strcmp0(answer->name, name) == 0))
            return answer;
    }
    return NULL;
}

void evidence_finding_clear(struct evidence_finding *finding)
{
    g_clear_pointer(&finding->text, g_free);
    g_clear_pointer(&finding->coverage, g_free);
    g_clear_pointer(&finding->memo, json_object_unref);
}

JsonNode *evidence_rows(const struct db_reply *reply)
{
    JsonArray *rows = json_array_new();
    for (int r = 0; r < db_reply_rows(reply); r++) {
        JsonObject *row = json_object_new();
        for (int c = 0; c < db_reply_columns(reply); c++) {
            const char *text = db_reply_text(reply, r, c);
            g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;
            if (valid)
                json_object_set_string_member(row, db_reply_column_name(reply, c), valid);
        }
        json_array_add_object_element(rows, row);
    }
    return json_node_init_array(json_node_alloc(), rows);
}

JsonNode *evidence_value(const struct db_reply *reply)
{
    const char *text = db_reply_rows(reply) == 1 && db_reply_columns(reply) == 1
                           ? db_reply_text(reply, 0, 0)
                           : NULL;
    return text && *text ? json_from_string(text, NULL) : NULL;
}
