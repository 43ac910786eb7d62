-- A guard's own query, wrapped so that two rows at most come back and its type is told: value and type.
-- The message is one implicit transaction, so nothing is left behind by an error.
SET LOCAL transaction_read_only = on;
SET LOCAL search_path = @schema@, pg_catalog, pg_temp;
SELECT reading.*, pg_catalog.pg_typeof(reading.value)::text
  FROM (
@query@
) AS reading (value)
 LIMIT 2
