-- purpose: values of the old column that are another one there and back; spliced in: the sync's expressions
-- columns: lost, rows, value, became, back (of one of them)
SELECT count(*) FILTER (WHERE b.back IS DISTINCT FROM b.value) AS lost, count(*) AS rows,
       min(b.value) FILTER (WHERE b.back IS DISTINCT FROM b.value) AS value,
       (array_agg(b.became ORDER BY b.value) FILTER (WHERE b.back IS DISTINCT FROM b.value))[1] AS became,
       (array_agg(b.back ORDER BY b.value) FILTER (WHERE b.back IS DISTINCT FROM b.value))[1] AS back
FROM (SELECT CAST(u.{old} AS text) AS value, CAST(u.{new} AS text) AS became,
             CASE WHEN ({down}) = u.{old} THEN CAST(u.{old} AS text)
                  ELSE coalesce(CAST(({down}) AS text), 'NULL') END AS back
      FROM (SELECT t.*, CAST(({up}) AS {type}) AS {new} FROM {table} t) u
      WHERE u.{old} IS NOT NULL) b
