/* The program's GError domain: codes, fields and exit statuses. */
#include "config.h"
#include "pgrollout/base/error.h"

struct rollout_error_private {
    char *sqlstate;
    char *detail;
    char *hint;
};
/* G_DEFINE_EXTENDED_ERROR wants a type name in its own spelling. */
typedef struct rollout_error_private RolloutErrorPrivate;

static void rollout_error_private_init(RolloutErrorPrivate *priv)
{
    priv->sqlstate = priv->detail = priv->hint = NULL;
}

static void rollout_error_private_copy(const RolloutErrorPrivate *from, RolloutErrorPrivate *to)
{
    to->sqlstate = g_strdup(from->sqlstate);
    to->detail = g_strdup(from->detail);
    to->hint = g_strdup(from->hint);
}

static void rollout_error_private_clear(RolloutErrorPrivate *priv)
{
    g_free(priv->sqlstate);
    g_free(priv->detail);
    g_free(priv->hint);
}

/* The macro declares functions named rollout_error_*; its type prefix must match ours. */
G_DEFINE_EXTENDED_ERROR(RolloutError, rollout_error)

GError *rollout_error_new(enum rollout_error_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    GError *error = g_error_new_valist(ROLLOUT_ERROR, (int)code, format, args);
    va_end(args);
    return error;
}

gboolean rollout_fail(GError **error, enum rollout_error_code code, const char *format, ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        g_propagate_error(error, g_error_new_valist(ROLLOUT_ERROR, (int)code, format, args));
        va_end(args);
    }
    return FALSE;
}

/* Errors of GLib have no such fields, and the generated getter takes only our own. */
static RolloutErrorPrivate *fields_of(const GError *error)
{
    return error && error->domain == ROLLOUT_ERROR ? rollout_error_get_private(error) : NULL;
}

const char *rollout_error_sqlstate(const GError *error)
{
    const RolloutErrorPrivate *priv = fields_of(error);
    return priv ? priv->sqlstate : NULL;
}

const char *rollout_error_detail(const GError *error)
{
    const RolloutErrorPrivate *priv = fields_of(error);
    return priv ? priv->detail : NULL;
}

const char *rollout_error_hint(const GError *error)
{
    const RolloutErrorPrivate *priv = fields_of(error);
    return priv ? priv->hint : NULL;
}

static void replace(char **field, const char *text)
{
    g_free(*field);
    *field = g_strdup(text);
}

void rollout_error_set_sqlstate(GError *error, const char *sqlstate)
{
    RolloutErrorPrivate *priv = fields_of(error);
    if (priv)
        replace(&priv->sqlstate, sqlstate);
}

void rollout_error_set_detail(GError *error, const char *detail)
{
    RolloutErrorPrivate *priv = fields_of(error);
    if (priv)
        replace(&priv->detail, detail);
}

void rollout_error_set_hint(GError *error, const char *format, ...)
{
    RolloutErrorPrivate *priv = fields_of(error);
    if (!priv)
        return;
    g_free(priv->hint);
    va_list args;
    va_start(args, format);
    priv->hint = format ? g_strdup_vprintf(format, args) : NULL;
    va_end(args);
}

int rollout_error_exit_status(const GError *error)
{
    if (error->domain != ROLLOUT_ERROR)
        return 2;
    switch ((enum rollout_error_code)error->code) {
    case ROLLOUT_ERROR_USAGE:
    case ROLLOUT_ERROR_PLAN:
        return 2;
    case ROLLOUT_ERROR_CONNECT:
    case ROLLOUT_ERROR_AMBIGUOUS:
        return 3;
    case ROLLOUT_ERROR_REFUSED:
    case ROLLOUT_ERROR_HELD:
    case ROLLOUT_ERROR_LOST_LEASE:
        return 4;
    case ROLLOUT_ERROR_NO:
    case ROLLOUT_ERROR_DATABASE:
    case ROLLOUT_ERROR_RETRY:
    case ROLLOUT_ERROR_CANCELLED:
    case ROLLOUT_ERROR_BUG:
        break;
    }
    return 1;
}
