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

/* Keys of one step that do not go together, or of which one is missing; `below` are the pairs
 * behind its kind (check-shape.c). */
void check_shape(struct reader *reader, const struct plan_step *step, const struct node *below);

#define STEP(member) G_STRUCT_OFFSET(struct plan_step, member)
#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, 0, 0, 0                                                                        \
    }
#define TEXT_AT(name, member, flags)                                                               \
    {                                                                                              \
        name, read_text, STEP(member), (flags) | FIELD_PLACED, STEP(at_##member)                   \
    }
#define TABLE                                                                                      \
    {                                                                                              \
        "table", read_table, 0, FIELD_REQUIRED, 0                                                  \
    }
#define NAME(name, member)                                                                         \
    {                                                                                              \
        name, read_identifier, STEP(member), FIELD_REQUIRED, 0                                     \
    }

/* Readers of what several kinds have; all of struct plan_step. */
field_read read_into;    /* into_schema and into, from NAME or SCHEMA.NAME */
field_read read_columns; /* set: a mapping of names to texts */
field_read read_key;     /* key: the same */
field_read read_adopt;   /* gboolean: "adopt" */
field_read read_names;   /* char **: a list of names */

/* Appends a struct plan_set; takes over the texts (plan.c). */
void plan_set_add(GPtrArray *set, char *column, char *expression, struct plan_place at);

#endif
