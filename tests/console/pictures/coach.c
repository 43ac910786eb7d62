/* What a drill's coach says. */
#include "config.h"

#include "picture.h"

static const struct coach_goal goals[] = {
    {"The waiting is stopped", COACH_MET},
    {"It goes on with batches of less than 2,000 rows", COACH_OPEN},
    {"Every row is filled while the sale goes on", COACH_OPEN},
    {"Nothing is undone", COACH_LOST},
};
static const char *const lesson[] = {
    "Nobody waits any more. Before it goes on, make the batches smaller:",
    ":set batch.min=10 batch.target=50ms batch.max=1000",
    "Then r and y. HARM shows whether it was enough.", NULL};
static const char *const question[] = {
    "A batch of 20,000 rows locks each of them until it commits. Who waits then?",
    " 1  nobody: readers and writers never wait for a batch",
    " 2  everybody who reads one of these rows",
    " 3  whoever writes one of these rows",
    "v and its number say what you think; then you see whether it is so.",
    NULL};
static const char *const over[] = {
    "Finished, but something was lost on the way: 0.",
    "stopped 12 s (par 30) · waiting 41 s (par 60) · hints 1", NULL};

#define COACH(about, text)                                                                         \
    .title = "drill 3 of 9: hot-rows", .note = about, .lines = text, .goals = goals,               \
    .n_goals = G_N_ELEMENTS(goals),                                                                \
    .score = "stopped 12 s (par 30) · waiting 41 s (par 60) · hints 1"

const struct coach_view coach_lesson = {COACH("h hint", lesson)};
const struct coach_view coach_question = {COACH("predict: v", question), .asks = TRUE};
const struct coach_view coach_over = {COACH(NULL, over)};
