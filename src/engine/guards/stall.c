/* stall: no progress while a step should make some. It stays tripped until the migration is
 * resumed: what is stuck does not move by waiting longer. */
#include "config.h"

#include "engine/sense-private.h"

/* Progress is counted anew from a reset on. */
struct stall_memory {
    double last_s, forgiven_s;
};

static void stall_read(struct guard *guard, const struct watch *watch, const struct sample *sample,
                       struct reading *reading)
{
    (void)sample;
    if (!guard->memory)
        guard->memory = g_new0(struct stall_memory, 1);
    struct stall_memory *memory = guard->memory;
    const struct sense_subject *subject = &watch->subject;
    if (subject->progressed_s < memory->last_s) /* it moved */
        memory->forgiven_s = 0;
    memory->last_s = subject->progressed_s;
    reading->kind = subject->held ? READING_IDLE : READING_VALUE;
    reading->value = subject->working ? MAX(0, subject->progressed_s - memory->forgiven_s) : 0;
}

static void stall_reset(struct guard *guard)
{
    struct stall_memory *memory = guard->memory;
    if (memory)
        memory->forgiven_s = memory->last_s;
}

const struct guard_class guard_class_stall = {
    .name = "stall",
    .unit = "s",
    .noun = "no progress for",
    .help = "Seconds without progress while a step is at work and nothing holds it; stays tripped "
            "until resume.",
    .latched = TRUE,
    .read = stall_read,
    .reset = stall_reset,
};
