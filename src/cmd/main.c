/* The program's start: global options, then the verb. */
#include "config.h"

#include "cmd/cmd.h"

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)cmd_verb_registry;
    return 0;
}
