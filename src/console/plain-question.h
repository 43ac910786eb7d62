/* Questions of the plain mode: what is printed, and what a line answers. */
#ifndef PGROLLOUT_CONSOLE_PLAIN_QUESTION_H
#define PGROLLOUT_CONSOLE_PLAIN_QUESTION_H

#include "console/app.h"

/* Where the open question stands; all zero: there is none. */
struct plain_question {
    struct app *app;
    const struct confirm *of;
    gboolean chosen;      /* among its choices, by a person */
    gboolean awaits_card; /* nothing is answered before it has been printed */
};

/* app->confirm has just been opened by the line `asked`: prints it. */
void plain_question_open(struct plain_question *question, struct app *app, const char *asked);
/* A line typed while it is open. What does not answer it closes it. */
void plain_question_answer(struct plain_question *question, struct app *app, const char *line);
/* Closes it, if it is open: nothing is sent. */
void plain_question_cancel(struct plain_question *question, struct app *app);

#endif
