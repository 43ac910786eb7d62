-- purpose: how far the sequences of the source have come
SELECT pg_catalog.format('%I.%I', s.schemaname, s.sequencename) AS name, s.last_value
FROM pg_catalog.pg_sequences s
WHERE s.last_value IS NOT NULL AND s.schemaname <> 'pgrollout'
