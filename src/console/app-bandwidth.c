/* A terminal behind a slow or stopped line. Its pictures are dropped; when that goes on, fewer and
 * smaller ones are drawn, until it has kept up for a while. */
#include "config.h"
#include "console/app.h"

#include "pgrollout/base/clock.h"

#define DROPS_MAX 3
#define DROP_US (300 * 1000) /* several wishes to draw at one moment are one picture */
#define CALM_US (60 * G_USEC_PER_SEC)
#define LOW_REFRESH_MS 5000

static void apply(struct app *app, gboolean low)
{
    if (app->low_bandwidth == low)
        return;
    app->low_bandwidth = low;
    app_links_refresh(app, low ? MAX(LOW_REFRESH_MS, app->refresh_ms) : app->refresh_ms);
    if (app->bandwidth == BANDWIDTH_AUTO)
        app_say(app, TOKEN_DIM, FALSE, "%s",
                low ? "the terminal takes little: a picture every 5 s, numbers for drawings "
                      "(:lowbw off)"
                    : "the terminal keeps up again");
}

void app_picture_dropped(struct app *app)
{
    gint64 now = clock_now_us();
    if (now - app->dropped_us < DROP_US)
        return;
    app->dropped_us = now;
    app->dropped++;
    if (app->bandwidth == BANDWIDTH_AUTO && app->dropped >= DROPS_MAX)
        apply(app, TRUE);
}

void app_picture_taken(struct app *app)
{
    app->dropped = 0;
    if (app->bandwidth == BANDWIDTH_AUTO && clock_now_us() - app->dropped_us > CALM_US)
        apply(app, FALSE);
}

void app_bandwidth_set(struct app *app, enum bandwidth bandwidth)
{
    app->bandwidth = bandwidth;
    app->dropped = 0;
    apply(app, bandwidth == BANDWIDTH_LOW);
    app_redraw(app);
}

void app_refresh_set(struct app *app, int refresh_ms)
{
    app->refresh_ms = refresh_ms;
    app_links_refresh(app, app->low_bandwidth ? MAX(LOW_REFRESH_MS, refresh_ms) : refresh_ms);
}
