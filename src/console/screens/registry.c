/* All screens there are. */
#include "config.h"
#include "console/screens/screens.h"

#define SCREEN_LINE(name) &name##_screen,
const struct screen *const screens[] = {SCREENS(SCREEN_LINE) NULL};

const struct screen *screen_by_id(enum screen_id id)
{
    for (const struct screen *const *s = screens; *s; s++)
        if ((*s)->id == id)
            return *s;
    return NULL;
}

const struct screen *screen_by_key(gunichar key)
{
    for (const struct screen *const *s = screens; *s; s++)
        if (key == (gunichar)(*s)->key)
            return *s;
    return NULL;
}

const struct screen *screen_by_name(const char *name)
{
    for (const struct screen *const *s = screens; *s; s++)
        if (g_strcmp0((*s)->name, name) == 0)
            return *s;
    return NULL;
}
