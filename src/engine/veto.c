/* The before-contract hook: asked when all else is there, and contract begins only when it ends with status 0.
 * What cannot be run or does not answer says no. */
#include "config.h"
#include "hooks-private.h"

#define REASON_BYTES 500

struct veto {
    struct worker *worker;
    char *path;
    struct program *program; /* NULL: its facts are being read */
};

void veto_free(struct veto *veto)
{
    if (!veto)
        return;
    program_free(veto->program);
    g_free(veto->path);
    g_free(veto);
}

gboolean hooks_have_veto(const struct hooks *hooks)
{
    g_autofree char *path = NULL, *why = NULL;
    return hook_file_find(hooks->folder, HOOK_BEFORE_CONTRACT, &path, &why) != HOOK_NONE;
}

static void on_recorded(struct worker *worker, struct db_reply *reply, const GError *error)
{
    (void)reply;
    if (error) {
        engine_line(worker->engine, worker->facts->name, HOOK_BEFORE_CONTRACT ": %s",
                    error->message);
        worker_retry_later(worker, 3);
    }
    worker_look_again(worker);
}

static void refuse(struct worker *worker, const char *why, const char *output)
{
    g_autofree char *text = g_strdup_printf("hook " HOOK_BEFORE_CONTRACT " REFUSES: %s", why);
    g_autofree char *reason =
        g_strdup_printf("the hook " HOOK_BEFORE_CONTRACT " refuses (%s)", why);
    g_autofree char *quoted_text = db_literal(text), *quoted_reason = db_literal(reason),
                    *quoted_output = db_literal(output);
    engine_line(worker->engine, worker->facts->name, "%s", text);
    worker_send(worker, HOOK_BEFORE_CONTRACT,
                worker_message(worker, 0, FALSE,
                               "SELECT pgrollout.contract_refused(%" G_GINT64_FORMAT
                               ", %s, %s, %s)",
                               worker->id, quoted_text, quoted_output, quoted_reason),
                on_recorded);
}

static void agree(struct worker *worker, const char *output)
{
    g_autofree char *said = hook_cut(output, REASON_BYTES);
    g_autofree char *text =
        g_strdup_printf("hook " HOOK_BEFORE_CONTRACT " agrees%s%s", *said ? ": " : "", said);
    g_autofree char *quoted_text = db_literal(text), *quoted_output = db_literal(output);
    engine_line(worker->engine, worker->facts->name, "%s", text);
    worker_send(worker, HOOK_BEFORE_CONTRACT,
                worker_message(worker, 0, TRUE,
                               "SELECT pgrollout.contract_agreed(%" G_GINT64_FORMAT ", %s, %s)",
                               worker->id, quoted_text, quoted_output),
                on_recorded);
}

/* FALSE: it goes on. */
static gboolean conclude(struct worker *worker)
{
    g_autofree char *failure = NULL, *output = NULL;
    if (!program_end(worker->veto->program, &failure, &output))
        return FALSE;
    g_autofree char *kept = g_strndup(output, HOOK_OUTPUT_MAX);
    g_autofree char *said = hook_cut(output, REASON_BYTES);
    g_autofree char *why = failure ? g_strconcat(failure, *said ? ": " : "", said, NULL) : NULL;
    g_clear_pointer(&worker->veto, veto_free);
    if (why)
        refuse(worker, why, kept);
    else
        agree(worker, kept);
    return TRUE;
}

static void on_ended(void *data)
{
    struct veto *veto = data;
    worker_kick(veto->worker);
}

static void on_facts(struct worker *worker, struct db_reply *reply, const GError *error)
{
    struct veto *veto = worker->veto;
    g_autoptr(JsonParser) parser = json_parser_new();
    if (!veto || error || !db_reply_rows(reply) ||
        !json_parser_load_from_data(parser, db_reply_text(reply, 0, 0), -1, NULL)) {
        g_clear_pointer(&worker->veto, veto_free);
        on_recorded(worker, reply, error);
        return;
    }
    JsonObject *facts = json_node_get_object(json_parser_get_root(parser));
    g_auto(GStrv) environment = hook_environment(facts);
    g_autofree char *input = hook_input(facts);
    char *const argv[] = {veto->path, NULL};
    const struct program_spec spec = {.argv = argv,
                                      .environment = environment,
                                      .timeout_us = worker->engine->hooks->timeout_us,
                                      .input = input,
                                      .with_errors = TRUE,
                                      .ended = on_ended,
                                      .data = veto};
    veto->program = program_start(&spec);
}

static void ask(struct worker *worker, char *path)
{
    worker->veto = g_new0(struct veto, 1);
    worker->veto->worker = worker;
    worker->veto->path = path;
    g_autofree char *text = g_strdup_printf("hook " HOOK_BEFORE_CONTRACT " is asked: %s", path);
    g_autofree char *quoted = db_literal(text);
    engine_line(worker->engine, worker->facts->name, "%s", text);
    worker_send(worker, HOOK_BEFORE_CONTRACT,
                worker_message(worker, 0, TRUE,
                               "SELECT pgrollout.contract_asks(%" G_GINT64_FORMAT ", %s)",
                               worker->id, quoted),
                on_facts);
}

void veto_act(struct worker *worker)
{
    worker_progressed(worker); /* to be asked is no stall */
    if (worker->veto && worker->veto->program) {
        conclude(worker);
        return;
    }
    g_clear_pointer(&worker->veto, veto_free); /* its facts were lost on the way */
    char *path = NULL;
    g_autofree char *why = NULL;
    switch (hook_file_find(worker->engine->hooks->folder, HOOK_BEFORE_CONTRACT, &path, &why)) {
    case HOOK_READY:
        ask(worker, path);
        return;
    case HOOK_REFUSED:
        refuse(worker, why, NULL);
        return;
    case HOOK_NONE:
        worker_look_again(worker); /* taken away since the facts were read */
    }
}
