/* The kinds of guards as the plan reader knows them: units, defaults and which keys belong to which. */
#ifndef PGROLLOUT_PLAN_GUARDS_PRIVATE_H
#define PGROLLOUT_PLAN_GUARDS_PRIVATE_H

#include "plan/fields-private.h"

enum guard_unit {
    UNIT_SECONDS,
    UNIT_COUNT,
    UNIT_RATIO,
    UNIT_PERCENT,
    UNIT_BYTES,
    UNIT_NUMBER,
    UNIT_NONE /* its limits are not the plan's to set */
};

enum guard_trait {
    GUARD_ON = 1,      /* unless the plan switches it off */
    GUARD_EXCEPT = 2,  /* may leave out some by name */
    GUARD_LATCHED = 4, /* stays until an operator's resume */
    GUARD_NAMED = 8,   /* one for each that the plan names, which says its limits */
};

struct guard_kind {
    const char *name;
    enum guard_unit unit;
    double pause, resume; /* NAN: the plan must say */
    int samples, every_s;
    int traits; /* enum guard_trait */
};

/* Ends with a NULL name. */
extern const struct guard_kind guard_kinds[];
/* NULL: there is none of that name. */
const struct guard_kind *guard_kind_find(const char *name);

/* Reads a limit in the kind's unit; NAN (reported) where it is none. */
void guard_limit_read(struct reader *reader, const struct guard_kind *kind,
                      const struct node *value, double *limit);
/* For people, with its unit. Free it. */
char *guard_limit_format(const struct guard_kind *kind, double limit);

/* The keys of a window; the slot is a struct plan_guard. */
field_read window_read_hours, window_read_days, window_read_zone;
/* What is missing of it. */
void window_check(struct reader *reader, const struct node *node, const struct plan_guard *guard);

#endif
