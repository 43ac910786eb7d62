/* pgrollout lab fault. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd/lab-private.h"
#include "cmd/print.h"
#include "pgrollout/base/error.h"
#include "pgrollout/lab/fault.h"

static int list_kinds(void)
{
    for (const struct lab_fault_kind *kind = lab_fault_kinds(); kind->name; kind++) {
        g_autofree char *call =
            g_strdup_printf("%s %s", kind->name, kind->argument ? kind->argument : "");
        printf("%-34s %s%s%s%s\n", call, kind->summary, kind->fallback ? " (" : "",
               kind->fallback ? kind->fallback : "", kind->fallback ? ")" : "");
    }
    return 0;
}

static int clear(const struct lab *lab, const char *name)
{
    g_autoptr(GError) error = NULL;
    if (!lab_faults_clear(lab, name, &error))
        return print_error(error);
    puts(name ? "it is undone" : "all faults are undone");
    return 0;
}

int lab_cmd_fault(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    gboolean list = FALSE;
    GOptionEntry entries[] = {
        {"list", 0, 0, G_OPTION_ARG_NONE, &list, "what can be broken", NULL},
        {0},
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    int status;
    if (!lab_arguments(entries, "fault", &argc, &argv, &status))
        return status;
    if (list)
        return list_kinds();
    if (argc < 2)
        return lab_wrong("fault", "which one? pgrollout lab fault --list names them");
    if (argc > 3)
        return lab_unexpected("fault", argv[3]);
    const char *argument = argc > 2 ? argv[2] : NULL;
    if (!lab_lock(lab, &error))
        return print_error(error);
    if (strcmp(argv[1], "clear") == 0)
        return clear(lab, argument);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    if (!lab_fault_start(lab, self, argv[1], argument, &text, &error))
        return print_error(error);
    g_autofree char *safe = print_safe(text);
    printf("%s\n", safe);
    return 0;
}

/* For the process that is the sessions of a fault: NAME DIRECTORY ARGUMENT. */
int lab_cmd_fault_sessions(struct cmd_context *context, struct lab *lab, int argc, char **argv)
{
    (void)context;
    return argc == 4 ? lab_fault_run(lab, argv[1], argv[3])
                     : lab_wrong("fault-sessions", "not for people");
}
