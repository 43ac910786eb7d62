/* Measuring a theme. */
#include "config.h"
#include "console/theme-check.h"

#include <math.h>

/* What terminals mostly have, where a theme leaves it to them. */
#define GROUND_DARK 0x101418
#define GROUND_LIGHT 0xFAFAFA
#define INK_ON_DARK 0xD0D0D0
#define INK_ON_LIGHT 0x303030
/* Of a colour that is drawn dim about so much is left. */
#define DIM_SHARE 0.67

/* What must never be taken for one another. */
static const struct {
    enum token a, b;
} pairs[] = {
    {TOKEN_OK, TOKEN_WARN},     {TOKEN_OK, TOKEN_DANGER}, {TOKEN_WARN, TOKEN_DANGER},
    {TOKEN_OK, TOKEN_LOST},     {TOKEN_WARN, TOKEN_LOST}, {TOKEN_DANGER, TOKEN_LOST},
    {TOKEN_HELD, TOKEN_DANGER}, {TOKEN_OK, TOKEN_HELD},
};

/* A look as it comes to the eye. */
struct seen {
    int front, back;
    gboolean coloured;
};

static struct seen seen_of(const struct theme *theme, enum token token, enum theme_depth depth)
{
    struct theme_look look = theme_look(theme, token, depth);
    gboolean light = theme_is_light(theme);
    struct seen seen = {light ? INK_ON_LIGHT : INK_ON_DARK, light ? GROUND_LIGHT : GROUND_DARK,
                        look.foreground >= 0 || look.background >= 0};
    if (look.foreground >= 0)
        seen.front = depth == DEPTH_TRUE ? look.foreground : colour_of_256(look.foreground);
    if (look.background >= 0)
        seen.back = depth == DEPTH_TRUE ? look.background : colour_of_256(look.background);
    if (look.attributes & ATTRIBUTE_DIM)
        seen.front = colour_mix(seen.front, seen.back, DIM_SHARE);
    if (look.attributes & ATTRIBUTE_REVERSE)
        seen = (struct seen){seen.back, seen.front, seen.coloured};
    return seen;
}

static gboolean is_drawn(enum token token)
{
    return token == TOKEN_BAR_FILL || token == TOKEN_BAR_REST || token == TOKEN_SPARK ||
           token == TOKEN_RULE;
}

static void problem_add(struct theme_report *report, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void problem_add(struct theme_report *report, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(report->problems, g_strdup_vprintf(format, args));
    va_end(args);
}

/* A dim word on a terminal's own colours is the terminal's business. */
static void contrast_add(struct theme_report *report, const struct theme *theme, enum token token)
{
    struct theme_contrast c = {.token = token};
    for (int depth = 0; depth < DEPTH_COUNT; depth++) {
        struct seen seen = seen_of(theme, token, (enum theme_depth)depth);
        c.limit[depth] = is_drawn(token)     ? CONTRAST_DRAWN
                         : depth == DEPTH_16 ? CONTRAST_16
                                             : CONTRAST_TEXT;
        gboolean used = theme_depth(theme, (enum theme_depth)depth) == (enum theme_depth)depth;
        c.value[depth] = seen.coloured && used ? colour_contrast(seen.front, seen.back) : NAN;
        if (c.value[depth] < c.limit[depth])
            problem_add(report,
                        "%s (%s): contrast %.1f with its background is below %.1f: take a %s "
                        "colour",
                        token_name(token), depth_name((enum theme_depth)depth), c.value[depth],
                        c.limit[depth],
                        colour_contrast(seen.back, 0) > colour_contrast(seen.back, 0xFFFFFF)
                            ? "darker"
                            : "lighter");
    }
    g_array_append_val(report->contrasts, c);
}

static gboolean looks_equal(const struct theme_look *a, const struct theme_look *b)
{
    return a->foreground == b->foreground && a->background == b->background &&
           a->attributes == b->attributes;
}

static double distance_of(const struct seen *a, const struct seen *b, enum sight sight)
{
    double front = colour_distance(colour_seen(a->front, sight), colour_seen(b->front, sight));
    double back = colour_distance(colour_seen(a->back, sight), colour_seen(b->back, sight));
    return MAX(front, back);
}

/* Two looks without any colour are told apart by their attributes, or not at all. */
static void pair_measure(struct theme_report *report, const struct theme *theme,
                         struct theme_pair *pair, enum theme_depth depth)
{
    struct theme_look a = theme_look(theme, pair->a, depth), b = theme_look(theme, pair->b, depth);
    struct seen x = seen_of(theme, pair->a, depth), y = seen_of(theme, pair->b, depth);
    gboolean used = theme_depth(theme, depth) == depth;
    if (used && looks_equal(&a, &b))
        problem_add(report, "%s and %s (%s) look the same: change one, or give it an attribute",
                    token_name(pair->a), token_name(pair->b), depth_name(depth));
    for (int sight = 0; sight < SIGHT_COUNT; sight++) {
        gboolean measured = depth >= DEPTH_256 && used && (x.coloured || y.coloured);
        double d = measured ? distance_of(&x, &y, (enum sight)sight) : NAN;
        pair->distance[depth][sight] = d;
        if (d < DISTANCE_LEAST)
            problem_add(report,
                        "%s and %s (%s, %s): distance %.0f is below %.0f: make one lighter or "
                        "darker",
                        token_name(pair->a), token_name(pair->b), depth_name(depth),
                        sight_name((enum sight)sight), d, DISTANCE_LEAST);
    }
}

struct theme_report *theme_check(const struct theme *theme)
{
    struct theme_report *report = g_new0(struct theme_report, 1);
    report->contrasts = g_array_new(FALSE, FALSE, sizeof(struct theme_contrast));
    report->pairs = g_array_new(FALSE, FALSE, sizeof(struct theme_pair));
    report->problems = g_ptr_array_new_with_free_func(g_free);
    for (int token = 0; token < TOKEN_COUNT; token++)
        contrast_add(report, theme, (enum token)token);
    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        struct theme_pair pair = {.a = pairs[i].a, .b = pairs[i].b};
        for (int depth = 0; depth < DEPTH_COUNT; depth++)
            pair_measure(report, theme, &pair, (enum theme_depth)depth);
        g_array_append_val(report->pairs, pair);
    }
    return report;
}

void theme_report_free(struct theme_report *report)
{
    if (!report)
        return;
    g_array_unref(report->contrasts);
    g_array_unref(report->pairs);
    g_ptr_array_unref(report->problems);
    g_free(report);
}
