/* Connection targets. */
#include "config.h"
#include "pgrollout/pg/target.h"

#include <string.h>

struct db_target *db_target_new(void)
{
    return g_new0(struct db_target, 1);
}

struct db_target *db_target_copy(const struct db_target *target)
{
    struct db_target *copy = db_target_new();
    copy->dbname = g_strdup(target->dbname);
    copy->host = g_strdup(target->host);
    copy->port = g_strdup(target->port);
    copy->user = g_strdup(target->user);
    copy->password = g_strdup(target->password);
    return copy;
}

void db_target_free(struct db_target *target)
{
    if (!target)
        return;
    if (target->password)
        explicit_bzero(target->password, strlen(target->password));
    g_free(target->dbname);
    g_free(target->host);
    g_free(target->port);
    g_free(target->user);
    g_free(target->password);
    g_free(target);
}
