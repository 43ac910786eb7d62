/* A report as a file. Pure; times are written in `zone`. Free with g_free. */
#ifndef PGROLLOUT_REPORT_WRITE_H
#define PGROLLOUT_REPORT_WRITE_H

#include "pgrollout/report/report.h"

/* One page by itself: well-formed, without scripts, needing nothing from elsewhere. */
char *report_html(const struct report *report, GTimeZone *zone);
/* What there is to tell of an incident: facts, time line, two minutes around each hold. */
char *report_markdown(const struct report *report, GTimeZone *zone);

#endif
