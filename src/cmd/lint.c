/* pgrollout lint: what is wrong with plan files. */
#include "config.h"

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/plan-file.h"

extern const struct cmd_verb cmd_verb_lint;

static int run_lint(struct cmd_context *context, int argc, char **argv)
{
    int status;
    if (!cmd_parse(&cmd_verb_lint, NULL, &argc, &argv, 1, 1000, &status))
        return status;
    gboolean unreadable = FALSE;
    g_autoptr(GPtrArray) findings = plan_findings_new();
    for (int i = 1; i < argc; i++) {
        struct plan *plan;
        if (!plan_file_load(argv[i], &plan, findings))
            unreadable = TRUE;
        plan_free(plan);
    }
    if (context->json) {
        g_autoptr(JsonBuilder) json = json_builder_new();
        plan_findings_json(findings, json);
        print_json(json);
    } else {
        plan_findings_print(findings, stdout);
    }
    return unreadable ? 2 : findings->len > 0 ? 1 : 0;
}

const struct cmd_verb cmd_verb_lint = {
    .name = "lint",
    .arguments = "FILE…",
    .summary = "say what is wrong with plan files: file:line:col: severity[ID]: text",
    .run = run_lint,
};
