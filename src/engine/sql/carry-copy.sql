-- purpose: an empty table like {table} whose column {old} is called {new}; rolled back with the transaction
SET LOCAL lock_timeout = '1s';
SET LOCAL statement_timeout = '10s';
SET LOCAL client_min_messages = error;
CREATE TEMPORARY TABLE pgrollout_carry (LIKE {table} INCLUDING ALL) ON COMMIT DROP;
ALTER TABLE pg_temp.pgrollout_carry RENAME COLUMN {old} TO {new};
