/* Questions of the plain mode. What would be seen and moved to on a screen is printed and has to be
 * named: an application, a target, the migration. */
#include "config.h"
#include "console/plain-question.h"

#include <langinfo.h>
#include <stdio.h>
#include <string.h>

#include "console/command.h"
#include "console/plain-input.h"
#include "pgrollout/base/clock.h"

static void add_line(GString *out, const char *text)
{
    enum text_mode mode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? TEXT_UTF8 : TEXT_ASCII;
    g_autofree char *safe = safe_text(text, mode);
    g_string_append_printf(out, "  %s\n", safe);
}

static const struct confirm_choice *choice_of(const struct confirm *c, guint i)
{
    return g_ptr_array_index(c->choices, i);
}

static gboolean checks_hold(const struct confirm *c)
{
    for (guint i = 0; i < c->checks->len; i++)
        if (!((struct confirm_check *)c->checks->pdata[i])->ok)
            return FALSE;
    return TRUE;
}

static void add_checks(GString *out, const struct confirm *c)
{
    for (guint i = 0; i < c->checks->len; i++) {
        const struct confirm_check *check = c->checks->pdata[i];
        g_autofree char *line = g_strdup_printf("%s %s", check->ok ? "[ok]" : "[NO]", check->text);
        add_line(out, line);
    }
}

static void add_choices(GString *out, const struct confirm *c)
{
    for (guint i = 0; i < c->choices->len; i++) {
        const struct confirm_choice *choice = choice_of(c, i);
        g_autofree char *line =
            g_strdup_printf("%u %s", i + 1, choice->text ? choice->text : choice->value);
        add_line(out, line);
    }
}

static gboolean wants_reason(const struct confirm *c)
{
    return c->wants_reason && !c->reason->len;
}

/* What to type next. */
static char *prompt_text(const struct plain_question *question, const struct confirm *c)
{
    const char *about = c->choices->len ? choice_of(c, c->choice)->value : "";
    const char *word = !*about ? "" : strcmp(c->verb, "abort") == 0 ? " to " : " for ";
    if (!question->chosen)
        return g_strdup("Type the number or the name of one of these, anything else to cancel.");
    g_autofree char *verb = g_strdelimit(g_strdup(c->verb), "_", ' ');
    if (c->level == 1)
        return g_strdup_printf("Type y to %s%s%s%s%s, anything else to cancel.", verb, word, about,
                               c->alternative_key ? ", t to " : "",
                               c->alternative_key ? c->alternative_text : "");
    if (wants_reason(c))
        return g_strdup("Type the reason, for the journal; an empty line cancels.");
    if (c->session)
        return g_strdup_printf("Type the session's pid to %s it, anything else to cancel.", verb);
    return g_strdup_printf("Type the migration's name to %s%s%s, anything else to cancel.", c->verb,
                           word, about);
}

static void print_prompt(const struct plain_question *question, const struct confirm *c)
{
    GString *out = g_string_new(NULL);
    if (!question->chosen)
        add_choices(out, c);
    g_autofree char *prompt = prompt_text(question, c);
    add_line(out, prompt);
    plain_input_print(out->str);
    g_string_free(out, TRUE);
}

/* The whole card: the screen has room for a part of it only. */
static void on_card(char **lines, const char *error, void *data)
{
    struct plain_question *question = data;
    if (!question->awaits_card)
        return; /* closed meanwhile */
    question->awaits_card = FALSE;
    GString *out = g_string_new(NULL);
    for (char **line = lines; line && *line; line++)
        add_line(out, *line);
    g_autofree char *trouble = error ? g_strdup_printf("no card: %s", error) : NULL;
    if (trouble)
        add_line(out, trouble);
    plain_input_print(out->str);
    g_string_free(out, TRUE);
    print_prompt(question, question->of);
    app_redraw(question->app); /* an answer may have been typed already */
}

static void print_lines(const struct confirm *c)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < c->lines->len; i++)
        add_line(out, ((struct confirm_line *)c->lines->pdata[i])->text);
    add_checks(out, c);
    plain_input_print(out->str);
    g_string_free(out, TRUE);
}

/* The line that opened the question has named the choice already. */
static gboolean names_choice(const struct confirm *c, const char *asked)
{
    g_auto(GStrv) words = g_strsplit_set(asked, " \t", -1);
    return g_strv_contains((const char *const *)words, choice_of(c, c->choice)->value);
}

/* In words that speak of lines, not of keys. */
static void cancel(struct plain_question *question, struct app *app, const char *why)
{
    if (app->confirm)
        app_confirm_cancel(app, why);
    question->of = NULL;
    question->awaits_card = FALSE;
}

void plain_question_cancel(struct plain_question *question, struct app *app)
{
    cancel(question, app, "nothing was sent");
}

void plain_question_open(struct plain_question *question, struct app *app, const char *asked)
{
    struct confirm *c = app->confirm;
    question->app = app;
    question->of = c;
    question->chosen = c->choices->len < 2 || names_choice(c, asked);
    question->awaits_card = strcmp(c->verb, "abort") == 0;
    if (question->awaits_card) {
        client_card(app->client, c->migration, on_card, question);
        return;
    }
    print_lines(c);
    if (checks_hold(c)) {
        print_prompt(question, c);
        return;
    }
    plain_question_cancel(question, app);
    app_say(app, TOKEN_WARN, FALSE, "it cannot be done now: see [NO]");
}

/* A number or a name. FALSE: neither. */
static gboolean choose(struct confirm *c, const char *line)
{
    char *end;
    guint64 n = g_ascii_strtoull(line, &end, 10);
    for (guint i = 0; i < c->choices->len; i++) {
        if (strcmp(choice_of(c, i)->value, line) != 0 && !(*line && !*end && n == i + 1))
            continue;
        c->choice = i;
        return TRUE;
    }
    return FALSE;
}

static void strip_answer(struct app *app, const char *line)
{
    const struct confirm *c = app->confirm;
    struct key key = {KEY_CODE_CHAR, (guchar)line[0]};
    gboolean known = line[0] == 'y' || (c->alternative_key && line[0] == c->alternative_key);
    if (known && !line[1])
        app_confirm_key(app, &key);
}

static void name_answer(struct app *app, const char *line)
{
    static const struct key enter = {KEY_CODE_ENTER, 0};
    app->confirm->field = FIELD_NAME;
    g_string_assign(app->confirm->name, line);
    app_confirm_key(app, &enter);
}

void plain_question_answer(struct plain_question *question, struct app *app, const char *line)
{
    struct confirm *c = app->confirm;
    c->opened_us -= CONFIRM_DEAF_US; /* a line is no key that slipped in */
    if (clock_now_us() - c->opened_us > CONFIRM_DIALOG_S * G_USEC_PER_SEC) {
        plain_question_cancel(question, app);
        app_say(app, TOKEN_WARN, FALSE, "that question is too old: ask again");
        return;
    }
    if (!question->chosen) {
        question->chosen = choose(c, line);
        if (question->chosen)
            print_prompt(question, c);
        else
            plain_question_cancel(question, app);
        return;
    }
    if (c->level > 1 && wants_reason(c) && *line) {
        g_string_assign(c->reason, line);
        print_prompt(question, c);
        return;
    }
    gboolean named = c->level > 1;
    if (named)
        name_answer(app, line);
    else
        strip_answer(app, line);
    cancel(question, app,
           named && *line ? "that is not the name: nothing was sent" : "nothing was sent");
}
