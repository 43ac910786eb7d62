-- purpose: how many rows there are to be filled
SELECT count(*) FROM {table}
