-- The table of @tables@ with most dead rows, its partitions included: name, dead. From the statistics alone:
-- no size, no lock.
WITH RECURSIVE parts AS (
    SELECT o.oid AS top, o.oid FROM unnest(@tables@::oid[]) o (oid)
    UNION
    SELECT p.top, i.inhrelid FROM parts p JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid
)
SELECT c.relname AS name, sum(pg_catalog.pg_stat_get_dead_tuples(p.oid)) AS dead
  FROM parts p JOIN pg_catalog.pg_class c ON c.oid = p.top
 GROUP BY p.top, c.relname
 ORDER BY 2 DESC
 LIMIT 1
