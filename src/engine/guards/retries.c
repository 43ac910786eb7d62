/* retries: transactions of ours that failed for a passing reason in the last minute. */
#include "config.h"

#include "engine/sense-private.h"

static void retries_read(struct guard *guard, const struct watch *watch,
                         const struct sample *sample, struct reading *reading)
{
    (void)guard;
    (void)sample;
    reading->kind = READING_VALUE;
    reading->value = watch->subject.retries;
}

const struct guard_class guard_class_retries = {
    .name = "retries",
    .unit = "",
    .noun = "retries in a minute:",
    .help = "Transactions of ours that failed in the last minute and were or will be tried again.",
    .read = retries_read,
};
