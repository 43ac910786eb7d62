/* The practice cluster on the network, for an instructor who watches a room: one address and port, the
 * people's logins only, each with the one password that was made for it (SCRAM). Without this there are
 * Unix sockets and nothing else. */
#ifndef PGROLLOUT_LAB_LISTEN_H
#define PGROLLOUT_LAB_LISTEN_H

#include "pgrollout/lab/lab.h"

struct lab_listen {
    char *address; /* an IP address, a host name, "*" */
    int port;
    gboolean loopback; /* nobody else's machine gets there */
};

/* "ADDRESS:PORT" or "[ADDRESS]:PORT"; ports from 1024 on. FALSE with ROLLOUT_ERROR_USAGE. Pure. */
gboolean lab_listen_parse(const char *text, struct lab_listen *listen, GError **error);
void lab_listen_clear(struct lab_listen *listen);
/* Who may come, as pg_hba.conf; `text` NULL: nobody from the network. Free with g_free. Pure. */
char *lab_listen_hba(const char *text);

/* From the next start of the servers on: `text`, or with NULL Unix sockets only, and the password is
 * forgotten. */
gboolean lab_listen_set(struct lab *lab, const char *text, GError **error);
/* Gives the logins their password, on a running primary; one is made where there is none yet (*fresh). It
 * is kept in a file that only this login reads. Free `password` with g_free. */
gboolean lab_listen_admit(const struct lab *lab, char **password, gboolean *fresh, GError **error);
/* "postgresql://…" for a console elsewhere, without the password. Free with g_free. */
char *lab_listen_uri(const struct lab *lab);

#endif
