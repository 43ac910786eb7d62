/* Hooks: programs of the engine's machine that are told what happened (man pgrollout-hooks). What waits to be told
 * is rows of pgrollout.hook; everything here is asynchronous, on the control connection, one hook of a migration at
 * a time and few at once. */
#ifndef ENGINE_HOOKS_H
#define ENGINE_HOOKS_H

#include <glib.h>

struct engine;
struct hooks;
struct worker;
struct veto;

/* Since the engine began. */
struct hooks_count {
    gint64 done, failed, refused;
    guint running;
};

struct hooks *hooks_new(struct engine *engine);
void hooks_free(struct hooks *hooks); /* kills what runs; NULL is fine */
/* Every second: what is due is begun. */
void hooks_tick(struct hooks *hooks);
/* Something may have become due. */
void hooks_wake(struct hooks *hooks);
/* The lease was had: what must not be run is said. */
void hooks_open(struct hooks *hooks);
/* The control connection is gone, and with it what was under way there. */
void hooks_lost(struct hooks *hooks);
/* Whether everything is told; else it looks, and the facts are read again when it may be so. */
gboolean hooks_settled(struct hooks *hooks);
/* Something has happened since. */
void hooks_unsettle(struct hooks *hooks);
void hooks_count(const struct hooks *hooks, struct hooks_count *count);

/* Whether the machine has a program that is asked before contract, or may have one: that cannot be known. */
gboolean hooks_have_veto(const struct hooks *hooks);
/* Asks it, and takes its answer: agreed, or the boundary before contract stands again. Called again when it has
 * ended. */
void veto_act(struct worker *worker);
void veto_free(struct veto *veto); /* NULL is fine */

#endif
