/* Whose sessions there are. A server's session that a configured pooler holds is the pooler's: it keeps
 * the name of its last client, so the pooler's own list of clients counts instead. A session
 * without a name, with a pooler's name, or with one that changes, may be anybody's. */
#include "config.h"
#include "sessions.h"

#include <string.h>

#define LISTED 3 /* so many are named, the others counted */

struct sessions {
    const struct evidence_question *question;
    const char *pattern;
    GHashTable *pooled; /* "pid port" of servers' sessions that a pooler holds */
    GPtrArray *seen, *unsure, *blind, *looked, *unseen; /* texts */
    GHashTable *before;                                 /* what lately held: session → name */
    JsonObject *now;                                    /* the same, for the next look */
    char *system;                                       /* the cluster's identifier */
};

static const char *text_of(JsonObject *object, const char *member)
{
    return json_object_get_string_member_with_default(object, member, NULL);
}

static gint64 int_of(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : -1;
}

/* What a pooler calls its own sessions where it passes no name on. */
static gboolean is_pooler_name(const char *name)
{
    static const char *const globs[] = {"*pgbouncer*", "*pgcat*",     "*odyssey*",  "*pgpool*",
                                        "*pgagroal*",  "*supavisor*", "*rdsproxy*", "*pgdog*"};
    g_autofree char *lower = g_ascii_strdown(name, -1);
    for (guint i = 0; i < G_N_ELEMENTS(globs); i++)
        if (g_pattern_match_simple(globs[i], lower))
            return TRUE;
    return FALSE;
}

/* PgBouncer's application_name_add_host appends " - address:port". */
static gboolean matches(const char *pattern, const char *name)
{
    if (g_pattern_match_simple(pattern, name))
        return TRUE;
    const char *host = g_strrstr(name, " - ");
    g_autofree char *bare = host ? g_strndup(name, (gsize)(host - name)) : NULL;
    return bare && g_pattern_match_simple(pattern, bare);
}

/* --- servers */

static char *pooled_key(gint64 pid, gint64 port)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, pid, port);
}

static char *describe_session(JsonObject *session, const char *place)
{
    const char *addr = text_of(session, "addr"), *user = text_of(session, "user");
    return g_strdup_printf("pid %" G_GINT64_FORMAT "%s%s (%s from %s)", int_of(session, "pid"),
                           place ? " on " : "", place ? place : "", user ? user : "?",
                           addr ? addr : "the server itself");
}

/* TRUE: it has called itself something else before. */
static gboolean changes_name(struct sessions *sessions, const char *place, JsonObject *session,
                             const char *name)
{
    const char *start = text_of(session, "start");
    g_autofree char *key = g_strdup_printf("%s %" G_GINT64_FORMAT " %s", place ? place : "",
                                           int_of(session, "pid"), start ? start : "");
    const char *before = g_hash_table_lookup(sessions->before, key);
    gboolean changes = before && strcmp(before, name) != 0 && *name;
    /* once changed, always: "" is no name that it could have again */
    json_object_set_string_member(sessions->now, key, changes || (before && !*before) ? "" : name);
    return changes;
}

static void take_session(struct sessions *sessions, const char *place, JsonObject *session)
{
    const char *name = text_of(session, "name");
    gint64 pid = int_of(session, "pid"), port = int_of(session, "port");
    g_autofree char *key = pooled_key(pid, port);
    if (g_hash_table_contains(sessions->pooled, key))
        return;
    gboolean nameless = !name || !*name;
    gboolean changed = !nameless && changes_name(sessions, place, session, name);
    g_autofree char *who = describe_session(session, place);
    if (!nameless && matches(sessions->pattern, name))
        g_ptr_array_add(sessions->seen, g_steal_pointer(&who));
    else if (nameless)
        g_ptr_array_add(sessions->unsure, g_strdup_printf("%s without a name", who));
    else if (is_pooler_name(name) || changed)
        g_ptr_array_add(sessions->unsure,
                        g_strdup_printf("%s, which %s", who,
                                        changed ? "changes its name as behind a pooler"
                                                : "has a pooler's name"));
}

/* A transaction that is prepared for long has outlived the session that wrote it. */
static void take_prepared(struct sessions *sessions, JsonObject *prepared)
{
    double patience = MIN(10, (double)sessions->question->step->for_us / 2 / G_USEC_PER_SEC);
    if (!sessions->question->afresh &&
        json_object_get_double_member_with_default(prepared, "age_s", 0) < patience)
        return;
    g_ptr_array_add(sessions->unsure,
                    g_strdup_printf("prepared transaction \"%s\" of %s", text_of(prepared, "gid"),
                                    text_of(prepared, "owner")));
}

static void each_object(JsonObject *of, const char *member, struct sessions *sessions,
                        void (*fn)(struct sessions *, JsonObject *))
{
    JsonArray *array = json_object_get_array_member(of, member);
    for (guint i = 0; array && i < json_array_get_length(array); i++)
        fn(sessions, json_array_get_object_element(array, i));
}

static guint take_server(struct sessions *sessions, const char *place, JsonObject *server)
{
    JsonArray *list = json_object_get_array_member(server, "sessions");
    guint n = list ? json_array_get_length(list) : 0;
    for (guint i = 0; i < n; i++)
        take_session(sessions, place, json_array_get_object_element(list, i));
    return n;
}

static JsonObject *server_of(const struct evidence_answer *answer)
{
    return answer && answer->value && JSON_NODE_HOLDS_OBJECT(answer->value)
               ? json_node_get_object(answer->value)
               : NULL;
}

static void no_answer(struct sessions *sessions, const char *what, const char *name,
                      const struct evidence_answer *answer)
{
    g_ptr_array_add(sessions->blind,
                    g_strdup_printf("%s%s%s does not answer: %s", what, name ? " " : "",
                                    name ? name : "",
                                    answer && answer->wrong ? answer->wrong : "no value"));
}

static gboolean is_configured(const struct conf *conf, const char *name)
{
    return conf_replica_find(conf, name) != NULL;
}

static void take_primary(struct sessions *sessions, const GPtrArray *answers)
{
    const struct evidence_answer *answer =
        evidence_answer_find(answers, EVIDENCE_PRIMARY, NULL, SESSIONS_HERE);
    JsonObject *server = server_of(answer);
    if (!server) {
        no_answer(sessions, "the primary", NULL, answer);
        return;
    }
    sessions->system = g_strdup(text_of(server, "system"));
    guint n = take_server(sessions, NULL, server);
    g_ptr_array_add(sessions->looked, g_strdup_printf("the primary (%u sessions)", n));
    each_object(server, "prepared", sessions, take_prepared);
    JsonArray *standbys = json_object_get_array_member(server, "standbys");
    for (guint i = 0; standbys && i < json_array_get_length(standbys); i++) {
        const char *name = json_array_get_string_element(standbys, i);
        if (!is_configured(sessions->question->conf, name))
            g_ptr_array_add(sessions->unseen, g_strdup_printf("standby %s", name));
    }
}

static void take_replica(struct sessions *sessions, const GPtrArray *answers, const char *name)
{
    const struct evidence_answer *answer =
        evidence_answer_find(answers, EVIDENCE_REPLICA, name, SESSIONS_HERE);
    JsonObject *server = server_of(answer);
    if (!server) {
        no_answer(sessions, "standby", name, answer);
    } else if (g_strcmp0(sessions->system, text_of(server, "system")) == 0) {
        guint n = take_server(sessions, name, server);
        g_ptr_array_add(sessions->looked, g_strdup_printf("standby %s (%u)", name, n));
    }
}

/* --- poolers */

static JsonArray *rows_of(struct sessions *sessions, const GPtrArray *answers, const char *name,
                          const char *topic)
{
    const struct evidence_answer *answer =
        evidence_answer_find(answers, EVIDENCE_POOLER, name, topic);
    if (answer && answer->value && JSON_NODE_HOLDS_ARRAY(answer->value))
        return json_node_get_array(answer->value);
    no_answer(sessions, "pooler", name, answer);
    return NULL;
}

/* The names under which the pooler offers the database. One of its "*" is called as the database is. */
static GHashTable *aliases(JsonArray *databases, const char *database)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(names, g_strdup(database));
    for (guint i = 0; databases && i < json_array_get_length(databases); i++) {
        JsonObject *row = json_array_get_object_element(databases, i);
        const char *name = text_of(row, "name"), *real = text_of(row, "database");
        if (!name || strcmp(name, "pgbouncer") == 0)
            continue;
        if (g_strcmp0(real, database) == 0)
            g_hash_table_add(names, g_strdup(name));
        else if (g_strcmp0(name, database) == 0)
            g_hash_table_remove(names, name);
    }
    return names;
}

/* Only those of the database: the pooler may serve other clusters, where pids are others. */
static void take_pooled(struct sessions *sessions, JsonArray *servers, GHashTable *names)
{
    for (guint i = 0; servers && i < json_array_get_length(servers); i++) {
        JsonObject *row = json_array_get_object_element(servers, i);
        const char *pid = text_of(row, "remote_pid"), *port = text_of(row, "local_port");
        const char *addr = text_of(row, "addr"), *database = text_of(row, "database");
        gboolean local = addr && g_str_has_prefix(addr, "unix");
        if (pid && strcmp(pid, "0") != 0 && database && g_hash_table_contains(names, database))
            g_hash_table_add(sessions->pooled,
                             pooled_key(g_ascii_strtoll(pid, NULL, 10),
                                        local || !port ? -1 : g_ascii_strtoll(port, NULL, 10)));
    }
}

static void take_client(struct sessions *sessions, const char *pooler, JsonObject *row)
{
    const char *name = text_of(row, "application_name"), *user = text_of(row, "user");
    const char *addr = text_of(row, "addr"), *port = text_of(row, "port");
    if (name && g_str_has_prefix(name, "pgrollout/"))
        return;
    g_autofree char *who = g_strdup_printf("client of pooler %s (%s from %s:%s)", pooler,
                                           user ? user : "?", addr ? addr : "?", port ? port : "?");
    if (name && *name && matches(sessions->pattern, name))
        g_ptr_array_add(sessions->seen, g_steal_pointer(&who));
    else if (!name || !*name)
        g_ptr_array_add(sessions->unsure,
                        g_strdup_printf("%s without a name%s", who,
                                        json_object_has_member(row, "application_name")
                                            ? ""
                                            : " (PgBouncer tells it from 1.18 on)"));
    else if (is_pooler_name(name))
        g_ptr_array_add(sessions->unsure, g_strdup_printf("%s, which has a pooler's name", who));
}

static void take_servers(struct sessions *sessions, const GPtrArray *answers, const char *name)
{
    JsonArray *databases = rows_of(sessions, answers, name, POOLER_DATABASES);
    if (!databases)
        return;
    g_autoptr(GHashTable) names = aliases(databases, sessions->question->database);
    take_pooled(sessions, rows_of(sessions, answers, name, POOLER_SERVERS), names);
    take_pooled(sessions, rows_of(sessions, answers, name, POOLER_SERVERS_AGAIN), names);
}

static void take_clients(struct sessions *sessions, const GPtrArray *answers, const char *name)
{
    const struct evidence_answer *databases =
        evidence_answer_find(answers, EVIDENCE_POOLER, name, POOLER_DATABASES);
    JsonArray *clients =
        databases && databases->value ? rows_of(sessions, answers, name, POOLER_CLIENTS) : NULL;
    if (!clients)
        return;
    g_autoptr(GHashTable) names =
        aliases(json_node_get_array(databases->value), sessions->question->database);
    guint n = 0;
    for (guint i = 0; i < json_array_get_length(clients); i++) {
        JsonObject *row = json_array_get_object_element(clients, i);
        const char *database = text_of(row, "database");
        if (!database || !g_hash_table_contains(names, database))
            continue;
        n++;
        take_client(sessions, name, row);
    }
    g_ptr_array_add(sessions->looked, g_strdup_printf("pooler %s (%u clients)", name, n));
}

/* --- together */

static void remember_before(JsonObject *lately, const char *key, JsonNode *name, void *before)
{
    (void)lately;
    g_hash_table_insert(before, g_strdup(key), g_strdup(json_node_get_string(name)));
}

static void forget(JsonObject *lately, const char *key, JsonNode *name, void *data)
{
    (void)lately;
    (void)name;
    g_ptr_array_add(data, g_strdup(key));
}

/* Only the sessions that are there now, so that nothing grows. */
static void keep_lately(struct sessions *sessions)
{
    JsonObject *lately = sessions->question->lately;
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    json_object_foreach_member(lately, forget, keys);
    for (guint i = 0; i < keys->len; i++)
        json_object_remove_member(lately, g_ptr_array_index(keys, i));
    g_autoptr(GList) members = json_object_get_members(sessions->now);
    for (GList *m = members; m; m = m->next)
        json_object_set_string_member(lately, m->data, text_of(sessions->now, m->data));
}

struct sessions *sessions_read(const struct evidence_question *question, const GPtrArray *answers,
                               const char *pattern)
{
    struct sessions *sessions = g_new0(struct sessions, 1);
    const struct conf *conf = question->conf;
    GPtrArray **lists[] = {&sessions->seen, &sessions->unsure, &sessions->blind, &sessions->looked,
                           &sessions->unseen};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        *lists[i] = g_ptr_array_new_with_free_func(g_free);
    sessions->question = question;
    sessions->pattern = pattern;
    sessions->pooled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    sessions->before = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    sessions->now = json_object_new();
    json_object_foreach_member(question->lately, remember_before, sessions->before);
    for (guint i = 0; i < conf->poolers->len; i++) {
        const struct conf_server *pooler = g_ptr_array_index(conf->poolers, i);
        take_servers(sessions, answers, pooler->name);
    }
    take_primary(sessions, answers);
    for (guint i = 0; i < conf->replicas->len; i++) {
        const struct conf_server *replica = g_ptr_array_index(conf->replicas, i);
        take_replica(sessions, answers, replica->name);
    }
    for (guint i = 0; i < conf->poolers->len; i++) {
        const struct conf_server *pooler = g_ptr_array_index(conf->poolers, i);
        take_clients(sessions, answers, pooler->name);
    }
    keep_lately(sessions);
    return sessions;
}

void sessions_free(struct sessions *sessions)
{
    GPtrArray *lists[] = {sessions->seen, sessions->unsure, sessions->blind, sessions->looked,
                          sessions->unseen};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        g_ptr_array_unref(lists[i]);
    g_hash_table_unref(sessions->pooled);
    g_hash_table_unref(sessions->before);
    json_object_unref(sessions->now);
    g_free(sessions->system);
    g_free(sessions);
}

static char *list(const GPtrArray *texts, guint at_most)
{
    GString *all = g_string_new(NULL);
    for (guint i = 0; i < texts->len && i < at_most; i++)
        g_string_append_printf(all, "%s%s", i ? ", " : "",
                               (const char *)g_ptr_array_index(texts, i));
    if (texts->len > at_most)
        g_string_append_printf(all, " and %u more", texts->len - at_most);
    return g_string_free(all, FALSE);
}

char *sessions_seen(const struct sessions *sessions, const char *of)
{
    guint n = sessions->seen->len;
    if (n == 0)
        return NULL;
    g_autofree char *who = list(sessions->seen, LISTED);
    return g_strdup_printf("%u session%s of %s: %s", n, n == 1 ? "" : "s", of, who);
}

char *sessions_unsure(const struct sessions *sessions)
{
    return sessions->unsure->len ? list(sessions->unsure, LISTED) : NULL;
}

char *sessions_blind(const struct sessions *sessions)
{
    /* a pooler that is down says so at each question */
    return sessions->blind->len ? g_strdup(g_ptr_array_index(sessions->blind, 0)) : NULL;
}

char *sessions_coverage(const struct sessions *sessions)
{
    g_autofree char *looked = list(sessions->looked, G_MAXUINT);
    g_autofree char *unseen = list(sessions->unseen, LISTED);
    gboolean poolers = sessions->question->conf->poolers->len > 0;
    return g_strdup_printf(
        "looked at %s%s%s%s%s", *looked ? looked : "nobody", *unseen ? "; not seen: " : "", unseen,
        *unseen ? " (not in the settings file)" : "",
        poolers ? "" : "; no pooler is in the settings file: who waits in one is not seen");
}
