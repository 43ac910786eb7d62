-- Counts what a step has made; the schema and the query are spliced in. The message is one implicit transaction, so
-- nothing is left behind by an error; names in the plan's expressions are those of its schema.
SET LOCAL transaction_read_only = on;
SET LOCAL search_path = {schema}, pg_catalog, pg_temp;
{query}
