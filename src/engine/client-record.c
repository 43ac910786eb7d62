/* A client that no server stands behind: it shows what it is given, and does nothing. */
#include "config.h"

#include "client-private.h"

struct client *client_recorded(const struct client_record *record,
                               const struct client_callbacks *callbacks)
{
    struct client *client = g_new0(struct client, 1);
    client->record = record;
    client->label = g_strdup(record->label);
    client->callbacks = *callbacks;
    client->link = LINK_LIVE;
    client->asks = g_queue_new();
    client->commands = g_queue_new();
    return client;
}

gboolean client_show(struct client *client, const char *document)
{
    struct snapshot *fresh = snapshot_parse(document, NULL);
    if (fresh)
        client_snapshot_take(client, fresh);
    return fresh != NULL;
}

gboolean client_record_refuses(struct client *client, const char *verb)
{
    if (client->record)
        client_receipt_give(client, FALSE, FALSE, verb, "not sent: this is a recording", -1);
    return client->record != NULL;
}
