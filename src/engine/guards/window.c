/* window: 0 in the hours in which the migration may work, 1 outside of them. */
#include "config.h"

#include "engine/sense-private.h"

static void window_read(struct guard *guard, const struct watch *watch, const struct sample *sample,
                        struct reading *reading)
{
    (void)watch;
    (void)sample;
    const struct plan_window *window = &guard->plan->window;
    g_autofree char *hours = plan_window_format(window);
    enum window_state state = plan_window_state(window, g_get_real_time() / (gint64)G_USEC_PER_SEC);
    if (state == WINDOW_UNKNOWN) {
        g_autofree char *why =
            g_strdup_printf("time zone \"%s\" is not known on the engine's machine",
                            window->zone ? window->zone : "");
        reading_fail(reading, why);
        return;
    }
    reading->kind = READING_VALUE;
    reading->value = state == WINDOW_OPEN ? 0 : 1;
    reading->text = g_strdup_printf("%s %s", state == WINDOW_OPEN ? "within" : "outside", hours);
}

static char *window_advice(const struct guard *guard, const char *migration)
{
    const char *name = guard->plan->name;
    return g_strdup_printf("to work outside of it, too: pgrollout set %s guard.%s.pause=2 "
                           "guard.%s.resume=1 --for 1h",
                           migration, name, name);
}

const struct guard_class guard_class_window = {
    .name = "window",
    .unit = "",
    .help = "0 while the window of hours is open, 1 while it is not; by the clock of the engine's "
            "machine.",
    .read = window_read,
    .advice = window_advice,
};
