/* What is so at one moment, as names with values, and conditions over them. Pure. What is not known is not
 * so: no condition holds for a name that has no value, "is not" included.
 *
 *   phase=backfill     a value is that, or begins with it and ":": hold=guard, hold=guard:stall
 *   fault!=lag         none is, of a name that is known
 *   errors<1  waiting>20  progress=10-40      numbers; a range holds its lower end only */
#ifndef PGROLLOUT_LAB_FACTS_H
#define PGROLLOUT_LAB_FACTS_H

#include <glib.h>

struct drill_facts;
struct drill_facts *drill_facts_new(void);
void drill_facts_free(struct drill_facts *facts); /* NULL is fine */

/* `key` is known, perhaps without any value yet. */
void drill_facts_know(struct drill_facts *facts, const char *key);
/* One more value; NULL adds none. */
void drill_facts_add(struct drill_facts *facts, const char *key, const char *value);
void drill_facts_add_pair(struct drill_facts *facts, const char *key, const char *value,
                          const char *detail);
/* The only one; NAN: not known. */
void drill_facts_set_number(struct drill_facts *facts, const char *key, double value);

/* NAN: not known. */
double drill_facts_number(const struct drill_facts *facts, const char *key);
gboolean drill_facts_have(const struct drill_facts *facts, const char *key, const char *value);
/* The values, NULL-terminated; NULL: not known. The facts keep them. */
const char *const *drill_facts_values(const struct drill_facts *facts, const char *key);

/* Conditions, all of which must hold; none always hold. NULL with ROLLOUT_ERROR_PLAN and a hint. */
struct conditions;
struct conditions *conditions_parse(const char *text, GError **error);
void conditions_free(struct conditions *conditions); /* NULL is fine */
gboolean conditions_hold(const struct conditions *conditions, const struct drill_facts *facts);

#endif
