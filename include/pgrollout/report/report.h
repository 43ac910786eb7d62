/* What happened in a run, as pgrollout.report() tells it: plain data for those who write it down. Times are
 * seconds since 1970; unknown numbers are NAN, unknown texts NULL. All texts are foreign. */
#ifndef PGROLLOUT_REPORT_REPORT_H
#define PGROLLOUT_REPORT_REPORT_H

#include <json-glib/json-glib.h>

struct report_step {
    char *name, *kind, *title, *state;
    char *locks, *undo, *loses, *error, *sqlstate, *error_detail, *evidence, *gate;
    gboolean irreversible;
    int attempts;
    double started, finished;
    double rows_total, rows_done, rows_changed; /* of a backfill or a verification */
};

struct report_phase {
    char *name, *state, *passed_by;
    double started, finished;
    GPtrArray *steps; /* struct report_step */
};

struct report_answer {
    char *step, *application, *by, *note; /* application NULL: one answer for all */
    gboolean reverse;
    double at;
};

struct report_event {
    gint64 id;
    double at;
    char *kind, *who, *os_user, *client, *text;
};

/* For a time something stood in the way, or nobody drove. */
struct report_span {
    const char *kind; /* operator guard gate boundary stepping lock ambiguous no_engine */
    char *key;        /* of which guard, gate, phase; "" */
    char *reason, *by;
    char *end_text; /* how it ended; NULL: it still stands, or nobody says */
    double from, to;
    gboolean open; /* it still stands */
};

/* What a series showed in so many seconds from `at` on. */
struct report_point {
    double at, span, low, mean, high;
};

struct report_series {
    char *key;      /* "rows_per_s", "guard.replication_lag", "replica.NAME" */
    GArray *points; /* struct report_point, oldest first */
};

/* A guard's limits from `at` on. */
struct report_limit {
    double at, pause, resume;
};

struct report_guard {
    char *name, *unit;
    char *unwatched; /* why it was not watched, or off, at the end; NULL */
    GArray *limits;  /* struct report_limit, oldest first */
};

struct report {
    double at; /* when it was read */
    double from, to;
    char *database, *server_version, *name, *title, *owner, *contact, *ticket, *state, *phase,
        *step, *abort_to, *schema;
    char *loaded_by, *started_by, *plan_text, *plan_sha256, *unfilled;
    gboolean two_person, engine_alive;
    double loaded_at, finished_at;
    gint64 events_total;
    char **tables;
    GPtrArray *phases;  /* struct report_phase */
    GPtrArray *answers; /* struct report_answer */
    GPtrArray *events;  /* struct report_event, oldest first */
    GPtrArray *spans;   /* struct report_span, by their beginning */
    GPtrArray *series;  /* struct report_series, by key */
    GPtrArray *guards;  /* struct report_guard, in the plan's order */
    double second_from; /* from here on every second is there; NAN: nowhere */
    double coarsest;    /* seconds of the widest step in the readings; 0: there are none */
    double readings_from, readings_last,
        readings_to; /* beginnings of the first and the last, its end; NAN */
    JsonNode
        *checklist; /* what pgrollout.checklist() answered, an array of objects; NULL: not asked */
};

/* Reads one. NULL with ROLLOUT_ERROR_BUG where it is not such a document. */
struct report *report_parse(const char *json, GError **error);
void report_free(struct report *report); /* NULL is fine */

/* NULL: there is none. */
const struct report_series *report_series_find(const struct report *report, const char *key);
const struct report_guard *report_guard_find(const struct report *report, const char *name);
/* The limit in force then; NULL: none is known. */
const struct report_limit *report_limit_at(const struct report_guard *guard, double at);
/* The most that a series showed in a time; NULL: nothing was read. */
const struct report_point *report_peak(const struct report_series *series, double from, double to);
/* When rows were moved, or indexes and constraints made: of all such steps the first beginning and the last
 * end. FALSE: none has begun. */
gboolean report_work(const struct report *report, double *from, double *to);
/* Seconds of a time that spans of that kind (NULL: any) cover; what overlaps counts once. */
double report_covered(const struct report *report, const char *kind, double from, double to);

#endif
