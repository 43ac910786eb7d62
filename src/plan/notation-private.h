/* Mistakes of the notation that libyaml stops at. */
#ifndef PGROLLOUT_PLAN_NOTATION_PRIVATE_H
#define PGROLLOUT_PLAN_NOTATION_PRIVATE_H

#include <yaml.h>

#include "plan/node-private.h"

/* Reports what the parser stopped at; `text` is what it was given. */
void notation_report(struct report *report, const yaml_parser_t *parser, const char *text,
                     gsize length);

#endif
