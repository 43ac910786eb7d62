/* The card as an abort's question gets it. */
#ifndef PGROLLOUT_TESTS_CARD_LINES_H
#define PGROLLOUT_TESTS_CARD_LINES_H

#include <stddef.h>

static char *card[] = {
    (char *)"abort --to start: everything is taken back, in this order",
    (char *)"  1  deployed: asks you: What \"deployed\" confirmed is taken back: the releases "
            "deployed since are rolled back.",
    (char
         *)"  2  sync: asks you: No release that knows only full_name runs any more. Then drop the "
           "trigger that keeps users.name and full_name in step  [ShareRowExclusive]  loses: what "
           "only full_name has",
    (char *)"  3  add-column: drop column users.full_name  [AccessExclusive, short]  loses: all "
            "values of users.full_name",
    (char *)"abort --to deploy: back to the end of deploy",
    (char *)"  1  nothing to take back",
    (char *)"abort --to expand: back to the end of expand",
    (char *)"  1  deployed: asks you: What \"deployed\" confirmed is taken back: the releases "
            "deployed since are rolled back.",
    NULL};

#endif
