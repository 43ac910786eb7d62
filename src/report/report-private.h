#ifndef PGROLLOUT_REPORT_REPORT_PRIVATE_H
#define PGROLLOUT_REPORT_REPORT_PRIVATE_H

#include "pgrollout/report/report.h"

/* Members of an object; NULL, NAN, FALSE where there is none, or none of that type. */
char *report_text(JsonObject *object, const char *name);
double report_number(JsonObject *object, const char *name);
gboolean report_flag(JsonObject *object, const char *name);
JsonArray *report_array(JsonObject *object, const char *name);

/* NAN where it is no finite number. */
double report_node_number(JsonNode *node);

/* As report_parse. */
struct report *report_take(JsonObject *object, GError **error);
/* Adds readings, oldest first, each [at, span, series, limits]. NULL is fine; what is no reading is left out. */
void report_readings_take(struct report *report, JsonArray *readings);
void report_series_sort(struct report *report);
/* FALSE: it is none, or it is older than the one before. */
gboolean report_reading_take(struct report *report, JsonNode *reading);
/* What has no time is left out. */
void report_event_take(struct report *report, JsonObject *event);
/* When all events and readings are there. */
void report_finish(struct report *report);
/* Fills `spans` out of the events. */
void report_spans_find(struct report *report);
void report_span_free(void *span);

#endif
