-- purpose: values of the old column that are another one there and back; spliced in: the sync's expressions
-- columns: lost, rows, value, became, back (of one of them)
SELECT count(*) FILTER (WHERE b.lost) AS lost, count(*) AS rows, min(b.value) FILTER (WHERE b.lost) AS value,
       (array_agg(b.became ORDER BY b.value) FILTER (WHERE b.lost))[1] AS became,
       (array_agg(b.back ORDER BY b.value) FILTER (WHERE b.lost))[1] AS back
FROM (SELECT CAST(u.{old} AS text) AS value, coalesce(CAST(u.{new} AS text), 'NULL') AS became,
             coalesce(CAST(({down}) AS text), 'NULL') AS back, ({down}) IS DISTINCT FROM u.{old} AS lost
      FROM (SELECT {columns}, ({up}) AS {new} FROM {table}) u
      WHERE u.{old} IS NOT NULL) b
