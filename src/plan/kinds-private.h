/* How each step kind is written. */
#ifndef PGROLLOUT_PLAN_KINDS_PRIVATE_H
#define PGROLLOUT_PLAN_KINDS_PRIVATE_H

#include "plan/fields-private.h"

/* The value behind the kind's key is a mapping (`mapping`), a text (`scalar`), or either. */
struct kind {
    const struct field *mapping;
    field_read *scalar;
    gsize offset, place;        /* of the text and of its place in struct plan_step */
    const struct field *beside; /* keys beside the kind's own */
};

extern const struct kind kinds[KIND_COUNT];

/* Appends a target of a backfill; takes over the texts (plan.c). */
void plan_set_add(struct plan_step *step, char *column, char *expression, struct plan_place at);

#endif
