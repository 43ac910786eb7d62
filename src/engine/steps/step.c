/* The registry of step kinds, and what their files share. */
#include "config.h"
#include "step-private.h"

#include <string.h>

#include "pgrollout/pg/conn.h"

const struct step_class *step_class_find(enum plan_kind kind)
{
    for (const struct step_class *const *c = step_class_registry; *c; c++)
        if ((*c)->kind == kind)
            return *c;
    g_error("no class for step kind \"%s\"", plan_kind_name(kind));
}

const struct step_class *step_class_named(const char *kind)
{
    for (const struct step_class *const *c = step_class_registry; *c; c++)
        if (strcmp(plan_kind_name((*c)->kind), kind) == 0)
            return *c;
    return NULL;
}

static void stage_free(void *data)
{
    struct step_stage *stage = data;
    g_free(stage->sql);
    g_free(stage->what);
    g_free(stage);
}

void stage_add(GPtrArray *stages, enum stage_how how, const char *what, const char *format, ...)
{
    struct step_stage *stage = g_new0(struct step_stage, 1);
    va_list args;
    va_start(args, format);
    stage->how = how;
    stage->what = g_strdup(what);
    stage->sql = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(stages, stage);
}

GPtrArray *step_stages(const struct plan *plan, const struct plan_step *step, gboolean undo)
{
    const struct step_class *class = step_class_find(step->kind);
    GPtrArray *stages = g_ptr_array_new_with_free_func(stage_free);
    if (undo && class->undo_stages)
        class->undo_stages(plan, step, stages);
    else if (!undo && class->stages)
        class->stages(plan, step, stages);
    return stages;
}

/* Without words of its own, a step does what its stages say. */
static char *stages_text(const struct plan *plan, const struct plan_step *step)
{
    g_autoptr(GPtrArray) stages = step_stages(plan, step, FALSE);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < stages->len; i++) {
        const struct step_stage *stage = g_ptr_array_index(stages, i);
        g_string_append_printf(text, "%s%s", i ? ";\n" : "", stage->sql);
    }
    return g_string_free(text, FALSE);
}

void step_describe(const struct plan *plan, const struct plan_step *step, struct step_text *text)
{
    memset(text, 0, sizeof *text);
    step_class_find(step->kind)->describe(plan, step, text);
    if (!text->title)
        text->title = plan_step_title(step);
    if (!text->does)
        text->does = stages_text(plan, step);
    if (!text->locks)
        text->locks = g_strdup("none");
    if (text->undo && !text->undo_locks)
        text->undo_locks = g_strdup(text->locks);
}

void step_text_clear(struct step_text *text)
{
    g_free(text->title);
    g_free(text->does);
    g_free(text->locks);
    g_free(text->undo);
    g_free(text->undo_locks);
    g_free(text->loses);
    g_free(text->gate_text);
    g_free(text->reverse_text);
    memset(text, 0, sizeof *text);
}

char *step_table(const struct plan_step *step)
{
    return db_qualified(step->schema, step->table);
}

char **step_idents(char **names)
{
    g_autoptr(GStrvBuilder) quoted = g_strv_builder_new();
    for (char **name = names; *name; name++) {
        g_autofree char *ident = db_ident(*name);
        g_strv_builder_add(quoted, ident);
    }
    return g_strv_builder_end(quoted);
}

char *step_names(char **names)
{
    if (!names)
        return NULL;
    g_auto(GStrv) quoted = step_idents(names);
    return g_strjoinv(", ", quoted);
}

void step_find_duplicates(const struct plan_step *step, char **elements, const char *where,
                          GPtrArray *stages)
{
    g_autofree char *table = step_table(step), *list = g_strjoinv(", ", elements);
    g_autoptr(GString) values = g_string_new(NULL), set = g_string_new(where);
    for (char **element = elements; *element; element++) {
        g_string_append_printf(values, "%s(%s)::text", element == elements ? "" : ", ", *element);
        g_string_append_printf(set, "%s(%s) IS NOT NULL", element == elements ? "" : " AND ",
                               *element);
    }
    stage_add(stages, STAGE_FIND, "are not unique",
              "SELECT pg_catalog.format('(%%s) %%s times', pg_catalog.concat_ws(', ', %s), "
              "count(*))\nFROM %s WHERE %s GROUP BY %s HAVING count(*) > 1",
              values->str, table, set->str, list);
}

char *step_lock_text(const char *mode, const struct plan_step *step)
{
    return g_strdup_printf("%s on %s.%s, tries of at most %" G_GINT64_FORMAT " ms", mode,
                           step->schema, step->table,
                           step->lock_timeout_us ? step->lock_timeout_us / 1000 : 100);
}
