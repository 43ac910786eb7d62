/* What is known about built-in functions by their name alone. */
#ifndef PGROLLOUT_LINT_FUNCTIONS_PRIVATE_H
#define PGROLLOUT_LINT_FUNCTIONS_PRIVATE_H

#include <glib.h>

enum function_trait {
    FUNCTION_PLAIN,    /* nothing is known against it */
    FUNCTION_STABLE,   /* one value in a statement, another in the next: now(), current_setting() */
    FUNCTION_VOLATILE, /* another value for every row: random(), nextval() */
    FUNCTION_AGGREGATE, /* and window functions */
    FUNCTION_WRITES,    /* changes data or a sequence */
    FUNCTION_FORBIDDEN  /* reaches into sessions, settings, files or other servers */
};

enum function_trait function_trait(const char *name);

/* serial, bigserial …: types that make a sequence, and so another value for every row. */
gboolean type_is_serial(const char *name);

#endif
