/* probe: a program of the engine's settings file that prints one number. */
#include "config.h"

#include "engine/program.h"
#include "engine/sense-private.h"

/* guard->memory is the struct program that runs, or NULL. */

static char *fact(const char *name, const char *value)
{
    return g_strdup_printf("PGROLLOUT_%s=%s", name, value);
}

static struct program *start(const struct guard *guard, const struct watch *watch,
                             const struct conf_probe *probe)
{
    g_auto(GStrv) environment = g_new0(char *, 4);
    environment[0] = fact("MIGRATION", watch->plan->name);
    environment[1] = fact("GUARD", guard->plan->name);
    environment[2] = fact("DATABASE", watch->dbname ? watch->dbname : "");
    const struct program_spec spec = {
        .argv = probe->argv, .environment = environment, .timeout_us = probe->timeout_us};
    return program_start(&spec);
}

static void result_take(struct reading *reading, struct program *program)
{
    struct program_result result;
    if (!program_take(program, &result))
        return;
    if (result.failure) {
        reading_fail(reading, result.failure);
    } else {
        reading->kind = READING_VALUE;
        reading->value = result.number;
    }
    g_free(result.failure);
}

/* One that runs is waited for over many samples; one that has ended is a reading. */
static void probe_read(struct guard *guard, const struct watch *watch, const struct sample *sample,
                       struct reading *reading)
{
    (void)sample;
    const char *name = guard->plan->probe;
    const struct conf_probe *probe = watch->conf ? conf_probe_find(watch->conf, name) : NULL;
    if (!probe) {
        g_autofree char *why =
            g_strdup_printf("no [probe %s] in pgrollout.conf on the engine's machine", name);
        reading_fail(reading, why);
        return;
    }
    guard->takes_us = probe->timeout_us + PROGRAM_GRACE_US + G_USEC_PER_SEC;
    reading->kind = READING_NONE;
    if (!guard->memory) {
        guard->memory = start(guard, watch, probe);
        return;
    }
    result_take(reading, guard->memory);
    if (reading->kind == READING_NONE)
        return;
    program_free(guard->memory);
    guard->memory = NULL;
}

static void probe_forget(struct guard *guard)
{
    program_free(guard->memory);
}

const struct guard_class guard_class_probe = {
    .name = "probe",
    .unit = "",
    .help =
        "The number that a program of the engine's settings file prints; one that hangs, fails or "
        "prints something else blinds.",
    .read = probe_read,
    .forget = probe_forget,
};
