/* The matrix of a rehearsal, for somebody who has two seconds, and the reasons below it. */
#include "config.h"
#include "cmd/rehearse-print.h"

#include <stdio.h>
#include <string.h>

#include "cmd/print.h"
#include "pgrollout/base/text.h"

#define WIDTH 80
#define LABEL_WIDTH 28
#define COLUMN_MIN 10
#define COLUMN_MAX 18
#define WHERE_MAX 3

struct paper {
    const struct rehearsal *rehearsal;
    const char *file;
    gboolean color, ascii;
    int column; /* width of each */
};

static const char *const looks[] = {
    [REHEARSAL_NOT_NEEDED] = "2", [REHEARSAL_OK] = "32",       [REHEARSAL_NOT_RUN] = "2",
    [REHEARSAL_DIFFERS] = "1;31", [REHEARSAL_UNSEEN] = "1;31", [REHEARSAL_ERROR] = "1;31",
};

static const struct rehearsal_actor *actor_at(const struct paper *paper, guint index)
{
    return g_ptr_array_index(paper->rehearsal->actors, index);
}

/* In cells, with the look around the text alone. */
static void put(const struct paper *paper, const char *text, const char *look, int width)
{
    g_autofree char *safe = print_safe(text);
    int pad = MAX(0, width - safe_text_width(safe));
    if (paper->color && look)
        printf("\033[%sm%s\033[0m%*s", look, safe, pad, "");
    else
        printf("%s%*s", safe, pad, "");
}

static char *cut(const struct paper *paper, const char *text, int width)
{
    return safe_text_cut(text, width, paper->ascii ? TEXT_ASCII : TEXT_UTF8);
}

static char *cell_text(const struct paper *paper, const struct rehearsal_cell *cell)
{
    const char *cross = paper->ascii ? "x" : "✗";
    switch (cell->verdict) {
    case REHEARSAL_OK:
        return g_strdup("ok");
    case REHEARSAL_NOT_NEEDED:
        return g_strdup(paper->ascii ? "." : "·");
    case REHEARSAL_NOT_RUN:
        return g_strdup(paper->ascii ? "-" : "–");
    case REHEARSAL_DIFFERS:
        return g_strdup_printf("%s differs", cross);
    case REHEARSAL_UNSEEN:
        return g_strdup_printf("%s unseen", cross);
    default:
        return g_strdup_printf("%s %s", cross, *cell->sqlstate ? cell->sqlstate : "failed");
    }
}

/* The application's name over its releases, once. */
static void put_names(const struct paper *paper, guint from, guint to)
{
    printf("%*s", LABEL_WIDTH, "");
    for (guint i = from; i < to; i++) {
        const struct plan_application *application = actor_at(paper, i)->application;
        guint end = i + 1;
        while (end < to && actor_at(paper, end)->application == application)
            end++;
        int width = (int)(end - i) * paper->column;
        g_autofree char *name = cut(paper, application->name, width - 1);
        put(paper, name, "1", end < to ? width : 0);
        i = end - 1;
    }
    putchar('\n');
}

static void put_releases(const struct paper *paper, guint from, guint to)
{
    printf("%*s", LABEL_WIDTH, "");
    for (guint i = from; i < to; i++)
        put(paper, plan_release_name(actor_at(paper, i)->release), NULL,
            i + 1 < to ? paper->column : 0);
    putchar('\n');
}

static void put_row(const struct paper *paper, const struct rehearsal_row *row, guint from,
                    guint to)
{
    fputs("  ", stdout);
    put(paper, row->label, NULL, LABEL_WIDTH - 2);
    for (guint i = from; i < to; i++) {
        g_autofree char *text = cell_text(paper, &row->cells[i]);
        put(paper, text, looks[row->cells[i].verdict], i + 1 < to ? paper->column : 0);
    }
    putchar('\n');
}

/* As many columns as a line holds, then the rest below. */
static void put_matrix(const struct paper *paper)
{
    guint all = paper->rehearsal->actors->len, fit = (guint)((WIDTH - LABEL_WIDTH) / paper->column);
    for (guint from = 0; from < all; from += fit) {
        guint to = MIN(from + fit, all);
        put_names(paper, from, to);
        put_releases(paper, from, to);
        for (guint i = 0; i < paper->rehearsal->rows->len; i++)
            put_row(paper, paper->rehearsal->rows->pdata[i], from, to);
        putchar('\n');
    }
}

static gboolean has_verdict(const struct paper *paper, enum rehearsal_verdict verdict)
{
    for (guint i = 0; i < paper->rehearsal->rows->len; i++)
        for (guint j = 0; j < paper->rehearsal->actors->len; j++)
            if (((const struct rehearsal_row *)paper->rehearsal->rows->pdata[i])
                    ->cells[j]
                    .verdict == verdict)
                return TRUE;
    return FALSE;
}

static void put_legend(const struct paper *paper)
{
    static const struct {
        enum rehearsal_verdict verdict;
        const char *text;
    } words[] = {
        {REHEARSAL_NOT_NEEDED, "need not work there"},
        {REHEARSAL_NOT_RUN, "not rehearsed"},
        {REHEARSAL_DIFFERS, "another result than it should be"},
        {REHEARSAL_UNSEEN, "does not see what the other release wrote"},
    };
    gboolean any = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        const struct rehearsal_cell cell = {.verdict = words[i].verdict};
        g_autofree char *sign = cell_text(paper, &cell);
        if (!has_verdict(paper, words[i].verdict))
            continue;
        any = TRUE;
        fputs("  ", stdout);
        put(paper, sign, looks[words[i].verdict], 10);
        puts(words[i].text);
    }
    if (any)
        putchar('\n');
}

/* "deploy; backfill, all filled; 4 more" */
static char *where_short(const char *where)
{
    g_auto(GStrv) labels = g_strsplit(where, "; ", -1);
    guint n = g_strv_length(labels);
    if (n <= WHERE_MAX + 1)
        return g_strdup(where);
    g_clear_pointer(&labels[WHERE_MAX], g_free);
    g_autofree char *few = g_strjoinv("; ", labels);
    for (guint i = WHERE_MAX + 1; i < n; i++)
        g_free(labels[i]);
    return g_strdup_printf("%s; and %u more", few, n - WHERE_MAX);
}

static void put_wrapped(const char *label, const char *text)
{
    printf("    %-9s", label);
    g_autofree char *line = g_strdelimit(g_strdup(text), "\n", ' ');
    print_wrapped(13, 13, line);
}

static void put_failure(const struct paper *paper, const struct rehearsal_failure *failure)
{
    const struct rehearsal_actor *actor = actor_at(paper, failure->actor);
    g_autofree char *where = where_short(failure->where);
    g_autofree char *place =
        g_strdup_printf("%s:%d:%d", paper->file, failure->at.line, failure->at.column);
    g_autofree char *reason = *failure->sqlstate
                                  ? g_strdup_printf("%s: %s", failure->sqlstate, failure->reason)
                                  : g_strdup(failure->reason);
    g_autofree char *who =
        actor->release == RELEASE_BOTH
            ? g_strdup(actor->application->name)
            : g_strdup_printf("%s %s", actor->application->name, plan_release_name(actor->release));
    fputs("  ", stdout);
    put(paper, paper->ascii ? "x" : "✗", looks[failure->verdict], 2);
    put(paper, who, "1", 0);
    fputs(": ", stdout);
    print_wrapped(6 + (int)strlen(who), 4, where);
    gboolean program =
        g_strcmp0(actor->application->command[actor->release].text, failure->text) == 0;
    put_wrapped(program ? "runs" : "sends", failure->text);
    if (failure->how)
        put_wrapped("", failure->how);
    put_wrapped("gets", reason);
    if (failure->expected) {
        put_wrapped("meant", failure->expected);
        put_wrapped("here", failure->got);
    }
    if (failure->first == 0) /* the row before the plan */
        put_wrapped("mind", "it fails before the plan has begun: mend it, or the copy lacks a row "
                            "or an object that it needs");
    put_wrapped("in", place);
    putchar('\n');
}

static void put_list(const struct paper *paper, const GPtrArray *texts, const char *sign,
                     const char *look)
{
    for (guint i = 0; i < texts->len; i++) {
        fputs("  ", stdout);
        put(paper, sign, look, 2);
        print_wrapped(4, 4, texts->pdata[i]);
    }
    if (texts->len > 0)
        putchar('\n');
}

static void put_end(const struct paper *paper)
{
    const struct rehearsal *rehearsal = paper->rehearsal;
    guint problems =
        rehearsal->failures->len + rehearsal->losses->len + (rehearsal->stopped != NULL);
    g_autofree char *text = problems == 0   ? g_strdup("passed")
                            : problems == 1 ? g_strdup("not passed: 1 problem")
                                            : g_strdup_printf("not passed: %u problems", problems);
    put(paper, text, problems == 0 ? "1;32" : "1;31", 0);
    printf(" (%u trials in %u states, %.1f s)\n", rehearsal->trials, rehearsal->rows->len,
           rehearsal->seconds);
}

/* Half of the longest name: most applications have two releases. */
static int column_width(const struct rehearsal *rehearsal)
{
    int width = COLUMN_MIN;
    for (guint i = 0; i < rehearsal->actors->len; i++) {
        const struct rehearsal_actor *actor = g_ptr_array_index(rehearsal->actors, i);
        width = MAX(width, MIN(COLUMN_MAX, (int)strlen(actor->application->name) / 2 + 1));
    }
    return width;
}

static void put_head(const struct plan *plan, const struct rehearsal *rehearsal)
{
    g_autofree char *title = plan->title && strcmp(plan->title, plan->name) != 0
                                 ? g_strdup_printf("%s: %s", plan->name, plan->title)
                                 : g_strdup(plan->name);
    print_wrapped(0, 0, title);
    if (rehearsal->copy) {
        printf("on ");
        print_wrapped(3, 3, rehearsal->copy);
    }
    putchar('\n');
}

static void put_stopped(const struct paper *paper)
{
    g_autofree char *text =
        g_strdup_printf("the plan came to no end: %s", paper->rehearsal->stopped);
    g_autoptr(GPtrArray) one = g_ptr_array_new();
    g_ptr_array_add(one, text);
    put_list(paper, one, paper->ascii ? "x" : "✗", looks[REHEARSAL_ERROR]);
}

void rehearse_print(const struct plan *plan, const char *file, const struct rehearsal *rehearsal,
                    gboolean color)
{
    struct paper paper = {rehearsal, file, color, !g_get_charset(NULL), column_width(rehearsal)};
    put_head(plan, rehearsal);
    put_matrix(&paper);
    put_legend(&paper);
    for (guint i = 0; i < rehearsal->failures->len; i++)
        put_failure(&paper, rehearsal->failures->pdata[i]);
    put_list(&paper, rehearsal->losses, paper.ascii ? "x" : "✗", looks[REHEARSAL_ERROR]);
    if (rehearsal->stopped)
        put_stopped(&paper);
    put_list(&paper, rehearsal->notes, "-", NULL);
    put_end(&paper);
}
