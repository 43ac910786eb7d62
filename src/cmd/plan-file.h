/* What the verbs that read plan files share. */
#ifndef PGROLLOUT_CMD_PLAN_FILE_H
#define PGROLLOUT_CMD_PLAN_FILE_H

#include <json-glib/json-glib.h>
#include <stdio.h>

#include "pgrollout/plan/reader.h"

/* Reads and lints a plan. Findings are appended; the plan is NULL when the file does not parse.
 * FALSE when the file cannot be read: said on standard error. */
gboolean plan_file_load(const char *path, struct plan **plan, GPtrArray *findings);

/* An array for plan_file_load; free with g_ptr_array_unref. */
GPtrArray *plan_findings_new(void);
gboolean plan_findings_have_error(const GPtrArray *findings);
/* One line each. */
void plan_findings_print(const GPtrArray *findings, FILE *to);
/* Adds an array of objects as the value that comes next. */
void plan_findings_json(const GPtrArray *findings, JsonBuilder *json);

/* Prints the finished JSON, indented, with a line end. */
void print_json(JsonBuilder *json);
/* The same of a document; takes it. */
void print_json_node(JsonNode *root);

#endif
