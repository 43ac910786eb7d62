/* The keys of the step kinds that make and drop tables, indexes and constraints. */
#include "config.h"
#include "plan/kinds-private.h"

#include <string.h>

static void read_check(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_step *step = slot;
    read_text(reader, value, &step->check);
    step->at_check = value->at;
    step->constraint = CONSTRAINT_CHECK;
}

static void read_foreign_key(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_step *step = slot;
    read_names(reader, value, &step->columns);
    step->constraint = CONSTRAINT_FOREIGN_KEY;
}

static void read_unique(struct reader *reader, const struct node *value, gpointer slot)
{
    struct plan_step *step = slot;
    read_names(reader, value, &step->columns);
    step->constraint = CONSTRAINT_UNIQUE;
}

static void read_on_delete(struct reader *reader, const struct node *value, gpointer slot)
{
    static const char *const actions[] = {"no action", "restrict",    "cascade",
                                          "set null",  "set default", NULL};
    const char *text = scalar_text(reader, value);
    if (!text)
        return;
    if (g_strv_contains(actions, text))
        *(char **)slot = g_ascii_strup(text, -1);
    else
        report_error(&reader->report, value->at,
                     "no action, restrict, cascade, set null or set default is expected here");
}

const struct field add_table_fields[] = {
    TABLE,
    {"columns", read_columns, 0, FIELD_REQUIRED, 0},
    {"primary_key", read_names, STEP(columns), 0, 0},
    {"constraints", read_texts, STEP(constraints), 0, 0},
    {"grants", read_into, 0, 0, 0},
    {"existing", read_adopt, STEP(adopt), 0, 0},
    END,
};
const struct field index_fields[] = {
    TABLE,
    {"columns", read_names, STEP(columns), FIELD_REQUIRED, 0},
    {"name", read_identifier, STEP(object), 0, 0},
    {"unique", read_boolean, STEP(unique), 0, 0},
    TEXT_AT("where", where, 0),
    {"method", read_identifier, STEP(method), 0, 0},
    {"include", read_names, STEP(include), 0, 0},
    {"existing", read_adopt, STEP(adopt), 0, 0},
    END,
};
const struct field constraint_fields[] = {
    TABLE,
    NAME("name", object),
    {"check", read_check, 0, 0, 0},
    {"foreign_key", read_foreign_key, 0, 0, 0},
    {"references", read_into, 0, 0, 0},
    {"columns", read_names, STEP(references), 0, 0},
    {"on_delete", read_on_delete, STEP(on_delete), 0, 0},
    {"unique", read_unique, 0, 0, 0},
    {"existing", read_adopt, STEP(adopt), 0, 0},
    END,
};
const struct field drop_table_fields[] = {TABLE, END};
const struct field object_fields[] = {TABLE, NAME("name", object), END};
const struct field rename_table_fields[] = {TABLE, NAME("to", object), END};
