/* Guards from the inside: the pure hysteresis (guard.c), and what a class of guards is. */
#ifndef ENGINE_GUARD_PRIVATE_H
#define ENGINE_GUARD_PRIVATE_H

#include "pgrollout/engine/sense.h"

/* Readings in a row at or below `resume` that clear a guard, and below `pause` that end a
 * blindness. */
#define GUARD_CLEAR_SAMPLES 5
/* A guard that is read every five seconds or less often sees again after so many readings. */
#define GUARD_RARE_US (5 * G_USEC_PER_SEC)
#define GUARD_RARE_SAMPLES 2
/* Failures in a row that make a guard blind; the first one does where it was never read. */
#define GUARD_BLIND_SAMPLES 2
/* A guard that was never read is blind after this time, whatever `every` says. */
#define GUARD_FIRST_US (3 * G_USEC_PER_SEC)

enum reading_kind {
    READING_NONE, /* nothing was asked this time: only its age is judged */
    READING_VALUE,
    READING_IDLE,     /* a value that is shown but not counted (nothing moves) */
    READING_FAILED,   /* `text` says why */
    READING_UNWATCHED /* cannot be watched here; `text` says why */
};

struct reading {
    enum reading_kind kind;
    double value;
    char *text; /* detail or reason; the reader owns it */
};

/* A reading that failed, or cannot be had here; its text is cut to what fits a line. */
void reading_fail(struct reading *reading, const char *why);
void reading_unwatched(struct reading *reading, const char *why);
void reading_clear(struct reading *reading);

struct watch;
struct sample;

/* A kind of guard: one for each file of guards/. */
struct guard_class {
    const char *name; /* the kind in plans */
    const char *unit; /* "s", "x", "B", "%" or "" */
    const char *noun; /* in evidence: "lag 5.2s"; NULL: the guard's name */
    const char *help; /* what it watches, for people */
    gboolean latched; /* once tripped it stays so until it is reset */
    gint64 every_us;  /* never asked more often than this; 0: as the plan says */

    /* From the common sample. NULL: it has a query of its own. */
    void (*read)(struct guard *guard, const struct watch *watch, const struct sample *sample,
                 struct reading *reading);
    /* The text of a message that is the same for all migrations, so that one answer serves every guard
     * that looks at it. NULL: see `query`. */
    const char *look;
    /* The message that reads it, free it; NULL: nothing to ask, and
     * `reading` says why. */
    char *(*query)(struct guard *guard, const struct watch *watch, struct reading *reading);
    /* The answer to one of these: `reply` or `error`. Returns TRUE when another query must follow. */
    gboolean (*answer)(struct guard *guard, const struct watch *watch, const struct db_reply *reply,
                       const GError *error, struct reading *reading);

    /* What a person can do about it that is not to wait, for the hold's reason; NULL (also as the
     * answer): nothing. Free it. */
    char *(*advice)(const struct guard *guard, const char *migration);
    void (*reset)(struct guard *guard);  /* NULL: no memory to begin anew */
    void (*forget)(struct guard *guard); /* frees guard->memory; NULL: g_free */
};

extern const struct guard_class *const guard_class_registry[];
/* The class of that name, or NULL. */
const struct guard_class *guard_class_find(const char *name);

/* `plan` must outlive it. */
struct guard *guard_new(const struct plan_guard *plan, gint64 now_us);
void guard_free(struct guard *guard);

/* Sets the limits in force from overrides (NULL: none), which may be NULL or not numbers. */
void guard_set_limits(struct guard *guard, const char *pause, const char *resume);

/* One reading moves the guard. `now_us` is the monotonic clock, `wall_us` the time of day (UTC). */
void guard_judge(struct guard *guard, const struct reading *reading, gint64 now_us, gint64 wall_us);
/* It begins tripped: its hold stands from before. */
void guard_adopt(struct guard *guard);
/* A latched guard begins anew; for others only the memory of their class. */
void guard_reset(struct guard *guard);
/* How often it is to be read. */
gint64 guard_every_us(const struct guard *guard);

const char *guard_state_name(enum guard_state state);
/* "5.2s", "3", "1.8x". Free it. */
char *guard_value_format(const struct guard *guard, double value);

#endif
