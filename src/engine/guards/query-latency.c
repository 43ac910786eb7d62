/* query_latency: how much slower the applications' statements on the plan's tables are than before.
 *
 * Each statement has a baseline of its own: its mean in its first minute while we are not at work,
 * else its mean since the statistics began, else its first calls. The value is the time that the
 * last interval's calls took over the time they would have taken at their baselines, so that
 * another mix of statements (a new release) is no alarm. Reads and writes are judged apart, and the worse
 * of both is told: many calm reads must not hide that writing has become slow. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "engine/sense-private.h"
#include "pgrollout/base/clock.h"

#define EVERY_US (10 * G_USEC_PER_SEC)
#define LOOK_US (60 * G_USEC_PER_SEC) /* texts are looked at once a minute at most */
#define BASELINE_US (60 * G_USEC_PER_SEC)
#define ENOUGH_CALLS 20
/* Added to every call on both sides: what a caller waits besides. A statement of 0.03 ms that takes
 * twice as long harms nobody. */
#define ROUND_TRIP_MS 0.5

struct statement {
    gint64 born_us;
    double calls, ms;           /* totals at the last look */
    double history_ms;          /* mean of a call before we came; NAN: too few */
    double base_calls, base_ms; /* of its quiet time */
};

struct latency_memory {
    GHashTable *statements; /* queryid → struct statement */
    GHashTable *writers;    /* queryids of those that write */
    char *ids;              /* "{1,2}" of those that are followed */
    char *mark, *seen_mark; /* as of the last tick; as of the last look */
    gint64 looked_us;
    gboolean looking;
};

static struct latency_memory *memory_of(struct guard *guard)
{
    if (!guard->memory) {
        struct latency_memory *memory = g_new0(struct latency_memory, 1);
        memory->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        memory->writers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        guard->memory = memory;
    }
    return guard->memory;
}

static void latency_forget(struct guard *guard)
{
    struct latency_memory *memory = guard->memory;
    g_hash_table_destroy(memory->statements);
    g_hash_table_destroy(memory->writers);
    g_free(memory->ids);
    g_free(memory->mark);
    g_free(memory->seen_mark);
    g_free(memory);
}

/* A regular expression for the names of the plan's tables as words. */
static char *pattern_of(const struct plan *plan)
{
    g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
    GString *out = g_string_new("\\m(");
    for (guint i = 0; i < plan->steps->len; i++) {
        const struct plan_step *step = g_ptr_array_index(plan->steps, i);
        if (!step->table || !g_hash_table_add(done, step->table))
            continue;
        if (g_hash_table_size(done) > 1)
            g_string_append_c(out, '|');
        for (const char *p = step->table; *p; p++) {
            if (g_ascii_ispunct(*p) && *p != '_')
                g_string_append_c(out, '\\');
            g_string_append_c(out, *p);
        }
    }
    g_string_append(out, ")\\M");
    return g_string_free(out, g_hash_table_size(done) == 0);
}

static char *latency_query(struct guard *guard, const struct watch *watch, struct reading *reading)
{
    struct latency_memory *memory = memory_of(guard);
    if (!watch->stats->schema) {
        if (watch->stats->missing)
            reading_unwatched(reading, watch->stats->missing);
        return NULL;
    }
    memory->looking = !memory->ids || memory->looking;
    if (!memory->looking) {
        g_autofree char *ids = db_literal(memory->ids);
        const char *const pairs[] = {"schema", watch->stats->schema, "ids", ids, NULL};
        return sense_fill("engine/sql/sense-stats-tick.sql", pairs);
    }
    g_autofree char *pattern = pattern_of(watch->plan);
    if (!pattern) {
        reading_unwatched(reading, "not watched: the plan names no table");
        return NULL;
    }
    g_autofree char *literal = db_literal(pattern);
    const char *const pairs[] = {"schema", watch->stats->schema, "pattern", literal, NULL};
    return sense_fill("engine/sql/sense-stats-look.sql", pairs);
}

/* Which statements are followed from now on. */
static void look_take(struct latency_memory *memory, const struct db_reply *reply, gint64 now_us)
{
    GString *ids = g_string_new("{");
    g_hash_table_remove_all(memory->writers);
    for (int i = 0; i < db_reply_rows(reply); i++) {
        const char *id = db_reply_text(reply, i, 0);
        g_string_append_printf(ids, "%s%s", i ? "," : "", id);
        if (db_reply_bool(reply, i, 1))
            g_hash_table_add(memory->writers, g_strdup(id));
    }
    g_string_append_c(ids, '}');
    g_free(memory->ids);
    memory->ids = g_string_free(ids, FALSE);
    g_free(memory->seen_mark);
    memory->seen_mark = g_strdup(memory->mark);
    memory->looked_us = now_us;
    memory->looking = FALSE;
}

struct interval {
    double calls, ms, expected_ms;
};

static double baseline_ms(const struct statement *statement)
{
    if (statement->base_calls >= ENOUGH_CALLS)
        return statement->base_ms / statement->base_calls;
    return statement->history_ms;
}

static void statement_begin(struct statement *statement, gint64 now_us, double calls, double ms)
{
    statement->born_us = now_us;
    statement->calls = calls;
    statement->ms = ms;
    statement->history_ms = calls >= ENOUGH_CALLS ? ms / calls : NAN;
}

static void statement_take(struct statement *statement, gint64 now_us, gboolean working,
                           double calls, double ms, struct interval *interval)
{
    double more_calls = calls - statement->calls, more_ms = ms - statement->ms;
    statement->calls = calls;
    statement->ms = ms;
    if (more_calls <= 0 || more_ms < 0) /* none; or the statistics were reset */
        return;
    double base = baseline_ms(statement);
    gboolean first_minute = now_us - statement->born_us <= BASELINE_US;
    if (isnan(base) || (first_minute && !working)) {
        statement->base_calls += more_calls;
        statement->base_ms += more_ms;
    }
    if (isnan(base))
        return;
    interval->calls += more_calls;
    interval->ms += more_ms + more_calls * ROUND_TRIP_MS;
    interval->expected_ms += more_calls * (base + ROUND_TRIP_MS);
}

/* Where it is worse than what was told before. */
static void interval_tell(const struct interval *interval, const char *what,
                          struct reading *reading)
{
    if (interval->calls < ENOUGH_CALLS)
        return;
    double times = interval->ms / interval->expected_ms;
    if (reading->text && times <= reading->value)
        return;
    reading->value = times;
    g_free(reading->text);
    reading->text =
        g_strdup_printf("mean %.3g ms over %.0f %s", interval->ms / interval->calls - ROUND_TRIP_MS,
                        interval->calls, what);
}

static void tick_take(struct latency_memory *memory, const struct watch *watch,
                      const struct db_reply *reply, gint64 now_us, struct reading *reading)
{
    struct interval reads = {0}, writes = {0};
    for (int i = 0; i < db_reply_rows(reply); i++) {
        const char *id = db_reply_text(reply, i, 0);
        if (!id)
            continue;
        double calls = db_reply_double(reply, i, 1), ms = db_reply_double(reply, i, 2);
        struct statement *statement = g_hash_table_lookup(memory->statements, id);
        if (statement) {
            statement_take(statement, now_us, watch->subject.working, calls, ms,
                           g_hash_table_contains(memory->writers, id) ? &writes : &reads);
        } else {
            statement = g_new0(struct statement, 1);
            statement_begin(statement, now_us, calls, ms);
            g_hash_table_insert(memory->statements, g_strdup(id), statement);
        }
    }
    reading->kind = READING_VALUE;
    reading->value = 1.0;
    interval_tell(&reads, "reads", reading);
    interval_tell(&writes, "writes", reading);
    if (!reading->text)
        reading->text = g_strdup("too few calls to judge");
    g_free(memory->mark);
    memory->mark = g_strdup(db_reply_text(reply, 0, 3));
    if (!memory->seen_mark) /* the first look was just now */
        memory->seen_mark = g_strdup(memory->mark);
}

static gboolean latency_answer(struct guard *guard, const struct watch *watch,
                               const struct db_reply *reply, const GError *error,
                               struct reading *reading)
{
    struct latency_memory *memory = memory_of(guard);
    gint64 now_us = clock_now_us();
    if (error) {
        reading_fail(reading, error->message);
        return FALSE;
    }
    if (memory->looking) {
        gboolean first = !memory->mark;
        look_take(memory, reply, now_us);
        return first;
    }
    tick_take(memory, watch, reply, now_us, reading);
    memory->looking =
        g_strcmp0(memory->mark, memory->seen_mark) != 0 && now_us - memory->looked_us >= LOOK_US;
    return memory->looking;
}

const struct guard_class guard_class_query_latency = {
    .name = "query_latency",
    .unit = "x",
    .noun = "latency",
    .help =
        "The mean time of the applications' statements on the plan's tables, as a multiple of "
        "their baseline, reads and writes apart; read every ten seconds from pg_stat_statements.",
    .every_us = EVERY_US,
    .query = latency_query,
    .answer = latency_answer,
    .forget = latency_forget,
};
