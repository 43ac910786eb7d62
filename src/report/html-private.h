#ifndef PGROLLOUT_REPORT_HTML_PRIVATE_H
#define PGROLLOUT_REPORT_HTML_PRIVATE_H

#include "report/chart.h"
#include "report/words.h"

#define WIDE 960
#define NARROW 360

struct page {
    GString *out;
    const struct report *report;
    GTimeZone *zone;
    double from, to; /* of the charts */
};

/* html-charts.c */
void html_timeline(struct page *page);
void html_charts(struct page *page);
/* Where the charts begin and end: the whole run, or the time when rows were moved where that is but a small
 * part of it. */
void html_window(struct page *page);

/* html-tables.c */
void html_impact(struct page *page);
void html_guards(struct page *page);
void html_holds(struct page *page);
void html_steps(struct page *page);
void html_people(struct page *page);
void html_checklist(struct page *page);
void html_journal(struct page *page);
void html_plan(struct page *page);

/* A section's heading, with what the contents point at. */
void html_section(struct page *page, const char *id, const char *title);
/* <td class="t"> with a time; empty for NAN. */
void html_time_cell(struct page *page, double at);
/* <td class="n"> with an amount; "–" for NAN. */
void html_amount_cell(struct page *page, double value, enum amount amount);

#endif
