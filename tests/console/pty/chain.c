/* Many sessions for the screens to show: chain CONNINFO CHAIN QUEUE IDLE
 *
 * The table public.chain is there, with a row for each. The first session of the chain holds row 0 and
 * sleeps in a statement; each other one holds its own row and waits for that of the one before. Then
 * one wants to lock the whole table, QUEUE others wait behind it in the queue, IDLE do nothing. Says
 * "ready" and stays until its input ends; who gets the lock commits. */
#include "config.h"

#include <glib.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static PGconn *open_as(const char *conninfo, const char *role, int number)
{
    g_autofree char *all = g_strdup_printf("%s application_name=%s-%03d", conninfo, role, number);
    PGconn *conn = PQconnectdb(all);
    if (PQstatus(conn) != CONNECTION_OK) {
        fprintf(stderr, "%s", PQerrorMessage(conn));
        exit(1);
    }
    return conn;
}

static void do_now(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s", PQerrorMessage(conn));
        exit(1);
    }
    PQclear(result);
}

static void send_only(PGconn *conn, const char *sql)
{
    if (!PQsendQuery(conn, sql)) {
        fprintf(stderr, "%s", PQerrorMessage(conn));
        exit(1);
    }
}

static void link_add(const char *conninfo, int number)
{
    PGconn *conn = open_as(conninfo, "link", number);
    g_autofree char *own =
        g_strdup_printf("BEGIN; UPDATE public.chain SET n = n + 1 WHERE id = %d", number);
    g_autofree char *next =
        number
            ? g_strdup_printf("UPDATE public.chain SET n = n + 1 WHERE id = %d; COMMIT", number - 1)
            : g_strdup("SELECT pg_sleep(600); COMMIT");
    do_now(conn, own);
    send_only(conn, next);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    int chain = atoi(argv[2]), queue = atoi(argv[3]), idle = atoi(argv[4]);
    for (int i = 0; i < chain; i++) {
        link_add(argv[1], i);
        g_usleep(i < 2 ? 20000 : 2000); /* who came first waits longer */
    }
    if (queue) {
        send_only(open_as(argv[1], "locker", 0),
                  "BEGIN; LOCK TABLE public.chain IN ACCESS EXCLUSIVE MODE; COMMIT");
        g_usleep(300000);
    }
    for (int i = 0; i < queue; i++)
        send_only(open_as(argv[1], "queue", i), "SELECT count(*) FROM public.chain");
    for (int i = 0; i < idle; i++)
        open_as(argv[1], "idle", i);
    printf("ready\n");
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}
