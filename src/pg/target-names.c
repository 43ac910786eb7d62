/* What several targets are called on a screen. */
#include "config.h"
#include "pgrollout/pg/target.h"

#include <libpq-fe.h>
#include <string.h>

enum part { PART_SERVICE, PART_DATABASE, PART_HOST, PART_PORT, PARTS };

struct parts {
    char *text[PARTS];
    int level; /* how many ways to say it were not enough */
};

static const char *const keywords[PARTS] = {"service", "dbname", "host", "port"};

static void parts_put(struct parts *parts, enum part part, const char *text)
{
    if (!text || !*text)
        return;
    g_free(parts->text[part]);
    parts->text[part] = g_strdup(text);
}

static void parts_read(struct parts *parts, const struct db_target *target)
{
    const char *text = target->dbname ? target->dbname : "";
    if (!strchr(text, '=') && !strstr(text, "://")) {
        parts_put(parts, PART_DATABASE, text);
    } else {
        PQconninfoOption *options = PQconninfoParse(text, NULL);
        for (const PQconninfoOption *o = options; o && o->keyword; o++)
            for (int i = 0; i < PARTS; i++)
                if (strcmp(o->keyword, keywords[i]) == 0)
                    parts_put(parts, (enum part)i, o->val);
        PQconninfoFree(options);
    }
    parts_put(parts, PART_HOST, target->host); /* separate options win, as they do in libpq */
    parts_put(parts, PART_PORT, target->port);
}

static void parts_clear(struct parts *parts)
{
    for (int i = 0; i < PARTS; i++)
        g_free(parts->text[i]);
}

/* From short to long; the last one is its place among them all. */
static char *name_at(const struct parts *parts, guint place)
{
    const char *database = parts->text[PART_DATABASE], *host = parts->text[PART_HOST],
               *port = parts->text[PART_PORT];
    int level = parts->level + (parts->text[PART_SERVICE] ? 0 : 1);
    const char *slash = host ? strrchr(host, '/') : NULL; /* a folder of sockets */
    const char *brief = slash && slash[1] ? slash + 1 : host ? host : "local";
    if (level == 0)
        return g_strdup(parts->text[PART_SERVICE]);
    database = database ? database : parts->text[PART_SERVICE];
    if (level == 1 && database)
        return g_strdup(database);
    if (level <= 2)
        return g_strdup_printf("%s@%s", database ? database : "", brief);
    if (level == 3)
        return g_strdup_printf("%s@%s:%s", database ? database : "", brief, port ? port : "5432");
    return g_strdup_printf("%s#%u", database ? database : "", place + 1);
}

static void names_make(char **names, const struct parts *parts, guint n)
{
    for (guint i = 0; i < n; i++) {
        g_free(names[i]);
        names[i] = g_strdelimit(name_at(&parts[i], i), "/ \t", '_');
    }
}

/* FALSE: all differ. */
static gboolean names_lengthen(char **names, struct parts *parts, guint n)
{
    gboolean any = FALSE;
    for (guint i = 0; i < n; i++) {
        gboolean twice = FALSE;
        for (guint j = 0; j < n; j++)
            twice = twice || (i != j && strcmp(names[i], names[j]) == 0);
        parts[i].level += twice;
        any = any || twice;
    }
    return any;
}

char **db_target_names(const struct db_target *const *targets, guint n)
{
    g_autofree struct parts *parts = g_new0(struct parts, n);
    char **names = g_new0(char *, n + 1);
    for (guint i = 0; i < n; i++)
        parts_read(&parts[i], targets[i]);
    names_make(names, parts, n);
    for (int more = 0; more < PARTS + 1 && names_lengthen(names, parts, n); more++)
        names_make(names, parts, n);
    for (guint i = 0; i < n; i++)
        parts_clear(&parts[i]);
    return names;
}
