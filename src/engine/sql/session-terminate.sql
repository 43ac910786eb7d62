-- Ends one session: 1 its pid, 2 its backend_start, both spliced in quoted. A row of a receipt. A
-- session that began at another time is another one, whatever its pid. Up to a second is waited for
-- its end.
SELECT coalesce(bool_or(e.ended), false) AS ok,
       CASE WHEN count(*) = 0 THEN 'that session had ended by itself: nothing was sent'
            WHEN bool_or(e.ended) THEN 'the session has ended; its transaction was rolled back'
            ELSE 'the session was told to end, and has not ended within a second' END AS receipt,
       NULL::bigint AS version
  FROM (SELECT pg_catalog.pg_terminate_backend(a.pid, 1000) AS ended
          FROM pg_catalog.pg_stat_activity a
         WHERE a.pid = (%s)::int AND a.backend_start = (%s)::timestamptz) e
