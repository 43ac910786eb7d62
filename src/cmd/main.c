/* The program's start: global options, then the verb. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/print.h"
#include "pgrollout/base/error.h"
#include "pgrollout/base/nearest.h"

const struct cmd_verb *cmd_verb_find(const char *name)
{
    for (const struct cmd_verb *const *verb = cmd_verb_registry; *verb; verb++)
        if (strcmp((*verb)->name, name) == 0)
            return *verb;
    return NULL;
}

static int help(void)
{
    puts("usage: pgrollout [OPTIONS] [VERB [ARGUMENTS]]\n\n"
         "Takes a PostgreSQL schema change through production by expand and contract.\n"
         "Without a verb it opens the console.\n\nVerbs:");
    for (const struct cmd_verb *const *verb = cmd_verb_registry; *verb; verb++)
        printf("  %-10s %s\n", (*verb)->name, (*verb)->summary);
    putchar('\n');
    options_print_global();
    puts("\nExit status: 0 done, 1 answer is no, 2 bad input, 3 no connection, 4 refused.\n"
         "More: man pgrollout");
    return 0;
}

static int unknown(const char *word)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const struct cmd_verb *const *verb = cmd_verb_registry; *verb; verb++)
        g_ptr_array_add(names, (gpointer)(*verb)->name);
    const char *nearest = word_nearest(word, (const char *const *)names->pdata, names->len);
    g_autoptr(GError) error = rollout_error_new(ROLLOUT_ERROR_USAGE, "no %s is named \"%s\"",
                                                word[0] == '-' ? "option" : "verb", word);
    if (nearest && word[0] != '-')
        rollout_error_set_hint(error, "nearest: %s; all of them: pgrollout help", nearest);
    else
        rollout_error_set_hint(error, "see pgrollout help");
    return print_error(error);
}

static int dispatch(struct cmd_context *context, int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "console";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0)
        return help();
    if (strcmp(word, "help") == 0) {
        if (argc < 3)
            return help();
        argv[1] = argv[2];
        argv[2] = (char *)"--help";
        word = argv[1];
    }
    const struct cmd_verb *verb = cmd_verb_find(word);
    if (!verb)
        return unknown(word);
    char *alone[] = {(char *)word, NULL};
    return argc > 1 ? verb->run(context, argc - 1, argv + 1) : verb->run(context, 1, alone);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* numbers are read by programs */
    g_set_prgname("pgrollout");
    struct cmd_context context = {.program = argv[0], .target = db_target_new()};
    char **words = g_new(char *, argc + 1);
    memcpy(words, argv, ((gsize)argc + 1) * sizeof *words);
    int status;
    if (options_take_global(&context, &argc, words, &status))
        status = dispatch(&context, argc, words);
    g_free(words);
    db_target_free(context.target);
    if (fflush(stdout) != 0 && status == 0)
        status = 1;
    return status;
}
