/* Keys of one step that do not go together, or of which one is missing. Goes by the keys that are
 * there, whether their values could be read or not. */
#include "config.h"
#include "plan/kinds-private.h"

struct shape {
    struct reader *reader;
    const struct plan_step *step;
    const struct node *below;
};

static gboolean has(const struct shape *shape, const char *key)
{
    return node_find(shape->below, key) != NULL;
}

static int count(const struct shape *shape, const char *const *keys)
{
    int found = 0;
    for (; *keys; keys++)
        found += has(shape, *keys);
    return found;
}

static void wrong(const struct shape *shape, const char *text)
{
    report_error(&shape->reader->report, shape->step->at_kind, "%s", text);
}

static void check_sync(const struct shape *shape)
{
    static const char *const within[] = {"old", "new", "up", "down", NULL};
    static const char *const across[] = {"into", "key", "columns", NULL};
    if (has(shape, "rows") && count(shape, across) == 0)
        wrong(shape, "\"rows\" belongs to a sync across tables (\"into\")");
    else if (count(shape, across) > 0 && count(shape, within) > 0)
        wrong(shape, "a sync is of two columns (\"old\", \"new\") or across tables (\"into\", "
                     "\"key\", \"columns\"), not both");
    else if (count(shape, across) > 0 && count(shape, across) < 3)
        wrong(shape, "a sync across tables needs \"into\", \"key\" and \"columns\"");
    else if (count(shape, across) == 0 && !(has(shape, "old") && has(shape, "new")))
        wrong(shape, "sync needs the keys \"old\" and \"new\", or \"into\", \"key\" and "
                     "\"columns\" for another table");
}

static void check_drop_sync(const struct shape *shape)
{
    static const char *const within[] = {"old", "new", NULL};
    if (count(shape, within) != (has(shape, "into") ? 0 : 2))
        wrong(shape, "drop_sync needs the keys of its sync: \"old\" and \"new\", or \"into\"");
}

static void check_backfill(const struct shape *shape)
{
    static const char *const ways[] = {"set", "into", "statement", NULL};
    int given = count(shape, ways);
    if (given == 0)
        wrong(shape, "backfill needs the key \"set\", or \"into\" and \"columns\", or "
                     "\"statement\"");
    else if (given > 1)
        wrong(shape, "a backfill has one of \"set\", \"into\" and \"statement\"");
    else if (has(shape, "into") != has(shape, "columns"))
        wrong(shape, "\"into\" and \"columns\" of a backfill go together");
}

static void check_constraint(const struct shape *shape)
{
    static const char *const ways[] = {"check", "foreign_key", "unique", NULL};
    static const char *const foreign[] = {"references", "columns", "on_delete", NULL};
    const struct plan_step *step = shape->step;
    if (count(shape, ways) != 1)
        wrong(shape, "constraint needs exactly one of \"check\", \"foreign_key\" and \"unique\"");
    else if (has(shape, "foreign_key") && !has(shape, "references"))
        wrong(shape, "a foreign_key needs \"references\"");
    else if (!has(shape, "foreign_key") && count(shape, foreign) > 0)
        wrong(shape, "\"references\", \"columns\" and \"on_delete\" belong to a foreign_key");
    else if (step->columns && step->references &&
             g_strv_length(step->references) != g_strv_length(step->columns))
        wrong(shape, "a foreign_key references as many columns as it has");
}

static void check_by_kind(const struct shape *shape)
{
    static const char *const who[] = {"application", "sessions", NULL};
    static const char *const what[] = {"column", "table", NULL};
    switch (shape->step->kind) {
    case KIND_SYNC:
        check_sync(shape);
        break;
    case KIND_DROP_SYNC:
        check_drop_sync(shape);
        break;
    case KIND_BACKFILL:
        check_backfill(shape);
        break;
    case KIND_CONSTRAINT:
        check_constraint(shape);
        break;
    case KIND_NO_SESSIONS:
        if (count(shape, who) != 1)
            wrong(shape, "no_sessions needs exactly one of \"application\" and \"sessions\"");
        break;
    case KIND_UNUSED:
        if (count(shape, what) != 1)
            wrong(shape, "unused needs exactly one of \"column\" and \"table\"");
        break;
    default:
        break;
    }
}

/* Taking away comes last. */
static gboolean in_contract_only(enum plan_kind kind)
{
    return kind == KIND_DROP_COLUMN || kind == KIND_DROP_TABLE || kind == KIND_DROP_INDEX ||
           kind == KIND_DROP_CONSTRAINT || kind == KIND_BROWN_OUT || kind == KIND_RENAME_TABLE;
}

void check_shape(struct reader *reader, const struct plan_step *step, const struct node *below)
{
    struct shape shape = {reader, step, below};
    if (in_contract_only(step->kind) && step->phase != PHASE_CONTRACT && !step->phase_unsure)
        report_error(&reader->report, (struct plan_place){step->line, step->column},
                     "%s belongs to contract only", plan_kind_name(step->kind));
    if (!below->open) /* else a key may be there that could not be read */
        check_by_kind(&shape);
}
